"""Deployments, StatefulSets, Jobs and what scales or guards them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.faults.cron import cron_fault, is_time_zone
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.unit import Unit, doubt, fault, meets, selects, short, takes
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, quantity, text
from checks.model import Diagnostic

_SELECTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_MIGRATIONS = re.compile(
    r"\balembic\b.*\bupgrade\b|\bmanage\.py\s+migrate\b|\bprisma\s+(migrate\s+deploy|db\s+push)\b|\bflask\s+db\s+upgrade\b"
    r"|\bdjango-admin\s+migrate\b|\baerich\s+upgrade\b|\bsequelize\b.*\bdb:migrate\b|\brake\s+db:migrate\b"
    r"|\brails\s+db:migrate\b|\byoyo\s+apply\b|\bknex\s+migrate:latest\b|\btypeorm\b.*\bmigration:run\b"
)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything about workloads."""
    for pod in unit.pods:
        if pod.document.kind in _SELECTING:
            yield from _own_selector(pod)
        yield from _migrations(unit, pod)
        yield from _shared_volume(unit, pod)
    for document in unit.of_kind("Deployment"):
        yield from _strategy(document)
    for document in unit.of_kind("CronJob"):
        yield from _schedule(document)
    for document in unit.of_kind("HorizontalPodAutoscaler"):
        yield from _autoscaler(unit, document)
    for document in unit.of_kind("PodDisruptionBudget", "NetworkPolicy"):
        yield from _guards(unit, document)
    for document in unit.of_kind("StatefulSet"):
        yield from _governing(unit, document)
    for document in unit.of_kind("PersistentVolumeClaim"):
        yield from _claim(document)


def _own_selector(pod: Pod) -> Iterator[Diagnostic]:
    document = pod.document
    selector = mapping(document.content, "spec", "selector")
    if not selector:
        message = f"{document.kind} `{document.name}` has no selector: the API refuses that"
        hint = "selector: {matchLabels: ...} with labels of the template"
        yield fault("selector-mismatch", document, ("spec",), message, hint)
    elif not mapping(selector, "matchLabels") and not items(selector, "matchExpressions"):
        message = f"the selector of {document.kind} `{document.name}` has neither matchLabels nor matchExpressions"
        yield fault("selector-mismatch", document, ("spec", "selector"), message)
    elif not selects(selector, pod.labels):
        labels = ", ".join(f"{key}: {value}" for key, value in pod.labels.items()) or "no labels"
        wanted = ", ".join(f"{key}: {value}" for key, value in mapping(selector, "matchLabels").items())
        place = short(document.find((*pod.path, "metadata", "labels")))
        message = (
            f"{document.kind} `{document.name}` selects `{wanted}`, but its template at {place} has `{labels}`:"
            " the API refuses that"
        )
        yield fault("selector-mismatch", document, ("spec", "selector"), message)


def _copies(unit: Unit, document: Document) -> int:
    """How many Pods of a workload there are at once, at most, as far as it is written here."""
    most = [_count(document)]
    for scaler in unit.of_kind("HorizontalPodAutoscaler"):
        target = mapping(scaler.content, "spec", "scaleTargetRef")
        if text(target, "name") == document.name and text(target, "kind") == document.kind:
            ceiling = mapping(scaler.content, "spec").get("maxReplicas")
            most.append(ceiling if isinstance(ceiling, int) else 1)
    return max(most)


def _count(document: Document) -> int:
    """How many Pods a workload begins with."""
    count = mapping(document.content, "spec").get("replicas")
    return count if isinstance(count, int) else 1


def _migrations(unit: Unit, pod: Pod) -> Iterator[Diagnostic]:
    document = pod.document
    if document.kind not in ("Deployment", "ReplicaSet") or (copies := _copies(unit, document)) < 2:
        return
    for container in pod.containers():
        line = _line(container)
        if _MIGRATIONS.search(line) and "--check" not in line and "advisory" not in line and "flock" not in line:
            where = (*container.path, "command" if container.content.get("command") else "args")
            hint = "migrate in a Job, and let the Pods wait for it"
            if _count(document) > 1:
                message = f"{container.title} migrates the database, and {copies} replicas do so at the same time"
                yield fault("racing-migration", document, where, message, hint)
            else:  # it begins with one, and what comes later finds the work done
                message = f"{container.title} migrates the database, and up to {copies} replicas may do so at once"
                yield doubt("racing-migration", document, where, message, hint)


def _line(container: Container) -> str:
    return " ".join(str(word) for key in ("command", "args") for word in items(container.content, key))


def _shared_volume(unit: Unit, pod: Pod) -> Iterator[Diagnostic]:
    if pod.document.kind not in ("Deployment", "ReplicaSet"):
        return
    for path, volume in mappings(pod.spec, "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        claim = unit.lookup("PersistentVolumeClaim", name, pod.document.namespace) if name else None
        modes = items(claim.content, "spec", "accessModes") if claim else []
        if claim and modes and not {"ReadWriteMany", "ReadOnlyMany"}.intersection(map(str, modes)):
            copies = _copies(unit, pod.document)
            if copies > 1:
                message = (
                    f"{copies} replicas share the volume `{name}`, which is `{modes[0]}`: only one node can have it"
                )
                hint = f"the claim is at {short(claim.place)}"
                yield doubt("shared-volume", pod.document, (*pod.spec_path, *path), message, hint)


def _strategy(document: Document) -> Iterator[Diagnostic]:
    strategy = mapping(document.content, "spec", "strategy")
    rolling = mapping(strategy, "rollingUpdate")
    where = ("spec", "strategy")
    if text(strategy, "type") == "Recreate" and rolling:
        message = (
            f"the strategy of Deployment `{document.name}` is Recreate and has rollingUpdate: the API refuses that"
        )
        yield fault("strategy", document, where, message)
    none = (0, "0", "0%")
    if rolling.get("maxSurge") in none and rolling.get("maxUnavailable") in none and len(rolling) > 1:
        message = f"Deployment `{document.name}` may have no Pod more and no Pod less: the API refuses that"
        yield fault("strategy", document, (*where, "rollingUpdate"), message)


def _schedule(document: Document) -> Iterator[Diagnostic]:
    schedule, zone = mapping(document.content, "spec").get("schedule"), text(document.content, "spec", "timeZone")
    if isinstance(schedule, str) and not is_open(schedule) and (wrong := cron_fault(schedule)):
        message = f"the schedule `{schedule}` of CronJob `{document.name}` is wrong: {wrong}"
        yield fault("schedule", document, ("spec", "schedule"), message, "minute hour day month weekday: `0 6 * * *`")
    if zone and not is_open(zone) and not is_time_zone(zone):
        message = f"CronJob `{document.name}` has the time zone `{zone}`, which does not exist"
        yield fault("schedule", document, ("spec", "timeZone"), message, "a name such as `Europe/Berlin` or `Etc/UTC`")


def _autoscaler(unit: Unit, document: Document) -> Iterator[Diagnostic]:
    spec = mapping(document.content, "spec")
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        message = f"the autoscaler `{document.name}` has minReplicas {least}, more than maxReplicas {most}"
        yield fault("autoscaler", document, ("spec", "minReplicas"), message)
    name, kind = text(spec, "scaleTargetRef", "name"), text(spec, "scaleTargetRef", "kind")
    target = next((pod for pod in unit.pods if (pod.document.kind, pod.document.name) == (kind, name)), None)
    if target is None:
        return
    yield from _measured(document, target)
    if any(unit.of_kind("LimitRange")):
        return
    for path, resource in _by_utilization(spec):
        without = [
            each for each in target.containers() if not each.is_init and not _has_request(each.content, resource)
        ]
        if without:
            message = f"the autoscaler `{document.name}` goes by {resource}, but {without[0].title} requests none of it"
            hint = f"resources: {{requests: {{{resource}: ...}}}} at {short(without[0].find())}"
            # A namespace that is made here has no defaults but those that are here.
            make = fault if document.namespace and unit.lookup("Namespace", document.namespace) else doubt
            yield make("autoscaler", document, path, message, hint)


def _measured(document: Document, target: Pod) -> Iterator[Diagnostic]:
    """The container that a metric names is one of the Pod."""
    names = [container.name for container in target.containers()]
    for path, metric in mappings(document.content, "spec", "metrics"):
        name = text(metric, "containerResource", "container")
        if name and name not in names and not is_open(name):
            offered = ", ".join(f"`{each}`" for each in names)
            workload = f"{target.document.kind} `{target.document.name}`"
            message = f"the autoscaler `{document.name}` measures container `{name}`; {workload} has {offered}"
            hint = f"see {short(target.document.place)}"
            yield fault("autoscaler", document, (*path, "containerResource", "container"), message, hint)


def _by_utilization(spec: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if spec.get("targetCPUUtilizationPercentage"):
        yield ("spec", "targetCPUUtilizationPercentage"), "cpu"
    for path, metric in mappings(spec, "metrics"):
        resource = mapping(metric, "resource")
        if text(resource, "target", "type") == "Utilization" or "targetAverageUtilization" in resource:
            yield ("spec", *path), text(resource, "name")


def _has_request(container: Any, resource: str) -> bool:
    resources = mapping(container, "resources")
    return any(resource in mapping(resources, section) for section in ("requests", "limits"))


def _guards(unit: Unit, document: Document) -> Iterator[Diagnostic]:
    word = "selector" if document.kind == "PodDisruptionBudget" else "podSelector"
    selector = mapping(document.content, "spec", word)
    if not selector or any(is_open(value) for value in mapping(selector, "matchLabels").values()):
        return
    pods = [pod for pod in unit.pods if meets(pod.document.namespace, document.namespace)]
    chosen = [pod for pod in pods if takes(selector, pod)]
    if pods and not chosen:
        words = ", ".join(f"{key}: {value}" for key, value in mapping(selector, "matchLabels").items())
        message = f"{document.kind} `{document.name}` selects `{words}`, which no Pod here has"
        yield doubt("guards-nothing", document, ("spec", word), message)
    if chosen and document.kind == "PodDisruptionBudget":
        yield from _never(document)
    least = quantity(mapping(document.content, "spec").get("minAvailable"))
    for pod in chosen:
        count = _copies(unit, pod.document)
        if document.kind == "PodDisruptionBudget" and least is not None and least >= count:
            message = f"{document.name} wants {least} Pods at any time, and there are {count}: no node can be drained"
            yield doubt("guards-nothing", document, ("spec", "minAvailable"), message)


def _never(document: Document) -> Iterator[Diagnostic]:
    """A budget that lets no Pod go at any time."""
    for key, values in (("minAvailable", ("100%",)), ("maxUnavailable", (0, "0", "0%"))):
        value = mapping(document.content, "spec").get(key)
        if value in values and not isinstance(value, bool):
            message = f"{document.name} says `{key}: {value}`: no Pod may ever be evicted, and no node drained"
            yield doubt("guards-nothing", document, ("spec", key), message)


def _governing(unit: Unit, document: Document) -> Iterator[Diagnostic]:
    name = text(document.content, "spec", "serviceName")
    service = unit.lookup("Service", name, document.namespace) if name else None
    if service is not None and mapping(service.content, "spec").get("clusterIP") != "None":
        replicas = mapping(document.content, "spec").get("replicas", 1)
        if isinstance(replicas, int) and replicas > 1:
            message = (
                f"Service `{name}` of StatefulSet `{document.name}` is not headless: its Pods get no names of their own"
            )
            yield doubt("service", service, ("spec",), message, "clusterIP: None")


def _claim(document: Document) -> Iterator[Diagnostic]:
    spec = mapping(document.content, "spec")
    if not items(spec, "accessModes"):
        yield fault("volume-claim", document, ("spec",), f"the claim `{document.name}` has no accessModes")
    amount = mapping(spec, "resources", "requests").get("storage")
    if amount is None:
        yield fault("volume-claim", document, ("spec",), f"the claim `{document.name}` asks for no storage")
    elif quantity(amount) is None and not is_open(amount):
        where = ("spec", "resources", "requests", "storage")
        yield fault("quantity", document, where, f"`{amount}` is no quantity of storage")
