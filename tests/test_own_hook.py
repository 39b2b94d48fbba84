"""This repository passes its own gates."""

from __future__ import annotations

import sys

from support.program import ROOT, Skillgate


def test_the_repository_passes_its_own_gates(skillgate: Skillgate) -> None:
    ran = skillgate("run", ROOT, "--python", sys.executable, "--format", "json", limit=600)
    assert ran.status == 0, ran.out
    assert {gate["status"] for gate in ran.json["gates"]} == {"passed"}
    assert {gate["name"] for gate in ran.json["gates"]} == {"lint", "format", "types", "boundaries", "tree"}
