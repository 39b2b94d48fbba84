"""Discovery, and which class and steps a run.py declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.raw.modules import Modules
from checks.raw.rules_script import LEAST
from checks.raw.workflows import find_workflows, parse_workflow


def write(root: Path, text: str, name: str = "hello") -> Path:
    folder = root / ".raw" / "workflows" / name
    folder.mkdir(parents=True)
    (folder / "run.py").write_text(text, encoding="utf-8")
    return folder


def test_in_order_of_name_with_their_steps(tmp_path: Path) -> None:
    write(tmp_path, LEAST, "b")
    write(tmp_path, "broken(", "a")
    first, second = find_workflows(tmp_path)
    assert (first.id, first.class_name, first.steps) == ("a", None, ())
    assert (second.id, second.class_name, second.steps) == ("b", "Hello", ("greet",))
    assert second.dry_run_py == tmp_path / ".raw" / "workflows" / "b" / "dry_run.py"
    assert [found.id for found in find_workflows(tmp_path, ("b",))] == ["b"]


@pytest.mark.parametrize("text", ["", "class Hello:\n    def run(self): ...\n"])
def test_no_workflow_class(tmp_path: Path, text: str) -> None:
    assert parse_workflow(Modules(tmp_path), write(tmp_path, text)).main_class is None


def test_of_two_classes_the_one_that_is_started(tmp_path: Path) -> None:
    other = "\n\nclass Other(BaseWorkflow[Params]):\n    def run(self) -> int:\n        return 0\n"
    parsed = parse_workflow(Modules(tmp_path), write(tmp_path, LEAST + other))
    assert parsed.workflow.class_name == "Hello"


def test_inherited_steps_come_first_and_overridden_ones_once(tmp_path: Path) -> None:
    text = """
from raw_runtime import BaseWorkflow, raw_step, step

class Base(BaseWorkflow[int]):
    @step("load")
    def load(self): ...
    @raw_step("clean")
    def clean(self): ...

class Hello(Base):
    @step("tidy")
    def clean(self): ...
    @step(NAME)
    def report(self): ...
"""
    parsed = parse_workflow(Modules(tmp_path), write(tmp_path, text))
    assert parsed.workflow.steps == ("load", "tidy", "report")


def test_bases_that_go_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, "from helper import A\nclass B(A): ...\nclass C(C): ...\nclass D(E): ...\nclass E(D): ...\n")
    (tmp_path / ".raw" / "workflows" / "hello" / "helper.py").write_text("from helper import A\n", encoding="utf-8")
    assert len(find_workflows(tmp_path)) == 1


def test_a_namesake_of_the_runtime_is_no_workflow(tmp_path: Path) -> None:
    text = LEAST.replace("from raw_runtime import BaseWorkflow, step", "from local import BaseWorkflow, step")
    folder = write(tmp_path, text)
    (folder / "local.py").write_text("class BaseWorkflow: ...\ndef step(name): ...\n", encoding="utf-8")
    assert parse_workflow(Modules(tmp_path), folder).main_class is None
