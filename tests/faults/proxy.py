"""A wire that can be cut: everything to a server on loopback goes through it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Wire:
    """Forwards connections. `cut` breaks those that there are and refuses new ones until `mend`; `after` cuts in a while."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.to = (parts.hostname or "", parts.port or 0)
        self.path = parts.path
        self.open: set[socket.socket] = set()
        self.listening: socket.socket | None = None
        self.port = 0
        self.left: int | None = None
        self.cuts = 0
        self.lock = threading.Lock()
        self.mend()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def mend(self) -> None:
        """Connections are taken."""
        self.left = None
        if self.listening:
            return
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(64)
        self.port, self.listening = listening.getsockname()[1], listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """No connection is left, and none is taken."""
        listening, self.listening = self.listening, None
        self.cuts += 1
        if listening:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self.break_all()

    def break_all(self) -> None:
        """End all connections with a reset, in the middle of what they carry."""
        with self.lock:
            ends, self.open = list(self.open), set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def after(self, count: int) -> None:
        """Cut it when so many more bytes went through."""
        self.left = count

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(self.to, 10)
            except OSError:
                here.close()
                continue
            with self.lock:
                self.open |= {here, there}
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, a: socket.socket, b: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := a.recv(1 << 14):
                if self.left is not None:
                    self.left -= len(data)
                    if self.left < 0:
                        self.left = None
                        b.sendall(data[: len(data) // 2])
                        self.cut()
                        return
                b.sendall(data)
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """A wire to a server, gone at the end."""
    made = Wire(url)
    try:
        yield made
    finally:
        made.cut()
