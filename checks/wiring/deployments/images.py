"""Which of the project's Dockerfiles makes an image that a deployment names."""

from __future__ import annotations

import contextlib
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from checks.deploy.dockerfile.model import Built
from checks.deploy.dockerfile.reading import built
from checks.model import Place
from checks.quick_yaml import import_yaml
from checks.wiring.deployments.loops import unrolled, without_loops

_TEXTS = re.compile(
    r"(?i)(^|/)(readme[^/]*|makefile|justfile|taskfile\.ya?ml|jenkinsfile|[^/]+\.(md|sh)|\.gitlab-ci\.ya?ml)$"
)
_DOCKERFILE = re.compile(r"(?i)(^|/)(dockerfile(\.[\w.-]+)?|[\w.-]+\.dockerfile|containerfile)$")
_BUILD = re.compile(r"\b(?:docker|podman|nerdctl)\s+(?:image\s+)?(?:buildx\s+)?build\s[^\n|;&`]*")
_WITH_VALUE = frozenset(
    {"--build-arg", "--platform", "--label", "--cache-from", "--cache-to", "--progress", "--network"}
)
_OPEN = re.compile(r"\$\$?(?:\{\{.*?\}\}|\{[^}]*\}|\([^)]*\)|\w+)")
_IMAGE = re.compile(r"(?:--tag|-t|push|image:|tags:)[\s=]+[\"']?([^\s\"';|&]*\$[^\s\"';|&]*)")
_ANY = r"[\w.-]+"
_CI = (".github/workflows", ".gitlab-ci.yml", ".circleci")
_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """Somebody says that an image of this name is built in this way; paths are absolute."""

    name: str
    dockerfile: Path
    context: Path
    place: Place
    target: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    given: bool = True


@dataclass(eq=False)
class Images:
    """What the project builds. Compose adds its recipes first, then images of other deployments can be matched."""

    root: Path
    files: Sequence[str]
    recipes: list[Recipe]

    def add(self, recipe: Recipe) -> None:
        """One more recipe, from a Compose service."""
        self.recipes.append(recipe)

    def make(self, recipe: Recipe) -> Built | None:
        """What a recipe comes to; None where its Dockerfile is not there or cannot be read."""
        if not recipe.dockerfile.is_file() or not recipe.dockerfile.resolve().is_relative_to(self.root.resolve()):
            return None
        return built(recipe.dockerfile, recipe.context, self.root, recipe.target, recipe.arguments)

    def find(self, image: str, ours: bool) -> Built | None:
        """What the image of that name is made by; `ours`: what runs in it is certainly the project's."""
        found = {self._key(recipe): recipe for recipe in self._meant(image, ours)}
        return self.make(next(iter(found.values()))) if len(found) == 1 else None

    def named(self) -> tuple[Recipe, ...]:
        """Every recipe that gives its image a name, those of texts included."""
        return (*self.recipes, *self._told)

    def explicit(self) -> tuple[Recipe, ...]:
        """The recipes to which somebody gave a name, rather than Compose."""
        return (*(recipe for recipe in self.recipes if recipe.given), *self._told)

    def mentions(self, image: str) -> bool:
        """Whether the name of an image is built, or named in a text that may well say how it comes about."""
        name = repository(image)
        known = {short(recipe.name) for recipe in self.named()} | {short(one) for one in self._renamed}
        word = re.compile(rf"(?<![\w.-]){re.escape(short(name))}(?![\w-])")
        if short(name) in known or any(word.search(text) for _, text in self._texts):
            return True
        return any(pattern.fullmatch(short(name)) for pattern in self._patterns if pattern.pattern != _ANY)

    @property
    def builds_any(self) -> bool:
        """Whether some command builds an image whose name is all for others to say."""
        return any(pattern.pattern == _ANY for pattern in self._patterns)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        """Names of images into which commands have still to put something: `shop-${{ matrix.part }}`."""
        texts = [without_loops(text) for _, text in self._texts]
        names = {short(_OPEN.sub("\0", found)) for text in texts for found in _IMAGE.findall(text)}
        return tuple(re.compile(_ANY.join(map(re.escape, name.split("\0")))) for name in names if "\0" in name)

    def _meant(self, image: str, ours: bool) -> list[Recipe]:
        name = repository(image)
        name = self._renamed.get(name, name)
        whole = [recipe for recipe in self.named() if repository(recipe.name) == name]
        if whole:
            return whole
        same = [recipe for recipe in self.named() if short(recipe.name) == short(name)]
        return same or self._likely(short(name), ours)

    def _likely(self, name: str, ours: bool) -> list[Recipe]:
        """Without anybody saying so: the Dockerfile of that name, or the only one there is."""
        every = self._every
        if len(every) == 1 and (ours or name in self._names or self._is_part(name)):
            return every
        return [recipe for recipe in every if recipe.name and (name == recipe.name or name.endswith(f"-{recipe.name}"))]

    def _is_part(self, name: str) -> bool:
        return any(name.startswith(f"{own}-") for own in self._names)

    def _key(self, recipe: Recipe) -> tuple[str, str, str | None]:
        return (recipe.dockerfile.as_posix(), recipe.context.as_posix(), recipe.target)

    @cached_property
    def _names(self) -> frozenset[str]:
        names = {
            self.root.name.lower(),
            *_project_names(self.root),
            *(short(recipe.name) for recipe in self.recipes if "/" not in recipe.name),
        }
        return frozenset(name.replace("_", "-") for name in names) | names

    @cached_property
    def _every(self) -> list[Recipe]:
        """Every Dockerfile, under the name of its folder or ending."""
        found = [file for file in self.files if _DOCKERFILE.search(file) and not file.endswith(".dockerignore")]
        contexts = {recipe.dockerfile: recipe.context for recipe in self.recipes}
        return [self._alone(file, contexts) for file in found]

    def _alone(self, file: str, contexts: Mapping[Path, Path]) -> Recipe:
        path = PurePosixPath(file)
        ending = path.name.partition(".")[2] if path.name.lower().startswith("dockerfile.") else ""
        ending = ending or (path.stem if path.suffix.lower() == ".dockerfile" else path.parent.name)
        full = self.root / file
        return Recipe(ending, full, contexts.get(full, full.parent), Place(file, 1))

    @cached_property
    def _texts(self) -> tuple[tuple[str, str], ...]:
        texts = tuple(_texts(self.root, self.files))
        return (*texts, *((file, body) for file, text in texts for body in unrolled(text)))

    @cached_property
    def _told(self) -> tuple[Recipe, ...]:
        return tuple(recipe for file, text in self._texts for recipe in self._in_text(file, text))

    def _in_text(self, file: str, text: str) -> Iterator[Recipe]:
        joined = text.replace("\\\n", "  ")
        for found in _BUILD.finditer(joined):
            yield from self._of_command(file, joined.count("\n", 0, found.start()) + 1, found[0])

    def _of_command(self, file: str, line: int, command: str) -> Iterator[Recipe]:
        options, context = _options(command)
        if context is None or not options.get("tag"):
            return
        folder = self.root / context
        dockerfile = self.root / options["file"][0] if options.get("file") else folder / "Dockerfile"
        target = options["target"][0] if options.get("target") else None
        for tag in options["tag"]:
            yield Recipe(tag, dockerfile, folder, Place(file, line), target)

    @cached_property
    def _renamed(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for file in self.files:
            if PurePosixPath(file).name in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
                for item in _load(self.root / file).get("images") or []:
                    if isinstance(item, dict) and item.get("newName") and item.get("name"):
                        found[repository(str(item["newName"]))] = repository(str(item["name"]))
        return found


def _options(command: str) -> tuple[dict[str, list[str]], str | None]:
    """The options of a `docker build` that say what is built, and the context (None where it is not plain)."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return {}, None
    options: dict[str, list[str]] = {}
    names = {"-t": "tag", "--tag": "tag", "-f": "file", "--file": "file", "--target": "target"}
    rest: list[str] = []
    pending = iter(words[words.index("build") + 1 :])
    for word in pending:
        flag, equals, value = word.partition("=")
        if flag in names:
            options.setdefault(names[flag], []).append(value if equals else next(pending, ""))
        elif word in _WITH_VALUE:
            next(pending, None)
        elif not word.startswith("-"):
            rest.append(word)
    plain = len(rest) == 1 and not any(letter in rest[0] for letter in "$<>:")
    return options, rest[0] if plain else None


def _texts(root: Path, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    hidden = [path for start in _CI for path in _below(root / start)]
    for file in (*(file for file in files if _TEXTS.search(file)), *hidden_names(hidden, root)):
        try:
            text = (root / file).read_bytes()[:_LIMIT].decode(errors="replace")
        except OSError:
            continue
        if "build" in text:
            yield file, text


def hidden_names(paths: Sequence[Path], root: Path) -> Iterator[str]:
    """Relative names of files that the walk through the project leaves out."""
    return (path.relative_to(root).as_posix() for path in paths)


def _below(start: Path) -> list[Path]:
    return sorted(start.glob("*.y*ml")) if start.is_dir() else []


def _project_names(root: Path) -> Iterator[str]:
    """What pyproject.toml calls the project: images are often called the same."""
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("project")
        if isinstance(project, dict) and isinstance(project.get("name"), str):
            yield project["name"].lower()


def _load(path: Path) -> dict[str, Any]:
    yaml = import_yaml()
    try:
        value = yaml.load(path.read_bytes()[:_LIMIT], getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}


def repository(image: str) -> str:
    """An image's name without tag and digest."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    name = head if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/")


def short(image: str) -> str:
    """The last part of an image's name."""
    return repository(image).rpartition("/")[2]
