"""Labels by which Traefik is told where a service listens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checks.deploy.compose.listening import listening
from checks.deploy.compose.services import place_in
from checks.deploy.compose.system import System
from checks.model import Diagnostic, Severity

_PORT = re.compile(r"traefik\.(?:http|tcp)\.services\.[^.]+\.loadbalancer\.server\.port", re.IGNORECASE)


def traefik_ports(system: System) -> Iterator[Diagnostic]:
    """Ports to which Traefik sends requests, and behind which nobody listens."""
    for name, service in system.services.items():
        for label, value in _labels(service).items():
            where = listening(system, name) if _PORT.fullmatch(label) else None
            if where is None or not value.isdecimal() or int(value) in where.ports | where.may:
                continue
            file, line, _ = place_in(system, name, "labels", label)
            message = f"Traefik is told to ask `{name}` on port `{value}`, and {where.because}"
            severity = Severity.ERROR if where.said else Severity.WARNING
            hint = f"write `{min(where.ports)}`"
            yield Diagnostic("compose.wrong-port", severity, message, file, line, hint=hint)


def asked_by_traefik(system: System) -> set[str]:
    """The services that labels make known to Traefik."""
    return {
        name
        for name, service in system.services.items()
        if any(label.lower().startswith(("traefik.http.", "traefik.tcp.")) for label in _labels(service))
    }


def _labels(service: Mapping[str, Any]) -> dict[str, str]:
    labels = service.get("labels") or {}
    pairs = labels.items() if isinstance(labels, dict) else (str(item).partition("=")[::2] for item in labels)
    return {str(label): str(value).strip() for label, value in pairs}
