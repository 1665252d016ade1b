"""Draws trials from a seed, makes references, lets faults happen, and judges."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.curate.models.server import serving
from tests.faults.fault import Fault, all_faults
from tests.faults.judge import files, judged
from tests.faults.network import Talking, upload
from tests.faults.network import server as server_of_buckets
from tests.faults.projects import POISONS, Shape, connect, copy, make
from tests.faults.trial import ROOT, Failed, Reference, Trial, ended

SEEDS = 3
"""Projects of each shape: so many references are built."""
KINDS = {"parquet": "read", "jsonl": "read", "warc": "read", "halves": "expand", "tells-ask": "ask", "copies": "across"}
"""What the manifest of a node does not tell of it."""
AGAIN = 0.3
"""Share of trials in which the build that goes on is killed, too."""


@dataclass
class Result:
    """What came of a trial."""

    seed: int
    fault: str
    row: str
    shape: str
    outcome: str
    """identical, refused (clearly, and then identical) or failed."""
    seconds: float
    hits: int
    told: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    folder: str = ""

    def payload(self) -> dict[str, Any]:
        """What is kept of it."""
        return {name: value for name, value in asdict(self).items() if name != "folder"}


class Suite:
    """References, made at first use and shared, and trials in a folder of their own each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.references: dict[str, Reference] = {}
        self.locks: dict[str, threading.Lock] = {}
        self.lock = threading.Lock()
        self.faults = {name: one for name, one in all_faults().items() if can(one)}

    def reference(self, shape: Shape) -> Reference:
        with self.lock:
            mine = self.locks.setdefault(shape.name, threading.Lock())
        with mine:
            if shape.name not in self.references:
                self.references[shape.name] = kept_reference(shape, self.folder / "references" / shape.name)
            return self.references[shape.name]

    def drawn(self, seed: int, name: str = "", project: str = "") -> tuple[Fault, Shape, random.Random]:
        """The fault and the project of a trial. name, project: in place of those that the seed says."""
        draw = random.Random(seed)
        known = sorted(self.faults)
        chosen = draw.choices(known, [self.faults[one].weight for one in known])[0]
        fault = self.faults[name or chosen]
        kind = draw.choice(fault.shapes)
        poison = draw.choice(sorted(POISONS)) if kind == "poison" else "raises"
        shape = Shape(kind, draw.randrange(SEEDS) if kind != "poison" else 0, poison)
        if project:
            kind, _, number = project.partition("-")
            shape = Shape(kind, int(number))
        return fault, shape, draw

    def run(self, seed: int, name: str = "", project: str = "") -> Result:
        """One trial, from its beginning to its verdict."""
        fault, shape, draw = self.drawn(seed, name, project)
        try:
            reference = self.reference(shape)
        except Failed as error:
            return Result(seed, fault.name, fault.row, shape.name, "failed", 0.0, 0, complaints=[str(error)])
        folder = self.folder / f"trial-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        trial = Trial(seed, folder, reference, draw)
        copy(reference.project, trial.project)
        trial.store = trial.project / ".curate"
        began = time.monotonic()
        with contextlib.ExitStack() as stack:
            stack.enter_context(ended(trial))
            try:
                if shape.kind == "asks":
                    trial.server = stack.enter_context(serving(Talking(seed=seed)))
                    connect(shape, trial.project, trial.server.url)
                fault.act(trial)
                finish(trial)
                complaints = judged(trial)
            except Failed as error:
                complaints = [*trial.complaints, str(error)]
            except Exception:  # of the trial itself: told like any other failure
                complaints = [*trial.complaints, traceback.format_exc()]
        outcome = "failed" if complaints else "refused" if trial.refused else "identical"
        if not complaints:
            shutil.rmtree(folder, ignore_errors=True)
        told, refused, complaints = (
            [bare(line, folder) for line in lines] for lines in (trial.told, trial.refused, complaints)
        )
        return Result(
            seed, fault.name, fault.row, shape.name, outcome, time.monotonic() - began, trial.hits, told, refused, complaints,
            str(folder) if complaints else "",
        )  # fmt: skip


def bare(line: str, folder: Path) -> str:
    """A line without what is this machine's: where the trial, the project and Python lie."""
    for place in (folder, ROOT, sys.prefix, sys.base_prefix):
        line = line.replace(f"{place}/", "")
    return line


def can(fault: Fault) -> bool:
    """Whether this machine has what a fault needs."""
    if fault.needs == "cc":
        return shutil.which("cc") is not None
    if fault.needs == "mount":
        return mounts()
    return fault.needs != "oom" or Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").is_file()


def mounts() -> bool:
    """Whether a small file system can be mounted here."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
        )
        if not done.returncode:
            subprocess.run(["umount", place], check=False)
        return not done.returncode


def finish(trial: Trial) -> None:
    """Go on as a user would: build again. The cause is gone, so the first build that is left alone must end well."""
    if trial.draw.random() < AGAIN:
        process = trial.start()
        trial.told.append("killed again while it went on:")
        hits = trial.hits
        trial.moment(process)
        trial.hits = hits
        trial.stop(process)
        trial.note()
    built = trial.build()
    if built.code:
        raise Failed(f"the cause is gone, and a build ends with {built.code}: {built.said[-1500:]}")


def kept_reference(shape: Shape, folder: Path) -> Reference:
    """The reference of a project, from its folder if a run that goes on has built it."""
    note = folder.with_name(f"{folder.name}.json")
    if note.is_file():
        told = json.loads(note.read_text("utf-8"))
        if shape.kind == "far":
            upload(shape, folder)
        nodes = {name: tuple(one) for name, one in told.pop("nodes").items()}
        return Reference(shape, folder, nodes=nodes, **told)
    made = build_reference(shape, folder)
    told = {name: getattr(made, name) for name in ("objects", "lock", "nodes", "asked", "bytes", "seconds")}
    note.write_text(json.dumps(told), "utf-8")
    return made


def build_reference(shape: Shape, folder: Path) -> Reference:
    """A build that nothing happens to, by one worker."""
    shutil.rmtree(folder, ignore_errors=True)
    project = make(shape, folder)
    with serving(Talking()) as server:
        connect(shape, project, server.url)
        trial = Trial(0, folder.with_name(f"{folder.name}-said"), None, random.Random(0))  # type: ignore[arg-type]
        trial.folder.mkdir(parents=True, exist_ok=True)
        (trial.folder / "project").symlink_to(project) if not (trial.folder / "project").exists() else None
        trial.store = project / ".curate"
        if shape.kind == "far":
            upload(shape, project)
            trial.environment = server_of_buckets()
            trial.build("fetch", "small", "--json")
        built = trial.build("build", "small", "--json", "--workers", "1")
        if built.code:
            raise Failed(f"the reference of {shape.name} cannot be built: {built.said[-2000:]}")
        asked = sum(server.answered.values())
    nodes = {}
    ref = json.loads(next((project / ".curate/refs").glob("*.json")).read_text("utf-8"))
    for name, one in ref["nodes"].items():
        manifest = json.loads((project / ".curate/objects" / one["key"] / "manifest.json").read_text("utf-8"))
        nodes[name] = (one["plan_key"], one["key"], KINDS.get(name.partition("/")[2], manifest["kind"]))
    size = sum(path.stat().st_size for path in (project / ".curate").rglob("*") if path.is_file())
    lock = (project / "recipes/small.lock").read_text("utf-8")
    return Reference(shape, project, files(project / ".curate"), lock, nodes, asked, size, built.seconds)
