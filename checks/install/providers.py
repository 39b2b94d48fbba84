"""Which distribution provides a module: by what is known, by what is installed, by its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from checks.raw.distributions import BRINGS, NAMESPACES, PROVIDERS, Provision, judge
from checks.raw.requirements import Requirement, normalise

_MORE: Mapping[str, tuple[str, ...]] = {
    "argon2": ("argon2-cffi",),
    "factory": ("factory-boy",),
    "kafka": ("kafka-python", "kafka-python-ng"),
    "pdfminer": ("pdfminer-six",),
    "websocket": ("websocket-client",),
    "socketio": ("python-socketio",),
    "engineio": ("python-engineio",),
    "asgi_lifespan": ("asgi-lifespan",),
    "sendgrid": ("sendgrid",),
    "flask_cors": ("flask-cors",),
    "psycopg_pool": ("psycopg-pool",),
    "googleapiclient": ("google-api-python-client",),
    "flask": ("flask",),
    "email_validator": ("email-validator",),
    "pythonjsonlogger": ("python-json-logger",),
    "fastapi_utils": ("fastapi-utils", "fastapi-restful"),
    "mock": ("mock",),
    "pkg_resources": ("setuptools",),
    "setuptools": ("setuptools",),
    "telegram": ("python-telegram-bot",),
    "dns": ("dnspython",),
    "markdown_it": ("markdown-it-py",),
    "pynvml": ("nvidia-ml-py", "pynvml"),
    "typing_extensions": ("typing-extensions",),
}
_SAME = frozenset(
    [
        "aiobotocore",
        "aiohttp",
        "aiokafka",
        "aiomysql",
        "aiofiles",
        "aio_pika",
        "aiosmtplib",
        "aiosmtpd",
        "aiosqlite",
        "anyio",
        "apscheduler",
        "arq",
        "arrow",
        "asyncpg",
        "backoff",
        "bcrypt",
        "beanie",
        "bleach",
        "blinker",
        "boto3",
        "botocore",
        "cachetools",
        "celery",
        "croniter",
        "cryptography",
        "databases",
        "deepdiff",
        "diskcache",
        "docker",
        "dramatiq",
        "duckdb",
        "elasticsearch",
        "faker",
        "fakeredis",
        "fastavro",
        "flask",
        "freezegun",
        "gunicorn",
        "h2",
        "hvac",
        "hypothesis",
        "icalendar",
        "itsdangerous",
        "langchain",
        "litellm",
        "matplotlib",
        "minio",
        "moto",
        "motor",
        "msgpack",
        "mypy_boto3_s3",
        "networkx",
        "nltk",
        "ollama",
        "opensearchpy",
        "paramiko",
        "passlib",
        "pdfplumber",
        "peewee",
        "pendulum",
        "pika",
        "playwright",
        "plotly",
        "polars",
        "prometheus_client",
        "prometheus_fastapi_instrumentator",
        "psutil",
        "pyarrow",
        "pydantic_ai",
        "pymongo",
        "pymysql",
        "pytest_asyncio",
        "pytest_mock",
        "respx",
        "responses",
        "rq",
        "schedule",
        "seaborn",
        "selenium",
        "sentry_sdk",
        "slowapi",
        "spacy",
        "sqlmodel",
        "sse_starlette",
        "starlette",
        "streamlit",
        "tabulate",
        "testcontainers",
        "textual",
        "tiktoken",
        "time_machine",
        "toml",
        "torch",
        "tortoise",
        "transformers",
        "trio",
        "ujson",
        "uvloop",
        "vcr",
        "weasyprint",
        "werkzeug",
        "xlsxwriter",
        "xmltodict",
        "yarl",
        "zstandard",
        "httpx2",
        "jsonschema",
        "markdown",
        "lxml",
        "asyncssh",
        "jsonpath_ng",
        "pint",
    ]
)
_DOTTED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), dist)
    for pattern, dist in (
        (r"google\.cloud\.(storage|bigquery|pubsub|firestore|secretmanager|tasks|logging|vision|speech)(?:_v\d\w*)?\b",
         r"google-cloud-\1"),
        (r"google\.(?:auth|oauth2)\b", "google-auth"),
        (r"google\.protobuf\b", "protobuf"),
        (r"google\.genai\b", "google-genai"),
        (r"google\.generativeai\b", "google-generativeai"),
        (r"azure\.identity\b", "azure-identity"),
        (r"azure\.storage\.blob\b", "azure-storage-blob"),
        (r"opentelemetry\.sdk\b", "opentelemetry-sdk"),
        (r"opentelemetry\.instrumentation\.(fastapi|httpx|requests|sqlalchemy|asyncpg|redis|logging|asgi)\b",
         r"opentelemetry-instrumentation-\1"),
        (r"opentelemetry\.exporter\.otlp\b", "opentelemetry-exporter-otlp"),
        (r"opentelemetry\.exporter\.prometheus\b", "opentelemetry-exporter-prometheus"),
        (r"opentelemetry\.(?:trace|metrics|context|propagate)\b", "opentelemetry-api"),
    )
)  # fmt: skip


def is_well_known(top: str) -> bool:
    """Whether everybody knows which distributions provide the module."""
    return top in PROVIDERS or top in _MORE or top in _SAME or top in NAMESPACES or normalise(top) in BRINGS


def provider(module: str, names: Collection[str], site: Path | None) -> str | None:
    """The one of `names` (normalised) that provides the module; None where none does as far as anybody can tell."""
    top = module.partition(".")[0]
    dotted = _dotted(module)
    if dotted is not None:
        return next((name for name in names if name == dotted or name.startswith(f"{dotted}-")), None)
    known = next((name for name in _candidates(top) if name in names), None)
    if known is not None:
        return known
    plain = [name for name in names if name not in BRINGS or name == normalise(top)]
    for name in plain if not is_well_known(top) or top in NAMESPACES else ():
        if judge(top, (Requirement(name),)).provision is Provision.DECLARED:
            return name
    return next((name for name in names if top in _modules_of(name, site)), None)


def is_certain(module: str, names: Iterable[str], site: Path | None) -> bool:
    """Whether it is known for sure that none of `names` provides a module for which `provider` found none."""
    top = module.partition(".")[0]
    if is_well_known(top):
        return top not in NAMESPACES or _dotted(module) is not None
    return all(name in BRINGS or _modules_of(name, site) for name in names)


def distribution(module: str) -> str:
    """What a person would add to provide the module."""
    return _dotted(module) or next(iter(_candidates(module.partition(".")[0])))


def site_packages(python: Path) -> Path | None:
    """Where the environment of a Python keeps its packages."""
    folders = sorted(python.parent.parent.glob("lib/python3*/site-packages"))
    return folders[-1] if folders else None


def _candidates(top: str) -> tuple[str, ...]:
    return (*PROVIDERS.get(top, ()), *_MORE.get(top, ()), normalise(top))


def _dotted(module: str) -> str | None:
    for pattern, dist in _DOTTED:
        if (match := pattern.match(module)) is not None:
            return match.expand(dist)
    return None


@lru_cache(maxsize=4096)
def _modules_of(name: str, site: Path | None) -> frozenset[str]:
    """The top-level modules of a distribution that is installed; empty where it is not."""
    for path in (site,) if site else ():
        for found in metadata.distributions(name=name, path=[str(path)]):
            tops = {file.parts[0].removesuffix(".py") for file in found.files or () if file.suffix in (".py", ".so")}
            return frozenset(tops)
    return frozenset()
