"""What a container runs, by Docker's rules, and what that comes to."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.deploy.dockerfile.model import Built
from checks.model import Place
from checks.wiring.code.model import Code
from checks.wiring.model import Kind, Started
from checks.wiring.started import started, started_line

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_PASSES_ON = re.compile(r"""^\s*(exec\s+)?"?\$@"?\s*$""", re.MULTILINE)
_LIMIT = 1 << 18


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an entrypoint or a command, and who wrote them; `given` is false where nobody did."""

    words: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def given(self) -> bool:
        """Whether somebody wrote it."""
        return self.place is not None


def split(value: object) -> tuple[str, ...]:
    """The words of a list or of a text that Compose splits."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError:
            return ()
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def whole(entrypoint: Words, command: Words, built: Built | None) -> Words:
    """Entrypoint and command as one; an entrypoint of the deployment's own drops the image's command."""
    own_entrypoint = _of_image(built, "entrypoint")
    own_command = _of_image(built, "command")
    first = entrypoint if entrypoint.given else own_entrypoint
    second = command if command.given else (Words() if entrypoint.given else own_command)
    if _is_shell_text(first.words) and not entrypoint.given:
        second = Words()
    if not first.given and built is None and command.given and not _names_program(command.words):
        return Words((), None)
    place = command.place or entrypoint.place or second.place or first.place
    return Words(first.words + second.words, place)


def _of_image(built: Built | None, part: str) -> Words:
    words: tuple[str, ...] = getattr(built, part) if built is not None else ()
    return Words(words, Place(built.dockerfile, built.lines.get(part))) if built is not None and words else Words()


def _names_program(words: Sequence[str]) -> bool:
    """A foreign image's own entrypoint may stand before: words that begin with an option are for it."""
    return bool(words) and not words[0].startswith("-")


def _is_shell_text(words: Sequence[str]) -> bool:
    return len(words) == 3 and posixpath.basename(words[0]) in _SHELLS and words[1].startswith("-") and "c" in words[1]


def starts(words: Sequence[str], workdir: str | None, built: Built | None, code: Code) -> tuple[Started, ...]:
    """The programs that a container comes to run, also those that a shell script of the project starts."""
    found: list[Started] = []
    for one in started(words, code.console_scripts) if words else ():
        script = _script(one, workdir, built, code.root)
        inside = [one] if script is None else _of_script(one, script, code)
        found += [each for each in inside if each not in found]
    return tuple(found)


def _of_script(script: Started, text: str, code: Code) -> list[Started]:
    inside = [
        one
        for one in started_line(text, code.console_scripts)
        if not any(word == "$@" for word in (one.name, *one.argv))
    ]
    if script.arguments and _PASSES_ON.search(text):
        inside += started(script.arguments, code.console_scripts)
    return inside or [script]


def _script(one: Started, workdir: str | None, built: Built | None, root: Path) -> str | None:
    """The text of a shell script of the project's that is started."""
    is_script = one.kind in (Kind.FILE, Kind.PROGRAM) and one.name.endswith((".sh", ".bash"))
    path = source_of(one.name, one.workdir or workdir or "/", built) if is_script or one.kind is Kind.FILE else None
    if path is None or path.endswith(".py"):
        return None
    try:
        text = (root / path).read_bytes()[:_LIMIT].decode(errors="replace")
    except OSError:
        return None
    first = text.partition("\n")[0]
    return text if is_script or re.match(r"#!.*\b(ba|da|a)?sh\b", first) else None


def source_of(path: str, workdir: str, built: Built | None) -> str | None:
    """The file of the project that lies under a path in the image, relative to the project."""
    if built is None:
        return None
    absolute = posixpath.normpath(posixpath.join("/", workdir, path))
    for copied in reversed(built.copied):
        target = posixpath.normpath(copied.target)
        if absolute == target and not absolute.endswith("/"):
            return posixpath.normpath(copied.source)
        prefix = target if target.endswith("/") else f"{target}/"
        if absolute.startswith(prefix):
            return posixpath.normpath(posixpath.join(copied.source, absolute[len(prefix) :]))
    return None
