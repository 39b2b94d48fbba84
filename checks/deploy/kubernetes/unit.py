"""One rendering with its objects by kind and name: what every rule looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from checks.deploy.kubernetes.apis import is_own
from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.deploy.kubernetes.pods import Pod, pod_of
from checks.deploy.kubernetes.routing import is_route
from checks.deploy.kubernetes.values import items, mapping, mappings, strings, text
from checks.discovery import project_files
from checks.model import Diagnostic, Place, Severity

_GUIDES = re.compile(
    r"(.*/)?([^/]+\.(md|rst|txt|sh|mk|tf)|Makefile|[Jj]ustfile|(Taskfile|skaffold|helmfile)\.ya?ml|Tiltfile)"
)
# Certificates, secrets, monitoring, routing, scaling: nothing that runs by itself.
_MAKES_NO_PODS = re.compile(
    r"((acme\.)?cert-manager\.io|external-secrets\.io|bitnami\.com|keda\.sh|traefik\.(io|containo\.us)|kyverno\.io"
    r"|(networking|security|telemetry)\.istio\.io|autoscaling\.k8s\.io|snapshot\.storage\.k8s\.io|networking\.gke\.io"
    r"|cloud\.google\.com|secrets-store\.csi\.x-k8s\.io|metallb\.io|configuration\.konghq\.com)/.*"
    r"|gateway\.networking\.k8s\.io/.* \w+Route"
    r"|monitoring\.coreos\.com/.* (ServiceMonitor|PodMonitor|PrometheusRule|Probe|ScrapeConfig|AlertmanagerConfig)"
)
# Each makes one Secret, called as it says there, or like itself.
_MAKERS: dict[str, Path_] = {
    "ExternalSecret": ("spec", "target", "name"),
    "SealedSecret": ("spec", "template", "metadata", "name"),
    "Certificate": ("spec", "secretName"),
}
_TEMPLATES = re.compile(r"\.(ya?ml|json)\.(in|tmpl|tpl|j2|jinja2?|template|erb|gotmpl)$")
BUILT_BY_KO = "ko://"
"""How an image begins that ko builds and fills in while it applies the file."""
HASH = "[2456789bcdfghkmt]{10}"
"""What kustomize puts behind the names of what it generates."""
_GUIDE_LIMIT = 512 * 1024
_MANY_EXAMPLES = 3


class Unit:
    """What is applied together. `elsewhere` holds what other units of the project apply."""

    def __init__(self, rendering: Rendering, root: Path, elsewhere: Sequence[Document] = ()) -> None:
        self.rendering = rendering
        self.documents = rendering.documents
        self.root = root
        self.elsewhere = elsewhere

    @cached_property
    def pods(self) -> list[Pod]:
        """Every Pod that an object of the unit makes."""
        return [pod for document in self.documents if (pod := pod_of(document)) is not None]

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Document]]:
        found: dict[tuple[str, str], list[Document]] = {}
        for document in self.documents:
            found.setdefault((document.kind, document.name), []).append(document)
        return found

    def of_kind(self, *kinds: str) -> Iterator[Document]:
        """The objects of some kinds of Kubernetes itself: operators have a `Service` or `Job` of their own, too."""
        return (one for one in self.documents if one.kind in kinds and is_own(text(one.content, "apiVersion")))

    def lookup(self, kind: str, name: str, namespace: str = "") -> Document | None:
        """The object of that kind and name that something in `namespace` sees."""
        same = self._by_name.get((kind, name), ())
        return next((document for document in same if meets(document.namespace, namespace)), None)

    def in_other_namespace(self, kind: str, name: str) -> Document | None:
        """An object of that kind and name, wherever it is."""
        return next(iter(self._by_name.get((kind, name), ())), None)

    def names(self, kind: str) -> list[str]:
        """The names that a kind has."""
        return sorted({document.name for document in self.of_kind(kind)})

    def near(self, kind: str, name: str) -> str | None:
        """A hint with the nearest name of a kind, and where that is."""
        best = get_close_matches(name, self.names(kind), 1, 0.5)
        found = self.in_other_namespace(kind, best[0]) if best else None
        return f"there is {kind} `{found.name}` at {short(found.place)}" if found else None

    def made_elsewhere(self, kind: str, name: str, namespace: str = "") -> Document | None:
        """The object in another unit of the project, or the custom resource that speaks of the name."""
        # A kustomization puts a prefix before a name, and a hash behind it.
        whole = re.compile(rf"(.*[-.])?{re.escape(name)}(-{HASH})?")
        same = (one for one in self.elsewhere if one.kind == kind and meets(one.namespace, namespace))
        return next((one for one in same if whole.fullmatch(one.name)), None) or self.made_by_operator(name)

    def made_by_operator(self, name: str) -> Document | None:
        """The custom resource that speaks of a name, as one does that makes a Secret."""
        return next((one for one, said in self._custom if name in said), None)

    def is_filled_by_operator(self, name: str) -> bool:
        """Whether something of this very unit may put more keys into a Secret that is here."""
        return any(name in said for one, said in self._custom if one in self.documents)

    @cached_property
    def _custom(self) -> list[tuple[Document, frozenset[str]]]:
        """Objects of operators, with every word in them: what they make is theirs to know."""
        custom = (one for one in (*self.documents, *self.elsewhere) if not is_own(text(one.content, "apiVersion")))
        return [(one, _spoken(one)) for one in custom]

    @cached_property
    def is_collection(self) -> bool:
        """Whether these are examples beside each other: single Pods, the same names again and again."""
        if self.rendering.kind != "plain":
            return False
        again = sum(len({one.place.file for one in same}) - 1 for same in self._by_name.values())
        single = sum(one.kind == "Pod" for one in self.documents)
        return again + single >= _MANY_EXAMPLES

    @property
    def has_custom(self) -> bool:
        """Whether operators may make Pods and Services that are written nowhere."""
        types = (f"{text(one.content, 'apiVersion')} {one.kind}" for one, _ in self._custom)
        return any(not _MAKES_NO_PODS.fullmatch(each) for each in types)

    @cached_property
    def guides(self) -> str:
        """What the project tells people and scripts to type."""
        return "\n".join(_guide(self.root / file) for file in project_files(self.root) if _GUIDES.fullmatch(file))

    @cached_property
    def uses_helm(self) -> bool:
        """Whether the project's guides install other people's charts: what those bring cannot be seen here."""
        return bool(re.search(r"helm\s+repo\s+add|oci://|--repo[ =]|helm_(resource|remote|repo)|helmfile", self.guides))

    @cached_property
    def uses_ko(self) -> bool:
        """Whether ko fills in the images: its users apply the rest of what is needed by scripts of their own."""
        images = (text(each.content, "image") for pod in self.pods for each in pod.containers())
        return any(image.startswith(BUILT_BY_KO) for image in images)

    @cached_property
    def labels_pods(self) -> bool:
        """Whether something here may label Pods while they run, as one does that elects a leader."""
        rules = (rule for role in self.of_kind("Role", "ClusterRole") for _, rule in mappings(role.content, "rules"))
        return any(
            {"pods", "*"} & set(map(str, items(rule, "resources")))
            and {"patch", "update", "*"} & set(map(str, items(rule, "verbs")))
            for rule in rules
        )

    @cached_property
    def has_templates(self) -> bool:
        """Whether templates lie beside the manifests, out of which more objects come."""
        folder = self.rendering.place.file
        above = "" if folder == "." or self.rendering.kind != "plain" else f"{folder}/"
        return any(file.startswith(above) and _TEMPLATES.search(file) for file in project_files(self.root))

    def created_by_hand(self, kind: str, name: str) -> list[str]:
        """The commands of guides that create an object: `kubectl create secret generic NAME ...`."""
        word = {"Secret": r"secret\s+[\w-]+", "ConfigMap": r"(?:configmap|cm)", "Namespace": r"(?:namespace|ns)"}.get(
            kind
        )
        word = word or kind.lower()
        joined = re.sub(r"\\\n", " ", self.guides)
        found = re.finditer(rf"\bcreate\s+(?:-\S+\s+\S+\s+)*{word}\s+([^\n]*)", joined, re.IGNORECASE)
        pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
        return [match[1] for match in found if pattern.search(match[1])]


def _spoken(custom: Document) -> frozenset[str]:
    """The words of an operator's object that may be names of what it makes."""
    if is_route(custom):
        return frozenset()  # it asks for what it names, and makes nothing
    made = made_secret(custom)
    return frozenset({made}) if made else frozenset(said for _, said in strings(custom.content))


def made_secret(custom: Document) -> str | None:
    """The one Secret that an operator makes out of an object; None where that is not known."""
    if custom.kind not in _MAKERS or is_own(text(custom.content, "apiVersion")):
        return None
    return text(custom.content, *_MAKERS[custom.kind]) or custom.name


def _guide(path: Path) -> str:
    try:
        if path.stat().st_size > _GUIDE_LIMIT:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def meets(first: str, second: str) -> bool:
    """Whether two objects can be in one namespace; one that names none goes where it is applied."""
    return not first or not second or first == second


def short(place: Place) -> str:
    """`file:line`."""
    return f"{place.file}:{place.line}" if place.line else place.file


def selects(selector: object, labels: object) -> bool:
    """Whether a selector (`matchLabels`, `matchExpressions`, or plain pairs) takes an object with these labels."""
    pairs, expressions = mapping(selector, "matchLabels"), mapping(selector).get("matchExpressions")
    plain = mapping(selector)
    own = mapping(labels)
    wanted = pairs if pairs or expressions is not None or "matchLabels" in plain else plain
    if any(str(own.get(key)) != str(value) for key, value in wanted.items()):
        return False
    return all(_holds(one, own) for one in (expressions if isinstance(expressions, list) else []))


def takes(selector: object, pod: Pod) -> bool:
    """Whether a selector takes a Pod, also by the labels that it gets only when it is made."""
    asked = {**mapping(selector), **mapping(selector, "matchLabels")}
    asked |= {text(one, "key"): "" for _, one in mappings(selector, "matchExpressions")}
    return selects(selector, pod.labels_for(asked))


def _holds(expression: object, labels: object) -> bool:
    key, operator = text(expression, "key"), text(expression, "operator")
    own = mapping(labels)
    values = items(expression, "values")
    if operator in ("In", "Exists"):
        return key in own and (operator == "Exists" or own[key] in values)
    return key not in own or (operator == "NotIn" and own[key] not in values)


def finding(
    rule: str,
    place: Place,
    message: str,
    hint: str | None = None,
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    """One finding of this room."""
    return Diagnostic(f"kubernetes.{rule}", severity, message, place.file, place.line, None, hint)


def fault(rule: str, document: Document, path: Path_, message: str, hint: str | None = None) -> Diagnostic:
    """Something certainly wrong at a path of a document."""
    return finding(rule, document.find(path), message, hint)


def doubt(rule: str, document: Document, path: Path_, message: str, hint: str | None = None) -> Diagnostic:
    """Something that may be meant so, or that cannot be known here."""
    return finding(rule, document.find(path), message, hint, Severity.WARNING)
