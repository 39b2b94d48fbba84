"""The rules of the check `wiring`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule, Severity
from checks.wiring.calls.rules import RULES as CALLS
from checks.wiring.code.rules import RULES as CODE
from checks.wiring.database.rules import RULES as DATABASE
from checks.wiring.deployments.rules import RULES as DEPLOYMENTS

_UNREAD = Rule(
    id="wiring.unread-deployment",
    severity=Severity.WARNING,
    title="Every deployment can be read",
    why="What cannot be rendered here was not judged: nothing is known about its hosts, variables and commands.",
    wrong="resources: [https://example.org/base?ref=v1]      # a kustomization that comes over the network",
    right="resources: [base]      # a copy in the project",
)
RULES: tuple[Rule, ...] = (_UNREAD, *DEPLOYMENTS, *CODE, *CALLS, *DATABASE)
