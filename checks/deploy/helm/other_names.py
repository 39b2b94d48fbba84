"""The same chart under another release name: what only holds together by accident comes apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from checks.deploy.helm.attempts import Attempt, Tried
from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.findings import WARNING
from checks.deploy.helm.outside import is_given
from checks.deploy.helm.program import Program, answer_all
from checks.model import CheckContext, Diagnostic, Severity

OTHER = "skillgate-other"
_LINKS = re.compile(r"kubernetes\.(missing-.*|unknown-host|selects-nothing|selector-mismatch)")


def other_names(tried: Sequence[Tried], program: Program, context: CheckContext) -> list[Tried]:
    """Every rendering that Helm gave, for a release that is called otherwise."""
    attempts = [_renamed(each.attempt) for each in tried if not each.answer.failed and each.answer.files]
    answers = answer_all(program, [each.request for each in attempts], context, linted=False)
    return [Tried(*pair) for pair in zip(attempts, answers, strict=True) if not pair[1].failed]


def _renamed(attempt: Attempt) -> Attempt:
    return replace(attempt, request=replace(attempt.request, name=OTHER))


def name_findings(
    found: Sequence[Diagnostic], known: Sequence[Diagnostic], text: ChartText, attempt: Attempt, release: str
) -> Iterator[Diagnostic]:
    """Links that break under the other name only; a name that the values give is theirs to know."""
    told = {(each.file, each.line) for each in known}
    for each in found:
        new = each.severity is Severity.ERROR and _LINKS.fullmatch(each.rule) and (each.file, each.line) not in told
        if new and not is_given(each, text, attempt):
            message = f"only a release called `{release}` holds together; called `{OTHER}`: {each.message}"
            yield each._replace(rule="helm.release-name", severity=WARNING, message=message)
