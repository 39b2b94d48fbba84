"""One setting that two programs of a deployment are given differently."""

from __future__ import annotations

from collections.abc import Callable

from checks.model import Diagnostic, Severity

Judge = Callable[..., tuple[Diagnostic, ...]]
COMPOSE = "docker-compose.yml"
READ = (
    (
        "shop/settings.py",
        '    task_queue: str = "orders"\n',
        '    task_queue: str = "orders"\n    stream: str = "done"\n',
    ),
    ("shop/main.py", "    return order_id\n", "    return order_id + settings.stream\n"),
    ("shop/worker.py", "    return str(engine.url)\n", "    return str(engine.url) + settings.stream\n"),
)


def test_a_stream_under_two_names(judge: Judge) -> None:
    worker = (COMPOSE, "      API_URL: http://api:8000\n", "      API_URL: http://api:8000\n      STREAM: finished\n")
    (found,) = judge((*READ, worker))
    assert (found.rule, found.severity, found.file) == ("wiring.different-setting", Severity.WARNING, COMPOSE)
    assert "`STREAM` is `finished` for `worker` and `done` for `api` (shop/settings.py:9:5)" in found.message


def test_a_stream_under_one_name(judge: Judge) -> None:
    worker = (COMPOSE, "      API_URL: http://api:8000\n", "      API_URL: http://api:8000\n      STREAM: done\n")
    assert judge((*READ, worker)) == ()


def test_two_of_one_program_are_told_apart_on_purpose(judge: Judge) -> None:
    more = (
        COMPOSE,
        "  worker:\n",
        "  second:\n    build: .\n    command: python -m shop.worker\n    environment:\n"
        "      DATABASE_URL: postgresql+psycopg://postgres:secret@db:5432/postgres\n"
        "      TEMPORAL_HOST: temporal:7233\n"
        "      API_URL: http://api:8000\n      STREAM: other\n  worker:\n",
    )
    unread = (READ[0], READ[2])
    assert judge((*unread, more)) == ()
