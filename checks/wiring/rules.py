"""The rules of the check `wiring`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule
from checks.wiring.calls.rules import RULES as CALLS
from checks.wiring.code.rules import RULES as CODE
from checks.wiring.database.rules import RULES as DATABASE
from checks.wiring.deployments.rules import RULES as DEPLOYMENTS

RULES: tuple[Rule, ...] = DEPLOYMENTS + CODE + CALLS + DATABASE
