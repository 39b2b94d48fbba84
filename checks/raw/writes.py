"""Finds files that a step writes elsewhere than through `self.save`, where the path is written in the text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.raw.findings import Findings
from checks.raw.modules import Module
from checks.raw.scopes import Scope
from checks.raw.words import words

PATH_METHODS = words(
    """
    write_text write_bytes mkdir unlink touch rmdir rename symlink_to
    """
)
FUNCTIONS = {
    "os.remove": 0,
    "os.unlink": 0,
    "os.mkdir": 0,
    "os.makedirs": 0,
    "os.rmdir": 0,
    "shutil.rmtree": 0,
    "shutil.copy": 1,
    "shutil.copy2": 1,
    "shutil.copyfile": 1,
    "shutil.copytree": 1,
    "shutil.move": 1,
}
"""Functions that change files, and which argument names the one that changes."""
DEEPEST = 6


def judge_writes(module: Module, scope: Scope, findings: Findings) -> None:
    """Every write whose path surely is not below the results of the run."""
    for call in scope.of(ast.Call):
        target = _written(call, module, scope)
        text = _spelled(target, scope, module, DEEPEST) if target is not None else None
        if text is not None and not _is_allowed(text):
            name = scope.function.name if scope.function else ""
            message = f"`{name}` writes `{text[:60]}`, outside the results of the run"
            findings.add("raw.write-outside-save", message, call, 'self.save("name.json", data)')


def _written(call: ast.Call, module: Module, scope: Scope) -> ast.expr | None:
    """The expression for the path that a call changes, where it changes one."""
    function = call.func
    if isinstance(function, ast.Name):
        is_open = function.id == "open" and "open" not in module.outline.bound
        if is_open and call.args and _writes(_mode(call, 1)) and "open" not in scope.local_names():
            return call.args[0]
    elif isinstance(function, ast.Attribute):
        if function.attr in PATH_METHODS or (function.attr == "open" and _writes(_mode(call, 0))):
            return function.value if not _is_module(function.value, module) else _argument(call, module)
        return _argument(call, module)
    return None


def _is_module(value: ast.expr, module: Module) -> bool:
    return isinstance(value, ast.Name) and module.outline.origins.get(value.id) in ("os", "shutil", "io")


def _argument(call: ast.Call, module: Module) -> ast.expr | None:
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return None
    place = FUNCTIONS.get(f"{module.outline.origins.get(function.value.id)}.{function.attr}")
    return call.args[place] if place is not None and len(call.args) > place else None


def _mode(call: ast.Call, place: int) -> ast.expr | None:
    for word in call.keywords:
        if word.arg == "mode":
            return word.value
    return call.args[place] if len(call.args) > place else None


def _writes(mode: ast.expr | None) -> bool:
    if not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)):
        return False
    return bool(set(mode.value) & set("wax+")) and set(mode.value) <= set("rwaxbt+U")


def _spelled(path: ast.expr | None, scope: Scope, module: Module, depth: int) -> str | None:
    """The beginning of the path as the text spells it; None where any of it comes from elsewhere."""
    if path is None or depth <= 0:
        return None
    if isinstance(path, ast.Constant):
        return path.value if isinstance(path.value, str) else None
    if isinstance(path, ast.JoinedStr):
        first = path.values[0] if path.values else None
        return _spelled(first, scope, module, depth - 1) if isinstance(first, ast.Constant) else None
    if isinstance(path, ast.BinOp) and isinstance(path.op, ast.Div):
        return _joined((path.left, path.right), scope, module, depth)
    if isinstance(path, ast.Attribute) and path.attr == "parent":
        return _spelled(path.value, scope, module, depth - 1)
    if isinstance(path, ast.Call):
        return _spelled_call(path, scope, module, depth)
    if isinstance(path, ast.Name):
        return _spelled(_only_value(path.id, scope, module), scope, module, depth - 1)
    return None


def _joined(parts: tuple[ast.expr, ...], scope: Scope, module: Module, depth: int) -> str | None:
    """The first part decides where a path lies; a later one that is not spelled out is shown as `...`."""
    first = _spelled(parts[0], scope, module, depth - 1)
    if first is None:
        return None
    rest = [_spelled(part, scope, module, depth - 1) or "..." for part in parts[1:]]
    return "/".join((first.rstrip("/"), *rest)) if first not in (".", "") else "/".join(rest)


def _spelled_call(call: ast.Call, scope: Scope, module: Module, depth: int) -> str | None:
    name = ast.unparse(call.func)
    if name.endswith("Path.home"):
        return "~"
    if name.endswith("Path.cwd"):
        return "."
    if name.rpartition(".")[2] in ("Path", "join") and call.args and name != "join":
        if name.endswith("join") and not name.endswith("path.join"):
            return None
        if isinstance(call.args[0], ast.Name) and call.args[0].id == "__file__":
            return "<folder of run.py>"
        return _joined(tuple(call.args), scope, module, depth)
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("resolve", "absolute", "expanduser"):
        return _spelled(call.func.value, scope, module, depth - 1)
    return None


def _only_value(name: str, scope: Scope, module: Module) -> ast.expr | None:
    """What a name stands for, if it is bound exactly once, by a plain assignment."""
    stores = [node for node in scope.of(ast.Name) if node.id == name and isinstance(node.ctx, ast.Store)]
    if not stores and name not in {argument.arg for argument in scope.of(ast.arg)}:
        return module.outline.values.get(name)
    return next(_values(name, scope), None) if len(stores) == 1 else None


def _values(name: str, scope: Scope) -> Iterator[ast.expr]:
    for node in scope.of(ast.Assign):
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            yield node.value


def _is_allowed(text: str) -> bool:
    parts = text.replace("\\", "/").removeprefix("./").split("/")
    return parts[0] == "results" or text.startswith(("/tmp", "/var/tmp", "/dev/")) or text in ("...", "")
