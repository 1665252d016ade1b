"""How right verdicts on duplicates are, against all pairs that truly are similar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks._exact_pairs import Pairs


def theory(jaccard: npt.NDArray[np.float64], bands: int, rows: int) -> float | None:
    """Share of pairs that agree in a band, if signatures are as random as they should be: 1 - (1 - s**rows)**bands on average."""
    return float(np.mean(1 - (1 - jaccard**rows) ** bands)) if len(jaccard) else None


def scores(true: Pairs, gone: Sequence[int], count: int, *, flags: bool = False) -> dict[str, Any]:
    """Recall over pairs and precision over documents that go.

    A pair is found if one of both is gone. A document is rightly gone if it is similar to one that stays. `flags`: `gone` are documents
    that have a duplicate, whichever stays: then a pair is found if both are, and one is right if it is similar to any.
    """
    out = np.zeros(count, bool)
    out[list(gone)] = True
    left, right = out[true.left], out[true.right]
    found = left & right if flags else left | right
    near = np.zeros(count, bool)
    near[true.left[flags | ~right]] = True
    near[true.right[flags | ~left]] = True
    return {
        "gone": int(out.sum()),
        "recall": float(found.mean()) if len(found) else None,
        "precision": float(near[out].mean()) if out.any() else None,
    }
