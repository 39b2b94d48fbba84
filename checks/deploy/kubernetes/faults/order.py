"""What must be there before something else is applied: namespaces and the types of custom resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from checks.deploy.kubernetes.apis import group_of
from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.embedded import CLUSTER_WIDE
from checks.deploy.kubernetes.unit import Unit, doubt, fault, short
from checks.deploy.kubernetes.values import is_open, text
from checks.model import Diagnostic

_ALWAYS_THERE = re.compile(
    r"default|kube-.*|openshift(-.*)?|gke-.*|istio-system|cert-manager|ingress-nginx|monitoring|argocd"
)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """What fails when the unit is applied for the first time."""
    namespaces = {document.name: at for at, document in enumerate(unit.documents) if document.kind == "Namespace"}
    if unit.rendering.kind == "plain":
        yield from _namespace_order(unit, namespaces)
    if unit.rendering.kind != "helm":
        yield from _missing_namespaces(unit, namespaces)
        yield from _custom_types(unit)
        yield from _left_open(unit)


def _namespace_order(unit: Unit, namespaces: dict[str, int]) -> Iterator[Diagnostic]:
    told: set[str] = set()
    for at, document in enumerate(unit.documents):
        name = document.namespace
        if name not in namespaces or namespaces[name] < at or name in told:
            continue
        told.add(name)
        maker = unit.documents[namespaces[name]]
        if _comes_first(unit, maker):
            continue
        message = (
            f"{document.kind} `{document.name}` lives in namespace `{name}` and is applied before it:"
            f" the Namespace comes only at {short(maker.place)}"
        )
        hint = "files are applied by name: call it `00-namespace.yaml`"
        if maker.place.file == document.place.file:
            hint = "move the Namespace to the top of the file"
        make = fault if _are_together(unit, document, maker) else doubt
        yield make("namespace-order", document, ("metadata", "namespace"), message, hint)


def _are_together(unit: Unit, document: Document, maker: Document) -> bool:
    """Whether one command applies both: they are in one file, or a guide names their folder."""
    if maker.place.file == document.place.file:
        return True
    folder = maker.place.file.rpartition("/")[0]
    if folder != document.place.file.rpartition("/")[0]:
        return False  # another folder may be meant to be applied by itself, before this one
    typed = re.finditer(r"\b(?:apply|create)\b[^\n|;&]*?\s(?:-\w*f|--filename)[ =]([^\s`'\"]+)", unit.guides)
    last = folder.rpartition("/")[2]
    return any(match[1].rstrip("/").rpartition("/")[2] in (last, ".") for match in typed)


def _comes_first(unit: Unit, maker: Document) -> bool:
    """Whether a guide has people apply the Namespace by itself."""
    name = maker.place.file.rsplit("/", 1)[-1]
    by_file = re.search(rf"(apply|create)\b[^\n]*-f\s+\S*{re.escape(name)}", unit.guides)
    folder = maker.place.file.rpartition("/")[0]
    inner = folder != unit.rendering.place.file and folder
    by_folder = inner and re.search(rf"(apply|create)\b[^\n]*-f\s+\S*{re.escape(folder)}/?(\s|$|`)", unit.guides)
    return bool(by_file or by_folder or unit.created_by_hand("Namespace", maker.name))


def _missing_namespaces(unit: Unit, namespaces: dict[str, int]) -> Iterator[Diagnostic]:
    told = {document.name for document in unit.elsewhere if document.kind == "Namespace"}
    for document in unit.documents:
        name = document.namespace
        if not name or name in namespaces or name in told or is_open(name) or _ALWAYS_THERE.fullmatch(name):
            continue
        told.add(name)
        near = get_close_matches(name, namespaces, 1, 0.75)
        message = f"namespace `{name}` of {document.kind} `{document.name}` is made by nothing here"
        if near:
            hint = f"there is Namespace `{near[0]}` at {short(unit.documents[namespaces[near[0]]].place)}"
            yield fault("missing-namespace", document, ("metadata", "namespace"), message, hint)
        elif not _is_made(unit, name):
            hint = f"kubectl create namespace {name}"
            yield doubt("missing-namespace", document, ("metadata", "namespace"), message, hint)


def _is_made(unit: Unit, name: str) -> bool:
    return bool(unit.created_by_hand("Namespace", name)) or "--create-namespace" in unit.guides


def _custom_types(unit: Unit) -> Iterator[Diagnostic]:
    made: dict[tuple[str, str], Document] = {}
    for document in unit.of_kind("CustomResourceDefinition"):
        kind = text(document.content, "spec", "names", "kind")
        made[text(document.content, "spec", "group"), kind] = document
    told: set[tuple[str, str]] = set()
    for document in unit.documents:
        key = (group_of(text(document.content, "apiVersion")), document.kind)
        if key in made and key not in told:
            told.add(key)
            message = (
                f"{document.kind} `{document.name}` is applied together with the type it is of"
                f" ({short(made[key].place)}): the first attempt fails"
            )
            yield doubt("custom-type-order", document, ("kind",), message, "apply the CustomResourceDefinition first")


def _left_open(unit: Unit) -> Iterator[Diagnostic]:
    """Some objects say their namespace, and others that belong to them do not."""
    said = {document.namespace for document in unit.documents if document.namespace}
    open_ones = [one for one in unit.documents if not one.namespace and one.kind not in CLUSTER_WIDE and one.kind]
    if len(said) != 1 or any(map(is_open, said)) or not open_ones or unit.rendering.kind != "plain":
        return
    (namespace,) = said
    if re.search(rf"(-n|--namespace)[ =]{re.escape(namespace)}\b", unit.guides):
        return
    names = ", ".join(f"{one.kind} `{one.name}`" for one in open_ones[:3])
    message = f"others here live in namespace `{namespace}`, but {names} do not say so and land where kubectl points"
    yield doubt("open-namespace", open_ones[0], ("metadata",), message, f"namespace: {namespace}")
