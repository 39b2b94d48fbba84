"""What lies in an image, followed through its instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from checks.deploy.dockerfile.instructions import Instruction, split_words
from checks.deploy.dockerfile.model import Copied
from checks.deploy.dockerfile.runs import Installed, effects
from checks.deploy.dockerfile.sources import Sources, join, within
from checks.deploy.dockerfile.stages import Recipe, Stage, Variables
from checks.deploy.dockerfile.variables import expand

# Images that bring no files of an application.
PLAIN_BASES = frozenset(
    {"alpine", "busybox", "debian", "node", "python", "scratch", "ubuntu", "astral/uv", "ghcr.io/astral-sh/uv",
     "bitnami/python", "gcr.io/distroless/python3", "gcr.io/distroless/python3-debian12"}
)  # fmt: skip
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


@dataclass(frozen=True, slots=True)
class Copy:
    """A COPY or ADD as written: its sources and target with variables put in (None: not known)."""

    instruction: Instruction
    origin: str | None
    sources: tuple[str | None, ...]
    target: str | None


@dataclass
class Image:
    """The state of one stage. `loose` are the folders in which files may lie that nobody can name."""

    workdir: str | None = "/"
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    lines: dict[str, int] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)
    exposed: dict[int, int] = field(default_factory=dict)
    copied: list[Copied] = field(default_factory=list)
    folders: set[str] = field(default_factory=lambda: {"/"})
    loose: set[str] = field(default_factory=set)
    installed: list[Installed] = field(default_factory=list)
    user: tuple[str, int] | None = None
    users: set[str] = field(default_factory=set)
    health: Instruction | None = None

    def at(self, path: str) -> str | None:
        """A path of the image made absolute; None where the working directory is not known."""
        return join(self.workdir, path) if self.workdir is not None else path if path.startswith("/") else None


def repository(image: str | None) -> str:
    """An image's name without registry defaults, tag and digest."""
    name = (image or "").partition("@")[0]
    head, colon, tag = name.rpartition(":")
    name = head if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/")


def copies(instruction: Instruction, known: dict[str, str | None]) -> Copy | None:
    """What a COPY or ADD names; None where it names no source and target (a fault of its own)."""
    words = list(instruction.words or split_words(instruction.value))
    if instruction.words is None:
        words = [word.strip("\"'") if word[:1] in "\"'" else word for word in words]
    if len(words) < 2:
        return None
    origin = instruction.flags.get("from")
    *sources, target = (expand(word, known) if not word.startswith("<<") else word for word in words)
    return Copy(instruction, expand(origin, known) if origin else None, tuple(sources), target)


Watch = Callable[[Instruction, "Image"], None]


def image_of(
    recipe: Recipe, stage: Stage, sources: Sources, seen: frozenset[int] = frozenset(), watch: Watch | None = None
) -> Image:
    """The image of `stage`, by way of the stages it starts from and copies from.

    `watch` is shown every instruction of the stage itself with the image as it is before it.
    """
    image = Image()
    for each in recipe.lineage(stage):
        if each.parent is None and repository(each.base) not in PLAIN_BASES:
            image.loose.add("/")
        image = replace_stage(image)
        variables = Variables(recipe, environment=image.variables)
        image.variables = variables.environment
        for instruction in each.instructions:
            if watch is not None and each is stage:
                watch(instruction, image)
            _Step(recipe, each, sources, seen | {each.index}, image, variables).take(instruction)
    return image


def replace_stage(image: Image) -> Image:
    """The image as the next stage starts from it."""
    return replace(image, lines=dict(image.lines), shell=("/bin/sh", "-c"))


@dataclass(frozen=True, slots=True)
class _Step:
    recipe: Recipe
    stage: Stage
    sources: Sources
    seen: frozenset[int]
    image: Image
    variables: Variables

    def take(self, instruction: Instruction) -> None:
        """Changes the image as the instruction does."""
        take = getattr(self, f"_{instruction.keyword.lower()}", None)
        self.variables.see(instruction)
        if take is not None:
            take(instruction)

    def _words(self, instruction: Instruction) -> tuple[str, ...]:
        if instruction.words is not None:
            return instruction.words
        return (*self.image.shell, instruction.value) if instruction.value else ()

    def _cmd(self, instruction: Instruction) -> None:
        self.image.command = self._words(instruction)
        self.image.lines["command"] = instruction.line

    def _entrypoint(self, instruction: Instruction) -> None:
        self.image.entrypoint = self._words(instruction)
        self.image.lines["entrypoint"] = instruction.line
        own = {each.line for each in self.stage.instructions}
        if self.image.lines.get("command") not in own:
            self.image.command = None
            self.image.lines.pop("command", None)

    def _shell(self, instruction: Instruction) -> None:
        self.image.shell = instruction.words or self.image.shell

    def _healthcheck(self, instruction: Instruction) -> None:
        self.image.health = instruction

    def _workdir(self, instruction: Instruction) -> None:
        path = expand(instruction.value.strip("\"'"), self.variables.known)
        self.image.workdir = self.image.at(path) if path is not None else None
        if self.image.workdir:
            self.image.folders.add(self.image.workdir)

    def _user(self, instruction: Instruction) -> None:
        name = expand(instruction.value, self.variables.known)
        self.image.user = (name, instruction.line) if name else None

    def _expose(self, instruction: Instruction) -> None:
        for word in instruction.value.split():
            number, _, protocol = (expand(word, self.variables.known) or "").partition("/")
            first, _, last = number.partition("-")
            if first.isdecimal() and (last or first).isdecimal() and protocol.lower() in ("", "tcp"):
                for port in range(int(first), min(int(last or first), int(first) + 100) + 1):
                    self.image.exposed[port] = instruction.line

    def _run(self, instruction: Instruction) -> None:
        effect = effects(instruction, self.image.workdir)
        self.image.loose |= effect.loose
        self.image.folders |= effect.folders
        self.image.users |= effect.users
        # `pip install .` before any code is copied brings the dependencies, and a package with nothing in it.
        own = any(each.project and each.copying for each in effect.installed)
        bare = own and "mount" not in instruction.flags and not self._has_code()
        self.image.installed += [replace(each, bare=bare and each.copying) for each in effect.installed]

    def _has_code(self) -> bool:
        if self.image.loose or any(copied.source == self.sources.shown(".") for copied in self.image.copied):
            return True
        for copied in self.image.copied:
            path = self.sources.root / copied.source
            if path.suffix == ".py" or (path.is_dir() and next(path.rglob("*.py"), None) is not None):
                return True
        return False

    def _add(self, instruction: Instruction) -> None:
        copy = copies(instruction, self.variables.known)
        remote = copy and any(source and (source.endswith(_ARCHIVES) or "://" in source) for source in copy.sources)
        if copy and remote:
            self.image.loose.add((copy.target and self.image.at(copy.target)) or "/")
        self._copy(instruction)

    def _copy(self, instruction: Instruction) -> None:
        copy = copies(instruction, self.variables.known)
        if copy is None:
            return
        target = self.image.at(copy.target) if copy.target is not None else None
        if target is None or None in copy.sources or ("from" in instruction.flags and copy.origin is None):
            self.image.loose.add(target or "/")
            return
        names = tuple(source for source in copy.sources if source is not None)
        into = (copy.target or "").endswith(("/", ".")) or len(names) > 1 or target in self.image.folders
        if into:
            self.image.folders.add(target)
        if copy.origin is None:
            self.image.copied += self._from_context(names, target, into, instruction)
        else:
            self._from_stage(copy.origin, names, target, into, instruction)

    def _from_context(
        self, names: tuple[str, ...], target: str, into: bool, instruction: Instruction
    ) -> Iterator[Copied]:
        for name in names:
            if name.startswith("<<"):
                self.image.loose.add(target)
                continue
            for path in self.sources.found(name):
                if not self.sources.let_in(path):
                    continue
                yield Copied(self.sources.shown(path), self._place(path, target, into, instruction), instruction.line)

    def _place(self, path: str, target: str, into: bool, instruction: Instruction) -> str:
        if "parents" in instruction.flags:
            return join(target, path)
        if (self.sources.context / path).is_dir():
            self.image.folders.add(target)
            return target
        return join(target, path.rpartition("/")[2]) if into else target

    def _from_stage(
        self, origin: str, names: tuple[str, ...], target: str, into: bool, instruction: Instruction
    ) -> None:
        stage = self._stage(origin)
        if stage is None or stage.index in self.seen:
            self.image.loose.add(target)
            return
        other = image_of(self.recipe, stage, self.sources, self.seen)
        for name in names:
            source = join("/", name)
            self.image.copied += _moved(other, source, target, into, instruction.line, self.sources)
            self.image.loose |= {target} if _is_loose(other, source) else set()
            for installed in other.installed:
                if within(source, "/app") is None and source != "/" and not _holds_packages(source, other):
                    continue
                self.image.installed.append(installed)

    def _stage(self, origin: str) -> Stage | None:
        if origin.isdecimal():
            return self.recipe.stages[int(origin)] if int(origin) < self.stage.index else None
        earlier = [stage for stage in self.recipe.stages[: self.stage.index] if stage.name == origin.lower()]
        return earlier[-1] if earlier else None


def _holds_packages(source: str, other: Image) -> bool:
    """Whether installed packages may lie below a folder: anything but a folder of what was only copied."""
    return not any(source != "/" and within(source, copied.target) is not None for copied in other.copied) or any(
        word in source for word in ("venv", "site-packages", "local", "env", "packages", "install", "deps")
    )


def _is_loose(other: Image, source: str) -> bool:
    return any(within(source, folder) is not None or within(folder, source) is not None for folder in other.loose)


def _moved(other: Image, source: str, target: str, into: bool, line: int, sources: Sources) -> Iterator[Copied]:
    """What was copied into the other stage, as it comes to lie in this one."""
    for copied in other.copied:
        below = within(copied.target, source)
        above = within(source, copied.target)
        if below is not None:
            whole = below == "" and not (sources.root / copied.source).is_dir()
            rest = source.rpartition("/")[2] if whole and into else below
            yield Copied(copied.source, join(target, rest) if rest else target, line)
        elif above is not None:
            inner = f"{copied.source}/{above}" if copied.source != "." else above
            if (sources.root / inner).exists():
                into_folder = into and not (sources.root / inner).is_dir()
                yield Copied(inner, join(target, source.rpartition("/")[2]) if into_folder else target, line)
