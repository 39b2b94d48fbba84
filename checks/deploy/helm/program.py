"""The Helm that is there: finding it, and running its `lint` and `template` away from whoever runs it."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.hints import install_command
from checks.model import CheckContext
from checks.process import Command, Outcome, run, run_all

CALL_LIMIT_S = 30.0
OLDEST = 3
PROBE = Path(__file__).with_name("sdk_probe.py")


@dataclass(frozen=True, slots=True)
class Program:
    """A Helm that works: the words it starts with, and what it says of itself (`Helm v4.3.1`)."""

    argv: tuple[str, ...]
    title: str
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One rendering that is asked for: the chart's folder, values files and `--set` words, for `helm template`."""

    chart: Path
    name: str
    values: tuple[Path, ...] = ()
    settings: tuple[str, ...] = ()
    namespace: str | None = None
    without_schema: bool = False
    kube_version: str | None = None

    def options(self) -> list[str]:
        """Its words after `helm template NAME CHART` and `helm lint CHART`."""
        words = [word for file in self.values for word in ("--values", str(file))] + list(self.settings)
        words += ["--namespace", self.namespace] if self.namespace else []
        return [*words, "--kube-version", self.kube_version] if self.kube_version else words


@dataclass(frozen=True, slots=True)
class Answer:
    """What Helm made of a request: files with objects, by their path in the chart; else its words."""

    files: Mapping[str, str]
    words: str
    failed: bool = False
    broken: str | None = None
    lint: str = ""


NO_PROGRAM = f"Helm is not there, and Go templates cannot be judged without it: {install_command('helm')}"


def find_program(context: CheckContext) -> Program | None:
    """The binary on PATH or beside a Python, else the SDK in one of the Pythons."""
    with tempfile.TemporaryDirectory(prefix="skillgate-helm-") as folder:
        environment = scrubbed(context.environment, Path(folder))
        for argv, embedded in _candidates(context):
            words = (*argv, "version") if embedded else (*argv, "version", "--short")
            outcome = run(Command(words, context.root, environment, CALL_LIMIT_S))
            version = re.search(r"v?(\d+)\.\d+\.\d+", outcome.output.decode(errors="replace"))
            if outcome.exit_code == 0 and version and int(version[1]) >= OLDEST:
                number = "v" + version[0].removeprefix("v")
                return Program(argv, f"Helm {number} (helm-python-sdk)" if embedded else f"Helm {number}", embedded)
    return None


def _candidates(context: CheckContext) -> Iterator[tuple[tuple[str, ...], bool]]:
    folders = dict.fromkeys((str(context.python.parent), str(Path(sys.executable).parent)))
    found = [shutil.which("helm", path=context.environment.get("PATH", ""))]
    found += [shutil.which("helm", path=folder) for folder in folders]
    yield from (((name,), False) for name in dict.fromkeys(filter(None, found)))
    for python in dict.fromkeys((str(context.python), sys.executable)):
        yield (python, "-I", str(PROBE)), True


def scrubbed(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What Helm may see: none of the developer's settings, plug-ins, repositories or clusters."""
    kept = {name: environment[name] for name in ("PATH", "LANG") if name in environment}
    folders = {f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    return {**kept, **folders, "HOME": str(home), "KUBECONFIG": "/dev/null", "NO_COLOR": "1"}


def answer_all(
    program: Program, requests: Sequence[Request], context: CheckContext, linted: bool = True
) -> list[Answer]:
    """Renders every request, and lints it unless told otherwise, side by side."""
    verbs = ("template", "lint") if linted else ("template",)
    with tempfile.TemporaryDirectory(prefix="skillgate-helm-") as name:
        home = Path(name)
        clean = scrubbed(context.environment, home)
        commands = [
            _command(program, home, at, verb, request, clean, context.root)
            for at, request in enumerate(requests)
            for verb in verbs
        ]
        outcomes = run_all(commands, context.jobs)
        size = len(verbs)
        return [_answer(home / f"out-{at}", outcomes[size * at : size * (at + 1)]) for at in range(len(requests))]


def rendered_text(program: Program, request: Request, context: CheckContext) -> str:
    """The text of a rendering that is no YAML, with Helm's words around it."""
    with tempfile.TemporaryDirectory(prefix="skillgate-helm-") as name:
        clean = scrubbed(context.environment, Path(name))
        command = _command(program, Path(name), 0, "debug", request, clean, context.root)
        return run(command).output.decode(errors="backslashreplace")


def _command(
    program: Program, home: Path, at: int, verb: str, request: Request, environment: Mapping[str, str], root: Path
) -> Command:
    if program.embedded:
        asked = {
            "verb": verb,
            "chart": str(request.chart),
            "name": request.name,
            "values": [str(file) for file in request.values],
            "settings": list(request.settings),
            "namespace": request.namespace,
            "without_schema": request.without_schema,
            "target": str(home / f"out-{at}"),
        }
        return Command((*program.argv, json.dumps(asked)), root, environment, CALL_LIMIT_S)
    # Before the chart's own words: a chart that is named like an option is a path all the same.
    if verb == "lint":
        words = ["lint", "--strict", *request.options(), str(request.chart)]
    elif verb == "debug":
        words = ["template", "--debug", *request.options(), request.name, str(request.chart)]
    else:
        target = ["--include-crds", "--output-dir", str(home / f"out-{at}")]
        target += ["--skip-schema-validation"] if request.without_schema else []
        words = ["template", *target, *request.options(), request.name, str(request.chart)]
    return Command((*program.argv, *words), root, environment, CALL_LIMIT_S)


def _answer(target: Path, outcomes: Sequence[Outcome]) -> Answer:
    template = outcomes[0]
    broken = next(filter(None, map(_broken, outcomes)), None)
    words = [outcome.output.decode(errors="backslashreplace") for outcome in outcomes]
    failed = template.exit_code != 0
    files = {} if failed or not target.is_dir() else dict(_files(target))
    return Answer(files, words[0], failed, broken, "".join(words[1:]))


def _files(target: Path) -> Iterator[tuple[str, str]]:
    """Each below the name of its chart, which is the first folder."""
    for path in sorted(target.rglob("*")):
        if path.is_file():
            yield path.relative_to(target).as_posix(), path.read_bytes().decode("utf-8", "replace")


def _broken(outcome: Outcome) -> str | None:
    if outcome.not_started is not None:
        return outcome.not_started
    if outcome.timed_out:
        return f"Helm gave no answer within {CALL_LIMIT_S:g} s"
    return f"Helm was ended by signal {outcome.signal}" if outcome.signal is not None else None
