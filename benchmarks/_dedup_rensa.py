"""rensa's MinHash on shingles (`words`), its sampling of token positions (`rho`), and what its README shows (`readme`).

`words` and `readme` keep what its deduplicator keeps, which compares signatures of candidates. `rho` has flags for all documents that
share a band with another one: which of them stays is left to its user, so it is scored by pairs that are flagged on both sides.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from benchmarks._dedup_adapter import BANDS, ROWS, THRESHOLD, Contestant, run, shingles, words


class Words(Contestant):
    perms, bands, threshold = BANDS * ROWS, BANDS, THRESHOLD

    def tokens(self, text: str) -> list[str]:
        return [*shingles(words(text))]

    def signatures(self, texts: list[str]) -> Any:
        from rensa import RMinHash

        return RMinHash.from_token_sets([self.tokens(text) for text in texts], self.perms, 42)

    def found(self, signatures: Any) -> Iterable[int]:
        from rensa import RMinHashDeduplicator

        index = RMinHashDeduplicator(threshold=self.threshold, num_perm=self.perms, use_lsh=True, num_bands=self.bands)
        kept = index.add_pairs((str(i), one) for i, one in enumerate(signatures))
        return (i for i, stays in enumerate(kept) if not stays)


class Readme(Words):
    perms, bands, threshold = 128, None, 0.8  # type: ignore[assignment]

    def tokens(self, text: str) -> list[str]:
        return text.split()


class Rho(Words):
    perms = 110

    def signatures(self, texts: list[str]) -> Any:
        from rensa import RMinHash

        return RMinHash.digest_matrix_from_token_sets_rho([self.tokens(text) for text in texts], self.perms, 42)

    def found(self, signatures: Any) -> Iterable[int]:
        from rensa import RMinHashLSH

        index = RMinHashLSH(threshold=self.threshold, num_perm=self.perms, num_bands=self.bands)
        return (i for i, flag in enumerate(index.query_duplicate_flags_matrix_one_shot(signatures)) if flag)


if __name__ == "__main__":
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    run({"words": Words, "rho": Rho, "readme": Readme}, "rensa")
