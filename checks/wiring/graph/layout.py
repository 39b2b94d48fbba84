"""Where each part of a picture is drawn, and the way that each wire takes.

Columns come from the shapes. A wire that passes a column gets a slot of its own there, between the boxes, so that none
runs behind a box. The order within a column follows the wires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from checks.wiring.graph.picture import Edge, Node, Picture, Shape

TITLE_WIDTH, DETAIL_WIDTH, LABEL_WIDTH = 8.2, 6.6, 6.3
"""Pixels that a letter takes, on the safe side."""
PADDING, LINE_HEIGHT, DETAIL_HEIGHT = 14, 20, 16
MARGIN, GAP, SLOT, LEAST_COLUMN_GAP = 24, 20, 16, 70
_SWEEPS = 12
COLUMN = {shape: number for number, shape in enumerate(Shape)} | {Shape.PROCESS: list(Shape).index(Shape.ORCHESTRATOR)}
HEADINGS = {
    Shape.OUTSIDE: "outside",
    Shape.ROUTE: "webhooks and routes",
    Shape.SCHEDULE: "schedules",
    Shape.SERVICE: "services",
    Shape.ORCHESTRATOR: "Temporal",
    Shape.WORKER: "workers and jobs",
    Shape.WORKFLOW: "RAW workflows",
    Shape.STORE: "stores and providers",
}
HEADING_WIDTH = {COLUMN[shape]: len(heading) * DETAIL_WIDTH for shape, heading in HEADINGS.items()}


@dataclass(frozen=True, slots=True)
class Box:
    """A place in pixels: upper left corner, width and height; the slot of a wire has the width of its column."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The side where wires leave."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """The height at which wires meet it."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes by the keys of their nodes, the boxes that each edge passes (ends included), and the whole size."""

    boxes: Mapping[str, Box]
    ways: tuple[tuple[Box, ...], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Slot:
    """What takes room in a column: a node, or a wire on its way."""

    key: str
    width: float
    height: float


def place(picture: Picture) -> Layout:
    """Columns in the order of shapes; those that hold nothing are left out."""
    ranks = sorted({COLUMN[node.shape] for node in picture.nodes})
    at = {node.key: ranks.index(COLUMN[node.shape]) for node in picture.nodes}
    chains = [_chain(number, edge, at) for number, edge in enumerate(picture.edges)]
    columns: list[list[_Slot]] = [[] for _ in ranks]
    for node in picture.nodes:
        columns[at[node.key]].append(_Slot(node.key, *_size(node)))
    for chain, edge in zip(chains, picture.edges, strict=True):
        step = 1 if at[edge.target] >= at[edge.source] else -1
        for number, key in enumerate(chain[1:-1], start=1):
            columns[at[edge.source] + step * number].append(_Slot(key, 0, SLOT))
    _untangle(columns, chains)
    boxes = _stacked(columns, [HEADING_WIDTH[rank] for rank in ranks], _gaps(picture, at, len(columns)))
    ways = tuple(tuple(boxes[key] for key in chain) for chain in chains)
    width = max((box.right for box in boxes.values()), default=0.0) + MARGIN
    height = max((box.top + box.height for box in boxes.values()), default=0.0) + MARGIN
    return Layout({node.key: boxes[node.key] for node in picture.nodes}, ways, width, height)


def _chain(number: int, edge: Edge, at: Mapping[str, int]) -> list[str]:
    """The keys that a wire passes: its ends, and a slot for each column between them."""
    between = abs(at[edge.target] - at[edge.source]) - 1
    return [edge.source, *(f"slot {number} {step}" for step in range(between)), edge.target]


def _size(node: Node) -> tuple[float, float]:
    widest = max([len(node.title) * TITLE_WIDTH, *(len(line) * DETAIL_WIDTH for line in node.details)])
    return max(widest, 60) + 2 * PADDING, LINE_HEIGHT + DETAIL_HEIGHT * len(node.details) + 2 * PADDING - 8


def _gaps(picture: Picture, at: Mapping[str, int], columns: int) -> list[float]:
    """Between each two columns as much room as the longest label there needs: labels stand where wires begin."""
    gaps: list[float] = [LEAST_COLUMN_GAP] * columns
    for edge in picture.edges:
        near = at[edge.source] if at[edge.target] > at[edge.source] else max(at[edge.source] - 1, 0)
        gaps[near] = max(gaps[near], len(edge.label) * LABEL_WIDTH + 40)
    return gaps


def _stacked(columns: Sequence[Sequence[_Slot]], least: Sequence[float], gaps: Sequence[float]) -> dict[str, Box]:
    heights = [sum(slot.height for slot in column) + GAP * max(len(column) - 1, 0) for column in columns]
    tallest = max(heights, default=0.0)
    boxes: dict[str, Box] = {}
    left: float = MARGIN
    for column, height, narrowest, gap in zip(columns, heights, least, gaps, strict=True):
        width = max([slot.width for slot in column], default=0.0)
        width = max(width, narrowest)
        top = MARGIN + (tallest - height) / 2
        for slot in column:
            boxes[slot.key] = Box(left, top, width, slot.height)
            top += slot.height + GAP
        left += width + gap
    return boxes


def _untangle(columns: list[list[_Slot]], chains: Sequence[Sequence[str]]) -> None:
    """Each near the mean height of what it is wired to, swept to and fro until wires cross little."""
    neighbours: dict[str, list[str]] = {slot.key: [] for column in columns for slot in column}
    for one, other in _links(chains):
        neighbours[one].append(other)
        neighbours[other].append(one)
    for _ in range(_SWEEPS):
        for column in [*columns, *reversed(columns)]:
            heights = _heights(columns)
            _sort(column, {key: [heights[one] for one in neighbours[key]] for key in heights}, heights)


def _sort(column: list[_Slot], wired: Mapping[str, Sequence[float]], heights: Mapping[str, float]) -> None:
    column.sort(key=lambda slot: fmean(wired[slot.key] or [heights[slot.key]]))


def _links(chains: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for chain in chains:
        yield from pairwise(chain)


def _heights(columns: Sequence[Sequence[_Slot]]) -> dict[str, float]:
    """How far down each is, from 0 to 1."""
    return {slot.key: (at + 0.5) / len(column) for column in columns for at, slot in enumerate(column)}
