"""Webhooks behind an ingress that lists what it lets in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.wiring.deployments.findings import find
from checks.wiring.system import System
from tests.wiring.deployments.conftest import SHOP

Write = Callable[..., System]
MANIFESTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: shop:1.0
          env: [{name: NOTE, value: "SETTING"}]
          ports: [{containerPort: 8000}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: api}
  ports: [{port: 80, targetPort: 8000}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
    - http:
        paths: [{path: PATH, pathType: TYPE, backend: {service: {name: shop, port: {number: 80}}}}]
"""
MAIN = SHOP["shop/main.py"].replace('@app.post("/orders")', '@app.post("/webhooks/orders")')


def _rules(write: Write, path: str, setting: str = "none", kind: str = "Prefix") -> list[str]:
    text = MANIFESTS.replace("PATH", path).replace("SETTING", setting).replace("TYPE", kind)
    found = find(write({**SHOP, "shop/main.py": MAIN, "k8s/shop.yaml": text})).diagnostics
    return [one.rule for one in found if "webhook" in one.rule]


def test_a_path_that_lets_no_webhook_in(write: Write) -> None:
    assert _rules(write, "/orders") == ["wiring.unreached-webhook"]
    assert _rules(write, "/webhooks", kind="Exact") == ["wiring.unreached-webhook"]


@pytest.mark.parametrize("path", ["/", "/webhooks", "/webhooks/orders", "/(orders|webhooks)"])
def test_a_path_that_lets_it_in(write: Write, path: str) -> None:
    assert _rules(write, path) == []


def test_a_webhook_that_a_neighbour_calls(write: Write) -> None:
    assert _rules(write, "/orders", "http://shop/webhooks/orders") == []
