"""What asking costs, counted while it happens by all processes of a build together, and the limit at which they stop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.errors import CurateError
from curate.models.base import Reply, Request, Sampling
from curate.profile import TokenPrices


class OverBudget(CurateError):
    """The limit of a build is reached: nothing more is asked, and everything that was answered is stored."""


@dataclass(frozen=True)
class Meter:
    """The counters of one step that asks a model, in a file that all its workers share. Picklable."""

    path: Path
    price: TokenPrices | None = None
    limit: float | None = None
    """What this step may still cost, in the currency of the price; None for no limit."""

    def reserve(self, request: Request, sampling: Sampling) -> float | None:
        """Set aside the most that a request can cost; None where that would go beyond the limit: it must not be asked."""
        return 0.0

    def settle(self, reserved: float, reply: Reply | None) -> None:
        """Book what a reply did cost in place of what was set aside for it; None for a request that got no answer."""

    def over(self) -> CurateError:
        """The error of a request for which nothing can be set aside."""
        return OverBudget("the limit is reached")
