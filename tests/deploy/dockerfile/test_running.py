"""What a command line of a container starts."""

from __future__ import annotations

import pytest

from checks.deploy.dockerfile.running import Running, running

SHELL = ("/bin/sh", "-c")


def only(*argv: str, **variables: str) -> Running:
    (found,) = running(argv, variables, "/app")
    return found


@pytest.mark.parametrize(
    ("argv", "program", "module", "file"),
    [
        (("python", "-m", "worker.main", "-x"), "python", "worker.main", None),
        (("python3.12", "-u", "run.py"), "python3.12", None, "run.py"),
        (("uv", "run", "--frozen", "python", "-m", "a"), "python", "a", None),
        (("poetry", "run", "celery", "-A", "x", "worker"), "celery", None, None),
        (("tini", "--", "python", "a.py"), "python", None, "a.py"),
        (("bash", "start.sh"), "bash", None, "start.sh"),
        ((*SHELL, "exec env A=1 python -m a"), "python", "a", None),
    ],
)
def test_wrappers_are_taken_off(argv: tuple[str, ...], program: str, module: str | None, file: str | None) -> None:
    found = only(*argv)
    assert (found.program, found.module, found.file) == (program, module, file)


@pytest.mark.parametrize(
    ("text", "host", "port", "said"),
    [
        ("uvicorn a:b", "127.0.0.1", 8000, False),
        ("uvicorn a:b --host 0.0.0.0 --port=9000", "0.0.0.0", 9000, True),
        ("python -m uvicorn a:b --host 0.0.0.0 -w 2", "0.0.0.0", 8000, False),
        ("uvicorn a:b --host 0.0.0.0 --port ${PORT:-7000}", "0.0.0.0", 7000, True),
        ("gunicorn a:b -k x -b 0.0.0.0:80", "0.0.0.0", 80, True),
        ("gunicorn a:b", "127.0.0.1", 8000, False),
        ("gunicorn a:b -c conf.py", None, None, False),
        ("gunicorn -b unix:/s.sock a:b", "unix", None, False),
        ("fastapi run api/main.py --port 80", "0.0.0.0", 80, True),
        ("flask run --host=0.0.0.0", "0.0.0.0", 5000, False),
        ("python -m http.server 8080", "0.0.0.0", 8080, True),
        ("uvicorn a:b --uds /s.sock", None, None, False),
    ],
)
def test_where_servers_listen(text: str, host: str | None, port: int | None, said: bool) -> None:
    found = only(*SHELL, text)
    assert (found.host, found.port, found.said) == (host, port, said)


def test_every_command_of_a_shell_line_is_seen() -> None:
    found = running((*SHELL, "alembic upgrade head && cd api && exec uvicorn main:app"), {}, "/app")
    assert [(each.program, each.folder) for each in found] == [("alembic", "/app"), ("uvicorn", "/app/api")]
    assert found[1].app == ("main", "app")


def test_variables_of_the_image_decide() -> None:
    assert only("uvicorn", "a:b", UVICORN_HOST="0.0.0.0", UVICORN_PORT="81").port == 81
    assert only("uvicorn", "a:b", UVICORN_HOST="0.0.0.0").host == "0.0.0.0"
