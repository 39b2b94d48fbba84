"""Collects every set that a project declares: pyproject.toml, requirement files, scripts with metadata."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from checks.install import pythons
from checks.install.data_files import judge_data
from checks.install.images import ImageNeeds
from checks.install.model import Asked, Declared, Origin, Purpose, Reading
from checks.install.packaging import judge_packaging
from checks.install.pyproject import Pyproject, read_pyproject, sets_of
from checks.install.requirement_files import read_requirements
from checks.install.requirement_text import asked_of
from checks.install.rules import found
from checks.install.setup_files import setup_sets
from checks.model import Diagnostic, Place
from checks.raw.script_metadata import OPENING, ScriptMetadata, read_metadata
from checks.raw.source import decode, read_regular

_REQUIREMENT_FILE = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*\.(?:txt|in|pip)|requirements/[\w.-]+\.(?:txt|in))\Z"
)
_CONSTRAINTS = re.compile(r"(?i)constraint|lock")
_DEVELOPERS = re.compile(r"(?i)(?:^|[-_./])(?:dev|develop\w*|tests?|testing|lint|docs?|ci|typing|local)(?:[-_./]|$)")
_LARGEST_SCRIPT = 1024 * 1024


def read_sets(root: Path, files: Sequence[str], named: Sequence[str] = ()) -> Reading:
    """The sets of a project; `named` are requirement files that its images install under other names."""
    findings: list[Diagnostic] = []
    pyprojects = [read_pyproject(root, file) for file in files if posixpath.basename(file) == "pyproject.toml"]
    sets = [each for read in pyprojects for each in sets_of(root, read)]
    sets += _requirement_sets(root, _requirement_files(files, named), findings)
    sets += setup_sets(root, files)
    sets += _script_sets(root, files, findings)
    for read in pyprojects:
        findings += [*read.findings, *judge_packaging(root, read, files), *judge_data(root, read, files)]
    findings += _impossible_pythons(sets)
    return Reading(tuple(_expanded(root, each, pyprojects) for each in sets), tuple(dict.fromkeys(findings)))


def judge_image_builds(root: Path, images: Sequence[ImageNeeds], files: Sequence[str]) -> Iterator[Diagnostic]:
    """A package that is built in an image before what it consists of has been copied there."""
    for image in images:
        for build in image.builds:
            read = read_pyproject(root, posixpath.join(build.folder, "pyproject.toml"))
            there = [file for file in files if any(_copies(each.source, file) for each in build.copied)]
            whole = {each.message for each in judge_packaging(root, read, files)}
            for each in judge_packaging(root, read, there):
                if each.message not in whole:
                    message = f"when this image installs the project, what it needs is not copied yet: {each.message}"
                    yield found("unbuildable", Place(image.dockerfile, build.line), message, "COPY it before this RUN")


def _copies(source: str, file: str) -> bool:
    return source in (".", file) or file.startswith(f"{source}/")


def _requirement_files(files: Sequence[str], named: Sequence[str]) -> list[str]:
    usual = [file for file in files if _REQUIREMENT_FILE.search(file) and not _CONSTRAINTS.search(file)]
    present = set(files)
    compiled = {file.removesuffix(".txt") + ".in" for file in usual}
    chosen = [file for file in usual if not (file.endswith(".in") and file in compiled)]
    return list(dict.fromkeys([*chosen, *(file for file in named if file in present)]))


def _requirement_sets(root: Path, files: Sequence[str], findings: list[Diagnostic]) -> Iterator[Declared]:
    read = {file: read_requirements(root, file) for file in files}
    for file, lines in read.items():
        findings += lines.findings
        developers = bool(_DEVELOPERS.search(file.removesuffix(".txt")))
        asked = lines.asked
        base = f"{posixpath.dirname(file)}/requirements.txt".lstrip("/")
        if developers and base in read and base not in lines.files:
            asked = [*read[base].asked, *asked]
        yield Declared(
            file,
            file,
            posixpath.dirname(file).removesuffix("requirements").rstrip("/"),
            Purpose.DEVELOP if developers else Purpose.RUN,
            tuple(asked),
            options=tuple(lines.options),
            constraints=tuple(lines.constraints),
        )


def _script_sets(root: Path, files: Sequence[str], findings: list[Diagnostic]) -> Iterator[Declared]:
    for file in files:
        block = _block(root / file) if file.endswith(".py") else None
        if block is None:
            continue
        dependencies = block.values.get("dependencies", [])
        asked: list[Asked] = []
        for text in dependencies if isinstance(dependencies, list) else ():
            one = asked_of(text, Place(file, block.line_of(text))) if isinstance(text, str) else None
            if isinstance(one, Asked):
                asked.append(one)
            elif one is not None and not file.startswith(".raw/"):  # the check `raw` reads those blocks
                findings.append(one)
        python = block.values.get("requires-python")
        place = Place(file, block.line_of("requires-python"))
        specifier = python if isinstance(python, str) else None
        yield Declared(file, file, posixpath.dirname(file), Purpose.SCRIPT, tuple(asked), specifier, place)


def _block(path: Path) -> ScriptMetadata | None:
    try:
        data = read_regular(str(path), _LARGEST_SCRIPT)
        block = read_metadata(decode(data)) if OPENING.encode() in data else None
    except (OSError, SyntaxError, UnicodeDecodeError, LookupError):
        return None
    return block if isinstance(block, ScriptMetadata) and block.fault is None else None


def _impossible_pythons(sets: Sequence[Declared]) -> Iterator[Diagnostic]:
    for each in sets:
        if each.python and not pythons.admits_any(each.python):
            message = f"`requires-python` is `{each.python}`, and no Python satisfies that"
            yield found("python-excluded", each.python_place, message, 'for example ">=3.11"')


def _expanded(root: Path, declared: Declared, pyprojects: Sequence[Pyproject]) -> Declared:
    """A folder of the project that is asked for stands for what it asks for itself: nothing is built."""
    if not any(each.origin is Origin.PATH for each in declared.asked):
        return declared
    known = {read.folder: read for read in pyprojects}
    return replace(declared, asked=tuple(_without_paths(root, declared.asked, known, set())))


def _without_paths(
    root: Path, asked: Sequence[Asked], known: dict[str, Pyproject], seen: set[tuple[str, str]]
) -> Iterator[Asked]:
    for each in asked:
        folder = "" if each.target == "." else (each.target or "")
        if each.origin is not Origin.PATH or folder not in known:
            yield each
            continue
        extras = re.search(r"\[([^\]]*)\]\s*\Z", each.text)
        wanted = {"", *(part.strip() for part in (extras[1] if extras else "").split(","))}
        for declared in sets_of(root, known[folder]):
            name = (re.findall(r" \[(.*)\]\Z", declared.title) or [""])[0]
            if name in wanted and (folder, name) not in seen:
                seen.add((folder, name))
                yield from _without_paths(root, declared.asked, known, seen)
