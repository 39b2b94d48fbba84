"""Files that a program needs, behind volumes and outside of images."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.model import Diagnostic, Severity
from checks.wiring.deployments.findings import find
from checks.wiring.system import System
from tests.wiring.deployments.conftest import SHOP

Write = Callable[..., System]
WORKER = """apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      INIT
      containers:
        - name: worker
          image: shop:1.0
          command: COMMAND
          volumeMounts:
            - {name: data, mountPath: PATH}
      volumes:
        - {name: data, VOLUME}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {prices.json: "{}"}
"""
EMPTY = "emptyDir: {}"
RAW = {
    ".raw/workflows/price/run.py": "print('price')\n",
    "shop/worker.py": "import subprocess\n\n\ndef main() -> None:\n"
    "    subprocess.run(['python', '.raw/workflows/price/run.py'], check=True)\n\n\n"
    "if __name__ == '__main__':\n    main()\n",
}


def _found(write: Write, files: dict[str, str]) -> list[Diagnostic]:
    found = find(write({**SHOP, **files})).diagnostics
    return [one for one in found if one.rule in ("wiring.hidden-files", "wiring.missing-file")]


def _worker(path: str, volume: str = EMPTY, init: str = "", command: str = "[python, -m, shop.worker]") -> str:
    text = WORKER.replace("PATH", path).replace("VOLUME", volume).replace("INIT", init)
    return text.replace("COMMAND", command)


@pytest.mark.parametrize(
    ("path", "volume", "severity"),
    [
        ("/srv", EMPTY, Severity.ERROR),
        ("/srv/shop/", EMPTY, Severity.ERROR),
        ("/srv/shop", "configMap: {name: settings}", Severity.ERROR),
        ("/srv/shop", "persistentVolumeClaim: {claimName: code}", Severity.WARNING),
    ],
)
def test_a_volume_over_the_program_hides_it(write: Write, path: str, volume: str, severity: Severity) -> None:
    found = _found(write, {"k8s/worker.yaml": _worker(path, volume)})
    assert [(one.rule, one.severity, one.file, one.line) for one in found] == [
        ("wiring.hidden-files", severity, "k8s/worker.yaml", 15)
    ]


INIT = "initContainers: [{name: fill, image: 'shop:1.0', volumeMounts: [{name: data, mountPath: /out}]}]"


@pytest.mark.parametrize(
    "manifest",
    [
        _worker("/srv/data"),
        _worker("/tmp"),
        _worker("/srv/shop", init=INIT),
        _worker("/srv/shop", "hostPath: {path: /home/me/shop}"),
        _worker("/srv/shop", "configMap: {name: elsewhere}"),
        _worker("/srv/shop", command='[sh, -c, "cp -r /opt/shop /srv && python -m shop.worker"]'),
    ],
)
def test_a_volume_beside_or_filled_hides_nothing(write: Write, manifest: str) -> None:
    assert _found(write, {"k8s/worker.yaml": manifest}) == []


def test_a_volume_over_the_workflows_hides_what_the_code_starts(write: Write) -> None:
    dockerfile = SHOP["Dockerfile"].replace("COPY shop shop\n", "COPY shop shop\nCOPY .raw .raw\n")
    files = {**RAW, "Dockerfile": dockerfile, "k8s/worker.yaml": _worker("/srv/.raw")}
    (found,) = _found(write, files)
    assert found.rule == "wiring.hidden-files"
    assert "`.raw/workflows/price/run.py`, which shop/worker.py:5 starts" in found.message
    assert _found(write, {**files, "k8s/worker.yaml": _worker("/srv/.raw/runs")}) == []


def test_a_workflow_that_no_image_holds_is_missing(write: Write) -> None:
    found = _found(write, {**RAW, "k8s/worker.yaml": _worker("/tmp")})
    assert {(one.rule, one.file) for one in found} == {("wiring.missing-file", "Dockerfile")}


def test_a_folder_that_is_mounted_for_developers_is_missing_in_the_cluster_only(write: Write) -> None:
    mounted = SHOP["docker-compose.yml"].replace(
        "    command: python -m shop.worker\n",
        "    command: python -m shop.worker\n    volumes: ['./.raw:/srv/.raw']\n",
    )
    assert _found(write, {**RAW, "docker-compose.yml": mounted}) == []
    found = _found(write, {**RAW, "docker-compose.yml": mounted, "k8s/worker.yaml": _worker("/tmp")})
    assert [one.rule for one in found] == ["wiring.missing-file"]


def test_a_variable_of_the_image_is_for_the_check_of_its_dockerfile(write: Write) -> None:
    dockerfile = SHOP["Dockerfile"].replace("EXPOSE", "ENV FLOWS=/srv/.raw/workflows\nEXPOSE")
    assert _found(write, {"Dockerfile": dockerfile, ".raw/workflows/price/run.py": ""}) == []
