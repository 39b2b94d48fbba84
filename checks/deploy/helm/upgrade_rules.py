"""What works once: objects that the first installation or the next upgrade cannot make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.helm.charts import Chart
from checks.deploy.helm.findings import ERROR, finding
from checks.deploy.helm.hooks import hooks_of
from checks.deploy.kubernetes.apis import group_of
from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.deploy.kubernetes.values import mapping, mappings, text
from checks.model import Diagnostic

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_CHART_LABEL = re.compile(r".*-v?\d+\.\d+\.\d+([-+_.].*)?")


def upgrade_findings(chart: Chart, rendering: Rendering) -> Iterator[Diagnostic]:
    """Types that come too late, and what Kubernetes lets nobody change."""
    yield from _late_types(rendering)
    for document in rendering.documents:
        if document.kind in _WORKLOADS and not hooks_of(document):
            yield from _changing(chart, document)


def _late_types(rendering: Rendering) -> Iterator[Diagnostic]:
    made = {
        (text(each.content, "spec", "group"), text(each.content, "spec", "names", "kind")): each
        for each in rendering.documents
        if each.kind == "CustomResourceDefinition" and "templates/" in each.place.file
    }
    for document in rendering.documents:
        definition = made.pop((group_of(text(document.content, "apiVersion")), document.kind), None)
        if definition is not None and not hooks_of(document):
            message = (
                f"{document.kind} `{document.name}` is of a type that is a template of this same chart "
                f"({definition.place}): Helm looks up every type before it makes anything, and the first installation "
                "fails"
            )
            hint = "move the CustomResourceDefinition into crds/, which Helm applies before the templates"
            yield finding("type-too-late", ERROR, message, document.find(("kind",)), hint)


def _changing(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """Labels with the chart's version in what is immutable."""
    places: list[tuple[Path_, Mapping[str, Any]]] = [
        (("spec", "selector", "matchLabels"), mapping(document.content, "spec", "selector", "matchLabels"))
    ]
    for way, claim in mappings(document.content, "spec", "volumeClaimTemplates"):
        places.append(((*way, "metadata", "labels"), mapping(claim, "metadata", "labels")))
    for way, labels in places:
        name = next((key for key, value in labels.items() if _has_version(chart, str(key), str(value))), None)
        if name is not None:
            where = "the selector" if way[1] == "selector" else "a volume claim template"
            message = (
                f"{where} of {document.kind} `{document.name}` has the label `{name}: {labels[name]}`, which changes "
                "with the version: Kubernetes lets nobody change it, and the next upgrade fails"
            )
            hint = "select by labels that stay, such as app.kubernetes.io/name and app.kubernetes.io/instance"
            yield finding("changing-selector", ERROR, message, document.find(way), hint)


def _has_version(chart: Chart, key: str, value: str) -> bool:
    about = mapping(chart.about.content)
    versions = {str(about.get(name)) for name in ("version", "appVersion") if about.get(name) is not None}
    last = key.rpartition("/")[2]
    if key == "helm.sh/chart" or last == "chart":
        return bool(_CHART_LABEL.fullmatch(value))
    return key == "app.kubernetes.io/version" and value in versions
