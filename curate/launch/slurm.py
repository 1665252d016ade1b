"""A trainer as a Slurm job: `job.sh` in the run's folder, which `sbatch` takes.

The job asks for SIGTERM `grace` seconds before its time is over. A trainer then saves and ends with 0 and without a manifest (or its
torchrun ends with 1, and status.json says interrupted), and the script puts its own job back into the queue, where the same command goes
on. A job ends with 0 only when the run is finished, so `afterok` starts a child when there is something to start from. `cancel` leaves a
file that keeps the script from queueing again, and lets the trainer save. Left out: job arrays, and containers (put them into `run:` or
`setup`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from curate.launch import Job, asked
from curate.launch.sbatch import RUNNING, job_name, log_pattern, states, submit
from curate.run_folder import RunFolder

if TYPE_CHECKING:
    from curate.profile import LaunchSettings

INTERRUPTED = '"status": *"interrupted"'
"""In status.json of a trainer that saved and stopped. torchrun ends with 1 when it is asked to stop, whatever its processes end with."""
CANCELLED = "cancelled"
"""A file in the run's folder: somebody asked for its end."""


def script(job: Job, after: tuple[str, ...] = ()) -> str:
    """The text of job.sh. after: ids of jobs that must have succeeded before it starts."""
    out = shlex.quote(str(job.folder.path))
    return "\n".join(["#!/bin/bash", *(f"#SBATCH {one}" for one in _options(job, after)), "", *_body(job, out), ""])


def _options(job: Job, after: tuple[str, ...]) -> Iterator[str]:
    launch = job.launch
    yield f"--job-name={job_name(job.title)}"
    yield from resources(launch)
    if after:
        yield f"--dependency=afterok:{':'.join(after)}"
    yield f'--output="{log_pattern(job.folder.file("log.txt"))}"'
    yield from ("--open-mode=append", "--requeue", f"--signal=TERM@{launch.grace}", *launch.lines)


def resources(launch: LaunchSettings) -> Iterator[str]:
    """Options of sbatch that say what a trainer gets."""
    yield f"--nodes={launch.nodes}"
    yield "--ntasks-per-node=1"
    gpus = launch.nproc if launch.gpus_per_node is None else launch.gpus_per_node
    if gpus:
        yield f"--gpus-per-node={gpus}"
    for option in ("time", "partition", "account"):
        if value := getattr(launch, option):
            yield f"--{option}={value}"


def _body(job: Job, out: str) -> Iterator[str]:
    yield from ("set -uo pipefail", f"cd {shlex.quote(str(job.project))} || exit 2")
    for name, value in job.variables.items():
        yield f"export {name}={shlex.quote(value)}"
    if job.launch.nodes > 1:
        yield 'export CURATE_HEAD="$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1):$((20000 + SLURM_JOB_ID % 20000))"'
        yield 'export CURATE_JOB="$SLURM_JOB_ID"'
    yield f"rm -f {out}/status.json  # that of an attempt before"
    yield from job.launch.setup
    yield f"srun {' '.join(_word(word) for word in job.words)}"
    yield "code=$?"
    yield f"test -e {out}/manifest.json && exit 0"
    yield f"test -e {out}/{CANCELLED} && exit 75"
    yield f"grep -Eqs '{INTERRUPTED}' {out}/status.json && code=0"
    yield f'if test "$code" -eq 0 && test "${{SLURM_RESTART_COUNT:-0}}" -lt {job.launch.restarts}; then'
    yield '  scontrol requeue "$SLURM_JOB_ID" && exit 75'
    yield "fi"
    yield 'test "$code" -ne 0 || code=75  # saved and stopped, and not queued again'
    yield 'exit "$code"'


def _word(word: str) -> str:
    return f'"{word}"' if word in ("$CURATE_HEAD", "$CURATE_JOB") else shlex.quote(word)


def start(job: Job, after: tuple[str, ...]) -> str:
    """Submit a job; its id. CurateError if Slurm is not here or refuses."""
    job.folder.file(CANCELLED).unlink(missing_ok=True)
    path = job.folder.file("job.sh")
    path.write_text(script(job, after), "utf-8")
    return submit(path, job.title)


def state(record: dict[str, Any]) -> tuple[str, str]:
    """Whether a job runs or waits, and what Slurm calls that. CurateError if Slurm cannot be asked."""
    job = str(record["job"])
    told = states(job) or _sacct(job).split()
    word = told[0].rstrip("+") if told else "GONE"
    said = f"Slurm job {job}: {word.lower()}"
    return ("running" if word in RUNNING else "ended"), said


def _sacct(job: str) -> str:
    return asked(["sacct", "--noheader", "--parsable2", "--allocations", "--format=State", f"--jobs={job}"], "status")


def cancel(record: dict[str, Any], folder: RunFolder) -> None:
    """Ask the trainer of a job to save and stop; take a job out of the queue. CurateError if Slurm cannot be asked."""
    job = str(record["job"])
    folder.write(CANCELLED, {"job": job})
    waiting = states(job) != ["RUNNING"]
    asked(["scancel", *([] if waiting else ["--signal=TERM"]), job], "cancel")
