"""Reads requirement files the way pip does: options, files within files, folders, addresses."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.install.model import Asked, Origin
from checks.install.requirement_text import asked_of
from checks.install.rules import found
from checks.model import Diagnostic, Place

LARGEST = 1024 * 1024
_COMMENT = re.compile(r"(^|\s)#.*$")
_INDEX_OPTIONS = frozenset(
    ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "--no-index", "--pre")
)
_BARE = frozenset(("--no-index", "--pre"))
_SHORT = re.compile(r"(-[rcefi])(?!-)(\S.*)", re.DOTALL)
_PER_REQUIREMENT = re.compile(r"\s--(?:hash|config-settings?|global-option|install-option)[=\s]\S+")


@dataclass
class Lines:
    """What a requirement file and those that it names come to."""

    asked: list[Asked] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def read_requirements(root: Path, file: str, lines: Lines | None = None) -> Lines:
    """The requirements of `file`, relative to `root`, and of every file it includes."""
    lines = lines or Lines()
    if file in lines.files:
        return lines
    lines.files.append(file)
    text = _text(root / file)
    for number, line in _logical(text or ""):
        _read_line(root, Place(file, number), line, lines)
    return lines


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Each line without its comment, joined with those that continue it, and the number of its first."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined += line[:-1]
            continue
        whole = _COMMENT.sub("", joined + line).strip()
        if whole:
            yield start, whole
        joined, start = "", 0
    if whole := _COMMENT.sub("", joined).strip():
        yield start, whole


def _read_line(root: Path, place: Place, line: str, lines: Lines) -> None:
    if not line.startswith("-"):
        _add(root, place, _PER_REQUIREMENT.sub("", f" {line}").strip(), lines)
        return
    option, value = _option(line)
    if option in ("-r", "--requirement", "-c", "--constraint"):
        _include(root, place, value, lines, constraint=option in ("-c", "--constraint"))
    elif option in ("-e", "--editable"):
        _add(root, place, value, lines)
    elif option in _INDEX_OPTIONS:
        lines.options += [option] if option in _BARE else [option, value]


def _option(line: str) -> tuple[str, str]:
    short = _SHORT.match(line)
    if short and not line.startswith("--"):
        return short[1], _unquoted(short[2].strip())
    option, _, value = line.replace("=", " ", 1).partition(" ")
    return option, _unquoted(value.strip())


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value


def _include(root: Path, place: Place, value: str, lines: Lines, constraint: bool) -> None:
    if "://" in value or "$" in value:
        return
    target = posixpath.normpath(posixpath.join(posixpath.dirname(place.file), value))
    if not (root / target).is_file():
        message = f"`{value}` is included, and there is no file `{target}`"
        lines.findings.append(found("missing-file", place, message, _nearest(root, target)))
    elif constraint:
        lines.constraints.append(target)
    else:
        read_requirements(root, target, lines)


def _nearest(root: Path, target: str) -> str | None:
    from difflib import get_close_matches

    folder, name = posixpath.split(target)
    beside = root / folder
    names = [entry.name for entry in beside.iterdir()] if beside.is_dir() else []
    close = get_close_matches(name, names, 1)
    return f"there is `{posixpath.join(folder, close[0])}`" if close else None


def _add(root: Path, place: Place, text: str, lines: Lines) -> None:
    asked = asked_of(text, place)
    if isinstance(asked, Diagnostic):
        lines.findings.append(asked)
        return
    if asked.origin is Origin.PATH and asked.target is not None:
        # pip looks from where it is started: usually the project, sometimes beside the file.
        candidates = [posixpath.normpath(posixpath.join(base, asked.target)) for base in ("", _folder(place))]
        existing = next((each for each in candidates if (root / each).exists()), None)
        if existing is None:
            message = f"`{text}` names `{asked.target}`, which does not exist"
            lines.findings.append(found("missing-file", place, message))
            return
        asked = Asked(asked.text, place, asked.name, Origin.PATH, existing)
    lines.asked.append(asked)


def _folder(place: Place) -> str:
    return posixpath.dirname(place.file)
