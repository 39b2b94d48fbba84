"""One rendering, judged: types, schemas, then what no schema sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes import apis
from checks.deploy.kubernetes.documents import Document, Rendering
from checks.deploy.kubernetes.faults import (
    choices,
    classes,
    containers,
    crossing,
    hashed,
    hosts,
    identity,
    layout,
    links,
    mounted,
    names,
    networking,
    order,
    overlaps,
    permissions,
    places,
    policies,
    policy_ports,
    quotas,
    refused,
    rewriting,
    routes,
    secrets,
    serving,
    standards,
    standins,
    users,
    workloads,
    writing,
)
from checks.deploy.kubernetes.schema import Schemas, load_schemas
from checks.deploy.kubernetes.shape import judge_shape
from checks.deploy.kubernetes.unit import Unit, fault
from checks.deploy.kubernetes.values import mapping, mappings, text
from checks.model import Diagnostic, Severity

_SUBJECTS = (
    *(names, choices, containers, layout, networking, workloads, links, identity, secrets, order, hosts),
    *(refused, classes, rewriting, policies, standards, permissions, mounted, users, hashed, standins),
    *(crossing, serving, writing, quotas, routes, places, overlaps, policy_ports),
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, and how many objects were held against a schema; `unverified`: there was none for them."""

    diagnostics: tuple[Diagnostic, ...]
    verified: int
    unverified: int


def judge(rendering: Rendering, root: Path, elsewhere: Sequence[Document] = ()) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with what one rendering would apply.

    `elsewhere` are the objects that the project applies apart from it: what it relies on may be among them.
    """
    return judge_all(rendering, root, elsewhere).diagnostics


def judge_all(rendering: Rendering, root: Path, elsewhere: Sequence[Document] = ()) -> Judgement:
    """The same, with the count of what could be held against a schema."""
    schemas = load_schemas()
    custom = _custom_schemas((*rendering.documents, *elsewhere))
    verified = 0
    found: list[Diagnostic] = []
    for document in rendering.documents:
        opinion = list(_typed(document, schemas, custom))
        found += opinion
        verified += _has_schema(document, schemas, custom) or bool(opinion)
    unit = Unit(rendering, root, elsewhere)
    ours = [item for subject in _SUBJECTS for item in subject.find(unit)]
    told = {(item.file, item.line) for item in ours if item.severity is Severity.ERROR}
    # Our words about a line say more than the schema's.
    kept = [item for item in found if item.rule != "kubernetes.schema" or (item.file, item.line) not in told]
    return Judgement(tuple(dict.fromkeys([*kept, *ours])), verified, len(rendering.documents) - verified)


def _type(document: Document) -> tuple[str, str]:
    return text(document.content, "apiVersion"), text(document.content, "kind")


def _has_schema(document: Document, schemas: Schemas | None, custom: Mapping[tuple[str, str], Any]) -> bool:
    return _type(document) in custom or (schemas is not None and schemas.knows(*_type(document)))


def _typed(document: Document, schemas: Schemas | None, custom: Mapping[tuple[str, str], Any]) -> Iterator[Diagnostic]:
    version, kind = _type(document)
    if not version or not kind:
        missing = "apiVersion" if not version else "kind"
        near = get_close_matches(missing, list(document.content), 1)
        hint = f"`{near[0]}` should be `{missing}`" if near else None
        message = f"{kind or 'the object'} `{document.name}` has no `{missing}`: kubectl cannot tell what it is"
        yield fault("schema", document, (), message, hint)
    elif (version, kind) in custom:
        for path, found in judge_shape(document.content, custom[version, kind], {}):
            yield fault("custom-resource", document, path, f"{kind} `{document.name}`: {found.message}", found.hint)
    elif schemas is not None and schemas.knows(version, kind):
        for path, found in schemas.judge(document.content):
            yield fault("schema", document, path, f"{kind} `{document.name}`: {found.message}", found.hint)
    else:
        yield from _unknown_type(document, version, kind, schemas)


def _unknown_type(document: Document, version: str, kind: str, schemas: Schemas | None) -> Iterator[Diagnostic]:
    refused = apis.refusal(version, kind)
    if refused is None and schemas is not None and apis.is_own(version) and (version, kind) not in apis.OPENSHIFT:
        near = get_close_matches(kind, schemas.kinds(version), 1)
        said = f"`{version}` has no kind `{kind}`" if schemas.kinds(version) else f"there is no API `{version}`"
        refused = (f"{said} in Kubernetes {schemas.version}", f"kind: {near[0]}" if near else None)
    if refused is not None:
        where = ("apiVersion",) if "kind" not in (refused[1] or "").split(":")[0] else ("kind",)
        yield fault("unknown-type", document, where, f"{kind} `{document.name}`: {refused[0]}", refused[1])


def _custom_schemas(documents: Sequence[Document]) -> dict[tuple[str, str], Any]:
    """The schemas of the custom resources that the project defines itself."""
    found: dict[tuple[str, str], Any] = {}
    for document in documents:
        if document.kind != "CustomResourceDefinition":
            continue
        spec = mapping(document.content, "spec")
        for _, version in mappings(spec, "versions"):
            schema = mapping(version, "schema", "openAPIV3Schema")
            key = (f"{text(spec, 'group')}/{text(version, 'name')}", text(spec, "names", "kind"))
            if schema.get("properties"):
                found[key] = schema
    return found
