"""A web server on loopback that knows byte ranges, and can fail in every way that servers do."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Flaky:
    """What the server does, and what it was asked. `faults`: name of a file -> what happens to the next answers, one word each.

    503, 429, 403: that status. reset: the connection breaks before an answer. cut: after half of what was asked, having said the whole
    length. short: half of it, said to be all. ignore: the whole file, whatever range was asked. swap: another file's bytes and ETag.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.url = ""
        self.etag = '"{}"'
        """How an ETag is written; empty for none."""

    def ranges(self, name: str) -> list[str]:
        """The ranges that were asked of a file, in order; empty for the whole of it."""
        return [asked for path, asked in self.asked if path == name]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    flaky: Flaky

    def do_GET(self) -> None:
        name = urllib.parse.unquote(self.path).removeprefix("/")
        path = self.flaky.folder / name
        asked = self.headers.get("Range", "")
        if self.command == "GET":
            self.flaky.asked.append((name, asked))
        waiting = self.flaky.faults.get(name, []) if self.command == "GET" else []
        fault = waiting.pop(0) if waiting else ""
        if fault.isdigit() or not path.is_file():
            return self._say(int(fault or 404))
        if fault == "reset":
            return self._break()
        data = path.read_bytes() if fault != "swap" else b"another file"
        etag = self.flaky.etag.format(hashlib.md5(data).hexdigest())
        wanted = self.headers.get("If-Match")
        if wanted and (wanted != etag or etag.startswith("W/")):
            return self._say(412)
        tag = {"ETag": etag} if etag else {}
        if last := re.fullmatch(r"bytes=-(\d+)", asked):
            asked = f"bytes={max(0, len(data) - int(last[1]))}-"
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        if found and fault != "ignore":
            start, end = int(found[1]), int(found[2] or len(data) - 1)
            span = {"Content-Range": f"bytes {start}-{end}/{len(data)}"}
            return self._send(206, data[start : end + 1], fault, {**tag, **span})
        return self._send(200, data, fault, tag)

    do_HEAD = do_GET

    def _send(self, status: int, data: bytes, fault: str, headers: dict[str, str]) -> None:
        body = data[: len(data) // 2] if fault in ("cut", "short") else data
        self._say(status, headers, len(body if fault == "short" else data))
        if self.command == "GET":
            self.wfile.write(body)
        if fault == "cut":
            self._break()

    def _say(self, status: int, headers: dict[str, str] | None = None, length: int = 0) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()

    def _break(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def server(folder: Path) -> Iterator[Flaky]:
    """A running server of the files of a folder."""
    flaky = Flaky(folder)
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (_Handler,), {"flaky": flaky}))
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    flaky.url = f"http://127.0.0.1:{running.server_port}"
    try:
        yield flaky
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
