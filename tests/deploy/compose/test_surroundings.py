"""What services of a Compose file share, and what they are given, is told apart from what only looks like a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.compose.support import found, severities

APP = "  app:\n    image: registry.example.org/app:1.0\n"


def test_an_address_that_is_put_together_later_is_not_held_against_the_database(tmp_path: Path) -> None:
    compose = (
        f"services:\n{APP}    environment: {{DATABASE_URL: 'postgresql://{{USER}}:{{PASSWORD}}@db/{{NAME}}'}}\n"
        "  db:\n    image: postgres:16.4\n    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: secret}\n"
    )
    assert found(tmp_path, {"compose.yaml": compose}, "wrong-credentials") == []


def test_services_that_all_have_a_profile_are_services(tmp_path: Path) -> None:
    compose = "services:\n  cache:\n    image: redis:7.4\n    profiles: [all]\n"
    assert found(tmp_path, {"compose.yaml": compose}) == []


@pytest.mark.parametrize(
    ("name", "severity"),
    [("compose.debug.yaml", "warning"), ("compose.override.yaml", "error")],
    ids=["more", "always"],
)
def test_a_service_of_a_further_file_may_take_the_place_of_another(name: str, severity: str, tmp_path: Path) -> None:
    one = "services:\n  shop:\n    image: registry.example.org/shop:1.0\n    ports: ['8000:8000']\n"
    more = one.replace("shop:\n", "shop-debug:\n")
    more += "    depends_on: [shop]\n" if name == "compose.debug.yaml" else ""
    assert severities(tmp_path, {"compose.yaml": one, name: more}, "port-collision") == [severity]


def test_a_text_is_for_the_shell_that_an_image_from_elsewhere_starts(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  job:\n    build: .\n    volumes: ['.:/src']\n"
        "    command: ['/src/a.sh one && /src/b.sh two']\n",
        "Dockerfile": "FROM registry.example.org/builder:1.0\n",
    }
    assert found(tmp_path, files, "missing-script") == []


def test_what_a_makefile_installs_may_be_the_project(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  job:\n    build: .\n    volumes: ['.:/src']\n    command: python web/run.py\n",
        "Dockerfile": "FROM python:3.12\nWORKDIR /src\nCOPY Makefile .\nRUN make install-dev\n",
        "Makefile": "install-dev:\n\tpip install -e .\n",
        "web/run.py": "from web.app import main\n",
        "web/app.py": "main = 1\n",
    }
    assert found(tmp_path, files, "missing-module") == []


def test_an_entrypoint_that_is_a_script_takes_its_argument_apart(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  web:\n    build: .\n",
        "Dockerfile": 'FROM python:3.12\nCOPY start.sh /start.sh\nRUN chmod +x /start.sh\nENTRYPOINT ["/start.sh"]\n'
        'CMD ["--workers 1 --port 8000"]\n',
        "start.sh": "#!/bin/sh\nexec uvicorn app:app $1\n",
    }
    assert found(tmp_path, files, "broken-image") == []


DATABASES = "  {name}:\n    image: postgres:16.4\n    environment: {{POSTGRES_PASSWORD: secret, PGDATA: {data}}}\n"
MOUNT = "    volumes: ['rows:/pg']\n"


@pytest.mark.parametrize(("second", "count"), [("/pg/second", 0), ("/pg/first", 1)], ids=["apart", "same"])
def test_two_databases_in_one_volume_may_have_a_folder_each(second: str, count: int, tmp_path: Path) -> None:
    services = (
        DATABASES.format(name="one", data="/pg/first") + MOUNT + DATABASES.format(name="two", data=second) + MOUNT
    )
    files = {"compose.yaml": f"services:\n{services}volumes:\n  rows:\n"}
    assert len(found(tmp_path, files, "shared-data")) == count


def test_a_container_beside_another_asks_it_by_localhost(tmp_path: Path) -> None:
    compose = (
        "services:\n  db:\n    image: postgres:16.4\n    environment: {POSTGRES_PASSWORD: secret}\n"
        "    network_mode: service:desk\n"
        "  desk:\n    image: registry.example.org/desk:1.0\n    command: sleep infinity\n"
        "    environment: {DATABASE_URL: 'postgresql://postgres:secret@localhost:5432/postgres'}\n"
    )
    assert found(tmp_path, {"compose.yaml": compose}) == []


@pytest.mark.parametrize(
    ("more", "count"),
    [("", 1), ("    extra_hosts: ['db:127.0.0.1']\n", 0)],
    ids=["unknown", "told"],
)
def test_a_name_in_the_network_of_the_host_is_one_that_the_host_knows(more: str, count: int, tmp_path: Path) -> None:
    database = (
        "  db:\n    image: postgres:16.4\n    environment: {POSTGRES_PASSWORD: secret}\n    ports: ['5432:5432']\n"
    )
    app = f"{APP}    network_mode: host\n    environment: {{PGHOST: db, PGUSER: postgres}}\n{more}"
    assert len(found(tmp_path, {"compose.yaml": f"services:\n{database}{app}"}, "unshared-network")) == count


@pytest.mark.parametrize(
    ("listen", "variables", "count"),
    [
        ("app.listen(3000)", "", 1),
        ("app.listen(process.env.PORT || 3000)", "", 1),
        ("app.listen(process.env.PORT || 3000)", "    environment: {PORT: '8080'}\n", 0),
        ("app.listen(config.port)", "", 0),
        ("app.listen(3000); admin.listen(8080)", "", 0),
        ("app.listen({ host: '0.0.0.0', port: 3000 })", "", 1),
    ],
    ids=["number", "default", "set", "elsewhere", "two", "object"],
)
def test_a_program_of_node_says_where_it_listens(listen: str, variables: str, count: int, tmp_path: Path) -> None:
    files = {
        "compose.yaml": f"services:\n  web:\n    build: .\n    ports: ['80:8080']\n{variables}",
        "Dockerfile": 'FROM node:20-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "server.js"]\n',
        "server.js": f"const app = require('express')();\n{listen};\n",
    }
    assert len(found(tmp_path, files, "wrong-port")) == count


@pytest.mark.parametrize(
    ("address", "count"),
    [("172.30.5.9", 0), ("172.30.6.9", 1), ("172.30.5.1", 1)],
    ids=["inside", "outside", "gateway"],
)
def test_an_address_is_one_of_its_network(address: str, count: int, tmp_path: Path) -> None:
    compose = f"services:\n{APP}    networks: {{inner: {{ipv4_address: {address}}}}}\n"
    pool = "networks:\n  inner:\n    ipam: {config: [{subnet: 172.30.5.0/24, gateway: 172.30.5.1}]}\n"
    assert len(found(tmp_path, {"compose.yaml": compose + pool}, "static-address")) == count


def test_an_address_is_given_once(tmp_path: Path) -> None:
    network = "    networks: {inner: {ipv4_address: 172.30.5.9}}\n"
    more = f"  other:\n    image: registry.example.org/other:1.0\n{network}"
    pool = "networks:\n  inner:\n    ipam: {config: [{subnet: 172.30.5.0/24}]}\n"
    files = {"compose.yaml": f"services:\n{APP}{network}{more}{pool}"}
    assert len(found(tmp_path, files, "static-address")) == 1


@pytest.mark.parametrize(
    ("test", "count"),
    [("redis-cli ping", 0), ("redis-cli ping | grep PONG", 1), ("redis-cli -a $$PASS ping | grep PONG", 0)],
    ids=["any-answer", "refused", "logs-in"],
)
def test_a_ping_without_a_password_counts_where_its_answer_is_read(test: str, count: int, tmp_path: Path) -> None:
    cache = "  cache:\n    image: redis:7.4\n    command: redis-server --requirepass secret\n"
    files = {"compose.yaml": f"services:\n{cache}    healthcheck:\n      test: {test}\n"}
    assert len(found(tmp_path, files, "refused-healthcheck")) == count


@pytest.mark.parametrize(
    ("image", "count"),
    [
        ("example/ShopApi:1", 1),
        ("registry.example.org/ShopApi:1", 1),
        ("ShopApi:1", 1),
        ("Registry.example.org/shop:RC1", 0),
        ("localhost:5000/shop@sha256:" + "a" * 64, 0),
    ],
)
def test_capital_letters_are_for_registries_and_tags(image: str, count: int, tmp_path: Path) -> None:
    assert (
        len(found(tmp_path, {"compose.yaml": f"services:\n  a:\n    image: {image}\n"}, "invalid-image-name")) == count
    )


def test_the_values_of_an_included_env_file_are_not_shown(tmp_path: Path) -> None:
    files = {
        "compose.yaml": f"include:\n  - path: data/compose.yaml\n    env_file: data/own.env\nservices:\n{APP}"
        "    environment: {DATABASE_URL: 'postgresql://shop@db/other'}\n",
        "data/compose.yaml": "services:\n  db:\n    image: postgres:16.4\n"
        "    environment: {POSTGRES_USER: '${OWNER}', POSTGRES_PASSWORD: '${SECRET}'}\n",
        "data/own.env": "OWNER=privately-named\nSECRET=never-to-be-shown\n",
    }
    said = [each.message for each in found(tmp_path, files)]
    assert said
    assert not any("privately-named" in text or "never-to-be-shown" in text for text in said)


def test_a_service_of_a_file_beside_may_be_on_the_same_network(tmp_path: Path) -> None:
    compose = f"services:\n{APP}    environment: {{VECTORS_URL: 'http://vectors:9999'}}\n"
    beside = "services:\n  vectors:\n    image: registry.example.org/vectors:1.0\n"
    alone = severities(tmp_path / "alone", {"compose.yaml": compose}, "unknown-host")
    files = {"docker-compose.yml": compose, "docker-compose-vectors.yml": beside}
    assert (alone, severities(tmp_path / "beside", files, "unknown-host")) == (["error"], ["warning"])


def test_what_is_not_required_may_be_without_a_healthcheck(tmp_path: Path) -> None:
    compose = (
        f"services:\n{APP}    depends_on: {{cache: {{condition: service_healthy, required: false}}}}\n"
        "  cache:\n    image: redis:7.4\n"
    )
    assert severities(tmp_path, {"compose.yaml": compose}, "unhealthy-dependency") == ["warning"]


def test_what_compose_reads_and_cannot_print_is_judged_without_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  job:\n    build: {context: ., ssh: [key=./key]}\n",
        "Dockerfile": "FROM python:3.12-slim\n",
        "key": "none\n",
    }
    assert [each.message for each in found(tmp_path, files)] == []
