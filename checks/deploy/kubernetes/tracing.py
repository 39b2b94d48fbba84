"""From an object as it was rendered back to the lines where somebody wrote it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.source import Source
from checks.model import Place

ORIGIN = "config.kubernetes.io/origin"
_NAMES = ("name", "mountPath", "containerPort", "port", "host", "path", "key", "secretRef", "configMapRef")


def plain(source: Source) -> tuple[Document, ...]:
    """The objects of one document as it was written; the items of a List by themselves."""
    return tuple(_unwrapped(source, source.content, ()))


def _unwrapped(source: Source, content: dict[str, Any], way: Path_) -> Iterator[Document]:
    items, kind = content.get("items"), str(content.get("kind") or "")
    if not kind.endswith("List") or not isinstance(items, list):
        yield Document(content, source.find(way) if way else source.place, _below(source, way))
        return
    # The items of a typed list need not say again what they are.
    said = {"apiVersion": content.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    for index, item in enumerate(items):
        if isinstance(item, dict):
            yield from _unwrapped(source, {**said, **item}, (*way, "items", index))


def _below(source: Source, start: Path_) -> Any:
    return lambda path: source.find((*start, *path))


class Sources:
    """Every document of the files that a kustomization reads, to find where an object comes from."""

    def __init__(self, root: Path, sources: Sequence[Source], fallback: Place) -> None:
        self._root = str(root.resolve())
        self._fallback = fallback
        self._sources = sources
        self._by_kind: dict[str, list[Source]] = {}
        for source in sources:
            if isinstance(source.content, dict):
                self._by_kind.setdefault(str(source.content.get("kind")), []).append(source)

    def document(self, content: dict[str, Any], base: Path) -> Document:
        """The object with its places; its note about its origin is taken away."""
        origin = _take_origin(content)
        file = self._file(origin.get("path"), base)
        maker = self._file(origin.get("configuredIn"), base)
        writers = self._writers(content, file)
        if not writers:
            place = self._generator(content, maker) if maker else Place(file) if file else self._fallback
            return Document(content, place, lambda _path: place)
        return Document(content, writers[-1].place, _finder(content, writers))

    def _generator(self, content: dict[str, Any], maker: str) -> Place:
        """Where a kustomization asks for what it generates."""
        section = f"{str(content.get('kind') or '')[:1].lower()}{str(content.get('kind') or '')[1:]}Generator"
        for source in self._sources:
            items = source.content.get(section) if source.file == maker and isinstance(source.content, dict) else None
            for index, item in enumerate(items if isinstance(items, list) else []):
                if isinstance(item, dict) and str(item.get("name")) in _name(content):
                    return source.find((section, index))
        return Place(maker)

    def _file(self, path: Any, base: Path) -> str | None:
        if not isinstance(path, str):
            return None
        whole = os.path.normpath(base / path)
        return os.path.relpath(whole, self._root).replace(os.sep, "/") if whole.startswith(self._root) else None

    def _writers(self, content: dict[str, Any], file: str | None) -> list[Source]:
        """The documents that have a say in an object: patches first, the object itself last."""
        same = [source for source in self._by_kind.get(str(content.get("kind")), []) if _fits(content, source)]
        own = [source for source in same if source.file == file] if file else same
        best = max(own, key=lambda source: len(_name(source.content)), default=None)
        if best is None:
            return []
        patches = [s for s in same if s is not best and s.file != best.file and _name(s.content) == _name(best.content)]
        return [*patches, best]


def _take_origin(content: dict[str, Any]) -> dict[str, Any]:
    from checks.deploy.kubernetes.source import parse_sources

    metadata = content.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(notes, dict) or ORIGIN not in notes:
        return {}
    said = parse_sources(str(notes.pop(ORIGIN)), "")
    if not notes:
        metadata.pop("annotations")
    return said[0].content if said and isinstance(said[0].content, dict) else {}


def _name(content: Any) -> str:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def _fits(content: dict[str, Any], source: Source) -> bool:
    """Whether an object may be what a document says: prefixes and suffixes are put around names."""
    name = _name(source.content)
    return bool(name) and name in _name(content)


def _finder(content: dict[str, Any], writers: Sequence[Source]) -> Any:
    def find(path: Path_) -> Place:
        best: tuple[Place, int] | None = None
        for source in reversed(writers):
            place, depth = source.reach(_translated(path, content, source.content))
            # What a patch says wins over what it patches, but only where it really says it.
            if best is None or depth >= len(path) or depth > best[1]:
                best = (place, depth)
        return best[0] if best else writers[-1].place

    return find


def _translated(path: Path_, rendered: Any, written: Any) -> Path_:
    """`path` into what was rendered, as the path to the same thing in what was written."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(step, int) and isinstance(rendered, list) and isinstance(written, list):
            item = rendered[step] if step < len(rendered) else None
            found = _same(item, written, step)
            if found is None:
                return (*steps, -1)
            steps.append(found)
            rendered, written = item, written[found]
            continue
        steps.append(step)
        rendered = rendered.get(step) if isinstance(rendered, dict) else None
        written = written.get(step) if isinstance(written, dict) else None
    return tuple(steps)


def _same(item: Any, written: list[Any], index: int) -> int | None:
    """The index in `written` of what became `item`."""
    if not isinstance(item, dict):
        return written.index(item) if item in written else None
    for name in _NAMES:
        if name in item:
            same = [at for at, other in enumerate(written) if isinstance(other, dict) and other.get(name) == item[name]]
            if same:
                return index if index in same else same[0]
    return index if index < len(written) else None
