"""skill.yaml, SKILL.md, gates/, pyproject.toml, the plug-in and the program say the same about the package."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import click
import jsonschema
import pytest
import yaml
from skill.support import PAGES, front_matter
from support.program import ROOT

from checks.catalog import load_catalog
from checks.cli import cli
from checks.model import EXIT_CODES


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "skill.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "skill.schema.json").read_text(encoding="utf-8"))
    return found


def as_json(package: dict[str, Any]) -> Any:
    """JSON has texts for keys; YAML's exit codes are numbers."""
    return json.loads(json.dumps(package))


def test_the_package_keeps_its_schema(package, schema) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(as_json(package))


@pytest.mark.parametrize(
    "damage",
    [
        {"name": "System Architecture"},
        {"version": "1"},
        {"description": "Helps with systems of every kind, of every size, for every assistant."},
        {"start": "/usr/bin/skillgate"},
        {"gates": []},
        {"unknown": True},
    ],
)
def test_the_schema_refuses(damage, package, schema) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**as_json(package), **damage})


def test_name_version_and_description_are_said_once(package, skillgate) -> None:
    said = front_matter()
    plugin = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = package["version"]
    assert [said["name"], plugin["name"]] == [package["name"]] * 2
    assert said["description"] == package["description"]
    assert [said["metadata"]["version"], plugin["version"]] == [version] * 2
    assert skillgate("--version").out.split()[-1] == version
    assert (package["distribution"], package["python"]) == (project["name"], project["requires-python"])
    assert package["license"] == said["license"] == project["license"] == plugin["license"]


def test_the_changelog_begins_with_this_version(package) -> None:
    log = (ROOT / "SKILL.md").read_text(encoding="utf-8").partition("\n## Changelog\n")[2]
    assert log.strip().startswith(f"- {package['version']}:")


def test_the_gates_are_those_of_the_catalog(package) -> None:
    catalog = {
        name: {"command": gate.command, "timeout_seconds": gate.timeout_s, "floor": dict(gate.floor)}
        for name, gate in load_catalog().items()
    }
    said = {
        gate["name"]: {key: gate[key] for key in ("command", "timeout_seconds", "floor")} for gate in package["gates"]
    }
    assert said == catalog


def test_every_gate_is_explained(package) -> None:
    guide = (ROOT / "references" / "gates.md").read_text(encoding="utf-8")
    assert [gate["name"] for gate in package["gates"] if f"\n## {gate['name']}\n" not in guide] == []


def test_the_commands_are_those_of_the_program(package) -> None:
    context = click.Context(cli)
    visible = {name for name in cli.list_commands(context) if not cli.commands[name].hidden}
    assert {command["name"] for command in package["commands"]} == visible


def test_the_exit_codes_are_those_of_the_model(package) -> None:
    assert package["exit_codes"] == {code: verdict.value for verdict, code in EXIT_CODES.items()}
    said = (ROOT / "SKILL.md").read_text(encoding="utf-8")
    assert [code for code in package["exit_codes"] if not re.search(rf"\b{code}\b", said)] == []


def test_the_paths_are_there(package) -> None:
    paths = [package["guide"], package["start"], *package["references"], *package["schemas"].values()]
    paths += [pattern["system"] for pattern in package["patterns"]]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert sorted(package["references"]) == sorted(page for page in PAGES if page != "SKILL.md")


def test_the_patterns_are_the_reference_systems(package) -> None:
    systems = {path.name for path in (ROOT / "fixtures").iterdir() if path.name != "cases"}
    assert {pattern["name"] for pattern in package["patterns"]} == systems
    said = (ROOT / "SKILL.md").read_text(encoding="utf-8")
    assert [system for system in systems if f"`fixtures/{system}`" not in said] == []


def test_the_plugin_is_one_that_claude_code_reads() -> None:
    plugin = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
    assert isinstance(plugin["author"], dict)
    assert plugin["author"]["name"]
    assert "hooks" not in plugin  # hooks/hooks.json is read by itself; naming it here is an error
    assert (ROOT / "SKILL.md").is_file()
