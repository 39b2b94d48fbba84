"""The check `raw`: judges RAW workflows by their text alone, without importing or running anything of the project."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from checks.model import CheckContext, CheckResult, Diagnostic
from checks.raw.class_rules import judge_class
from checks.raw.config_rules import judge_config
from checks.raw.findings import Findings, severities_of
from checks.raw.import_rules import ImportJudge
from checks.raw.modules import Modules
from checks.raw.purity import judge_purity
from checks.raw.rules import RULES
from checks.raw.scopes import survey
from checks.raw.script_rules import judge_metadata, judge_start
from checks.raw.shares import Judged, judge_side_by_side
from checks.raw.source import Source
from checks.raw.workflows import WORKFLOWS, ParsedWorkflow, find_folders, parse_workflow

NAME = "raw"
SEVERITIES = severities_of(RULES)


def check(context: CheckContext) -> CheckResult:
    """Judges each workflow of the project; words in `arguments` keep the workflows whose id contains one of them."""
    words = tuple(word for word in context.arguments if not word.startswith("-"))
    try:
        folders = find_folders(context.root, words)
    except OSError as error:
        blocked = f"`{WORKFLOWS}` cannot be read: {error.strerror or error}; try: ls -ld '{context.root / WORKFLOWS}'"
        return CheckResult(NAME, {"workflows": 0}, blocked=blocked)
    if (unmatched := _unmatched(context.root, words, folders)) is not None:
        return CheckResult(NAME, {"workflows": 0}, blocked=unmatched)
    judged = judge_side_by_side(context, folders, judge_folders)
    evidence = {"workflows": judged.workflows, "steps": judged.steps, "tools": len(judged.tools)}
    return CheckResult(NAME, evidence, (*judged.diagnostics, *_about_the_project(context.root, judged)))


def judge_folders(root: Path, folders: Sequence[Path]) -> Judged:
    """Judge workflow folders one after the other."""
    judge = Judge(root)
    with _uncollected():
        found = [each for folder in folders for each in judge.judge(folder)]
    return Judged(judge.workflows, judge.steps, frozenset(judge.imports.tools), tuple(found))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Syntax trees hold no cycles; searching them for some would take a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Judge:
    """Judges one workflow after the other and counts what was looked at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules = Modules(root)
        self.imports = ImportJudge(self.modules)
        self.workflows = 0
        self.steps = 0

    def judge(self, folder: Path) -> list[Diagnostic]:
        """Everything found in one workflow folder, in the order of its lines."""
        parsed = parse_workflow(self.modules, folder)
        self.workflows += 1
        self.steps += len(parsed.workflow.steps)
        configuration = Findings(f"{WORKFLOWS.as_posix()}/{folder.name}/config.yaml", SEVERITIES)
        judge_config(os.path.join(folder, "config.yaml"), configuration)  # noqa: PTH118
        findings = Findings(f"{WORKFLOWS.as_posix()}/{folder.name}/run.py", SEVERITIES)
        self._judge_run_py(parsed, findings)
        findings.found.sort(key=lambda one: (one.file or "", one.line or 0))
        return [*findings.found, *configuration.found]

    def _judge_run_py(self, parsed: ParsedWorkflow, findings: Findings) -> None:
        source = parsed.module.source
        if source.missing:
            message = f"workflow `{parsed.workflow.id}` has no `run.py`"
            hint = "write it, or remove the folder; `skillgate explain raw.no-run-py` shows the least one"
            findings.add("raw.no-run-py", message, hint=hint)
            return
        try:
            self._judge_source(parsed, findings)
        except RecursionError:
            findings.add("raw.unreadable", "`run.py` is nested too deeply to be judged", 1)

    def _judge_source(self, parsed: ParsedWorkflow, findings: Findings) -> None:
        source = parsed.module.source
        if source.tree is None:
            _report_fault(source, findings)
            return
        judge_start(source, findings)
        declared = judge_metadata(source, findings)
        seen = survey(source.tree)
        self.imports.judge_module(parsed.module, seen, declared, findings)
        judge_class(self.modules, parsed, seen, findings)
        if parsed.main_class is not None:
            judge_purity(parsed.module, parsed.main_class, seen, findings)


def _about_the_project(root: Path, judged: Judged) -> list[Diagnostic]:
    """What concerns no single workflow, said once."""
    findings = Findings(WORKFLOWS.as_posix(), SEVERITIES)
    if judged.workflows and not (root / "tools").is_dir() and not judged.tools:
        findings.add("raw.no-tools-folder", "the project has no `tools/` folder", hint="mkdir tools")
    return findings.found


def _report_fault(source: Source, findings: Findings) -> None:
    fault = source.fault
    if fault is None:
        return
    rule = "raw.syntax-error" if fault.message.startswith("syntax error") else "raw.unreadable"
    message = re.sub(r"\s+", " ", fault.message)
    findings.add(rule, f"`run.py`: {message}", fault.line, column=fault.column)


def _unmatched(root: Path, words: tuple[str, ...], folders: list[Path]) -> str | None:
    """Says that a word matches nothing: a misspelt id must not look as if it had been judged."""
    for word in words:
        if not any(word in folder.name for folder in folders):
            names = ", ".join(f"`{folder.name}`" for folder in find_folders(root)[:8]) or "none"
            return f"no workflow's id contains `{word}`; there are: {names}"
    return None
