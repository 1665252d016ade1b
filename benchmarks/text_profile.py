r"""The text profile beside other normalisations: megabytes per second of one core, and how many different problems each makes equal.

    python -m benchmarks.text_profile [--repeat 5] [--data ../shared/data] [--json OUT]

Speed is process time over the maths and over all documents of `text/dev_train` and `dev_valid`, from a polars column, the best of
`--repeat`; peers see at most 2 MB, since they cost the same per character. Problems of MathQA, MAWPS, ASDiv and SVAMP count as different
where they differ in more than blanks and letter case. Compared are, on these: words in order (what an exact match sees), and sets of 5-word
shingles (what MinHash sees): pairs of different problems with the same set, and with Jaccard similarity of 0.75 or more.

- datatrove: `simplify_text` with its default `TextNormConfig`, which its MinHash and its n-gram filter use; words are what blanks part.
- letters: lower case, without punctuation and digits.
- alphanumeric: lower case and runs of `\w`: numbers stay, operators go.
- wordpunct: lower case and the pattern of NLTK's `wordpunct_tokenize`, with which MegaMath begins (it then drops operators and numbers).

Exits with 2 where the data is absent; datatrove is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import itertools
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curation.text import normalised, prose, without_formulas, without_math, word_hashes, word_spans, words

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("mathqa_test", "mawps", "asdiv", "svamp")
NEAR = 0.75
SHINGLE = 5
PEER_BYTES = 2_000_000
Splitter = Callable[[str], list[str]]


def ours(text: str) -> list[str]:
    return str(normalised(pl.Series([text]))[0]).split(" ")


def datatrove(text: str) -> list[str]:
    from datatrove.utils.text import simplify_text

    return simplify_text(text).split()


def letters(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def alphanumeric(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def wordpunct(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]+", text.lower())


def splitters() -> dict[str, Splitter]:
    found: list[Splitter] = [ours, datatrove, letters, alphanumeric, wordpunct]
    return {f.__name__: f for f in found if f is not datatrove or importlib.util.find_spec("datatrove")}


# speed


def texts(data: Path) -> dict[str, pl.Series]:
    """Maths and all documents."""
    rows = [row for name in ("dev_train", "dev_valid") for row in _rows(data / "text" / f"{name}.jsonl.gz")]
    maths = [row["text"] for row in rows if row["label"] == "math"]
    return {"maths": pl.Series("text", maths), "all": pl.Series("text", [row["text"] for row in rows])}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def speeds(column: pl.Series, repeat: int) -> dict[str, float]:
    """Megabytes of UTF-8 per second of process time."""
    part = column[: max(1, int((column.str.len_bytes().cum_sum() <= PEER_BYTES).sum()))]
    native = {f.__name__: f for f in (word_hashes, word_spans, normalised, without_formulas, prose)}
    timed = {name: _rate(f, column, repeat) for name, f in native.items()}
    timed["words (polars)"] = _rate(lambda s: s.to_frame("t").select(words(pl.col("t"))), part, 1)
    timed["without_math (polars)"] = _rate(lambda s: s.to_frame("t").select(without_math(pl.col("t"))), part, 1)
    for name, split in splitters().items():
        if split is not ours:
            timed[name] = _rate(lambda s, split=split: [split(text) for text in s], part, 1)  # type: ignore[misc]
    return {name: round(rate, 1) for name, rate in timed.items()}


def _rate(work: Callable[[pl.Series], object], column: pl.Series, repeat: int) -> float:
    work(column[:1])
    seconds = []
    for _ in range(repeat):
        started = time.process_time()
        work(column)
        seconds.append(time.process_time() - started)
    return int(column.str.len_bytes().sum()) / 1e6 / max(min(seconds), 1e-9)


# problems


def problems(data: Path, name: str) -> list[str]:
    """The problems of a set, with the story that goes before a question, each once up to blanks and letter case."""
    found: dict[str, str] = {}
    for row in _rows(data / "benchmarks" / f"{name}.jsonl.gz"):
        story = row["extra"].get("body") or row["extra"].get("Body") or ""
        text = f"{story} {row['problem']}".strip()
        found.setdefault("".join(text.lower().split()), text)
    return [*found.values()]


def merged(some: list[str], split: Splitter) -> dict[str, int]:
    """Problems that become equal to an earlier one, and pairs whose sets of shingles are the same, or near."""
    lists = [split(text) for text in some]
    sets = [shingles(found) for found in lists]
    shared: Counter[tuple[int, int]] = Counter()
    holders = defaultdict(list)
    for number, one in enumerate(sets):
        for shingle in one:
            holders[shingle].append(number)
    for numbers in holders.values():
        shared.update(itertools.combinations(numbers, 2))
    near = {p: n / (len(sets[p[0]]) + len(sets[p[1]]) - n) for p, n in shared.items()}
    pairs = [pair for pair, similar in near.items() if similar >= NEAR]
    return {
        "problems": len(some),
        "equal": len(some) - len({*map(tuple, lists)}),
        "same_shingles": sum(similar == 1 for similar in near.values()),
        "near": len(pairs),
        "problems_near": len({*itertools.chain.from_iterable(pairs)}),
    }


def shingles(found: list[str]) -> frozenset[tuple[str, ...]]:
    length = min(SHINGLE, len(found))
    return frozenset(tuple(found[i : i + length]) for i in range(len(found) - length + 1)) if found else frozenset()


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(None if argv is None else [*argv])
    if not (given.data / "text").is_dir():
        print(f"there is no real data at {given.data}; see --data", file=sys.stderr)
        return 2
    report: dict[str, Any] = {"mb_per_second": {}, "problems": {}}
    for group, column in texts(given.data).items():
        report["mb_per_second"][group] = found = speeds(column, given.repeat)
        print(f"{group}, MB/s: " + ", ".join(f"{name} {rate:,.0f}" for name, rate in found.items()))
    for name in SETS:
        some = problems(given.data, name)
        for title, split in splitters().items():
            report["problems"].setdefault(name, {})[title] = counted = merged(some, split)
            print(f"{name}: {title}: " + ", ".join(f"{count:,} {what}" for what, count in counted.items()))
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
