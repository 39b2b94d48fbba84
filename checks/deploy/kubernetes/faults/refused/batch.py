"""Jobs, by themselves and of a CronJob."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, below, only_with, whole
from checks.deploy.kubernetes.unit import selects
from checks.deploy.kubernetes.values import mapping, mappings, text

_LONGEST_NAME = 63
_MOST_PARALLEL = 100_000


def job(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A Job."""
    name = text(content, "metadata", "name")
    if len(name) > _LONGEST_NAME:
        message = f"the name has {len(name)} characters, and becomes a label of its Pods: {_LONGEST_NAME} are the most"
        yield Refusal(("metadata", "name"), message)
    yield from _spec(mapping(content, "spec"), ("spec",))


def cron_job(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A CronJob with the Job that it makes."""
    spec = mapping(content, "spec")
    bounds = {"startingDeadlineSeconds": 0, "successfulJobsHistoryLimit": 0, "failedJobsHistoryLimit": 0}
    yield from below(spec, ("spec",), **bounds)
    if re.search(r"\b(CRON_)?TZ=", text(spec, "schedule")):
        message = "the schedule names a time zone itself"
        yield Refusal(("spec", "schedule"), message, "timeZone: Europe/Berlin, beside the schedule")
    if mapping(spec, "jobTemplate", "spec").get("manualSelector") is True:
        yield Refusal(("spec", "jobTemplate", "spec", "manualSelector"), "a CronJob has no manual selector")
    yield from _spec(mapping(spec, "jobTemplate", "spec"), ("spec", "jobTemplate", "spec"))


def _spec(spec: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    yield from below(spec, path, parallelism=0, completions=0, backoffLimit=0, activeDeadlineSeconds=0)
    yield from below(spec, path, ttlSecondsAfterFinished=0, backoffLimitPerIndex=0, maxFailedIndexes=0)
    mode = text(spec, "completionMode")
    indexed = mode == "Indexed"
    if mode not in ("", "Indexed", "NonIndexed"):
        yield Refusal((*path, "completionMode"), f"`{mode}` is not `Indexed` or `NonIndexed`")
    if indexed and spec.get("completions") is None:
        yield Refusal((*path, "completionMode"), "an Indexed Job needs `completions`", "completions: 8")
    parallel = whole(spec.get("parallelism"))
    if indexed and parallel is not None and parallel > _MOST_PARALLEL:
        yield Refusal((*path, "parallelism"), f"an Indexed Job runs at most {_MOST_PARALLEL} Pods at once")
    for key in ("backoffLimitPerIndex", "successPolicy"):
        yield from only_with(spec, path, key, indexed, "`completionMode: Indexed`")
    per_index = spec.get("backoffLimitPerIndex") is not None
    yield from only_with(spec, path, "maxFailedIndexes", per_index, "`backoffLimitPerIndex`")
    labels = mapping(spec, "template", "metadata", "labels")
    own = len(path) > 1 or not selects(mapping(spec, "selector"), labels)
    if spec.get("selector") and spec.get("manualSelector") is not True and own:
        message = "a Job makes its own selector"
        yield Refusal((*path, "selector"), message, "remove the selector, or say `manualSelector: true`")
    yield from _failures(spec, path, per_index=per_index)


def _failures(spec: Mapping[str, Any], path: Path_, *, per_index: bool) -> Iterator[Refusal]:
    policy = text(spec, "template", "spec", "restartPolicy")
    for key in ("podFailurePolicy", "backoffLimitPerIndex"):
        yield from only_with(spec, path, key, policy == "Never", "`restartPolicy: Never`")
    for way, rule in mappings(spec, "podFailurePolicy", "rules"):
        said = [key for key in ("onExitCodes", "onPodConditions") if rule.get(key)]
        if len(said) != 1:
            yield Refusal((*path, *way), "a rule has exactly one of `onExitCodes` and `onPodConditions`")
        if text(rule, "action") == "FailIndex" and not per_index:
            yield Refusal((*path, *way, "action"), "`FailIndex` goes only with `backoffLimitPerIndex`")
