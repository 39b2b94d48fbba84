"""Patterns for files that go into a wheel: one that matches nothing leaves out what was meant."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.install.pyproject import Pyproject
from checks.install.rules import found
from checks.model import Diagnostic

# Of these no wheel is made on purpose.
_NO_DATA = (".py", ".pyc", ".pyi")


def judge_data(root: Path, read: Pyproject, files: Sequence[str]) -> Iterator[Diagnostic]:
    """Every pattern that finds no file beside files that are like it."""
    prefix = f"{read.folder}/" if read.folder else ""
    inside = [file.removeprefix(prefix) for file in files if file.startswith(prefix)]
    yield from _setuptools(root, read, inside)
    for header, table in (
        ("[tool.hatch.build.targets.wheel]", read.table("tool", "hatch", "build", "targets", "wheel")),
        ("[tool.hatch.build]", read.table("tool", "hatch", "build")),
        ("[tool.poetry]", read.table("tool", "poetry")),
    ):
        named = [each.get("path") if isinstance(each, dict) else each for each in _list(table.get("include"))]
        patterns = [each.lstrip("/") for each in named if isinstance(each, str)]
        yield from _judge(read, header, patterns, patterns, inside, "")


def _setuptools(root: Path, read: Pyproject, inside: Sequence[str]) -> Iterator[Diagnostic]:
    """Its patterns start in the folder of their package; MANIFEST.in and version control may bring files besides."""
    table = read.table("tool", "setuptools", "package-data")
    requires = " ".join(map(str, _list(read.table("build-system").get("requires"))))
    if not table or "setuptools-scm" in requires.replace("_", "-") or (root / read.folder / "MANIFEST.in").is_file():
        return
    general = [each for key in ("", "*") for each in _list(table.get(key)) if isinstance(each, str)]
    for package, listed in table.items():
        folder = _folder(read, package, inside)
        patterns = [each for each in _list(listed) if isinstance(each, str)]
        if package not in ("", "*") and folder is not None:
            every = [*patterns, *general]
            yield from _judge(read, "[tool.setuptools.package-data]", patterns, every, inside, folder)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _folder(read: Pyproject, package: str, inside: Sequence[str]) -> str | None:
    """Where a package lies: at the top, in src/, or where the settings say."""
    settings = read.table("tool", "setuptools")
    said = settings.get("package-dir")
    base = said.get("") if isinstance(said, dict) else None
    where = _list(read.table("tool", "setuptools", "packages", "find").get("where"))
    way = package.replace(".", "/")
    for start in [base, *where, "", "src"]:
        folder = posixpath.normpath(posixpath.join(str(start), way)) if start else way
        if any(file.startswith(f"{folder}/") for file in inside):
            return folder
    return None


def _judge(
    read: Pyproject, header: str, patterns: Sequence[str], every: Sequence[str], inside: Sequence[str], folder: str
) -> Iterator[Diagnostic]:
    prefix = f"{folder}/" if folder else ""
    own = [file.removeprefix(prefix) for file in inside if file.startswith(prefix)]
    for pattern in patterns:
        if "*" not in pattern or any(_matches(file, pattern) for file in own):
            continue
        near = [file for file in own if _is_near(file, pattern) and not any(_matches(file, each) for each in every)]
        if near:
            more = f" and {len(near) - 1} more" if len(near) > 1 else ""
            message = f"`{pattern}` matches no file, and `{prefix}{near[0]}`{more} is not in the wheel"
            ending = "".join(posixpath.splitext(posixpath.basename(near[0]))[1:])
            hint = f'"{posixpath.dirname(pattern) or "."}/*{ending}"'
            yield found("data-left-out", read.place(pattern, header), message, hint)


def _matches(file: str, pattern: str) -> bool:
    """As the builders do it: `*` stays in its folder, `**` does not."""
    if pattern.endswith("/"):
        return file.startswith(pattern)
    parts, wanted = file.split("/"), pattern.split("/")
    if "**" in wanted:
        at = wanted.index("**")
        head, tail = wanted[:at], wanted[at + 1 :]
        if len(parts) < len(head) + len(tail):
            return False
        ends = parts[len(parts) - len(tail) :] if tail else []
        return _equal(parts[: len(head)], head) and _equal(ends, tail)
    return _equal(parts, wanted) or _equal(parts[: len(wanted)], wanted)


def _equal(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _is_near(file: str, pattern: str) -> bool:
    """A file of the same folder that is no code, and has the ending somewhere in its name or the same beginning."""
    folder, wanted = posixpath.split(pattern)
    where, name = posixpath.split(file)
    if name.endswith(_NO_DATA) or "*" in folder or not (where == folder or where.startswith(f"{folder}/")):
        return False
    ending = wanted.rpartition("*")[2]
    return bool(ending) and (ending in name or (where != folder and name.endswith(ending)))
