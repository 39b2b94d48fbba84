"""Compose files as deployments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.wiring.model import Deployment, Kind, Role, Unit
from checks.wiring.system import System

Write = Callable[..., System]
DOCKERFILE = """FROM python:3.12-slim
WORKDIR /srv
ENV COLOUR=blue MODE=image
COPY . .
HEALTHCHECK CMD curl -f http://localhost:80/health
ENTRYPOINT ["./start.sh"]
CMD ["uvicorn", "main:app"]
"""
START = '#!/bin/sh\nset -e\nalembic upgrade head\nexec "$@"\n'


@pytest.fixture
def read(write: Write) -> Callable[..., Deployment]:
    """The one deployment of a Compose file, with files beside it."""

    def run(compose: str, **more: str) -> Deployment:
        files = {"Dockerfile": DOCKERFILE, "start.sh": START, "main.py": "", "docker-compose.yml": compose}
        system = write({**files, **{f".{name}" if name.startswith("env") else name: more[name] for name in more}})
        assert system.unread == ()
        return system.deployments[0]

    return run


def unit(deployment: Deployment, name: str) -> Unit:
    return next(one for one in deployment.units if one.name == name)


@pytest.mark.parametrize(
    ("said", "argv", "line"),
    [
        ("", ("./start.sh", "uvicorn", "main:app"), "Dockerfile:7"),
        ("command: python -m 'my job'", ("./start.sh", "python", "-m", "my job"), "docker-compose.yml:4"),
        ("entrypoint: [python]", ("python",), "docker-compose.yml:4"),
        ("entrypoint: sh -c", ("sh", "-c"), "docker-compose.yml:4"),
    ],
)
def test_what_runs_by_docker_s_rules(
    read: Callable[..., Deployment], said: str, argv: tuple[str, ...], line: str
) -> None:
    api = unit(read(f"services:\n  api:\n    build: .\n    {said}\n"), "api")
    assert (api.argv, str(api.argv_place)) == (argv, line)


def test_a_script_of_the_project_is_looked_into(read: Callable[..., Deployment]) -> None:
    api = unit(read("services:\n  api:\n    build: .\n"), "api")
    assert [(one.kind, one.name) for one in api.starts] == [(Kind.PROGRAM, "alembic"), (Kind.APP, "main:app")]


def test_variables_of_image_file_and_service(read: Callable[..., Deployment]) -> None:
    compose = (
        "services:\n  api:\n    build: .\n    env_file: .env.api\n    environment:\n"
        "      - MODE=service\n      - FROM_SHELL\n"
    )
    api = unit(read(compose, **{"env.api": "# private\nMODE=file\nTOKEN=hush\n"}), "api")
    said = {name: (one.value, str(one.place)) for name, one in api.variables.items()}
    assert said == {
        "COLOUR": ("blue", "Dockerfile"),
        "MODE": ("service", "docker-compose.yml:6"),
        "TOKEN": ("hush", ".env.api:3"),
        "FROM_SHELL": (None, "docker-compose.yml:7"),
    }
    assert not api.open


def test_an_env_file_that_is_made_elsewhere_leaves_a_unit_open(read: Callable[..., Deployment]) -> None:
    assert unit(read("services:\n  api:\n    build: .\n    env_file: .env.api\n"), "api").open


def test_names_ports_and_ways_in(read: Callable[..., Deployment]) -> None:
    compose = (
        "services:\n  api:\n    build: .\n    container_name: front\n    networks: {default: {aliases: [web]}}\n"
        "    ports: ['127.0.0.1:80:8000']\n    expose: ['9000']\n"
    )
    found = read(compose)
    assert found.addresses[0].hosts == ("api", "front", "web")
    assert [port.number for port in unit(found, "api").ports] == [8000, 9000]
    assert [(entry.host, entry.target, entry.port) for entry in found.entries] == [("127.0.0.1", "api", 8000)]


@pytest.mark.parametrize(
    ("test", "path", "port"),
    [
        ("curl -f http://localhost:8000/health?deep=1 || exit 1", "/health", 8000),
        ("[CMD, wget, -q, 'http://api/ready']", "/ready", 80),
        ("[CMD, curl, 'http://elsewhere:8000/health']", None, None),
        ("pg_isready", None, None),
    ],
)
def test_health_checks(read: Callable[..., Deployment], test: str, path: str | None, port: int | None) -> None:
    api = unit(read(f"services:\n  api:\n    build: .\n    healthcheck:\n      test: {test}\n"), "api")
    assert [(probe.path, probe.port) for probe in api.probes] == [(path, port)]


def test_the_health_check_of_the_image_serves_where_there_is_no_other(read: Callable[..., Deployment]) -> None:
    api = unit(read("services:\n  api:\n    build: .\n"), "api")
    assert [(probe.path, probe.port, str(probe.place)) for probe in api.probes] == [("/health", 80, "Dockerfile:5")]


def test_roles(read: Callable[..., Deployment]) -> None:
    compose = (
        "services:\n  first:\n    image: busybox:1\n  job:\n    image: busybox:1\n    restart: 'no'\n"
        "  api:\n    image: busybox:1\n    depends_on: {first: {condition: service_completed_successfully}}\n"
    )
    roles = {one.name: one.role for one in read(compose).units}
    assert roles == {"first": Role.INIT, "job": Role.JOB, "api": Role.SERVICE}


def test_a_broken_file_is_unread(write: Write) -> None:
    system = write({"docker-compose.yml": "services: [\n"})
    assert system.deployments == ()
    assert "docker-compose.yml" in system.unread[0]
