"""Every code block of the skill does what its fence promises (the promises stand in `support.py`)."""

from __future__ import annotations

import ast
import json
import shlex
import shutil
import sys
import textwrap
from pathlib import Path

import click
import pytest
import yaml
from skill.support import PAGES, Block, all_blocks, blocks
from support.program import ROOT

from checks.catalog import load_catalog
from checks.cli import cli
from checks.config import load_config
from checks.raw.run_workflow import embedded_path
from checks.systems.patterns import Answers, choose, names

KINDS = {"from", "file", "run", "wrong", "gates", "commands", "tree"}
WRONG = all_blocks("wrong")
LEFT_OUT = "..."


@pytest.mark.parametrize("page", PAGES)
def test_every_block_promises_something_that_a_test_holds(page: str) -> None:
    assert [f"{block}: {block.kind!r}" for block in blocks(page) if block.kind not in KINDS] == []


@pytest.mark.parametrize("block", all_blocks("from"), ids=str)
def test_an_excerpt_is_what_its_file_says(block: Block) -> None:
    lines = (ROOT / block.value).read_text(encoding="utf-8").splitlines()
    place = 0
    for part in parts(block.text):
        place = find(part, lines, place)
        assert place >= 0, f"{block}: not in {block.value}:\n" + "\n".join(part)


def parts(text: str) -> list[list[str]]:
    """The runs of lines between the marks that leave some out."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == LEFT_OUT:
            found.append([])
        else:
            found[-1].append(line)
    return [part for part in found if part]


def find(part: list[str], lines: list[str], begin: int) -> int:
    """The line after the first place where the part stands, whatever its indentation; -1 where it does not."""
    wanted = textwrap.dedent("\n".join(part))
    for place in range(begin, len(lines) - len(part) + 1):
        if textwrap.dedent("\n".join(lines[place : place + len(part)])) == wanted:
            return place + len(part)
    return -1


@pytest.mark.parametrize("block", [b for b in all_blocks("run") if b.language == "python"], ids=str)
def test_a_python_block_runs(block: Block, tmp_path: Path, start) -> None:
    folder, more = tmp_path / "here", {}
    if block.value:
        hidden = shutil.ignore_patterns("__pycache__", ".venv", ".skillgate", "runs", "tests")
        shutil.copytree(ROOT / block.value, folder, ignore=hidden)
        more = {"PYTHONPATH": str(folder), "RAW_RUNTIME_PATH": str(embedded_path())}
    else:
        folder.mkdir()
    program = tmp_path / "block.py"
    program.write_text(block.text, encoding="utf-8")
    done = start(sys.executable, program, cwd=folder, **more)
    assert done.returncode == 0, f"{block}:\n{done.stdout}"


@pytest.mark.parametrize("page", sorted({block.page for block in all_blocks("file")}))
def test_the_files_of_a_page_make_a_project_that_works(page: str, tmp_path: Path, start) -> None:
    project = tmp_path / "project"
    shell = ["set -eu"]
    for block in blocks(page):
        if block.kind == "file":
            path = project / block.value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.kind == "run" and block.language == "sh":
            shell.append(block.text)
    assert len(shell) > 1, f"{page} makes a project and does nothing with it"
    done = start("/bin/sh", "-c", "\n".join(shell), cwd=project)
    assert done.returncode == 0, done.stdout
    assert "warning:" not in done.stdout, done.stdout


def test_every_page_that_runs_a_shell_makes_a_project() -> None:
    shells = {block.page for block in all_blocks("run") if block.language == "sh"}
    assert shells == {block.page for block in all_blocks("file")}


@pytest.mark.parametrize("block", [b for b in WRONG if b.value.startswith("ruff.")], ids=str)
def test_the_linter_reports_what_is_shown_as_wrong(block: Block, tmp_path: Path, start) -> None:
    (tmp_path / "wrong.py").write_text(block.text, encoding="utf-8")
    code = block.value.removeprefix("ruff.")
    done = start(sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", code, ".", cwd=tmp_path)
    assert done.returncode == 1 and code in done.stdout, done.stdout


def test_the_rule_reports_what_is_shown_as_wrong(tmp_path: Path, start) -> None:
    """All at once, a file each: the SDK takes longer to import than all of them to be judged."""
    project = tmp_path / "project"
    project.mkdir()
    temporal = [block for block in WRONG if not block.value.startswith("ruff.")]
    for number, block in enumerate(temporal):
        assert block.value.startswith("temporal."), f"{block}: no test knows how to hold `{block.value}`"
        (project / f"wrong_{number}.py").write_text(block.text, encoding="utf-8")
    done = start("skillgate", "check", "temporal", ".", "--format", "json", cwd=project)
    found = {(row["file"], row["rule"]) for row in json.loads(done.stdout)["diagnostics"]}
    missing = [str(b) for n, b in enumerate(temporal) if (f"wrong_{n}.py", b.value) not in found]
    assert missing == [], f"found {sorted(found)}"


def test_what_is_shown_as_wrong_is_shown_nowhere_else() -> None:
    others = [b for b in all_blocks() if b.kind != "wrong"]
    for word in ("sleep_until", "self.llm", "shell=True", "--cv-text"):
        assert [str(block) for block in others if word in block.text] == []


@pytest.mark.parametrize("block", [b for b in all_blocks() if b.language == "python" and b.kind != "from"], ids=str)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", all_blocks("gates"), ids=str)
def test_the_gates_load_and_are_those_of_the_catalog(block: Block, tmp_path: Path) -> None:
    path = tmp_path / ".raw" / "config.yaml"
    path.parent.mkdir()
    path.write_text(block.text, encoding="utf-8")
    catalog = load_catalog()
    config = load_config(path, catalog)
    assert [(gate.name, gate.command, gate.timeout_s) for gate in config.gates] == [
        (name, catalog[name].command, catalog[name].timeout_s)
        for name in ("validate", "dry", "api-test", "temporal-validate", "docker-validate")
    ]


def test_the_gates_are_those_of_the_reference_system() -> None:
    (block,) = all_blocks("gates")
    own = (ROOT / "fixtures" / "hiring-process" / ".raw" / "config.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(block.text) == yaml.safe_load(own)


@pytest.mark.parametrize("block", all_blocks("commands"), ids=str)
def test_command_lines_are_ones_that_skillgate_takes(block: Block) -> None:
    for line in block.text.splitlines():
        parse(line)


def test_command_lines_of_other_pages_are_ones_that_skillgate_takes() -> None:
    for page in ("README.md", "docs/trying-the-skill.md"):
        for block in blocks(page):
            for line in block.text.splitlines() if block.language == "sh" else ():
                if "skillgate " in line and "--where" not in line:
                    parse(line)


def parse(line: str) -> None:
    """Holds a command line against the program's own parser, without running anything."""
    words = shlex.split(line.partition("  #")[0].replace("[PROJECT]", "."))
    if not words:
        return
    starts = [place for place, word in enumerate(words) if word.rpartition("/")[2] == "skillgate"]
    assert starts, f"no skillgate in `{line}`"
    rest = words[starts[0] + 1 :]
    command: click.Command = cli
    context = click.Context(command, info_name="skillgate")
    while isinstance(command, click.Group) and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        assert found is not None, f"`{line}`: no command `{rest[0]}`"
        command, rest = found, rest[1:]
    context = click.Context(command, parent=context)
    _, left, _ = command.make_parser(context).parse_args(rest)
    assert left == [], f"`{line}`: {left}"


@pytest.mark.parametrize("block", all_blocks("tree"), ids=str)
def test_the_decision_tree_is_the_one_that_new_walks(block: Block) -> None:
    leaves = [line.partition("-> new ")[2] for line in block.text.splitlines() if "-> new " in line]
    yes, no = True, False
    walked = [Answers(no, yes), Answers(no, no, yes), Answers(yes, yes), Answers(yes, no)]
    assert leaves == [choose(answers).pattern for answers in walked]
    assert set(leaves) == set(names())
    assert choose(Answers(no, no, no)).pattern is None
    assert "a single RAW workflow, no system" in block.text
    assert [flag for flag in ("--days", "--webhooks", "--schedule") if flag not in block.text] == []
