"""Processes end: all of a build, its main one, some of its workers; or they are held, or there are several of them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.faults.fault import fault
from tests.faults.projects import FLYING
from tests.faults.trial import Failed, Trial, kill, workers

KILLED = "kill -9 anywhere, power loss"
AT_ONCE = "two builds at once"


@fault("kill -9 of a build and its workers", KILLED, weight=20)
def whole_build(trial: Trial) -> None:
    for _ in range(trial.draw.randint(1, 3)):
        process = trial.start()
        trial.moment(process)
        trial.stop(process)
        trial.note()


@fault("kill -9 of the main process alone", KILLED)
def main_process(trial: Trial) -> None:
    process = trial.start()
    trial.moment(process)
    theirs = workers(process)
    trial.spare += FLYING
    process.kill()
    trial.end(process)
    until = time.monotonic() + 20
    while any(map(alive, theirs)) and time.monotonic() < until:
        time.sleep(0.01)
    if left := [pid for pid in theirs if alive(pid)]:
        trial.complaints.append(f"{len(left)} workers outlive their build")
    trial.note()


@fault("kill -9 of workers", KILLED)
def some_workers(trial: Trial) -> None:
    process = trial.start()
    for _ in range(trial.draw.randint(1, 3)):
        if not trial.moment(process):
            break
        theirs = workers(process)
        trial.hits -= not theirs
        trial.spare += FLYING
        for pid in trial.draw.sample(theirs, min(len(theirs), trial.draw.randint(1, 2))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    must(trial, trial.end(process).code == 0, "a build whose workers were killed did not go on")


@fault("Ctrl-C, SIGTERM, SIGHUP", KILLED)
def asked_to_stop(trial: Trial) -> None:
    process, number = trial.start(), trial.draw.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    there = trial.moment(process)
    trial.spare += FLYING
    if number == signal.SIGINT:
        process.send_signal(number)
    else:
        kill(process, number)
    built = trial.end(process)
    wanted = {0, 130, 1 - 2} if number == signal.SIGINT else {0, -number}
    if there and built.code not in wanted:
        raise Failed(f"{signal.Signals(number).name} ended it with {built.code}: {built.said[-800:]}")
    trial.told.append(f"{signal.Signals(number).name}: {built.code}")
    trial.note()


@fault("power loss: what was not synced is torn", KILLED)
def power_loss(trial: Trial) -> None:
    process = trial.start()
    trial.moment(process)
    trial.stop(process)
    torn = [p for p in (trial.store / "drafts").glob("*/work/*") if p.is_file()]
    torn += list((trial.store / "cache").rglob("*.json"))
    for path in trial.draw.sample(sorted(torn), min(len(torn), trial.draw.randint(1, 6))):
        if "drafts" in path.parts:
            trial.forget(path)
        data = path.read_bytes()
        how = trial.draw.choice(["empty", "half", "zeros", "gone"])
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes({"empty": b"", "half": data[: len(data) // 2], "zeros": bytes(len(data))}[how])
        trial.told.append(f"{path.name}: {how}")
    trial.note()


@fault("several builds at once", AT_ONCE, weight=14)
def several(trial: Trial) -> None:
    running = []
    for _ in range(trial.draw.randint(2, 3)):
        running.append(trial.start())
        time.sleep(trial.draw.random() * trial.draw.choice([0.0, 1.0]))
    if trial.draw.random() < 0.5:
        victim = running.pop(trial.draw.randrange(len(running)))
        trial.moment(victim)
        trial.stop(victim)
        trial.told.append("one of them killed")
    else:
        trial.hits += 1
    for process in running:
        built = trial.end(process)
        must(trial, built.code == 0, f"one of several builds failed: {built.said[-800:]}")


@fault("two processes on each shard", "duplicate workers on a shard", weight=14)
def twice(trial: Trial) -> None:
    """The same ranks of the same passes by two processes each, as Slurm and Ray do that think one is lost; sometimes one is killed."""
    seed = str(trial.draw.randrange(1 << 30))
    process = trial.start(program=("-m", "tests.faults.twice"), FAULTS_SEED=seed)
    trial.hits += 1
    if trial.draw.random() < 0.4:
        trial.moment(process)
        trial.stop(process)
        trial.note()
    else:
        built = trial.end(process)
        trial.spare += FLYING * int(built.code != 0)
        must(trial, built.code == 0, f"a build with two workers on each shard failed: {built.said[-800:]}")


@fault("a builder that is held, then goes on or dies", "stale lock", weight=6)
def held(trial: Trial) -> None:
    first = trial.start()
    trial.moment(first)
    kill(first, signal.SIGSTOP)
    second = trial.start()
    time.sleep(1.0 + trial.draw.random())
    if trial.draw.random() < 0.5:
        kill(first, signal.SIGCONT)
        must(trial, trial.end(first).code == 0, "the build that was held did not go on")
    else:
        trial.stop(first)
        trial.told.append("the held one was killed")
    must(trial, trial.end(second).code == 0, "the build that waited did not go on")


@fault("locks that somebody left", "stale lock", weight=8)
def left_locks(trial: Trial) -> None:
    """Files of locks of a killed builder, of another host, and of a process whose number is in use again; of all ages."""
    process = trial.start()
    trial.moment(process)
    trial.stop(process)
    trial.note()
    files = [trial.store / "cache" / f"{plan}.lock" for plan, _, _ in trial.reference.nodes.values()]
    for path in trial.draw.sample(files, len(files) // 2) + sorted((trial.store / "replies").rglob("claims-*")):
        owner = trial.draw.choice([b"", b"%d" % os.getpid(), b"1", b'{"host": "elsewhere", "pid": 17}', b"\xff\x00"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(owner)
        when = time.time() + trial.draw.choice([-4e8, -60, 4e8])
        os.utime(path, (when, when))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def must(trial: Trial, holds: bool, else_: str) -> None:
    if not holds:
        raise Failed(else_)
