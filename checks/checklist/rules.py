"""The rules of the check `checklist`, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Diagnostic, Place, Rule, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def _rule(name: str, severity: Severity, title: str, why: str, wrong: str, right: str) -> Rule:
    return Rule(f"checklist.{name}", severity, title, why, wrong, right)


RULES: tuple[Rule, ...] = (
    _rule(
        "raw-workflows",
        ERROR,
        "step 1: RAW workflows are called and there are none",
        "Whoever calls one gets an error: `.raw/workflows` holds no workflow with a run.py.",
        'run_raw_workflow("analyze-cv")   # and .raw/workflows/ is empty',
        ".raw/workflows/analyze-cv/run.py",
    ),
    _rule(
        "api",
        ERROR,
        "step 2: there is no FastAPI app with an endpoint, and something needs one",
        "Webhooks that are documented or declared reach nobody.",
        "README.md: POST /webhooks/cv   # and no app has any route",
        '@app.post("/webhooks/cv")\nasync def cv(...): ...',
    ),
    _rule(
        "database",
        ERROR,
        "step 3: a database is used, and nothing defines its tables",
        "The first query fails on a new database: neither models, nor migrations, nor SQL create a table.",
        'create_engine(os.environ["DATABASE_URL"])   # and no model, no migration',
        'class Candidate(Base):\n    __tablename__ = "candidates"',
    ),
    _rule(
        "temporal",
        ERROR,
        "step 4: Temporal is used, and no workflow is defined",
        "A server runs, or a client starts something, and nothing is there to run.",
        'client.start_workflow("HiringProcess", ...)   # and no @workflow.defn',
        "@workflow.defn\nclass HiringProcess: ...",
    ),
    _rule(
        "compose",
        ERROR,
        "step 5: a system of several components has no Compose file",
        "Nobody can start the system on a laptop to see whether its parts work together.",
        "api/  workflows/  database/",
        "api/  workflows/  database/  docker-compose.yml",
    ),
    _rule(
        "kubernetes",
        ERROR,
        "step 6: a system of several components has neither manifests nor a chart",
        "It runs on a laptop and cannot be put into production.",
        "docker-compose.yml",
        "docker-compose.yml  k8s/api.yaml  k8s/worker.yaml",
    ),
    _rule(
        "tests",
        ERROR,
        "step 7: the project has no tests",
        "Nothing shows that any of it works.",
        "api/main.py",
        "api/main.py  api/tests/test_webhooks.py",
    ),
    _rule(
        "untested-component",
        ERROR,
        "step 7: no test reaches a component",
        "Tests exist, and none of them imports this part, starts it or loads it by its path: it may be broken.",
        "tests/test_models.py tests its own dictionary; no test imports database/",
        "from database.models import Candidate",
    ),
    _rule(
        "unreached-part",
        WARNING,
        "step 7: no test reaches a workflow, tool, activity or program directly",
        "No test imports or mentions it; whether the test of something that uses it covers it is not known.",
        "tests/test_raw.py runs analyze-cv and never generate-summary",
        'run("generate-summary", ...)',
    ),
    _rule(
        "skipping-tests",
        WARNING,
        "step 7: a test module skips itself for want of something that the project nowhere brings",
        "Whoever follows the project's own words sees these tests skipped each time, and nobody notices.",
        'pytest.importorskip("fakeredis")   # and no pyproject.toml, no requirements declare it',
        'pyproject.toml: dev = ["pytest", "fakeredis"]',
    ),
    _rule(
        "readme",
        ERROR,
        "step 8: README.md does not describe the system",
        "A newcomer does not learn which parts there are and how they are started.",
        "# hiring-system",
        "# hiring-system\n\nA form -> api -> Temporal -> RAW workflow ...\n\n    docker-compose up",
    ),
)
SEVERITIES = {rule.id: rule.severity for rule in RULES}


def found(rule: str, place: Place | None, message: str, hint: str | None = None) -> Diagnostic:
    """A finding of `checklist.RULE`."""
    file, line = (place.file, place.line) if place else (None, None)
    return Diagnostic(f"checklist.{rule}", SEVERITIES[f"checklist.{rule}"], message, file, line, None, hint)
