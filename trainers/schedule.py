"""The learning rate as a pure function of tokens, so that nothing of it is saved and nothing can be restored wrongly.

A step that begins at `tokens` and takes `step` of them trains with `Schedule.lr(tokens, step)`. Warm-up counts the step itself: the first
of W steps has 1/W of the peak and the last one all of it (torchtitan's `(s + 1) / W`), so no step is wasted at zero. The decay counts what
was done before the step: its first step has the peak, which makes a branch continuous with the stable stage it leaves, and its last one
stays above the floor. The cosine is OctoThinker's (2e-5 to 2e-6 over 5,000 steps of 4,194,304 tokens, warm-up 0); `1 - sqrt` is that of
Haegele et al. (arXiv 2405.18392), who found it best for short decays.

Left out: cycles, and anything that looks at the loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SHAPES = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "linear": lambda done: 1 - done,
    "one_minus_sqrt": lambda done: 1 - math.sqrt(done),
}
"""How much is left between peak and floor, by the share of the decay that is done."""


@dataclass(frozen=True)
class Schedule:
    """Warm-up, stable, decay. All lengths in tokens.

    peak: learning rate of the stable stage. total: where the run ends. warmup: length of the linear warm-up. decay: length of the decay,
    which ends at `total`; None for all that follows the warm-up. floor: the decay's end as a share of the peak. ValueError for lengths
    that do not fit into one another.
    """

    peak: float
    total: int
    shape: str = "constant"
    warmup: int = 0
    decay: int | None = None
    floor: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"no schedule {self.shape!r}; known: {', '.join(SHAPES)}")
        if not 0 <= self.floor <= 1:
            raise ValueError(f"a floor of {self.floor} is no share of the peak")
        if min(self.total, self.warmup, self.decay or 0) < 0 or self.warmup + (self.decay or 0) > self.total:
            said = f"warm-up of {self.warmup:,} tokens and decay of {self.decay or 0:,} do not fit into {self.total:,}"
            raise ValueError(said)

    def lr(self, tokens: int, step: int) -> float:
        """Learning rate of the step that trains on tokens `tokens` to `tokens + step` of the run."""
        if tokens + step <= self.warmup:
            return self.peak * (tokens + step) / self.warmup
        decay = self.total - self.warmup if self.decay is None else self.decay
        done = (tokens - (self.total - decay)) / decay if decay else 0.0
        left = SHAPES[self.shape](min(max(done, 0.0), 1.0))
        return self.peak * (self.floor + (1 - self.floor) * left)
