"""Claims, volumes, settings and Secrets."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.faults.refused.refusal import Refusal
from checks.deploy.kubernetes.values import at, is_open, items, mapping, quantity, text

_MODES = ("Filesystem", "Block")
_LARGEST = 1024 * 1024
_ACCOUNT = "kubernetes.io/service-account.name"
# Everything else of a volume's spec is where it is.
_NO_PLACE = frozenset(
    [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ]
)


def claim(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A claim's modes and size."""
    spec = mapping(content, "spec")
    modes = items(spec, "accessModes")
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield Refusal(("spec", "accessModes"), "`ReadWriteOncePod` goes with no other access mode")
    mode = text(spec, "volumeMode")
    if mode and mode not in _MODES and not is_open(mode):
        yield Refusal(("spec", "volumeMode"), f"`{mode}` is not `Filesystem` or `Block`")
    size = quantity(at(spec, "resources", "requests", "storage"))
    if size is not None and size <= 0:
        yield Refusal(("spec", "resources", "requests", "storage"), "the claim asks for no space at all")


def volume(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A volume is in one place, of one size."""
    spec = mapping(content, "spec")
    places = [key for key, value in spec.items() if key not in _NO_PLACE and value is not None]
    if not places:
        yield Refusal(("spec",), "the volume is nowhere: no `hostPath`, `nfs`, `csi`, `local`, ...")
    elif len(places) > 1:
        yield Refusal(("spec", places[1]), f"the volume is {' and '.join(f'`{each}`' for each in places)} at once")
    if not mapping(spec, "capacity").get("storage"):
        yield Refusal(("spec",), "the volume has no `capacity.storage`")
    if not items(spec, "accessModes"):
        yield Refusal(("spec",), "the volume has no `accessModes`")
    if "local" in places and not mapping(spec, "nodeAffinity", "required"):
        yield Refusal(("spec", "local"), "a local volume needs `nodeAffinity.required`")
    policy = text(spec, "persistentVolumeReclaimPolicy")
    if policy not in ("", "Retain", "Delete", "Recycle") and not is_open(policy):
        message = f"`{policy}` is not `Retain`, `Delete` or `Recycle`"
        yield Refusal(("spec", "persistentVolumeReclaimPolicy"), message)


def settings(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """A ConfigMap's keys and size."""
    data, binary = mapping(content, "data"), mapping(content, "binaryData")
    for key in binary:
        if key in data:
            yield Refusal(("binaryData", key), f"key `{key}` is under `data` and under `binaryData`")
    yield from _size(data, binary)


def secret(content: Mapping[str, Any]) -> Iterator[Refusal]:
    """What a Secret's type wants."""
    data, plain = mapping(content, "data"), mapping(content, "stringData")
    kind = text(content, "type")
    if kind == "kubernetes.io/service-account-token":
        if not mapping(content, "metadata", "annotations").get(_ACCOUNT):
            yield Refusal(("metadata",), f"a token needs the annotation `{_ACCOUNT}`")
    elif kind == "kubernetes.io/basic-auth" and not {"username", "password"} & {*data, *plain}:
        yield Refusal(("type",), "a `kubernetes.io/basic-auth` needs `username` or `password`")
    elif kind == "kubernetes.io/dockerconfigjson":
        yield from _json(content)
    yield from _size(data, plain)


def _json(content: Mapping[str, Any]) -> Iterator[Refusal]:
    key = ".dockerconfigjson"
    said, section = mapping(content, "stringData").get(key), "stringData"
    if said is None and isinstance(encoded := mapping(content, "data").get(key), str):
        section = "data"
        try:
            said = base64.b64decode("".join(encoded.split()), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return
    if not isinstance(said, str) or is_open(said):
        return
    try:
        json.loads(said)
    except ValueError:
        yield Refusal((section, key), f"`{key}` is no JSON")


def _size(*sections: Mapping[str, Any]) -> Iterator[Refusal]:
    size = sum(len(value.encode()) for each in sections for value in each.values() if isinstance(value, str))
    # The text under `data` of a Secret is a third longer than what it stands for.
    if size > _LARGEST * 4 // 3:
        yield Refusal((), f"there are {size} bytes of data, and 1 MiB is the most")
