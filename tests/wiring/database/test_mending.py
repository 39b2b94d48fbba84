"""Settings that refuse the environment are given what they take."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from checks.model import Place
from checks.wiring.database.mending import mended, placeholder
from checks.wiring.model import Read

PLACE = Place("settings.py", 1)


class Settings(BaseModel):
    workers: int
    debug: bool
    origins: list[str]
    secret: str = Field(min_length=32)
    token: str


def event(values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        Settings(**values)
    return {"event": "failed", "type": "ValidationError", "message": str(raised.value)}


def test_required_values_become_what_the_type_takes() -> None:
    values = {"WORKERS": "many", "DEBUG": "perhaps", "ORIGINS": "a,b", "SECRET": "short"}
    told = event({name.lower(): value for name, value in values.items()})
    changes = mended(values, [told], [Read(name, True, None, PLACE) for name in values])
    assert changes["WORKERS"] == "1"
    assert changes["DEBUG"] == "true"
    assert changes["ORIGINS"] == '["example"]'
    assert len(changes["SECRET"]) > 32
    assert changes["TOKEN"] == "example"


def test_where_the_code_has_a_default_it_serves() -> None:
    told = {"type": "SettingsError", "message": 'error parsing value for field "origins" from source "EnvSettings"'}
    assert mended({"APP_ORIGINS": "a,b"}, [told], [Read("APP_ORIGINS", False, "[]", PLACE)]) == {"APP_ORIGINS": ""}


def test_other_errors_change_nothing() -> None:
    told = {"type": "ProgrammingError", "message": 'error parsing value for field "origins"'}
    assert mended({"ORIGINS": "a"}, [told], []) == {}


@pytest.mark.parametrize(
    ("name", "value"), [("SMTP_PORT", "1"), ("HOOK_URL", "http://example.com"), ("KEY", "example")]
)
def test_a_name_says_what_its_value_looks_like(name: str, value: str) -> None:
    assert placeholder(name) == value
