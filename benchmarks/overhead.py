"""What the runner itself costs: seven gates that do nothing, against the tools that people use today.

`python benchmarks/overhead.py` builds the wheel, installs it and prek, lefthook and pre-commit from the registry into
environments of their own, and runs all four on one project, turn by turn, in one run. It prints medians and ratios and
exits 1 where a bar is missed: at most 3 times prek, at most 0.6 times pre-commit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
GATES = [f"gate-{number}" for number in range(7)]
MOST_OF_PREK, MOST_OF_PRE_COMMIT = 3.0, 0.6


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--environments", type=Path, help="keep the installed tools here for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tools = options.environments or Path(folder) / "tools"
        project = make_project(Path(folder) / "project")
        medians = measure(commands(install(tools), project), project, options.turns)
    return judge(medians)


def install(tools: Path) -> Path:
    """Two environments: ours from the wheel, and one for the others."""
    if not (tools / "ready").exists():
        shutil.rmtree(tools, ignore_errors=True)
        build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tools / "dist"), str(ROOT)]
        subprocess.run(build, check=True)
        wheel = next((tools / "dist").glob("*.whl"))
        constraints = ["-c", str(ROOT / "scripts" / "constraints.txt")]
        for name, packages in (("ours", [str(wheel)]), ("others", ["prek", "lefthook", "pre-commit"])):
            subprocess.run([sys.executable, "-m", "venv", str(tools / name)], check=True)
            python = tools / name / "bin" / "python"
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages, *constraints], check=True)
        (tools / "ready").touch()
    return tools


def make_project(project: Path) -> Path:
    """One repository with the same seven gates in everybody's own config."""
    project.mkdir(parents=True)
    hooks = [
        {"id": gate, "name": gate, "entry": "true", "language": "system", "always_run": True, "pass_filenames": False}
        for gate in GATES
    ]
    write(project / ".pre-commit-config.yaml", {"repos": [{"repo": "local", "hooks": hooks}]})
    write(project / "skillgate.yaml", {"gates": {"optional": {gate: {"command": "true"} for gate in GATES}}})
    jobs = {gate: {"run": "true"} for gate in GATES}
    write(project / "lefthook.yml", {"pre-commit": {"parallel": True, "commands": jobs}})
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    return project


def write(path: Path, data: object) -> None:
    """JSON is YAML."""
    path.write_text(json.dumps(data), encoding="utf-8")


def commands(tools: Path, project: Path) -> dict[str, list[str]]:
    """What each tool is started with."""
    others = tools / "others" / "bin"
    return {
        "skillgate": [str(tools / "ours" / "bin" / "skillgate"), "run", str(project)],
        "prek": [str(others / "prek"), "run", "--all-files"],
        "pre-commit": [str(others / "pre-commit"), "run", "--all-files"],
        "lefthook": [str(others / "lefthook"), "run", "pre-commit", "--all-files", "--force"],
    }


def measure(tools: dict[str, list[str]], project: Path, turns: int) -> dict[str, float]:
    """Medians in seconds; the tools take turns, so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in tools}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for turn in range(turns + 2):
        for name, words in tools.items():
            began = time.perf_counter()
            done = subprocess.run(words, cwd=project, env=environment, capture_output=True, check=False)
            if done.returncode != 0:
                sys.exit(f"{name} failed:\n{done.stdout.decode()}{done.stderr.decode()}")
            if turn >= 2:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(measured) for name, measured in times.items()}


def judge(medians: dict[str, float]) -> int:
    """Print the table; 1 where a bar is missed."""
    ours = medians["skillgate"]
    print(f"{len(GATES)} gates that do nothing, median wall time")
    for name, median in medians.items():
        print(f"  {name:<10}  {median * 1000:6.1f} ms  skillgate takes {ours / median:.2f} times as long")
    missed = ours > MOST_OF_PREK * medians["prek"] or ours > MOST_OF_PRE_COMMIT * medians["pre-commit"]
    print(f"bars: {MOST_OF_PREK} x prek, {MOST_OF_PRE_COMMIT} x pre-commit: {'missed' if missed else 'kept'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
