"""Which gates apply to a project is found in its files, quickly, and only in its own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from checks.catalog import Catalog
from checks.config import ConfigError, discover
from checks.discovery import applies_because, project_files

WORKFLOW = {".raw/workflows/20260101-a-123456/run.py": ""}


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def found(root: Path) -> list[str]:
    gates = discover(root, Catalog()).gates
    assert not any(gate.requested for gate in gates)
    return sorted(gate.name for gate in gates)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (WORKFLOW, ["dry", "validate"]),
        ({"api/tests/test_a.py": ""}, ["api-test"]),
        ({"api/tests/deep/a_test.py": ""}, ["api-test"]),
        ({"api/tests/test_a.py": "", "tests/test_b.py": ""}, ["api-test", "pytest"]),
        ({"test_b.py": ""}, ["pytest"]),
        ({"work/flows.py": "import os\nfrom temporalio import workflow\n"}, ["temporal-validate"]),
        ({"work/flows.py": "if True:\n    import temporalio.client\n"}, ["temporal-validate"]),
        ({"docker-compose.yml": ""}, ["docker-validate"]),
        ({"compose.prod.yaml": ""}, ["docker-validate"]),
        ({"k8s/api.yaml": "apiVersion: v1\nkind: Service\n"}, ["k8s-validate"]),
        ({"deploy/app/Chart.yaml": ""}, ["helm-validate"]),
        ({"api/Dockerfile": ""}, ["dockerfile-validate"]),
        ({"docker/worker.Dockerfile": ""}, ["dockerfile-validate"]),
        ({"api/main.py": "from fastapi import FastAPI\n", "docker-compose.yml": ""}, ["docker-validate", "wiring"]),
        ({**WORKFLOW, "api/main.py": "import fastapi\n"}, ["dry", "validate", "wiring"]),
        ({"a.py": "", "ruff.toml": ""}, ["ruff"]),
        ({"a.py": "", "pyproject.toml": "[tool.ruff.lint]\n[tool.mypy]\n"}, ["ruff", "typecheck"]),
        ({"a.py": "", "setup.cfg": "[metadata]\n[mypy]\n"}, ["typecheck"]),
    ],
)
def test_gates_that_apply(tmp_path: Path, files: dict[str, str], names: list[str]) -> None:
    assert found(lay(tmp_path, files)) == names


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": ""},
        {"work/flows.py": "# import temporalio\nimport temporalio_fake\n"},
        {"deploy/docker-compose.yml": ""},
        {"api/main.py": "from fastapi import FastAPI\n"},
        {"docker-entrypoint.sh": "", "api/Dockerfile.md": ""},
        {"settings.yaml": "kind: thing\n", "chart/templates/api.yaml": "kind: Service\n"},
        {"a.py": "", "pyproject.toml": "[tool.ruffian]\n# [tool.ruff]\n"},
        {"ruff.toml": ""},
        {"node_modules/a/test_a.py": "", ".venv/lib/test_b.py": "", ".git/test_c.py": "", "build/test_d.py": ""},
        {"my-env/pyvenv.cfg": "", "my-env/lib/test_a.py": ""},
        {".skillgate/runs/1/test_a.py": ""},
        {".raw/workflows/README.md": ""},
    ],
)
def test_nothing_applies(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        discover(lay(tmp_path, files), Catalog())
    told = str(caught.value)
    for looked_for in ("skillgate.yaml", ".raw/config.yaml", "pyproject.toml", ".raw/workflows/*/*", "compose*.yml"):
        assert looked_for in told
    assert all(f"gate `{name}`" in told for name in Catalog())


def test_links_are_not_followed_in_circles(tmp_path: Path) -> None:
    lay(tmp_path, WORKFLOW)
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "test_gone.py").symlink_to("nowhere")
    assert found(tmp_path) == ["dry", "validate"]


def test_why_a_gate_applies(tmp_path: Path) -> None:
    lay(tmp_path, {"b/test_x.py": "", "a/test_y.py": ""})
    entry = Catalog()["pytest"]
    assert applies_because(entry, tmp_path, project_files(tmp_path)) == "a/test_y.py"


def test_blank_lines_cost_nothing(tmp_path: Path) -> None:
    lay(tmp_path, {"a.py": "\n" * 300_000, "b.py": " " * 300_000, "test_c.py": "", "pyproject.toml": "\n" * 300_000})
    began = time.process_time()
    assert found(tmp_path) == ["pytest"]
    assert time.process_time() - began < 1


def test_five_thousand_files(tmp_path: Path) -> None:
    for number in range(100):
        folder = tmp_path / f"pkg{number // 10}" / f"part{number}"
        folder.mkdir(parents=True)
        for name in range(50):
            (folder / f"m{name}.py").write_text("import os\n" * 50)
    (tmp_path / "compose.yaml").write_text("")
    began = time.process_time()
    assert found(tmp_path) == ["docker-validate"]
    assert time.process_time() - began < 1
