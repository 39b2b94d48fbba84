"""How kustomizations use each other and their files, and which of those are not there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.files import KUSTOMIZATIONS, Kustomization, Manifests
from checks.deploy.kubernetes.source import Source
from checks.model import Diagnostic, Severity

EXAMPLES = ("{}.example", "{}.sample", "{}.template", "{}.dist")
_PARTS = ("resources", "bases", "components")
_REMOTE = re.compile(
    r"[a-z][a-z0-9+.\-]*://|git@|github\.com[/:]|git::|.*\?ref=|.*\.git(//|$)|bitbucket\.org/|gitlab\.com/"
)


@dataclass(slots=True)
class Tree:
    """A kustomization with everything it uses, however far down.

    `files` are manifests and patches, `missing` what is not there with where it is named, `examples` the files that
    only an example stands in for, `remote` what would have to be fetched.
    """

    top: Kustomization
    children: list[Tree] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    missing: list[tuple[str, Path_]] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    remote: list[str] = field(default_factory=list)

    def parts(self) -> Iterator[Tree]:
        """What this one uses directly and could be built by itself."""
        yield from (child for child in self.children if not child.top.is_component)

    def all(self) -> Iterator[Tree]:
        """This tree and all below it."""
        yield self
        for child in self.children:
            yield from child.all()

    def sources(self, manifests: Manifests) -> list[Source]:
        """Every document that has a say in what is built."""
        found = [tree.top.source for tree in self.all()]
        for file in dict.fromkeys(file for tree in self.all() for file in tree.files):
            found += manifests.sources.get(file, ())
        return found


def trees(manifests: Manifests) -> list[Tree]:
    """The kustomizations that no other one uses; all of them where they use each other in a ring."""
    known = manifests.kustomizations
    grown = {folder: _grow(manifests, folder, ()) for folder, one in known.items() if not one.is_component}
    used = {child.top.folder for tree in grown.values() for child in tree.children}
    return [tree for folder, tree in grown.items() if folder not in used] or list(grown.values())


def used_files(manifests: Manifests) -> set[str]:
    """Every manifest that some kustomization uses, be it as a patch."""
    known = manifests.kustomizations
    return {file for folder in known for file in _grow(manifests, folder, (), deep=False).files}


def _grow(manifests: Manifests, folder: str, above: tuple[str, ...], *, deep: bool = True) -> Tree:
    tree = Tree(manifests.kustomizations[folder])
    for path, text in _entries(tree.top.content):
        _add(tree, manifests, path, text, (*above, folder), deep)
    return tree


def _add(tree: Tree, manifests: Manifests, path: Path_, text: str, above: tuple[str, ...], deep: bool) -> None:
    if _REMOTE.match(text):
        tree.remote.append(text)
        return
    target = _joined(tree.top.folder, text)
    if target in manifests.kustomizations:
        if deep and target not in above:
            child = _grow(manifests, target, above)
            tree.children.append(child)
            tree.remote += child.remote
            tree.examples.update(child.examples)
    else:
        tree.files.append(target)
        tree.missing.append((target, path))


def _joined(folder: str, text: str) -> str:
    return os.path.normpath(f"{folder}/{text}").replace(os.sep, "/")


def _entries(content: Any) -> Iterator[tuple[Path_, str]]:
    """Every path that a kustomization names, with where it does."""
    for section in (*_PARTS, "crds", "patchesStrategicMerge", "configurations", "generators", "transformers"):
        for index, item in enumerate(_items(content, section)):
            if isinstance(item, str) and "\n" not in item:
                yield (section, index), item
    for section in ("patches", "patchesJson6902", "replacements"):
        for index, item in enumerate(_items(content, section)):
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                yield (section, index, "path"), item["path"]
    yield from _generator_entries(content)


def _generator_entries(content: Any) -> Iterator[tuple[Path_, str]]:
    for section in ("configMapGenerator", "secretGenerator"):
        for index, item in enumerate(_items(content, section)):
            if not isinstance(item, dict):
                continue
            for key in ("files", "envs"):
                for at, text in enumerate(_items(item, key)):
                    name = str(text).split("=", 1)[1] if key == "files" and "=" in str(text) else str(text)
                    yield (section, index, key, at), name
            if isinstance(item.get("env"), str):
                yield (section, index, "env"), item["env"]


def _items(content: Any, key: str) -> list[Any]:
    items = content.get(key) if isinstance(content, dict) else None
    return items if isinstance(items, list) else []


def listing_faults(root: Path, tree: Tree) -> list[Diagnostic]:
    """What the kustomizations of a tree name and is not there; finds the examples that stand in, too."""
    found: list[Diagnostic] = []
    for part in tree.all():
        for target, path in part.missing:
            if not (root / target).exists():
                found += _missing(root, tree, part, target, path)
            elif (root / target).is_dir() and not any((root / target / name).exists() for name in KUSTOMIZATIONS):
                found.append(_diagnostic(part, path, f"folder `{target}` has no kustomization.yaml"))
    return found


def _missing(root: Path, tree: Tree, part: Tree, target: str, path: Path_) -> list[Diagnostic]:
    example = next((name for form in EXAMPLES if (root / (name := form.format(target))).is_file()), None)
    if example is not None and "Generator" in str(path[0]):
        tree.examples[target] = example
        hint = f"cp {example} {target}"
        message = f"`{target}` is not there: `{example}` has to be copied to it before this can be applied"
        return [_diagnostic(part, path, message, hint, Severity.WARNING)]
    beside = (root / target).parent
    names = sorted(entry.name for entry in beside.iterdir()) if beside.is_dir() else []
    near = get_close_matches(Path(target).name, names, 1)
    there = f"there is `{near[0]}`" if near else None
    return [_diagnostic(part, path, f"the kustomization names `{target}`, which does not exist", there)]


def _diagnostic(
    part: Tree, path: Path_, message: str, hint: str | None = None, severity: Severity = Severity.ERROR
) -> Diagnostic:
    place = part.top.source.find(path)
    return Diagnostic("kubernetes.kustomization", severity, message, place.file, place.line, None, hint)
