"""The check `checklist` on the reference systems and on small changes of one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from support.program import ROOT

from checks.checklist.check import check
from checks.model import CheckContext, CheckResult

SYSTEMS = {
    "hiring-process": (8, 0),
    "webhook-intake": (7, 1),
    "scheduled-report": (6, 2),
}


def judge(root: Path) -> CheckResult:
    return check(CheckContext(root, Path(sys.executable)))


def copy(name: str, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(ROOT / "fixtures" / name, root, ignore=shutil.ignore_patterns(".venv", ".skillgate", "__pycache__"))
    return root


@pytest.mark.parametrize("name", SYSTEMS)
def test_reference_systems_lack_nothing(name: str) -> None:
    result = judge(ROOT / "fixtures" / name)
    assert (result.evidence["met"], result.evidence["not_needed"]) == SYSTEMS[name]
    assert result.diagnostics == ()


def test_each_step_says_what_meets_it_or_why_it_is_not_needed() -> None:
    evidence = judge(ROOT / "fixtures" / "webhook-intake").evidence
    assert evidence["steps"] == 8
    assert "analyze-submission" in str(evidence["1 raw-workflows"])
    assert str(evidence["4 temporal"]).startswith("not needed (nothing waits")
    assert "drawing" in str(evidence["8 readme"])


@pytest.mark.parametrize(
    ("test", "component"),
    [
        ("tests/test_database.py", "database/models.py"),
        ("tests/test_hiring_process.py", "workflows/temporal/hiring_process.py"),
    ],
)
def test_a_test_that_imports_something_else_leaves_its_component_untested(
    tmp_path: Path, test: str, component: str
) -> None:
    root = copy("hiring-process", tmp_path)
    for file in [*root.glob("tests/**/*.py"), *root.glob("api/tests/*.py")]:
        text = file.read_text()
        if component.split("/")[0] in text and file.name != "__init__.py":
            file.write_text("def test_nothing() -> None:\n    assert 1 + 1 == 2\n")
    untested = [each for each in judge(root).diagnostics if each.rule == "checklist.untested-component"]
    assert component.split("/")[0] in " ".join(f"{each.file} {each.message}" for each in untested)
    assert test in " ".join(each.message for each in untested)


def test_without_manifests_and_compose_a_system_lacks_two_steps(tmp_path: Path) -> None:
    root = copy("webhook-intake", tmp_path)
    shutil.rmtree(root / "k8s")
    shutil.rmtree(root / "chart")
    (root / "docker-compose.yml").unlink()
    rules = {each.rule for each in judge(root).diagnostics}
    assert rules == {"checklist.compose", "checklist.kubernetes"}


def test_a_single_workflow_needs_no_system(tmp_path: Path) -> None:
    folder = tmp_path / ".raw" / "workflows" / "score"
    folder.mkdir(parents=True)
    (folder / "run.py").write_text("from raw_runtime import BaseWorkflow\n")
    (tmp_path / "test_score.py").write_text('def test_score() -> None:\n    assert "score"\n')
    result = judge(tmp_path)
    assert result.diagnostics == ()
    assert result.evidence["not_needed"] == 6
