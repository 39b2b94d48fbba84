"""The check as a whole, with the real Compose."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from deploy.compose.support import DOCKER_COMPOSE, OUR_PROGRAMS, errors, judged, said

WEB = "services:\n  web:\n    image: nginx:1.27\n"
NEEDY = "services:\n  web:\n    image: nginx:1.27\n    environment:\n      TOKEN: ${TOKEN:?}\n"
BOTH = pytest.mark.parametrize("hidden", [False, True], ids=["real", "embedded"])


def program(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_the_evidence_says_who_judged(tmp_path: Path) -> None:
    result = judged(write(tmp_path, {"docker-compose.yml": WEB, ".env.example": "A=1\n"}))
    assert result.diagnostics == ()
    assert result.evidence["services"] == 1
    assert str(result.evidence["program"]).startswith("docker-compose 5.")
    assert result.evidence["variables"] == ".env.example"


@BOTH
def test_the_developers_shell_does_not_count(tmp_path: Path, hidden: bool) -> None:
    result = judged(write(tmp_path, {"docker-compose.yml": NEEDY}), hidden=hidden, TOKEN="from the shell")
    assert errors(result) == ["compose.required-variable"]
    assert result.diagnostics[0].line == 5


@BOTH
def test_the_gates_own_variables_count(tmp_path: Path, hidden: bool) -> None:
    root = write(tmp_path, {"docker-compose.yml": NEEDY})
    assert errors(judged(root, hidden=hidden, TOKEN="x", SKILLGATE_GATE_ENV="OTHER,TOKEN")) == []


@BOTH
def test_env_wins_over_its_example(tmp_path: Path, hidden: bool) -> None:
    root = write(tmp_path, {"docker-compose.yml": NEEDY, ".env": "A=1\n", ".env.example": "TOKEN=x\n"})
    assert errors(judged(root, hidden=hidden)) == ["compose.required-variable"]
    (root / ".env").write_text("TOKEN=x\n")
    assert errors(judged(root, hidden=hidden)) == []


@BOTH
def test_an_env_file_with_an_example_is_a_warning(tmp_path: Path, hidden: bool) -> None:
    root = write(tmp_path, {"docker-compose.yml": f"{WEB}    env_file: .env\n", ".env.example": "A=1\n"})
    result = judged(root, hidden=hidden)
    assert said(result) == [("warning", "compose.missing-env-file", "docker-compose.yml", 4)]
    assert result.diagnostics[0].hint == "cp .env.example .env"


@BOTH
def test_private_values_are_never_shown(tmp_path: Path, hidden: bool) -> None:
    compose = (
        "services:\n  web:\n    image: ${IMAGE}\n    mem_limit: ${LIMIT}\n    stop_grace_period: ${GRACE}\n"
        '    ports: ["${PORT}"]\n    scale: ${SCALE}\n'
    )
    root = write(tmp_path, {"docker-compose.yml": compose})
    secrets = {"LIMIT": "12hushhush", "GRACE": "hush2hush", "PORT": "hushy:80", "SCALE": "hush3", "IMAGE": "hush-hush"}
    for name in secrets:
        good = {"LIMIT": "1g", "GRACE": "1s", "PORT": "80", "SCALE": "1", "IMAGE": "web:1"}
        values = {**good, name: secrets[name]}
        (root / ".env").write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        result = judged(root, hidden=hidden)
        assert name == "IMAGE" or errors(result) == ["compose.invalid"]
        assert "hush" not in repr(result), result


@BOTH
def test_names_that_come_from_private_values_are_hidden_too(tmp_path: Path, hidden: bool) -> None:
    compose = f"{WEB}    volumes: ['${{MOUNT}}']\n    networks: [back]\n"
    root = write(tmp_path, {"docker-compose.yml": compose, ".env": "MOUNT=hushvolume:/data\n"})
    result = judged(root, hidden=hidden)
    assert "compose.undefined-reference" in errors(result)
    assert "hush" not in repr(result), result
    assert any("`***`" in found.message for found in result.diagnostics)
    (root / ".env").rename(root / ".env.example")
    assert any("`hushvolume`" in found.message for found in judged(root, hidden=hidden).diagnostics)


@BOTH
def test_a_broken_env_file_is_named_without_its_text(tmp_path: Path, hidden: bool) -> None:
    root = write(tmp_path, {"docker-compose.yml": WEB, ".env": 'A=1\nB="hushhush\n'})
    result = judged(root, hidden=hidden)
    assert said(result) == [("error", "compose.unreadable-env-file", ".env", 2)]
    assert "hush" not in repr(result)
    (root / ".env").unlink()
    write(root, {"docker-compose.yml": f"{WEB}    env_file: web.env\n", "web.env": "HUSH HUSH=hush\n"})
    result = judged(root, hidden=hidden)
    assert said(result) == [("error", "compose.unreadable-env-file", "web.env", 1)]
    assert "hush" not in repr(result).lower()


def test_compose_words_stand_beside_ours(tmp_path: Path) -> None:
    found = judged(write(tmp_path, {"docker-compose.yml": f"{WEB}    imagee: x\n"})).diagnostics
    assert [(each.rule, each.line, each.hint) for each in found] == [("compose.invalid", 4, "write `image`")]
    assert "(Compose: validating docker-compose.yml: services.web.imagee" in found[0].message


@BOTH
def test_overrides_are_judged_merged(tmp_path: Path, hidden: bool) -> None:
    override = "services:\n  web:\n    ports: 80\n"
    root = write(tmp_path, {"docker-compose.yml": WEB, "docker-compose.override.yml": override})
    assert said(judged(root, hidden=hidden)) == [("error", "compose.invalid", "docker-compose.override.yml", 3)]
    fine = "services:\n  web:\n    ports: ['80:80']\n"
    assert errors(judged(write(root, {"docker-compose.override.yml": fine}), hidden=hidden)) == []


@BOTH
def test_variants_are_judged_over_their_base_or_by_themselves(tmp_path: Path, hidden: bool) -> None:
    part = "services:\n  web:\n    restart: always\n"
    whole = "services:\n  other:\n    image: b:1\n    ports: ['80:80']\n"
    base = f"{WEB}    ports: ['80:80']\n"
    root = write(tmp_path, {"compose.yaml": base, "compose.prod.yaml": part, "docker-compose.test.yml": whole})
    result = judged(root, hidden=hidden)
    assert errors(result) == []
    assert (result.evidence["files"], result.evidence["services"]) == (3, 1)
    write(root, {"compose.prod.yaml": "services:\n  web:\n    networks: [nope]\n"})
    assert said(judged(root, hidden=hidden)) == [("error", "compose.undefined-reference", "compose.prod.yaml", 3)]


@BOTH
def test_what_the_user_names_is_what_is_judged(tmp_path: Path, hidden: bool) -> None:
    root = write(
        tmp_path,
        {
            "docker-compose.yml": "services: {web: {ports: 80}}\n",
            "deploy/a.yml": "services:\n  web:\n    image: ${IMAGE:?}\n    volumes: ['./x.conf:/x.conf']\n",
            "deploy/x.conf": "",
            "values.env": "IMAGE=nginx:1.27\n",
        },
    )
    words = ("docker-compose", "-f", "deploy/a.yml", "--env-file=values.env", "config", "--quiet")
    assert errors(judged(root, *words, hidden=hidden)) == []
    assert errors(judged(root, *words[:3], "--env-file", "nope.env", "config", hidden=hidden)) == [
        "compose.missing-env-file"
    ]
    assert errors(judged(root, "docker-compose", "-f", "nope.yml", "config", hidden=hidden)) == ["compose.missing-file"]
    assert errors(judged(root, "docker-compose", "config", hidden=hidden)) == ["compose.invalid"]


@BOTH
def test_profiles(tmp_path: Path, hidden: bool) -> None:
    off = "  debug:\n    image: busybox:1.36\n    profiles: [debug]\n    networks: [nope]\n"
    root = write(tmp_path, {"docker-compose.yml": WEB + off})
    assert errors(judged(root, hidden=hidden)) == ["compose.undefined-reference"]
    words = ("docker", "compose", "--profile", "debug", "config")
    assert errors(judged(root, *words, hidden=hidden)) == ["compose.undefined-reference"]


@BOTH
def test_no_file_names_the_one_that_is_elsewhere(tmp_path: Path, hidden: bool) -> None:
    root = write(tmp_path / "project", {"deploy/docker-compose.yml": WEB})
    result = judged(root, "docker-compose", "config", hidden=hidden)
    assert errors(result) == ["compose.no-file"]
    assert result.evidence["services"] == 0
    assert result.diagnostics[0].hint == "docker-compose -f deploy/docker-compose.yml config"
    assert errors(judged(root, hidden=hidden)) == []


def test_a_project_path_with_spaces_and_umlauts(tmp_path: Path) -> None:
    root = write(tmp_path / "mein prüf projekt", {"docker-compose.yml": f"{WEB}    ports: 80\n"})
    assert said(judged(root)) == [("error", "compose.invalid", "docker-compose.yml", 4)]


def test_version_one_is_too_old_to_believe(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"docker-compose.yml": WEB})
    old = program(tmp_path / "bin", "docker-compose", "echo 1.29.2")
    result = judged(root, PATH=f"{old.parent}:/usr/bin:/bin")
    assert result.evidence["passed_over"] == "docker-compose 1.29.2 (too old to believe)"
    assert str(result.evidence["program"]).startswith("docker-compose 5.")


def test_the_plug_in_is_taken_where_it_was_typed(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"docker-compose.yml": WEB})
    launcher = program(tmp_path / "bin", "docker", f'shift\nexec "{DOCKER_COMPOSE}" "$@"')
    path = f"{launcher.parent}:{OUR_PROGRAMS}:/usr/bin:/bin"
    assert str(judged(root, "docker", "compose", "config", PATH=path).evidence["program"]).startswith(
        "docker compose 5."
    )
    assert str(judged(root, "docker-compose", "config", PATH=path).evidence["program"]).startswith("docker-compose 5.")


def test_the_projects_own_wheel_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "project", {"docker-compose.yml": WEB})
    own = tmp_path / "venv" / "bin"
    own.mkdir(parents=True)
    shutil.copy2(DOCKER_COMPOSE, own / "docker-compose")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere" / "python"))
    result = judged(root, python=own / "python", PATH="/usr/bin:/bin")
    assert str(result.evidence["program"]).startswith("docker-compose 5.")


@pytest.mark.parametrize("end", ["kill -9 $$", "exit 0"], ids=["killed", "silent"])
def test_a_program_that_gives_no_answer_is_replaced(tmp_path: Path, end: str) -> None:
    root = write(tmp_path / "project", {"docker-compose.yml": f"{WEB}    ports: 80\n"})
    body = f'case "$*" in version*) echo 2.30.0;; *) {end};; esac'
    broken = program(tmp_path / "bin", "docker-compose", body)
    result = judged(root, PATH=f"{broken.parent}:/usr/bin:/bin")
    assert errors(result) == ["compose.invalid"]
    assert result.evidence["program"] == "embedded"
    assert "docker-compose 2.30.0" in str(result.evidence["passed_over"])


def test_nothing_is_written_into_the_project(tmp_path: Path) -> None:
    root = write(tmp_path, {"docker-compose.yml": WEB})
    before = sorted(os.listdir(root))
    judged(root)
    assert sorted(os.listdir(root)) == before
