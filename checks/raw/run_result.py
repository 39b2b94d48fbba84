"""Judges what `run` returns: RAW hands it to `sys.exit`, where only an int says what it means."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.raw.findings import Findings
from checks.raw.outline import COMPOUND, FunctionNode


def judge_result(run: FunctionNode, started_by_main: bool, findings: Findings) -> None:
    """Whether `run` is a plain method that returns an int somewhere."""
    if isinstance(run, ast.AsyncFunctionDef):
        message = "`run` is `async`: `main()` does not await it, and every run exits 1"
        hint = "def run(self) -> int: return asyncio.run(self.work())"
        findings.add("raw.async-run", message, run, hint, sure=started_by_main)
        return
    returns = list(_returns(run.body))
    valued = [node for node in returns if node.value is not None]
    if not valued and not _never_ends(run.body):
        message = "`run` returns nothing: RAW notes the run as failed although it exits 0"
        findings.add("raw.run-result", message, run, "return 0 for success, another int for failure")
    for node in valued:
        if (kind := _strange(node.value)) is not None:
            message = f"`run` returns {kind}: RAW takes every value but 0 for a failure"
            findings.add("raw.run-result", message, node, "return 0 for success; keep results with `self.save`")


def _returns(body: Sequence[ast.stmt]) -> Iterator[ast.Return]:
    for statement in body:
        if isinstance(statement, ast.Return):
            yield statement
        elif statement.__class__ in COMPOUND:
            for name in ("body", "orelse", "finalbody"):
                yield from _returns(getattr(statement, name, ()))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from _returns(part.body)


def _never_ends(body: Sequence[ast.stmt]) -> bool:
    """Whether the body ends otherwise than by running out: it raises, loops, exits, or is only declared."""
    last = body[-1]
    if isinstance(last, (ast.Raise, ast.While, ast.Try, ast.With)):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return "exit" in ast.unparse(last.value.func)
    return isinstance(last, ast.Expr) and isinstance(last.value, (ast.Constant, ast.Yield)) and len(body) <= 2


def _strange(value: ast.expr | None) -> str | None:
    if isinstance(value, (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.JoinedStr)):
        return f"a {type(value).__name__.lower().replace('joinedstr', 'str')}"
    if isinstance(value, ast.Constant) and (value.value is None or not isinstance(value.value, int)):
        return f"`{str(value.value)[:40]}`"
    if isinstance(value, ast.Constant) and value.value is True:
        return "`True`, which exits 1"
    return None
