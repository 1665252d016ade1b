"""`transformers serve` on loopback, for tests that ask a real server."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDS = ("torch", "transformers", "fastapi", "uvicorn", "openai")


def needs_a_server() -> None:
    """Skip the test where a library is lacking."""
    for name in NEEDS:
        if not importlib.util.find_spec(name):
            pytest.skip(f"needs {name}: pip install torch 'transformers[serving]'")


@contextmanager
def serving(model: Path, log: Path) -> Iterator[str]:
    """The address of a server of the model in a folder; the log has a line for each request."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (log.parent / "hub").mkdir()
    env = {
        **os.environ,
        "HF_HOME": str(log.parent),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model), "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--device", "cpu", "--log-level", "info"], env=env, stdout=out, stderr=out
        )
    try:
        until = time.monotonic() + 120
        while not _answers(f"http://127.0.0.1:{port}/health"):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"transformers serve did not start: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except OSError:
        return False
    return True
