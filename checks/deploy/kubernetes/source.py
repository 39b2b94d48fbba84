"""YAML and JSON manifests as kubectl reads them, each value with the place where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from checks.deploy.kubernetes.documents import Path_
from checks.model import Place

SIZE_LIMIT = 8 * 1024 * 1024
VALUE_LIMIT = 400_000

# kubectl reads YAML 1.1: a plain `y` or `off` is a boolean, a leading zero means octal; but a time stays text.
_BOOLEANS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Unreadable(Exception):
    """Text that kubectl could not read either; `rule` is the last part of the rule it breaks."""

    def __init__(self, message: str, line: int | None = None, rule: str = "unreadable") -> None:
        super().__init__(message)
        self.message, self.line, self.rule = message, line, rule


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One YAML document of a file: its value, and the nodes that know where each part of it stands."""

    file: str
    content: Any
    node: yaml.Node

    @property
    def place(self) -> Place:
        """Where the document begins."""
        return _place(self.file, self.node)

    def find(self, path: Path_) -> Place:
        """The place of what `path` names, or of the last thing on the way to it that is written here."""
        found, _ = self.reach(path)
        return found

    def reach(self, path: Path_) -> tuple[Place, int]:
        """The place, and how many steps of `path` exist here."""
        node, mark = self.node, self.node
        for index, step in enumerate(path):
            entry = _entry(node, step)
            if entry is None:
                return _place(self.file, mark), index
            mark, node = entry
        return _place(self.file, mark), len(path)


def _place(file: str, node: yaml.Node) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def _entry(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Where an entry of `node` begins (its key, or the item), and its value."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        item = node.value[step] if 0 <= step < len(node.value) else None
        return (item, item) if item is not None else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == str(step):
            return key, value
    merged = (entry for part in _merged_nodes(node) if (entry := _entry(part, step)))
    return next(merged, None)


def _merged_nodes(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.value == "<<" and not key.style:
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]


def read_sources(path: Path, file: str, repeated: list[Unreadable] | None = None) -> list[Source]:
    """The documents of a file; empty ones are left out. Raises Unreadable; keys written twice go into `repeated`."""
    return parse_sources(read_text(path), file, repeated)


def read_text(path: Path) -> str:
    """The text of a file; raises Unreadable."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise Unreadable(f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MiB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} of the file is no UTF-8") from None


def parse_sources(text: str, file: str, repeated: list[Unreadable] | None = None) -> list[Source]:
    """The documents in `text`; raises Unreadable where kubectl would refuse it.

    A key that is written twice is no reason to read no further, where there is a list to put it into.
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        nodes = list(yaml.compose_all(text, Loader=loader))
        builder = _Builder(repeated)
        return [Source(file, builder.value(node), node) for node in nodes if not _is_empty(node)]
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, text) from None
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"this is no YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise Unreadable("the document is nested too deeply, or an alias holds itself") from None


def _is_empty(node: yaml.Node | None) -> bool:
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    lines = text.splitlines()
    written = lines[line - 1] if line and line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Unreadable("this is no YAML: the line is indented with a tab; YAML takes spaces only", line)
    return Unreadable(f"this is no YAML: {error.problem or error.context}", line)


class _Builder:
    """Makes values of nodes; counts them, so that a bomb of aliases ends early."""

    def __init__(self, repeated: list[Unreadable] | None) -> None:
        self.count = 0
        self.repeated = repeated

    def value(self, node: yaml.Node) -> Any:
        self.count += 1
        if self.count > VALUE_LIMIT:
            raise Unreadable(f"the file has more than {VALUE_LIMIT} values once its aliases are followed")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        return scalar(str(node.value), plain=not getattr(node, "style", None))

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        content: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key == "<<" and not key_node.style:
                continue
            line = key_node.start_mark.line + 1
            if key in seen:
                self._tell(Unreadable(f"key `{key}` is already defined at line {seen[key]}", line, "duplicate-key"))
            seen[key] = line
            content[key] = self.value(value_node)
        for part in _merged_nodes(node):
            if isinstance(part, yaml.MappingNode):
                content = {**self.mapping(part), **content}
        return content

    def _tell(self, fault: Unreadable) -> None:
        if self.repeated is None:
            raise fault
        self.repeated.append(fault)

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise Unreadable("a key must be a plain word", node.start_mark.line + 1)
        return str(node.value)


def scalar(text: str, *, plain: bool) -> Any:
    """The value of a scalar: text where it is quoted, else whatever it looks like to kubectl."""
    if not plain:
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str) -> int | str:
    digits = text.replace("_", "").lstrip("+-")
    sign = -1 if text.startswith("-") else 1
    try:
        return sign * (int(digits, 8) if re.fullmatch(r"0[0-7]+", digits) else int(digits, 0))
    except ValueError:
        return text
