"""What the trial of a call says about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.model import Diagnostic, Place, Severity
from checks.wiring.calls.model import Call, Origin
from checks.wiring.calls.nearest import instead
from checks.wiring.calls.parameters import Offered, unknown_options
from checks.wiring.calls.rules import BROKEN, REFUSED, report
from checks.wiring.calls.trial import FILE_MARKER, MARKER, Attempt, Verdict

_VALUE_ERRORS = frozenset(("ValueError", "KeyError", "ZoneInfoNotFoundError", "ArgumentError", "BadParameter"))
_OWN_FAULTS = frozenset(("NameError", "ImportError", "SyntaxError", "IndentationError", "ModuleNotFoundError"))
_ABOUT_FILES = re.compile(
    r"does not exist|can't open|No such file|not a (?:file|directory)|is a directory", re.IGNORECASE
)
_REQUIRED = re.compile(r"are required|is required|[Mm]issing (?:option|argument|parameter|command)|field required")
_UNRECOGNIZED = re.compile(r"unrecognized arguments: (.+)")
_USAGE = re.compile(r"^\s*usage\b", re.IGNORECASE | re.MULTILINE)


class Judge:
    """Turns verdicts into findings; `root` is where places are read."""

    def __init__(self, root: Path, offered: dict[str, Offered], own: frozenset[str]) -> None:
        self.root, self.offered, self.own = root, offered, own
        self.broken: set[tuple[object, ...]] = set()

    def findings(self, call: Call, attempt: Attempt, verdict: Verdict) -> Iterator[Diagnostic]:
        """What one trial found."""
        if verdict["verdict"] == "refused":
            yield from self._refused(call, attempt, verdict)
        elif verdict["verdict"] == "failed":
            yield from self._failed(call, attempt, verdict)
        elif verdict["verdict"] == "unknown" and attempt.target.kind == "workflow":
            yield from self._by_text(call, attempt)

    def _refused(self, call: Call, attempt: Attempt, verdict: Verdict) -> Iterator[Diagnostic]:
        if call.origin is Origin.README and not attempt.arguments and "--help" in str(verdict["message"]):
            return  # called without arguments it tells what there is
        if verdict["by"] == "pydantic":
            reasons = list(self._of_pydantic(attempt, verdict["parts"]))
        else:
            reasons = list(self._of_parser(attempt, str(verdict["message"]), tuple(verdict.get("options") or ())))
        if reasons:
            yield self._refusal(call, attempt, "; ".join(reasons))

    def _refusal(self, call: Call, attempt: Attempt, reason: str) -> Diagnostic:
        through = f", through {call.through}" if call.through else ""
        text = f"`{call.text}`{through}: {self._who(attempt)} refuses these arguments: {reason}"
        return report(REFUSED, call.place, text)

    def _who(self, attempt: Attempt) -> str:
        if attempt.target.kind == "workflow":
            return f"the workflow `{attempt.target.name}`"
        return f"`{attempt.target.name}`"

    def _of_parser(self, attempt: Attempt, message: str, options: tuple[str, ...]) -> Iterator[str]:
        unknown = list(unknown_options(attempt.arguments, options)) if options else []
        told = _UNRECOGNIZED.search(message)
        if told is not None:  # what a subcommand knows, the parser around it does not
            refused = [word.partition("=")[0] for word in told[1].split()]
            unknown = list(dict.fromkeys(word for word in refused if word.startswith("--")))
        for name in unknown:
            yield f"there is no option `{name}`{self._instead(attempt, name, options)}"
        if _REQUIRED.search(message):
            is_sure = not attempt.open_ended
        else:
            is_sure = not _is_unknown(message) and not _ABOUT_FILES.search(message)
        if is_sure and not unknown:
            yield f"{message}{self._where(attempt, message)}"

    def _of_pydantic(self, attempt: Attempt, parts: Sequence[dict[str, str | None]]) -> Iterator[str]:
        for part in parts:
            field = str(part["field"])
            flag = f"--{field.replace('_', '-')}"
            if part["type"] == "missing":
                if not attempt.open_ended:
                    yield f"`{flag}` is required{self._place_of(attempt, field)} and not given"
            elif not str(part["type"]).startswith("path_"):
                given = part["input"]
                yield f"`{flag} {given}`: {str(part['message']).lower()}{self._place_of(attempt, field)}"

    def _instead(self, attempt: Attempt, name: str, options: tuple[str, ...]) -> str:
        offered = self.offered.get(attempt.target.name) if attempt.target.kind == "workflow" else None
        text = instead(name, [option for option in options if option != "--help"])
        if offered is not None and offered.parameters:
            close = next((one for one in offered.parameters if f"did you mean `{one.flag}`" in text), None)
            return f"{text} ({close.place})" if close is not None else f"{text} ({offered.parameters[0].place})"
        return text + self._where(attempt, text)

    def _place_of(self, attempt: Attempt, field: str) -> str:
        offered = self.offered.get(attempt.target.name)
        known = {one.name: one.place for one in (offered.parameters or ())} if offered else {}
        return f" ({known[field]})" if field in known else ""

    def _where(self, attempt: Attempt, message: str) -> str:
        """The line of the program that names the option that a message is about."""
        if attempt.target.kind == "workflow":
            return ""
        options = re.findall(r"--?[A-Za-z][\w-]*", message)
        path = _file_of(attempt)
        if path is None:
            return ""
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        for needle in (
            *(f'"{option}"' for option in options),
            *(f"'{option}'" for option in options),
            "ArgumentParser(",
        ):
            for number, line in enumerate(lines, 1):
                if needle in line:
                    return f" ({self._relative(path)}:{number})"
        return ""

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

    def _failed(self, call: Call, attempt: Attempt, verdict: Verdict) -> Iterator[Diagnostic]:
        kinds = set(verdict.get("kinds") or ())
        place, message = verdict.get("place"), str(verdict.get("message") or "")
        shown = f"{verdict.get('type')}: {message}".splitlines()[0][:200] if verdict.get("type") else ""
        said = _last_line(str(verdict["output"]))
        shows_usage = _USAGE.search(str(verdict["output"])) is not None and not verdict["parsed"] and not kinds
        if self._is_argv_misread(verdict) or (shows_usage and not _is_unknown(said)):
            yield self._refusal(call, attempt, shown or said)
        elif kinds & _OWN_FAULTS and not verdict["parsed"] and self._is_own_fault(attempt, verdict, kinds):
            at = f" ({place[0]}:{place[1]})" if place else ""
            if (at, shown) in self.broken:
                return
            self.broken.add((at, shown))
            text = f"`{call.text}`: {self._who(attempt)} ends before it reads its arguments: {shown}{at}"
            yield report(BROKEN, Place(place[0], place[1]) if place else call.place, text)
        elif kinds & _VALUE_ERRORS and place and not verdict["stubbed"]:
            literal = _quoted_literal(attempt.arguments, message)
            if literal is not None:
                sure = call.origin is not Origin.README or not any(letter.isdigit() for letter in literal)
                text = f"`{literal}` is refused at {place[0]}:{place[1]}: {shown}"
                yield self._refusal(call, attempt, text)._replace(severity=Severity.ERROR if sure else Severity.WARNING)

    def _is_argv_misread(self, verdict: Verdict) -> bool:
        place = verdict.get("place")
        if verdict.get("type") != "IndexError" or not place or verdict["stubbed"]:
            return False
        try:
            lines = (self.root / place[0]).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return False
        return "sys.argv" in lines[place[1] - 1] if place[1] <= len(lines) else False

    def _is_own_fault(self, attempt: Attempt, verdict: Verdict, kinds: set[str]) -> bool:
        """Whether the project's text is at fault: not a package that this Python lacks, nor a version of one."""
        if "ModuleNotFoundError" in kinds:
            top, dot, _ = str(verdict.get("module")).partition(".")
            return (bool(dot) or attempt.target.strict) and top in self.own
        if "ImportError" in kinds:
            found = re.search(r"\((.+)\)$", str(verdict.get("message")))
            return found is not None and found[1].startswith(f"{self.root}/") and "site-packages" not in found[1]
        return bool(verdict.get("place"))

    def _by_text(self, call: Call, attempt: Attempt) -> Iterator[Diagnostic]:
        """Without a Python that can run the workflow, its text tells which options there are."""
        offered = self.offered.get(attempt.target.name)
        if offered is None or offered.parameters is None:
            return
        options = tuple(one.flag for one in offered.parameters)
        reasons = [f"there is no option `{name}`{self._instead(attempt, name, options)}"
                   for name in unknown_options(attempt.arguments, (*options, "--help"))]  # fmt: skip
        given = {word.partition("=")[0] for word in attempt.arguments}
        if not reasons and not attempt.open_ended:
            reasons = [
                f"`{one.flag}` is required ({one.place}) and not given"
                for one in offered.parameters
                if one.required and not any(one.flag.startswith(word) for word in given if len(word) > 3)
            ]
        if reasons:
            yield self._refusal(call, attempt, "; ".join(reasons))


def _file_of(attempt: Attempt) -> Path | None:
    target = attempt.target
    if target.kind == "file":
        return Path(target.path)
    tail = target.name.partition(":")[0].replace(".", "/")
    candidates = (Path(base, end) for base in target.search for end in (f"{tail}.py", f"{tail}/__main__.py"))
    return next((path for path in candidates if path.is_file()), None)


def _is_unknown(message: str) -> bool:
    return MARKER in message or FILE_MARKER in message


def _quoted_literal(arguments: Sequence[str], message: str) -> str | None:
    """The argument, written out in the call, that an error quotes."""
    for word in arguments:
        value = word.partition("=")[2] if word.startswith("--") and "=" in word else word
        # A file that is not there yet is nobody's fault.
        plain = len(value) > 1 and not re.search(r"^-|[$/\\]|\.[A-Za-z]\w{0,4}$", value)
        if plain and any(f"{quote}{value}{quote}" in message for quote in "'\"`"):
            return value
    return None


def _last_line(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else ""
