"""Where the installed programs begin: nothing is collected while the modules load, for nothing of it is garbage."""

from __future__ import annotations

import gc


def skillgate() -> None:
    """The program `skillgate`."""
    gc.disable()
    from checks.cli import main

    main()


def temporal_workflow_validate() -> None:
    """The program that the Temporal CLI runs for `temporal workflow validate`."""
    gc.disable()
    from checks.cli import temporal_workflow_validate

    temporal_workflow_validate()
