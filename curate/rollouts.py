"""Rollouts of a run of reinforcement learning, to be read: what a model replied to some prompts at one step, and what it got for that.

They lie in `rollouts/step-0000010.jsonl` of a run's folder, an object for each reply (docs/trainers.md). Any program may have written
them and a model has written the replies, so a line that is no such object is passed over, and a program that shows one makes it printable.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.run_folder import opened, plain_number

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.run import Run

FILE = re.compile(r"step-(\d{1,15})\.jsonl")
LONGEST_LINE = 1 << 22
"""Bytes of a line; a longer one is passed over."""
MOST = 100_000
"""Replies of a step that are read."""


def rollouts(curated: Curated, run: str | None, step: int | None, n: int) -> dict[str, Any]:
    """Some prompts of one step with the replies to them: `run`, `step`, `steps` (those there are), `prompts`.

    run: its name; the one run on prompts if None. step: the last one if None. n: prompts. A prompt has `prompt_id`, `problem`, `answer` and
    `replies`, each with `number`, `reply`, `reward`, `kind`, `tokens` and `stopped`, None for what is not told. CurateError where there are
    no rollouts, or none of that step.
    """
    chosen = _run(curated, run)
    files = _files(chosen)
    if not files:
        raise CurateError(f"{chosen.title} has written no rollouts yet")
    at = max(files) if step is None else step
    if at not in files:
        raise CurateError(f"{chosen.title} has no rollouts of step {at:,}; it has {_listed(sorted(files))}")
    return {"run": chosen.title, "step": at, "steps": sorted(files), "prompts": _prompts(files[at], n)}


def _run(curated: Curated, name: str | None) -> Run:
    from curate.training import Training

    training = Training(curated)
    if name is not None:
        return training[name]
    known = [run for run in training.runs.values() if run.owner is curated and run.on_prompts]
    if len(known) != 1:
        names = ", ".join(run.name for run in known)
        if not known:
            raise CurateError(f"{curated.title} has no run on prompts; write one under `train:` (docs/trainers.md)")
        raise CurateError(f"which run? {curated.title} has {names}; name one, such as --rollouts {known[0].name}")
    return known[0]


def _files(run: Run) -> dict[int, Path]:
    """Step -> file, of a run as it is now, or else as it was when it was last started."""
    folders = [*([] if run.missing else [run.folder]), *run.before()]
    for folder in folders:
        found = {
            int(match[1]): path for path in folder.file("rollouts").glob("*") if (match := FILE.fullmatch(path.name))
        }
        if found:
            return found
    return {}


def _prompts(path: Path, n: int) -> list[dict[str, Any]]:
    """The first prompts of a file, each with its replies in their order."""
    found: dict[str, dict[str, Any]] = {}
    for line in _lines(path):
        key = str(line.get("prompt_id"))
        if key not in found and len(found) == n:
            continue
        prompt = found.setdefault(
            key, {"prompt_id": key, **{c: _text(line.get(c)) for c in ("problem", "answer")}, "replies": []}
        )
        told = {"number": plain_number(line.get("number")), "reply": _text(line.get("reply"))}
        told |= {
            "reward": plain_number(line.get("reward")),
            "kind": _text(line.get("kind")),
            "tokens": plain_number(line.get("tokens")),
        }
        prompt["replies"].append(
            {**told, "stopped": line.get("stopped") if isinstance(line.get("stopped"), bool) else None}
        )
    return list(found.values())


def _lines(path: Path) -> list[dict[str, Any]]:
    import orjson

    found = []
    try:
        with opened(path) as file:
            for text in islice(iter(lambda: file.readline(LONGEST_LINE), b""), MOST):
                try:
                    line = orjson.loads(text)
                except orjson.JSONDecodeError:
                    continue
                if isinstance(line, dict):
                    found.append(line)
    except OSError as error:
        raise CurateError(f"cannot be read: {error.strerror}", where=path.name) from None
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _listed(steps: list[int]) -> str:
    shown = [f"{step:,}" for step in (steps if len(steps) < 8 else [*steps[:3], *steps[-3:]])]
    return ", ".join(shown) if len(steps) < 8 else f"{', '.join(shown[:3])} ... {', '.join(shown[3:])}"
