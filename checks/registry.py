"""The checks by name, imported only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from checks.model import Check, Rule


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One built-in check: where its function and its rules live, and whether it runs the project's Python."""

    module: str
    rules: str
    needs_python: bool = False


CHECKS: dict[str, CheckEntry] = {
    "raw": CheckEntry("checks.raw.validate", "checks.raw.rules"),
    "dry": CheckEntry("checks.raw.dry", "checks.raw.dry_rules", True),
    "temporal": CheckEntry("checks.temporal.check", "checks.temporal.rules", True),
    "compose": CheckEntry("checks.deploy.compose.check", "checks.deploy.compose.rules"),
    "kubernetes": CheckEntry("checks.deploy.kubernetes.check", "checks.deploy.kubernetes.rules"),
    "helm": CheckEntry("checks.deploy.helm.check", "checks.deploy.helm.rules"),
    "dockerfile": CheckEntry("checks.deploy.dockerfile.check", "checks.deploy.dockerfile.rules"),
    "wiring": CheckEntry("checks.wiring.check", "checks.wiring.rules", True),
    "install": CheckEntry("checks.install.check", "checks.install.rules"),
    "checklist": CheckEntry("checks.checklist.check", "checks.checklist.rules"),
}
_OTHER_RULES = ("checks.understood.pytest_rules", "checks.gate_rules")


def load_check(name: str) -> Check:
    """The function behind a check; KeyError where there is none of that name."""
    function: Check = import_module(CHECKS[name].module).check
    return function


def all_rules() -> tuple[Rule, ...]:
    """Every rule of every check, for `explain`."""
    modules = (*(entry.rules for entry in CHECKS.values()), *_OTHER_RULES)
    return tuple(rule for module in modules for rule in import_module(module).RULES)
