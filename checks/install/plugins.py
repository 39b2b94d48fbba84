"""Whether the plug-ins of pytest that tests and settings ask for are declared."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from checks.install.code import CodeFile, Import, ProjectCode, is_foreign
from checks.install.providers import distribution, is_certain, provider
from checks.install.rules import found
from checks.install.supply import Stock, Supply
from checks.model import Diagnostic, Place

_FIXTURES: dict[str, tuple[str, ...]] = {
    "mocker": ("pytest-mock",),
    "httpx_mock": ("pytest-httpx",),
    "respx_mock": ("respx",),
    "requests_mock": ("requests-mock",),
    "freezer": ("pytest-freezer", "pytest-freezegun"),
    "aiohttp_client": ("pytest-aiohttp",),
    "benchmark": ("pytest-benchmark",),
    "faker": ("faker",),
}
_OPTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"--(?:no-)?cov(?:-[\w-]+)?", ("pytest-cov",)),
    (r"-n|--numprocesses|--dist", ("pytest-xdist",)),
    (r"--timeout(?:-method)?", ("pytest-timeout",)),
    (r"--asyncio-mode", ("pytest-asyncio",)),
    (r"--reruns(?:-delay)?", ("pytest-rerunfailures",)),
    (r"--html|--self-contained-html", ("pytest-html",)),
    (r"--json-report(?:-\w+)?", ("pytest-json-report",)),
    (r"--benchmark-[\w-]+", ("pytest-benchmark",)),
    (r"--snapshot-update|--snapshot-[\w-]+", ("syrupy",)),
)
_ASYNC = ("pytest-asyncio", "pytest-aiohttp", "pytest-trio", "pytest-twisted", "alt-pytest-asyncio", "pytest-tornasync")


def judge_plugins(root: Path, files: Sequence[str], code: ProjectCode, supply: Supply) -> Iterator[Diagnostic]:
    """The settings of pytest, and every test file."""
    tests = [file for file in code.files.values() if file.is_test]
    if not supply.everything.complete or "pytest" not in _names(supply.everything, supply) or not tests:
        return
    there = _names(supply.everything, supply)
    yield from _settings(root, files, there)
    own = {node.name for file in tests for node in ast.walk(file.tree) if isinstance(node, ast.FunctionDef)}
    own |= {node.name for file in tests for node in ast.walk(file.tree) if isinstance(node, ast.AsyncFunctionDef)}
    hooked = "pytest_pyfunc_call" in own or any("anyio_mode" in text for text in _texts(root, files))
    for file in tests:
        yield from _skipped(file, there, code, supply)
        yield from _fixtures(file, own, there)
        yield from _asynchronous(file, there, hooked)


def _names(stock: Stock, supply: Supply) -> frozenset[str]:
    return frozenset(stock.closure) | supply.mentioned


def _skipped(file: CodeFile, there: frozenset[str], code: ProjectCode, supply: Supply) -> Iterator[Diagnostic]:
    """`pytest.importorskip("fakeredis")` at the top of a file: without the package none of its tests ever runs."""
    for node in file.tree.body:
        call = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("importorskip") and call.args):
            continue
        module = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
        if not isinstance(module, str) or not is_foreign(Import(module, None, call.lineno, True, True), code):
            continue
        if provider(module, there, supply.site) or not is_certain(module, there, supply.site):
            continue
        message = f"`{module}` is declared nowhere, so that all tests of this file skip themselves, wherever they run"
        hint = f"add `{distribution(module)}` to the development dependencies"
        yield found("skipped-tests", Place(file.file, call.lineno), message, hint)
        return


def _fixtures(file: CodeFile, own: set[str], there: frozenset[str]) -> Iterator[Diagnostic]:
    for node in _tests(file.tree):
        for argument in node.args.args:
            wanted = _FIXTURES.get(argument.arg)
            if wanted and argument.arg not in own and not there & set(wanted) and not _is_given(node, argument.arg):
                message = f"the fixture `{argument.arg}` comes from `{wanted[0]}`, which is declared nowhere"
                hint = f"add `{wanted[0]}` to the development dependencies"
                yield found("missing-plugin", Place(file.file, argument.lineno), message, hint)
                return


def _is_given(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether `parametrize` or a patch may hand in the argument."""
    said = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
    return name in said or "patch" in said


def _asynchronous(file: CodeFile, there: frozenset[str], hooked: bool) -> Iterator[Diagnostic]:
    if there & set(_ASYNC):
        return
    for mark in ast.walk(file.tree):
        if isinstance(mark, ast.Attribute) and mark.attr == "asyncio" and ast.unparse(mark).startswith("pytest.mark."):
            message = "`pytest.mark.asyncio` needs `pytest-asyncio`, which is declared nowhere: the tests fail"
            hint = "add `pytest-asyncio` to the development dependencies"
            yield found("missing-plugin", Place(file.file, mark.lineno), message, hint)
            return
    if hooked or "mark.anyio" in file.text or "mark.trio" in file.text or "anyio_backend" in file.text:
        return
    plain = [node for node in _tests(file.tree) if isinstance(node, ast.AsyncFunctionDef)]
    if plain:
        message = f"pytest runs no `async def {plain[0].name}` without a plug-in, and none is declared: it fails"
        hint = 'add `pytest-asyncio` to the development dependencies, and `asyncio_mode = "auto"` to the settings'
        yield found("missing-plugin", Place(file.file, plain[0].lineno), message, hint)


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Test functions and methods; those of unittest's classes run without pytest's fixtures."""
    bodies = [tree.body]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not node.bases:
            bodies.append(node.body)
    for body in bodies:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                yield node


def _settings(root: Path, files: Sequence[str], there: frozenset[str]) -> Iterator[Diagnostic]:
    for file in files:
        options = _options(root / file, file.rpartition("/")[2])
        for word in re.split(r"[\s=]+", options) if options else ():
            for pattern, wanted in _OPTIONS:
                joined = r"|-n(?:auto|\d+)" if wanted == ("pytest-xdist",) else ""
                if re.fullmatch(f"(?:{pattern}{joined})", word) and not there & set(wanted):
                    message = (
                        f"`{word}` is an option of `{wanted[0]}`, which is declared nowhere: pytest refuses to start"
                    )
                    hint = f"add `{wanted[0]}` to the development dependencies"
                    yield found("missing-plugin", _place(root, file, word), message, hint)


def _options(path: Path, name: str) -> str:
    try:
        if name == "pyproject.toml":
            tool: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
            value = tool.get("pytest", {}).get("ini_options", {}).get("addopts", "")
            return " ".join(map(str, value)) if isinstance(value, list) else str(value)
        if name in ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg"):
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            parser.read_string(path.read_text(encoding="utf-8"))
            return parser.get("tool:pytest" if name == "setup.cfg" else "pytest", "addopts", fallback="")
    except (OSError, ValueError, AttributeError, configparser.Error):
        return ""
    return ""


def _texts(root: Path, files: Sequence[str]) -> Iterator[str]:
    for file in files:
        if file.rpartition("/")[2] in ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg"):
            yield (root / file).read_text(encoding="utf-8", errors="replace")


def _place(root: Path, file: str, word: str) -> Place:
    lines = (root / file).read_text(encoding="utf-8", errors="replace").splitlines()
    at = next((index for index, line in enumerate(lines, 1) if "addopts" in line), None)
    return Place(file, next((index for index, line in enumerate(lines, 1) if index >= (at or 1) and word in line), at))
