"""What a walk through a program notes: variables that are read, those that stop it, and what it serves."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum

from checks.model import Place
from checks.temporal.scopes import Definition, Scope
from checks.wiring.code.relevance import LOCAL_SERVERS
from checks.wiring.code.worlds import Value

_DEFAULT_PORTS = {"uvicorn.run": 8000, "uvicorn.Config": 8000, "uvicorn.main.run": 8000, "flask.Flask.run": 5000}


@dataclass(frozen=True, slots=True)
class Need:
    """A variable that stops a program as the environment is. `why`: `unset`, `empty` or `refused`, `detail` says how.

    `sure` is false where only a run would tell whether the program gets there.
    """

    name: str
    why: str
    place: Place
    sure: bool
    value: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A reading of a variable; `default` is what serves where it is not set, None where that is nothing or unknown."""

    name: str
    place: Place
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """A call that serves; `host` and `port` are None where it does not say, and UNKNOWN where only a run would tell."""

    server: str
    host: Value
    port: Value
    app: ast.expr | None
    scope: Scope
    place: Place

    @property
    def default_port(self) -> int | None:
        """What the server listens on where nothing is said."""
        return 8080 if self.server in ("aiohttp.web.run_app", "waitress.serve") else _DEFAULT_PORTS.get(self.server)

    @property
    def default_host(self) -> str | None:
        """The address that the server binds where nothing is said."""
        return "127.0.0.1" if self.server in LOCAL_SERVERS else "0.0.0.0"  # noqa: S104 -- what servers bind


@dataclass(frozen=True, slots=True)
class Way:
    """How the walk got here: whether surely, and which exceptions are survived further up."""

    sure: bool = True
    caught: frozenset[str] = frozenset()

    def on(self, further: Way) -> Way:
        """The way that leads on from where this one ends."""
        return Way(self.sure and further.sure, self.caught | further.caught)


@dataclass(frozen=True, slots=True)
class Visit:
    """A function that is called, or a module that is imported; `given` are the values of its parameters.

    `way` leads there from where the calling function begins. `key` is the same for what is given alike;
    `named` where the name of a variable, or the environment, may be among it.
    """

    scope: Scope
    given: Mapping[str, Value]
    way: Way
    key: Hashable = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Something raises `error` for the lack of a variable; `way` leads there from where the function begins."""

    need: Need
    error: str
    way: Way


@dataclass(frozen=True, slots=True)
class Settled:
    """A settings class of which an object is made."""

    definition: Definition


class Mention(Enum):
    """`DOTENV`: an env file is read by the program itself."""

    DOTENV = "dotenv"


Note = Stop | Found | Serving | Visit | Settled | Mention
"""One thing that happens in a function or module. In their order they are all that a walk needs to know of it."""
