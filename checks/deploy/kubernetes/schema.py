"""The schemas of Kubernetes, out of the package `kubernetes-validate`, and objects held against them.

Only the package's data is read: its own program reads two megabytes again for each object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.shape import Fault, judge_shape

_FOLDER = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
INSTALL = "pip install 'kubernetes-validate'"


@dataclass(frozen=True, slots=True, eq=False)
class Schemas:
    """Every type of one Kubernetes version."""

    version: str
    definitions: Mapping[str, Any]
    types: Mapping[tuple[str, str], Mapping[str, Any]]

    def knows(self, version: str, kind: str) -> bool:
        """Whether this Kubernetes has the type."""
        return (version, kind) in self.types

    def kinds(self, version: str) -> list[str]:
        """The kinds that an apiVersion has."""
        return sorted(kind for known, kind in self.types if known == version)

    def judge(self, content: Mapping[str, Any]) -> Iterator[tuple[Path_, Fault]]:
        """What a known object has that its type forbids."""
        schema = self.types[str(content.get("apiVersion")), str(content.get("kind"))]
        yield from judge_shape(content, schema, self.definitions)


@cache
def load_schemas() -> Schemas | None:
    """The newest schemas that are installed; None where there are none."""
    folder = _newest_folder()
    if folder is None:
        return None
    try:
        definitions = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    except (OSError, ValueError, KeyError):
        return None
    found = _FOLDER.fullmatch(folder.name)
    version = f"{found[1]}.{found[2]}" if found else folder.name
    return Schemas(version, definitions, dict(_types(definitions)))


def _newest_folder() -> Path | None:
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        return None
    inside = Path(next(iter(spec.submodule_search_locations)), "kubernetes-json-schema")
    if not inside.is_dir():
        return None
    versions = [
        (int(found[1]), int(found[2]), path) for path in inside.iterdir() if (found := _FOLDER.fullmatch(path.name))
    ]
    return max(versions, default=(0, 0, None))[2]


def _types(definitions: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for schema in definitions.values():
        if "metadata" in schema.get("properties", ()):
            for known in schema.get("x-kubernetes-group-version-kind", ()):
                group = f"{known['group']}/" if known["group"] else ""
                yield (f"{group}{known['version']}", known["kind"]), schema
