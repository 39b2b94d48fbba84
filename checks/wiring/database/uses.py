"""What a project does with databases, as far as its files say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from checks.wiring.system import System

URL = re.compile(
    r"""(?P<scheme>postgres(?:ql)?(?:\+\w+)?)://
        (?:(?P<user>[^\s:@/'"{}]+)?(?::[^\s@/'"]*)?@)?(?P<host>[^\s:/'"?@]*)(?::[^\s/'"]*)?
        (?:/(?P<database>[\w-]+))?""",
    re.VERBOSE,
)
_IMAGE = re.compile(
    r"(?:image|FROM)[\"']?:?[ ]*[\"']?(?:[\w.-]+(?::\d+)?/)*"
    r"(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?|alpine-postgres)"
    r"(?::(?P<tag>[\w.-]+))?[\"']?\s*$",
    re.MULTILINE,
)
_DRIVER = re.compile(r"^\s*[\"']?(?P<name>asyncpg|psycopg2?)\b", re.MULTILINE | re.IGNORECASE)
_OTHER_SERVER = re.compile(r"\b(?:mysql|mariadb|oracle|mssql)(?:\+\w+)?://|image:\s*[\"']?(?:mysql|mariadb)\b")
_EXTENSION = re.compile(r"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\\?[\"']?([\w-]+)", re.IGNORECASE)
_LARGEST = 512 * 1024
_TEXTS = (".py", ".yaml", ".yml", ".toml", ".txt", ".ini", ".cfg", ".env", ".sql", ".tpl", ".example")
_DECLARING = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|Pipfile|[\w-]*requirements[\w-]*\.txt|requirements/.*)$"
)
EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env")


def in_tests(file: str) -> bool:
    """Whether a file is for tests."""
    *folders, name = file.split("/")
    return (
        any(folder in ("tests", "test", "testing") for folder in folders)
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


@dataclass(frozen=True, slots=True)
class Url:
    """A PostgreSQL URL that the project names."""

    scheme: str
    user: str | None
    host: str
    database: str | None


@dataclass(eq=False)
class Uses:
    """Read late and once; tests do not count."""

    system: System
    _texts: dict[str, str] = field(default_factory=dict)

    def text(self, file: str) -> str:
        """What a file holds; empty where it is too large or cannot be read."""
        if file not in self._texts:
            self._texts[file] = _read(self.system.root / file)
        return self._texts[file]

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files that say something: not tests."""
        named = [file for file in self.system.files if file.endswith((*_TEXTS, "Dockerfile")) and not in_tests(file)]
        examples = [name for name in EXAMPLES if (self.system.root / name).is_file()]
        return tuple(dict.fromkeys([*named, *examples]))

    @cached_property
    def urls(self) -> tuple[Url, ...]:
        """Every PostgreSQL URL in code and deployments; `.md` says many things."""
        found = []
        for file in self.files:
            for match in URL.finditer(self.text(file)):
                found.append(Url(match["scheme"], match["user"], match["host"], match["database"]))
        for deployment in self.system.deployments:
            for unit in deployment.units:
                values = [each.value for each in unit.variables.values() if each.value]
                for match in filter(None, map(URL.match, values)):
                    found.insert(0, Url(match["scheme"], match["user"], match["host"], match["database"]))
        return tuple(found)

    @cached_property
    def drivers(self) -> frozenset[str]:
        """The drivers that the project declares."""
        declared = "\n".join(self.text(file) for file in self.files if _DECLARING.search(file))
        named = re.findall(r"\b(asyncpg|psycopg2?)(?:-binary)?\b", declared.lower())
        return frozenset(named)

    @cached_property
    def kind(self) -> str | None:
        """`postgresql`, `sqlite`, or None where it is neither."""
        if self.urls or self.drivers or self.major is not None or self._names_image():
            return "postgresql"
        if any(_OTHER_SERVER.search(self.text(file)) for file in self.files):
            return None
        return "sqlite"

    def _names_image(self) -> bool:
        return any(_IMAGE.search(self.text(file)) for file in self._deploying())

    def _deploying(self) -> Iterator[str]:
        return (file for file in self.files if file.endswith((".yaml", ".yml")) or "Dockerfile" in file)

    @cached_property
    def major(self) -> int | None:
        """The version of PostgreSQL that is deployed."""
        tags = [match["tag"] or "" for file in self._deploying() for match in _IMAGE.finditer(self.text(file))]
        numbers = [re.match(r"(?:pg)?(\d{2})\b|.*-pg(\d{2})\b", tag) for tag in tags]
        return max((int(found[1] or found[2]) for found in numbers if found), default=None)

    @cached_property
    def scheme(self) -> str:
        """How its URLs begin."""
        most = Counter(url.scheme for url in self.urls if "+" in url.scheme) or Counter(u.scheme for u in self.urls)
        if most:
            return most.most_common(1)[0][0]
        only = {"asyncpg": "+asyncpg", "psycopg": "+psycopg"}
        return "postgresql" + next((tail for name, tail in only.items() if self.drivers == {name}), "")

    @cached_property
    def user(self) -> str:
        """The role that it connects as, where that is known."""
        return next((url.user for url in self.urls if url.user and "$" not in url.user), "app")

    @cached_property
    def database(self) -> str:
        """The database's name, where that is known."""
        names = [url.database for url in self.urls if url.database and not url.database.startswith("test")]
        return next((name for name in names if name not in ("postgres", "template1", "template0")), "app")

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The extensions that it creates."""
        return frozenset(match[1] for file in self.files for match in _EXTENSION.finditer(self.text(file)))

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Every role that a deployment or URL names."""
        named = [url.user for url in self.urls if url.user and re.fullmatch(r"[\w-]+", url.user)]
        values = [value for name, value in self.example.items() if re.search(r"(?:POSTGRES|DB|PG)_?USER", name)]
        for file in self._deploying():
            values += re.findall(r"POSTGRES_USER[\"']?\s*[:=]\s*[\"']?([\w-]+)", self.text(file))
        return tuple(dict.fromkeys([self.user, *named, *filter(None, values)]))

    @cached_property
    def example(self) -> Mapping[str, str]:
        """What the example of the environment sets."""
        found: dict[str, str] = {}
        for name in EXAMPLES:
            found.update(read_env(self.text(name)) if name in self.files else {})
        return found

    def python(self, needles: Sequence[str]) -> Iterator[str]:
        """The Python files, without tests, that hold one of `needles`."""
        for file in self.files:
            if file.endswith(".py") and any(needle in self.text(file) for needle in needles):
                yield file

    def says(self, pattern: str) -> bool:
        """Whether any file holds a match."""
        return any(re.search(pattern, self.text(file)) for file in self.files)


def read_env(text: str) -> dict[str, str]:
    """The assignments of an env file."""
    pairs = re.findall(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return {name: _bare(value) for name, value in pairs}


def _bare(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return re.split(r"\s+#", value, maxsplit=1)[0]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
