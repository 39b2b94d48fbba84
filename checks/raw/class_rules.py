"""Judges the workflow class of a run.py: what it derives from, its Params, `run`, steps, main guard, attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.raw.findings import Findings
from checks.raw.modules import Module, Modules, OwnClass
from checks.raw.outline import FunctionNode
from checks.raw.run_result import judge_result
from checks.raw.runtime_names import WORKFLOW_ATTRIBUTES
from checks.raw.scopes import Survey
from checks.raw.workflows import (
    ParsedWorkflow,
    Step,
    WorkflowClass,
    is_main_guard,
    is_runtime,
)

HARMLESS = frozenset(("object", "Generic", "ABC", "Protocol", "BaseWorkflow"))
MODELS = frozenset(("BaseModel", "RootModel", "BaseSettings", "SQLModel"))


def judge_class(modules: Modules, parsed: ParsedWorkflow, survey: Survey, findings: Findings) -> None:
    """Everything about the class; where there is none, only that."""
    found = parsed.main_class
    if found is None:
        hint = "class Hello(BaseWorkflow[Params]): ... with `from raw_runtime import BaseWorkflow`"
        findings.add("raw.no-workflow-class", _no_class(parsed.module), 1, hint)
        return
    if not found.certain:
        _report_uncertain(found, findings)
    _judge_params(modules, found, findings)
    _judge_run(parsed, found, findings)
    _judge_steps(parsed.steps, findings)
    _judge_guard(parsed, found, findings)
    _judge_attributes(parsed.module, found, survey, findings)


def _no_class(module: Module) -> str:
    names = [f"`{name}`" for name in module.outline.classes]
    if not names:
        return "`run.py` defines no class that derives BaseWorkflow"
    return f"no class of `run.py` derives raw_runtime's BaseWorkflow ({', '.join(names[:5])} do not)"


def _report_uncertain(found: WorkflowClass, findings: Findings) -> None:
    bases = ", ".join(f"`{base.lstrip('?')}`" for base in found.lineage.outside)
    message = f"whether `{found.node.name}` derives BaseWorkflow is not known: {bases} cannot be followed from here"
    findings.add("raw.no-workflow-class", message, found.node, sure=False)


def _judge_params(modules: Modules, found: WorkflowClass, findings: Findings) -> None:
    if not found.certain or _overrides(found, ("main", "_get_params_class")):
        return
    parameters = [pair for own in found.lineage.own for pair in _parameters(modules, own)]
    name = found.node.name
    if not parameters:
        message = f"`{name}` derives BaseWorkflow without naming its parameter model"
        findings.add("raw.params-not-model", message, found.node, f"class {name}(BaseWorkflow[Params]): ...")
        return
    own, expression = parameters[0]
    reason = _no_model(modules, own.module, expression)
    if reason is not None:
        node = expression if own.node is found.node else found.node
        message = f"`{ast.unparse(expression)}`, the parameters of `{name}`, {reason}"
        findings.add("raw.params-not-model", message, node, "class Params(BaseModel): ... from pydantic")


def _parameters(modules: Modules, own: OwnClass) -> Iterator[tuple[OwnClass, ast.expr]]:
    for base in own.node.bases:
        value = own.module.outline.values.get(base.id) if isinstance(base, ast.Name) else None
        base = value if isinstance(value, ast.Subscript) else base
        if isinstance(base, ast.Subscript) and is_runtime(modules.resolve(own.module, base), "BaseWorkflow"):
            yield own, base.slice


def _no_model(modules: Modules, module: Module, expression: ast.expr) -> str | None:
    """Why an expression is surely no pydantic model."""
    if isinstance(expression, ast.Constant):
        return "is a quoted name, which RAW cannot look up" if isinstance(expression.value, str) else "is no class"
    target = modules.resolve(module, expression)
    if isinstance(target, OwnClass):
        lineage = modules.lineage(target)
        if any(_is_model(base) or not _surely_plain(base) for base in lineage.outside):
            return None
        return None if target.node.keywords else "is no pydantic model"
    if target.partition(".")[0] in ("builtins", "typing", "dataclasses", "collections") and not _is_model(target):
        return "is no pydantic model"
    return None


def _is_model(base: str) -> bool:
    return base.rpartition(".")[2] in MODELS


def _surely_plain(base: str) -> bool:
    return base.partition(".")[0] in ("builtins", "typing", "abc", "enum", "typing_extensions", "collections")


def _overrides(found: WorkflowClass, names: tuple[str, ...]) -> bool:
    return any(name in names for own in found.lineage.own for name in _class_names(own.node))


def _class_names(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id
        elif isinstance(statement, (ast.If, ast.Try, ast.With, ast.For)):
            yield from (inner.name for inner in ast.walk(statement) if isinstance(inner, ast.FunctionDef))


def _judge_run(parsed: ParsedWorkflow, found: WorkflowClass, findings: Findings) -> None:
    method = _method(found, "run")
    if method is not None:
        judge_result(method, found.node.name in parsed.started, findings)
        return
    if _overrides(found, ("run",)):
        return
    strange = [base for base in found.lineage.outside if base.rpartition(".")[2] not in HARMLESS]
    name = found.node.name
    if strange:
        message = f"`{name}` has no method `run`; whether `{strange[0].lstrip('?')}` has one is not known"
    elif "run" in parsed.module.outline.functions:
        message = f"`run` is a function of the module, not a method of `{name}`"
    else:
        message = f"`{name}` has no method `run`"
    findings.add("raw.no-run-method", message, found.node, "def run(self) -> int: ...", sure=not strange)


def _method(found: WorkflowClass, name: str) -> FunctionNode | None:
    for own in found.lineage.own:
        for statement in own.node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
                return statement
    return None


def _judge_steps(steps: tuple[Step, ...], findings: Findings) -> None:
    seen: dict[str, Step] = {}
    for step in steps:
        if (fault := _decorator_fault(step)) is not None:
            hint = f'@step("{step.method}")'
            findings.add("raw.step-without-name", fault, step.decorator, hint)
        elif step.name is not None and step.name in seen:
            message = f"`{step.method}` and `{seen[step.name].method}` are both the step `{step.name}`"
            findings.add("raw.duplicate-step", message, step.decorator, f'@step("{step.method}")')
        elif step.name is not None:
            seen[step.name] = step
        if isinstance(step.node, ast.AsyncFunctionDef):
            message = f"step `{step.method}` is `async`: it is noted as done before it has begun"
            findings.add("raw.async-step", message, step.node, "asyncio.run(...) inside a plain method")


def _decorator_fault(step: Step) -> str | None:
    if not isinstance(step.decorator, ast.Call):
        return f"`@step` on `{step.method}` has no name: the method is swallowed and its body never runs"
    call = step.decorator
    starred = any(isinstance(value, ast.Starred) for value in call.args) or any(not word.arg for word in call.keywords)
    if starred or call.args or any(word.arg == "name" for word in call.keywords):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and not isinstance(first.value, str):
            return f"`@step({first.value!r})` on `{step.method}`: the name must be a string"
        return None
    return f"`@step()` on `{step.method}` has no name: importing the file fails"


def _judge_guard(parsed: ParsedWorkflow, found: WorkflowClass, findings: Findings) -> None:
    tree = parsed.module.source.tree
    guards = [statement for statement in tree.body if is_main_guard(statement)] if tree else []
    name = found.node.name
    hint = f'if __name__ == "__main__": {name}.main()'
    if not guards:
        message = '`run.py` has no main guard (`if __name__ == "__main__":`): started as a script it does nothing'
        if name in parsed.started:
            message = f"`{name}.main()` is called without a main guard: it runs whenever the file is imported"
        findings.add("raw.no-main-guard", message, None, hint)
    elif name not in parsed.started and not _hands_over(guards, name):
        findings.add("raw.guard-without-main", f"the main guard does not call `{name}.main()`", guards[0], hint)


def _hands_over(guards: list[ast.stmt], name: str) -> bool:
    """Whether the class itself is given to a call, as in `main_exit(Hello)`."""
    calls = [node for guard in guards for node in ast.walk(guard) if isinstance(node, ast.Call)]
    return any(isinstance(value, ast.Name) and value.id == name for call in calls for value in call.args)


def _judge_attributes(module: Module, found: WorkflowClass, survey: Survey, findings: Findings) -> None:
    if not found.certain or not _is_transparent(found):
        return
    known = set(WORKFLOW_ATTRIBUTES)
    for own in found.lineage.own:
        if own.module is not module:
            return
        known.update(_class_names(own.node))
    for scope in survey.scopes:
        known.update(node.attr for node in scope.of(ast.Attribute) if isinstance(node.ctx, ast.Store))
    if "__getattr__" in known or "__getattribute__" in known or "setattr" in module.source.text:
        return
    for node in _self_loads(found, survey):
        if node.attr not in known and not node.attr.startswith("__") and not _is_caught(node, survey):
            known.add(node.attr)
            _report_attribute(found, node, findings)


def _report_attribute(found: WorkflowClass, node: ast.Attribute, findings: Findings) -> None:
    message = f"`self.{node.attr}` is used, and neither BaseWorkflow nor `{found.node.name}` has it"
    hint = f"set `self.{node.attr}` before it is used, or define it in the class"
    if node.attr != "llm":
        message += "; whether a newer RAW has it is not known"
    if node.attr == "llm":
        hint = "call your model's client, or `@agent` of the package `raw_ai`; RAW has no `self.llm`"
    findings.add("raw.no-such-attribute", message, node, hint, sure=node.attr == "llm")


def _is_transparent(found: WorkflowClass) -> bool:
    """Whether all of the class and its bases can be seen, so that what is not there is not there."""
    plain = all(base.rpartition(".")[2] in HARMLESS for base in found.lineage.outside)
    return plain and not any(own.node.decorator_list for own in found.lineage.own)


def _self_loads(found: WorkflowClass, survey: Survey) -> Iterator[ast.Attribute]:
    owners = {id(own.node) for own in found.lineage.own}
    for scope in survey.scopes:
        if scope.function is None or scope.owner is None or id(scope.owner) not in owners:
            continue
        arguments = scope.function.args.posonlyargs + scope.function.args.args
        if not arguments or (scope.function.decorator_list and _is_static(scope.function)):
            continue
        for node in scope.of(ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id == arguments[0].arg
            if is_own and isinstance(node.ctx, ast.Load):
                yield node


def _is_caught(wanted: ast.Attribute, survey: Survey) -> bool:
    """Whether the lack of the attribute is provided for by `except AttributeError`."""
    tries = [attempt for scope in survey.scopes for attempt in scope.of(ast.Try)]
    return any(
        node is wanted
        for attempt in tries
        if any(handler.type is None or "AttributeError" in ast.unparse(handler.type) for handler in attempt.handlers)
        for part in attempt.body
        for node in ast.walk(part)
    )


def _is_static(function: FunctionNode) -> bool:
    return any(getattr(node, "id", "") in ("staticmethod", "classmethod") for node in function.decorator_list)
