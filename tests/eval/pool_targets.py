"""What `test_pool` has judged: functions that answer, and functions that do all that a pool must survive."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

KEPT: list[bytearray] = []
WARM: list[int] = []


def warm() -> None:
    WARM.append(os.getpid())


def same(payload: Any) -> Any:
    return payload


def misdeed(payload: Any) -> Any:
    """Echo, except for a text that names one of the functions below."""
    deed = DEEDS.get(payload) if isinstance(payload, str) else None
    return deed() if deed else payload


def loop() -> None:
    while True:
        pass


def loop_that_catches_all() -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def own_alarm() -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)
    loop()


def power() -> None:
    9**9**8


def regex() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")


def bomb() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def one_huge() -> int:
    return len(bytearray(1 << 40))


def keep() -> str:
    KEPT.append(bytearray(20 << 20))
    return "kept"


def most() -> str:
    return "had" if len(bytearray(100 << 20)) else ""


def blocked_forever() -> None:
    os.read(os.pipe()[0], 1)


def leave() -> None:
    os._exit(0)


def system_exit() -> None:
    sys.exit(0)


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def recursion() -> Any:
    return recursion()


def recursion_without_limit() -> Any:
    """Through C at each step, so that the stack of the machine overflows."""
    sys.setrecursionlimit(1 << 30)
    return max(map(lambda _: recursion_without_limit(), [0]))  # noqa: C417


def noise() -> str:
    print('[1,"result",666]', flush=True)
    print("noise", file=sys.stderr, flush=True)
    os.write(1, b'\n[1,"result",666]\n')
    os.system("echo more noise; echo and more >&2")
    sys.stdin.read()
    return "noise done"


def pid() -> int:
    return os.getpid()


def zygote() -> int:
    return os.getppid()


def stop_zygote() -> None:
    os.kill(os.getppid(), signal.SIGSTOP)
    loop()


def stop_self() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_zygote() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def nap() -> str:
    time.sleep(0.02)
    return "rested"


def grandchild() -> int:
    return subprocess.Popen(["sleep", "600"]).pid


def bug() -> None:
    raise KeyError("a bug of ours")


def not_json() -> Any:
    return {1, 2}


def nan() -> float:
    return float("nan")


def warmth() -> list[int]:
    return [len(WARM), int([os.getppid()] == WARM)]


def settings() -> list[Any]:
    return [sys.flags.safe_path, os.environ["PYTHONHASHSEED"], os.environ["OMP_NUM_THREADS"], sys.path]


DEEDS = {
    name: deed
    for name, deed in list(globals().items())
    if callable(deed) and name not in ("same", "misdeed", "Any", "warm")
}
