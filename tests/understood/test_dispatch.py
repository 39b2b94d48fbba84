"""Command lines that join several programs which the runner understands: each is judged by its own evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.program import Skillgate, gates

WORKFLOW = """\
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2"]
# ///
from pydantic import BaseModel
from raw_runtime import BaseWorkflow


class Params(BaseModel):
    number: int


class Double(BaseWorkflow[Params]):
    def run(self) -> int:
        return 0


if __name__ == "__main__":
    Double.main()
"""
COMPOSE = "services:\n  cache:\n    image: redis:7.4\n"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    workflow = project / ".raw" / "workflows" / "double"
    workflow.mkdir(parents=True)
    (workflow / "run.py").write_text(WORKFLOW, encoding="utf-8")
    (project / "docker-compose.yml").write_text(COMPOSE, encoding="utf-8")
    (project / "test_it.py").write_text("def test_it():\n    assert True\n", encoding="utf-8")
    return project


def gate(skillgate: Skillgate, system: Path, command: str) -> dict[str, object]:
    (system / "skillgate.yaml").write_text(gates(all=command), encoding="utf-8")
    found: dict[str, object] = skillgate("run", str(system), "--format", "json").json["gates"][0]
    return found


@pytest.mark.parametrize(
    "command",
    [
        "skillgate check raw && pytest -q | tail -1",
        "pytest -q | tail -1 && docker-compose config -q && skillgate check raw",
    ],
)
def test_a_green_counts_the_items_of_all(skillgate: Skillgate, system: Path, command: str) -> None:
    found = gate(skillgate, system, command)
    assert found["status"] == "passed", found
    evidence = found["evidence"]
    assert isinstance(evidence, dict)
    assert (evidence["workflows"], evidence["tests"]) == (1, 1)
    assert evidence.get("services", 1) == 1


def test_tests_behind_a_check_cannot_fail_unseen(skillgate: Skillgate, system: Path) -> None:
    (system / "test_it.py").write_text("def test_it():\n    assert False\n", encoding="utf-8")
    found = gate(skillgate, system, "skillgate check raw && pytest -q | tail -1")
    assert found["status"] == "failed"
    assert "1 of 1 test failed" in str(found["reason"])


def test_a_check_before_tests_cannot_fail_unseen(skillgate: Skillgate, system: Path) -> None:
    (system / ".raw/workflows/double/run.py").write_text("x = (", encoding="utf-8")
    found = gate(skillgate, system, "skillgate check raw | tail -1; pytest -q")
    assert found["status"] == "failed"
    assert "ate the status" in str(found["reason"])


def test_tests_that_never_began_are_not_covered_by_a_check(skillgate: Skillgate, system: Path) -> None:
    found = gate(skillgate, system, "skillgate check raw || pytest -q")
    assert found["status"] == "failed"
    assert found["reason"]
