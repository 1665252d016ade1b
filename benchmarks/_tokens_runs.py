"""The contenders of `benchmarks.tokens`: text to token ids, and ids to windows of a fixed length.

Each run is a process of its own on one thread (`TOKENIZERS_PARALLELISM`, `POLARS_MAX_THREADS`, `RAYON_NUM_THREADS`), so megabytes over CPU
seconds are what one core does. Imports, compiled code and a first small batch are outside the clock; the texts are in memory as each
contender wants them: a polars column, a list of strings, a list of datatrove's documents.

    ours           `mixers.tokenize`: ids of a whole column, as it stores them
    encode_batch   `tokenizers`, 1,000 texts at a time, ids gathered into one array
    encode_batch_fast  the same without offsets
    datatrove      its DocumentTokenizer with its own batch size, unshuffled: `encode_batch`, then struct.pack and a file

`whole` goes on to what a trainer reads: ours by `mixers.mixture` (both passes, packing, index, digests), datatrove's by its tokenizer with
its shuffling and its merger, which shuffles documents over all files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import _processes

ROOT = Path(__file__).resolve().parents[1]
ONE = {"TOKENIZERS_PARALLELISM": "false", "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
END = "<|endoftext|>"
BATCH = 1000
Ids = tuple[NDArray[Any], NDArray[np.int64]]
"""Token ids of all documents end to end, each with its end token, and the number of each document's."""


def ours(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    from mixers.tokenize import tokenize

    docs = pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": texts})
    tokenize(docs.head(20), tokenizer=tokenizer)

    def work() -> Ids:
        found = tokenize(docs, tokenizer=tokenizer)
        return found["tokens"].explode().to_numpy(), found["n_tokens"].to_numpy()

    return work


def _library(texts: list[str], tokenizer: str, how: str) -> Callable[[], Ids]:
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(Path(tokenizer) / "tokenizer.json"))
    loaded.encode_special_tokens = True  # a page that spells the end token must not end
    encode, end = getattr(loaded, how), [loaded.token_to_id(END)]
    encode(texts[:20])

    def work() -> Ids:
        parts, lengths = [], []
        for start in range(0, len(texts), BATCH):
            rows = [e.ids + end for e in encode(texts[start : start + BATCH], add_special_tokens=False)]
            lengths += [len(row) for row in rows]
            parts.append(np.concatenate([np.array(row, np.uint32) for row in rows]))
        return np.concatenate(parts), np.array(lengths)

    return work


def encode_batch(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    return _library(texts, tokenizer, "encode_batch")


def encode_batch_fast(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    return _library(texts, tokenizer, "encode_batch_fast")


def datatrove(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    from datatrove.data import Document
    from datatrove.pipeline.tokens import DocumentTokenizer
    from loguru import logger

    logger.remove()
    docs = [Document(text=text, id=str(n)) for n, text in enumerate(texts)]
    asked: dict[str, Any] = {"eos_token": END, "shuffle_documents": False, "save_final_metadata": False}
    step = DocumentTokenizer(str(out), str(Path(tokenizer) / "tokenizer.json"), **asked)
    step.tokenizer.encode_special_tokens = True
    step.tokenizer.encode_batch(texts[:20])

    def work() -> Ids:
        step.run(iter(docs))
        (written,) = out.glob("*.ds")
        ends = np.fromfile(f"{written}.index", "<u8").astype(np.int64)
        return np.fromfile(written, "<u2" if step.token_size == 2 else "<u4"), np.diff(ends, prepend=0)

    return work


def whole_ours(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    from mixers.mixture import mixture
    from mixers.tokenize import tokenize

    class Texts:
        """The texts as a corpus; what is tokenised is kept, as a store does."""

        def __init__(self, some: list[str]) -> None:
            docs = pl.DataFrame({"id": [str(n) for n in range(len(some))], "text": some})
            self.docs = pl.concat([docs.select("id"), tokenize(docs, tokenizer=tokenizer)], how="horizontal")

        def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
            yield self.docs.select(columns)

    def work(some: list[str] = texts, name: str = "mixture") -> Ids:
        (out / name).mkdir()
        corpus = Texts(some)
        tokens, stages = int(corpus.docs["n_tokens"].sum()), [{"weights": {"texts": 1}}]
        mixture({"texts": corpus}, out / name, tokens=tokens, seq_len=4096, stages=stages, tokenizer=tokenizer)
        return corpus.docs["tokens"].explode().to_numpy(), corpus.docs["n_tokens"].to_numpy()

    work(texts[:20], "warm")
    return work


def whole_datatrove(texts: list[str], tokenizer: str, out: Path) -> Callable[[], Ids]:
    from datatrove.data import Document
    from datatrove.pipeline.tokens import DocumentTokenizer, DocumentTokenizerMerger
    from loguru import logger

    logger.remove()
    docs = [Document(text=text, id=str(n)) for n, text in enumerate(texts)]
    step = DocumentTokenizer(str(out / "a"), str(Path(tokenizer) / "tokenizer.json"), eos_token=END, seed=0)
    step.tokenizer.encode_special_tokens = True
    step.tokenizer.encode_batch(texts[:20])

    def work() -> Ids:
        step.run(iter(docs))
        DocumentTokenizerMerger(str(out / "a"), str(out / "b"), "merged", seed=0, progress=False).run()
        (written,) = (out / "b").glob("*.ds")
        ends = np.fromfile(f"{written}.index", "<u8").astype(np.int64)
        return np.fromfile(written, "<u2" if step.token_size == 2 else "<u4"), np.diff(ends, prepend=0)

    return work


WHOLE = {run.__name__: run for run in (whole_ours, whole_datatrove)}
TOKENISE = {run.__name__: run for run in (ours, encode_batch, encode_batch_fast, datatrove)}


def tokenised(name: str, texts: str, tokenizer: str, out: str) -> None:
    """One run; prints seconds, CPU seconds, ids and their digest as JSON."""
    held = pl.read_parquet(texts)["text"].to_list()
    with contextlib.redirect_stdout(sys.stderr):
        work = (TOKENISE | WHOLE)[name](held, tokenizer, Path(out))
        wall, cpu = time.perf_counter(), time.process_time()
        ids, lengths = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    digest = hashlib.sha256(ids.astype("<u4").tobytes() + lengths.astype("<i8").tobytes()).hexdigest()
    np.save(Path(out) / "lengths.npy", lengths)
    print(json.dumps({"seconds": wall, "cpu": cpu, "tokens": len(ids), "documents": len(lengths), "digest": digest}))


def run(name: str, texts: Path, tokenizer: str, out: Path) -> dict[str, Any]:
    """`tokenised` in a process of its own."""
    out.mkdir(parents=True)
    code = "import sys; from benchmarks._tokens_runs import tokenised; tokenised(*sys.argv[1:])"
    command = [sys.executable, "-c", code, name, str(texts), tokenizer, str(out)]
    done = _processes.run(command, cwd=ROOT, env={**os.environ, **ONE})
    return {**json.loads(done.output), "peak_bytes": done.peak_bytes}


# ids to windows


def best_fit(lengths: NDArray[np.int64], seq_len: int) -> dict[str, float]:
    """Ours: what `mixers.pack` makes of these documents."""
    from mixers.pack import pack

    segments, windows = pack(lengths.astype(np.uint32), np.zeros(len(lengths), np.uint32), seq_len, 0)
    pieces = np.bincount(segments["use"].to_numpy(), minlength=len(lengths))
    return _packed(lengths, pieces > 1, windows, seq_len)


def concat_and_chunk(lengths: NDArray[np.int64], seq_len: int) -> dict[str, float]:
    """What datatrove's merger and its reader, nanotron, Megatron and most loaders do: end to end, cut at every window."""
    ends = np.cumsum(lengths)
    cut = (ends - lengths) // seq_len != (ends - 1) // seq_len
    return _packed(lengths, cut, -(-int(ends[-1]) // seq_len), seq_len)


def _packed(lengths: NDArray[np.int64], cut: NDArray[np.bool_], windows: int, seq_len: int) -> dict[str, float]:
    short = lengths <= seq_len
    return {
        "windows": windows,
        "fill": float(lengths.sum() / (windows * seq_len)),
        "cut": float(cut.mean()),
        "cut_needlessly": int((cut & short).sum()),
    }
