"""Kustomizations without any program: only what can be built exactly. Everything else is refused, never guessed."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.files import Manifests
from checks.deploy.kubernetes.kustomizations import Tree
from checks.deploy.kubernetes.labelling import add_labels
from checks.deploy.kubernetes.references import references
from checks.deploy.kubernetes.tracing import ORIGIN, plain
from checks.deploy.kubernetes.values import items, mapping, mappings, text
from checks.model import Place

_KNOWN = frozenset(
    [
        "apiVersion",
        "kind",
        "metadata",
        "resources",
        "bases",
        "namespace",
        "namePrefix",
        "nameSuffix",
        "commonLabels",
        "labels",
        "commonAnnotations",
        "images",
        "replicas",
        "configMapGenerator",
        "secretGenerator",
        "generatorOptions",
        "sortOptions",
        "buildMetadata",
    ]
)
CLUSTER_WIDE = frozenset(
    [
        "Namespace",
        "Node",
        "PersistentVolume",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "StorageClass",
        "PriorityClass",
        "IngressClass",
        "RuntimeClass",
        "APIService",
        "MutatingWebhookConfiguration",
        "CSIDriver",
        "CSINode",
        "VolumeAttachment",
        "ValidatingWebhookConfiguration",
        "ClusterIssuer",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "FlowSchema",
        "PriorityLevelConfiguration",
        "CertificateSigningRequest",
        "PodSecurityPolicy",
        "GatewayClass",
    ]
)
_KEEP_NAME = frozenset({"Namespace", "CustomResourceDefinition", "APIService"})
_ANY = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
Content = dict[str, Any]


class NotPlain(Exception):
    """A kustomization does something that only kustomize itself can do; the text says what."""


def build_here(root: Path, tree: Tree, manifests: Manifests, examples: Mapping[str, str]) -> list[Content]:
    """The objects of a kustomization, each with a note of its origin as kustomize would leave it."""
    said = tree.top.content
    beyond = sorted(key for key, value in said.items() if key not in _KNOWN and value)
    if beyond or tree.top.is_component:
        raise NotPlain(f"uses `{beyond[0] if beyond else 'components'}`, which only kustomize can judge")
    contents = [content for child in tree.children for content in build_here(root, child, manifests, examples)]
    for file in tree.files:
        for source in manifests.sources.get(file, ()):
            contents += [_marked(document.content, {"path": file}) for document in plain(source)]
    contents += _generated(root, tree, examples)
    for step in (_namespace, _names, _labels, _annotations, _images, _replicas):
        step(said, contents)
    return contents


def _marked(content: Mapping[str, Any], origin: Mapping[str, str]) -> Content:
    marked = copy.deepcopy(dict(content))
    metadata = marked["metadata"] = dict(marked.get("metadata") or {})
    note = "".join(f"{key}: {value}\n" for key, value in origin.items())
    metadata["annotations"] = {**(metadata.get("annotations") or {}), ORIGIN: note}
    return marked


def _generated(root: Path, tree: Tree, examples: Mapping[str, str]) -> Iterator[Content]:
    for section, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for _, item in mappings(tree.top.content, section):
            if item.get("behavior", "create") != "create":
                raise NotPlain(f"uses `behavior: {item['behavior']}`, which only kustomize can judge")
            data = dict(_data(root, tree.top.folder, item, examples))
            if kind == "Secret":
                data = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
            content: Content = {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": text(item, "name")},
                "data": data,
            }
            if kind == "Secret":
                content["type"] = text(item, "type") or "Opaque"
            if text(item, "namespace"):
                content["metadata"]["namespace"] = text(item, "namespace")
            yield _marked(content, {"configuredIn": tree.top.file})


def _data(root: Path, folder: str, item: Mapping[str, Any], examples: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for literal in items(item, "literals"):
        key, _, value = str(literal).partition("=")
        yield key, value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    for named in items(item, "files"):
        key, equals, name = str(named).partition("=")
        name = name if equals else key
        yield (key if equals else Path(name).name), _text_of(root, folder, name, examples)
    for name in [*items(item, "envs"), *([item["env"]] if "env" in item else [])]:
        for line in _text_of(root, folder, str(name), examples).splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                key, _, value = line.lstrip().partition("=")
                yield key, value


def _text_of(root: Path, folder: str, name: str, examples: Mapping[str, str]) -> str:
    from os.path import normpath

    file = normpath(f"{folder}/{name}")
    try:
        return (root / examples.get(file, file)).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise NotPlain(f"reads `{file}`, which cannot be read: {error.strerror}") from None


def _namespace(said: Mapping[str, Any], contents: list[Content]) -> None:
    namespace = text(said, "namespace")
    if not namespace:
        return
    accounts = {text(one, "metadata", "name") for one in contents if one.get("kind") == "ServiceAccount"}
    for content in contents:
        if content.get("kind") == "Namespace":
            content["metadata"]["name"] = namespace
        elif content.get("kind") not in CLUSTER_WIDE:
            content["metadata"]["namespace"] = namespace
        for subject in items(content, "subjects"):
            if isinstance(subject, dict) and subject.get("name") in {*accounts, "default"}:
                subject["namespace"] = namespace


def _names(said: Mapping[str, Any], contents: list[Content]) -> None:
    prefix, suffix = text(said, "namePrefix"), text(said, "nameSuffix")
    renamed: dict[tuple[str, str], str] = {}
    for content in contents:
        name, kind = text(content, "metadata", "name"), text(content, "kind")
        if (prefix or suffix) and kind not in _KEEP_NAME:
            renamed[kind, name] = content["metadata"]["name"] = f"{prefix}{name}{suffix}"
    if not renamed:
        return
    nowhere = Place("")
    for content in contents:
        for reference in list(references(Document(content, nowhere, lambda _path: nowhere))):
            if (reference.kind, reference.name) in renamed:
                _set(content, reference.path, renamed[reference.kind, reference.name])


def _set(content: Any, path: tuple[str | int, ...], value: str) -> None:
    for step in path[:-1]:
        content = content[step]
    content[path[-1]] = value


def _labels(said: Mapping[str, Any], contents: list[Content]) -> None:
    for content in contents:
        if common := mapping(said, "commonLabels"):
            add_labels(content, common, selectors=True, templates=True)
        for _, entry in mappings(said, "labels"):
            if entry.get("fields"):
                raise NotPlain("uses `labels` with `fields`, which only kustomize can judge")
            selectors = entry.get("includeSelectors") is True
            templates = selectors or entry.get("includeTemplates") is True
            add_labels(content, mapping(entry, "pairs"), selectors=selectors, templates=templates)


def _annotations(said: Mapping[str, Any], contents: list[Content]) -> None:
    for content in contents:
        content["metadata"]["annotations"].update(mapping(said, "commonAnnotations"))


def _images(said: Mapping[str, Any], contents: list[Content]) -> None:
    for _, change in mappings(said, "images"):
        for content in contents:
            _each_container(content, change)


def _each_container(value: Any, change: Mapping[str, Any]) -> None:
    for key, item in value.items() if isinstance(value, dict) else ():
        if key in ("containers", "initContainers") and isinstance(item, list):
            for container in item:
                if isinstance(container, dict):
                    _change_image(container, change)
        _each_container(item, change)


def _change_image(container: Content, change: Mapping[str, Any]) -> None:
    found = re.fullmatch(r"(.+?)(:[^:/@]+)?(@.+)?", text(container, "image"))
    if found is None or found[1] != text(change, "name"):
        return
    tag = f":{change['newTag']}" if change.get("newTag") else found[2] or ""
    digest = f"@{change['digest']}" if change.get("digest") else "" if change.get("newTag") else found[3] or ""
    container["image"] = f"{text(change, 'newName') or found[1]}{'' if change.get('digest') else tag}{digest}"


def _replicas(said: Mapping[str, Any], contents: list[Content]) -> None:
    for _, change in mappings(said, "replicas"):
        for content in contents:
            if content.get("kind") in _ANY and text(content, "metadata", "name") == text(change, "name"):
                content.setdefault("spec", {})["replicas"] = change.get("count")
