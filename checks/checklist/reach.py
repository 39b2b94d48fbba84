"""Which components the tests reach: by import, by a module's name in a text, by the path or id of a workflow."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from checks.checklist.model import CodeFile, Component, Project

_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py\Z")
_STORES = frozenset(("database", "db", "persistence", "repositories", "storage"))
_ALL_WORKFLOWS = re.compile(r"\b(?:r?glob|iterdir|listdir|scandir|find_workflows)\(")


@dataclass(frozen=True)
class Tests:
    """The test modules of a project that can run, and those that skip themselves, with why."""

    project: Project

    @cached_property
    def modules(self) -> tuple[CodeFile, ...]:
        """Files with at least one test in them."""
        files = (file for file in self.project.code.values() if _TEST_FILE.search(file.file) and _has_tests(file))
        return tuple(files)

    @cached_property
    def skipped(self) -> dict[str, str]:
        """Test modules of which no test ever runs."""
        return {file.file: why for file in self.modules if (why := _skips_itself(file))}

    def reaching(self, files: tuple[str, ...], name: str, component: Component) -> list[str]:
        """The test modules that run and reach one of these files, or mention the workflow `name`."""
        return [
            each.file
            for each in self.modules
            if each.file not in self.skipped and self._reaches(each, files, name, component)
        ]

    def around(self, component: Component) -> bool:
        """Whether a test that runs imports what stands in the component's own folder and uses it."""
        folders = {
            folder for each in component.files if (folder := posixpath.dirname(each)).rpartition("/")[2] in _STORES
        }
        imported = {found for each in self.modules if each.file not in self.skipped for found in self._imported(each)}
        return any(
            posixpath.dirname(file) in folders and self._imported(self.project.code[file]) & set(component.files)
            for file in imported
        )

    def skipping(self, component: Component) -> dict[str, str]:
        """The test modules that would reach a component if they did not skip themselves."""
        return {
            each.file: self.skipped[each.file]
            for each in self.modules
            if each.file in self.skipped
            and any(self._reaches(each, files, name, component) for name, files in component.parts.items())
        }

    def _reaches(self, test: CodeFile, files: tuple[str, ...], name: str, component: Component) -> bool:
        for file in self._with_helpers(test):
            if any(wanted in self._imported(file) for wanted in files) or self._names(file, files):
                return True
            if component.key == "raw" and _mentions(file, name):
                return True
        return False

    def _with_helpers(self, test: CodeFile) -> Iterator[CodeFile]:
        """The test, the conftest files above it, and what either imports from among the tests."""
        pending = [test.file]
        folder = posixpath.dirname(test.file)
        while True:
            pending.append(posixpath.join(folder, "conftest.py"))
            if not folder:
                break
            folder = posixpath.dirname(folder)
        seen: set[str] = set()
        while pending:
            file = self.project.code.get(pending.pop())
            if file is None or file.file in seen:
                continue
            seen.add(file.file)
            yield file
            pending += [each for each in self._imported(file) if self.project.code[each].is_test]

    def _imported(self, file: CodeFile) -> set[str]:
        """The project's files that a file imports, and those that the packages among them gather."""
        direct = {found for module in file.modules for found in self._files_of(module, file)}
        gathered = {
            found
            for package in direct
            if package.endswith("__init__.py")
            for module in self.project.code[package].modules
            for found in self._files_of(module, self.project.code[package])
        }
        return direct | gathered

    def _files_of(self, module: str, file: CodeFile) -> Iterator[str]:
        stem = module.lstrip(".")
        if stem != module:
            base = posixpath.dirname(file.file)
            for _ in range(len(module) - len(stem) - 1):
                base = posixpath.dirname(base)
            yield from self._below(posixpath.normpath(posixpath.join(base, stem.replace(".", "/"))).lstrip("./"))
            return
        path = stem.replace(".", "/")
        yield from self._below(path)
        for end in (f"/{path}.py", f"/{path}/__init__.py"):
            yield from self._by_end.get(end, ())

    @cached_property
    def _by_end(self) -> dict[str, list[str]]:
        """Files by every end of their path: nobody knows here which folders are on the import path."""
        ends: dict[str, list[str]] = {}
        for file in self.project.code:
            parts = file.split("/")
            for index in range(1, len(parts)):
                ends.setdefault("/" + "/".join(parts[index:]), []).append(file)
        return ends

    def _below(self, path: str) -> Iterator[str]:
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            if candidate in self.project.code:
                yield candidate

    def _names(self, file: CodeFile, files: tuple[str, ...]) -> bool:
        """Whether a text of it names one of the files: `api.main:app`, `api/main.py`."""
        for wanted in files:
            dotted = wanted.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            pattern = re.compile(rf"(?<![\w.]){re.escape(dotted)}(?![\w])|(?<![\w/]){re.escape(wanted)}(?![\w])")
            if "." in dotted and any(pattern.search(text) for text in file.strings):
                return True
        return False


def _mentions(file: CodeFile, workflow: str) -> bool:
    return any(workflow in text for text in file.strings) or (
        ".raw" in file.text and "workflows" in file.text and bool(_ALL_WORKFLOWS.search(file.text))
    )


def _has_tests(file: CodeFile) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, kinds) and node.name.startswith("test") for node in ast.walk(file.tree))


def _skips_itself(file: CodeFile) -> str | None:
    """Why no test of the file ever runs, where that is certain."""
    for node in file.tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = ast.unparse(node.value.func)
            if call == "pytest.skip":
                return f"skips itself as a whole (line {node.lineno})"
        if isinstance(node, ast.Assign) and _always_skips(node.value):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if "pytestmark" in names:
                return f"marks all its tests to be skipped (line {node.lineno})"
    tests = [
        node
        for node in ast.walk(file.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test")
    ]
    if tests and all(_is_skipped(test) for test in tests):
        return "skips every one of its tests"
    return None


def _is_skipped(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if any(_always_skips(decorator) for decorator in test.decorator_list):
        return True
    body = [node for node in test.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    first = body[0] if body else None
    if not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Call)):
        return False
    return ast.unparse(first.value.func) == "pytest.skip"


def _always_skips(node: ast.expr) -> bool:
    """`pytest.mark.skip`, with or without a reason; `skipif(True)`."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return any(_always_skips(each) for each in node.elts)
    target = node.func if isinstance(node, ast.Call) else node
    name = ast.unparse(target)
    if name in ("pytest.mark.skip", "unittest.skip"):
        return True
    if name == "pytest.mark.skipif" and isinstance(node, ast.Call) and node.args:
        condition = node.args[0]
        return isinstance(condition, ast.Constant) and condition.value is True
    return False
