"""A small process between a build and a server that it started: it ends the server when the build is gone, however that ended.

The build holds one end of a pipe and never writes; when it dies, also by kill -9, the operating system closes that end. The server has a
process group of its own, which is asked to stop and, after a time, killed. This file is run by its path and imports only the standard
library, so that it starts at once and needs almost no memory.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

EVERY = 0.2
"""Seconds between two looks at the server."""


def main(pipe: int, grace: float, command: list[str]) -> int:
    """Run a command until it ends or the pipe is closed; its exit code. grace: seconds that it has to stop."""
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", flush=True)
        return 127
    while _runs(server.pid) and not stopped:
        if select.select([pipe], [], [], EVERY)[0]:
            break
    if _runs(server.pid):
        _signal(server.pid, signal.SIGTERM)
        until = time.monotonic() + grace
        while _runs(server.pid) and time.monotonic() < until:
            time.sleep(EVERY / 4)
    _signal(server.pid, signal.SIGKILL)  # also what the server itself started
    return server.wait()


def _runs(pid: int) -> bool:
    """Whether our child has not ended. Looks without collecting it, so that the number of its group stays its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    code = main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
    sys.exit(code if code >= 0 else 128 - code)
