"""A stand-in for RAW's `raw_runtime`, served only where the project's Python does not have the real one.

RAW is on no package registry. A workflow written for RAW runs under this module unchanged, and the other way
round: same public names, same command line, same files. Needs the standard library and pydantic 2, Python 3.10.
"""

# Python 3.10 has no StrEnum and no datetime.UTC; what a function does not use is RAW's signature.
# ruff: noqa: ARG001, SIM905, UP017, UP041, UP042

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NoReturn,
    Protocol,
    TypeGuard,
    TypeVar,
    get_args,
    get_origin,
    runtime_checkable,
)

import pydantic

if TYPE_CHECKING:
    import argparse

if not pydantic.VERSION.startswith("2."):
    raise ImportError(f"raw_runtime needs pydantic 2, and this Python has pydantic `{pydantic.VERSION}`")

__version__ = "0.1.0"
__skillgate_embedded__ = True
__all__ = [
    "ApprovalHandler",
    "Artifact",
    "AutoApprovalHandler",
    "BaseWorkflow",
    "ConsoleApprovalHandler",
    "ListLogger",
    "NullLogger",
    "RunStatus",
    "StepResult",
    "StepStatus",
    "WorkflowContext",
    "WorkflowLogger",
    "cache",
    "cache_step",
    "conditional",
    "ensure_env_loaded",
    "get_approval_handler",
    "get_logger",
    "get_workflow_context",
    "load_dotenv",
    "raw_step",
    "retry",
    "set_approval_handler",
    "set_logger",
    "set_workflow_context",
    "step",
    "wait_for_approval",
    "wait_for_approval_async",
    "wait_for_webhook",
]

ParamsT = TypeVar("ParamsT", bound=pydantic.BaseModel)
Function = TypeVar("Function", bound=Callable[..., Any])
CANCELLED = 130
LONGEST_RETRY_PAUSE_S = 60.0
ONLY_IN_RAW = frozenset(
    "AgenticStepError ApprovalRegistry AsyncEventBus CachingSecretProvider ChainedSecretProvider CompositeSink "
    "ConsoleEventHandler ConsoleSink CostLimitExceededError DotEnvSecretProvider EnvVarSecretProvider Event EventBus "
    "EventSeverity EventType FileSystemStorage HttpOrchestrator JournalEventHandler JournalReader JournalWriter "
    "JsonFileSink LocalEventBus LocalJournalWriter LocalManifestWriter LocalOrchestrator Manifest ManifestBuilder "
    "ManifestReducer ManifestWriter MemorySink MemoryStorage NullEventBus NullSink Orchestrator "
    "ResponseParsingError RichConsoleLogger SecretProvider ServerConnection StorageBackend TelemetrySink Tool "
    "ToolRegistry ToolResult TriggerEvent agentic get_connection get_secret get_storage get_tool init_connection "
    "log_event log_metric on_event register_tool require_provider require_secret set_storage tool".split()
)
"""Public names of RAW that this module does not serve; asking for one says so instead of `cannot import name`."""


class NotEmbeddedError(ImportError):
    """Asked for a part of RAW that only the real package has."""


def __getattr__(name: str) -> Any:
    if name in ONLY_IN_RAW:
        raise NotEmbeddedError(
            f"`{name}` is a part of RAW that skillgate's embedded raw_runtime does not have: "
            "install RAW (github.com/mpuig/raw) into this Python"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# --- what a run comes to -------------------------------------------------------------------------------------


class StepStatus(str, Enum):
    """What became of one step."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


class RunStatus(str, Enum):
    """What became of a run."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


@dataclass
class StepResult:
    """One execution of one step."""

    name: str
    status: StepStatus
    started_at: datetime
    ended_at: datetime | None = None
    duration_seconds: float | None = None
    retries: int = 0
    cached: bool = False
    result: Any = None
    error: str | None = None


@dataclass
class Artifact:
    """A file that a run produced."""

    type: str
    path: str
    size_bytes: int | None = None


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _json_default(value: Any) -> Any:
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else str(value)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return [_without_none(part) for part in value] if isinstance(value, list) else value


# --- context -------------------------------------------------------------------------------------------------

_current: ContextVar[WorkflowContext | None] = ContextVar("workflow_context", default=None)


def get_workflow_context() -> WorkflowContext | None:
    """The context of the run in progress, if there is one."""
    return _current.get()


def set_workflow_context(context: WorkflowContext | None) -> None:
    """Makes a context the current one, for `step` and its kin to record into."""
    _current.set(context)


class WorkflowContext:
    """What happens in one run: its steps, its artifacts, and the manifest they end in."""

    def __init__(
        self,
        workflow_id: str,
        short_name: str,
        parameters: dict[str, Any] | None = None,
        workflow_dir: Path | None = None,
        event_bus: Any = None,
        workflow_version: str | None = None,
        manifest_writer: Any = None,
    ) -> None:
        self.workflow_id = workflow_id
        self.short_name = short_name
        self.parameters = parameters or {}
        self.workflow_dir = workflow_dir
        self.workflow_version = workflow_version
        self.started_at = _now()
        self.run_timestamp = self.started_at.strftime("%Y%m%d%H%M%S")
        self.run_id = f"run_{self.started_at:%Y%m%d_%H%M%S}"
        self.resume_completed_steps: set[str] = set()
        self.resumed_from_run_id: str | None = None
        self._event_bus = event_bus
        self._manifest_writer = manifest_writer
        self._steps: list[StepResult] = []
        self._artifacts: list[Artifact] = []

    def __enter__(self) -> WorkflowContext:
        set_workflow_context(self)
        return self

    def __exit__(self, *raised: object) -> None:
        set_workflow_context(None)

    def emit(self, event: Any) -> None:
        """Hands an event to the event bus, where one was given."""
        if self._event_bus is not None:
            self._event_bus.emit(event)

    def add_step_result(self, step: StepResult) -> None:
        """Records what became of a step."""
        self._steps.append(step)

    def skip_step(self, name: str, reason: str | None = None) -> None:
        """Records that a step did not run, and why."""
        now = _now()
        self.add_step_result(StepResult(name, StepStatus.SKIPPED, now, now, 0.0, error=reason))

    def add_artifact(self, artifact_type: str, path: Path | str) -> None:
        """Records a file that the run produced."""
        size = Path(path).stat().st_size if Path(path).exists() else None
        self._artifacts.append(Artifact(artifact_type, str(path), size))

    def get_steps(self) -> list[StepResult]:
        """The steps recorded so far."""
        return list(self._steps)

    def get_artifacts(self) -> list[Artifact]:
        """The artifacts recorded so far."""
        return list(self._artifacts)

    def build_manifest(self, status: RunStatus | str, error: str | None = None) -> dict[str, Any]:
        """The manifest of the run as it stands."""
        ended = _now()
        run = {
            "run_id": self.run_id,
            "workflow_id": self.workflow_id,
            "started_at": self.started_at,
            "ended_at": ended,
            "status": RunStatus(status),
            "duration_seconds": (ended - self.started_at).total_seconds(),
            "parameters": self.parameters,
            "environment": _environment(),
        }
        return {
            "schema_version": "1.0.0",
            "workflow": {
                "id": self.workflow_id,
                "short_name": self.short_name,
                "version": "1.0.0",
                "created_at": self.started_at,
            },
            "run": run,
            "steps": [asdict(step) for step in self._steps],
            "artifacts": [asdict(artifact) for artifact in self._artifacts],
            "logs": {"stdout": str(self.workflow_dir / "output.log") if self.workflow_dir else None},
            "error": error,
        }

    def finalize(self, status: str = "success", error: str | None = None) -> dict[str, Any]:
        """Ends the run, and writes `manifest.json` where the context has a folder."""
        manifest = self.build_manifest(status, error)
        if self.workflow_dir:
            path = self.workflow_dir / "manifest.json"
            if self._manifest_writer is not None:
                self._manifest_writer.write(manifest, path)
            else:
                path.write_text(json.dumps(_without_none(manifest), indent=2, default=_json_default), encoding="utf-8")
        return manifest


def _environment() -> dict[str, str]:
    return {
        "hostname": os.uname().nodename if hasattr(os, "uname") else "",
        "python_version": ".".join(str(part) for part in sys.version_info[:3]),
        "raw_version": __version__,
        "working_directory": str(Path.cwd()),
    }


# --- decorators ----------------------------------------------------------------------------------------------


def raw_step(name: str) -> Callable[[Function], Function]:
    """Marks a method as a step: its start, end, duration and result go into the run's record."""
    if callable(name):
        # RAW's own decorator would wrap the method twice and never run it, without a word.
        raise TypeError(f"`@step` needs the step's name: write `@step({getattr(name, '__name__', '...')!r})`")

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def run_step(*args: Any, **kwargs: Any) -> Any:
            context = get_workflow_context()
            if context is None:
                return function(*args, **kwargs)
            if name in context.resume_completed_steps:
                return context.skip_step(name, f"Resumed from run {context.resumed_from_run_id}")
            return _recorded(context, name, lambda: function(*args, **kwargs))

        return run_step  # type: ignore[return-value]

    return decorate


step = raw_step


def _recorded(context: WorkflowContext, name: str, call: Callable[[], Any]) -> Any:
    entry = StepResult(name, StepStatus.RUNNING, _now())
    try:
        result = call()
    except Exception as error:
        entry.status, entry.error = StepStatus.FAILED, str(error)
        raise
    else:
        entry.status, entry.result = StepStatus.SUCCESS, _plain(result)
        return result
    finally:
        if entry.status is not StepStatus.RUNNING:
            entry.ended_at = _now()
            entry.duration_seconds = (entry.ended_at - entry.started_at).total_seconds()
            context.add_step_result(entry)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return {"_type": type(value).__name__, "_str": str(value)[:200]}


def retry(
    retries: int = 3,
    backoff: str = "exponential",
    retry_on: tuple[type[BaseException], ...] = (Exception,),
    base_delay: float = 1.0,
) -> Callable[[Function], Function]:
    """Runs a function again when it raises one of `retry_on`, at most `retries` times more."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def run_again(*args: Any, **kwargs: Any) -> Any:
            for attempt in range(retries):
                try:
                    return function(*args, **kwargs)
                except retry_on:
                    time.sleep(_pause(attempt, backoff, base_delay))
            return function(*args, **kwargs)

        run_again._retry_config = {"retries": retries, "backoff": backoff}  # type: ignore[attr-defined]
        return run_again  # type: ignore[return-value]

    return decorate


def _pause(attempt: int, backoff: str, base_delay: float) -> float:
    if backoff != "exponential":
        return base_delay
    return max(base_delay, min(base_delay * 2.0**attempt, LONGEST_RETRY_PAUSE_S))


def conditional(condition: Callable[..., bool], skip_reason: str | None = None) -> Callable[[Function], Function]:
    """Runs a function only where `condition`, called with the same arguments, is true; else it gives None."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def run_if(*args: Any, **kwargs: Any) -> Any:
            if condition(*args, **kwargs):
                return function(*args, **kwargs)
            context = get_workflow_context()
            if context is not None:
                context.skip_step(function.__name__, skip_reason or "Condition not met")
            return None

        return run_if  # type: ignore[return-value]

    return decorate


def cache_step(function: Function) -> Function:
    """Keeps a function's result by its name and arguments in the project's `.raw/cache`."""

    @functools.wraps(function)
    def run_cached(*args: Any, **kwargs: Any) -> Any:
        context = get_workflow_context()
        path = _cache_file(context, function.__name__, args, kwargs)
        if context is None or path is None:
            return function(*args, **kwargs)
        found, result = _read_cache(path)
        if found:
            now = _now()
            context.add_step_result(
                StepResult(function.__name__, StepStatus.SUCCESS, now, now, 0.0, cached=True, result=result)
            )
            return result
        result = function(*args, **kwargs)
        _write_cache(path, result)
        return result

    return run_cached  # type: ignore[return-value]


cache = cache_step


def _cache_file(context: WorkflowContext | None, name: str, args: Any, kwargs: Any) -> Path | None:
    # A dry run shows that the steps run: a result kept from an earlier run would show nothing.
    if context is None or context.workflow_dir is None or os.environ.get("SKILLGATE_DRY_RECORD"):
        return None
    start = context.workflow_dir.resolve()
    for folder in (start, *start.parents):
        if (folder / ".raw" / "config.yaml").is_file():
            return folder / ".raw" / "cache" / f"{_cache_key(name, args, kwargs)}.json"
    return None


def _cache_key(name: str, args: Any, kwargs: Any) -> str:
    own = args[1:] if args and hasattr(args[0], "__dict__") and not isinstance(args[0], type) else args
    words = {"func": name, "args": list(own), "kwargs": kwargs}
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _read_cache(path: Path) -> tuple[bool, Any]:
    try:
        return True, json.loads(path.read_text(encoding="utf-8"))["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return False, None


def _write_cache(path: Path, result: Any) -> None:
    try:
        text = json.dumps({"result": result})
    except (TypeError, ValueError):
        return  # what JSON cannot hold would come back as something else
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- output --------------------------------------------------------------------------------------------------

_STYLES = "bold|dim|italic|underline|red|green|blue|yellow|cyan|magenta|white|black|bright_\\w+"
_MARKUP = re.compile(rf"\[/[\w .#]*\]|\[(?:{_STYLES})(?: (?:{_STYLES}))*\]")


@runtime_checkable
class WorkflowLogger(Protocol):
    """What a workflow prints through."""

    def print(self, message: str) -> None:
        """Shows one message."""


class _PlainLogger:
    """Prints to stdout, without the style marks that RAW's console would turn into colour."""

    def print(self, message: str) -> None:
        print(_MARKUP.sub("", message), flush=True)


class NullLogger:
    """Prints nothing."""

    def print(self, message: str) -> None:
        """Drops the message."""


class ListLogger:
    """Keeps messages in a list."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def print(self, message: str) -> None:
        """Keeps the message."""
        self.messages.append(message)


_logger: list[WorkflowLogger] = []


def get_logger() -> WorkflowLogger:
    """The logger that new workflows print through."""
    return _logger[0] if _logger else _PlainLogger()


def set_logger(logger: WorkflowLogger | None) -> None:
    """Sets the logger of new workflows; None brings back the plain one."""
    _logger[:] = [] if logger is None else [logger]


# --- workflows -----------------------------------------------------------------------------------------------


class BaseWorkflow(ABC, Generic[ParamsT]):
    """A workflow: `class Report(BaseWorkflow[Params])` with steps and `run`."""

    def __init__(
        self, params: ParamsT, context: WorkflowContext | None = None, logger: WorkflowLogger | None = None
    ) -> None:
        self.params = params
        self.context = context
        self._logger = logger or get_logger()
        self._results_dir: Path | None = None
        self._log_file: Path | None = None

    @abstractmethod
    def run(self) -> int:
        """Does the work; the result is the exit status."""

    @property
    def results_dir(self) -> Path:
        """`results` of the working directory, created when asked for."""
        folder = self._results_dir or Path("results")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def run_dir(self) -> Path:
        """The older name of `results_dir`."""
        return self.results_dir

    @property
    def log_file(self) -> Path:
        """`output.log` of the working directory."""
        return self._log_file or Path("output.log")

    def save(self, filename: str, data: Any) -> Path:
        """Writes JSON, text, bytes or a pydantic model below `results_dir`, and gives the path."""
        path = self.results_dir / filename
        if isinstance(data, (dict, list)):
            path.write_text(json.dumps(data, indent=2, default=str), encoding="utf-8")
        elif isinstance(data, bytes):
            path.write_bytes(data)
        elif isinstance(data, pydantic.BaseModel):
            path.write_text(data.model_dump_json(indent=2), encoding="utf-8")
        else:
            path.write_text(str(data), encoding="utf-8")
        self._logger.print(f"  [green]✓[/] Saved {filename}")
        self._log_to_file(f"Saved file: {path}")
        if self.context:
            self.context.add_artifact("output", path)
        return path

    def log(self, message: str) -> None:
        """Prints a message and appends it, with the time, to `output.log`."""
        self._logger.print(f"  {message}")
        self._log_to_file(message)

    def _log_to_file(self, message: str) -> None:
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"[{_now():%Y-%m-%d %H:%M:%S}] {message}\n")

    @classmethod
    def _get_params_class(cls) -> type[pydantic.BaseModel]:
        for ancestor in cls.__mro__:
            for base in ancestor.__dict__.get("__orig_bases__", ()):
                for argument in get_args(base) if isinstance(get_origin(base), type) else ():
                    if issubclass(get_origin(base), BaseWorkflow) and _is_model(argument):
                        return argument
        raise TypeError(f"`{cls.__name__}` names no pydantic model: write `class {cls.__name__}(BaseWorkflow[Params])`")

    @classmethod
    def main(cls, args: list[str] | None = None) -> None:
        """Runs the workflow with the parameters of the command line, and exits with what `run` gives."""
        sys.exit(_run_from_command_line(cls, args))


def _is_model(value: Any) -> TypeGuard[type[pydantic.BaseModel]]:
    return isinstance(value, type) and issubclass(value, pydantic.BaseModel)


# --- command line --------------------------------------------------------------------------------------------


def _run_from_command_line(workflow_class: type[BaseWorkflow[Any]], args: list[str] | None) -> int:
    load_dotenv()
    params_class = workflow_class._get_params_class()
    given = vars(_parser(workflow_class, params_class).parse_args(args))
    try:
        params = params_class(**{name: value for name, value in given.items() if value is not None})
    except Exception as error:
        print(f"Error: Invalid parameters: {error}{_flags_missing(error)}", flush=True)
        return 1
    return _execute(workflow_class, params)


def _parser(workflow_class: type[BaseWorkflow[Any]], params_class: type[pydantic.BaseModel]) -> argparse.ArgumentParser:
    import argparse

    described = params_class.__doc__ or f"Run {workflow_class.__name__} workflow"
    parser = argparse.ArgumentParser(description=described)
    for name, field in params_class.model_fields.items():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, **_argument(field))
    return parser


def _argument(field: Any) -> dict[str, Any]:
    """How argparse takes one field. Anything but these types stays text, for pydantic to judge."""
    # A missing required field is left to pydantic, too: RAW answers it with status 1, not with argparse's 2.
    # A default is handed over like a given value, so that the model's validators see it as they do under RAW.
    words: dict[str, Any] = {"default": None if field.is_required() else field.default}
    if field.default_factory is not None:
        words["default"] = None
    if field.description:
        words["help"] = field.description.replace("%", "%%")
    kind = field.annotation
    if kind is bool:
        words["action"] = "store_true"
    elif kind in (int, float):
        words["type"] = kind
    elif kind is list or get_origin(kind) is list:
        words["nargs"] = "*"
    return words


def _flags_missing(error: Exception) -> str:
    if not isinstance(error, pydantic.ValidationError):
        return ""
    missing = [str(part["loc"][0]) for part in error.errors() if part["type"] == "missing" and len(part["loc"]) == 1]
    flags = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
    return f"\nrequired: {flags}" if flags else ""


def _execute(workflow_class: type[BaseWorkflow[Any]], params: pydantic.BaseModel) -> int:
    name = workflow_class.__name__
    context = WorkflowContext(name, name, params.model_dump(), Path.cwd())
    print(f"\n{name}\n", flush=True)
    workflow: BaseWorkflow[Any] | None = None
    try:
        with context:
            workflow = workflow_class(params, context, get_logger())
            workflow.log(f"Starting workflow: {name}")
            workflow.log(f"Parameters: {params.model_dump()}")
            return _finish(workflow, context, workflow.run())
    except KeyboardInterrupt:
        print("\nWorkflow cancelled", flush=True)
        _log_end(workflow, "Workflow cancelled by user")
        context.finalize("cancelled")
        return CANCELLED
    except Exception as error:
        # Where the interpreter itself keeps it, so that a debugger or a dry run can say where it came from.
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
        print(f"\nError: {error}", flush=True)
        _log_end(workflow, f"Workflow failed with error: {error}")
        context.finalize("failed", error=str(error))
        return 1


def _finish(workflow: BaseWorkflow[Any], context: WorkflowContext, status: int) -> int:
    if status == 0:
        workflow.log("Workflow completed successfully")
        context.finalize("success")
    else:
        workflow.log(f"Workflow failed with exit code: {status}")
        context.finalize("failed", error=f"Exit code: {status}")
    return status


def _log_end(workflow: BaseWorkflow[Any] | None, message: str) -> None:
    if workflow is not None:
        workflow._log_to_file(message)


def load_dotenv(path: Path | None = None) -> dict[str, str]:
    """Takes what is not yet set from the nearest `.env`, from the working directory up to the home folder."""
    if os.environ.get("SKILLGATE_DRY_RECORD"):
        return {}  # a dry run touches no credentials
    found = _nearest_dotenv(path or Path.cwd())
    loaded: dict[str, str] = {}
    for line in found.read_text(encoding="utf-8").splitlines() if found else ():
        key, equals, value = (part.strip() for part in line.partition("="))
        value = value.strip("'\"")
        if equals and key and value and not key.startswith("#") and key not in os.environ:
            os.environ[key] = loaded[key] = value
    return loaded


def ensure_env_loaded() -> None:
    """Loads the nearest `.env`."""
    load_dotenv()


def _nearest_dotenv(start: Path) -> Path | None:
    home = Path.home()
    for folder in (start, *start.parents):
        if (folder / ".env").is_file():
            return folder / ".env"
        if folder == home:
            break
    return None


# --- people and webhooks -------------------------------------------------------------------------------------


class ApprovalHandler(Protocol):
    """Asks somebody for a decision."""

    def request_approval(
        self, step_name: str, prompt: str, options: list[str], context: dict[str, Any], timeout_seconds: float | None
    ) -> str:
        """The option that was chosen."""


class ConsoleApprovalHandler:
    """Asks on the terminal."""

    def request_approval(
        self, step_name: str, prompt: str, options: list[str], context: dict[str, Any], timeout_seconds: float | None
    ) -> str:
        """Asks until the answer is one of the options."""
        print(f"\nApproval required: {step_name}\n  {prompt}", flush=True)
        for key, value in context.items():
            print(f"  {key}: {value}")
        if set(options) == {"approve", "reject"}:
            return _ask_yes_or_no()
        while (answer := input(f"Decision [{'/'.join(options)}]: ").strip()) not in options:
            print("Please choose one of the options")
        return answer


def _ask_yes_or_no() -> str:
    while (answer := input("Approve? [y/n] (n): ").strip().lower()) not in ("y", "n", ""):
        print("Please answer y or n")
    return "approve" if answer == "y" else "reject"


class AutoApprovalHandler:
    """Gives the same decision always."""

    def __init__(self, decision: str = "approve") -> None:
        self.decision = decision

    def request_approval(
        self, step_name: str, prompt: str, options: list[str], context: dict[str, Any], timeout_seconds: float | None
    ) -> str:
        """The fixed decision."""
        return self.decision


_approval_handler: list[ApprovalHandler] = []


def get_approval_handler() -> ApprovalHandler:
    """Who is asked for approval: the terminal, unless set otherwise."""
    return _approval_handler[0] if _approval_handler else ConsoleApprovalHandler()


def set_approval_handler(handler: ApprovalHandler | None) -> None:
    """Sets who is asked for approval; None brings back the terminal."""
    _approval_handler[:] = [] if handler is None else [handler]


def wait_for_approval(
    prompt: str,
    step_name: str | None = None,
    options: list[str] | None = None,
    context: dict[str, Any] | None = None,
    timeout_seconds: float | None = None,
) -> str:
    """Waits for a person's decision and gives the option chosen."""
    return get_approval_handler().request_approval(
        step_name=step_name or "approval",
        prompt=prompt,
        options=["approve", "reject"] if options is None else options,
        context=context or {},
        timeout_seconds=timeout_seconds,
    )


async def wait_for_approval_async(
    prompt: str,
    step_name: str | None = None,
    options: list[str] | None = None,
    context: dict[str, Any] | None = None,
    timeout_seconds: float | None = None,
) -> str:
    """Waits for a person's decision without holding up the event loop."""
    import asyncio

    asking = asyncio.get_running_loop().run_in_executor(
        None, functools.partial(wait_for_approval, prompt, step_name, options, context, timeout_seconds)
    )
    try:
        return await asyncio.wait_for(asking, timeout_seconds)
    except asyncio.TimeoutError:
        raise TimeoutError(f"no approval within {timeout_seconds} s") from None


def wait_for_webhook(step_name: str, timeout_seconds: float = 300) -> NoReturn:
    """Needs RAW's server, which delivers webhooks to waiting workflows; without it RAW raises, and so does this."""
    raise RuntimeError(f"Cannot wait for the webhook `{step_name}`: not connected to a RAW server")
