"""From the text of one requirement to what it asks for: a name, an address, a folder."""

from __future__ import annotations

import re

from checks.install.model import Asked, Origin
from checks.install.rules import found
from checks.model import Diagnostic, Place
from checks.raw.requirements import normalise, parse_requirement

_DIRECT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*@\s*(?P<url>\S+)")
_GIT = re.compile(r"git\+|git://")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_ADDRESS = re.compile(r"(?:git\+)?[a-z][a-z0-9+.-]*://|(?:git|hg|svn|bzr)\+")
_ARCHIVE = re.compile(r".+\.(?:whl|zip|tar\.gz|tar\.bz2|tgz)(?:\[[^\]]*\])?\Z")
_ARROW = re.compile(r"=>|=<|(?<![<>=!~])=(?!=)|>>|<<")


def asked_of(text: str, place: Place) -> Asked | Diagnostic:
    """What a requirement asks for, or what is wrong with its text."""
    plain = text.strip()
    if "${" in plain or "$(" in plain or "{{" in plain:
        return Asked(plain, place, None, Origin.ELSEWHERE)
    if (direct := _DIRECT.match(plain)) is not None:
        return _addressed(plain, direct["url"], normalise(direct["name"]), place)
    if _ADDRESS.match(plain):
        egg = _EGG.search(plain)
        return _addressed(plain, plain, normalise(egg[1]) if egg else None, place)
    if _is_path(plain):
        return Asked(plain, place, None, Origin.PATH, re.sub(r"\[[^\]]*\]\Z", "", plain))
    parsed = parse_requirement(plain)
    if parsed is None:
        return found("bad-requirement", place, f"`{_short(plain)}` is no requirement", _spelling(plain))
    return Asked(plain, place, parsed.name)


def _addressed(text: str, url: str, name: str | None, place: Place) -> Asked:
    if _GIT.match(url):
        return Asked(text, place, name, Origin.GIT, url)
    if url.startswith("file:"):
        path = url.removeprefix("file:").removeprefix("//")
        return Asked(text, place, name, Origin.ELSEWHERE if path.startswith("/") else Origin.PATH, path)
    if url.startswith((".", "/")):
        return Asked(text, place, name, Origin.PATH if url.startswith(".") else Origin.ELSEWHERE, url)
    return Asked(text, place, name, Origin.URL, url)


def _is_path(text: str) -> bool:
    if text.startswith(("./", "../", "/", "~")) or text in (".", "..") or re.match(r"\.\.?\[", text):
        return True
    return bool(_ARCHIVE.match(text)) or ("/" in text.partition(";")[0] and " " not in text)


def _spelling(text: str) -> str | None:
    if _ARROW.search(text):
        return "versions are compared with ==, >=, <=, >, <, != or ~="
    if re.match(r"[\w.-]+\s*[\^]", text):
        return "`^` is Poetry's; write for example `>=1.2,<2`"
    return None


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
