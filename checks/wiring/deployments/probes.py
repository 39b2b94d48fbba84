"""What a health check asks for: a path at a port, or a command."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from checks.deploy.dockerfile.model import Built
from checks.model import Place
from checks.wiring.deployments.containers import stage_of
from checks.wiring.model import Probe

_URL = re.compile(r"""https?://[^\s'"`;|&)<>\\]+""")
_ITSELF = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104  # compared with, never bound


def of_command(words: Sequence[str], place: Place, purpose: str, names: Collection[str] = ()) -> Probe:
    """A probe that runs a command; where that asks one URL of the container itself, its path and port."""
    urls = {found.rstrip(".,") for word in words for found in _URL.findall(word)}
    asked = {_own(url, names) for url in urls}
    if len(asked) != 1 or None in asked:
        return Probe(purpose, place, command=tuple(words))
    path, port = next(iter(asked)) or ("", 0)
    return Probe(purpose, place, path, port, tuple(words))


def of_image(built: Built, root: Path) -> Iterator[Probe]:
    """The HEALTHCHECK of an image that the project builds."""
    found = stage_of(built, root)
    instruction = found.image.health if found is not None else None
    text = instruction.value if instruction is not None else ""
    if instruction is not None and "CMD" in text:
        words = ("/bin/sh", "-c", text.partition("CMD")[2].strip())
        yield of_command(words, Place(built.dockerfile, instruction.line), "HEALTHCHECK")


def _own(url: str, names: Collection[str]) -> tuple[str, int] | None:
    """Path and port of a URL that leads to the container itself; None where it leads elsewhere, or is not plain."""
    if "$" in url or "{" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if parts.hostname is None or not (parts.hostname in _ITSELF or parts.hostname in names):
        return None
    return parts.path or "/", port
