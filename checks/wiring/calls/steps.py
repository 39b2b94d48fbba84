"""A text for the shell as steps: one command each, in the folder that it runs in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.commands import Simple, simple_commands
from checks.model import Place
from checks.wiring.calls.model import Origin
from checks.wiring.calls.shell import logical_lines
from checks.wiring.calls.texts import Text
from checks.wiring.calls.wrappers import program_name, unwrap

_INVENTED = re.compile(
    r"[<>{}\[\]…]|\.\.\.|\$|`|\*|path/to|(?i:\byour[-_]|\bmy[-_]|\bcustom[-_.]|x{3,}|example\.(?:com|org))"
)
_MAKERS = {"mkdir": 0, "touch": 0, "tee": 0, "mv": 1, "ln": 1, "cp": 1}
_GENERATORS = frozenset(("skillgate", "helm", "npx", "npm", "uv", "alembic", "django-admin", "cookiecutter"))
_OUTPUT = re.compile(r"(?:^|\s)(?:\d?>>?|&>|-o|--output(?:-file)?|--out|-out|-keyout)[ =]*([\w./-]+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command: `words` without its wrappers, `line` as it was written.

    `nested` is true in a document below the project's top, whose reader may stand in its folder or at the top.
    """

    words: tuple[str, ...]
    line: str
    place: Place
    origin: Origin
    folder: str | None
    assigned: tuple[str, ...] = ()
    made: frozenset[str] = field(default_factory=frozenset)
    nested: bool = False

    @property
    def program(self) -> str:
        """The name of what is started."""
        return program_name(self.words[0])

    def path(self, word: str) -> str | None:
        """A word as a path of the project; None where it is invented, made by an earlier step, or elsewhere."""
        if self.folder is None or not word or is_invented(word) or word.startswith(("/", "~", "-")) or "://" in word:
            return None
        path = posixpath.normpath(posixpath.join(self.folder, word))
        if path.startswith("..") or any(path == one or path.startswith(f"{one}/") for one in self.made):
            return None
        return path

    def exists(self, root: Path, path: str) -> bool:
        """Whether a path of the project is there, from wherever the reader stands."""
        beside = posixpath.join(posixpath.dirname(self.place.file), path)
        return (root / path).exists() or (self.nested and (root / beside).exists())


def is_invented(word: str) -> bool:
    """Whether a word only stands for what the reader is to put there, or is known only when it runs."""
    return _INVENTED.search(word) is not None


class Walk:
    """Follows one text from its folder through `cd` to each command."""

    def __init__(self, root: Path, text: Text, names: frozenset[str]) -> None:
        self.root, self.text, self.names = root, text, names
        self.folder = text.folder
        self.cloned: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """Every command, `cd` included."""
        for number, line in logical_lines(self.text.text):
            outside = self.folder
            place = Place(self.text.file, self.text.line(number))
            self.text.made.update(self._resolved(found) for found in _OUTPUT.findall(line))
            for simple in simple_commands(line):
                yield from self._step(simple, line, place)
                if simple.followed_by and ")" in simple.followed_by:
                    self.folder = outside

    def _step(self, simple: Simple, line: str, place: Place) -> Iterator[Step]:
        assigned: dict[str, str] = {}
        words = tuple(unwrap(simple.words, assigned))
        if not words:
            return
        own = (*simple.assigned, *(f"{name}={value}" for name, value in assigned.items()))
        made = frozenset(self.text.made)
        nested = self.text.origin is Origin.README and "/" in self.text.file
        step = Step(words, line, place, self.text.origin, self.folder, own, made, nested)
        yield step
        if step.program in ("cd", "pushd"):
            self._change(words[1] if len(words) > 1 else "~")
        else:
            self._note(step)

    def _change(self, target: str) -> None:
        if target in self.cloned or (self.folder == "." and self._is_project(target)):
            self.folder = "."
        elif self.folder is None or is_invented(target) or target.startswith(("/", "~", "-")):
            self.folder = "." if self._names_root(target) else None
        else:
            path = posixpath.normpath(posixpath.join(self.folder, target))
            self.folder = path if not path.startswith("..") and (self.root / path).is_dir() else None

    def _is_project(self, target: str) -> bool:
        plain = target.rstrip("/").rpartition("/")[2].lower()
        return plain in self.names and not (self.root / target).is_dir()

    def _names_root(self, target: str) -> bool:
        return (
            bool(re.search(r"rev-parse --show-toplevel", target)) or target.rstrip("/").rpartition("/")[2] in self.names
        )

    def _note(self, step: Step) -> None:
        """What a command makes is there for those behind it."""
        plain = [word for word in step.words[1:] if not word.startswith("-")]
        if step.program == "git" and "clone" in plain and len(plain) > 1:
            name = plain[-1] if len(plain) > 2 else plain[1]
            self.cloned.add(name.rstrip("/").rpartition("/")[2].removesuffix(".git"))
        elif step.program in _MAKERS and plain:
            targets = plain if not _MAKERS[step.program] else plain[-1:]
            self.text.made.update(self._resolved(target) for target in targets)
        elif "venv" in step.words or "virtualenv" in step.words:
            self.text.made.update({".venv", "venv", *(self._resolved(word) for word in plain[-1:])})
        elif step.program in _GENERATORS and {"new", "create", "init"} & set(plain[:3]):
            self.text.made.update(self._resolved(word) for word in plain[1:])

    def _resolved(self, word: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder or ".", word))
