"""A picture in each of its formats: whole, well-formed, and with what is broken in red."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from checks.model import Place
from checks.wiring.graph.formats import FORMATS
from checks.wiring.graph.layout import Box, place
from checks.wiring.graph.mermaid import as_mermaid
from checks.wiring.graph.picture import Edge, Node, Picture, Shape
from checks.wiring.graph.svg import as_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def picture(*, broken: bool = False) -> Picture:
    trouble = "no workflow is called `analyse`" if broken else None
    nodes = (
        Node("outside", "outside", Shape.OUTSIDE),
        Node("route", 'POST /a"b<c>', Shape.ROUTE, (), Place("api/main.py", 3)),
        Node("api", "api", Shape.SERVICE, ("uvicorn api.main:app",)),
        Node("worker", "worker", Shape.WORKER, ("worker",)),
        Node("twin", "worker-2", Shape.WORKER),
        Node("raw", "analyse", Shape.WORKFLOW, (), None, trouble),
        Node("db", "db", Shape.STORE, ("PostgreSQL",)),
    )
    edges = (
        Edge("outside", "route"),
        Edge("route", "api"),
        Edge("api", "db", "DATABASE_URL", Place("compose.yaml", 9)),
        Edge("worker", "raw", "runs", Place("worker.py", 4), trouble),
        Edge("worker", "db", "DATABASE_URL"),
        Edge("db", "api", "calls back"),
        Edge("worker", "twin"),
    )
    return Picture("shop", "compose.yaml", nodes, edges, (f"worker.py:4: {trouble}",) if trouble else ())


def overlap(one: Box, other: Box) -> bool:
    beside = one.right <= other.left or other.right <= one.left
    above = one.top + one.height <= other.top or other.top + other.height <= one.top
    return not beside and not above


def test_no_box_covers_another_and_no_wire_runs_behind_a_box() -> None:
    layout = place(picture())
    assert not [pair for pair in combinations(layout.boxes.values(), 2) if overlap(*pair)]
    slots = [box for way in layout.ways for box in way[1:-1]]
    assert slots, "the database is two columns away"
    assert not [box for slot in slots for box in layout.boxes.values() if overlap(slot, box)]


def test_columns_go_from_what_comes_in_to_what_is_kept() -> None:
    boxes = place(picture()).boxes
    lefts = [boxes[key].left for key in ("outside", "route", "api", "worker", "raw", "db")]
    assert lefts == sorted(set(lefts))


@pytest.mark.parametrize("broken", [False, True])
def test_svg_is_xml_with_every_part(broken: bool) -> None:
    root = ElementTree.fromstring(as_svg(picture(broken=broken)))
    texts = [element.text for element in root.iter(f"{NAMESPACE}text")]
    assert {'POST /a"b<c>', "api", "uvicorn api.main:app", "DATABASE_URL", "stores and providers"} <= set(texts)
    red = [path for path in root.iter(f"{NAMESPACE}path") if path.get("marker-end") == "url(#arrow-broken)"]
    assert len(red) == broken
    titles = [element.text for element in root.iter(f"{NAMESPACE}title")]
    assert ("worker.py:4\nno workflow is called `analyse`" in titles) is broken


def test_mermaid_has_every_part_and_escapes_what_it_reads_itself() -> None:
    text = as_mermaid(picture())
    assert text.startswith("flowchart LR\n")
    assert 'n1>"POST /a#34;b#60;c#62;"]' in text
    assert '    n2 -->|"DATABASE_URL"| n6' in text
    assert "broken" not in text and "linkStyle" not in text


def test_mermaid_shows_what_is_broken() -> None:
    text = as_mermaid(picture(broken=True))
    assert "    class n5 broken\n" in text
    assert "    linkStyle 3 stroke:#c62828" in text


def test_html_needs_nothing_from_elsewhere_and_tells_what_is_broken() -> None:
    text = FORMATS["html"](picture(broken=True))
    assert '<li class="broken">worker.py:4: no workflow is called `analyse`</li>' in text
    assert "src=" not in text and "@import" not in text
    assert "<code>compose.yaml:9</code>" in text


def test_an_empty_picture_is_still_one() -> None:
    empty = Picture("nothing", "no deployment", (), ())
    for form in FORMATS.values():
        assert form(empty)
