"""What operators make is theirs to know: nothing about it is certain."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.program import clean_environment

from checks.deploy.kubernetes.check import check
from checks.model import CheckContext

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: api, image: 'registry.example.org/api:1.0'}]
---
apiVersion: v1
kind: Service
metadata: {name: metrics}
spec: {selector: {app: prometheus}, ports: [{port: 9090}]}
---
"""
OBJECT = "apiVersion: %s\nkind: %s\nmetadata: {name: one}\nspec: {}\n"


@pytest.mark.parametrize(
    ("version", "kind", "severity"),
    [
        ("monitoring.coreos.com/v1", "Prometheus", "warning"),
        ("monitoring.coreos.com/v1", "ServiceMonitor", "error"),
        ("serving.knative.dev/v1", "Service", "warning"),
        ("cert-manager.io/v1", "Certificate", "error"),
    ],
)
def test_a_service_without_pods_beside_an_operators_object(
    version: str, kind: str, severity: str, tmp_path: Path
) -> None:
    (tmp_path / "all.yaml").write_text(DEPLOYMENT + OBJECT % (version, kind), encoding="utf-8")
    result = check(CheckContext(tmp_path, Path(sys.executable), 1, (), clean_environment()))
    assert [(found.rule, found.severity.value) for found in result.diagnostics] == [
        ("kubernetes.selects-nothing", severity)
    ]
    assert (result.evidence["verified"], result.evidence["unverified"]) == (2, 1)
