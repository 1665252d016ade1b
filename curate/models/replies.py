"""The reply store: what a model wrote is kept once and never paid for twice.

A reply's key is the SHA-256 of (model identity, prompt bytes, sampling, sample index), so two recipes, two steps or two builds that ask
the same thing share it. Each model has a folder, `replies/<model digest>` (`curate/models/shelf.py`). A reply is in this process's journal
before anybody sees it, so kill -9 loses none that came. Before a process asks, it claims the keys: of several that want one reply at the
same time one asks, and the others wait until it is stored, or until that process is dead.

Requests are taken in windows and looked up together; what is stored comes out at once, and what lacks is fed to the model. Neither
requests nor replies are ever held as a whole. Replies that a server refused are not stored: they cost nothing, and another server may
answer. Left out: any expiry.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.identity import canonical
from curate.models.base import MOST_TOKENS, Model, Reply, Request
from curate.models.meter import Meter
from curate.models.segments import Row
from curate.models.shelf import Shelf, folder_name, shelf_of

WINDOW = 512
"""Requests looked up at a time, and about how many that lack stand ready for the model."""


class MissingReplies(CurateError):
    """A reply is not stored, and asking was forbidden."""


@dataclass(frozen=True)
class Asker:
    """Who asks, for the ledger: `recipe:corpus/step`, and the meter that counts what it costs."""

    name: str
    meter: Meter | None = None


class Recorded:
    """A model that remembers: asks only for replies that the folder does not hold.

    `identity` replaces the model's own where the kernel knows more, such as the digest of its code. Without an asker nothing is asked.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        *,
        identity: Mapping[str, Any] | None = None,
        asker: Asker | None = None,
        window: int = WINDOW,
    ) -> None:
        self.model = model
        self.identity: dict[str, Any] = dict(model.identity if identity is None else identity)
        self.sampling = model.sampling
        self.folder = folder / folder_name(self.identity)
        self.window = window
        self.asker = asker
        self.sampled = canonical(self.sampling.payload()).decode()
        self._before = b'{"identity":%s,"prompt":"' % canonical(self.identity)
        self._after = b',"sampling":%s}' % self.sampled.encode()

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Replies from the store, and from the model where the store has none; see `Model.answers`.

        Raises:
            MissingReplies: there is no asker, and a reply is not stored.
            OverBudget: the meter does not let the next request be asked; what was asked before is answered and stored.
            Unanswered: some requests got no answer.
            CurateError: the store is damaged or cannot be written, or the model says that asking is pointless.
        """
        from curate.models.stream import Stream

        stream = Stream(self, requests)
        try:
            yield from stream.answers()
        finally:
            stream.close()

    def remembered(self, requests: Sequence[Request]) -> list[Reply | None]:
        """What the store holds of these replies, in order; None where it holds none. The model is not asked."""
        keys = [self.key(request) for request in requests]
        known = self.shelf.find(keys)
        return [known.get(key) for key in keys]

    @property
    def shelf(self) -> Shelf:
        """The folder, as this process sees it."""
        self._shelf = shelf_of(self.folder)  # held as long as this model, and another one after a fork
        return self._shelf

    def key(self, request: Request) -> bytes:
        """SHA-256 of the canonical JSON of what is asked: `identity`, `prompt` (its SHA-256), `sample`, `sampling`."""
        prompt = hashlib.sha256(request.prompt.encode()).hexdigest().encode()
        return hashlib.sha256(b'%s%s","sample":%d%s' % (self._before, prompt, request.sample, self._after)).digest()

    def row(self, key: bytes, request: Request, reply: Reply) -> Row:
        """A reply as it is stored. Of a text that is no Unicode, what can't be stored is replaced."""
        assert self.asker
        return Row(
            key,
            reply.text.encode("utf-8", "replace").decode(),
            reply.finish,
            min(max(0, int(reply.prompt_tokens)), MOST_TOKENS),
            min(max(0, int(reply.completion_tokens)), MOST_TOKENS),
            hashlib.sha256(request.prompt.encode()).digest(),
            request.sample,
            self.sampled,
            self.asker.name,
            int(time.time()),
        )
