"""Files that programs write and health checks look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.model import Diagnostic
from checks.wiring.deployments.findings import find
from checks.wiring.system import System
from tests.wiring.deployments.conftest import SHOP

Write = Callable[..., System]
LIFE = """import argparse
from pathlib import Path


def beat(path: str) -> None:
    file = Path(path)
    file.touch()


def is_alive(path: str) -> bool:
    return Path(path).exists()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", default="/tmp/shop-alive")
    print(is_alive(parser.parse_args().path))
"""
FILES = {
    **SHOP,
    "shop/life.py": LIFE,
    "shop/settings.py": SHOP["shop/settings.py"].replace(
        '    task_queue: str = "orders"\n', '    task_queue: str = "orders"\n    alive_file: str = "/tmp/shop.alive"\n'
    ),
    "shop/worker.py": SHOP["shop/worker.py"]
    .replace("from shop.store", "from shop.life import beat\nfrom shop.store")
    .replace("    await Worker(", "    beat(settings.alive_file)\n    await Worker("),
    "docker-compose.yml": SHOP["docker-compose.yml"].replace(
        "    command: python -m shop.worker\n",
        "    command: python -m shop.worker\n    healthcheck: {test: [CMD, python, -m, shop.life]}\n",
    ),
}


def _found(write: Write, files: dict[str, str]) -> list[Diagnostic]:
    return list(find(write(files)).diagnostics)


def test_a_check_that_looks_at_another_file(write: Write) -> None:
    (found,) = _found(write, FILES)
    assert (found.rule, found.file, found.line) == ("wiring.probe-file", "shop/life.py", 16)
    assert "the program writes `/tmp/shop.alive` (shop/settings.py:9:5)" in found.message


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/settings.py", "/tmp/shop.alive", "/tmp/shop-alive"),
        ("docker-compose.yml", "shop.life]", "shop.life, --path, /tmp/shop.alive]"),
        ("docker-compose.yml", "      API_URL", "      ALIVE_FILE: /tmp/shop-alive\n      API_URL"),
        ("shop/settings.py", "class Settings", "OTHERS = ['shop-alive']\n\n\nclass Settings"),
        ("shop/settings.py", "/tmp/shop.alive", "/data/orders.csv"),
    ],
)
def test_a_check_that_may_well_be_right(write: Write, file: str, old: str, new: str) -> None:
    assert old in FILES[file]
    assert _found(write, {**FILES, file: FILES[file].replace(old, new)}) == []


@pytest.mark.parametrize(
    ("dockerfile", "service", "rules"),
    [
        ("", "read_only: true", ["wiring.unwritable-file"]),
        ("", "{read_only: true, tmpfs: [/run/shop]}", []),
        ("USER shop\n", "", ["wiring.unwritable-file"]),
        ("RUN mkdir -p /run/shop && chown shop /run/shop\nUSER shop\n", "", []),
        ("USER root\n", "", []),
    ],
)
def test_a_folder_that_cannot_be_written(write: Write, dockerfile: str, service: str, rules: list[str]) -> None:
    options = service.strip("{}").replace(", tmpfs", "\n    tmpfs")
    files = {
        **SHOP,
        "Dockerfile": SHOP["Dockerfile"].replace("EXPOSE", f"{dockerfile}EXPOSE"),
        "shop/worker.py": SHOP["shop/worker.py"].replace(
            "    await Worker(", "    open('/run/shop/beat', 'w').close()\n    await Worker("
        ),
        "docker-compose.yml": SHOP["docker-compose.yml"].replace(
            "    command: python -m shop.worker\n", f"    command: python -m shop.worker\n    {options}\n"
        ),
    }
    assert [one.rule for one in _found(write, files)] == rules
