"""Which of several PostgreSQL serves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from checks.wiring.database.installations import Installation, choose, find_installations

# Versions that no machine has in the usual folder of shared files.
ONE, FIVE, EIGHTEEN = (Installation(Path(f"/nowhere/{major}/bin"), major) for major in (1, 5, 18))


def test_the_deployed_version_or_the_next_newer_serves() -> None:
    three = (ONE, EIGHTEEN, FIVE)
    assert choose(three, 5) is FIVE
    assert choose(three, 7) is EIGHTEEN
    assert choose(three, 3) is FIVE
    assert choose(three, None) is EIGHTEEN
    assert choose((ONE, FIVE), 17) is FIVE
    assert choose((), 17) is None


def test_an_extension_that_is_asked_for_decides() -> None:
    assert choose((FIVE, EIGHTEEN), 5, frozenset({"uuid-ossp"})) is EIGHTEEN


def test_this_machine_has_one() -> None:
    found = find_installations(Path(sys.executable), os.environ)
    assert found
    assert all(each.major >= 12 for each in found)
