"""Judges from elsewhere: BuildKit's own parser as a package, and hadolint."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from checks.deploy.dockerfile.subject import Subject
from checks.model import CheckContext, Diagnostic
from checks.process import Command, run

LIMIT_S = 20.0
# What certainly breaks the build; the rest of its errors are matters of style, or said by our own rules.
_BREAKING = {"DL3011", "DL3023", "DL3043", "DL3061"}
_REMARKED = {"DL3004", "DL3012", "DL3044"}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why BuildKit's parser does not take a text, and where as far as it says."""

    message: str
    line: int | None = None


@cache
def _parser() -> Any:
    """The package, imported only when there is something to parse: it brings a Go runtime along."""
    try:
        return import_module("dockerfile")
    except ImportError:
        return None


@cache
def parser_title() -> str | None:
    """Name and version of the package with BuildKit's parser; None where it is not installed."""
    if _parser() is None:
        return None
    return f"buildkit (dockerfile {metadata.version('dockerfile')})"


def refused(text: str) -> Refused | None:
    """What BuildKit's parser says against a text; None where it takes it, or where it is not installed."""
    parser = _parser()
    if parser is None:
        return None
    try:
        parser.parse_string(text)
    except parser.GoParseError as error:
        message = str(error)
        line = re.search(r"line (\d+)", message)
        return Refused(message, int(line[1]) if line else None)
    return None


def find_hadolint(context: CheckContext) -> Path | None:
    """hadolint on PATH, else beside the project's Python, else beside our own."""
    folders = [context.environment.get("PATH", ""), str(context.python.parent), str(Path(sys.executable).parent)]
    found = next((each for folder in folders if folder and (each := shutil.which("hadolint", path=folder))), None)
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class Linted:
    """What hadolint said of all files: by file, and its title; `broken` is why it gave no answer."""

    by_file: dict[str, list[dict[str, Any]]]
    title: str
    broken: str | None = None


def lint(program: Path, subjects: list[Subject], context: CheckContext) -> Linted:
    """One run of hadolint over every Dockerfile. A settings file of the project counts."""
    with tempfile.TemporaryDirectory(prefix="skillgate-home-") as home:
        environment = {"PATH": context.environment.get("PATH", ""), "HOME": home, "XDG_CONFIG_HOME": home}
        version = run(Command((str(program), "--version"), context.root, environment, LIMIT_S))
        number = re.search(rb"\d+\.\d+(?:\.\d+)*", version.output)
        title = f"hadolint {number[0].decode()}" if number else "hadolint"
        files = tuple(str(subject.path) for subject in subjects)
        argv = (str(program), "--no-fail", "--format", "json", "--no-color", *files)
        outcome = run(Command(argv, context.root, environment, LIMIT_S))
    try:
        said = json.loads(outcome.output.decode())
    except ValueError:
        return Linted({}, title, "gave no answer")
    by_file: dict[str, list[dict[str, Any]]] = {}
    for each in said if isinstance(said, list) else []:
        by_file.setdefault(str(each.get("file")), []).append(each)
    return Linted(by_file, title)


def remarked(subject: Subject, linted: Linted) -> Iterator[Diagnostic]:
    """hadolint's errors that matter; not what its parser says: it refuses files that BuildKit's takes."""
    for each in linted.by_file.get(str(subject.path), []):
        code, line = str(each.get("code")), int(each.get("line") or 1)
        if each.get("level") != "error":
            continue
        message = f"{code}: {each.get('message')}"
        if code in _BREAKING:
            yield subject.error("hadolint", line, message)
        elif code in _REMARKED:
            yield subject.warning("hadolint", line, message)
