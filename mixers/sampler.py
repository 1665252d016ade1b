"""Which windows come in each batch of one rank, for a torch DataLoader's `batch_sampler`: see `Mixture.sampler`.

A torch DataLoader iterates its sampler anew in each pass and asks for its length, so it is an object and no generator. Left out: a state
of its own; the place where a pass begins is `Mixture.consumed`, which is the state of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.errors import CurateError

if TYPE_CHECKING:
    from mixers.reader import Mixture


def refuse_unequal(size: int, rank: int, world: int) -> None:
    """CurateError for a batch that the ranks cannot share equally."""
    if world < 1 or not 0 <= rank < world:
        raise CurateError(f"there is no rank {rank} of {world}; they are numbered from 0")
    if size < 1 or size % world:
        raise CurateError(f"a batch of {size} windows cannot be shared equally by {world} ranks (this one is {rank})")


class Sampler:
    """Lists of window numbers, one for each batch of a rank. Each pass begins at `mixture.consumed` as it is then.

    epochs: where passes end; see `Mixture.sampler`. CurateError for a batch that the ranks cannot share.
    """

    def __init__(self, mixture: Mixture, size: int, rank: int, world: int, epochs: float | None) -> None:
        self.mixture, self.size, self.rank, self.world, self.epochs = mixture, size, rank, world, epochs
        refuse_unequal(size, rank, world)

    def __iter__(self) -> Iterator[list[int]]:
        start, end = self.mixture.consumed, self._end()
        while start + self.size <= end:
            yield self.mixture.numbers(start, self.size, self.rank, self.world)
            start += self.size

    def __len__(self) -> int:
        """Batches of a pass that begins now. TypeError if it has no end."""
        end = self._end()
        if end == math.inf:
            raise TypeError("a sampler without end has no length")
        return max(0, int(end) - self.mixture.consumed) // self.size

    def _end(self) -> float:
        """The place of the endless stream up to which a pass that begins now may go."""
        windows = len(self.mixture)
        if self.epochs is not None:
            return self.epochs * windows
        return -(-(self.mixture.consumed + self.size) // windows) * windows
