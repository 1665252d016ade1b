"""Megatron-LM's `.bin` and `.idx`: one sequence per piece, in the order of the mixture, each a document of its own; no padding.

The index is: `MMIDIDX` and two zero bytes, version 1 (uint64), the type of tokens (uint8: 8 is uint16, 4 is int32), sequences and document
bounds (uint64 each); then lengths (int32), offsets in bytes (int64) and document bounds (int64). Megatron knows no uint32: wide ids are
written as int32, which are the same bytes. Left out: a loss mask, for which the format has no place, and modes (multimodal data).
"""

from __future__ import annotations

import struct

import numpy as np

from curate.digested import File
from mixers._output import Output
from mixers._pieces import Pieces

HEADER = b"MMIDIDX\x00\x00"
CODES = {"uint16": 8, "uint32": 4}
CHUNK = 1 << 20


def write(pieces: Pieces, out: Output, name: str) -> None:
    """Write `<name>.bin` and `<name>.idx`."""
    with out.file(f"{name}.bin") as file:
        for run in pieces.runs():
            file.write(run.tokens)
    with out.file(f"{name}.idx") as file:
        file.write(HEADER + struct.pack("<QB", 1, CODES[pieces.dtype.name]))
        file.write(struct.pack("<QQ", pieces.count, pieces.count + 1))
        for start in range(0, pieces.count, CHUNK):
            file.write(pieces.lengths[start : start + CHUNK].astype("<i4"))
        _write_offsets(pieces, file)
        for start in range(0, pieces.count + 1, CHUNK):
            file.write(np.arange(start, min(start + CHUNK, pieces.count + 1), dtype="<i8"))


def _write_offsets(pieces: Pieces, file: File) -> None:
    done = 0
    for start in range(0, pieces.count, CHUNK):
        sizes = pieces.lengths[start : start + CHUNK].astype("<i8") * pieces.dtype.itemsize
        ends = done + np.cumsum(sizes)
        file.write(ends - sizes)
        done = int(ends[-1])
