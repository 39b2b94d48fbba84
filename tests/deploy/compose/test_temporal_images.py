"""What is known of Temporal's own images: their drivers, and where the server for developers listens."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.compose.support import found, severities

WORKER = "  worker:\n    image: registry.example.org/worker:1.0\n    environment: {TEMPORAL_ADDRESS: 'temporal:7233'}\n"
DATABASE = "  db:\n    image: postgres:16.4\n    environment: {POSTGRES_USER: t, POSTGRES_PASSWORD: t}\n"


@pytest.mark.parametrize(
    ("tag", "driver", "severity"),
    [
        ("1.25.2", "postgresql", ["error"]),
        ("1.24", "mysql", ["error"]),
        ("1.23.1", "postgresql", []),
        ("latest", "postgresql", []),
        ("1.29.0", "postgres12", []),
        ("1.29.0", "postgres13", ["error"]),
    ],
)
def test_a_driver_that_this_version_has(tag: str, driver: str, severity: list[str], tmp_path: Path) -> None:
    server = f"  temporal:\n    image: temporalio/auto-setup:{tag}\n    environment:\n      DB: {driver}\n"
    server += "      DB_PORT: 5432\n      POSTGRES_SEEDS: db\n      POSTGRES_USER: t\n      POSTGRES_PWD: t\n"
    files = {"compose.yaml": f"services:\n{DATABASE}{server}{WORKER}"}
    assert severities(tmp_path, files, "missing-setting") == severity


@pytest.mark.parametrize(
    ("service", "others", "count"),
    [
        ("image: temporalio/temporal:1.5.1\n    command: server start-dev", WORKER, 1),
        ("image: temporalio/admin-tools:1.29\n    entrypoint: [temporal, server, start-dev]", WORKER, 1),
        ("image: temporalio/temporal:1.5.1\n    command: server start-dev --ip 0.0.0.0", WORKER, 0),
        ("image: temporalio/temporal:1.5.1\n    command: server start-dev", "", 0),
        ("image: temporalio/temporal:1.5.1\n    network_mode: host\n    command: server start-dev", WORKER, 0),
    ],
    ids=["image", "entrypoint", "told", "nobody-asks", "host"],
)
def test_the_server_for_developers_is_to_be_reached(service: str, others: str, count: int, tmp_path: Path) -> None:
    files = {"compose.yaml": f"services:\n  temporal:\n    {service}\n{others}"}
    assert len(found(tmp_path, files, "loopback")) == count
