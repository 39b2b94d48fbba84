"""Compose files as deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from checks.deploy.compose.env_files import env_file_lines, example_of
from checks.deploy.compose.files import BASES
from checks.deploy.compose.places import shown
from checks.deploy.compose.source import Path_
from checks.deploy.compose.system import System
from checks.deploy.compose.systems import read_systems
from checks.deploy.dockerfile.model import Built
from checks.model import CheckContext, Place
from checks.wiring.code.model import Code
from checks.wiring.deployments.commands import Words, split, starts, whole
from checks.wiring.deployments.images import Images, Recipe
from checks.wiring.deployments.probes import of_command, of_image
from checks.wiring.deployments.targets import LOCAL
from checks.wiring.model import Address, Deployment, Entry, Kind, Port, Probe, Role, Unit, Variable

_COMPLETED = "service_completed_successfully"


def read_compose(
    context: CheckContext, files: Sequence[str], code: Code, images: Images
) -> tuple[tuple[Deployment, ...], tuple[str, ...]]:
    """Every set of Compose files that stands alone, as a deployment."""
    systems, unread = _systems(context, files)
    for system in systems:
        for recipe in _recipes(system):
            images.add(recipe)
    return tuple(_Reader(system, code, images).deployment() for system in systems), unread


def _systems(context: CheckContext, files: Sequence[str]) -> tuple[tuple[System, ...], tuple[str, ...]]:
    systems = read_systems(context)
    named = [file for file in files if PurePosixPath(file).name in BASES]
    if named and not systems:
        return (), (f"`{named[0]}` cannot be read: `skillgate check compose .` says why",)
    return systems, ()


def recipes_of(context: CheckContext) -> Iterator[Recipe]:
    """How the Compose files of a project build images."""
    for system in read_systems(context):
        yield from _recipes(system)


def _recipes(system: System) -> Iterator[Recipe]:
    for name, service in system.services.items():
        recipe = _recipe(system, name, service)
        if recipe is not None:
            yield recipe


def _recipe(system: System, name: str, service: Mapping[str, Any]) -> Recipe | None:
    build = service.get("build")
    if not isinstance(build, dict) or "dockerfile_inline" in build or not Path(str(build.get("context"))).is_absolute():
        return None
    project = str(system.model.get("name") or system.root.name)
    context = Path(build["context"])
    arguments = {key: str(value) for key, value in (build.get("args") or {}).items() if value is not None}
    place = Place(*system.places.find(("services", name, "build")))
    dockerfile = context / str(build.get("dockerfile") or "Dockerfile")
    image = str(service.get("image") or f"{project}-{name}")
    return Recipe(image, dockerfile, context, place, build.get("target"), arguments, bool(service.get("image")))


class _Reader:
    """One set of Compose files."""

    def __init__(self, system: System, code: Code, images: Images) -> None:
        self.system, self.code, self.images = system, code, images
        awaited = [service.get("depends_on") or {} for service in system.services.values()]
        self.awaited = {name for one in awaited for name, how in one.items() if how.get("condition") == _COMPLETED}
        documents = [document.name for document in system.places.documents]
        self.name = ", ".join(dict.fromkeys(documents)) or "compose"

    def deployment(self) -> Deployment:
        services = self.system.services.items()
        units = tuple(self.unit(name, service) for name, service in services)
        addresses = tuple(self.address(name, service) for name, service in services)
        entries = tuple(entry for name, service in services for entry in self.entries(name, service))
        first = self.system.places.find(("services",))
        return Deployment(self.name, "compose", units, addresses, entries, Place(*first))

    def unit(self, name: str, service: Mapping[str, Any]) -> Unit:
        recipe = _recipe(self.system, name, service)
        image = str(service["image"]) if service.get("image") else None
        made = self.images.make(recipe) if recipe else None
        if recipe is None and image is not None and not isinstance(service.get("build"), dict):
            made = self.images.find(image, ours=False)
        words = whole(self.words(name, service, "entrypoint"), self.words(name, service, "command"), made)
        workdir = service.get("working_dir") or (made.workdir if made else None)
        begun = starts(words.words, workdir, made, self.code)
        variables, is_open = self.variables(name, service, made)
        return Unit(
            deployment=self.name,
            name=name,
            role=self.role(name, service, any(one.kind is Kind.WORKFLOW for one in begun)),
            place=self.place(("services", name)),
            image=image,
            built=made,
            argv=words.words,
            argv_place=words.place,
            starts=begun,
            workdir=workdir,
            variables=variables,
            open=is_open,
            ports=tuple(self.ports(name, service, made)),
            probes=tuple(self.probes(name, service, made)),
            mounts=_mounts(service),
            sealed=service.get("read_only") is True,
            beside=_network_of(service),
        )

    def place(self, path: Path_) -> Place:
        return Place(*self.system.places.find(path))

    def words(self, name: str, service: Mapping[str, Any], key: str) -> Words:
        if service.get(key) is None:
            return Words()
        return Words(split(service[key]), self.place(("services", name, key)))

    def role(self, name: str, service: Mapping[str, Any], runs_workflow: bool) -> Role:
        if name in self.awaited:
            return Role.INIT
        restart = str(service.get("restart", ""))
        return Role.JOB if restart == "no" or (runs_workflow and not restart) else Role.SERVICE

    def variables(self, name: str, service: Mapping[str, Any], made: Built | None) -> tuple[dict[str, Variable], bool]:
        """What the image, the env files and the service set, the latter over the former; whether more may be set."""
        found: dict[str, Variable] = {}
        if made is not None:
            place = Place(made.dockerfile)
            found = {key: Variable(key, value, place) for key, value in made.variables.items()}
        files = [Path(str(item["path"])) for item in service.get("env_file") or []]
        for path in files:
            for key, (value, file, line) in env_file_lines(path).items():
                found[key] = Variable(key, value, Place(shown(file, self.system.root), line))
        own = self.system.model["services"].get(name) or {}
        for key, value in (own.get("environment") or {}).items():
            found[key] = Variable(key, self.known(name, key, value), self.place_of_variable(name, key))
        return found, any(not path.is_file() and example_of(path) is None for path in files)

    def known(self, service: str, name: str, value: object) -> str | None:
        """The text of a value; None where only the machine that it runs on says it."""
        if value is None:
            return None
        raw = str(self.raw(("services", service, "environment"), name) or "")
        return None if value == "" and "?" in raw else _text(value)

    def raw(self, path: Path_, name: str) -> object:
        """One entry of a mapping or list of pairs, as it was written."""
        for document in reversed(self.system.places.documents):
            written = document.raw(path)
            if isinstance(written, dict) and name in written:
                return written[name]
            for item in written if isinstance(written, list) else ():
                if str(item).partition("=")[0] == name:
                    return item
        return None

    def place_of_variable(self, service: str, name: str) -> Place:
        path: Path_ = ("services", service, "environment")
        for document in reversed(self.system.places.documents):
            written = document.raw(path)
            for index, item in enumerate(written if isinstance(written, list) else ()):
                if str(item).partition("=")[0] == name:
                    return Place(document.name, document.line_of((*path, index)))
        return self.place((*path, name))

    def ports(self, name: str, service: Mapping[str, Any], made: Built | None) -> Iterator[Port]:
        published = service.get("ports") or []
        for index, item in enumerate(published):
            if str(item.get("target", "")).isdecimal():
                where = self.system.places.find_item(("services", name, "ports"), index, len(published))
                yield Port(int(item["target"]), None, Place(*where))
        for item in service.get("expose") or []:
            number = str(item).partition("/")[0]
            if number.isdecimal():
                yield Port(int(number), None, self.place(("services", name, "expose")))

    def probes(self, name: str, service: Mapping[str, Any], made: Built | None) -> Iterator[Probe]:
        test = (service.get("healthcheck") or {}).get("test")
        if not service.get("healthcheck") and made is not None:
            yield from of_image(made, self.system.root)
        words = ("CMD-SHELL", test) if isinstance(test, str) else tuple(str(word) for word in test or ())
        if len(words) > 1 and words[0] != "NONE":
            argv = ("/bin/sh", "-c", words[1]) if words[0] == "CMD-SHELL" else words[1:]
            place = self.place(("services", name, "healthcheck", "test"))
            yield of_command(argv, place, "healthcheck", _hosts(name, service))

    def address(self, name: str, service: Mapping[str, Any]) -> Address:
        return Address(_hosts(name, service), (name,), self.place(("services", name)))

    def entries(self, name: str, service: Mapping[str, Any]) -> Iterator[Entry]:
        published = service.get("ports") or []
        for index, item in enumerate(published):
            if item.get("published") and str(item.get("target", "")).isdecimal():
                where = self.system.places.find_item(("services", name, "ports"), index, len(published))
                yield Entry(item.get("host_ip"), None, name, int(item["target"]), Place(*where))


def _network_of(service: Mapping[str, Any]) -> str | None:
    kind, _, other = str(service.get("network_mode") or "").partition(":")
    return other if kind == "service" else None


def _hosts(name: str, service: Mapping[str, Any]) -> tuple[str, ...]:
    networks = service.get("networks")
    own = networks.values() if isinstance(networks, dict) else ()
    aliases = [alias for network in own for alias in (network or {}).get("aliases") or []]
    shared = LOCAL if service.get("network_mode") else ()  # the host's network, or that of another service
    names = (name, service.get("container_name"), service.get("hostname"), *aliases, *sorted(shared))
    return tuple(dict.fromkeys(str(one) for one in names if one))


def _mounts(service: Mapping[str, Any]) -> dict[str, str]:
    items = [item for item in service.get("volumes") or [] if isinstance(item, dict) and item.get("target")]
    named = {
        str(item["target"]).rstrip("/"): f"{item.get('type')} {item['source']}" for item in items if item.get("source")
    }
    anonymous = {str(item["target"]).rstrip("/"): "" for item in items if not item.get("source")}
    tmpfs = service.get("tmpfs") or []
    return {**anonymous, **dict.fromkeys([tmpfs] if isinstance(tmpfs, str) else tmpfs, ""), **named}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
