"""Which blocks leave: end the program, hand on an exception, return early."""

from __future__ import annotations

import ast

from checks.temporal.scopes import Scope
from checks.wiring.code.syntax import last_name

_EXITS = {"exit", "_exit", "abort", "quit", "fail"}
_SETTINGS = {"self", "cls", "settings", "config", "env", "environ", "environment", "options", "args"}


def is_about_arguments(test: ast.expr, scope: Scope) -> bool:
    """Whether a condition asks only after what the function was given, other than settings."""
    node = scope.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    given = {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - _SETTINGS
    names = [each.id for each in ast.walk(test) if isinstance(each, ast.Name)]
    called = any(isinstance(each, (ast.Call, ast.Await)) for each in ast.walk(test))
    return bool(names) and not called and given.issuperset(names)


def leaves(body: list[ast.stmt]) -> bool:
    """Whether what follows a block is not reached from it."""
    return isinstance(body[-1], (ast.Return, ast.Continue, ast.Break))


def ends(body: list[ast.stmt]) -> bool:
    """Whether a block stops the program, or hands on an exception: raise, exit, a return of an exit status."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Return):
        value = last.value
        status = isinstance(value, ast.Constant) and type(value.value) is int and value.value != 0
        return status or (isinstance(value, ast.Name) and value.id.isupper())
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and is_exit(last.value)


def is_exit(node: ast.Call) -> bool:
    """Whether a call stops the program with an error: `sys.exit(1)`, `exit("no key")`, `parser.error(...)`."""
    name = last_name(node.func)
    if name == "error" and isinstance(node.func, ast.Attribute):
        return isinstance(node.func.value, ast.Name) and "parser" in node.func.value.id
    if name not in _EXITS:
        return False
    return not (not node.args or (isinstance(node.args[0], ast.Constant) and node.args[0].value in (0, None)))
