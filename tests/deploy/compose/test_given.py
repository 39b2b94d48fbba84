"""What builds and containers are given: secrets, folders, names; and what may be there though no file says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.compose.support import found, judged, severities

APP = "  app:\n    image: registry.example.org/app:1.0\n"


@pytest.mark.parametrize(
    ("options", "reads", "severity"),
    [
        ("id=key,required=true", "", ["error"]),
        ("id=key,required", "", ["error"]),
        ("id=key", "cat /run/secrets/key", ["warning"]),
        ("id=key,target=/root/.npmrc", "npm install", []),
    ],
)
def test_a_build_secret_is_missed_where_the_build_insists_on_it(
    options: str, reads: str, severity: list[str], tmp_path: Path
) -> None:
    files = {
        "compose.yaml": "services:\n  job:\n    build: .\n",
        "Dockerfile": f"FROM node:20-slim\nRUN --mount=type=secret,{options} {reads or 'true'}\n",
    }
    assert severities(tmp_path, files, "missing-build-secret") == severity


def test_a_variable_that_all_have_may_be_of_no_use_to_one(tmp_path: Path) -> None:
    database = "  db:\n    image: postgres:16.4\n    environment: {POSTGRES_PASSWORD: s}\n"
    url = "    environment: {DATABASE_URL: 'postgresql://postgres:s@db:5432/postgres'}\n"
    other = "  other:\n    image: registry.example.org/other:1.0\n    network_mode: host\n"
    alone = {"compose.yaml": f"services:\n{database}{other}{url}"}
    shared = {"compose.yaml": f"services:\n{database}{other}{url}{APP}{url}"}
    assert severities(tmp_path / "alone", alone, "unshared-network") == ["error"]
    assert severities(tmp_path / "shared", shared, "unshared-network") == ["warning"]


SECRET = "secrets:\n  password:\n    environment: PASSWORD\n"
VARIABLE = "    environment: {DB_PASSWORD_FILE: /run/secrets/password}\n"


@pytest.mark.parametrize(("theirs", "severity"), [("", "error"), (VARIABLE, "warning")], ids=["alone", "shared"])
def test_a_variable_that_services_share_may_be_read_by_one(theirs: str, severity: str, tmp_path: Path) -> None:
    other = f"  other:\n    image: registry.example.org/other:1.0\n    secrets: [password]\n{theirs}"
    files = {"compose.yaml": f"services:\n{APP}{VARIABLE}{other}{SECRET}"}
    assert severities(tmp_path, files, "ungranted-secret") == [severity]


LISTENERS = "    environment:\n      KAFKA_LISTENERS: A://:29092,B://:9092\n"


@pytest.mark.parametrize(
    ("advertised", "count"),
    [("A://kafka:29092,B://localhost:9092", 0), ("A://localhost:29092,B://kafka:9092", 1)],
    ids=["for-the-host", "for-containers"],
)
def test_a_listener_for_the_host_may_be_localhost(advertised: str, count: int, tmp_path: Path) -> None:
    broker = f"  kafka:\n    image: apache/kafka:3.8.0\n{LISTENERS}      KAFKA_ADVERTISED_LISTENERS: {advertised}\n"
    app = f"{APP}    environment: {{BOOTSTRAP_SERVERS: 'kafka:29092'}}\n"
    assert len(found(tmp_path, {"compose.yaml": f"services:\n{broker}{app}"}, "advertised-localhost")) == count


@pytest.mark.parametrize(
    ("more", "count"),
    [("", 1), ("    tmpfs: [/var/cache/nginx, /var/run]\n", 0), ("    tmpfs: /run\n    volumes: [/var/cache]\n", 0)],
    ids=["nothing", "tmpfs", "around"],
)
def test_a_read_only_nginx_writes_its_cache_and_its_number(more: str, count: int, tmp_path: Path) -> None:
    compose = f"services:\n  web:\n    image: nginx:1.27\n    read_only: true\n{more}"
    assert len(found(tmp_path, {"compose.yaml": compose}, "read-only-root")) == count


NGINX = "  web:\n    image: nginx:1.27\n    volumes: ['./web:/etc/nginx/conf.d']\n"
BUILT = {
    "Dockerfile": 'FROM node:20-slim\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n',
    "server.js": "require('http').createServer().listen(8000);\n",
}


@pytest.mark.parametrize(
    ("group", "count"), [("upstream api { server api:8000; }\n", 0), ("", 1)], ids=["a-group", "the-service"]
)
def test_a_group_of_nginx_goes_before_a_service_of_its_name(group: str, count: int, tmp_path: Path) -> None:
    files = {
        **BUILT,
        "compose.yaml": f"services:\n{NGINX}  api:\n    build: .\n",
        "web/groups.conf": group,
        "web/site.conf": "server {\n  location / {\n    proxy_pass http://api;\n  }\n}\n",
    }
    assert len(found(tmp_path, files, "wrong-port")) == count


def test_a_finding_is_said_once_whatever_profile_is_on(tmp_path: Path) -> None:
    compose = (
        f"services:\n{APP}    environment: {{DATABASE_URL: 'postgresql://u:p@database/x'}}\n"
        "  other:\n    image: registry.example.org/other:1.0\n    profiles: [more]\n"
    )
    assert len(found(tmp_path, {"compose.yaml": compose}, "unknown-host")) == 1


@pytest.mark.parametrize(
    ("ignored", "severity"), [("", "error"), ("secret/\n", "warning"), ("relay.conf\n", "warning"), ("a.conf", "error")]
)
def test_a_file_that_git_leaves_out_is_made_by_whoever_sets_up(ignored: str, severity: str, tmp_path: Path) -> None:
    compose = f"services:\n{APP}    volumes: ['./secret/relay.conf:/etc/relay.conf']\n"
    files = {"compose.yaml": compose, ".gitignore": ignored}
    assert severities(tmp_path, files, "missing-bind-source") == [severity]


def test_an_unset_variable_is_told_the_name_that_is_set(tmp_path: Path) -> None:
    compose = f"services:\n{APP}    environment: {{PASSWORD: '${{DB_PASSWORD}}'}}\n"
    [unset] = found(tmp_path, {"compose.yaml": compose, ".env": "DB_PASSWRD=secret\n"}, "unset-variable")
    assert unset.hint == "`DB_PASSWRD` is set: one of the two names is wrong"


@pytest.mark.parametrize("hidden", [False, True], ids=["real", "embedded"])
def test_an_override_takes_the_place_of_what_is_extended(hidden: bool, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    compose = (
        "services:\n  app:\n    image: registry.example.org/app:1.0\n    ports: ['8000:8000']\n"
        "  debug:\n    extends: {service: app}\n    ports: !override ['8001:8001']\n"
    )
    (root / "compose.yaml").write_text(compose, encoding="utf-8")
    assert judged(root, hidden=hidden).diagnostics == ()
