"""Every file of the catalog keeps its schema and says what the skill promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from checks import catalog

FILES = sorted(catalog.folder().glob("*.yaml"))
SCHEMA = json.loads((catalog.folder() / "schema.json").read_text("utf-8"))
# The skill's own gates, with its limits and commands word for word.
PROMISED = {
    "api-test": ("pytest api/tests/ -v", 60),
    "temporal-validate": ("temporal workflow validate", 30),
    "docker-validate": ("docker-compose config", 10),
}


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_keeps_the_schema(path: Path) -> None:
    data = yaml.safe_load(path.read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)] == []
    assert data["name"] == path.stem
    for pattern in (*data.get("contains", ()), *data.get("settings", {}).values()):
        re.compile(pattern.encode())


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Api_Test"},
        {"command": " "},
        {"timeout_seconds": 0},
        {"timeout_seconds": "60"},
        {"floor": {"tests": -1}},
        {"inputs": []},
        {"guide": "README.md"},
        {"colour": "red"},
    ],
)
def test_schema_refuses(change: dict[str, object]) -> None:
    data = yaml.safe_load((catalog.folder() / "dry.yaml").read_text("utf-8"))
    assert Draft202012Validator(SCHEMA).is_valid(data)
    assert not Draft202012Validator(SCHEMA).is_valid({**data, **change})


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_schema_requires(key: str) -> None:
    data = yaml.safe_load((catalog.folder() / "dry.yaml").read_text("utf-8"))
    del data[key]
    assert not Draft202012Validator(SCHEMA).is_valid(data)


def test_the_skills_gates_keep_their_commands_and_limits() -> None:
    entries = catalog.load_catalog()
    assert {name: (entries[name].command, entries[name].timeout_s) for name in PROMISED} == PROMISED
    assert entries["validate"].floor == {"workflows": 1}
    assert entries["dry"].floor == {"workflows": 1, "steps": 1}


def test_names_are_the_files() -> None:
    assert catalog.names() == tuple(path.stem for path in FILES)
    assert len(catalog.Catalog()) == len(FILES)


@pytest.mark.parametrize("name", ["nope", "../pyproject", "schema", ""])
def test_no_such_entry(name: str) -> None:
    assert catalog.load_entry(name) is None
    assert name not in catalog.Catalog()
    with pytest.raises(KeyError):
        catalog.Catalog()[name]


def test_lookups_read_only_what_is_asked_for() -> None:
    # A start has 84 ms for everything: neither a schema library nor TOML nor other gates belong to it.
    code = """
import sys
from pathlib import Path
import checks.config, checks.catalog
assert not {"yaml", "jsonschema", "tomllib", "difflib", "graphlib"} & set(sys.modules), sys.modules
lazy = checks.catalog.Catalog()
assert "dry" in lazy and list(lazy) and lazy["dry"].name == "dry"
assert checks.catalog.load_entry.cache_info().currsize == 1
assert not {"jsonschema", "tomllib", "difflib", "graphlib"} & set(sys.modules)
"""
    root = catalog.folder().parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
