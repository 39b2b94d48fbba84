"""The addresses that a service is given: in URLs, in `host:port`, and in pairs such as DB_HOST and DB_PORT."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from checks.deploy.compose.known import SCHEME_PORTS
from checks.deploy.compose.services import Setting, settings, words
from checks.deploy.compose.system import System, remembered

_SCHEMES = (
    r"(?:amqps?|clickhouse|elasticsearch|grpc|https?|kafka|mariadb|memcached?|mongodb|mysql|nats|postgres(?:ql)?|rediss?|"
    r"smtps?|tcp|temporal|valkey|wss?)"
)
_URL = re.compile(
    rf"(?<![\w.+-])(?:jdbc:)?(?P<scheme>{_SCHEMES})(?:\+[\w.]+)*://(?:(?P<user>[^\s:/@?#'\"]*)(?::(?P<password>[^\s/@]*))?@)?"
    r"(?P<host>\[[^\]]*\]|[A-Za-z0-9_](?:[\w.-]*\w)?)?(?::(?P<port>\d+))?(?P<rest>[/?#][^\s'\",]*)?(?=$|[\s'\",;)\]])"
)
_PAIR = re.compile(r"^(?P<host>[A-Za-z][\w.-]*):(?P<port>\d{2,5})$")
# Variables whose value is an address that somebody connects to.
_ADDRESS = re.compile(
    r"(?:^|_)(ADDR|ADDRESS|ADDRESSES|BROKERS?|BOOTSTRAP_SERVERS?|ENDPOINTS?|HOSTPORT|HOST_PORT|HOST|SERVERS?|TARGET|"
    r"UPSTREAM|URL|URI|NODES?)$"
)
_HOST = re.compile(r"(?:^|_|^PG)(HOST|HOSTNAME|SERVER|SEEDS)$")
_NO_HOST = re.compile(
    r"^(HOST|HOSTNAME|SERVER)$|BIND|LISTEN|ALLOWED|VIRTUAL|PUBLIC|EXTERNAL|ADVERTISED|DOMAIN|UVICORN_|FLASK_RUN|"
    r"API_HOST$|APP_HOST$|SERVER_HOST$|HTTP_HOST$|WEB_HOST$|N8N_HOST|SERVICE_HOST$|GRADIO|INTERFACE|FRONTEND|TRUSTED",
)
# What these name is asked from a browser, or told to others: not from inside the container.
OUTWARD = re.compile(
    r"NEXT_PUBLIC|^VITE_|REACT_APP|^NUXT|^PUBLIC_|_PUBLIC|PUBLIC_URL|CORS|ORIGIN|ALLOWED|REDIRECT|CALLBACK|ADVERTISED|"
    r"FRONTEND|EXTERNAL|(?<!DATA)BASE_URL|SITE_URL|ROOT_URL|APP_URL|HOSTNAME|DOMAIN|WEBHOOK|NEXTAUTH|BROWSER|LINK|ISSUER|"
    r"SERVER_URL|WEB_URL|UI_URL|CLIENT|HEALTH|LISTENERS|LISTEN|BIND|HOST_URL|PROXY|CONSOLE|DASHBOARD|EXPOSED|PUBLISH",
)
_PLACEHOLDER = re.compile(
    r"^(x+|your[-_].*|my[-_]?host|host(name)?|server|example|change.*|user|placeholder|none|null)$"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An address. `port` None where nothing is said and the scheme has none of its own; `said` where it is written.

    `about` is how people find it: the variable's name, or `command`. `certain` is false where the value may be
    something else than an address. `inside` is true where the container itself is sure to connect to it.
    """

    service: str
    setting: Setting
    host: str
    port: int | None
    said: bool
    scheme: str = ""
    user: str | None = None
    password: str | None = None
    database: str | None = None
    certain: bool = True
    inside: bool = False

    @property
    def outward(self) -> bool:
        """Whether a browser or somebody outside is meant to use it."""
        return not self.inside and OUTWARD.search(self.setting.name) is not None

    @property
    def address(self) -> str:
        """`host:port` as people see it."""
        return f"{self.host}:{self.port}" if self.port and self.said else self.host


@remembered
def references(system: System) -> tuple[Reference, ...]:
    """Every address in the variables and commands of a model."""
    return tuple(_references(system))


def _references(system: System) -> Iterator[Reference]:
    for name in system.services:
        every = settings(system, name)
        for setting in every.values():
            yield from _of_setting(name, setting, every)
        for key in ("command", "entrypoint"):
            file, line = system.places.find(("services", name, key))
            for word in words(system, name, key) or ():
                yield from urls(name, Setting(key, word, file, line), word)


def _of_setting(name: str, setting: Setting, every: Mapping[str, Setting]) -> Iterator[Reference]:
    value = (setting.value or "").strip()
    found = list(urls(name, setting, value))
    yield from found
    if found or "://" in value:
        return
    parts = [match for part in value.split(",") if (match := _PAIR.match(part.strip()))]
    if parts and len(parts) == len(value.split(",")):
        certain = _ADDRESS.search(setting.name) is not None
        for match in parts:
            yield Reference(name, setting, match["host"].lower(), int(match["port"]), True, certain=certain)
    elif _HOST.search(setting.name) and not _NO_HOST.search(setting.name) and re.fullmatch(r"[A-Za-z][\w-]*", value):
        yield _split(name, setting, value, every)


def urls(name: str, setting: Setting, text: str) -> Iterator[Reference]:
    """The addresses in the URLs of a text."""
    for match in _URL.finditer(text):
        host, scheme = (match["host"] or "").lower(), match["scheme"].lower()
        if not host or host.startswith("["):
            continue
        path = re.match(r"/([^/?#\s]*)", match["rest"] or "")
        user = unquote(match["user"]) if match["user"] else None
        password = unquote(match["password"]) if match["password"] else None
        port = int(match["port"]) if match["port"] else SCHEME_PORTS.get(scheme)
        database = path[1] if path else None
        yield Reference(name, setting, host, port, bool(match["port"]), scheme, user, password, database)


def _split(name: str, setting: Setting, host: str, every: Mapping[str, Setting]) -> Reference:
    """A host by itself, with the port and the credentials that stand in variables beside it."""
    prefix = _HOST.sub("", setting.name)
    prefix = "PG" if setting.name == "PGHOST" else f"{prefix}_" if prefix else ""

    def beside(*endings: str) -> str | None:
        values = (every[f"{prefix}{ending}"].value for ending in endings if f"{prefix}{ending}" in every)
        return next(values, None)

    port = beside("PORT") or ""
    if setting.name in ("POSTGRES_SEEDS", "MYSQL_SEEDS") and "DB_PORT" in every:  # Temporal's own way to say it
        port = every["DB_PORT"].value or ""
    number = int(port) if port.isdecimal() else None
    user, password = beside("USER", "USERNAME"), beside("PASSWORD", "PASS", "PWD")
    database = beside("DB", "NAME", "DATABASE", "DBNAME", "DB_NAME")
    return Reference(name, setting, host.lower(), number, number is not None, "", user, password, database)


def is_placeholder(host: str) -> bool:
    """Whether a host only stands for one that somebody fills in."""
    return _PLACEHOLDER.match(host) is not None
