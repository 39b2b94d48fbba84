"""What the command of a container starts: its program, and the module, file or application that it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.commands import simple_commands
from checks.deploy.dockerfile.variables import expand

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
SERVERS: Mapping[str, tuple[str, int]] = {
    "uvicorn": ("127.0.0.1", 8000),
    "gunicorn": ("127.0.0.1", 8000),
    "hypercorn": ("127.0.0.1", 8000),
    "flask": ("127.0.0.1", 5000),
    "fastapi": ("0.0.0.0", 8000),  # noqa: S104 - what it does by itself
    "http.server": ("0.0.0.0", 8000),  # noqa: S104
    "streamlit": ("0.0.0.0", 8501),  # noqa: S104
}
"""Where a server listens when nothing is said."""
_PREFIXES = frozenset({"exec", "nohup", "time", "dumb-init", "tini", "--", "opentelemetry-instrument", "ddtrace-run",
                       "newrelic-admin", "run-program", "sudo", "catchsegv", "stdbuf"})  # fmt: skip
_SWITCHERS = frozenset({"gosu", "su-exec", "chroot", "setpriv", "timeout", "doppler"})
_RUNNERS = frozenset({"uv", "poetry", "pipenv", "pdm", "hatch", "rye"})
_RUN_VALUED = frozenset({"--project", "--directory", "--with", "--extra", "--group", "--python", "-p", "--env-file",
                         "--package", "--with-requirements", "--no-group", "-m", "--module"})  # fmt: skip
_APP = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)(\(.*\))?")
_HAS_APP = frozenset({"uvicorn", "gunicorn", "hypercorn"})
_VALUED = frozenset(
    {"--host", "--port", "-p", "-b", "--bind", "-w", "--workers", "-k", "--worker-class", "--log-level", "--app-dir",
     "--timeout", "-t", "--threads", "--env-file", "--log-config", "--root-path", "--loop", "--http", "--ws", "--uds",
     "--interface", "--reload-dir", "--forwarded-allow-ips", "-c", "--config", "--access-logfile", "--error-logfile",
     "--chdir", "--graceful-timeout", "--keep-alive", "--max-requests", "--max-requests-jitter", "-n", "--name",
     "--ssl-keyfile", "--ssl-certfile", "--timeout-keep-alive", "--timeout-graceful-shutdown", "--limit-concurrency",
     "--backlog", "--lifespan", "--worker-tmp-dir", "--log-file", "--pythonpath", "--app", "-A", "-W", "-X"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Running:
    """One program that is started. `host` and `port` are where a server listens, None where that cannot be known.

    `said` tells whether its words name the port. `shell` is true where a shell splits the words.
    """

    program: str
    path: str
    words: tuple[str, ...]
    shell: bool = False
    module: str | None = None
    file: str | None = None
    app: tuple[str, str] | None = None
    factory: bool = False
    folder: str | None = None
    server: str | None = None
    host: str | None = None
    port: int | None = None
    said: bool = False


def running(argv: Sequence[str], variables: Mapping[str, str | None], workdir: str | None) -> list[Running]:
    """The programs that `argv` starts, in order; the text of `sh -c` is gone through."""
    return list(_running(tuple(argv), variables, workdir, False))


def _running(
    argv: tuple[str, ...], variables: Mapping[str, str | None], workdir: str | None, shell: bool
) -> Iterator[Running]:
    argv = unwrapped(argv)
    if not argv:
        return
    program = argv[0].rpartition("/")[2]
    if program in SHELLS:
        text = _shell_text(argv)
        if text is not None:
            yield from _lines(text, variables, workdir)
            return
    yield _started(argv, program, variables, workdir, shell)


def _shell_text(argv: tuple[str, ...]) -> str | None:
    """The text behind `-c` (also `-ec`, `-lc`)."""
    for at, word in enumerate(argv[1:], 1):
        if re.fullmatch(r"-[a-z]*c", word):
            return argv[at + 1] if at + 1 < len(argv) else ""
        if not word.startswith("-") and word != "pipefail":
            return None
    return None


def _lines(text: str, variables: Mapping[str, str | None], workdir: str | None) -> Iterator[Running]:
    for simple in simple_commands(text):
        if simple.words[0] == "cd":
            target = simple.words[1] if len(simple.words) > 1 else "/"
            workdir = target if target.startswith("/") else f"{workdir}/{target}" if workdir else None
            workdir = None if workdir and "$" in workdir else workdir
            continue
        words = tuple(_put_in(word, variables) for word in simple.words)
        yield from _running(words, variables, workdir, True)


def _put_in(word: str, variables: Mapping[str, str | None]) -> str:
    """A word as the shell sees it; as it stands where that cannot be known."""
    if "$" not in word or "$(" in word:
        return word
    value = expand(word, variables)
    return word if value is None else value


def unwrapped(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The words without what only starts them: `exec`, `env X=y`, `uv run`, `tini --`, `gosu user`."""
    while argv:
        name = argv[0].rpartition("/")[2]
        if name in _PREFIXES or (argv[0].startswith("-") and len(argv) > 1) or re.match(r"[A-Za-z_]\w*=", argv[0]):
            argv = argv[1:]
        elif name in _SWITCHERS:
            argv = argv[2:]
        elif name == "env":
            argv = argv[1:]
        elif name in _RUNNERS and argv[1:2] == ("run",):
            argv = _behind_run(argv[2:])
        else:
            break
    return argv


def _behind_run(words: tuple[str, ...]) -> tuple[str, ...]:
    while words and words[0].startswith("-"):
        if words[0] in ("-m", "--module"):
            return ("python", "-m", *words[1:])
        words = words[2:] if words[0] in _RUN_VALUED else words[1:]
    if words and words[0].endswith(".py"):
        return ("python", *words)
    return words


def _started(
    argv: tuple[str, ...], program: str, variables: Mapping[str, str | None], workdir: str | None, shell: bool
) -> Running:
    module: str | None = None
    file: str | None = None
    rest = argv[1:]
    if re.fullmatch(r"python[\d.]*", program):
        module, file, rest = _python(argv[1:])
        if module is not None and (module in SERVERS or module in ("alembic", "celery")):
            program, module = module, None
    elif program in SHELLS:
        file = next((word for word in argv[1:] if not word.startswith("-")), None)
    plain = Running(program, argv[0], tuple(rest), shell, module, file, folder=workdir)
    return _serving(plain, variables) if program in SERVERS else plain


def _python(words: tuple[str, ...]) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The module or the file that Python is given, and the words behind it."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "-m":
            return (words[at + 1] if at + 1 < len(words) else None), None, words[at + 2 :]
        if word == "-c" or word == "-":
            return None, None, ()
        if not word.startswith("-"):
            return None, word, words[at + 1 :]
        at += 2 if word in ("-W", "-X") else 1
    return None, None, ()


def _serving(plain: Running, variables: Mapping[str, str | None]) -> Running:
    options, positional = _options(plain.words)
    host, port = SERVERS[plain.program]
    known_host: str | None = host
    known_port: int | None = port
    said = False
    if plain.program == "http.server":
        positional = [word for word in positional if word.isdecimal()]
        options = {**options, **({"--port": positional[0]} if positional else {})}
    prefix = {"flask": "FLASK_RUN_", "uvicorn": "UVICORN_", "streamlit": "STREAMLIT_SERVER_"}.get(plain.program, "")
    bound = options.get("-b") or options.get("--bind")
    if bound:
        known_host, known_port, said = _bound(bound, plain.program, port)
    known_host = _first(options, ("--host", "-h", "--server.address"), variables.get(f"{prefix}HOST", known_host))
    text = _first(options, ("--port", "-p", "--server.port"), variables.get(f"{prefix}PORT", None) if prefix else None)
    if text is not None or (prefix and f"{prefix}PORT" in variables):
        known_port, said = (int(text), True) if text and text.isdecimal() else (None, False)
    known_host, known_port = _by_habit(plain, options, variables, known_host, known_port)
    app = next((match for word in positional if (match := _APP.fullmatch(word))), None)
    named = (app[1], app[2]) if app is not None and plain.program in _HAS_APP else None
    folder = options.get("--app-dir") or options.get("--chdir") or options.get("--pythonpath")
    factory = "--factory" in plain.words or bool(app and app[3])
    return Running(
        plain.program, plain.path, plain.words, plain.shell, None, None, named, factory,
        _below(plain.folder, folder), plain.program, known_host, known_port, said,
    )  # fmt: skip


def _bound(bound: str, program: str, port: int) -> tuple[str | None, int | None, bool]:
    """Host and port of `--bind`, and whether it names the port."""
    if program == "http.server":
        return bound, port, False
    host, _, number = bound.rpartition(":")
    return host.strip("[]") or None, int(number) if number.isdecimal() else None, number.isdecimal()


def _by_habit(
    plain: Running, options: Mapping[str, str], variables: Mapping[str, str | None], host: str | None, port: int | None
) -> tuple[str | None, int | None]:
    """What a server makes of its surroundings where its options say nothing."""
    if {"--uds", "--fd"} & options.keys() or any("$" in word for word in plain.words):
        return None, None
    if plain.program == "fastapi" and plain.words[:1] == ("dev",) and "--host" not in options:
        return "127.0.0.1", port
    if plain.program not in ("gunicorn", "hypercorn") or {"-b", "--bind"} & options.keys():
        return host, port
    if {"-c", "--config"} & options.keys() or "GUNICORN_CMD_ARGS" in variables:
        return None, None
    if plain.program == "gunicorn" and "PORT" in variables:
        value = variables["PORT"] or ""
        return "0.0.0.0", int(value) if value.isdecimal() else None  # noqa: S104 - what it does by itself
    return host, port


def _below(folder: str | None, path: str | None) -> str | None:
    if not path:
        return folder
    return path if path.startswith("/") else f"{folder}/{path}" if folder else None


def _first(options: Mapping[str, str], names: tuple[str, ...], otherwise: str | None) -> str | None:
    return next((options[name] for name in names if name in options), otherwise)


def _options(words: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    positional: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word.startswith("-") and equals:
            options[name] = value
        elif word in _VALUED:
            options[word] = next(rest, "")
        elif re.match(r"-b[\w.\[:]", word):
            options["-b"] = word[2:]
        elif not word.startswith("-"):
            positional.append(word)
        elif word in ("--server.port", "--server.address"):
            options[word] = next(rest, "")
    return options, positional
