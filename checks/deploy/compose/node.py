"""Where a Node program listens, read from the file that is started."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.commands import simple_commands
from checks.deploy.dockerfile.container import Container
from checks.deploy.dockerfile.running import Running
from checks.deploy.dockerfile.sources import join

_SIZE_LIMIT = 256 * 1024
_RUNNERS = frozenset({"npm", "yarn", "pnpm"})
_LISTEN = re.compile(r"\.listen\s*\(\s*(?:\{[^}]*?\bport:\s*)?(?P<port>[^,;)}]+(?:\([^)]*\))?[^,;)}]*)")
_OPENS = re.compile(r"\.listen\s*\(|\bbindAsync\s*\(|WebSocketServer\s*\(\s*\{\s*port")
_ENDS = (".js", ".mjs", ".cjs", ".ts")
_VARIABLE = re.compile(r"process\.env(?:\.(\w+)|\[['\"](\w+)['\"]\])(?:\s*(?:\|\||\?\?)\s*['\"]?(\d+)['\"]?)?")


@dataclass(frozen=True, slots=True)
class NodeServer:
    """A port, and the project's file that opens it."""

    port: int
    file: str


def node_server(each: Running, container: Container, variables: Mapping[str, str | None]) -> NodeServer | None:
    """The one port that the started program opens; None where that cannot be read from its file."""
    words = _node_words((each.program, *each.words), container)
    name = next((word for word in words[1:] if not word.startswith("-")), None)
    if words[:1] != ("node",) or name is None:
        return None
    place = join(container.workdir or "/", name)
    file = next((found for end in ("", ".js", "/index.js") if (found := _file(place + end, container))), None)
    text = _text(file)
    opened = list(_LISTEN.finditer(text))
    port = _port(opened[0]["port"].strip(), text, {**container.variables, **variables}) if len(opened) == 1 else None
    if file is None or port is None or _opens_elsewhere(file, container):
        return None
    return NodeServer(port, file.relative_to(container.contents.sources.root).as_posix())


def _opens_elsewhere(file: Path, container: Container) -> bool:
    """Whether another file of the program opens ports, too."""
    context = container.contents.sources.context
    others = (context / name for name in container.contents.sources.below(".") if name.endswith(_ENDS))
    return any(_OPENS.search(_text(other)) for other in others if other != file)


def script_of(words: tuple[str, ...], container: Container) -> str:
    """The text of the script of `package.json` that `npm start` or `npm run x` starts; empty where there is none."""
    if words[:1] and words[0] in _RUNNERS:
        rest = [word for word in words[1:] if not word.startswith("-") and word != "run"]
        file = _file(join(container.workdir or "/", "package.json"), container)
        try:
            package: Any = json.loads(_text(file) or "{}")
        except ValueError:
            return ""
        scripts = package.get("scripts") if isinstance(package, dict) else None
        return str(scripts.get(rest[0], "")) if rest and isinstance(scripts, dict) else ""
    return ""


def _node_words(words: tuple[str, ...], container: Container) -> tuple[str, ...]:
    script = script_of(words, container)
    if not script:
        return words
    simple = simple_commands(script)
    return simple[0].words if len(simple) == 1 and not simple[0].assigned else ()


def _file(place: str, container: Container) -> Path | None:
    file = container.contents.source(place)
    return file if file is not None and file.is_file() else None


def _text(file: Path | None) -> str:
    if file is None or file.stat().st_size > _SIZE_LIMIT:
        return ""
    return re.sub(r"^\s*//.*$", "", file.read_text(encoding="utf-8", errors="replace"), flags=re.MULTILINE)


def _port(text: str, source: str, variables: Mapping[str, str | None]) -> int | None:
    """The value of an expression: a number, a variable of the environment, or a constant that is one of them."""
    if re.fullmatch(r"\d{2,5}", text):
        return int(text)
    if match := _VARIABLE.search(text):
        name = match[1] or match[2]
        value = variables[name] if name in variables else match[3]
        return int(value) if value and value.isdecimal() else None
    if re.fullmatch(r"\w+", text):
        said = re.findall(rf"(?:const|let|var)\s+{text}\s*=\s*([^;\n]+)", source)
        return _port(said[0].strip(), "", variables) if len(said) == 1 else None
    return None
