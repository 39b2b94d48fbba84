"""What a command line starts, without the shells and wrappers around it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from checks.commands import Simple, simple_commands
from checks.model import EMPTY
from checks.wiring.calls import servers
from checks.wiring.calls.shell import is_unknown, logical_lines
from checks.wiring.calls.wrappers import program_name, unwrap
from checks.wiring.model import Kind, Started

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh"))
_PYTHON = re.compile(r"(?:python|pypy)(?:[23](?:\.\d+)?)?(?:\.exe)?\Z|py\Z")
_PYTHON_FLAGS = re.compile(r"-[bBdEhiIOPqsSuvVx]+\Z|-O+\Z")
_WORKFLOW = re.compile(r"(?:^|/)\.raw/workflows/([^/]+)/(?:run|dry_run)\.py\Z")
_AS_PROGRAM = frozenset(
    [
        "alembic",
        "celery",
        "pytest",
        "pip",
        "venv",
        "ruff",
        "mypy",
        "black",
        "isort",
        "coverage",
        "pre_commit",
        "build",
        "twine",
        "unittest",
        "http.server",
        "compileall",
        "json.tool",
        "ensurepip",
        "debugpy",
        "virtualenv",
        "streamlit",
        "uv",
        "skillgate",
        "arq",
        "dramatiq",
        "rq",
        "huey",
        "taskiq",
    ]
)
"""Modules that are known programs: `python -m alembic` is `alembic`."""
_SILENT = frozenset(
    [
        ".",
        ":",
        "[",
        "[[",
        "alias",
        "break",
        "cd",
        "continue",
        "echo",
        "eval",
        "exit",
        "export",
        "false",
        "printf",
        "pwd",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "source",
        "test",
        "trap",
        "true",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
        "sleep",
        "local",
        "declare",
        "typeset",
        "function",
        "then",
        "do",
        "done",
        "fi",
        "esac",
        "let",
        "hash",
        "pushd",
        "popd",
        "shopt",
        "getopts",
        "jobs",
        "bg",
        "fg",
        "history",
    ]
)
_RAW_VALUED = frozenset(("--project", "--python"))
"""Options of `skillgate raw run` that stand before a value."""
DEEPEST = 4
"""How many shells inside each other are read."""


def started(argv: Sequence[str], console_scripts: Mapping[str, str] = EMPTY) -> tuple[Started, ...]:
    """What the words of a command start, in order; nothing for an empty command."""
    return tuple(_started(tuple(argv), console_scripts, {}, None, 0))


def started_line(text: str, console_scripts: Mapping[str, str] = EMPTY) -> tuple[Started, ...]:
    """What a text for the shell starts, in order, also where it has several lines."""
    return tuple(_of_text(text, console_scripts, {}, None, 0))


def _of_text(
    text: str, scripts: Mapping[str, str], assigned: Mapping[str, str], workdir: str | None, depth: int
) -> Iterator[Started]:
    exported = dict(assigned)
    for _line, line in logical_lines(text):
        outside = workdir
        for simple in simple_commands(line):
            if _is_no_command(simple, line):
                continue
            name = simple.words[0]
            if name in ("cd", "pushd") and len(simple.words) > 1:
                workdir = joined(workdir, simple.words[1])
            elif name == "export":
                exported |= _assignments(simple.words[1:])
            elif name not in _SILENT:
                own = exported | _assignments(simple.assigned)
                yield from _started(simple.words, scripts, own, workdir, depth)
            if simple.followed_by and ")" in simple.followed_by:
                workdir = outside


def joined(workdir: str | None, folder: str) -> str | None:
    """The folder after `cd folder`, relative to where the command line began, or absolute."""
    if folder.startswith("/") or workdir is None:
        return posixpath.normpath(folder)
    return posixpath.normpath(posixpath.join(workdir, folder))


def _is_no_command(simple: Simple, line: str) -> bool:
    """The heads of `for x in`, `case x in`, the patterns of a `case`, and the name of a function."""
    words, behind = simple.words, simple.followed_by or ""
    if len(words) > 1 and words[1] == "in":
        return True
    return len(words) == 1 and (
        behind.startswith("()") or (behind.startswith(")") and ("esac" in line or ";;" in line))
    )


def _assignments(words: Sequence[str]) -> dict[str, str]:
    pairs = (word.partition("=") for word in words if "=" in word and not word.startswith("-"))
    return {name: value for name, _, value in pairs}


def _started(
    words: tuple[str, ...], scripts: Mapping[str, str], assigned: Mapping[str, str], workdir: str | None, depth: int
) -> Iterator[Started]:
    own = dict(assigned)
    words = tuple(unwrap(words, own))
    if not words or depth > DEEPEST:
        return
    name = program_name(words[0])
    if name in _SHELLS and (text := _shell_text(words[1:])) is not None:
        yield from _of_text(text, scripts, own, workdir, depth + 1)
        return
    found = _one(name, words, scripts)
    if found is not None:
        folder = found.workdir if workdir is None else (joined(workdir, found.workdir) if found.workdir else workdir)
        yield replace(found, workdir=folder, assigned=own, complete=not any(map(is_unknown, words)))
    if len(words) > 1 and "entrypoint" in name:  # by custom such a script ends with `exec "$@"`
        yield from _started(words[1:], scripts, own, workdir, depth + 1)


def _shell_text(words: Sequence[str]) -> str | None:
    """What a shell is given to run with `-c`; None where it runs a file or waits for input."""
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif not word.startswith(("-", "+")):
            return None
        elif word.startswith("-") and not word.startswith("--") and "c" in word and at + 1 < len(words):
            behind = 2 if word.endswith("o") else 1
            return words[at + behind] if at + behind < len(words) else None
        else:
            skip = word.endswith("o") and not word.startswith("--")
    return None


def _one(name: str, words: tuple[str, ...], scripts: Mapping[str, str]) -> Started | None:
    """The single program that unwrapped words start."""
    if name in _SHELLS:
        files = [at for at, word in enumerate(words[1:], 1) if not word.startswith("-")]
        return _file(words[files[0]], words[files[0] + 1 :], words) if files else None
    if _PYTHON.match(name):
        return _python(words, scripts)
    if words[0] in scripts:
        return Started(Kind.PROGRAM, words[0], words[1:], words)
    if name in servers.SERVERS:
        return _server(name, words[1:], words)
    if name in ("raw", "skillgate"):
        return _raw(words)
    if _is_own_file(words[0]):
        return _file(words[0], words[1:], words)
    return Started(Kind.PROGRAM, name, words[1:], words)


def _is_own_file(word: str) -> bool:
    """Whether a program is named by a path that a project may have, rather than by one of the system."""
    if word.endswith((".py", ".sh", ".bash")):
        return True
    folder = posixpath.basename(posixpath.dirname(word))
    return "/" in word and folder not in ("bin", "sbin", "Scripts")


def _python(words: tuple[str, ...], scripts: Mapping[str, str]) -> Started | None:
    at = 1
    while at < len(words):
        word, rest = words[at], words[at + 1 :]
        if word == "-m" or (word.startswith("-") and not word.startswith("--") and word.endswith("m") and rest):
            return _module(rest[0], rest[1:], words, scripts) if rest else None
        if word == "-c" or (word[:1] == "-" and word[1:2] != "-" and word.endswith("c") and rest):
            return Started(Kind.PROGRAM, "python", words[1:], words)
        if word in ("-W", "-X"):
            at += 2
        elif _PYTHON_FLAGS.match(word) or word.startswith(("-W", "-X")):
            at += 1
        elif word.startswith("-"):
            return Started(Kind.PROGRAM, "python", words[1:], words)
        else:
            return _file(word, rest, words)
    return Started(Kind.PROGRAM, "python", words[1:], words)


def _module(name: str, arguments: tuple[str, ...], words: tuple[str, ...], scripts: Mapping[str, str]) -> Started:
    if name == "debugpy":
        return _behind_debugger(arguments, words, scripts)
    if name in servers.SERVERS:
        return _server(name, arguments, words)
    if name in _AS_PROGRAM:
        return Started(Kind.PROGRAM, name, arguments, words)
    return Started(Kind.MODULE, name, arguments, words)


def _behind_debugger(arguments: tuple[str, ...], words: tuple[str, ...], scripts: Mapping[str, str]) -> Started:
    if "-m" in arguments:
        inner = _python(("python", *arguments[arguments.index("-m") :]), scripts)
        if inner is not None:
            return replace(inner, argv=words)
    return Started(Kind.PROGRAM, "debugpy", arguments, words)


def _server(name: str, arguments: tuple[str, ...], words: tuple[str, ...]) -> Started:
    app = servers.application(name, arguments)
    if app is None:
        return Started(Kind.PROGRAM, name, arguments, words)
    port, folder = servers.port(name, arguments), servers.folder(name, arguments)
    return Started(Kind.APP, app, arguments, words, name, port, folder)


def _raw(words: tuple[str, ...]) -> Started:
    """`raw run ID`, also as `skillgate raw run ID`; the options before and behind the id are its arguments."""
    rest = words[2:] if words[0].endswith("skillgate") and words[1:2] == ("raw",) else words[1:]
    if rest[:1] == ("run",) and (words[1:2] == ("raw",) or program_name(words[0]) == "raw"):
        own = [
            at for at, word in enumerate(rest) if at and not word.startswith("-") and rest[at - 1] not in _RAW_VALUED
        ]
        at = own[0] if own else None
        if at is not None:
            return Started(Kind.WORKFLOW, rest[at], (*rest[1:at], *rest[at + 1 :]), words)
    return Started(Kind.PROGRAM, program_name(words[0]), words[1:], words)


def _file(path: str, arguments: tuple[str, ...], words: tuple[str, ...]) -> Started:
    workflow = _WORKFLOW.search(path)
    if workflow:
        return Started(Kind.WORKFLOW, workflow[1], arguments, words)
    return Started(Kind.FILE, path, arguments, words)
