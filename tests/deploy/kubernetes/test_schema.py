"""Our reading of the published schemas, against a validator that knows all of JSON schema."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from support.program import ROOT

from checks.deploy.kubernetes.schema import Schemas, load_schemas
from checks.deploy.kubernetes.source import read_sources

ODD: tuple[Any, ...] = (7, True, "text", [], {}, [1], {"odd": 1}, 1.5)
TRIES = 200


def schemas() -> Schemas:
    found = load_schemas()
    assert found is not None
    return found


def contents() -> Iterator[dict[str, Any]]:
    for file in sorted((ROOT / "fixtures").glob("*-*/k8s/*.yaml")):
        yield from (source.content for source in read_sources(file, file.name) if "spec" in source.content)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path and path[0] not in ("apiVersion", "kind"):
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from places(item, (*path, key))


def broken(content: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    mutant = copy.deepcopy(content)
    path = chance.choice(list(places(mutant)))
    holder: Any = mutant
    for step in path[:-1]:
        holder = holder[step]
    if chance.random() < 0.3 and isinstance(holder, dict):
        holder.pop(path[-1])
    elif chance.random() < 0.3 and isinstance(holder, dict):
        holder["oddField"] = chance.choice(ODD)
    else:
        holder[path[-1]] = chance.choice(ODD)
    return mutant


def test_the_systems_are_valid() -> None:
    known = schemas()
    assert [fault for content in contents() for fault in known.judge(content)] == []


def test_we_agree_with_a_validator_of_all_of_json_schema() -> None:
    known, chance = schemas(), random.Random(5)
    whole = Resource.from_contents({"$defs": dict(known.definitions)}, default_specification=DRAFT202012)
    registry: Any = Registry().with_resource("urn:all", whole)
    names = {id(schema): name for name, schema in known.definitions.items()}
    samples = list(contents())
    differing = []
    for _ in range(TRIES):
        mutant = broken(chance.choice(samples), chance)
        schema = known.types[mutant["apiVersion"], mutant["kind"]]
        validator = Draft202012Validator({"$ref": f"urn:all#/$defs/{names[id(schema)]}"}, registry=registry)
        if validator.is_valid(mutant) != (not list(known.judge(mutant))):
            differing.append((mutant, list(known.judge(mutant))))
    assert differing == []
