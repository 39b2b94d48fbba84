"""A picture as one page that needs nothing from elsewhere."""

from __future__ import annotations

from html import escape

from checks.wiring.graph.picture import Edge, Picture
from checks.wiring.graph.svg import as_svg

_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:2rem;color:#0f172a;background:#fff}"
    "h1{font-size:1.4rem}figure{margin:0;overflow-x:auto}table{border-collapse:collapse;margin-top:1rem}"
    "td,th{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #e2e8f0;font-size:.9rem}"
    ".broken{color:#c62828}code{font-size:.85rem}"
)


def as_html(picture: Picture) -> str:
    """The drawing, what is broken in words, and every wire with its place."""
    titles = {node.key: node.title for node in picture.nodes}
    broken = "".join(f'<li class="broken">{escape(line)}</li>' for line in picture.broken)
    rows = "".join(_row(edge, titles) for edge in picture.edges)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(picture.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(picture.title)}</h1>\n<p>As {escape(picture.deployment)} runs it.</p>\n"
        f"<figure>{as_svg(picture)}</figure>\n"
        + (f"<h2>Broken</h2>\n<ul>{broken}</ul>\n" if broken else "")
        + f"<h2>Wires</h2>\n<table><tr><th>from</th><th>to</th><th>by</th><th>said in</th></tr>{rows}</table>\n"
        "</body></html>\n"
    )


def _row(edge: Edge, titles: dict[str, str]) -> str:
    kind = ' class="broken"' if edge.broken else ""
    place = f"<code>{escape(str(edge.place))}</code>" if edge.place else ""
    cells = (escape(titles[edge.source]), escape(titles[edge.target]), escape(edge.label), place)
    return f"<tr{kind}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
