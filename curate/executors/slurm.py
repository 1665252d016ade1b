"""The ranks of a pass as an array of Slurm jobs, for a build that is itself a chain of jobs (`curate/launch/chain.py`).

`run` asks the drafts which ranks are done. For the others it submits an array, and a job that goes on with the build once the array has
ended, however it ended; then it leaves this process with `Handed`. That job comes to the same pass: what is still missing is submitted
again, until so many arrays in a row have finished nothing. A task does its ranks in a local pool, so that a document that kills its worker
is found as on one machine; a task that is killed as a whole says nothing against any document. The build's own job does with the processes
that it has: as many ranks as these are, steps that ask models, and work that cannot tell which of its ranks are done, such as the phases
within a step over a whole corpus.

The pass and what ranks gave are pickled in a folder of mode 700 of whoever builds. Left out: datatrove's SlurmPipelineExecutor, which does
the ranks of a task in one process, lets a rank that fails end those after it, cannot be told which ranks to do once it may not believe its
own marks of completion, and submits one more job for each array, to merge its statistics, that waits for ever if a task fails.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import math
import os
import pickle
import secrets
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from curate.artifact import Damaged, replace_file
from curate.errors import CurateError, Handed
from curate.executors import Done, Executor
from curate.executors.local import Local
from curate.identity import digest
from curate.launch import asked, program_path, python_path
from curate.launch.sbatch import RUNNING, is_alive, job_name, log_pattern, states, submit
from curate.profile import SlurmSettings, StepSettings
from curate.run_folder import RunFolder, one_line, read_object, tail

FOLDER = "CURATE_SLURM_BUILD"
"""The variable of the environment of a build's own job that names the build's folder."""
JOB, CANCELLED = "job.sh", "cancelled"
"""The script of the job that goes on with a build; a file that keeps it from that."""
ERROR = "error.pickle"
"""What a step said that cannot go on; nothing more of its pass is begun."""


@dataclass(frozen=True)
class Some:
    """Some ranks of a pass. Nothing is begun once one of them has failed."""

    work: Callable[[int], Any]
    ranks: Sequence[int]
    folder: Path | None = None

    def __call__(self, place: int) -> Any:
        if self.folder and (self.folder / ERROR).exists():
            return None
        return self.work(self.ranks[place])

    def weight(self, place: int) -> int:
        return _weight(self.work, self.ranks[place])


@dataclass
class Slurm:
    """Hands ranks to arrays of jobs."""

    folder: RunFolder
    attempt: str
    """Names the build, from `curate build` to its end."""
    title: str
    project: Path
    settings: SlurmSettings
    steps: dict[str, StepSettings] = field(default_factory=dict)
    isolated = True
    workers: int = field(init=False)
    """Processes of the build's own job: limits of memory follow from that."""
    local: Local = field(init=False)
    """Does what is done by the build's own job."""

    def __post_init__(self) -> None:
        self.workers = self.settings.of_own_job().cpus_per_task
        self.local = Local(self.workers)

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        """As `Executor.run`. Handed where ranks are to be done by other jobs first."""
        name = _name(work)
        if not name:
            return self.local.run(work, count, done)
        folder = self.folder.path / "passes" / self.attempt / name
        _refuse_failed(folder)
        there: Callable[[int], bool] = work.is_there  # type: ignore[attr-defined]
        todo = [rank for rank in range(count) if not there(rank)]
        given = {int(path.stem) for path in folder.glob("*.pickle") if path.stem.isdigit()}
        missing = [rank for rank in todo if rank not in given]
        if len(missing) > self.workers or (missing and _asked(work, self.steps)):
            self.hand_over(work, missing, folder)
        if todo:  # too few for an array, files that could not be had, and what somebody threw away since

            def told(place: int, result: Any) -> None:
                if done:
                    done(todo[place], result)

            self.local.run(Some(work, todo), len(todo), told)
        for rank in sorted(set(range(count)) - set(todo)) if done else ():
            assert done
            done(rank, _unpickled(folder / f"{rank}.pickle") if rank in given else work(rank))
        return None

    def close(self) -> None:
        self.local.close()

    def hand_over(self, work: Callable[[int], Any], ranks: list[int], folder: Path) -> None:
        """Submit an array for these ranks, and the job that goes on after it. Handed, or CurateError where nothing gets on."""
        before: list[dict[str, Any]] = read_object(folder / "rounds.json").get("rounds", [])
        self._refuse_twice(before)
        last = before[-self.settings.rounds :]
        if len(last) == self.settings.rounds and all(one["ranks"] <= len(ranks) for one in last):
            said = self._said(last[-1]["job"])
            raise CurateError(
                f"{len(last)} jobs in a row finished none of the {len(ranks):,} shards that are left: {said}"
            )
        steps = _asked(work, self.steps)
        settings = for_steps(steps, self.settings)
        tasks = min(settings.max_array, math.ceil(len(ranks) / settings.cpus_per_task))
        place = folder / f"round-{len(before)}"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(place / "work.pickle", pickle.dumps(work))
        replace_file(place / "tasks.json", json.dumps({"tasks": balanced(work, ranks, tasks)}).encode())
        script = place / "array.sh"
        script.write_text(self.script(place, tasks, settings, gpus_of(steps, settings)), "utf-8")
        job = submit(script, self.title)
        replace_file(
            folder / "rounds.json", json.dumps({"rounds": [*before, {"job": job, "ranks": len(ranks)}]}).encode()
        )
        self.folder.note(array=job, tasks=tasks, ranks=len(ranks), doing=_what(work))
        self._leave(job, f"{_what(work)}: {len(ranks):,} shards, {tasks:,} tasks of Slurm job {job}")

    def _refuse_twice(self, before: list[dict[str, Any]]) -> None:
        """Handed where an array of this pass is under way: this job was killed after it had submitted it, and queued again."""
        if not before or not {*states(array := before[-1]["job"])} & (RUNNING - {"COMPLETING"}):
            return
        job = str(self.folder.record.get("job"))
        if job != os.environ.get("SLURM_JOB_ID") and is_alive(job):
            raise Handed(f"Slurm job {array} is under way; job {job} goes on")
        self._leave(array, f"Slurm job {array} is under way")

    def _leave(self, array: str, what: str) -> NoReturn:
        """Submit the job that goes on after an array. Handed, or CurateError where somebody has cancelled the build."""
        following = submit(self.folder.file(JOB), self.title, f"--dependency=afterany:{array}")
        self.folder.note(job=following)
        if self.folder.file(CANCELLED).exists():
            asked(["scancel", array, following], "cancel")
            raise CurateError("was cancelled")
        raise Handed(f"{what}; job {following} goes on")

    def _said(self, job: str) -> str:
        """What tasks of an array printed of errors, the last of it, and where."""
        logs = sorted((self.folder.path / "tasks").glob(f"{job}_*.txt"))
        lines = [(line, path) for path in logs[:9] for line in tail(path).splitlines() if "error" in line.lower()]
        return one_line(f"{lines[-1][0]} ({lines[-1][1]})") if lines else f"see {self.folder.path / 'tasks'}"

    def script(self, place: Path, tasks: int, settings: SlurmSettings, gpus: int) -> str:
        """The text of array.sh."""
        throttle = f"%{settings.at_once}" if settings.at_once else ""
        logs = self.folder.path / "tasks"
        logs.mkdir(exist_ok=True)
        options = [
            f"--array=0-{tasks - 1}{throttle}",
            *options_of(self.title, settings, gpus),
            f'--output="{log_pattern(logs, "/%A_%a.txt")}"',
            *settings.lines,
        ]
        python = settings.python or sys.executable
        words = [*settings.prefix, python, "-m", "curate.launch.chain", "task", str(place)]
        return script_of(options, self.project, settings.setup, [f"exec {shlex.join(words)}"])


def here(workers: int) -> Executor:
    """The executor of this process: in a build's own job one that submits arrays, elsewhere local."""
    if path := os.environ.get(FOLDER):
        folder = RunFolder(Path(path))
        said = read_object(folder.file("build.json"))
        profile = said["profile"]
        steps = {name: StepSettings.model_validate(one) for name, one in profile["steps"].items()}
        settings = SlurmSettings.model_validate(profile["slurm"])
        return Slurm(folder, said["attempt"], said["title"], Path(said["project"]), settings, steps)
    return Local(workers)


def options_of(title: str, settings: SlurmSettings, gpus: float = 0) -> Iterator[str]:
    """Options of sbatch that all jobs of a build have, with so many GPUs."""
    yield from (f"--job-name={job_name(title)}", "--nodes=1", "--ntasks=1", f"--cpus-per-task={settings.cpus_per_task}")
    if settings.mem_per_cpu:
        yield f"--mem-per-cpu={settings.mem_per_cpu >> 20}M"
    for option in ("time", "partition", "account"):
        if value := getattr(settings, option):
            yield f"--{option}={value}"
    if gpus:
        yield f"--gpus-per-node={math.ceil(gpus)}"
    yield from ("--requeue", "--open-mode=append")


def script_of(options: Sequence[str], project: Path, setup: Sequence[str], body: Sequence[str]) -> str:
    """The text of a script for sbatch that finds this Python and these packages."""
    known = {"PYTHONPATH": python_path(), "PATH": program_path(), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
    exports = [f"export {name}={shlex.quote(value)}" for name, value in known.items()]
    lines = ["#!/bin/bash", *(f"#SBATCH {one}" for one in options), "", "set -uo pipefail"]
    return "\n".join([*lines, f"cd {shlex.quote(str(project))} || exit 2", *exports, *setup, *body, ""])


def for_steps(said: Sequence[StepSettings], settings: SlurmSettings) -> SlurmSettings:
    """Settings of a pass with these steps: the most that one of them asks for, and the time and partition that the first of them names."""
    found: dict[str, Any] = {}
    for name in ("cpus_per_task", "mem_per_cpu"):
        if values := [value for one in said if (value := getattr(one, name)) is not None]:
            found[name] = max(values)
    for name in ("time", "partition"):
        if values := [value for one in said if (value := getattr(one, name))]:
            found[name] = values[0]
    return settings.model_copy(update=found)


def gpus_of(said: Sequence[StepSettings], settings: SlurmSettings) -> int:
    """GPUs of each task of a pass with these steps."""
    return math.ceil(max((one.gpus for one in said), default=0.0) * settings.cpus_per_task)


def balanced(work: Callable[[int], Any], ranks: Sequence[int], tasks: int) -> list[list[int]]:
    """Ranks dealt to so many tasks, the heaviest first, each to the task that has least."""
    heap: list[tuple[int, int, int]] = [(0, 0, task) for task in range(tasks)]
    found: list[list[int]] = [[] for _ in range(tasks)]
    for rank in sorted(ranks, key=lambda rank: (-_weight(work, rank), rank)):
        weight, held, task = heapq.heappop(heap)
        found[task].append(rank)
        heapq.heappush(heap, (weight + _weight(work, rank), held + 1, task))
    return found


def do_task(place: Path, task: int, processes: int) -> int:
    """Do the ranks of one task of an array: the exit code. What each gave is written as it is done."""
    try:
        work = _unpickled(place / "work.pickle")
        ranks: list[int] = read_object(place / "tasks.json")["tasks"][task]
    except FileNotFoundError:
        print("this build has ended", flush=True)
        return 0
    if hasattr(work, "attempt"):  # a task that was queued again because its node is gone blames no document
        work = replace(work, attempt=secrets.token_hex(8))
    ranks = [rank for rank in ranks if not work.is_there(rank)]
    local = Local(processes)

    def done(at: int, result: Any) -> None:
        if result is not None:
            replace_file(place.parent / f"{ranks[at]}.pickle", pickle.dumps(result), durable=False)

    try:
        local.run(Some(work, ranks, place.parent), len(ranks), done)
    except (CurateError, Damaged) as error:
        print(f"error: {error}", flush=True)
        with contextlib.suppress(FileNotFoundError):
            replace_file(place.parent / ERROR, pickle.dumps(error))
        return 2
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        local.close()
    return 0


def _refuse_failed(folder: Path) -> None:
    """Raise what a step said; of a damaged object once, because it is made again."""
    with contextlib.suppress(FileNotFoundError):
        error = _unpickled(folder / ERROR)
        if isinstance(error, Damaged):
            (folder / ERROR).unlink()
        raise error


def _unpickled(path: Path) -> Any:
    """What we pickled. CurateError for a file that is not this user's."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_uid != os.getuid():
            raise CurateError("belongs to another user", where=str(path))
        return pickle.load(file)  # noqa: S301  (our own file, in a folder of mode 700)


def _nodes(work: Any) -> tuple[Any, ...]:
    return getattr(work, "nodes", None) or (work.node,)


def _name(work: Any) -> str:
    """What the folder of a pass is called; empty for work that is to be done here."""
    if not hasattr(work, "is_there") or any(node.kind == "ask" for node in _nodes(work)):
        return ""
    return f"{type(work).__name__.lower()}-{digest([node.draft.name for node in _nodes(work)])[:12]}"


def _what(work: Any) -> str:
    """A pass in words."""
    first, *_, last = (*_nodes(work), _nodes(work)[-1])
    return first.name if first is last else f"{first.name} .. {last.name}"


def _weight(work: Any, rank: int) -> int:
    weight = getattr(work, "weight", None)
    return int(weight(rank)) if weight else 1


def _asked(work: Any, steps: dict[str, StepSettings]) -> list[StepSettings]:
    return [steps[node.title] for node in _nodes(work) if node.title in steps]
