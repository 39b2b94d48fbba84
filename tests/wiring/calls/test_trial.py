"""Programs tried for real with the arguments of their callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from checks.wiring.calls.trial import MARKER, marked
from checks.wiring.system import Findings

Say = Callable[[Mapping[str, str]], list[str]]

WORKFLOW = """
from pathlib import Path
from pydantic import BaseModel, Field
from raw_runtime import BaseWorkflow, step
from datetime import date

class Params(BaseModel):
    date: str
    kind: str = Field("daily", pattern="^(daily|weekly)$")
    rows_file: Path | None = None
    tags: list[str] = []
    again: bool = False
    least: int = Field(9, ge=5)

class Report(BaseWorkflow[Params]):
    @step("report")
    def report(self):
        return date.fromisoformat(self.params.date)

    def run(self) -> int:
        self.report()
        return 0

if __name__ == "__main__":
    Report.main()
"""
RUN = ".raw/workflows/report/run.py"


def makefile(*commands: str) -> str:
    return "all:\n" + "".join(f"\t{command}\n" for command in commands)


ACCEPTED = (
    "--date 2026-01-31 --kind weekly --again --tags a b",
    "--date=$(DATE) --kind $(KIND)",
    "--date 2026-01-31 --rows-file $(FILE)",
    "--date 2026-01-31 $(EXTRA_ARGS)",
    "--date 2026-01-31 --least $(LEAST)",
    "--date 2026-01-31 --least $${LEAST:-60}",
    "$(ARGS)",
    "--help",
)
REFUSED = {
    "": "`--date` is required (.raw/workflows/report/run.py:8)",
    "--day 2026-01-31": "no option `--day`; did you mean `--date`? (.raw/workflows/report/run.py:8)",
    "--date 2026-01-31 --rows_file x": "no option `--rows_file`; did you mean `--rows-file`?",
    "--date 2026-01-31 --kind monthly": "`--kind monthly`: string should match pattern",
    "--date today": "`today` is refused at .raw/workflows/report/run.py:18: ValueError: Invalid isoformat",
    "--date 2026-01-31 --again yes": "unrecognized arguments: yes",
    "--date 2026-01-31 --kind": "argument --kind: expected one argument",
    "--date 2026-01-31 --least $${LEAST:-4}": "`--least 4`: input should be greater than or equal to 5",
}


def test_accepted(said: Say) -> None:
    assert said({RUN: WORKFLOW, "Makefile": makefile(*(f"python {RUN} {words}" for words in ACCEPTED))}) == []


def test_refused(said: Say) -> None:
    found = said({RUN: WORKFLOW, "Makefile": makefile(*(f"python {RUN} {words}" for words in REFUSED))})
    assert [one.partition(" `")[0] for one in found] == [
        f"refused-arguments Makefile:{line}" for line in range(2, 2 + len(REFUSED))
    ]
    assert all(reason in one for reason, one in zip(REFUSED.values(), found, strict=True)), found


CLICK = """
import click

@click.group()
def cli():
    pass

@cli.command()
@click.option("--kind", type=click.Choice(["daily", "weekly"]), required=True)
@click.argument("file", type=click.Path(exists=True), required=False)
def report(kind, file):
    click.echo(kind)

if __name__ == "__main__":
    cli()
"""


CLICK_REFUSES = {
    "reports --kind daily": "No such command 'reports'",
    "report --knd daily": "there is no option `--knd`; did you mean `--kind`? (job.py:9)",
    "report": "Missing option '--kind'",
    "report --kind hourly": "Invalid value for '--kind'",
}
CLICK_TAKES = ("report --kind daily", "report --kind $(KIND) $(FILE)", "report --kind daily made-later.csv")


def test_click(said: Say) -> None:
    lines = [f"python -m job {words}" for words in (*CLICK_REFUSES, *CLICK_TAKES)]
    found = said({"job.py": CLICK, "Makefile": makefile(*lines)})
    assert len(found) == len(CLICK_REFUSES), found
    assert all(reason in one for reason, one in zip(CLICK_REFUSES.values(), found, strict=True)), found


PLAIN = {
    "day = sys.argv[1]": ("", True),
    "day = sys.argv[1]\n": ("today", False),
    "if len(sys.argv) != 2:\n    sys.exit('usage: job.py DAY')": ("", True),
    "if len(sys.argv) != 2:\n    print('Usage: job.py DAY')\n    sys.exit(1)": ("a b", True),
    "import os\nurl = os.environ['DATABASE_URL']": ("", False),
    "sys.exit(3)": ("", False),
}


def test_without_a_parser(said: Say) -> None:
    files = {f"job_{number}.py": f"import sys\n{code}\n" for number, code in enumerate(PLAIN)}
    lines = [f"python job_{number}.py {arguments}" for number, (arguments, _) in enumerate(PLAIN.values())]
    found = said({**files, "Makefile": makefile(*lines)})
    wanted = [f"Makefile:{line}" for line, (_, refused) in enumerate(PLAIN.values(), 2) if refused]
    assert [one.split()[1] for one in found] == wanted


EFFECTS = (
    "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=30)",
    "import subprocess; subprocess.run(['touch', MARK])",
    "import os; os.system(f'touch {MARK}')",
    "open(MARK, 'w').write('x')",
    "import os; os.mkdir(MARK)",
    "import threading; t = threading.Thread(target=open, args=(MARK, 'w')); t.start(); t.join()",
    "import socket; socket.socket().bind(('127.0.0.1', 8000))",
    "import os; os.remove(__file__)",
)


def test_a_trial_ends_at_the_first_effect(said: Say, tmp_path: Path) -> None:
    mark = tmp_path / "project" / "mark"
    head = f"import argparse\nMARK = {str(mark)!r}\nargparse.ArgumentParser().parse_args()\n"
    files = {f"job_{at}.py": f"{head}{effect}\nraise SystemExit('usage: none')\n" for at, effect in enumerate(EFFECTS)}
    lines = [f"python -m job_{at}" for at, _ in enumerate(EFFECTS)]
    assert said({**files, "Makefile": makefile(*lines)}) == []
    assert not mark.exists()
    assert (tmp_path / "project" / "job_7.py").exists()


def test_looking_whether_there_is_ipv6_is_no_effect(said: Say) -> None:
    code = (
        "import argparse, socket\n\ntry:\n"
        "    socket.socket(socket.AF_INET6).bind(('::1', 0))\nexcept OSError:\n    pass\n"
        "argparse.ArgumentParser().parse_args()\n"
    )
    found = said({"job.py": code, "Makefile": makefile("python job.py --days 3")})
    assert [one.split()[0] for one in found] == ["refused-arguments"]


def test_a_program_of_which_packages_are_missing_still_reads_its_arguments(said: Say) -> None:
    code = (
        "import argparse\nfrom nowhere_at_all import Base, decorate\nimport nowhere_at_all.inner as inner\n\n\n"
        "class Row(Base):\n    name: inner.Text | None = inner.column('x')[1]\n\n\n@decorate\ndef main():\n"
        "    parser = argparse.ArgumentParser()\n    parser.add_argument('--kind')\n    parser.parse_args()\n\n"
        "\nmain()\n"
    )
    found = said({"job.py": code, "Makefile": makefile("python job.py --kind a", "python job.py --kin a --day b")})
    assert len(found) == 1
    assert "there is no option `--day`" in found[0]


def test_without_what_reads_the_arguments_nothing_is_judged(judged: Callable[[Mapping[str, str]], Findings]) -> None:
    found = judged({"job.py": "import docopt\n", "Makefile": makefile("python job.py")})
    assert found.diagnostics == ()
    assert found.blocked is not None
    assert "`docopt`" in found.blocked


def test_variables_of_a_deployment_are_there(said: Say) -> None:
    code = (
        "import argparse, os\nfrom datetime import date\n\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--day')\nwords = parser.parse_args()\nassert os.environ['DAY_FORMAT'] == 'iso'\n"
        "date.fromisoformat(words.day)\n"
    )
    files = {
        "job.py": code,
        "k8s/job.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\nspec:\n  template:\n    spec:\n"
        "      restartPolicy: Never\n      containers:\n        - name: job\n          image: example.org/job:1\n"
        "          env: [{name: DAY_FORMAT, value: iso}]\n          command: [python, -m, job, --day, today]\n",
    }
    assert [one.split()[:2] for one in said(files)] == [["refused-arguments", "k8s/job.yaml:12"]]


def test_markers_stand_for_what_is_not_known() -> None:
    words = marked(("--a=$X", "pre-$Y", "$@", "--input-file", "$F", "$PWD/x", "plain"), "/project")
    assert words[0] == f"--a={MARKER}"
    assert words[1] == f"pre-{MARKER}"
    assert words[2] == "--input-file"
    assert words[3] != MARKER
    assert words[4:] == ("/project/x", "plain")


def test_a_script_finds_only_what_lies_beside_it(said: Say) -> None:
    files = {
        "workflows/worker.py": "from workflows.steps import go\n\ngo()\n",
        "workflows/steps.py": "def go():\n    pass\n",
        "Makefile": makefile("python workflows/worker.py", "python -m workflows.worker"),
    }
    (found,) = said(files)
    assert found.startswith("broken-program workflows/worker.py:1 `python workflows/worker.py`")
    assert said({**files, "Dockerfile": "FROM python:3.12-slim\nENV PYTHONPATH=/app\n"}) == []


def test_what_a_script_calls_is_told_where_it_stands(said: Say) -> None:
    files = {
        RUN: WORKFLOW,
        "scripts/report.sh": f"#!/bin/sh\npython {RUN} --day 2026-01-31\n",
        "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n",
        "compose.yaml": "services:\n"
        "  a:\n    build: .\n    command: [sh, scripts/report.sh]\n"
        f"  b:\n    build: .\n    command: python {RUN} --day 2026-01-31\n",
    }
    places = [one.split()[1] for one in said(files)]
    assert sorted(places) == ["compose.yaml:7", "scripts/report.sh:2"]


def test_what_a_subcommand_knows_is_not_accused(said: Say) -> None:
    program = (
        "import argparse\nparser = argparse.ArgumentParser()\ncommands = parser.add_subparsers(required=True)\n"
        "run = commands.add_parser('run')\nrun.add_argument('name')\nrun.add_argument('--date')\n"
        "run.add_argument('--no-notify', action='store_true')\nparser.parse_args()\n"
    )
    refused = "python report.py run daily --date 2026-01-31 --no-notfy"
    found = said({"report.py": program, "Makefile": makefile(refused, refused.replace("notfy", "notify"))})
    assert len(found) == 1
    assert found[0].endswith("there is no option `--no-notfy`; did you mean `--no-notify`? (report.py:7)")


SETTING = (
    "import asyncio\nfrom pydantic_settings import BaseSettings\n\n\n"
    "class Settings(BaseSettings):\n    raw_command: str = 'raw run'\n\n\n"
    "async def go(settings: Settings, name, **params):\n    command = [*settings.raw_command.split(), name]\n"
    "    for key, value in params.items():\n        command += [f'--{key}', str(value)]\n"
    "    await asyncio.create_subprocess_exec(*command)\n\n\n"
    "async def call(settings):\n    await go(settings, 'report', date='2026-01-31')\n"
)
SERVICE = "services:\n  app:\n    image: python:3.12\n    environment: {{RAW_COMMAND: {command}}}\n"


def test_a_command_that_every_deployment_replaces_is_a_warning(judged: Callable[[Mapping[str, str]], Findings]) -> None:
    files = {RUN: WORKFLOW, "app.py": SETTING}
    bare = [each for each in judged(files).diagnostics if each.rule == "wiring.raw-run-arguments"]
    assert [each.severity.value for each in bare] == ["error"]
    command = SERVICE.format(command="python -m tools.run")
    replaced = judged({**files, "docker-compose.yml": command}).diagnostics
    found = [each for each in replaced if each.rule == "wiring.raw-run-arguments"]
    assert [each.severity.value for each in found] == ["warning"]
