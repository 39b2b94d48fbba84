"""Where the schemas are not installed: our own rules still judge, and the check says that it could not judge all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.program import ROOT, clean_environment

HIDDEN = "import sys; sys.modules['kubernetes_validate'] = None; from checks.start import skillgate; skillgate()"
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: api}
spec:
  selector: {app: api}
  ports: [{port: 80}]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: api, image: "api:1.0", ports: [{containerPort: 80}]}]
"""


def judged(project: Path) -> tuple[int, dict[str, Any]]:
    words = [sys.executable, "-c", HIDDEN, "check", "kubernetes", str(project), "--format", "json"]
    done = subprocess.run(
        words, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, json.loads(done.stdout)


def test_it_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(f"{SERVICE}---\n{DEPLOYMENT}", encoding="utf-8")
    status, found = judged(tmp_path)
    assert status == 3
    assert "pip install" in found["blocked"] and "kubernetes-validate" in found["blocked"]
    assert found["evidence"]["schema"] == "none"
    assert found["diagnostics"] == []


def test_what_our_rules_find_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        f"{SERVICE.replace('app: api', 'app: other')}---\n{DEPLOYMENT}", encoding="utf-8"
    )
    status, found = judged(tmp_path)
    assert status == 1
    assert [one["rule"] for one in found["diagnostics"]] == ["kubernetes.selects-nothing"]
