"""Where a system's files and messages go in tests: an S3 server, and receivers of webhooks and e-mails."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from support.servers import free_port, program, started


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """An S3 server that keeps everything in memory; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = [program("moto_server"), "--host", "127.0.0.1", "--port", str(port)]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TMPDIR": str(folder)}
    with started("s3", words, folder / "s3.log", cwd=folder, env=environment) as server:
        server.wait_for(lambda: urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=2).close() or True, "S3")
        yield url


class Webhook(ThreadingHTTPServer):
    """Takes what is posted to it as JSON, and answers 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[Any] = []

    @property
    def url(self) -> str:
        """An address that looks like Slack's."""
        return f"http://127.0.0.1:{self.server_address[1]}/services/example"


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are in `taken`."""


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A receiver of webhooks."""
    with Webhook() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@dataclass
class Mailbox:
    """Takes e-mails at a port of the loopback."""

    port: int
    taken: list[Message] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        """Called for each e-mail."""
        self.taken.append(message_from_bytes(envelope.content))
        return "250 taken"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A receiver of e-mails."""
    from aiosmtpd.controller import Controller

    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
