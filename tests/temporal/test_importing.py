"""Under which name and from which folders a file would be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.temporal.importing import plan_import
from checks.temporal.sources import Sources

LAYOUTS = {
    "package": ({"app/__init__.py": "", "app/flows.py": ""}, "app/flows.py", "app.flows", ("",)),
    "package below a folder": (
        {"backend/app/__init__.py": "", "backend/app/flows.py": ""},
        "backend/app/flows.py",
        "app.flows",
        ("backend", ""),
    ),
    "src": ({"src/app/flows.py": ""}, "src/app/flows.py", "app.flows", ("src", "")),
    "no package": (
        {"workflows/temporal/hiring.py": ""},
        "workflows/temporal/hiring.py",
        "workflows.temporal.hiring",
        ("",),
    ),
    "bare neighbours": (
        {"samples/a/flows.py": "import acts", "samples/a/acts.py": ""},
        "samples/a/flows.py",
        "flows",
        ("samples/a", ""),
    ),
    "a base in between": (
        {"backend/flows/x.py": "from flows.acts import y", "backend/flows/acts.py": ""},
        "backend/flows/x.py",
        "flows.x",
        ("backend", ""),
    ),
    "a folder with a dash": ({"my-app/flows.py": ""}, "my-app/flows.py", "flows", ("my-app", "")),
    "a file with a dash": ({"run-flows.py": ""}, "run-flows.py", "_skillgate_run_flows", ("",)),
    "the standard library is not a neighbour": (
        {"app/__init__.py": "", "app/flows.py": "import types", "app/types.py": ""},
        "app/flows.py",
        "app.flows",
        ("",),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_plan(layout: str, tmp_path: Path) -> None:
    files, file, name, folders = LAYOUTS[layout]
    for each, text in files.items():
        path = tmp_path / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sources = Sources(tmp_path)
    module = sources.load(file)
    assert module is not None
    plan = plan_import(module, sources)
    assert (plan.name, plan.folders) == (name, folders)
