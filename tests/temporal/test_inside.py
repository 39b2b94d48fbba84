"""The rules about code inside of workflows, variant by variant, on what can be read without running anything."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from checks.temporal import inside
from checks.temporal.discovery import discover
from checks.temporal.model import Sdk, Signature

HEAD = """\
import asyncio
from datetime import timedelta
from temporalio import activity, workflow
MINUTE = timedelta(minutes=1)
@activity.defn
async def send(to: str, subject: str = "") -> None: ...
@workflow.defn
class Hiring:
    def __init__(self) -> None:
        self.booked = False
        self.slots: list[str] = []
    @workflow.signal
    def book(self) -> None:
        self.booked = True
    @workflow.run
    async def run(self, key: str) -> str:
"""
FIRST = HEAD.count("\n")


def said(root: Path, sdk: Sdk | None = None, **files: str) -> list[tuple[str, str, int]]:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    found = inside.judge(discover(root), sdk)
    return sorted((each.rule.removeprefix("temporal."), each.file or "", each.line or 0) for each in found)


def in_run(root: Path, body: str, top: str = "", more: str = "", **files: str) -> list[tuple[str, int]]:
    """What is said of statements in a run method: rule, and line counted from its first."""
    lines = dedent(body).strip("\n")
    text = HEAD + indent(lines, " " * 8) + "\n" + indent(dedent(more), "    ") + dedent(top)
    return [(rule, line - FIRST) for rule, file, line in said(root, hiring=text, **files) if file == "hiring.py"]


@pytest.mark.parametrize(
    "line",
    [
        "import time; time.time()",
        "from time import monotonic as clock; clock()",
        "import datetime; datetime.datetime.utcnow()",
        "from datetime import datetime; datetime.now(tz=None)",
        "import random; random.Random().random()",
        "import random; random.shuffle([])",
        "import secrets; secrets.token_hex()",
        "import uuid; uuid.uuid1()",
        "import os; os.urandom(4)",
        "from os import environ; environ['QUEUE']",
        "import os; dict(os.environ)",
        "from pathlib import Path; Path('a').read_text()",
        "from pathlib import Path; path = Path('a') / 'b'; path.unlink()",
        "import subprocess; subprocess.run(['ls'])",
        "import threading; threading.Thread(target=print).start()",
        "await asyncio.to_thread(len, [])",
        "loop = asyncio.get_running_loop(); await loop.run_in_executor(None, len, [])",
        "import requests; requests.get('http://localhost')",
        "import httpx; client = httpx.AsyncClient()",
        "import sqlalchemy as sa; sa.create_engine('sqlite://')",
        "import time; time.strftime('%Y')",
        "key = input()",
    ],
)
def test_answers_otherwise(tmp_path: Path, line: str) -> None:
    assert in_run(tmp_path, line) == [("nondeterministic", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "import time; time.gmtime(0); time.strftime('%Y', time.gmtime(0))",
        "import datetime; datetime.datetime(2026, 1, 1); datetime.timedelta(1)",
        "import random; random.Random(4).shuffle([])",
        "import secrets; secrets.compare_digest('a', 'b')",
        "import uuid; uuid.UUID('0' * 32); uuid.uuid5(uuid.NAMESPACE_URL, key)",
        "import os; os.path.join('a', os.sep, os.path.basename(key))",
        "from pathlib import Path; path = Path('a') / 'b'; path.with_suffix('.txt').name",
        "import subprocess; isinstance(key, subprocess.CalledProcessError)",
        "import httpx; httpx.URL('http://localhost'); httpx.AsyncClient(transport=key)",
        "import sqlite3; sqlite3.connect(':memory:')",
        "time = workflow; time.time()",
        "now = lambda time: time.time()",
        "import time\nif not workflow.unsafe.is_replaying():\n    time.time()",
        "import time\nwith workflow.unsafe.sandbox_unrestricted():\n    time.time()",
        "import time\nif workflow.in_workflow():\n    pass\nelse:\n    time.time()",
    ],
)
def test_answers_the_same(tmp_path: Path, line: str) -> None:
    assert in_run(tmp_path, line) == []


def test_the_way_to_a_helper_is_named(tmp_path: Path) -> None:
    text = HEAD.replace("import asyncio", "import dates") + "        return dates.due()\n"
    (tmp_path / "hiring.py").write_text(text)
    (tmp_path / "dates.py").write_text("from clock import now\ndef due():\n    return now() + 1\n")
    (tmp_path / "clock.py").write_text("import time\ndef now():\n    return time.time()\n")
    (found,) = inside.judge(discover(tmp_path), None)
    assert (found.file, found.line) == ("clock.py", 3)
    assert f"(`Hiring.run` (hiring.py:{FIRST + 1}) -> `due` (dates.py:3) -> `now`)" in found.message


def test_the_environment_may_be_read_by_what_is_passed_through(tmp_path: Path) -> None:
    settings = "import os, time\ndef queue():\n    time.time()\n    return os.environ.get('QUEUE') or os.getenv('Q')\n"
    passed = "with workflow.unsafe.imports_passed_through():\n    import settings\n"
    text = HEAD.replace("MINUTE =", passed + "MINUTE =") + "        return settings.queue()\n"
    assert said(tmp_path, hiring=text, settings=settings) == [("nondeterministic", "settings.py", 3)]
    text = HEAD.replace("MINUTE =", "import settings\nMINUTE =") + "        return settings.queue()\n"
    lines = [line for _, _, line in said(tmp_path, hiring=text, settings=settings)]
    assert lines == [3, 4, 4]


@pytest.mark.parametrize(
    ("call", "line"),
    [("Call(key)", 1), ("Call(key, 'id')", None), ("Call(key, id='id')", None), ("Call(**{'to': key})", None)],
)
@pytest.mark.parametrize("default", ["uuid.uuid4", "lambda: str(uuid.uuid4())"])
def test_defaults_of_data_classes(tmp_path: Path, call: str, line: int | None, default: str) -> None:
    top = f"""
    import uuid
    from dataclasses import dataclass, field
    @dataclass
    class Call:
        to: str
        id: str = field(default_factory={default})
    """
    assert in_run(tmp_path, call, top) == ([("nondeterministic", line)] if line else [])


def test_helpers_of_activities_may_do_anything(tmp_path: Path) -> None:
    helper = "import time\nfrom temporalio import activity\n@activity.defn\ndef stamp():\n    return now()\n"
    assert in_run(tmp_path, "return key", clock=helper + "def now():\n    return time.time()\n") == []


@pytest.mark.parametrize(
    "line", ["await post(key)", "await asyncio.gather(post(key), workflow.sleep(1))", "Client().post(key)"]
)
def test_an_effect_is_said_where_the_workflow_calls_it(tmp_path: Path, line: str) -> None:
    top = """
    import smtplib
    class Client:
        def post(self, key):
            smtplib.SMTP("localhost").sendmail(key, key, key)
    async def post(key):
        inner(key)
    def inner(key):
        smtplib.SMTP("localhost")
    """
    assert in_run(tmp_path, line, top) == [("called-directly", 1)]


def test_an_effect_through_an_attribute_of_self(tmp_path: Path) -> None:
    mailer = "import smtplib\nclass Mailer:\n    def post(self, key):\n        smtplib.SMTP(key)\n"
    body = "from mailer import Mailer\nself.mailer = Mailer()\nself.mailer.post(key)"
    assert in_run(tmp_path, body, mailer=mailer) == [("called-directly", 3)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("await send(key)", "called-directly"),
        ("await workflow.execute_activity(send, key, key, start_to_close_timeout=MINUTE)", "several-arguments"),
        ("await workflow.execute_activity(send, args=[1, 2, 3], start_to_close_timeout=MINUTE)", "activity-arguments"),
        ("await workflow.execute_activity(send, start_to_close_timeout=MINUTE)", "activity-arguments"),
        ("await workflow.execute_activity('send', args=[], start_to_close_timeout=MINUTE)", "activity-arguments"),
        ("await workflow.execute_activity(send, args=(key), start_to_close_timeout=MINUTE)", None),
        ("await workflow.execute_activity(send, args=('a'), start_to_close_timeout=MINUTE)", "activity-arguments"),
        ("await workflow.execute_activity('sned', key, start_to_close_timeout=MINUTE)", "unknown-activity"),
        ("await workflow.execute_activity('other', key, start_to_close_timeout=MINUTE)", None),
        ("await workflow.execute_activity(min, key, start_to_close_timeout=MINUTE)", None),
        ("await workflow.execute_activity(plain, key, start_to_close_timeout=MINUTE)", "no-activity"),
        ("await workflow.execute_activity(send, key)", "no-timeout"),
        ("await workflow.execute_local_activity(send, key, retry_policy=None)", "no-timeout"),
        ("await workflow.execute_activity(send, key, **{'start_to_close_timeout': MINUTE})", None),
        ("await workflow.execute_activity(send, key, start_to_close_timeout=60 * 5)", "not-a-timedelta"),
        ("await workflow.execute_activity(send, key, start_to_close_timeout=LIMIT)", "not-a-timedelta"),
        ("await workflow.execute_activity(send, key, start_to_close_timeout='1m')", "not-a-timedelta"),
        ("await workflow.execute_activity(send, key, start_to_close_timeout=MINUTE / MINUTE)", "not-a-timedelta"),
        ("await workflow.execute_activity(send, key, start_to_close_timeout=2 * MINUTE)", None),
        ("await asyncio.sleep(MINUTE)", "not-a-timedelta"),
        ("await asyncio.sleep(MINUTE.total_seconds())", None),
        ("await workflow.sleep(workflow.now() - workflow.now())", None),
        ("await workflow.execute_child_workflow(Hiring.run, key, run_timeout=5)", "not-a-timedelta"),
    ],
)
def test_activity_calls(tmp_path: Path, line: str, rule: str | None) -> None:
    top = "LIMIT = 30\ndef plain(to): ...\n"
    assert in_run(tmp_path, line, top) == ([(rule, 1)] if rule else [])


def test_retry_policies_by_position(tmp_path: Path) -> None:
    assert in_run(tmp_path, "from temporalio.common import RetryPolicy\nRetryPolicy(5)") == [("not-a-timedelta", 2)]


def test_keywords_are_those_of_the_installed_sdk(tmp_path: Path) -> None:
    sdk = Sdk("1.0", {}, {"temporalio.common.RetryPolicy": Signature(("maximum_attempts",))})
    text = "from temporalio.common import RetryPolicy as R\nR(maximum_attempts=1)\nR(retries=1)\nR(**{'retries': 1})\n"
    assert said(tmp_path, sdk, retry=text) == [("unknown-keyword", "retry.py", 3)]
    assert said(tmp_path, None) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("workflow.sleep(1)", "never-awaited"),
        ("asyncio.sleep(1)", "never-awaited"),
        ("self.step()", "never-awaited"),
        ("workflow.wait_condition(lambda: self.booked)", "never-awaited"),
        ("if workflow.wait_condition(lambda: self.booked): pass", "never-awaited"),
        ("workflow.start_activity(send, key, start_to_close_timeout=MINUTE)", "never-awaited"),
        ("step = self.step()", "never-awaited"),
        ("step = self.step(); print(f'{step}')", "never-awaited"),
        ("return self.step()", "never-awaited"),
        ("workflow.get_external_workflow_handle(key).signal('book')", "never-awaited"),
        ("step = self.step(); await step", None),
        ("steps = [self.step()]; await asyncio.gather(*steps)", None),
        ("asyncio.create_task(self.step())", None),
        ("self.task = workflow.start_activity(send, key, start_to_close_timeout=MINUTE)", None),
        ("await asyncio.wait_for(self.step(), 5)", None),
        ("async for each in self.many(): pass", None),
    ],
)
def test_awaits(tmp_path: Path, line: str, rule: str | None) -> None:
    more = "async def step(self) -> None: ...\nasync def many(self):\n    yield 1\n"
    found = [each for each in in_run(tmp_path, line, more=more) if each[0] != "print"]
    assert found == ([(rule, 1)] if rule else [])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("got = await workflow.wait_condition(lambda: self.booked); len(got)", "wait-result"),
        ("return (await workflow.wait_condition(lambda: self.booked)).slot", "wait-result"),
        ("if not await workflow.wait_condition(lambda: self.booked): pass", "wait-result"),
        ("while await asyncio.wait_for(workflow.wait_condition(lambda: self.booked), 5): pass", "wait-result"),
        ("_ = await workflow.wait_condition(lambda: self.booked)", None),
        ("await workflow.wait_condition(self.booked)", None),
        ("await workflow.wait_condition(self.fixed)", "wait-condition"),
        ("await workflow.wait_condition(self.is_booked())", "wait-condition"),
        ("await workflow.wait_condition(self.booked is True)", "wait-condition"),
        ("await workflow.wait_condition(lambda: not self.is_booked)", "wait-condition"),
        ("await workflow.wait_condition(lambda: self.ask())", "wait-condition"),
        ("await workflow.wait_condition(self.ask)", "wait-condition"),
        ("await workflow.wait_condition(self.is_booked)", None),
        ("await workflow.wait_condition(lambda: self.is_booked())", None),
        ("await workflow.wait_condition(lambda: self.fixed)", "waits-forever"),
        ("await workflow.wait_condition(lambda: self.fixed == 2, timeout=MINUTE)", "waits-forever"),
        ("await workflow.wait_condition(lambda: self.fixed and self.booked)", "waits-forever"),
        ("await workflow.wait_condition(lambda: self.fixed or self.booked)", None),
        ("await workflow.wait_condition(lambda: not self.fixed)", None),
        ("await workflow.wait_condition(lambda: len(self.slots) > 0)", None),
    ],
)
def test_waits(tmp_path: Path, line: str, rule: str | None) -> None:
    more = "def is_booked(self) -> bool:\n    return self.booked\nasync def ask(self): ...\n"
    text = HEAD.replace("self.booked = False", "self.booked, self.fixed = key(), False").replace("key()", "object()")
    text = text.replace("self.booked, self.fixed = object(), False", "self.booked = object(); self.fixed = False")
    whole = text + indent(line, " " * 8) + "\n" + indent(more, "    ")
    assert [(each[0], each[2] - FIRST) for each in said(tmp_path, hiring=whole)] == ([(rule, 1)] if rule else [])


def test_attributes(tmp_path: Path) -> None:
    assert in_run(tmp_path, "self.slot = 1\nreturn self.slot + self.slots") == []
    assert in_run(tmp_path, "return self.slot") == [("unset-attribute", 1)]
    assert in_run(tmp_path, "return self.slot", more="slot: int\n") == []
    assert in_run(tmp_path, "setattr(self, key, 1)\nreturn self.slot") == []
    assert in_run(tmp_path, "try:\n    return self.slot\nexcept AttributeError:\n    return ''") == []
    assert in_run(tmp_path, "return self.slot", more="def __getattr__(self, name): ...\n") == []


def test_a_base_from_afar_may_bring_attributes(tmp_path: Path) -> None:
    text = HEAD.replace("class Hiring:", "class Hiring(Base):").replace("import asyncio", "from far import Base")
    assert said(tmp_path, hiring=text + "        return self.slot\n") == []


def test_names(tmp_path: Path) -> None:
    assert in_run(tmp_path, "return missing") == [("undefined-name", 1)]
    assert in_run(tmp_path, "return missing\nreturn missing") == [("undefined-name", 1)]
    assert in_run(tmp_path, "global made\nmade = 1\nreturn made") == [("global-state", 2)]
    assert in_run(tmp_path, "return __name__ + str(__file__)") == []
    assert in_run(tmp_path, "return [each for each in key if (last := each)] and last") == []
    assert in_run(tmp_path, "try:\n    pass\nexcept* ValueError as group:\n    return group") == []


def test_init_arguments(tmp_path: Path) -> None:
    needs = HEAD.replace("def __init__(self)", "def __init__(self, key)") + "        return key\n"
    line = HEAD.split("\n").index("    def __init__(self) -> None:") + 1
    assert said(tmp_path, hiring=needs) == [("init-arguments", "hiring.py", line)]
    assert said(tmp_path, hiring=needs.replace("    def __init__", "    @workflow.init\n    def __init__")) == []
    assert said(tmp_path, hiring=needs.replace("(self, key)", "(self, *keys, limit=3)")) == []


@pytest.mark.parametrize(
    ("method", "rule"),
    [
        ("@workflow.signal\ndef move(self) -> str: ...", "signal-returns"),
        ("@workflow.signal\ndef move(self) -> 'None': ...", None),
        ("@workflow.signal(name='m')\nasync def move(self):\n    return self.slots", "signal-returns"),
        ("@workflow.signal\nasync def move(self):\n    def inner():\n        return 1\n    return", None),
        ("@workflow.query\nasync def status(self): ...", "async-query"),
        ("@workflow.query\ndef status(self):\n    self.slots[0] = 1", "query-changes-state"),
        ("@workflow.query\ndef status(self):\n    del self.booked", "query-changes-state"),
        ("@workflow.query\ndef status(self):\n    return workflow.uuid4()", "query-changes-state"),
        ("@workflow.query\ndef status(self):\n    slots = []\n    slots.append(1)\n    return self.slots", None),
    ],
)
def test_handlers(tmp_path: Path, method: str, rule: str | None) -> None:
    found = in_run(tmp_path, "return key", more=method + "\n")
    assert [each[0] for each in found] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("print(key)", "print"),
        ("import logging; logging.getLogger().info(key)", "print"),
        ("for each in set(key): await workflow.sleep(1)", "set-order"),
        ("await asyncio.gather(*[workflow.sleep(1) for _ in {1, 2}])", "set-order"),
        ("for each in sorted(set(key)): await workflow.sleep(1)", None),
        ("hash(key)", "hash"),
        ("async with asyncio.timeout(5): await asyncio.wait([])", "asyncio-order"),
        ("while True: await workflow.sleep(1)", "endless-loop"),
        ("while 1:\n    await workflow.sleep(1)\n    if key: break", None),
        ("try:\n    await workflow.sleep(1)\nexcept (ValueError, asyncio.CancelledError):\n    pass", None),
        ("try:\n    len(key)\nexcept BaseException:\n    pass", None),
        ("try:\n    await workflow.sleep(1)\nexcept BaseException as error:\n    raise ValueError from error", None),
    ],
)
def test_warnings(tmp_path: Path, body: str, rule: str | None) -> None:
    found = in_run(tmp_path, body)
    swallows = "CancelledError" in body
    assert [each[0] for each in found] == (["swallowed-cancellation"] if swallows else [rule] if rule else [])


def test_tests_may_be_wrong_on_purpose(tmp_path: Path) -> None:
    assert said(tmp_path, test_hiring=HEAD + "        time.sleep(missing)\n        await send(key)\n") == []


def test_one_helper_of_many_workflows_is_said_once(tmp_path: Path) -> None:
    helper = "import time\ndef now():\n    return time.time()\n"
    flow = HEAD.replace("import asyncio", "from clock import now") + "        return now()\n"
    found = said(tmp_path, clock=helper, first=flow, second=flow)
    assert found == [("nondeterministic", "clock.py", 3)]
