"""Secrets: what is no base64, and what nobody has filled in yet."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from checks.deploy.kubernetes.documents import Document
from checks.deploy.kubernetes.unit import Unit, doubt, fault
from checks.deploy.kubernetes.values import is_open, mapping
from checks.model import Diagnostic

_UNFILLED = re.compile(
    r"change[-_ ](me|this|it)\b|(?-i:CHANGE(ME|THIS|IT))\b|replace[-_ ]?(me|this|with)"
    r"|\byour[-_ ]?[\w -]*(here|key|token|secret|password|value)\b"
    r"|^<[^<>]+>$|^x{3,}$|[-_/=:]x{4,}\b|^\.\.\.$|\bplaceholder\b|^to-?do$"
    r"|^(insert|put|fill|set|enter)[-_ ].*(here|me|in)$"
    r"|^(sk|xoxb|pk)[-_]+(\.{3}|x{3,}|your.*)$",
    re.IGNORECASE,
)
# Works as it is, in samples that are made to be tried out.
_WEAK = re.compile(r"change(me|this|it)\d*", re.IGNORECASE)
_EXAMPLE = re.compile(r"example|sample|template|dist\b", re.IGNORECASE)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything about the Secrets of the unit."""
    for secret in unit.of_kind("Secret"):
        unfilled: list[tuple[str, str]] = []
        for section in ("data", "stringData"):
            for key, value in mapping(secret.content, section).items():
                if isinstance(value, str) and not is_open(value):
                    if _is_unfilled(section, value):
                        unfilled.append((section, key))
                    else:
                        yield from _value(secret, section, key, value)
        if unfilled:
            yield _not_filled(secret, unfilled)


def _is_unfilled(section: str, value: str) -> bool:
    plain = _decoded(value) if section == "data" else value
    return plain is not None and _UNFILLED.search(plain.strip()) is not None


def _not_filled(secret: Document, unfilled: list[tuple[str, str]]) -> Diagnostic:
    """One finding for a Secret, at the first key that nobody has filled in."""
    names = [f"`{key}`" for _, key in unfilled]
    shown = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    state = "is" if len(names) == 1 else "are"
    message = f"{shown} of Secret `{secret.name}` {state} not filled in: applying this puts it over what is in use"
    hint = "keep the Secret out of what is applied, and make it with `kubectl create secret`"
    make = doubt if _EXAMPLE.search(PurePosixPath(secret.place.file).name) else fault
    return make("unfilled-secret", secret, unfilled[0], message, hint)


def _value(secret: Document, section: str, key: str, value: str) -> Iterator[Diagnostic]:
    where = (section, key)
    if section == "data":
        decoded = _decoded(value)
        if decoded is None:
            message = f"`{key}` of Secret `{secret.name}` is no base64: the API refuses it"
            yield fault(
                "base64", secret, where, message, "write it under `stringData`, or `printf %s VALUE | base64 -w0`"
            )
            return
        if decoded.endswith("\n") and decoded.count("\n") == 1 and len(decoded) < 200:
            message = f"`{key}` of Secret `{secret.name}` ends in a line break, which becomes part of the secret"
            yield doubt("base64-newline", secret, where, message, "printf %s VALUE | base64 -w0")
        value = decoded
    if _WEAK.fullmatch(value.strip()):
        message = f"`{key}` of Secret `{secret.name}` works, and is the first thing that anybody tries"
        yield doubt("unfilled-secret", secret, where, message, "make the Secret with `kubectl create secret`")


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
