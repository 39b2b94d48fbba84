"""The env files that services name: there, or at least an example of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from checks.deploy.compose.files import EXAMPLES, WHOLE_EXAMPLES
from checks.deploy.compose.interpolation import parse_env_file
from checks.deploy.compose.places import Places, shown
from checks.deploy.compose.source import Path_
from checks.model import Diagnostic, Severity


def faulty_env_files(services: Mapping[str, Any], places: Places, root: Path) -> Iterator[Diagnostic]:
    """Env files that cannot be read or are not there; an example beside says that whoever sets up makes the file."""
    for name, service in services.items():
        items = service.get("env_file") or []
        for index, item in enumerate(items):
            path = Path(str(item["path"]))
            if path.is_file() and item.get("format") != "raw":
                yield from unreadable(path, root)
            elif not path.exists() and str(item.get("required", True)).lower() != "false":
                where: Path_ = ("services", name, "env_file")
                yield _missing(path, (*where, index) if len(items) > 1 else where, places, root)


def unreadable(path: Path, root: Path) -> Iterator[Diagnostic]:
    """The line where Compose would stop reading an env file; its text is not shown, as it may be private."""
    try:
        line = parse_env_file(path.read_text(encoding="utf-8", errors="replace"))[1]
    except OSError:
        return
    if line is not None:
        message = "this line is no `NAME=value`"
        yield Diagnostic("compose.unreadable-env-file", Severity.ERROR, message, shown(path, root), line)


def _missing(path: Path, where: Path_, places: Places, root: Path) -> Diagnostic:
    message = f"env file `{shown(path, root)}` does not exist"
    example = example_of(path)
    if example is None:
        return places.diagnostic("missing-env-file", where, message)
    copy = f"cp {shown(example, root)} {shown(path, root)}"
    return places.diagnostic("missing-env-file", where, f"{message}, only its example", copy, Severity.WARNING)


def with_env_files(services: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The services with what their env files say below their own `environment`, as Compose has it.

    An example stands in for an env file that is not there.
    """
    return {name: {**service, "environment": _environment(service)} for name, service in services.items()}


def _environment(service: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in service.get("env_file") or []:
        values.update({name: text for name, (text, _, _) in env_file_lines(Path(str(item["path"]))).items()})
    return {**values, **(service.get("environment") or {})}


def env_file_lines(path: Path) -> dict[str, tuple[str, Path, int]]:
    """The variables of an env file (or of the example that stands in for it), each with its file and line."""
    file = path if path.is_file() else example_of(path)
    if file is None:
        return {}
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    found: dict[str, tuple[str, Path, int]] = {}
    for name, value in parse_env_file(text)[0].items():
        said = (
            number
            for number, line in enumerate(lines, 1)
            if re.match(rf"\s*(export\s+)?{re.escape(name)}\s*[=:]", line)
        )
        found[name] = (value, file, max(said, default=1))
    return found


def example_of(path: Path) -> Path | None:
    """The example beside an env file that is not there."""
    names = [path.name + example.removeprefix(".env") for example in EXAMPLES]
    names += WHOLE_EXAMPLES if path.name == ".env" else ()
    return next((found for name in names if (found := path.with_name(name)).is_file()), None)
