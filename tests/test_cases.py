"""One walk over `fixtures/cases`: every rule has a project it must catch and one it must leave alone.

`fixtures/cases/<check>/<rule>/<bad|good>[-what]/` is a small project; its `expected.yaml` lists the findings.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from support import programs
from support.program import ROOT, clean_environment

from checks.model import CheckContext, Severity
from checks.registry import CHECKS, load_check

CASES = ROOT / "fixtures" / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/*/expected.yaml"))
EXPECTED = "expected.yaml"
# Judged with the real kubectl and Helm.
DEPLOYED = {"kubernetes", "helm", "wiring"}


def rules_of(check: str) -> dict[str, str]:
    rules = import_module(CHECKS[check].rules).RULES
    return {rule.id: rule.severity.value for rule in rules}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(CASES)))
def test_case(folder: Path, tmp_path: Path) -> None:
    check, rule = folder.parent.parent.name, f"{folder.parent.parent.name}.{folder.parent.name}"
    root = tmp_path / "project"
    shutil.copytree(folder, root, ignore=shutil.ignore_patterns(EXPECTED))
    expected = yaml.safe_load((folder / EXPECTED).read_text(encoding="utf-8")) or []
    # mypy costs a second a case, and only two rules speak through it.
    types_limit = "60" if rule in {"temporal.wrong-type", "temporal.doubtful-type"} else "0.01"
    environment = clean_environment(SKILLGATE_DRY_LIMIT_S="10", SKILLGATE_TYPES_LIMIT_S=types_limit)
    if check in DEPLOYED:
        environment["PATH"] = os.pathsep.join([programs.folder(), environment["PATH"]])
    context = CheckContext(root, Path(sys.executable), os.cpu_count() or 1, (), environment)
    found = load_check(check)(context).diagnostics
    relevant = [each for each in found if each.severity is Severity.ERROR or each.rule == rule]
    said = sorted((each.rule, each.file or "", each.line or 0) for each in relevant)
    wanted = sorted((each["rule"], each.get("file") or "", each.get("line") or 0) for each in expected)
    assert said == wanted, [each.message for each in relevant]
    assert folder.name.startswith("good") or any(each["rule"] == rule for each in expected)


@pytest.mark.parametrize("check", CHECKS)
def test_every_rule_has_both_kinds_of_case(check: str) -> None:
    lacking = []
    for rule in rules_of(check):
        kinds = {path.name.split("-")[0] for path in (CASES / check / rule.removeprefix(f"{check}.")).glob("*")}
        lacking += [f"{rule}: no {kind} case" for kind in ("bad", "good") if kind not in kinds]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("check", CHECKS)
def test_every_case_belongs_to_a_rule(check: str) -> None:
    folders = {f"{check}.{path.name}" for path in (CASES / check).iterdir()}
    assert folders <= set(rules_of(check))
