"""Which `raw_runtime` serves a project: the real one where its Python has it, else the embedded one."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from checks import process
from checks.hints import run_command

OLDEST_PYTHON = (3, 10)
ASK_LIMIT_S = 30.0
_MARK = "skillgate-runtime:"
_QUESTION = f"""
import sys
version = found = None
try:
    import raw_runtime
    found = True
    if getattr(raw_runtime, "__skillgate_embedded__", False):
        found = False
    else:
        version = str(getattr(raw_runtime, "__version__", "") or "unknown")
except ImportError:
    found = False
except Exception as error:
    found = False
import importlib.util
pydantic = importlib.util.find_spec("pydantic") is not None
print({_MARK!r} + ascii((version if found else None, pydantic, tuple(sys.version_info[:3]))), flush=True)
"""


class RuntimeMissing(Exception):
    """Why a Python cannot run workflows, in words for a person."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What was learned of a Python: the version of its real `raw_runtime`, None where it has none.

    `problem` says, to a person, why this Python runs no workflow; `has_pydantic` is what the embedded one needs.
    """

    version: str | None = None
    has_pydantic: bool = True
    problem: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether the embedded runtime has to serve."""
        return self.version is None

    def describe(self) -> str:
        """The word for the evidence."""
        return "embedded" if self.version is None else f"raw_runtime {self.version}"


def embedded_path() -> Path:
    """The folder that holds the embedded `raw_runtime`, for `PYTHONPATH`."""
    return Path(__file__).parent / "embedded"


def ask_python(python: Path, root: Path, environment: Mapping[str, str]) -> Runtime:
    """Asks a Python whether it can import the real `raw_runtime`, and which Python it is."""
    search = join_path(str(root), environment.get("PYTHONPATH", ""))
    asked = {**environment, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}
    # Its own folder must not lead the path: a project's `types.py` would end the question.
    command = process.Command(
        (str(python), "-c", f"import sys; sys.path[:1] = [part for part in sys.path[:1] if part]\n{_QUESTION}"),
        root,
        asked,
        ASK_LIMIT_S,
    )
    outcome = process.run(command)
    if outcome.not_started:
        return Runtime(problem=outcome.not_started)
    for line in reversed(outcome.output.decode("utf-8", "backslashreplace").splitlines()):
        if line.startswith(_MARK):
            return _answer(python, *ast.literal_eval(line.removeprefix(_MARK)))
    return Runtime(problem=f"the project's Python (`{python}`) does not start: {_last_line(outcome.output)}")


def join_path(*parts: str) -> str:
    """Search-path entries in one string, without empty ones (which would mean the working directory)."""
    return os.pathsep.join(part for part in parts if part)


def runtime_of(python: Path, root: Path, environment: Mapping[str, str]) -> str:
    """Which runtime serves, in words; raises RuntimeMissing where none can."""
    runtime = ask_python(python, root, environment)
    if runtime.problem:
        raise RuntimeMissing(runtime.problem)
    if runtime.embedded and not runtime.has_pydantic:
        sync = run_command(root, "--sync")
        raise RuntimeMissing(
            f"the project's Python (`{python}`) lacks `pydantic`, which every workflow needs: run `{sync}`"
        )
    return runtime.describe()


def _answer(python: Path, version: str | None, has_pydantic: bool, release: tuple[int, ...]) -> Runtime:
    if release < OLDEST_PYTHON:
        number = ".".join(str(part) for part in release)
        return Runtime(problem=f"the project's Python (`{python}`) is {number}; RAW workflows need 3.10 or later")
    return Runtime(version, has_pydantic)


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "backslashreplace").strip().splitlines()
    return f"`{lines[-1]}`" if lines else "it said nothing"
