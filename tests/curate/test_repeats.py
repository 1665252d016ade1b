"""Which of equal records stays is found in the memory that the equal ones take, not all."""

import subprocess
import sys

FOUND = """
import resource

import polars as pl

from curate import repeats
from curate.artifact import ROW


class View:
    shards = [f"{number}.parquet" for number in range(60)]

    def load(self, name, columns):
        ids = [f"{name} {number}" for number in range(999)] + ["same"]
        texts = [one * 600 for one in ids[:-1]] + ["same " * 2000]
        rows = pl.DataFrame({"id": ids, "text": texts, "date": ids}).with_row_index(ROW)
        return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in ("dump", "url", "license", "extra"))


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


View().load("0.parquet", [])
before = memory()
found = repeats._losers(View(), pl.Series("id", ["same"]))
print(sum(map(len, found.values())), memory() - before)
"""


def test_equal_records_are_ranked_without_holding_the_texts_of_all_others() -> None:
    done = subprocess.run([sys.executable, "-c", FOUND], capture_output=True, text=True, check=True)
    repeats, grown = map(int, done.stdout.split())
    assert repeats == 59
    assert grown < 200, "MiB, of 600 MiB of texts"
