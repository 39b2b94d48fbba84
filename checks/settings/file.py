"""Bytes of a config file as text: what cannot be one is refused before it costs anything."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from checks.model import Place
from checks.settings.problems import Problems, shown

# Every parser used here stays well under a second up to this size, whatever the bytes are.
LARGEST_BYTES = 128 * 1024

# What YAML forbids; a set beyond `\xff` would take longer to compile than a config to read.
_UNPRINTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\ufffe|\uffff"
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_text(path: Path, file: str, problems: Problems) -> str:
    """The text of a config, without byte order mark; raises ConfigError where there is none to read."""
    return _decoded(_read_bytes(path, file, problems), file, problems)


def display(path: Path, root: Path) -> str:
    """How a file is named to people: relative to the project where it is inside."""
    absolute, top = Path(os.path.abspath(path)), Path(os.path.abspath(root))  # noqa: PTH100 - links stay as written
    return absolute.relative_to(top).as_posix() if absolute.is_relative_to(top) else str(path)


def _read_bytes(path: Path, file: str, problems: Problems) -> bytes:
    place = Place(file)
    try:
        return _read_bounded(path, place, problems)
    except FileNotFoundError:
        if path.is_symlink():
            problems.stop(place, f"the config is a link to {shown(str(path.readlink()))}, which does not exist")
        problems.stop(place, "there is no such config", "name one with `--config FILE`, or leave the option out")
    except PermissionError:
        problems.stop(place, "the config may not be read", f"chmod u+r {file}")
    except (OSError, ValueError) as error:
        problems.stop(place, f"the config cannot be read: {getattr(error, 'strerror', None) or error}")


def _read_bounded(path: Path, place: Place, problems: Problems) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        problems.stop(place, f"the config must be a regular file, this is {kind}")
    with path.open("rb") as opened:
        data = b"" if found.st_size > LARGEST_BYTES else opened.read(LARGEST_BYTES + 1)
    size = max(found.st_size, len(data))
    if size > LARGEST_BYTES:
        problems.stop(place, f"{size} bytes are too many for a config, which has at most {LARGEST_BYTES}")
    return data


def _decoded(data: bytes, file: str, problems: Problems) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.stop(Place(file, 1, 1), "the config is UTF-16, and must be UTF-8", f"iconv -f UTF-16 -t UTF-8 {file}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.start` counts in what stands behind a byte order mark, and `error.object` is exactly that.
        place = _place_of(file, error.object[: error.start].decode("utf-8", "replace"))
        problems.stop(place, f"byte `0x{error.object[error.start]:02x}` is no UTF-8", "save the file as UTF-8")
    odd = re.search(_UNPRINTABLE, text)
    if odd:
        problems.stop(_place_of(file, text[: odd.start()]), f"the character {shown(odd[0])} may not stand in a config")
    return text


def _place_of(file: str, before: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
