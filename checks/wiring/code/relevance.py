"""Which of the things that code does may have to do with the environment: the others are passed over by every walk."""

from __future__ import annotations

import ast

from checks.temporal.names import Names
from checks.temporal.scopes import Scope
from checks.wiring.code.flow import Event
from checks.wiring.code.leaving import is_exit

RUNS_WHAT_IT_IS_GIVEN = {
    "Depends", "Security", "partial", "run_in_threadpool", "to_thread", "Thread", "Process", "submit", "create_task",
    "add_middleware", "add_event_handler", "FastAPI", "Starlette", "APIRouter", "run_in_executor", "add_job", "run",
    "add_api_route", "add_route", "add_get", "add_post", "add_task", "call_soon", "spawn", "start_soon", "field",
    "Field",
}  # fmt: skip
ENGINES = {"create_engine", "create_async_engine", "from_url", "make_url"}
LOCAL_SERVERS = {"uvicorn.run", "uvicorn.Config", "uvicorn.main.run", "flask.Flask.run"}
SERVERS = LOCAL_SERVERS | {"aiohttp.web.run_app", "waitress.serve"}
SOCKETS = {"http.server.HTTPServer", "http.server.ThreadingHTTPServer", "socketserver.TCPServer"}
_HANDLED = SERVERS | SOCKETS | {
    "os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "builtins.int", "builtins.float",
    "decouple.config", "dotenv.load_dotenv", "dotenv.main.load_dotenv", "temporalio.worker.Worker",
}  # fmt: skip


def is_relevant(event: Event, names: Names) -> bool:
    """Whether a walk has to look at it."""
    node, scope = event.node, event.around.scope
    if isinstance(node, ast.Call):
        return is_exit(node) or _is_relevant_call(node, scope, names)
    if isinstance(node, ast.Compare):
        return isinstance(node.ops[0], (ast.In, ast.NotIn))
    if isinstance(node, ast.Subscript):
        ref = names.of(node.value, scope)
        return ref is None or ":" in ref or ref.startswith("os.")
    if isinstance(node, (ast.Raise, ast.Assert)):
        return bool(event.around.path)
    return True


def _is_relevant_call(node: ast.Call, scope: Scope, names: Names) -> bool:
    ref = names.of(node.func, scope)
    if ref is None or ":" in ref or ref in _HANDLED or ref.rpartition(".")[2] in ENGINES:
        return True
    given = (*node.args, *(keyword.value for keyword in node.keywords))
    return any(_is_own(each, scope, names) for each in given)


def _is_own(node: ast.expr, scope: Scope, names: Names) -> bool:
    """Whether an argument may be a function or class of the project."""
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False
    ref = names.of(node, scope)
    return ref is None or names.definition(ref) is not None
