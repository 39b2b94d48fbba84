"""All rules of the check `raw`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Rule
from checks.raw.rules_class import CLASS_RULES
from checks.raw.rules_imports import IMPORT_RULES
from checks.raw.rules_purity import PURITY_RULES
from checks.raw.rules_script import SCRIPT_RULES

RULES: tuple[Rule, ...] = (*SCRIPT_RULES, *IMPORT_RULES, *CLASS_RULES, *PURITY_RULES)
