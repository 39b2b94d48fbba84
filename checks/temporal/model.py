"""What a project's Temporal code consists of. Built once by `discovery`, only read by the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from checks.model import Diagnostic, Rule
from checks.temporal.names import Names
from checks.temporal.scopes import Call, Definition, Module, Scope
from checks.temporal.sources import Unreadable


class HandlerKind(StrEnum):
    """What a running workflow can be asked from outside."""

    SIGNAL = "signal"
    QUERY = "query"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    """A method that answers signals, queries or updates; `name` is None where it is dynamic or computed."""

    kind: HandlerKind
    name: str | None
    dynamic: bool
    definition: Definition


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """A class decorated with `@workflow.defn`; `name` is its type, None where dynamic or computed.

    `runs` and `handlers` are those written in the class itself; `complete` is false where something else
    (a base of another package, a computed attribute, a further decorator) could add to them.
    """

    definition: Definition
    name: str | None
    dynamic: bool
    sandboxed: bool
    complete: bool
    runs: tuple[Definition, ...]
    handlers: tuple[Handler, ...]

    @property
    def ref(self) -> str:
        """The class, as names resolve to it."""
        return self.definition.ref

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.definition.own.module


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """A function or method decorated with `@activity.defn`; `name` is its type, None where dynamic or computed."""

    definition: Definition
    name: str | None
    dynamic: bool

    @property
    def ref(self) -> str:
        """The function, as names resolve to it."""
        return self.definition.ref

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.definition.own.module


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One element of a worker's list: what it names, and where it was written."""

    ref: str
    node: ast.expr
    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What a worker was given as `workflows=` or `activities=`; `complete` only if every element is known."""

    entries: tuple[Entry, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """A worker that a `Worker(...)` call makes. `task_queue` is None where only a run would tell.

    Where a table decides, one call makes many; `keywords` and `queue_scope` are then those of the table's row.
    """

    call: Call
    task_queue: str | None
    workflows: Listing
    activities: Listing
    keywords: Mapping[str, ast.expr]
    queue_scope: Scope

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.call.scope.module

    @property
    def customised(self) -> bool:
        """Whether something other than the strict sandbox may run its workflows."""
        return not {"plugins", "workflow_runner", "**"}.isdisjoint(self.keywords)


class UseKind(StrEnum):
    """What a call asks Temporal to do."""

    ACTIVITY = "activity"
    CHILD = "child workflow"
    START = "start"
    SIGNAL = "signal"
    QUERY = "query"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A call that names a workflow, a handler or an activity: `ref` if by object, `name` if by string.

    Both are None where only a run would tell. `method` is the API's own name, such as `execute_activity`;
    `arguments` are the positional ones after the target.
    """

    kind: UseKind
    method: str
    call: Call
    ref: str | None
    name: str | None
    arguments: tuple[ast.expr, ...]
    keywords: Mapping[str, ast.expr]

    @property
    def module(self) -> Module:
        """The file it stands in."""
        return self.call.scope.module


@dataclass(frozen=True, eq=False)
class Project:
    """Everything found, with `names` to resolve what rules meet on their way.

    `open_ended` is true where workers exist that nobody can read the lists of (plug-ins of a client,
    subclasses of Worker, factories): then nothing can be said to be registered nowhere.
    """

    root: Path
    names: Names
    modules: tuple[Module, ...]
    workflows: tuple[Workflow, ...]
    activities: tuple[Activity, ...]
    workers: tuple[Worker, ...]
    uses: tuple[Use, ...]
    plugged_clients: bool
    open_ended: bool
    unreadable: tuple[Unreadable, ...]

    @cached_property
    def workflows_by_ref(self) -> Mapping[str, Workflow]:
        """Workflows under the name that expressions resolve to."""
        return {workflow.ref: workflow for workflow in self.workflows}

    @cached_property
    def activities_by_ref(self) -> Mapping[str, Activity]:
        """Activities under the name that expressions resolve to."""
        return {activity.ref: activity for activity in self.activities}

    def judged_modules(self) -> Iterator[Module]:
        """The modules that a worker or a client runs: tests may be wrong on purpose."""
        return (module for module in self.modules if not module.in_tests)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a callable of the SDK takes by name; `durations` are the names that want a `timedelta` and nothing else."""

    names: tuple[str, ...]
    durations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sdk:
    """The SDK that the project's Python has: its version, and the public names of each module it was asked for.

    `signatures` are those of its functions and classes by dotted name, without the ones that take any keyword.
    """

    version: str
    modules: Mapping[str, frozenset[str]]
    signatures: Mapping[str, Signature] = field(default_factory=dict)


def finding(rule: Rule, module: Module, node: ast.AST, message: str, hint: str | None = None) -> Diagnostic:
    """A diagnostic of `rule` at the place of `node`."""
    line = getattr(node, "lineno", None)
    column = getattr(node, "col_offset", None)
    shown_column = None if column is None else column + 1
    return Diagnostic(rule.id, rule.severity, message, module.file, line, shown_column, hint)


def workflow_of(scope: Scope, project: Project) -> Workflow | None:
    """The workflow class in whose body a scope lies."""
    prefixes = (f"{scope.module.file}:{inner.qualname}" for inner in scope.chain())
    return next((found for ref in prefixes if (found := project.workflows_by_ref.get(ref))), None)
