"""One trial: a project, builds as processes of the real command line, and what is to be remembered of them for the judge."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.projects import FLYING, Shape

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600
"""After which a build hangs."""
READ_FIRST = ("read", "ask", "expand")
"""Nodes whose finished shards nothing writes again; from the others repeats may be struck."""


class Failed(Exception):
    """What must not happen: a traceback, a hang, a wrong exit code."""


@dataclass(frozen=True)
class Built:
    """How a command ended."""

    code: int
    said: str
    printed: str
    seconds: float

    @property
    def lines(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.strip()]

    def clearly(self) -> str:
        """The one line of a refusal. Failed if it is none."""
        if (
            self.code != 2
            or len(self.lines) != 1
            or not self.lines[0].startswith("curate: ")
            or "Traceback" in self.said
        ):
            raise Failed(f"ended with {self.code} and {len(self.lines)} lines: {self.said[-1500:]}")
        return self.lines[0].removeprefix("curate: ")


@dataclass(frozen=True)
class Reference:
    """A build that nothing happened to."""

    shape: Shape
    project: Path
    objects: dict[str, str]
    """File of an object -> SHA-256."""
    lock: str
    nodes: dict[str, tuple[str, str, str]]
    """Name -> plan key, key, kind."""
    asked: int
    """Replies that it paid for."""
    bytes: int
    seconds: float

    @property
    def store(self) -> Path:
        return self.project / ".curate"


@dataclass
class Trial:
    """What a fault works with. `draw` is all the chance that it may use."""

    seed: int
    folder: Path
    reference: Reference
    draw: random.Random
    server: Any = None
    environment: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """More words of every build."""
    store: Path = Path()
    told: list[str] = field(default_factory=list)
    """What happened, in order."""
    builds: list[Built] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    hits: int = 0
    """How often a fault came while a build was under way, or found what it was to hurt."""
    shards: dict[tuple[str, str], int] = field(default_factory=dict)
    """Shards of drafts that were finished when a fault came: (node, file) -> inode."""
    whole: dict[str, int] = field(default_factory=dict)
    """Files of objects that were there when a fault came -> inode."""
    hurt: set[str] = field(default_factory=set)
    """Nodes whose finished work a fault destroyed, which may be made again."""
    spare: int = 0
    """Replies that may have been paid for twice: those under way at a kill."""
    complaints: list[str] = field(default_factory=list)
    after: list[Callable[[], object]] = field(default_factory=list)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    # commands

    def start(self, *words: str, program: Sequence[str] = ("-m", "curate"), **env: str) -> subprocess.Popen[bytes]:
        """A command of the project in a session of its own; without words, a build."""
        said = [*(words or ("build", "small", "--json")), *self.words]
        said += ["--store", str(self.store)]
        place = self.folder / "said"
        place.mkdir(exist_ok=True)
        number = len(self.running)
        with (place / f"{number}.out").open("wb") as out, (place / f"{number}.err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, *program, *said],
                cwd=self.project,
                env={**clean(), **self.environment, **env},
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        process.began, process.number = time.monotonic(), number  # type: ignore[attr-defined]
        self.running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], seconds: float = SECONDS) -> Built:
        """Wait for a command. Failed if it hangs."""
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            raise Failed(f"a build hung for {seconds:.0f} s") from None
        place, number = self.folder / "said", process.number  # type: ignore[attr-defined]
        said, printed = ((place / f"{number}.{kind}").read_text("utf-8", "replace") for kind in ("err", "out"))
        built = Built(process.returncode, said, printed, time.monotonic() - process.began)  # type: ignore[attr-defined]
        self.builds.append(built)
        return built

    def build(self, *words: str, **env: str) -> Built:
        return self.end(self.start(*words, **env))

    def may_refuse(self, built: Built) -> Built:
        """A build that the fault may have made refuse: one line and exit code 2, or a whole build."""
        if built.code:
            self.refused.append(built.clearly())
        return built

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a build and all of its workers."""
        self.spare += FLYING
        kill(process)
        self.end(process)

    # moments

    def moment(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for a drawn moment of a build: so many objects, so many shards of the pass after them, a blink. Whether it still ran."""
        objects, shards = self.draw.randrange(len(self.reference.nodes)), self.draw.randrange(6)
        blink = self.draw.random() * 0.05
        until = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < until:
            made = count(self.store, "objects/*/manifest.json")
            if made > objects or (made == objects and count(self.store, "drafts/*/work/*.parquet.json") >= shards):
                break
            time.sleep(0.004)
        time.sleep(blink)
        there = process.poll() is None
        self.hits += there
        self.told.append(f"{objects} objects and {shards} shards" + ("" if there else ", too late"))
        return there

    def note(self) -> None:
        """Remember what is finished, so that the judge sees that it was not made again. Nothing may run."""
        drafts = {name: self.store / "drafts" / plan for name, (plan, _, _) in self.reference.nodes.items()}
        for name, (_, _, kind) in self.reference.nodes.items():
            if kind in READ_FIRST and drafts[name].is_dir():
                corpus = name.partition("/")[0]
                others = [
                    d for n, d in drafts.items()
                    if n.startswith(f"{corpus}/") and d.is_dir() and not n.endswith("/repeat")
                ]  # fmt: skip
                found = [whole_shards(d) for d in others]
                for file, inode in found[others.index(drafts[name])].items():
                    if all(file in one for one in found):
                        self.shards[name, file] = inode
        for path in (self.store / "objects").glob("*/manifest.json"):
            if path.parent.name in {key for _, key, _ in self.reference.nodes.values()}:
                self.whole |= {
                    f"{path.parent.name}/{f.relative_to(path.parent)}": f.stat().st_ino
                    for f in path.parent.rglob("*") if f.is_file()
                }  # fmt: skip

    def forget(self, path: Path) -> None:
        """What a fault does to this file of an object or a draft may make its node, and all that were with it, be made again."""
        top = path.relative_to(self.store).parts[1]
        named = [name for name, (plan, key, _) in self.reference.nodes.items() if top in (plan, key)]
        self.hurt |= set(named)


def clean() -> dict[str, str]:
    """The environment without settings of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CURATE_", "AWS_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def kill(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
    """A signal to a whole build, and wait for its end if it is the last one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    if number == signal.SIGKILL:
        process.wait()


def count(folder: Path, pattern: str) -> int:
    """Files there; folders may go while we look."""
    try:
        return sum(1 for _ in folder.glob(pattern))
    except FileNotFoundError:
        return 0


def whole_shards(draft: Path) -> dict[str, int]:
    """Shards of a draft that are finished, with the inodes of their files."""
    found = {}
    for record in draft.glob("work/*.parquet.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            stored, stat = json.loads(record.read_text("utf-8")), (draft / "data" / record.name[:-5]).stat()
            if stat.st_size == stored["bytes"]:
                found[record.name[:-5]] = stat.st_ino
    return found


def workers(process: subprocess.Popen[bytes]) -> list[int]:
    """Processes of a build's pool."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


@contextlib.contextmanager
def ended(trial: Trial) -> Iterator[None]:
    """Whatever happens, nothing of a trial goes on after it."""
    try:
        yield
    finally:
        for process in trial.running:
            if process.poll() is None:
                kill(process, signal.SIGCONT)
            kill(process)
        for step in reversed(trial.after):
            step()
