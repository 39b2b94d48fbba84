"""What a text says about where something is: `temporal:7233`, `http://api:8000/x`, `postgresql://u:p@db/app`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  # compared with, never bound
_PORTS: Mapping[str, int] = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "postgresql": 5432,
    "postgres": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "redis": 6379,
    "rediss": 6379,
    "valkey": 6379,
    "amqp": 5672,
    "amqps": 5671,
    "pyamqp": 5672,
    "mongodb": 27017,
    "nats": 4222,
    "smtp": 25,
    "kafka": 9092,
}
_URL = re.compile(
    r"([a-z][a-z0-9]*)(\+[a-z0-9_]+)?://(?:[^@/?#\s]*@)?(\[[^\]]+\]|[^:/?#\s,@]*)(?::(\d+))?(?=[/?#,]|$)", re.IGNORECASE
)
_PAIR = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*):(\d{2,5})")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*|\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Target:
    """A host with a port (None: not said and not known); `scheme` without driver, empty where there is none."""

    host: str
    port: int | None
    scheme: str = ""
    driver: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is the container itself."""
        return self.host in LOCAL

    def __str__(self) -> str:
        """Without user and password: those are nobody's business."""
        scheme = f"{self.scheme}://" if self.scheme else ""
        return f"{scheme}{self.host}{f':{self.port}' if self.port else ''}"


def target_of(text: str) -> Target | None:
    """The target of a whole text; None where it names none, several, or is put together from unknown parts."""
    text = text.strip()
    found = _URL.match(text)
    if found:
        return None if "," in text else _of_url(found)
    pair = _PAIR.fullmatch(text)
    return Target(pair[1].lower(), int(pair[2])) if pair else None


def _of_url(found: re.Match[str]) -> Target | None:
    scheme, host = found[1].lower(), found[3].strip("[]").lower()
    if not host or re.search(r"[{}$%<>()]", host):
        return None
    port = int(found[4]) if found[4] else _PORTS.get(scheme)
    return Target(host, port, scheme, (found[2] or "").lstrip("+").lower())


def host_of(text: str) -> str | None:
    """A text that is nothing but a host name."""
    return text.lower() if _WORD.fullmatch(text) else None
