"""Reads one Python file into a syntax tree, or says in words why that cannot be done."""

from __future__ import annotations

import ast
import codecs
import errno
import io
import os
import stat
import tokenize
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

LARGEST_SOURCE = 8 * 1024 * 1024
"""A source beyond this is data, not a workflow; parsing it would cost gigabytes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file could not be read as Python, and where."""

    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its text and tree, or its fault; `missing` where there is no such file."""

    path: Path
    text: str = ""
    tree: ast.Module | None = None
    fault: Fault | None = None
    missing: bool = False
    marked: bool = False
    """Whether a byte order mark stands before the first character."""
    returns: bool = False
    """Whether the first line ends in CR LF: a kernel then looks for an interpreter named `python3\\r`."""


def read_source(path: Path) -> Source:
    """Reads and parses `path`; never raises for what the file contains."""
    try:
        data = read_regular(os.fspath(path), LARGEST_SOURCE)
    except FileNotFoundError:
        return Source(path, missing=True)
    except OSError as error:
        return Source(path, fault=Fault(f"cannot be read: {error.strerror or error}"))
    return parse_source(path, data)


def read_regular(path: str, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; raises OSError for anything else.

    Opening a named pipe would wait for its writer for ever, hence the look before.
    """
    about = os.stat(path)  # noqa: PTH116 - a thousand of these are read
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if about.st_size > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit // 1024} KiB")
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read(limit)


def parse_source(path: Path, data: bytes) -> Source:
    """The tree of `data`, decoded as Python decodes it: UTF-8, its BOM, or the coding cookie."""
    if b"\0" in data:
        return Source(path, fault=Fault("contains a NUL byte", line=data.count(b"\n", 0, data.index(b"\0")) + 1))
    try:
        text = decode(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return Source(path, fault=_decoding_fault(data, error))
    source = _parse(path, text)
    return replace(source, marked=data.startswith(codecs.BOM_UTF8), returns=b"\r" in data[: data.find(b"\n") + 1])


def decode(data: bytes) -> str:
    """The text of a Python file with its line ends made `\\n`; raises SyntaxError or UnicodeDecodeError."""
    text = data.decode("utf-8-sig") if b"coding" not in data[:200] else _decode_with_cookie(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_with_cookie(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _decoding_fault(data: bytes, error: Exception) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        line = data.count(b"\n", 0, error.start) + 1
        return Fault(f"byte 0x{data[error.start]:02x} is not valid {error.encoding}", line=line)
    return Fault(f"cannot be decoded: {error}", line=1)


def _parse(path: Path, text: str) -> Source:
    try:
        with warnings.catch_warnings():
            # A doubtful escape sequence in the project's string is not our trouble.
            warnings.simplefilter("ignore")
            return Source(path, text, ast.parse(text))
    except SyntaxError as error:
        return Source(path, text, fault=Fault(f"syntax error: {error.msg}", error.lineno, error.offset or None))
    except (RecursionError, MemoryError):
        return Source(path, text, fault=Fault("nested too deeply for Python to parse"))
    except ValueError as error:
        return Source(path, text, fault=Fault(f"cannot be parsed: {error}"))
