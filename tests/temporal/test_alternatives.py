"""Workers whose queue and lists a table, a method or the callers of a function decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.temporal.check import judge_statically

ACTIVITIES = """from temporalio import activity
@activity.defn
async def load(key: str) -> None: ...
@activity.defn
async def pay(key: str) -> None: ...
class Mail:
    def all(self):
        return [self.send, {more}]
    @activity.defn
    async def send(self, key: str) -> None: ...
    @activity.defn
    async def remind(self, key: str) -> None: ...
"""
FLOW = """from datetime import timedelta
from temporalio import workflow
from acts import load, pay, Mail
MINUTE = timedelta(minutes=1)
@workflow.defn
class Hiring:
    @workflow.run
    async def run(self, key: str) -> None:
        await workflow.execute_activity(load, key, start_to_close_timeout=MINUTE)
        await workflow.execute_activity(pay, key, task_queue="money", start_to_close_timeout=MINUTE)
        {more}
"""
HEAD = """from dataclasses import dataclass, field
from typing import NamedTuple
from temporalio.worker import Worker
from acts import load, pay, Mail
from flow import Hiring
"""
ROWS = 'ROLES = {"main": Role("main", [Hiring], [load]), "money": Role("MONEY", activities=[PAY])}'
ROLE = """@dataclass
class Role:
    queue: str
    workflows: list = field(default_factory=list)
    activities: list = field(default_factory=list)
"""
MAKE = "Worker(client, task_queue=role.queue, workflows=role.workflows, activities=role.activities)"
TABLES = {
    "look-up": f"{ROLE}{ROWS}\ndef serve(client, name):\n    role = ROLES[name]\n    return {MAKE}\n",
    "get": f"{ROLE}{ROWS}\ndef serve(client, name):\n    role = ROLES.get(name)\n    return {MAKE}\n",
    "loop": f"{ROLE}{ROWS}\ndef serve(client):\n    for role in ROLES.values():\n        {MAKE}\n",
    "items": f"{ROLE}{ROWS}\ndef serve(client):\n    return [{MAKE} for name, role in ROLES.items()]\n",
    "named tuple": ROLE.replace("@dataclass\n", "")
    .replace("class Role:", "class Role(NamedTuple):")
    .replace("field(default_factory=list)", "[]")
    + f"{ROWS}\ndef serve(client, name):\n    role = ROLES[name]\n    return {MAKE}\n",
    "handed": f"{ROLE}{ROWS}\ndef make(client, role):\n    return {MAKE}\n"
    "def serve(client):\n    return [make(client, each) for each in ROLES.values()]\n",
    "dicts": 'ROLES = {"main": {"queue": "main", "workflows": [Hiring], "activities": [load]}, '
    '"money": {"queue": "MONEY", "workflows": [], "activities": [PAY]}}\n'
    "def serve(client, name):\n    role = ROLES[name]\n    return Worker(client, "
    'task_queue=role["queue"], workflows=role["workflows"], activities=role["activities"])\n',
    "tuples": 'ROLES = {"main": ("main", [Hiring], [load]), "money": ("MONEY", [], [PAY])}\n'
    "def serve(client, name):\n    queue, flows, acts = ROLES[name]\n"
    "    return Worker(client, task_queue=queue, workflows=flows, activities=acts)\n",
    "callers": "def make(client, queue, acts, flows=()):\n"
    "    return Worker(client, task_queue=queue, workflows=flows, activities=acts)\n"
    'def serve(client):\n    make(client, "main", [load], flows=[Hiring])\n    make(client, "MONEY", [PAY])\n',
}


def found(root: Path, worker: str, more: str = "pass", listed: str = "self.remind") -> list[str]:
    files = {"acts": ACTIVITIES.format(more=listed), "flow": FLOW.format(more=more), "worker": HEAD + worker}
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    return [f"{each.rule} {each.file}" for each in judge_statically(root) if "unused" not in each.rule]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_row_is_a_worker(table: str, tmp_path: Path) -> None:
    assert found(tmp_path, table.replace("MONEY", "money").replace("PAY", "pay")) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_no_row_registers(table: str, tmp_path: Path) -> None:
    missing = table.replace("MONEY", "money").replace("PAY", "Mail().send")
    assert found(tmp_path, missing) == ["temporal.unregistered acts.py"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_queue_that_no_row_polls(table: str, tmp_path: Path) -> None:
    assert found(tmp_path, table.replace("MONEY", "cash").replace("PAY", "pay")) == ["temporal.unpolled-queue flow.py"]


@pytest.mark.parametrize(
    "table",
    [
        TABLES["look-up"] + 'ROLES["more"] = other()\n',
        TABLES["look-up"] + "ROLES.update(others())\n",
        TABLES["look-up"].replace("ROLES = {", "ROLES = {**others, "),
        TABLES["callers"] + "register(make)\n",
        TABLES["callers"] + "make(client, *rest)\n",
        TABLES["callers"] + "from worker import make as build\nbuild(client, *rest)\n",
        TABLES["look-up"].replace("    role = ROLES[name]\n", "    role = ROLES[name]\n    role = other(role)\n"),
    ],
)
def test_a_table_that_cannot_be_read_to_the_end_says_nothing(table: str, tmp_path: Path) -> None:
    assert found(tmp_path, table.replace("MONEY", "cash").replace("PAY", "Mail().send")) == []


LISTED = """def serve(client):
    mail = Mail()
    Worker(client, task_queue="main", workflows=[Hiring], activities=[load, *mail.all()])
    Worker(client, task_queue="money", activities=[pay])
"""
REMINDS = "await workflow.execute_activity_method(Mail.remind, key, start_to_close_timeout=MINUTE)"


@pytest.mark.parametrize(
    ("more", "listed", "expected"),
    [
        (REMINDS, "self.remind", []),
        (REMINDS, "", ["temporal.unregistered acts.py"]),
        ("dict(undo=Mail.remind)", "", ["temporal.unregistered acts.py"]),
        (REMINDS, "*self.others()", []),
    ],
)
def test_a_method_that_lists_its_object(more: str, listed: str, expected: list[str], tmp_path: Path) -> None:
    assert found(tmp_path, LISTED, more, listed) == expected
