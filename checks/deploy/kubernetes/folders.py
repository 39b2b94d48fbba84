"""Manifests that no kustomization uses: which of them are applied together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from checks.deploy.kubernetes.files import Manifests
from checks.deploy.kubernetes.kustomizations import used_files


@dataclass(frozen=True, slots=True)
class Folder:
    """Files that `kubectl apply -R -f NAME` takes, in its order."""

    name: str
    files: tuple[str, ...]


def plain_folders(manifests: Manifests) -> list[Folder]:
    """The outermost folders that hold manifests, each with all below it."""
    used = used_files(manifests)
    files = [file for file in manifests.sources if file not in used]
    by_folder: dict[str, list[str]] = {}
    for file in files:
        by_folder.setdefault(str(PurePosixPath(file).parent), []).append(file)
    units: dict[str, list[str]] = {}
    for folder in sorted(by_folder):
        home = next((name for name in units if name != "." and folder.startswith(f"{name}/")), folder)
        units.setdefault(home, []).extend(by_folder[folder])
    return [Folder(name, tuple(files)) for name, files in units.items()]
