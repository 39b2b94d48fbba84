"""What each file of the project may count on: the sets that are declared for the component it belongs to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from checks.install.code import CodeFile
from checks.install.model import Declared, Purpose, Resolution
from checks.raw.distributions import BRINGS


@dataclass(frozen=True)
class Stock:
    """Distributions that are there: those declared by name, and all that they bring (`closure`, with who asks).

    `complete` is false where more may be there than can be seen. `title` says to people what was looked at.
    """

    title: str
    declared: frozenset[str]
    closure: Mapping[str, tuple[str, ...]]
    complete: bool
    versions: Mapping[str, str] = field(default_factory=dict)

    def asker(self, name: str) -> str | None:
        """The declared distribution by way of which another one comes along."""
        seen, pending = {name}, [name]
        while pending:
            for parent in self.closure.get(pending.pop(0), ()):
                if parent in self.declared:
                    return parent
                if parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
        return None


@dataclass(frozen=True)
class Supply:
    """All sets of a project with what they came to."""

    sets: tuple[tuple[Declared, Resolution], ...]
    site: Path | None
    mentioned: frozenset[str]
    """What texts and images tell somebody to install besides."""

    @cached_property
    def everything(self) -> Stock:
        """Whatever is declared anywhere but in scripts."""
        return joined("the project", [pair for pair in self.sets if pair[0].purpose is not Purpose.SCRIPT])

    @cached_property
    def _by_folder(self) -> Mapping[str, list[tuple[Declared, Resolution]]]:
        folders: dict[str, list[tuple[Declared, Resolution]]] = {}
        for pair in self.sets:
            if pair[0].purpose is not Purpose.SCRIPT:
                folders.setdefault(pair[0].folder, []).append(pair)
        return folders

    def of_file(self, code: CodeFile) -> Stock:
        """What the file's component declares: by its own metadata, its nearest folder that declares anything."""
        script = [pair for pair in self.sets if pair[0].file == code.file]
        if script:
            return joined(code.file, script)
        pairs = self._workflows(code.file)
        for folder in self._folders(code.file):
            pairs += [pair for pair in self._by_folder[folder] if _serves(pair[0], code)]
        return joined(_title(pairs), pairs)

    def _workflows(self, file: str) -> list[tuple[Declared, Resolution]]:
        """Tools run in the workflows that import them, with what those declare (`script-lacks` judges each)."""
        base, found, _ = f"/{file}".rpartition("/tools/")
        if not found:
            return []
        prefix = f"{base}/.raw/workflows/".lstrip("/")
        return [pair for pair in self.sets if pair[0].purpose is Purpose.SCRIPT and pair[0].file.startswith(prefix)]

    def _folders(self, file: str) -> Iterator[str]:
        folder = posixpath.dirname(file)
        while True:
            if folder in self._by_folder:
                yield folder
            if not folder:
                return
            folder = posixpath.dirname(folder)


def _serves(declared: Declared, code: CodeFile) -> bool:
    return code.for_developers or declared.purpose is not Purpose.DEVELOP


def joined(title: str, pairs: Sequence[tuple[Declared, Resolution]]) -> Stock:
    """Several sets as one stock."""
    declared = {requirement.name for each, _ in pairs for requirement in each.requirements}
    closure: dict[str, tuple[str, ...]] = dict.fromkeys(declared, ())
    for each, resolution in pairs:
        for name, parents in resolution.closure.items():
            closure[name] = tuple(dict.fromkeys((*closure.get(name, ()), *parents)))
        if not resolution.complete:
            closure = {**_known_to_come(each), **closure}
    versions = {name: version for _, resolution in pairs for name, version in resolution.versions.items()}
    complete = all(resolution.complete for _, resolution in pairs)
    return Stock(title, frozenset(declared), closure, complete, versions)


def _known_to_come(declared: Declared) -> dict[str, tuple[str, ...]]:
    """Without a resolver: what those that are declared are known to bring."""
    return {
        module.replace("_", "-"): (requirement.name,)
        for requirement in declared.requirements
        for module in BRINGS.get(requirement.name, ())
    }


def _title(pairs: Sequence[tuple[Declared, Resolution]]) -> str:
    files = list(dict.fromkeys(declared.file for declared, _ in pairs))
    return " and ".join(f"`{file}`" for file in files[:3]) or "the project"
