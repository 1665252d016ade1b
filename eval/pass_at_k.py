"""What k draws of a reply are worth: the chance that one of k is right, the share that is right, and what the majority says.

`pass_at_k` is the unbiased estimate from n draws of which c are right (Chen et al. 2021, arXiv 2107.03374, equation 1): one minus the
chance that k of the n, taken without putting back, are all wrong. Binomials are whole numbers here and are divided once, so the result is
the nearest floating-point number for any n. The estimate from the accuracy, 1 - (1 - c/n)^k, is biased and not offered.

Left out: the majority of fewer draws than there are, which would have to be averaged over their subsets.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence

MOST = 256
"""The largest k that is reported."""


@functools.lru_cache(maxsize=1 << 16)
def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance in [0, 1] that at least one of k draws is right, where c of n were. ValueError unless 0 <= c <= n and 1 <= k <= n."""
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"n={n}, c={c}, k={k}: c is at most n, and k from 1 to n")
    whole = math.comb(n, k)
    return (whole - math.comb(n - c, k)) / whole


def ks(n: int) -> list[int]:
    """The k that are reported of n draws: powers of two and n itself, up to `MOST`."""
    most = min(n, MOST)
    return sorted({1 << e for e in range(MOST.bit_length()) if 1 << e <= most} | ({most} if most else set()))


def majority(answers: Sequence[Hashable | None], right: Sequence[bool]) -> float:
    """The chance in [0, 1] that the answer which most draws of an item give is right.

    answers: of each draw, None where it gives none; equal values are one answer. right: whether each is right. Where several answers are
    given equally often one of them is taken by chance. 0 if no draw gives an answer. ValueError where the lengths differ.
    """
    groups: dict[Hashable, list[bool]] = {}
    for answer, good in zip(answers, right, strict=True):
        if answer is not None:
            groups.setdefault(answer, []).append(good)
    if not groups:
        return 0.0
    most = max(map(len, groups.values()))
    tied = [sum(group) / most for group in groups.values() if len(group) == most]
    return math.fsum(tied) / len(tied)
