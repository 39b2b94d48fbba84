"""The rules of the `dry` check."""

from __future__ import annotations

from checks.model import Rule, Severity

_RIGHT = """\
# dry_run.py
import json, sys
from pathlib import Path
from run import Params, Report

class DryReport(Report):
    def download(self, url):              # the one method that leaves the machine
        return json.loads(Path("mocks/page.json").read_text())

sys.exit(DryReport(Params(url="https://example.org")).run())
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "dry.missing",
        Severity.ERROR,
        "a workflow has no dry_run.py",
        "Without it nothing shows, before production, that the workflow's steps run at all.",
        ".raw/workflows/report/run.py and nothing beside it",
        _RIGHT,
    ),
    Rule(
        "dry.failed",
        Severity.ERROR,
        "a dry run fails",
        "The workflow's own code broke on mocked input: it would break on real input, too.",
        'def total(self):\n    return sum(row["amuont"] for row in self.rows)   # KeyError',
        'def total(self):\n    return sum(row["amount"] for row in self.rows)',
    ),
    Rule(
        "dry.timed-out",
        Severity.ERROR,
        "a dry run does not end in time",
        "It waits for something that no mock delivers, or retries with real pauses. The limit, 60 s, is RAW's own.",
        "while not self.client.ready():\n    time.sleep(1)",
        "give the client a mock that is ready; pass `base_delay=0` to retries in the dry run",
    ),
    Rule(
        "dry.not-finished",
        Severity.ERROR,
        "a dry run ends without finishing",
        "`os._exit` skips everything that would have reported a failure, so status 0 says nothing.",
        "import os\nos._exit(0)",
        "import sys\nsys.exit(workflow.run())",
    ),
    Rule(
        "dry.never-runs-workflow",
        Severity.ERROR,
        "a dry run never runs run.py",
        "A dry run that prints `ok` about code of its own proves nothing about the workflow.",
        '# dry_run.py\nprint("Step 1: mocked")\nprint("Dry run complete")',
        _RIGHT,
    ),
    Rule(
        "dry.no-step-ran",
        Severity.ERROR,
        "a dry run imports run.py and runs none of its steps",
        "Importing shows that the file parses; the steps themselves stay untried.",
        "# dry_run.py\nimport run\nprint(run.Report)",
        _RIGHT,
    ),
    Rule(
        "dry.steps-not-run",
        Severity.WARNING,
        "a dry run leaves out some steps",
        "The steps left out, or replaced whole by mocks, are untried. Mock what a step calls, not the step.",
        "class DryReport(Report):\n    def fetch(self):      # a @step: its own code is gone\n        return {}",
        _RIGHT,
    ),
    Rule(
        "dry.network",
        Severity.ERROR,
        "a dry run uses the network",
        "It would fail on a machine without the service, and may reach a real one. Loopback counts: a database on "
        "localhost is a service, too. The attempt was refused; it is reported also where the code swallows the error.",
        'rows = httpx.get("https://example.org/rows").json()      # in the dry run, too',
        _RIGHT,
    ),
    Rule(
        "dry.write-outside",
        Severity.ERROR,
        "a dry run writes outside the workflow's folder and tmp",
        "A dry run is run by everybody, at any time: it must not change the project or the home folder. The write "
        "was refused.",
        'Path("../../shared/report.json").write_text(text)',
        'self.save("report.json", report)     # below results/ of the workflow\'s folder',
    ),
    Rule(
        "dry.database-outside",
        Severity.WARNING,
        "a dry run opens a SQLite file outside the workflow's folder",
        "It may write to it. Opened with `mode=ro` it cannot.",
        'sqlite3.connect("../../app.db")',
        'sqlite3.connect("file:../../app.db?mode=ro", uri=True)   # or ":memory:"',
    ),
    Rule(
        "dry.unwatched-program",
        Severity.WARNING,
        "a dry run starts a program that cannot be watched",
        "Only Python programs that inherit the environment are watched: what others contact or write is unknown.",
        'subprocess.run(["curl", url])',
        "mock the call in dry_run.py, or start `sys.executable` with the environment as it is",
    ),
    Rule(
        "dry.watch-broke",
        Severity.ERROR,
        "the watch over a dry run broke",
        "The dry run replaced something that the watch needs, so that what it did is not fully known.",
        "os.fspath = None",
        "replace only what the workflow itself calls",
    ),
)
