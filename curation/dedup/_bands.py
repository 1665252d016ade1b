"""Bands and rows of a MinHash signature: which pairs they propose, and which split of a budget of hashes suits a threshold.

After Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4, and Zhu et al., LSH Ensemble (VLDB 2016), section 5.1, where
the split is the one of least weighted area of false positives and false negatives; datasketch searches the same. Left out: how often each
similarity occurs in a corpus. Nearly all pairs share next to nothing, which is why few rows are costlier than their area says.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
INTERVALS = 1024
"""Of Simpson's rule, on either side of the threshold: an error below 1e-9 for up to 500 rows."""
MISS = 0.9
"""Weight of the area of misses, where 1 - MISS is that of false candidates.

A miss leaves a duplicate in the corpus, while a false candidate costs one comparison of two sets of shingles, some microseconds, because
candidates are compared. So a miss counts nine times as much: 110 hashes for 0.75 give 15 bands of 7 rows, which propose 88% of the pairs of
that very similarity and 97% of those of 0.8, where equal weights give 11 bands of 10 rows with 47% and 71%.
"""


def probability(similarity: float | Floats, bands: int, rows: int) -> float | Floats:
    """How likely a pair of this Jaccard similarity agrees in at least one band: 1 - (1 - s**rows)**bands."""
    return 1 - (1 - similarity**rows) ** bands


def solve(threshold: float, hashes: int, miss: float = MISS) -> tuple[int, int]:
    """Bands and rows of at most `hashes` values for pairs at or above a Jaccard `threshold` in (0, 1].

    miss: weight in [0, 1] of the area of false negatives (above the threshold, not proposed) beside that of false positives. Among equal
    splits the one of fewest bands, then fewest rows.
    """
    assert 0 < threshold <= 1 <= hashes, "a threshold in (0, 1] and at least one hash"
    below, above = np.linspace(0, threshold, INTERVALS + 1), np.linspace(threshold, 1, INTERVALS + 1)
    best = (np.inf, 0, 0)
    for rows in range(1, hashes + 1):
        bands = np.arange(1, hashes // rows + 1)[:, None]
        proposed = _area(probability(below, bands, rows), threshold)  # type: ignore[arg-type]
        missed = _area(1 - probability(above, bands, rows), 1 - threshold)  # type: ignore[arg-type]
        # rounded, so that which of two equal ones is found does not hang on the last bit of a processor's powers
        cost = np.round((1 - miss) * proposed + miss * missed, 10)
        at = int(np.argmin(cost))
        best = min(best, (float(cost[at]), at + 1, rows))
    return best[1], best[2]


def _area(values: Floats, width: float) -> Floats:
    """Simpson's rule over the last axis."""
    inner = 4 * values[..., 1:-1:2].sum(-1) + 2 * values[..., 2:-1:2].sum(-1)
    return (values[..., 0] + inner + values[..., -1]) * width / (3 * INTERVALS)
