"""What a resolver's words mean."""

from __future__ import annotations

from checks.install.model import Asked
from checks.install.reasons import reason_of
from checks.model import Place

WORDS = """ERROR: Cannot install {} because these package versions have conflicting dependencies.

The conflict is caused by:
    mkdocs-minify-plugin 0.8.0 depends on jsmin>=3.0.1
    mkdocs-minify-plugin 0.7.2 depends on jsmin>=3.0.1

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/
"""


def test_one_requirement_that_conflicts_with_itself_for_pip_wants_wheels() -> None:
    asked = [Asked("mkdocs-minify-plugin", Place("requirements.txt", 2), "mkdocs-minify-plugin")]
    reason = reason_of(WORDS.format("-r /tmp/requirements.in (line 2)"), asked)
    assert (reason.names, reason.about_wheels) == (("mkdocs-minify-plugin",), True)


def test_two_requirements_that_conflict_do() -> None:
    asked = [Asked(name, Place("requirements.txt", 1), name) for name in ("one", "mkdocs-minify-plugin")]
    reason = reason_of(WORDS.format("-r /tmp/r.in (line 1) and -r /tmp/r.in (line 2)"), asked)
    assert not reason.about_wheels
