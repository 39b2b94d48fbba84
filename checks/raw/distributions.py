"""Which distribution provides which module, as far as it is known, and what a distribution surely brings along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from checks.raw.requirements import Requirement, normalise


class Provision(Enum):
    """Whether the declared dependencies provide a module."""

    DECLARED = "declared"
    PERHAPS = "perhaps"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer, and for `PERHAPS` the dependency that may bring the module."""

    provision: Provision
    through: str | None = None


PROVIDERS: dict[str, tuple[str, ...]] = {
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "Crypto": ("pycryptodome", "pycrypto"),
    "MySQLdb": ("mysqlclient",),
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cv2": ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "dateutil": ("python-dateutil",),
    "discord": ("discord-py", "py-cord"),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "github": ("pygithub",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "ldap": ("python-ldap",),
    "magic": ("python-magic",),
    "multipart": ("python-multipart",),
    "mysql": ("mysql-connector-python",),
    "nacl": ("pynacl",),
    "pkg_resources": ("setuptools",),
    "pptx": ("python-pptx",),
    "psycopg": ("psycopg", "psycopg-binary"),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "redis": ("redis",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slack_sdk": ("slack-sdk",),
    "slugify": ("python-slugify",),
    "socks": ("pysocks",),
    "telegram": ("python-telegram-bot",),
    "usb": ("pyusb",),
    "win32com": ("pywin32",),
    "wx": ("wxpython",),
    "yaml": ("pyyaml", "ruamel-yaml-pyyaml"),
    "zmq": ("pyzmq",),
}
"""Modules whose distribution has another name."""

NAMESPACES: dict[str, tuple[str, ...]] = {
    "google": ("google-", "protobuf", "googleapis-", "grpcio-"),
    "googleapiclient": ("google-api-python-client",),
    "azure": ("azure-",),
    "opentelemetry": ("opentelemetry-",),
    "grpc": ("grpcio", "google-cloud-"),
    "ruamel": ("ruamel",),
    "zope": ("zope-",),
    "backports": ("backports-",),
    "sphinxcontrib": ("sphinxcontrib-",),
    "mpl_toolkits": ("matplotlib",),
    "raw": ("raw",),
}
"""Modules that several distributions fill; a declared name that starts so provides them."""

_HTTPX = "httpx httpcore h11 anyio idna certifi sniffio typing_extensions exceptiongroup"
_PYDANTIC = "pydantic pydantic_core annotated_types typing_extensions typing_inspection"
_REQUESTS = "requests urllib3 certifi idna charset_normalizer chardet"
_AWS = "boto3 botocore s3transfer jmespath dateutil six urllib3"
_PANDAS = "pandas numpy dateutil pytz tzdata six"
BRINGS: dict[str, frozenset[str]] = {
    name: frozenset(modules.split())
    for name, modules in {
        "aiohttp": "aiohttp yarl multidict aiosignal frozenlist attr attrs async_timeout aiohappyeyeballs idna",
        "aiofiles": "aiofiles",
        "alembic": "alembic sqlalchemy mako markupsafe typing_extensions greenlet",
        "anthropic": f"anthropic distro jiter docstring_parser {_HTTPX} {_PYDANTIC}",
        "anyio": "anyio idna sniffio typing_extensions exceptiongroup",
        "beautifulsoup4": "bs4 soupsieve typing_extensions",
        "boto3": _AWS,
        "botocore": _AWS.replace("boto3 ", ""),
        "click": "click colorama",
        "email-validator": "email_validator dns idna",
        "fastapi": f"fastapi starlette anyio idna sniffio annotated_doc {_PYDANTIC}",
        "feedparser": "feedparser sgmllib",
        "httpx": _HTTPX,
        "jinja2": "jinja2 markupsafe",
        "jsonschema": "jsonschema attr attrs referencing rpds jsonschema_specifications typing_extensions",
        "loguru": "loguru",
        "lxml": "lxml",
        "markdown": "markdown",
        "numpy": "numpy",
        "openai": f"openai distro jiter tqdm {_HTTPX} {_PYDANTIC}",
        "openpyxl": "openpyxl et_xmlfile",
        "orjson": "orjson",
        "pandas": _PANDAS,
        "phonenumbers": "phonenumbers",
        "pillow": "PIL",
        "psutil": "psutil",
        "psycopg": "psycopg typing_extensions tzdata",
        "psycopg2-binary": "psycopg2",
        "pydantic": _PYDANTIC,
        "pydantic-settings": f"pydantic_settings dotenv {_PYDANTIC}",
        "pyjwt": "jwt typing_extensions",
        "pypdf": "pypdf typing_extensions",
        "pytest": "pytest _pytest pluggy iniconfig packaging pygments",
        "python-dateutil": "dateutil six",
        "python-docx": "docx lxml typing_extensions",
        "python-dotenv": "dotenv",
        "python-multipart": "multipart python_multipart",
        "python-slugify": "slugify text_unidecode",
        "pytz": "pytz",
        "pyyaml": "yaml _yaml",
        "redis": "redis async_timeout",
        "requests": _REQUESTS,
        "reportlab": "reportlab PIL charset_normalizer",
        "rich": "rich markdown_it mdurl pygments typing_extensions",
        "scikit-learn": "sklearn numpy scipy joblib threadpoolctl",
        "scipy": "scipy numpy",
        "six": "six",
        "sqlalchemy": "sqlalchemy greenlet typing_extensions",
        "stripe": f"stripe typing_extensions {_REQUESTS}",
        "structlog": "structlog typing_extensions",
        "temporalio": "temporalio google nexusrpc typing_extensions dateutil six",
        "tenacity": "tenacity",
        "toml": "toml",
        "tomli": "tomli",
        "tqdm": "tqdm colorama",
        "twilio": f"twilio jwt aiohttp aiohttp_retry yarl multidict {_REQUESTS}",
        "typer": "typer click shellingham rich typing_extensions pygments markdown_it",
        "typing-extensions": "typing_extensions",
        "tzdata": "tzdata",
        "urllib3": "urllib3",
        "uvicorn": "uvicorn click h11 typing_extensions",
        "websockets": "websockets",
    }.items()
}
"""Every module that installing a distribution, without extras, can make importable."""

EXTRAS: dict[str, frozenset[str]] = {
    name: frozenset(modules.split())
    for name, modules in {
        "httpx[http2]": "h2 hpack hyperframe",
        "psycopg[binary]": "psycopg_binary",
        "psycopg[c]": "psycopg_c",
        "psycopg[pool]": "psycopg_pool",
        "pydantic[email]": "email_validator dns",
        "redis[hiredis]": "hiredis",
        "sqlalchemy[asyncio]": "",
        "uvicorn[standard]": "httptools uvloop watchfiles websockets dotenv yaml",
    }.items()
}
"""What single extras of those bring besides."""

RUNTIME_BRINGS = frozenset((*_PYDANTIC.split(), "rich", "tenacity"))
"""What RAW's own runtime needs, so that it is there wherever a workflow runs."""

_AFFIXES = frozenset(("python", "py", "lib", "sdk", "client", "api", "binary", "core", "python3", "headless"))


@lru_cache(maxsize=4096)
def judge(module: str, declared: tuple[Requirement, ...]) -> Judgement:
    """Whether the declared dependencies provide the top-level `module`."""
    names = [requirement.name for requirement in declared]
    if any(_provides(name, module) for name in names):
        return Judgement(Provision.DECLARED)
    for requirement in declared:
        if _may_bring(requirement, module):
            return Judgement(Provision.PERHAPS, requirement.name)
    return Judgement(Provision.NO)


def distribution_of(module: str) -> str | None:
    """The name under which a registry knows the module, where it is known."""
    if module in PROVIDERS:
        return PROVIDERS[module][0]
    return module.replace("_", "-") if normalise(module) in BRINGS else None


def _provides(name: str, module: str) -> bool:
    if name in PROVIDERS.get(module, ()) or name == normalise(module):
        return True
    if any(name.startswith(prefix) for prefix in NAMESPACES.get(module, ())):
        return True
    return _core(name.split("-")) == module.lower().replace("_", "")


def _core(words: Iterable[str]) -> str:
    """A name without the words that distributions add to the module's (`python-x`, `x-sdk`)."""
    words = [word for word in words if word]
    return "".join(word for word in words if word not in _AFFIXES) or "".join(words)


def _may_bring(requirement: Requirement, module: str) -> bool:
    brought = BRINGS.get(requirement.name)
    extras = [EXTRAS.get(f"{requirement.name}[{extra}]") for extra in requirement.extras]
    if brought is None or None in extras or _akin(requirement.name, module):
        return True
    return module in brought or any(extra is not None and module in extra for extra in extras)


def _akin(name: str, module: str) -> bool:
    short, long = sorted((name.replace("-", ""), module.lower().replace("_", "")), key=len)
    return len(short) >= 4 and long.startswith(short)
