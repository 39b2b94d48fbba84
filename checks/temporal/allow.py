"""`# skillgate: allow RULE -- reason`: silences one rule on its line, or on the line below where it stands alone."""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from checks.model import Diagnostic, Rule, Severity
from checks.temporal.model import Project

_ALLOW = Rule(
    id="temporal.allow",
    severity=Severity.ERROR,
    title="an allow comment that allows nothing",
    why="A finding may only be silenced knowingly: the comment names one rule and says why it does not apply here.",
    wrong="started = time.time()  # skillgate: allow temporal.nondeterministic\n",
    right="started = time.time()  # skillgate: allow temporal.nondeterministic -- a metric, decides nothing\n",
)
RULES = (_ALLOW,)

_COMMENT = re.compile(r"#\s*skillgate:\s*allow\b\s*(?P<rule>[\w.-]*)\s*(?:--\s*(?P<reason>.*))?")
_FORM = "write `# skillgate: allow RULE -- reason`"


@dataclass(frozen=True, slots=True)
class _Permission:
    """A comment of `file` at `line` that silences `rule` on `covers`."""

    file: str
    line: int
    covers: int
    rule: str


def apply(found: Iterable[Diagnostic], project: Project, known: Iterable[str]) -> tuple[list[Diagnostic], int]:
    """What remains, with findings about wrong comments; and how many findings were allowed."""
    permissions: dict[tuple[str, int, str], _Permission] = {}
    remaining: list[Diagnostic] = []
    rules = frozenset(known)
    for file, text in _commented(project):
        for each in _read(file, text, rules):
            if isinstance(each, Diagnostic):
                remaining.append(each)
            else:
                permissions[(each.file, each.covers, each.rule)] = each
    findings = list(dict.fromkeys(found))
    kept = [each for each in findings if not _is_allowed(each, permissions)]
    return [*kept, *remaining], len(findings) - len(kept)


def _is_allowed(found: Diagnostic, permissions: Mapping[tuple[str, int, str], _Permission]) -> bool:
    return (found.file or "", found.line or 0, found.rule) in permissions


def _commented(project: Project) -> Iterator[tuple[str, str]]:
    """The files read so far that hold such a comment, outside tests."""
    for module in project.names.sources.loaded():
        content = module.path.read_bytes()
        if b"skillgate:" in content and not module.in_tests:
            yield module.file, content.decode("utf-8", "replace")


def _read(file: str, text: str, rules: frozenset[str]) -> Iterator[_Permission | Diagnostic]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        match = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
        if match is not None:
            line, column = token.start
            trouble = _trouble(match["rule"], match["reason"], rules)
            alone = token.line[:column].strip() == ""
            if trouble is not None:
                yield Diagnostic(_ALLOW.id, _ALLOW.severity, trouble[0], file, line, column + 1, trouble[1])
            else:
                yield _Permission(file, line, line + 1 if alone else line, match["rule"])


def _trouble(rule: str, reason: str | None, rules: frozenset[str]) -> tuple[str, str] | None:
    if not rule:
        return "the allow comment names no rule", _FORM
    if rule not in rules:
        close = difflib.get_close_matches(rule, sorted(rules), n=1, cutoff=0.5)
        return f"the allow comment names `{rule}`, which is no rule", f"did you mean `{close[0]}`?" if close else _FORM
    if not (reason or "").strip():
        return f"the allow comment for `{rule}` gives no reason", _FORM
    return None
