"""Whether the files and names that documentation, Makefiles and CI jobs type are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from checks.model import Diagnostic
from checks.wiring.calls.containers import Containers
from checks.wiring.calls.judging import Judging, shown, values
from checks.wiring.calls.model import Origin
from checks.wiring.calls.named import Named
from checks.wiring.calls.nearest import nearest
from checks.wiring.calls.rules import README_FILE, README_PACKAGE, report
from checks.wiring.calls.servers import value_of
from checks.wiring.calls.steps import Step

_NO_PACKAGE = {
    "skillgate": "the package of that name is another product: this one is `raw-skillgate`",
    "raw": "RAW is on no package registry: `pip install git+https://github.com/mpuig/raw`",
    "raw-runtime": "RAW's runtime is on no package registry: `pip install git+https://github.com/mpuig/raw`",
    "raw_runtime": "RAW's runtime is on no package registry: `pip install git+https://github.com/mpuig/raw`",
}


class Newcomer(Judging):
    """Judges what is typed against what the project has."""

    def __init__(self, named: Named) -> None:
        super().__init__(named)
        self.programs: Mapping[str, Callable[[Step], Iterator[Diagnostic]]] = {
            "cd": self._cd, "pushd": self._cd, "cp": self._cp, "source": self._every_file,
            ".": self._every_file, "chmod": self._chmod, "pip": self._pip, "pip3": self._pip, "uv": self._uv,
            "poetry": self._poetry, "pytest": self._pytest, "make": self._make, "npm": self._npm, "yarn": self._npm,
            "pnpm": self._npm, "psql": self._psql,
            "python": self._python, "python3": self._python,
            **Containers(named).programs,
        }  # fmt: skip

    def judge(self, step: Step) -> Iterator[Diagnostic]:
        """Findings about one step."""
        judge = self.programs.get(step.program)
        if judge is not None and not (
            step.nested and step.program in ("make", "npm", "yarn", "pnpm", "uv", "poetry", "pip")
        ):
            yield from judge(step)

    # --- findings

    # --- programs

    def _cd(self, step: Step) -> Iterator[Diagnostic]:
        target = step.words[1] if len(step.words) > 1 else ""
        path = step.path(target)
        if path is None or (step.folder == "." and "/" not in target.strip("/") and self._may_be_project(step, target)):
            return
        if not step.exists(self.root, path) and not target.startswith(".."):
            yield from self.file(step, target, "folder")

    def _may_be_project(self, step: Step, target: str) -> bool:
        """The folder that the project was cloned into has whatever name its reader gave it."""
        return step.origin is Origin.README and nearest(target.strip("/"), self.named.folders, 0.8) is None

    def _cp(self, step: Step) -> Iterator[Diagnostic]:
        plain = [word for word in step.words[1:] if not word.startswith("-")]
        for source in plain[:-1]:
            yield from self.file(step, source)

    def _every_file(self, step: Step) -> Iterator[Diagnostic]:
        for word in step.words[1:2]:
            if "." in word.rpartition("/")[2] or "/" in word:
                yield from self.file(step, word)

    def _chmod(self, step: Step) -> Iterator[Diagnostic]:
        for word in step.words[2:]:
            yield from self.file(step, word)

    def _psql(self, step: Step) -> Iterator[Diagnostic]:
        for word in values(step.words, ("-f", "--file")):
            yield from self.file(step, word)

    def _python(self, step: Step) -> Iterator[Diagnostic]:
        if step.words[1:3] == ("-m", "pip"):
            yield from self._pip(replace(step, words=step.words[2:]))
        elif step.words[1:3] == ("-m", "pytest"):
            yield from self._pytest(replace(step, words=step.words[2:]))

    def _pip(self, step: Step) -> Iterator[Diagnostic]:
        if "install" in step.words[:3]:
            yield from self._installed(step, step.words[step.words.index("install") + 1 :])

    def _installed(self, step: Step, words: Sequence[str]) -> Iterator[Diagnostic]:
        for word in values(words, ("-r", "--requirement", "-c", "--constraint")):
            yield from self.file(step, word)
        skip = False
        for word in words:
            if not skip and not word.startswith("-"):
                yield from self._requirement(step, word)
            skip = word in ("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "-t", "--target", "-f")

    def _requirement(self, step: Step, word: str) -> Iterator[Diagnostic]:
        found = re.match(r"([^\[\]@=<>~! ;]+)(?:\[([^\]]*)\])?$", word)
        if found is None or "://" in word:
            return
        path = found[1]
        if path in (".", "./") or path.startswith(("./", "../")) or "/" in path:
            if path not in (".", "./"):
                yield from self.file(step, path, "folder")
            for extra in (found[2] or "").split(","):
                if extra.strip():
                    known = self.named.extras(step.path(path))
                    if known is not None:
                        yield from self.name(step, "extra", extra.strip(), known)
        elif path.lower() in _NO_PACKAGE:
            yield report(README_PACKAGE, step.place, f"`{shown(step)}`: {_NO_PACKAGE[path.lower()]}")

    def _uv(self, step: Step) -> Iterator[Diagnostic]:
        words = step.words[1:]
        if words[:2] == ("pip", "install"):
            yield from self._installed(step, words[2:])
        elif words[:1] == ("add",) or words[:2] == ("tool", "install"):
            for word in words[1:]:
                if word.lower() in _NO_PACKAGE:
                    yield from self._requirement(step, word)
        elif words[:1] == ("sync",):
            yield from self._groups(step, words, ("--extra",), ("--group", "--only-group"))

    def _poetry(self, step: Step) -> Iterator[Diagnostic]:
        if "install" in step.words:
            yield from self._groups(step, step.words, ("-E", "--extras"), ("--with", "--only"))

    def _groups(
        self, step: Step, words: Sequence[str], extra: tuple[str, ...], group: tuple[str, ...]
    ) -> Iterator[Diagnostic]:
        for options, what, known in (
            (extra, "extra", self.named.extras(step.folder)),
            (group, "dependency group", self.named.groups(step.folder)),
        ):
            for word in values(words, options):
                for name in re.split(r"[\s,]+", word):
                    if known is not None and name:
                        yield from self.name(step, what, name, known)

    def _pytest(self, step: Step) -> Iterator[Diagnostic]:
        skip = False
        for word in step.words[1:]:
            if not skip and not word.startswith("-") and ("/" in word or word.endswith(".py")):
                yield from self.file(step, word.partition("::")[0])
            skip = word.startswith("-") and "=" not in word and len(word) == 2 and word[1] in "kmpncorW"
            skip = skip or word in ("--cov", "--ignore", "--timeout", "--junitxml", "--rootdir", "--cov-report")

    def _make(self, step: Step) -> Iterator[Diagnostic]:
        folder = value_of(step.words[1:], ("-C", "--directory"))
        base = step.path(folder) if folder else step.folder
        if base is None or value_of(step.words[1:], ("-f", "--file")) is not None:
            return
        targets = self.named.targets(base)
        plain = [word for word in step.words[1:] if not word.startswith("-") and "=" not in word and word != folder]
        if targets is None:
            if self.named.has_no_makefile(base):
                yield report(README_FILE, step.place, f"`{shown(step)}`: there is no Makefile")
            return
        for target in plain:
            if not (self.root / base / target).exists():
                yield from self.name(step, "target", target, sorted(targets))

    def _npm(self, step: Step) -> Iterator[Diagnostic]:
        words = [word for word in step.words[1:] if not word.startswith("-")]
        if "--prefix" in step.words or step.folder is None or not words:
            return
        scripts = self.named.npm_scripts(step.folder)
        needs_file = words[0] == "run" or (len(words) == 1 and words[0] in ("install", "ci", "test", "start"))
        if scripts is None and needs_file and step.program == "npm":
            yield from self.file(step, "package.json")
        elif scripts is not None and words[0] in ("run", "run-script") and len(words) > 1:
            yield from self.name(step, "script", words[1], sorted(scripts))
