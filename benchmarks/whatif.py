"""How long a question about one clause takes on a corpus of N short documents: the program from the shell, start-up included.

    whatif        curate whatif RECIPE docs "maths >= 0.4" (a tenth of the documents change sides), and one stricter
    plan          curate plan after the recipe's file says so too
    query         the same count, no more, by curate query over the view documents
    loop          the stored scores read as Arrow batches and judged one document at a time in Python, as datatrove's filters do

    python -m benchmarks.whatif --docs 1000000 --repeat 5

The corpus is really built, in a store of its own: Parquet in, three scores, a keep of three clauses, exact deduplication, and token ids of
what is left. Every run is a process of its own; `seconds` is the median of its wall times, files warm in the page cache. All must find
the same number of documents, or the figures are refused. `query` and `loop` count only; `whatif` also gives tokens, years and examples.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks._processes import run

WAS, LOOSER, STRICTER = "0.5", "0.4", "0.6"
RECIPE = """recipe: asked
about: Short documents, three cheap scores, one keep.
tokenizer: {train: bpe, vocab: 512, of: [few]}
corpora:
  few: {read: parquet, files: few/*.parquet}
  docs:
    read: parquet
    files: data/*.parquet
    steps:
      - score: length
      - score: maths
      - score: latex_density
      - keep:
          long_enough: length >= 60
          dense: latex_density < 0.9
          mathematical: maths >= 0.5
      - dedup: exact
mixture:
  tokens: 100K
  seq_len: 1024
  stages: [{until: 100%, weights: {docs: 1}}]
"""
STEP = '''"""A number that stands in the text."""
import polars as pl
from curate.step import score


@score
def maths(docs: pl.DataFrame) -> pl.Series:
    """The first number below 1 in each text."""
    return docs["text"].str.extract(r"(0\\.\\d+)").cast(pl.Float64)
'''
LOOP = """
import sys, pyarrow.dataset as ds, pyarrow.parquet as pq
from pathlib import Path
folders = [Path(p) for p in sys.argv[1:]]
kept = 0
for name in sorted(p.name for p in folders[0].glob("*.parquet")):
    columns = [pq.read_table(folder / name, columns=[c]).column(c).to_pylist() for folder, c in
               zip(folders, ["length", "maths", "latex_density"])]
    for length, maths, density in zip(*columns):
        if length is not None and length >= 60 and density is not None and density < 0.9 and maths is not None and maths >= 0.4:
            kept += 1
print(kept)
"""
WORDS = "the sum of two even numbers is even since each can be written as twice an integer so factor out common terms".split()


def make_project(project: Path, count: int, seed: int = 0) -> None:
    """The recipe, its step, and documents of about 200 characters, one in a hundred a copy, dates of ten years."""
    rng = np.random.default_rng(seed)
    for name, text in (("recipes/asked.yaml", RECIPE), ("steps/score/maths.py", STEP)):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    lines = pl.Series([" ".join(rng.choice(WORDS, 9)) for _ in range(5000)])
    files = max(1, count // 125_000)
    for part in range(files):
        rows = count // files + (part < count % files)
        numbers = pl.Series(np.round(rng.random(rows), 4)).cast(pl.String)
        parts = [lines.gather(rng.integers(0, 5000, rows)) for _ in range(4)]
        made = pl.DataFrame({"a": parts[0], "n": numbers, "b": parts[1], "c": parts[2], "d": parts[3]})
        texts = made.select(pl.format("{} {} {}. {} $x + y$ {}.", *made.columns)).to_series()
        place = pl.int_range(rows, eager=True)
        texts = texts.gather(place - (place % 100 == 99).cast(pl.Int64))
        urls = pl.select(pl.format("https://example.org/{}/{}", pl.lit(part), place)).to_series()
        dates = pl.Series(rng.integers(2014, 2024, rows)).cast(pl.String) + "-05-01"
        (project / "data").mkdir(exist_ok=True)
        pl.DataFrame({"text": texts, "url": urls, "date": dates}).write_parquet(project / "data" / f"{part}.parquet")
    (project / "few").mkdir(exist_ok=True)
    pl.DataFrame({"text": lines}).write_parquet(project / "few" / "0.parquet")


def program(project: Path, *args: str) -> tuple[str, float]:
    """What a command of the program prints, and the seconds it takes."""
    env = {**os.environ, "CURATE_STORE": str(project / "store"), "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = run([sys.executable, "-m", "curate", *args], cwd=project, env=env)
    return done.output, done.seconds


def folders(project: Path) -> list[str]:
    """Where the three scores lie."""
    import curate

    recipe = curate.open("asked", project=project, store=str(project / "store"))
    nodes = [recipe.planned[f"docs/{name}"] for name in ("length", "maths", "latex_density")]
    return [str(recipe.built.piece(node).folder) for node in nodes]


def measure(project: Path, repeat: int) -> dict[str, Any]:
    """Median seconds of each, and what they found."""
    looser, stricter = (["whatif", "asked", "docs", f"maths >= {n}", "--json"] for n in (LOOSER, STRICTER))
    sql = f"select count(*) n from documents where corpus = 'docs' and length >= 60 and latex_density < 0.9 and maths >= {LOOSER}"
    loop = [sys.executable, "-c", LOOP, *folders(project)]
    times: dict[str, list[float]] = {}
    for _ in range(repeat):
        for name, args in (
            ("whatif looser", looser),
            ("whatif stricter", stricter),
            ("query", ["query", "asked", sql, "--json"]),
        ):
            output, seconds = program(project, *args)
            times.setdefault(name, []).append(seconds)
            if name == "query":
                counted = json.loads(output)[0]["n"]
            elif name == "whatif looser":
                then = json.loads(output)["documents"]
        done = run(loop, cwd=project)
        times.setdefault("loop", []).append(done.seconds)
        if not then["then"] == counted == int(done.output):
            sys.exit(f"they find different numbers of documents: {then}, {counted}, {done.output}")
    path = project / "recipes" / "asked.yaml"
    path.write_text(RECIPE.replace(f"maths >= {WAS}", f"maths >= {LOOSER}"))
    times["plan"] = [program(project, "plan", "asked")[1] for _ in range(repeat)]
    path.write_text(RECIPE)
    seconds = {name: round(statistics.median(found), 3) for name, found in times.items()}
    ratios = {f"{name}/whatif": round(seconds[name] / seconds["whatif looser"], 2) for name in ("query", "loop")}
    return {"documents": then, "seconds": seconds, "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--docs", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path, help="a folder to work in and to keep; default a temporary one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = asked.out or Path(scratch)
        if not (project / "recipes").is_dir():
            make_project(project, asked.docs)
        _, build = program(project, "build", "asked")
        start = statistics.median(program(project, "--version")[1] for _ in range(asked.repeat))
        told = {"docs": asked.docs, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}
        print(
            json.dumps(
                {**told, "build": round(build, 1), "version": round(start, 3), **measure(project, asked.repeat)},
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
