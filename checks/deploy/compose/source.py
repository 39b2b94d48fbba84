"""Compose files as values that remember where each of them was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
"""The way to a value: `("services", "web", "ports", 0)`."""

SIZE_LIMIT = 4 * 1024 * 1024
NODE_LIMIT = 100_000

# Compose reads YAML 1.2: `yes` and `22:22` are text, only true and false are booleans.
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


class Unreadable(Exception):
    """A file that Compose could not read either; `rule` is the last part of the rule it breaks."""

    def __init__(self, message: str, line: int | None = None, rule: str = "unreadable") -> None:
        super().__init__(message)
        self.message, self.line, self.rule = message, line, rule


@dataclass(frozen=True, slots=True)
class Document:
    """One Compose file: its value, and the line of each key and item. `name` is what people see."""

    path: Path
    name: str
    value: dict[str, Any]
    lines: dict[Path_, int]
    text: str
    replaced: tuple[Path_, ...] = ()
    """Where `!reset` or `!override` says that nothing of the files before is kept."""

    def line_of(self, path: Path_) -> int | None:
        """The line of `path`, or None where this file does not have it."""
        return self.lines.get(path)

    def raw(self, path: Path_) -> Any:
        """The value at `path` as it was written, before any variable was put in."""
        value: Any = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


@dataclass
class _Reader:
    """Builds values from YAML nodes; counts them, so that an alias bomb ends early."""

    lines: dict[Path_, int] = field(default_factory=dict)
    replaced: list[Path_] = field(default_factory=list)
    nodes: int = 0

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise Unreadable(f"the document has more than {NODE_LIMIT} values once its aliases are followed")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        own: dict[str, Any] = {}
        # What `<<` brings is read first: the lines of what the mapping says itself are the ones that count.
        merged = self.merged(node, path)
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = _key(key_node)
            if key == "<<" and not key_node.style:
                continue
            if key in seen:
                raise Unreadable(f"key `{key}` is already defined at line {seen[key]}", line, "duplicate-key")
            seen[key] = line
            self.lines[(*path, key)] = line
            if value_node.tag in ("!reset", "!override"):
                self.replaced.append((*path, key))
            if value_node.tag == "!reset":
                continue
            own[key] = self.value(value_node, (*path, key))
        return {**merged, **own}

    def merged(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        """What the `<<` of a mapping bring, the first of them winning."""
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if _key(key_node) != "<<" or key_node.style:
                continue
            for item in reversed(value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]):
                if not isinstance(item, yaml.MappingNode):
                    raise Unreadable("`<<` takes a mapping or a list of mappings", item.start_mark.line + 1)
                found |= self.mapping(item, path)
        return found


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise Unreadable("a key must be a plain word", node.start_mark.line + 1)
    if not isinstance(_scalar(node), str):
        raise Unreadable(f"key `{node.value}` must be text: put it in quotes", node.start_mark.line + 1, "invalid")
    return str(node.value)


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if _is_float(text) else text


def _is_float(text: str) -> bool:
    return bool(_FLOAT.fullmatch(text)) and text.lower().lstrip("+-") not in (".inf", ".nan")


def _integer(text: str) -> int | str:
    digits = text.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    try:
        if re.fullmatch(r"0[0-7]+", digits):
            return sign * int(digits, 8)
        return sign * int(digits, 0)
    except ValueError:
        return text


class _Plain(yaml.resolver.BaseResolver):
    """Resolves nothing: the reader decides what a plain scalar is. The C parser's plain style is an empty text."""

    DEFAULT_SCALAR_TAG: str = "?"  # type: ignore[misc]


class _Slow(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer, _Plain):
    def __init__(self, stream: str) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Plain.__init__(self)


def _loader(text: str) -> Any:
    """The C parser where PyYAML was built with it: it is ten times as fast."""
    if not yaml.__with_libyaml__:
        return _Slow(text)
    return type("_Fast", (vars(yaml.cyaml)["CParser"], _Plain), {})(text)


def _first(loader: Any) -> yaml.Node | None:
    """The first document; Compose would also merge the ones behind `---`, which nobody writes."""
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()


def read_document(path: Path, name: str) -> Document:
    """The Compose file at `path`; raises Unreadable where Compose itself could not read it."""
    text = _read_text(path)
    reader = _Reader()
    try:
        node = _first(_loader(text))
        value = None if node is None else reader.value(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(f"this is no YAML: {error.problem}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise Unreadable(f"this is no YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise Unreadable("the document is nested too deeply, or an alias holds itself") from None
    if value is None:
        raise Unreadable("the Compose file is empty")
    if isinstance(value, list):
        raise Unreadable("the Compose file is empty", 1)
    if not isinstance(value, dict):
        raise Unreadable("the top level of a Compose file must be a mapping", 1, "invalid")
    return Document(path, name, value, reader.lines, text, tuple(reader.replaced))


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise Unreadable(f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", rule="missing-file") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} of the file is no UTF-8") from None
