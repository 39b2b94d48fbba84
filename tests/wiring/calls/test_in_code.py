"""Calls of programs in Python code, also through functions of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from checks.wiring.calls.in_code import calls_in_code
from checks.wiring.system import System

Make = Callable[[Mapping[str, str]], System]


def calls(system: System) -> list[tuple[str, tuple[str, ...]]]:
    found = calls_in_code(system.code)
    return [(call.started.name, call.started.arguments) for call in found if "$" not in call.started.name]


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.run(['raw', 'run', 'a', '--x', value], check=True)",
        "subprocess.Popen(('raw', 'run', 'a') + ('--x', value))",
        "subprocess.check_output(f'raw run a --x {value}', shell=True)",
        "os.system('cd /app && raw run a --x ' + value)",
        "subprocess.call(shlex.split(f'raw run a --x {value}'))",
        "asyncio.create_subprocess_exec('raw', 'run', 'a', '--x', str(value))",
        "asyncio.create_subprocess_exec(*['raw', 'run', 'a'], '--x', value)",
        "asyncio.create_subprocess_shell(f'raw run a --x {value}')",
        "helper(['raw', 'run', NAME, '--x', value])",
        "helper([os.getenv('RAW', 'raw'), 'run', NAME, '--x', value])",
        "subprocess.run(['uv', 'run', '--script', '.raw/workflows/a/run.py', '--x', value])",
        "words = [RAW, 'run', 'a']; words += ['--x', value]; helper(words)",
        "words = ['raw', 'run', 'a']; words.extend(['--x', value]); subprocess.run(words)",
    ],
)
def test_every_way_to_write_a_command(system: Make, line: str) -> None:
    head = "import asyncio, os, shlex, subprocess\nNAME = 'a'\nRAW = 'raw'\n\n"
    found = calls(system({"app.py": f"{head}def go(value, helper):\n    {line}\n"}))
    assert found == [("a", ("--x", "$VALUE"))]


RUNNER = """
import subprocess, sys
from dataclasses import dataclass, field
from pathlib import Path
from temporalio import activity, workflow

ROOT = Path(__file__).parent

def words_of(name, *arguments, again=False, **options):
    command = [sys.executable, str(ROOT / ".raw" / "workflows" / name / "run.py"), *arguments]
    for key, value in options.items():
        command.extend([f"--{key.replace('_', '-')}", str(value)])
    if again:
        command.append("--again")
    return subprocess.run(command, check=True)

@dataclass
class Request:
    workflow: str
    options: dict = field(default_factory=dict)

@activity.defn
def run_request(request: Request):
    command = ["python", f".raw/workflows/{request.workflow}/run.py"]
    command += [part for key, value in request.options.items() for part in (f"--{key}", value)]
    return start(command)

def start(command):
    return subprocess.run(command)

class Door:
    def enter(self, name, options):
        return words_of(name, "--via", "door")
"""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('words_of("a", "--x", value)', ("a", ("--x", "$VALUE", "$@", "--again"))),
        ('words_of("a", cv_file=value)', ("a", ("--cv-file", "$VALUE", "--again"))),
        ('asyncio.to_thread(words_of, "a", "--x")', ("a", ("--x", "--again"))),
        ('run_request(Request("a", {"cv_file": value}))', ("a", ("--cv_file", "$VALUE"))),
        ('workflow.execute_activity(run_request, Request(workflow="a", options={"x": "1"}))', ("a", ("--x", "1"))),
        ('workflow.execute_activity("run_request", args=[Request("a", options=dict(x=1))])', ("a", ("--x", "1"))),
        ('door.enter("a", {})', ("a", ("--via", "door", "--again"))),
    ],
)
def test_through_functions(system: Make, line: str, wanted: tuple[str, tuple[str, ...]]) -> None:
    head = "import asyncio\nfrom door import Request, run_request, words_of\nfrom temporalio import workflow\n\n"
    found = calls(system({"door.py": RUNNER, "app.py": f"{head}def go(value, door):\n    {line}\n"}))
    assert [(name, tuple(word for word in words if word != "$@")) for name, words in found] == [
        (wanted[0], tuple(word for word in wanted[1] if word != "$@"))
    ]


@pytest.mark.parametrize("field", ["raw_bin: str = 'raw'", "raw_bin: str = Field(default='/usr/bin/raw')"])
@pytest.mark.parametrize("given", ["settings = get_settings()", "settings = parameter"])
def test_a_program_that_the_settings_name(system: Make, field: str, given: str) -> None:
    code = (
        "import asyncio\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings\n\n\n"
        f"class Settings(BaseSettings):\n    {field}\n\n\ndef get_settings() -> Settings:\n    return Settings()\n\n\n"
        f"async def go(name, *words, parameter=None):\n    {given}\n"
        "    await asyncio.create_subprocess_exec(settings.raw_bin, 'run', name, *words)\n\n\n"
        "async def score(text):\n    await go('a', '--cv-text', text)\n"
    )
    assert calls(system({"app.py": code})) == [("a", ("--cv-text", "$VALUE"))]


def test_what_a_caller_decides_is_no_call_of_its_own(system: Make) -> None:
    found = list(calls_in_code(system({"door.py": RUNNER}).code))
    assert all("$" in call.started.name for call in found)


def test_tests_are_not_looked_at(system: Make) -> None:
    code = "import subprocess\nsubprocess.run(['raw', 'run', 'a'])\n"
    assert calls(system({"tests/test_app.py": code, "app.py": ""})) == []


IN_SOME_FOLDER = """
import os, subprocess, sys
from pathlib import Path

def folder():
    return Path(os.environ["WORKFLOWS"])

def run(name, *arguments):
    script = folder() / name / "run.py"
    subprocess.run([sys.executable, str(script), *arguments], check=True)

def go(value):
    run("report-sales", "--x", value)
    run("reprot-sales", "--x", value)
    run("another", "--x", value)
"""


def test_a_workflow_in_a_folder_that_the_environment_names(system: Make) -> None:
    found = calls(system({"app.py": IN_SOME_FOLDER, ".raw/workflows/report-sales/run.py": ""}))
    assert found == [("report-sales", ("--x", "$VALUE")), ("reprot-sales", ("--x", "$VALUE"))]
