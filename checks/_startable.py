"""Why a program cannot be started, in words for a person. Starts nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

WORDS_AT_MOST = 500


class NotStartableError(Exception):
    """A command that cannot be started; its text is addressed to a person."""

    def __init__(self, text: str) -> None:
        super().__init__(text if len(text) <= WORDS_AT_MOST else text[:WORDS_AT_MOST] + " ...")


def enter(folder: str, program: str) -> None:
    """Makes `folder` the working directory."""
    try:
        os.chdir(folder)
    except FileNotFoundError:
        raise NotStartableError(f"`{program}` cannot start in the folder `{folder}`: it does not exist") from None
    except NotADirectoryError:
        raise NotStartableError(f"`{program}` cannot start in `{folder}`: it is not a folder") from None
    except (OSError, ValueError) as error:
        raise NotStartableError(f"`{program}` cannot start in the folder `{folder}`: {_reason(error)}") from None


def locate(program: str, env: Mapping[str, str]) -> str:
    """The file that `program` stands for under the PATH of `env`, as seen from the working directory."""
    if not program:
        raise NotStartableError("the command is empty")
    if "/" in program:
        return _checked(program, program)
    try:
        return _on_path(program, env.get("PATH", os.defpath))
    except ValueError as error:
        raise NotStartableError(f"`{program}` cannot be started: {error}") from None


def explain(error: OSError | ValueError, program: str, file: str) -> str:
    """Why the system refused to start `file`, which exists and is executable."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT:
        return _missing_interpreter(program, file)
    if number == errno.EACCES:
        return f"`{program}` cannot be started: permission denied (`{file}` or the interpreter in its first line)"
    if number == errno.ENOEXEC:
        return f"`{program}` is no program for this machine; a script needs a first line such as `#!/bin/sh` (`{file}`)"
    if number == errno.E2BIG:
        return f"`{program}` cannot be started: its arguments and environment are too long for this system"
    return f"`{program}` cannot be started: {_reason(error)}"


def _on_path(program: str, path: str) -> str:
    refused = None
    for folder in path.split(os.pathsep):
        file = os.path.join(folder or ".", program)  # noqa: PTH118  `Path` would drop the `./`
        if os.path.isfile(file):  # noqa: PTH113
            if os.access(file, os.X_OK):
                return file
            refused = refused or file
    if refused:
        raise NotStartableError(f"`{program}` is not executable; `chmod +x {refused}` mends that")
    raise NotStartableError(f"`{program}` is not installed: no folder on PATH holds it")


def _checked(program: str, file: str) -> str:
    try:
        found = os.stat(file)  # noqa: PTH116
    except FileNotFoundError:
        raise NotStartableError(f"`{program}` does not exist (seen from `{os.getcwd()}`)") from None  # noqa: PTH109
    except (OSError, ValueError) as error:
        raise NotStartableError(f"`{program}` cannot be started: {_reason(error)}") from None
    if found.st_mode & 0o170000 == 0o040000:
        raise NotStartableError(f"`{program}` is a folder, not a program")
    if not os.access(file, os.X_OK):
        raise NotStartableError(f"`{program}` is not executable; `chmod +x {file}` mends that")
    return file


def _missing_interpreter(program: str, file: str) -> str:
    try:
        with open(file, "rb") as script:  # noqa: PTH123
            first = script.readline(512)
    except OSError:
        first = b""
    if not first.startswith(b"#!"):
        return f"`{program}` needs a loader that this machine lacks: `{file}` was built for another system"
    interpreter = first[2:].rstrip(b"\n").strip(b" \t").partition(b" ")[0].decode("utf-8", "backslashreplace")
    if interpreter.endswith("\r"):
        return f"`{program}` has Windows line ends in its first line; `dos2unix {file}` mends that"
    return f"`{program}` needs the interpreter `{interpreter}`, which does not exist (first line of `{file}`)"


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
