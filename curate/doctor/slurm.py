"""Slurm: whether its programs answer and take what the profile asks for, and what jobs see where they run.

Two small jobs are submitted with the resources of the profile: one as the job that goes on with a build, and one as a task of an array,
with its words before Python. They end within seconds once they are begun; what does not begin in time is cancelled.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.doctor.findings import Finding, Wanted, fine, left_out, wrong
from curate.doctor.node import ask, faults, held
from curate.doctor.places import tried
from curate.errors import CurateError
from curate.executors.slurm import for_steps, gpus_of, options_of, script_of
from curate.launch import asked
from curate.launch.sbatch import is_alive, log_pattern, submit
from curate.profile import LaunchSettings, Profile
from curate.run_folder import one_line, tail

PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol")
TITLE = f"curate-doctor-{secrets.token_hex(4)}"
"""The name of the jobs of this process."""
OWN = "the build's own job"
LATE = 10.0
"""Seconds after a job's end in which what it wrote is to be seen here: file systems of several machines take their time."""


def is_used(profile: Profile) -> bool:
    """Whether builds or trainers are jobs of Slurm."""
    return profile.executor == "slurm" or profile.launch.kind == "slurm"


def look(wanted: Wanted) -> Iterator[Finding]:
    """Findings on Slurm. CurateError where it does not answer."""
    if lacking := [name for name in PROGRAMS if not shutil.which(name)]:
        yield wrong("slurm", f"there is no {', '.join(lacking)} on this machine")
        return
    version = asked(["sbatch", "--version"], "slurm").strip()
    asked(["squeue", "--noheader", "--me"], "slurm")
    yield fine("slurm", f"{version}; its controller answers")
    with tried(wanted) as folder:
        scripts = list(_scripts(wanted, folder))
        refused = False
        for finding in map(_accepted, scripts):
            refused = refused or finding.state == "wrong"
            yield finding
        jobs = [(name, what, script) for name, what, script in scripts if name in ("own", "task")]
        if wanted.profile.executor != "slurm":
            yield left_out("job", "nodes that trainers run on are not looked at")
            return
        if refused or not wanted.wait:
            why = "because Slurm refuses jobs" if refused else "as --wait 0 says"
            yield left_out("job", f"no job was submitted, {why}: what nodes see is not known")
            return
        ask(folder, wanted.project)
        with held(folder):
            yield from _begun(folder, jobs, wanted.wait)


def _scripts(wanted: Wanted, folder: Path) -> Iterator[tuple[str, str, Path]]:
    """A name, what it is, and the script of each kind of job that the profile asks for."""
    profile, project = wanted.profile, wanted.project
    settings = profile.slurm

    def written(
        name: str, what: str, options: Sequence[str], setup: Sequence[str], words: Sequence[str], *more: str
    ) -> tuple[str, str, Path]:
        path = folder / f"{name}.sh"
        line = shlex.join([*words, "-m", "curate.doctor.node", str(folder), name, *more])
        log = f'--output="{log_pattern(folder / f"{name}.txt")}"'
        path.write_text(script_of([*options, log], project, setup, [f"exec {line}"]), "utf-8")
        return name, what, path

    if profile.executor == "slurm":
        own = [*options_of(TITLE, settings.of_own_job(), settings.own.gpus), *settings.lines]
        yield written("own", OWN, own, settings.setup, [sys.executable], str(folder / "task.sh"))
        words = [*settings.prefix, settings.python or sys.executable]
        yield written("task", "a task", [*options_of(TITLE, settings), *settings.lines], settings.setup, words)
        array = [f"--array=0-{settings.max_array - 1}", *options_of(TITLE, settings), *settings.lines]
        yield written("array", f"an array of {settings.max_array:,} tasks", array, settings.setup, words)
        for place, (title, step) in enumerate(profile.steps.items()):
            each = for_steps([step], settings)
            options = [*options_of(TITLE, each, gpus_of([step], each)), *settings.lines]
            yield written(f"step-{place}", f"a task with {title}", options, settings.setup, words)
    if profile.launch.kind == "slurm":
        yield written("trainer", "a trainer", [*_trainer(profile.launch)], profile.launch.setup, [sys.executable])


def _trainer(launch: LaunchSettings) -> Iterator[str]:
    from curate.launch.slurm import resources

    yield f"--job-name={TITLE}"
    yield from resources(launch)
    yield from launch.lines


def _accepted(job: tuple[str, str, Path]) -> Finding:
    """Whether Slurm would take a job: its partition, account, time, memory, and whatever `lines` say."""
    _, what, script = job
    try:
        submit(script, what, "--test-only")
    except CurateError as error:
        return wrong("slurm", error.message)
    return fine("slurm", f"takes {what}")


def _begun(folder: Path, jobs: Sequence[tuple[str, str, Path]], wait: float) -> Iterator[Finding]:
    """Submit jobs, and tell what each saw."""
    end = time.monotonic() + wait
    submitted: dict[str, str] = {}
    try:
        for name, what, script in jobs:
            submitted[name] = submit(script, what, "--no-requeue")
        for name, what, _ in jobs:
            yield _told(folder, name, what, submitted[name], end)
    finally:  # by name: one may have been submitted whose number never came back
        try:
            asked(["scancel", "--quiet", "--me", f"--name={TITLE}"], "cancel")
            stay = ""
        except CurateError as error:
            stay = error.message
    if stay:
        yield wrong("job", f"jobs called {TITLE} may still be in the queue: {stay}")


def _told(folder: Path, name: str, what: str, job: str, end: float) -> Finding:
    """What one job saw, once it has ended or time is over."""
    found = folder / f"{name}.json"
    alive, ended = True, 0.0
    # A listing asks a file server anew; of one file NFS remembers for a minute that it was not there.
    while found.name not in os.listdir(folder):
        now = time.monotonic()
        alive = alive and is_alive(job)
        ended = ended or (0.0 if alive else now)
        if alive and now > end:
            return wrong("job", f"{what} (Slurm job {job}) did not end in time: {_waits(job)}; --wait gives it longer")
        if ended and now - ended > LATE:
            log = folder / f"{name}.txt"
            said = one_line(tail(log).strip().rpartition("\n")[2]) if log.exists() else ""
            nothing = "it left no file in the store: does its node see this disk under the same path?"
            return wrong("job", f"{what} (Slurm job {job}) did not start Python: {said or nothing}")
        time.sleep(1.0)
    seen = json.loads(found.read_text("utf-8"))
    if said := "; ".join(faults(seen)):
        return wrong("job", f"{what} on {seen['host']} {said}")
    versions = f"Python {seen['python']}, octocurate {seen['octocurate']}"
    more = ", and it can submit jobs" if what == OWN else ""
    return fine("job", f"{what} ran on {seen['host']}: {versions}; it sees store and project, locks hold{more}")


def _waits(job: str) -> str:
    """State of a job that is not over, and why, as the queue has it."""
    return asked(["squeue", "--noheader", "--format=%T (%r)", f"--jobs={job}"], "slurm").strip() or "gone"
