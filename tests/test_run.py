"""`skillgate run` as a user starts it: exit status, first and last line, what is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from support.program import ROOT, Skillgate, clean_environment, gates

SCHEMA = json.loads((ROOT / "checks" / "reports" / "report.schema.json").read_text(encoding="utf-8"))
PYTHON = sys.executable


def report(skillgate: Skillgate, root: Path, *words: str) -> dict:
    ran = skillgate("run", root, "--format", "json", *words)
    jsonschema.validate(ran.json, SCHEMA)
    assert ran.json["exit_code"] == ran.status
    return ran.json


def statuses(data: dict) -> dict[str, str]:
    return {gate["name"]: gate["status"] for gate in data["gates"]}


@pytest.mark.parametrize(
    ("commands", "status", "verdict"),
    [
        ({"a": "true"}, 0, "pass"),
        ({"a": "true", "b": "false"}, 1, "fail"),
        ({"a": "true", "b": "no-such-program-here"}, 3, "unverified"),
        ({"a": "false", "b": "no-such-program-here"}, 1, "fail"),
        ({"a": {"command": "sleep 30", "timeout_seconds": 0.3}}, 1, "fail"),
    ],
)
def test_exit_status_and_verdict_lines(skillgate: Skillgate, project, commands, status, verdict) -> None:
    ran = skillgate("run", project({"skillgate.yaml": gates(**commands)}))
    lines = ran.out.splitlines()
    assert ran.status == status
    assert lines[0] == lines[-1]
    assert lines[0].startswith(f"skillgate: {verdict}:")


def test_the_json_report_is_the_file_that_stays(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true", b="echo hello && false")})
    data = report(skillgate, root)
    run_id = (root / ".skillgate" / "latest").read_text().strip()
    kept = root / ".skillgate" / "runs" / run_id
    assert json.loads((kept / "report.json").read_text()) == data
    assert (root / data["gates"][1]["log"]).read_text() == "hello\n"
    events = [json.loads(line)["event"] for line in (kept / "events.jsonl").read_text().splitlines()]
    assert events[0] == "run" and events[-1] == "verdict"
    assert (root / ".skillgate" / ".gitignore").read_text() == "*\n"


def test_report_keeps_the_order_of_the_config(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(slow="sleep 0.3", quick="true", red="false")})
    assert list(statuses(report(skillgate, root))) == ["slow", "quick", "red"]
    assert list(statuses(report(skillgate, root))) == ["slow", "quick", "red"]


def test_one_gate_can_be_asked_for_with_what_it_needs(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true", b={"command": "true", "needs": ["a"]}, c="false")})
    data = report(skillgate, root, "--gate", "b")
    assert statuses(data) == {"a": "passed", "b": "passed"}
    ran = skillgate("run", root, "--gate", "b")
    assert "; 1 other gate of the project not asked for" in ran.out.splitlines()[0]


def test_a_gate_whose_need_failed_does_not_run(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="false", b={"command": "touch ran", "needs": ["a"]})})
    data = report(skillgate, root)
    assert statuses(data) == {"a": "failed", "b": "error"}
    assert "`a`" in data["gates"][1]["reason"]
    assert not (root / "ran").exists()


def test_fail_fast_stops(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="false", b={"command": "sleep 30", "timeout_seconds": 60})})
    data = report(skillgate, root, "--fail-fast", "--jobs", "1")
    assert data["verdict"] == "fail"
    assert statuses(data) == {"a": "failed", "b": "skipped"}
    assert data["complete"] is False


def test_no_gate_gets_more_than_the_timeout_option(skillgate: Skillgate, project) -> None:
    data = report(skillgate, project({"skillgate.yaml": gates(a="sleep 30")}), "--timeout", "0.3")
    assert statuses(data) == {"a": "timed_out"}
    assert "0.3 s" in data["gates"][0]["reason"]


def test_the_output_until_the_limit_is_kept(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a={"command": "echo so far; sleep 30", "timeout_seconds": 0.5})})
    data = report(skillgate, root)
    assert (root / data["gates"][0]["log"]).read_text() == "so far\n"


@pytest.mark.parametrize(
    "command", ["no-such-tool --check", "no-such-tool | tail", "no-such-tool || true", "cd . && no-such-tool"]
)
def test_a_missing_program_is_never_green_and_never_the_codes_fault(
    skillgate: Skillgate, project, command: str
) -> None:
    data = report(skillgate, project({"skillgate.yaml": gates(a=command)}))
    assert statuses(data) == {"a": "error"}
    assert data["exit_code"] == 3
    assert "`no-such-tool`" in data["gates"][0]["reason"]


def test_what_is_not_a_program(skillgate: Skillgate, project) -> None:
    root = project({
        "plain.sh": "echo no\n",
        "orphan.sh": "#!/no/such/interpreter\n",
        "folder/keep": "",
        "skillgate.yaml": gates(plain="./plain.sh", orphan="./orphan.sh", folder="./folder"),
    })  # fmt: skip
    (root / "orphan.sh").chmod(0o755)
    data = report(skillgate, root)
    assert statuses(data) == {"plain": "error", "orphan": "error", "folder": "error"}
    said = {gate["name"]: gate["reason"] for gate in data["gates"]}
    assert "execut" in said["plain"]
    assert "/no/such/interpreter" in said["orphan"] or "interpreter" in said["orphan"]
    assert "folder" in said["folder"]


def test_an_unwritable_project_costs_the_logs_and_not_the_verdict(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true", b="false"), ".skillgate": "a file where the folder would be"})
    data = report(skillgate, root)
    assert statuses(data) == {"a": "passed", "b": "failed"}
    assert [gate["log"] for gate in data["gates"]] == [None, None]


def test_a_path_with_spaces_and_umlauts(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true", b="pwd && false")}, name="mein Präjekt mit Lücken")
    assert statuses(report(skillgate, root)) == {"a": "passed", "b": "failed"}


def test_binary_output_harms_nothing(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a=r"printf '\377\376\000\001 caf\351'", b=r"printf '\377' && false")})
    assert statuses(report(skillgate, root)) == {"a": "passed", "b": "failed"}


@pytest.mark.parametrize(
    "words",
    [
        ["run", "no/such/folder"],
        ["run", ".", "--gate", "unheard-of"],
        ["run", "--jobs", "0"],
        ["run", "--timeout", "-1"],
        ["run", "--timeout", "soon"],
        ["run", "--python", "no-such-python"],
        ["run", "--surprise"],
    ],
)
def test_usage_errors_exit_2_and_say_what(skillgate: Skillgate, project, words: list[str]) -> None:
    root = project({"skillgate.yaml": gates(a="touch ran")})
    ran = skillgate(*words, cwd=root)
    assert ran.status == 2
    assert ran.err.strip() and "Traceback" not in ran.err
    assert not (root / "ran").exists()


COMPOSE = "services:\n  cache:\n    image: redis:7.4\n"


def test_a_gate_of_the_catalog_may_be_asked_for_beside_the_config(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(own="true"), "docker-compose.yml": COMPOSE})
    ran = skillgate("run", root, "--gate", "docker-validate", "--format", "json")
    assert [(gate["name"], gate["status"]) for gate in ran.json["gates"]] == [("docker-validate", "passed")]
    missing = skillgate("run", root, "--gate", "validate", "--format", "json")
    assert (missing.status, missing.json["gates"][0]["status"]) == (1, "failed"), "asked for, it is never skipped"


def test_all_adds_what_applies_to_what_the_config_names(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(own="true"), "docker-compose.yml": COMPOSE})
    assert [gate["name"] for gate in skillgate("run", root, "--format", "json").json["gates"]] == ["own"]
    every = skillgate("run", root, "--all", "--format", "json").json["gates"]
    assert [gate["name"] for gate in every] == ["own", "docker-validate"]


def test_all_adds_our_check_where_the_config_calls_something_else_by_its_name(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(docker_validate="true"), "docker-compose.yml": COMPOSE})
    every = skillgate("run", root, "--all", "--format", "json").json["gates"]
    assert [gate["name"] for gate in every] == ["docker-validate", "skillgate-docker-validate"]
    again = skillgate("run", root, "--gate", "skillgate-docker-validate", "--format", "json").json["gates"]
    assert [(gate["name"], gate["evidence"]["services"]) for gate in again] == [("skillgate-docker-validate", 1)]


def test_a_system_whose_config_leaves_wiring_out_is_told(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(own="true"), "docker-compose.yml": COMPOSE})
    assert "note:" not in skillgate("run", root).out, "one component alone has nobody to talk to"
    (root / "main.py").write_text("import fastapi\n", encoding="utf-8")
    said = skillgate("run", root).out
    assert "note: this is a system of several parts" in said
    assert f"run {root} --gate wiring" in said
    assert "note:" not in skillgate("run", root, "--gate", "own").out


def test_a_misspelt_gate_names_the_nearest(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project({"skillgate.yaml": gates(api_test="true")}), "--gate", "api-tset")
    assert "did you mean `api-test`" in ran.err


def test_nothing_recognisable(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project({"notes.txt": "nothing"}))
    assert ran.status == 2
    assert "skillgate.yaml" in ran.err and ".raw/config.yaml" in ran.err


def test_a_config_error_is_json_too(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project({"skillgate.yaml": "gates: {optinal: {}}"}), "--format", "json")
    assert ran.status == 2
    jsonschema.validate(ran.json, SCHEMA)
    assert ran.json["verdict"] == "config_error"
    assert "optional" in ran.json["error"]
    assert [(each["file"], each["line"]) for each in ran.json["problems"]] == [("skillgate.yaml", 1)]


def test_a_reader_that_goes_away_does_not_change_the_exit_status(project) -> None:
    root = project({"skillgate.yaml": gates(a="no-such-program-here")})
    line = f"{PYTHON} -I -m checks run '{root}' | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], env=clean_environment(), capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("3", "")


def test_output_file(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true")})
    ran = skillgate("run", root, "--format", "json", "--output", root / "out" / "report.json")
    assert ran.out == ""
    assert json.loads((root / "out" / "report.json").read_text())["verdict"] == "pass"


def test_an_output_file_that_cannot_be_written_loses_nothing(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="true"), "taken/x": ""})
    ran = skillgate("run", root, "--output", root / "taken")
    assert ran.status == 0
    assert "pass" in ran.out and "cannot be written" in ran.err


def test_processes_left_behind_are_ended_and_named(skillgate: Skillgate, project) -> None:
    data = report(skillgate, project({"skillgate.yaml": gates(a="sleep 300 & echo started")}))
    assert statuses(data) == {"a": "passed"}
    assert [found["rule"] for found in data["gates"][0]["diagnostics"]] == ["gate.left-behind"]
    assert "sleep" in data["gates"][0]["diagnostics"][0]["message"]


def test_a_command_line_that_hides_a_status_is_told(skillgate: Skillgate, project) -> None:
    data = report(skillgate, project({"skillgate.yaml": gates(a="false | cat", b="true && true")}))
    rules = [[found["rule"] for found in gate["diagnostics"]] for gate in data["gates"]]
    assert rules == [["gate.eaten-status"], []]
    assert "`false`" in data["gates"][0]["diagnostics"][0]["message"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_reports_what_it_knows(project, number: signal.Signals) -> None:
    root = project(
        {"skillgate.yaml": gates(done="true", waiting={"command": "echo $$ > pid; sleep 300", "needs": ["done"]})}
    )
    process = subprocess.Popen(
        [PYTHON, "-I", "-m", "checks", "run", str(root), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while not (root / "pid").exists() or not (root / "pid").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    data = json.loads(out)
    assert process.returncode == 130, err
    assert data["verdict"] == "interrupted" and data["complete"] is False
    assert statuses(data) == {"done": "passed", "waiting": "error"}
    with pytest.raises(ProcessLookupError):
        os.kill(int((root / "pid").read_text()), 0)


def test_two_runs_at_once_do_not_disturb_each_other(project) -> None:
    root = project({"skillgate.yaml": gates(a="sleep 0.5; echo done", b="true")})
    command = [PYTHON, "-I", "-m", "checks", "run", str(root), "--format", "json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) for _ in range(2)]
    reports = [json.loads(each.communicate(timeout=30)[0]) for each in both]
    assert [data["verdict"] for data in reports] == ["pass", "pass"]
    logs = {data["gates"][0]["log"] for data in reports}
    assert len(logs) == 2
    assert all((root / log).read_text() == "done\n" for log in logs)


def test_old_runs_are_pruned(skillgate: Skillgate, project) -> None:
    from checks.store import KEPT_RUNS

    root = project({"skillgate.yaml": gates(a="true")})
    for number in range(KEPT_RUNS + 5):
        old = root / ".skillgate" / "runs" / f"20200101T0000{number:02}Z-1-aa"
        old.mkdir(parents=True)
        (old / "report.json").write_text("{}")
    skillgate("run", root)
    assert len(list((root / ".skillgate" / "runs").iterdir())) == KEPT_RUNS


def test_the_same_cause_is_told_once_with_a_count(skillgate: Skillgate, project) -> None:
    tests = (
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(200))\n"
        "def test_port(n):\n"
        "    raise OSError(f'no route to port {n}')\n"
    )
    root = project({"skillgate.yaml": gates(unit="pytest -q"), "test_all.py": tests})
    ran = skillgate("run", root, "--python", PYTHON)
    assert ran.status == 1
    assert ran.out.count("no route to port") == 1
    assert "200 times" in ran.out
    assert len(ran.out) < 2000


def test_no_progress_and_no_colour_where_no_terminal_is(skillgate: Skillgate, project) -> None:
    ran = skillgate("run", project({"skillgate.yaml": gates(a="true")}))
    assert ran.err == ""
    assert "\x1b" not in ran.out


def test_where_no_finding_tells_the_cause_the_end_of_the_output_does(skillgate: Skillgate, project) -> None:
    command = r"seq 100; printf 'the cause \033[31mis here\377\n'; exit 4"
    ran = skillgate("run", project({"skillgate.yaml": gates(a=command)}))
    assert "the cause ?[31mis here" in ran.out
    assert "\x1b" not in ran.out
    assert "| 100" in ran.out
    assert "| 50\n" not in ran.out


def test_stdin_is_empty_for_a_gate(skillgate: Skillgate, project) -> None:
    assert statuses(report(skillgate, project({"skillgate.yaml": gates(a="cat", b="test ! -t 0")}))) == {
        "a": "passed",
        "b": "passed",
    }


def test_env_and_workdir_of_a_gate(skillgate: Skillgate, project) -> None:
    definition = {"command": 'test "$COLOUR" = red && test -f here', "env": {"COLOUR": "red"}, "workdir": "sub"}
    root = project({"skillgate.yaml": gates(a=definition), "sub/here": ""})
    assert statuses(report(skillgate, root)) == {"a": "passed"}
