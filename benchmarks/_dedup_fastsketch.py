"""FastSketchLSH on 5-grams of words: sketches of one thread, candidates from its index, the first of them stays.

Its signatures are powers of two long: 16 bands of 8 here, which find more pairs of a low similarity than 11 of 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks._dedup_adapter import Contestant, greedy, run, shingles, words

SIZE, BANDS = 128, 16


class FastSketch(Contestant):
    def signatures(self, texts: list[str]) -> Any:
        from FastSketchLSH import FastSimilaritySketch

        sets = [[*shingles(words(text))] or [""] for text in texts]
        return FastSimilaritySketch(size=SIZE).batch(sets, num_threads=1)

    def found(self, signatures: Any) -> Iterable[int]:
        import numpy as np
        from FastSketchLSH import LSH

        matrix = np.ascontiguousarray(signatures, np.uint64)
        index = LSH(num_perm=SIZE, num_bands=BANDS, num_threads=1)
        index.insert(matrix)
        flat, starts = index.query(matrix, format="csr")
        flat = flat.tolist()
        return greedy(flat[starts[i] : starts[i + 1]] for i in range(len(matrix)))


if __name__ == "__main__":
    run({"words": FastSketch}, "FastSketchLSH")
