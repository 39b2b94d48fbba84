"""Make the private environment that `scripts/skillgate` and `scripts/test` run in.

`provision.py TREE ENVIRONMENT [EXTRAS]` installs the tree with optional extras: a checkout as it stands (edits take
effect at once), any other tree as a copy. Extras that this machine cannot have are left out: the gates that need them
then say so. Only what the standard library has is used here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def main(tree: Path, environment: Path, extras: str) -> int:
    """Build beside others that may want the same; whoever comes second finds it ready."""
    with locked(environment):
        if (environment / "ready").is_file() and (environment / "bin" / "python").exists():
            return 0
        say(f"first start: making an environment in {environment} (once, about a minute)")
        try:
            build(tree, environment, extras)
        except subprocess.CalledProcessError as error:
            shutil.rmtree(environment, ignore_errors=True)
            say(f"`{' '.join(map(str, error.cmd[:4]))} ...` failed with exit {error.returncode}; see above")
            say("the registries must be reachable for the first start; after that none is needed")
            return 3
        (environment / "ready").touch()
        say("ready")
    return 0


@contextlib.contextmanager
def locked(environment: Path) -> Iterator[None]:
    """Two first starts at once must not build the same folder."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{environment}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(tree: Path, environment: Path, extras: str) -> None:
    """A new environment with the tree and its pinned dependencies in it."""
    run([sys.executable, "-m", "venv", "--clear", str(environment)])
    python = environment / "bin" / "python"
    say("installing skillgate and what it needs")
    uv = shutil.which("uv") or (uv_of(python) if extras == "dev" else None)
    if install(tree, python, extras, uv) != 0:
        install(tree, python, "" if extras != "dev" else extras, uv, check=True)
        missing = [extra for extra in extras.split(",") if install(tree, python, extra, uv) != 0]
        say(f"this machine cannot have {', '.join(missing)}; `skillgate doctor` says what each gate lacks")
    if (tree / ".git").exists() and os.access(tree / "checks", os.W_OK):
        run([str(python), "-m", "compileall", "-q", str(tree / "checks")], check=False)


def install(tree: Path, python: Path, extras: str, uv: str | None, *, check: bool = False) -> int:
    """The tree with these extras, by uv where it is there; the exit status, or CalledProcessError with `check`."""
    target = f"{tree}[{extras}]" if extras else str(tree)
    arguments = [*(["-e"] if (tree / ".git").exists() else []), target, "-c", str(tree / "scripts" / "constraints.txt")]
    with_uv = [uv or "", "pip", "install", "-q", "--compile-bytecode", "--python", str(python), *arguments]
    if uv is not None and run(with_uv, check=False) == 0:
        return 0
    return run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments], check=check)


def uv_of(python: Path) -> str | None:
    """uv fetched with pip: a hundred packages are then here in a third of the time."""
    fetched = run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"], check=False) == 0
    return str(python.with_name("uv")) if fetched else None


def run(words: list[str], *, check: bool = True) -> int:
    """Start a program whose output goes where ours goes."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    return subprocess.run(words, check=check, env=environment, stdin=subprocess.DEVNULL).returncode


def say(text: str) -> None:
    """Tell the person what is going on."""
    print(f"skillgate: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
