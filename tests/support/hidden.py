"""A Python that has all our packages and none of the programs that came with them: how a test hides a tool."""

from __future__ import annotations

import site
import sys
import venv
from pathlib import Path

from support.program import ROOT


def python_without_programs(folder: Path) -> Path:
    """Make an environment in `folder` whose bin holds Python alone; returns that Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    shared = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (packages / "shared.pth").write_text("\n".join([str(ROOT), *shared]) + "\n", encoding="utf-8")
    return folder / "bin" / Path(sys.executable).name
