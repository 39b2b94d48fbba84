"""What the scripts of Pods do with kubectl, and what their service account may."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from checks.deploy.kubernetes.documents import Document, Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, fault, meets, short
from checks.deploy.kubernetes.values import items, mappings, text
from checks.model import Diagnostic

_KUBECTL = re.compile(r"(?:^|[\s;&|($`])(?:[\w./-]*/)?kubectl\s+([^\n;&|)`]+)")
_CREATED = ("job", "cronjob", "configmap", "secret", "namespace", "deployment", "service", "serviceaccount", "ingress")
# The verb that a word of kubectl asks the API for; what needs several is told by the one that is forgotten.
_VERBS = {"create": "create", "delete": "delete", "patch": "patch", "annotate": "patch", "label": "patch"}
_SHORT = {
    "po": "pods",
    "deploy": "deployments",
    "sts": "statefulsets",
    "ds": "daemonsets",
    "rs": "replicasets",
    "svc": "services",
    "cm": "configmaps",
    "ns": "namespaces",
    "pvc": "persistentvolumeclaims",
    "sa": "serviceaccounts",
    "cj": "cronjobs",
    "ing": "ingresses",
    "no": "nodes",
}
_GROUPS = {
    "apps": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "batch": ("jobs", "cronjobs"),
    "networking.k8s.io": ("ingresses",),
    "": (
        *("pods", "services", "configmaps", "secrets", "namespaces", "persistentvolumeclaims"),
        *("serviceaccounts", "nodes"),
    ),
}
_RESOURCES = {resource: group for group, resources in _GROUPS.items() for resource in resources}
_VALUED = frozenset({"-n", "--namespace", "-l", "--selector", "-o", "--output", "-f", "--filename", "--context"})


class _Need(NamedTuple):
    verb: str
    resource: str
    namespace: str


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every command that will be forbidden."""
    told: set[tuple[str, _Need]] = set()
    for pod in unit.pods:
        account = text(pod.spec, "serviceAccountName") or text(pod.spec, "serviceAccount")
        rules = _granted(unit, account, pod.document.namespace) if account else None
        if rules is None:
            continue
        for container in pod.containers():
            for path, need in _needs(container, pod):
                if (account, need) not in told and not _is_allowed(rules, need):
                    told.add((account, need))
                    yield _forbidden(pod, container, path, need, account, rules)


def _forbidden(
    pod: Pod, container: Container, path: Path_, need: _Need, account: str, rules: Sequence[tuple[Document, Any]]
) -> Diagnostic:
    message = (
        f"{container.title} lets kubectl {need.verb} {need.resource}, and no role of service account `{account}`"
        f" allows `{need.verb}` on `{need.resource}`"
    )
    role = rules[0][0]
    return fault("forbidden", pod.document, path, message, f"see {role.kind} `{role.name}` at {short(role.place)}")


def _granted(unit: Unit, account: str, namespace: str) -> list[tuple[Document, Mapping[str, Any]]] | None:
    """The rules of every role that an account is bound to; None where one of them is not to be seen, or there is none.

    Other namespaces are left out of account: a rule for one is taken to hold for all.
    """
    found: list[tuple[Document, Mapping[str, Any]]] = []
    bindings = (one for one in (*unit.documents, *unit.elsewhere) if one.kind in ("RoleBinding", "ClusterRoleBinding"))
    for binding in bindings:
        if not any(_is_account(subject, account, namespace) for _, subject in mappings(binding.content, "subjects")):
            continue
        kind, name = text(binding.content, "roleRef", "kind"), text(binding.content, "roleRef", "name")
        role = unit.lookup(kind, name, "" if kind == "ClusterRole" else binding.namespace)
        if role is None or "aggregationRule" in role.content:
            return None
        found += [(role, rule) for _, rule in mappings(role.content, "rules")]
    return found or None


def _is_account(subject: Mapping[str, Any], account: str, namespace: str) -> bool:
    if text(subject, "kind") == "Group":
        return text(subject, "name").startswith("system:serviceaccounts")
    return text(subject, "name") == account and meets(text(subject, "namespace"), namespace)


def _is_allowed(rules: Sequence[tuple[Document, Mapping[str, Any]]], need: _Need) -> bool:
    return any(
        {need.verb, "*"} & set(map(str, items(rule, "verbs")))
        and {need.resource, "*"} & set(map(str, items(rule, "resources")))
        and {_RESOURCES[need.resource], "*"} & set(map(str, items(rule, "apiGroups")))
        for _, rule in rules
    )


def _needs(container: Container, pod: Pod) -> Iterator[tuple[Path_, _Need]]:
    for key in ("command", "args"):
        words = [str(word) for word in items(container.content, key)]
        whole = any("kubectl" in word and re.search(r"\s", word) for word in words)
        if not whole and words and words[0].rsplit("/", 1)[-1] == "kubectl":
            need = _need(words[1:], pod)
            if need:
                yield (*container.path, key), need
        for index, word in enumerate(words if whole else []):
            for found in _KUBECTL.finditer(re.sub(r"\\\n", " ", word)):
                need = _need(_split(found[1]), pod)
                if need:
                    yield (*container.path, key, index), need


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _need(words: Sequence[str], pod: Pod) -> _Need | None:
    """What a command asks the API for; None where that is not plain."""
    plain, namespace = _plain(words)
    namespace = namespace or pod.document.namespace
    if any(word.startswith(("-f", "--filename", "-k", "--dry-run")) for word in words) or len(plain) < 2:
        return None
    verb, kind = plain[0], plain[1].partition("/")[0].partition(".")[0].lower()
    if plain[:2] == ["rollout", "restart"] and len(plain) > 2:
        verb, kind = "patch", plain[2].partition("/")[0].lower()
    resource = _SHORT.get(kind, kind if kind.endswith("s") and kind != "ingress" else f"{kind}s")
    resource = "ingresses" if kind == "ingress" else resource
    if verb in ("create",) and kind not in _CREATED:
        return None
    asked = "patch" if verb == "patch" else _VERBS.get(verb)
    return _Need(asked, resource, namespace) if asked and resource in _RESOURCES else None


def _plain(words: Sequence[str]) -> tuple[list[str], str]:
    """The words that are no options, and the namespace."""
    plain: list[str] = []
    namespace, skip = "", ""
    for word in words:
        if skip:
            namespace = word if skip in ("-n", "--namespace") else namespace
            skip = ""
        elif word in _VALUED:
            skip = word
        elif word.startswith(("-n=", "--namespace=")):
            namespace = word.partition("=")[2]
        elif not word.startswith("-"):
            plain.append(word)
    return plain, namespace
