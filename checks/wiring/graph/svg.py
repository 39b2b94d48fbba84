"""A picture as SVG, readable in light and dark surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from checks.wiring.graph.layout import COLUMN, DETAIL_HEIGHT, HEADINGS, LINE_HEIGHT, PADDING, Box, Layout, place
from checks.wiring.graph.picture import Edge, Node, Picture, Shape

_FILLS = {
    Shape.OUTSIDE: "#f3f4f6",
    Shape.ROUTE: "#e0f2fe",
    Shape.SCHEDULE: "#fef3c7",
    Shape.SERVICE: "#dbeafe",
    Shape.ORCHESTRATOR: "#ede9fe",
    Shape.PROCESS: "#f3e8ff",
    Shape.WORKER: "#dcfce7",
    Shape.WORKFLOW: "#d1fae5",
    Shape.STORE: "#ffedd5",
}
_RED, _GREY = "#c62828", "#64748b"
_HEADING_HEIGHT = 34
_BESIDE = 44
_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:14px;fill:#0f172a}"
    ".detail{font-size:11.5px;fill:#475569}.heading{font-size:12px;fill:#64748b}"
    ".label{font-size:11px;fill:#475569;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    ".broken{fill:#c62828}"
)


def as_svg(picture: Picture) -> str:
    """The whole drawing; hovering shows where each part and wire stands in the project."""
    layout = place(picture)
    height = layout.height + _HEADING_HEIGHT
    wires = list(zip(picture.edges, layout.ways, strict=True))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:.0f} {height:.0f}" '
        f'width="{layout.width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(picture.title)}">',
        f"<style>{_STYLE}</style>",
        f"<defs>{_arrow('arrow', _GREY)}{_arrow('arrow-broken', _RED)}</defs>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *_headings(picture, layout),
        f'<g transform="translate(0 {_HEADING_HEIGHT})">',
        *(_wire(edge, way) for edge, way in wires),
        *(_node(node, layout.boxes[node.key]) for node in picture.nodes),
        *_labels(wires),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{colour}"/></marker>'
    )


def _headings(picture: Picture, layout: Layout) -> Iterator[str]:
    for shape, heading in HEADINGS.items():
        same = (node for node in picture.nodes if COLUMN[node.shape] == COLUMN[shape])
        first = next(same, None)
        if first is not None:
            yield f'<text class="heading" x="{layout.boxes[first.key].left:.0f}" y="22">{heading}</text>'


def _node(node: Node, box: Box) -> str:
    stroke = f'stroke="{_RED}" stroke-width="2.5" stroke-dasharray="6 3"' if node.broken else f'stroke="{_GREY}"'
    radius = 20 if node.shape in {Shape.OUTSIDE, Shape.STORE} else 6
    kind = ' class="broken"' if node.broken else ""
    left = box.left + PADDING
    lines = [
        f"<g><title>{escape(_hover(node))}</title>",
        f'<rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{radius}" fill="{_FILLS[node.shape]}" {stroke}/>',
        f'<text{kind} x="{left:.1f}" y="{box.top + PADDING + 10:.1f}">{escape(node.title)}</text>',
    ]
    for number, line in enumerate(node.details):
        top = box.top + PADDING + 8 + LINE_HEIGHT + DETAIL_HEIGHT * number
        lines.append(f'<text class="detail" x="{left:.1f}" y="{top:.1f}">{escape(line)}</text>')
    return "".join([*lines, "</g>"])


def _hover(part: Node | Edge) -> str:
    return "\n".join(str(word) for word in (part.place, part.broken) if word) or "seen in the deployment"


def _wire(edge: Edge, way: Sequence[Box]) -> str:
    colour, arrow = (_RED, "arrow-broken") if edge.broken else (_GREY, "arrow")
    dashes = ' stroke-dasharray="6 3"' if edge.broken else ""
    return (
        f'<path d="{_path(way)}" fill="none" stroke="{colour}" stroke-width="{2.5 if edge.broken else 1.4}"'
        f'{dashes} marker-end="url(#{arrow})"><title>{escape(_hover(edge))}</title></path>'
    )


def _path(way: Sequence[Box]) -> str:
    """From the side of the first box through the slots between to the side of the last."""
    first, last = way[0], way[-1]
    if first.left == last.left:  # within a column, around its right side
        out = max(first.right, last.right) + _BESIDE
        return f"M{_point(first.right, first.middle)}C{_point(out, first.middle)} {_point(out, last.middle)} " + _point(
            last.right, last.middle
        )
    onwards = first.left < last.left
    path = f"M{_point(first.right if onwards else first.left, first.middle)}"
    for here, there in pairwise(way):
        begin, end = (here.right, there.left) if onwards else (here.left, there.right)
        bend = (end - begin) / 2
        path += f"C{_point(begin + bend, here.middle)} {_point(end - bend, there.middle)} {_point(end, there.middle)}"
        if there is not last:
            path += f"L{_point(there.right if onwards else there.left, there.middle)}"
    return path


def _point(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"


def _labels(wires: Sequence[tuple[Edge, Sequence[Box]]]) -> Iterator[str]:
    """Half way to the first column on the way, where a wire is free; never one over another."""
    taken: list[tuple[float, float]] = []
    for edge, way in wires:
        if not edge.label:
            continue
        x, y = _label_at(way)
        while any(abs(x - other) < 80 and abs(y - beside) < 13 for other, beside in taken):
            y += 13
        taken.append((x, y))
        kind = "label broken" if edge.broken else "label"
        yield f'<text class="{kind}" text-anchor="middle" x="{x:.1f}" y="{y - 3:.1f}">{escape(edge.label)}</text>'


def _label_at(way: Sequence[Box]) -> tuple[float, float]:
    here, there = way[0], way[1]
    if here.left == there.left:
        return max(here.right, there.right) + _BESIDE, (here.middle + there.middle) / 2
    begin, end = (here.right, there.left) if here.left < there.left else (here.left, there.right)
    return (begin + end) / 2, (here.middle + there.middle) / 2
