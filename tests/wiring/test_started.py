"""What command lines start, once shells and wrappers are taken away."""

from __future__ import annotations

import pytest

from checks.wiring.model import Kind, Started
from checks.wiring.started import started, started_line

SCRIPTS = {"scheduled-report": "scheduled_report.job:main"}


def only(found: tuple[Started, ...]) -> Started:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("line", "kind", "name", "arguments"),
    [
        ("python -m report.job --kind daily", Kind.MODULE, "report.job", ("--kind", "daily")),
        ("python3.12 -u -W ignore job.py a 'b c'", Kind.FILE, "job.py", ("a", "b c")),
        ("/app/.venv/bin/python -um worker", Kind.MODULE, "worker", ()),
        ("X=1 env Y=2 timeout 30 uv run --with foo -m report.job", Kind.MODULE, "report.job", ()),
        ("poetry run raw run analyze-cv --dry", Kind.WORKFLOW, "analyze-cv", ("--dry",)),
        ("raw run --dry analyze-cv", Kind.WORKFLOW, "analyze-cv", ("--dry",)),
        ("skillgate raw run a -- --b c", Kind.WORKFLOW, "a", ("--", "--b", "c")),
        ("python .raw/workflows/a-b/run.py --date=today > log 2>&1 || true", Kind.WORKFLOW, "a-b", ("--date=today",)),
        ("python /app/.raw/workflows/a/dry_run.py", Kind.WORKFLOW, "a", ()),
        ("tini -g -- nohup scheduled-report --date today", Kind.PROGRAM, "scheduled-report", ("--date", "today")),
        ("dumb-init -- alembic -c x.ini upgrade head", Kind.PROGRAM, "alembic", ("-c", "x.ini", "upgrade", "head")),
        ("python -m alembic upgrade head", Kind.PROGRAM, "alembic", ("upgrade", "head")),
        ("bash ./scripts/start.sh now", Kind.FILE, "./scripts/start.sh", ("now",)),
        ("/usr/local/bin/celery -A app worker", Kind.PROGRAM, "celery", ("-A", "app", "worker")),
        ('python -c "import x; print(1)"', Kind.PROGRAM, "python", ("-c", "import x; print(1)")),
        ("./wait-for-it.sh db:5432 -t 30 -- python -m worker", Kind.MODULE, "worker", ()),
        (
            "docker compose exec api python -m x",
            Kind.PROGRAM,
            "docker",
            ("compose", "exec", "api", "python", "-m", "x"),
        ),
    ],
)
def test_a_line(line: str, kind: Kind, name: str, arguments: tuple[str, ...]) -> None:
    found = only(started_line(line, SCRIPTS))
    assert (found.kind, found.name, found.arguments) == (kind, name, arguments)


@pytest.mark.parametrize(
    ("line", "name", "server", "port", "workdir"),
    [
        ("uvicorn api.main:app --host 0.0.0.0 --port 80", "api.main:app", "uvicorn", 80, None),
        ("uvicorn --factory api.main:create_app --port=9 &", "api.main:create_app", "uvicorn", 9, None),
        ("cd api && exec uvicorn main:app", "main:app", "uvicorn", None, "api"),
        ("python -m uvicorn m:app --app-dir src", "m:app", "uvicorn", None, "src"),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker api:app -b 0.0.0.0:81", "api:app", "gunicorn", 81, None),
        ("gunicorn 'api:create_app()' --bind :82 --chdir src", "api:create_app", "gunicorn", 82, "src"),
        ("hypercorn api:app --bind '[::]:83'", "api:app", "hypercorn", 83, None),
        ("granian --interface asgi api:app --port 84", "api:app", "granian", 84, None),
        ("fastapi run api/main.py --port 85", "api.main:app", "fastapi", 85, None),
        ("fastapi dev ./main.py --app other", "main:other", "fastapi", None, None),
    ],
)
def test_a_server(line: str, name: str, server: str, port: int | None, workdir: str | None) -> None:
    found = only(started_line(line))
    assert (found.kind, found.name, found.server, found.port) == (Kind.APP, name, server, port)
    assert found.workdir == workdir


def test_words_of_a_container() -> None:
    found = started(["sh", "-ec", "cd /app && python -m migrate\nexec uvicorn api:app --port ${PORT:-8000}"])
    assert [(one.name, one.workdir, one.complete) for one in found] == [
        ("migrate", "/app", True),
        ("api:app", "/app", False),
    ]
    assert only(started(["bash", "-lc", "exec python -m worker"])).argv == ("python", "-m", "worker")
    both = started(["/entrypoint.sh", "uvicorn", "a:b"])
    assert [(one.kind, one.name) for one in both] == [(Kind.FILE, "/entrypoint.sh"), (Kind.APP, "a:b")]
    assert started([]) == ()


def test_what_a_line_assigns_and_where_it_goes() -> None:
    found = started_line("export A=1; (cd web && npm run build) && B=2 make test")
    assert [(one.name, one.workdir, dict(one.assigned)) for one in found] == [
        ("npm", "web", {"A": "1"}),
        ("make", None, {"A": "1", "B": "2"}),
    ]


def test_what_is_no_program_is_left_out() -> None:
    text = """
    set -e  # don't go on
    until nc -z db 5432; do sleep 1; done
    for name in a b; do echo "$name"; done
    case "$1" in start) python -m worker ;; esac
    cat <<EOF > file
    python -m not_this
    EOF
    id=$(curl -s "http://x/$(whoami)")
    """
    names = [one.name for one in started_line(text)]
    assert names == ["nc", "worker", "cat"]


def test_an_unknown_word_is_said_to_be_unknown() -> None:
    found = only(started_line('raw run analyze-cv --cv-text "$(cat cv.txt)" --id ""'))
    assert not found.complete
    assert found.arguments[0] == "--cv-text"
    assert found.arguments[-1] == ""
