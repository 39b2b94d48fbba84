"""What a container is given: image, command, variables, ports, resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.pods import Container, Pod
from checks.deploy.kubernetes.shape import shown
from checks.deploy.kubernetes.unit import BUILT_BY_KO, Unit, doubt, fault
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, quantity, simple, text
from checks.model import Diagnostic

_IMAGE = re.compile(
    r"([\w.-]+(:\d+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?(@[a-z0-9]+:[a-f0-9]{32,})?"
)
_UNFILLED = re.compile(r"[A-Z]+_[A-Z]|YOUR|REGISTRY|PROJECT|IMAGE|<.*>|\bTAG\b|%")
_OPERATORS = frozenset({"&&", "||", ";", "|", ">", ">>", "2>&1", "<"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "busybox", "env", "cmd", "powershell", "pwsh"})
_FIELDS = re.compile(
    r"metadata\.(name|namespace|uid|labels\['.+'\]|annotations\['.+'\])|spec\.(nodeName|serviceAccountName)"
    r"|status\.(hostIPs?|podIPs?)"
)
_TINY = Decimal(1024 * 1024)


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Everything about single containers."""
    for pod in unit.pods:
        for container in pod.containers():
            yield from _image(container)
            yield from _command(container)
            yield from _variables(container)
            yield from _resources(container)
            yield from _user(pod, container)
        yield from _host_ports(pod)


def _image(container: Container) -> Iterator[Diagnostic]:
    image = container.content.get("image")
    if image is None or image == "":
        yield fault("image", container.document, container.path, f"{container.title} has no image")
        return
    if not isinstance(image, str) or is_open(image) or image.startswith(BUILT_BY_KO):
        return
    where = (*container.path, "image")
    if not _IMAGE.fullmatch(image):
        make = doubt if _UNFILLED.search(image) else fault  # a script may well fill it in
        yield make("image", container.document, where, f"`{image}` cannot be the name of an image")
        return
    tag = image.rsplit("/", 1)[-1].partition("@")
    if not tag[2] and (":" not in tag[0] or tag[0].endswith(":latest")):
        message = f"image `{image}` has no fixed tag: what runs can change without anybody changing it"
        yield doubt("image-tag", container.document, where, message, "name the version that was tried")


def _command(container: Container) -> Iterator[Diagnostic]:
    for key in ("command", "args"):
        words = [word for word in items(container.content, key) if isinstance(word, str)]
        yield from _words(container, (*container.path, key), words, is_command=key == "command")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        path = (probe, "exec", "command")
        words = [word for word in items(container.content, *path) if isinstance(word, str)]
        yield from _words(container, (*container.path, *path), words, is_command=True)


def _words(container: Container, path: Path_, words: list[str], *, is_command: bool) -> Iterator[Diagnostic]:
    program = words[0] if words else ""
    if is_command and re.search(r"\S\s+\S", program) and not is_open(program) and "\n" not in program:
        message = f"the whole of `{shown(program).strip('`')}` is taken for the name of one program"
        hint = f"write each word by itself: {_as_list(program)}"
        yield fault("command", container.document, (*path, 0), message, hint)
    whole = [text(container.content, "command"), *items(container.content, "command"), *words]
    if any(str(word).rsplit("/", 1)[-1] in _SHELLS for word in whole):
        return
    for index, word in enumerate(words):
        if word in _OPERATORS and program not in ("[", "test", "expr") and index > 0:
            message = f"`{word}` is for a shell; here it is handed to `{program}` as an argument"
            hint = 'command: ["sh", "-c", "..."]'
            if is_command:
                yield fault("command", container.document, (*path, index), message, hint)
                return


def _as_list(program: str) -> str:
    return "[" + ", ".join(f'"{word}"' for word in program.split()) + "]"


def _variables(container: Container) -> Iterator[Diagnostic]:
    seen: dict[str, Path_] = {}
    for path, entry in mappings(container.content, "env"):
        name, where = text(entry, "name"), (*container.path, *path)
        value, source = entry.get("value"), entry.get("valueFrom")
        if isinstance(value, bool | int | float):
            message = f"the value of variable `{name}` is {shown(value)}, which is no text: the API refuses it"
            yield fault("not-text", container.document, (*where, "value"), message, f'value: "{_written(value)}"')
        if value not in (None, "") and source is not None:
            message = f"variable `{name}` has both `value` and `valueFrom`: the API refuses that"
            yield fault("variable", container.document, where, message)
        if isinstance(source, dict):
            yield from _source(container, name, source, (*where, "valueFrom"))
        if name in seen:
            message = f"variable `{name}` is set twice in {container.title}: the last one wins"
            yield doubt("repeated-name", container.document, where, message)
        seen[name] = where
    yield from _expansions(container)


def _written(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _source(container: Container, name: str, source: dict[str, Any], path: Path_) -> Iterator[Diagnostic]:
    if len([key for key, value in source.items() if value is not None]) != 1:
        message = f"`valueFrom` of variable `{name}` must name exactly one source"
        yield fault("variable", container.document, path, message)
    field = text(source, "fieldRef", "fieldPath")
    if field and not _FIELDS.fullmatch(field):
        message = f"variable `{name}` asks for `{field}`, which Kubernetes gives to no container"
        yield fault("variable", container.document, (*path, "fieldRef", "fieldPath"), message)


def _expansions(container: Container) -> Iterator[Diagnostic]:
    """`$(NAME)` takes variables that stand before it; with envFrom, more names may be known than can be seen."""
    if items(container.content, "envFrom"):
        return
    names = [text(entry, "name") for _, entry in mappings(container.content, "env")]
    for at, (path, entry) in enumerate(mappings(container.content, "env")):
        for asked in re.findall(r"(?<!\$)\$\(([A-Za-z_][A-Za-z0-9_]*)\)", text(entry, "value")):
            where = (*container.path, *path, "value")
            if asked in names[:at] or asked.endswith(("_SERVICE_HOST", "_SERVICE_PORT")):
                continue
            later = asked in names
            why = "is set only further down" if later else "is set nowhere in this container"
            message = f"`$({asked})` in variable `{names[at]}` stays as it is: `{asked}` {why}"
            hint = f"move `{asked}` above `{names[at]}`" if later else None
            make = fault if later else doubt
            yield make("unset-variable", container.document, where, message, hint)


def _resources(container: Container) -> Iterator[Diagnostic]:
    resources = mapping(container.content, "resources")
    for section in ("requests", "limits"):
        for key, value in mapping(resources, section).items():
            where = (*container.path, "resources", section, key)
            amount = quantity(value)
            if amount is None and value is not None and not is_open(value):
                hint = _suggested(str(value))
                yield fault("quantity", container.document, where, f"`{value}` is no quantity of {key}", hint)
            elif amount is not None and key == "memory" and 0 < amount < _TINY:
                message = f"`{value}` is {amount.normalize():f} bytes of memory: no container starts with that"
                yield fault("quantity", container.document, where, message, "Mi is a mebibyte; m is a thousandth")
    for key, value in mapping(resources, "requests").items():
        asked, most = quantity(value), quantity(mapping(resources, "limits").get(key))
        if asked is not None and most is not None and asked > most:
            limit = mapping(resources, "limits")[key]
            message = f"{container.title} requests {key} `{value}`, more than its limit `{limit}`: the API refuses that"
            yield fault("over-limit", container.document, (*container.path, "resources", "requests", key), message)


def _suggested(value: str) -> str | None:
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-zA-Z]+)\s*", value)
    units = {"mb": "Mi", "mib": "Mi", "m": "Mi", "mi": "Mi", "gb": "Gi", "gib": "Gi", "g": "Gi", "gi": "Gi", "kb": "Ki"}
    unit = units.get(found[2].lower()) if found else None
    return f"`{found[1]}{unit}`" if found and unit else None


def _user(pod: Pod, container: Container) -> Iterator[Diagnostic]:
    def setting(key: str) -> Any:
        own = mapping(container.content, "securityContext").get(key)
        return mapping(pod.spec, "securityContext").get(key) if own is None else own

    if setting("runAsNonRoot") is True and setting("runAsUser") == 0:
        message = f"{container.title} must not run as root and has user 0: it never starts"
        yield fault("run-as-root", container.document, container.path, message)


def _host_ports(pod: Pod) -> Iterator[Diagnostic]:
    seen: dict[tuple[Any, str, Any], str] = {}
    for container in pod.containers():
        for path, port in mappings(container.content, "ports"):
            number = simple(port, "hostPort")
            key = (number, text(port, "protocol") or "TCP", simple(port, "hostIP"))
            if number and key in seen:
                message = f"host port {number} is taken by container `{seen[key]}` of the same Pod"
                yield fault("repeated-name", pod.document, (*container.path, *path, "hostPort"), message)
            seen[key] = container.name
