"""The name of a system in all its spellings, and how one name takes another's place."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

LONGEST = 40
"""Names of Kubernetes objects and databases end at 63 characters, and a system's name is only their beginning."""
_FORM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NOT_OURS = frozenset(
    (  # what the systems import without declaring it, what RAW and tests look for, and words with a meaning elsewhere
        *(
            "alembic",
            "anyio",
            "boto3",
            "botocore",
            "certifi",
            "checks",
            "click",
            "conftest",
            "default",
            "google",
            "greenlet",
        ),
        *("httpx", "httpx2", "idna", "mako", "markupsafe", "matplotlib", "moto", "numpy", "pip", "psycopg", "psycopg2"),
        *(
            "pydantic",
            "pydantic_core",
            "pytest",
            "raw",
            "raw_ai",
            "raw_runtime",
            "requests",
            "rich",
            "root",
            "setuptools",
        ),
        *("skillgate", "sqlalchemy", "starlette", "temporal", "temporalio", "tests", "tools", "typing_extensions"),
        *("uvicorn", "wheel", "yaml"),
    )
)


class Name(NamedTuple):
    """One name, kept as words in lower case: every spelling follows from them."""

    words: tuple[str, ...]

    @classmethod
    def read(cls, kebab: str) -> Name:
        """From the spelling that folders and images have: `hiring-process`."""
        return cls(tuple(kebab.split("-")))

    @property
    def kebab(self) -> str:
        """`hiring-process`: folders, images, services, charts, task queues."""
        return "-".join(self.words)

    @property
    def snake(self) -> str:
        """`hiring_process`: packages, modules, databases."""
        return "_".join(self.words)

    @property
    def pascal(self) -> str:
        """`HiringProcess`: classes, workflow types."""
        return "".join(word.capitalize() for word in self.words)

    def spellings(self) -> tuple[str, ...]:
        """All of them, in an order that is the same for every name."""
        text = " ".join(self.words)
        title = " ".join(word.capitalize() for word in self.words)
        camel = self.pascal[0].lower() + self.pascal[1:]
        flat = "".join(self.words)
        return (
            *(self.kebab, self.snake, self.pascal, camel, flat),
            *(text, text.capitalize(), title),
            *(self.kebab.upper(), self.snake.upper(), flat.upper(), text.upper()),
        )


class Renaming(NamedTuple):
    """One name in the place of another, in one pass: a new name may contain the old one."""

    old: Name
    new: Name

    @property
    def spellings(self) -> Mapping[str, str]:
        """Every spelling of the old name, with what takes its place."""
        return dict(zip(self.old.spellings(), self.new.spellings(), strict=True))

    def text(self, text: str) -> str:
        """The text under the new name."""
        table = self.spellings
        longest_first = sorted(table, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda match: table[match[0]], text)


def normalised(text: str) -> str:
    """The nearest name to what somebody called a folder: `Größe_2 (neu)` becomes `grosse-2-neu`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text.replace("ß", "ss"))
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:LONGEST].strip("-")


def problem_with(name: str) -> str | None:
    """Why no system can have this name, whichever the pattern; None where it can."""
    if not _FORM.fullmatch(name):
        near = normalised(name)
        hint = f"; `{near}` would do" if near and near != name else ""
        return f"`{name}` is no name for a system: it takes small letters, digits and single hyphens{hint}"
    if len(name) > LONGEST:
        return f"`{name}` has {len(name)} characters: a system's name has {LONGEST} at most"
    snake = Name.read(name).snake
    if keyword.iskeyword(snake) or keyword.issoftkeyword(snake):
        return f"`{name}` is a word of Python itself, and the system's package could not be imported"
    if snake in sys.stdlib_module_names:
        return f"`{name}` is a module of Python itself, and the system's package would hide it"
    if snake in _NOT_OURS:
        return f"`{name}` is the name of something that the system uses, and the system's package would hide it"
    return None
