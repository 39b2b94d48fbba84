"""The project's Python files as the check `install` needs them: their trees, and what each one imports."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from checks.raw.import_rules import STANDARD, imports_of
from checks.raw.outline import top_level
from checks.raw.scopes import Survey, survey
from checks.raw.source import read_source

_TEST = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py\Z")
_DEVELOPERS = re.compile(
    r"(?:^|/)(?:setup|noxfile|tasks|fabfile|conf|locustfile)\.py\Z|"
    r"(?:^|/)(?:docs?|benchmarks?|examples?|notebooks?|evals?|load_?tests?|perf)/"
)
_WORKFLOW = re.compile(r"(?:^|/)\.raw/workflows/[^/]+/")


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module; `early`: it runs when the file is imported; `sure`: its failure is not caught."""

    module: str
    name: str | None
    line: int
    early: bool
    sure: bool

    @property
    def top(self) -> str:
        """The outermost package."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class CodeFile:
    """One file; `file` is relative to the project."""

    file: str
    text: str
    tree: ast.Module
    is_test: bool
    is_workflow: bool

    @cached_property
    def survey(self) -> Survey:
        """Its scopes and tolerant imports."""
        return survey(self.tree)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything that it imports, each statement once a module."""
        early = {id(statement) for statement in top_level(self.tree.body)}
        early |= {id(node) for cls in self.tree.body if isinstance(cls, ast.ClassDef) for node in top_level(cls.body)}
        return tuple(
            Import(each.module, each.name, each.node.lineno, id(each.node) in early, each.sure)
            for each in imports_of(self.survey)
        )

    @property
    def for_developers(self) -> bool:
        """Whether only developers run it."""
        return self.is_test or bool(_DEVELOPERS.search(self.file))


@dataclass(frozen=True)
class ProjectCode:
    """All files of a project that can be parsed, by their path."""

    files: dict[str, CodeFile] = field(default_factory=dict)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """Every name under which a file or folder of the project may be imported from somewhere."""
        names: set[str] = set()
        for file in self.files:
            parts = file.removesuffix(".py").split("/")
            names.update(part for part in parts if part.isidentifier())
        return frozenset(names)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The names among them that a file or a folder with `__init__.py` bears."""
        names = {posixpath.basename(file).removesuffix(".py") for file in self.files}
        names.update(
            posixpath.basename(posixpath.dirname(file)) for file in self.files if file.endswith("/__init__.py")
        )
        return frozenset(names)

    def locate(self, dotted: str, folders: Sequence[str]) -> str | None:
        """The file of a module that is looked for in these folders."""
        path = dotted.replace(".", "/")
        for folder in folders:
            for candidate in (f"{path}/__init__.py", f"{path}.py"):
                joined = posixpath.normpath(posixpath.join(folder, candidate))
                if joined in self.files:
                    return joined
        return None

    def reached(self, start: Sequence[str], folders: Sequence[str]) -> Iterator[CodeFile]:
        """The files that run when those of `start` are imported, each once."""
        pending, seen = [each for each in start if each in self.files], set(start)
        while pending:
            code = self.files[pending.pop()]
            yield code
            for each in code.imports:
                if not (each.early and each.sure):
                    continue
                for file in self._targets(code, each, folders):
                    if file not in seen:
                        seen.add(file)
                        pending.append(file)

    def _targets(self, code: CodeFile, each: Import, folders: Sequence[str]) -> Iterator[str]:
        stem = each.module.lstrip(".")
        dots = len(each.module) - len(stem)
        base = posixpath.dirname(code.file)
        for _ in range(dots - 1):
            base = posixpath.dirname(base)
        search = [base] if dots else folders
        parts = [part for part in stem.split(".") if part]
        dotted = [".".join(parts[: length + 1]) for length in range(len(parts))]
        if each.name and each.name != "*":
            dotted.append(".".join([*parts, each.name]))
        for name in dotted:
            if (file := self.locate(name, search)) is not None:
                yield file


def read_code(root: Path, files: Sequence[str]) -> ProjectCode:
    """Parses every Python file; those that cannot be parsed are other checks' business."""
    found: dict[str, CodeFile] = {}
    for file in files:
        if not file.endswith(".py"):
            continue
        source = read_source(root / file)
        if source.tree is not None:
            is_workflow = bool(_WORKFLOW.search(file))
            found[file] = CodeFile(file, source.text, source.tree, bool(_TEST.search(file)), is_workflow)
    return ProjectCode(found)


def is_foreign(each: Import, code: ProjectCode) -> bool:
    """Whether an import asks for something that neither Python nor the project has."""
    top = each.top
    if not top or top in STANDARD or top == "__main__" or top == "raw" or top.startswith("raw_"):
        return False
    from checks.install.providers import is_well_known

    return top not in (code.packages if is_well_known(top) else code.own_names)
