"""Test modules that skip themselves for want of something that the project says nowhere how to get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from checks.checklist.model import CodeFile, Project
from checks.checklist.rules import found
from checks.model import Diagnostic, Place

_DECLARING = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|Pipfile|[\w.-]*requirements[\w.-]*\.txt|requirements/.*)$"
)
_SAYING = re.compile(r"\.(?:toml|ya?ml|cfg|ini|md|sh|txt|env|example|mk)$|(?:^|/)(?:Makefile|justfile|\.env[\w.]*)$")
_EXAMPLES = (".env.example", ".raw/config.yaml", "tox.ini", "noxfile.py")
_OTHERWISE = {
    "yaml": "pyyaml", "PIL": "pillow", "bs4": "beautifulsoup4", "sklearn": "scikit-learn", "cv2": "opencv",
    "jose": "jose", "dotenv": "dotenv", "dateutil": "dateutil", "psycopg2": "psycopg",
    "raw_runtime": "raw", "raw_ai": "raw",
}  # fmt: skip
"""What declares a module whose name says something else."""


def skipping_tests(project: Project, modules: tuple[CodeFile, ...]) -> Iterator[Diagnostic]:
    """One finding for each test module that nobody who follows the project's own words will ever see run."""
    for file in modules:
        for node in file.tree.body:
            if isinstance(node, (ast.Expr, ast.Assign)):
                yield from _of_module(project, file, node.value)


def _of_module(project: Project, file: CodeFile, value: ast.expr) -> Iterator[Diagnostic]:
    for call in ast.walk(value):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = ast.unparse(call.func)
        if name == "pytest.importorskip":
            module = getattr(call.args[0], "value", None)
            if isinstance(module, str) and not _is_there(project, module):
                message = f"every test here is skipped without `{module}`, which the project declares nowhere"
                yield found("skipping-tests", Place(file.file, call.lineno), message, "declare it with what tests need")
        elif name == "pytest.mark.skipif":
            for variable in sorted(_variables(call.args[0])):
                if not _is_said(project, variable):
                    message = (
                        f"every test here is skipped unless `{variable}` is set, and nothing in the project sets it"
                    )
                    hint = "set it where the tests are run, or let them run without it"
                    yield found("skipping-tests", Place(file.file, call.lineno), message, hint)


def _is_there(project: Project, module: str) -> bool:
    top = module.partition(".")[0]
    if any(each in (f"{top}.py", f"{top}/__init__.py") or f"/{top}/__init__.py" in each for each in project.files):
        return True
    wanted = re.compile(
        rf"(?<![\w-]){re.escape(_OTHERWISE.get(top, top)).replace('_', '[-_.]')}(?![\w])", re.IGNORECASE
    )
    declaring = [each for each in project.files if _DECLARING.search(each)]
    return not declaring or any(wanted.search(project.text(each)) for each in declaring)


def _variables(condition: ast.expr) -> set[str]:
    """The variables without which a condition holds: `not os.getenv("X")`, `"X" not in os.environ`."""
    text = ast.unparse(condition)
    names = re.findall(r"^not (?:os\.)?(?:getenv|environ\.get)\('(\w+)'\)$", text)
    names += re.findall(r"^'(\w+)' not in (?:os\.)?environ$", text)
    names += re.findall(r"^(?:os\.)?(?:getenv|environ\.get)\('(\w+)'\) (?:is None|!= '\w+')$", text)
    return set(names)


def _is_said(project: Project, variable: str) -> bool:
    """Whether any text of the project, or code that is no test, mentions a variable."""
    texts = [each for each in project.files if _SAYING.search(each)]
    texts += [each for each in _EXAMPLES if each not in texts and (project.root / each).is_file()]
    mentioned = (project.text(each) for each in texts)
    return any(variable in text for text in mentioned) or any(
        variable in each.text for each in project.code.values() if not each.file.rpartition("/")[2].startswith("test_")
    )
