"""How a build asks models: where the profile says they are, for whom replies are booked, at what cost, and in how many processes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from curate.budget import Spending
from curate.executors import Executor, near
from curate.executors.inline import Inline
from curate.models.base import backend
from curate.models.launch import served
from curate.models.replies import Asker
from curate.profile import ModelSettings
from curate.report import Report
from curate.work import Asked

if TYPE_CHECKING:
    from curate.plan import Node


@dataclass
class Asking:
    """What a build knows of the models that it may ask. A default one asks nobody: what is stored is all there is."""

    recipe: str = ""
    """Whose build this is; empty where nobody may be asked."""
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    spending: Spending = field(default_factory=Spending)
    """What this build may spend, and has spent."""
    draft: Callable[[str], Path] | None = None
    """The folder of a node that is not finished, by its plan key: for the meter, and for logs of servers."""
    report: Report = field(default_factory=Report)

    @contextlib.contextmanager
    def of(
        self, node: Node, executor: Executor, ranks: int = 1, lacks: Callable[[], bool] = lambda: True
    ) -> Iterator[tuple[Asked, Executor]]:
        """Whom a node asks in so many ranks, and who does it, for as long as it asks.

        lacks: whether any reply is not stored; where none is, no server is started.
        """
        entry, settings = node.models["model"], self.models.get(str(node.params["model"]), ModelSettings())
        if not self.recipe or not self.draft:
            yield Asked(entry, settings), executor
            return
        name, loads, draft = str(node.params["model"]), backend(str(entry["backend"])).loads, self.draft(node.plan_key)
        doing = Inline() if loads else near(executor)  # what is spent is counted on one machine
        each = max(1, settings.concurrency // min(doing.workers, max(1, ranks)))
        launches = bool(settings.launch) and lacks()
        held = settings if launches or loads else settings.model_copy(update={"gpus": 0})
        attempt = draft / f"meter-{os.getpid()}-{time.time_ns()}"  # `curate try` may ask for this node at the same time
        with contextlib.ExitStack() as stack:
            if told := self.spending.unbound(name, entry, held, loads=loads):
                self.report.note(told)
            meter = stack.enter_context(self.spending.step(node.name, name, held, attempt, loads=loads))
            if launches:
                if meter.is_over():
                    raise meter.over()
                settings = stack.enter_context(served(entry, settings, name, draft / "servers", self.report))
            asker = Asker(f"{self.recipe}:{node.name}", meter)
            yield Asked(entry, settings.model_copy(update={"concurrency": each}), asker), doing
