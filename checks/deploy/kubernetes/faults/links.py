"""Names of other objects: what an object relies on must be applied with it, or be made by somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.typed import typed_keys
from checks.deploy.kubernetes.pods import pod_of
from checks.deploy.kubernetes.references import TLS, Reference, references
from checks.deploy.kubernetes.unit import Unit, doubt, fault, made_secret, short, takes
from checks.deploy.kubernetes.values import is_open, items, mapping, text
from checks.model import Diagnostic

_RULES = {
    "ConfigMap": "missing-config-map",
    "Secret": "missing-secret",
    "PersistentVolumeClaim": "missing-volume-claim",
    "ServiceAccount": "missing-service-account",
    "Role": "missing-role",
    "ClusterRole": "missing-role",
    "Service": "missing-service",
}
_BUILT_IN_ROLES = re.compile(
    r"cluster-admin|admin|edit|view|system:.*|kubeadm:.*|extension-apiserver-authentication-reader"
)
_FRONTS = frozenset(
    [
        *("the ingress", "the autoscaler", "the HTTPRoute", "the GRPCRoute", "the TCPRoute", "the TLSRoute"),
        *("the IngressRoute", "the IngressRouteTCP", "the VirtualService"),
    ]
)
_EVERYWHERE = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
_OF_REGISTRY = frozenset({".dockerconfigjson", ".dockercfg"})
# What the controller puts into the Secret of an account.
_OF_TOKEN = frozenset({"token", "ca.crt", "namespace"})
_TYPED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/basic-auth": (),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything that is asked for and not there."""
    told: set[tuple[str, str, str]] = set()
    for document in unit.documents:
        for reference in references(document):
            if not is_open(reference.name) and not _is_given(reference):
                yield from _resolve(unit, reference, told)
        if document.kind == "Secret":
            yield from _typed(document)


def _is_given(reference: Reference) -> bool:
    if (reference.kind, reference.name) in _EVERYWHERE:
        return True
    return reference.kind in ("Role", "ClusterRole") and bool(_BUILT_IN_ROLES.fullmatch(reference.name))


def _resolve(unit: Unit, reference: Reference, told: set[tuple[str, str, str]]) -> Iterator[Diagnostic]:
    namespace = reference.namespace or reference.document.namespace
    if reference.kind == "ClusterRole":
        namespace = ""
    target = unit.lookup(reference.kind, reference.name, namespace)
    if target is not None:
        yield from _keys(unit, reference, target)
    elif not reference.optional and (reference.kind in _RULES or reference.role == "the autoscaler"):
        yield from _missing(unit, reference, namespace, told)


def _keys(unit: Unit, reference: Reference, target: Document) -> Iterator[Diagnostic]:
    if reference.kind not in ("ConfigMap", "Secret") or reference.optional:
        return
    known = {key for section in ("data", "stringData", "binaryData") for key in mapping(target.content, section)}
    if text(target.content, "type") == "kubernetes.io/service-account-token":
        known |= _OF_TOKEN
    if reference.role == "imagePullSecrets" and known and not known & _OF_REGISTRY:
        message = f"{target.kind} `{target.name}` is no login to a registry: it lacks `.dockerconfigjson`"
        hint = f"kubectl create secret docker-registry {target.name}; the Secret is at {short(target.place)}"
        yield fault("missing-key", reference.document, reference.path, message, hint)
    for key, path in reference.keys:
        if key not in known and not is_open(key) and not unit.is_filled_by_operator(reference.name):
            offered = ", ".join(f"`{name}`" for name in sorted(known)[:8]) or "no keys at all"
            message = f"{reference.role} needs key `{key}` of {target.kind} `{target.name}`, which has {offered}"
            hint = f"the {target.kind} is at {short(target.place)}"
            yield fault("missing-key", reference.document, path, message, hint)


def _missing(unit: Unit, reference: Reference, namespace: str, told: set[tuple[str, str, str]]) -> Iterator[Diagnostic]:
    rule = _RULES.get(reference.kind, "missing-target")
    what = f"{reference.kind} `{reference.name}`"
    elsewhere = unit.in_other_namespace(reference.kind, reference.name)
    if elsewhere is not None:
        message = f"{reference.role} needs {what} in namespace `{namespace}`; it is in `{elsewhere.namespace}`"
        hint = f"see {short(elsewhere.place)}"
        yield fault(rule, reference.document, reference.path, message, hint)
        return
    typed = unit.created_by_hand(reference.kind, reference.name)
    if typed:
        yield from _typed_keys(reference, typed_keys(typed, unit.root))
        return
    if unit.made_elsewhere(reference.kind, reference.name, namespace) is not None or _is_made_by_a_job(
        unit, reference.name
    ):
        return
    near = unit.near(reference.kind, reference.name)
    message = f"{_asker(reference)} needs {what}, which "
    key = (reference.kind, reference.name, namespace)
    if reference.kind == "Secret":
        if alike := _renamed(unit, reference.name) or _alike(unit, reference.name) or _same_keys(unit, reference):
            yield fault(rule, reference.document, reference.path, f"{message}nothing here makes", f"there is {alike}")
        elif key not in told and reference.role != TLS:
            told.add(key)
            message += "is not here: it has to be made by hand before this is applied, and nothing says how"
            yield doubt(rule, reference.document, reference.path, message, near or _command(reference, namespace))
    elif _may_be_outside(unit, reference):
        yield doubt(rule, reference.document, reference.path, f"{message}is not here", near)
    else:
        yield fault(rule, reference.document, reference.path, f"{message}nothing here makes", near)


def _asker(reference: Reference) -> str:
    title = f"{reference.document.kind} `{reference.document.name}`"
    return title if reference.role == f"the {reference.document.kind}" else f"{reference.role} of {title}"


def _is_made_by_a_job(unit: Unit, name: str) -> bool:
    """Whether a Pod is told the name: some make the certificates or Secrets that others wait for."""
    said = (word for pod in unit.pods for each in pod.containers() for word in items(each.content, "args"))
    return any(isinstance(word, str) and word.endswith(f"={name}") for word in said)


def _alike(unit: Unit, name: str) -> str | None:
    """A Secret that is there, or that a guide makes, and whose name is so near that it was meant."""
    asked = {each.name for one in unit.documents for each in references(one) if each.kind == "Secret"} - {name}
    made = [said for one in (*unit.documents, *unit.elsewhere) if (said := made_secret(one))]
    known = [*unit.names("Secret"), *made, *(each for each in asked if unit.created_by_hand("Secret", each))]
    near = get_close_matches(name, known, 1, 0.85)
    if not near or re.sub(r"\d", "", near[0]) == re.sub(r"\d", "", name):
        return None
    apart = near[0].startswith(f"{name}-") or name.startswith(f"{near[0]}-")
    return None if apart else f"`{near[0]}`"


def _renamed(unit: Unit, name: str) -> str | None:
    """What an operator's object of that name makes, where that has another name."""
    for custom in (*unit.documents, *unit.elsewhere):
        if custom.name == name and (made := made_secret(custom)) not in (None, name):
            return f"`{made}`, which {custom.kind} `{name}` at {short(custom.place)} makes"
    return None


def _same_keys(unit: Unit, reference: Reference) -> str | None:
    """A Secret of the unit about the same thing, by its first word, with every key that is asked for."""
    asked = {key for key, _ in reference.keys}
    word = reference.name.partition("-")[0]
    for secret in unit.of_kind("Secret") if asked else ():
        known = {key for section in ("data", "stringData") for key in mapping(secret.content, section)}
        if asked <= known and secret.name.partition("-")[0] == word and "-" in reference.name:
            return f"`{secret.name}` at {short(secret.place)}, which has `{min(asked)}`"
    return None


def _may_be_outside(unit: Unit, reference: Reference) -> bool:
    if unit.uses_helm or unit.uses_ko or reference.document.namespace.startswith("kube-"):
        return True
    if unit.is_collection or (reference.document.kind == "Pod" and unit.near(reference.kind, reference.name) is None):
        return True  # an example, which a text beside it completes
    if reference.namespace and reference.namespace not in {one.namespace for one in unit.documents}:
        return True
    if reference.kind == "ConfigMap" and unit.rendering.kind == "plain" and _brings_no_settings(unit):
        return True
    if reference.kind == "Role" and not any(unit.of_kind("Role", "ServiceAccount")):
        return True
    if reference.role in _FRONTS and not any(unit.of_kind(reference.kind)):
        return True  # these files are about something else's front, or its size
    if reference.role == "the StatefulSet":
        return not _has_other_service(unit, reference.document)
    return reference.role == "the binding" and reference.kind in ("ServiceAccount", "ClusterRole")


def _brings_no_settings(unit: Unit) -> bool:
    """Whether several ConfigMaps are needed and none is here: a script makes them."""
    asked = {each.name for one in unit.documents for each in references(one) if each.kind == "ConfigMap"}
    return len(asked) > 1 and not any(unit.of_kind("ConfigMap"))


def _has_other_service(unit: Unit, document: Document) -> bool:
    """Whether a headless Service is there for the Pods of a StatefulSet, so that its name was meant."""
    pod = pod_of(document)
    headless = (one for one in unit.of_kind("Service") if text(one.content, "spec", "clusterIP") == "None")
    selectors = (mapping(one.content, "spec", "selector") for one in headless)
    return pod is not None and any(selector and takes(selector, pod) for selector in selectors)


def _command(reference: Reference, namespace: str) -> str:
    keys = " ".join(f"--from-literal={key}=..." for key, _ in reference.keys)
    words = f"kubectl create secret generic {reference.name} {keys}".rstrip()
    return f"{words} -n {namespace}" if namespace else words


def _typed_keys(reference: Reference, made: set[str]) -> Iterator[Diagnostic]:
    """A command in a guide that lists every key it makes says which ones will be missing."""
    for key, path in reference.keys:
        if made and key not in made and not reference.optional and not is_open(key):
            offered = ", ".join(f"`{name}`" for name in sorted(made))
            message = (
                f"{reference.role} needs key `{key}` of {reference.kind} `{reference.name}`;"
                f" the command in the guide makes only {offered}"
            )
            near = get_close_matches(key, made, 1, 0.6)
            yield fault("missing-key", reference.document, path, message, f"write `{near[0]}`" if near else None)


def _typed(secret: Document) -> Iterator[Diagnostic]:
    known = {key for section in ("data", "stringData") for key in mapping(secret.content, section)}
    for key in _TYPED_KEYS.get(text(secret.content, "type"), ()):
        if key not in known and not items(secret.content, "data"):
            message = f"Secret `{secret.name}` is a `{text(secret.content, 'type')}` and lacks `{key}`"
            yield fault("missing-key", secret, ("type",), message)
