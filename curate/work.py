"""One node as a worker needs it: names, parameters and paths, never functions or frames, so it can be pickled."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import step
from curate.code import PACKAGE
from curate.known import Known
from curate.models.replies import Asker, Recorded
from curate.profile import ModelSettings
from curate.step import Step


@dataclass(frozen=True)
class Asked:
    """The model that a node asks: its entry in the recipe, where the profile says it is, and who asks (nobody: only stored replies)."""

    entry: dict[str, Any]
    settings: ModelSettings = field(default_factory=ModelSettings)
    asker: Asker | None = None

    def opened(self, replies: Path) -> Recorded:
        return _model(json.dumps(self.entry, sort_keys=True), self.settings.model_dump_json(), self.asker, str(replies))


@dataclass(frozen=True)
class Work:
    """One node as a worker needs it."""

    name: str
    kind: str
    draft: Path
    verb: str = ""
    step: str = ""
    project: Path | None = None
    params: dict[str, Any] = field(default_factory=dict)
    model: Asked | None = None
    """Of a node that asks: whom, and how."""
    answers: tuple[str, ...] = ()
    """Of the second half of a step that asks: the columns of what came back."""
    clauses: tuple[tuple[str, str], ...] = ()
    reads: tuple[str, ...] = ()
    adds: dict[str, str] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    corpus: str = ""
    title: str = ""
    step_name: str = ""
    """What the recipe calls the step: `as:`, or the step's own name."""
    read: dict[str, Any] = field(default_factory=dict)
    """Of a reader: `columns`, `promoted`, `license`."""
    known: Known | None = None
    most: int | None = None
    """How many documents it may lose; None where nobody knows yet how many it gets."""

    def found(self) -> Step:
        return (
            step.load(PACKAGE / "mixers" / f"{self.step}.py", "mixers")
            if self.verb == "mixers"
            else step.find(self.verb, self.step, self.project)
        )


@functools.lru_cache(maxsize=8)
def _model(entry: str, settings: str, asker: Asker | None, replies: str) -> Recorded:
    """One model per process, because opening one can be dear."""
    from curate.models.base import open_model

    return open_model(json.loads(entry), Path(replies), ModelSettings.model_validate_json(settings), asker)
