"""How the project's own mypy is asked: which modules, with which settings, and where it keeps what it learnt."""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from checks.model import CheckContext
from checks.process import Command, Outcome
from checks.temporal.asks import callers
from checks.temporal.importing import ImportPlan, plan_import
from checks.temporal.model import Project
from checks.temporal.scopes import Module
from checks.temporal.sources import Sources, folder_of

LIMIT = "SKILLGATE_TYPES_LIMIT_S"
_LIMIT_S = 15.0
"""Where mypy takes longer, types are not judged. `SKILLGATE_TYPES_LIMIT_S` in the environment sets another limit."""
_SLOW_S = 5.0
_MOST_MODULES = 2000
_OF_THE_SDK = (
    "temporalio,temporalio.activity.*,temporalio.client.*,temporalio.common.*,temporalio.converter.*,"
    "temporalio.exceptions.*,temporalio.service.*,temporalio.testing.*,temporalio.types.*,temporalio.worker.*,"
    "temporalio.workflow.*"
)
# Of everything installed only the SDK's own signatures are read: reading the rest takes ten times as long.
_SETTINGS = f"""[mypy]
follow_imports = skip
ignore_missing_imports = True
check_untyped_defs = True
namespace_packages = True
explicit_package_bases = True
warn_unused_configs = False
mypy_path = {{path}}
[mypy-{_OF_THE_SDK}]
follow_imports = silent
[mypy-temporalio.api.*,temporalio.bridge.*,google.*,grpc.*]
follow_imports = skip
follow_imports_for_stubs = True
"""


def command(context: CheckContext, project: Project, folder: Path) -> Command | None:
    """The command that judges the project's Temporal modules; None where there are none, or far too many."""
    plans = _plans(project)
    if not plans or len(plans) > _MOST_MODULES:
        return None
    bases = dict.fromkeys(base for plan in plans for base in plan.folders)
    settings = folder / "mypy.ini"
    path = ":".join(str(context.root / base) if base else str(context.root) for base in bases)
    settings.write_text(_SETTINGS.format(path=path), encoding="utf-8")
    _fetch_cache(context, folder / "mypy")
    names = [word for plan in plans if _is_found(plan, bases, project.names.sources) for word in ("-m", plan.name)]
    options = ("--no-error-summary", "--show-column-numbers", "--show-error-codes", "--no-color-output", "--no-pretty")
    places = ("--config-file", str(settings), "--cache-dir", str(folder / "mypy"))
    environment = {**context.environment, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("MYPYPATH", None)
    argv = (str(context.python), "-m", "mypy", *options, *places, *names)
    return Command(argv=argv, cwd=context.root, env=environment, limit_s=_limit_s(context))


def _plans(project: Project) -> list[ImportPlan]:
    """The modules that hold Temporal code or reach it, and those of the project that they import."""
    sources = project.names.sources
    first = [module for module in callers(project) if not module.in_tests]
    plans = (plan_import(module, sources) for module in _closure(first, sources))
    return sorted((plan for plan in plans if not plan.synthetic), key=lambda plan: plan.file)


def _closure(first: Iterable[Module], sources: Sources) -> Iterator[Module]:
    waiting = list(first)
    seen = {module.file for module in waiting}
    while waiting:
        module = waiting.pop()
        yield module
        for file in _imported(module, sources) - seen:
            seen.add(file)
            target = sources.load(file)
            waiting.extend([target] if target is not None else [])


def _imported(module: Module, sources: Sources) -> set[str]:
    folder = folder_of(module.file)
    dotted = [name for name, _ in module.imports]
    dotted += [
        f"{each.source}.{each.name}" if each.source.strip(".") else each.source + each.name for each in module.imported
    ]
    return {file for name in dotted if (file := sources.find(name, folder)) is not None}


def _is_found(plan: ImportPlan, bases: Iterable[str], sources: Sources) -> bool:
    """Whether that name leads to that file, and to no other of the same name in a folder before it."""
    path = plan.name.replace(".", "/")
    for base in bases:
        start = f"{base}/{path}" if base else path
        for candidate in (f"{start}/__init__.py", f"{start}.py"):
            if candidate in sources.files:
                return candidate == plan.file
    return False


def _limit_s(context: CheckContext) -> float:
    try:
        seconds = float(context.environment.get(LIMIT, _LIMIT_S))
    except ValueError:
        return _LIMIT_S
    return seconds if math.isfinite(seconds) and seconds > 0 else _LIMIT_S


def trouble(outcome: Outcome) -> str | None:
    """Why there is no verdict on types; None where there is one."""
    text = outcome.output.decode("utf-8", "backslashreplace")
    if outcome.timed_out:
        return f"mypy took over {outcome.duration_s:.0f} s; `{LIMIT}` sets another limit"
    if "No module named mypy" in text:
        return "no mypy"
    if outcome.exit_code in (0, 1) and not outcome.not_started:
        return None
    last = text.strip().splitlines()[-1:] or [outcome.not_started or f"it ended with {outcome.exit_code}"]
    return f"mypy: {last[0]}"[:200]


# What mypy learnt of the SDK is kept for the next project: 0.4 s in place of 4 s.


def _kept(context: CheckContext) -> Path | None:
    """Beside what `scripts/skillgate` keeps; None where nobody says where that is."""
    said = context.environment
    cache = Path(said.get("XDG_CACHE_HOME") or Path(said.get("HOME", ""), ".cache"), "skillgate")
    home = Path(said.get("SKILLGATE_HOME") or cache)
    key = hashlib.sha256(str(context.python).encode()).hexdigest()[:16]
    return home / "mypy" / key if home.is_absolute() else None


def _fetch_cache(context: CheckContext, target: Path) -> None:
    """A copy for this run alone: runs side by side do not meet."""
    kept = _kept(context)
    with suppress(OSError, shutil.Error):
        if kept is not None and kept.is_dir():
            shutil.copytree(kept, target)


def keep_cache(context: CheckContext, folder: Path, outcome: Outcome) -> None:
    """Keep what a first run learnt. An unwritable folder costs the next run time and nothing else."""
    kept = _kept(context)
    if kept is None or outcome.exit_code not in (0, 1) or (kept.is_dir() and outcome.duration_s < _SLOW_S):
        return
    with suppress(OSError, shutil.Error):
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Path(tempfile.mkdtemp(prefix=f"{kept.name}-", dir=kept.parent))
        shutil.copytree(folder / "mypy", fresh, dirs_exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        fresh.rename(kept)
        shutil.rmtree(fresh, ignore_errors=True)
