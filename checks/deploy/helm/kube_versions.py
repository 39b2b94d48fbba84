"""Charts that are for certain releases of Kubernetes only: rendered for one of those, not for Helm's own default."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.program import Program, answer_all
from checks.model import CheckContext

REFUSED = "chart requires kubeVersion"


def with_kube_versions(tried: Sequence[Tried], program: Program, context: CheckContext) -> tuple[Tried, ...]:
    """The same attempts; those that Helm refused for the release are tried for the releases which the chart names."""
    return tuple(_again(each, program, context) if REFUSED in each.answer.words else each for each in tried)


def _again(each: Tried, program: Program, context: CheckContext) -> Tried:
    attempts = [_for_release(each.attempt, version) for version in _named(each.attempt)]
    answers = answer_all(program, [attempt.request for attempt in attempts], context)
    found = (Tried(*pair) for pair in zip(attempts, answers, strict=True) if REFUSED not in pair[1].words)
    return next(found, each)


def _for_release(attempt: Attempt, version: str) -> Attempt:
    return replace(attempt, request=replace(attempt.request, kube_version=version))


def _named(attempt: Attempt) -> list[str]:
    """The releases in the chart's `kubeVersion`, and for each the one before it: a bound may exclude itself."""
    content = attempt.chart.about.content
    constraint = str(content.get("kubeVersion") or "") if isinstance(content, dict) else ""
    named = [(int(major), int(minor)) for major, minor in re.findall(r"(\d+)\.(\d+)", constraint)]
    both = [(major, each) for major, minor in named for each in (minor, minor - 1) if each >= 0]
    return [f"{major}.{minor}.0" for major, minor in sorted(set(both), reverse=True)][:8]
