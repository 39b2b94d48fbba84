"""`scripts/skillgate` provisions itself and starts anywhere; the built wheel does the main job by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from support.program import ROOT, clean_environment, gates

SHIPPED = ("checks", "fixtures", "gates", "scripts", "pyproject.toml", "README.md")


def copy_of_the_tree(target: Path) -> Path:
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def start(program: Path, *words: str, home: Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(SKILLGATE_HOME=str(home), **more)
    return subprocess.run(
        [str(program), *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_an_installed_copy_starts_from_another_folder(tmp_path: Path, project) -> None:
    program = copy_of_the_tree(tmp_path / "skills" / "system architecture") / "scripts" / "skillgate"
    root, home = project({"skillgate.yaml": gates(a="true", b="test -n hello")}), tmp_path / "home"
    before = sorted(path.name for path in program.parent.parent.rglob("*"))
    first = start(program, "run", ".", home=home, cwd=root)
    assert first.returncode == 0, first.stderr
    assert "making an environment" in first.stderr
    second = start(program, "run", ".", home=home, cwd=root)
    assert (second.returncode, second.stderr) == (0, "")
    where = start(program, "--where", home=home, cwd=root)
    assert Path(where.stdout.strip()).is_file()
    assert os.access(where.stdout.strip(), os.X_OK)
    assert sorted(path.name for path in program.parent.parent.rglob("*")) == before
    red = start(program, "run", "nowhere", home=home, cwd=root)
    assert red.returncode == 2


def test_without_a_python_the_person_is_told(tmp_path: Path) -> None:
    program = copy_of_the_tree(tmp_path / "skill") / "scripts" / "skillgate"
    told = start(program, "run", home=tmp_path / "home", cwd=tmp_path, SKILLGATE_PROVISION_PYTHON="no-such-python")
    assert told.returncode == 3
    assert "Python 3.11" in told.stderr


def test_the_built_wheel_does_the_main_job(tmp_path: Path, project) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=clean_environment())
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, env=clean_environment())
    root = project({
        "skillgate.yaml": "gates: {default: [validate], optional: {shell: {command: 'true'}}}",
        ".raw/workflows/none/notes.txt": "",
    })  # fmt: skip
    program = tmp_path / "empty" / "bin" / "skillgate"
    ran = start(program, "run", str(root), home=tmp_path, cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    assert "run.py" in ran.stdout
    listed = start(program, "list", str(root), home=tmp_path, cwd=tmp_path)
    assert "validate" in listed.stdout
    assert (tmp_path / "empty" / "bin" / "temporal-workflow-validate").is_file()
