"""Requests that documentation shows, against the routes of the applications that answer them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from checks.model import Diagnostic, Place
from checks.wiring.calls.model import Call
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.rules import README_ROUTE, report
from checks.wiring.calls.steps import Step
from checks.wiring.deployments.paths import fits
from checks.wiring.model import App, Entry, Kind, Route
from checks.wiring.system import System

_LOCAL = frozenset(("localhost", "127.0.0.1", "0.0.0.0"))  # noqa: S104 -- asked, not bound
_GIVEN = ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect")
_SENDS = ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "-F", "--form")
_METHODS = {"-G": "GET", "--get": "GET", "-I": "HEAD", "--head": "HEAD", "-T": "PUT", "--upload-file": "PUT"}
_DEFAULT_PORT = 8000
_ADDRESS = re.compile(
    r"""^[ \t]*(?:export[ \t]+|readonly[ \t]+)?(?P<name>\w+)=["']?(?:\$\{\w+:?[-=])?"""
    r"""(?P<url>https?://[\w.-]+(?::\d+)?(?:/[\w./-]*)?)\}?["']?[ \t]*$""",
    re.MULTILINE,
)
"""`BASE_URL=${BASE_URL:-http://localhost:8000}`"""
_NAME = re.compile(r"^\$(?:\{(\w+)\}|(\w+))")


class Requests:
    """Knows which application answers on which port of the machine."""

    def __init__(self, system: System, calls: Sequence[Call]) -> None:
        self.apps: dict[int, list[App]] = {}
        for deployment in system.deployments:
            for unit in deployment.units:
                apps = [app for one in unit.starts if (app := system.code.app_of(one, unit)) is not None]
                entries = (one for one in deployment.entries if one.target == unit.name and one.path is None)
                for entry in entries:
                    for app in apps:
                        self._add(_published(system.root, entry), app)
        for call in calls:
            if call.started.kind is Kind.APP and call.unit is None:
                app = system.code.app_of(call.started)
                if app is not None and (call.started.complete or call.started.port):
                    self._add(call.started.port or _DEFAULT_PORT, app)

    def _add(self, port: object, app: App) -> None:
        if isinstance(port, int) and app not in self.apps.setdefault(port, []):
            self.apps[port].append(app)

    def judge(self, step: Step, text: str) -> Iterator[Diagnostic]:
        """Findings about one `curl`; `text` is all that stands around it."""
        if step.program not in ("curl", "http", "https", "wget"):
            return
        addresses = {found["name"]: found["url"].rstrip("/") for found in _ADDRESS.finditer(text)}
        for written in step.words[1:]:
            word = _NAME.sub(lambda found: addresses.get(found[1] or found[2], found[0]), written)
            url = re.match(r"https?://\S+$|(?:localhost|127\.0\.0\.1):\d+/\S*$", word)
            if url is not None:
                yield from self._asked(step, word if "://" in word else f"http://{word}")

    def _asked(self, step: Step, url: str) -> Iterator[Diagnostic]:
        try:
            parts = urlsplit(re.sub(r"\$\{?\w+\}?|<[^>]*>", "{value}", url))
            port = parts.port or 80
        except ValueError:
            return
        apps = self.apps.get(port, [])
        if parts.hostname not in _LOCAL or not apps or not all(app.complete and app.routes for app in apps):
            return
        path, method = parts.path or "/", _method(step)
        routes = [route for app in apps for route in app.routes]
        if path in _GIVEN or path == "/" or path.startswith("{") or method is None:
            return
        fitting = [route for route in routes if _meets(route.path, path)]
        if not fitting:
            yield self._report(step, f"{method} {path}", "the application has no route of that path", path, routes)
        elif not any(method in route.methods or not route.methods for route in fitting) and method != "HEAD":
            taken = ", ".join(sorted({f"`{one}`" for route in fitting for one in route.methods}))
            yield self._report(step, f"{method} {path}", f"the route takes {taken} only", path, fitting)

    def _report(self, step: Step, asked: str, what: str, path: str, routes: Sequence[Route]) -> Diagnostic:
        close = nearest(path, [route.path for route in routes], 0.4)
        place: Place | None = next((route.place for route in routes if route.path == close), None)
        near = f"; the nearest is `{close}` ({place})" if close else ""
        return report(README_ROUTE, step.place, f"`{asked.replace('{value}', '...')}`: {what}{near}")


def _published(root: Path, entry: Entry) -> int | None:
    """The port of the machine that is published, as it is written; None where that is not a plain number."""
    try:
        lines = (root / entry.place.file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    at = (entry.place.line or 1) - 1
    found = re.search(rf"(?:(\d+)|\$\{{\w+:?-(\d+)\}}):{entry.port}\b", lines[at] if at < len(lines) else "")
    found = found or re.search(r"published:\s*[\"']?(?:(\d+)|\$\{\w+:?-(\d+)\})", " ".join(lines[at : at + 5]))
    return int(found[1] or found[2]) if found else None


def _meets(route: str, path: str) -> bool:
    """Whether a route answers a path of which parts may be unknown."""
    if "{value}" not in path:
        return fits(route, path)
    ours, theirs = route.strip("/").split("/"), path.strip("/").split("/")
    if len(ours) != len(theirs):
        if not any(part == "{value}" or ":path}" in part for part in (*theirs, *ours)):
            return False  # else an unknown part may be several; what stands before it is known
        known = theirs[: next(at for at, part in enumerate(theirs) if "{value}" in part)]
        return all("{" in mine or mine == other for mine, other in zip(ours, known, strict=False))
    return all("{" in mine or "{value}" in other or mine == other for mine, other in zip(ours, theirs, strict=True))


def _method(step: Step) -> str | None:
    """The method that is asked with; None where that is not written out."""
    words = step.words
    if step.program != "curl":
        verbs = [word for word in words[1:3] if word in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")]
        return verbs[0] if verbs else None
    named = _named_method(words)
    if named:
        return named if named.isalpha() else None
    for option, method in _METHODS.items():
        if option in words:
            return method
    sends = any(
        word in _SENDS or word.partition("=")[0] in _SENDS[1:] or re.match(r"-[dF][^-]", word) for word in words
    )
    bundled = any(re.fullmatch(r"-[a-zA-Z]*[dF]", word) for word in words if not word.startswith("--"))
    return "POST" if sends or bundled else "GET"


def _named_method(words: Sequence[str]) -> str | None:
    """What stands behind `-X`, alone or at the end of other letters."""
    for at, word in enumerate(words):
        behind = words[at + 1] if at + 1 < len(words) else ""
        if word == "--request" or re.fullmatch(r"-[a-zA-Z]*X", word):
            return behind.upper()
        joined = re.fullmatch(r"(?:-X|--request=)([A-Za-z]+)", word)
        if joined is not None:
            return joined[1].upper()
    return None
