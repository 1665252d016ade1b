"""Attack the parsers: `python -m tests.fuzz --seconds 30 [TARGET ...]`, or `make fuzz`.

Each target runs in a process of its own, because native code that is broken takes its process along, and one that hangs is killed. Where
atheris is installed (`pip install atheris==3.0.0`; Apache-2.0, no dependencies) inputs are led by the branches that they reach, else they
are mutations of seeds by number. An input that breaks a target is made smaller and kept in build/fuzz/TARGET/, with the command that gives
it to the target again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.engine import LONGEST, Target, judged, kind_of, mutated, shrunk
from tests.fuzz.targets import TARGETS

HANGS = 60
"""Seconds after which an input counts as one that hangs."""
DIED = 70
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Attack, or give one input to a target again; 1 if anything was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=30.0, help="for each target")
    parser.add_argument("--seed", default="", help="a word that decides which inputs are made")
    parser.add_argument("--engine", choices=("auto", "atheris", "mutations"), default="auto")
    parser.add_argument(
        "--keep", type=Path, default=ROOT / "build" / "fuzz", help="folder for inputs that break a target"
    )
    parser.add_argument("--repeat", type=Path, metavar="FILE", help="give this input to the target")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"there is no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    chosen = [TARGETS[name] for name in given.targets or TARGETS]
    if given.repeat:
        return repeat(chosen[0], given.repeat)
    if given.child:
        return child(chosen[0], given)
    return sum([attack(target, given) for target in chosen]) > 0


def repeat(target: Target, path: Path) -> int:
    """What is wrong with how a target takes the input in a file."""
    target.warm()
    wrong = judged(target, path.read_bytes())
    print(wrong or "nothing is wrong")
    return bool(wrong)


def attack(target: Target, given: argparse.Namespace) -> int:
    """Attack one target in a process of its own; how many inputs broke it, one of each kind."""
    folder = given.keep / target.name
    folder.mkdir(parents=True, exist_ok=True)
    current = folder / ".current"
    current.unlink(missing_ok=True)
    words = [
        sys.executable,
        "-m",
        "tests.fuzz",
        target.name,
        "--child",
        "--seconds",
        str(given.seconds),
        "--seed",
        given.seed,
    ]
    words += ["--engine", given.engine, "--keep", str(given.keep)]
    started = time.monotonic()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, env=environment(), check=False)
    told = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith('{"fuzz"')]
    ran = sum(one.get("inputs", 0) for one in told)
    broken = {one["wrong"]: Path(one["file"]) for one in told if "wrong" in one}
    if done.returncode < 0 and current.is_file():
        how = "hangs" if done.returncode == -signal.SIGALRM else f"dies of {signal.Signals(-done.returncode).name}"
        broken[f"{how}: the process of the parser"] = kept(folder, current.read_bytes())
    elif done.returncode and not broken:
        broken[f"ends with {done.returncode}: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}"] = folder
    current.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
    count = f"{ran:,} inputs in " if ran else ""
    print(f"{target.name}: {count}{time.monotonic() - started:.0f} s, {len(broken)} kinds of failure", flush=True)
    for wrong, path in broken.items():
        shown = os.path.relpath(path, Path.cwd())
        print(f"  {wrong}\n  again: python -m tests.fuzz {target.name} --repeat {shown}", flush=True)
    return len(broken)


def environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}


def kept(folder: Path, data: bytes) -> Path:
    """Keep an input under a name that is its digest's."""
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


def child(target: Target, given: argparse.Namespace) -> int:
    """In the target's process: make inputs until the time is over."""
    guided = given.engine == "atheris" or (given.engine == "auto" and importlib.util.find_spec("atheris") is not None)
    tell = Telling(target, given.keep / target.name)
    if guided:
        from tests.fuzz.guided import fuzz

        return fuzz(target, tell.look, given.seconds, given.keep / target.name)
    target.warm()
    until, number = time.monotonic() + given.seconds, 0
    while time.monotonic() < until:
        tell.look(mutated(target, number, given.seed))
        number += 1
    tell.end()
    return 0


class Telling:
    """Looks at inputs, and tells of the first of each kind that breaks the target."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.folder, self.seen, self.inputs = target, folder, set[str](), 0
        self.current = os.open(folder / ".current", os.O_RDWR | os.O_CREAT, 0o600)

    def look(self, data: bytes) -> None:
        """Give one input to the target. It is in a file meanwhile, for whoever finds this process dead."""
        data = data[:LONGEST]
        os.ftruncate(self.current, 0)
        os.pwrite(self.current, data, 0)
        signal.setitimer(signal.ITIMER_REAL, HANGS)
        wrong = judged(self.target, data)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.inputs += 1
        kind = kind_of(wrong)
        if not wrong or kind in self.seen:
            return
        self.seen.add(kind)
        small = data if kind == "memory" else shrunk(data, lambda one: kind_of(judged(self.target, one)) == kind)
        print(
            json.dumps(
                {
                    "fuzz": self.target.name,
                    "wrong": judged(self.target, small) or wrong,
                    "file": str(kept(self.folder, small)),
                }
            )
        )
        sys.stdout.flush()

    def end(self) -> None:
        """Tell how many inputs there were."""
        print(json.dumps({"fuzz": self.target.name, "inputs": self.inputs}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
