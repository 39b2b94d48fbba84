"""Reads what a pyproject.toml asks for: dependencies, extras, groups, of whichever tool."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.install.model import Asked, Declared, Origin, Purpose
from checks.install.poetry import requirement_of, specifier
from checks.install.requirement_text import asked_of
from checks.install.rules import found
from checks.model import Diagnostic, Place
from checks.raw.requirements import is_specifier, normalise

_DEVELOPERS = re.compile(r"(?i)dev|test|lint|doc|ci\b|type|check|quality")


@dataclass
class Pyproject:
    """One file, parsed; `values` is empty where it is no TOML."""

    file: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """Where it lies, relative to the project."""
        return posixpath.dirname(self.file)

    def table(self, *names: str) -> dict[str, Any]:
        """A table by its path; empty where there is none."""
        value: Any = self.values
        for name in names:
            value = value.get(name, {}) if isinstance(value, Mapping) else {}
        return value if isinstance(value, dict) else {}

    def place(self, word: str, header: str = "") -> Place:
        """The line on which `word` stands in quotes, or as a key, after the first line that has `header`."""
        start = max(self.text.find(header), 0) if header else 0
        pattern = rf"[\"']{re.escape(word)}[\"']|^\s*[\"']?{re.escape(word)}[\"']?\s*="
        at = re.compile(pattern, re.MULTILINE).search(self.text, start) or re.search(pattern, self.text, re.MULTILINE)
        if at is None:
            return Place(self.file, 1)
        inside = at.start() + len(at[0]) - len(at[0].lstrip())
        return Place(self.file, self.text.count("\n", 0, inside) + 1)


def read_pyproject(root: Path, file: str) -> Pyproject:
    """The file, or the finding that it is no TOML."""
    try:
        text = (root / file).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return Pyproject(file, "")
    read = Pyproject(file, text)
    try:
        read.values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = Place(file, int(line[1]) if line else None)
        read.findings.append(found("bad-requirement", place, f"`{file}` is no valid TOML: {error}"))
    return read


def sets_of(root: Path, read: Pyproject) -> list[Declared]:
    """The base, and each extra and group together with it."""
    base = _Reader(root, read).base()
    return [base, *_Reader(root, read).more(base)] if base is not None else []


class _Reader:
    def __init__(self, root: Path, read: Pyproject) -> None:
        self.root, self.read = root, read
        self.project = read.table("project")
        self.sources = read.table("tool", "uv", "sources")
        self.own = normalise(str(self.project.get("name") or read.table("tool", "poetry").get("name") or ""))

    def base(self) -> Declared | None:
        read = self.read
        poetry = read.table("tool", "poetry", "dependencies")
        groups = read.table("dependency-groups")
        if not self.project and not poetry and not groups:
            return None
        asked = [*self._listed(self.project.get("dependencies"), "dependencies"), *self._poetry(poetry)]
        python, place = self._python(poetry)
        return Declared(read.file, read.file, read.folder, Purpose.RUN, tuple(asked), python, place)

    def more(self, base: Declared) -> Iterator[Declared]:
        for name, listed in self.read.table("project", "optional-dependencies").items():
            yield self._added(base, name, tuple(self._extra(name, listed, ())), extra=True)
        groups = self.read.table("dependency-groups")
        for name in groups:
            yield self._added(base, name, tuple(self._group(groups, name, ())))
        if dev := self.read.table("tool", "uv").get("dev-dependencies"):
            yield self._added(base, "dev", tuple(self._listed(dev, "dev-dependencies")))
        poetry = self.read.table("tool", "poetry")
        old = {"dev": {"dependencies": poetry.get("dev-dependencies", {})}}
        for name, group in {**old, **self.read.table("tool", "poetry", "group")}.items():
            if isinstance(group, dict) and isinstance(group.get("dependencies"), dict) and group["dependencies"]:
                yield self._added(base, name, tuple(self._poetry(group["dependencies"])))

    def _added(self, base: Declared, name: str, asked: tuple[Asked, ...], extra: bool = False) -> Declared:
        develops = not extra or _DEVELOPERS.search(name)
        purpose = Purpose.DEVELOP if develops else Purpose.EXTRA
        return Declared(
            f"{base.file} [{name}]",
            base.file,
            base.folder,
            purpose,
            (*base.asked, *asked),
            base.python,
            base.python_place,
        )

    def _python(self, poetry: Mapping[str, Any]) -> tuple[str | None, Place | None]:
        declared = self.project.get("requires-python")
        if declared is None and isinstance(poetry.get("python"), str):
            return specifier(poetry["python"]) or None, self.read.place("python", "[tool.poetry.dependencies]")
        if declared is None:
            return None, None
        place = self.read.place("requires-python")
        if not isinstance(declared, str) or not is_specifier(declared):
            message = f"`requires-python` is `{declared}`, which is no version specifier"
            self.read.findings.append(found("bad-requirement", place, message, 'for example ">=3.11"'))
            return None, None
        return declared, place

    def _listed(self, listed: Any, header: str) -> Iterator[Asked]:
        if listed is None:
            return
        if not isinstance(listed, list):
            message = f'`{header}` must be a list of texts such as `"fastapi>=0.110"`, and is none'
            self.read.findings.append(found("bad-requirement", self.read.place(header), message))
            return
        for text in listed:
            if isinstance(text, str):
                yield from self._one(text, self.read.place(text, header))

    def _one(self, text: str, place: Place) -> Iterator[Asked]:
        asked = asked_of(text, place)
        if isinstance(asked, Diagnostic):
            if asked not in self.read.findings:
                self.read.findings.append(asked)
        elif asked.name == self.own and self.own:
            yield from self._own_extras(asked)
        elif source := self._source(asked.name):
            yield from self._sourced(asked, source)
        elif asked.origin is Origin.PATH and asked.target:
            yield from self._sourced(asked, {"path": asked.target})
        else:
            yield asked

    def _own_extras(self, asked: Asked) -> Iterator[Asked]:
        """`project[a,b]` within the project itself: its own extras."""
        extras = self.read.table("project", "optional-dependencies")
        for name in asked.requirement.extras if asked.requirement else ():
            listed: Any = next((value for key, value in extras.items() if normalise(key) == normalise(name)), [])
            yield from (each for each in self._extra(name, listed, (name,)) if each.name != self.own)

    def _extra(self, name: str, listed: Any, seen: tuple[str, ...]) -> Iterator[Asked]:
        for text in listed if isinstance(listed, list) else ():
            own = re.match(r"[\w.-]+(?=\[)", str(text))
            if own and normalise(own[0]) == self.own and name in seen:
                continue
            yield from self._listed([text], f"{name} ")

    def _source(self, name: str | None) -> dict[str, Any] | None:
        source = next((value for key, value in self.sources.items() if normalise(key) == name), None)
        source = source[0] if isinstance(source, list) and source else source
        return source if isinstance(source, dict) else None

    def _sourced(self, asked: Asked, source: Mapping[str, Any]) -> Iterator[Asked]:
        if isinstance(source.get("git"), str):
            ref = next((source[key] for key in ("rev", "tag", "branch") if source.get(key)), None)
            url = f"git+{source['git']}" + (f"@{ref}" if ref else "")
            yield Asked(f"{asked.name} @ {url}", asked.place, asked.name, Origin.GIT, url)
        elif isinstance(source.get("path"), str):
            target = posixpath.normpath(posixpath.join(self.read.folder, source["path"]))
            if target.startswith("/"):
                yield Asked(asked.text, asked.place, asked.name, Origin.ELSEWHERE)
            elif not (self.root / target).exists():
                message = f"`{asked.name or asked.text}` comes from `{source['path']}`, which does not exist"
                self.read.findings.append(found("missing-file", asked.place, message))
            else:
                yield Asked(asked.text, asked.place, asked.name, Origin.PATH, target)
        else:
            yield Asked(asked.text, asked.place, asked.name, Origin.ELSEWHERE)

    def _group(self, groups: Mapping[str, Any], name: str, seen: tuple[str, ...]) -> Iterator[Asked]:
        for each in groups.get(name, []) if isinstance(groups.get(name), list) else ():
            if isinstance(each, str):
                yield from self._one(each, self.read.place(each, "[dependency-groups]"))
            elif isinstance(each, dict) and isinstance(other := each.get("include-group"), str):
                if other not in groups:
                    message = f'`include-group = "{other}"`, and there is no group of that name'
                    self.read.findings.append(found("bad-requirement", self.read.place(other), message))
                elif other not in seen:
                    yield from self._group(groups, other, (*seen, name))

    def _poetry(self, table: Mapping[str, Any]) -> Iterator[Asked]:
        for name, wanted in table.items():
            if name.lower() == "python":
                continue
            place = self.read.place(name, "[tool.poetry")
            if isinstance(wanted, dict) and isinstance(wanted.get("git"), str):
                ref = next((wanted[key] for key in ("rev", "tag", "branch") if wanted.get(key)), None)
                url = f"git+{wanted['git']}" + (f"@{ref}" if ref else "")
                yield Asked(f"{name} @ {url}", place, normalise(name), Origin.GIT, url)
            elif isinstance(wanted, dict) and isinstance(wanted.get("path"), str):
                yield from self._sourced(Asked(name, place, normalise(name)), {"path": wanted["path"]})
            elif (text := requirement_of(name, wanted)) is not None:
                optional = isinstance(wanted, dict) and wanted.get("optional")
                yield from () if optional else self._one(text, place)
            else:
                yield Asked(name, place, normalise(name), Origin.ELSEWHERE)
