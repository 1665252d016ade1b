"""The scores of prose, lines and repetition beside the filters they are made after: what each drops of good mathematics and of bad pages.

    python -m benchmarks.heuristics [--pages 3000] [--seed 1] [--json OUT]

Good mathematics: the documents of `../shared/data` labelled so. For 478 documents the verdicts of datatrove 0.10.1's Gopher, C4 and FineWeb
filters are stored there; a filter that drops many of them drops them wrongly. Ours are the clauses of `CLAUSES`, each alone and all
together. `other` are real pages and manuals that are not mathematics, of all qualities: what is dropped of them is neither right nor wrong.
Known to be bad are the pages of the embedded crawl that are spam or nothing but boilerplate (its truth says which); `not_repetitive` was
the only clause on them before. English is what `score: language` and the clause of the recipes say, since stop words and phrases are
English. Speed is of one core: ours in batches of a thousand documents. Where spacy is installed, the originals also judge the crawl, and
are timed. Left out: thresholds, which are for `curate whatif`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._samples import DATA
from curate.clauses import parse
from curation.embedded.crawl import crawl
from curation.extract.html_clean import html_clean
from curation.extract.html_math import html_math
from curation.read.jsonl import jsonl
from curation.read.warc import warc
from curation.score.datatrove_filter import datatrove_filter
from curation.score.language import language
from curation.score.lines import lines
from curation.score.prose import prose
from curation.score.repetition import repetition

CLAUSES = {
    "enough_prose": "prose_words >= 10 and prose_words + formulas >= 25",
    "sentences": "stop_words >= 2 and stop_word_share >= 0.07 and unended_lines <= 0.95",
    "plain_words": "word_length between 3 and 10 and letter_words >= 0.25 and hashes <= 0.1 and ellipses <= 0.1",
    "whole_lines": "bullet_lines <= 0.9 and ellipsis_lines <= 0.3 and short_lines <= 0.6 and line_breaks <= 0.4",
    "no_boilerplate": "phrases < 2 or boilerplate_lines + pitch_lines <= 0.2",
    "not_repetitive": "repeated_lines <= 0.3 and repeated_ngrams <= 0.4",
}
"""As the recipe `web` has them."""
ENGLISH = "language = 'en' and language_score >= 0.65"
SCORES = (prose, lines, repetition)
THEIRS = {
    "gopher_quality": "GopherQualityFilter",
    "gopher_repetition": "GopherRepetitionFilter",
    "c4_quality": "C4QualityFilter",
    "fineweb_quality": "FineWebQualityFilter",
}


def judged(docs: pl.DataFrame) -> pl.DataFrame:
    """Documents with `english` and a Boolean for each clause: whether it drops them."""
    scored = pl.concat([docs, language(docs), *[score(docs) for score in SCORES]], how="horizontal")
    drops = {name: ~parse(clause).polars().fill_null(False) for name, clause in CLAUSES.items()}
    return scored.with_columns(english=parse(ENGLISH).polars().fill_null(False), **drops)


def row(group: str, docs: pl.DataFrame, drops: list[str]) -> dict[str, Any]:
    """Share of a group that each column drops, and that any of ours does."""
    found: dict[str, Any] = {
        "documents": group,
        "n": docs.height,
        "ours": docs.select(pl.any_horizontal(*CLAUSES).mean()).item(),
    }
    return found | {name: docs[name].mean() for name in drops}


def stored(data: Path) -> Iterator[dict[str, Any]]:
    """Rows on the documents whose verdicts by others are stored."""
    with gzip.open(data / "peercases" / "datatrove_ref_on_real_docs.jsonl.gz", "rt") as file:
        read = [json.loads(line) for line in file]
    verdicts = {name: [not one["results"][name][0] for one in read] for name in THEIRS}
    docs = judged(pl.DataFrame([{key: one[key] for key in ("id", "text", "label")} for one in read]).with_columns(**{
        name: pl.Series(values) for name, values in verdicts.items()
    }))  # fmt: skip
    docs = docs.with_columns(theirs=pl.any_horizontal(*THEIRS))
    yield from grouped("stored, ", docs, [*THEIRS, "theirs", *CLAUSES])


def grouped(title: str, docs: pl.DataFrame, drops: list[str]) -> Iterator[dict[str, Any]]:
    for label in ("math", "other"):
        some = docs.filter(pl.col("label") == label)
        yield row(f"{title}{label}", some, drops)
        yield row(f"{title}{label}, English", some.filter("english"), drops)


def embedded(pages: int, seed: int) -> Iterator[dict[str, Any]]:
    """Rows on the embedded crawl, its main text as the recipe has it."""
    with tempfile.TemporaryDirectory() as place:
        crawl(Path(place), seed=seed, pages=pages)
        read = pl.concat(
            [frame for file in sorted(Path(place).glob("*.warc.gz")) for frame in warc(str(file))],
            how="diagonal_relaxed",
        )
        truth = pl.read_parquet(Path(place) / "truth.parquet", columns=["url", "kind", "math", "language"]).unique(
            "url"
        )
    read = read.unique("url", keep="first", maintain_order=True).with_columns(id=pl.col("url"), as_read=pl.col("text"))
    pages_seen = read.hstack(html_math(read).drop("text", "title"))
    texts = read.select("id", "url").with_columns(html_clean(pages_seen, keep_title=True)["text"]).drop_nulls("text")
    docs, drops = judged(texts).join(truth.rename({"language": "spoken"}), on="url"), [*CLAUSES]
    if importlib.util.find_spec("spacy"):
        docs = docs.with_columns(
            ~datatrove_filter(docs, filter=filter)["keep"].alias(name) for name, filter in THEIRS.items()
        )
        docs, drops = docs.with_columns(theirs=pl.any_horizontal(*THEIRS)), [*THEIRS, "theirs", *CLAUSES]
    bad, english = pl.col("kind").is_in(["spam", "boilerplate"]), pl.col("spoken") == "en"
    yield row("crawl, spam and boilerplate", docs.filter(bad), drops)
    yield row("crawl, math, English", docs.filter("math", english), drops)
    yield row("crawl, other, English", docs.filter(~bad, ~pl.col("math"), english, pl.col("kind") != "hostile"), drops)


def speeds(texts: pl.Series) -> dict[str, float]:
    """Megabytes of text per CPU second: each score alone, all in a row, and each of datatrove's filters."""
    docs = texts.alias("text").to_frame().with_row_index("id").cast({"id": pl.String})
    size = docs["text"].str.len_bytes().sum() / 1e6
    found = {score.__name__: size / seconds(docs, (score,)) for score in SCORES} | {
        "ours": size / seconds(docs, SCORES)
    }
    if importlib.util.find_spec("spacy"):
        some = docs.head(500)
        part, spent = some["text"].str.len_bytes().sum() / 1e6, 0.0
        for name in THEIRS.values():
            took = seconds(some, (lambda batch, name=name: datatrove_filter(batch, filter=name),))
            found[name], spent = part / took, spent + took
        found["theirs"] = part / spent
    return found


def seconds(docs: pl.DataFrame, scores: tuple[Any, ...]) -> float:
    for score in scores:
        score(docs.head(3))  # compiled, loaded
    started = time.process_time()
    for batch in docs.iter_slices(1000):
        for score in scores:
            score(batch.clone())
    return time.process_time() - started


def table(rows: list[dict[str, Any]], rates: dict[str, float]) -> str:
    """Shares in per cent, one line for each group, and rates."""
    columns = list(dict.fromkeys(key for one in rows for key in one))
    shown = [
        [f"{100 * one[c]:.1f}" if isinstance(one.get(c), float) else str(one.get(c, "")) for c in columns]
        for one in rows
    ]
    lines_of = [columns, ["---"] * len(columns), *shown]
    rated = ", ".join(f"{name} {rate:.3g}" for name, rate in rates.items())
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines_of) + f"\n\nMB per CPU second: {rated}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--pages", type=int, default=3000, help="of the embedded crawl (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the embedded crawl (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    if not (asked.data / "text").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    real = pl.concat(list(jsonl(str(asked.data / "text" / "dev_train.jsonl.gz"))))
    rows = [*stored(asked.data), *grouped("dev_train, ", judged(real), [*CLAUSES]), *embedded(asked.pages, asked.seed)]
    rates = speeds(real["text"])
    print(table(rows, rates))
    if asked.json:
        asked.json.write_text(
            json.dumps({"shares_dropped": rows, "megabytes_per_second": rates}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
