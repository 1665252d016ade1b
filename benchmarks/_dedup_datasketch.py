"""datasketch as its documentation uses it: a MinHash of each set of shingles, and an index that each is asked of before it is added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks._dedup_adapter import BANDS, ROWS, Contestant, run, shingles, words


class Datasketch(Contestant):
    def signatures(self, texts: list[str]) -> list[Any]:
        from datasketch import MinHash

        sets = ([shingle.encode() for shingle in shingles(words(text))] for text in texts)
        return [*MinHash.generator(sets, num_perm=BANDS * ROWS)]

    def found(self, signatures: list[Any]) -> Iterable[int]:
        from datasketch import MinHashLSH

        index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
        for i, one in enumerate(signatures):
            if index.query(one):
                yield i
            else:
                index.insert(i, one)


if __name__ == "__main__":
    run({"words": Datasketch}, "datasketch")
