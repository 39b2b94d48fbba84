"""Mistakes put into the manifests of a reference system: nine in ten must be found, and where they were made."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from support.program import ROOT, clean_environment

from checks.deploy.kubernetes.check import check
from checks.model import CheckContext, Diagnostic, Severity

SYSTEM = ROOT / "fixtures" / "hiring-process"
API, WORKER, POSTGRES, TEMPORAL = "api.yaml", "worker.yaml", "postgres.yaml", "temporal.yaml"
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: hiring-process}
data:
  TEMPORAL_ADDRESS: hiring-process-temporal:7233
  CV_MODEL_URL: ""
"""
COMMAND = "command: [python, -m, workflows.temporal.worker]"
TMP = "- {name: tmp, mountPath: /tmp}"
MUTATIONS: tuple[tuple[str, str, str, str], ...] = (
    (API, "apiVersion: apps/v1", "apiVersion: extensions/v1beta1", "unknown-type"),
    (API, "kind: Deployment", "kind: Deploymnet", "unknown-type"),
    (API, "  replicas: 2", "  replica: 2", "schema"),
    (API, "  replicas: 2", "  replicas: two", "schema"),
    (API, "  replicas: 2", "  replicas: 2\n  replicas: 3", "duplicate-key"),
    (API, "      enableServiceLinks: false", "      enableServiceLinks: no thanks", "schema"),
    (API, "      enableServiceLinks: false", "\t    enableServiceLinks: false", "unreadable"),
    (API, "component: api}\n  ports", "component: web}\n  ports", "selects-nothing"),
    (API, "port: 80, targetPort: http}", "port: 80, targetPort: web}", "target-port"),
    (API, "port: 80, targetPort: http}", "port: 80, targetPort: 8080}", "target-port"),
    (
        API,
        "      labels: {app.kubernetes.io/name: hiring-process,",
        "      labels: {app.kubernetes.io/name: hiring,",
        "selector-mismatch",
    ),
    (API, "path: /ready, port: http", "path: /ready, port: web", "probe-port"),
    (API, "path: /health, port: http", "path: /health, port: 8080", "probe-port"),
    (
        API,
        "            httpGet: {path: /ready, port: http}",
        "            httpGet: {path: /ready, port: http}\n            tcpSocket: {port: http}",
        "probe",
    ),
    (API, TMP, "- {name: temp, mountPath: /tmp}", "undeclared-volume"),
    (API, TMP, f"{TMP}\n            {TMP}", "repeated-name"),
    (
        API,
        "secretKeyRef: {name: hiring-process, key: API_TOKEN}",
        "secretKeyRef: {name: hiring-proces, key: API_TOKEN}",
        "missing-secret",
    ),
    (API, "configMapRef: {name: hiring-process}", "configMapRef: {name: hiring-process-config}", "missing-config-map"),
    (API, "requests: {cpu: 100m, memory: 128Mi}", "requests: {cpu: 100m, memory: 1Gi}", "over-limit"),
    (API, "limits: {memory: 512Mi}", "limits: {memory: 512MB}", "quantity"),
    (API, "limits: {memory: 512Mi}", "limits: {memory: 512m}", "quantity"),
    (API, "containerPort: 8000", "containerPort: 80000", "port"),
    (API, "{name: http, containerPort: 8000}", "{name: the-http-port-of-api, containerPort: 8000}", "name"),
    (API, "automountServiceAccountToken: false", "serviceAccountName: hiring-api", "missing-service-account"),
    (API, "  name: hiring-process-api", "  name: hiring_process_api", "name"),
    (
        API,
        "          image: hiring-process\n          ports",
        "          image: hiring-process\n          imagePullPolicy: IfNotPresnt\n          ports",
        "unknown-choice",
    ),
    (API, "command: [alembic, current, --check-heads]", "command: [alembic, upgrade, head]", "racing-migration"),
    (WORKER, COMMAND, 'command: ["python -m workflows.temporal.worker"]', "command"),
    (WORKER, COMMAND, 'command: [alembic, upgrade, head, "&&", python, -m, workflows.temporal.worker]', "command"),
    (WORKER, "@hiring-process-postgres:5432", "@postgres:5432", "unknown-host"),
    (WORKER, "@hiring-process-postgres:5432", "@hiring-process-postgres:5433", "service-port"),
    (WORKER, "        - name: worker\n", "        - name: wait\n", "repeated-name"),
    (
        WORKER,
        "          emptyDir: {medium: Memory, sizeLimit: 256Mi}",
        "          persistentVolumeClaim: {claimName: scratch}",
        "missing-volume-claim",
    ),
    (WORKER, "kind: Deployment", "kind: Deployment\n---\n---", "schema"),
    (WORKER, "runAsUser: 10001", "runAsUser: 0", "run-as-root"),
    (TEMPORAL, "{name: DB_PORT, value: \"5432\"}", "{name: DB_PORT, value: 5432}", "not-text"),
    (TEMPORAL, "value: hiring-process-postgres}", "value: hiring-postgres}", "unknown-host"),
    (TEMPORAL, "strategy: {type: Recreate}", "strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}", "strategy"),
    (TEMPORAL, "strategy: {type: Recreate}", "strategy: {type: recreate}", "unknown-choice"),
    (
        TEMPORAL,
        "- {name: frontend, port: 7233, targetPort: frontend}",
        "- {name: frontend, port: 7234, targetPort: frontend}",
        "service-port",
    ),
    (POSTGRES, "accessModes: [ReadWriteOnce]", "accessModes: [ReadWriteSometimes]", "unknown-choice"),
    (POSTGRES, "        name: data\n", "        name: store\n", "undeclared-volume"),
    (POSTGRES, "image: postgres:17.6-bookworm", "image: postgres", "image-tag"),
    ("migrate.yaml", "      restartPolicy: Never\n", "", "restart-policy"),
    ("migrate.yaml", "      restartPolicy: Never\n", "      restartPolicy: Always\n", "restart-policy"),
    ("migrate.yaml", "apiVersion: batch/v1", "apiVersion: batch/v1beta1", "unknown-type"),
    (
        "ingress.yaml",
        "hiring-process-api, port: {name: http}",
        "hiring-process-web, port: {name: http}",
        "missing-service",
    ),
    (
        "ingress.yaml",
        "hiring-process-api, port: {name: http}",
        "hiring-process-api, port: {number: 8000}",
        "ingress-port",
    ),
    ("ingress.yaml", "path: /webhooks", "path: webhooks", "ingress"),
    ("ingress.yaml", "pathType: Prefix", "pathType: prefix", "unknown-choice"),
    ("config.yaml", "hiring-process-temporal:7233", "temporal:7233", "unknown-host"),
    ("config.yaml", "hiring-process-temporal:7233", "hiring-process-temporal:7234", "service-port"),
    ("config.yaml", 'CV_MODEL_URL: ""', "CV_MODEL_URL: 8000", "not-text"),
)  # fmt: skip


def judged(root: Path) -> tuple[Diagnostic, ...]:
    return check(CheckContext(root, Path(sys.executable), 1, (), clean_environment())).diagnostics


def mutated(root: Path, file: str, old: str, new: str) -> None:
    """A copy of the system as plain files, which need no kubectl, with one mistake in it."""
    shutil.copytree(SYSTEM / "k8s", root / "k8s")
    shutil.copy(SYSTEM / "README.md", root)
    (root / "k8s" / "kustomization.yaml").unlink()
    (root / "k8s" / "namespace.yaml").unlink()
    (root / "k8s" / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    path = root / "k8s" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, (file, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("part", range(4))
def test_nearly_every_mistake_is_found_where_it_was_made(part: int, tmp_path: Path) -> None:
    missed = []
    share = MUTATIONS[part::4]
    for number, (file, old, new, rule) in enumerate(share):
        root = tmp_path / str(number)
        mutated(root, file, old, new)
        found = judged(root)
        if not any(each.rule == f"kubernetes.{rule}" for each in found):
            missed.append((file, new, [each.rule for each in found]))
    assert len(missed) <= len(share) // 10, missed


def test_the_system_itself_is_in_order(tmp_path: Path) -> None:
    mutated(tmp_path / "project", API, "apiVersion", "apiVersion")
    assert [each for each in judged(tmp_path / "project") if each.severity is Severity.ERROR] == []
    assert os.listdir(tmp_path / "project")
