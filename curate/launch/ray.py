"""A trainer as a Ray job, by the command line of Ray, so that no Ray need be importable here: `ray job submit`, `status` and `stop`.

The job runs on the node of the cluster that has the GPUs it asks for, and needs the store and the project under the same paths there. A
submission id is ours: the run's key and how often it was started. Ray has no dependencies between jobs: a run whose parent is not
finished is started by the next `curate train`, or by `--wait`.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from curate.errors import CurateError
from curate.launch import Job, asked
from curate.run_folder import RunFolder

STATES = {"PENDING": "running", "RUNNING": "running", "STOPPED": "ended", "SUCCEEDED": "ended", "FAILED": "ended"}


def words(job: Job, name: str) -> list[str]:
    """The command line that submits a job under this id."""
    launch = job.launch
    gpus = launch.nproc if launch.gpus_per_node is None else launch.gpus_per_node
    kept = {n: v for n, v in job.variables.items() if n != "PATH"}  # that of the cluster's node is right there
    environment = {"env_vars": {**kept, "RAY_JOB_STOP_WAIT_TIME_S": str(launch.grace)}}
    return [
        "ray", "job", "submit", *_address(launch.address), "--no-wait", "--submission-id", name,
        "--entrypoint-num-gpus", str(gpus), "--runtime-env-json", json.dumps(environment), "--", *_entrypoint(job),
    ]  # fmt: skip


def _address(address: str) -> list[str]:
    return ["--address", address] if address else []


def _entrypoint(job: Job) -> list[str]:
    """In the project's folder, with the log where ours is. Ray joins the words again by itself, each quoted."""
    log = shlex.quote(str(job.folder.file("log.txt")))
    return ["bash", "-c", f"cd {shlex.quote(str(job.project))} && exec {shlex.join(job.words)} >> {log} 2>&1"]


def start(job: Job, after: tuple[str, ...]) -> str:
    """Submit a job; its id. CurateError if Ray is not here or refuses."""
    assert not after, "Ray knows no dependencies"
    name = f"curate-{job.folder.path.name}-{job.folder.record.get('attempt', 1)}"
    asked(words(job, name), job.title)
    return name


def state(record: dict[str, Any]) -> tuple[str, str]:
    """Whether a job runs or waits, and what Ray calls that. CurateError if the cluster cannot be asked."""
    job = str(record["job"])
    try:
        said = asked(
            ["ray", "job", "status", *_address(str(record.get("address", ""))), "--log-color", "false", job], "status"
        )
    except CurateError as error:
        if "does not exist" in error.message:
            return "ended", f"Ray job {job}: the cluster does not know it"
        raise
    found = re.search(
        r"\b(PENDING|RUNNING|STOPPED|SUCCEEDED|FAILED)\b|\b(succeeded|failed|stopped)\b", said.replace(job, "")
    )
    if not found:
        raise CurateError(f"status: ray says {' '.join(said.split())[-200:]!r}")
    word = found[0].upper()
    return STATES[word], f"Ray job {job}: {word.lower()}"


def cancel(record: dict[str, Any], folder: RunFolder) -> None:
    """Ask the trainer of a job to save and stop. CurateError if the cluster cannot be asked."""
    asked(["ray", "job", "stop", *_address(str(record.get("address", ""))), "--no-wait", str(record["job"])], "cancel")
