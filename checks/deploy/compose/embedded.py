"""Our own judge of Compose files, for where there is no Compose; beside a real one it says where and what else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from checks.deploy.compose.consistency import conflicts, is_active
from checks.deploy.compose.env_files import faulty_env_files, unreadable
from checks.deploy.compose.files import FileSet, read_variables
from checks.deploy.compose.interpolation import Interpolator, Trouble
from checks.deploy.compose.merge import Base, long_form, merge, without
from checks.deploy.compose.places import Places, dotted, shown
from checks.deploy.compose.source import Document, Path_, Unreadable, read_document
from checks.deploy.compose.structure import misfits
from checks.model import Diagnostic, Severity

INCLUDE_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out: the merged model in its long form (None where it could not be built), places, findings.

    `included` are the values that the env files of included files bring.
    """

    model: dict[str, Any] | None
    places: Places
    diagnostics: tuple[Diagnostic, ...]
    included: tuple[str, ...] = ()


@dataclass
class _Judge:
    """One set being judged: collects documents and findings on the way."""

    root: Path
    variables: Mapping[str, str]
    home: Path
    documents: list[Document] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    included: list[str] = field(default_factory=list)

    def load(self, path: Path, base: Base, depth: int = 0) -> dict[str, Any] | None:
        """One file, interpolated, checked and in its long form; None where it is broken."""
        name = shown(path, self.root)
        try:
            document = read_document(path, name)
        except Unreadable as error:
            self.report(error.rule, name, error.line, error.message)
            return None
        self.documents.append(document)
        before = self.errors()
        value = self.checked(document)
        if "version" in value and depth == 0:
            message = "`version` is obsolete: Compose ignores it"
            self.report("reported", name, _line(document, ("version",)), message, "remove it", Severity.WARNING)
        if self.errors() > before:
            return None
        model = long_form(value, base)
        model = self.with_extended(model, document, base, depth)
        return self.with_included(model, document, base, depth)

    def checked(self, document: Document) -> dict[str, Any]:
        """The interpolated value; says what does not fit."""
        interpolator = Interpolator(self.variables)
        value: dict[str, Any] = interpolator.value(document.value)
        for trouble in interpolator.troubles:
            self.report_trouble(trouble, document)
        troubled = {trouble.path for trouble in interpolator.troubles if trouble.kind != "unset"}
        for misfit in misfits(value):
            if misfit.path not in troubled:
                written = f" (`{document.raw(misfit.path)}`)" if misfit.about_value else ""
                message = f"`{dotted(misfit.path) or 'the file'}`{written} {misfit.message}"
                self.report("invalid", document.name, _line(document, misfit.path), message, misfit.hint)
        return value

    def report_trouble(self, trouble: Trouble, document: Document) -> None:
        line, where = _line(document, trouble.path), dotted(trouble.path)
        name = trouble.variable
        if trouble.kind == "unset":
            message = f"variable `{name}` is set nowhere: `{where}` gets an empty text"
            near = get_close_matches(name, self.variables, 1, 0.8)
            hint = f"set `{name}` in `.env.example`, or write `${{{name}:-default}}`"
            hint = f"`{near[0]}` is set: one of the two names is wrong" if near else hint
            self.report("unset-variable", document.name, line, message, hint, Severity.WARNING)
        elif trouble.kind == "required":
            reason = f": {trouble.message}" if trouble.message else ""
            message = f"required variable `{name}` is set nowhere{reason}"
            self.report("required-variable", document.name, line, message, f"add `{name}=...` to `.env.example`")
        else:
            message = f"`{where}` has an invalid interpolation format: `{name}`"
            self.report("interpolation", document.name, line, message, "write `$$` for a plain `$`")

    def with_extended(self, model: dict[str, Any], document: Document, base: Base, depth: int) -> dict[str, Any]:
        services = model["services"]
        done: dict[str, Any] = {}
        for name in services:
            done[name] = self.extended(name, services, document, base, (), depth)
        return {**model, "services": done}

    def extended(
        self,
        name: str,
        services: Mapping[str, Any],
        document: Document,
        base: Base,
        way: tuple[str, ...],
        depth: int,
    ) -> dict[str, Any]:
        """A service laid over the one it extends, itself laid over what that extends."""
        service: dict[str, Any] = services[name]
        if "extends" not in service:
            return service
        wanted = service["extends"]
        wanted = {"service": wanted} if isinstance(wanted, str) else wanted
        own = {key: value for key, value in service.items() if key != "extends"}
        path: Path_ = ("services", name, "extends")
        line = _line(document, path)
        if name in way or depth > INCLUDE_DEPTH:
            self.report("dependency-cycle", document.name, line, f"service `{name}` extends itself in the end")
            return own
        others = services
        if wanted.get("file"):
            file = Path(base.resolve(wanted["file"]))
            loaded = self.other(file, document, line, base, depth)
            if loaded is None:
                return own
            others = loaded["services"]
        if wanted["service"] not in others:
            message = f"service `{name}` extends `{wanted['service']}`, which is not there"
            self.report("undefined-reference", document.name, line, message)
            return own
        below = others[wanted["service"]]
        if not wanted.get("file"):
            below = self.extended(wanted["service"], others, document, base, (*way, name), depth)
        # `!override` and `!reset` count over what is extended, too.
        gone = [path[2:] for path in document.replaced if path[:2] == ("services", name) and len(path) > 2]
        return merge(without(below, gone), own)  # type: ignore[no-any-return]

    def other(
        self, file: Path, document: Document, line: int | None, base: Base, depth: int, inner: Base | None = None
    ) -> dict[str, Any] | None:
        """A file that another one names: missing is that one's fault."""
        if not file.is_file():
            self.report("missing-file", document.name, line, f"`{shown(file, self.root)}` does not exist")
            return None
        return self.load(file, inner or Base(file.parent, base.home), depth + 1)

    def with_included(self, model: dict[str, Any], document: Document, base: Base, depth: int) -> dict[str, Any]:
        for index, item in enumerate(document.value.get("include") or []):
            line = _line(document, ("include", index))
            if depth > INCLUDE_DEPTH:
                self.report("dependency-cycle", document.name, line, "the files include each other")
                return model
            outer = self.variables
            paths = [Path(base.resolve(self.put_in(path))) for path in _listed(item, "path")]
            self.variables = {**self.included_variables(item, paths, document, line, base), **outer}
            for file in paths:
                folder = _project_directory(item)
                inner = Base(Path(base.resolve(self.put_in(folder))), base.home) if folder else None
                included = self.other(file, document, line, base, depth, inner)
                model = merge(included, model) if included is not None else model
            self.variables = outer
        return model

    def put_in(self, text: str) -> str:
        return Interpolator(self.variables).text(text, ())

    def included_variables(
        self, item: Any, paths: list[Path], document: Document, line: int | None, base: Base
    ) -> dict[str, str]:
        """What an included file is interpolated with besides: its own env files, or the `.env` of its folder."""
        folder = _project_directory(item)
        beside = Path(base.resolve(self.put_in(folder))) if folder else paths[0].parent if paths else base.directory
        named = [Path(base.resolve(self.put_in(path))) for path in _listed(item, "env_file")]
        for path in named:
            if not path.is_file():
                message = f"env file `{shown(path, self.root)}` does not exist"
                self.report("missing-env-file", document.name, line, message)
        values = read_variables(tuple(path for path in named or (beside / ".env",) if path.is_file()))
        self.included += values.values()
        return values

    def report(
        self,
        rule: str,
        file: str,
        line: int | None,
        message: str,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        found = Diagnostic(f"compose.{rule}", severity, message, file, line, hint=hint)
        if found not in self.found:
            self.found.append(found)

    def errors(self) -> int:
        return sum(found.severity is Severity.ERROR for found in self.found)


def _listed(item: Any, key: str) -> list[str]:
    """A part of an entry of `include`, whose short form is its path."""
    value = item.get(key) or [] if isinstance(item, dict) else item if key == "path" else []
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _project_directory(item: Any) -> str:
    return str(item.get("project_directory") or "") if isinstance(item, dict) else ""


def _line(document: Document, path: Path_) -> int | None:
    for length in range(len(path), 0, -1):
        line = document.line_of(path[:length])
        if line is not None:
            return line
    return None


def judge(files: FileSet, root: Path, home: Path, profiles: Iterable[str] = ()) -> Judged:
    """The set as Compose would judge it, with every problem at once."""
    state = _Judge(root, files.variables, home)
    base = Base(files.directory.resolve(), home)
    merged: dict[str, Any] | None = {}
    for path in files.env_files:
        state.found += unreadable(path, root)
    for file in files.files:
        loaded = state.load(file, base)
        merged = None if loaded is None or merged is None else merge(_reset(merged, state, file, root), loaded)
    places = Places(tuple(state.documents), shown(files.files[0], root))
    if merged is None or state.errors():
        return Judged(None, places, tuple(state.found), tuple(state.included))
    merged.setdefault("services", {})
    chosen = frozenset(profiles)
    active = {name: item for name, item in merged["services"].items() if is_active(item, chosen)}
    more = [places.diagnostic(found.rule, found.path, found.message, found.hint) for found in conflicts(merged, chosen)]
    more += faulty_env_files(active, places, root)
    return Judged(merged, places, (*state.found, *more), tuple(state.included))


def _reset(merged: dict[str, Any], state: _Judge, file: Path, root: Path) -> dict[str, Any]:
    name = shown(file, root)
    document = next((known for known in reversed(state.documents) if known.name == name), None)
    return without(merged, document.replaced) if document is not None else merged
