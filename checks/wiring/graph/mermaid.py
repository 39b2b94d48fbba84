"""A picture as Mermaid text, for a README."""

from __future__ import annotations

import re

from checks.wiring.graph.picture import Node, Picture, Shape

_BRACKETS = {
    Shape.OUTSIDE: ("([", "])"),
    Shape.ROUTE: (">", "]"),
    Shape.SCHEDULE: ("{{", "}}"),
    Shape.SERVICE: ("[", "]"),
    Shape.ORCHESTRATOR: ("[[", "]]"),
    Shape.PROCESS: ("(", ")"),
    Shape.WORKER: ("[", "]"),
    Shape.WORKFLOW: ("[/", "/]"),
    Shape.STORE: ("[(", ")]"),
}


def as_mermaid(picture: Picture) -> str:
    """`flowchart LR`, with what is broken in red."""
    names = {node.key: f"n{number}" for number, node in enumerate(picture.nodes)}
    lines = ["flowchart LR"]
    lines += [f"    {names[node.key]}{_box(node)}" for node in picture.nodes]
    for edge in picture.edges:
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"    {names[edge.source]} -->{label} {names[edge.target]}")
    red = [names[node.key] for node in picture.nodes if node.broken]
    if red:
        lines.append("    classDef broken stroke:#c62828,stroke-width:3px,color:#c62828,stroke-dasharray:5 3")
        lines.append(f"    class {','.join(red)} broken")
    wires = [str(number) for number, edge in enumerate(picture.edges) if edge.broken]
    if wires:
        lines.append(f"    linkStyle {','.join(wires)} stroke:#c62828,stroke-width:3px,color:#c62828")
    return "\n".join(lines) + "\n"


def _box(node: Node) -> str:
    before, after = _BRACKETS[node.shape]
    text = "<br>".join([_clean(node.title), *(f"<small>{_clean(line)}</small>" for line in node.details)])
    return f'{before}"{text}"{after}'


def _quoted(text: str) -> str:
    return f'"{_clean(text)}"'


def _clean(text: str) -> str:
    """Mermaid reads entities, and neither quotes nor angle brackets."""
    return re.sub(r'[<>"#&]', lambda found: f"#{ord(found[0])};", text)
