"""Does the embedded crawl behave like real text? Its truth texts beside real documents, figure by figure.

    python -m benchmarks.realism --pages 3000 --out /tmp/realism

The real side is `../shared/data/text/dev_train.jsonl.gz`: documents of 26 sources with a label (math or other) and the language that
lid.176 finds; those with a score of at least 0.5 count. Groups: English maths; English prose; English manuals of software ("code"); prose
in each other language that both sides have. Of the crawl only originals count, and no spam or boilerplate (quality 0), since the real
side has none.

One number is no yardstick: sources differ among themselves. So `real` is all sources together and `spread` the least and the greatest
of the sources with at least 10,000 words; the mark says on which side of it the crawl lies. Whatever depends on the amount of text is
measured at equal amounts, which the row names, and its spread is over the sources that have so much (`of`: how many). Both sides are
cut at 12,000 characters a document, as the real files are. Language identification is measured on all real English documents, also
those below 0.5; but those that lid.176 takes for another language are missing, so the real figures of lid.176 are a little too good.

The real documents are manuals, encyclopedias, lecture notes, books and news pages, not a crawl: where the crawl lies outside a spread,
look before you call it wrong. `--out` writes `realism.json` and figures (extra `plots`); `--crawl` measures a crawl made before.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _plots as plots
from benchmarks import _text_statistics as statistics
from benchmarks._samples import GPT2, LID, REFERENCE, UNSPACED, Group, Sample, compared, crawl_rows, real_rows

BPE_BYTES, FLAT_BYTES = 300_000, 500_000
"""At most so much text goes into each half of the trained tokenizer, and into zlib and gpt2."""


# ---- figures ----------------------------------------------------------------------------------------------------------------


def amounts(group: Group) -> tuple[list[int], int, int]:
    """What both sides have: sizes in words, bytes to compress, bytes for each half of the BPE's text."""
    words = min(group.crawl.size, group.real.size)
    sizes = [size for size in statistics.SIZES if size <= words]
    total = min(sum(len(t.encode()) for t in side.texts) for side in (group.crawl, group.real))
    return sizes, min(FLAT_BYTES, total * 9 // 10), min(BPE_BYTES, total * 9 // 20)


def figures(found: Sample, sizes: list[int], flat: int, half: int, tokenizer: Any) -> statistics.Figures:
    """All figures of one sample; None where it has too little text."""
    some = statistics.head(found.texts, flat)
    confidence: statistics.Figures = {}
    for name, values in found.confidence.items():
        confidence |= {
            f"{name} p10": float(np.percentile(values, 10)),
            f"{name} p50": float(np.percentile(values, 50)),
            f"{name} share >= 0.65": float((values >= 0.65).mean()),
        }
    return {
        **statistics.sized(found.words, found.all_words, sizes),
        **statistics.lengths(found.texts, characters=found.language in UNSPACED),
        f"zlib ratio, {flat // 1000} kB": statistics.deflated(some) if some else None,
        f"bytes per gpt2 token, {flat // 1000} kB": statistics.bytes_per_token(some, tokenizer) if some else None,
        f"bytes per token of its own 8k BPE, {half // 1000} kB": statistics.own_bpe(found.texts, half),
        **confidence,
        **statistics.characters(found.texts),
    }


def gpt2() -> Any:
    from tokenizers import ByteLevelBPETokenizer

    return ByteLevelBPETokenizer(str(GPT2 / "encoder.json"), str(GPT2 / "vocab.bpe"))


def measure(found: dict[str, Group]) -> dict[str, dict[str, Any]]:
    """Per group: documents and words of both sides, and a row for each figure."""
    tokenizer, result = gpt2(), {}
    for name, group in found.items():
        amount = amounts(group)
        crawl, real = figures(group.crawl, *amount, tokenizer), figures(group.real, *amount, tokenizer)
        sources = {key: figures(part, *amount, tokenizer) for key, part in group.sources.items()}
        result[name] = {
            "documents": [len(group.crawl.texts), len(group.real.texts)],
            "words": [group.crawl.size, group.real.size],
            "figures": {key: row(crawl[key], real[key], [s[key] for s in sources.values()]) for key in crawl},
            "sources": sources,
        }
    return result


def row(crawl: float | None, real: float | None, sources: list[float | None]) -> dict[str, Any]:
    """One line of the table. `mark` says on which side of the sources' spread the crawl lies, if it lies outside."""
    known = [value for value in sources if value is not None]
    low, high = (min(known), max(known)) if len(known) > 1 else (None, None)
    mark = "" if crawl is None or low is None else "below" if crawl < low else "above" if crawl > high else ""
    ratio = crawl / real if crawl is not None and real else None
    return {"crawl": crawl, "real": real, "low": low, "high": high, "of": len(known), "ratio": ratio, "mark": mark}


# ---- output -----------------------------------------------------------------------------------------------------------------


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def table(result: dict[str, dict[str, Any]]) -> str:
    """The figures as text, a block for each group."""
    lines = []
    for name, group in result.items():
        (n, m), (words, real_words) = group["documents"], group["words"]
        lines += [
            "",
            f"== {name}: crawl {n:,} documents, {words:,} words; real {m:,} documents, {real_words:,} words ==",
        ]
        marks = [line["mark"] for line in group["figures"].values() if line["of"] > 1 and line["crawl"] is not None]
        if marks:
            lines += [f"outside the spread of the sources: {sum(map(bool, marks))} of {len(marks)} figures"]
        lines += [f"{'':46}{'crawl':>9} {'real':>9}  {'spread of the sources':>21} {'of':>3} {'ratio':>7}"]
        for key, line in group["figures"].items():
            if line["crawl"] is None and line["real"] is None:
                continue
            between = f"{number(line['low'])} .. {number(line['high'])}" if line["low"] is not None else "-"
            lines += [
                f"{key:46}{number(line['crawl']):>9} {number(line['real']):>9}  {between:>21} {line['of']:>3} "
                f"{number(line['ratio']):>7} {line['mark']}".rstrip()
            ]
    return "\n".join(lines[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crawl", type=Path, help="a folder with a truth.parquet made before, instead of --pages")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="folder for realism.json and the figures")
    parser.add_argument("--json", action="store_true", help="print JSON, not the table")
    asked = parser.parse_args()
    for path in (asked.reference, LID, GPT2):
        if not path.exists():
            print(f"no real data at {path}; see benchmarks/README.md", file=sys.stderr)
            sys.exit(2)
    if asked.out:
        plots.require()
    with tempfile.TemporaryDirectory() as scratch:
        if asked.crawl is None:
            from curation.embedded.crawl import crawl

            crawl(Path(scratch), seed=asked.seed, pages=asked.pages)
        mine = crawl_rows(asked.crawl or Path(scratch))
    found = compared(mine, real_rows(asked.reference), asked.seed)
    result = measure(found)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "realism.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        plots.realism(found, result, asked.out)
    print(json.dumps(result) if asked.json else table(result))


if __name__ == "__main__":
    main()
