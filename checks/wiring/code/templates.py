"""Templates that the code renders by name: each has to lie somewhere in the project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from checks.model import Diagnostic, Place
from checks.temporal.scopes import Module
from checks.wiring.code.judging import Scene
from checks.wiring.code.rules import MISSING_TEMPLATE
from checks.wiring.code.syntax import last_name

_GETTERS = frozenset(("get_template", "TemplateResponse", "render_template"))
_ELSEWHERE = frozenset(("DictLoader", "FunctionLoader", "PrefixLoader", "BaseLoader", "ModuleLoader"))
_NAME = re.compile(r"^[\w][\w./-]*\.(?:html?|txt|j2|jinja2?|md|mjml|xml|csv|sql)$")


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about names that no file has, where templates of the project lie in a folder of that name."""
    files = scene.system.files
    known = [file for file in files if "template" in file.rpartition("/")[0] and not file.startswith("helm/")]
    modules = list(scene.index.sources.own_modules())
    if not known or any(_elsewhere(module) for module in modules):
        return
    renders = frozenset(name for module in modules for name in _renders(module))
    for module in modules:
        for call in module.calls:
            name = _asked(call.node, renders)
            if name is None or any(file == name or file.endswith(f"/{name}") for file in files):
                continue
            alike = [file for file in known if file.endswith(name[name.rindex(".") :])]
            if alike:
                near = get_close_matches(name, [file.rpartition("/")[2] for file in alike], 1, 0.4)
                hint = (
                    f"did you mean `{near[0]}`?" if near else f"there are {', '.join(f'`{one}`' for one in alike[:6])}"
                )
                place = Place(module.file, call.node.lineno, call.node.col_offset + 1)
                message = f"there is no template `{name}` in the project"
                yield Diagnostic(MISSING_TEMPLATE.id, MISSING_TEMPLATE.severity, message, *place, hint)


def _elsewhere(module: Module) -> bool:
    """Whether templates may come from something else than files."""
    return any(last_name(call.node.func) in _ELSEWHERE for call in module.calls)


def _renders(module: Module) -> Iterator[str]:
    """Functions of the project that take the name of a template first, and hand it on."""
    if not any(last_name(call.node.func) == "get_template" for call in module.calls):
        return
    for definition in module.definitions:
        node = definition.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            taken = [one.arg for one in (*node.args.posonlyargs, *node.args.args) if one.arg not in ("self", "cls")][:1]
            if taken and any(_hands_on(inner, taken[0]) for inner in ast.walk(node)):
                yield node.name


def _hands_on(node: ast.AST, parameter: str) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) != "get_template" or not node.args:
        return False
    return isinstance(node.args[0], ast.Name) and node.args[0].id == parameter


def _asked(node: ast.Call, renders: frozenset[str]) -> str | None:
    """The name of a template that a call gives."""
    called = last_name(node.func)
    if called not in _GETTERS and called not in renders:
        return None
    named = [word.value for word in node.keywords if word.arg in ("name", "template", "template_name")]
    for given in (*node.args[:2], *named):
        if isinstance(given, ast.Constant) and isinstance(given.value, str) and _NAME.match(given.value):
            return given.value
    return None
