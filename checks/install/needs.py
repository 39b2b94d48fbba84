"""Features whose package is optional: what the code uses, and what must be declared for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from checks.install.code import CodeFile, ProjectCode
from checks.install.rules import found
from checks.install.supply import Stock, Supply
from checks.model import Diagnostic, Place

_WEB = ("fastapi", "starlette")
_ROUTES = frozenset(("get", "post", "put", "patch", "delete", "api_route", "route"))
_SIGNED = re.compile(r"(?:RS|ES|PS)(?:256|384|512)\Z|EdDSA\Z")


Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is used at a line, and the distributions of which one must be there for it."""

    line: int
    what: str
    any_of: tuple[str, ...]
    why: str


class Names:
    """Where the names of a file come from, and where it uses what."""

    def __init__(self, code: CodeFile) -> None:
        self.code = code
        self.origins: dict[str, str] = {}
        for node in self.all(ast.ImportFrom):
            if not node.level:
                self.origins.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
        for plain in self.all(ast.Import):
            self.origins.update({each.asname or each.name.partition(".")[0]: each.name for each in plain.names})

    def all(self, kind: type[Node]) -> list[Node]:
        """Every node of a kind."""
        return [node for scope in self.code.survey.scopes for node in scope.of(kind)]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method."""
        yield from self.all(ast.FunctionDef)
        yield from self.all(ast.AsyncFunctionDef)

    def origin(self, node: ast.expr | None) -> str:
        """The dotted name that an expression stands for; empty where it is none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.origins.get(node.id, node.id), *parts])

    def web(self, node: ast.expr | None) -> str:
        """The last part of a name that comes from FastAPI or Starlette."""
        head, _, last = self.origin(node).rpartition(".")
        return last if head.partition(".")[0] in _WEB else ""


def judge_needs(code: ProjectCode, supply: Supply) -> Iterator[Diagnostic]:
    """Every feature that is used without its package, once a file."""
    for file in code.files.values():
        stock = supply.of_file(file)
        if not stock.complete or not stock.closure or not supply.everything.complete:
            continue
        names, said = Names(file), set()
        for reader in READERS:
            for need in reader(names):
                there = any(each in stock.closure or _elsewhere(each, supply) for each in need.any_of)
                if not there and need.any_of not in said:
                    said.add(need.any_of)
                    yield _missing(file, need, stock)
        yield from _moved(names, stock)


def _elsewhere(name: str, supply: Supply) -> bool:
    return name in supply.mentioned or name in supply.everything.closure


def _missing(file: CodeFile, need: Need, stock: Stock) -> Diagnostic:
    message = f"{need.what} needs `{need.any_of[0]}`, which nothing in {stock.title} brings: {need.why}"
    hint = f"add `{need.any_of[0]}` to the dependencies"
    return found("missing-extra", Place(file.file, need.line), message, hint)


def _forms(names: Names) -> Iterator[Need]:
    wanted, why = ("python-multipart",), "FastAPI raises when the route is defined"
    for call in names.all(ast.Call):
        if names.web(call.func) in ("Form", "File"):
            yield Need(call.lineno, f"`{names.web(call.func)}(...)`", wanted, why)
    for function in names.functions():
        if not any(_is_route(decorator) for decorator in function.decorator_list):
            continue
        for argument in (*function.args.args, *function.args.kwonlyargs):
            for node in ast.walk(argument.annotation) if argument.annotation else ():
                if isinstance(node, ast.expr) and names.web(node) in ("UploadFile", "OAuth2PasswordRequestForm"):
                    yield Need(argument.lineno, f"`{names.web(node)}`", wanted, why)


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in _ROUTES
    )


def _request_forms(names: Names) -> Iterator[Need]:
    for function in names.functions():
        requests = {argument.arg for argument in function.args.args if names.web(argument.annotation) == "Request"}
        for node in ast.walk(function) if requests else ():
            if _is_form_of(node, requests):
                why = "reading a form without it raises"
                yield Need(function.lineno, "`request.form()`", ("python-multipart",), why)


def _is_form_of(node: ast.AST, requests: set[str]) -> bool:
    method = node.func if isinstance(node, ast.Call) else None
    if not (isinstance(method, ast.Attribute) and method.attr == "form"):
        return False
    return isinstance(method.value, ast.Name) and method.value.id in requests


def _addresses(names: Names) -> Iterator[Need]:
    for name in names.all(ast.Name):
        if names.origins.get(name.id) in ("pydantic.EmailStr", "pydantic.NameEmail", "pydantic.networks.EmailStr"):
            yield from _address(name.id, name.lineno)
    for annotation in _annotations(names):
        for node in ast.walk(annotation):
            if isinstance(node, ast.expr) and names.origin(node) in ("pydantic.EmailStr", "pydantic.NameEmail"):
                yield from _address(names.origin(node).rpartition(".")[2], node.lineno)


def _address(name: str, line: int) -> Iterator[Need]:
    yield Need(line, f"pydantic's `{name}`", ("email-validator",), "the class that uses it cannot be defined")


def _annotations(names: Names) -> Iterator[ast.expr]:
    for node in names.all(ast.AnnAssign):
        yield node.annotation
    for argument in names.all(ast.arg):
        if argument.annotation is not None:
            yield argument.annotation


# A module that is imported, what must be there besides its own distribution, and what happens without it.
_MODULES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("fastapi.testclient", ("httpx2", "httpx"), "importing the test client raises"),
    ("starlette.testclient", ("httpx2", "httpx"), "importing the test client raises"),
    ("sqlalchemy.ext.asyncio", ("greenlet",), "its first await raises; `sqlalchemy[asyncio]` brings it"),
    ("fastapi.templating", ("jinja2",), "Jinja2Templates raises"),
    ("starlette.templating", ("jinja2",), "Jinja2Templates raises"),
    ("starlette.middleware.sessions", ("itsdangerous",), "its import raises"),
    ("temporalio.contrib.pydantic", ("pydantic",), "its import raises"),
    ("temporalio.contrib.opentelemetry", ("opentelemetry-sdk", "opentelemetry-api"), "its import raises"),
    ("slack_sdk.web.async_client", ("aiohttp",), "its import raises"),
    ("slack_sdk.webhook.async_client", ("aiohttp",), "its import raises"),
)


def _modules(names: Names) -> Iterator[Need]:
    for each in names.code.imports:
        if not each.sure:
            continue
        full = f"{each.module}.{each.name}" if each.name else each.module
        for module, any_of, why in _MODULES:
            if each.module == module or full == module:
                yield Need(each.line, f"`{module}`", any_of, why)
        if full in ("fastapi.responses.ORJSONResponse", "starlette.responses.ORJSONResponse"):
            yield Need(each.line, "`ORJSONResponse`", ("orjson",), "rendering an answer raises")


def _calls(names: Names) -> Iterator[Need]:
    for call in names.all(ast.Call):
        origin = names.origin(call.func)
        if origin in ("pandas.read_excel", "pandas.ExcelWriter"):
            engines = ("openpyxl", "xlsxwriter", "xlrd", "python-calamine", "odfpy", "pyxlsb")
            yield Need(call.lineno, f"`{origin}`", engines, "pandas reads and writes no workbook by itself")
        elif origin == "pandas.read_parquet":
            yield Need(call.lineno, f"`{origin}`", ("pyarrow", "fastparquet"), "pandas reads no Parquet by itself")
        elif origin in ("jwt.encode", "jwt.decode") and any(map(_is_signed, ast.walk(call))):
            yield Need(
                call.lineno, f"`{origin}` with such an algorithm", ("cryptography",), "PyJWT knows only HMAC alone"
            )
        elif origin in ("httpx.AsyncClient", "httpx.Client", "httpx2.AsyncClient", "httpx2.Client"):
            if any(word.arg == "http2" and _is_true(word.value) for word in call.keywords):
                yield Need(call.lineno, "`http2=True`", ("h2",), "the client raises; `httpx[http2]` brings it")
        elif origin == "passlib.context.CryptContext" and any(_says(node, "bcrypt") for node in ast.walk(call)):
            yield Need(call.lineno, "passlib's bcrypt", ("bcrypt",), "hashing raises")


def _is_signed(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SIGNED.match(node.value))


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _says(node: ast.AST, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


_Reader = Callable[[Names], Iterator[Need]]
READERS: tuple[_Reader, ...] = (_forms, _request_forms, _addresses, _modules, _calls)


def _moved(names: Names, stock: Stock) -> Iterator[Diagnostic]:
    """Names and arguments that the version which would be installed no longer has."""
    file = names.code.file
    for each in names.code.imports:
        if each.module == "pydantic" and each.name == "BaseSettings" and _at_least(stock, "pydantic", 2) and each.sure:
            message = f"pydantic {stock.versions['pydantic']} has no `BaseSettings`: the import raises"
            hint = "from pydantic_settings import BaseSettings, and declare `pydantic-settings`"
            yield found("moved-name", Place(file, each.line), message, hint)
        if each.module == "moto" and re.match(r"mock_(?!aws\b)\w+", each.name or "") and _at_least(stock, "moto", 5):
            message = f"moto {stock.versions['moto']} has no `{each.name}`: the import raises"
            yield found("moved-name", Place(file, each.line), message, "from moto import mock_aws")
    for call in names.all(ast.Call):
        origin = names.origin(call.func)
        with_app = origin in ("httpx.AsyncClient", "httpx.Client") and any(word.arg == "app" for word in call.keywords)
        if with_app and _at_least(stock, "httpx", 0, 28):
            message = f"httpx {stock.versions['httpx']} takes no `app`: the call raises TypeError"
            hint = f"{origin}(transport=httpx.ASGITransport(app=app), ...)"
            yield found("moved-name", Place(file, call.lineno), message, hint)


def _at_least(stock: Stock, name: str, *wanted: int) -> bool:
    """Whether the version that would be installed is that, or newer; false where it is not known."""
    numbers = re.match(r"\d+(?:\.\d+)*", stock.versions.get(name, ""))
    return numbers is not None and tuple(int(part) for part in numbers[0].split("."))[: len(wanted)] >= wanted
