"""Volumes of a Pod that begin without the files which the image has where they are mounted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Rendering
from checks.wiring.deployments.workloads import Container, Workload, at, pod_of
from checks.wiring.model import Cover

_CODE = (".py", ".ini", ".sh", ".toml", ".cfg", ".js")


def covers_of(workload: Workload, container: Container, rendering: Rendering) -> Iterator[Cover]:
    """What hides files of the image; a volume that another container of the Pod mounts as well may be filled by it."""
    volumes = dict(_volumes(workload, rendering))
    elsewhere = {name for one in workload.containers if one is not container for name, _, _ in _mounts(one)}
    for name, index, item in _mounts(container):
        path = str(item.get("mountPath") or "").rstrip("/")
        known = volumes.get(name)
        if known is None or name in elsewhere or not path or (item.get("subPath") and "emptyDir" not in known[0]):
            continue
        place = workload.document.find((*container.path, "volumeMounts", index))
        yield Cover(path, known[0], place, known[1])


def _mounts(container: Container) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    listed = container.content.get("volumeMounts")
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            yield str(item.get("name")), index, item


def _volumes(workload: Workload, rendering: Rendering) -> Iterator[tuple[str, tuple[str, bool]]]:
    """By name: what it is, and whether it certainly begins without any file of the image."""
    for item in _listed(at(pod_of(workload), ("spec",)).get("volumes")):
        name = str(item.get("name"))
        claim = at(item, ("persistentVolumeClaim",)).get("claimName")
        if isinstance(item.get("emptyDir"), dict) or isinstance(item.get("ephemeral"), dict):
            yield name, (f"emptyDir `{name}`", True)
        elif claim:
            yield name, (f"claim `{claim}`", False)
        else:
            yield from _of_keys(name, item, rendering)
    for item in _listed(at(workload.document.content, ("spec",)).get("volumeClaimTemplates")):
        name = str(at(item, ("metadata",)).get("name"))
        yield name, (f"claim `{name}`", False)


def _of_keys(name: str, item: Mapping[str, Any], rendering: Rendering) -> Iterator[tuple[str, tuple[str, bool]]]:
    """A ConfigMap or Secret whose keys are all known, and none of which can be a file of the program's."""
    for part, kind, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
        held = str(at(item, (part,)).get(key) or "")
        found = [one for one in rendering.documents if one.kind == kind and one.name == held]
        keys = [str(each) for one in found for data in ("data", "stringData") for each in at(one.content, (data,))]
        if held and found and not at(item, (part,)).get("items") and not any(each.endswith(_CODE) for each in keys):
            yield name, (f"{kind} `{held}`", True)


def _listed(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
