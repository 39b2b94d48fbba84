"""The formats of a picture, by the names that people ask for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checks.wiring.graph.html import as_html
from checks.wiring.graph.mermaid import as_mermaid
from checks.wiring.graph.picture import Picture
from checks.wiring.graph.svg import as_svg

FORMATS: Mapping[str, Callable[[Picture], str]] = {"mermaid": as_mermaid, "svg": as_svg, "html": as_html}
