"""nginx configurations in the place for which they are written, and PHP's code where PHP runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checks.deploy.compose.containers import recipe_of
from checks.deploy.compose.mounted import files_at, text_of
from checks.deploy.compose.places import shown
from checks.deploy.compose.services import hosts, image_of
from checks.deploy.compose.system import System
from checks.deploy.compose.upstreams import configurations
from checks.deploy.dockerfile.image import repository
from checks.model import Diagnostic, Severity

_MAIN = frozenset({"events", "http", "worker_processes"})
_INNER = frozenset({"server", "location", "upstream", "listen", "proxy_pass", "root"})
_TOKENS = re.compile(r"#[^\n]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\$\{\w+\}|[{};]|[^\s{};\"']+")


def contexts(system: System) -> Iterator[Diagnostic]:
    """Files that are written for another place of nginx' configuration than the one they are mounted at."""
    for name in system.services:
        if image_of(system, name)[0] not in ("nginx", "nginxinc/nginx-unprivileged"):
            continue
        for file in files_at(system, name, "/etc/nginx/nginx.conf", (".conf",)):
            yield from _misplaced(system, file, _INNER, "is mounted as the main configuration `/etc/nginx/nginx.conf`",
                                  "mount it as `/etc/nginx/conf.d/default.conf`")  # fmt: skip
        for file in files_at(system, name, "/etc/nginx/conf.d", (".conf",)):
            yield from _misplaced(system, file, _MAIN, "is mounted in `/etc/nginx/conf.d`, which stands within `http`",
                                  "mount it as `/etc/nginx/nginx.conf`")  # fmt: skip


def _misplaced(system: System, file: Path, wrong: frozenset[str], where: str, hint: str) -> Iterator[Diagnostic]:
    found = next(((word, line) for word, line in _outermost(text_of(file)) if word in wrong), None)
    if found is not None:
        message = f"nginx does not allow `{found[0]}` at the outermost level here: the file {where}"
        place = shown(file, system.root)
        yield Diagnostic("compose.wrong-context", Severity.ERROR, message, place, found[1], hint=hint)


def _outermost(text: str) -> Iterator[tuple[str, int]]:
    """The directives that stand in no block, each with its line."""
    depth, begins = 0, True
    for token in _TOKENS.finditer(text):
        word = token[0]
        if word.startswith("#"):
            continue
        if begins and depth == 0 and word not in "{};":
            yield word, text.count("\n", 0, token.start()) + 1
        depth += {"{": 1, "}": -1}.get(word, 0)
        begins = word in "{};"


def php_code(system: System) -> Iterator[Diagnostic]:
    """PHP that is asked for files which only nginx has."""
    known = hosts(system)
    for name, file in configurations(system):
        text = text_of(file)
        passed = re.search(r"^\s*fastcgi_pass\s+([\w-]+):\d+", text, re.MULTILINE)
        php = known.get(passed[1].lower()) if passed else None
        if php is None or php not in system.services or not re.search(r"SCRIPT_FILENAME\s+\$document_root", text):
            continue
        for root in dict.fromkeys(re.findall(r"^\s*root\s+(/[\w./-]+)\s*;", text, re.MULTILINE)):
            mounts = _mounts(system, name, root)
            if mounts and not _mounts(system, php, root) and _is_bare(system, php):
                message = f"`{php}` runs the files of `{root}`, which are mounted into `{name}` only"
                hint = f"mount `{mounts[0]}` into `{php}` too"
                path = ("services", php)
                yield system.places.diagnostic("unshared-code", path, message, hint)


def _mounts(system: System, name: str, root: str) -> list[str]:
    """What is mounted at `root`, around it or in it."""
    return [
        shown(Path(str(mount.get("source") or "")), system.root)
        for mount in system.services[name].get("volumes") or []
        if f"{root}/".startswith(f"{(target := str(mount.get('target')).rstrip('/'))}/")
        or target.startswith(f"{root}/")
    ]


def _is_bare(system: System, name: str) -> bool:
    """Whether an image has PHP and no code: nothing is copied or fetched into it."""
    service = system.services[name]
    if service.get("volumes_from"):
        return False
    if not isinstance(service.get("build"), dict):
        return repository(str(service.get("image") or "")) == "php" and not service.get("command")
    read = recipe_of(system, service)
    if read is None:
        return False
    recipe, stage = read
    steps = [each for known in recipe.lineage(stage) for each in known.instructions]
    fetching = re.compile(r"\b(?:git|curl|wget|composer|unzip|tar)\b")
    brings = any(
        (each.keyword in ("COPY", "ADD") and not re.search(r"\.ini\b|\.conf\b|/usr/(?:local/)?bin", each.value))
        or (each.keyword == "RUN" and fetching.search(each.value)) for each in steps
    )  # fmt: skip
    return repository(recipe.outer_base(stage)) == "php" and not brings
