"""The Compose that is there: finding it, its version, and running its `config`."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.compose.files import FileSet
from checks.process import Command, Outcome, run

CALL_LIMIT_S = 20.0
OLDEST = (2, 0)


@dataclass(frozen=True, slots=True)
class Program:
    """A Compose that works: how to call it, and what it says of itself (`docker compose 5.6.1`)."""

    argv: tuple[str, ...]
    title: str

    def describe(self) -> str:
        """For people: `docker compose 5.6.1`."""
        return self.title


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, and what was there but could not be used, in words."""

    program: Program | None
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What `config` said: the model where it accepted the files, else its words. `broken` is why it gave no answer."""

    model: dict[str, Any] | None
    words: str
    broken: str | None = None


def find_program(python: Path, environment: Mapping[str, str]) -> Program | None:
    """Any Compose that works, for those who only want to know whether there is one."""
    return search_program("standalone", python, environment, Path(tempfile.gettempdir())).program


def search_program(typed: str, python: Path, environment: Mapping[str, str], cwd: Path) -> Search:
    """The Compose the user typed where it works, else another one that is there."""
    passed_over: list[str] = []
    for argv in _candidates(typed, python, environment.get("PATH", "")):
        title, fault = _ask(argv, environment, cwd)
        if fault is None:
            return Search(Program(argv, title), tuple(passed_over))
        if len(argv) == 1 or typed == "plug-in":  # a docker without the plug-in is no news to those who typed none
            passed_over.append(f"{title} ({fault})")
    return Search(None, tuple(passed_over))


def _ask(argv: tuple[str, ...], environment: Mapping[str, str], cwd: Path) -> tuple[str, str | None]:
    """What a candidate calls itself, and why it cannot serve (None where it can)."""
    words = " ".join((Path(argv[0]).name, *argv[1:]))
    outcome = run(Command((*argv, "version", "--short"), cwd, environment, CALL_LIMIT_S))
    version = re.search(r"(\d+)\.(\d+)\.(\d+)", outcome.output.decode(errors="replace"))
    if outcome.exit_code != 0 or version is None:
        return words, "does not work"
    too_old = (int(version[1]), int(version[2])) < OLDEST
    return f"{words} {version[0]}", "too old to believe" if too_old else None


def _candidates(typed: str, python: Path, path: str) -> Iterator[tuple[str, ...]]:
    standalone = shutil.which("docker-compose", path=path)
    docker = shutil.which("docker", path=path)
    on_path = [(standalone,) if standalone else (), (docker, "compose") if docker else ()]
    if typed == "plug-in":
        on_path.reverse()
    yield from filter(None, on_path)
    for folder in dict.fromkeys((python.parent, Path(sys.executable).parent)):
        wheel = shutil.which("docker-compose", path=str(folder))
        if wheel and wheel != standalone:
            yield (wheel,)


def scrubbed(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What Compose may see: not the developer's shell, but what the gate's config sets.

    `DOCKER_CONFIG` stays known, as `docker` finds its plug-ins there.
    """
    kept = {name: environment[name] for name in ("PATH", "LANG") if name in environment}
    docker = environment.get("DOCKER_CONFIG") or _docker_config(environment)
    if docker:
        kept["DOCKER_CONFIG"] = docker
    return {**kept, "HOME": str(home), **gate_variables(environment)}


def _docker_config(environment: Mapping[str, str]) -> str | None:
    folder = Path(environment.get("HOME", "/nonexistent")) / ".docker"
    return str(folder) if (folder / "cli-plugins").is_dir() else None


def gate_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that the gate's config sets: the runner names them in `SKILLGATE_GATE_ENV`."""
    names = environment.get("SKILLGATE_GATE_ENV", "").split(",")
    return {name: environment[name] for name in names if name and name in environment}


def config(
    program: Program, files: FileSet, environment: Mapping[str, str], *extra: str, profiles: tuple[str, ...] = ()
) -> Answer:
    """`config` over the set; the model goes through a private file, so that no value reaches a log."""
    with tempfile.TemporaryDirectory(prefix="skillgate-compose-") as folder:
        target = Path(folder) / "model.json"
        argv = (*program.argv, *_options(files, profiles), "config", "--format", "json", *extra, "-o", str(target))
        place = files.directory if files.directory.is_dir() else Path(folder)
        outcome = run(Command(argv, place, {**environment, "PWD": str(place)}, CALL_LIMIT_S))
        words = outcome.output.decode(errors="backslashreplace")
        broken = _broken(outcome)
        if broken is not None or outcome.exit_code != 0:
            return Answer(None, words, broken)
        return _read(target, words)


def _options(files: FileSet, profiles: tuple[str, ...]) -> list[str]:
    options = ["--project-directory", str(files.directory)]
    if files.name:
        options += ["--project-name", files.name]
    for flag, values in (("-f", files.files), ("--env-file", files.env_files), ("--profile", profiles)):
        for value in values:
            options += [flag, str(value)]
    return options


def _broken(outcome: Outcome) -> str | None:
    if outcome.not_started is not None:
        return outcome.not_started
    if outcome.timed_out:
        return f"gave no answer within {CALL_LIMIT_S:g} s"
    if b"MarshalJSON" in outcome.output:  # it read the files, and has a part of them (`build.ssh`) it cannot print
        return "could not print its model"
    return f"was ended by signal {outcome.signal}" if outcome.signal is not None else None


def _read(target: Path, words: str) -> Answer:
    try:
        model = json.loads(target.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Answer(None, words, "wrote no model")
    return Answer(model if isinstance(model, dict) else None, words)
