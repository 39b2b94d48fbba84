"""Which files of a project are Kubernetes manifests, and which are kustomizations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from checks.deploy.kubernetes.source import SIZE_LIMIT, Source, Unreadable, read_sources
from checks.discovery import project_files

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_SUFFIXES = (".yaml", ".yml", ".json")
# Manifests that tests are about are rarely meant to work.
_PASSED_OVER = frozenset({"tests", "test", "testdata", "fixtures", "e2e"})
_LOOKS = tuple(
    re.compile(rb"^[ {\-]*[\"']?%s[\"']?\s*:" % word, re.M) for word in (b"apiVersion", b"kind", b"metadata")
)
_TEMPLATE = re.compile(r"^\s*\{\{|:\s*\{\{|\{%", re.M)
# Settings of programs that look like objects and are none.
_NO_OBJECT = re.compile(
    r"skaffold/.*|kustomize\.config\.k8s\.io/.*|kind\.x-k8s\.io/.*|kubeadm\.k8s\.io/.*|.*\bconfig\.k8s\.io/.*"
    r"|audit\.k8s\.io/.*|k3d\.io/.*|eksctl\.io/.*|backstage\.io/.*|ctlptl\.dev/.*|kuttl\.dev/.*|kubelet\..*|krew\..*"
    r"|abac\.authorization\.kubernetes\.io/.*|client\.authentication\.k8s\.io/.*|chainsaw\.kyverno\.io/.*"
)
_NO_OBJECT_KINDS = frozenset({("v1", "Config"), ("v1", "Policy")})


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization: its file and folder relative to the project, and what it says."""

    file: str
    folder: str
    source: Source
    is_component: bool = False

    @property
    def content(self) -> Mapping[str, Any]:
        """What the file says."""
        return self.source.content if isinstance(self.source.content, dict) else {}

    def listed(self, *keys: str) -> list[tuple[str, str, int]]:
        """Every text of the lists under `keys`: the key, the text, its index."""
        found = []
        for key in keys:
            items = self.content.get(key)
            for index, item in enumerate(items if isinstance(items, list) else []):
                if isinstance(item, str):
                    found.append((key, item, index))
        return found


@dataclass(slots=True)
class Manifests:
    """What a project has: documents by file, kustomizations by folder, and files that could not be read."""

    sources: dict[str, list[Source]] = field(default_factory=dict)
    kustomizations: dict[str, Kustomization] = field(default_factory=dict)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)
    repeated: dict[str, list[Unreadable]] = field(default_factory=dict)
    templates: list[str] = field(default_factory=list)


def find_manifests(root: Path) -> Manifests:
    """Every manifest and kustomization of the project, outside of charts and of what tests are about."""
    files = project_files(root)
    charts = tuple(f"{_folder(file)}/" for file in files if PurePosixPath(file).name == "Chart.yaml")
    found = Manifests()
    for file in files:
        if _may_be_manifest(file, charts) and _looks_like_one(root / file, file):
            _read(root, file, found)
    return found


def _folder(file: str) -> str:
    return str(PurePosixPath(file).parent)


def _may_be_manifest(file: str, charts: tuple[str, ...]) -> bool:
    path = PurePosixPath(file)
    if path.suffix not in _SUFFIXES and path.name not in KUSTOMIZATIONS:
        return False
    in_chart = file.startswith(charts) if charts else False
    return not in_chart and not _PASSED_OVER.intersection(path.parts[:-1])


def _looks_like_one(path: Path, file: str) -> bool:
    """A cheap look at the bytes, as most YAML of a project is something else."""
    if PurePosixPath(file).name in KUSTOMIZATIONS:
        return True
    try:
        if path.stat().st_size > SIZE_LIMIT:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    return sum(bool(pattern.search(content)) for pattern in _LOOKS) >= 2


def _read(root: Path, file: str, found: Manifests) -> None:
    repeated: list[Unreadable] = []
    try:
        sources = read_sources(root / file, file, repeated)
    except Unreadable as fault:
        if is_template(root / file):
            found.templates.append(file)
        else:
            found.unreadable[file] = fault
        return
    if PurePosixPath(file).name in KUSTOMIZATIONS:
        _add_kustomization(file, sources, found)
    elif objects := [source for source in sources if is_object(source.content)]:
        found.sources[file] = objects
    else:
        return
    if repeated:
        found.repeated[file] = repeated


def _add_kustomization(file: str, sources: Sequence[Source], found: Manifests) -> None:
    for source in sources[:1]:
        content = source.content if isinstance(source.content, dict) else {}
        component = content.get("kind") == "Component"
        found.kustomizations[_folder(file)] = Kustomization(file, _folder(file), source, component)


def is_template(path: Path) -> bool:
    """Whether a file is a template of something (Jinja, Helm, ...) rather than YAML."""
    return bool(_TEMPLATE.search(path.read_text(encoding="utf-8", errors="replace")))


def is_object(content: Any) -> bool:
    """Whether a document is meant as a Kubernetes object (or a List of them), not as the settings of some program.

    One that lacks its kind or its version, and has the rest, is meant as one, too.
    """
    if not isinstance(content, dict):
        return False
    version, kind = content.get("apiVersion"), content.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        return isinstance(content.get("metadata"), dict) and bool(version or kind)
    return not _NO_OBJECT.fullmatch(version) and (version, kind) not in _NO_OBJECT_KINDS
