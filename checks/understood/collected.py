"""What a gate's evidence came to, whoever collected it."""

from __future__ import annotations

from typing import NamedTuple

from checks.model import Diagnostic, Evidence


class Collected(NamedTuple):
    """The evidence of one gate and what was found.

    `failure` is why the gate failed, in words, also where its exit status was 0; `blocked` is why it could not be
    judged, addressed to a person.
    """

    evidence: Evidence
    diagnostics: tuple[Diagnostic, ...] = ()
    failure: str | None = None
    blocked: str | None = None
