"""The surroundings of a dry run: a scrubbed environment, folders of its own, and the watch."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.raw.runtime import embedded_path, join_path

FLOOR_STEPS = "SKILLGATE_FLOOR_STEPS"
LIMIT = "SKILLGATE_DRY_LIMIT_S"
_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|CREDENTIALS"
    r"|DSN|WEBHOOK_URL|PROXY)(?:$|_)"
    r"|^(?:AWS|AZURE|GOOGLE|GCP)_"
    r"|^(?:DATABASE|REDIS|BROKER|MONGO|MONGODB|AMQP|RABBITMQ|POSTGRES|POSTGRESQL)_UR[IL]$"
    r"|^PG(?:HOST|PORT|USER|PASSWORD|PASSFILE|SERVICE|DATABASE)$"
    r"|^(?:SSH_AUTH_SOCK|KUBECONFIG|DOCKER_HOST|NETRC|RAW_SERVER_URL|TEMPORAL_ADDRESS)$"
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of one dry run, outside the project: `record` is what the watch writes."""

    record: Path
    home: Path
    scratch: Path

    @classmethod
    def create(cls, folder: Path) -> Workspace:
        """Makes the folders below `folder`."""
        workspace = cls(folder / "record", folder / "home", folder / "tmp")
        workspace.home.mkdir(parents=True)
        workspace.scratch.mkdir()
        return workspace


def is_credential(name: str) -> bool:
    """Whether an environment variable may give access to something outside."""
    return _SECRET.search(name.upper()) is not None


def _is_ours(name: str) -> bool:
    # A dry run that runs skillgate itself has a watch of its own.
    return name == FLOOR_STEPS or name.startswith("SKILLGATE_DRY_")


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without credentials and addresses of services."""
    kept = {name: value for name, value in environment.items() if not is_credential(name) and not _is_ours(name)}
    # A home of its own hides files of credentials; packages that live in the real one stay in reach.
    real_home = environment.get("HOME", "")
    if real_home:
        kept.setdefault("PYTHONUSERBASE", str(Path(real_home, ".local")))
        if Path(real_home, ".pyenv").is_dir():
            kept.setdefault("PYENV_ROOT", str(Path(real_home, ".pyenv")))
    return kept


def dry_environment(
    environment: Mapping[str, str],
    root: Path,
    folder: Path,
    workspace: Workspace,
    steps: frozenset[str],
    embedded: bool,
) -> dict[str, str]:
    """What one dry run sees, with the watch on its search path."""
    watch = str(Path(__file__).parent / "watch")
    runtime = str(embedded_path()) if embedded else ""
    scratch, held = _tmp_folders(root)
    writable = [folder.resolve(), workspace.scratch.resolve(), (root / ".raw" / "cache").resolve()]
    return {
        **scrubbed(environment),
        "HOME": str(workspace.home),
        "TMPDIR": str(workspace.scratch),
        "XDG_CACHE_HOME": str(workspace.scratch / "cache"),
        "MPLCONFIGDIR": str(workspace.scratch / "matplotlib"),
        "PYTHONPATH": join_path(watch, str(root), environment.get("PYTHONPATH", ""), runtime),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "SKILLGATE_DRY_RECORD": str(workspace.record),
        "SKILLGATE_DRY_ROOT": str(root.resolve()),
        "SKILLGATE_DRY_RUN_PY": str((folder / "run.py").resolve()),
        "SKILLGATE_DRY_STEPS": ",".join(sorted(steps)),
        "SKILLGATE_DRY_WATCH": watch,
        "SKILLGATE_DRY_WRITABLE": os.pathsep.join(str(part) for part in writable),
        "SKILLGATE_DRY_SCRATCH": os.pathsep.join(scratch),
        "SKILLGATE_DRY_HELD": os.pathsep.join([*held, str(workspace.home.resolve())]),
    }


def _tmp_folders(root: Path) -> tuple[list[str], list[str]]:
    """Folders for temporary files, and what in them is none: the project and the folders it lies in."""
    here = root.resolve()
    tmps = dict.fromkeys(Path(name).resolve() for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"))
    held = [here]
    for tmp in tmps:
        if here.is_relative_to(tmp):
            held.append(tmp / here.relative_to(tmp).parts[0] if here != tmp else tmp)
    return [str(tmp) for tmp in tmps], [str(path) for path in held]
