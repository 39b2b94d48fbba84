"""The environment of a container in a cluster: ConfigMaps, Secrets, references from one variable to another."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.deploy.dockerfile.model import Built
from checks.deploy.kubernetes.documents import Document, Rendering
from checks.model import Place
from checks.wiring.deployments.workloads import Container, Workload, at
from checks.wiring.model import Variable

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
_HASH = re.compile(r"-[0-9a-z]{10}$")


@dataclass
class Environment:
    """What a container sees. `open`: more may be set than what is seen here."""

    variables: dict[str, Variable] = field(default_factory=dict)
    open: bool = False

    def expand(self, text: str) -> str:
        """`text` with `$(NAME)` replaced by values that are known; what is not known stays."""
        return _REFERENCE.sub(self._replacement, text)

    def _replacement(self, found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        known = self.variables.get(found[1])
        return known.value if known is not None and known.value is not None else found[0]

    def put(self, name: str, value: object, place: Place) -> None:
        """Sets one variable, None for a value that cannot be known."""
        self.variables[name] = Variable(name, None if value is None else str(value), place)


class Values:
    """The ConfigMaps and Secrets of a rendering."""

    def __init__(self, rendering: Rendering) -> None:
        self.held = {
            (document.kind, document.name): document
            for document in rendering.documents
            if document.kind in ("ConfigMap", "Secret")
        }

    def of_container(self, workload: Workload, container: Container, built: Built | None) -> Environment:
        """Everything that is set in a container, in the order in which Kubernetes sets it."""
        environment = Environment()
        for name, value in (built.variables if built else {}).items():
            environment.put(name, value, Place(built.dockerfile if built else ""))
        for item in _listed(container.content.get("envFrom")):
            self._all_of(item, environment)
        for index, item in enumerate(_listed(container.content.get("env"))):
            place = workload.document.find((*container.path, "env", index))
            self._one(item, place, environment)
        return environment

    def _all_of(self, item: Mapping[str, Any], environment: Environment) -> None:
        prefix = str(item.get("prefix") or "")
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            reference = item.get(key)
            if isinstance(reference, dict):
                document = self._find(kind, str(reference.get("name") or ""))
                if document is None:
                    environment.open = True
                for name, value in _data(document).items() if document else ():
                    environment.put(prefix + name, value, _place_of(document, name))

    def _one(self, item: Mapping[str, Any], place: Place, environment: Environment) -> None:
        name = str(item.get("name") or "")
        if "valueFrom" in item:
            environment.put(name, self._referred(item["valueFrom"]), place)
        elif name:
            environment.put(name, environment.expand(_text(item.get("value"))), place)

    def _referred(self, source: object) -> str | None:
        for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            reference = source.get(key) if isinstance(source, dict) else None
            if isinstance(reference, dict):
                document = self._find(kind, str(reference.get("name") or ""))
                return _data(document).get(str(reference.get("key"))) if document else None
        return None

    def _find(self, kind: str, name: str) -> Document | None:
        """Kustomize adds a hash to the names that it generates; where it does not rename references, they lack it."""
        exact = self.held.get((kind, name))
        if exact is not None:
            return exact
        near = [one for (other, held), one in self.held.items() if other == kind and _HASH.sub("", held) == name]
        return near[0] if len(near) == 1 else None


def _place_of(document: Document | None, name: str) -> Place:
    if document is None:
        return Place("")
    parts = ("stringData", "data") if document.kind == "Secret" else ("data",)
    part = next((one for one in parts if name in at(document.content, (one,))), "data")
    return document.find((part, name))


def _data(document: Document) -> dict[str, str | None]:
    data = {str(name): _text(value) for name, value in at(document.content, ("data",)).items()}
    if document.kind != "Secret":
        return dict(data)
    decoded: dict[str, str | None] = {name: _decoded(value) for name, value in data.items()}
    plain = {name: _text(value) for name, value in at(document.content, ("stringData",)).items()}
    return {**decoded, **plain}


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
