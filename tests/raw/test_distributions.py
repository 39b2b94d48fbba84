"""Which declared dependency provides a module: sure, perhaps, or surely none."""

from __future__ import annotations

import pytest

from checks.raw.distributions import Provision, judge
from checks.raw.requirements import parse_requirement


def answer(module: str, *declared: str) -> Provision:
    parsed = tuple(found for text in declared if (found := parse_requirement(text)))
    assert len(parsed) == len(declared)
    return judge(module, parsed).provision


@pytest.mark.parametrize(
    ("module", "declared"),
    [
        ("yaml", "PyYAML"),
        ("PIL", "pillow"),
        ("bs4", "beautifulsoup4"),
        ("dateutil", "python-dateutil"),
        ("sklearn", "scikit_learn"),
        ("cv2", "opencv-python-headless"),
        ("dotenv", "python-dotenv"),
        ("jwt", "PyJWT"),
        ("google", "google-cloud-storage"),
        ("google", "protobuf"),
        ("slack_sdk", "slack-sdk"),
        ("telegram", "python-telegram-bot"),
        ("acme", "acme-sdk"),
        ("acme", "python-acme"),
        ("typing_extensions", "typing.extensions"),
        ("psycopg2", "psycopg2-binary"),
        ("azure", "azure-storage-blob"),
    ],
)
def test_declared(module: str, declared: str) -> None:
    assert answer(module, "pydantic", declared) is Provision.DECLARED


@pytest.mark.parametrize(
    ("module", "declared"),
    [
        ("pydantic_core", "pydantic"),
        ("starlette", "fastapi"),
        ("numpy", "pandas"),
        ("botocore", "boto3"),
        ("httpcore", "httpx"),
        ("websockets", "uvicorn[standard]"),
        ("requests", "acme-platform"),
        ("pandas_ta", "pandas"),
    ],
)
def test_perhaps(module: str, declared: str) -> None:
    assert answer(module, declared) is Provision.PERHAPS


@pytest.mark.parametrize("module", ["requests", "yaml", "numpy", "acme"])
def test_surely_not(module: str) -> None:
    assert answer(module, "pydantic>=2", "rich>=13", "httpx") is Provision.NO
    assert answer(module) is Provision.NO
