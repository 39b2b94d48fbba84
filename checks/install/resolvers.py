"""The programs that find out what a set of requirements comes to: uv where it is, else pip."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.process import Command, Outcome, run
from checks.project import find_uv
from checks.raw.requirements import normalise

LIMIT_S = 90.0
_SETTINGS = re.compile(
    r"(?:PIP|UV)_.*(?:INDEX|FIND_LINKS|TRUSTED|CERT|PROXY|CACHE|KEYRING|TIMEOUT|RETRIES|TLS|SYSTEM_CERTS|CONFIG_FILE|"
    r"INSECURE|NETRC|OFFLINE|CREDENTIALS|CONCURRENT).*|(?:https?|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|"
    r"CURL_CA_BUNDLE|XDG_\w+|NETRC|PATH|HOME|LANG|TMPDIR|SSH_AUTH_SOCK",
    re.IGNORECASE,
)
_COMPILED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:==| @ )(\S+)(?:\s+#\s+via (.*))?$")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be resolved: requirement texts, words for the resolver, constraint files, a Python version."""

    texts: tuple[str, ...]
    options: tuple[str, ...]
    constraints: tuple[Path, ...]
    python: str
    folder: Path
    builds: bool = False
    direct: bool = False
    """Whether it is a repository or an archive: one that is out of reach here says nothing, so it is asked once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The closure (each distribution with those that ask for it), else None; and the words of the program."""

    closure: Mapping[str, tuple[str, ...]] | None
    words: str
    timed_out: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolver:
    """A program that resolves: `uv` or `pip`, how it is started, and what it calls itself."""

    kind: str
    argv: tuple[str, ...]
    title: str

    def command(self, question: Question, work: Path, environment: Mapping[str, str]) -> Command:
        """The command that answers; it reads and writes its files in `work`, a folder of its own."""
        file = work / "requirements.in"
        file.write_text("\n".join([*question.texts, ""]), encoding="utf-8")
        words = _uv(question, file) if self.kind == "uv" else _pip(question, file, work)
        settings = _settings(environment) | ({"UV_HTTP_RETRIES": "0"} if question.direct else {})
        return Command((*self.argv, *words), question.folder, settings, LIMIT_S)

    def answer(self, outcome: Outcome, work: Path) -> Answer:
        """What the program came to."""
        words = outcome.output.decode("utf-8", "backslashreplace")
        if outcome.exit_code != 0:
            return Answer(None, outcome.not_started or words, outcome.timed_out)
        closure, versions = (_compiled if self.kind == "uv" else _reported)(work / "answer")
        return Answer(closure, words, False, versions)


def find_resolvers(python: Path, environment: Mapping[str, str], cwd: Path) -> Iterator[Resolver]:
    """uv on PATH, beside the project's Python or beside ours; then every pip that works, looked for when needed."""
    uv = find_uv(environment, python.parent)
    candidates: list[tuple[str, tuple[str, ...]]] = [("uv", (uv,))] if uv else []
    candidates += [("pip", (str(each), "-I", "-m", "pip")) for each in dict.fromkeys((python, Path(sys.executable)))]
    for kind, argv in candidates:
        resolver = _working(kind, argv, environment, cwd)
        if resolver is not None:
            yield resolver


def _working(kind: str, argv: tuple[str, ...], environment: Mapping[str, str], cwd: Path) -> Resolver | None:
    outcome = run(Command((*argv, "--version"), cwd, _settings(environment), 20))
    version = re.search(r"\d+(?:\.\d+)+", outcome.output.decode(errors="replace"))
    return Resolver(kind, argv, f"{kind} {version[0]}") if outcome.exit_code == 0 and version else None


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The way to the registry, and nothing else of the developer's shell.

    pip tells a registry that is out of reach from one that knows no such name only by what it says before it retries.
    """
    kept = {name: value for name, value in environment.items() if _SETTINGS.fullmatch(name)}
    return {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **kept,
        "PIP_RETRIES": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "NO_COLOR": "1",
        "PIP_NO_INPUT": "1",
    }


def _uv(question: Question, file: Path) -> list[str]:
    words = ["pip", "compile", str(file), "--python", sys.executable, "--python-version", question.python]
    words += [
        "--no-header",
        "--no-progress",
        "--no-python-downloads",
        "--annotation-style",
        "line",
        "--no-strip-extras",
    ]
    words += ["--output-file", str(file.with_name("answer"))]
    words += [] if question.builds else ["--only-binary", ":all:"]
    for constraint in question.constraints:
        words += ["--constraint", str(constraint)]
    return words + list(_for_uv(question.options))


def _for_uv(options: Sequence[str]) -> list[str]:
    words = ["--prerelease=allow" if word == "--pre" else word for word in options]
    return ["--allow-insecure-host" if word == "--trusted-host" else word for word in words]


def _pip(question: Question, file: Path, work: Path) -> list[str]:
    words = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", str(work / "answer")]
    words += ["--requirement", str(file), *question.options]
    if not question.builds:
        words += ["--only-binary", ":all:", "--python-version", question.python, "--target", str(work / "target")]
    for constraint in question.constraints:
        words += ["--constraint", str(constraint)]
    return words


_Closure = tuple[Mapping[str, tuple[str, ...]], Mapping[str, str]]


def _compiled(file: Path) -> _Closure:
    closure: dict[str, tuple[str, ...]] = {}
    versions: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        match = _COMPILED.match(re.sub(r"\[[^\]]*\]", "", line))
        if match is not None:
            names = [normalise(each.strip()) for each in (match[3] or "").split(",")]
            closure[normalise(match[1])] = tuple(each for each in names if re.fullmatch(r"[a-z0-9-]+", each))
            versions[normalise(match[1])] = match[2]
    return closure, versions


def _reported(file: Path) -> _Closure:
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    metadata = [each.get("metadata", {}) for each in report.get("install", [])]
    versions = {normalise(each.get("name", "")): str(each.get("version", "")) for each in metadata}
    parents: dict[str, list[str]] = {name: [] for name in versions}
    for each in metadata:
        for text in each.get("requires_dist", []):
            name = normalise(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0])
            if name in parents:
                parents[name].append(normalise(each["name"]))
    return {name: tuple(found) for name, found in parents.items()}, versions
