"""Token files of datatrove, which nanotron trains on: `.ds`, and beside it `.ds.index` and `.ds.metadata`.

    00000.ds            ids, uint16 or uint32, little-endian, pieces end to end without padding
    00000.ds.index      where each piece ends, in tokens, uint64
    00000.ds.loss       a byte per token, 1 where it counts in the loss; only where the recipe masks some
    00000.ds.metadata   tokenizer|bytes per token, tokens, tokens for people

The tokenizer is named `tokenizer`, the folder beside the files. nanotron loads what stands there, so whoever trains from another
folder puts a path or hub id in its place. Left out: shuffling; the order is the mixture's.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack

from mixers._output import Output
from mixers._pieces import Pieces

FILE_TOKENS = 1 << 29
"""Tokens of a file."""


def write(pieces: Pieces, out: Output, tokenizer: str, file_tokens: int = FILE_TOKENS) -> None:
    """Write the files. tokenizer: what the metadata calls it. file_tokens: the most that a file holds, unless a piece is longer."""
    for number, runs in itertools.groupby(pieces.files(file_tokens), key=lambda found: found[0]):
        name, done = f"{number:05}.ds", 0
        with ExitStack() as files:
            tokens, index = (files.enter_context(out.file(name + end)) for end in ("", ".index"))
            loss = files.enter_context(out.file(f"{name}.loss")) if pieces.has_mask else None
            for _, run in runs:
                tokens.write(run.tokens)
                index.write((done + run.ends()).astype("<u8"))
                if loss:
                    loss.write(run.with_loss())
                done += len(run.tokens)
        said = f"{tokenizer}|{pieces.dtype.itemsize}\n{done}\n{metric(done)}"
        out.write(f"{name}.metadata", said.encode())


def metric(tokens: int) -> str:
    """A number of tokens with three digits: `2.00 MT`, `51.8 kT`."""
    thousands = 0
    value = float(tokens)
    while value >= 999.5 and thousands < 5:
        value, thousands = value / 1000, thousands + 1
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f} {' kMGTP'[thousands].strip()}T"
