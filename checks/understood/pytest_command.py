"""Whether a command line starts a pytest session, and how that session is reached."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from checks import commands

PLUGIN = "skillgate_evidence"
PLUGIN_FOLDER = Path(__file__).parent / "pytest_plugin"

_PYTEST = re.compile(r"^(pytest|py\.test)(-3(\.\d+)?)?$")
_PYTHON = re.compile(r"^(python|pypy)[\d.]*$")
_MODULE_OPTION = re.compile(r"^-[bBdEiIOPqsSuvx]*m(?P<module>.*)$")
_COMMAND_OPTION = re.compile(r"^-[a-z]*c$")
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")
_SHELL_WORD = re.compile(r"""(?:[^\s'"\\;&|()<>]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+""", re.DOTALL)

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_ENVIRONMENT_TOOLS = frozenset({"uv", "poetry", "pdm", "pipenv", "rye", "hatch", "pixi", "conda", "mamba", "pipx"})
_RUN_TOOLS = _ENVIRONMENT_TOOLS | {"dotenv"}
# Programs that start the rest of their words, by how many words of their own come first.
_PREFIXES = {
    **dict.fromkeys(("env", "nice", "ionice", "nohup", "time", "exec", "stdbuf", "setsid", "sudo", "xargs"), 0),
    **dict.fromkeys(("command", "xvfb-run", "ddtrace-run", "unbuffer", "chronic", "uvx"), 0),
    **dict.fromkeys(("timeout", "flock"), 1),
}
# A value of these may well be the word `pytest`.
_TAKE_A_VALUE = frozenset(
    {
        "--with",
        "-w",
        "--with-editable",
        "--with-requirements",
        "--extra",
        "--group",
        "--only-group",
        "--package",
        "--from",
    }
)
_PYTHON_TAKES_A_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_COVERAGE_TAKES_A_VALUE = frozenset(
    {"--concurrency", "--context", "--data-file", "--include", "--omit", "--rcfile", "--source"}
)
_ONLY_ASKS = frozenset({"--version", "-V", "--help", "-h"})


def mentions_pytest(command: str) -> bool:
    """Whether the command line starts a pytest session anywhere; `pip install pytest` or `pytest --version` do not."""
    return any(_starts_session(simple.words) for simple in commands.simple_commands(command))


def own_environment_tool(command: str) -> str | None:
    """The tool (`uv`, `poetry`, ...) that chooses the Python for pytest by itself, where one does."""
    for simple in commands.simple_commands(command):
        for name in map(_name, simple.words):
            if name in _ENVIRONMENT_TOOLS | {"uvx"} and _starts_session(simple.words):
                return name
    return None


def starts_by_name(command: str) -> str | None:
    """The word of the command line that is the pytest program itself (`pytest`, `.venv/bin/pytest`)."""
    for simple in commands.simple_commands(command):
        for before, word in zip(("", *simple.words), simple.words, strict=False):
            if _PYTEST.match(_name(word)) and not _MODULE_OPTION.match(before):
                return word if _starts_session(simple.words) else None
    return None


def keep_plugin_reachable(command: str) -> str:
    """The command line with the plug-in added to each `PYTHONPATH=` and `PYTEST_PLUGINS=` it sets itself.

    `PYTHONPATH=. pytest` replaces what the runner put there, and pytest refuses to start without a plug-in it was
    told to load.
    """
    own = {"PYTHONPATH=": (":", shlex.quote(str(PLUGIN_FOLDER))), "PYTEST_PLUGINS=": (",", PLUGIN)}

    def extended(match: re.Match[str]) -> str:
        word = match.group()
        for assignment, (separator, value) in own.items():
            if word.startswith(assignment):
                return word + ("" if word in (assignment, f"{assignment}''", f'{assignment}""') else separator) + value
        return word

    return _SHELL_WORD.sub(extended, command)


def _name(word: str) -> str:
    return PurePosixPath(word).name


def _starts_session(words: tuple[str, ...]) -> bool:
    if not words:
        return False
    name, rest = _name(words[0]), words[1:]
    if _PYTEST.match(name):
        return _ONLY_ASKS.isdisjoint(rest)
    if _PYTHON.match(name):
        return _python_starts_session(rest, _PYTHON_TAKES_A_VALUE)
    if name == "coverage":
        return _coverage_starts_session(rest)
    if name in _SHELLS:
        return _shell_starts_session(rest)
    return any(_starts_session(inner) for inner in _started_by(name, rest))


def _started_by(name: str, rest: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The commands that a program which starts other programs may mean by its words."""
    if name == "command" and rest[:1] in (("-v",), ("-V",)):
        return
    if name in _PREFIXES:
        yield from _candidates(rest, _PREFIXES[name])
    elif name in _RUN_TOOLS and "run" in rest:
        yield from _candidates(rest[rest.index("run") + 1 :], 0)


def _candidates(words: tuple[str, ...], own: int) -> Iterator[tuple[str, ...]]:
    """A word behind an option that nobody here knows may be its value or the command: both are tried."""
    previous_is_option = False
    position = 0
    while position < len(words):
        word = words[position]
        if word in ("-m", "--module"):
            yield ("python", "-m", *words[position + 1 :])
            return
        if word in _TAKE_A_VALUE:
            position += 2
            continue
        is_option = word.startswith("-") and word != "--"
        if not is_option and word != "--" and not _ASSIGNMENT.match(word):
            if own and not previous_is_option:
                own -= 1
            else:
                yield (word.split(":")[-1], *words[position + 1 :])
                if not previous_is_option:
                    return
        previous_is_option = is_option
        position += 1


def _python_starts_session(words: tuple[str, ...], take_a_value: frozenset[str]) -> bool:
    """`-m pytest`, `-m coverage run -m pytest`, or the path of the program `pytest`."""
    position = 0
    while position < len(words):
        word = words[position]
        module = _MODULE_OPTION.match(word)
        if module:
            after = words[position + 1 :]
            return _module_starts_session(*((module["module"], after) if module["module"] else (after[:1], after[1:])))
        if not word.startswith("-"):
            return bool(_PYTEST.match(_name(word))) and _ONLY_ASKS.isdisjoint(words[position:])
        position += 2 if word in take_a_value else 1
    return False


def _module_starts_session(module: str | tuple[str, ...], words: tuple[str, ...]) -> bool:
    name = module if isinstance(module, str) else "".join(module)
    if name == "coverage":
        return _coverage_starts_session(words)
    return name in ("pytest", "py.test") and _ONLY_ASKS.isdisjoint(words)


def _coverage_starts_session(words: tuple[str, ...]) -> bool:
    return words[:1] == ("run",) and _python_starts_session(words[1:], _COVERAGE_TAKES_A_VALUE)


def _shell_starts_session(words: tuple[str, ...]) -> bool:
    for option, script in pairwise(words):
        if _COMMAND_OPTION.match(option):
            return mentions_pytest(script)
    return False
