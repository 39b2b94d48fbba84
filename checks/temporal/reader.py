"""The one pass over a file's syntax tree that fills a `Module`."""

# The names of visitors are given by `ast`.
# ruff: noqa: N815

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.temporal.scopes import (
    Binding,
    BindingKind,
    Call,
    Definition,
    FunctionNode,
    ImportedName,
    Module,
    Reference,
    Scope,
    ScopeKind,
)


def read_module(file: str, path: Path, tree: ast.Module) -> Module:
    """The one pass over a file's syntax tree."""
    module = Module(file, path, tree)
    module.scope = Scope(ScopeKind.MODULE, module, None, tree, "")
    _Reader(module).read()
    return module


class _Reader(ast.NodeVisitor):
    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = module.scope
        self.guards = 0
        self.awaited: set[int] = set()

    def read(self) -> None:
        self._visit_all(self.module.tree.body)

    def _visit_all(self, nodes: list[ast.stmt] | list[ast.expr]) -> None:
        for node in nodes:
            self.visit(node)

    @contextmanager
    def _entered(self, kind: ScopeKind, node: ast.AST, name: str) -> Iterator[Scope]:
        outer = self.scope
        qualname = f"{outer.qualname}.{name}" if outer.qualname else name
        self.scope = Scope(kind, self.module, outer, node, qualname)
        self.module.scopes[node] = self.scope
        yield self.scope
        self.scope = outer

    @contextmanager
    def _guarded(self, guarded: bool) -> Iterator[None]:
        self.guards += guarded
        yield
        self.guards -= guarded

    def _bind(self, name: str, kind: BindingKind, node: ast.AST, target: str = "") -> None:
        scope = self.scope
        if name in scope.outer_names:
            scope = self.module.scope
        scope.bindings.setdefault(name, []).append(Binding(kind, node, target))

    def _bind_targets(self, target: ast.expr, kind: BindingKind, node: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, kind, node)
        elif isinstance(target, ast.Starred):
            self._bind_targets(target.value, BindingKind.OPAQUE, node)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._bind_targets(element, BindingKind.OPAQUE, node)
        else:
            self.generic_visit(target)

    # Definitions

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._bind(node.name, BindingKind.DEFINITION, node)
        outer = self.scope
        with self._entered(ScopeKind.CLASS, node, node.name) as own:
            self.module.definitions.append(Definition(node, outer, own))
            self._visit_all(node.body)

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        self._visit_all(node.decorator_list)
        self._visit_defaults(node.args)
        self._bind(node.name, BindingKind.DEFINITION, node)
        outer = self.scope
        with self._entered(ScopeKind.FUNCTION, node, node.name) as own:
            self.module.definitions.append(Definition(node, outer, own))
            self._bind_parameters(node.args)
            self._visit_all(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_defaults(node.args)
        with self._entered(ScopeKind.FUNCTION, node, "<lambda>"):
            self._bind_parameters(node.args)
            self.visit(node.body)

    def _visit_defaults(self, arguments: ast.arguments) -> None:
        self._visit_all([*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)])

    def _bind_parameters(self, arguments: ast.arguments) -> None:
        named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        for argument in named:
            if argument is not None:
                self._bind(argument.arg, BindingKind.OPAQUE, argument)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        first, *_ = node.generators
        self.visit(first.iter)
        with self._entered(ScopeKind.COMPREHENSION, node, "<comprehension>"):
            for position, generator in enumerate(node.generators):
                if position:
                    self.visit(generator.iter)
                self._bind_targets(generator.target, BindingKind.OPAQUE, generator)
                self._visit_all(generator.ifs)
            self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp
    visit_DictComp = visit_ListComp

    # Names

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.module.imports.append((alias.name, node.lineno))
            target = alias.name if alias.asname else alias.name.partition(".")[0]
            self._bind(alias.asname or target, BindingKind.IMPORT, node, target)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        source = "." * node.level + (node.module or "")
        self.module.imports.append((source, node.lineno))
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(source)
                continue
            self.module.imported.append(ImportedName(source, alias.name, node, self.guards > 0))
            joined = source + alias.name if source.endswith(".") else f"{source}.{alias.name}"
            self._bind(alias.asname or alias.name, BindingKind.IMPORT, node, joined)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind_targets(target, BindingKind.VALUE, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._bind_targets(node.target, BindingKind.VALUE, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self._bind_targets(node.target, BindingKind.OPAQUE, node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inner = self.scope
        while self.scope.kind is ScopeKind.COMPREHENSION and self.scope.parent is not None:
            self.scope = self.scope.parent
        self._bind_targets(node.target, BindingKind.VALUE, node.value)
        self.scope = inner

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._bind_targets(node.target, BindingKind.OPAQUE, node)
        self._visit_all([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._bind_targets(node.optional_vars, BindingKind.OPAQUE, node)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.outer_names.update(node.names)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._bind(node.name, BindingKind.OPAQUE, node)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name, BindingKind.OPAQUE, node)

    # Guards: `try: workflow.x` and `if hasattr(workflow, "x")` say that the author knows it may be absent.

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        with self._guarded(any(_expects_absence(handler) for handler in node.handlers)):
            self._visit_all(node.body)
        for handler in node.handlers:
            if handler.name:
                self._bind(handler.name, BindingKind.OPAQUE, handler)
            if handler.type is not None:
                self.visit(handler.type)
            self._visit_all(handler.body)
        self._visit_all([*node.orelse, *node.finalbody])

    visit_TryStar = visit_Try

    def visit_If(self, node: ast.If | ast.IfExp | ast.BoolOp) -> None:
        test = node if isinstance(node, ast.BoolOp) else node.test
        with self._guarded(_asks_for_presence(test)):
            self.generic_visit(node)

    visit_IfExp = visit_If
    visit_BoolOp = visit_If

    # Uses

    def visit_Await(self, node: ast.Await) -> None:
        if isinstance(node.value, ast.Call):
            self.awaited.add(id(node.value))
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.module.calls.append(Call(node, self.scope, id(node) in self.awaited))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.module.references.append(Reference(node, self.scope, self.guards > 0))
        base: ast.expr = node.value
        while isinstance(base, ast.Attribute):
            base = base.value
        self.visit(base)


def _expects_absence(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"AttributeError", "ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


_PRESENCE = {"hasattr", "getattr", "TYPE_CHECKING", "version_info", "__version__"}


def _asks_for_presence(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return bool((names | attributes) & _PRESENCE)
