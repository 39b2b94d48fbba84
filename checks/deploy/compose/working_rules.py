"""The rules about services that start and still cannot work together, for `skillgate explain`."""

from __future__ import annotations

from checks.deploy.compose.surrounding_rules import SURROUNDING
from checks.model import Rule, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, title: str, why: str, wrong: str, right: str, severity: Severity = _ERROR) -> Rule:
    return Rule(f"compose.{name}", severity, title, why, wrong.strip("\n"), right.strip("\n"))


_ADDRESSES = (
    _rule(
        "unknown-host",
        "An address names a service",
        "Inside a Compose network only the names of services, and their aliases, are hosts. A warning where a container"
        " outside may have the name.",
        "api:\n  environment:\n    DATABASE_URL: postgresql://u:p@postgres/shop\ndb:\n  image: postgres:16.4",
        "api:\n  environment:\n    DATABASE_URL: postgresql://u:p@db/shop\ndb:\n  image: postgres:16.4",
    ),
    _rule(
        "wrong-port",
        "A port is one on which the container listens",
        "The published port is the host's: services reach each other on the container's own.",
        'db:\n  ports: ["5433:5432"]\napi:\n  environment:\n    DATABASE_URL: postgresql://u:p@db:5433/shop',
        'db:\n  ports: ["5433:5432"]\napi:\n  environment:\n    DATABASE_URL: postgresql://u:p@db:5432/shop',
    ),
    _rule(
        "localhost-address",
        "localhost is not another service",
        "In a container localhost is the container itself. A warning where a browser outside may be meant.",
        "api:\n  environment:\n    DATABASE_URL: postgresql://u:p@localhost:5432/shop",
        "api:\n  environment:\n    DATABASE_URL: postgresql://u:p@db:5432/shop",
    ),
    _rule(
        "unshared-network",
        "Services that talk share a network",
        "A name is only found by those on a network of its service.",
        "api:\n  networks: [front]\n  environment: {REDIS_URL: redis://cache:6379}\ncache:\n  networks: [back]",
        "api:\n  networks: [front, back]\n  environment: {REDIS_URL: redis://cache:6379}\ncache:\n  networks: [back]",
    ),
    _rule(
        "wrong-credentials",
        "A database is asked with what it was made with",
        "The image makes one user, one password and one database; with others the connection is refused.",
        "db:\n  environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: a}\n"
        "api:\n  environment: {DATABASE_URL: postgresql://admin:a@db/shop}",
        "db:\n  environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: a}\n"
        "api:\n  environment: {DATABASE_URL: postgresql://shop:a@db/shop}",
    ),
    _rule(
        "missing-setting",
        "An image is told what it needs to start",
        "The container ends at once and says what it misses in its log only.",
        "db:\n  image: postgres:16.4",
        "db:\n  image: postgres:16.4\n  environment:\n    POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}",
    ),
)
_COMMANDS = (
    _rule(
        "no-shell",
        "What only a shell understands is written for a shell",
        "Compose splits a command into words and drops what stands behind `&&`; in the list form `&&` is an argument.",
        "command: alembic upgrade head && uvicorn api.main:app",
        'command: ["sh", "-c", "alembic upgrade head && exec uvicorn api.main:app"]',
    ),
    _rule(
        "missing-module",
        "The module that is started is in the container",
        "The container ends with an import error. A folder that is mounted hides what the image has there.",
        "command: uvicorn api.app:app      # the module is api/main.py",
        "command: uvicorn api.main:app",
    ),
    _rule(
        "missing-attribute",
        "The application that is served exists in its module",
        "The server ends: the attribute is not found in the module.",
        "command: uvicorn api.main:application      # api/main.py defines app",
        "command: uvicorn api.main:app",
    ),
    _rule(
        "missing-script",
        "The file that is started is in the container",
        "The container ends at once: the file is not there.",
        "command: python worker/run.py      # the Dockerfile copies api/ only",
        "command: python worker/run.py\nvolumes: [./worker:/app/worker]",
    ),
    _rule(
        "missing-program",
        "The program that is started, or that a healthcheck asks with, is in the image",
        "The container ends, or is never healthy. Slim images have no curl.",
        "image: python:3.12-slim\nhealthcheck:\n  test: [CMD, curl, -f, http://localhost:8000/health]",
        'image: python:3.12-slim\nhealthcheck:\n  test: [CMD, python, -c, "import urllib.request as r; '
        "r.urlopen('http://localhost:8000/health')\"]",
    ),
    _rule(
        "not-executable",
        "A script that is started directly is executable",
        "The container ends with `permission denied`.",
        "command: [./start.sh]      # mode 644",
        "command: [sh, ./start.sh]",
    ),
    _rule(
        "no-shebang",
        "A script that is started directly says by what",
        "The container ends with `exec format error`.",
        "echo starting      # the first line of start.sh",
        "#!/bin/sh\necho starting",
    ),
    _rule(
        "windows-line-ends",
        "A script has Unix line ends",
        "With them the system looks for a program whose name ends with a carriage return.",
        "#!/bin/sh\\r",
        "#!/bin/sh",
    ),
    _rule(
        "loopback",
        "A server in a container listens on every address",
        "127.0.0.1 is the container itself: neither the host nor another service reaches it.",
        'command: uvicorn api.main:app --port 8000\nports: ["8000:8000"]',
        'command: uvicorn api.main:app --host 0.0.0.0 --port 8000\nports: ["8000:8000"]',
    ),
)
_PARTS = (
    _rule(
        "endless-job",
        "What others wait for to be done ends",
        "`service_completed_successfully` waits until the container has ended: one that is started again never has.",
        "migrate:\n  restart: always\napi:\n  depends_on:\n    migrate: {condition: service_completed_successfully}",
        'migrate:\n  restart: "no"\napi:\n  depends_on:\n    migrate: {condition: service_completed_successfully}',
    ),
    _rule(
        "covered-mount",
        "One folder is mounted once",
        "Compose keeps the last one without a word.",
        'volumes: ["first:/data", "second:/data"]',
        'volumes: ["first:/data", "second:/backup"]',
    ),
    _rule(
        "wrong-mount",
        "A database's volume lies where its data does",
        "Elsewhere the data goes with the container; PostgreSQL 18 and later do not even start with a volume at the old"
        " place. A warning where it only is lost.",
        "db:\n  image: postgres:18\n  volumes: [data:/var/lib/postgresql/data]",
        "db:\n  image: postgres:18\n  volumes: [data:/var/lib/postgresql]",
    ),
    _rule(
        "unused-definition",
        "What is defined is used",
        "A volume that no service mounts keeps nothing: often the mount was forgotten.",
        "services:\n  db:\n    image: postgres:16.4\nvolumes:\n  data:",
        "services:\n  db:\n    image: postgres:16.4\n    volumes: [data:/var/lib/postgresql/data]\nvolumes:\n  data:",
        _WARNING,
    ),
)
WORKING: tuple[Rule, ...] = _ADDRESSES + _COMMANDS + _PARTS + SURROUNDING
