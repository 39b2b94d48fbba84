"""Command lines of RAW, alembic and Temporal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Say = Callable[[Mapping[str, str]], list[str]]

RUN = """
from pydantic import BaseModel
from raw_runtime import BaseWorkflow

class Params(BaseModel):
    name: str

class Hello(BaseWorkflow[Params]):
    def run(self) -> int:
        return 0

if __name__ == "__main__":
    Hello.main()
"""
WORKFLOWS = {
    ".raw/workflows/20260101-say-hello-abc123/run.py": RUN,
    ".raw/workflows/20260101-say-goodbye-abc123/run.py": RUN,
    ".raw/workflows/empty/config.yaml": "",
}


def readme(*blocks: str) -> str:
    """One block for each command, on lines 4, 9, 14, ..."""
    return "".join(f"# Example\n\n```bash\n{block}\n```\n" for block in blocks)


def by_command(found: list[str], commands: Sequence[str]) -> dict[str, str]:
    """The finding about each command; more than one is too many."""
    lines = {one.split()[1]: one for one in found}
    assert len(lines) == len(found), found
    return {command: one for at, command in enumerate(commands) if (one := lines.get(f"README.md:{4 + 5 * at}"))}


RAW = {
    "raw run hello --dry": None,
    "raw run <workflow-id>": None,
    "raw run my-workflow": None,
    "raw show && raw create thing --intent 'a thing' && raw init && raw build": None,
    "skillgate raw run hello -- --name Ada": None,
    "skillgate raw run --project . hello --dry": None,
    "uv run raw run hello --name Ada": ("raw-run-arguments", "ends at `--name`"),
    "raw run hello -- --name Ada": ("raw-run-arguments", "ends at `--name`"),
    "raw run hello": ("refused-arguments", "`--name` is required"),
    "raw run say": ("no-such-workflow", "`say` is a part of the ids"),
    "raw run helo": ("no-such-workflow", "there is no workflow `helo`"),
    "raw run empty": ("no-such-workflow", "has no run.py"),
    "skillgate raw run hello --name Ada": ("refused-arguments", "no option of `skillgate raw run`"),
    "skillgate raw run hello -- --nam Ada --x 1": ("refused-arguments", "no option `--x`"),
    "raw list": ("no-such-command", "RAW has no command `list`"),
}


def test_raw(said: Say) -> None:
    found = by_command(said({**WORKFLOWS, "README.md": readme(*RAW)}), list(RAW))
    assert set(found) == {command for command, wanted in RAW.items() if wanted}
    for command, one in found.items():
        rule, reason = RAW[command] or ("", "")
        assert one.startswith(f"{rule} ")
        assert reason in one


def test_an_own_program_called_raw_may_hand_arguments_on(judged: Callable[[Mapping[str, str]], object]) -> None:
    files = {
        **WORKFLOWS,
        "Dockerfile": "FROM python:3.12-slim\nCOPY raw.sh /usr/local/bin/raw\n",
        "Makefile": "all:\n\traw run hello --name Ada\n",
    }
    found = judged(files).diagnostics  # type: ignore[attr-defined]
    assert [(one.rule, one.severity.value) for one in found] == [("wiring.raw-run-arguments", "warning")]


ALEMBIC = {
    "database/alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
    "database/migrations/versions/0001_first.py": 'revision: str = "a1b2"\n',
}


ALEMBIC_CALLS = {
    "cd database && alembic upgrade head && alembic downgrade -1 && alembic upgrade a1b2": None,
    "alembic -c database/alembic.ini upgrade a1:head": None,
    "docker compose exec api alembic upgrade head": None,
    "alembic --version": None,
    "alembic upgrade head": "there is no `alembic.ini`; did you mean `database/alembic.ini`?",
    "alembic -c db/alembic.ini upgrade head": "there is no `db/alembic.ini`",
    "alembic -c database/alembic.ini upgrade 0002": "there is no revision `0002`; there is `a1b2`",
}


def test_alembic(said: Say) -> None:
    calls = ALEMBIC_CALLS
    said_of_all = said({**ALEMBIC, "README.md": readme(*calls)})
    found = by_command([one for one in said_of_all if one.startswith("alembic-call")], list(calls))
    assert set(found) == {command for command, wanted in calls.items() if wanted}
    assert all((calls[command] or "") in one for command, one in found.items()), found


TEMPORAL = {
    "hiring.py": "from temporalio import workflow\n\n\n@workflow.defn(name='hiring')\nclass Hiring:\n"
    "    @workflow.run\n"
    "    async def run(self) -> None: ...\n\n    @workflow.signal\n    def booked(self) -> None: ...\n\n"
    "    @workflow.query(name='where')\n    def status(self) -> str: ...\n",
    "worker.py": "from temporalio.worker import Worker\nfrom hiring import Hiring\n\n\nasync def main(client):\n"
    "    await Worker(client, task_queue='people', workflows=[Hiring]).run()\n",
}


TEMPORAL_CALLS = {
    "temporal workflow start --type hiring --task-queue people --input '{\"a\": 1}'": None,
    "temporal schedule create --schedule-id s --workflow-type hiring --task-queue people --cron '@daily'": None,
    "temporal workflow signal -w 7 --name booked && temporal workflow query -w 7 --type where": None,
    "temporal server start-dev && temporal operator namespace create x": None,
    "temporal workflow start --type $TYPE --task-queue $QUEUE": None,
    "temporal workflow execute --type Hiring --task-queue people": "no workflow type `Hiring`; the nearest is `hiring`",
    "temporal workflow start --type hiring --task-queue persons": "task queue `persons`; the nearest is `people`",
    "temporal workflow signal -w 7 --name book": "no signal `book`; the nearest is `booked` (hiring.py:",
    'temporal workflow signal -w 7 --name bookd --input \'{"at": "10:00"}\'': "no signal `bookd`",
    "temporal workflow query -w 7 --type status": "no query `status`",
    "temporal workflow start --type hiring --task-queue people --input ada": "the input `ada` is no JSON",
}


def test_temporal(said: Say) -> None:
    calls = TEMPORAL_CALLS
    said_of_all = said({**TEMPORAL, "README.md": readme(*calls)})
    found = by_command([one for one in said_of_all if one.startswith("temporal-call")], list(calls))
    assert set(found) == {command for command, wanted in calls.items() if wanted}
    assert all((calls[command] or "") in one for command, one in found.items()), found


def test_servers_that_documentation_starts(said: Say) -> None:
    files = {"api/__init__.py": "", "api/main.py": "app = object()\n", "web/main.py": "", "web/Dockerfile": ""}
    commands = ("uvicorn api.main:app --reload", "cd api && uvicorn main:app", "uvicorn api.app:app")
    found = said({**files, "README.md": readme(*commands)})
    assert [one.split()[:2] for one in found] == [["no-such-program", "README.md:14"]]
