"""The check `compose`: the real Compose where there is one, our own judge otherwise, then what Compose overlooks."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.deploy.compose.consistency import is_active
from checks.deploy.compose.embedded import Judged, judge
from checks.deploy.compose.env_files import example_of
from checks.deploy.compose.files import FileSet, find_elsewhere, find_sets, parse_request, read_variables
from checks.deploy.compose.known import SPOKEN
from checks.deploy.compose.messages import Redaction, Said, said_path, understand
from checks.deploy.compose.places import shown
from checks.deploy.compose.program import Answer, Search, config, gate_variables, scrubbed, search_program
from checks.deploy.compose.systems import EVERY_PROFILE, settle
from checks.deploy.compose.workable import unworkable
from checks.model import CheckContext, CheckResult, Diagnostic, Evidence, Severity

_NONE = "compose.no-services"


@dataclass(frozen=True, slots=True)
class _Bench:
    """What every set is judged with. `home` is an empty folder that stands for the user's."""

    root: Path
    home: Path
    environment: Mapping[str, str]
    search: Search
    gate: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What was found about one set, and by whom; `broken` is why the real program gave no answer."""

    diagnostics: tuple[Diagnostic, ...]
    services: int
    broken: str | None = None

    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    def has_collisions(self) -> bool:
        """Whether a variant publishes ports of its base: it may stand by itself."""
        return any(found.rule == "compose.port-collision" for found in self.diagnostics)


def check(context: CheckContext) -> CheckResult:
    """Judges the project's Compose files as `docker-compose config` would, and then further."""
    request = parse_request(context.arguments)
    sets = find_sets(context.root, request)
    if not sets:
        return _no_file(context.root)
    with tempfile.TemporaryDirectory(prefix="skillgate-home-") as folder:
        environment = scrubbed(context.environment, Path(folder))
        search = search_program(request.typed, context.python, environment, context.root)
        bench = _Bench(context.root, Path(folder), environment, search, gate_variables(context.environment))
        return _judge_all(bench, sets)


def _no_file(root: Path) -> CheckResult:
    elsewhere = find_elsewhere(root)
    hint = f"docker-compose -f {shown(elsewhere, root)} config" if elsewhere else None
    message = "there is no Compose file: looked for `compose.yaml`, `compose.yml`, `docker-compose.yml`"
    found = Diagnostic("compose.no-file", Severity.ERROR, message, hint=hint)
    return CheckResult("compose", {"services": 0, "files": 0}, (found,))


def _judge_all(bench: _Bench, sets: list[FileSet]) -> CheckResult:
    found: list[Diagnostic] = []
    services = 0
    broken: str | None = None
    for files in sets:
        opinion = _judge_set(bench, files)
        if files.variant is not None and (opinion.has_errors() or opinion.has_collisions()):
            alone = _judge_set(bench, files.alone())
            opinion = opinion if alone.has_errors() else alone
        if files.variant is None:
            services += opinion.services
        broken = broken or opinion.broken
        found += [item for item in opinion.diagnostics if item not in found]
    named = {file for files in sets for file in files.files}
    return CheckResult("compose", _evidence(bench, sets, services, len(named), broken), tuple(found))


def _evidence(bench: _Bench, sets: list[FileSet], services: int, files: int, broken: str | None) -> Evidence:
    program = bench.search.program
    passed_over = list(bench.search.passed_over)
    if program is not None and broken is not None:
        passed_over.append(f"{program.title} ({broken})")
    title = program.title if program is not None and broken is None else "embedded"
    evidence: dict[str, int | str] = {"services": services, "files": files, "program": title}
    if sets[0].env_files:
        evidence["variables"] = ", ".join(shown(path, bench.root) for path in sets[0].env_files)
    if passed_over:
        evidence["passed_over"] = ", ".join(passed_over)
    return evidence


def _judge_set(bench: _Bench, files: FileSet) -> _Opinion:
    files = settle(files, bench.environment)
    missing = _missing_env_files(bench, files)
    if missing:
        return _Opinion(missing, 0)
    switched_on = tuple(name for name in files.variables.get("COMPOSE_PROFILES", "").split(",") if name)
    default = _opinion(bench, files, files.profiles or switched_on)
    if files.profiles or not _has_profiles(files):
        return default
    every = _opinion(bench, files, EVERY_PROFILE)
    said = {found._replace(hint=None) for found in default.diagnostics}  # a hint may name the services that are on
    more = tuple(found for found in every.diagnostics if found._replace(hint=None) not in said)
    broken = default.broken or every.broken
    if every.services:  # each has a profile, and whoever starts them names one
        default = replace(default, diagnostics=tuple(each for each in default.diagnostics if each.rule != _NONE))
        more = tuple(each for each in more if each.rule != _NONE)
    return _Opinion(default.diagnostics + more, max(default.services, every.services), broken)


def _missing_env_files(bench: _Bench, files: FileSet) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            "compose.missing-env-file",
            Severity.ERROR,
            f"env file `{shown(path, bench.root)}`, which the command names, does not exist",
            shown(files.files[0], bench.root),
        )
        for path in files.env_files
        if not path.is_file()
    )


def _has_profiles(files: FileSet) -> bool:
    return any(path.is_file() and b"profiles" in path.read_bytes() for path in files.files)


def _opinion(bench: _Bench, files: FileSet, profiles: tuple[str, ...]) -> _Opinion:
    ours = judge(files, bench.root, bench.home, profiles)
    redaction = _redaction(bench, files, ours)
    if bench.search.program is None:
        return _finish(bench, ours, ours.model, ours.diagnostics, redaction, profiles)
    answer = config(bench.search.program, files, bench.environment, profiles=profiles)
    said = understand(answer.words)
    if answer.model is None and "missing-env-file" in said.rules and _only_examples(ours):
        # Whoever sets the project up copies the example: judge the rest as if that had been done.
        answer = config(bench.search.program, files, bench.environment, "--no-env-resolution", profiles=profiles)
        said = understand(answer.words)
    if answer.broken is not None:
        opinion = _finish(bench, ours, ours.model, ours.diagnostics, redaction, profiles)
        return replace(opinion, broken=answer.broken)
    found = _their_findings(answer, said, ours, redaction, bench.root)
    return _finish(bench, ours, answer.model, found, redaction, profiles)


def _only_examples(ours: Judged) -> bool:
    services = (ours.model or {}).get("services", {}).values()
    paths = [Path(item["path"]) for service in services for item in service.get("env_file") or []]
    return all(path.exists() or example_of(path) for path in paths)


def _redaction(bench: _Bench, files: FileSet, ours: Judged) -> Redaction:
    """Values of private env files must not be shown; what the files or an example say openly may be."""
    examples = tuple(path for path in files.directory.glob("*env*") if "example" in path.name and path.is_file())
    services = (ours.model or {}).get("services", {}).values()
    own = tuple(Path(item["path"]) for service in services for item in service.get("env_file") or [])
    private = {**read_variables((*files.env_files, *own)), **bench.gate}
    documents = (document.text for document in ours.places.documents)
    open_text = "\n".join([SPOKEN, *documents, *read_variables(examples).values()])
    return Redaction((*private.values(), *ours.included), open_text)


def _their_findings(
    answer: Answer, said: Said, ours: Judged, redaction: Redaction, root: Path
) -> tuple[Diagnostic, ...]:
    """The real program decides; our judge says where, and what else is wrong, only where it agrees with it."""
    warnings = tuple(found for found in ours.diagnostics if found.severity is Severity.WARNING)
    warnings += tuple(
        ours.places.diagnostic("reported", said_path(text), redaction.clean(text), severity=Severity.WARNING)
        for text in said.warnings
    )
    if answer.model is not None:
        return warnings
    words = redaction.clean(said.failure.replace(f"{root}/", "").replace(f"{root.resolve()}/", ""))
    agreed = [found for found in ours.diagnostics if found.severity is Severity.ERROR]
    if not any(found.rule.removeprefix("compose.") in said.rules for found in agreed):
        return (*warnings, ours.places.diagnostic(said.rules[0], said_path(said.failure), words))
    agreed.sort(key=lambda found: found.rule.removeprefix("compose.") not in said.rules)
    first = agreed[0]._replace(message=f"{agreed[0].message} (Compose: {words})")
    return (*warnings, first, *agreed[1:])


def _finish(
    bench: _Bench,
    ours: Judged,
    model: dict[str, Any] | None,
    found: tuple[Diagnostic, ...],
    redaction: Redaction,
    profiles: tuple[str, ...],
) -> _Opinion:
    services = len(_named_services(ours)) if model is None else len(_active(model, profiles)["services"])
    if model is not None and not any(item.severity is Severity.ERROR for item in found):
        more = unworkable(_active(model, profiles), ours.places, bench.root, _written(ours))
        found += more
    if not services and not any(item.severity is Severity.ERROR for item in found):
        found += (ours.places.diagnostic("no-services", ("services",), "the Compose file defines no service"),)
    return _Opinion(tuple(_clean(item, redaction) for item in found), services)


def _written(ours: Judged) -> dict[str, dict[str, Any]]:
    services = (ours.model or {}).get("services") or {}
    return {name: item or {} for name, item in services.items()}


def _active(model: dict[str, Any], profiles: tuple[str, ...]) -> dict[str, Any]:
    services = model.get("services") or {}
    return {**model, "services": {name: item for name, item in services.items() if is_active(item, set(profiles))}}


def _clean(found: Diagnostic, redaction: Redaction) -> Diagnostic:
    hint = redaction.clean_quoted(found.hint) if found.hint else None
    return found._replace(message=redaction.clean_quoted(found.message), hint=hint)


def _named_services(ours: Judged) -> set[str]:
    sections = [document.value.get("services") for document in ours.places.documents]
    return {name for section in sections if isinstance(section, dict) for name in section}
