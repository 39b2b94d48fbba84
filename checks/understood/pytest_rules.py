"""What the runner finds out about a pytest session, beyond its exit status."""

from __future__ import annotations

from checks.model import Rule, Severity

FAILED = Rule(
    id="pytest.failed",
    severity=Severity.ERROR,
    title="a test failed",
    why="The system does not do what its tests say. File and line are those of the assertion, not of the test's name.",
    wrong="assert response.status_code == 201  # the api answers 500",
    right="assert response.status_code == 201  # the api answers 201: the code was mended, not the test",
)
ERROR = Rule(
    id="pytest.error",
    severity=Severity.ERROR,
    title="a fixture failed, so its test was not judged",
    why="A test whose setup or teardown breaks has proved nothing, whatever its own lines say.",
    wrong='@pytest.fixture\ndef database():\n    return connect("postgresql://db/app")  # nobody listens there',
    right='@pytest.fixture\ndef database(tmp_path):\n    return connect(f"sqlite:///{tmp_path}/app.db")',
)
COLLECTION = Rule(
    id="pytest.collection",
    severity=Severity.ERROR,
    title="a test file or conftest cannot be imported",
    why="Tests in a file that does not import do not run. Most often a dependency is missing from the project's "
    "environment, or the project's own packages are not importable from where pytest starts.",
    wrong="import httpx  # not among the dependencies in pyproject.toml",
    right='[dependency-groups]\ndev = ["pytest", "httpx"]\n\n[tool.pytest.ini_options]\npythonpath = ["."]',
)
XPASSED_STRICT = Rule(
    id="pytest.xpassed-strict",
    severity=Severity.ERROR,
    title="a test that must fail passed",
    why="`xfail(strict=True)` says that a defect is known. The defect is gone, or the test no longer reaches it.",
    wrong='@pytest.mark.xfail(strict=True, reason="slots overlap")\ndef test_slots(): ...  # passes',
    right="def test_slots(): ...  # the mark is gone",
)
REFUSED = Rule(
    id="pytest.refused",
    severity=Severity.ERROR,
    title="pytest refused its arguments",
    why="A folder that does not exist, or an option that pytest does not know: no test ran.",
    wrong='api-test: {command: "pytest api/test/ -v"}  # the folder is api/tests/',
    right='api-test: {command: "pytest api/tests/ -v"}',
)
NOTHING_RAN = Rule(
    id="pytest.nothing-ran",
    severity=Severity.ERROR,
    title="no test passed, because none ran or all were skipped",
    why="A session in which nothing was verified is no proof, although pytest may exit 0: everything skipped, "
    "everything expected to fail, everything deselected, only collected, or nothing found.",
    wrong='@pytest.mark.skipif(not os.getenv("DATABASE_URL"), reason="needs a database")  # on every test',
    right="def test_api(client): ...  # runs on the embedded default; only what truly needs more is skipped",
)
NOT_FINISHED = Rule(
    id="pytest.not-finished",
    severity=Severity.ERROR,
    title="the test session did not finish",
    why="`os._exit`, `pytest.exit`, a crash or an interruption ended the session: the tests behind it never ran, "
    "although the process may have exited 0.",
    wrong="def test_shutdown():\n    os._exit(0)",
    right='def test_shutdown():\n    completed = subprocess.run([sys.executable, "-m", "api.main", "--once"])\n'
    "    assert completed.returncode == 0",
)
CONTRADICTION = Rule(
    id="pytest.contradiction",
    severity=Severity.ERROR,
    title="the exit status contradicts what happened in the tests",
    why="Something between the tests and the exit status turns failures into success: a pipe, `|| true`, or a hook "
    "in a conftest. Such a gate cannot fail.",
    wrong='api-test: {command: "pytest api/tests/ | tail -20"}',
    right='api-test: {command: "pytest api/tests/"}  # the whole output is kept in the log',
)
TURNED_TO_SKIP = Rule(
    id="pytest.turned-to-skip",
    severity=Severity.WARNING,
    title="a hook turned a failure into a skip",
    why="The test raised an error, and a plug-in or conftest reported it as skipped. That may be meant "
    "(a service that is away), and it may hide a defect.",
    wrong='def pytest_runtest_makereport(...):\n    report.outcome = "skipped"  # whatever was raised',
    right='if not service_is_up():\n    pytest.skip("needs the service")  # decided before the test, with a reason',
)
SKIPPED = Rule(
    id="pytest.skipped",
    severity=Severity.WARNING,
    title="some tests were skipped",
    why="What is skipped here is not proved here. It is told once per run, with the reasons.",
    wrong='@pytest.mark.skip(reason="flaky")',
    right='@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")',
)
DROPPED = Rule(
    id="pytest.dropped",
    severity=Severity.WARNING,
    title="a hook removed tests without saying so",
    why="pytest reports tests that were deselected through `pytest_deselected`. These left without: "
    "neither its output nor its counts show them.",
    wrong="def pytest_collection_modifyitems(items):\n    items[:] = [item for item in items if wanted(item)]",
    right="def pytest_collection_modifyitems(config, items):\n"
    "    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])\n"
    "    items[:] = [item for item in items if wanted(item)]",
)

RULES = (
    FAILED,
    ERROR,
    COLLECTION,
    XPASSED_STRICT,
    REFUSED,
    NOTHING_RAN,
    NOT_FINISHED,
    CONTRADICTION,
    TURNED_TO_SKIP,
    SKIPPED,
    DROPPED,
)
