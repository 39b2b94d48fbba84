"""The spec of a Pod: its settings, scheduling and volumes. Containers have a file of their own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.kubernetes.documents import Path_
from checks.deploy.kubernetes.faults.refused.container import containers, relative, seccomp
from checks.deploy.kubernetes.faults.refused.refusal import Refusal, below, expressions, only_with, whole
from checks.deploy.kubernetes.values import is_open, items, mapping, mappings, text

_ENDLESS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")
_HOST_PATHS = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
_HIGHEST_MODE = 0o777
_MOST_NAMESERVERS = 3
_HEAVIEST = 100


def pod(spec: Mapping[str, Any], kind: str) -> Iterator[Refusal]:
    """Everything about a Pod's spec that no schema says."""
    yield from containers(spec)
    yield from below(spec, (), terminationGracePeriodSeconds=0, activeDeadlineSeconds=1)
    if kind in _ENDLESS and spec.get("activeDeadlineSeconds") is not None:
        yield Refusal(("activeDeadlineSeconds",), f"a {kind} has no `activeDeadlineSeconds`")
    if spec.get("hostPID") is True and spec.get("shareProcessNamespace") is True:
        yield Refusal(("shareProcessNamespace",), "`hostPID` and `shareProcessNamespace` exclude each other")
    for key in ("hostname", "subdomain"):
        if "." in text(spec, key) and not is_open(text(spec, key)):
            yield Refusal((key,), f"`{key}` is one word without dots")
    yield from _names(spec)
    yield from _tolerations(spec)
    yield from _affinity(mapping(spec, "affinity"))
    yield from _spread(spec)
    for path, volume in mappings(spec, "volumes"):
        yield from _volume(volume, path)
    yield from seccomp(mapping(spec, "securityContext"), ("securityContext",))


def _names(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    servers = items(spec, "dnsConfig", "nameservers")
    if text(spec, "dnsPolicy") == "None" and not servers:
        yield Refusal(("dnsPolicy",), "the dnsPolicy `None` needs `dnsConfig.nameservers`")
    if len(servers) > _MOST_NAMESERVERS:
        yield Refusal(("dnsConfig", "nameservers"), f"there are {len(servers)} nameservers; three are the most")
    for index, server in enumerate(servers):
        yield from _address(server, ("dnsConfig", "nameservers", index))
    for path, alias in mappings(spec, "hostAliases"):
        yield from _address(alias.get("ip"), (*path, "ip"))


def _address(value: Any, path: Path_) -> Iterator[Refusal]:
    if not isinstance(value, str) or is_open(value):
        return
    try:
        ipaddress.ip_address(value)
    except ValueError:
        yield Refusal(path, f"`{value}` is no IP address")


def _tolerations(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    for path, one in mappings(spec, "tolerations"):
        operator, effect = text(one, "operator") or "Equal", text(one, "effect")
        if operator == "Exists" and one.get("value") not in (None, ""):
            yield Refusal((*path, "value"), "a toleration with `Exists` has no value", "operator: Equal")
        if operator not in ("Equal", "Exists", "Lt", "Gt") and not is_open(operator):
            yield Refusal((*path, "operator"), f"a toleration has `Equal` or `Exists`, not `{operator}`")
        if not text(one, "key") and operator != "Exists":
            yield Refusal(path, "a toleration without key needs the operator `Exists`")
        if effect not in _EFFECTS and not is_open(effect):
            yield Refusal((*path, "effect"), f"`{effect}` is no effect: NoSchedule, PreferNoSchedule or NoExecute")
        yield from only_with(one, path, "tolerationSeconds", effect == "NoExecute", "the effect `NoExecute`")


def _affinity(affinity: Mapping[str, Any]) -> Iterator[Refusal]:
    for word in ("podAffinity", "podAntiAffinity"):
        for path, term in mappings(affinity, word, "requiredDuringSchedulingIgnoredDuringExecution"):
            yield from _term(term, ("affinity", *path))
        for path, one in mappings(affinity, word, "preferredDuringSchedulingIgnoredDuringExecution"):
            yield from _weight(one, ("affinity", *path))
            yield from _term(mapping(one, "podAffinityTerm"), ("affinity", *path, "podAffinityTerm"))
    node = mapping(affinity, "nodeAffinity")
    required = ("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    for path, term in mappings(node, *required):
        yield from expressions(term, ("affinity", "nodeAffinity", *path), numeric=True)
    for path, one in mappings(node, "preferredDuringSchedulingIgnoredDuringExecution"):
        yield from _weight(one, ("affinity", "nodeAffinity", *path))
        way = ("affinity", "nodeAffinity", *path, "preference")
        yield from expressions(mapping(one, "preference"), way, numeric=True)


def _weight(one: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    weight = whole(one.get("weight"))
    if weight is not None and not 1 <= weight <= _HEAVIEST:
        yield Refusal((*path, "weight"), f"the weight {weight} is not between 1 and {_HEAVIEST}")


def _term(term: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    if term and not text(term, "topologyKey"):
        yield Refusal(path, "an affinity between Pods needs a `topologyKey`", "topologyKey: kubernetes.io/hostname")
    yield from expressions(mapping(term, "labelSelector"), (*path, "labelSelector"))


def _spread(spec: Mapping[str, Any]) -> Iterator[Refusal]:
    seen: set[tuple[str, str]] = set()
    for path, one in mappings(spec, "topologySpreadConstraints"):
        word = text(one, "whenUnsatisfiable")
        yield from below(one, path, maxSkew=1, minDomains=1)
        if word and word not in ("DoNotSchedule", "ScheduleAnyway") and not is_open(word):
            message = f"`{word}` is not `DoNotSchedule` or `ScheduleAnyway`"
            yield Refusal((*path, "whenUnsatisfiable"), message)
        yield from only_with(one, path, "minDomains", word == "DoNotSchedule", "`DoNotSchedule`")
        key = (text(one, "topologyKey"), word)
        if key in seen:
            yield Refusal(path, f"the spread over `{key[0]}` with `{word}` is there twice")
        seen.add(key)


def _volume(volume: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    host = mapping(volume, "hostPath")
    kind = text(host, "type")
    if kind not in _HOST_PATHS and not is_open(kind):
        yield Refusal((*path, "hostPath", "type"), f"a hostPath cannot be a `{kind}`")
    for word, key in (("secret", "secretName"), ("configMap", "name"), ("persistentVolumeClaim", "claimName")):
        source = volume.get(word)
        if isinstance(source, dict) and not source.get(key):
            near = "name" if word == "secret" and source.get("name") else None
            yield Refusal((*path, word), f"the volume needs `{key}`", f"`{near}` should be `{key}`" if near else None)
        yield from _content(mapping(volume, word), (*path, word))
    for way, source in mappings(volume, "projected", "sources"):
        for word in ("secret", "configMap"):
            yield from _content(mapping(source, word), (*path, *way, word))


def _content(source: Mapping[str, Any], path: Path_) -> Iterator[Refusal]:
    for key, mode in (("defaultMode", source.get("defaultMode")),):
        if (number := whole(mode)) is not None and not 0 <= number <= _HIGHEST_MODE:
            hint = "write it in octal, with a 0 before it: 0440"
            yield Refusal((*path, key), f"`{key}` is {number}; a mode goes from 0 to 0777 (511)", hint)
    for way, item in mappings(source, "items"):
        yield from relative(text(item, "path"), (*path, *way, "path"))
        if (number := whole(item.get("mode"))) is not None and not 0 <= number <= _HIGHEST_MODE:
            yield Refusal((*path, *way, "mode"), f"`mode` is {number}; a mode goes from 0 to 0777 (511)")
