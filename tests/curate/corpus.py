"""A small project on disk for tests of the kernel: files, steps of its own, and a recipe that uses them."""

from __future__ import annotations

import itertools
import random
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

import curate

STEPS = {
    "score/letters.py": '''
        """Number of characters."""
        import polars as pl
        from curate.step import score

        @score
        def letters(docs: pl.DataFrame) -> pl.Series:
            """Characters of each text."""
            return docs["text"].str.len_chars().cast(pl.Int64)
    ''',
    "score/digits.py": '''
        """Share of digits."""
        import polars as pl
        from curate.step import score

        @score
        def digits(docs: pl.DataFrame, *, pattern: str = r"[0-9]") -> pl.Series:
            """Characters matched by pattern, over all characters, in [0, 1]."""
            if docs["text"].str.contains("POISON", literal=True).any():
                raise ValueError("poison")
            return docs["text"].str.count_matches(pattern) / docs["text"].str.len_chars().clip(1)
    ''',
    "rewrite/upper.py": '''
        """Upper case."""
        import polars as pl
        from curate.step import rewrite

        @rewrite
        def upper(docs: pl.DataFrame) -> pl.Series:
            """Each text in upper case."""
            return docs["text"].str.to_uppercase()
    ''',
    "dedup/copies.py": '''
        """Equal texts."""
        import polars as pl
        from curate.step import Corpus, across

        def prepare(docs: pl.DataFrame, *, keep_order: list[str]) -> pl.DataFrame:
            return docs.select("id", "text", *keep_order)

        @across(reads=["$keep_order"], prepare=prepare, keep={"unique": "copy_of is null"})
        def copies(corpus: Corpus, *, keep_order: list[str]) -> pl.DataFrame:
            """The best of equal texts stays; the others name it."""
            docs = pl.concat(list(corpus.shards("id", "text", *keep_order)))
            best = docs.sort(*keep_order, "id", descending=[*([True] * len(keep_order)), False])
            first = pl.col("id").first().over("text")
            return best.select("id", copy_of=pl.when(first != pl.col("id")).then(first)).filter(pl.col("copy_of").is_not_null())
    ''',
    "synth/halves.py": '''
        """Both halves of a text."""
        import polars as pl
        from curate.step import expand

        @expand
        def halves(docs: pl.DataFrame, *, least: int = 40) -> pl.DataFrame:
            """Two children for each text of at least `least` characters."""
            numbered = docs.select("text").with_row_index("parent").filter(pl.col("text").str.len_chars() >= least)
            middle = pl.col("text").str.len_chars() // 2
            first = numbered.select("parent", text=pl.col("text").str.head(middle), half=pl.lit("a"))
            second = numbered.select("parent", text=pl.col("text").str.slice(middle), half=pl.lit("b"))
            return pl.concat([first, second]).sort("parent", "half").cast({"parent": pl.UInt32})
    ''',
}
RECIPE = """
recipe: small
about: A recipe for tests.
corpora:
  web:
    read: parquet
    files: data/*.parquet
    steps:
      - score: letters
      - score: digits
      - keep: {long: letters > 20, few_digits: digits < 0.5}
      - rewrite: upper
      - dedup: copies
        keep_order: [letters]
      - score: digits
        as: digits_after
  parts:
    from: web
    steps:
      - synth: halves
      - score: letters
        as: part_letters
"""
ONE_STAGE = "{until: 100%, weights: {web: 0.75, parts: 0.25}}"
TWO_STAGES = "{until: 50%, weights: {web: 0.75, parts: 0.25}}, {until: 100%, weights: {web: 0.5, parts: 0.5}}"


def with_mixture(tokens: int = 4000, *, seq_len: int = 128, stages: str = TWO_STAGES, epochs: int = 3) -> str:
    """`RECIPE` with a tokenizer and a mixture of its two corpora."""
    return f"""{RECIPE}
tokenizer: {{train: bpe, vocab: 300, of: [web, parts]}}
mixture:
  tokens: {tokens}
  seq_len: {seq_len}
  stages: [{stages}]
  max_epochs: {{web: {epochs}, parts: {epochs}}}
"""


WORDS = ["alpha", "beta", "12", "333", "gamma", "delta", "epsilon zeta", "7 8 9"]


def documents(count: int, seed: int = 0) -> pl.DataFrame:
    """Documents with repeats, copies, a poison text, foreign columns, and dates that are sometimes unknown."""
    rng = random.Random(seed)
    rows = []
    for i in range(count):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 25)))
        rows.append(
            {
                "text": text,
                "url": f"https://example.org/{i}",
                "date": rng.choice(["2019", "2020", None]),
                "weight": i,
                "meta": {"n": i},
            }
        )
    rows[3]["text"] = "a POISON text, long enough to be looked at"
    for a, b in ((5, 6), (5, 9), (11, 12)):
        rows[b] = {**rows[a], "url": f"https://copy.example.org/{b}"}
    for a, b in ((14, 15), (20, 25)):
        rows[b] = {**rows[a], "date": "2001"}
    return pl.DataFrame(rows)


def make_project(folder: Path, *, recipe: str = RECIPE, count: int = 300) -> Path:
    """A project with steps, a recipe and three files."""
    for name, text in STEPS.items():
        path = folder / "steps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip(), "utf-8")
    (folder / "recipes").mkdir(exist_ok=True)
    (folder / "recipes" / "small.yaml").write_text(recipe.lstrip(), "utf-8")
    write_files(folder, documents(count), [count // 2, count * 3 // 4])
    return folder


def write_files(folder: Path, docs: pl.DataFrame, cuts: Sequence[int], names: Sequence[str] = ()) -> None:
    """Write documents as files cut at these rows, under these names, in place of what is there."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for old in data.glob("*.parquet"):
        old.unlink()
    bounds = [0, *sorted(cuts), docs.height]
    for position, (start, stop) in enumerate(itertools.pairwise(bounds)):
        name = names[position] if names else f"{position}"
        docs.slice(start, stop - start).write_parquet(data / f"{name}.parquet")


def open_small(folder: Path, **settings: Any) -> curate.Curated:
    settings.setdefault("executor", "inline")
    return curate.open("small", project=folder, **settings)


def edit(path: Path, before: str, after: str) -> None:
    """Put one text in place of another, which must stand in the file."""
    text = path.read_text("utf-8")
    assert before in text, text
    path.write_text(text.replace(before, after), "utf-8")


def objects(store: Path) -> dict[str, bytes]:
    """Every file of every object of a store, but for what no digest sees."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted((store / "objects").rglob("*"))
        if path.is_file() and ".provenance." not in path.name
    }


def contents(curated: curate.Curated) -> dict[str, str]:
    """Content digest of each node."""
    return {name: curated.built.done[node.plan_key].content for name, node in curated.planned.nodes.items()}


def texts(count: int, **more: Any) -> pl.DataFrame:
    """`document number 0`, `document number 1 x`, ... with urls `u0`, `u1`, ... and other columns."""
    rows = range(count)
    return pl.DataFrame(
        {"text": [f"document number {i} {'x' * i}" for i in rows], "url": [f"u{i}" for i in rows], **more}
    )


def one(steps: str, *, read: str = "parquet", more: str = "") -> str:
    """A recipe of one corpus `web` with these steps, written as the inside of a YAML list."""
    return f"recipe: small\ncorpora:\n  web:\n    read: {read}\n    files: data/*\n    {more}\n    steps: [{steps}]\n"


def tiny(folder: Path, recipe: str, *frames: pl.DataFrame, steps: dict[str, str] | None = None) -> Path:
    """A project with this recipe, these files, and these steps besides those of `STEPS`."""
    make_project(folder, recipe=textwrap.dedent(recipe), count=40)
    for name, text in (steps or {}).items():
        (folder / "steps" / name).parent.mkdir(exist_ok=True)
        (folder / "steps" / name).write_text(
            '"""A step."""\nimport polars as pl\nfrom curate.step import *\n' + textwrap.dedent(text), "utf-8"
        )
    for old in (folder / "data").iterdir():
        old.unlink()
    for position, frame in enumerate(frames):
        frame.write_parquet(folder / "data" / f"{position}.parquet")
    return folder
