"""What a text says about where something is."""

from __future__ import annotations

import pytest

from checks.wiring.deployments.paths import begins, fits
from checks.wiring.deployments.targets import Target, target_of


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("localhost:7233", Target("localhost", 7233)),
        ("http://api:8000/x?y=1", Target("api", 8000, "http")),
        ("https://example.org", Target("example.org", 443, "https")),
        ("postgresql+asyncpg://me:p%40ss@db/app", Target("db", 5432, "postgresql", "asyncpg")),
        ("redis://:secret@cache:6380/0", Target("cache", 6380, "redis")),
        ("http://a:1,http://b:2", None),
        ("sqlite:///app.db", None),
        ("http://{host}:8000", None),
        ("14:30 or later", None),
        ("orders", None),
    ],
)
def test_targets(text: str, target: Target | None) -> None:
    assert target_of(text) == target


def test_no_password_is_shown() -> None:
    assert str(target_of("postgresql://me:secret@db/app")) == "postgresql://db:5432"


@pytest.mark.parametrize(
    ("route", "path", "does"),
    [
        ("/orders/{order_id}", "/orders/7", True),
        ("/orders/{order_id}", "/orders", False),
        ("/orders", "/orders/", True),
        ("/files/{name:path}", "/files/a/b", True),
        ("/orders/<int:order_id>", "/orders/7", True),
        ("/orders/all", "/orders/{}", True),
        ("/order", "/orders", False),
    ],
)
def test_a_route_fits_a_path(route: str, path: str, does: bool) -> None:
    assert fits(route, path) is does


def test_a_route_begins_with_a_path() -> None:
    assert begins("/api/orders", "/api")
    assert not begins("/apis/orders", "/api")
