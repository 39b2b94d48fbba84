"""How these tests call the check: with the real Helm on PATH, and nothing else of whoever runs them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import programs

from checks.model import CheckContext

Write = Callable[[dict[str, str]], Path]
ABOUT = "apiVersion: v2\nname: app\nversion: 0.1.0\n"


@pytest.fixture
def context_of() -> Callable[..., CheckContext]:
    """The context of a project; `helm=False` hides Helm."""

    def build(root: Path, *, helm: bool = True, **environment: str) -> CheckContext:
        path = f"{programs.folder()}:/usr/bin:/bin" if helm else "/usr/bin:/bin"
        return CheckContext(root, Path(sys.executable), 2, (), {"PATH": path, **environment})

    return build


@pytest.fixture
def chart(tmp_path: Path) -> Write:
    """Writes a chart of these files below `chart/` (paths with `../` lie beside it) and gives the project."""

    def write(files: dict[str, str]) -> Path:
        for name, text in {"Chart.yaml": ABOUT, **files}.items():
            path = (tmp_path / "chart" / name).resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write
