"""The checks by name, imported only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from checks.model import Check, Rule


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One built-in check: where its function and its rules live, the kind of items that it must have looked at, and
    whether it runs the project's Python."""

    module: str
    rules: str
    kind: str
    needs_python: bool = False


CHECKS: dict[str, CheckEntry] = {
    "raw": CheckEntry("checks.raw.validate", "checks.raw.rules", "workflows"),
    "dry": CheckEntry("checks.raw.dry", "checks.raw.dry_rules", "workflows", True),
    "temporal": CheckEntry("checks.temporal.check", "checks.temporal.rules", "workflows", True),
    "compose": CheckEntry("checks.deploy.compose.check", "checks.deploy.compose.rules", "services"),
    "kubernetes": CheckEntry("checks.deploy.kubernetes.check", "checks.deploy.kubernetes.rules", "documents"),
    "helm": CheckEntry("checks.deploy.helm.check", "checks.deploy.helm.rules", "renderings"),
    "dockerfile": CheckEntry("checks.deploy.dockerfile.check", "checks.deploy.dockerfile.rules", "dockerfiles"),
    "wiring": CheckEntry("checks.wiring.check", "checks.wiring.rules", "wires", True),
    "install": CheckEntry("checks.install.check", "checks.install.rules", "sets"),
    "checklist": CheckEntry("checks.checklist.check", "checks.checklist.rules", "steps"),
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
