"""What extends the API: definitions, services and webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.faults.refused.refusal import Refusal
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, text

_EFFECTS = ("None", "NoneOnDryRun")
_LEAST_WORDS = 3


def definition(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A definition's name follows from what it defines; one of its versions is the stored one."""
    spec = mapping(content, "spec")
    plural, group = text(spec, "names", "plural"), text(spec, "group")
    name, wanted = text(content, "metadata", "name"), f"{plural}.{group}"
    if plural and group and name != wanted and not is_open(f"{name}{wanted}"):
        yield Refusal(("metadata", "name"), f"its name must be `{wanted}`, the plural and the group", f"name: {wanted}")
    if group and "." not in group and not is_open(group):
        yield Refusal(("spec", "group"), f"the group `{group}` must be a domain with a dot")
    if plural != plural.lower() or text(spec, "names", "singular") != text(spec, "names", "singular").lower():
        yield Refusal(("spec", "names"), "plural and singular are written in small letters")
    scope = text(spec, "scope")
    if scope and scope not in ("Namespaced", "Cluster") and not is_open(scope):
        yield Refusal(("spec", "scope"), f"the scope is `Namespaced` or `Cluster`, not `{scope}`")
    if text(content, "apiVersion") == "apiextensions.k8s.io/v1":
        yield from _versions(spec)


def _versions(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    versions = list(mappings(spec, "versions"))
    stored = [each for _, each in versions if each.get("storage") is True]
    if versions and len(stored) != 1:
        yield Refusal(("spec", "versions"), f"{len(stored) or 'none'} of its versions are stored, and one must be")
    seen: set[str] = set()
    for path, version in versions:
        name, where = text(version, "name"), ("spec", *path)
        if name in seen:
            yield Refusal((*where, "name"), f"version `{name}` is there twice")
        seen.add(name)
        schema = mapping(version, "schema", "openAPIV3Schema")
        if not schema:
            yield Refusal(where, f"version `{name}` has no `schema.openAPIV3Schema`")
        elif schema.get("type") != "object" and "$ref" not in schema:  # a tool puts the rest in
            yield Refusal((*where, "schema", "openAPIV3Schema"), "the schema of a version begins with `type: object`")
    if spec.get("preserveUnknownFields") is True:
        message = "`preserveUnknownFields: true` is gone with the old API"
        yield Refusal(("spec", "preserveUnknownFields"), message, "x-kubernetes-preserve-unknown-fields in the schema")


def service(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """An APIService is called after what it serves."""
    spec = mapping(content, "spec")
    version, group = text(spec, "version"), text(spec, "group")
    name, wanted = text(content, "metadata", "name"), f"{version}.{group}"
    if version and group and name != wanted and not is_open(f"{name}{wanted}"):
        yield Refusal(("metadata", "name"), f"its name must be `{wanted}`", f"name: {wanted}")
    if spec.get("insecureSkipTLSVerify") is True and spec.get("caBundle"):
        yield Refusal(("spec", "caBundle"), "`insecureSkipTLSVerify` and `caBundle` exclude each other")


def webhooks(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """Each webhook says where it is, and what it does apart from its answer."""
    for path, hook in mappings(content, "webhooks"):
        name = text(hook, "name")
        if name and len(name.split(".")) < _LEAST_WORDS and not is_open(name):
            yield Refusal((*path, "name"), f"`{name}` needs a domain of three words: `check.{name}.example.org`")
        places = [key for key in ("service", "url") if mapping(hook, "clientConfig").get(key)]
        if len(places) != 1:
            yield Refusal((*path, "clientConfig"), "a webhook has exactly one of `service` and `url`")
        effects = hook.get("sideEffects")
        if text(content, "apiVersion").endswith("/v1") and effects not in _EFFECTS:
            said = f"`{effects}`" if effects else "nothing"
            yield Refusal(path, f"`sideEffects` says {said}, and must be `None` or `NoneOnDryRun`", "sideEffects: None")
        if not items(hook, "admissionReviewVersions"):
            yield Refusal(path, "a webhook has no `admissionReviewVersions`", "admissionReviewVersions: [v1]")
