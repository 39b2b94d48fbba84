"""Addresses in files that a container is given: Grafana's data sources, Prometheus' targets, Vite's proxy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from checks.deploy.compose.containers import container_of
from checks.deploy.compose.node import script_of
from checks.deploy.compose.places import shown
from checks.deploy.compose.references import Reference, urls
from checks.deploy.compose.services import Setting, image_of, started
from checks.deploy.compose.system import System, remembered
from checks.deploy.dockerfile.sources import join

SIZE_LIMIT = 256 * 1024
_SOURCE_URL = re.compile(r"^\s*(?:-\s+)?url:\s*['\"]?(?P<url>[^\s'\"#]+)", re.MULTILINE)
_BROWSER = re.compile(r"^\s*access:\s*['\"]?(?:direct|browser)", re.MULTILINE)
_TARGETS = re.compile(r"^\s*(?:-\s+)?targets:\s*(?P<list>\[[^\]]*\]|(?:\s*\n\s*-\s+[^\n]+)+)", re.MULTILINE)
_PROXY = re.compile(r"\bproxy\s*:\s*\{")
_PROXIED = re.compile(r"(?:\btarget|['\"][/^][^'\"]*['\"])\s*:\s*['\"](?P<url>[a-z]+://[^'\"]+)['\"]")
_VITE_FILES = tuple(f"vite.config.{end}" for end in ("js", "ts", "mjs", "mts"))


@remembered
def mounted(system: System) -> tuple[Reference, ...]:
    """Every address that a server is told by a file of the project."""
    return tuple(_mounted(system))


def _mounted(system: System) -> Iterator[Reference]:
    for name in system.services:
        image = image_of(system, name)[0]
        if image.startswith("grafana/grafana"):
            yield from _of_grafana(system, name)
        elif image == "prom/prometheus":
            yield from _of_prometheus(system, name)
        elif not image:
            yield from _of_vite(system, name)


def files_at(system: System, name: str, folder: str, ends: tuple[str, ...]) -> Iterator[Path]:
    """The project's files that are mounted at or below `folder` of a service's container."""
    for mount in system.services[name].get("volumes") or []:
        source, target = Path(str(mount.get("source") or "")), str(mount.get("target") or "").rstrip("/")
        if mount.get("type") != "bind" or not system.inside(source):
            continue
        if f"{target}/".startswith(f"{folder}/"):
            yield from _readable(source, ends)
        elif f"{folder}/".startswith(f"{target}/"):
            yield from _readable(source / folder[len(target) + 1 :], ends)


def _readable(source: Path, ends: tuple[str, ...]) -> list[Path]:
    every = sorted(source.rglob("*")) if source.is_dir() else [source]
    return [file for file in every if file.is_file() and file.suffix in ends and file.stat().st_size <= SIZE_LIMIT]


def text_of(file: Path) -> str:
    """What a file says."""
    return file.read_text(encoding="utf-8", errors="replace")


def _of_grafana(system: System, name: str) -> Iterator[Reference]:
    for file in files_at(system, name, "/etc/grafana/provisioning/datasources", (".yaml", ".yml")):
        text = text_of(file)
        if not _BROWSER.search(text):
            for match in _SOURCE_URL.finditer(text):
                yield from _said(system, name, "url", file, text, match.start("url"), match["url"])


def _of_prometheus(system: System, name: str) -> Iterator[Reference]:
    for file in files_at(system, name, "/etc/prometheus", (".yaml", ".yml")):
        text = text_of(file)
        for match in _TARGETS.finditer(text):
            for target in re.finditer(r"(?<![\w.-])[A-Za-z][\w.-]*:\d+", match["list"]):
                yield from _said(
                    system, name, "targets", file, text, match.start("list") + target.start(), f"http://{target[0]}"
                )


def _of_vite(system: System, name: str) -> Iterator[Reference]:
    told = container_of(system, name)
    every = started(system, name)
    if told is None or len(every) != 1:
        return
    each = every[0]
    script = script_of((each.program, *each.words), told.container) or " ".join((each.program, *each.words))
    if not re.search(r"(?:^|\s)vite(?!\s+(?:build|preview|optimize))(?:\s|$)", script):
        return
    for base in _VITE_FILES:
        file = told.container.contents.source(join(told.container.workdir or "/", base))
        if file is not None and file.is_file() and file.stat().st_size <= SIZE_LIMIT:
            text = text_of(file)
            start = _PROXY.search(text)
            for match in _PROXIED.finditer(text, start.end()) if start else ():
                yield from _said(system, name, "proxy", file, text, match.start("url"), match["url"])


def _said(system: System, name: str, about: str, file: Path, text: str, position: int, url: str) -> Iterator[Reference]:
    line = text.count("\n", 0, position) + 1
    setting = Setting(f"{about} of {file.name}", url, shown(file, system.root), line, url)
    for each in urls(name, setting, url):
        yield replace(each, inside=True)
