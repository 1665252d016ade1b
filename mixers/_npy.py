"""Token files of dolma and OLMo-core: `.npy` by name, but plain little-endian ids without a header, pieces end to end.

    token_ids_part_00000.npy     ids, uint16 or uint32
    token_ids_part_00000.csv.gz  a line per piece: first token, token after the last, id, corpus, place in its document
    labels_mask_part_00000.npy   a byte per token, 1 where it counts in the loss; only where the recipe masks some

The metadata has dolma's columns; its last, there a line number, is here the token of the document that the piece begins with: 0 unless the
document was cut. Names are those that OLMo-core's own scripts look for. Left out: padding, which OLMo-core adds itself.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curation.gzip import member
from mixers._output import Output
from mixers._pieces import Pieces, Run

FILE_TOKENS = 1 << 29
"""Tokens of a file; dolma's own default."""


def write(pieces: Pieces, out: Output, file_tokens: int = FILE_TOKENS) -> None:
    """Write the files. file_tokens: the most that one holds, unless a piece is longer."""
    for number, runs in itertools.groupby(pieces.files(file_tokens), key=lambda found: found[0]):
        with ExitStack() as files:
            tokens = files.enter_context(out.file(f"token_ids_part_{number:05}.npy"))
            lines = files.enter_context(out.file(f"token_ids_part_{number:05}.csv.gz"))
            labels = files.enter_context(out.file(f"labels_mask_part_{number:05}.npy")) if pieces.has_mask else None
            done = 0
            for _, run in runs:
                tokens.write(run.tokens)
                lines.write(member(_lines(pieces, run, done + run.ends())))
                if labels:
                    labels.write(run.with_loss())
                done += len(run.tokens)


def _lines(pieces: Pieces, run: Run, ends: NDArray[np.int64]) -> bytes:
    """Lines of the metadata. A line is one document to its readers, so an id has none of its own."""
    found = pieces.documents(run)
    flat = found["id"].str.replace_all(r"[\r\n]", " ")
    rows = pl.DataFrame(
        {"from": ends - run.lengths, "to": ends, "id": flat, "source": found["source"], "at": found["start"]}
    )
    return rows.write_csv(include_header=False).encode()
