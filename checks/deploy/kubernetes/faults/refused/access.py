"""Roles, bindings and priorities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.faults.refused.refusal import Refusal, whole
from checks.deploy.kubernetes.values import items, mapping, mappings, text

_GROUP = "rbac.authorization.k8s.io"
_HIGHEST = 1_000_000_000
_SUBJECTS = ("ServiceAccount", "User", "Group")


def role(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A rule says what may be done with which resources of which groups."""
    for path, rule in mappings(content, "rules"):
        urls, resources = items(rule, "nonResourceURLs"), items(rule, "resources")
        if not items(rule, "verbs"):
            yield Refusal(path, "a rule has no `verbs`")
        if urls and text(content, "kind") == "Role":
            yield Refusal((*path, "nonResourceURLs"), "a Role of a namespace has no `nonResourceURLs`")
        elif urls and resources:
            yield Refusal((*path, "nonResourceURLs"), "a rule has `resources` or `nonResourceURLs`, not both")
        elif not urls and not resources:
            yield Refusal(path, "a rule has no `resources`")
        elif resources and not items(rule, "apiGroups"):
            yield Refusal(path, "a rule has no `apiGroups`", 'apiGroups: [""] for Pods, Services, Secrets, ...')


def binding(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A binding names who, with the group that each kind has."""
    group = mapping(content, "roleRef").get("apiGroup")
    if group not in (None, "", _GROUP):
        yield Refusal(("roleRef", "apiGroup"), f"the role is of the group `{_GROUP}`, not `{group}`")
    for path, subject in mappings(content, "subjects"):
        kind, said = text(subject, "kind"), text(subject, "apiGroup")
        if kind and kind not in _SUBJECTS:
            yield Refusal((*path, "kind"), f"a subject is a ServiceAccount, User or Group, not `{kind}`")
        elif kind == "ServiceAccount" and said:
            yield Refusal((*path, "apiGroup"), "a ServiceAccount has no `apiGroup`")
        elif kind in ("User", "Group") and said not in ("", _GROUP):
            yield Refusal((*path, "apiGroup"), f"a {kind} is of the group `{_GROUP}`")
        is_wide = text(content, "kind") == "ClusterRoleBinding"
        if kind == "ServiceAccount" and is_wide and not text(subject, "namespace"):
            yield Refusal(path, "a ServiceAccount of a ClusterRoleBinding needs its `namespace`")


def priority(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """The highest priorities are the system's."""
    name, value = text(content, "metadata", "name"), whole(content.get("value"))
    if name in ("system-node-critical", "system-cluster-critical"):
        return
    if name.startswith("system-"):
        yield Refusal(("metadata", "name"), "names that begin with `system-` are the system's")
    if value is not None and value > _HIGHEST:
        yield Refusal(("value",), f"{value} is more than {_HIGHEST}, the most that is not the system's")
    policy = content.get("preemptionPolicy")
    if policy not in (None, "", "Never", "PreemptLowerPriority"):
        yield Refusal(("preemptionPolicy",), f"`{policy}` is not `Never` or `PreemptLowerPriority`")
