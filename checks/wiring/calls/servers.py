"""How programs that serve an application say which one, and on which port."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

SERVERS = frozenset(("uvicorn", "gunicorn", "hypercorn", "granian", "daphne", "fastapi", "flask", "waitress-serve"))
_APP = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*(?:\(.*\))?)?\Z")
_FLAGS: Mapping[str, frozenset[str]] = {
    "uvicorn": frozenset(
        [
            "--reload",
            "--factory",
            "--proxy-headers",
            "--no-proxy-headers",
            "--use-colors",
            "--no-use-colors",
            "--access-log",
            "--no-access-log",
            "--server-header",
            "--no-server-header",
            "--date-header",
            "--no-date-header",
            "--version",
            "--help",
            "--reset-contextvars",
            "--no-reset-contextvars",
        ]
    ),
    "gunicorn": frozenset(
        [
            "--reload",
            "--preload",
            "--preload-app",
            "-D",
            "--daemon",
            "--check-config",
            "--print-config",
            "--spew",
            "--capture-output",
            "-R",
            "--enable-stdio-inheritance",
            "--no-sendfile",
            "--reuse-port",
            "--proxy-protocol",
            "--log-syslog",
            "--initgroups",
            "-h",
            "--help",
            "--strip-header-spaces",
            "-v",
            "--version",
            "--do-handshake-on-connect",
            "--suppress-ragged-eofs",
            "--dogstatsd-tags",
        ]
    ),
    "hypercorn": frozenset(
        ["--debug", "--reload", "--daemon", "-D", "-h", "--help", "--insecure", "--log-config-json"]
    ),
    "granian": frozenset(
        [
            "--reload",
            "--factory",
            "--no-factory",
            "--access-log",
            "--no-access-log",
            "--log",
            "--no-log",
            "--ws",
            "--no-ws",
            "--help",
            "--version",
            "--respawn-failed-workers",
            "--no-respawn-failed-workers",
            "--no-reload",
            "--blocking-threads-auto",
        ]
    ),
    "daphne": frozenset(["--proxy-headers", "--no-server-name", "--help", "--access-log-none"]),
    "fastapi": frozenset(["--reload", "--no-reload", "--proxy-headers", "--no-proxy-headers", "--help"]),
}
_PORT_OPTIONS = {
    "uvicorn": ("--port",),
    "gunicorn": ("-b", "--bind"),
    "hypercorn": ("-b", "--bind"),
    "granian": ("--port",),
    "daphne": ("-p", "--port"),
    "fastapi": ("--port",),
    "flask": ("-p", "--port"),
    "waitress-serve": ("--port", "--listen"),
}
_FOLDER_OPTIONS = {"uvicorn": "--app-dir", "gunicorn": "--chdir", "granian": "--working-dir"}


def application(server: str, arguments: Sequence[str]) -> str | None:
    """The application as `package.module:attribute`; None where the words do not say."""
    if server == "fastapi":
        return _fastapi(arguments)
    if server == "flask":
        return value_of(arguments, ("--app", "-A"))
    positional = list(_positional(arguments, _FLAGS.get(server, frozenset())))
    named = [word for word in positional if _APP.match(word) and ":" in word] or [
        word for word in positional if _APP.match(word)
    ]
    return re.sub(r"\(.*\)\Z", "", named[0]) if named else None


def port(server: str, arguments: Sequence[str]) -> int | None:
    """The port that the options name."""
    value = value_of(arguments, _PORT_OPTIONS.get(server, ()))
    number = (value or "").rpartition(":")[2]
    return int(number) if number.isdigit() else None


def folder(server: str, arguments: Sequence[str]) -> str | None:
    """The folder that the server changes to, or imports from, before anything else."""
    option = _FOLDER_OPTIONS.get(server)
    return value_of(arguments, (option,)) if option else None


def value_of(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    """The last value that is given to one of these options, as `--name value`, `--name=value` or `-nvalue`."""
    found = None
    for at, word in enumerate(arguments):
        if word in names and at + 1 < len(arguments):
            found = arguments[at + 1]
        for name in names:
            if word.startswith(f"{name}="):
                found = word.removeprefix(f"{name}=")
            elif len(name) == 2 and word.startswith(name) and len(word) > 2:
                found = word[2:]
    return found


def _positional(arguments: Sequence[str], flags: frozenset[str]) -> Sequence[str]:
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = "=" not in word and word not in flags and not (len(word) > 2 and word[1] != "-")
        else:
            kept.append(word)
    return kept


def _fastapi(arguments: Sequence[str]) -> str | None:
    """`fastapi run api/main.py` imports the file by its packages; without `--app` it looks for `app`, then `api`."""
    entry = value_of(arguments, ("--entrypoint", "-e"))
    if entry:
        return entry
    files = [word for word in _positional(arguments[1:], _FLAGS["fastapi"]) if word.endswith(".py")]
    if not files or arguments[0] not in ("run", "dev"):
        return None
    path = PurePosixPath(files[0])
    module = ".".join(part for part in path.with_suffix("").parts if part not in (".", "/"))
    return f"{module}:{value_of(arguments, ('--app',)) or 'app'}"
