"""From the words of uv or pip to what is wrong, or to why the registry could not be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.install.mistaken import meant
from checks.install.model import Asked
from checks.install.rules import found
from checks.model import Diagnostic, Place
from checks.raw.requirements import normalise

_UNREACHED = re.compile(
    r"dns error|tcp connect error|error sending request|client error \(connect\)|connection (?:refused|reset|aborted)|"
    r"network is unreachable|name or service not known|temporary failure in name resolution|timed out|"
    r"failed to establish a new connection|certificate verify failed|invalid peer certificate|proxyerror|"
    r"cannot connect to proxy|network was disabled|http status (?:server|client) error|"
    r"\b50[0234] (?:bad|service|gateway|internal)|40[13] (?:unauthorized|forbidden)|could not fetch url|"
    r"no route to host|not found in the cache|newconnectionerror|maxretryerror",
    re.IGNORECASE,
)
_NAME = r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?"
_UNKNOWN = re.compile(rf"{_NAME} was not found in the package registry|there are no versions of {_NAME}")
_PIP_UNKNOWN = re.compile(rf"requirement {_NAME}[^(\n]*\(from versions: none\)")
_NO_VERSION = re.compile(rf"there is no version of {_NAME}|only {_NAME}\s*[<>=!][^;]*? (?:is|are) available")
_PIP_NO_VERSION = re.compile(rf"requirement {_NAME}([^(\n]*)\(from versions: ([^)]*)\)")
_REQUIRED = re.compile(rf"you require {_NAME}")
_PYTHON = re.compile(
    r"requested Python version|Python ABI tag|requires a different Python|Requires-Python", re.IGNORECASE
)
_WHEELS = re.compile(rf"{_NAME}\S* ha(?:s|ve) no (?:usable )?wheels")
_ALONE = re.compile(r"Cannot install (?:(?! and |, ).)+ because these package versions have conflicting")
_BUILD = re.compile(r"failed to (?:build|download and build)|build (?:backend )?failed|failed-wheel-build|"
                    r"metadata-generation-failed", re.IGNORECASE)  # fmt: skip
_YANKED = re.compile(r"warning: `([^`=]+)==([^`]+)` is yanked(?: \(reason: \"?(.*?)\"?\))?$", re.MULTILINE)
_EXTRA = re.compile(r"warning: The package `([^`=]+)==[^`]*` does not have an extra named `([^`]+)`")
_LONGEST = 420


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a set cannot be resolved: the last part of the rule, the requirements at fault, and what is to be said.

    `about_python` is true where another Python version may mend it, `about_wheels` where a build may.
    """

    rule: str
    names: tuple[str, ...]
    message: str
    hint: str | None = None
    about_python: bool = False
    about_wheels: bool = False


def unreached(words: str) -> str | None:
    """Why the registry could not be asked; None where it answered."""
    if not _UNREACHED.search(words):
        return None
    pip = re.search(r"Failed to establish a new connection: (?:\[[^\]]*\] )?([\w ]+)", words)
    if pip is not None:
        return pip[1].strip().lower()
    lines = [line.strip().removeprefix("cause: ") for line in words.splitlines() if _UNREACHED.search(line)]
    return re.sub(r"://[^/@\s]*@", "://", lines[-1])[:200]


def reason_of(words: str, asked: Sequence[Asked]) -> Reason:
    """What the program says is wrong."""
    text = re.sub(r"\s+", " ", re.sub(r"^\s*cause: ", "", _without_warnings(words), flags=re.MULTILINE))
    ours = {each.name for each in asked if each.name}
    alone = _ALONE.search(text)
    named = re.search(r"conflict is caused by: ([\w.-]+) \S+ depends on", text) if alone else None
    names = (normalise(named[1]),) if named is not None else _required(text, ours)
    return (
        _unknown(text, ours)
        or _wheels(text)
        or _no_version(text, ours)
        or Reason("conflict", names, _shortened(text), None, bool(_PYTHON.search(text)), _is_build(text))
    )


def notes(words: str, asked: Sequence[Asked]) -> Iterator[Diagnostic]:
    """What was resolved and is still worth a word."""
    for name, version, why in _YANKED.findall(words):
        if place := place_of((normalise(name),), asked):
            yield found("yanked", place, f"`{name}` {version} has been withdrawn" + (f": {why}" if why else ""))
    for name, extra in _EXTRA.findall(words):
        if place := place_of((normalise(name),), asked):
            yield found("unknown-extra", place, f"`{name}` has no extra `{extra}`: installers ignore it")


def place_of(names: Sequence[str], asked: Sequence[Asked]) -> Place | None:
    """Where the last of these names was asked for."""
    places = {each.name: each.place for each in asked if each.name}
    return next((places[name] for name in reversed(names) if name in places), None)


def _is_build(text: str) -> bool:
    """Whether a build may help; what pip calls a conflict of one requirement with itself is a want of wheels."""
    return bool(_BUILD.search(text) or _ALONE.search(text))


def _without_warnings(words: str) -> str:
    lines = words.splitlines()
    return "\n".join(line for line in lines if not re.match(r"\s*(warning|hint|Using|Resolved|WARNING)\b", line))


def _unknown(text: str, ours: set[str]) -> Reason | None:
    names = [normalise(next(filter(None, match))) for match in _UNKNOWN.findall(text)]
    names = names or [normalise(name) for name in _PIP_UNKNOWN.findall(text)]
    if not names:
        return None
    name = next((each for each in names if each in ours), names[0])
    if name in ours:
        return Reason("unknown-package", (name,), f"the registry has no distribution `{name}`", meant(name))
    message = f"`{name}`, which something that is asked for needs, is not in the registry: {_shortened(text)}"
    return Reason("conflict", _required(text, ours), message)


def _no_version(text: str, ours: set[str]) -> Reason | None:
    if not text.count("we can conclude") > 1:  # a longer chain is a conflict between requirements
        for match in _NO_VERSION.findall(text):
            name = normalise(next(filter(None, match)))
            if name in ours:
                only = re.search(rf"only ({re.escape(name)}\s*[<>=!][^;]*?) (?:is|are) available", text)
                message = f"no version of `{name}` satisfies what is asked"
                message += f": only `{only[1]}` is available" if only else ""
                return Reason("no-such-version", (name,), message)
    pip = _PIP_NO_VERSION.search(text)
    if pip is not None and normalise(pip[1]) in ours:
        versions = ", ".join(pip[3].split(", ")[-3:])
        message = f"no version of `{pip[1]}` satisfies `{pip[2].strip()}`; the newest are {versions}"
        return Reason("no-such-version", (normalise(pip[1]),), message, None, True, True)
    return None


def _wheels(text: str) -> Reason | None:
    match = _WHEELS.search(text)
    if match is None:
        return None
    names = tuple(normalise(name) for name in _REQUIRED.findall(text)) or (normalise(match[1].split("==")[0]),)
    return Reason("conflict", names, _shortened(text), None, bool(_PYTHON.search(text)), True)


def _required(text: str, ours: set[str]) -> tuple[str, ...]:
    """The requirements that the explanation names, the last of them last."""
    said = [normalise(name) for name in _REQUIRED.findall(text)]
    said += [normalise(word) for word in re.findall(rf"(?:and|,) {_NAME}[<>=!~]", text)]
    mentioned = [name for name in dict.fromkeys(said) if name in ours]
    return tuple(mentioned) or tuple(name for name in ours if re.search(rf"\b{re.escape(name)}\b", text))[:3]


def _shortened(text: str) -> str:
    """The explanation without its frame, its end where it is long: that is where it comes to the point."""
    text = re.sub(r"^.*?(?:No solution found[^:]*:|ERROR: )\s*", "", text).strip()
    text = re.sub(r",? we can conclude that your requirements are unsatisfiable", ", nothing satisfies them all", text)
    text = re.sub(r"error: No solution found when resolving dependencies", "", text).strip()
    if len(text) <= _LONGEST:
        return text
    sentences = re.split(r"(?<=\.) (?=And |Because )", text)
    while len(sentences) > 1 and len(" ".join(sentences)) > _LONGEST:
        sentences.pop(0)
    return " ".join(sentences)[-_LONGEST:]
