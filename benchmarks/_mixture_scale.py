"""A mixture of a billion tokens: what it costs to write, and what it costs to read at random.

The corpora are made shard by shard from a seed while the mixer asks for them: random ids, lengths like those of real corpora (long
chains of thought, short questions and answers, pages between), no text and nothing on disk. What making them costs is measured by itself
and told beside the build. Reading is done by a fresh process whose files lie in the page cache; `floor` is a row of a plain memory map,
without document bounds, and what the disk gives is not measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks import _processes

ROOT = Path(__file__).resolve().parents[1]
SEQ_LEN, VOCAB, ROWS = 4096, 32_768, 16_384
SOURCES = {"web": (6.6, 1.0, 1.1), "qa": (5.4, 0.6, 0.6), "code": (6.9, 1.2, 1.3), "cot": (8.1, 0.7, 0.5)}
"""Mean and deviation of the logarithm of the length, and tokens held for each that is asked; below 1 there are epochs."""
STAGES = [
    {"until": "80%", "weights": {"web": 0.70, "qa": 0.10, "code": 0.15, "cot": 0.05}},
    {"until": "100%", "weights": {"web": 0.50, "qa": 0.15, "code": 0.05, "cot": 0.30}},
]


class Made:
    """A corpus of about `tokens` tokens that exists only while it is read. `seconds` is what making it took so far."""

    def __init__(self, name: str, tokens: int, seed: int) -> None:
        self.name, self.seed, self.seconds = name, seed, 0.0
        self.mean, self.deviation, _ = SOURCES[name]
        self.documents = max(1, round(tokens / np.exp(self.mean + self.deviation**2 / 2)))

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for shard, start in enumerate(range(0, self.documents, ROWS)):
            began = time.perf_counter()
            frame = self._shard(shard, min(ROWS, self.documents - start), columns)
            self.seconds += time.perf_counter() - began
            yield frame

    def _shard(self, shard: int, rows: int, columns: tuple[str, ...]) -> pl.DataFrame:
        rng = np.random.default_rng([self.seed, *self.name.encode(), shard])
        lengths = np.clip(rng.lognormal(self.mean, self.deviation, rows), 1, 200_000).astype(np.uint32)
        keys = rng.bytes(16 * rows).hex()
        made: dict[str, Any] = {"id": [keys[i : i + 32] for i in range(0, 32 * rows, 32)], "n_tokens": lengths}
        if "tokens" in columns:
            ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
            values = rng.integers(1, VOCAB, ends[-1], np.uint32)
            made["tokens"] = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(values)))
        return pl.DataFrame(made).select(columns)


def tokenizer(folder: Path) -> str:
    """A folder that says how many ids there are and which one ends a document, and can do nothing else."""
    from tokenizers import Tokenizer, models

    folder.mkdir(parents=True)
    vocab = {"<|endoftext|>": 0, **{f"t{i}": i for i in range(1, VOCAB)}}
    Tokenizer(models.WordLevel(vocab, unk_token="<|endoftext|>")).save(str(folder / "tokenizer.json"))
    return str(folder)


def build(out: str, tokens: int) -> None:
    """Write the mixture, in a process of its own; prints what it cost as JSON."""
    from mixers.mixture import mixture

    shares = {n: sum(s["weights"][n] * w for s, w in zip(STAGES, (0.8, 0.2), strict=True)) for n in SOURCES}
    corpora = {n: Made(n, round(tokens * shares[n] * SOURCES[n][2]), 0) for n in SOURCES}
    known = tokenizer(Path(out).with_suffix(".tokenizer"))
    Path(out).mkdir()
    began, cpu = time.perf_counter(), time.process_time()
    facts = mixture(corpora, Path(out), tokens=tokens, seq_len=SEQ_LEN, stages=STAGES, tokenizer=known)
    seconds, cpu, made = (
        time.perf_counter() - began,
        time.process_time() - cpu,
        sum(c.seconds for c in corpora.values()),
    )
    told = ("tokens", "windows", "uses", "cut", "fill", "sources")
    print(json.dumps({"seconds": seconds - made, "cpu": cpu - made, "making": made,
                      "documents": sum(c.documents for c in corpora.values()), **{k: facts[k] for k in told},
                      "bytes": sum(f["bytes"] for f in facts["files"].values())}))  # fmt: skip


def read(path: str, count: int) -> None:
    """Read at random and in sequence, in a process of its own; prints rates as JSON."""
    from mixers.reader import Mixture

    mix = Mixture(path)
    size = len(mix)
    rng = np.random.default_rng(0)
    first, later = rng.integers(0, size, count).tolist(), rng.integers(size, 50 * size, count).tolist()
    row = SEQ_LEN * np.dtype(mix.facts["dtype"]).itemsize
    maps = [np.memmap(Path(path) / s, mix.facts["dtype"], "r").reshape(-1, SEQ_LEN) for s in mix.facts["shards"]]
    per = mix.facts["windows_per_shard"]
    steps = [first[i : i + 64] for i in range(0, count, 64)]
    began = time.perf_counter()
    mix.at(size)
    found = {"second_epoch_opens": time.perf_counter() - began}
    found["floor"] = _rate(lambda n: maps[n // per][n % per].astype(np.int64), first)
    found["seek"] = _rate(lambda n: mix[n], first)
    found["seek_later"] = _rate(mix.at, later)
    found["seek_by_64"] = _rate(mix.windows, steps) * 64
    found["sequential_mb"] = _rate(lambda s: mix.batch(s, 64), range(min(size // 64, count // 16))) * 64 * row / 1e6
    held = _memory()  # before polars is needed
    began = time.perf_counter()
    mix.documents(size // 512 + 3, 512)
    found["documents_of_a_later_step"] = time.perf_counter() - began
    print(json.dumps({**found, **held}))


def _rate(look: Callable[[Any], object], places: Any) -> float:
    for place in places[: len(places) // 10]:
        look(place)
    began = time.perf_counter()
    for place in places:
        look(place)
    return len(places) / (time.perf_counter() - began)


def _memory() -> dict[str, int]:
    """Bytes of a process's own memory, and of mapped files that happen to be resident; empty where /proc is not there."""
    status = Path("/proc/self/status")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines()) if status.is_file() else {}
    own = {"own_bytes": "RssAnon", "mapped_bytes": "RssFile"}
    return {name: 1024 * int(lines[field].split()[0]) for name, field in own.items() if field in lines}


def measure(tokens: int, scratch: Path) -> dict[str, Any]:
    """Build at a quarter and the whole, read the whole; memory per document is the slope between the two."""
    builds = []
    for part in (tokens // 4, tokens):
        out = scratch / f"mixture-{part}"
        run = _called("build", str(out), part)
        builds.append({**json.loads(run.output), "peak_bytes": run.peak_bytes})
    few, many = builds
    slope = (many["peak_bytes"] - few["peak_bytes"]) / (many["documents"] - few["documents"])
    return {
        "build": builds,
        "peak_bytes_per_document": slope,
        "read": json.loads(_called("read", str(out), 20_000).output),
    }


def _called(name: str, *arguments: object) -> _processes.Run:
    code = f"from benchmarks._mixture_scale import {name}; {name}({', '.join(map(repr, arguments))})"
    return _processes.run([sys.executable, "-c", code], cwd=ROOT)


def show(found: dict[str, Any]) -> None:
    """The figures as lines of text."""
    for b in found["build"]:
        print(
            f"{b['tokens']:,} tokens, {b['documents']:,} documents, {b['windows']:,} windows, fill {b['fill']:.4f}, cut {b['cut']:,} of"
            f" {b['uses']:,}; {b['seconds']:.1f} s ({b['tokens'] / b['seconds'] / 1e6:.0f} M tokens/s; making them {b['making']:.1f} s),"
            f" peak {b['peak_bytes'] / 1e6:,.0f} MB, on disk {b['bytes'] / 1e9:.2f} GB"
        )
    r = found["read"]
    print(f"peak memory grows by {found['peak_bytes_per_document']:.0f} bytes per document")
    print(
        f"windows/s: floor {r['floor']:,.0f}, mix[n] {r['seek']:,.0f}, mix.at(n) in later epochs {r['seek_later']:,.0f}, 64 at once"
        f" {r['seek_by_64']:,.0f}; sequential {r['sequential_mb']:,.0f} MB/s of files; own memory {r.get('own_bytes', 0) / 1e6:.0f} MB;"
        f" second epoch opens in {r['second_epoch_opens'] * 1e3:.1f} ms; documents of a later step of 512 windows in"
        f" {r['documents_of_a_later_step']:.2f} s"
    )
