"""What a newcomer copies: examples of env files, and the names of variables in texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from checks.deploy.compose.files import BASES
from checks.model import Diagnostic, Place, Severity
from checks.temporal.scopes import Definition
from checks.wiring.code import settings
from checks.wiring.code.judging import Example, Scene, finding
from checks.wiring.code.model import known
from checks.wiring.code.noted import Need
from checks.wiring.code.rules import EMPTY_EXAMPLE, REFUSED, REFUSED_EXAMPLE, UNDOCUMENTED
from checks.wiring.code.settings_config import Configured, configured
from checks.wiring.code.walk import Walk
from checks.wiring.code.worlds import UNKNOWN
from checks.wiring.model import Started

_SAYS_TO_FILL = re.compile(
    r"(?i)\b(fill|required|must|your|yours|replace|insert|enter|put|change|generate|get|obtain|create|set|needed|secret"
    r"|from the|paste|own)\b|https?://"
)


def judge(scene: Scene) -> Iterator[Diagnostic]:
    """Findings about examples of env files, and about variables that nothing names."""
    examples = _Examples(scene)
    yield from examples.empty()
    yield from examples.refused_keys()
    yield from examples.lacking()
    if scene.example_files or scene.documented or scene.system.deployments:
        yield from examples.undocumented()


class _Examples:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.by_name: dict[str, Example] = {}
        for example in scene.examples:
            self.by_name.setdefault(example.name, example)
        self.values = {name: example.value for name, example in self.by_name.items()}

    @cached_property
    def _walks(self) -> list[tuple[Started, Walk]]:
        """Every program, in the environment that the example makes; what deployments set counts as set."""
        if not self.scene.example_files:
            return []
        values = {**dict.fromkeys(self._deployed, UNKNOWN), **known(self.values)}
        walks = ((each, self.scene.index.walk(each, values)) for each in self.scene.programs)
        return [(each, walk) for each, walk in walks if walk is not None]

    @cached_property
    def _deployed(self) -> dict[str, list[str | None]]:
        """What deployments set, by name; None for a value that cannot be known."""
        found: dict[str, list[str | None]] = {}
        for deployment in self.scene.system.deployments:
            for unit in deployment.units:
                for name, variable in unit.variables.items():
                    found.setdefault(name, []).append(variable.value)
        return found

    def _needs(self) -> Iterator[tuple[Need, Walk]]:
        seen = set()
        for _, walk in self._walks:
            for need in walk.needs.values():
                if need.sure and need.name in self.by_name and (need.name, need.why) not in seen:
                    seen.add((need.name, need.why))
                    yield need, walk

    def empty(self) -> Iterator[Diagnostic]:
        """Lines that stop the program when they are copied as they are."""
        for need, walk in self._needs():
            example = self.by_name[need.name]
            if need.why not in ("empty", "refused") or not self._is_used(need.name, walk):
                continue
            severity = Severity.WARNING if _SAYS_TO_FILL.search(example.comment) else Severity.ERROR
            if need.why == "empty":
                message = (
                    f"`{need.name}` is empty here, and the program fails for an empty value: {need.place} reads it"
                )
                yield finding(EMPTY_EXAMPLE, example.place, message, f"write `{need.name}=example`", severity)
            else:
                message = f"`{need.name}` is `{need.value}` here, which {need.place} refuses: {need.detail}"
                yield finding(REFUSED, example.place, message, None, severity)

    def _is_used(self, name: str, walk: Walk) -> bool:
        """Whether the example's value gets to the program: by itself, or by what a deployment takes from it."""
        deployed = self._deployed.get(name)
        if not deployed or "" in deployed or self._is_interpolated(name):
            return True
        return walk.reads_dotenv or any(self.scene.index.env_files(each) for each in walk.settings.values())

    def _is_interpolated(self, name: str) -> bool:
        """Whether a Compose file takes the value from the env file."""
        files = (file for file in self.scene.system.files if file.rpartition("/")[2] in BASES)
        return any(f"${{{name}" in self.scene.text(file) for file in files)

    def refused_keys(self) -> Iterator[Diagnostic]:
        """Lines that a settings class has no field for, where it refuses those."""
        for definition in self._classes():
            config = configured(definition, self.scene.index.names)
            if config.extra != "forbid" or config.old or not config.known or ".env" not in config.env_files:
                continue
            yield from self._strangers(definition, config)

    def _classes(self) -> list[Definition]:
        found = {ref: each for _, walk in self._walks for ref, each in walk.settings.items()}
        return list(found.values())

    def _strangers(self, definition: Definition, config: Configured) -> Iterator[Diagnostic]:
        fields = list(settings.fields(definition, self.scene.index.names))
        known = {name.lower() for field in fields for name in field.names}
        # Fields of a compound type take everything that begins with their name.
        begin = tuple(
            name.lower() for field in fields if field.shape == "json" or not field.sure for name in field.names
        )
        for file in self._beside(definition):
            lines = [each for each in self.scene.examples if each.place.file == file and each.value]
            strange = [
                each for each in lines if each.name.lower() not in known and not each.name.lower().startswith(begin)
            ]
            if strange:
                names = ", ".join(f"`{each.name}`" for each in strange)
                where = f"{definition.own.module.file}:{definition.node.lineno}"
                message = (
                    f"`{definition.node.name}` ({where}) reads `.env`, has no field for {names}, and refuses to start"
                )
                hint = 'say `extra="ignore"` in its `SettingsConfigDict`, or give it the fields'
                yield finding(REFUSED_EXAMPLE, strange[0].place, message, hint)

    def _beside(self, definition: Definition) -> list[str]:
        """The example of the env file that is read: the one in the component's folder, else the project's."""
        folder = definition.own.module.file.rpartition("/")[0]
        while True:
            here = [file for file in self.scene.example_files if file.rpartition("/")[0] == folder]
            if here or not folder:
                return here[:1]
            folder = folder.rpartition("/")[0]

    def lacking(self) -> Iterator[Diagnostic]:
        """Fields that a settings class demands, of which an example of its `.env` has all others."""
        for definition in self._classes():
            config = configured(definition, self.scene.index.names)
            if not config.known or not any(file.endswith(".env") for file in config.env_files):
                continue
            every = settings.fields(definition, self.scene.index.names)
            fields = [each for each in every if each.required and each.sure]
            for file in self._beside(definition):
                named = {each.name.lower() for each in self.scene.examples if each.place.file == file}
                absent = [each for each in fields if not named & {name.lower() for name in each.names}]
                if 2 * len(absent) < len(fields) and file.rpartition("/")[2] in self.scene.documented:
                    yield from (self._absent(each, file) for each in absent)

    def _absent(self, field: settings.Field, file: str) -> Diagnostic:
        name = field.names[0].upper()
        message = f"`{name}` has to be set ({field.place}), and the `.env` that is copied from `{file}` lacks it"
        return finding(UNDOCUMENTED, Place(file, 1), message, f"write a line `{name}=...` there")

    def undocumented(self) -> Iterator[Diagnostic]:
        """What a program needs and nothing names."""
        seen: set[str] = set()
        for started in self.scene.programs:
            walk = self.scene.index.walk(started, {})
            for need in walk.needs.values() if walk is not None else ():
                if need.why == "unset" and need.sure and need.name not in seen:
                    seen.add(need.name)
                    if (
                        need.name not in self._deployed
                        and not self.scene.is_documented(need.name)
                        and not self._told(need.name)
                    ):
                        message = (
                            f"`{need.name}` has to be set, and no example of an env file, text or deployment says so"
                        )
                        yield finding(UNDOCUMENTED, need.place, message, f"name `{need.name}` in `.env.example`")

    def _told(self, name: str) -> bool:
        """Whether it is a finding already that a unit lacks it."""
        return any(
            need.name == name and need.sure
            for run in self.scene.runs
            if not run.unit.open
            for need in run.walk.needs.values()
        )
