"""Kubernetes objects as they would be applied, each with the place where somebody wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.model import Diagnostic, Place

Path_ = tuple[str | int, ...]
"""The way into a document: keys and indexes."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One object. `place` is where it begins; `find` gives the place of something within, as near as it is known.

    In a rendering the source is a template or a base, so that a place may be that of the whole object.
    """

    content: Mapping[str, Any]
    place: Place
    find: Callable[[Path_], Place]

    @property
    def kind(self) -> str:
        """`Deployment`, `Service`, ...; empty where the object has none."""
        return str(self.content.get("kind") or "")

    @property
    def name(self) -> str:
        """`metadata.name`; empty where it has none."""
        return self._said("name")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; empty where the object leaves it to whoever applies it."""
        return self._said("namespace")

    def _said(self, key: str) -> str:
        metadata = self.content.get("metadata")
        return str(metadata.get(key) or "") if isinstance(metadata, Mapping) else ""


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """What is applied together: `name` for people (`k8s`, `chart with values-production.yaml`).

    `kind` is `kustomize`, `helm` or `plain`; `place` the kustomization, Chart.yaml or folder. `is_part` where it stands
    in for what uses it and could not be rendered, so that something is still to be filled in.
    """

    name: str
    kind: str
    place: Place
    documents: tuple[Document, ...]
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything that a project renders, what was wrong on the way, and why some of it could not be rendered."""

    renderings: tuple[Rendering, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    blocked: str | None = None
    program: str | None = None
    spare: tuple[Document, ...] = ()
    """Objects of manifests that nothing applies by itself, such as those of a component that nobody uses."""
