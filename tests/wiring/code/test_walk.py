"""What stops a program in an environment, and what does not."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from checks.discovery import project_files
from checks.wiring.code.index import Index
from checks.wiring.code.model import known
from checks.wiring.code.noted import Need
from checks.wiring.code.worlds import UNKNOWN
from checks.wiring.model import Kind, Started


def needs(root: Path, files: dict[str, str], started: Started, values: dict[str, object]) -> list[Need]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    walk = Index(root, project_files(root)).walk(started, values)
    assert walk is not None
    return list(walk.needs.values())


def stops(root: Path, source: str, values: dict[str, object]) -> list[tuple[str, str]]:
    found = needs(root, {"program.py": source}, Started(Kind.MODULE, "program", (), ()), values)
    return sorted((need.name, need.why) for need in found if need.sure)


UNSET = {
    "subscript": "import os\nX = os.environ['X']",
    "imported": "from os import environ\nX = environ['X']",
    "constant name": "import os\nNAME = 'X'\nprint(os.environ[NAME])",
    "popped": "import os\nX = os.environ.pop('X')\nint(X)",
    "checked": "import os\nX = os.getenv('X')\nif not X:\n    raise RuntimeError('X is not set')",
    "checked for None": "import os\nX = os.getenv('X')\nif X is None:\n    raise RuntimeError('X is not set')",
    "asserted": "import os\nX = os.getenv('X')\nassert X, 'X is not set'",
    "exits": "import os, sys\nif 'X' not in os.environ:\n    sys.exit('X is not set')",
    "walrus": "import os\nif not (x := os.getenv('X')):\n    raise RuntimeError(x)",
    "listed": """
        import os
        NEEDED = ["X", "HOME"]
        missing = [name for name in NEEDED if not os.getenv(name)]
        if missing:
            raise RuntimeError(", ".join(missing))
        """,
    "looped": "import os\nfor name in ('X', 'HOME'):\n    if name not in os.environ:\n        raise KeyError(name)",
    "helper": """
        import os
        def env(name, default=None):
            value = os.environ.get(name, default)
            if value is None:
                raise RuntimeError(name)
            return value
        X = env("X")
        Y = env("Y", "y")
        """,
    "what an object is made without": """
        import os
        class Client:
            def __init__(self, key=None, url=None):
                self.key = key or os.environ["X"]
                self.url = url or os.environ.get("URL", "http://a")
        Client()
        """,
    "helper with flag": """
        import os
        def env(name, required=False):
            value = os.getenv(name)
            if required and not value:
                raise RuntimeError(name)
            return value
        X, Y = env("X", required=True), env("Y")
        """,
    "helper that translates": """
        import os
        def env(name):
            try:
                return os.environ[name]
            except KeyError as error:
                raise RuntimeError(name) from error
        X = env("X")
        """,
    "sentinel": """
        import os
        MISSING = object()
        def env(name, default=None):
            value = os.getenv(name)
            if value:
                return value
            if default is None:
                raise RuntimeError(name)
            return default
        X, Y = env("X"), env("Y", "y")
        """,
    "handed on": """
        import os
        from dataclasses import dataclass
        @dataclass
        class Settings:
            x: str
            @classmethod
            def read(cls, environ):
                return cls(x=environ["X"])
        def main(settings=None):
            settings = settings or Settings.read(os.environ)
        main()
        """,
    "class attribute": "import os\nclass Config:\n    X = os.environ['X']",
    "validated": """
        import os
        class Config:
            X = os.getenv("X")
            @classmethod
            def validate(cls):
                if not cls.X:
                    raise ValueError("X")
        Config.validate()
        """,
    "made in init": """
        import os
        class Client:
            def __init__(self):
                self.x = os.getenv("X")
                if not self.x:
                    raise ValueError("X")
        Client()
        """,
    "made by a factory": """
        import os
        from dataclasses import dataclass, field
        @dataclass
        class Config:
            x: str = field(default_factory=lambda: os.environ["X"])
        config = Config()
        """,
    "decouple": "from decouple import config\nX, Y = config('X'), config('Y', default='y')",
    "environs": "from environs import Env\nenv = Env()\nenv.read_env()\nX, Y = env.str('X'), env.int('Y', 1)",
    "starlette": "from starlette.config import Config\nconfig = Config('.env')\nX = config('X')",
    "number of nothing": "import os\nX = int(os.getenv('X'))",
    "method of nothing": "import os\nX = os.getenv('X').split(',')",
    "engine": "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.getenv('X'))",
    "settings": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str\nS()",
    "optional settings": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    x: str | None\nS()",
    "settings field": """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            token: str = Field(..., alias="X")
            other: str = Field(default="y")
        S()
        """,
    "cached settings": """
        from functools import lru_cache
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            x: str
        @lru_cache
        def get_settings():
            return S()
        print(get_settings().x)
        """,
    "other module's handler": "import asyncio, os\nasync def main():\n    print(os.environ['X'])\nasyncio.run(main())",
    "guarded main": "import os\ndef main():\n    print(os.environ['X'])\nif __name__ == '__main__':\n    main()",
}


@pytest.mark.parametrize("source", UNSET.values(), ids=UNSET)
def test_stops_without_the_variable(source: str, tmp_path: Path) -> None:
    assert stops(tmp_path, source, {"HOME": "/home"}) == [("X", "unset")]


@pytest.mark.parametrize("source", UNSET.values(), ids=UNSET)
def test_runs_with_the_variable(source: str, tmp_path: Path) -> None:
    assert stops(tmp_path, source, {"X": "1", "HOME": "/home"}) == []
    assert stops(tmp_path, source, {"X": UNKNOWN, "HOME": UNKNOWN}) == []


RUNS = {
    "what an object is given": """
        import os
        class Client:
            def __init__(self, key=None):
                self.key = key or os.environ["X"]
        Client("key")
        """,
    "what an object may be given": """
        import os, json
        class Client:
            def __init__(self, key=None, *, name=None):
                self.key = key or os.environ["X"]
        Client(**json.load(open("options.json")))
        """,
    "default": "import os\nX = os.environ.get('X', 'x').split(',')\nint(os.getenv('Y', 8000))",
    "or": "import os\nX = (os.getenv('X') or 'x').split()",
    "guarded": "import os\nif 'X' in os.environ:\n    print(os.environ['X'])",
    "and": "import os\nprint('X' in os.environ and os.environ['X'])",
    "caught": "import os\ntry:\n    X = os.environ['X']\nexcept KeyError:\n    X = 'x'",
    "caught further up": "import os\ndef f():\n    return os.environ['X']\ntry:\n    f()\nexcept Exception:\n    pass",
    "suppressed": "import os\nfrom contextlib import suppress\nwith suppress(KeyError):\n    print(os.environ['X'])",
    "other mode": "import os\nif os.getenv('MODE', 'local') == 'remote':\n    print(os.environ['X'])",
    "returns early": """
        import os
        def f():
            to = os.getenv('TO', '')
            if not to:
                return
            print(os.environ['X'])
        f()
        """,
    "one of two": "import os\nX = os.getenv('X')\nY = os.getenv('Y')\nif X is None:\n    X = Y\nprint(X)",
    "never called": "import os\ndef f():\n    return os.environ['X']",
    "lambda": "import os\nlate = lambda: os.environ['X']",
    "set before": "import os\nos.environ.setdefault('X', 'x')",
    "not main": "import os\nif __name__ == 'other':\n    print(os.environ['X'])",
    "checking types": "import os\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    print(os.environ['X'])",
    "old optional settings": "from pydantic import BaseSettings\nclass S(BaseSettings):\n    x: str | None\nS()",
    "settings with defaults": """
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            x: str = ''
        S()
        """,
    "settings that are given": """
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            x: str
        S(x='x')
        """,
    "custom sources": """
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            x: str
            @classmethod
            def settings_customise_sources(cls, *words, **more):
                return ()
        S()
        """,
    "own mapping": "environ = {'X': 'x'}\nprint(environ['X'])",
    "unknown condition": "import os, random\nif random.random() > 2:\n    print(os.environ['X'])",
}


@pytest.mark.parametrize("source", RUNS.values(), ids=RUNS)
def test_runs_without_the_variable(source: str, tmp_path: Path) -> None:
    assert stops(tmp_path, source, {}) == []


SETTINGS = "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n    {}\nS()"


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("import os\nX = int(os.environ['X'])", "8o80", "refused"),
        ("import os\nX = int(os.environ['X'])", "", "empty"),
        ("import os\nX = int(os.environ['X'])", " 80 ", None),
        ("import os\nX = float(os.getenv('X', '1'))", "x", "refused"),
        ("import os\nX = int(os.getenv('X') or 5)", "", None),
        ("import os\nif os.environ['X'] not in ('a', 'b'):\n    raise ValueError", "c", "refused"),
        ("import os\nif os.environ['X'] not in ('a', 'b'):\n    raise ValueError", "a", None),
        ("import os\nX = os.getenv('X')\nif not X:\n    raise ValueError", "", "empty"),
        (SETTINGS.format("x: list[str]"), "a,b", "refused"),
        (SETTINGS.format("x: list[str]"), '["a"]', None),
        (SETTINGS.format("x: list[str] | str"), "a,b", None),
        (SETTINGS.format("x: dict[str, int] = {}"), "", "empty"),
        (SETTINGS.format("x: int = 1"), "1.0", None),
        (SETTINGS.format("x: int = 1"), "one", "refused"),
        (SETTINGS.format("x: bool = True"), "yes", None),
        (SETTINGS.format("x: bool = True"), "maybe", "refused"),
        (SETTINGS.format("x: str"), "", None),
        (SETTINGS.format("model_config = SettingsConfigDict(env_ignore_empty=True)\n    x: int = 1"), "", None),
        ("from typing import Annotated, Literal\n" + SETTINGS.format("x: Literal['a', 'b']"), "c", "refused"),
        ("from typing import Annotated\n" + SETTINGS.format("x: Annotated[list[str], NoDecode]"), "a,b", None),
    ],
)
def test_values_that_are_refused(source: str, value: str, expected: str | None, tmp_path: Path) -> None:
    assert stops(tmp_path, source, {"X": value}) == ([("X", expected)] if expected else [])


def test_prefix_and_any_case(tmp_path: Path) -> None:
    source = SETTINGS.format("model_config = SettingsConfigDict(env_prefix='APP_')\n    token: str")
    assert stops(tmp_path, source, {}) == [("APP_TOKEN", "unset")]
    assert stops(tmp_path, source, {"app_token": "x"}) == []


def test_every_variable_that_one_check_needs(tmp_path: Path) -> None:
    source = "import os\nif not os.getenv('A') or not os.getenv('B'):\n    raise RuntimeError"
    assert stops(tmp_path, source, {"B": "b"}) == [("A", "unset")]
    either = "import os\nif not (os.getenv('A') or os.getenv('B')):\n    raise RuntimeError"
    assert stops(tmp_path, either, {}) == []


def test_handlers_and_what_they_depend_on(tmp_path: Path) -> None:
    files = {
        "api/main.py": """
            from fastapi import FastAPI
            from api import routes
            app = FastAPI()
            app.include_router(routes.router)
            """,
        "api/__init__.py": "",
        "api/routes.py": """
            import os
            from typing import Annotated
            from fastapi import APIRouter, Depends
            def token():
                return os.environ["TOKEN"]
            router = APIRouter()
            @router.get("/")
            def home(token: Annotated[str, Depends(token)]):
                return os.environ["GREETING"]
            """,
    }
    found = needs(tmp_path, files, Started(Kind.APP, "api.main:app", (), ()), {})
    assert sorted(need.name for need in found if need.sure) == ["GREETING", "TOKEN"]
    assert found[0].place.file == "api/routes.py"


def test_a_worker_needs_what_its_activities_need(tmp_path: Path) -> None:
    files = {
        "worker.py": """
            import asyncio
            from temporalio.client import Client
            from temporalio.worker import Worker
            from activities import Mail, other, send
            async def main():
                client = await Client.connect("localhost:7233")
                await Worker(client, task_queue="q", activities=[send, Mail().post]).run()
            asyncio.run(main())
            """,
        "activities.py": """
            import os
            from temporalio import activity
            @activity.defn
            async def send(to: str) -> None:
                if not to:
                    return
                print(os.environ["SMTP_HOST"])
            @activity.defn
            async def other() -> None:
                print(os.environ["OTHER"])
            class Mail:
                @activity.defn
                async def post(self) -> None:
                    print(os.environ["POST_HOST"])
            """,
    }
    found = needs(tmp_path, files, Started(Kind.FILE, "worker.py", (), ()), {})
    assert sorted(need.name for need in found if need.sure) == ["POST_HOST", "SMTP_HOST"]


def test_who_only_starts_a_workflow_needs_nothing_of_it(tmp_path: Path) -> None:
    files = {
        "start.py": """
            from temporalio.client import Client
            from flows import charge
            async def start(client: Client):
                await client.execute_activity(charge)
            """,
        "flows.py": """
            import os
            from temporalio import activity
            @activity.defn
            async def charge() -> None:
                print(os.environ["KEY"])
            """,
    }
    assert not needs(tmp_path, files, Started(Kind.FILE, "start.py", (), ()), {})


def test_a_raw_workflow_runs_its_steps(tmp_path: Path) -> None:
    source = """
        import os
        from pydantic import BaseModel
        from raw_runtime import BaseWorkflow, step
        class Params(BaseModel):
            date: str
        class Report(BaseWorkflow[Params]):
            @step("fetch")
            def fetch(self):
                return os.environ["API_KEY"]
            def run(self):
                self.fetch()
                return 0
        if __name__ == "__main__":
            Report.main()
        """
    found = needs(tmp_path, {".raw/workflows/report/run.py": source}, Started(Kind.WORKFLOW, "report", (), ()), {})
    assert [(need.name, need.sure) for need in found] == [("API_KEY", True)]


def test_what_a_template_has_still_to_fill_in_is_not_known() -> None:
    assert known({"A": "{{ cookiecutter.port }}", "B": "1", "C": None}) == {"A": UNKNOWN, "B": "1", "C": UNKNOWN}
