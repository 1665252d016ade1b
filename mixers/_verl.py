"""Prompts for verl's `RLHFDataset`: `train.parquet`, and the reward that goes with it, `reward.py`.

What a prompt is, `mixers/_prompts.py` says, for trainers of ours as for verl.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import View
from mixers._output import Output
from mixers._prompts import CARRIED, prompts

INSTRUCTION = "Think step by step, and put the final answer in \\boxed{}."
ADVICE = "write --columns {}=NAME"


def write(
    name: str,
    view: View,
    out: Output,
    *,
    data_source: str,
    columns: dict[str, str],
    instruction: str,
    rewritten: bool,
    tick: Callable[[], None],
) -> dict[str, int]:
    """Write train.parquet and reward.py. Returns prompts written and left out, by reason.

    rewritten: the text is not what was read, so it is not taken for a problem. CurateError where a column is missing.
    """
    import pyarrow.parquet as pq

    counts: dict[str, int] = {}
    with out.file("train.parquet") as file, pq.ParquetWriter(file, _schema(), compression="zstd") as writer:
        for kept in prompts(name, view, columns, rewritten, counts, tick, ADVICE):
            table = _prompts(kept, counts["prompts"], data_source, instruction).to_arrow().cast(_schema())
            writer.write_table(table)
    out.copy("reward.py", Path(__file__).with_name("_verl_reward.py"))
    return counts


def _prompts(docs: pl.DataFrame, first: int, data_source: str, instruction: str) -> pl.DataFrame:
    asked = pl.concat_str(pl.col("problem"), pl.lit("\n\n" + instruction if instruction else ""))
    return docs.with_row_index("index", offset=first).select(
        data_source=pl.lit(data_source),
        prompt=pl.concat_list(pl.struct(role=pl.lit("user"), content=asked)),
        ability=pl.lit("math"),
        reward_model=pl.struct(style=pl.lit("rule"), ground_truth="answer"),
        extra_info=pl.struct(pl.lit("train").alias("split"), "index", *CARRIED, pl.col("problem").alias("question")),
    )


def _schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    extra = [("split", text), ("index", pa.int64()), *((c, text) for c in CARRIED), ("question", text)]
    return pa.schema(
        [
            ("data_source", text),
            ("prompt", pa.list_(pa.struct([("role", text), ("content", text)]))),
            ("ability", text),
            ("reward_model", pa.struct([("style", text), ("ground_truth", text)])),
            ("extra_info", pa.struct(extra)),
        ]
    )
