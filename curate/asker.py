"""How a build asks models: where the profile says they are, for whom it books what they wrote, and in how many processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curate.executors import Executor
from curate.executors.inline import Inline
from curate.models.base import backend
from curate.models.replies import Asker
from curate.passes import Asked
from curate.profile import ModelSettings

if TYPE_CHECKING:
    from curate.plan import Node


@dataclass
class Asking:
    """What a build knows of the models that it may ask. A default one asks nobody: what is stored is all there is."""

    recipe: str = ""
    """Whose build this is; empty where nobody may be asked."""
    models: Mapping[str, ModelSettings] = field(default_factory=dict)

    @contextlib.contextmanager
    def of(self, node: Node, executor: Executor, ranks: int = 1) -> Iterator[tuple[Asked, Executor]]:
        """Whom a node asks in so many ranks, and who does it, for as long as it asks."""
        entry, settings = node.models["model"], self.models.get(str(node.params["model"]), ModelSettings())
        if not self.recipe:
            yield Asked(entry, settings), executor
            return
        doing = Inline() if backend(str(entry["backend"])).loads else executor
        each = max(1, settings.concurrency // min(doing.workers, max(1, ranks)))
        asker = Asker(f"{self.recipe}:{node.name}")
        yield Asked(entry, settings.model_copy(update={"concurrency": each}), asker), doing
