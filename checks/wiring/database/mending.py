"""Values that settings take, where what a deployment says is refused: other rules tell that, and the trial goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from checks.wiring.model import Read

_FIELD = re.compile(r"^(\S+)\n  .*\[type=(\w+)", re.MULTILINE)
_UNREADABLE = re.compile(r'error parsing value for field "(\w+)"')
_BY_TYPE = {
    "json": "[]", "bool": "true", "int": "1", "float": "1", "decimal": "1", "greater": "100", "less": "1",
    "url": "http://example.com", "uuid": "00000000-0000-0000-0000-000000000001", "date": "2026-01-01",
    "datetime": "2026-01-01T00:00:00", "string_too_short": "example" * 10, "too_short": '["example"]',
    "list": '["example"]', "set": '["example"]', "tuple": '["example"]', "dict": "{}",
}  # fmt: skip
_NUMBERS = re.compile(
    r"(?:^|_)(?:PORT|SIZE|LIMIT|COUNT|SECONDS|MINUTES|HOURS|DAYS|TIMEOUT|RETRIES|ATTEMPTS|WORKERS|INTERVAL|TTL)$"
)
_URLS = re.compile(r"(?:^|_)(?:URL|URI|ENDPOINT|WEBHOOK)$")


def placeholder(name: str) -> str:
    """A value for a variable of which only the name is known."""
    if _NUMBERS.search(name):
        return "1"
    return "http://example.com" if _URLS.search(name) else "example"


def mended(
    environment: Mapping[str, str], events: Iterable[Mapping[str, Any]], reads: Iterable[Read]
) -> dict[str, str]:
    """What to set anew, or (where empty) to take out, so that settings which refused the environment take it."""
    fields: dict[str, str] = {}
    for event in events:
        if event.get("type") in ("SettingsError", "ValidationError"):
            message = str(event.get("message"))
            fields |= dict.fromkeys(_UNREADABLE.findall(message), "json")
            fields |= dict(_FIELD.findall(message))
    with_default = {read.name for read in reads if not read.required}
    changes: dict[str, str] = {}
    for field, kind in fields.items():
        name = _variable(field, environment)
        if name in environment and name in with_default:
            changes[name] = ""
        elif name in environment and environment[name] != _value(kind, name):
            changes[name] = _value(kind, name)
        elif name not in environment and kind == "missing":
            changes[name] = placeholder(name)
    return changes


def _variable(field: str, environment: Mapping[str, str]) -> str:
    """The variable that a field is read from, with whatever prefix."""
    wanted = field.upper()
    ending = [name for name in environment if name.upper().endswith(f"_{wanted}")]
    exact = next((name for name in environment if name.upper() == wanted), None)
    return exact or (ending[0] if len(ending) == 1 else wanted)


def _value(kind: str, name: str) -> str:
    known = (value for start, value in _BY_TYPE.items() if kind == start or kind.startswith(f"{start}_"))
    return next(known, "someone@example.com" if "MAIL" in name.upper() else placeholder(name))
