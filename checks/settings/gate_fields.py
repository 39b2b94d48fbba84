"""The value of each key of a gate: from what a config says to a type, noting what is wrong with it."""

from __future__ import annotations

import math
import posixpath
import re

from checks.settings.problems import Problems, shown
from checks.settings.values import Kind, Value, fields

# 23 days, what poll(2) can wait for; nobody waits that long for a gate.
LONGEST_LIMIT_S = 2_000_000
LARGEST_COUNT = 10**9

_NUMBER = r"[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9][0-9_]*"
_COUNT = r"0|[1-9][0-9]*"
_KIND = r"[a-z][a-z0-9_]*"


def limit(value: Value, problems: Problems) -> float | None:
    """`timeout_seconds`: a positive finite number."""
    wrong = f"timeout_seconds {value.described()} is not a positive number of seconds"
    if value.kind is Kind.TEXT and re.fullmatch(_NUMBER, value.text):
        problems.add(value.place, wrong, f"write it without quotes: `timeout_seconds: {value.text}`")
        return None
    number = _number(value)
    if number is None or not (0 < number < math.inf):
        problems.add(value.place, wrong, "for example `timeout_seconds: 60`")
        return None
    if number > LONGEST_LIMIT_S:
        problems.add(value.place, f"timeout_seconds {value.described()} is too long: at most {LONGEST_LIMIT_S}")
        return None
    return number


def command(value: Value, problems: Problems) -> str | None:
    """`command`: a text with something in it."""
    if value.kind is not Kind.TEXT:
        hint = 'write one text, as in a shell: `command: "pytest api/tests/ -v"`'
        problems.add(value.place, f"command must be text, not {value.described()}", hint)
        return None
    if not value.text.strip():
        problems.add(value.place, f"command {shown(value.text)} is empty", 'for example `command: "pytest -q"`')
        return None
    return value.text if _is_passable(value, "command", problems) else None


def floor(value: Value, problems: Problems) -> dict[str, int]:
    """`floor`: the least evidence by kind."""
    counts: dict[str, int] = {}
    for name, (key, item) in (fields(value, "floor", problems, "floor: {tests: 1}") or {}).items():
        if not re.fullmatch(_KIND, name):
            problems.add(key.place, f"{shown(name)} is no kind of evidence", "for example `floor: {tests: 1}`")
        elif (
            item.kind is not Kind.NUMBER
            or not re.fullmatch(_COUNT, item.text)
            or len(item.text) > len(str(LARGEST_COUNT))
        ):
            wrong = f"floor of {shown(name)} must be a whole number from 0 up, not {item.described()}"
            problems.add(item.place, wrong, f"for example `floor: {{{name[:40]}: 1}}`")
        else:
            counts[name] = int(item.text)
    return counts


def environment(value: Value, problems: Problems) -> dict[str, str]:
    """`env`: variables for the command; numbers and truths stand as they are written."""
    variables: dict[str, str] = {}
    for name, (key, item) in (fields(value, "env", problems, "env: {TZ: UTC}") or {}).items():
        if not name or re.search(r"[=\s\x00]", name):
            problems.add(key.place, f"{shown(name)} is no name of a variable", "for example `env: {TZ: UTC}`")
        elif not item.is_scalar():
            wrong = f"env value of {shown(name)} must be text, a number or true or false, not {item.described()}"
            problems.add(item.place, wrong, 'an empty value is `""`' if item.kind is Kind.NULL else None)
        elif _is_passable(item, f"env value of {shown(name)}", problems):
            variables[name] = item.text
    return variables


def workdir(value: Value, problems: Problems) -> str:
    """`workdir`: a folder relative to the project and inside it."""
    if value.kind is not Kind.TEXT or not value.text.strip():
        problems.add(value.place, f"workdir must be a folder, not {value.described()}", "for example `workdir: api`")
        return "."
    if not _is_passable(value, "workdir", problems):
        return "."
    normal = posixpath.normpath(value.text)
    if normal.startswith(("/", "../")) or normal == "..":
        hint = "give it relative to the project, for example `workdir: api`"
        problems.add(value.place, f"workdir {shown(value.text)} is outside of the project", hint)
        return "."
    return normal


def texts(value: Value, what: str, example: str, problems: Problems) -> list[Value]:
    """The texts of a list of names; what is no text is noted and left out."""
    if value.kind is not Kind.LIST:
        problems.add(
            value.place, f"{what} must be a list of gates, not {value.described()}", f"for example `{example}`"
        )
        return []
    # A name such as `on` or `1` is one that YAML reads as something else.
    return [item for item in value.items if _is_name(item, what, problems)]


def _is_name(item: Value, what: str, problems: Problems) -> bool:
    if item.is_scalar():
        return True
    hint = None
    if item.kind is Kind.MAPPING:
        hint = "a gate with a command of its own is defined below `optional`; `default` and `needs` only name gates"
    problems.add(item.place, f"an entry of {what} must be the name of a gate, not {item.described()}", hint)
    return False


def _is_passable(value: Value, what: str, problems: Problems) -> bool:
    """Whether a program can be given this text."""
    odd = next((char for char in value.text if char == "\0" or "\ud800" <= char <= "\udfff"), None)
    if odd:
        problems.add(value.place, f"{what} {shown(value.text)} holds {shown(odd)}, which no program can be given")
    return odd is None


def _number(value: Value) -> float | None:
    if value.kind is not Kind.NUMBER:
        return None
    text = value.text.replace("_", "")
    return float(text) if re.fullmatch(_NUMBER, text) else None
