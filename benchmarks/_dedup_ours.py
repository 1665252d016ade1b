"""`dedup: minhash` on its own: `prepare` is what makes signatures; the whole writes the prepared corpus to disk and calls the step."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks._dedup_adapter import Contestant, run

SHARD = 8192
"""Documents in a shard."""


class Ours(Contestant):
    def __init__(self) -> None:
        from curate.step import find

        self.step = find("dedup", "minhash")
        self.params = self.step.validated({"keep_order": []})

    def signatures(self, texts: list[str]) -> Any:
        from curate.schema import accepted

        prepare = self.step.spec.prepare
        assert prepare
        return [prepare(part, **accepted(prepare, self.params)) for part in self._frames(texts)]

    def whole(self, texts: list[str]) -> Iterable[int]:
        import polars as pl

        from curate.across import prepared

        with tempfile.TemporaryDirectory() as folder:
            corpus = prepared(self._frames(texts), Path(folder), self.step, self.params)
            made = self.step.call(corpus, **self.params)
            made = made.collect() if isinstance(made, pl.LazyFrame) else made
            made = made if isinstance(made, pl.DataFrame) else pl.concat(list(made))
        return made.filter(pl.col("minhash_duplicate_of").is_not_null())["id"].cast(pl.Int64).to_list()

    def _frames(self, texts: list[str]) -> Iterable[Any]:
        import polars as pl

        docs = (
            pl.DataFrame({"text": texts}).with_row_index("id").with_columns(pl.col("id").cast(pl.String).str.zfill(9))
        )
        return docs.iter_slices(SHARD)


if __name__ == "__main__":
    run({"default": Ours}, "octocurate")
