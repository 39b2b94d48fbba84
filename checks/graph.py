"""`skillgate graph`, without its command line."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from checks.model import CheckContext
from checks.project import PythonNotFound, find_python
from checks.run import UsageError, cores, project_root
from checks.store import write_whole

EXIT_DRAWN, EXIT_USAGE = 0, 2


def draw_project(
    project: Path,
    format: str,  # noqa: A002  # the option's name
    deployment: str | None,
    python: str | None,
    output: Path | None,
    environment: Mapping[str, str],
    out: TextIO,
    trouble: TextIO,
) -> int:
    """Print the picture of a system in one of the formats; what is broken is told beside it."""
    gc.enable()  # syntax trees of a whole project are garbage in time
    try:
        root = project_root(project)
        chosen = find_python(root, python or environment.get("SKILLGATE_PYTHON"), environment)
        text, broken = _drawn(CheckContext(root, chosen.path, cores(), (), environment), format, deployment)
    except (UsageError, PythonNotFound) as error:
        print(f"skillgate: {error}", file=trouble)
        return EXIT_USAGE
    if output is None:
        out.write(text)
        out.flush()
    else:
        write_whole(output, text)
    for line in broken:
        print(f"broken: {line}", file=trouble)
    return EXIT_DRAWN


def _drawn(context: CheckContext, form: str, deployment: str | None) -> tuple[str, tuple[str, ...]]:
    from checks.wiring.check import WITHOUT_SERVER, judge
    from checks.wiring.graph.drawing import draw
    from checks.wiring.graph.formats import FORMATS
    from checks.wiring.reading import read_system

    system = read_system(context)
    names = [one.name for one in system.deployments]
    if deployment is not None and deployment not in names:
        told = f"the deployments are: {', '.join(names)}" if names else "the project has none"
        raise UsageError(f"`--deployment {deployment}`: {told}")
    found = (one for findings in judge(system, WITHOUT_SERVER) for one in findings.diagnostics)
    picture = draw(system, found, deployment)
    return FORMATS[form](picture), picture.broken
