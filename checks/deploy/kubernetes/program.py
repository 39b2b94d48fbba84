"""The kubectl or kustomize that is there, and what it makes of a kustomization."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.process import Command, run

CALL_LIMIT_S = 20.0
_WORDS = {"kubectl": (("version", "--client"), ("kustomize",)), "kustomize": (("version",), ("build",))}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that builds kustomizations: how to call it, and what it calls itself (`kubectl 1.37.1`)."""

    argv: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made, or why it failed; `broken` where the program itself gave no answer.

    Each object's origin is relative to `base`, where it says one.
    """

    text: str = ""
    base: Path = Path()
    failure: str | None = None
    broken: str | None = None


def find_program(python: Path, environment: Mapping[str, str], cwd: Path) -> Program | None:
    """The first kubectl or kustomize that works: on PATH, beside the project's Python, beside our own."""
    for path in _candidates(python, environment.get("PATH", "")):
        name = Path(path).name
        ask, build = _WORDS[name]
        outcome = run(Command((path, *ask), cwd, environment, CALL_LIMIT_S))
        version = re.search(r"v(\d+\.\d+\.\d+)", outcome.output.decode(errors="replace"))
        if outcome.exit_code == 0 and version:
            return Program((path, *build), f"{name} {version[1]}")
    return None


def _candidates(python: Path, path: str) -> Iterator[str]:
    places = (path, str(python.parent), str(Path(sys.executable).parent))
    found = (shutil.which(name, path=place) for place in places for name in _WORDS if place)
    yield from dict.fromkeys(filter(None, found))


def scrubbed(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What the program may see: no cluster, no settings of whoever runs this, no way to fetch anything."""
    kept = {name: environment[name] for name in ("PATH", "LANG") if name in environment}
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "GIT_TERMINAL_PROMPT": "0"}
    return {**kept, **nowhere, "HOME": str(home), "KUBECONFIG": os.devnull}


def build(program: Program, folder: Path, environment: Mapping[str, str]) -> Built:
    """Builds a kustomization so that each object says which file it is from, as far as the program can do that."""
    with tempfile.TemporaryDirectory(prefix="skillgate-kustomize-") as name:
        outer = Path(name).resolve() / "outer"
        outer.mkdir()
        text = f"resources: ['{os.path.relpath(folder.resolve(), outer)}']\nbuildMetadata: [originAnnotations]\n"
        (outer / "kustomization.yaml").write_text(text, encoding="utf-8")
        target = outer.parent / "built.yaml"
        traced = _call(program, outer, target, environment)
        return traced if traced.failure is None else _call(program, folder, target, environment)


def _words(lines: Iterable[str]) -> str:
    """What a program says of its failure, without the dress of its log."""
    said = " ".join(lines).replace('\\"', '"')
    dressed = re.search(r'"command failed" err="(.*)"$', said)
    return re.sub(r"^(error|Error): ", "", dressed[1] if dressed else said)


def _call(program: Program, folder: Path, target: Path, environment: Mapping[str, str]) -> Built:
    argv = (*program.argv, str(folder), "-o", str(target))
    outcome = run(Command(argv, folder, environment, CALL_LIMIT_S))
    if outcome.not_started or outcome.timed_out or outcome.exit_code is None:
        return Built(broken=outcome.not_started or "it gave no answer")
    if outcome.exit_code != 0 or not target.is_file():
        lines = outcome.output.decode(errors="backslashreplace").splitlines()
        return Built(failure=_words(line for line in lines if not line.startswith("# Warning")))
    return Built(target.read_text(encoding="utf-8", errors="replace"), folder)
