"""How long `skillgate check temporal` takes: the rules alone, and everything, for growing projects.

`python benchmarks/temporal_validate.py [50 200 ...]`: two numbers of workflows show the cost of one more.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from checks.model import CheckContext
from checks.temporal.check import check, judge_statically

FLOW = """from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from flows.activities_{n} import Letter, send_{n}, store_{n}


@workflow.defn
class Hiring{n}:
    def __init__(self) -> None:
        self.slot: str | None = None

    @workflow.run
    async def run(self, candidate_id: str) -> str:
        await self._send(candidate_id, "invitation")
        try:
            await workflow.wait_condition(lambda: self.slot is not None, timeout=timedelta(days=7))
        except TimeoutError:
            return "expired"
        await workflow.execute_activity(store_{n}, candidate_id, start_to_close_timeout=timedelta(seconds=30))
        return "booked"

    @workflow.signal
    def book_slot(self, slot: str) -> None:
        self.slot = slot

    @workflow.query
    def status(self) -> str:
        return self.slot or "open"

    async def _send(self, candidate_id: str, kind: str) -> None:
        await workflow.execute_activity(
            send_{n}, Letter(candidate_id, kind), start_to_close_timeout=timedelta(seconds=30)
        )
"""
ACTIVITIES = """from dataclasses import dataclass

from temporalio import activity


@dataclass
class Letter:
    candidate_id: str
    kind: str


@activity.defn
async def send_{n}(letter: Letter) -> None: ...


@activity.defn
async def store_{n}(candidate_id: str) -> None: ...
"""
API = """from temporalio.client import Client

from flows.hiring_{n} import Hiring{n}


async def start(client: Client, candidate_id: str) -> None:
    handle = await client.start_workflow(Hiring{n}.run, candidate_id, id=candidate_id, task_queue="hiring")
    await handle.signal(Hiring{n}.book_slot, "today")
"""


def generate(root: Path, count: int) -> None:
    """A project of so many workflows, each with two activities and an API, and one worker."""
    for folder in ("flows", "api"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").touch()
    for n in range(count):
        (root / f"flows/hiring_{n}.py").write_text(FLOW.replace("{n}", str(n)))
        (root / f"flows/activities_{n}.py").write_text(ACTIVITIES.replace("{n}", str(n)))
        (root / f"api/start_{n}.py").write_text(API.replace("{n}", str(n)))
    imports = "".join(
        f"from flows.activities_{n} import send_{n}, store_{n}\nfrom flows.hiring_{n} import Hiring{n}\n"
        for n in range(count)
    )
    workflows = ", ".join(f"Hiring{n}" for n in range(count))
    activities = ", ".join(f"send_{n}, store_{n}" for n in range(count))
    (root / "worker.py").write_text(
        f"from temporalio.client import Client\nfrom temporalio.worker import Worker\n\n{imports}\n\n"
        f"def create_worker(client: Client) -> Worker:\n"
        f'    return Worker(client, task_queue="hiring", workflows=[{workflows}], activities=[{activities}])\n'
    )


def measure(count: int) -> tuple[float, float]:
    """Seconds of the rules alone, and of the whole check."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        generate(root, count)
        context = CheckContext(root, Path(sys.executable), os.cpu_count() or 1, (), dict(os.environ))
        began = time.perf_counter()
        judge_statically(root)
        rules = time.perf_counter() - began
        began = time.perf_counter()
        result = check(context)
        whole = time.perf_counter() - began
    assert result.evidence["sandboxed"] == count, result
    assert not result.diagnostics and result.blocked is None, result
    print(f"{count} workflows: rules {rules:.2f} s, whole {whole:.2f} s (types: {result.evidence['types']})")
    return rules, whole


def main() -> None:
    """Measure each number; where there are several, the cost of one more workflow."""
    counts = sorted(int(word) for word in sys.argv[1:]) or [50, 200]
    measured = [measure(count) for count in counts]
    if len(counts) > 1:
        more = counts[-1] - counts[0]
        rules, whole = (1000 * (last - first) / more for first, last in zip(measured[0], measured[-1], strict=True))
        print(f"one more workflow: rules {rules:.1f} ms, whole {whole:.1f} ms")


if __name__ == "__main__":
    main()
