"""Judges what a run.py imports: the project's tools and modules, the runtime's names, third-party packages."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from checks.raw.distributions import RUNTIME_BRINGS, Provision, distribution_of, judge
from checks.raw.findings import Findings
from checks.raw.modules import RUNTIME, Module, Modules
from checks.raw.own_imports import TOOLS, OwnImports, Problem
from checks.raw.requirements import Requirement
from checks.raw.runtime_names import INVENTED, KNOWN, USUAL
from checks.raw.scopes import Survey
from checks.raw.words import words

STANDARD = sys.stdlib_module_names | words("distutils imp asyncore asynchat smtpd cgi telnetlib tomllib")
"""Modules that come with some Python a workflow may run on."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One name that an import statement asks for; `name` is None for a whole module."""

    module: str
    name: str | None
    node: ast.Import | ast.ImportFrom
    sure: bool


class ImportJudge:
    """Judges the imports of one project's workflows; remembers the tools that were used."""

    def __init__(self, modules: Modules) -> None:
        self.own = OwnImports(modules)
        self.tools: set[str] = set()
        self.reported: set[str] = set()

    def judge_module(
        self, module: Module, survey: Survey, declared: tuple[Requirement, ...] | None, findings: Findings
    ) -> None:
        """Every import of the module."""
        judged: set[str] = set()
        for asked in imports_of(survey):
            top = asked.module.partition(".")[0]
            if not top:
                _judge_relative(asked, findings)
            elif top == RUNTIME:
                _judge_runtime(asked, findings)
            elif top not in judged and not self._judge_own(module, top, asked, findings):
                judged.add(top)
                if declared is not None and asked.sure:
                    _judge_third_party(module, asked, declared, findings)
        _judge_runtime_attributes(module, survey, findings)

    def _judge_own(self, module: Module, top: str, asked: Imported, findings: Findings) -> bool:
        """Judges an import from the project itself; false where it is none."""
        search = self.own.search_of(module, top)
        if top in STANDARD and search[0] != module.search[0]:
            return False
        if top not in TOOLS and not self.own.is_own(search, top):
            return False
        parts = asked.module.split(".")
        if top in TOOLS and (tool := parts[1] if len(parts) > 1 else asked.name):
            self.tools.add(tool)
        for problem in self.own.problems(search, asked.module, asked.name):
            self._report(problem, asked, findings)
        return True

    def _report(self, problem: Problem, asked: Imported, findings: Findings) -> None:
        if problem.once and problem.message in self.reported:
            return
        if problem.once:
            self.reported.add(problem.message)
        if problem.file is None or problem.fault is None:
            findings.add(problem.rule, problem.message, asked.node, problem.hint, asked.sure)
        elif problem.file not in self.reported:
            self.reported.add(problem.file)
            other = Findings(problem.file, findings.severities, findings.found)
            message = f"{problem.message} (imported by `{findings.file}`)"
            other.add(problem.rule, message, problem.fault.line, None, asked.sure, problem.fault.column)


def imports_of(survey: Survey) -> Iterator[Imported]:
    """Every name that is imported anywhere in the module."""
    for scope in survey.scopes:
        for node in scope.of(ast.Import):
            for alias in node.names:
                yield Imported(alias.name, None, node, id(node) not in survey.tolerant)
        for source in scope.of(ast.ImportFrom):
            for alias in source.names:
                module = "." * source.level + (source.module or "")
                yield Imported(module, alias.name, source, id(source) not in survey.tolerant)


def _judge_relative(asked: Imported, findings: Findings) -> None:
    name = asked.module.lstrip(".") or asked.name
    message = f"`from {asked.module} import {asked.name}`: a script has no package to import from"
    findings.add("raw.relative-import", message, asked.node, f"from {name} import ...", sure=asked.sure)


def _judge_runtime(asked: Imported, findings: Findings) -> None:
    name = asked.name if asked.module == RUNTIME else asked.module.split(".")[1]
    if name in (None, "*") or name in KNOWN:
        return
    _report_runtime(name or "", asked.node, findings, asked.sure)


def _judge_runtime_attributes(module: Module, survey: Survey, findings: Findings) -> None:
    aliases = {local for local, origin in module.outline.origins.items() if origin == RUNTIME}
    for scope in survey.scopes if aliases else ():
        for node in scope.of(ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in aliases and node.attr in INVENTED:
                _report_runtime(node.attr, node, findings, True)


def _report_runtime(name: str, node: ast.AST, findings: Findings, sure: bool) -> None:
    if name in INVENTED:
        message = f"`raw_runtime` has no `{name}`"
    else:
        message = f"`raw_runtime` has no `{name}` in any version known here; whether a newer one has it is not known"
    findings.add("raw.no-such-runtime-name", message, node, f"it exports {USUAL}", sure and name in INVENTED)


def _judge_third_party(module: Module, asked: Imported, declared: tuple[Requirement, ...], findings: Findings) -> None:
    top = asked.module.partition(".")[0]
    if top in STANDARD or top in ("pydantic", "rich", "raw", "__main__") or top.startswith("raw_"):
        return
    answer = judge(top, declared)
    if answer.provision is Provision.DECLARED:
        return
    distribution = distribution_of(top)
    hint = f'add "{distribution}" to `dependencies` in the `# /// script` block'
    if distribution is None:
        hint = f"add the distribution that provides `{top}` to `dependencies` in the `# /// script` block"
    through = answer.through or ("raw_runtime" if top in RUNTIME_BRINGS else None)
    if through is not None:
        message = f"`{top}` is imported and not declared; it may come with `{through}`, which is not promised"
        findings.add("raw.undeclared-import", message, asked.node, hint, sure=False)
        return
    message = f"`{top}` is imported, and no declared dependency provides it"
    if "sys.path" in module.source.text:
        message += "; whether `sys.path`, which the script changes, leads to it is not known"
    findings.add("raw.undeclared-import", message, asked.node, hint, sure="sys.path" not in module.source.text)
