"""Names that somebody wrote into the values: an object that the chart does not make may live outside of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from checks.deploy.helm.attempts import Attempt
from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.findings import WARNING
from checks.deploy.helm.yaml_source import leaves
from checks.deploy.kubernetes.documents import Path_, Rendering
from checks.model import Diagnostic

_RULES = {
    "kubernetes.missing-config-map": "ConfigMap",
    "kubernetes.missing-secret": "Secret",
    "kubernetes.missing-volume-claim": "PersistentVolumeClaim",
    "kubernetes.missing-service-account": "ServiceAccount",
    "kubernetes.missing-role": "Role",
    "kubernetes.missing-service": "Service",
    "kubernetes.unknown-host": "Service",
}
_NAMED = re.compile(r"(?:needs \w+|asks the host) `([^`]+)`")


def with_outside(
    found: Iterable[Diagnostic], text: ChartText, attempt: Attempt, rendering: Rendering
) -> Iterator[Diagnostic]:
    """The findings; what the values say to be elsewhere is left out, and what they only name becomes a warning."""
    said = list(_said(text, attempt))
    for each in found:
        kind = _RULES.get(each.rule)
        named = _NAMED.search(each.message) if kind else None
        ways = [way for way, value in said if named is not None and _is_named(named[1], value)]
        if named is None or kind is None or not ways:
            yield each
        elif not any(_is_elsewhere(way, said) for way in ways):
            meant = _is_meant(named[1], kind, rendering, attempt.request.name)
            yield each if meant else each._replace(severity=WARNING)


def is_given(found: Diagnostic, text: ChartText, attempt: Attempt) -> bool:
    """Whether the name that a finding misses stands in the values."""
    named = _NAMED.search(found.message)
    return named is not None and any(_is_named(named[1], value) for _, value in _said(text, attempt))


def _said(text: ChartText, attempt: Attempt) -> Iterator[tuple[Path_, object]]:
    for source in (text.defaults, *text.values):
        if source is text.defaults or source.file in attempt.values:
            yield from leaves(source.content)
    for word in attempt.request.settings[1::2]:
        name, _, value = word.partition("=")
        yield tuple(name.split(".")), value


def _is_named(name: str, value: object) -> bool:
    if isinstance(value, list):
        return any(_is_named(name, each) for each in value)
    if isinstance(value, dict):
        return any(_is_named(name, each) for each in value.values())
    return isinstance(value, str) and bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", value))


def _is_elsewhere(way: Path_, said: Sequence[tuple[Path_, object]]) -> bool:
    """Whether the values say so: `existingClaim: data`, or a name beside `create: false`."""
    if re.search(r"(?i)existing|external", str(way[-1])):
        return True
    beside = [value for other, value in said if other[:-1] == way[:-1] and other[-1] in ("create", "enabled")]
    return bool(beside) and beside[-1] is False


def _is_meant(name: str, kind: str, rendering: Rendering, release: str) -> bool:
    """Whether an object of this chart was meant: its name is this one misspelled, or with the release before it."""
    names = [each.name for each in rendering.documents if each.kind == kind]
    return f"{release}-{name}" in names or bool(get_close_matches(name, names, 1, 0.85))
