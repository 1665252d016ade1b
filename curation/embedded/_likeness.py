"""How alike two texts are, exactly: what the truth about near duplicates is measured with."""

from __future__ import annotations

import numpy as np


def jaccard(a: str, b: str, language: str) -> float:
    """Jaccard similarity of the sets of lower-cased word 5-grams, for Japanese and Chinese of character 5-grams."""
    known: dict[str, int] = {}
    numbers = [
        [known.setdefault(word, len(known)) for word in (list(t) if language in ("ja", "zh") else t.split())]
        for t in (a.lower(), b.lower())
    ]
    x, y = (_grams(np.array(row, np.int64), len(known)) for row in numbers)
    both = np.intersect1d(x, y, assume_unique=True).size
    return both / max(x.size + y.size - both, 1)


def _grams(words: np.ndarray, kinds: int) -> np.ndarray:
    """The different runs of five words, each as one number. A page with more than 6,000 different words is cut there."""
    words = words[words < 6_000]
    if words.size < 5:
        return words[:0]
    grams = words[: words.size - 4].copy()
    for i in range(1, 5):
        grams = grams * min(kinds, 6_000) + words[i : words.size - 4 + i]
    return np.unique(grams)
