"""Fixed addresses: in a subnet of their network, and each given once."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from checks.deploy.compose.ports import together
from checks.deploy.compose.system import System
from checks.model import Diagnostic

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def static_addresses(system: System) -> Iterator[Diagnostic]:
    """Addresses that a network does not have, or that it gave away."""
    given: dict[tuple[str, str], str] = {}
    for name, service in system.services.items():
        for network, own in (service.get("networks") or {}).items():
            for key in ("ipv4_address", "ipv6_address"):
                address = str((own or {}).get(key) or "")
                path = ("services", name, "networks", network, key)
                message = _wrong(system, network, address) if address else None
                other = given.setdefault((network, address), name) if address else name
                if message is None and other != name and together(system, other, name):
                    message = f"`{address}` is the address of `{other}` too"
                if message is not None:
                    yield system.places.diagnostic("static-address", path, message)


def _wrong(system: System, network: str, text: str) -> str | None:
    defined = (system.model.get("networks") or {}).get(network) or {}
    if str(defined.get("external") or "").lower() not in ("", "false"):
        return None
    ours = str((defined.get("ipam") or {}).get("driver") or "default") == "default"
    if not ours or str(defined.get("driver") or "bridge") not in ("bridge", "macvlan", "ipvlan", "overlay"):
        return None
    pools = (defined.get("ipam") or {}).get("config") or []
    subnets = [subnet for pool in pools if (subnet := _subnet(str((pool or {}).get("subnet") or ""))) is not None]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    own = [subnet for subnet in subnets if subnet.version == address.version]
    if not own:
        if subnets or address.version == 6:  # of a network whose other family is left to Docker nothing is known
            return None
        return f"`{text}` can only be given in a network whose `ipam` names a subnet, and `{network}` names none"
    if not any(address in subnet for subnet in own):
        return f"`{text}` is not in the subnet of `{network}`, which is `{own[0]}`"
    gateways = {str((pool or {}).get("gateway") or "") for pool in pools}
    return f"`{text}` is the gateway of `{network}`" if text in gateways else None


def _subnet(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
