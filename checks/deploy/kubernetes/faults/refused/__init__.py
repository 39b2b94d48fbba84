"""What the API server refuses although every field has its type: one file per family, each with functions over content.

The words follow the server's own validation (`pkg/apis/*/validation` of Kubernetes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.apis import is_own
from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.refused import access, batch, custom, podspec, scaling, storage, traffic, updates
from checks.deploy.kubernetes.faults.refused.refusal import Refusal
from checks.deploy.kubernetes.pods import pod_of
from checks.deploy.kubernetes.unit import Unit, fault
from checks.deploy.kubernetes.values import text
from checks.model import Diagnostic

_Judge = Callable[[Mapping[str, Any]], Iterator[Refusal]]
_BY_KIND: dict[str, tuple[_Judge, ...]] = {
    "Deployment": (updates.deployment,),
    "StatefulSet": (updates.stateful_set,),
    "DaemonSet": (updates.daemon_set,),
    "Job": (batch.job,),
    "CronJob": (batch.cron_job,),
    "HorizontalPodAutoscaler": (scaling.autoscaler,),
    "PodDisruptionBudget": (scaling.budget,),
    "Service": (traffic.service,),
    "Ingress": (traffic.ingress,),
    "NetworkPolicy": (traffic.policy,),
    "PersistentVolumeClaim": (storage.claim,),
    "PersistentVolume": (storage.volume,),
    "ConfigMap": (storage.settings,),
    "Secret": (storage.secret,),
    "Role": (access.role,),
    "ClusterRole": (access.role,),
    "RoleBinding": (access.binding,),
    "ClusterRoleBinding": (access.binding,),
    "PriorityClass": (access.priority,),
    "CustomResourceDefinition": (custom.definition,),
    "APIService": (custom.service,),
    "ValidatingWebhookConfiguration": (custom.webhooks,),
    "MutatingWebhookConfiguration": (custom.webhooks,),
}


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything that contradicts itself in a way that the API knows."""
    for document in unit.documents:
        if not is_own(text(document.content, "apiVersion")):
            continue
        for path, message, hint in _refusals(document):
            said = f"{document.kind} `{document.name}`: {message}: the API refuses that"
            yield fault("refused", document, path, said, hint)


def _refusals(document: Document) -> Iterator[Refusal]:
    for judge in _BY_KIND.get(document.kind, ()):
        yield from judge(document.content)
    pod = pod_of(document)
    if pod is not None:
        for path, message, hint in podspec.pod(pod.spec, document.kind):
            yield Refusal((*pod.spec_path, *path), message, hint)
