"""One fault at a time in a shop that works: it is found, at its place, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.model import Diagnostic, Severity

Judge = Callable[..., tuple[Diagnostic, ...]]
COMPOSE = "docker-compose.yml"
WORKER_ENV = "      TEMPORAL_HOST: temporal:7233\n      API_URL: http://api:8000\n"
FAULTS = {
    "a variable under another name": (
        ((COMPOSE, WORKER_ENV, WORKER_ENV.replace("TEMPORAL_HOST", "TEMPORAL_ADDRESS")),),
        "local-default",
        COMPOSE,
    ),
    "no address of the API": (
        ((COMPOSE, "      API_URL: http://api:8000\n", ""),),
        "local-default",
        COMPOSE,
    ),
    "a default that names nobody": (
        (
            (COMPOSE, WORKER_ENV, "      API_URL: http://api:8000\n"),
            ("shop/settings.py", "localhost:7233", "temp:7233"),
        ),
        "local-default",
        COMPOSE,
    ),
    "an address in the code": (
        (("shop/worker.py", "Client.connect(settings.temporal_host)", 'Client.connect("localhost:7233")'),),
        "local-address",
        "shop/worker.py",
    ),
    "an address by keyword": (
        (
            ("shop/worker.py", "import httpx\n", "import httpx\nimport redis\n"),
            ("shop/worker.py", "async def main", "cache = redis.Redis(host='localhost')\n\n\nasync def main"),
            (COMPOSE, "services:\n", "services:\n  cache:\n    image: redis:7\n"),
        ),
        "local-address",
        "shop/worker.py",
    ),
    "another port in the image": ((("Dockerfile", '"8000"]', '"8080"]'),), "port-mismatch", COMPOSE),
    "another port in a URL": (((COMPOSE, "http://api:8000", "http://api:80"),), "port-mismatch", COMPOSE),
    "another port in the check": (((COMPOSE, "localhost:8000", "localhost:8001"),), "port-mismatch", COMPOSE),
    "only its own loopback": (
        ((COMPOSE, "  api:\n    build: .\n", "  api:\n    build: .\n    command: uvicorn shop.main:app\n"),),
        "loopback-only",
        COMPOSE,
    ),
    "no such path": (((COMPOSE, "8000/health", "8000/healthz"),), "probe-path", COMPOSE),
    "another method": ((("shop/main.py", '@app.get("/health")', '@app.post("/health")'),), "probe-path", COMPOSE),
    "no program for the check": (
        ((COMPOSE, "[CMD, python, -c, \"import urllib.request as r; r.urlopen('http://localhost:8000/health')\"]",
          "curl -f http://localhost:8000/health"),),
        "probe-program",
        COMPOSE,
    ),
    "no such base path": (((COMPOSE, "http://api:8000", "http://api:8000/v1"),), "url-path", COMPOSE),
    "no such route": ((("shop/worker.py", "/orders/{order_id}", "/order/{order_id}"),), "call-path", "shop/worker.py"),
    "a route of another method": ((("shop/worker.py", "client.post", "client.get"),), "call-path", "shop/worker.py"),
    "an async driver": (((COMPOSE, "postgresql+psycopg:", "postgresql+asyncpg:"),), "database-driver", COMPOSE),
    "a driver that nobody declares": (((COMPOSE, "postgresql+psycopg:", "postgresql:"),), "database-driver", COMPOSE),
    "a file beside a server": (
        ((COMPOSE, "worker\n    environment:\n      DATABASE_URL", "worker\n    environment:\n      DB_URL"),),
        "separate-databases",
        COMPOSE,
    ),
    "another queue": (((COMPOSE, WORKER_ENV, WORKER_ENV + "      TASK_QUEUE: shop\n"),), "separate-queues", COMPOSE),
}  # fmt: skip


def test_the_shop_works(judge: Judge) -> None:
    assert judge() == ()


def test_a_default_behind_another_variable_is_not_asked(judge: Judge) -> None:
    settings = '    task_queue: str = "orders"\n'
    edits = (
        ("shop/settings.py", settings, f'{settings}    old_api_url: str = "http://localhost:8000"\n'),
        ("shop/worker.py", "settings.api_url", "settings.api_url or settings.old_api_url"),
    )
    assert "local-default" not in {one.rule.partition(".")[2] for one in judge(edits)}
    unset = (COMPOSE, "      API_URL: http://api:8000\n", "")
    assert "local-default" in {one.rule.partition(".")[2] for one in judge((*edits, unset))}


def test_a_proxy_in_the_same_network_may_have_the_port(judge: Judge) -> None:
    proxy = "  proxy:\n    image: nginx:1.27\n    network_mode: service:api\n"
    edits = ((COMPOSE, "services:\n", f"services:\n{proxy}"), (COMPOSE, '["8000:8000"]', '["8080:8080"]'))
    assert judge(edits) == ()
    assert [one.rule for one in judge(edits[1:])] == ["wiring.port-mismatch"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(judge: Judge, name: str) -> None:
    edits, rule, file = FAULTS[name]
    found = judge(edits)
    assert {each.rule for each in found} == {f"wiring.{rule}"}, [each.message for each in found]
    assert {each.file for each in found} == {file}
    assert all(each.severity is Severity.ERROR for each in found)


def test_both_ends_are_shown_and_no_password(judge: Judge) -> None:
    edits = ((COMPOSE, "postgresql+psycopg:", "postgresql+asyncpg:"), (COMPOSE, "postgres:secret@", "postgres:hush@"))
    found = judge(edits)
    assert all("shop/store.py:5" in each.message for each in found)
    assert not any("hush" in f"{each.message} {each.hint}" for each in found)


DEBUGGED = "python -m debugpy --listen 0.0.0.0:5678 -m uvicorn shop.main:app --host 0.0.0.0"
QUIET = {
    "what is not used may be unset": ((COMPOSE, "      TEMPORAL_HOST: temporal:7233\n    ports", "    ports"),
                                      ("shop/main.py", "settings.temporal_host", '"temporal:7233"')),
    "an env file that somebody makes": ((COMPOSE, WORKER_ENV, "    env_file: [secrets/worker.env]\n"),),
    "an engine that comes along with a model": (
        (COMPOSE, "worker\n    environment:\n      DATABASE_URL", "worker\n    environment:\n      OTHER"),
        ("shop/worker.py", "return str(engine.url)", "return order_id"),
    ),
    "a port for a debugger": (
        (COMPOSE, "8000:8000", "5678:5678"),
        (COMPOSE, "  api:\n", f"  api:\n    command: {DEBUGGED}\n"),
    ),
    "a slash at the end": ((COMPOSE, "8000/health", "8000/health/"),),
    "routes that cannot be known": (
        (COMPOSE, "8000/health", "8000/anything"),
        ("shop/main.py", "FastAPI()\n", "FastAPI()\nfor p in open('p'):\n    app.add_api_route(p, print)\n"),
    ),
    "an application below another path": (
        (COMPOSE, "8000/health", "8000/shop/health"),
        ("Dockerfile", '"8000"]', '"8000", "--root-path", "/shop"]'),
    ),
    "curl where it is installed": (
        (COMPOSE, "[CMD, python, -c, \"import urllib.request as r; r.urlopen('http://localhost:8000/health')\"]",
         "curl -f http://localhost:8000/health"),
        ("Dockerfile", "WORKDIR", "RUN apt-get update && apt-get install -y curl\nWORKDIR"),
    ),
    "the host's own network": ((COMPOSE, WORKER_ENV, "    network_mode: host\n"),
                               (COMPOSE, "  temporal:\n", "  temporal:\n    network_mode: host\n")),
    "a queue that both are given": ((COMPOSE, "      TEMPORAL_HOST:", "      TASK_QUEUE: shop\n      TEMPORAL_HOST:"),),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_what_may_well_work_is_left_alone(judge: Judge, name: str) -> None:
    found = judge(QUIET[name])
    assert found == (), [each.message for each in found]


MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: example.org/shop:1.0
          command: [uvicorn, "shop.main:app", --host, 0.0.0.0]
          env:
            - {name: DATABASE_URL, value: "postgresql+psycopg://db/postgres"}
            - {name: TEMPORAL_HOST, value: "temporal:7233"}
          ports: [{name: http, containerPort: 8000}]
          readinessProbe: {httpGet: {path: /health, port: http}}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  selector: {app: api}
  ports: [{port: 80, targetPort: 8000}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  rules:
    - http:
        paths:
          - {path: /orders, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
"""
CLUSTER = {
    "the port of the container": ("containerPort: 8000", "containerPort: 80", "port-mismatch", 16),
    "the port of the service": ("targetPort: 8000", "targetPort: 80", "port-mismatch", 19),
    "the path of the probe": ("path: /health", "path: /ready", "probe-path", 17),
    "the path of the ingress": ("path: /orders", "path: /api", "entry-path", 33),
    "the module": ("shop.main:app", "shop.app:app", "missing-program", 12),
    "the application": ("shop.main:app", "shop.main:application", "missing-program", 12),
    "the address": ("TEMPORAL_HOST,", "TEMPORAL_ADDRESS,", None, None),
}


@pytest.mark.parametrize("name", CLUSTER)
def test_a_fault_in_a_manifest_is_found(judge: Judge, name: str) -> None:
    old, new, rule, line = CLUSTER[name]
    assert old in MANIFEST
    found = judge(k8s__api_yaml=MANIFEST.replace(old, new))
    assert [(each.rule, each.line) for each in found] == ([(f"wiring.{rule}", line)] if rule else [])


def test_a_manifest_that_works_is_left_alone(judge: Judge) -> None:
    rewriting = MANIFEST.replace("path: /orders", "path: /api").replace(
        "kind: Ingress\nmetadata: {name: api}",
        "kind: Ingress\nmetadata: {name: api, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}}",
    )
    assert judge(k8s__api_yaml=MANIFEST) == ()
    assert judge(k8s__api_yaml=rewriting) == ()
