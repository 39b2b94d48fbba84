"""Samples that work once somebody fills in their example are not refused for what the example says."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.compose.support import judged

from checks.model import Diagnostic

APP = "  app:\n    image: registry.example.org/app:1.0\n"
CACHE = "  cache:\n    image: redis:7.4\n"
DATABASE = "  db:\n    image: postgres:17.6\n"
URL = "    environment:\n      DATABASE_URL: postgresql://app@db:5432/postgres\n"


def found(root: Path, files: dict[str, str], rule: str = "") -> list[Diagnostic]:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return [each for each in judged(root).diagnostics if each.rule.endswith(rule)]


def test_an_example_of_another_name_fills_the_variables(tmp_path: Path) -> None:
    compose = "services:\n  app:\n    image: nginx:1.27\n    volumes: ['${UPLOADS}:/data']\n    env_file: .env\n"
    files = {"compose.yaml": compose, "example.env": "UPLOADS=./uploads\n"}
    assert {each.rule: each.severity.value for each in found(tmp_path, files)} == {
        "compose.missing-env-file": "warning"
    }


@pytest.mark.parametrize(
    ("guide", "severity"), [("", "warning"), ("cp .env.live.sample .env.live", "error")], ids=["silent", "told"]
)
def test_an_address_in_an_example_counts_where_people_are_told_to_copy_it(
    guide: str, severity: str, tmp_path: Path
) -> None:
    compose = f"services:\n{CACHE}{APP}    env_file: .env.live\n    command: python -m app.worker\n"
    files = {"compose.yaml": compose, ".env.live.sample": "REDIS_URL=redis://localhost:6379/0\n", "README.md": guide}
    assert [each.severity.value for each in found(tmp_path, files, "localhost-address")] == [severity]


@pytest.mark.parametrize(
    ("said", "severity"),
    [("POSTGRES_HOST_AUTH_METHOD: trust", "warning"), ("POSTGRES_PASSWORD: local", "error")],
    ids=["nothing", "something"],
)
def test_users_may_be_made_by_hand_where_the_server_is_told_of_none(said: str, severity: str, tmp_path: Path) -> None:
    files = {"compose.yaml": f"services:\n{APP}{URL}{DATABASE}    environment:\n      {said}\n"}
    assert [each.severity.value for each in found(tmp_path, files, "wrong-credentials")] == [severity]


@pytest.mark.parametrize(
    ("services", "severity"),
    [
        (DATABASE, "warning"),
        (f"{APP}{URL}{DATABASE}", "error"),
        (f"{DATABASE}    environment: [POSTGRES_DB=a]\n", "error"),
    ],
    ids=["alone", "asked", "told"],
)
def test_a_database_without_a_password_is_sure_to_fail_where_somebody_counts_on_it(
    services: str, severity: str, tmp_path: Path
) -> None:
    files = {"compose.yaml": f"services:\n{services}"}
    assert [each.severity.value for each in found(tmp_path, files, "missing-setting")] == [severity]


def test_a_host_that_is_only_like_the_name_of_a_container_is_in_doubt(tmp_path: Path) -> None:
    mail = "    environment:\n      SMTP_HOST: shop-mail\n"
    like = "  meta:\n    image: registry.example.org/meta:1.0\n    container_name: shop-meta\n"
    near = "  shop-mails:\n    image: registry.example.org/mail:1.0\n"
    doubted = found(tmp_path / "container", {"compose.yaml": f"services:\n{APP}{mail}{like}"}, "unknown-host")
    sure = found(tmp_path / "service", {"compose.yaml": f"services:\n{APP}{mail}{near}"}, "unknown-host")
    assert [each.severity.value for each in (*doubted, *sure)] == ["warning", "error"]


def test_a_mail_server_in_a_variable_is_for_whoever_sets_up(tmp_path: Path) -> None:
    settings = "    environment:\n      SMTP_HOST: %s\n      SMTP_PORT: 2500\n"
    ours, theirs = (f"services:\n{APP}{settings % host}{CACHE}" for host in ("relay", "${SMTP_HOST}"))
    sure = found(tmp_path / "ours", {"compose.yaml": ours}, "unknown-host")
    doubted = found(tmp_path / "theirs", {"compose.yaml": theirs, ".env": "SMTP_HOST=relay\n"}, "unknown-host")
    assert [each.severity.value for each in sure] == ["error"]
    assert all(each.severity.value == "warning" for each in doubted)


def test_search_has_another_port_than_the_database_of_temporal(tmp_path: Path) -> None:
    settings = "    environment: [DB=postgres12, DB_PORT=5432, POSTGRES_SEEDS=db, ES_SEEDS=search, POSTGRES_USER=app]\n"
    search = "  search:\n    image: elasticsearch:8.17.0\n"
    files = {"compose.yaml": f"services:\n{APP}{settings}{search}{DATABASE}    environment: [POSTGRES_USER=app]\n"}
    assert found(tmp_path, files, "wrong-port") == []
