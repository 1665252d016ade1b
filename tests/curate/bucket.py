"""A real server on loopback that speaks the S3 protocol, for tests."""

from __future__ import annotations

import os
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.objectstore import Bucket


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """A running server; the environment that leads to it."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    try:
        yield {
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        }
    finally:
        running.stop()


def new_bucket(name: str = "") -> str:
    """The URL of a place in an empty bucket."""
    name = name or f"b{secrets.token_hex(6)}"
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/{name}", method="PUT")
    urllib.request.urlopen(request, timeout=10).close()
    return f"s3://{name}/team/store"


def names(url: str, folder: str = "objects") -> list[str]:
    """Every file below a folder of a bucket."""
    return sorted(file.name for file in Bucket(url).list(folder))


def change(url: str, name: str, data: bytes | None) -> None:
    """Put other bytes in place of a file, or take it away."""
    import obstore

    store = Bucket(url)._store
    obstore.delete(store, name) if data is None else obstore.put(store, name, data)


def read(url: str, name: str) -> bytes:
    data = Bucket(url).read(name, 1 << 30)
    assert data is not None
    return data


def copy(folder: Path, to: Path) -> Path:
    """A second checkout: all of a project but its store."""
    import shutil

    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(".curate"))
    return to
