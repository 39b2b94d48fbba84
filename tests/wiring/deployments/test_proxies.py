"""Paths that nginx hands on to an application."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.wiring.deployments.findings import find
from checks.wiring.system import System
from tests.wiring.deployments.conftest import SHOP

Write = Callable[..., System]
PROXY = """upstream shop { server api:8000; }
server {
    listen 80;
    # location /none/ { proxy_pass http://shop; }
    location LOCATION {
        proxy_set_header Host $host;
        BODY
    }
    location / { proxy_pass http://shop; }
}
"""
SERVICE = "  proxy:\n    image: nginx:1.27\n    volumes: ['./nginx.conf:/etc/nginx/conf.d/default.conf:ro']\n"


def _lines(write: Write, location: str, body: str) -> list[tuple[str, int | None]]:
    conf = PROXY.replace("LOCATION", location).replace("BODY", body)
    files = {**SHOP, "docker-compose.yml": SHOP["docker-compose.yml"] + SERVICE, "nginx.conf": conf}
    return [(one.rule, one.line) for one in find(write(files)).diagnostics]


@pytest.mark.parametrize(
    ("location", "body"),
    [
        ("/orders/", "proxy_pass http://shop/;"),
        ("/orders/", "proxy_pass http://api:8000/v1/;"),
        ("/api/", "proxy_pass http://shop;"),
        ("= /healthz", "proxy_pass http://api:8000;"),
    ],
)
def test_a_path_that_arrives_as_another(write: Write, location: str, body: str) -> None:
    assert _lines(write, location, body) == [("wiring.entry-path", 7)]


@pytest.mark.parametrize(
    ("location", "body"),
    [
        ("/orders/", "proxy_pass http://shop;"),
        ("/orders/", "proxy_pass http://shop/orders/;"),
        ("/api/", "proxy_pass http://shop/;"),
        ("= /health", "proxy_pass http://shop;"),
        ("/docs", "proxy_pass http://shop;"),
        ("/api/", "rewrite ^/api/(.*)$ /$1 break; proxy_pass http://shop;"),
        ("~ ^/api/", "proxy_pass http://shop;"),
        ("/api/", "proxy_pass http://elsewhere.example.org;"),
        ("/static/", "root /srv;"),
    ],
)
def test_a_path_that_arrives(write: Write, location: str, body: str) -> None:
    assert _lines(write, location, body) == []
