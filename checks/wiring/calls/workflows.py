"""Judges calls of RAW workflows: by `raw run`, by `skillgate raw run`, or by the path of their script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checks.model import Diagnostic
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.nearest import instead
from checks.wiring.calls.parameters import Offered
from checks.wiring.calls.rules import RAW_COMMAND, RAW_RUN, REFUSED, WORKFLOW, report
from checks.wiring.calls.settings_programs import settings_programs
from checks.wiring.calls.trial import Attempt, Target
from checks.wiring.calls.wrappers import program_name
from checks.wiring.system import System

_RAW_OPTIONS = frozenset(("--dry", "--init", "--help"))
_SKILLGATE_OPTIONS = frozenset(("--dry", "--help"))
_SKILLGATE_VALUED = frozenset(("--project", "--python"))
_RAW_COMMANDS = ("init", "create", "build", "run", "show")
_INVENTED = re.compile(r"[<>{}\[\]]|^(?:[A-Z_\-]+|my-.*|your-.*|.*workflow[-_]?(?:id|name)|example|name|id)$")


_OWN_RAW = re.compile(r"bin/raw\b")


class Workflows:
    """The workflows of a project, and what calls of them come to."""

    def __init__(self, system: System, offered: dict[str, Offered]) -> None:
        root, files = system.root, system.files
        self.root, self.offered = root, offered
        self.is_replaced = _is_replaced(system)
        recipes = (file for file in files if "dockerfile" in file.rpartition("/")[2].lower() or file.endswith(".sh"))
        self.has_own_raw = any(_OWN_RAW.search(_read(root / file)) for file in recipes)
        # Of a project inside of this one: a check of its own judges it.
        self.elsewhere = {file.partition(".raw/workflows/")[0] for file in files if "/.raw/workflows/" in file} - {""}

    def find(self, call: Call) -> Offered | None:
        """The workflow that is called: `raw run` takes a part of the id where it is in one id only."""
        name = call.started.name
        if name in self.offered or not self._by_part(call):
            return self.offered.get(name)
        matching = [one for key, one in self.offered.items() if name in key]
        return matching[0] if len(matching) == 1 else None

    def judge(self, call: Call) -> Iterator[Diagnostic]:
        """What is wrong with a call before anything is run."""
        name = call.started.name
        if "$" in name or "*" in name:
            yield from self._any_refused(call)
            return
        offered = self.find(call)
        if offered is None or not offered.has_run:
            yield from self._missing(call, name, offered)
            return
        extra = refused_by_runner(call)
        if extra:
            yield from self._refused(call, offered, extra)

    def _any_refused(self, call: Call) -> Iterator[Diagnostic]:
        """Whatever workflow it is, `raw run` takes no options of its."""
        extra = refused_by_runner(call)
        if program_name(call.started.argv[0]) == "raw" and any(word.startswith("-") and word != "--" for word in extra):
            text = f"`{call.text}`: `raw run` hands no arguments to the workflow; it knows `--dry` and `--init`"
            hint = "`python .raw/workflows/ID/run.py ...`, or `skillgate raw run ID -- ...`"
            yield self._raw_run(call, text, hint)

    def _raw_run(self, call: Call, text: str, hint: str) -> Diagnostic:
        """A program of that name which the project makes may hand on what RAW does not."""
        if call.origin is Origin.CODE and self.is_replaced:
            text += "; each deployment sets another command, so that this is what serves without them"
            return report(RAW_RUN, call.place, text, hint, sure=False)
        return report(RAW_RUN, call.place, text, hint, sure=not self.has_own_raw)

    def _missing(self, call: Call, name: str, offered: Offered | None) -> Iterator[Diagnostic]:
        if call.origin is Origin.README and _INVENTED.search(name):
            return
        if any(call.place.file.startswith(folder) for folder in self.elsewhere):
            return
        matching = [key for key in self.offered if name in key] if self._by_part(call) else []
        if len(matching) > 1:
            text = f"`{call.text}`: `{name}` is a part of the ids {', '.join(f'`{key}`' for key in matching)}"
        elif offered is not None:
            text = f"`{call.text}`: the workflow `{name}` has no run.py"
        else:
            text = f"`{call.text}`: there is no workflow `{name}`{instead(name, self.offered)}{_through(call)}"
        yield report(WORKFLOW, call.place, text)

    def _refused(self, call: Call, offered: Offered, extra: tuple[str, ...]) -> Iterator[Diagnostic]:
        words = call.started.argv
        if program_name(words[0]) == "skillgate":
            text = f"`{call.text}`: `{extra[0]}` is no option of `skillgate raw run`{_through(call)}"
            hint = (
                f"the workflow's own arguments stand behind `--`: `skillgate raw run {offered.id} -- {_shown(extra)}`"
            )
            yield report(REFUSED, call.place, text, hint)
            return
        text = (
            f"`{call.text}`: `raw run` hands no arguments to the workflow; it knows `--dry` and `--init`, and ends at "
            f"`{_shown(extra[:1])}`{_through(call)}"
        )
        hint = (
            f"`python {offered.place.file} {_shown(extra)}`, or `skillgate raw run {offered.id} -- {_shown(extra)}`, "
            "which serves with or without RAW"
        )
        yield self._raw_run(call, text, hint)

    def attempt(self, call: Call) -> Attempt | None:
        """What is to be tried: the workflow's own program with its own arguments; None for a dry run."""
        offered = self.find(call)
        if offered is None or not offered.has_run:
            return None
        arguments = own_arguments(call)
        if arguments is None:
            return None
        return Attempt(self.target(offered), arguments, call.variables)

    def target(self, offered: Offered) -> Target:
        """The workflow's program."""
        path = self.root / offered.place.file
        example = str(offered.mocks[0]) if offered.mocks else None
        return Target("workflow", offered.id, str(path), str(self.root), (str(path.parent), str(self.root)), example)

    def _by_part(self, call: Call) -> bool:
        return program_name(call.started.argv[0]) in ("raw", "skillgate")


def judge_raw_command(call: Call) -> Iterator[Diagnostic]:
    """`raw list` and the like, which RAW does not have."""
    words = call.started.arguments
    if call.started.name != "raw" or not words or not re.fullmatch(r"[a-z-]+", words[0]) or words[0].startswith("-"):
        return
    if words[0] not in _RAW_COMMANDS:
        text = (
            f"`{call.text}`: RAW has no command `{words[0]}`; it has {', '.join(f'`{one}`' for one in _RAW_COMMANDS)}"
        )
        yield report(RAW_COMMAND, call.place, text)


def refused_by_runner(call: Call) -> tuple[str, ...]:
    """The arguments that `raw run` or `skillgate raw run` would not take."""
    name, words = program_name(call.started.argv[0]), call.started.arguments
    if name == "raw":
        extra = tuple(word for word in words if word not in _RAW_OPTIONS)
        return () if all(word == "$@" for word in extra) else tuple(word for word in extra if word != "--")
    if name == "skillgate":
        before, _ = _around_dashes(words)
        return tuple(_without_own(before))
    return ()


def _is_replaced(system: System) -> bool:
    """Whether code takes the command from a setting, `raw` by default, and every deployment sets it to another."""
    index = system.code.index
    programs = settings_programs(list(index.sources.own_modules())) if index is not None else {}
    names = {name.upper() for name, default in programs.items() if program_name(default.split()[0]) == "raw"}
    units = [unit for deployment in system.deployments for unit in deployment.units]
    given = [
        variable.value or ""
        for unit in units
        for key, variable in unit.variables.items()
        if any(key.upper().endswith(name) for name in names)
    ]
    return bool(given) and all(value and program_name(value.split()[0]) != "raw" for value in given)


def own_arguments(call: Call) -> tuple[str, ...] | None:
    """The arguments of the workflow itself; None where it is not its run.py that runs."""
    name, words = program_name(call.started.argv[0]), call.started.arguments
    if name == "raw":
        if "--dry" in words or "--help" in words:
            return None
        return tuple(word for word in words if word not in _RAW_OPTIONS and word != "--")
    if name == "skillgate":
        before, behind = _around_dashes(words)
        return None if "--dry" in before or "--help" in before else (*_without_own(before), *behind)
    if any(word.endswith("dry_run.py") for word in call.started.argv[:4]) or "--help" in words or "-h" in words:
        return None
    return words


def _around_dashes(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if "--" not in words:
        return words, ()
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _without_own(words: tuple[str, ...]) -> Iterator[str]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in _SKILLGATE_VALUED:
            skip = True
        elif word not in _SKILLGATE_OPTIONS and word != "$@" and word.partition("=")[0] not in _SKILLGATE_VALUED:
            yield word


def _shown(words: tuple[str, ...]) -> str:
    line = " ".join("..." if "$" in word and not word.startswith("-") else word for word in words)
    return line.replace("$VALUE", "...").replace("$@", "...")


def _through(call: Call) -> str:
    return f", through {call.through}" if call.through else ""


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[: 1 << 18].decode("utf-8", "replace")
    except OSError:
        return ""
