"""`curate train`: every run of a recipe, or of several, that is not current, with what it needs before it, in that order.

What can be told in advance is said before anything runs: a revision that is missing, a trainer that is not installed. Then the mixtures
are built, so that `expect:` gates training, and each run is started under its lock by the profile's launcher. A run that another process
has is waited for, and what it came to is taken or told; it is never started a second time behind its back.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import shlex
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from curate import __version__
from curate.checks import PROBE
from curate.clean import refuse_contaminated
from curate.errors import CurateError
from curate.launch import Job, here, job_of, launcher, refuse_missing
from curate.launch.local import cancel as cancel_local
from curate.launch.local import start as start_local
from curate.prompts import in_words, node_name
from curate.report import Report
from curate.run import Run
from curate.run_folder import ATTEMPT, RunFolder, held, moment
from curate.run_state import row, state_of
from curate.side_by_side import Piece, SideBySide, Work
from curate.training import Training

if TYPE_CHECKING:
    from curate.api import Curated

POLL = 5.0
"""Seconds between two questions to a scheduler."""
LIBRARIES = ("torch", "transformers", "numpy")
"""Versions that a record tells, where they are installed."""


def train(
    curated: Curated,
    names: Sequence[str],
    *,
    wait: bool = False,
    probes: bool = False,
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """Build and start what is not current; a row for each run that was looked at (`curate/run_state.py`), with what was `done` about it.

    names: runs, or entries with all their seeds; all of the recipe if none. wait: on a cluster, until they are finished, and before that
    for what Slurm builds. probes: whether names may be of the probe's runs. CurateError for the first that cannot be started or does not
    finish, and for prompts that a reported benchmark stands in.
    """
    return train_all([(Training(curated), names)], wait=wait, probes=probes, report=report)


def train_all(
    wanted: Sequence[tuple[Training, Sequence[str]]],
    *,
    wait: bool = False,
    probes: bool = False,
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """As `train`, of several recipes of one project and profile: each with the names of its runs (none: all). A row for each run, once.

    All mixtures are built before the first run starts. On this machine up to `[launch] at_once` runs go on side by side; the profile is
    that of the first recipe.
    """
    if not wanted:
        return []
    report = report or Report()
    runs: dict[str, tuple[Curated, Run]] = {}
    for training, names in wanted:
        refuse_probes(training.curated, () if probes else names)
    for training, names in wanted:
        for run in ready(training, names, wait, report):
            runs.setdefault(run.key, (training.curated, run))
    pieces = [
        Piece(key, _work(curated, run, wait, report), (run.parent.key,) if run.parent else ())
        for key, (curated, run) in runs.items()
    ]
    launch = wanted[0][0].curated.profile.launch
    at_once = launch.at_once if launch.kind == "local" else 1
    told = _telling([run for _, run in runs.values()], report)
    done = SideBySide(pieces, at_once, told, lambda one: report.note(f"{one}; what does not need it goes on")).run()
    return [{**row(run), "done": done[key]} for key, (_, run) in runs.items()]


def _telling(runs: Sequence[Run], report: Report) -> Callable[[str, str, float], None]:
    """Say of each run that was trained how long it took, and how far all of them are."""
    titles = {run.key: run.title for run in runs if state_of(run)[0] != "current"}
    began, ended = time.monotonic(), 0

    def told(key: str, what: str, seconds: float) -> None:
        nonlocal ended
        ended += key in titles
        if what == "trained":
            far = f" ({ended:,} of {len(titles):,} runs, {time.monotonic() - began:,.0f} s so far)"
            report.note(f"{titles.get(key, key)}: trained in {seconds:,.1f} s{far if len(titles) > 1 else ''}")

    return told


def _work(curated: Curated, run: Run, wait: bool, report: Report) -> Callable[[], Work]:
    return lambda: _begin(curated, run, wait, report)


def preview(training: Training, names: Sequence[str]) -> list[dict[str, Any]]:
    """What `train` would start, as far as that is known before mixtures are built: rows with `words` and `given`, its run.json."""
    found = []
    curated = training.curated
    refuse_probes(curated, names)
    for run in _checked(training, names):
        known: dict[str, Any] = {"words": None, "given": None}
        if not run.missing:
            known = {"words": list(job_of(run, curated.profile.launch).words), "given": run.given()}
        found.append({**row(run), **known})
    return found


def refuse_probes(curated: Curated, names: Sequence[str]) -> None:
    """CurateError for a name of one of the probe's runs, which are for comparing recipes."""
    for name in names:
        if curated.recipe.probe and PROBE.fullmatch(name):
            raise CurateError(f"{name} is a run of the probe; start it with: curate compare {curated.title} --probe")


def _checked(training: Training, names: Sequence[str]) -> list[Run]:
    """The runs in question, as the store is now. CurateError for what no build would put right."""
    curated = training.curated
    training.look()
    runs = training.needed(names)
    if not runs:
        raise CurateError(f"{curated.title} has no run; write one under `train:` (docs/trainers.md)")
    for run in runs:
        run.refuse()
        if run.missing or state_of(run)[0] != "current":
            refuse_missing(run, curated.profile.launch)
    return runs


def ready(training: Training, names: Sequence[str], wait: bool, report: Report) -> list[Run]:
    """The runs in question, their mixtures built and what they are known. wait: for those that Slurm builds."""
    training.curated.store.create()
    runs = _checked(training, names)
    todo = [run for run in runs if run.missing or state_of(run)[0] != "current"]
    if built := _built(todo, wait, report):
        training.recipes |= {one.name: one for one in built}
        training.look()
        runs = training.needed(names)
        for run in runs:
            if run.entry.prompts and state_of(run)[0] != "current":
                report.note(f"{run.title}: {in_words(run.entry.prompts, run.owner.prompts()[run.entry.prompts])}")
    refuse_contaminated(training.curated, runs)
    return runs


def _built(runs: list[Run], wait: bool, report: Report) -> list[Curated]:
    """The recipes whose mixtures or prompts were built, once each; of one that has only prompts to give, these and what they need.

    What Slurm builds is submitted for all of them, and then waited for. CurateError where it is not to be waited for, and where it fails.
    """
    whole = {id(run.data): run.data for run in runs if run.data}
    parts = {id(run.owner): run.owner for run in runs if run.entry.prompts and id(run.owner) not in whole}
    builds: list[tuple[Curated, dict[str, Any]]] = [(data, {}) for data in whole.values()]
    for run in runs:
        if run.entry.prompts and id(run.owner) in parts:
            builds.append((run.owner, {"through": node_name(run.entry.prompts)}))
    build_all(builds, wait, report)
    return [*whole.values(), *parts.values()]


def build_all(builds: Sequence[tuple[Curated, dict[str, Any]]], wait: bool, report: Report) -> None:
    """Build recipes, or what these words for `build` say of them. Those that Slurm builds are submitted first, and waited for then.

    CurateError where one is not to be waited for, and where it comes to nothing.
    """
    away = [(data, part, told) for data, part in builds if (told := data.build(**part, report=report).get("build"))]
    if away and not wait:
        titles = ", ".join(dict.fromkeys(data.title for data, *_ in away))
        raise CurateError(f"Slurm builds {titles}; run curate train again when it has, or with --wait")
    for data, part, told in away:
        ours, waits = 0, told
        while waits:
            if (ours := ours + waits["submitted"]) > 1:
                raise CurateError(f"Slurm has built {data.title}, and something of it is still to do: curate status")
            came = _wait_for_build(data, report)
            if waits["submitted"] and came["state"] != "finished":  # what somebody else's lacks is submitted again
                raise CurateError(f"{data.title} was not built by Slurm: {came['state']}, {came['why']}")
            waits = data.build(**part, report=report).get("build")


def _wait_for_build(data: Curated, report: Report) -> dict[str, Any]:
    """Wait until what Slurm builds of a recipe is over: `state` and `why` of it."""
    from curate.launch import chain

    folder, said = chain.folder_of(data), ""
    while (told := chain.state(folder)) and told["state"] in ("running", "unknown"):
        if said != (said := told["why"]):
            report.note(f"waits until {data.title} is built: {said}")
        time.sleep(POLL)
    return told or {"state": "gone", "why": "its folder in the store was deleted"}


def _begin(curated: Curated, run: Run, wait: bool, report: Report) -> Work:
    """Bring one run to be current, or submit it. What was done: nothing, `trained`, `waited for`, `submitted`, `runs` or `waits`."""
    state, why = state_of(run)
    if state == "current":
        return ""
    if met := held_out_above(run):
        report.note(f"{run.title}: trains on {met:,} documents that {run.parent.title if run.parent else ''} holds out")
    after = _after(run, curated.profile.launch.kind)
    if after is None:
        assert run.parent
        report.note(f"{run.title}: waits for {run.parent.title}; run curate train again when that is finished")
        return "waits"
    if state == "running" and run.folder.record.get("job"):
        return (yield from _watched(run, f"runs: {why}", wait, report))
    lock = yield from _alone(run, report)
    with lock:
        state, why = state_of(run, mine=True)
        if state == "current":
            return "waited for"
        if state == "running":  # submitted by somebody else a moment ago
            return (yield from _watched(run, f"runs: {why}", wait, report))
        job = _prepare(run, curated)
        if curated.profile.launch.kind == "local":
            return (yield from _run_here(run, job, lock.fileno(), report))
        said = _submit(run, job, after)
    return (yield from _watched(run, f"submitted: {said}", wait, report))


def held_out_above(run: Run) -> int:
    """How many documents a branch trains on that its parent holds out, as where corpora were edited between the two."""
    import polars as pl

    above = run.parent and run.parent.objects.get("mixture")
    if not above or "mixture" not in run.objects:
        return 0
    store = run.owner.store
    held, trained = (store.ensure(key) / "index.parquet" for key in (above, run.objects["mixture"]))
    held = held.with_name("held_out") / held.name
    if not (held.is_file() and trained.is_file()):
        return 0
    ids = pl.scan_parquet(held).select("source", "id").unique()
    return int(ids.join(pl.scan_parquet(trained), on=["source", "id"], how="semi").select(pl.len()).collect().item())


def _after(run: Run, kind: str) -> tuple[str, ...] | None:
    """Jobs that must succeed before a run can start; None if it cannot be told in advance when its parent will be there."""
    if run.parent is None:
        return ()
    state, record = state_of(run.parent)[0], run.parent.folder.record
    if state == "current":
        return ()
    submitted = state == "running" and kind == "slurm" == record.get("kind")
    return (str(record["job"]),) if submitted else None


def _alone(run: Run, report: Report) -> Generator[float, None, IO[str]]:
    """Take the lock of a run. CurateError if another process had it and did not finish the run."""
    waited: list[bool] = []

    def waiting() -> None:
        record, found = run.folder.record, ", ".join(map(str, run.folder.processes()))
        report.note(f"{run.title}: process {found or record.get('pid')} on {record.get('host')} is at it; waiting")
        waited.append(True)

    lock = yield from held(run.folder, waiting)
    if waited and (found := state_of(run, mine=True))[0] != "current":
        lock.close()
        raise _unfinished(run, found)
    return lock


def _unfinished(run: Run, found: tuple[str, str]) -> CurateError:
    state, why = found
    was = "was " if state == "interrupted" else ""
    return CurateError(f"{run.title} {was}{state}: {why} (curate logs {run.owner.title} {run.name})")


def _prepare(run: Run, curated: Curated) -> Job:
    """Write run.json and the record, and note what the name means now. CurateError if they cannot be written."""
    launch, folder = curated.profile.launch, run.folder
    job = job_of(run, launch)
    _clear(folder)
    folder.write("run.json", given := run.given())
    folder.note(
        name=run.title, recipe=run.owner.title, run=run.name, key=run.key, command=list(job.words), kind=launch.kind, job=None,
        pid=None, host=here(), started=moment(), ended=None, exit_code=None, asked_to_stop=False, address=launch.address,
        attempt=_attempts(folder) + 1, lock=given["lock"], identity=run.identity, objects=run.objects, sources=run.sources,
        code=run.code(), versions=_versions(),
    )  # fmt: skip
    folder.add_to_log(f"{ATTEMPT}{folder.record['attempt']}, {moment()}, {launch.kind}: {shlex.join(job.words)}")
    try:
        run.note_name()
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}; nothing was started", where=str(run.names)) from None
    return job


def _clear(folder: RunFolder) -> None:
    """Set aside a manifest that is none, which would make a finished run look unfinished for ever, and what the last attempt came to."""
    with contextlib.suppress(FileNotFoundError):
        folder.file("manifest.json").rename(folder.file("manifest.refused.json"))
    folder.file("status.json").unlink(missing_ok=True)


def _attempts(folder: RunFolder) -> int:
    found = folder.record.get("attempt")
    return found if isinstance(found, int) else 0


def _run_here(run: Run, job: Job, lock: int, report: Report) -> Work:
    """Run a trainer to its end. CurateError if it did not finish, KeyboardInterrupt if it was asked to stop from here."""
    try:
        with _noting(run.folder):
            code = yield from start_local(job, lock, report)
    except KeyboardInterrupt:
        run.folder.note(ended=moment())
        raise KeyboardInterrupt(f"{run.title} was asked to stop; {run.command} goes on from what it saved") from None
    run.folder.note(ended=moment(), exit_code=code)
    if (found := state_of(run, mine=True))[0] != "current":
        raise _unfinished(run, found)
    return "trained"


@contextlib.contextmanager
def _noting(folder: RunFolder) -> Iterator[None]:
    """A trainer that could not even be started has failed, and its log says why."""
    try:
        yield
    except CurateError as error:
        folder.note(ended=moment(), exit_code=2)
        folder.add_to_log(f"error: {error}")
        raise


def _submit(run: Run, job: Job, after: tuple[str, ...]) -> str:
    with _noting(run.folder):
        name = launcher(job.launch.kind).start(job, after)
    run.folder.note(job=name)
    return f"{job.launch.kind} job {name}"


def _watched(run: Run, said: str, wait: bool, report: Report) -> Work:
    """Of a run that a scheduler has: leave it, or wait for its end. CurateError if it ends unfinished."""
    report.note(f"{run.title}: {said}")
    if not wait:
        return said.partition(":")[0]
    while (found := state_of(run))[0] == "running":
        yield POLL
    if found[0] != "current":
        raise _unfinished(run, found)
    return "trained"


def cancel(curated: Curated, name: str) -> dict[str, Any]:
    """Ask a run to save and stop; its row. CurateError if it does not run, or cannot be asked from here."""
    run = Training(curated)[name]
    state, why = state_of(run)
    if state != "running":
        raise CurateError(f"{run.title} does not run; it is {state}{f' ({why})' if why else ''}")
    record = run.folder.record
    run.folder.note(asked_to_stop=True)
    if record.get("job"):
        launcher(str(record["kind"])).cancel(record, run.folder)
    else:
        cancel_local(record, run.folder)
    return row(run)


def _versions() -> dict[str, str]:
    found = {"octocurate": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
