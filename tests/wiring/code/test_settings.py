"""What pydantic-settings takes and refuses: the facts were tried against the real package, version 2.16."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from checks.discovery import project_files
from checks.wiring.code.index import Index
from checks.wiring.code.settings_shapes import refused
from checks.wiring.model import Kind, Started

HEAD = """from __future__ import annotations
from enum import Enum
from typing import Annotated, Literal, Optional, Union
from pydantic import AliasChoices, AnyUrl, Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

class Color(str, Enum):
    red = "red"

class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="X_", extra="ignore")

"""


def stops(root: Path, body: str, values: dict[str, object], base: str = "BaseSettings") -> list[tuple[str, str]]:
    source = f"{HEAD}class S({base}):\n{indent(body, '    ')}\n\nS()\n"
    (root / "program.py").write_text(source, encoding="utf-8")
    walk = Index(root, project_files(root)).walk(Started(Kind.MODULE, "program", (), ()), values)
    assert walk is not None
    return sorted((need.name, need.why) for need in walk.needs.values() if need.sure)


TAKES_EMPTY = ["str", "str | None", "SecretStr", "Path", "bytes", "str | int", "Literal['a', '']", "Union[str, int]"]
REFUSES_EMPTY = [
    "int", "int | None", "Optional[int]", "float", "bool", "list[str]", "list[str] | None", "dict", "HttpUrl",
    "HttpUrl | None", "AnyUrl", "Literal['a']", "Annotated[str, Field(min_length=1)]", "set[int]",
]  # fmt: skip


@pytest.mark.parametrize("annotation", TAKES_EMPTY)
def test_an_empty_text_is_a_text(tmp_path: Path, annotation: str) -> None:
    assert stops(tmp_path, f"value: {annotation}", {"VALUE": ""}) == []


@pytest.mark.parametrize("annotation", REFUSES_EMPTY)
def test_an_empty_text_is_nothing_else(tmp_path: Path, annotation: str) -> None:
    assert stops(tmp_path, f"value: {annotation}", {"VALUE": ""}) == [("VALUE", "empty")]


@pytest.mark.parametrize(
    ("shape", "taken", "not_taken"),
    [
        ("int", ["1", "1.0", "1_000", " 5 ", "+3"], ["1e3", "1.5", "abc", "inf"]),
        ("float", ["1", "1_0.5", " 5 ", "1e3", "nan"], ["abc"]),
        ("bool", ["yes", "Y", "T", "ON", "0"], ["2", "1.0", "enabled", " true"]),
        ("json", ['["a"]', "{}"], ["a,b", "a"]),
    ],
)
def test_values(shape: str, taken: list[str], not_taken: list[str]) -> None:
    assert [value for value in taken if refused(value, shape)] == []
    assert [value for value in not_taken if refused(value, shape) is None] == []


CONFIGURED = {
    "prefix": ("model_config = SettingsConfigDict(env_prefix='X_')\nvalue: str", {"X_VALUE": "a"}),
    "an alias has no prefix": (
        "model_config = SettingsConfigDict(env_prefix='X_')\nvalue: str = Field(alias='ALIAS')",
        {"ALIAS": "a"},
    ),
    "by name as well": (
        "model_config = SettingsConfigDict(populate_by_name=True)\nvalue: str = Field(alias='ALIAS')",
        {"VALUE": "a"},
    ),
    "choices": ("value: str = Field(validation_alias=AliasChoices('ALIAS', 'OTHER'))", {"OTHER": "a"}),
    "empty is as if not set": (
        "model_config = SettingsConfigDict(env_ignore_empty=True)\nvalue: int = 3",
        {"VALUE": ""},
    ),
    "a word for None": (
        "model_config = SettingsConfigDict(env_parse_none_str='')\nvalue: int | None",
        {"VALUE": ""},
    ),
    "not decoded": ("value: Annotated[list[str], NoDecode] = []", {"VALUE": "a,b"}),
    "env= is a thing of the past": ("value: str = Field('d', env='OTHER')", {}),
}


@pytest.mark.parametrize("case", CONFIGURED)
def test_configured(tmp_path: Path, case: str) -> None:
    body, values = CONFIGURED[case]
    assert stops(tmp_path, body, values) == []


LACKING = {
    "the prefix": ("model_config = SettingsConfigDict(env_prefix='X_')\nvalue: str", {"VALUE": "a"}, "X_VALUE"),
    "the alias": ("value: str = Field(alias='ALIAS')", {"VALUE": "a"}, "ALIAS"),
    "empty counts as nothing": (
        "model_config = SettingsConfigDict(env_ignore_empty=True)\nvalue: int",
        {"VALUE": ""},
        "VALUE",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_lacking(tmp_path: Path, case: str) -> None:
    body, values, name = LACKING[case]
    assert stops(tmp_path, body, values) == [(name, "unset")]


def test_a_class_keeps_what_its_parent_is_configured_with(tmp_path: Path) -> None:
    body = "model_config = SettingsConfigDict(env_file='.env')\nvalue: str"
    assert stops(tmp_path, body, {"VALUE": "a"}, "Base") == [("X_VALUE", "unset")]
