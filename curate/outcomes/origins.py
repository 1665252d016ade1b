"""Where a number comes from: of each run the recipe's file, the lock, the mixture or the prompts, the checkpoint, and documents by corpus.

`settings` says what a comparison is about: steps, parameters of the trainer, the model's size, and tokens of each mixture by source.
"""

from __future__ import annotations

import contextlib
import json
import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.figures import source_rows
from curate.profile import shipped
from curate.run_folder import opened, plain_number
from curate.training import line

if TYPE_CHECKING:
    from curate.run import Run

HEADER = 1 << 24
"""Bytes of the header of a file of weights that are read."""
DIMENSIONS = 16
"""Dimensions that a tensor may have."""
SOURCE = ("source", "achieved", "share", "documents", "epochs")


def of(run: Run) -> list[dict[str, Any]]:
    """Of a run and of those that it grew from, oldest first: where it came from; None for what is not known yet."""
    return [_of(one) for one in line(run)]


def _of(run: Run) -> dict[str, Any]:
    key, folder, record = None, None, {}
    with contextlib.suppress(CurateError):
        key, folder = run.key, run.folder
        record = folder.record
    model = folder.file("model") if folder else None
    objects = run.objects if key else {}
    return {
        "run": run.title,
        "recipe": run.owner.title,
        "entry": run.entry_name,
        "key": key,
        "seed": run.seed,
        "started_from": None if run.parent else run.entry.from_,
        "file": _within(run, run.owner.recipe.path),
        "lock": record.get("lock") if isinstance(record.get("lock"), str) else None,
        "mixture_of": run.data.title if run.data else None,
        "mixture": objects.get("mixture"),
        "prompts_of": run.entry.prompts,
        "prompts": objects.get("prompts"),
        "folder": _within(run, folder.path) if folder else None,
        "checkpoint": _within(run, model) if model and model.is_dir() else None,
        "documents": _documents(run) if objects else {},
    }


def _within(run: Run, path: Path) -> str:
    """A path as seen from the project, or a file of the package from there; else as it is."""
    for home in (run.owner.project, shipped("recipes").parent):
        if path.is_relative_to(home):
            return path.relative_to(home).as_posix()
    return str(path)


def _documents(run: Run) -> dict[str, int]:
    """Corpus -> documents that it gave."""
    if run.entry.prompts:
        count = _prompts(run)
        return {} if count is None else {run.entry.prompts: count}
    return {one["source"]: one["documents"] for one in source_rows(run.data.mixture())} if run.data else {}


def _prompts(run: Run) -> int | None:
    node = run.nodes().get("prompts")
    return plain_number(node[1].facts.get("prompts")) if node else None  # type: ignore[return-value]


def settings(runs: Sequence[Run]) -> dict[str, Any]:
    """What was done in an entry, by its first run: trainer, steps, parameters, the model's size, and the mixtures that it grew from."""
    run = runs[0]
    mixtures = [one for one in line(run) if one.data]
    return {
        "trainer": " ".join(run.words),
        "steps": run.params.get("max_steps"),
        "params": run.params,
        "parameters": next((n for one in runs for up in line(one) if (n := _parameters(up)) is not None), None),
        "mixtures": [
            {"run": one.title, "mixture_of": one.data.title, "steps": one.params.get("max_steps"), **_tokens(one)}
            for one in mixtures
            if one.data
        ],
    }


def _tokens(run: Run) -> dict[str, Any]:
    facts = run.data.mixture() if run.data and run.objects else {}
    rows = [{name: one[name] for name in SOURCE} for one in source_rows(facts)]
    return {"tokens": facts.get("tokens"), "sources": rows}


def _parameters(run: Run) -> int | None:
    """Parameters in a run's exported weights; None where there are none that can be read."""
    with contextlib.suppress(
        CurateError, OSError, struct.error, ValueError, TypeError, LookupError, AttributeError, RecursionError
    ):
        files = sorted(run.folder.file("model").glob("*.safetensors"))
        return sum(_in_file(path) for path in files) if files else None
    return None


def _in_file(path: Path) -> int:
    """Numbers in a file of weights, by its header. ValueError and others for a file that is none."""
    with opened(path) as file:
        (size,) = struct.unpack("<Q", file.read(8))
        if size > HEADER:
            raise ValueError("its header is too large")
        header = json.loads(file.read(size))
    return sum(_size(told["shape"]) for name, told in header.items() if name != "__metadata__")


def _size(shape: Any) -> int:
    if len(shape) > DIMENSIONS or not all(type(one) is int and 0 <= one < 1 << 48 for one in shape):
        raise ValueError("its shapes are none")
    return math.prod(shape)
