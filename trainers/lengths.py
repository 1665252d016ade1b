"""How long a reply may be at a step, and what comes off the reward of one that nearly is too long. Pure functions.

The limit is a function of the step alone, so it is the same after a resume as without one, in the middle of a stage too.

Left out: limits that follow what the replies are like, and penalties against the lengths of others in a group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # without torch where nothing is trained
    from torch import Tensor


def length_at(lengths: dict[int, int], step: int) -> int:
    """The longest reply in tokens at a step. lengths: from which step on how long, with one from step 0 on (`Settings.lengths`)."""
    return lengths[max(start for start in lengths if start <= step)]


def overlong_penalty(reply_lengths: Tensor, limit: int, buffer: int) -> Tensor:
    """What is added to each reward, from 0 down to -1 (DAPO, arXiv 2503.14476, equation 13): nothing up to `buffer` tokens before the
    limit, then in a straight line to -1 at the limit.

    reply_lengths: in tokens, of any shape. A buffer of 0 is no penalty.
    """
    if not buffer:
        return reply_lengths.float() * 0
    return ((limit - buffer - reply_lengths) / buffer).clamp(-1, 0)
