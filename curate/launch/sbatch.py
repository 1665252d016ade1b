"""What trainers and builds share of Slurm: names, logs, a submission, and what the queue says of a job."""

from __future__ import annotations

import os
import re
from pathlib import Path

from curate.errors import CurateError
from curate.launch import asked

RUNNING = {
    "PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESIZING",
    "SIGNALING", "STAGE_OUT", "STOPPED", "SPECIAL_EXIT", "RESV_DEL_HOLD",
}  # fmt: skip


def job_name(title: str) -> str:
    """A title as the name of a job."""
    return re.sub(r"[^A-Za-z0-9._@%-]", ".", title).replace("%", "")


def log_pattern(path: Path, fields: str = "") -> str:
    """Path of a log as sbatch reads it, where % begins a field; fields: what is put behind it. CurateError for one that it cannot read."""
    if any(c in '"\\' or not c.isprintable() for c in str(path)):
        raise CurateError(
            f"Slurm takes no path with a quote, a backslash or what is not shown: {str(path)!r}; put the store elsewhere"
        )
    return str(path).replace("%", "%%") + fields


def submit(script: Path, title: str, *options: str) -> str:
    """Submit a script, also from within a job; the id of the new job, none for a test. CurateError if Slurm is not here or refuses."""
    said = asked(["sbatch", "--parsable", *options, str(script)], title, _without_job())
    if "--test-only" in options:
        return ""
    job = (said.strip().splitlines() or [""])[-1].split(";")[0]
    if not re.fullmatch(r"[0-9]+", job):
        raise CurateError(f"{title}: sbatch gives no number of a job: {' '.join(said.split())[:200]!r}")
    return job


def _without_job() -> dict[str, str]:
    """The environment without what Slurm tells a job of itself, which would be taken for options of the next one."""
    own = ("SLURM_", "SLURMD_", "SBATCH_")
    inside = "SLURM_JOB_ID" in os.environ
    return {n: v for n, v in os.environ.items() if not inside or n == "SLURM_CONF" or not n.startswith(own)}


def states(job: str) -> list[str]:
    """The state of each task of a job that the queue still knows; empty if it knows none. CurateError if Slurm cannot be asked."""
    try:
        words = ["squeue", "--noheader", "--format=%T", f"--jobs={job}"]
        return asked(words, "status").split()
    except CurateError as error:
        if "invalid job id" in error.message.lower():
            return []
        raise


def is_alive(job: str) -> bool:
    """Whether a job waits or runs. CurateError if Slurm cannot be asked."""
    return any(word in RUNNING for word in states(job))
