"""Judges a workflow's config.yaml: well-formed YAML, one mapping, no key twice, plain values where text belongs."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from checks.raw.findings import Findings
from checks.raw.source import read_regular

LARGEST_CONFIG = 1024 * 1024
TEXTS = frozenset(("id", "name", "intent", "status", "version", "created_at"))
"""Fields that are one value each wherever RAW writes them."""

# The base loader resolves no types: the checks below need none, and that is most of the time.
Loader: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def judge_config(path: str, findings: Findings) -> None:
    """Reads the file, where there is one; nothing in it is ever built or run."""
    try:
        data = read_regular(path, LARGEST_CONFIG)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        findings.add("raw.bad-config", f"`config.yaml` cannot be read: {error.strerror or error}")
        return
    _judge_data(data, findings)


def _judge_data(data: bytes, findings: Findings) -> None:
    try:
        # Composing, unlike loading, neither expands aliases nor builds what a tag asks for.
        node = yaml.compose(data.removeprefix(b"\xef\xbb\xbf"), Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"`config.yaml` is no YAML: {error.problem or error.context}"
        findings.add(
            "raw.bad-config", message, mark.line + 1 if mark else None, column=mark.column + 1 if mark else None
        )
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        findings.add("raw.bad-config", f"`config.yaml` is no YAML: {str(error).splitlines()[0][:120] or 'too deep'}", 1)
    else:
        _judge_root(node, findings)


def _judge_root(node: yaml.Node | None, findings: Findings) -> None:
    if not isinstance(node, yaml.MappingNode):
        kind = "empty" if node is None else f"a {_kind(node)}, not a mapping"
        findings.add("raw.bad-config", f"`config.yaml` is {kind}", 1, "name: hello")
        return
    for part in _mappings(node):
        _judge_keys(part, findings)
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in TEXTS and not isinstance(value, yaml.ScalarNode):
            message = f"`{key.value}` in `config.yaml` is a {_kind(value)}, not a text"
            findings.add("raw.bad-config", message, value.start_mark.line + 1)


def _kind(node: yaml.Node) -> str:
    return type(node).__name__.removesuffix("Node").lower()


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Every mapping once, also those that an alias names again."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)


def _judge_keys(node: yaml.MappingNode, findings: Findings) -> None:
    seen: dict[str, int] = {}
    for key, value in node.value:
        if "python/" in value.tag:
            findings.add(
                "raw.bad-config", f"`{value.tag}` in `config.yaml` asks to run Python", value.start_mark.line + 1
            )
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        line = key.start_mark.line + 1
        if key.value in seen:
            message = f"`{key.value}` stands twice in `config.yaml`, first on line {seen[key.value]}"
            findings.add("raw.bad-config", message, line, "keep one of them")
        seen.setdefault(key.value, line)
