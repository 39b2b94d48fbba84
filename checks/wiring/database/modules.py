"""The modules that declare tables, by the names that the project imports them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checks.wiring.database.surroundings import Surroundings
from checks.wiring.database.tables import Table


def model_modules(tables: Sequence[Table], around: Surroundings) -> list[dict[str, Any]]:
    """What the probe needs to import each."""
    return modules_of([table.place.file for table in tables], around)


def modules_of(files: Sequence[str], around: Surroundings) -> list[dict[str, Any]]:
    """The same for any files of the project, each once."""
    return [_module(file, around) for file in dict.fromkeys(files)]


def _module(file: str, around: Surroundings) -> dict[str, Any]:
    base = _base(file, around)
    name = file.removeprefix(f"{base}/" if base else "").removesuffix(".py").removesuffix("/__init__")
    folder = around.project / base
    return {
        "file": file,
        "path": str(around.project / file),
        "name": name.replace("/", "."),
        "folders": [str(folder), str(around.project)],
    }


def _base(file: str, around: Surroundings) -> str:
    """The folder above the outermost package; of a folder that is none, the one that imports name."""
    folder = file.rpartition("/")[0]
    while folder and (around.project / folder / "__init__.py").exists():
        folder = folder.rpartition("/")[0]
    if folder in ("", "src"):
        return folder
    own = file.removeprefix(f"{folder}/").removesuffix(".py").replace("/", ".")
    top = own.partition(".")[0]
    dotted = f"{folder.replace('/', '.')}.{top}"
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in around.project.rglob("*.py")]
    return "" if any(f"import {dotted}" in text or f"from {dotted}" in text for text in texts) else folder
