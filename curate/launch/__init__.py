"""How a run's trainer is started, asked after and stopped: on this machine, by Slurm, by Ray. The profile's `[launch] kind` says which.

    start(job, after)    local: runs it to its end in the foreground; slurm, ray: submit it
    state(record)        of what was submitted: running, ended, or what keeps us from knowing
    cancel(record)       ask the trainer to save and stop

A module such as `trainers.midtrain` is started by this Python, under torchrun where there is more than one process. A command line is
started as it stands, in the project's folder, once on each node; how many processes it makes is its own affair. Nothing goes through a
shell but on Slurm and Ray, where every word is quoted.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from curate.code import FIRST_PARTY, PACKAGE
from curate.errors import CurateError
from curate.run_folder import MARK, RunFolder

if TYPE_CHECKING:
    from curate.profile import LaunchSettings
    from curate.run import Run

RDZV = ("--rdzv-backend", "c10d", "--rdzv-endpoint")


@dataclass(frozen=True)
class Job:
    """What is to be started: `words` once on each node, in `project`, with `variables` added to the environment."""

    title: str
    folder: RunFolder
    words: tuple[str, ...]
    project: Path
    variables: dict[str, str]
    launch: LaunchSettings
    steps: int | None
    """Steps of the whole run, where its parameters say so."""


def launcher(kind: str) -> ModuleType:
    """The module that does it: `curate.launch.local`, `.slurm` or `.ray`."""
    return importlib.import_module(f"curate.launch.{kind}")


def job_of(run: Run, launch: LaunchSettings) -> Job:
    """The job of a run. CurateError where the trainer or what it needs is not installed."""
    refuse_missing(run, launch)
    steps = run.params.get("max_steps")
    words = (*command(run, launch), str(run.folder.file("run.json")))
    steps = steps if type(steps) is int else None
    return Job(run.title, run.folder, words, run.owner.project, variables(run, launch), launch, steps)


def command(run: Run, launch: LaunchSettings) -> tuple[str, ...]:
    """What starts the trainer on one node."""
    if not run.module:
        return tuple(run.words)
    if launch.nodes * launch.nproc == 1:
        return (sys.executable, "-m", run.module)
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(launch.nproc))
    if launch.nodes == 1:
        return (*torchrun, "--standalone", "-m", run.module)
    rendezvous = (*RDZV, "$CURATE_HEAD", "--rdzv-id", "$CURATE_JOB")  # job.sh puts them in
    return (*torchrun, "--nnodes", str(launch.nodes), *rendezvous, "-m", run.module)


def refuse_missing(run: Run, launch: LaunchSettings) -> None:
    """CurateError, one line that names the extra, for a trainer of ours without torch; for more nodes than can be had."""
    ours = run.module_file is not None and run.module.partition(".")[0] in FIRST_PARTY
    torchrun = bool(run.module) and launch.nodes * launch.nproc > 1
    if (ours or torchrun) and importlib.util.find_spec("torch") is None:
        raise CurateError(f"{run.title}: {run.module} needs torch: pip install 'octocurate[train]'", where=run.where)
    if launch.nodes > 1 and launch.kind != "slurm":
        raise CurateError(f'[launch] nodes = {launch.nodes} needs kind = "slurm", or start your own launcher by run:')


def variables(run: Run, launch: LaunchSettings) -> dict[str, str]:
    """What is added to the environment of a trainer, so that it finds its packages and no stranger's of the same name."""
    ours = run.module.partition(".")[0] in FIRST_PARTY
    own = [] if ours or not run.module else [str(run.owner.project)]
    found = {"PYTHONPATH": python_path(own), "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": str(launch.grace)}
    found |= {"PYTHONSAFEPATH": "1"} if run.module else {}  # a script may import what lies beside it
    if launch.kind == "local" and launch.at_once > 1 and "OMP_NUM_THREADS" not in os.environ:
        found["OMP_NUM_THREADS"] = str(max(1, cores() // launch.at_once))
    return found | {MARK: str(run.folder.path), "PYTHONUNBUFFERED": "1", "PATH": program_path()}


def python_path(more: Sequence[str] = ()) -> str:
    """PYTHONPATH of a process that is to find these packages, and these folders before what the environment says."""
    paths = [] if PACKAGE.name in ("site-packages", "dist-packages") else [str(PACKAGE)]
    paths += more
    said = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path not in paths]
    return os.pathsep.join([*paths, *said])


def program_path() -> str:
    """PATH on which `python` is the one that runs us, also where its environment is not activated."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def cores() -> int:
    """Cores of this machine that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def asked(words: Sequence[str], what: str, environment: dict[str, str] | None = None) -> str:
    """What a program of a cluster says. CurateError if it is not here, takes too long, or refuses."""
    import subprocess

    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except FileNotFoundError:
        raise CurateError(f"{what}: there is no {words[0]} on this machine") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CurateError(f"{what}: {words[0]} does not answer ({' '.join(str(error).split())[:200]})") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise CurateError(f"{what}: {words[0]} says: {said or f'exit code {done.returncode}'}")
    return done.stdout


def here() -> str:
    """Name of this machine."""
    return socket.gethostname()


def stated(record: dict[str, Any]) -> tuple[str, str]:
    """(`running`, `ended` or `unknown`, what is known of it) of a job that was submitted."""
    try:
        found: tuple[str, str] = launcher(str(record["kind"])).state(record)
        return found
    except CurateError as error:
        return "unknown", error.message
