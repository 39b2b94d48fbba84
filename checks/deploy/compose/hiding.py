"""What a mount over an image hides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from checks.deploy.compose.containers import container_of, recipe_of
from checks.deploy.compose.places import shown
from checks.deploy.compose.services import words
from checks.deploy.compose.system import System
from checks.deploy.dockerfile.instructions import Instruction
from checks.deploy.dockerfile.sources import join, within
from checks.model import Diagnostic, Severity

_NPM = re.compile(r"\b(?:npm\s+(?:ci|install|i)|yarn(?:\s+install)?|pnpm\s+(?:install|i))\b(?!.*\s(?:-g|--global)\b)")
_UV = re.compile(r"\buv\s+sync\b")
_ELSEWHERE = re.compile(r"\bNODE_PATH\b|UV_PROJECT_ENVIRONMENT|VIRTUAL_ENV|--prefix|\bcd\s")


def hidden_packages(system: System) -> Iterator[Diagnostic]:
    """Packages that the image has in a folder over which the project's own is mounted."""
    for name, service in system.services.items():
        for steps in _steps(system, name):
            kept = _kept(system, name, steps)
            workdir = _workdir(system, name)
            if kept is None or workdir is None:
                continue
            place = join(workdir, kept)
            mounts = service.get("volumes") or []
            if any(str(mount.get("target")).rstrip("/") == place for mount in mounts):
                continue
            for index, mount in enumerate(mounts):
                source, target = Path(str(mount.get("source") or "")), str(mount.get("target")).rstrip("/")
                hides = mount.get("type") == "bind" and within(place, target) is not None and system.inside(source)
                if hides and not (source / (within(place, target) or "")).exists():
                    file, line = system.places.find_item(("services", name, "volumes"), index, len(mounts))
                    message = (
                        f"`{shown(source, system.root)}` is mounted over `{target}` and hides `{kept}` of the image"
                    )
                    message += ": who starts from a fresh copy has no packages"
                    hint = f"add the volume `{place}`, which keeps the image's own"
                    yield Diagnostic("compose.hidden-packages", Severity.WARNING, message, file, line, hint=hint)


def _steps(system: System, name: str) -> Iterator[list[Instruction]]:
    service = system.services[name]
    read = recipe_of(system, service) if isinstance(service.get("build"), dict) else None
    if read is not None:
        recipe, stage = read
        yield [each for known in recipe.lineage(stage) for each in known.instructions]


def _kept(system: System, name: str, steps: list[Instruction]) -> str | None:
    """The folder of packages in the working directory, where the start does not fill it again."""
    every = " ".join(each.value for each in steps)
    start = " ".join((*(words(system, name, "entrypoint") or ()), *(words(system, name, "command") or ())))
    if _ELSEWHERE.search(every):
        return None
    runs = "\n".join(each.value for each in steps if each.keyword == "RUN")
    own = any(each.keyword == "ENTRYPOINT" for each in steps)
    if _NPM.search(runs):
        return None if own or _NPM.search(start) or re.search(r"\.sh\b", start) else "node_modules"
    if _UV.search(runs):
        return None if own or re.search(r"\buv\b|\.sh\b", start) or "uv" in _command(steps) else ".venv"
    return None


def _command(steps: list[Instruction]) -> str:
    return next((each.value for each in reversed(steps) if each.keyword == "CMD"), "")


def _workdir(system: System, name: str) -> str | None:
    told = container_of(system, name)
    return told.image.workdir if told is not None else None
