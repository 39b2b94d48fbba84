"""What a walk through a program found out about the variables that it reads."""

from __future__ import annotations

from checks.wiring.code.walk import Walk
from checks.wiring.model import Read


def reads(walk: Walk, with_empty: Walk | None = None) -> tuple[Read, ...]:
    """The variables that were read, each place once; `with_empty` is a walk where those required are set, and empty."""
    required = {need.name for need in walk.needs.values() if need.why == "unset" and need.sure}
    refused = (
        {need.name for need in with_empty.needs.values() if need.why == "empty" and need.sure} if with_empty else set()
    )
    return tuple(
        Read(found.name, found.name in required, found.default, found.place, found.name in refused)
        for found in walk.reads.values()
    )
