"""`skillgate graph` as a user runs it: on the reference systems, and on one with a broken wire."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support import programs
from support.program import ROOT, Skillgate

SYSTEMS = ("hiring-process", "webhook-intake", "scheduled-report")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_readme_of_a_system_has_its_picture(skillgate: Skillgate, system: str) -> None:
    ran = skillgate("graph", ROOT / "fixtures" / system)
    assert (ran.status, ran.err) == (0, "")
    readme = (ROOT / "fixtures" / system / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{ran.out}```\n" in readme, "draw it anew: skillgate graph"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    root = tmp_path / "webhook-intake"
    ignored = shutil.ignore_patterns(".venv", ".skillgate", "*.egg-info")
    shutil.copytree(ROOT / "fixtures" / "webhook-intake", root, ignore=ignored)
    worker = root / "worker" / "worker.py"
    text = worker.read_text(encoding="utf-8")
    assert '"analyze-submission"' in text
    worker.write_text(text.replace('"analyze-submission"', '"analyse-submissions"'), encoding="utf-8")
    return root


def test_a_broken_wire_is_red_and_told(skillgate: Skillgate, broken: Path, tmp_path: Path) -> None:
    page = tmp_path / "system.html"
    ran = skillgate("graph", broken, "--format", "html", "--output", page)
    assert ran.status == 0
    assert "broken: worker/worker.py:" in ran.err and "analyse-submissions" in ran.err
    text = page.read_text(encoding="utf-8")
    assert 'class="broken"' in text
    drawing = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    red = [one for one in drawing.iter("{http://www.w3.org/2000/svg}path") if one.get("stroke") == "#c62828"]
    assert len(red) == 1


def test_every_deployment_can_be_drawn(skillgate: Skillgate) -> None:
    root = ROOT / "fixtures" / "hiring-process"
    path = os.pathsep.join([programs.folder(), os.environ["PATH"]])
    drawn = skillgate("graph", root, "--deployment", "k8s", env={"PATH": path})
    assert drawn.status == 0
    assert "hiring-process-worker" in drawn.out
    unknown = skillgate("graph", root, "--deployment", "nowhere", env={"PATH": path})
    assert unknown.status == 2
    assert "the deployments are: docker-compose.yml, k8s, chart" in unknown.err
