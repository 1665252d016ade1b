"""gaoya's index of strings: with our bands on 5-grams of words (`words`), and with its defaults, which are single words (`default`).

Its signatures cannot be had alone: seconds to signatures are those of adding all documents to an index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks._dedup_adapter import BANDS, NGRAM, ROWS, THRESHOLD, Contestant, run


class Words(Contestant):
    def index(self) -> Any:
        from gaoya.minhash import MinHashStringIndex

        return MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=THRESHOLD,
            num_bands=BANDS,
            band_size=ROWS,
            analyzer="word",
            lowercase=True,
            ngram_range=(NGRAM, NGRAM),
        )

    def signatures(self, texts: list[str]) -> Any:
        index = self.index()
        for i, text in enumerate(texts):
            index.insert_document(i, text)
        return index, texts

    def found(self, signatures: Any) -> Iterable[int]:
        from benchmarks._dedup_adapter import greedy

        index, texts = signatures
        return greedy(index.query(text) for text in texts)


class Default(Words):
    def index(self) -> Any:
        from gaoya.minhash import MinHashStringIndex

        return MinHashStringIndex()


if __name__ == "__main__":
    run({"words": Words, "default": Default}, "gaoya")
