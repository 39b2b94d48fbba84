"""Which packages an image has, as far as its requirement files say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.image import Image
from checks.deploy.dockerfile.runs import Installed
from checks.deploy.dockerfile.sources import join

PROGRAMS: dict[str, frozenset[str]] = {
    "alembic": frozenset({"alembic", "flask-migrate"}),
    "celery": frozenset({"celery", "django-celery-beat", "django-celery-results", "flower"}),
    "fastapi": frozenset({"fastapi-cli", "fastapi[standard]", "fastapi[all]"}),
    "flask": frozenset({"flask"}),
    "gunicorn": frozenset({"gunicorn"}),
    "hypercorn": frozenset({"hypercorn"}),
    "streamlit": frozenset({"streamlit"}),
    "uvicorn": frozenset({"uvicorn", "fastapi[standard]", "fastapi[all]", "fastapi-cli"}),
}
"""Programs that an image starts often, and what brings them."""

# Packages of which it is known that they bring none of those programs.
_PLAIN = frozenset(
    """
    aiofiles aiohttp aiosqlite anthropic anyio apscheduler arrow asyncpg attrs bcrypt beautifulsoup4 boto3 botocore
    cachetools certifi click cryptography email-validator fastapi httpx httpx2 idna itsdangerous jinja2 jsonschema
    loguru lxml
    markdown markupsafe marshmallow matplotlib numpy openai opentelemetry-api opentelemetry-sdk orjson packaging
    pandas passlib pillow pip prometheus-client psycopg psycopg2 psycopg2-binary pydantic pydantic-core
    pydantic-settings pyjwt pymongo pymysql pypdf python-dateutil python-dotenv python-jose python-multipart pytz
    pyyaml redis requests rich scikit-learn scipy sentry-sdk setuptools six slack-sdk slowapi sqlalchemy sqlmodel
    starlette structlog stripe temporalio tenacity tomli twilio typer typing-extensions tzdata ujson urllib3 uv wheel
    uvicorn gunicorn alembic celery hypercorn flask websockets werkzeug
    """.split()  # noqa: SIM905 - read by people
)


@dataclass(frozen=True, slots=True)
class Packages:
    """Names as people write them (`fastapi[standard]`), in small letters; `complete` where no other can be there."""

    names: frozenset[str]
    complete: bool

    @property
    def plain(self) -> bool:
        """Whether of every package is known what it brings."""
        return {name.partition("[")[0] for name in self.names} <= _PLAIN

    def lacks(self, program: str) -> bool | None:
        """Whether the program cannot be started; None where a package that is not known well may bring it."""
        bringing = PROGRAMS.get(program)
        if bringing is None or not self.complete:
            return False
        bare = {name.partition("[")[0] for name in self.names}
        extras = {f"{name.partition('[')[0]}[{extra.strip()}]" for name in self.names for extra in _extras(name)}
        if (bare | extras) & bringing:
            return False
        return True if bare <= _PLAIN else None


def packages_of(image: Image, contents: Contents) -> Packages:
    """What is installed in an image."""
    names: set[str] = set()
    complete = "/" not in image.loose
    for installed in image.installed:
        if installed.manager.startswith(("npm", "yarn", "pnpm")):
            continue
        own, whole = _names(installed, image, contents)
        names |= own
        complete = complete and whole and installed.complete
    return Packages(frozenset(names), complete)


def _extras(name: str) -> list[str]:
    return name.partition("[")[2].rstrip("]").split(",") if "[" in name else []


def _names(installed: Installed, image: Image, contents: Contents) -> tuple[set[str], bool]:
    names = {plain for name in installed.names if (plain := _plain(name))}
    whole = True
    files = list(installed.files)
    if installed.project and "pyproject.toml" not in files:
        files.append("pyproject.toml")
    for name in files:
        if name.endswith(".lock"):
            continue
        file = _file(name, image, contents)
        own = None if file is None else _pyproject(file) if name.endswith(".toml") else _requirements(file)
        whole = whole and own is not None
        names |= own or set()
    return names, whole


def _file(name: str, image: Image, contents: Contents) -> Path | None:
    """The file of the project that a RUN read; it may have run in another folder than the last."""
    base = name.rpartition("/")[2]
    here = contents.source(join(image.workdir or "/", name))
    if here is not None and here.is_file():
        return here
    same = [known for known in contents.sources.below(".") if known.rpartition("/")[2] == base]
    return contents.sources.context / same[0] if len(same) == 1 else None


def _requirements(file: Path, depth: int = 0) -> set[str] | None:
    names: set[str] = set()
    for raw in file.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        line = re.split(r"(?:^|\s)#", raw)[0].strip().rstrip("\\").strip()
        included = re.match(r"(?:-r|--requirement)[\s=]*(\S+)", line)
        if included:
            other = file.parent / included[1]
            more = _requirements(other, depth + 1) if other.is_file() and depth < 5 else None
            if more is None:
                return None
            names |= more
        elif line and not line.startswith("-"):
            plain = _plain(line)
            if plain is None:
                return None
            names.add(plain)
    return names


def _plain(text: str) -> str | None:
    match = re.match(r"([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(?=$|[<>=!~;@ ,(])", text)
    if match is None or "://" in text:
        return None
    return re.sub(r"[-_.]+", "-", match[1]).lower() + (match[2] or "").replace(" ", "").lower()


def _pyproject(file: Path) -> set[str] | None:
    try:
        data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    project = data.get("project") or {}
    listed = list(_listed(project, data))
    names = {_plain(text) for text in listed if isinstance(text, str)}
    if not listed or None in names or "dependencies" in (project.get("dynamic") or []):
        return None
    return {name for name in names if name}


def _listed(project: dict[str, Any], data: dict[str, Any]) -> Iterator[Any]:
    yield from project.get("dependencies") or []
    for extra in (project.get("optional-dependencies") or {}).values():
        yield from extra
    for group in (data.get("dependency-groups") or {}).values():
        yield from (item for item in group if isinstance(item, str))
    poetry = (data.get("tool") or {}).get("poetry") or {}
    groups = (poetry.get("group") or {}).values()
    tables = [poetry.get("dependencies") or {}, *(group.get("dependencies") or {} for group in groups)]
    for table in tables:
        for name, wanted in table.items():
            extras = wanted.get("extras") if isinstance(wanted, dict) else None
            if name != "python":
                yield f"{name}[{','.join(extras)}]" if extras else name
