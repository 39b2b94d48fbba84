"""Kubernetes objects as deployments."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from checks.wiring.model import Deployment, Role, Unit
from checks.wiring.system import System

Write = Callable[..., System]
SECRET = base64.b64encode(b"hush").decode()
MANIFESTS = f"""apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{MODE: map, HOST: db}}
---
apiVersion: v1
kind: Secret
metadata: {{name: secrets}}
data: {{PASSWORD: {SECRET}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      initContainers:
        - {{name: wait, image: "busybox:1", command: [sleep, "1"]}}
      containers:
        - name: api
          image: example.org/shop:1.0
          args: [python, "$(HOST).py"]
          envFrom: [{{configMapRef: {{name: settings}}}}]
          env:
            - name: PASSWORD
              valueFrom: {{secretKeyRef: {{name: secrets, key: PASSWORD}}}}
            - {{name: URL, value: "postgresql://me:$(PASSWORD)@$(HOST)/$(LATER)$$(X)"}}
            - {{name: LATER, value: late}}
            - {{name: NODE, valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}}}
          ports: [{{name: http, containerPort: 8000}}]
          livenessProbe: {{httpGet: {{path: /health, port: http}}}}
        - {{name: proxy, image: "proxy:1"}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: nightly}}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: nightly
              image: example.org/shop:1.0
              envFrom: [{{secretRef: {{name: made-elsewhere}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: api, namespace: shop}}
spec:
  type: LoadBalancer
  selector: {{app: api}}
  ports: [{{port: 80, targetPort: http}}]
"""


@pytest.fixture
def shop(write: Write) -> Deployment:
    """Manifests of an API and a CronJob, whose image the one Dockerfile makes."""
    files = {
        "k8s/all.yaml": MANIFESTS,
        "Dockerfile": 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python", "main.py"]\n',
        "README.md": "docker build -t shop:1.0 .\n",
    }
    return write(files).deployments[0]


def unit(deployment: Deployment, name: str) -> Unit:
    return next(one for one in deployment.units if one.name == name)


def test_units_and_roles(shop: Deployment) -> None:
    assert {one.name: one.role for one in shop.units} == {
        "Deployment/api": Role.SERVICE,
        "Deployment/api:proxy": Role.SERVICE,
        "Deployment/api:wait": Role.INIT,
        "CronJob/nightly": Role.SCHEDULE,
    }
    assert unit(shop, "CronJob/nightly").schedule == "0 3 * * *"


def test_what_runs(shop: Deployment) -> None:
    assert unit(shop, "Deployment/api").argv == ("python", "db.py")
    assert unit(shop, "CronJob/nightly").argv == ("python", "main.py")
    assert unit(shop, "Deployment/api:proxy").argv == ()


def test_variables(shop: Deployment) -> None:
    api = unit(shop, "Deployment/api")
    said = {name: one.value for name, one in api.variables.items()}
    assert said == {
        "MODE": "map",
        "HOST": "db",
        "PASSWORD": "hush",
        "URL": "postgresql://me:hush@db/$(LATER)$(X)",
        "LATER": "late",
        "NODE": None,
    }
    assert str(api.variables["MODE"].place).startswith("k8s/all.yaml:4")
    assert not api.open
    assert unit(shop, "CronJob/nightly").open


def test_ports_probes_and_names(shop: Deployment) -> None:
    api = unit(shop, "Deployment/api")
    assert [(port.number, port.name) for port in api.ports] == [(8000, "http")]
    assert [(probe.purpose, probe.path, probe.port) for probe in api.probes] == [("liveness", "/health", 8000)]
    address = shop.addresses[0]
    assert address.hosts == ("api", "api.shop", "api.shop.svc", "api.shop.svc.cluster.local")
    assert address.ports == {80: "http"}
    assert [(entry.path, entry.target, entry.port) for entry in shop.entries] == [(None, "api", 80)]


def test_a_service_of_another_namespace_selects_nothing(shop: Deployment) -> None:
    assert shop.addresses[0].units == ()
