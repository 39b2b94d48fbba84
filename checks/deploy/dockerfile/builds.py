"""Which Dockerfiles a project has, and how each is built: from which context, which stage, with which arguments."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from checks.deploy.compose.system import System
from checks.deploy.compose.systems import read_systems
from checks.discovery import project_files
from checks.model import CheckContext
from checks.quick_yaml import import_yaml

_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?|[\w.-]+\.(?:Dockerfile|dockerfile|Containerfile)")
_NO_DOCKERFILE = re.compile(r"\.(?:dockerignore|j2|jinja2?|tpl|tmpl|template|in|erb|mustache|md|py|bak|orig|swp)$")
_COMMAND = re.compile(r"\b(?:docker|podman|nerdctl)\s+(?:(?:buildx|image|builder)\s+)*build\s+([^\n]*)")
_TELLING = re.compile(r"(?:^|/)(?:Makefile|makefile|justfile|Justfile|Taskfile\.ya?ml|README[^/]*|[^/]+\.(?:sh|md))$")
_WITH_VALUE = re.compile(
    r"-t|--tag|--platform|--cache-from|--cache-to|--label|--network|--progress|--secret|--ssh|-o|--output|--builder|"
    r"--add-host|--metadata-file|--iidfile|--build-context|--memory|-m|--shm-size|--ulimit|--allow|--annotation"
)
_CLUSTER = re.compile(
    r"(?:^|/)(?:Chart\.yaml|kustomization\.ya?ml)$|(?:^|/)(?:k8s|kubernetes|kube|manifests)/.*\.ya?ml$"
)
_MADE = frozenset({"external", "driver", "driver_opts"})
_DEVELOPING = re.compile(r"(?i)(?:^|[/._-])(?:dev|develop|development|local|test|debug)(?:[/._-]|$)")


@dataclass(frozen=True, slots=True)
class Build:
    """One build of a Dockerfile. `said` is where somebody says so; None: nobody does, and `context` is assumed."""

    dockerfile: Path
    context: Path
    target: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    said: str | None = None
    line: int | None = None
    service: str | None = None
    contexts: frozenset[str] = frozenset()
    mounts: tuple[str, ...] = ()
    published: bool = False
    shared: bool = False
    """Whether another container is in its network, where also `127.0.0.1` is reached."""
    volumes: tuple[str, ...] = ()
    """Where named volumes are mounted that no other service has, for the image's own user."""
    outside: bool = False
    """Whether the context is somewhere around the project, and not here."""


def find_builds(context: CheckContext) -> dict[Path, list[Build]]:
    """Every Dockerfile of the project with its builds; where nobody says how it is built, with the likely contexts."""
    root = context.root.resolve()
    files = project_files(root)
    said = [build for build in (*_composed(context), *_told(root, files)) if build.dockerfile.is_file()]
    found: dict[Path, list[Build]] = {}
    for name in files:
        if is_dockerfile(name):
            found[root / name] = []
    for build in said:
        found.setdefault(build.dockerfile, []).append(build)
    for dockerfile, builds in found.items():
        builds[:] = [build for build in builds if not build.outside] or builds
        if not builds:
            builds += [Build(dockerfile, folder) for folder in dict.fromkeys((dockerfile.parent, root))]
    return found


def is_dockerfile(name: str) -> bool:
    """Whether a file is a Dockerfile by its name."""
    base = PurePosixPath(name).name
    return _NAME.fullmatch(base) is not None and _NO_DOCKERFILE.search(base) is None


def _composed(context: CheckContext) -> Iterator[Build]:
    in_cluster = any(map(_CLUSTER.search, project_files(context.root)))
    for system in read_systems(context._replace(root=context.root.resolve())):
        for name in system.services:
            build = build_of(system, name, in_cluster)
            if build is not None:
                yield build


def build_of(system: System, name: str, in_cluster: bool = False) -> Build | None:
    """How a Compose service is built; None where it is not, or not from files of the project."""
    service = system.services[name]
    build = service.get("build")
    if not isinstance(build, dict) or "dockerfile_inline" in build:
        return None
    folder = Path(str(build.get("context") or ""))
    dockerfile = (folder / str(build.get("dockerfile") or "Dockerfile")).resolve()
    if not folder.is_absolute():
        return None
    if not folder.is_relative_to(system.root):
        own = _in_project(system.root, dockerfile, str(build.get("dockerfile") or ""))
        return Build(own, own.parent, outside=True) if own is not None else None
    given = {key: str(value) for key, value in (build.get("args") or {}).items() if value is not None}
    file, line = system.places.find(("services", name, "build"))
    named = build.get("additional_contexts") or {}
    pairs = named if isinstance(named, dict) else [str(item).partition("=")[0] for item in named]
    target = str(build["target"]) if build.get("target") else None
    for_developers = _DEVELOPING.search(f"{build.get('dockerfile') or ''}/{target or ''}") is not None
    mounts = tuple(
        str(item.get("target"))
        for item in service.get("volumes") or []
        if isinstance(item, dict) and (for_developers or not in_cluster or not _is_code(item, system.root))
    )
    others = frozenset(map(str.lower, pairs))
    joined = any(each.get("network_mode") == f"service:{name}" for each in system.services.values())
    return Build(
        dockerfile,
        folder.resolve(),
        target,
        given,
        file,
        line,
        name,
        others,
        mounts,
        bool(service.get("ports")),
        joined,
        tuple(_own_volumes(name, service, system)),
    )


def _own_volumes(name: str, service: Mapping[str, Any], system: System) -> Iterator[str]:
    """Only those that Docker makes itself, and that nothing else can give an owner."""
    others = {volume for other, each in system.services.items() if other != name for volume, _ in _named_volumes(each)}
    told = system.model.get("volumes")
    plain = {key for key, each in told.items() if not (each or {}).keys() & _MADE} if isinstance(told, dict) else set()
    if service.get("user") is None and not service.get("post_start"):
        named = _named_volumes(service)
        yield from (target for volume, target in named if volume in plain and volume not in others)


def _named_volumes(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in service.get("volumes") or []:
        if isinstance(item, dict) and item.get("type") == "volume" and item.get("source") and not item.get("read_only"):
            yield str(item["source"]), str(item.get("target"))


def _in_project(root: Path, dockerfile: Path, named: str) -> Path | None:
    """The project's own Dockerfile that is meant, where the context is a folder around the project."""
    if dockerfile.is_relative_to(root):
        return dockerfile
    parts = PurePosixPath(named).parts
    ways = (root.joinpath(*parts[at:]) for at in range(1, len(parts)))
    return next((way.resolve() for way in ways if way.is_file()), None)


def _is_code(mount: Mapping[str, object], root: Path) -> bool:
    """Whether a folder of the project is mounted over the image's own: in a cluster the image has to have it itself."""
    source = Path(str(mount.get("source") or ""))
    return mount.get("type") == "bind" and source.is_relative_to(root) and source != root and _has_code(source)


def _has_code(folder: Path) -> bool:
    return folder.is_dir() and next(folder.rglob("*.py"), None) is not None


def _told(root: Path, files: Iterable[str]) -> Iterator[Build]:
    """What commands in scripts, texts and CI files say."""
    hidden = [*(root / ".github" / "workflows").glob("*.y*ml"), root / ".gitlab-ci.yml"]
    telling = [root / name for name in files if _TELLING.search(name)] + [path for path in hidden if path.is_file()]
    for path in telling:
        try:
            text = path.read_bytes()[: 256 * 1024].decode(errors="replace")
        except OSError:
            continue
        if "build" in text:
            shown = path.relative_to(root).as_posix()
            yield from _commands(root, path, shown, text)
            if "build-push-action" in text:
                yield from _actions(root, shown, text)


def _commands(root: Path, path: Path, shown: str, text: str) -> Iterator[Build]:
    joined = re.sub(r"\\\r?\n", lambda match: " " * len(match[0]), text)
    for match in _COMMAND.finditer(joined):
        words = _words(match[1])
        line = joined.count("\n", 0, match.start()) + 1
        for base in dict.fromkeys((root, path.parent.resolve())):
            build = _command(base, words, shown, line)
            if build is not None and build.dockerfile.is_file() and build.context.is_relative_to(root):
                yield build
                break


def _words(text: str) -> list[str]:
    text = re.split(r"\s(?:&&|\|\||[|;>])(?:\s|$)|`", text)[0]
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return []


def _command(base: Path, words: list[str], shown: str, line: int) -> Build | None:
    file, target, folder = None, None, None
    arguments: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in ("-f", "--file"):
            file = value if equals else next(rest, "")
        elif option == "--target":
            target = value if equals else next(rest, "")
        elif option == "--build-arg":
            name, has, text = (value if equals else next(rest, "")).partition("=")
            arguments |= {name: text} if has and "$" not in text else {}
        elif _WITH_VALUE.fullmatch(option):
            _ = value if equals else next(rest, "")
        elif not word.startswith("-") and folder is None:
            folder = word
    if folder is None or "$" in folder + (file or "") + (target or "") or "://" in folder:
        return None
    place = (base / folder).resolve()
    dockerfile = (base / file).resolve() if file else place / "Dockerfile"
    return Build(dockerfile, place, target, arguments, shown, line) if place.is_dir() else None


def _actions(root: Path, shown: str, text: str) -> Iterator[Build]:
    """Steps of GitHub's own builder."""
    yaml = import_yaml()
    try:
        workflow = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    jobs = workflow.get("jobs") if isinstance(workflow, dict) else None
    for job in (jobs or {}).values() if isinstance(jobs, dict) else ():
        for step in job.get("steps") or () if isinstance(job, dict) else ():
            given = step.get("with") if isinstance(step, dict) else None
            if isinstance(given, dict) and "build-push-action" in str(step.get("uses")) and given.get("context"):
                folder, file = str(given["context"]), str(given.get("file") or "")
                if "$" not in folder + file and "://" not in folder and (root / folder).is_dir():
                    place = (root / folder).resolve()
                    dockerfile = (root / file).resolve() if file else place / "Dockerfile"
                    yield Build(dockerfile, place, str(given.get("target") or "") or None, {}, shown)
