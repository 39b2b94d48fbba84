"""What a system consists of: what its code and its deployments offer, and what they ask of each other.

Read once (`checks.wiring.reading`), judged by the families of rules, and drawn by `skillgate graph`. Everything has the
place where somebody wrote it, so that a finding can show both ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from checks.deploy.dockerfile.model import Built
from checks.model import Place


class Role(StrEnum):
    """How long a unit is meant to run."""

    SERVICE = "service"
    JOB = "job"
    SCHEDULE = "schedule"
    INIT = "init"


class Kind(StrEnum):
    """What a command line starts."""

    MODULE = "module"
    """`python -m NAME`."""
    FILE = "file"
    """`python NAME`, or a script started by its path; relative to where it runs."""
    APP = "app"
    """`uvicorn NAME` and its like, NAME as `package.module:attribute`."""
    WORKFLOW = "workflow"
    """`raw run NAME`, or a RAW workflow's `run.py` by its path; NAME is the workflow's id."""
    PROGRAM = "program"
    """Anything else, by the name of its executable: `alembic`, `nginx`, a console script of the project."""


@dataclass(frozen=True, slots=True)
class Started:
    """One program that a command line starts, with the words that it is given.

    `name` as `kind` says. `server` is the program that serves an `APP`; `port` what its options name, None where they
    do not. `workdir` is where the command line itself changes to (`cd api && ...`), None where it does not.
    `argv` is the program's own words, without shell, `exec`, `uv run`, `env X=y` and the like around it; `assigned` are
    those variables. `complete` is false where a part of the words cannot be known (`$(date)`, `"$1"`).
    """

    kind: Kind
    name: str
    arguments: tuple[str, ...]
    argv: tuple[str, ...]
    server: str | None = None
    port: int | None = None
    workdir: str | None = None
    assigned: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that a deployment sets; `value` None where it is set and cannot be known (a Secret)."""

    name: str
    value: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a container is said to listen on."""

    number: int
    name: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Probe:
    """A health probe: HTTP (`path` and `port`), TCP (`port` alone) or a `command`. `purpose`: `readiness`, ..."""

    purpose: str
    place: Place
    path: str | None = None
    port: int | str | None = None
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """A volume on `path` that begins without the files which the image has there.

    `what` is what it is; `sure` is false where somebody may have filled it before.
    """

    path: str
    what: str
    place: Place
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """One container that a deployment runs.

    `name` is the Compose service, or `Deployment/api` (`Deployment/api:sidecar` beside the first container).
    `argv` is what runs: entrypoint and command of the deployment, else of the image; empty where the image is foreign
    and nothing is said. `starts` is what that comes to. `open` is true where variables may be set that cannot be seen
    (an env file made outside, a Secret or ConfigMap that is not here). `mounts` are the folders and files on which
    something is mounted, each with what it is: two units that mount the same share what lies there. `covers` are those
    behind which the image's own files are not seen; `sealed` is true where nothing can be written but on mounts.
    `beside` is the unit whose network it shares, where it has none of its own.
    """

    deployment: str
    name: str
    role: Role
    place: Place
    image: str | None = None
    built: Built | None = None
    argv: tuple[str, ...] = ()
    argv_place: Place | None = None
    starts: tuple[Started, ...] = ()
    workdir: str | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    open: bool = False
    ports: tuple[Port, ...] = ()
    probes: tuple[Probe, ...] = ()
    schedule: str | None = None
    mounts: Mapping[str, str] = field(default_factory=dict)
    covers: tuple[Cover, ...] = ()
    sealed: bool = False
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Host names under which units of one deployment are reached, and the port numbers that they answer on.

    `ports` maps a port of the address to the port (number or name) of the units; None: whatever the units listen on.
    """

    hosts: tuple[str, ...]
    units: tuple[str, ...]
    place: Place
    ports: Mapping[int, int | str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in from outside: an ingress path, or a port published on the machine (`path` None).

    `target` is a host name of an address of the deployment. `exact` where only the path itself is let in, not what lies
    below; `kept` is false where something may change the path on its way.
    """

    host: str | None
    path: str | None
    target: str
    port: int | str | None
    place: Place
    exact: bool = False
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Deployment:
    """One way in which the whole system is run: a set of Compose files, a kustomization, a chart with its values."""

    name: str
    kind: str
    units: tuple[Unit, ...]
    addresses: tuple[Address, ...]
    entries: tuple[Entry, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Read:
    """One place where code reads an environment variable.

    `required`: without it the program stops (`os.environ["X"]`, a settings field without default, an explicit check).
    `default` is what serves where it is not set, None where that is nothing or cannot be known. `filled` is true where
    an empty value is refused as well.
    """

    name: str
    required: bool
    default: str | None
    place: Place
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP route of an app: `methods` in capitals (or `WEBSOCKET`), `path` with its prefixes, `{}` parts kept."""

    methods: tuple[str, ...]
    path: str
    place: Place


@dataclass(frozen=True, slots=True)
class App:
    """An ASGI application: `names` under which a server finds it (`api.main:app`).

    `complete` is false where some of its routes cannot be known.
    """

    names: tuple[str, ...]
    routes: tuple[Route, ...]
    place: Place
    complete: bool = True
