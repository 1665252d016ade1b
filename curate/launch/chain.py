"""A build as a chain of Slurm jobs: `curate build` submits its first job and returns.

<store>/builds/<recipe>/     of whoever builds, mode 700
    build.json               what is built: recipe, project, profile, how
    record.json              jobs, and how it ended
    job.sh                   goes on with the build; an array and this job after it are submitted by `curate/executors/slurm.py`
    log.txt, tasks/          what it printed, and what tasks of arrays printed
    passes/                  passes and what their ranks gave, until the build has ended

Compute nodes must be allowed to submit jobs, and to see store and project under the same paths. A step that writes files (a tokenizer, a
mixture) runs in the build's own job; so do phases within a step over a whole corpus.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import stat
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import Damaged
from curate.budget import Paid, Spending
from curate.errors import CurateError, Handed, Incomplete
from curate.executors.slurm import CANCELLED, FOLDER, JOB, do_task, options_of, script_of
from curate.launch import asked
from curate.launch.sbatch import is_alive, log_pattern, states, submit
from curate.profile import Profile, SlurmSettings
from curate.run_folder import RunFolder, moment, one_line, read_object

if TYPE_CHECKING:
    from curate.api import Curated

ENDED = ("finished", "failed", "cancelled")


def folder_of(curated: Curated) -> RunFolder:
    """The folder of this recipe's build, of this user; there may be none."""
    from curate.lock import ref_name

    name = f"{ref_name(curated.title, curated.lock_path)}-{os.getuid()}"
    return RunFolder(curated.store.root / "builds" / name)


def submitted(curated: Curated, targets: list[str] | None, how: dict[str, Any]) -> dict[str, Any] | None:
    """Submit a build, unless it is under way; `job`, `state` and `log` of it. None in a job of it, and where nothing is to do."""
    nodes = curated.planned.needed(targets)
    if os.environ.get(FOLDER):
        return None
    with contextlib.suppress(Damaged):  # it is made again
        done = curated._stored().done  # jobs may have stored something since it was looked at
        if all(node.plan_key in done for node in nodes):
            return None
    folder = folder_of(curated)
    with curated.store.locked([folder.path.name], lambda: None):
        if (told := state(folder)) and told["state"] in ("running", "unknown"):
            return {**told, "submitted": False}
        job = _begin(curated, folder, how)
    return {"job": job, "state": "running", "why": "", "log": str(folder.file("log.txt")), "submitted": True}


def _begin(curated: Curated, folder: RunFolder, how: dict[str, Any]) -> str:
    """Write the folder of a build and submit its first job."""
    settings = curated.profile.slurm
    try:
        folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_shared(folder.path)
        shutil.rmtree(folder.file("passes"), ignore_errors=True)
        for name in (CANCELLED, "record.json", "paid.json"):
            folder.file(name).unlink(missing_ok=True)
        folder.file(JOB).write_text(_script(curated, folder, settings), "utf-8")
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(folder.path)) from None
    what: dict[str, Any] = {
        "recipe": str(curated.recipe.path.absolute()),
        "title": curated.title,
        "project": str(curated.project),
    }
    what |= {"fraction": curated.fraction, "seeds": curated.seeds, "promote_all": curated.promote_all, "how": how}
    profile = _limited(curated.profile).model_dump(mode="json")
    folder.write("build.json", {**what, "profile": profile, "attempt": secrets.token_hex(4)})
    job = submit(folder.file(JOB), curated.title)
    folder.note(kind="slurm", job=job, state="submitted", started=moment())
    return job


def _refuse_shared(path: Path) -> None:
    """CurateError for a folder that somebody else can write: what is pickled there, and the script, run as us."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise CurateError("others can write this folder of a build; delete it, and ask who made it", where=str(path))


def _limited(profile: Profile) -> Profile:
    """A profile whose limits of memory follow from what jobs ask Slurm for, where it says none itself."""
    slurm = profile.slurm.of_own_job()
    if not slurm.mem_per_cpu:
        return profile
    each = 0.9 * min(slurm.mem_per_cpu, profile.slurm.mem_per_cpu or slurm.mem_per_cpu) / 1e9
    limits = profile.limits if profile.limits.gigabytes else profile.limits.model_copy(update={"gigabytes": each})
    memory = profile.memory or max(64 << 20, slurm.mem_per_cpu * slurm.cpus_per_task // 2)
    return profile.model_copy(update={"limits": limits, "memory": memory})


def _script(curated: Curated, folder: RunFolder, settings: SlurmSettings) -> str:
    """The text of job.sh. Its time limit or a kill puts it back into the queue; whoever cancels it ends it."""
    options = [
        *options_of(curated.title, settings.of_own_job(), settings.own.gpus),
        f'--output="{log_pattern(folder.file("log.txt"))}"',
        f"--signal=B:USR1@{settings.grace}",
        *settings.lines,
    ]
    words = shlex.join([sys.executable, "-m", "curate.launch.chain", "build", str(folder.path)])
    body = [
        f"export {FOLDER}={shlex.quote(str(folder.path))}",
        f"{words} &",
        "child=$!",
        "trap 'kill -KILL $child' USR1",
        "code=999",
        "while kill -0 $child 2> /dev/null || test $code -eq 999; do wait $child; code=$?; done",
        f"test -e {shlex.quote(str(folder.file(CANCELLED)))} && exit 75",
        f'if test "$code" -gt 128 && test "${{SLURM_RESTART_COUNT:-0}}" -lt {settings.restarts}; then',
        '  scontrol requeue "$SLURM_JOB_ID" && exit 75',
        "fi",
        'exit "$code"',
    ]
    return script_of(options, curated.project, settings.setup, body)


def go_on(folder: RunFolder) -> int:
    """Go on with a build in one of its jobs: the exit code."""
    if folder.file(CANCELLED).exists():
        return 75
    said = read_object(folder.file("build.json"))
    folder.note(state="running", host=os.uname().nodename)
    try:
        result = _opened(said).build(**said["how"], report=_lines())
    except Handed as handed:
        print(f"{handed}", flush=True)
        return 0
    except CurateError as error:
        for file, why in error.failed if isinstance(error, Incomplete) else ():
            print(f"{file}: {why}")
        print(f"error: {error}", flush=True)
        how = "cancelled" if folder.file(CANCELLED).exists() else "failed"
        folder.note(state=how, said=one_line(str(error)), ended=moment())
        return 2
    except Exception as error:
        traceback.print_exc()
        folder.note(state="failed", said=one_line(f"{type(error).__name__}: {error}"), ended=moment())
        return 1
    folder.note(state="finished", ended=moment())
    print(f"{said['title']}: built, {result['nodes']} nodes", flush=True)
    shutil.rmtree(folder.file("passes"), ignore_errors=True)
    return 0


def _lines() -> Any:
    from curate.report import Lines

    return Lines()


def _opened(said: dict[str, Any]) -> Curated:
    from curate.api import Curated
    from curate.recipe import load

    project, profile = Path(said["project"]), Profile.model_validate(said["profile"])
    found = Curated(load(said["recipe"], project=project), project, profile, said["promote_all"], said["fraction"])
    return found.first_seeds(said["seeds"])


def take_up(spending: Spending) -> None:
    """Book what earlier jobs of this build spent, so that its limit is one for all of them."""
    if path := os.environ.get(FOLDER):
        rows = read_object(Path(path) / "paid.json").get("rows", [])
        spending.earlier = tuple(Paid(**row) for row in rows)


def hand_on(spending: Spending) -> None:
    """Note for later jobs of this build what was spent so far."""
    path = os.environ.get(FOLDER)
    if path and spending.paid:
        RunFolder(Path(path)).write(
            "paid.json", {"rows": [dict(vars(row)) for row in (*spending.earlier, *spending.paid)]}
        )


def state(folder: RunFolder) -> dict[str, Any] | None:
    """`job`, `state` (running, finished, failed, cancelled, gone, unknown), `why` and `log` of a build; None if there was none."""
    record = folder.record
    if not record:
        return None
    told = {"job": record.get("job"), "log": str(folder.file("log.txt"))}
    if record.get("state") in ENDED:
        return {**told, "state": record["state"], "why": record.get("said", "")}
    try:
        alive = is_alive(str(record["job"]))
        why = "; ".join(_queue(record)) if alive else "Slurm has forgotten it; curate build goes on"
    except CurateError as error:
        return {**told, "state": "unknown", "why": error.message}
    if not alive and folder.record != record:  # it handed on or ended while Slurm was asked
        return state(folder)
    return {**told, "state": "running" if alive else "gone", "why": why}


def _queue(record: dict[str, Any]) -> Iterator[str]:
    """What Slurm says of the jobs of a build."""
    for job in (record.get("array"), record.get("job")):
        if words := states(str(job)) if job else []:
            counts = [f"{words.count(word):,} {word.lower()}" for word in dict.fromkeys(words)]
            what = f" ({record.get('doing')})" if job == record.get("array") else ""
            yield f"Slurm job {job}{what}: {', '.join(counts)}"


def cancel(folder: RunFolder) -> dict[str, Any]:
    """Take a build's jobs out of the queue; what was finished is kept. CurateError if it does not run, or Slurm cannot be asked."""
    told = state(folder)
    if not told or told["state"] in ENDED:
        last = f"; the last one is {told['state']}" if told else ""
        raise CurateError(f"no build of it is under way by Slurm{last}")
    folder.write(CANCELLED, {})
    record = folder.record
    for job in (record.get("job"), record.get("array")):
        if job and is_alive(str(job)):
            asked(["scancel", str(job)], "cancel")
    folder.note(state="cancelled", ended=moment())
    return {**told, "state": "cancelled"}


def main(words: list[str]) -> int:
    """What job.sh and array.sh start: `build FOLDER`, or `task FOLDER` in a task of an array."""
    what, path = words
    if what == "build":
        return go_on(RunFolder(Path(path)))
    processes = int(os.environ.get("SLURM_CPUS_PER_TASK") or 1)
    return do_task(Path(path), int(os.environ["SLURM_ARRAY_TASK_ID"]), processes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
