"""One variable that nobody sets is told once, with every unit that lacks it."""

from __future__ import annotations

import sys
from pathlib import Path

from checks.model import CheckContext
from checks.wiring.code.findings import find
from checks.wiring.reading import read_system

SERVICE = "  {0}:\n    build: .\n    command: [python, {0}.py]\n"


def test_one_variable_is_one_finding(tmp_path: Path) -> None:
    for name in ("mail", "print"):
        (tmp_path / f"{name}.py").write_text(f"from settings import TOKEN\n\nprint('{name}', TOKEN)\n")
    (tmp_path / "settings.py").write_text('import os\n\nTOKEN = os.environ["SENDER_TOKEN"]\n')
    (tmp_path / "Dockerfile").write_text("FROM python:3.12-slim\nWORKDIR /app\nCOPY *.py ./\n")
    services = SERVICE.format("mail") + SERVICE.format("print")
    (tmp_path / "docker-compose.yml").write_text(f"services:\n{services}")
    context = CheckContext(tmp_path, Path(sys.executable), environment={"PATH": "/nonexistent"})
    (found,) = find(read_system(context)).diagnostics
    assert (found.rule, found.line) == ("wiring.unset-variable", 2)
    assert "`SENDER_TOKEN` is not set for service mail, service print, which fail without it" in found.message
