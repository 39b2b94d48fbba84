"""A package registry on 127.0.0.1 with the distributions that a test names: the real protocol, tiny wheels."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Offered = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Distributions by name, their versions, and what each version requires."""


@contextmanager
def registry(offered: Offered) -> Iterator[str]:
    """Serves them until the block ends; gives the address of the index."""
    wheels = {
        f"{name.replace('-', '_')}-{version}-py3-none-any.whl": _wheel(name, version, requires)
        for name, versions in offered.items()
        for version, requires in versions.items()
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            if kind == "simple" and name in offered:
                prefix = f"{name.replace('-', '_')}-"
                files = [file for file in wheels if file.startswith(prefix)]
                # Metadata beside each wheel, as registries give it: nobody has to open the wheel.
                links = [f'<a href="/files/{file}" data-core-metadata="true">{file}</a>' for file in files]
                self.answer("".join(links).encode(), "text/html")
            elif kind == "files" and name.removesuffix(".metadata") in wheels and name.endswith(".metadata"):
                self.answer(_metadata(wheels[name.removesuffix(".metadata")]), "text/plain")
            elif kind == "files" and name in wheels:
                self.answer(wheels[name], "application/octet-stream")
            else:
                self.send_error(404)

        def answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _metadata(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
        return opened.read(next(name for name in opened.namelist() if name.endswith("/METADATA")))


def _wheel(name: str, version: str, requires: tuple[str, ...]) -> bytes:
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr(f"{folder}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{folder}/RECORD", "")
    return content.getvalue()
