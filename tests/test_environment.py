"""`--sync`: what is installed, and when nothing has to be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.program import Skillgate, clean_environment, gates

from checks.environment import SyncFailed, declared, sync
from checks.interpreters import suitable
from checks.project import find_uv


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ({"pyproject.toml": "[project]\nname='a'\ndependencies=['six']\n"}, ("six",)),
        (
            {
                "pyproject.toml": "[project]\ndependencies=['six']\n"
                "[project.optional-dependencies]\ndev=['a']\ndocs=['b']\n"
            },
            ("six", "a"),
        ),
        (
            {"pyproject.toml": "[project]\n[project.optional-dependencies]\ntest=['a']\napi=['b']\njobs=['c']\n"},
            ("a", "b", "c"),
        ),
        (
            {"pyproject.toml": "[dependency-groups]\ndev=['a']\napi=['b']\ndocs=['c']\n"},
            ("a", "b"),
        ),
        (
            {"pyproject.toml": "[dependency-groups]\ntest=['a', {include-group='more'}]\nmore=['b']\n"},
            ("a", "b"),
        ),
        (
            {".raw/workflows/w/run.py": "# /// script\n# dependencies = ['pydantic>=2', 'raw']\n# ///\n"},
            ("pydantic>=2",),
        ),
        ({"notes.txt": ""}, ()),
    ],
)
def test_what_is_declared(project, files: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert declared(project(files)).everything() == arguments


def test_a_package_is_installed_with_its_test_extras(project) -> None:
    root = project({
        "pyproject.toml": "[build-system]\nrequires=['hatchling']\n[project]\nname='a'\nversion='1'\n"
        "[project.optional-dependencies]\ndev=['six']\n"
    })  # fmt: skip
    assert declared(root).arguments == ("-e", f"{root}[dev]")


def test_components_have_requirements_of_their_own(project) -> None:
    nested = ("api/requirements.txt", "services/worker/requirements-dev.txt", "requirements/base.txt")
    files = ("requirements.txt", *nested)
    root = project(dict.fromkeys((*files, ".venv/requirements.txt", "web/node_modules/requirements.txt"), "six\n"))
    wanted = declared(root)
    assert set(wanted.sources) == set(files)
    assert wanted.arguments == ("-r", str(root / "requirements.txt"))


def test_a_package_of_a_component_is_installed_as_one(project) -> None:
    package = "[build-system]\nrequires=['hatchling']\n[project]\nname='a'\nversion='1'\n"
    root = project({"services/api/pyproject.toml": package, "tools/lint/pyproject.toml": "[tool.ruff]\n"})
    assert declared(root).parts == {"services/api/pyproject.toml": ("-e", str(root / "services/api"))}


def test_an_extra_that_cannot_be_had_costs_only_itself(project) -> None:
    root = project({
        "pyproject.toml": "[project]\nname='a'\n[project.optional-dependencies]\n"
        "raw=['six==0.0.0.1']\napi=['iniconfig']\n"
    })  # fmt: skip
    said: list[str] = []
    sync(root, None, clean_environment(), said.append)
    assert list(root.glob(".venv/lib/*/site-packages/iniconfig"))
    assert [text for text in said if "left out" in text and "the extra raw" in text and "six==0.0.0.1" in text]


def test_sync_creates_then_updates_then_rests(project) -> None:
    root = project({"pyproject.toml": "[project]\nname='a'\ndependencies=['six']\n"})
    said: list[str] = []
    python = sync(root, None, clean_environment(), said.append)
    assert python == root / ".venv" / "bin" / "python"
    assert len(said) == 2
    sync(root, None, clean_environment(), said.append)
    assert len(said) == 2
    (root / "pyproject.toml").write_text("[project]\nname='a'\ndependencies=['six', 'iniconfig']\n")
    sync(root, None, clean_environment(), said.append)
    assert len(said) == 3
    assert list(root.glob(".venv/lib/*/site-packages/iniconfig"))


def test_what_does_not_resolve_is_told(project) -> None:
    root = project({"pyproject.toml": "[project]\nname='a'\ndependencies=['six==0.0.0.1']\n"})
    with pytest.raises(SyncFailed, match=r"six==0\.0\.0\.1"):
        sync(root, None, clean_environment(), lambda _: None)


def test_a_missing_environment_is_an_error_whose_text_is_the_command(skillgate: Skillgate, project) -> None:
    root = project({
        "pyproject.toml": "[project]\nname='a'\ndependencies=['six']\n",
        "test_a.py": "import six\ndef test_a():\n    assert six\n",
        "skillgate.yaml": gates(unit="pytest", other="true"),
    })  # fmt: skip
    ran = skillgate("run", ".", "--format", "json", cwd=root)
    assert ran.status == 3
    assert [gate["status"] for gate in ran.json["gates"]] == ["error", "passed"]
    assert "skillgate run . --sync" in ran.json["gates"][0]["reason"]


def test_a_failed_sync_is_no_verdict_on_the_code(skillgate: Skillgate, project) -> None:
    root = project({
        "pyproject.toml": "[project]\nname='a'\ndependencies=['six==0.0.0.1']\n",
        "skillgate.yaml": gates(unit="pytest", other="true"),
    })  # fmt: skip
    ran = skillgate("run", ".", "--sync", "--format", "json", cwd=root)
    assert ran.status == 3
    assert "six==0.0.0.1" in ran.json["gates"][0]["reason"]


def test_the_projects_python_is_named_in_every_report(skillgate: Skillgate, project) -> None:
    root = project({"skillgate.yaml": gates(a="python -c 'import sys; print(sys.executable)'")})
    ran = skillgate("run", root, "--python", sys.executable, "--format", "json")
    assert ran.json["python"] == sys.executable
    assert (root / ran.json["gates"][0]["log"]).read_text().strip() == sys.executable
    assert Path(ran.json["python"]).is_absolute()


def test_the_environment_has_a_python_that_the_project_asks_for(project, monkeypatch) -> None:
    root = project({"pyproject.toml": "[project]\nname='a'\nrequires-python='>=3.29'\ndependencies=['six']\n"})
    with pytest.raises(SyncFailed, match=r"3\.29"):  # by uv, which could not fetch one either
        sync(root, None, clean_environment(UV_OFFLINE="1"), lambda _: None)
    monkeypatch.setattr("checks.environment.find_uv", lambda *_: None)
    with pytest.raises(SyncFailed, match=r"asks for Python >=3\.29, and here is only .*3\.11.*--python PATH"):
        sync(root, None, clean_environment(), lambda _: None)
    assert sync(root, Path(sys.executable), clean_environment(), lambda _: None).is_file()


def test_another_python_serves_where_it_can_make_environments(tmp_path: Path) -> None:
    def python(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    on_path = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    shim = python(tmp_path / "bin" / "python3.29", "exit 127")
    assert suitable(">=3.29,<3.30", on_path) is None
    kept = python(tmp_path / ".pyenv" / "versions" / "3.29.1" / "bin" / "python3.29", "exit 0")
    assert suitable(">=3.29,<3.30", on_path) == kept
    python(shim, "exit 0")
    assert suitable(">=3.29,<3.30", on_path) == shim
    assert suitable(">=3.11", on_path) == Path(sys._base_executable)


def test_what_uv_knows_for_sure_is_not_tried_again_with_pip(project) -> None:
    root = project({"pyproject.toml": "[project]\nname='a'\ndependencies=['six==1.16', 'six==1.15']\n"})
    with pytest.raises(SyncFailed, match="No solution found"):
        sync(root, None, clean_environment(), lambda _: None)


def test_uv_is_found_beside_skillgate_and_pip_serves_where_it_is_not(project, monkeypatch) -> None:
    root = project({"pyproject.toml": "[project]\nname='a'\ndependencies=['six']\n"})
    assert find_uv({"PATH": ""}) == str(Path(sys.executable).with_name("uv"))
    monkeypatch.setattr("checks.environment.find_uv", lambda *_: None)
    sync(root, None, clean_environment(), lambda _: None)
    assert [path.read_text().strip() for path in root.glob(".venv/lib/*/site-packages/six-*/INSTALLER")] == ["pip"]
