"""The rules of this family, for `skillgate explain`."""

from __future__ import annotations

from checks.model import Diagnostic, Place, Rule, Severity

WORKFLOW = Rule(
    "wiring.no-such-workflow",
    Severity.ERROR,
    "a RAW workflow that is called exists",
    "The call ends with an error every time, and what waits for its result never gets one.",
    'subprocess.run(["raw", "run", "analyse-cv"])  # the folder is .raw/workflows/analyze-cv\n',
    'subprocess.run(["raw", "run", "analyze-cv"])\n',
)
RAW_RUN = Rule(
    "wiring.raw-run-arguments",
    Severity.ERROR,
    "`raw run` is given nothing but a workflow and its own options",
    "RAW's `raw run ID` knows `--dry` and `--init` and hands nothing on to the workflow: with any other argument, also "
    "behind `--`, it ends with `No such option`.",
    'command: ["raw", "run", "generate-report", "--date", "today"]\n',
    'command: ["python", ".raw/workflows/generate-report/run.py", "--date", "today"]\n'
    "# or, with skillgate in the image: skillgate raw run generate-report -- --date today\n",
)
RAW_COMMAND = Rule(
    "wiring.no-such-command",
    Severity.ERROR,
    "a subcommand that is called exists",
    "The program ends with a usage error. RAW has `init`, `create`, `build`, `run` and `show`; there is no "
    "`raw validate` and no `raw list`.",
    "raw validate analyze-cv\n",
    "raw show analyze-cv --validate\n",
)
REFUSED = Rule(
    "wiring.refused-arguments",
    Severity.ERROR,
    "a program of the project accepts the arguments that it is called with",
    "The program was started with exactly these arguments and refused them. Each run of the job, or each call from the "
    "service, ends there; schema validation and the program's own tests do not see it.",
    'command: ["python", "-m", "report.job", "--kind", "dayly"]\n'
    'job.py:  parser.add_argument("--kind", choices=["daily", "weekly"])\n',
    'command: ["python", "-m", "report.job", "--kind", "daily"]\n',
)
PROGRAM = Rule(
    "wiring.no-such-program",
    Severity.ERROR,
    "a module or script of the project that is called exists",
    "The container, the job or the newcomer gets `No module named ...` or `No such file or directory`.",
    'command: ["python", "-m", "worker.main"]   # the file is worker/__main__.py\n',
    'command: ["python", "-m", "worker"]\n',
)
BROKEN = Rule(
    "wiring.broken-program",
    Severity.ERROR,
    "a program of the project that is called can be imported",
    "It was started as the call says, and ended with an error of its own code before it read its arguments.",
    "job.py:  from report.storage import Storage   # report/storage.py defines Store\n",
    "job.py:  from report.storage import Store\n",
)
ALEMBIC = Rule(
    "wiring.alembic-call",
    Severity.ERROR,
    "alembic finds its configuration and the revision that it is asked for",
    "The migration ends at once, and everything that waits for the tables waits for ever.",
    "README:  alembic -c database/alembic.ini upgrade head   # the file is ./alembic.ini\n",
    "README:  alembic upgrade head\n",
)
TEMPORAL = Rule(
    "wiring.temporal-call",
    Severity.ERROR,
    "workflow types, task queues, signals and queries on a Temporal command line exist in the code",
    "Temporal accepts the name of a workflow type or queue that no worker has: the workflow waits for ever. A signal "
    "of an unknown name is dropped or kept without effect.",
    "temporal workflow start --type HiringProces --task-queue hiring\n",
    "temporal workflow start --type HiringProcess --task-queue hiring\n",
)
README_FILE = Rule(
    "wiring.readme-no-such-file",
    Severity.ERROR,
    "files and folders that the documentation tells to use are there",
    "A newcomer's first command fails.",
    "cp .env.example .env     # there is no .env.example\n",
    "cp .env.sample .env\n",
)
README_NAME = Rule(
    "wiring.readme-no-such-name",
    Severity.ERROR,
    "targets, scripts, extras, services and profiles that the documentation names exist",
    "A newcomer's command ends with `No rule to make target`, `no such service`, or installs less than it says.",
    "pip install -e '.[test]'     # pyproject.toml has the extra `dev` only\n",
    "pip install -e '.[dev]'\n",
)
README_ROUTE = Rule(
    "wiring.readme-no-such-route",
    Severity.ERROR,
    "requests that the documentation shows meet a route of the application",
    "Whoever tries the example gets a 404 or 405 and thinks that the system is broken.",
    "curl -X POST http://localhost:8000/webhook/submit     # the route is /webhooks/submit\n",
    "curl -X POST http://localhost:8000/webhooks/submit\n",
)
README_VARIABLE = Rule(
    "wiring.readme-unread-variable",
    Severity.WARNING,
    "environment variables that the documentation sets are read by somebody",
    "Setting it has no effect; the variable that is really read stays unset.",
    "export DB_URL=postgresql://...     # the code reads DATABASE_URL\n",
    "export DATABASE_URL=postgresql://...\n",
)
README_PACKAGE = Rule(
    "wiring.readme-no-such-package",
    Severity.ERROR,
    "packages that the documentation installs are what it takes them for",
    "RAW is on no package registry: installing `raw` from one fails or brings another product.",
    "pip install raw\n",
    "pip install git+https://github.com/mpuig/raw\n",
)
RESULT = Rule(
    "wiring.result-key",
    Severity.ERROR,
    "what a caller reads of a workflow's result is what the workflow writes into it",
    "The call ends with KeyError after the workflow has done its work, each time.",
    'result = run_workflow("analyze-cv", ...)\n'
    'result["needs_review"]     # run.py writes {"score": ..., "review": ...}\n',
    'result["review"]\n',
)
RULES: tuple[Rule, ...] = (
    WORKFLOW, RAW_RUN, RAW_COMMAND, REFUSED, RESULT, PROGRAM, BROKEN, ALEMBIC, TEMPORAL,
    README_FILE, README_NAME, README_ROUTE, README_VARIABLE, README_PACKAGE,
)  # fmt: skip


def report(rule: Rule, place: Place, message: str, hint: str | None = None, *, sure: bool = True) -> Diagnostic:
    """A finding of `rule`; one that is not sure is a warning, whatever the rule."""
    severity = rule.severity if sure else Severity.WARNING
    return Diagnostic(rule.id, severity, message, place.file, place.line, place.column, hint)
