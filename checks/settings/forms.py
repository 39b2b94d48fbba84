"""The forms a config comes in: where in which file the mapping that holds `gates` stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from checks.model import Place
from checks.settings.file import read_text
from checks.settings.problems import Problems, nearest, shown
from checks.settings.values import Fields, Kind, Value, fields, known_fields
from checks.settings.yaml_places import read_yaml

OWN, RAW, PYPROJECT = "skillgate.yaml", ".raw/config.yaml", "pyproject.toml"
HOLDER_KEYS = ("gates", "log_cap_mib")
CLOSE = 0.8
# Only where its text names us: somebody else's broken pyproject.toml is not our concern.
_MENTION = rb"(?i)skil+[ _-]?gate"
EXAMPLE = "for example `gates: {default: [validate, dry]}`"


def read_holder(path: Path, file: str, problems: Problems) -> Fields | None:
    """The keys that stand beside `gates`; None, or raising, where the file is none of the forms."""
    if path.suffix == ".toml":
        return _toml_holder(path, file, problems)
    top = read_yaml(read_text(path, file, problems), file, problems)
    if top is None or top.kind is Kind.NULL:
        problems.stop(Place(file, 1, 1), "the config is empty", EXAMPLE)
    if top.kind is not Kind.MAPPING:
        problems.stop(top.place, f"the config must be a mapping, not {top.described()}", EXAMPLE)
    if _is_raw(path) or (path.name != OWN and top.get("gates") is None and _has_builder_gates(top)):
        return _raw_holder(top, problems)
    return _own_holder(top, problems)


def has_raw_gates(path: Path, file: str) -> bool:
    """Whether RAW's own config holds gates; raises ConfigError where it nearly does."""
    problems = Problems()
    top = read_yaml(read_text(path, file, problems), file, problems)
    if top is None or top.kind is not Kind.MAPPING:
        return False
    if not _has_builder_gates(top):
        _note_near_misses(top, problems)
        problems.raise_any()
        return False
    return True


def has_pyproject_gates(path: Path, file: str) -> bool:
    """Whether a pyproject.toml holds a config; raises ConfigError where it nearly does."""
    if not path.is_file() or not re.search(_MENTION, _start(path)):
        return False
    from checks.settings.toml_places import parse_toml, place_values  # late: most projects have no config in TOML

    problems = Problems()
    text = read_text(path, file, problems)
    data = parse_toml(text, file, problems)
    tool = data.get("tool")
    tools = tool if isinstance(tool, dict) else {}
    if "skillgate" in tools:
        return True
    candidates: list[tuple[tuple[str, ...], Any]] = [(("tool", name), value) for name, value in tools.items()]
    candidates += [((name,), value) for name, value in data.items()]
    for where, value in candidates:
        if isinstance(value, dict) and _is_near(where[-1], "skillgate") and value.keys() & {*HOLDER_KEYS, "gate"}:
            place = place_values({}, where, text, file, problems).place
            hint = "write `[tool.skillgate]`"
            problems.add(place, f"the table {shown('.'.join(where))} is not read", hint)
    problems.raise_any()
    return False


def _has_builder_gates(top: Value) -> bool:
    # Any of them: where `builder` stands twice, the duplicate has to be told, not passed over.
    return any(key.text == "builder" and value.get("gates") is not None for key, value in top.pairs)


def _note_near_misses(top: Value, problems: Problems) -> None:
    """Notes keys of RAW's config that look like ours and would be passed over."""
    for key, value in top.pairs:
        if key.text == "builder":
            _note_near_keys(value, problems)
        elif _is_near(key.text, "builder") and _holds_gates(value):
            problems.add(key.place, f"unknown key {shown(key.text)} with gates below it", "did you mean `builder`?")
        elif _is_near(key.text, "gates") and _lists_gates(value):
            hint = "put it below `builder:`, as `builder: {gates: ...}`"
            problems.add(key.place, f"{shown(key.text)} is not read at the top of RAW's config", hint)


def _note_near_keys(builder: Value, problems: Problems) -> None:
    for key, value in builder.pairs:
        for right in HOLDER_KEYS:
            same = key.text.lower().rstrip("s") == right.rstrip("s")
            if key.text != right and (same or (_is_near(key.text, right) and _lists_gates(value))):
                problems.add(key.place, f"unknown key {shown(key.text)} in `builder`", f"did you mean `{right}`?")


def _is_near(word: str, right: str) -> bool:
    return nearest(word, (right,), CLOSE) is not None


def _holds_gates(value: Value) -> bool:
    return any(_is_near(key.text, "gates") for key, _ in value.pairs)


def _lists_gates(value: Value) -> bool:
    return any(key.text in {"default", "optional"} for key, _ in value.pairs)


def _is_raw(path: Path) -> bool:
    return path.name == "config.yaml" and path.parent.name == ".raw"


def _start(path: Path) -> bytes:
    # A pyproject.toml beyond this is not one that a person wrote; the refusal of its size comes when it is read.
    with path.open("rb") as file:
        return file.read(4 * 1024 * 1024)


def _raw_holder(top: Value, problems: Problems) -> Fields | None:
    _note_near_misses(top, problems)
    said = fields(top, "the config", problems) or {}
    if "builder" not in said:
        problems.add(top.place, "the config has no `builder`", "for example `builder: {gates: {default: [validate]}}`")
        return None
    found = fields(said["builder"][1], "`builder`", problems)
    return _with_gates(found, said["builder"][1], problems)


def _own_holder(top: Value, problems: Problems) -> Fields | None:
    said = fields(top, "the config", problems) or {}
    for name in [name for name in said if name not in {*HOLDER_KEYS, "builder"}]:
        advice = f"put {shown(name)} below `gates:`" if name in {"default", "optional"} else None
        problems.unknown(said.pop(name)[0].place, "key", name, (*HOLDER_KEYS, "builder"), advice)
    if "builder" not in said:
        return _with_gates(said, top, problems)
    key, builder = said.pop("builder")
    inside = known_fields(builder, "`builder`", HOLDER_KEYS, problems) or {}
    for name in said.keys() & inside.keys():
        problems.add(key.place, f"`{name}` stands both here and at the top", "keep one")
    return _with_gates({**inside, **said}, builder, problems)


def _toml_holder(path: Path, file: str, problems: Problems) -> Fields | None:
    from checks.settings.toml_places import parse_toml, place_values

    text = read_text(path, file, problems)
    data = parse_toml(text, file, problems)
    where: tuple[str, ...] = ("tool", "skillgate")
    tool = data.get("tool")
    if isinstance(tool, dict) and "skillgate" in tool:
        section: Any = tool["skillgate"]
    elif "gates" in data and path.name != PYPROJECT:
        where, section = (), data
    else:
        hint = 'for example `[tool.skillgate.gates]` with `default = ["validate", "dry"]`'
        problems.stop(Place(file), "there is no table `[tool.skillgate]`", hint)
    value = place_values(section, where, text, file, problems)
    return _with_gates(known_fields(value, "`[tool.skillgate]`", HOLDER_KEYS, problems), value, problems)


def _with_gates(found: Fields | None, holder: Value, problems: Problems) -> Fields | None:
    if found is not None and "gates" not in found and not problems:
        problems.add(holder.place, "the config has no `gates`", EXAMPLE)
    return found
