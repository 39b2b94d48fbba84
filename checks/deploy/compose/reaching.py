"""Whether the addresses that services are given lead to a service, and to the port where it listens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from checks.deploy.compose.databases import SCANNED_BYTES
from checks.deploy.compose.listening import Listening, listening
from checks.deploy.compose.mounted import mounted
from checks.deploy.compose.places import shown
from checks.deploy.compose.protocols import nameless, other_protocol, profile_off
from checks.deploy.compose.references import Reference, is_placeholder, references
from checks.deploy.compose.services import (
    found_at,
    hosts,
    is_shared,
    networks,
    offered,
    own_names,
    published,
    sharers,
    started,
)
from checks.deploy.compose.system import System
from checks.discovery import project_files
from checks.model import Diagnostic, Severity

LOOPBACK = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})  # noqa: S104 - compared with, never bound
_ENDINGS = (".example", ".sample", ".template", ".dist")
_TEXTS = (".md", ".rst", ".txt", ".sh", "Makefile")
_OF_DOCKER = frozenset({"host.docker.internal", "gateway.docker.internal", "host-gateway", "kubernetes"})


def reaching(system: System) -> Iterator[Diagnostic]:
    """Every address that leads nowhere."""
    known = hosts(system)
    for each in (*references(system), *mounted(system)):
        if each.host in LOOPBACK:
            yield from _loopback(system, each)
        elif each.host in known:
            yield from _known(system, each, known[each.host])
        else:
            yield from _unknown(system, each, known)


def _known(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    if name == each.service and not each.said:
        return
    ours, theirs = networks(system, each.service), networks(system, name)
    if nameless(system, each, name):
        yield _nameless(system, each, name)
        return
    if name != each.service and ours is not None and theirs is not None and not ours & theirs:
        message = f"`{each.setting.name}` names `{name}`, which shares no network with `{each.service}`"
        hint = f"put both on one network: `{each.service}` is on {_listed(ours)}, `{name}` on {_listed(theirs)}"
        yield found_at(each.setting, "unshared-network", message, hint)
        return
    if each.port is None or each.outward or not each.certain:
        return
    yield from _port(system, each, name)


def _nameless(system: System, each: Reference, name: str) -> Diagnostic:
    asking = system.services[each.service].get("network_mode")
    alone, mode = (each.service, asking) if asking else (name, system.services[name].get("network_mode"))
    message = f"`{each.setting.name}` names `{name}`, and `{alone}` runs in the network `{mode}`, "
    message += "which knows no names of services" if asking else "where no service finds it by its name"
    reached = next((host for target, host in published(system, name) if host and target == each.port), None)
    hint = f"write `localhost:{reached}`" if asking == "host" and reached else f"remove `network_mode` from `{alone}`"
    shared = bool(asking) and is_shared(system, each.setting, each.service)
    message += "; it may not use the variable, which others have too" if shared else ""
    return found_at(each.setting, "unshared-network", message, hint, Severity.WARNING if shared else Severity.ERROR)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _port(system: System, each: Reference, name: str) -> Iterator[Diagnostic]:
    assert each.port is not None  # noqa: S101 - asked for before
    where = listening(system, name)
    on_host = [target for target, host in published(system, name) if host == each.port and target != each.port]
    if where is not None:
        if each.port in where.ports | where.may:
            yield from other_protocol(system, each, name)
            return
        yield _wrong_port(each, name, where, on_host)
    elif on_host and each.port not in offered(system, name):
        message = f"`{each.setting.name}` asks `{name}` on port `{each.port}`, which is the port on the host"
        hint = f"between services the container's own port counts: write `{name}:{on_host[0]}`"
        yield found_at(each.setting, "wrong-port", message, hint)


def _wrong_port(each: Reference, name: str, where: Listening, on_host: list[int]) -> Diagnostic:
    unsaid = "" if each.said else f" (the port of `{each.scheme}://` where none is written)"
    right = min(where.ports)
    message = f"`{each.setting.name}` asks `{name}` on port `{each.port}`{unsaid}, and {where.because}"
    if on_host:
        message += f"; `{each.port}` is its port on the host"
    severity = Severity.ERROR if where.said or on_host else Severity.WARNING
    return found_at(each.setting, "wrong-port", message, f"write `{each.host}:{right}`", severity)


def _loopback(system: System, each: Reference) -> Iterator[Diagnostic]:
    if networks(system, each.service) is None or each.outward or each.port is None or not each.certain:
        return
    own = listening(system, each.service)
    together = sharers(system, each.service)
    if any(each.port in offered(system, name) for name in together) or (own is None and len(together) > 1):
        return
    if own is not None and each.port in own.ports | own.may:
        return
    for name in [other for other in system.services if other not in together]:
        where = listening(system, name)
        on_host = {host for _, host in published(system, name)}
        if not ((where is not None and each.port in where.ports) or each.port in on_host):
            continue
        browsed = (
            not each.inside and each.scheme in ("http", "https", "ws", "wss") and _has_visitors(system, each.service)
        )
        sure = not browsed and (own is not None or not offered_by_itself(each))
        sure = sure and not _is_unmentioned_example(system, each)
        message = f"`{each.setting.name}` asks `{each.address}`, which is the container of `{each.service}` itself"
        right = min(where.ports) if where is not None else each.port
        severity = Severity.ERROR if sure else Severity.WARNING
        yield found_at(each.setting, "localhost-address", message, f"for `{name}` write `{name}:{right}`", severity)
        return


def _is_unmentioned_example(system: System, each: Reference) -> bool:
    """Whether the address is in the example of an env file, and no text says to take it over as it is."""
    name = each.setting.file.rpartition("/")[2]
    if not name.endswith(_ENDINGS) or name == ".env.example":
        return False
    texts = (system.root / file for file in project_files(system.root) if file.endswith(_TEXTS))
    return not any(name.encode() in text.read_bytes()[:SCANNED_BYTES] for text in texts)


def _has_visitors(system: System, name: str) -> bool:
    """Whether a browser may be told the service's variables: it serves somebody, or nobody knows what it does."""
    return bool(offered(system, name)) or not [each for each in started(system, name) if not each.server]


def offered_by_itself(each: Reference) -> bool:
    """Whether the address may be one on which the service itself is meant to listen."""
    return any(word in each.setting.name for word in ("LISTEN", "BIND", "SERVE"))


def _unknown(system: System, each: Reference, known: dict[str, str]) -> Iterator[Diagnostic]:
    host = each.host
    if "." in host or host in _OF_DOCKER or is_placeholder(host) or host in set(own_names(system, each.service)):
        return
    if networks(system, each.service) is None:
        return
    off = next((name for name in system.written if name.lower() == host), None)
    if off is not None:
        yield from profile_off(system, each, off)
        return
    near = get_close_matches(host, known, 1, 0.6) or [name for name in known if host in name or name in host]
    outside = _reaches_outside(system, each.service)
    sure = not outside and (bool(each.scheme) or each.said) and each.certain and not each.outward
    sure = sure and not _is_filled_in_later(each)
    # A name that is like a container's name only may be that of a container of another set of files.
    sure = sure or (not outside and bool(get_close_matches(host, system.services, 1, 0.75)) and not each.outward)
    sure = sure or (not outside and not each.outward and _is_read_as_host(system, each))
    if not sure and not near:
        return
    message = f"`{each.setting.name}` names the host `{host}`, and no service is called so"
    beside = _file_beside(system, host)
    if outside:
        message += f"; a container outside may be, as network `{outside}` is external"
    elif beside:
        message += f"; one of `{beside}` is, which may be started beside this"
    hint = f"write `{near[0]}`" if near else f"the services are {_listed(frozenset(known))}"
    yield found_at(
        each.setting, "unknown-host", message, hint, Severity.ERROR if sure and not beside else Severity.WARNING
    )


def _file_beside(system: System, host: str) -> str | None:
    """Another Compose file in the same folder that has a service of that name: both may share one network."""
    ours = {document.name for document in system.places.documents}
    folder = system.root / Path(next(iter(ours), "")).parent
    service = re.compile(rf"^ +{re.escape(host)}:\s*$", re.MULTILINE)
    for file in sorted((*folder.glob("*compose*.yml"), *folder.glob("*compose*.yaml"))):
        name = shown(file, system.root)
        if name not in ours and service.search(file.read_bytes()[:SCANNED_BYTES].decode(errors="replace")):
            return name
    return None


def _is_filled_in_later(each: Reference) -> bool:
    """Whether it is a mail server that whoever sets the system up names in a variable."""
    return "$" in each.setting.raw and re.search(r"SMTP|MAIL", each.setting.name) is not None


def _is_read_as_host(system: System, each: Reference) -> bool:
    """Whether a service that is built here is given a `..._HOST` which the project's own code reads."""
    name = each.setting.name
    if not name.endswith("_HOST") or "build" not in system.services[each.service]:
        return False
    read = re.compile(rf"[\"']{name}[\"']|\b{name.lower()}\s*:".encode())
    sources = (system.root / file for file in project_files(system.root) if file.endswith(".py") and "test" not in file)
    return any(read.search(source.read_bytes()[:SCANNED_BYTES]) for source in sources)


def _reaches_outside(system: System, name: str) -> str | None:
    """A network of the service on which containers of others may be."""
    defined = system.model.get("networks") or {}
    for network in networks(system, name) or ():
        if str((defined.get(network) or {}).get("external") or "").lower() not in ("", "false"):
            return network
    return None
