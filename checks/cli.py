"""The command line: parses, then calls functions that know no click."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from checks import __version__
from checks.model import EXIT_CODES, EXIT_INTERNAL_FAULT, Verdict

Command = Callable[..., None]
_FOLDER = click.Path(path_type=Path)
_FORMAT = click.Choice(["text", "json"])


def _limit(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """A limit is a positive, finite number of seconds."""
    if value is not None and not (math.isfinite(value) and value > 0):
        raise click.BadParameter(f"`{value:g}` is no limit: it takes a positive number of seconds, such as 60")
    return value


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: skillgate run . --sync",
)
@click.version_option(__version__, "--version", prog_name="skillgate")
def cli() -> None:
    """Run the gates of a system of RAW workflows, FastAPI, Temporal, Compose and Kubernetes.

    A green means that every gate really ran, on this tree, and found nothing.
    """


@cli.command(epilog="Example: skillgate run fixtures/hiring-process --sync")
@click.argument("project", type=_FOLDER, default=".")
@click.option(
    "--gate", "gates", multiple=True, metavar="NAME", help="Run only this gate, and those it needs; repeatable."
)
@click.option("--all", is_flag=True, help="Also every other gate that applies here, named in the config or not.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first gate that fails.")
@click.option("--jobs", type=click.IntRange(min=1), help="Gates side by side (default: the cores).")
@click.option("--timeout", "timeout_s", type=float, callback=_limit, metavar="SECONDS", help="No gate gets more.")
@click.option(
    "--python", metavar="PATH", help="The project's Python (default: its .venv, else the active environment)."
)
@click.option("--sync", is_flag=True, help="Create or update the project's .venv first.")
@click.option("--config", type=_FOLDER, metavar="FILE", help="Read the gates from here.")
@click.option("--format", type=_FORMAT, default="text", show_default=True)
@click.option("--output", type=_FOLDER, metavar="FILE", help="Write the report here, not to stdout.")
def run(**options: Any) -> None:
    """Run the gates of PROJECT.

    Exit status: 0 pass, 1 fail, 2 config or usage error, 3 unverified (some gate could not judge), 130 interrupted.
    """
    from checks.run import RunOptions, run_project

    raise SystemExit(run_project(RunOptions(**options), os.environ, sys.stdout, sys.stderr))


@cli.command(name="list", epilog="Example: skillgate list .")
@click.argument("project", type=_FOLDER, default=".")
@click.option("--config", type=_FOLDER, metavar="FILE", help="Read the gates from here.")
@click.option("--format", type=_FORMAT, default="text", show_default=True)
def list_gates(**options: Any) -> None:
    """List the gates that apply to PROJECT: command, limit, inputs, and why."""
    from checks.listing import list_project

    raise SystemExit(list_project(**options, out=sys.stdout, trouble=sys.stderr))


@cli.command(epilog="Example: skillgate explain dry.network")
@click.argument("name", metavar="GATE|RULE")
def explain(name: str) -> None:
    """Say what a gate or a rule checks, with a wrong and a right example, and the fix."""
    from checks.explain import explain_name

    raise SystemExit(explain_name(name, sys.stdout, sys.stderr))


@cli.command(epilog="Example: skillgate doctor .")
@click.argument("project", type=_FOLDER, default=".")
@click.option("--config", type=_FOLDER, metavar="FILE", help="Read the gates from here.")
@click.option("--python", metavar="PATH", help="The project's Python.")
@click.option("--format", type=_FORMAT, default="text", show_default=True)
def doctor(**options: Any) -> None:
    """Prove before a run that each gate's program exists and works.

    Exit status: 0 every gate can judge, 2 config error, 3 some gate cannot.
    """
    from checks.doctor import examine

    raise SystemExit(examine(**options, environment=os.environ, out=sys.stdout, trouble=sys.stderr))


@cli.command(epilog="Example: skillgate graph . --format html --output system.html")
@click.argument("project", type=_FOLDER, default=".")
@click.option("--format", type=click.Choice(["mermaid", "svg", "html"]), default="mermaid", show_default=True)
@click.option("--deployment", metavar="NAME", help="Draw this one: a Compose file, kustomization or chart.")
@click.option("--python", metavar="PATH", help="The project's Python.")
@click.option("--output", type=_FOLDER, metavar="FILE", help="Write the picture here, not to stdout.")
def graph(**options: Any) -> None:
    """Draw the parts of PROJECT and the wires between them; what is broken is red, and told on stderr."""
    from checks.graph import draw_project

    raise SystemExit(draw_project(**options, environment=os.environ, out=sys.stdout, trouble=sys.stderr))


@cli.command(epilog="Example: skillgate check raw . --format json")
@click.argument("name")
@click.argument("path", type=_FOLDER, default=".")
@click.argument("arguments", nargs=-1, metavar="[-- ARGUMENTS]")
@click.option("--python", metavar="PATH", help="The project's Python.")
@click.option("--jobs", type=click.IntRange(min=1), help="How much to do side by side (default: the cores).")
@click.option("--format", type=_FORMAT, default="text", show_default=True)
@click.option("--record", metavar="WORKFLOW_ID", help="Of `temporal`: save its history below tests/histories instead.")
@click.option("--address", metavar="HOST:PORT", default="127.0.0.1:7233", show_default=True, help="With --record.")
@click.option("--namespace", metavar="NAME", default="default", show_default=True, help="With --record.")
def check(**options: Any) -> None:
    """Run one built-in check on PATH by itself.

    Exit status: 0 nothing of error severity, 1 some, 3 could not judge.
    """
    from checks.check import run_check

    raise SystemExit(run_check(**options, environment=os.environ, out=sys.stdout, trouble=sys.stderr))


@cli.command(epilog="Example: skillgate new hiring-process order-desk, or skillgate new --days --webhooks order-desk")
@click.argument("words", nargs=-1, metavar="[PATTERN] DIR")
@click.option("--name", metavar="NAME", help="What the system is called (default: the folder's name).")
@click.option("--days/--no-days", default=None, help="It needs state across days: waiting, reminders, deadlines.")
@click.option("--webhooks/--no-webhooks", default=None, help="Webhooks come in: a form, a callback.")
@click.option("--schedule/--no-schedule", default=None, help="A clock starts it.")
def new(words: tuple[str, ...], name: str | None, **answers: bool | None) -> None:
    """Write a system of your own into DIR, from a PATTERN or from answers.

    The patterns are hiring-process, scheduled-report and webhook-intake. Answers walk the decision tree and say which
    pattern it leads to, and why. DIR must be new or empty. Exit status: 0 done, 2 refused: nothing was written.
    """
    from checks.new import new_system
    from checks.systems.patterns import Answers

    raise SystemExit(new_system(words, name, Answers(**answers), sys.stdout, sys.stderr))


_CLI_VALUES = (  # noqa: SIM905  # a list of this length hides what it says
    "--address --namespace -n --env --env-file --log-level --log-format --color --time-format --command-timeout "
    "--client-connect-timeout --config-file --profile --api-key --codec-endpoint --codec-auth --codec-header "
    "--grpc-meta --identity --tls-server-name --client-authority"
).split()
_CLI_FLAGS = ("--tls", "--no-json-shorthand-payloads", "--disable-config-file", "--disable-config-env")


def _ignore_options_of_the_temporal_cli(command: Command) -> Command:
    """The CLI hands its own options on; they speak of a server, and this check needs none."""
    for name in _CLI_VALUES:
        command = click.option(name, hidden=True, expose_value=False, multiple=True)(command)
    for name in _CLI_FLAGS:
        command = click.option(name, hidden=True, expose_value=False, is_flag=True)(command)
    return command


@cli.command(name="temporal-workflow-validate", hidden=True, epilog="Example: temporal workflow validate .")
@click.argument("path", type=_FOLDER, default=".")
@click.argument("arguments", nargs=-1, metavar="[FILES]")
@click.option("--python", metavar="PATH", help="The project's Python.")
@click.option("--format", "--output", "-o", "format", type=_FORMAT, default="text", show_default=True)
@_ignore_options_of_the_temporal_cli
def temporal_validate(**options: Any) -> None:
    """Validate the Temporal code of a project, as `temporal workflow validate [PATH]` does: no server is needed.

    Exit status: 0 nothing of error severity, 1 some, 3 could not judge.
    """
    from checks.check import run_check

    run = run_check(name="temporal", jobs=None, environment=os.environ, out=sys.stdout, trouble=sys.stderr, **options)
    raise SystemExit(run)


@cli.group()
def raw() -> None:
    """Run RAW workflows, with the installed RAW or the embedded runtime."""


@raw.command(name="run", epilog="Example: skillgate raw run analyze-cv -- --candidate-id 7")
@click.argument("workflow", metavar="ID")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]")
@click.option("--dry", is_flag=True, help="Run its dry_run.py.")
@click.option("--project", type=_FOLDER, default=".", help="The project's folder (default: here).")
@click.option("--python", metavar="PATH", help="The project's Python.")
def raw_run(**options: Any) -> None:
    """Run the workflow whose folder name contains ID; its exit status is ours."""
    from checks.check import run_raw

    raise SystemExit(run_raw(**options, environment=os.environ, trouble=sys.stderr))


@raw.command(name="path", epilog="Example: PYTHONPATH=$(skillgate raw path) python .raw/workflows/analyze-cv/run.py")
def raw_path() -> None:
    """Print the folder of the embedded RAW runtime, for PYTHONPATH."""
    from checks.raw.run_workflow import embedded_path

    click.echo(embedded_path())


def main() -> None:
    """Start the program."""
    _start(cli, "skillgate")


def temporal_workflow_validate() -> None:
    """The program that the Temporal CLI runs for `temporal workflow validate`."""
    _start(temporal_validate, "temporal workflow validate")


def _start(command: click.Command, name: str) -> None:
    """Every ending has its exit status; an internal fault is one line and a report, never a traceback."""
    status: Any = 0
    try:
        status = command.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = EXIT_CODES[Verdict.INTERRUPTED]
    except SystemExit as ending:
        status = ending.code
    except Exception as error:  # the last line of defence
        status = _internal_fault(error)
    _leave(status)


def _leave(status: Any) -> NoReturn:
    """End at once: nothing is left to tidy up, and the interpreter takes a tenth of a short run to do so.

    A reader that went away (`| head`) costs it the rest of the report, and nobody the exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError, AttributeError):
            stream.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def _internal_fault(error: Exception) -> int:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="skillgate-fault-", suffix=".txt", delete=False) as report:
        report.write(f"skillgate {__version__}\nargv: {sys.argv!r}\n\n")
        traceback.print_exception(error, file=report)
    said = str(error).splitlines()[0] if str(error) else ""
    print(f"skillgate: internal fault: {type(error).__name__}: {said}; report: {report.name}", file=sys.stderr)
    return EXIT_INTERNAL_FAULT
