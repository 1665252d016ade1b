r"""MDS shards of mosaicml-streaming: one sample per window, so that a trainer gets exactly the windows of the mixture.

A shard is: number of samples (uint32), offsets of the samples and of the end (uint32), the configuration as JSON, the samples. A sample is
the sizes of its columns of variable size (uint32), then its columns, by name:

    tokens     ndarray:uint16 or uint32, seq_len ids, padding included
    segments   ndarray:uint32, tokens of each document in the window; what is left of seq_len is padding
    masked     ndarray:uint32, leading tokens of each document without loss; only where the recipe masks some
    source     str, the corpus that all documents of the window are from

Lengths, not an id for each place, because they are a hundredth of the size, and ids, positions and the `cu_seqlens` of variable-length
attention are each one line of numpy away. Bytes are those of `MDSWriter` (tests compare them). Left out: compression of shards.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixers._output import Output
from mixers._pieces import Pieces

SIZE_LIMIT = 1 << 26
"""Bytes of a shard; streaming's own default."""
VERSION = 2
HASH = "sha256"


def write(pieces: Pieces, out: Output, size_limit: int = SIZE_LIMIT) -> None:
    """Write `shard.00000.mds` and so on, and `index.json`. size_limit: of a shard, in bytes."""
    columns = _columns(pieces)
    config = {
        "column_encodings": [encoding for _, encoding, _ in columns],
        "column_names": [name for name, _, _ in columns],
        "column_sizes": [size for _, _, size in columns],
        "compression": None,
        "format": "mds",
        "hashes": [HASH],
        "size_limit": size_limit,
        "version": VERSION,
    }
    head = json.dumps(config, sort_keys=True).encode()
    shards: list[dict[str, Any]] = []
    for samples in _shards(pieces, size_limit, 8 + len(head)):
        name = f"shard.{len(shards):05}.mds"
        with out.file(name) as file:
            sizes = np.array([len(head) + 8 + 4 * len(samples), *map(len, samples)], np.uint64)
            file.write(struct.pack("<I", len(samples)) + np.cumsum(sizes).astype("<u4").tobytes() + head)
            file.write(b"".join(samples))
        written = {"basename": name, "bytes": out.files[name]["bytes"], "hashes": {HASH: out.files[name]["sha256"]}}
        shards.append({"samples": len(samples), "raw_data": written, "zip_data": None, **config})
    out.write("index.json", json.dumps({"version": VERSION, "shards": shards}, sort_keys=True).encode())


def _columns(pieces: Pieces) -> list[tuple[str, str, int | None]]:
    """(name, encoding, bytes if always the same) in the order of names."""
    kind, seq_len = pieces.dtype.name, pieces.facts["seq_len"]
    masked = [("masked", "ndarray:uint32", None)] if pieces.has_mask else []
    tokens = ("tokens", f"ndarray:{kind}:{seq_len}", seq_len * pieces.dtype.itemsize)
    return [*masked, ("segments", "ndarray:uint32", None), ("source", "str", None), tokens]


def _shards(pieces: Pieces, size_limit: int, empty: int) -> Iterator[list[bytes]]:
    """Samples, as many at a time as fit into a shard."""
    held: list[bytes] = []
    size = empty
    for sample in _samples(pieces):
        if held and size + len(sample) + 4 > size_limit:
            yield held
            held, size = [], empty
        held.append(sample)
        size += len(sample) + 4
    if held:
        yield held


def _samples(pieces: Pieces) -> Iterator[bytes]:
    for block in pieces.blocks():
        sources = [name.encode() for name in pieces.sources(block)]
        edges = [0, *np.cumsum(block.counts).tolist()]
        lengths = block.lengths.astype("<u4")
        masked = None if block.masked is None else block.masked.astype("<u4")
        for row, source in enumerate(sources):
            some = slice(edges[row], edges[row + 1])
            parts = [*([] if masked is None else [_array(masked[some])]), _array(lengths[some]), source]
            head = struct.pack(f"<{len(parts)}I", *map(len, parts))
            yield b"".join([head, *parts, block.windows[row].tobytes()])


def _array(values: NDArray[np.uint32]) -> bytes:
    """An array of one axis with its length: (axes << 2 | width of the length), the length, the values."""
    code, width = (0, "B") if len(values) < 1 << 8 else (1, "H") if len(values) < 1 << 16 else (2, "I")
    return struct.pack(f"<B{width}", 1 << 2 | code, len(values)) + values.tobytes()
