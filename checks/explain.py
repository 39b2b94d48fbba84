"""`skillgate explain`: what a gate or a rule is about, with a wrong and a right example."""

from __future__ import annotations

import difflib
import textwrap
from typing import TextIO

from checks import catalog, registry
from checks.model import CatalogEntry, Rule

EXIT_USAGE = 2


def explain_name(name: str, out: TextIO, trouble: TextIO) -> int:
    """Print the explanation of a gate or a rule; 2 where there is none, with the nearest name."""
    entry = catalog.load_entry(name)
    if entry is not None:
        out.write(_gate(entry))
        return 0
    rules = {rule.id: rule for rule in registry.all_rules()}
    if name in rules:
        out.write(_rule(rules[name]))
        return 0
    known = [*catalog.names(), *rules]
    near = difflib.get_close_matches(name, known, n=3)
    guess = (
        f"did you mean {' or '.join(f'`{each}`' for each in near)}?"
        if near
        else f"the gates are: {', '.join(catalog.names())}"
    )
    print(f"skillgate: no gate or rule is called `{name}`; {guess}", file=trouble)
    return EXIT_USAGE


def _gate(entry: CatalogEntry) -> str:
    rules = [rule for rule in registry.all_rules() if rule.id.split(".")[0] == _check_of(entry)]
    lines = [
        f"{entry.name}: {entry.title}",
        "",
        textwrap.fill(entry.proves, 100),
        "",
        f"command: {entry.command}",
        f"limit:   {entry.timeout_s:g} s",
        f"applies: {_applies(entry)}",
        f"guide:   {entry.guide}",
    ]
    if rules:
        lines += ["", "rules:", *(f"  {rule.id}  ({rule.severity.value}) {rule.title}" for rule in rules)]
    return "\n".join(lines) + "\n"


def _applies(entry: CatalogEntry) -> str:
    least = f", and {entry.components} components of a system" if entry.components else ""
    asked = "; only if named in the config, by `--gate`, or with `--all`" if entry.asked else ""
    return f"where one of {', '.join(entry.inputs)} is there{least}{asked}"


def _check_of(entry: CatalogEntry) -> str:
    words = entry.command.split()
    if words[:2] == ["skillgate", "check"]:
        return words[2]
    return {"temporal": "temporal", "docker-compose": "compose"}.get(words[0], words[0])


def _rule(rule: Rule) -> str:
    wrong, right = (textwrap.indent(text.strip("\n"), "    ") for text in (rule.wrong, rule.right))
    return (
        f"{rule.id} ({rule.severity.value}): {rule.title}\n\n{textwrap.fill(rule.why, 100)}\n\n"
        f"wrong:\n{wrong}\n\nright:\n{right}\n"
    )
