"""Text to windows of token ids: megabytes per second of one core, how full windows are, and how many documents are cut.

    python -m benchmarks.tokens --repeat 3 --out docs
    python -m benchmarks.tokens --scale 1B

First the same texts are tokenised by our step, by `tokenizers` in two ways and by datatrove's DocumentTokenizer, with a BPE of
`fit: bpe` trained on them, with the same merges behind Llama 3's own pattern (which has a lookahead), and with every `--tokenizer FOLDER`.
All must give the same ids in the same order, or the figures are refused. `of_ours` is how many times our rate theirs is. The two that
go all the way to files that a trainer reads are told apart (`whole`).

Then the documents, at the lengths just found, are packed into windows of several sizes by `pack: best_fit`, and by concatenation cut at
every window, which is what datatrove's merger with its reader gives. Nothing is shuffled, sources are not kept apart; a document that is
longer than a window has to be cut by anyone, and one that is not is cut `needlessly`.

Texts are the real ones of `../shared/data` (`text/dev_*`, `cot/*`), else the embedded crawl's, each once: a core that has seen all words
before is quicker. `--scale` is another affair: it mixes that many made tokens and reads them at random (`benchmarks/_mixture_scale.py`);
it needs 2 bytes of disk for each, twice.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import _mixture_scale, _plots, _tokens_plot, _tokens_runs
from benchmarks._tokens_runs import TOKENISE, WHOLE, best_fit, concat_and_chunk

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
LLAMA_3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""How Llama 3 cuts a text (its published tokenizer.json); GPT-4's without possessive quantifiers."""
SIZES = (1024, 2048, 4096, 8192, 16_384)
VOCAB = 32_768


def real_texts(shared: Path) -> list[str]:
    """Pages and solutions, one text each; problem and reply of a solution together."""
    texts: list[str] = []
    for path in sorted([*shared.glob("text/dev_*.jsonl.gz"), *shared.glob("cot/*.jsonl.gz")]):
        with gzip.open(path) as file:
            for line in file:
                row = json.loads(line)
                texts.append("\n\n".join(str(row[c]) for c in ("text", "problem", "response") if row.get(c)))
    return [text for text in texts if text]


def crawl_texts(scratch: Path) -> list[str]:
    """The text of the embedded crawl's pages, as the seeded truth has it."""
    from curation.embedded.crawl import crawl

    scratch.mkdir()
    crawl(scratch, pages=3000)
    return [text for text in pl.read_parquet(scratch / "truth.parquet")["text"].to_list() if text]


def tokenizers(texts: list[str], scratch: Path) -> dict[str, str]:
    """Two BPEs trained on the texts, by the pattern they cut with."""
    from curation.fit.bpe import bpe

    class Texts:
        name = "texts"

        def shards(self, *columns: str) -> Any:
            yield pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": texts}).select(columns)

    folders = {name: scratch / name for name in ("fit-bpe", "llama-3")}
    for folder in folders.values():
        folder.mkdir()
        bpe({"texts": Texts()}, folder, vocab=VOCAB)
    path = folders["llama-3"] / "tokenizer.json"
    spec = json.loads(path.read_text("utf-8"))
    spec["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = LLAMA_3
    path.write_text(json.dumps(spec), "utf-8")
    return {name: str(folder) for name, folder in folders.items()}


def rates(
    texts: Path, size: int, tokenizer: str, scratch: Path, repeat: int
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The cheapest of fresh runs of each, in turns, and the length of each document. SystemExit if they differ on a single id."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in (*TOKENISE, *WHOLE)}
    for turn in range(repeat):
        for name, found in runs.items():
            found.append(_tokens_runs.run(name, texts, tokenizer, scratch / f"{name}-{turn}"))
    digests = {name: runs[name][0]["digest"] for name in TOKENISE}
    if len(set(digests.values())) > 1 or len({found[0]["tokens"] for found in runs.values()}) > 1:
        sys.exit(f"the contenders give different ids: {digests}")
    rows = []
    for name, found in runs.items():
        best = min(found, key=lambda run: run["cpu"])
        rows.append({"name": name, "mb_per_cpu_second": size / 1e6 / best["cpu"], **best})
    speed = {row["name"]: row["mb_per_cpu_second"] for row in rows}
    for row in rows:
        row["of_ours"] = row["mb_per_cpu_second"] / speed["whole_ours" if row["name"] in WHOLE else "ours"]
    return rows, np.load(scratch / "ours-0" / "lengths.npy").astype(np.int64)


def packing(lengths: np.ndarray) -> list[dict[str, Any]]:
    """Fill and cuts by size of the window."""
    return [
        {"seq_len": size, "pack": pack.__name__, **pack(lengths, size)}
        for size in SIZES
        for pack in (best_fit, concat_and_chunk)
    ]


def prefixes(windows: int = 10_000) -> dict[str, list[float]]:
    """Windows by which a prefix of at most n misses the weights of a published decay stage, at most over its sources, for each n.

    `interleaved` is the order of a mixture; `sampled` draws the source of each window by its weight, as most loaders do.
    """
    from mixers.interleave import interleave

    weights = np.array([0.05, 0.10, 0.55, 0.15, 0.15])
    places = np.arange(1, windows + 1)[:, None]
    orders = {
        "interleaved": interleave((weights * windows).round().astype(int).tolist()),
        "sampled": np.random.default_rng(0).choice(len(weights), windows, p=weights),
    }
    counts = {name: np.cumsum(order[:, None] == np.arange(len(weights)), axis=0) for name, order in orders.items()}
    missed = {name: np.abs(count - places * weights).max(axis=1) for name, count in counts.items()}
    return {name: np.maximum.accumulate(errors).tolist() for name, errors in missed.items()}


def show(found: dict[str, Any]) -> None:
    print(f"{found['bytes'] / 1e6:.0f} MB of {found['texts']} texts, {found['documents']:,} documents")
    for name, rows in found["tokenizers"].items():
        print(f"\n{name}: {rows[0]['tokens']:,} tokens, {found['bytes'] / rows[0]['tokens']:.2f} bytes each")
        for row in rows:
            speed, of = row["mb_per_cpu_second"], row["of_ours"]
            peak = row["peak_bytes"] / 1e6
            print(f"  {row['name']:18} {speed:6.2f} MB per CPU second, {of:5.2f} of ours, peak {peak:,.0f} MB")
    print("\nseq_len  pack                 fill     cut  cut needlessly")
    for row in found["packing"]:
        print(
            f"{row['seq_len']:7,}  {row['pack']:17}  {row['fill']:.4f}  {row['cut']:6.2%}  {row['cut_needlessly']:14,}"
        )
    missed = ", ".join(f"{name} {errors[-1]:.2f}" for name, errors in found["prefixes"].items())
    print(f"\nwindows by which a prefix of 10,000 windows misses a weight, at most: {missed}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeat", type=int, default=1, help="fresh runs of each; the cheapest counts")
    parser.add_argument(
        "--tokenizer", action="append", default=[], metavar="FOLDER", help="with a tokenizer.json; may be repeated"
    )
    parser.add_argument("--reference", type=Path, default=SHARED, help="folder of the real data")
    parser.add_argument(
        "--scale", metavar="TOKENS", help="instead: mix so many made tokens (1B) and read them at random"
    )
    parser.add_argument("--scratch", type=Path, help="where to put what is made; it is deleted in the end")
    parser.add_argument("--out", type=Path, help="folder for tokens.png")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.out:
        _plots.require()
    with tempfile.TemporaryDirectory(dir=asked.scratch) as folder:
        if asked.scale:
            from curate.scalars import count

            found = _mixture_scale.measure(count(asked.scale), Path(folder))
        else:
            found = compare(asked, Path(folder))
    if asked.out and not asked.scale:
        _tokens_plot.draw(found, asked.out / "tokens.png")
    if asked.json:
        print(json.dumps(found))
    else:
        (_mixture_scale.show if asked.scale else show)(found)


def compare(asked: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """All figures but those of `--scale`."""
    there = asked.reference.is_dir()
    texts = real_texts(asked.reference) if there else crawl_texts(scratch / "crawl")
    folders = {**tokenizers(texts, scratch), **{Path(f).name: f for f in asked.tokenizer}}
    path = scratch / "texts.parquet"
    pl.DataFrame({"text": texts}).write_parquet(path)
    size = sum(len(text.encode()) for text in texts)
    found: dict[str, Any] = {
        "texts": "real" if there else "embedded",
        "documents": len(texts),
        "bytes": size,
        "tokenizers": {},
    }
    for name, folder in folders.items():
        (scratch / f"runs-{name}").mkdir()
        found["tokenizers"][name], lengths = rates(path, size, folder, scratch / f"runs-{name}", asked.repeat)
        found.setdefault("packing", packing(lengths))
    return {**found, "prefixes": prefixes()}


if __name__ == "__main__":
    main()
