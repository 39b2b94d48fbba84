"""What migrations, tables and SQL come to on a real database."""

from __future__ import annotations

import tempfile
from pathlib import Path

from checks.wiring.database.trial import Trial
from checks.wiring.database.uses import Uses
from checks.wiring.system import Findings, System


def find(system: System) -> Findings:
    """Tries migrations, models and SQL of a project on a private database; starts nothing where there are none."""
    trial = Trial(Uses(system))
    if trial.uses.kind is None or not (trial.has_migrations() or trial.needs_server()):
        return trial.findings() if trial.judged.found else Findings()
    with tempfile.TemporaryDirectory(prefix="skillgate-database-") as folder:
        trial.run(Path(folder))
    return trial.findings()
