"""Names in all their spellings, and imports in order after one took another's place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import text

from checks.systems.import_order import in_order
from checks.systems.naming import LONGEST, Name, Renaming, normalised, problem_with

ORDER = Renaming(Name.read("hiring-process"), Name.read("order-desk-2"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hiring-process", "order-desk-2"),
        ("from hiring_process.raw import x", "from order_desk_2.raw import x"),
        ("class HiringProcessActivities:", "class OrderDesk2Activities:"),
        ("hiringProcess.host", "orderDesk2.host"),
        ("HIRING_PROCESS_URL HIRING-PROCESS", "ORDER_DESK_2_URL ORDER-DESK-2"),
        ("# Hiring process", "# Order desk 2"),
        ("the hiring process of Hiring Process", "the order desk 2 of Order Desk 2"),
        ("s3://hiringprocess/HIRINGPROCESS", "s3://orderdesk2/ORDERDESK2"),
        ("hiring-processes, rehiring", "order-desk-2es, rehiring"),
    ],
)
def test_every_spelling_is_renamed(old: str, new: str) -> None:
    assert ORDER.text(old) == new


def test_a_new_name_may_contain_the_old_one() -> None:
    renaming = Renaming(Name.read("hiring-process"), Name.read("hiring-process-vienna"))
    assert renaming.text("hiring-process HiringProcess") == "hiring-process-vienna HiringProcessVienna"


def test_one_word_is_a_name() -> None:
    renaming = Renaming(Name.read("hiring-process"), Name.read("zebra"))
    assert renaming.text("hiring-process hiring_process HiringProcess hiring process") == "zebra zebra Zebra zebra"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("order-desk", "order-desk"),
        ("Order Desk", "order-desk"),
        ("orderDesk_v2", "order-desk-v2"),
        ("Größe_2 (neu)", "grosse-2-neu"),
        ("2026-plan-", "plan"),
        ("注文", ""),
        ("a" * 60, "a" * LONGEST),
    ],
)
def test_the_folder_says_the_name(folder: str, name: str) -> None:
    assert normalised(folder) == name


@given(text())
def test_any_folder_says_a_name_or_nothing(folder: str) -> None:
    name = normalised(folder)
    assert name == "" or "no name for a system" not in str(problem_with(name))


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("", "no name for a system"),
        ("Order-Desk", "`order-desk` would do"),
        ("order_desk", "`order-desk` would do"),
        ("order--desk", "`order-desk` would do"),
        ("2-orders", "`orders` would do"),
        ("orders-", "`orders` would do"),
        ("../orders", "`orders` would do"),
        ("orders\n", "`orders` would do"),
        ("a" * (LONGEST + 1), "41 characters"),
        ("class", "word of Python"),
        ("match", "word of Python"),
        ("email", "module of Python"),
        ("site", "module of Python"),
        ("temporalio", "something that the system uses"),
        ("raw-runtime", "something that the system uses"),
        ("tests", "something that the system uses"),
    ],
)
def test_what_is_no_name(name: str, because: str) -> None:
    assert because in str(problem_with(name))


@pytest.mark.parametrize("name", ["order-desk", "a", "zebra2", "a-1", "hiring-process", "a" * LONGEST])
def test_what_is_a_name(name: str) -> None:
    assert problem_with(name) is None


IMPORTS = """\
import os

from api import zebra
from zebra.settings import A
from database.models import Base

# apart
from zebra.raw import b, C, D_D
with passed_through():
    from zebra.status import Status
    from workflows.a import (
        One,
        Two,
    )
    x = 1
"""
ORDERED = """\
import os

from api import zebra
from database.models import Base
from zebra.settings import A

# apart
from zebra.raw import D_D, C, b
with passed_through():
    from workflows.a import (
        One,
        Two,
    )
    from zebra.status import Status
    x = 1
"""


def test_imports_are_put_in_order() -> None:
    assert in_order(IMPORTS, "zebra") == ORDERED
    assert in_order(ORDERED, "zebra") == ORDERED


@pytest.mark.parametrize("text", ["import b\nimport a\n", "def broken(:\nimport zebra\nimport a\n", "", "\0"])
def test_what_has_nothing_to_do_with_it_stays(text: str) -> None:
    assert in_order(text, "zebra") == text
