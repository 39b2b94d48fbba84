"""Names of what units of one deployment share, set differently: what one of them writes, the other never finds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Diagnostic, Place
from checks.wiring.deployments.rules import DIFFERENT_SETTING, finding
from checks.wiring.deployments.scene import Scene
from checks.wiring.deployments.uses import Uses
from checks.wiring.model import Read, Unit

_SHARED = re.compile(
    r"(?:^|_)(?:STREAM|TOPIC|EXCHANGE|SUBJECT|CHANNEL|BUCKET|QUEUE|ROUTING_KEY|VHOST|KEYSPACE|COLLECTION|S3_PREFIX|"
    r"STREAM_KEY|KEY_PREFIX)(?:_NAME|_KEY)?\Z"
)
_OF_TEMPORAL = re.compile(r"TASK_QUEUE|TEMPORAL")


@dataclass(frozen=True, slots=True)
class _Said:
    unit: Unit
    value: str
    place: Place


def judge(scene: Scene, uses: Uses) -> Iterator[Diagnostic]:
    """Findings about one setting of the code that two different programs of a deployment are given differently."""
    found: defaultdict[Read, list[_Said]] = defaultdict(list)
    for unit in scene.deployment.units:
        for started in unit.starts if unit.built is not None else ():
            for read in uses.reads(started, unit):
                said = _value(unit, read) if _is_shared(read) and uses.uses(started, unit, read) else None
                if said is not None:
                    found[read].append(said)
    for read, everyone in found.items():
        yield from _judged(read, everyone)


def _is_shared(read: Read) -> bool:
    """Temporal's queues are followed to the workers that poll them, by rules of their own."""
    return bool(_SHARED.search(read.name)) and not _OF_TEMPORAL.search(read.name)


def _value(unit: Unit, read: Read) -> _Said | None:
    variable = unit.variables.get(read.name)
    if variable is not None:
        return _Said(unit, variable.value, variable.place) if variable.value else None
    return _Said(unit, read.default, read.place) if read.default and not unit.open else None


def _judged(read: Read, everyone: list[_Said]) -> Iterator[Diagnostic]:
    """Units that run the same command are told apart by their settings, on purpose; at least one says it itself."""
    first = everyone[0]
    for other in everyone[1:]:
        if other.value == first.value or other.unit.argv == first.unit.argv:
            continue
        one, two = (other, first) if other.place != read.place else (first, other)
        message = (
            f"`{read.name}` is `{one.value}` for `{_name(one.unit)}` and `{two.value}` for `{_name(two.unit)}` "
            f"({two.place}), and both come to {read.place}, which reads it"
        )
        yield finding(DIFFERENT_SETTING, one.place, message, "let both say the same, where they are meant to share it")
        return


def _name(unit: Unit) -> str:
    return unit.name.rpartition("/")[2]
