"""Projects with Compose files, judged with the real program or without any."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from support.program import clean_environment

from checks.deploy.compose.check import check
from checks.model import CheckContext, CheckResult, Diagnostic

OUR_PROGRAMS = Path(sys.executable).parent
DOCKER_COMPOSE = OUR_PROGRAMS / "docker-compose"


def judged(
    root: Path, *command: str, hidden: bool = False, python: Path | None = None, **environment: str
) -> CheckResult:
    """The check's result; `hidden` hides every Compose of this machine."""
    inherited = clean_environment(**environment)
    if not hidden:
        return check(CheckContext(root, python or Path(sys.executable), 1, command, inherited))
    empty = root.parent / "no-programs"
    empty.mkdir(exist_ok=True)
    with patch.object(sys, "executable", str(empty / "python")):
        return check(CheckContext(root, empty / "python", 1, command, {**inherited, "PATH": str(empty)}))


def said(result: CheckResult) -> list[tuple[str, str, str | None, int | None]]:
    """Severity, rule, file and line of each finding."""
    return [(found.severity.value, found.rule, found.file, found.line) for found in result.diagnostics]


def errors(result: CheckResult) -> list[str]:
    """The rules of the findings that fail the gate."""
    return [found.rule for found in result.diagnostics if found.severity.value == "error"]


def found(root: Path, files: dict[str, str], rule: str = "") -> list[Diagnostic]:
    """The findings about a project of these files whose rule ends so."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [each for each in judged(root).diagnostics if each.rule.endswith(rule)]


def severities(root: Path, files: dict[str, str], rule: str) -> list[str]:
    """How sure those findings are."""
    return [each.severity.value for each in found(root, files, rule)]
