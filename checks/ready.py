"""Whether what judges a kind of items is there and works: what serves, or the command that installs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from checks import commands, process
from checks.hints import install_command, run_command
from checks.model import CheckContext, Gate
from checks.understood.dispatch import Surroundings

Readiness = tuple[bool, str]
"""Whether a gate can judge here, and a phrase for a person."""

_LIMIT_S = 20.0
_VERSION_ARGUMENTS = {
    "pytest": ("--version",),
    "ruff": ("--version",),
    "mypy": ("--version",),
    "temporal": ("--version",),
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "uv": ("--version",),
}
"""Programs that are safe to start for their version; any other is only looked for."""


def ready(gate: Gate, kinds: tuple[str, ...], around: Surroundings) -> Readiness:
    """Every kind of items that the gate looks at must have what judges it."""
    told = []
    for kind in kinds:
        able, says = _BY_KIND.get(kind, _programs)(gate, around)
        if not able:
            return False, says
        told.append(says)
    return True, "; ".join(dict.fromkeys(told))


def _programs(gate: Gate, around: Surroundings) -> Readiness:
    """Each program that the command starts by name."""
    told = []
    for name in commands.programs(gate.command):
        able, says = _program(name, around)
        if not able:
            return False, says
        told.append(says)
    return True, "; ".join(told) or "the shell itself serves"


def _program(name: str, around: Surroundings) -> Readiness:
    if name == "skillgate":
        return True, "skillgate itself serves"
    found = shutil.which(name, path=around.environment["PATH"])
    if found is None:
        return False, f"`{name}` is missing; {install_command(name)}"
    arguments = _VERSION_ARGUMENTS.get(name)
    if arguments is None:
        return True, f"`{found}` is there (not tried)"
    outcome = _try((found, *arguments), around)
    if outcome.exit_code != 0:
        return False, f"`{found}` is there and does not work: {_said(outcome)}; {install_command(name)}"
    return True, f"{_said(outcome)} ({found})"


def _tests(gate: Gate, around: Surroundings) -> Readiness:
    able, says = _programs(gate, around)
    if able:
        return able, says
    return False, f"{says}; or `{run_command(around.root, '--sync')}` where the project declares it"


def _workflows(gate: Gate, around: Surroundings) -> Readiness:
    if "temporal" in commands.programs(gate.command):
        return _temporal(around)
    if "dry" not in gate.command.split():
        return _programs(gate, around)
    from checks.raw.dry import RuntimeMissing, runtime_of

    try:
        return True, f"RAW runtime: {runtime_of(around.python.path, around.root, around.environment)}"
    except RuntimeMissing as error:
        return False, str(error)


def _temporal(around: Surroundings) -> Readiness:
    """The extension is ours, so only the SDK can be missing; the CLI is a convenience."""
    outcome = _try((str(around.python.path), "-c", "import temporalio.service as s; print(s.__version__)"), around)
    if outcome.exit_code != 0:
        told = "the project's Python lacks `temporalio`: declare it as a dependency, then"
        return False, f"{told} `{run_command(around.root, '--sync')}`"
    sdk = f"the SDK {_said(outcome)}"
    able, says = _program("temporal", around)
    return True, f"{says}, {sdk}" if able else f"{sdk}; no Temporal CLI, the built-in check serves in its place"


def _services(_gate: Gate, around: Surroundings) -> Readiness:
    from checks.deploy.compose.program import find_program

    found = find_program(around.python.path, around.environment)
    if found is None:
        return True, f"no Docker Compose; the embedded judge serves in its place ({install_command('docker-compose')})"
    return True, found.describe()


def _documents(_gate: Gate, around: Surroundings) -> Readiness:
    """kubectl is a convenience for kustomizations that patch; the schemas are not."""
    from checks.deploy.kubernetes.program import find_program
    from checks.deploy.kubernetes.schema import load_schemas

    schemas = load_schemas()
    if schemas is None:
        return False, f"the schemas of Kubernetes are missing; {install_command('kubernetes-validate')}"
    program = find_program(around.python.path, around.environment, around.root)
    serves = program.title if program else f"no kubectl, so plain kustomizations only ({install_command('kubectl')})"
    return True, f"schemas of Kubernetes {schemas.version}; {serves}"


def _renderings(_gate: Gate, around: Surroundings) -> Readiness:
    from checks.deploy.helm.program import find_program

    found = find_program(_context(around))
    return (True, found.title) if found else (False, f"Helm is missing; {install_command('helm')}")


def _dockerfiles(_gate: Gate, _around: Surroundings) -> Readiness:
    from importlib.util import find_spec

    if find_spec("dockerfile") is not None:
        return True, "BuildKit's parser serves"
    return True, f"our own parser serves in place of BuildKit's ({install_command('dockerfile')})"


def _wires(_gate: Gate, around: Surroundings) -> Readiness:
    """Without a PostgreSQL the rest is still judged, and the report says so."""
    from checks.wiring.database.installations import find_installations

    if find_installations(around.python.path, around.environment):
        return True, "a PostgreSQL serves for migrations and SQL"
    return True, f"no PostgreSQL: migrations and SQL are not tried ({install_command('postgres')})"


def _sets(_gate: Gate, around: Surroundings) -> Readiness:
    from checks.install.resolvers import find_resolvers

    found = next(find_resolvers(around.python.path, around.environment, around.root), None)
    return (True, found.title) if found else (False, f"neither uv nor pip works here; {install_command('uv')}")


_BY_KIND: Mapping[str, Callable[[Gate, Surroundings], Readiness]] = {
    "tests": _tests,
    "workflows": _workflows,
    "services": _services,
    "documents": _documents,
    "renderings": _renderings,
    "dockerfiles": _dockerfiles,
    "wires": _wires,
    "sets": _sets,
}


def _context(around: Surroundings) -> CheckContext:
    return CheckContext(around.root, around.python.path, 1, (), around.environment)


def _try(argv: tuple[str, ...], around: Surroundings) -> process.Outcome:
    return process.run(process.Command(argv, around.root, around.environment, _LIMIT_S))


def _said(outcome: process.Outcome) -> str:
    lines = outcome.output.decode("utf-8", "backslashreplace").strip().splitlines()
    return lines[0] if lines else outcome.not_started or "it said nothing"
