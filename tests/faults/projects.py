"""Small real projects that faults happen to: made from a shape and a seed, the same bytes each time.

`tables` reads Parquet and JSON Lines, `pages` WARC and JSON Lines, `far` Parquet of a bucket, `asks` Parquet, and asks a model behind a
server; each scores, keeps, rewrites, removes copies, expands, and mixes. `poison` has a mark in two of 2,000 documents at which its score
does what `POISONS` says.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tests.curate.corpus import STEPS, WORDS

MODEL = "ORG/NAME"
FLYING = 6
"""Requests under way at a time."""
RATE = 1000
"""One poison document in so many."""
POISONS = {
    "raises": "raise ValueError('poison')",
    "hangs": "time.sleep(600)",
    "kills its worker": "os.kill(os.getpid(), 9)",
    "aborts": "os.abort()",
    "wants 50 GB": "bytearray(50 << 30)",
    "nests deeply": "__import__('json').loads('[' * 200_000)",
    "exits": "sys.exit(0)",
    "is no text": "docs['text'].str.to_integer(strict=True)",
}
WEIGH = '''
    """Slowly measured length; a marked document is poison."""
    import os
    import sys
    import time
    import polars as pl
    from curate.step import score

    @score
    def weigh(docs: pl.DataFrame) -> pl.Series:
        """Bytes of each text."""
        if docs["text"].str.contains("POISON", literal=True).any():
            HOW
        time.sleep(0.03 * (docs.height > 0))
        return docs["text"].str.len_bytes().cast(pl.Int64)
'''
TELLS = '''
    """What a model says of each text."""
    import polars as pl
    from curate.step import rewrite

    def prompts(docs: pl.DataFrame) -> pl.Series:
        """One prompt for each text."""
        return ("Say more about: " + docs["text"].str.head(80)).alias("prompts")

    @rewrite(asks=prompts)
    def tells(docs: pl.DataFrame) -> pl.Series:
        """The text, and the replies after it."""
        return docs["text"] + " " + docs["replies"].list.join(" ")
'''
RECIPE = """recipe: small
about: A recipe that faults happen to.
{models}corpora:
  web:
    read: {read}
    files: {files}
    steps:{extract}
      - score: weigh
      - score: digits
      - keep: {{long: weigh > 20, few_digits: digits < 0.5}}
      - rewrite: upper
      - dedup: copies
        keep_order: [weigh]{more}
      - score: digits
        as: digits_after
  notes:
    read: jsonl
    files: data/notes/*
    steps:
      - score: letters
      - keep: {{noted: letters > 10}}
  parts:
    from: web
    steps:
      - synth: halves
      - score: letters
        as: part_letters
tokenizer: {{train: bpe, vocab: 300, of: [web, parts]}}
mixture:
  tokens: 4000
  seq_len: 128
  stages: [{{until: 50%, weights: {{web: 0.6, notes: 0.2, parts: 0.2}}}}, {{until: 100%, weights: {{web: 0.5, notes: 0.2, parts: 0.3}}}}]
  max_epochs: {{web: 9, notes: 9, parts: 9}}
"""
MODELS = f"models: {{m: {{backend: openai, id: {MODEL}, revision: r, sampling: {{temperature: 0, max_tokens: 60}}}}}}\n"
ASKING = "\n      - {rewrite: tells, model: m}"
PROFILE = """executor = "local"
workers = 2
{limits}[models.m]
endpoints = ["{url}"]
concurrency = {flying}
timeout = 4
patience = {patience}
"""
LIMITS = "[limits]\nseconds = {seconds}\nseconds_per_document = 0.0\ngigabytes = 0.5\n"


@dataclass(frozen=True)
class Shape:
    """What a project is made from."""

    kind: str
    seed: int
    poison: str = "raises"

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.seed}" + (f"-{self.poison.replace(' ', '-')}" if self.kind == "poison" else "")

    @property
    def documents(self) -> int:
        """Records of the corpus `web`."""
        return 2 * RATE if self.kind == "poison" else 240

    @property
    def records(self) -> dict[str, int]:
        """Records that each corpus reads, as they were written here."""
        return {"web": self.documents, "notes": 80}


def make(shape: Shape, folder: Path) -> Path:
    """Write a project: files, steps, recipe. The profile is written by `connect`."""
    rng = random.Random(f"{shape.kind}/{shape.seed}")
    weigh = WEIGH.replace("HOW", POISONS[shape.poison])
    steps = {**STEPS, "score/weigh.py": weigh, "rewrite/tells.py": TELLS}
    for name, text in steps.items():
        write(folder / "steps" / name, textwrap.dedent(text).lstrip())
    asks, pages = shape.kind == "asks", shape.kind == "pages"
    recipe = RECIPE.format(
        models=MODELS if asks else "",
        read="warc" if pages else "parquet",
        extract="\n      - extract: html_math" if pages else "",
        more=ASKING if asks else "",
        files=f"s3://far-{shape.seed}/web/*" if shape.kind == "far" else "data/web/*",
    )
    write(folder / "recipes/small.yaml", recipe)
    rows = documents(shape, rng)
    cuts = [0, *sorted(rng.sample(range(20, shape.documents - 20), 4)), shape.documents]
    (folder / "data/web").mkdir(parents=True)
    for number, (low, high) in enumerate(itertools.pairwise(cuts)):
        part = rows[low:high]
        if pages:
            (folder / f"data/web/{number}.warc.gz").write_bytes(warc(part))
        else:
            pl.DataFrame(part).write_parquet(folder / f"data/web/{number}.parquet")
    for number in range(2):
        lines = [{"text": sentence(rng), "url": f"https://notes.example/{number}/{i}"} for i in range(40)]
        write_jsonl(folder / f"data/notes/{number}.jsonl.gz", lines)
    return connect(shape, folder, "http://127.0.0.1:9/v1")


def connect(shape: Shape, folder: Path, url: str, patience: float = 30.0) -> Path:
    """Say in the profile where the model is."""
    limits = LIMITS.format(seconds=4.0 if shape.poison == "hangs" else 120.0) if shape.kind == "poison" else ""
    write(folder / "profiles/local.toml", PROFILE.format(url=url, flying=FLYING, patience=patience, limits=limits))
    return folder


def sentence(rng: random.Random) -> str:
    """Some words."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 25)))


def documents(shape: Shape, rng: random.Random) -> list[dict[str, str | None]]:
    """Records with copies, repeats, dates that are not always known, names that mean to harm, and in `poison` two marked texts."""
    rows: list[dict[str, str | None]] = [
        {"text": sentence(rng), "url": f"https://example.org/{i}", "date": rng.choice(["2019", "2020", None])}
        for i in range(shape.documents)
    ]
    for a, b in ((5, 6), (5, 9), (11, 12)):
        rows[b] = {**rows[a], "url": f"https://copy.example.org/{b}"}
    for a, b in ((14, 15), (20, 25)):
        rows[b] = {**rows[a], "date": "2001"}
    for at, name in enumerate(
        ("../../outside", "'; drop table documents; --", "!!python/object:os.system", "%0d%0aX: y")
    ):
        rows[30 + at]["url"] = f"https://example.org/{name}"
    for at in rng.sample(range(60, shape.documents), 2) if shape.kind == "poison" else ():
        rows[at]["text"] = f"a POISON text, number {at}, long enough to be looked at"
    return rows


def warc(rows: list[dict[str, str | None]]) -> bytes:
    """A WARC file of one page for each row, a gzip member each."""
    made = b""
    for row in rows:
        page = f"<html><head><title>A page</title></head><body><main><p>{row['text']}</p></main></body></html>".encode()
        body = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(page)
            + page
        )
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {row['url']}\r\nWARC-Date: {row['date'] or '2021'}-01-01T00:00:00Z\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made += gzip.compress(head.encode() + body + b"\r\n\r\n", mtime=0)
    return made


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write_jsonl(path: Path, lines: list[dict[str, str]]) -> None:
    """JSON Lines in several gzip members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [lines[at : at + 10] for at in range(0, len(lines), 10)]
    data = b"".join(
        gzip.compress("".join(json.dumps(line) + "\n" for line in part).encode(), mtime=0) for part in parts
    )
    path.write_bytes(data)


def copy(project: Path, to: Path) -> Path:
    """The project elsewhere, without its store and its lock."""
    shutil.copytree(project, to, ignore=shutil.ignore_patterns(".curate", "*.lock"))
    return to
