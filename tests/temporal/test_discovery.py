"""What is found in a project, however it is spelled."""

from __future__ import annotations

import time
from pathlib import Path

from checks.temporal.discovery import discover
from checks.temporal.model import HandlerKind, Project, UseKind


def project(root: Path, **files: str) -> Project:
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return discover(root)


def test_aliases_names_and_handlers(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        one="""
import temporalio.workflow
from temporalio import workflow as wf
from temporalio.workflow import defn as definition, run as entry

NAME = "second"

@wf.defn
class First:
    @wf.run
    async def run(self): ...
    @wf.signal(name="book-slot")
    def book(self, slot: str): ...
    @wf.query
    def state(self) -> str: ...
    @wf.update
    async def change(self): ...

@definition(name=NAME)
class Second:
    @entry
    async def run(self): ...

@temporalio.workflow.defn(dynamic=True, sandboxed=False)
class Third:
    @temporalio.workflow.run
    async def run(self, args): ...
""",
    )
    first, second, third = found.workflows
    assert [(each.name, each.dynamic, each.sandboxed, len(each.runs)) for each in found.workflows] == [
        ("First", False, True, 1),
        ("second", False, True, 1),
        (None, True, False, 1),
    ]
    assert [(each.kind, each.name) for each in first.handlers] == [
        (HandlerKind.SIGNAL, "book-slot"),
        (HandlerKind.QUERY, "state"),
        (HandlerKind.UPDATE, "change"),
    ]
    assert (second.ref, third.ref) == ("one.py:Second", "one.py:Third")


def test_a_local_name_is_not_the_module(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        one="""
import temporalio
def outer(workflow, activity):
    @workflow.defn
    class Inner: ...
    return Inner

class Holder:
    workflow = object()
    @workflow.defn
    class Nested: ...

def later():
    from temporalio import workflow
    @workflow.defn
    class Local:
        @workflow.run
        async def run(self): ...
""",
    )
    assert found.workflows == ()


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    text = (
        "from temporalio import workflow\n@workflow.defn\nclass W:\n    @workflow.run\n    async def run(self): ...\n"
    )
    names = (".venv__a", "node_modules__a", ".git__a", ".skillgate__a", "build__a", "lib__site-packages__a", "env__a")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert project(tmp_path, **dict.fromkeys(names, text)).modules == ()
    assert len(project(tmp_path, buildings__a=text).workflows) == 1


def test_activities_as_functions_and_methods(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        acts="""
from temporalio.activity import defn
from temporalio import activity
@defn
def plain(): ...
class Mails:
    @activity.defn(name="send-mail")
    async def send(self): ...
@activity.defn(dynamic=True)
async def anything(args): ...
""",
    )
    assert [(each.ref, each.name) for each in found.activities] == [
        ("acts.py:plain", "plain"),
        ("acts.py:Mails.send", "send-mail"),
        ("acts.py:anything", None),
    ]


def test_workers_lists_are_followed(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        settings='QUEUE = "hiring"\nclass Settings:\n    queue = "other"\n',
        app____init__="",
        app__acts="""
from temporalio import activity
class Mails:
    @activity.defn
    async def send(self): ...
@activity.defn
async def call(): ...
class More(Mails): ...
COMMON = [call]
""",
        app__worker="""
from temporalio.worker import Worker as W
from app import acts
from settings import QUEUE, Settings
from . import acts as relative
def build(client, listed):
    mails = acts.More()
    W(client, task_queue=QUEUE, workflows=[], activities=[mails.send, *relative.COMMON] + list((acts.call,)))
    W(client, task_queue=Settings.queue, workflows=listed)
    W(client, task_queue=listed, plugins=[object()])
    growing = [acts.call]
    growing.append(listed)
    W(client, task_queue="q", activities=growing)
""",
    )
    first, second, third, fourth = found.workers
    assert first.task_queue == "hiring"
    assert [entry.ref for entry in first.activities.entries] == [
        "app/acts.py:Mails.send",
        "app/acts.py:call",
        "app/acts.py:call",
    ]
    assert first.activities.complete and first.workflows.complete and not first.customised
    assert (second.task_queue, second.workflows.complete, second.activities.complete) == ("other", False, True)
    assert (third.task_queue, third.workflows.complete, third.customised) == (None, False, True)
    assert not fourth.activities.complete


def test_uses_by_object_and_by_name(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        one="""
import signal
from temporalio import workflow
from temporalio.client import Client
@workflow.defn
class W:
    @workflow.run
    async def run(self, who: str):
        await workflow.execute_activity("by-name", who)
        await workflow.execute_local_activity(do, args=[who])
        await workflow.start_child_workflow(W.run, who)
    @workflow.signal
    def go(self, to: str): ...
async def do(): ...
async def start(client: Client, handle, database):
    await client.start_workflow(W.run, "x", id="1", task_queue="q")
    await handle.signal(W.go, "there")
    database.query(W)
    signal.signal(signal.SIGTERM, None)
    await handle.execute_update("change")
""",
    )
    assert [(use.kind, use.method, use.ref, use.name, len(use.arguments)) for use in found.uses] == [
        (UseKind.ACTIVITY, "execute_activity", None, "by-name", 1),
        (UseKind.ACTIVITY, "execute_local_activity", "one.py:do", None, 0),
        (UseKind.CHILD, "start_child_workflow", "one.py:W.run", None, 1),
        (UseKind.START, "start_workflow", "one.py:W.run", None, 1),
        (UseKind.SIGNAL, "signal", "one.py:W.go", None, 1),
        (UseKind.QUERY, "query", "one.py:W", None, 0),
        (UseKind.UPDATE, "execute_update", None, "change", 0),
    ]


def test_a_worker_that_nobody_can_read_leaves_the_project_open(tmp_path: Path) -> None:
    text = "from temporalio.worker import Worker\n"
    assert project(tmp_path / "a", one=text + "class Mine(Worker): ...\n").open_ended
    assert project(tmp_path / "b", one=text + "build(Worker)\n").open_ended
    assert not project(tmp_path / "c", one=text + "def f(x: Worker): return isinstance(x, Worker)\n").open_ended


def test_two_hundred_workflows_are_read_in_no_time(tmp_path: Path) -> None:
    text = """
from datetime import timedelta
from temporalio import activity, workflow
@activity.defn
async def act{n}(who: str) -> str: return who
@workflow.defn
class W{n}:
    def __init__(self) -> None:
        self.done = False
    @workflow.run
    async def run(self, who: str) -> str:
        for _ in range(3):
            await workflow.execute_activity(act{n}, who, start_to_close_timeout=timedelta(minutes=1))
        await workflow.wait_condition(lambda: self.done)
        return who
    @workflow.signal
    def go(self) -> None:
        self.done = True
"""
    files = {f"flows__w{n}": text.format(n=n) for n in range(200)}
    started = time.process_time()
    found = project(tmp_path, **files)
    assert len(found.workflows) == 200
    assert time.process_time() - started < 1.5
