"""Programs that only start another: what is left of a command line without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Unwrap = Callable[[Sequence[str]], Sequence[str]]
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_UV_VALUED = frozenset(
    [
        "--with",
        "--with-editable",
        "--with-requirements",
        "--extra",
        "--no-extra",
        "--group",
        "--no-group",
        "--only-group",
        "--python",
        "-p",
        "--package",
        "--project",
        "--directory",
        "--env-file",
        "--index",
        "--default-index",
        "--index-url",
        "-i",
        "--extra-index-url",
        "--find-links",
        "-f",
        "--refresh-package",
        "--upgrade-package",
        "-P",
        "--resolution",
        "--prerelease",
        "--config-setting",
        "-C",
        "--link-mode",
        "--exclude-newer",
        "--cache-dir",
        "--config-file",
        "--color",
        "--python-platform",
        "-w",
    ]
)
_CONDA_VALUED = frozenset(("-n", "--name", "-p", "--prefix", "--cwd"))
_TINI_VALUED = frozenset(("-e", "-p"))
_DUMB_INIT_VALUED = frozenset(("--rewrite", "-r"))
_TIMEOUT_VALUED = frozenset(("-k", "--kill-after", "-s", "--signal"))
_SUDO_VALUED = frozenset(["-u", "-g", "-h", "-p", "-C", "-T", "-U", "-D", "-R", "--user", "--group"])
_WAIT_VALUED = frozenset(("-t", "--timeout", "-h", "-p", "--host", "--port", "-wait", "-timeout", "-wait-http-header"))


def unwrap(words: Sequence[str], assigned: dict[str, str]) -> Sequence[str]:
    """The words of the program that really runs; variables that `env` and the like set go into `assigned`."""
    while words:
        inner = _once(words, assigned)
        if inner is None:
            return words
        words = inner
    return words


def _once(words: Sequence[str], assigned: dict[str, str]) -> Sequence[str] | None:
    """The words inside one wrapper; None where the first word is no wrapper."""
    name = program_name(words[0])
    if _ASSIGNMENT.match(words[0]) and "/" not in words[0].partition("=")[0]:
        key, _, value = words[0].partition("=")
        assigned[key] = value
        return words[1:]
    if name == "env":
        return _behind_options(words[1:], frozenset(("-u", "--unset", "-C", "--chdir")))
    if name in _SIMPLE:
        return _SIMPLE[name](words[1:])
    if name in _RUNNERS and len(words) > 2 and "run" in words[1:3]:
        rest = _RUNNERS[name](words[list(words).index("run") + 1 :])
        return rest or None
    return _waiter(name, words)


def program_name(word: str) -> str:
    """The name of an executable without its folder."""
    return word.rpartition("/")[2]


def _behind_options(words: Sequence[str], valued: frozenset[str]) -> Sequence[str]:
    """What follows the options; `valued` are those whose value is a word of its own."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if words[at] == "--":
            return words[at + 1 :]
        at += 2 if words[at] in valued else 1
    return words[at:]


def _options(*valued: str) -> Unwrap:
    return lambda words: _behind_options(words, frozenset(valued))


def _timeout(words: Sequence[str]) -> Sequence[str]:
    return _behind_options(words, _TIMEOUT_VALUED)[1:]


def _gosu(words: Sequence[str]) -> Sequence[str]:
    return words[1:]


def _uv_run(words: Sequence[str]) -> Sequence[str]:
    for at, word in enumerate(words):
        if word in ("-m", "--module"):
            return ("python", "-m", *words[at + 1 :])
        if not word.startswith("-") and (at == 0 or words[at - 1] not in _UV_VALUED):
            break
    rest = _behind_options(words, _UV_VALUED)
    return ("python", *rest) if rest and rest[0].endswith(".py") and not rest[0].startswith("./") else rest


def _waiter(name: str, words: Sequence[str]) -> Sequence[str] | None:
    """`wait-for-it.sh db:5432 -- command`; a script of the project that ends in `exec "$@"` goes by its name."""
    if name.startswith(("wait-for", "wait_for", "dockerize", "wait4")):
        if "--" in words:
            return words[list(words).index("--") + 1 :] or None
        if name == "dockerize":
            return _behind_options(words[1:], _WAIT_VALUED) or None
    return None


_SIMPLE: Mapping[str, Unwrap] = {
    "exec": _options("-a"),
    "command": _options(),
    "builtin": _options(),
    "nohup": _options(),
    "time": _options(),
    "setsid": _options(),
    "nice": _options("-n"),
    "ionice": _options("-c", "-n"),
    "stdbuf": _options("-i", "-o", "-e"),
    "sudo": _options(*_SUDO_VALUED),
    "doas": _options("-u"),
    "tini": _options(*_TINI_VALUED),
    "tini-static": _options(*_TINI_VALUED),
    "catatonit": _options(),
    "dumb-init": _options(*_DUMB_INIT_VALUED),
    "timeout": _timeout,
    "gosu": _gosu,
    "su-exec": _gosu,
    "ddtrace-run": _options(),
    "opentelemetry-instrument": lambda words: _behind_options(words, frozenset(_telemetry_valued(words))),
    "xvfb-run": _options(),
}
_RUNNERS: Mapping[str, Unwrap] = {
    "uv": _uv_run,
    "poetry": _options("-P", "--project", "-C", "--directory"),
    "pipenv": _options(),
    "pdm": _options("-p"),
    "hatch": lambda words: _behind_options(words, frozenset()),
    "rye": _options(),
    "pixi": _options("-e", "--environment"),
    "conda": lambda words: _behind_options(words, _CONDA_VALUED),
    "micromamba": lambda words: _behind_options(words, _CONDA_VALUED),
}


def _telemetry_valued(words: Sequence[str]) -> list[str]:
    return [word for word in words if word.startswith("--") and "=" not in word]
