"""Which routes an application has, and where programs listen."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from checks.discovery import project_files
from checks.wiring.code.model import Code
from checks.wiring.code.reading import read_code
from checks.wiring.model import Kind, Started


def code_of(root: Path, files: dict[str, str]) -> Code:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return read_code(root, project_files(root))


def paths(code: Code) -> list[str]:
    (app,) = code.apps
    built_in = ("/openapi.json", "/docs", "/redoc")
    return [f"{','.join(route.methods)} {route.path}" for route in app.routes if route.path not in built_in]


def test_nested_routers_with_prefixes_of_constants(tmp_path: Path) -> None:
    files = {
        "api/__init__.py": "",
        "api/config.py": "class Settings:\n    API: str = '/api/v1'\nsettings = Settings()",
        "api/items.py": """
            from fastapi import APIRouter
            router = APIRouter(prefix="/items")
            @router.get("/")
            def every(): ...
            @router.api_route("/{item_id}", methods=["PUT", "PATCH"])
            def change(item_id: str): ...
            @router.websocket("/live")
            async def live(socket): ...
            """,
        "api/all.py": """
            from fastapi import APIRouter
            from api import items
            router = APIRouter()
            router.include_router(items.router, tags=["items"])
            """,
        "api/main.py": """
            from fastapi import FastAPI
            from api.all import router
            from api.config import settings
            app = FastAPI(docs_url=None)
            app.include_router(router, prefix=settings.API)
            @app.get("/health")
            def health(): ...
            """,
    }
    code = code_of(tmp_path, files)
    assert paths(code) == [
        "GET /api/v1/items/",
        "PUT,PATCH /api/v1/items/{item_id}",
        "WEBSOCKET /api/v1/items/live",
        "GET /health",
    ]
    (app,) = code.apps
    assert app.complete
    assert app.names == ("api.main:app",)
    assert "/docs" not in [route.path for route in app.routes]
    assert code.app_of(Started(Kind.APP, "api.main:app", (), ())) is app
    # From the folder `api`, as a Dockerfile of its own would copy it.
    assert code.app_of(Started(Kind.APP, "main:app", (), (), workdir="api")) is app


def test_a_prefix_that_nobody_knows_makes_it_incomplete(tmp_path: Path) -> None:
    source = """
        import os
        from fastapi import APIRouter, FastAPI
        router = APIRouter()
        @router.get("/a")
        def a(): ...
        app = FastAPI()
        app.include_router(router, prefix=os.environ["PREFIX"])
        """
    code = code_of(tmp_path, {"main.py": source})
    assert not code.apps[0].complete


def test_what_is_handed_to_a_function_that_registers(tmp_path: Path) -> None:
    source = """
        from fastapi import FastAPI
        def register(app):
            app.add_api_route("/a", print, methods=["POST"])
        def create_app():
            app = FastAPI()
            register(app)
            return app
        app = create_app()
        """
    code = code_of(tmp_path, {"main.py": source})
    assert paths(code) == ["POST /a"]
    assert code.apps[0].names == ("main:create_app", "main:app")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "from flask import Flask\n"
            "app = Flask(__name__, static_folder=None)\n"
            "@app.route('/a/<int:id>')\n"
            "def a(id): ...",
            "GET /a/{int:id}",
        ),
        ("from aiohttp import web\napp = web.Application()\napp.router.add_post('/a', print)", "POST /a"),
        ("from aiohttp import web\napp = web.Application()\napp.add_routes([web.get('/a', print)])", "GET /a"),
        (
            "from starlette.applications import Starlette\nfrom starlette.routing import Route\n"
            "app = Starlette(routes=[Route('/a', print, methods=['POST'])])",
            "POST /a",
        ),
    ],
)
def test_other_frameworks(source: str, expected: str, tmp_path: Path) -> None:
    code = code_of(tmp_path, {"main.py": source})
    assert paths(code) == [expected]


@pytest.mark.parametrize(
    ("call", "variables", "port", "host"),
    [
        ("uvicorn.run(app, host='0.0.0.0', port=8080)", {}, 8080, "0.0.0.0"),
        ("uvicorn.run(app)", {}, 8000, "127.0.0.1"),
        ("uvicorn.run(app, port=int(os.getenv('PORT', '9000')))", {}, 9000, "127.0.0.1"),
        ("uvicorn.run(app, port=int(os.getenv('PORT', '9000')))", {"PORT": "7000"}, 7000, "127.0.0.1"),
        ("uvicorn.run(app, port=int(os.getenv('PORT', '9000')))", {"PORT": None}, None, "127.0.0.1"),
        ("uvicorn.run(app, host=settings.host, port=settings.port)", {"HOST": "0.0.0.0"}, 5000, "0.0.0.0"),
        ("HTTPServer(('', 8081), None).serve_forever()", {}, 8081, "0.0.0.0"),
    ],
)
def test_where_a_program_listens(
    call: str, variables: dict[str, str | None], port: int | None, host: str, tmp_path: Path
) -> None:
    source = f"""
import os
from http.server import HTTPServer
import uvicorn
from pydantic_settings import BaseSettings
from fastapi import FastAPI

class Settings(BaseSettings):
    host: str = "127.0.0.1"
    port: int = 5000

settings = Settings()
app = FastAPI()

if __name__ == "__main__":
    {call}
"""
    code = code_of(tmp_path, {"main.py": source})
    started = Started(Kind.FILE, "main.py", (), ())
    found = code.port_of(started, variables)
    assert (found.number if found else None) == port
    assert code.host_of(started, variables) == host


@pytest.mark.parametrize(
    ("words", "port", "host"),
    [
        (("uvicorn", "main:app"), 8000, "127.0.0.1"),
        (("uvicorn", "main:app", "--host", "0.0.0.0"), 8000, "0.0.0.0"),
        (("uvicorn", "main:app", "--port", "$PORT"), None, "127.0.0.1"),
    ],
)
def test_where_a_server_listens(words: tuple[str, ...], port: int | None, host: str, tmp_path: Path) -> None:
    code = code_of(tmp_path, {"main.py": "from fastapi import FastAPI\napp = FastAPI()"})
    started = Started(Kind.APP, "main:app", words[2:], words, server="uvicorn")
    found = code.port_of(started, {})
    assert (found.number if found else None) == port
    assert code.host_of(started, {}) == host


def test_console_scripts_and_modules(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project.scripts]\nreport = "reports.job:main"\n',
        "src/reports/__init__.py": "",
        "src/reports/__main__.py": "print('x')",
        "src/reports/job.py": "import sys\n\n\ndef main(): ...",
    }
    code = code_of(tmp_path, files)
    assert code.console_scripts == {"report": "reports.job:main"}
    assert code.modules["reports.job"] == "src/reports/job.py"
    place = code.file_of(Started(Kind.PROGRAM, "report", (), ()))
    assert place is not None
    assert (place.file, place.line) == ("src/reports/job.py", 4)
    module = code.file_of(Started(Kind.MODULE, "reports", (), ()))
    assert module is not None
    assert module.file == "src/reports/__main__.py"
    assert code.file_of(Started(Kind.MODULE, "reports.nothing", (), ())) is None


def test_routes_of_a_loop_make_an_application_incomplete(tmp_path: Path) -> None:
    source = """
        from fastapi import FastAPI
        app = FastAPI()
        for path in ("/a", "/b"):
            app.get(path)(lambda: 1)
        """
    (app,) = code_of(tmp_path, {"main.py": source}).apps
    assert not app.complete


def test_a_route_without_decorator(tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\napp = FastAPI()\ndef a(): ...\napp.get('/a')(a)\n"
    code = code_of(tmp_path, {"main.py": source})
    assert paths(code) == ["GET /a"]
    assert code.apps[0].complete
