"""Measures the check `raw` on generated workflows, as a whole program: `python benchmarks/raw_validate.py [COUNT]`.

The bar: a thousand workflows in under two seconds on two cores.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

BAR_SECONDS = 2.0
RUN_PY = '''#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["pydantic>=2.0", "rich>=13.0", "httpx>=0.27"]
# ///
"""Workflow {number}: fetches, analyses, reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, Field
from raw_runtime import BaseWorkflow, retry, step

from tools.text_tools import shorten


class Params(BaseModel):
    """What workflow {number} needs."""

    source: str = Field(..., description="Where the text comes from")
    limit: int = Field(default={number}, description="How much of it is read")
    verbose: bool = Field(default=False, description="Whether more is said")


class Workflow{number}(BaseWorkflow[Params]):
    """Fetches a text, counts its words, and writes a report."""

    @step("fetch")
    @retry(retries=3, backoff="exponential")
    def fetch(self) -> str:
        """Reads a file, or asks the network for it."""
        if self.params.source.startswith("http"):
            response = httpx.get(self.params.source, timeout=10)
            response.raise_for_status()
            return response.text
        return Path(self.params.source).read_text(encoding="utf-8")

    @step("analyse")
    def analyse(self, text: str) -> dict[str, Any]:
        """Counts words and lines."""
        words: dict[str, int] = {{}}
        for line in text.splitlines()[: self.params.limit]:
            for word in line.split():
                words[word.lower()] = words.get(word.lower(), 0) + 1
        top = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
        return {{"words": sum(words.values()), "distinct": len(words), "top": top}}

    @step("report")
    def report(self, counted: dict[str, Any]) -> str:
        """The report as text."""
        lines = [f"{{word}}: {{count}}" for word, count in counted["top"]]
        if self.params.verbose:
            lines.insert(0, json.dumps(counted, indent=2))
        return shorten("\\n".join(lines), 2000)

    def run(self) -> int:
        """All steps in order."""
        try:
            counted = self.analyse(self.fetch())
        except (OSError, httpx.HTTPError) as error:
            self.log(f"cannot read {{self.params.source}}: {{error}}")
            return 1
        self.save("report.txt", self.report(counted))
        self.save("counted.json", counted)
        return 0


if __name__ == "__main__":
    Workflow{number}.main()
'''
CONFIG = "id: {number}\nname: workflow-{number}\ndescription: Counts words\nversion: 1.0.0\nsteps: [fetch, analyse]\n"


def generate(root: Path, count: int) -> None:
    """Writes a project of `count` workflows that use one tool."""
    tool = root / "tools" / "text_tools"
    tool.mkdir(parents=True)
    (tool / "__init__.py").write_text("from .tool import shorten\n", encoding="utf-8")
    (tool / "tool.py").write_text("def shorten(text, length):\n    return text[:length]\n", encoding="utf-8")
    for number in range(count):
        folder = root / ".raw" / "workflows" / f"20260101-workflow-{number:06x}"
        folder.mkdir(parents=True)
        (folder / "run.py").write_text(RUN_PY.format(number=number), encoding="utf-8")
        (folder / "run.py").chmod(0o755)
        (folder / "config.yaml").write_text(CONFIG.format(number=number), encoding="utf-8")


def measure(root: Path) -> tuple[float, str]:
    """Seconds of the whole program, its start included, and what it printed."""
    started = time.perf_counter()
    argv = [sys.executable, "-I", "-m", "checks", "check", "raw", str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stdout.strip()


def main() -> int:
    """Generates, measures three times, and compares the best with the bar."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), count)
        results = [measure(Path(folder)) for _ in range(3)]
    seconds = min(taken for taken, _ in results)
    print(f"{count} workflows: {seconds:.2f} s (bar {BAR_SECONDS} s for 1000) {results[0][1]}")
    return 0 if seconds <= BAR_SECONDS * max(count, 1000) / 1000 else 1


if __name__ == "__main__":
    raise SystemExit(main())
