"""Routes that are never asked, because an earlier one answers for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.model import Diagnostic
from checks.wiring.code.judging import Scene, finding
from checks.wiring.code.routes import IN_ORDER
from checks.wiring.code.rules import DEAD_ROUTE
from checks.wiring.model import Route

_PARAMETER = re.compile(r"\{[^{}]*\}")


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about every application that asks its routes in their order."""
    for holder, app in zip(scene.index.routes.app_holders(), scene.index.apps, strict=True):
        if holder.kind in IN_ORDER:
            for position, route in enumerate(app.routes):
                earlier = next((each for each in app.routes[:position] if _hides(each, route)), None)
                if earlier is not None:
                    yield _finding(earlier, route)


def _finding(earlier: Route, route: Route) -> Diagnostic:
    method = next((each for each in route.methods if each in earlier.methods), route.methods[0])
    where = f"{earlier.place.file}:{earlier.place.line}"
    if _PARAMETER.sub("{}", earlier.path) == _PARAMETER.sub("{}", route.path):
        message = f"`{method} {route.path}` is there already ({where}): this one is never asked"
        return finding(DEAD_ROUTE, route.place, message, "give one of them another path")
    message = f"`{earlier.path}` ({where}) answers for `{method} {route.path}`: this one is never asked"
    return finding(DEAD_ROUTE, route.place, message, "put this route before the other")


def _hides(earlier: Route, route: Route) -> bool:
    """Whether the earlier one takes everything that the later one is for."""
    if earlier.place == route.place or not set(route.methods) <= set(earlier.methods):
        return False
    return _pattern(earlier.path).fullmatch(_PARAMETER.sub("\0", route.path)) is not None


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^{}]*\})", path)
    return re.compile("".join(_of_part(part) for part in parts))


def _of_part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    if part.endswith(":path}"):
        return ".*"
    # `{id:int}` takes only what is a number: no fixed word, no parameter of another kind.
    return "[^/]+" if ":" not in part else "\0"
