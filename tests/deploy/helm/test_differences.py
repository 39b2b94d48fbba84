"""A chart beside manifests: what counts as a difference."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from checks.deploy.helm.differences import difference_findings
from checks.deploy.kubernetes.documents import Document, Rendering
from checks.model import Place

API = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  template:
    spec:
      containers:
        - name: api
          image: registry.example.org/hiring:1.0.0
          command: [uvicorn, "api.main:app", --port, "8000"]
          ports: [{name: http, containerPort: 8000}]
          env: [{name: TASK_QUEUE, value: hiring}, {name: LOG_LEVEL, value: info}]
          readinessProbe: {httpGet: {path: /ready, port: http}}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
"""


def rendering(name: str, *texts: str) -> Rendering:
    documents = tuple(_document(content, name) for text in texts for content in yaml.safe_load_all(text))
    return Rendering(name, "plain", Place(name), documents)


def _document(content: dict[str, Any], name: str) -> Document:
    return Document(content, Place(name, 1), lambda path: Place(name, len(path)))


def differences(theirs: str, mine: str = API % "app-api") -> list[str]:
    return [each.message for each in difference_findings([rendering("chart", mine)], [rendering("k8s", theirs)])]


@pytest.mark.parametrize(
    ("right", "other", "words"),
    [
        ("value: hiring}", "value: hiring-queue}", "`TASK_QUEUE=hiring`, there `hiring-queue`"),
        ("name: TASK_QUEUE", "name: QUEUE", "lacks `QUEUE`"),
        ("api.main:app", "app.main:app", "there `uvicorn app.main:app"),
        ("containerPort: 8000", "containerPort: 8080", "has port 8000, there port 8080"),
        ("path: /ready", "path: /health", "`httpGet /ready on port 8000`, there `httpGet /health on port 8000`"),
        ("readinessProbe", "livenessProbe", "has a readinessProbe, there none"),
        ("hiring:1.0.0", "hiring-api:1.0.0", ""),
    ],
)
def test_what_counts(right: str, other: str, words: str) -> None:
    found = differences((API % "api").replace(right, other))
    assert bool(found) == bool(words)
    assert words in "".join(found)


@pytest.mark.parametrize(
    ("right", "other"),
    [
        ("value: info}", "value: debug}"),
        ("hiring:1.0.0", "hiring:2.0.0"),
        ("registry.example.org/", ""),
        ("{name: tmp, mountPath: /tmp}", "{name: tmp, mountPath: /var/tmp}"),
        ("spec:\n  template", "spec:\n  replicas: 3\n  template"),
        ("command: [uvicorn,", "command: [sh, -c, exec uvicorn,"),
    ],
)
def test_what_does_not(right: str, other: str) -> None:
    text = (API % "api").replace(right, other)
    if "sh, -c" in other:
        text = text.replace(
            '[sh, -c, exec uvicorn, "api.main:app", --port, "8000"]',
            '[sh, -c, "exec uvicorn api.main:app --port 8000"]',
        )
    assert differences(text) == []


def test_what_a_values_file_or_an_overlay_changes_is_meant() -> None:
    same, other = API % "api", (API % "api").replace("value: hiring}", "value: other}")
    charts = [rendering("chart", same), rendering("chart with values-b.yaml", other)]
    assert list(difference_findings(charts, [rendering("k8s", same)])) == []
    assert len(list(difference_findings([charts[1]], [rendering("k8s", same)]))) == 1


def test_a_program_that_only_one_side_runs() -> None:
    worker = (API % "worker").replace("name: api", "name: worker").replace("uvicorn", "worker")
    (found,) = differences(f"{API % 'api'}\n---{worker}")
    assert "deploys Deployment `worker`, and the chart does not" in found


def test_systems_of_others_are_not_compared() -> None:
    assert differences((API % "api").replace("/hiring:", "/other:").replace("8000", "9000")) == []
