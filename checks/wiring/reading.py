"""Reads a project into one model: its code, its deployments."""

from __future__ import annotations

from checks.discovery import project_files
from checks.model import CheckContext
from checks.wiring.code.reading import read_code
from checks.wiring.deployments.reading import read_deployments
from checks.wiring.system import System


def read_system(context: CheckContext) -> System:
    """The system in a project; what could not be read is named in `unread`, never guessed."""
    files = project_files(context.root)
    code = read_code(context.root, files)
    deployments, unread = read_deployments(context, files, code)
    return System(context, files, code, deployments, unread)
