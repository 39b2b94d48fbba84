"""A chart and manifests that deploy the same things in different ways: what one of them probably forgot.

A difference is said only where every rendering of the chart has it against every rendering of the manifests: what a
values file or an overlay changes, somebody changed on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from checks.deploy.helm.findings import WARNING, finding
from checks.deploy.helm.hooks import hooks_of
from checks.deploy.helm.workloads import Container, Setting, Workload, parts_of, workloads_of
from checks.deploy.kubernetes.documents import Document, Path_, Rendering
from checks.model import Diagnostic, Place

_TUNING = re.compile(r"(?i)|true|false|yes|no|\d+(\.\d+)?[a-z]{0,2}|debug|info|warning|warn|error|critical")
_SAME_EVERYWHERE = re.compile(r"(^|_)(QUEUE|PORT|PATH|TASK_QUEUE_NAME)$")
_INFRASTRUCTURE = re.compile(
    r"postgres|postgis|mysql|mariadb|mongo|redis|valkey|rabbitmq|kafka|minio|auto-setup|server|ui"
)

Differences = Mapping[str, tuple[Path_, Path_]]
"""What is different, in words, with the way to it in the chart's object and in the other."""


def difference_findings(charts: Sequence[Rendering], others: Sequence[Rendering]) -> Iterator[Diagnostic]:
    """One warning for each object of the chart that lacks something which the manifests have, or the reverse."""
    others = [each for each in others if _is_same_system(charts, each)]
    if not charts or not others:
        return
    yield from _changed(charts, others)
    yield from _lacking(charts, others)


def _is_same_system(charts: Sequence[Rendering], other: Rendering) -> bool:
    """Whether they run one image at least that is nobody else's."""
    own = {image for each in charts for image in _own_images(workloads_of(each))}
    return bool(own & _own_images(workloads_of(other)))


def _own_images(workloads: Sequence[Workload]) -> set[str]:
    images = {container.image for each in workloads for container in each.containers}
    return {image for image in images if image and not _INFRASTRUCTURE.fullmatch(image)}


def _changed(charts: Sequence[Rendering], others: Sequence[Rendering]) -> Iterator[Diagnostic]:
    common: dict[tuple[str, tuple[str, ...]], list[tuple[Workload, Workload, Differences]]] = {}
    for chart in charts:
        for other in others:
            for mine, theirs in pairs(workloads_of(chart), workloads_of(other)):
                key = (mine.document.kind, parts_of(mine.document.name))
                common.setdefault(key, []).append((mine, theirs, differences(mine, theirs)))
    for found in common.values():
        mine, theirs, first = found[0]
        kept = [words for words in first if all(words in each for _, _, each in found)]
        if kept:
            yield _difference(mine, theirs, kept, first)


def _difference(mine: Workload, theirs: Workload, kept: Sequence[str], found: Differences) -> Diagnostic:
    place = mine.document.find(found[kept[0]][0])
    other = theirs.document.find(found[kept[0]][1])
    message = f"the chart deploys {mine.title} differently than {_at(other)} does: {'; '.join(kept)}"
    return finding("deployed-differently", WARNING, message, place)


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}" if place.line else place.file


def pairs(mine: Sequence[Workload], theirs: Sequence[Workload]) -> Iterator[tuple[Workload, Workload]]:
    """Which of them are the same thing: by component, by name, by what they run."""
    left = list(theirs)
    waiting = list(mine)
    for alike in (_same_component, _same_name, _same_command):
        for one in list(waiting):
            found = [other for other in left if other.document.kind == one.document.kind and alike(one, other)]
            rivals = [other for other in waiting if found and other.document.kind == one.document.kind]
            rivals = [other for other in rivals if alike(other, found[0])]
            if len(found) == 1 and len(rivals) == 1:
                yield one, found[0]
                left.remove(found[0])
                waiting.remove(one)


def _same_component(one: Workload, other: Workload) -> bool:
    return bool(one.component) and one.component == other.component


def _same_name(one: Workload, other: Workload) -> bool:
    mine, theirs = parts_of(one.document.name), parts_of(other.document.name)
    shorter, longer = sorted((mine, theirs), key=len)
    return bool(shorter) and longer[len(longer) - len(shorter) :] == shorter


def _same_command(one: Workload, other: Workload) -> bool:
    mine, theirs = _main(one), _main(other)
    return mine is not None and theirs is not None and bool(mine.command) and mine.command == theirs.command


def _main(workload: Workload) -> Container | None:
    return next((each for each in workload.containers if not each.is_init), None)


def differences(mine: Workload, theirs: Workload) -> Differences:
    """Everything about two objects that should be the same wherever they are deployed."""
    found: dict[str, tuple[Path_, Path_]] = {}
    if mine.schedule is not None and theirs.schedule is not None and mine.schedule != theirs.schedule:
        words = f"its schedule is `{mine.schedule}`, there `{theirs.schedule}`"
        found[words] = (("spec", "schedule"), ("spec", "schedule"))
    for one in mine.containers:
        other = next((each for each in theirs.containers if (each.name, each.is_init) == (one.name, one.is_init)), None)
        if other is None and not one.is_init:
            only = [each for each in theirs.containers if not each.is_init]
            other = only[0] if len(only) == 1 and _main(mine) is one else None
        if other is not None:
            for words, path in _of_containers(one, other):
                found.setdefault(words, ((*one.path, *path), (*other.path, *path)))
    return found


def _of_containers(mine: Container, theirs: Container) -> Iterator[tuple[str, Path_]]:
    where = f"container `{mine.name}`"
    yield from _of_settings(where, mine, theirs)
    # Without a command the image decides, and it may say the same.
    if mine.command and theirs.command and _normal(mine.command) != _normal(theirs.command):
        yield f"{where} runs `{_line(mine.command)}`, there `{_line(theirs.command)}`", ("command",)
    if mine.ports != theirs.ports:
        yield f"{where} has {_ports(mine)}, there {_ports(theirs)}", ("ports",)
    yield from _of_probes(where, mine, theirs)
    yield from _of_images(where, mine, theirs)
    for path in sorted(theirs.mounts ^ mine.mounts):
        which = ("has nothing", "something") if path in theirs.mounts else ("mounts something", "nothing")
        yield f"{where} {which[0]} at `{path}`, there is {which[1]}", ("volumeMounts",)


def _of_probes(where: str, mine: Container, theirs: Container) -> Iterator[tuple[str, Path_]]:
    for kind in dict.fromkeys((*mine.probes, *theirs.probes)):
        one, other = mine.probes.get(kind), theirs.probes.get(kind)
        if one is None or other is None:
            if kind != "startupProbe":
                words = ("no", "one") if one is None else ("a", "none")
                yield f"{where} has {words[0]} {kind}, there {words[1]}", (kind,)
        elif one != other and not one.startswith("exec"):
            yield f"{where} has the {kind} `{one}`, there `{other}`", (kind,)


def _of_images(where: str, mine: Container, theirs: Container) -> Iterator[tuple[str, Path_]]:
    if mine.image != theirs.image and mine.image and theirs.image:
        yield f"{where} runs the image `{mine.image}`, there `{theirs.image}`", ("image",)
    elif mine.tag.split(".")[0] != theirs.tag.split(".")[0] and _INFRASTRUCTURE.fullmatch(mine.image):
        yield f"{where} runs `{mine.image}:{mine.tag}`, there `{theirs.image}:{theirs.tag}`", ("image",)


def _of_settings(where: str, mine: Container, theirs: Container) -> Iterator[tuple[str, Path_]]:
    names = dict.fromkeys((*mine.settings, *theirs.settings))
    lacks = [name for name in names if name not in mine.settings and not mine.open and _needed(theirs, name)]
    extra = [name for name in names if name not in theirs.settings and not theirs.open and _needed(mine, name)]
    if lacks:
        yield f"{where} lacks {_listed(lacks)}", ("env",)
    if extra:
        yield f"{where} has {_listed(extra)}, and there nothing sets {'it' if len(extra) == 1 else 'them'}", ("env",)
    for name in names:
        one, other = mine.settings.get(name), theirs.settings.get(name)
        if one is not None and other is not None and (words := _changed_setting(name, one, other)):
            yield f"{where} has {words}", ("env",)


def _needed(container: Container, name: str) -> bool:
    """A number or a switch tunes a default that the program has, and so does all that a known server is told."""
    setting = container.settings[name]
    return setting.text is None or not (_TUNING.fullmatch(setting.text) or _INFRASTRUCTURE.fullmatch(container.image))


def _changed_setting(name: str, one: Setting, other: Setting) -> str | None:
    if one.text is None or other.text is None or one.text == other.text or not one.text or not other.text:
        return None
    if _SAME_EVERYWHERE.search(name):
        return f"`{name}={one.text}`, there `{other.text}`"
    schemes = [re.match(r"[a-z0-9+]+(?=://)", text) for text in (one.text, other.text)]
    if schemes[0] and schemes[1] and "+" in f"{schemes[0][0]}{schemes[1][0]}" and schemes[0][0] != schemes[1][0]:
        return f"`{name}` with `{schemes[0][0]}://`, there `{schemes[1][0]}://`"
    return None


def _normal(command: Sequence[str]) -> list[str]:
    """A shell around a command, and numbers in it, are the taste or the tuning of whoever wrote it."""
    words = " ".join(command)
    words = re.sub(r"^(/bin/)?(ba)?sh -e?c (exec )?", "", words)
    words = re.sub(r"(?<=[ =])\d+(?=$| )", "N", words)
    return words.split()


def _line(command: Sequence[str]) -> str:
    return " ".join(command)


def _ports(container: Container) -> str:
    ports = sorted(container.ports)
    return f"port {', '.join(map(str, ports))}" if ports else "no port"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _lacking(charts: Sequence[Rendering], others: Sequence[Rendering]) -> Iterator[Diagnostic]:
    """Programs of the system's own image that only one side runs."""
    mine = [each for rendering in charts for each in workloads_of(rendering)]
    theirs = [each for rendering in others for each in workloads_of(rendering)]
    shared = _own_images(mine) & _own_images(theirs)
    for here, there, words in ((theirs, mine, "the chart does not"), (mine, theirs, f"{others[0].name} does not")):
        for each in {(one.document.kind, parts_of(one.document.name)): one for one in here}.values():
            main = _main(each)
            if main is None or main.image not in shared or hooks_of(each.document) & {"test"}:
                continue
            if not any(_stands_for(each, other) for other in there):
                message = f"{_at(each.document.place)} deploys {each.title}, and {words}"
                place = charts[0].place if here is theirs else _place(each.document)
                yield finding("deployed-differently", WARNING, message, place)


def _place(document: Document) -> Place:
    return document.find(())


def _stands_for(one: Workload, other: Workload) -> bool:
    """Whether another object does the same: it has the name, or one of its containers has the command."""
    if other.document.kind == one.document.kind and (_same_component(one, other) or _same_name(one, other)):
        return True
    if other.document.kind == one.document.kind == "CronJob":
        mine, theirs = _main(one), _main(other)
        if mine is None or theirs is None:
            return False
        return mine.command[:1] == theirs.command[:1] or (mine.name, mine.image) == (theirs.name, theirs.image)
    main = _main(one)
    commands = [_normal(each.command) for each in other.containers]
    return main is not None and _normal(main.command) in commands and (bool(main.command) or main.name in _names(other))


def _names(workload: Workload) -> set[str]:
    return {each.name for each in workload.containers}
