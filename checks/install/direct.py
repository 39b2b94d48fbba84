"""Requirements that name an address instead of a registry: repositories and archives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from checks.install.mistaken import RAW_NAME, RAW_REPOSITORY
from checks.install.model import Asked, Origin
from checks.install.resolvers import Answer
from checks.install.rules import found
from checks.model import Diagnostic
from checks.raw.requirements import normalise

RAW_CLOSURE: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("raw", "click", "httpx", "jinja2", "numpy", "pydantic", "pydantic-settings", "pyyaml", "rich", "tenacity"),
    ("raw",),
)
"""What RAW brings along by its own pyproject.toml, where its repository cannot be reached."""
_OTHER_NAME = re.compile(r"metadata name `([^`]+)` does not match given name|metadata has '([^']+)'|"
                         r"inconsistent name: expected '[^']+', but metadata has '([^']+)'")  # fmt: skip
_NO_REFERENCE = re.compile(
    r"couldn't find remote ref|failed to find branch, tag, or commit|did not match any file|"
    r"pathspec|does not contain ref|unknown revision|not our ref",
    re.IGNORECASE,
)
_NO_REPOSITORY = re.compile(r"does not appear to be a git repository|repository '[^']*' (?:not found|does not exist)")


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """What became of one address. `rule` and `message` where something is wrong with it."""

    closure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = False
    unverified: str | None = None
    rule: str | None = None
    message: str = ""
    hint: str | None = None

    def findings(self, asked: Asked) -> list[Diagnostic]:
        """The finding at the place of this requirement."""
        return [found(self.rule, asked.place, self.message, self.hint)] if self.rule else []


def looked_up(asked: Iterable[Asked]) -> list[Asked]:
    """Each address once."""
    direct = (each for each in asked if each.origin in (Origin.GIT, Origin.URL))
    return list({each.text: each for each in direct}.values())


def known_direct(asked: Asked) -> DirectAnswer | None:
    """What is known of an address without asking: RAW's own name."""
    return _other_name(asked, RAW_NAME) if _is_raw(asked) and asked.name not in (None, RAW_NAME) else None


def _is_raw(asked: Asked) -> bool:
    return RAW_REPOSITORY in (asked.target or "").lower()


def judge_direct(asked: Asked, answer: Answer) -> DirectAnswer:
    """What the resolver said of an address."""
    if answer.closure is not None:
        return DirectAnswer(answer.closure, complete=True)
    if (match := _OTHER_NAME.search(answer.words)) is not None:
        return _other_name(asked, next(filter(None, match.groups())))
    if asked.origin is Origin.GIT and (_NO_REFERENCE.search(answer.words) or _NO_REPOSITORY.search(answer.words)):
        what = "repository" if _NO_REPOSITORY.search(answer.words) else "branch, tag or commit"
        return DirectAnswer(rule="git-missing", message=f"`{asked.target}`: there is no such {what}")
    closure = RAW_CLOSURE if _is_raw(asked) else {}
    return DirectAnswer(
        closure, complete=_is_raw(asked), unverified=re.sub(r"://[^/@]*@", "://", asked.target or asked.text)
    )


def _other_name(asked: Asked, name: str) -> DirectAnswer:
    message = f"`{asked.name}` is asked for, and the repository calls itself `{name}`: installers refuse that"
    right = re.sub(r"^[\w.-]+", name, asked.text)
    return DirectAnswer({normalise(name): ()}, rule="git-name", message=message, hint=f"`{right}`")
