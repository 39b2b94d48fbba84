"""Step 7: tests exist for each component, can run, and really reach it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.checklist.model import Component, Project, State, Step
from checks.checklist.reach import Tests
from checks.checklist.rules import found
from checks.checklist.skipping import skipping_tests
from checks.model import Diagnostic, Place

NEEDED = ("raw", "api", "database", "temporal")
"""Components that deserve tests of their own; tools and activities also run in the tests of what uses them."""
_NAMED = {
    "raw": "workflow",
    "tools": "tool",
    "temporal": "workflow file",
    "activities": "activity file",
    "programs": "program",
}
_PLACES = {
    "raw": "tests/test_raw_workflows.py",
    "api": "api/tests/",
    "database": "tests/test_database.py",
    "temporal": "tests/, on Temporal's test server",
}


def judge_tests(project: Project) -> Step:
    """Met where every component is reached by a test that can run."""
    components = list(project.components.values())
    if not components:
        return Step("tests", State.NOT_NEEDED, "no component was found")
    tests = Tests(project)
    if not tests.modules:
        message = f"no test module was found, and the project has {_titles(components)}"
        finding = found("tests", None, message, "api/tests/test_webhooks.py, tests/test_database.py, ...")
        return Step("tests", State.MISSING, "no test module", (finding,))
    findings = [each for component in components for each in _judge(component, tests)]
    findings += skipping_tests(project, tests.modules)
    missing = [each for each in findings if each.rule == "checklist.untested-component"]
    if missing:
        return Step("tests", State.MISSING, f"{len(missing)} components untested", tuple(findings))
    reached = ", ".join(component.title.removeprefix("the ") for component in components)
    return Step("tests", State.MET, f"{len(tests.modules)} test modules reach: {reached}", tuple(findings))


def _titles(components: list[Component]) -> str:
    return ", ".join(component.title for component in components)


def _judge(component: Component, tests: Tests) -> Iterator[Diagnostic]:
    unreached = {name: files for name, files in component.parts.items() if not tests.reaching(files, name, component)}
    if len(unreached) == len(component.parts):
        yield _untested(component, tests)
    elif component.key != "api":  # importing the app brings its routers along
        for name, files in unreached.items():
            message = f"no test reaches the {_NAMED.get(component.key, 'part')} `{name}`; others of its kind are tested"
            yield found("unreached-part", Place(files[0], 1), message)


def _untested(component: Component, tests: Tests) -> Diagnostic:
    place = Place(component.files[0], 1)
    skipping = tests.skipping(component)
    if component.key not in NEEDED or (component.key == "database" and not skipping and tests.around(component)):
        return found("unreached-part", place, f"no test reaches {component.title} directly ({_files(component)})")
    if skipping:
        said = "; ".join(f"`{file}` {why}" for file, why in list(skipping.items())[:3])
        message = f"no test that runs reaches {component.title} ({_files(component)}): {said}"
    else:
        modules = ", ".join(f"`{file.file}`" for file in tests.modules[:4])
        more = f" and {len(tests.modules) - 4} more" if len(tests.modules) > 4 else ""
        message = f"no test reaches {component.title} ({_files(component)}); the test modules are {modules}{more}"
    return found("untested-component", place, message, f"tests that import it, in {_PLACES[component.key]}")


def _files(component: Component) -> str:
    names = list(dict.fromkeys(component.files))
    return ", ".join(f"`{name}`" for name in names[:3]) + (", ..." if len(names) > 3 else "")
