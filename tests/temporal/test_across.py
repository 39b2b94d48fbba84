"""What one part of a system says about another, where the cases of `fixtures/cases` would be too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.temporal.check import judge_statically

FLOW = """from temporalio import workflow

@workflow.defn(name="hiring")
class Hiring:
    @workflow.run
    async def run(self, key: str, *more: str) -> None: ...

    @workflow.signal(name="book")
    async def on_booking(self, slot: str, by: str = "") -> None: ...
"""
WORKER = """import os
from temporalio.worker import Worker
from flow import Hiring
def serve(client):
    return Worker(client, task_queue={queue}, workflows=[Hiring])
"""
API = """import os
from flow import Hiring
QUEUE = "hiring"
async def api(client, key, rest):
    {statement}
"""


def errors(root: Path, statement: str, queue: str = '"hiring"', **more: str) -> list[str]:
    files = {"flow": FLOW, "worker": WORKER.format(queue=queue), "api": API.format(statement=statement), **more}
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [f"{each.rule.removeprefix('temporal.')}/{each.severity.value}" for each in judge_statically(root)]


@pytest.mark.parametrize(
    "statement",
    [
        "await client.start_workflow(Hiring.run, key, id=key, task_queue=QUEUE)",
        "await client.start_workflow(Hiring.run, args=[key, 'more', 'still'], id=key, task_queue=f'{QUEUE}')",
        "await client.start_workflow(Hiring.run, *rest, id=key, task_queue=QUEUE)",
        "await client.start_workflow(Hiring.run, key, **rest)",
        "await client.start_workflow('hiring', key, id=key, task_queue=QUEUE)",
        "await client.start_workflow('elsewhere', 1, 2, id=key)",
        "await client.execute_workflow(Hiring.run, arg=key, id=key, task_queue=str(QUEUE))",
        "await client.get_workflow_handle(key).signal('book', 'slot')",
        "await client.get_workflow_handle(key).signal(Hiring.on_booking, args=['slot', 'by'])",
        "await client.get_workflow_handle(key).signal(key, 'slot')",
        "await rest.signal('nothing of ours', 1, 2)",
        "await rest.query(Hiring)",
        "return client.start_workflow(Hiring.run, key, id=key, task_queue=QUEUE)",
    ],
)
def test_what_works_is_left_alone(statement: str, tmp_path: Path) -> None:
    assert errors(tmp_path, statement) == []


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("await client.start_workflow(Hiring.run, id=key, task_queue=QUEUE)", "start-arguments"),
        ("await client.start_workflow('hiring', id=key, task_queue=QUEUE)", "start-arguments"),
        ("await client.start_workflow(Hiring.run, args=[], id=key, task_queue=QUEUE)", "start-arguments"),
        ("await client.start_workflow(Hiring.run, key, key, id=key, task_queue=QUEUE)", "start-arguments"),
        ("await client.start_workflow('Hiring', key, id=key, task_queue=QUEUE)", "unknown-workflow"),
        ("await client.start_workflow(Hiring.run, key, id=key, task_queue='hirings')", "unpolled-queue"),
        ("await client.get_workflow_handle(key).signal('on_booking', 'slot')", "unknown-handler"),
        ("await client.get_workflow_handle(key).signal(Hiring.run, 'slot')", "unknown-handler"),
        ("await client.get_workflow_handle(key).query('book')", "unknown-handler"),
        ("await client.get_workflow_handle(key).signal('book', args=[1, 2, 3])", "handler-arguments"),
        ("await client.get_workflow_handle(key).signal('book', 'slot', 'by')", "handler-arguments"),
        ("client.get_workflow_handle(key).signal('book', 'slot')", "unawaited-client"),
        ("await client.start_workflow(Hiring.run, 3, id=key, task_queue=QUEUE)", "wrong-type"),
    ],
)
def test_what_cannot_work_is_named(statement: str, rule: str, tmp_path: Path) -> None:
    assert errors(tmp_path, statement) == [f"{rule}/error"]


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ("os.getenv('Q', 'hiring')", []),
        ("os.getenv('Q') or 'hiring'", []),
        ("os.getenv('Q', 'work')", ["unpolled-default-queue/warning"]),
        ("os.environ['Q']", []),
        ("client.queue", []),
        ("'work'", ["unpolled-queue/error"]),
    ],
)
def test_queues(queue: str, expected: list[str], tmp_path: Path) -> None:
    statement = "await client.start_workflow(Hiring.run, key, id=key, task_queue='hiring')"
    assert errors(tmp_path, statement, queue) == expected


def test_what_a_test_does_wrong_is_a_warning(tmp_path: Path) -> None:
    wrong = API.format(statement="await client.get_workflow_handle(key).signal('nothing')")
    assert errors(tmp_path, "pass", tests__test_api=wrong) == ["unknown-handler/warning"]


@pytest.mark.parametrize(
    "more",
    [
        "        workflow.set_signal_handler('late', print)\n",
        "        workflow.set_dynamic_signal_handler(print)\n",
        "\n    @workflow.signal(dynamic=True)\n    async def any(self, name: str, args: list) -> None: ...\n",
    ],
)
def test_handlers_that_come_otherwise(more: str, tmp_path: Path) -> None:
    other = (
        "from temporalio import workflow\n@workflow.defn\nclass Other:\n    @workflow.run\n    async def run(self):\n"
    )
    flow = f"{other}        pass\n{more}"
    found = errors(tmp_path, "await client.get_workflow_handle(key).signal('late')", other=flow)
    assert [each for each in found if "handler" in each] == []


def test_a_wrapper_of_the_project_takes_what_it_likes(tmp_path: Path) -> None:
    wrapper = """from temporalio.client import Client
from flow import Hiring
class Temporal:
    client: Client
    def start_workflow(self, *args, **kwargs): ...
    def signal(self, handler, key, *args): ...
def api(temporal: Temporal, key):
    temporal.start_workflow(Hiring.run, 1, 2, 3)
    temporal.start_workflow("hiring", task_queue="hiring")
    temporal.signal(Hiring.on_booking, key, "slot")
async def direct(client: Client, key):
    await client.start_workflow(Hiring.run, key, key, id=key, task_queue="hiring")
"""
    assert errors(tmp_path, "pass", wrapper=wrapper) == ["start-arguments/error"]


START = "await client.start_workflow(Hiring.run, key, id={id}, task_queue=QUEUE)"


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        ('f"hiring-{key}"', 'f"hiring_{key}"', ["unmet-id/error"]),
        ('f"hiring-{key}"', '"hiring-{}".format(key)', []),
        ('f"hiring-{key}"', '"hiring:%s" % key', ["unmet-id/error"]),
        ('f"hiring-{key}"', '"hiring-" + key', []),
        ('f"hiring-{key}"', 'f"hire-{key}"', ["unmet-id/error"]),
        ('f"hiring-{key}"', 'f"{rest}-{key}"', []),
        ('f"hiring-{key}"', '"hiring-main"', []),
        ('"main"', '"hiring-main"', []),
        ('"hire-main"', '"hiring-main"', ["unmet-id/error"]),
        ('f"{key}-hiring"', 'f"{key}-hire"', ["unmet-id/error"]),
        ("key", 'f"hiring-{key}"', []),
        ("rest.id", 'f"hiring-{key}"', []),
        ('f"hiring-{key}"', "rest.workflow_id", []),
        ('f"{os.environ[key]}-{key}"', 'f"hiring-{key}"', []),
        ('os.getenv("PREFIX", "hire") + key', 'f"hiring-{key}"', []),
    ],
)
def test_ids(given: str, asked: str, expected: list[str], tmp_path: Path) -> None:
    handle = f'await client.get_workflow_handle({asked}).signal("book", "9:00")'
    assert errors(tmp_path, f"{START.format(id=given)}\n    {handle}") == expected


@pytest.mark.parametrize(
    ("helper", "asked", "expected"),
    [
        ('def key_of(key):\n    return f"hiring-{key}"\n', "key_of(key)", []),
        ('def key_of(key):\n    return f"hiring_{key}"\n', "key_of(key)", ["unmet-id/error"]),
        ('PREFIX = "hire"\n', 'f"{PREFIX}-{key}"', ["unmet-id/error"]),
        ('def key_of(key):\n    if key:\n        return "x"\n    return f"hiring_{key}"\n', "key_of(key)", []),
    ],
)
def test_ids_that_a_helper_makes(helper: str, asked: str, expected: list[str], tmp_path: Path) -> None:
    begin = START.format(id='f"hiring-{key}"')
    book = f"async def book(client, key):\n    await tell(client, {asked})\n"
    tell = 'async def tell(client, id):\n    await client.get_workflow_handle(id).signal("book", "9:00")\n'
    assert errors(tmp_path, f"{begin}\n{helper}{book}{tell}") == expected


def test_ids_are_not_judged_where_somebody_starts_by_hand(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("temporal workflow start --workflow-id hiring_1 --type hiring\n")
    begin = START.format(id='f"hiring-{key}"')
    assert errors(tmp_path, f'{begin}\n    await client.get_workflow_handle("hiring_1").signal("book", "9:00")') == []
