"""Documents that do harm, archives that are damaged, memory that runs out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

import polars as pl

from tests.faults.damage import files_of
from tests.faults.fault import fault
from tests.faults.trial import Failed, Trial, kill

POISON = "poison document"
CAGES = Path("/sys/fs/cgroup/memory")


@fault("poison documents, 1 in 1,000", POISON, "poison", weight=16)
def poison(trial: Trial) -> None:
    """Two of 2,000 documents raise, hang, kill or bloat their worker. The reference met them too, alone; both must lose just these."""
    trial.words = ("--workers", str(trial.draw.randint(2, 3)))
    trial.hits += 1
    if trial.draw.random() < 0.5:
        process = trial.start()
        trial.moment(process)
        trial.stop(process)
        trial.note()
    lost = lost_of(trial.reference.store, trial.reference.nodes["web/weigh"][1])
    marked = [row for row in lost if row[1] in ("quarantined", "killed") and row[2]]
    if len(lost) != 2 or len(marked) != 2:
        trial.complaints.append(f"lost {lost}, not just the two marked documents")


def lost_of(store: Path, key: str) -> list[tuple[str, str, str]]:
    """(id, fate, error) of what a node lost."""
    frames = [pl.read_parquet(path) for path in sorted((store / "objects" / key).glob("*.errors.parquet"))]
    return pl.concat(frames).select("id", "fate", "error").rows() if frames else []


@fault("a corrupt gzip member", "corrupt gzip member", "pages", "tables", weight=14)
def member(trial: Trial) -> None:
    """Bytes of an archive are flipped, cut out or cut off. What is whole in it is read, or the file is refused; then it comes back."""
    path = trial.draw.choice([p for p in files_of(trial.project / "data") if p.suffix == ".gz"])
    data = path.read_bytes()
    at, length = trial.draw.randrange(len(data)), trial.draw.randint(1, 40)
    way = trial.draw.choice(["flipped", "zeros", "hole", "cut"])
    noise = bytes(byte ^ 0xFF for byte in data[at : at + length]) if way == "flipped" else bytes(length)
    inside = b"" if way in ("hole", "cut") else noise[: len(data) - at]
    path.write_bytes(data[:at] + inside + (b"" if way == "cut" else data[at + length :]))
    trial.told.append(f"{path.name}: {way} at {at:,}, {length} bytes")
    trial.hits += 1
    built = trial.may_refuse(trial.build())
    if built.code == 0:
        told(trial, "web/warc" if path.parent.name == "web" else "notes/jsonl", way)
    path.write_bytes(data)


def told(trial: Trial, name: str, way: str) -> None:
    """Documents that a damaged archive lost are told, and in an archive of a member for each record they are few."""
    ref = json.loads(next((trial.store / "refs").glob("*.json")).read_text("utf-8"))
    key = ref["nodes"][name]["key"]
    lost = lost_of(trial.store, key)
    ids = {i for path in (trial.store / "objects" / key).glob("*[0-9].parquet") for i in pl.read_parquet(path)["id"]}
    whole = trial.reference.store / "objects" / trial.reference.nodes[name][1]
    missing = {i for path in whole.glob("*[0-9].parquet") for i in pl.read_parquet(path)["id"]} - ids
    trial.told.append(f"{len(missing)} documents less, {len(lost)} errors")
    if missing and not lost:
        trial.complaints.append(f"{name}: {len(missing)} documents of a damaged archive went without a word")
    if name == "web/warc" and way != "cut" and len(missing) > 3:
        trial.complaints.append(f"{name}: one hole cost {len(missing)} documents")


@fault("memory that runs out", "worker killed for memory", "tables", "asks", weight=6, needs="oom")
def memory(trial: Trial) -> None:
    """The system kills processes of a build that has less memory than it needs; with enough of it the build goes on."""
    cage = CAGES / f"curate-faults-{os.getpid()}-{trial.seed}"
    cage.mkdir()
    trial.after.append(lambda: remove(cage))
    megabytes = trial.draw.randint(150, 420)
    (cage / "memory.limit_in_bytes").write_text(str(megabytes << 20))
    process = trial.start()
    (cage / "cgroup.procs").write_text(str(process.pid))
    with contextlib.suppress(Failed):
        trial.end(process, 40)
    kill(process)
    trial.spare += 50
    killed = killed_in(cage)
    trial.hits += killed > 0
    trial.told.append(f"{megabytes} MB, {killed} killed")
    built = trial.builds[-1] if trial.builds else None
    if built and built.code not in (0, -signal.SIGKILL):
        trial.may_refuse(built)
    trial.note()


def killed_in(cage: Path) -> int:
    """How many processes the system killed for memory."""
    found = dict(line.split() for line in (cage / "memory.oom_control").read_text().splitlines())
    return int(found.get("oom_kill", 0))


def remove(cage: Path) -> None:
    with contextlib.suppress(OSError):
        cage.rmdir()


@fault("a worker that is killed for memory", "worker killed for memory", "poison", weight=6)
def greedy(trial: Trial) -> None:
    """Workers die as by a system without memory, while poison documents are looked for; only the poison ones may be lost."""
    process = trial.start()
    if trial.moment(process):
        from tests.faults.trial import workers

        for pid in workers(process)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    built = trial.end(process)
    if built.code:
        raise Failed(f"a build whose worker was killed ended with {built.code}: {built.said[-800:]}")
