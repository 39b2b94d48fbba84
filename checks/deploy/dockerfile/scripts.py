"""Files that a command starts: there, executable, and readable for the system that starts them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from checks.deploy.dockerfile.container import Container, Problem
from checks.deploy.dockerfile.contents import Contents
from checks.deploy.dockerfile.running import SHELLS, Running
from checks.deploy.dockerfile.sources import join


def file_problems(each: Running, container: Container, name: str, direct: bool) -> Iterator[Problem]:
    """What keeps a file from being started; `direct` where the system itself is to start it."""
    if "$" in name or each.folder is None:
        return
    path = join(join(container.workdir or "/", each.folder), name)
    contents = container.contents
    found = contents.source(path)
    if found is None:
        if not contents.unknown(path) and (not direct or _is_own(name, path)):
            yield Problem("missing-script", f"`{path}` is started and is not in the image", near_file(path, contents))
        return
    if found.is_file():
        yield from _script(found, path, each, container, direct)


def _is_own(name: str, path: str) -> bool:
    """Whether a path looks like a file of the project rather than a program of the base image."""
    system = re.match(r"/(usr|bin|sbin|opt|lib|venv)/", path)
    return name.startswith(".") or (path.endswith((".sh", ".py", ".bash")) and not system)


def near_file(path: str, contents: Contents) -> str | None:
    """A hint: where the file of that name lies in the container, or that it must be copied."""
    base = path.rpartition("/")[2]
    same = [known for known in contents.sources.below(".") if known.rpartition("/")[2] == base]
    for known in same:
        place = contents.place_of(contents.sources.context / known)
        if place is not None and place != path:
            return f"`{contents.sources.shown(known)}` lies at `{place}`"
    return f"copy `{contents.sources.shown(same[0])}` into the image" if len(same) == 1 else None


def _script(file: Path, path: str, each: Running, container: Container, direct: bool) -> Iterator[Problem]:
    head = file.read_bytes()[:65536]
    is_shell = file.suffix in (".sh", ".bash") or re.match(rb"#!.*\b(sh|bash|ash|dash)\b", head) is not None
    shown = container.contents.sources.shown(os.path.relpath(file, container.contents.sources.context))
    first = head.split(b"\n", 1)[0]
    if first.endswith(b"\r") and (is_shell or (direct and first.startswith(b"#!"))):
        message = f"`{shown}` has Windows line ends: `{first.decode(errors='replace').strip()}` is not found with them"
        yield Problem("windows-line-ends", message, f"sed -i 's/\\r$//' {shown}")
    if not direct:
        return
    if not head.startswith((b"#!", b"\x7fELF")) and not each.shell and each.program not in SHELLS:
        message = f"`{shown}` is started directly and does not begin with `#!`: the system cannot start it"
        yield Problem("no-shebang", message, "begin it with `#!/bin/sh`")
    elif not os.access(file, os.X_OK) and not _made_executable(file.name, path, container):
        hint = f"git update-index --chmod=+x {shown}, or `RUN chmod +x {path}`"
        yield Problem("not-executable", f"`{shown}` is started directly and is not executable", hint)


def _made_executable(name: str, path: str, container: Container) -> bool:
    words = set(re.findall(r"[^\s;&|]+", container.modes))
    patterns = [word for word in words if "*" in word or "$" in word or word.startswith("-R")]
    folders = {word.rstrip("/") for word in words if word.startswith("/") or word == "."}
    named = any(word.rpartition("/")[2] == name for word in words)
    return bool(container.modes) and (named or bool(patterns) or any(path.startswith(folder) for folder in folders))
