"""In which order the windows of several groups come, so that every prefix has the groups in proportion.

Sorting windows by where they would like to stand misses a group's share of a prefix by up to two or three windows. Tijdeman's rule for the
chairman assignment problem (Discrete Mathematics 32, 1980) misses it by less than one, which is the least that is possible: at each
place, of the groups that would fall behind too far, the one comes whose turn is due first. All in integers, so that no rounding decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from mixers.native import native


@native
def _assign(counts: np.ndarray, bound: int, out: np.ndarray) -> None:
    """out: (sum of counts,) number of a count. bound: 2 (n - 1) for n counts."""
    total = len(out)
    taken = np.zeros(len(counts), np.int64)
    for place in range(total):
        best = -1
        for g in range(len(counts)):
            if bound * (counts[g] * (place + 1) - total * taken[g]) < total:
                continue  # not behind by 1 / bound yet
            # due at (taken + 1 - 1 / bound) / share; ties go to the earlier group
            if best < 0 or (bound * (taken[g] + 1) - 1) * counts[best] < (bound * (taken[best] + 1) - 1) * counts[g]:
                best = g
        out[place] = best
        taken[best] += 1


def interleave(counts: Sequence[int]) -> NDArray[np.uint16]:
    """Which group stands at each of sum(counts) places; n groups, at most 65,536.

    In any prefix each of them is within 1 - 1 / (2n - 2) members of its share. CurateError unless 2 n sum(counts)^2 is below 2^63:
    100 groups may have 200 million windows.
    """
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return np.repeat(np.arange(len(counts), dtype=np.uint16), counts)
    some = np.asarray(counts, np.int64)[there]
    if 2 * len(there) * int(some.sum()) ** 2 >= 1 << 63:
        raise CurateError(
            f"{int(some.sum()):,} windows of {len(there)} groups (a source in a stage) are more than can be interleaved; "
            "choose a longer seq_len or fewer stages",
            where="mixture",
        )
    out = np.empty(int(some.sum()), np.uint16)
    _assign(some, 2 * (len(some) - 1), out)
    return there.astype(np.uint16)[out]
