"""Stand-ins in variables that something was to replace, and has not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.deploy.kubernetes.unit import Unit, doubt, fault
from checks.deploy.kubernetes.values import mappings, text
from checks.model import Diagnostic

_STANDIN = re.compile(r"REPLACED|REPLACE[-_]?(ME|THIS)|PLACEHOLDER|TO[-_]?BE[-_]?(SET|REPLACED|FILLED)|FIXME|TODO")
_NAMES_A_HOST = re.compile(r"HOST$|_ADDR(ESS)?$|_URL$|_SERVER$|_ENDPOINT$")


def find(unit: Unit) -> Iterator[Diagnostic]:
    """Every variable that still says what should have been replaced."""
    for pod in () if unit.rendering.is_part else unit.pods:
        for container in pod.containers():
            for path, entry in mappings(container.content, "env"):
                name, value = text(entry, "name"), text(entry, "value")
                if not _STANDIN.fullmatch(value) or value in unit.guides:
                    continue
                message = f"`{name}` of {container.title} is still `{value}`: nothing replaces it"
                # A kustomization is applied as it is; other files may be filled in by a script.
                sure = unit.rendering.kind == "kustomize" and _NAMES_A_HOST.search(name)
                make = fault if sure else doubt
                yield make("unfilled-value", pod.document, (*container.path, *path, "value"), message)
