"""What is drawn: the parts of a system and the wires between them, free of any format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.model import Place


class Shape(StrEnum):
    """What a node stands for. The order is that of the columns, from what comes in to what is kept."""

    OUTSIDE = "outside"
    ROUTE = "route"
    SCHEDULE = "schedule"
    SERVICE = "service"
    ORCHESTRATOR = "orchestrator"
    PROCESS = "process"
    WORKER = "worker"
    WORKFLOW = "workflow"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Node:
    """One part. `details` are small lines below the title; `broken` says what is wrong with it, if anything is."""

    key: str
    title: str
    shape: Shape
    details: tuple[str, ...] = ()
    place: Place | None = None
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One wire from who asks to who offers, by the keys of their nodes."""

    source: str
    target: str
    label: str = ""
    place: Place | None = None
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A system as it is drawn. `deployment` names the one whose services are shown."""

    title: str
    deployment: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    broken: tuple[str, ...] = ()
