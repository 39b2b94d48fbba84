"""Talks to PostgreSQL in its own words: no driver, and so no opinion between a statement and the server's answer."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

_PROTOCOL_3 = 196608
_CLEARTEXT = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refused a statement; `position` counts characters of the statement from 1."""

    code: str
    message: str
    detail: str = ""
    hint: str = ""
    position: int | None = None

    @property
    def words(self) -> str:
        """The server's own words, in one line."""
        return " ".join(f"{self.message}{f' ({self.detail})' if self.detail else ''}".split())


class Lost(Exception):
    """The server does not answer (any more)."""


Row = tuple[str | None, ...]


class Session:
    """One connection to a server on the loopback."""

    def __init__(self, port: int, user: str, password: str, database: str, limit_s: float = 20.0) -> None:
        self._buffer = b""
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), limit_s)
        except OSError as error:
            raise Lost(str(error)) from None
        try:
            self._start(user, password, database)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Says goodbye."""
        try:
            self._send(b"X")
        except Lost:
            pass
        finally:
            self._socket.close()

    def run(self, sql: str) -> tuple[list[Row], Refusal | None]:
        """Executes statements; the rows of all of them, and the refusal of the one that failed."""
        self._send(b"Q", sql.encode() + b"\0")
        rows: list[Row] = []
        refusal: Refusal | None = None
        for kind, body in self._until_ready():
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                refusal = refusal or _refusal(body)
            elif kind == b"G":  # COPY ... FROM STDIN: there is nothing to copy
                self._send(b"f", b"no data\0")
        return rows, refusal

    def rows(self, sql: str) -> list[Row]:
        """The rows of one of our own statements; raises Lost where the server refuses it."""
        found, refusal = self.run(sql)
        if refusal is not None:
            raise Lost(refusal.words)
        return found

    def prepare(self, sql: str) -> Refusal | None:
        """Has the server analyse one statement with `$1` parameters of unknown types, without running it."""
        self._send(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0))
        self._send(b"S")
        refusals = [_refusal(body) for kind, body in self._until_ready() if kind == b"E"]
        return refusals[0] if refusals else None

    def _start(self, user: str, password: str, database: str) -> None:
        words = ("user", user, "database", database, "client_encoding", "UTF8")
        body = struct.pack("!i", _PROTOCOL_3) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
        self._transmit(struct.pack("!i", len(body) + 4) + body)
        for kind, answer in self._until_ready():
            if kind == b"R" and struct.unpack("!i", answer[:4])[0] == _CLEARTEXT:
                self._send(b"p", password.encode() + b"\0")
            elif kind == b"E":
                raise Lost(_refusal(answer).words)

    def _send(self, kind: bytes, body: bytes = b"") -> None:
        self._transmit(kind + struct.pack("!i", len(body) + 4) + body)

    def _transmit(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Lost(str(error)) from None

    def _until_ready(self) -> Iterator[tuple[bytes, bytes]]:
        while True:
            head = self._take(5)
            body = self._take(struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"Z":
                return
            yield head[:1], body

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise Lost(str(error)) from None
            if not data:
                raise Lost("the server closed the connection")
            self._buffer += data
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


def _row(body: bytes) -> Row:
    values: list[str | None] = []
    at = 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        size = struct.unpack("!i", body[at : at + 4])[0]
        at += 4
        values.append(None if size < 0 else body[at : at + size].decode("utf-8", "replace"))
        at += max(size, 0)
    return tuple(values)


def _refusal(body: bytes) -> Refusal:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    position = fields.get(b"P", "")
    return Refusal(
        code=fields.get(b"C", ""),
        message=fields.get(b"M", ""),
        detail=fields.get(b"D", ""),
        hint=fields.get(b"H", ""),
        position=int(position) if position.isdigit() else None,
    )
