"""Variables that a deployment has to set for a program: set at all, filled, and with a value that is taken."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from checks.model import Diagnostic, Severity
from checks.wiring.code.children import with_children
from checks.wiring.code.judging import Run, Scene, finding, shown
from checks.wiring.code.noted import Need
from checks.wiring.code.rules import EMPTY, REFUSED, UNREAD, UNSET
from checks.wiring.code.unread import unread
from checks.wiring.model import Unit, Variable

_BIND = re.compile(r"^\s*-\s*[\"']?\.{1,2}(?:/[\w./-]*)?:/", re.MULTILINE)


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about the environment of every unit."""
    lacks: dict[tuple[str, str, object, bool], list[tuple[Need, Run]]] = defaultdict(list)
    for runs in _by_unit(with_children(scene)):
        for found in _judged(scene, runs):
            if isinstance(found, Diagnostic):
                yield found
            else:
                need, run, dotenv = found
                lacks[run.deployment.name, need.name, need.place, dotenv].append((need, run))
    for (_, _, _, dotenv), everyone in lacks.items():
        yield _unset(everyone, dotenv)


def _by_unit(runs: Iterable[Run]) -> Iterator[list[Run]]:
    found: defaultdict[int, list[Run]] = defaultdict(list)
    for run in runs:
        found[id(run.unit)].append(run)
    yield from found.values()


_Lack = tuple[Need, Run, bool]
"""What is not set for a program, and whether a `.env` file may still do so."""


def _judged(scene: Scene, runs: list[Run]) -> Iterator[Diagnostic | _Lack]:
    unit = runs[0].unit
    needs: dict[str, tuple[Need, Run]] = {}
    for run in runs:
        for need in run.walk.needs.values():
            if need.sure:
                needs.setdefault(need.name, (need, run))
    strangers = unread(scene, runs)
    yield from _lacking(scene, unit, [each for each in needs.values() if each[0].why == "unset"], strangers)
    for name, (need, _) in needs.items():
        if need.why != "unset" and name in unit.variables:
            yield _wrong(need, unit, unit.variables[name])
    for variable in strangers:
        if not _is_interpolated(variable, unit, scene):
            yield _stranger(variable, unit, scene)


def _lacking(
    scene: Scene, unit: Unit, unset: list[tuple[Need, Run]], strangers: list[Variable]
) -> Iterator[Diagnostic | _Lack]:
    """What is not set; a variable that nobody reads and that is nearly it is the cause, and no stranger any more."""
    hidden = []
    for need, run in unset:
        stranger = _nearest(need.name, strangers)
        if stranger is not None:
            strangers.remove(stranger)
            yield _misspelt(need, unit, stranger)
        elif unit.open:
            hidden.append(need)
        else:
            yield need, run, _may_have_dotenv(scene, run)
    yield from _unseen(scene, unit, hidden)


def _unset(everyone: list[tuple[Need, Run]], dotenv: bool) -> Diagnostic:
    """One variable that a deployment does not set is one fault, however many units lack it."""
    need, run = everyone[0]
    unit = run.unit
    names = list(dict.fromkeys(shown(each.unit) for _, each in everyone))
    who = f"{', '.join(names)}, whose program fails" if len(names) == 1 else f"{', '.join(names)}, which fail"
    message = f"`{need.name}` is not set for {who} without it: {need.place} reads it"
    if dotenv:
        hint = f"set `{need.name}` here, unless a `.env` file comes with the project's folder"
        return finding(UNSET, unit.place, message, hint, Severity.WARNING)
    return finding(UNSET, unit.place, message, _instead(need, run) or f"set `{need.name}` here")


def _instead(need: Need, run: Run) -> str | None:
    """What is set under nearly that name, and not read by this program."""
    read = {found.name for found in run.walk.reads.values()}
    others = [
        name for name, variable in run.unit.variables.items() if name not in read and variable.place != run.unit.place
    ]
    near = difflib.get_close_matches(need.name, others, 1, 0.7)
    return f"`{near[0]}` is set ({run.unit.variables[near[0]].place}): is that what is meant?" if near else None


def _misspelt(need: Need, unit: Unit, variable: Variable) -> Diagnostic:
    message = (
        f"`{variable.name}` is set for {shown(unit)} and nothing reads it: "
        f"{need.place} reads `{need.name}`, and the program fails without it"
    )
    return finding(UNSET, variable.place, message, f"write `{need.name}`")


def _unseen(scene: Scene, unit: Unit, needs: list[Need]) -> Iterator[Diagnostic]:
    """Where variables come from something that is not here, only those that no text mentions are worth a word."""
    hidden = [need for need in needs if not scene.is_documented(need.name)]
    if hidden:
        names = ", ".join(f"`{need.name}` ({need.place})" for need in hidden)
        message = (
            f"{shown(unit)} fails without {names}: a Secret or file that is not here may have it, and no text says so"
        )
        yield finding(UNSET, unit.place, message, "say in README what has to be in it", Severity.WARNING)


def _wrong(need: Need, unit: Unit, variable: Variable) -> Diagnostic:
    name = need.name
    if need.why == "empty":
        message = (
            f"`{name}` is empty for {shown(unit)}, and the program fails for an empty value: {need.place} reads it"
        )
        return finding(
            EMPTY, variable.place, message, f"give `{name}` a value, or leave it out where there is a default"
        )
    message = f"`{name}` is `{need.value}` for {shown(unit)}, which {need.place} refuses: {need.detail}"
    return finding(REFUSED, variable.place, message, _remedy(need))


def _remedy(need: Need) -> str | None:
    if need.detail and "JSON" in need.detail and need.value:
        words = ", ".join(f'"{word.strip()}"' for word in need.value.strip("[]").split(","))
        return f"write `[{words}]`"
    return None


def _stranger(variable: Variable, unit: Unit, scene: Scene) -> Diagnostic:
    of_file = variable.place.file != unit.place.file
    who = "" if of_file else f" for {shown(unit)}"  # what stands in one file for several units is told once
    message = f"`{variable.name}` is set{who}, and nothing in the project reads it"
    near = difflib.get_close_matches(variable.name, scene.index.read_names, 1, 0.75)
    hint = f"the code reads `{near[0]}`" if near else "take it out, or read it"
    return finding(UNREAD, variable.place, message, hint)


def _is_interpolated(variable: Variable, unit: Unit, scene: Scene) -> bool:
    """Whether an env file holds it for the Compose file itself: `${X}`."""
    text = scene.text(unit.place.file) if variable.place.file != unit.place.file else ""
    return f"${{{variable.name}" in text or f"${variable.name}" in text


def _nearest(name: str, strangers: list[Variable]) -> Variable | None:
    """A variable that nobody reads, and that is nearly what is missing."""
    by_name = {variable.name: variable for variable in strangers}
    near = difflib.get_close_matches(name, by_name, 1, 0.7)
    return by_name[near[0]] if near else None


def _may_have_dotenv(scene: Scene, run: Run) -> bool:
    """Whether the program reads a `.env` file that may be in its container, though it is not in the project."""
    files = any(scene.index.env_files(each) for each in run.walk.settings.values())
    if not files and not run.walk.reads_dotenv:
        return False
    built = run.unit.built
    whole = built is not None and any(copied.source in ("", ".", "./") for copied in built.copied)
    if whole and built is not None and not _ignores_dotenv(scene, built.context):
        return True
    mounted = run.deployment.kind == "compose" and _BIND.search(scene.text(run.unit.place.file))
    return bool(mounted) or built is None


def _ignores_dotenv(scene: Scene, context: str) -> bool:
    prefix = "" if context in ("", ".") else f"{context}/"
    lines = scene.text(f"{prefix}.dockerignore").splitlines()
    return any(
        line.strip().strip("/") in (".env", ".env*", "*.env", "**/.env", ".*", "**/.env*", "*") for line in lines
    )
