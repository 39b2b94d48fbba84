"""How long wiring thinks about a system of 70 Python files, apart from the programs that it starts.

`python benchmarks/wiring.py [files]`: the system for hiring with more routers, activities and settings, judged by every
family that asks only the files. Prints one line of JSON, and ends with 1 where it takes longer than the bar.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from checks.model import CheckContext
from checks.wiring.calls.in_code import calls_in_code
from checks.wiring.calls.in_deployments import calls_in_deployments
from checks.wiring.code.findings import find as code
from checks.wiring.deployments.findings import find as deployments
from checks.wiring.reading import read_system

BAR_S = 2.0
SYSTEM = Path(__file__).parent.parent / "fixtures" / "hiring-process"
SETTINGS = """from pydantic_settings import BaseSettings


class Settings{n}(BaseSettings):
    topic_{n}: str = "hiring"
    limit_{n}: int = 10


def settings_{n}() -> Settings{n}:
    return Settings{n}()
"""
ROUTER = """import os

from fastapi import APIRouter, Depends, HTTPException

from hiring_process.settings_{n} import Settings{n}, settings_{n}

router = APIRouter(prefix="/part-{n}")
LEVEL = os.environ.get("LEVEL_{n}", "info")


@router.get("/items/{item}")
def item(item: str, settings: Settings{n} = Depends(settings_{n})) -> dict[str, str]:
    if len(item) > settings.limit_{n}:
        raise HTTPException(404)
    return {"item": item, "topic": settings.topic_{n}, "level": LEVEL}


@router.post("/items")
def create(item: str, settings: Settings{n} = Depends(settings_{n})) -> dict[str, str]:
    return {"item": item, "topic": settings.topic_{n}}
"""
ACTIVITY = """import os

from temporalio import activity

from hiring_process.settings_{n} import settings_{n}


@activity.defn
async def work_{n}(candidate_id: str) -> str:
    settings = settings_{n}()
    folder = os.environ.get("FOLDER_{n}") or "/tmp"
    return f"{folder}/{settings.topic_{n}}/{candidate_id}"
"""


def generate(root: Path, files: int) -> int:
    """The system with so many Python files, and how many there are of all kinds."""
    shutil.copytree(SYSTEM, root, ignore=shutil.ignore_patterns("__pycache__", ".skillgate"))
    lacking = files - sum(1 for _ in root.rglob("*.py"))
    parts = -(-lacking // 3)
    for n in range(parts):
        for path, text in (
            (f"hiring_process/settings_{n}.py", SETTINGS),
            (f"api/part_{n}.py", ROUTER),
            (f"workflows/temporal/activities_{n}.py", ACTIVITY),
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text.replace("{n}", str(n)))
    numbers = range(parts)
    imports = "".join(f"from api.part_{n} import router as part_{n}\n" for n in numbers)
    _insert(root / "api/main.py", "from api.dependencies", imports)
    _insert(
        root / "api/main.py",
        "    app.include_router(health",
        "".join(f"    app.include_router(part_{n})\n" for n in numbers),
    )
    worker = root / "workflows/temporal/worker.py"
    imports = "".join(f"from workflows.temporal.activities_{n} import work_{n}\n" for n in numbers)
    _insert(worker, "from workflows.temporal.hiring_process", imports)
    _insert(worker, "            activities.analyze_cv", "".join(f"            work_{n},\n" for n in numbers))
    return sum(1 for each in root.rglob("*") if each.is_file())


def _insert(file: Path, before: str, lines: str) -> None:
    """Puts lines before the one that begins with `before`."""
    head, found, tail = file.read_text().partition(f"\n{before}")
    assert found, (file, before)
    file.write_text(f"{head}\n{lines}{before}{tail}")


def measure(root: Path) -> dict[str, float]:
    """Seconds of our own work, by part; what other programs take is not in it."""
    context = CheckContext(root, Path(sys.executable), os.cpu_count() or 1, (), dict(os.environ))
    times: dict[str, float] = {}
    began = time.process_time()

    def took(part: str) -> None:
        nonlocal began
        now = time.process_time()
        times[part], began = round(now - began, 3), now

    system = read_system(context)
    took("read")
    found = [*deployments(system).diagnostics]
    took("deployments")
    found += code(system).diagnostics
    took("code")
    calls = [*calls_in_code(system.code), *calls_in_deployments(system)]
    took("calls")
    assert calls and system.deployments, system.unread
    assert not [each for each in found if each.severity == "error"], found
    return times


def main() -> int:
    """One run against the bar."""
    gc.disable()  # as the program does
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 70
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "system")
        every = generate(root, wanted)
        times = measure(root)
    whole = round(sum(times.values()), 3)
    print(json.dumps({"python_files": wanted, "files": every, "seconds": whole, "bar": BAR_S, **times}))
    return int(whole > BAR_S)


if __name__ == "__main__":
    raise SystemExit(main())
