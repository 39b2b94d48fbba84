"""Values that nobody uses, keys that are written twice, and templates that are included and defined nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from checks.deploy.helm.chart_text import ChartText
from checks.deploy.helm.charts import Dependency
from checks.deploy.helm.expressions import Names
from checks.deploy.helm.findings import ERROR, WARNING, finding
from checks.deploy.helm.yaml_source import Source, leaves
from checks.deploy.kubernetes.documents import Path_
from checks.model import Diagnostic, Place

RELEASE = ("Name", "Namespace", "Service", "Revision", "IsInstall", "IsUpgrade")
_EVERYWHERE = frozenset({"global", "tags", "exports"})


def value_findings(text: ChartText) -> Iterator[Diagnostic]:
    """What the files of one chart show without rendering it."""
    for source in (text.defaults, *text.values):
        yield from _repeated(source)
    yield from _undefined_includes(text)
    yield from _unknown_release(text)
    if not text.chart.is_library and all(_is_application(each, text) for each in text.chart.missing):
        yield from _unused(text)


def _is_application(dependency: Dependency, text: ChartText) -> bool:
    """Whether a dependency that is not there can be known to look at its own values only; a library sees all."""
    content = text.defaults.content
    return bool(dependency.conditions) or (isinstance(content, dict) and dependency.key in content)


def _repeated(source: Source) -> Iterator[Diagnostic]:
    for path, line, first in source.repeated:
        message = f"`{dotted(path)}` is written twice: the one in line {first} is ignored"
        yield finding("repeated-key", ERROR, message, Place(source.file, line))


def _undefined_includes(text: ChartText) -> Iterator[Diagnostic]:
    """Helm notices only in a branch that is taken."""
    if text.chart.missing:
        return
    for include in text.includes:
        if include.name in text.defines or include.name.startswith(f"{text.chart.name}/"):
            continue
        near = get_close_matches(include.name, text.defines, 1)
        nearest = f"; the nearest that is: `{near[0]}`" if near else ""
        message = f"the template `{include.name}` is defined nowhere in the chart{nearest}"
        yield finding("undefined-template", ERROR, message, Place(include.file, include.line))


def _unknown_release(text: ChartText) -> Iterator[Diagnostic]:
    """What Helm does not tell about a release comes out empty, as a value does that nobody defines."""
    for line, name, file in ((line, name, read.file) for read in text.own for line, name in read.release_names):
        if name not in RELEASE:
            near = get_close_matches(name, RELEASE, 1)
            nearest_name = f"; the nearest that is: `.Release.{near[0]}`" if near else ""
            message = f"`.Release.{name}` is nothing that Helm knows, and comes out empty{nearest_name}"
            yield finding("undefined-value", ERROR, message, Place(file, line))


def _unused(text: ChartText) -> Iterator[Diagnostic]:
    mentioned = text.mentioned
    if () in mentioned:  # all values are handed to something that may use any of them
        return
    elsewhere = _EVERYWHERE | {each.key for each in text.chart.dependencies} | {e.name for e in text.chart.dependencies}
    conditions = {tuple(word.split(".")) for each in text.chart.dependencies for word in each.conditions}
    known = {path for path, _ in leaves(text.defaults.content)} if isinstance(text.defaults.content, dict) else set()
    for source in (text.defaults, *text.values):
        unused = [
            path
            for path in _paths(source)
            if path[0] not in elsewhere and not _is_used(path, mentioned | conditions) and not _is_anchor(source, path)
        ]
        own = source is text.defaults
        if not own:  # said where the default is
            unused = [path for path in unused if path not in known]
        for path in _topmost(unused, mentioned):
            yield _unused_finding(source, path, mentioned, own)


def _paths(source: Source) -> list[Names]:
    if not isinstance(source.content, dict):
        return []
    return [tuple(map(str, path)) for path, _ in leaves(source.content) if path]


def _is_used(path: Names, mentioned: Iterable[Names]) -> bool:
    return any(path[: len(use)] == use or use[: len(path)] == path for use in mentioned)


def _is_anchor(source: Source, path: Names) -> bool:
    return any(path[:length] in source.anchored for length in range(1, len(path) + 1))


def _topmost(unused: list[Names], mentioned: Iterable[Names]) -> list[Names]:
    """Whole branches that no template enters, instead of each of their leaves."""
    entered = {use[:length] for use in mentioned for length in range(1, len(use) + 1)}
    return list(dict.fromkeys(_top(path, entered) for path in unused))


def _top(path: Names, entered: set[Names]) -> Names:
    return next((path[:length] for length in range(1, len(path)) if path[:length] not in entered), path)


def _unused_finding(source: Source, path: Names, mentioned: Iterable[Names], own: bool) -> Diagnostic:
    name = dotted(path)
    near = nearest(path, mentioned)
    why = f"; they use `.Values.{near}`" if near else ""
    message = f"`{name}` is used by no template of the chart{why}"
    if not own:
        message = f"`{name}` sets nothing: no template of the chart uses it, and values.yaml does not have it{why}"
    place: Path_ = path
    return finding("unused-value", WARNING, message, Place(source.file, source.line(place)))


def nearest(path: Names, known: Iterable[Names]) -> str | None:
    """The way that somebody may have meant."""
    names = sorted({dotted(each) for each in known if each})
    close = get_close_matches(dotted(path), names, 1, 0.75)
    if close:
        return close[0]
    same = [name for name in names if name.split(".")[-1].lower() == path[-1].lower()]
    return same[0] if len(same) == 1 else None


def dotted(path: Path_) -> str:
    """`image.tag`."""
    return ".".join(str(part) for part in path)
