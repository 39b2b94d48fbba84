"""How Compose reads the texts in its files: durations, sizes, booleans, ports, volumes, commands."""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import Any

_DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w|y)")
_SIZE = re.compile(r"-?\d+(\.\d+)? ?(b|[kmgtp]i?b?)?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?|nan", re.IGNORECASE)
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n"})


def wrong_form(form: str, value: Any) -> str | None:
    """What is wrong with `value` read as `form`, in words; None where nothing is."""
    judge = _FORMS.get(form)
    return judge(value) if judge is not None else None


def _duration(value: Any) -> str | None:
    if not isinstance(value, str) or value == "0":
        return None
    rest, found = value, False
    while match := _DURATION.match(rest):
        rest, found = rest[match.end() :], True
    return None if found and not rest else "is no duration such as `30s` or `1m30s`"


def _size(value: Any) -> str | None:
    if isinstance(value, int) or _SIZE.fullmatch(str(value)) or re.fullmatch(r"0x[0-9a-f]+", str(value)):
        return None
    return "is no size such as `512m` or `1gb`"


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) or str(value).lower() in _BOOLEANS else "is neither `true` nor `false`"


def _integer(value: Any) -> str | None:
    if isinstance(value, int):
        return None
    if isinstance(value, float):
        return None if value.is_integer() else "is no whole number"
    return None if re.fullmatch(r"[-+]?(\d+|0x[0-9a-fA-F]+|0o[0-7]+)", value) else "is no whole number"


def _number(value: Any) -> str | None:
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return None
    return "is no number"


def _command(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        shlex.split(value)
    except ValueError:
        return "has a quote that is never closed"
    return None


def _host(value: Any) -> str | None:
    if isinstance(value, str) and not re.search(r"[:=]", value):
        return "has no address: write `name:address`"
    return None


def _health_test(value: Any) -> str | None:
    if isinstance(value, list) and value and value[0] not in ("CMD", "CMD-SHELL", "NONE"):
        return 'must start with "CMD", "CMD-SHELL" or "NONE"'
    return None


def _device(value: Any) -> str | None:
    if isinstance(value, str) and value.count(":") > 2:
        return "has more than three parts"
    return None


def _volume(value: Any) -> str | None:
    parts = split_volume(str(value))
    if str(value) and len(str(value)) > 2 and any(not part for part in parts):
        return "has an empty part between colons"
    return "has more than three parts" if len(parts) > 3 and len(parts[0]) > 1 else None


def split_volume(spec: str) -> list[str]:
    """The parts of a short volume; a single letter before a colon is a Windows drive, as Compose has it."""
    parts = spec.split(":")
    joined: list[str] = []
    while parts:
        part = parts.pop(0)
        if len(part) == 1 and part.isalpha() and parts and parts[0][:1] in ("/", "\\"):
            part = f"{part}:{parts.pop(0)}"
        joined.append(part)
    return joined


def _port(value: Any) -> str | None:
    if isinstance(value, float):
        return "is no port"
    try:
        expand_port(str(value))
    except ValueError as error:
        return str(error)
    return None


def expand_port(spec: str) -> list[dict[str, Any]]:
    """A short port in its long form, ranges written out; raises ValueError with what is wrong with it."""
    rest, slash, protocol = spec.partition("/")
    if slash and protocol.lower() not in ("tcp", "udp", "sctp"):
        raise ValueError("has an unknown protocol: tcp, udp and sctp are known")
    head, _, container = rest.rpartition(":")
    address, published = _address_and_published(head)
    targets = _range(container, "container")
    if not targets:
        raise ValueError("names no container port")
    if targets[0] == 0:
        raise ValueError("has 0 for its container port")
    hosts = _range(published, "host")
    if hosts and len(targets) != len(hosts) and len(targets) > 1:
        raise ValueError("has ranges of different length")
    common: dict[str, Any] = {"mode": "ingress", "protocol": (protocol or "tcp").lower()}
    if address:
        common["host_ip"] = address
    if len(targets) == 1 and len(hosts) > 1:
        return [{**common, "target": targets[0], "published": published}]
    return [
        {**common, "target": target, **({"published": str(hosts[index])} if hosts else {})}
        for index, target in enumerate(targets)
    ]


def _address_and_published(head: str) -> tuple[str, str]:
    address, _, published = head.rpartition(":")
    address = address.strip("[]")
    if address:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"has `{address}` where an IP address must stand") from None
    return address, published


def _range(text: str, side: str) -> list[int]:
    if not text:
        return []
    first, dash, last = text.partition("-")
    numbers = [first, last] if dash else [first]
    if not all(number.isdecimal() and int(number) <= 65535 for number in numbers):
        raise ValueError(f"has a {side} port that is no number from 0 to 65535")
    start, end = int(numbers[0]), int(numbers[-1])
    if end < start:
        raise ValueError(f"has a {side} range that ends before it starts")
    return list(range(start, end + 1))


_FORMS = {
    "duration": _duration,
    "size": _size,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "command": _command,
    "host": _host,
    "health test": _health_test,
    "device": _device,
    "volume": _volume,
    "port": _port,
}
