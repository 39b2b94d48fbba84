"""Judges a run.py as a script: its first line, its mode, and its PEP 723 block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from checks.raw.findings import Findings
from checks.raw.requirements import Requirement, is_specifier, lowest_version, parse_requirement
from checks.raw.script_metadata import BlockFault, ScriptMetadata, read_metadata
from checks.raw.source import Source

LEAST_PYTHON = (3, 10)
BLOCK = (
    """`# /// script`, `# requires-python = ">=3.10"`, `# dependencies = ["pydantic>=2.0", "rich>=13.0"]`, `# ///`"""
)


def judge_start(source: Source, findings: Findings) -> None:
    """The shebang and the executable bits."""
    first = source.text.partition("\n")[0]
    if not (first.startswith("#!") and ("python" in first or "uv" in first)):
        findings.add("raw.no-shebang", "`run.py` has no shebang line", 1, "first line: `#!/usr/bin/env python3`")
    elif source.marked:
        findings.add("raw.no-shebang", "a byte order mark stands before the shebang", 1, "save it as UTF-8 without BOM")
    elif source.returns:
        findings.add("raw.no-shebang", "the shebang line ends in CR LF", 1, "save it with LF line ends")
    if not os.access(source.path, os.X_OK):
        findings.add("raw.not-executable", "`run.py` is not executable", None, f"chmod +x '{findings.file}'")


def judge_metadata(source: Source, findings: Findings) -> tuple[Requirement, ...] | None:
    """The PEP 723 block; returns the dependencies it declares, or None where they cannot be known."""
    block = read_metadata(source.text)
    if block is None:
        findings.add(
            "raw.no-script-block", "`run.py` has no `# /// script` block", 1, f"below the shebang, a line each: {BLOCK}"
        )
        return None
    if isinstance(block, BlockFault):
        hint = "one block, opened by `# /// script`, closed by `# ///`, every line between starts with `# `"
        findings.add("raw.script-block-broken", f"`run.py` {block.message}", block.line, hint)
        return None
    if block.fault is not None:
        message = f"the `# /// script` block is no TOML: {block.fault}"
        findings.add("raw.script-block-broken", message, block.fault_line, f"a line each: {BLOCK}")
        return None
    _judge_python(block, findings)
    return _judge_dependencies(block, findings)


def _judge_python(block: ScriptMetadata, findings: Findings) -> None:
    wanted = block.values.get("requires-python")
    line = block.line_of("requires-python")
    hint = 'requires-python = ">=3.10"'
    if wanted is None:
        findings.add("raw.requires-python", "the `# /// script` block has no `requires-python`", block.line, hint)
    elif not isinstance(wanted, str) or not is_specifier(wanted):
        findings.add("raw.bad-requirement", f"`requires-python` is `{wanted}`, no version specifier", line, hint)
    elif lowest_version(wanted) < LEAST_PYTHON:
        message = f"`requires-python` is `{wanted}`: it lets Python below 3.10 in"
        findings.add("raw.requires-python", message, line, hint)


def _judge_dependencies(block: ScriptMetadata, findings: Findings) -> tuple[Requirement, ...] | None:
    listed = block.values.get("dependencies")
    line = block.line_of("dependencies")
    hint = 'dependencies = ["pydantic>=2.0", "rich>=13.0"]'
    if listed is None:
        message = "the `# /// script` block has no `dependencies`"
        findings.add("raw.no-dependencies", message, block.line, hint)
        return ()
    if not isinstance(listed, list):
        findings.add("raw.bad-requirement", f"`dependencies` is `{listed}`, no list", line, hint)
        return None
    parsed = tuple(_requirements(block, listed, findings))
    _judge_usual(parsed, len(parsed) == len(listed), line, findings)
    return parsed if len(parsed) == len(listed) else None


def _judge_usual(parsed: tuple[Requirement, ...], whole: bool, line: int, findings: Findings) -> None:
    names = {requirement.name for requirement in parsed}
    for name, example in (("pydantic", "pydantic>=2.0"), ("rich", "rich>=13.0")) if whole else ():
        if name not in names:
            message = f"`{name}`, which RAW's runtime needs, is not among the `dependencies`"
            findings.add(f"raw.no-{name}", message, line, f'add "{example}"')


def _requirements(block: ScriptMetadata, listed: list[Any], findings: Findings) -> Iterator[Requirement]:
    for entry in listed:
        parsed = parse_requirement(entry) if isinstance(entry, str) else None
        if parsed is not None:
            yield parsed
            continue
        line = block.line_of(str(entry)) if isinstance(entry, str) and entry else block.line_of("dependencies")
        message = f"`{entry}` in `dependencies` is no requirement"
        findings.add("raw.bad-requirement", message, line, 'write a name and a version: "pydantic>=2.0"')
