"""What became of each run: current, running, interrupted, failed, stale, waiting or missing, and why.

A run is current when its folder, which its key names, has a manifest. It is running while somebody holds its lock or a scheduler says so.
What was started and has no manifest was interrupted (it saved, or was killed: the same command goes on) or failed. What was never started
under its present key is stale if its name was trained to the end under another one, and `why` says what changed; else it waits for a
mixture or a parent, or is missing. A scheduler that cannot be asked counts as running: two trainers in one folder would be worse than
none.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from curate.errors import CurateError
from curate.run import Run
from curate.run_folder import FIGURES, MEASURED, RunFolder, one_line, plain_number
from curate.why import differences

STATES = ("current", "running", "interrupted", "failed", "stale", "waiting", "missing")


def state_of(run: Run, *, mine: bool = False) -> tuple[str, str]:
    """The state of a run and why. mine: this process holds its lock, so nobody else is at it."""
    try:
        folder = run.folder
    except CurateError as error:
        return "waiting", error.message
    if folder.manifest()[0]:
        return "current", drift(run, folder.record)
    if found := _under_way(folder, mine):
        return found
    manifest, wrong = folder.manifest()  # again: it may have finished while a scheduler was asked
    if manifest:
        return "current", drift(run, folder.record)
    if folder.record or wrong:
        return _ended(run, folder, wrong)
    if last := last_finished(run):
        return "stale", "; ".join(changes(last.record, run))
    if run.parent and (parent := state_of(run.parent)[0]) != "current":
        return "waiting", f"{run.parent.title} is {parent}"
    return "missing", "was never started"


def _under_way(folder: RunFolder, mine: bool) -> tuple[str, str] | None:
    from curate.launch import stated

    record = folder.record
    if record.get("kind") in ("slurm", "ray") and record.get("job"):
        found, said = stated(record)
        if found != "ended":
            return "running", said
    if not mine and folder.is_held():
        return "running", f"process {record.get('pid', '?')} on {record.get('host', '?')}"
    return None


def _ended(run: Run, folder: RunFolder, wrong: str) -> tuple[str, str]:
    """Of a run that was started, is not under way and not finished."""
    from curate.run_folder import read_object

    if wrong:
        return "failed", one_line(wrong)
    record = folder.record
    code, status = record.get("exit_code"), read_object(folder.file("status.json")).get("status")
    step = folder.figures()["step"]
    at = f"at step {step:,}; " if step is not None else ""
    failed = status == "failed" or code not in (None, 0, -signal.SIGTERM) or _failed_elsewhere(record)
    if status == "interrupted" or record.get("asked_to_stop") or not failed:
        return "interrupted", f"{at}{run.command} goes on from its last checkpoint"
    said = folder.said()
    if isinstance(code, int) and code < 0:
        said = f"killed by signal {-code}: {said}"
    return "failed", said if code == 2 else f"{at}{said}{f' (exit code {code})' if code else ''}"


def _failed_elsewhere(record: dict[str, Any]) -> bool:
    from curate.launch import stated

    if record.get("kind") not in ("slurm", "ray") or not record.get("job"):
        return False
    return any(word in stated(record)[1].lower() for word in ("fail", "out_of_memory", "timeout", "deadline"))


def last_finished(run: Run) -> RunFolder | None:
    """The newest run of this name that was trained to its end under another key."""
    return next((folder for folder in run.before() if folder.path.name != run.key and folder.manifest()[0]), None)


def changes(before: dict[str, Any], run: Run) -> list[str]:
    """Plain sentences: what of a run is not what it was."""
    old, new = before.get("identity"), run.identity
    if not isinstance(old, dict):
        return ["its record cannot be read"]
    return [*_of_mixture(before, old, run), *_of_prompts(before, old, run), *_said(old, new, run)] or [
        "the format of run keys changed"
    ]


def _of_mixture(before: dict[str, Any], old: dict[str, Any], run: Run) -> Iterator[str]:
    if old.get("mixture") == run.identity["mixture"]:
        return
    was, now = before.get("sources"), run.sources
    was = was if isinstance(was, dict) else {}
    words = [name for name in now if name in was and was[name] != now[name]]
    words += [f"{name} (new)" for name in now if name not in was] + [
        f"{one_line(n)} (gone)" for n in was if n not in now
    ]
    yield f"its mixture changed: {', '.join(words)}" if words else "its mixture changed: its size, weights or order"


def _of_prompts(before: dict[str, Any], old: dict[str, Any], run: Run) -> Iterator[str]:
    if old.get("prompts") != run.identity.get("prompts"):
        was = before.get("sources")
        other = [name for name in was if name != run.entry.prompts] if isinstance(was, dict) else []
        yield f"its prompts changed: {run.entry.prompts}{f' in place of {one_line(other[0])}' if other else ''}"


def _said(old: dict[str, Any], new: dict[str, Any], run: Run) -> Iterator[str]:
    if old.get("tokenizer") != new["tokenizer"]:
        yield "the tokenizer changed"
    if old.get("from") != new["from"]:
        yield f"{run.parent.title} is another run" if run.parent else "the model that it starts from changed"
    for name in ("run", "seed"):
        if old.get(name) != new[name]:
            yield one_line(f"{name}: {_shown(old.get(name))} -> {_shown(new[name])}")
    for path, was, now in differences(old.get("params", {}), new["params"]):
        yield one_line(f"parameter {path}: {_shown(was)} -> {_shown(now)}")


def _shown(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else str(value)


def drift(run: Run, record: dict[str, Any]) -> str:
    """What of the trainer's code is not what it was when the run was started, which makes nothing stale; empty if nothing."""
    was = record.get("code")
    try:
        now = run.code()
    except CurateError as error:
        return error.message
    changed = [name for name in now if isinstance(was, dict) and was.get(name) not in (None, now[name])]
    return f"the trainer's code has changed since: {', '.join(changed)}" if changed else ""


def row(run: Run) -> dict[str, Any]:
    """One run as `curate status`, `runs` in SQL and `Curated.runs` tell it; None for what is not known."""
    state, why = state_of(run)
    told: dict[str, Any] = {
        "run": run.name,
        "entry": run.entry_name,
        "seed": plain_number(run.seed) if type(run.seed) is int else None,
        "recipe": run.owner.title,
        "key": None,
        "state": state,
        "trainer": run.words[0],
    }
    told |= {
        "command": run.entry.run,
        "kind": None,
        "job": None,
        "log": None,
        "folder": None,
        "started": None,
        "ended": None,
    }
    told |= {"seconds": None, **dict.fromkeys(FIGURES), "mixture": None, "prompts": None}
    told |= {"parent": run.parent.title if run.parent else run.entry.from_, "why": why or None}
    return told if _key(run) is None else told | {"key": run.key, **_contents(run)} | _facts(run, state)


def _contents(run: Run) -> dict[str, Any]:
    return {name: run.identity.get(name) for name in ("mixture", "prompts")}


def _key(run: Run) -> str | None:
    try:
        return run.key
    except CurateError:
        return None


def _facts(run: Run, state: str) -> dict[str, Any]:
    """What its folder tells."""
    folder = run.folder
    record = folder.record
    if not record:
        return {}
    manifest = folder.manifest()[0]
    figures: dict[str, Any] = folder.figures()
    figures |= {n: manifest[n] for n in figures if plain_number(manifest.get(n)) is not None and _fits(n, manifest[n])}
    known = {name: _text(record.get(name)) for name in ("kind", "job", "started", "ended")}
    if state == "current" and not known["ended"]:  # nobody of ours was there to see it
        moment = datetime.fromtimestamp(folder.file("manifest.json").stat().st_mtime, UTC)
        known["ended"] = moment.isoformat(timespec="seconds")
    words = record.get("command")
    shown = " ".join(map(str, words)) if isinstance(words, list) else run.entry.run
    places = {"log": str(folder.file("log.txt")), "folder": str(folder.path), "command": shown}
    return {**known, **places, "seconds": _seconds(known), **figures}


def _fits(name: str, value: Any) -> bool:
    return name in MEASURED or type(value) is int


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _seconds(known: dict[str, str | None]) -> float | None:
    """From its last start to its end, or to now."""
    try:
        end = datetime.fromisoformat(known["ended"]) if known["ended"] else datetime.now(UTC)
        return round((end - datetime.fromisoformat(str(known["started"]))).total_seconds(), 1)
    except (ValueError, TypeError):
        return None
