"""From an expression to the one thing in the world that it names, or None where that is not certain.

A name of this project is `file:Qualified.name` (a module is `file:`), anything else is its dotted path
(`temporalio.workflow.defn`, `builtins.open`). Rules compare these strings and never look at spellings.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from checks.temporal.scopes import Binding, BindingKind, Definition, Module, Scope, ScopeKind
from checks.temporal.sources import Sources, folder_of

_DEPTH = 12
_FORGOTTEN = {"workflow": "temporalio.workflow", "activity": "temporalio.activity"}


class Names:
    """Answers what expressions name, across the files of one project."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._named: dict[tuple[Scope, str, int | None], str | None] = {}
        self._imported: dict[tuple[str, str], str | None] = {}

    def of(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> str | None:
        """What a dotted expression names."""
        if isinstance(node, ast.Name):
            return self._of_name(node.id, scope, depth, getattr(node, "lineno", None))
        if not isinstance(node, ast.Attribute) or depth <= 0:
            return None
        base = self.class_of(node.value, scope, depth - 1) or self.of(node.value, scope, depth - 1)
        return None if base is None else self._member(base, node.attr, depth)

    def class_of(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> str | None:
        """The class whose instance an expression is, where a single assignment says so (`acts = Activities(db)`)."""
        if depth <= 0:
            return None
        if isinstance(node, ast.Call):
            name = self.of(node.func, scope, depth - 1)
            found = self.definition(name) if name else None
            return name if found is not None and isinstance(found.node, ast.ClassDef) else None
        if isinstance(node, ast.Name):
            return self._class_of_name(node.id, scope, depth)
        return None

    def _class_of_name(self, name: str, scope: Scope, depth: int) -> str | None:
        where, bindings = self.lookup(name, scope)
        if where is None or len(bindings) != 1:
            return None
        binding = bindings[0]
        if binding.kind is BindingKind.VALUE and isinstance(binding.node, ast.expr):
            return self.class_of(binding.node, where, depth - 1)
        ref = self._of_binding(name, binding, where, depth) if binding.kind is BindingKind.IMPORT else None
        module, _, rest = ref.partition(":") if ref else ("", "", "")
        target = self.sources.load(module) if rest and "." not in rest and module in self.sources.files else None
        return self._class_of_name(rest, target.scope, depth - 1) if target else None

    def lookup(self, name: str, scope: Scope, line: int | None = None) -> tuple[Scope | None, list[Binding]]:
        """The scope that binds a name as seen from `line` of `scope`, as Python looks it up.

        A class body runs from top to bottom: in `@run` above `def run`, the decorator is not yet the method.
        """
        for candidate in scope.chain():
            if candidate.kind is ScopeKind.CLASS and candidate is not scope:
                continue
            where = scope.module.scope if name in candidate.outer_names else candidate
            bindings = where.bindings.get(name, [])
            if where.kind is ScopeKind.CLASS and line is not None:
                bindings = [binding for binding in bindings if getattr(binding.node, "lineno", 0) < line]
            if bindings:
                return where, bindings
        return None, []

    def _of_name(self, name: str, scope: Scope, depth: int, line: int | None = None) -> str | None:
        if depth <= 0:
            return None
        # Only in a class body does the line matter.
        key = (scope, name, line if scope.kind is ScopeKind.CLASS else None)
        if key not in self._named:
            self._named[key] = self._find_name(name, scope, depth, line)
        return self._named[key]

    def _find_name(self, name: str, scope: Scope, depth: int, line: int | None) -> str | None:
        where, bindings = self.lookup(name, scope, line)
        if where is not None:
            found = {self._of_binding(name, binding, where, depth) for binding in bindings}
            return found.pop() if len(found) == 1 else None
        if scope.module.stars:
            return self._of_starred(name, scope.module, depth)
        # A name that nothing binds: the missing import is a finding of its own, the rest shall still be judged.
        return f"builtins.{name}" if hasattr(builtins, name) else _FORGOTTEN.get(name)

    def _of_starred(self, name: str, module: Module, depth: int) -> str | None:
        for source in module.stars:
            file = self.sources.find(source, folder_of(module.file))
            target = self.sources.load(file) if file else None
            if target is not None and target is not module and name in target.scope.bindings:
                return self._of_name(name, target.scope, depth - 1)
        return None

    def _of_binding(self, name: str, binding: Binding, scope: Scope, depth: int) -> str | None:
        if binding.kind is BindingKind.IMPORT:
            return self.of_dotted(binding.target, scope.module, depth - 1)
        qualname = f"{scope.qualname}.{name}" if scope.qualname else name
        if binding.kind is BindingKind.DEFINITION:
            return f"{scope.module.file}:{qualname}"
        if binding.kind is BindingKind.OPAQUE:
            return None
        alias = self.of(binding.node, scope, depth - 1) if isinstance(binding.node, (ast.Name, ast.Attribute)) else None
        is_constant = scope.kind is ScopeKind.MODULE and not isinstance(binding.node, (ast.Name, ast.Attribute))
        return f"{scope.module.file}:{qualname}" if is_constant else alias

    def of_dotted(self, dotted: str, module: Module, depth: int = _DEPTH) -> str | None:
        """What a dotted import path, written in `module`, names in the end."""
        key = (dotted, folder_of(module.file))
        if key not in self._imported:
            self._imported[key] = self._find_dotted(dotted, key[1], depth) if depth > 0 else None
        return self._imported[key]

    def _find_dotted(self, dotted: str, folder: str, depth: int) -> str | None:
        for head, rest in _splits(dotted):
            file = self.sources.find(head, folder)
            if file is not None:
                return self._descend(f"{file}:", rest, depth)
        return None if dotted.startswith(".") else dotted

    def _descend(self, base: str | None, rest: list[str], depth: int) -> str | None:
        for name in rest:
            if base is None:
                return None
            base = self._member(base, name, depth)
        return base

    def _member(self, base: str, name: str, depth: int) -> str | None:
        file, colon, qualname = base.partition(":")
        if not colon:
            return f"{base}.{name}"
        if qualname:
            return self._class_member(base, name, depth)
        module = self.sources.load(file)
        if module is None:
            return None
        submodule = self.sources.find(f".{name}", folder_of(file)) if file.endswith("__init__.py") else None
        if name not in module.scope.bindings and submodule is not None:
            return f"{submodule}:"
        known = name in module.scope.bindings or bool(module.stars)
        return self._of_name(name, module.scope, depth - 1) if known else f"{file}:{name}"

    def _class_member(self, base: str, name: str, depth: int) -> str | None:
        found = self.definition(base)
        if found is None or not isinstance(found.node, ast.ClassDef) or depth <= 0 or name in found.own.bindings:
            return f"{base}.{name}"
        for parent in found.node.bases:
            ref = self.of(parent, found.outer, depth - 1)
            inherited = self._class_member(ref, name, depth - 1) if ref and ":" in ref else None
            if inherited is not None and self.definition(inherited) is not None:
                return inherited
        return f"{base}.{name}"

    def member(self, base: str, name: str) -> str | None:
        """What `name` is within what `base` names: a module's global, or a class's own or inherited member."""
        return self._member(base, name, _DEPTH)

    def definition(self, ref: str) -> Definition | None:
        """The class or function of this project that a name stands for."""
        file, colon, qualname = ref.partition(":")
        module = self.sources.load(file) if colon and qualname and file in self.sources.files else None
        return module.by_name().get(qualname) if module else None

    def constant(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> object | None:
        """The literal that an expression stands for, also through a constant of another file; None if not certain."""
        if isinstance(node, ast.Constant):
            return node.value
        found = self.value(node, scope, depth)
        return found[0].value if found and isinstance(found[0], ast.Constant) else None

    def value(self, node: ast.expr, scope: Scope, depth: int = _DEPTH) -> tuple[ast.expr, Scope] | None:
        """The expression that a name was given once and for all, with the scope it was written in."""
        if not isinstance(node, (ast.Name, ast.Attribute)) or depth <= 0:
            return node, scope
        if isinstance(node, ast.Name):
            where, bindings = self.lookup(node.id, scope)
            if where is not None and len(bindings) == 1 and bindings[0].kind is BindingKind.VALUE:
                bound = bindings[0].node
                return self.value(bound, where, depth - 1) if isinstance(bound, ast.expr) else None
        ref = self.of(node, scope, depth - 1)
        return self._value_of_ref(ref, depth) if ref else None

    def _value_of_ref(self, ref: str, depth: int) -> tuple[ast.expr, Scope] | None:
        file, colon, qualname = ref.partition(":")
        module = self.sources.load(file) if colon and qualname and file in self.sources.files else None
        if module is None:
            return None
        owner, _, name = qualname.rpartition(".")
        holder = self.definition(f"{file}:{owner}") if owner else None
        scope = holder.own if holder else module.scope
        bindings = scope.bindings.get(name, []) if holder or not owner else []
        node = bindings[0].node if len(bindings) == 1 and bindings[0].kind is BindingKind.VALUE else None
        return self.value(node, scope, depth - 1) if isinstance(node, ast.expr) else None


def _splits(dotted: str) -> Iterator[tuple[str, list[str]]]:
    """Every way to cut a dotted path into a module and what is in it, the longest module first."""
    dots = len(dotted) - len(dotted.lstrip("."))
    parts = dotted[dots:].split(".")
    for cut in range(len(parts), 0 if not dots else -1, -1):
        yield "." * dots + ".".join(parts[:cut]), parts[cut:]
