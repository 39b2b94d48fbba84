"""Test modules that skip themselves for want of something that the project says nowhere how to get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from checks.checklist.model import CodeFile, Project
from checks.checklist.rules import found
from checks.model import Diagnostic, Place

_DECLARING = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|Pipfile|[\w.-]*requirements[\w.-]*\.txt|requirements/.*)$"
)
_SAYING = re.compile(
    r"\.(?:toml|ya?ml|cfg|ini|md|sh|txt|env|example|mk)$|(?:^|/)(?:[Mm]akefile|justfile|\.env[\w.]*|[\w.-]*Dockerfile)$"
)
_RUNNING = re.compile(
    r"(?:^|/)(?:[Mm]akefile|[Jj]ustfile|tox\.ini|pytest\.ini|setup\.cfg|pyproject\.toml|noxfile\.py|[\w.-]+\.mk"
    r"|[\w.-]*test[\w.-]*\.(?:sh|ya?ml|env)|\.gitlab-ci\.yml|\.env\.test)$|^\.github/|^\.circleci/|^\.raw/config\.yaml$"
)
"""Files that run tests, and whose variables these see."""
_EXAMPLES = (".env.example", ".raw/config.yaml", "tox.ini", "noxfile.py")
_LOADS = re.compile(
    r"load_dotenv|^-?include\s+\.env|--env-file|env_file\s*=\s*[\"']|source \.env|\. \./?\.env", re.MULTILINE
)
_EVERYWHERE = {
    "git", "make", "sh", "bash", "curl", "docker", "docker-compose", "podman", "kubectl", "helm", "kind", "psql",
    "pg_ctl", "initdb", "postgres", "redis-server", "node", "npm", "npx", "uv", "temporal", "terraform", "java", "go",
    "openssl", "ffmpeg", "tesseract", "pdftotext", "soffice", "wkhtmltopdf",
}  # fmt: skip
"""Programs that developers have without a project naming them."""
_OTHERWISE = {
    "yaml": "pyyaml", "PIL": "pillow", "bs4": "beautifulsoup4", "sklearn": "scikit-learn", "cv2": "opencv",
    "jose": "jose", "dotenv": "dotenv", "dateutil": "dateutil", "psycopg2": "psycopg",
    "raw_runtime": "raw", "raw_ai": "raw",
}  # fmt: skip
"""What declares a module whose name says something else."""


class _Want(NamedTuple):
    """What a condition asks for: an environment variable, or a program."""

    name: str
    is_program: bool


def skipping_tests(project: Project, modules: tuple[CodeFile, ...]) -> Iterator[Diagnostic]:
    """One finding for each test module that nobody who follows the project's own words will ever see run."""
    for file in modules:
        constants = dict(_constants(file.tree))
        for node in file.tree.body:
            if isinstance(node, (ast.Expr, ast.Assign)):
                yield from _of_module(project, file, node, constants)
            elif isinstance(node, ast.If) and _skips_module(node):
                yield from _of_condition(project, file, node.test, "every test", constants)


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _skips_module(node: ast.If) -> bool:
    """`if not URL: pytest.skip("...", allow_module_level=True)`."""
    calls = [each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Call)]
    return any(
        ast.unparse(each.func) == "pytest.skip" and any(word.arg == "allow_module_level" for word in each.keywords)
        for each in calls
    )


def _of_module(
    project: Project, file: CodeFile, node: ast.Expr | ast.Assign, constants: Mapping[str, ast.expr]
) -> Iterator[Diagnostic]:
    targets = [ast.unparse(each) for each in node.targets] if isinstance(node, ast.Assign) else []
    which = "every test" if not targets or "pytestmark" in targets else f"what is marked `{targets[0]}`"
    for call in ast.walk(node.value):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = ast.unparse(call.func)
        if name == "pytest.importorskip":
            module = getattr(call.args[0], "value", None)
            if isinstance(module, str) and not _is_there(project, module):
                message = f"every test here is skipped without `{module}`, which the project declares nowhere"
                yield found("skipping-tests", Place(file.file, call.lineno), message, "declare it with what tests need")
        elif name == "pytest.mark.skipif":
            yield from _of_condition(project, file, call.args[0], which, constants)


def _of_condition(
    project: Project, file: CodeFile, condition: ast.expr, which: str, constants: Mapping[str, ast.expr]
) -> Iterator[Diagnostic]:
    place = Place(file.file, condition.lineno)
    for want in sorted(_skips_without(condition, constants)):
        if want.is_program and not _is_said(project, want.name):
            message = f"{which} here is skipped without the program `{want.name}`, which nothing in the project names"
            yield found("skipping-tests", place, message, "install it where the tests are run, or mend its name")
        elif not want.is_program and not _is_set(project, want.name, file.file):
            message = f"{which} here is skipped unless `{want.name}` is set, and nothing that runs the tests sets it"
            hint = "set it where the tests are run, or let them run without it"
            yield found("skipping-tests", place, message, hint)


def _is_there(project: Project, module: str) -> bool:
    top = module.partition(".")[0]
    if any(each in (f"{top}.py", f"{top}/__init__.py") or f"/{top}/__init__.py" in each for each in project.files):
        return True
    wanted = re.compile(
        rf"(?<![\w-]){re.escape(_OTHERWISE.get(top, top)).replace('_', '[-_.]')}(?![\w])", re.IGNORECASE
    )
    declaring = [each for each in project.files if _DECLARING.search(each)]
    return not declaring or any(wanted.search(project.text(each)) for each in declaring)


def _skips_without(node: ast.expr, constants: Mapping[str, ast.expr]) -> set[_Want]:
    """What a condition is true without: `not os.getenv("X")`, `"X" not in os.environ`, `which("x") is None`."""
    if isinstance(node, ast.Name) and node.id in constants:
        return _skips_without(constants[node.id], {})
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _needs(node.operand, constants)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return {want for each in node.values for want in _skips_without(each, constants)}
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return set()
    left, operator, right = node.left, node.ops[0], node.comparators[0]
    if isinstance(operator, ast.NotIn):
        return _within_environment(left, right)
    empty = isinstance(right, ast.Constant) and right.value in (None, "")
    if isinstance(operator, (ast.Is, ast.Eq)) and empty:
        return _needs(left, constants)
    value = right.value if isinstance(right, ast.Constant) else None
    differs = isinstance(operator, ast.NotEq) and value is not None and _default(left) != value
    return _needs(left, constants) if differs else set()


def _needs(node: ast.expr, constants: Mapping[str, ast.expr]) -> set[_Want]:
    """What an expression is false without."""
    if isinstance(node, ast.Name) and node.id in constants:
        return _needs(constants[node.id], {})
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return {want for each in node.values for want in _needs(each, constants)}
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
        return _within_environment(node.left, node.comparators[0])
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return set()
    name = str(node.args[0].value)
    match ast.unparse(node.func):
        case "os.getenv" | "getenv" | "os.environ.get" | "environ.get":
            return set() if _default(node) else {_Want(name, False)}
        case "shutil.which" | "which":
            return {_Want(name, True)}
    return set()


def _within_environment(name: ast.expr, where: ast.expr) -> set[_Want]:
    """`"X" in os.environ`."""
    known = isinstance(name, ast.Constant) and ast.unparse(where) in ("os.environ", "environ")
    return {_Want(str(name.value), False)} if isinstance(name, ast.Constant) and known else set()


def _default(node: ast.expr) -> object:
    given = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
    return given.value if isinstance(given, ast.Constant) else None


def _is_set(project: Project, variable: str, tests: str) -> bool:
    """Whether what runs the tests gives them a variable: a target, CI, a conftest, a command that is written down."""
    named = re.compile(rf"(?<![\w]){re.escape(variable)}(?![\w])")
    texts = {each: project.text(each) for each in project.files if _SAYING.search(each) or _RUNNING.search(each)}
    texts.update({each: project.text(each) for each in _EXAMPLES if (project.root / each).is_file()})
    runs = [text for file, text in texts.items() if _RUNNING.search(file)]
    if any(named.search(text) for text in runs):
        return True
    around = [each.text for each in project.code.values() if _is_around(each.file, tests)]
    given = re.compile(
        rf"(?:setenv|setdefault)\(\s*[\"']{variable}[\"']|environ\[[\"']{variable}[\"']\]\s*=[^=]"
        rf"|[\"']{variable}[\"']\s*:|\b{variable}\s*="
    )
    if any(given.search(text) for text in around):
        return True
    typed = re.compile(rf"(?<![\w]){re.escape(variable)}=")
    lines = (line for file, text in texts.items() if file.endswith((".md", ".sh")) for line in text.splitlines())
    if any(typed.search(line) and re.search(r"pytest|\bmake\b|^\s*export\b", line) for line in lines):
        return True
    loads = any(_LOADS.search(text) for text in (*runs, *around))
    return loads and any(named.search(text) for file, text in texts.items() if ".env" in file)


def _is_around(file: str, tests: str) -> bool:
    """Whether a conftest is loaded before a test module."""
    folder, _, name = file.rpartition("/")
    return name == "conftest.py" and (not folder or tests.startswith(f"{folder}/"))


def _is_said(project: Project, program: str) -> bool:
    """Whether any text of the project, or code that is no test, names a program."""
    named = re.compile(rf"(?<![\w-]){re.escape(program)}(?![\w-])")
    texts = (project.text(each) for each in project.files if _SAYING.search(each))
    code = (each.text for each in project.code.values() if not _is_test_module(each))
    return program in _EVERYWHERE or any(named.search(text) for text in (*texts, *code))


def _is_test_module(file: CodeFile) -> bool:
    return file.file.rpartition("/")[2].startswith("test_") or file.file.endswith("_test.py")
