"""YAML files of a chart as values that remember where each of them was written, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from checks.deploy.kubernetes.documents import Path_

SIZE_LIMIT = 4 * 1024 * 1024
NODE_LIMIT = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One YAML file; `problem` is why it could not be read, with the line. `raw` is plain text as it was written."""

    file: str
    content: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    raw: dict[Path_, str] = field(default_factory=dict)
    anchored: frozenset[Path_] = frozenset()
    repeated: tuple[tuple[Path_, int, int], ...] = ()
    """Keys that a mapping has twice: the way, the line of the second, the line of the first."""
    problem: tuple[str, int | None] | None = None

    def line(self, path: Path_) -> int | None:
        """The line of `path`, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """What Helm's YAML makes of a plain scalar: no dates, no numbers to the base of sixty."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF", "yYtToOnNfF"),
    ("int", r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"|~|null|Null|NULL", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), list(_first))
_BOOLS = {"y", "yes", "true", "on"}


def _bool(_loader: Any, node: yaml.ScalarNode) -> bool:
    return str(node.value).lower() in _BOOLS


def _int(_loader: Any, node: yaml.ScalarNode) -> Any:
    text = node.value.replace("_", "")
    digits = text.lstrip("+-")
    sign = -1 if text.startswith("-") else 1
    try:
        return sign * (int(digits, 8) if re.fullmatch(r"0[0-7]+", digits) else int(digits, 0))
    except ValueError:
        return node.value


def _float(_loader: Any, node: yaml.ScalarNode) -> Any:
    try:
        return float(node.value.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:bool", _bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def parse_documents(text: str) -> Iterator[Any]:
    """The documents of a stream; raises yaml.YAMLError."""
    yield from yaml.load_all(text, _Loader)


def read_source(root: Path, file: str) -> Source:
    """The first document of a file."""
    try:
        data = (root / file).read_bytes()
    except OSError as error:
        return Source(file, problem=(f"it cannot be read: {error.strerror}", None))
    if len(data) > SIZE_LIMIT:
        return Source(file, problem=(f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB", None))
    try:
        return parse_source(file, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Source(file, problem=(f"byte {error.start} is no UTF-8", None))


def parse_source(file: str, text: str) -> Source:
    """A file's text as values with places."""
    loader = _Loader(text)
    try:
        node = loader.get_node() if loader.check_node() else None
        if node is None:
            return Source(file)
        outline = _Outline()
        outline.walk(node, ())
        return Source(
            file,
            loader.construct_document(node),
            outline.lines,
            outline.raw,
            frozenset(outline.shared),
            tuple(outline.repeated),
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Source(file, problem=(str(error.problem or error.context), mark.line + 1 if mark else None))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Source(file, problem=(str(error).splitlines()[0] if str(error) else "nested too deeply", None))
    finally:
        loader.dispose()


@dataclass
class _Outline:
    """The lines and the plain scalars of a document; ends early where aliases make it huge."""

    lines: dict[Path_, int] = field(default_factory=dict)
    raw: dict[Path_, str] = field(default_factory=dict)
    shared: set[Path_] = field(default_factory=set)
    repeated: list[tuple[Path_, int, int]] = field(default_factory=list)
    seen: dict[int, Path_] = field(default_factory=dict)
    nodes: int = 0

    def walk(self, node: yaml.Node, path: Path_) -> None:
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise ValueError(f"it has more than {NODE_LIMIT} values once its aliases are followed")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if not isinstance(node, yaml.ScalarNode):
            if id(node) in self.seen:  # an alias: what stands at the anchor is used here
                self.shared.add(self.seen[id(node)])
            self.seen.setdefault(id(node), path)
        if isinstance(node, yaml.MappingNode):
            self.mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.walk(item, (*path, index))
        elif isinstance(node, yaml.ScalarNode) and not node.style:
            self.raw[path] = node.value

    def mapping(self, node: yaml.MappingNode, path: Path_) -> None:
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name == "<<":
                self.walk(value, path)
                continue
            if name in first:
                self.repeated.append(((*path, name), line, first[name]))
            first.setdefault(name, line)
            self.lines[(*path, name)] = line
            self.walk(value, (*path, name))


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Everything below `value` that is no mapping, an empty mapping too."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    else:
        yield path, value
