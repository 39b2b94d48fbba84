"""`skillgate new`: a system of your own from a reference system, under its own name."""

from __future__ import annotations

import difflib
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from checks.hints import program, run_command, shown
from checks.systems import patterns
from checks.systems.import_order import in_order
from checks.systems.name_clash import clash
from checks.systems.naming import Name, Renaming, normalised, problem_with
from checks.systems.patterns import Answers
from checks.systems.placing import File, place

EXIT_DONE, EXIT_USAGE = 0, 2
_KINDS = {
    ".raw": "RAW workflows",
    "tools": "tools that RAW workflows share",
    "api": "API",
    "workflows": "Temporal",
    "worker": "worker",
    "database": "database",
    "tests": "tests",
    "k8s": "Kubernetes",
    "chart": "Helm chart",
}


class Refused(Exception):
    """Nothing was written; the text says why, to a person."""


def new_system(words: Sequence[str], name: str | None, answers: Answers, out: TextIO, trouble: TextIO) -> int:
    """Write the system that was asked for by its pattern, or by answers to the decision tree.

    `words` are PATTERN and DIR, or DIR alone where there are answers.
    """
    try:
        return _by_answers(words, name, answers, out) if answers.given() else _by_pattern(words, name, out)
    except Refused as refusal:
        print(f"skillgate: {refusal}", file=trouble)
        return EXIT_USAGE


def _by_pattern(words: Sequence[str], name: str | None, out: TextIO) -> int:
    if len(words) == 2:
        _write(_known(words[0]), Path(words[1]), name, out)
        return EXIT_DONE
    if len(words) > 2:
        raise Refused(f"`new` takes a pattern and one folder, not {len(words)} words\n{_examples()}")
    if words and words[0] in patterns.names():
        raise Refused(f"`{words[0]}` needs a folder to be written to\n{_examples()}")
    said = f"which pattern for `{words[0]}`?" if words else "which pattern, and where to?"
    raise Refused(f"{said} Name one of {', '.join(patterns.names())}, or answer:\n\n{patterns.TREE}\n{_examples()}")


def _by_answers(words: Sequence[str], name: str | None, answers: Answers, out: TextIO) -> int:
    if len(words) > 1:
        raise Refused(f"either the pattern `{words[0]}` or answers: the answers choose one\n{_examples()}")
    choice = patterns.choose(answers)
    for line in choice.walk:
        out.write(f"{line}\n")
    out.write(f"-> {choice.pattern or 'no system: a single RAW workflow'}: {choice.why}\n\n")
    if choice.pattern is None:
        out.write(_single_workflow(words))
    elif words:
        _write(_known(choice.pattern), Path(words[0]), name, out)
    else:
        out.write(f"next: {program()} new {choice.pattern} DIR\n")
    return EXIT_DONE


def _examples() -> str:
    return f"hint: {program()} new hiring-process order-desk, or {program()} new --days --webhooks order-desk"


def _single_workflow(words: Sequence[str]) -> str:
    """What to do where no system is needed; nothing is written."""
    example = next((patterns.folder() / each / ".raw" / "workflows" for each in patterns.names()), None)
    root = shlex.quote(words[0]) if words else "."
    return (
        "nothing was written: a workflow is three files below .raw/workflows/NAME/, run.py, dry_run.py, config.yaml\n"
        + (f"models:  {shown(example)}\n" if example else "")
        + f"prove:   {program()} run {root} --gate validate --gate dry\n"
    )


def _known(pattern: str) -> str:
    known = patterns.names()
    if pattern in known:
        return pattern
    near = difflib.get_close_matches(normalised(pattern), known, n=1, cutoff=0.4)
    listed = ", ".join(known) or "none: this copy of skillgate is incomplete"
    guess = f"did you mean `{near[0]}`?" if near else f"the patterns are: {listed}"
    raise Refused(f"no pattern is called `{pattern}`; {guess}")


def _write(pattern: str, target: Path, name: str | None, out: TextIO) -> None:
    _check_target(target)
    new = _name(pattern, target, name)
    files = _renamed(pattern, Renaming(Name.read(pattern), new))
    try:
        place(files, target)
    except OSError as error:
        raise Refused(f"`{target}` cannot be written: {error.strerror or error}; nothing was") from None
    out.write(_report(pattern, target, new, files))


def _check_target(target: Path) -> None:
    above = next((each for each in target.absolute().parents if each.exists()), target)
    if not above.is_dir():
        raise Refused(f"`{above}` is a file: nothing can be written below it")
    try:
        if target.is_dir() and any(target.iterdir()):
            raise Refused(f"`{target}` is not empty, and nothing in it was touched: name a new folder")
        if not target.is_dir() and (target.exists() or target.is_symlink()):
            raise Refused(f"`{target}` is there and is no folder: name a new one")
    except OSError as error:
        raise Refused(f"`{target}` cannot be used: {error.strerror}") from None


def _name(pattern: str, target: Path, asked: str | None) -> Name:
    """The name that was asked for, else the folder's, as far as a system can have it."""
    name = normalised(target.resolve().name) if asked is None else asked
    problem = problem_with(name) or clash(pattern, name)
    if problem:
        hint = f"hint: --name {normalised(name) or 'order'}-system"
        raise Refused(problem if asked is not None else f"{problem}\n{hint}, or another name that says what it is for")
    return Name.read(name)


def _renamed(pattern: str, renaming: Renaming) -> list[File]:
    """Every file of the pattern under the new name."""
    root = patterns.folder() / pattern
    found = []
    for path in patterns.files(pattern):
        source = root / path
        content = _content(path, source.read_bytes(), renaming)
        # A skill may be installed read-only; what is written from it is not.
        found.append(File(Path(renaming.text(path.as_posix())), content, source.stat().st_mode & 0o777 | 0o600))
    return found


def _content(path: Path, content: bytes, renaming: Renaming) -> bytes:
    """Texts are renamed, anything else is copied as it is."""
    try:
        old = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    if "\0" in old or (new := renaming.text(old)) == old:
        return content
    return (in_order(new, renaming.new.snake) if path.suffix == ".py" else new).encode("utf-8")


def _report(pattern: str, target: Path, new: Name, files: Sequence[File]) -> str:
    kinds = Counter(_KINDS.get(file.path.parts[0], _kind_of(file.path, new)) for file in files)
    width = max(map(len, kinds))
    return "\n".join(
        [
            f"wrote `{new.kebab}` to {target}: {len(files)} files from the pattern {pattern}",
            *(f"  {kind:<{width}}  {count:>3}" for kind, count in sorted(kinds.items())),
            "named:",
            *(f"  {spelling:<{len(new.kebab)}}  {use}" for spelling, use in _uses(new).items()),
            "next:",
            *_next(target, changed_length=len(new.kebab) != len(pattern)),
            "",
        ]
    )


def _next(target: Path, *, changed_length: bool) -> list[str]:
    """The commands to paste, each with what it is for."""
    commands = {
        run_command(target, "--sync"): "every gate; green before you change anything",
        f"less {shlex.quote(shown(target / 'README.md'))}": "what it does and how to start it; then adapt it",
    }
    if changed_length:
        folder = shlex.quote(shown(target))
        commands[f"{folder}/.venv/bin/ruff format {folder}"] = "lines fold anew under a name of another length"
    width = max(map(len, commands))
    return [f"  {command:<{width}}  # {why}" for command, why in commands.items()]


def _kind_of(path: Path, new: Name) -> str:
    if path.parts[0] == new.snake:
        return "shared code"
    return "deployment" if path.name.startswith(("Dockerfile", "docker-compose", ".dockerignore")) else "project"


def _uses(new: Name) -> Mapping[str, str]:
    return {
        new.kebab: "project, images, services, chart, namespace, queues",
        new.snake: "package, modules, database",
        new.pascal: "classes, workflow types",
    }
