"""The check `install` on projects made on the spot, with a registry of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.program import clean_environment
from support.registry import registry

from checks.install.check import check
from checks.model import CheckContext, CheckResult, Severity

OFFERED = {
    "fastapi": {"0.110.0": ("starlette>=0.30,<0.40",)},
    "starlette": {"0.36.0": (), "0.50.0": ()},
    "uvicorn": {"0.30.0": ()},
    "sqlalchemy": {"2.1.0": ()},
    "asyncpg": {"0.30.0": ()},
    "greenlet": {"3.0.0": ()},
    "pydantic": {"2.10.0": ()},
    "httpx": {"0.28.1": ("idna",)},
    "idna": {"3.7": ()},
    "pytest": {"8.3.0": ()},
    "pytest-asyncio": {"0.25.0": ("pytest",)},
    "pyyaml": {"6.0": ()},
    "pyjwt": {"2.9.0": ()},
    "psycopg": {"3.2.0": ()},
    "python-multipart": {"0.0.9": ()},
    "hiro": {"1.0": ("never-heard-of",)},
}
Judge = Callable[[dict[str, str]], CheckResult]


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    with registry(OFFERED) as address:
        yield address


def environment(address: str, cache: Path) -> dict[str, str]:
    """Only this registry, whatever the machine is set up for."""
    return clean_environment(
        UV_DEFAULT_INDEX=address,
        UV_CACHE_DIR=str(cache),
        UV_NO_CONFIG="1",
        PIP_INDEX_URL=address,
        PIP_CONFIG_FILE="/dev/null",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        UV_HTTP_RETRIES="0",
    )


@pytest.fixture
def judge(index: str, project: Callable[[dict[str, str]], Path], tmp_path: Path) -> Judge:
    def run(files: dict[str, str]) -> CheckResult:
        root = project(files)
        return check(CheckContext(root, Path(sys.executable), 2, (), environment(index, tmp_path / "cache")))

    return run


def said(result: CheckResult) -> list[tuple[str, str | None, int | None]]:
    assert result.blocked is None, result.blocked
    return [(each.rule.removeprefix("install."), each.file, each.line) for each in result.diagnostics]


def errors(result: CheckResult) -> list[str]:
    return [each.rule for each in result.diagnostics if each.severity is Severity.ERROR]


def test_every_fault_of_a_file_is_named_in_one_run(judge: Judge) -> None:
    result = judge({"requirements.txt": "fastapi\ntemporalio-sdk\nraw\nuvicorn>=99\nidna =>3\nstarlette>=0.45\n"})
    assert said(result) == [
        ("unknown-package", "requirements.txt", 2),
        ("unknown-package", "requirements.txt", 3),
        ("no-such-version", "requirements.txt", 4),
        ("bad-requirement", "requirements.txt", 5),
        ("conflict", "requirements.txt", 6),
    ]
    hints = {each.line: each.hint for each in result.diagnostics}
    assert "temporalio" in (hints[2] or "")
    assert "git+https://github.com/mpuig/raw" in (hints[3] or "")


def test_what_one_set_teaches_counts_for_all_of_them(judge: Judge) -> None:
    """The sets of a project are asked side by side: a name that is unknown in one is left out of the others."""
    project = '[project]\nname = "shop"\ndependencies = ["sqlalchemy", "raw"]\n'
    project += '[project.optional-dependencies]\ndev = ["pytest"]\nhttp = ["httpx"]\n'
    code = "from sqlalchemy.ext.asyncio import create_async_engine\n"
    result = judge({"pyproject.toml": project, "shop.py": code, "more.py": code})
    assert said(result) == [("missing-extra", "more.py", 1), ("unknown-package", "pyproject.toml", 3)]


def test_extras_and_groups_resolve_together_with_the_base(judge: Judge) -> None:
    text = (
        '[project]\nname = "orders"\nversion = "1"\ndependencies = ["fastapi"]\n\n'
        '[project.optional-dependencies]\nweb = ["starlette>=0.45"]\n\n'
        '[dependency-groups]\ndev = ["pytest>=99", {include-group = "lint"}]\nlint = ["ruff"]\n'
    )
    assert said(judge({"pyproject.toml": text})) == [
        ("conflict", "pyproject.toml", 7),
        ("no-such-version", "pyproject.toml", 10),
        ("unknown-package", "pyproject.toml", 11),
    ]


def test_what_a_dependency_needs_and_nobody_offers_is_a_conflict_of_the_one_who_asked(judge: Judge) -> None:
    result = judge({"requirements.txt": "idna\nhiro\n"})
    assert said(result) == [("conflict", "requirements.txt", 2)]
    assert "never-heard-of" in result.diagnostics[0].message


def test_poetry_is_read_in_its_own_grammar(judge: Judge) -> None:
    text = (
        '[tool.poetry]\nname = "orders"\n\n[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = "^0.110"\n'
        'uvicorn = {version = "~0.31"}\n\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
    )
    assert said(judge({"pyproject.toml": text})) == [("no-such-version", "pyproject.toml", 7)]


def test_requirements_that_only_one_environment_may_read_are_left_alone(judge: Judge) -> None:
    result = judge(
        {
            "requirements.txt": "idna --hash=sha256:abc\n"
            "fastapi \\\n    >=0.100  # the API\n"
            "-c constraints.txt\n--extra-index-url ${INDEX}\nprivate @ https://${TOKEN}@example.org/p.whl\n",
            "constraints.txt": "idna<4\n",
        }
    )
    assert said(result) == []


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import yaml\n", 1),
        ("def f() -> None:\n    import yaml\n", 2),
        ("try:\n    import yaml\nexcept ImportError:\n    yaml = None\n", None),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n", None),
        ("import asyncio\nfrom api import models\n", None),
        ("import raw_runtime\n", None),
    ],
)
def test_an_import_is_declared(judge: Judge, code: str, line: int | None) -> None:
    result = judge({"requirements.txt": "idna\n", "api/main.py": code, "api/models.py": ""})
    assert said(result) == ([("undeclared-import", "api/main.py", line)] if line else [])


def test_what_a_readme_installs_is_declared_enough(judge: Judge) -> None:
    files = {"requirements.txt": "idna\n", "seed.py": "import yaml\n", "README.md": "    pip install pyyaml\n"}
    assert said(judge(files)) == []


def test_one_package_in_many_files_is_said_once(judge: Judge) -> None:
    files = {f"tests/test_{name}.py": "import pytest\n" for name in "abc"}
    result = judge({"requirements.txt": "idna\n", **files})
    assert said(result) == [("undeclared-import", "tests/test_a.py", 1)]
    assert "and in 2 more files" in result.diagnostics[0].message


def test_tests_may_count_on_what_developers_declare_and_the_product_may_not(judge: Judge) -> None:
    files = {"requirements.txt": "idna\n", "requirements-dev.txt": "pyyaml\n"}
    assert said(judge({**files, "tests/test_a.py": "import yaml\n"})) == []
    result = judge({**files, "api/main.py": "import yaml\n"})
    assert said(result) == [("undeclared-import", "api/main.py", 1), ("undeclared-import", "tests/test_a.py", 1)][:1]
    assert errors(result) == []


def test_a_transitive_package_is_a_warning_that_names_who_brings_it(judge: Judge) -> None:
    result = judge({"requirements.txt": "httpx\n", "api/main.py": "import idna\n"})
    assert said(result) == [("transitive-import", "api/main.py", 1)]
    assert "`httpx`" in result.diagnostics[0].message


NEEDS = {
    "upload": (
        "from fastapi import FastAPI, UploadFile\napp = FastAPI()\n@app.post('/a')\ndef a(f: UploadFile): ...\n",
        4,
    ),
    "form": (
        "from fastapi import FastAPI, Form\napp = FastAPI()\n@app.post('/a')\ndef a(f: str = Form(...)): ...\n",
        4,
    ),
    "request form": ("from fastapi import Request\nasync def a(request: Request):\n    await request.form()\n", 2),
    "another form": ("def a(request):\n    return request.form()\n", None),
    "file of a script": ("from fastapi import UploadFile\ndef helper(f: UploadFile): ...\n", None),
    "async engine": ("from sqlalchemy.ext.asyncio import create_async_engine\n", 1),
    "signed token": ("import jwt\njwt.encode({}, 'k', algorithm='RS256')\n", 2),
    "plain token": ("import jwt\njwt.encode({}, 'k', algorithm='HS256')\n", None),
    "settings": ("from pydantic import BaseSettings\n", 1),
    "app": ("import httpx\nhttpx.AsyncClient(app=None)\n", 2),
    "transport": ("import httpx\nhttpx.AsyncClient(transport=httpx.ASGITransport(app=None))\n", None),
}


@pytest.mark.parametrize("name", NEEDS)
def test_a_feature_with_a_package_of_its_own(judge: Judge, name: str) -> None:
    code, line = NEEDS[name]
    declared = "fastapi\nsqlalchemy\nasyncpg\npyjwt\npydantic\nhttpx\n"
    result = judge({"requirements.txt": declared, "api/main.py": code})
    assert [each for each in said(result) if each[0] != "transitive-import"] == (
        [("moved-name" if name in ("settings", "app") else "missing-extra", "api/main.py", line)] if line else []
    )


def test_the_test_client_needs_a_client(judge: Judge) -> None:
    files = {"requirements.txt": "fastapi\n", "tests/test_a.py": "from fastapi.testclient import TestClient\n"}
    assert said(judge(files)) == [("missing-extra", "tests/test_a.py", 1)]
    assert said(judge({**files, "requirements.txt": "fastapi\nhttpx\n"})) == []


TEST = "tests/test_a.py"
PLUGINS: dict[str, tuple[dict[str, str], str | None, int | None]] = {
    "mark": ({TEST: "import pytest\n@pytest.mark.asyncio\nasync def test_a(): ...\n"}, TEST, 2),
    "async test": ({TEST: "async def test_a(): ...\n"}, TEST, 1),
    "fixture": ({TEST: "def test_a(mocker): ...\n"}, TEST, 1),
    "option": ({TEST: "def test_a(): ...\n", "pytest.ini": "[pytest]\naddopts = -q --cov=a\n"}, "pytest.ini", 2),
    "own fixture": ({TEST: "def test_a(mocker): ...\n", "tests/conftest.py": "def mocker(): ...\n"}, None, None),
    "anyio": ({TEST: "import pytest\n@pytest.mark.anyio\nasync def test_a(): ...\n"}, None, None),
    "unittest": (
        {TEST: "import unittest as u\nclass TestA(u.TestCase):\n    async def test_a(self): ...\n"},
        None,
        None,
    ),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_plug_ins_of_pytest(judge: Judge, name: str) -> None:
    files, file, line = PLUGINS[name]
    result = judge({"requirements.txt": "pytest\n", **files})
    assert said(result) == ([("missing-plugin", file, line)] if file else [])


IMAGE = """FROM python:3.12-slim
WORKDIR /app
COPY api/requirements.txt .
RUN pip install -r requirements.txt
COPY api api
"""


def test_an_image_needs_what_its_program_imports_and_no_more(judge: Judge) -> None:
    files = {
        "requirements.txt": "idna\npyyaml\n",
        "api/requirements.txt": "idna\n",
        "api/main.py": "import idna\nfrom api import orders\n",
        "api/orders.py": "def late() -> None:\n    import yaml\n",
        "Dockerfile": IMAGE + 'CMD ["uvicorn", "api.main:app"]\n',
    }
    assert said(judge(files)) == []
    result = judge({**files, "api/orders.py": "import yaml\n"})
    assert said(result) == [("image-lacks", "api/orders.py", 1)]
    assert "`Dockerfile`" in result.diagnostics[0].message


def test_an_image_needs_the_driver_of_the_databases_url(judge: Judge) -> None:
    files = {
        "requirements.txt": "sqlalchemy\nasyncpg\n",
        "api/requirements.txt": "sqlalchemy\n",
        "api/main.py": "import os\nfrom sqlalchemy import create_engine\n\nengine = create_engine(os.environ['DB'])\n",
        "docker-compose.yml": "services:\n  api:\n    environment:\n      DB: postgresql+asyncpg://u:p@db/app\n",
        "Dockerfile": IMAGE + 'CMD ["uvicorn", "api.main:app"]\n',
    }
    result = judge(files)
    assert said(result) == [("image-lacks", "api/main.py", 4)]
    assert "docker-compose.yml:4" in result.diagnostics[0].message
    assert said(judge({**files, "api/requirements.txt": "sqlalchemy\nasyncpg\n"})) == []
    assert said(judge({**files, "k8s/config.yaml": "url: postgresql://u:p@db/app\n"})) == []


def test_tests_that_nobody_runs(judge: Judge) -> None:
    text = "import pytest\n\n{}\n\n\ndef test_one() -> None:\n    pass\n"
    said_of = {
        'yaml = pytest.importorskip("yaml")': [("skipped-tests", "tests/test_a.py", 3)],
        'pytest.importorskip("pytest_asyncio.plugin")': [],
        'pytest.importorskip("json")': [],
        'pytest.importorskip("own")': [],
    }
    for line, wanted in said_of.items():
        files = {"requirements.txt": "pytest\npytest-asyncio\n", "own.py": "", "tests/test_a.py": text.format(line)}
        assert said(judge(files)) == wanted, line
    told = {"requirements.txt": "pytest\n", "README.md": "`pip install pyyaml` for the tests of a\n"}
    assert said(judge({**told, "tests/test_a.py": text.format('pytest.importorskip("yaml")')})) == []


def test_a_slim_image_has_no_git(judge: Judge) -> None:
    files = {"api/requirements.txt": "raw @ git+https://github.com/mpuig/raw@b360375\n", "Dockerfile": IMAGE}
    assert said(judge(files)) == [("image-library", "Dockerfile", 4)]
    with_git = IMAGE.replace("WORKDIR", "RUN apt-get update && apt-get install --yes git\nWORKDIR")
    result = judge({**files, "Dockerfile": with_git})
    assert said(result) == []
    assert "mpuig/raw" in str(result.evidence["unverified"])


def test_tools_of_workflows_count_on_what_the_workflow_declares(judge: Judge) -> None:
    block = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["pyyaml"]\n# ///\n'
    files = {
        "pyproject.toml": '[project]\nname = "orders"\nversion = "1"\ndependencies = ["idna"]\n',
        ".raw/workflows/score/run.py": f"{block}from tools.words import clean\n",
        "tools/words/__init__.py": "import yaml\n",
    }
    assert said(judge(files)) == []
    assert said(judge({**files, "tools/words/__init__.py": "import jwt\n"})) == [
        ("script-lacks", "tools/words/__init__.py", 1)
    ]


def test_pip_serves_where_uv_is_not_there(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.install.resolvers.find_uv", lambda *_: None)
    result = judge({"requirements.txt": "never-heard-of\n", "api/main.py": "import starlette\n"})
    assert str(result.evidence["resolver"]).startswith("pip ")
    assert said(result)[-1] == ("unknown-package", "requirements.txt", 1)


def test_offline_is_could_not_judge_and_not_a_fault(project: Callable[[dict[str, str]], Path], tmp_path: Path) -> None:
    files = {"requirements.txt": "fastapi\n-r gone.txt\n", "api/main.py": "import yaml\n"}
    closed = environment("http://127.0.0.1:9/simple", tmp_path / "cache")
    result = check(CheckContext(project(files), Path(sys.executable), 2, (), closed))
    assert result.blocked is not None
    assert "could not be reached" in result.blocked
    assert [each.rule for each in result.diagnostics] == ["install.missing-file"]
