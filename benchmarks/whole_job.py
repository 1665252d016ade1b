"""Web pages to tokens, the whole job: `curate build` beside datatrove on the same embedded crawl, in one run, judged by the crawl's truth.

    python -m benchmarks.whole_job --datatrove .venv-datatrove/bin/python --json OUT

The job: WARC files -> text -> English -> filters of quality -> near duplicates by MinHash, 11 bands of 10, 5-grams -> token ids of one
tokenizer. Ours is a recipe (`RECIPE`) built in an empty store by the command that a person would give; datatrove's is its own example
for FineWeb (`_whole_job_datatrove`). Each is a process of its own with as many workers, after one run on a small crawl that fills caches
of files and of compiled code. Both identify languages by the same lid.176 where there is one (`--lid`), else by resiliparse.

Extractors. datatrove ships Trafilatura, which takes the main text of a page, and ReadabilityInscriptis, which takes a fork of readability
that no registry has. Ours stand in three rows: `main` (`html_math`, main content: the same task as Trafilatura's, the row that counts),
`clean` (`html_math` on all, then `html_clean`, which is trafilatura with formulas, on what is English) and `whole` (`html_math`, menus
and all).

documents_per_core_second are pages of the crawl over processor seconds, start of the interpreter included; beyond_start leaves out what
a run of a few pages takes, which is what a large crawl comes to; by_clock is over seconds of the clock times workers. peak_mb is the
greatest sum of resident memory, sampled; written_mb all that a job leaves on disk. What the figures of quality mean:
`_whole_job_truth.quality`. Left out: a classifier of mathematics, decontamination and personal data, which the two do not have alike; ours
writes every document's scores and fate besides, which datatrove has no counterpart for.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import _processes
from benchmarks._samples import LID
from benchmarks._whole_job_truth import BETTER, better, kept_by_datatrove, quality
from curation.embedded.crawl import crawl
from curation.fit.bpe import END, bpe

ROOT = Path(__file__).resolve().parent.parent
BANDS, ROWS = 11, 10
VOCABULARY = 8192
TOKENS = 800
"""Tokens asked for each page of the crawl: more than there are, so that every document is encoded and written at least once."""
WAYS = {
    "main": ["- {extract: html_math, main_content: true}", "ENGLISH"],
    "clean": ["- extract: html_math", "ENGLISH", "- {extract: html_clean, keep_title: true}"],
    "whole": ["- extract: html_math", "ENGLISH"],
}
RECIPE = """recipe: job
about: Web pages to tokens.
{models}corpora:
  web:
    read: warc
    files: crawl/*.warc.gz
    steps:
{steps}
      - score: prose
      - score: lines
      - score: repetition
      - keep:
          enough_prose: prose_words >= 10 and prose_words + formulas >= 25
          sentences: stop_words >= 2 and stop_word_share >= 0.07 and unended_lines <= 0.95
          plain_words: word_length between 3 and 10 and letter_words >= 0.25 and hashes <= 0.1 and ellipses <= 0.1
          whole_lines: bullet_lines <= 0.9 and ellipsis_lines <= 0.3 and short_lines <= 0.6 and line_breaks <= 0.4
          no_boilerplate: phrases < 2 and boilerplate_lines + pitch_lines <= 0.1
          not_repetitive: repeated_lines <= 0.3 and repeated_ngrams <= 0.4
        as: readable
      - {{dedup: minhash, bands: {bands}, rows: {rows}, ngram: 5, keep_order: []}}
tokenizer: ./tokenizer
mixture:
  tokens: {tokens}
  seq_len: 2048
  stages: [{{until: 100%, weights: {{web: 1}}}}]
"""
LANGUAGE = ["- {{score: language{model}}}", "- keep: {{english: language = 'en' and language_score >= 0.65}}"]
COUNT = (
    "import sys, datatrove, importlib.metadata as m; import spacy, warcio, trafilatura; print(m.version('datatrove'))"
)


def recipe(way: str, pages: int, *, lid: bool) -> str:
    """The recipe of one of the ways, for a crawl of so many pages."""
    model = ", model: lid" if lid else ""
    language = [line.format(model=model) for line in LANGUAGE]
    steps = [step for part in WAYS[way] for step in (language if part == "ENGLISH" else [part])]
    models = "models:\n  lid: {fit: pretrained, files: [lid/model.ftz]}\n" if lid else ""
    lines = "\n".join(f"      {step}" for step in steps)
    return RECIPE.format(models=models, steps=lines, bands=BANDS, rows=ROWS, tokens=TOKENS * pages)


def prepared(folder: Path, pages: int, seed: int, lid: Path | None) -> Path:
    """A project with a crawl, a tokenizer and, if there is one, a model for languages."""
    for name in ("crawl", "recipes", "tokenizer", "textbook"):
        (folder / name).mkdir(parents=True)
    crawl(folder / "crawl", seed=seed, pages=pages)
    bpe({"pages": Texts(folder / "crawl")}, folder / "tokenizer", vocab=VOCABULARY, sample_bytes=4_000_000)
    if lid:
        (folder / "lid").mkdir()
        shutil.copy(lid, folder / "lid" / "model.ftz")
    return folder


class Texts:
    """The true texts of a crawl as a corpus that a tokenizer can be trained on."""

    def __init__(self, folder: Path) -> None:
        docs = pl.read_parquet(folder / "truth.parquet").filter(pl.col("text").is_not_null()).head(3000)
        self.docs = docs.select(pl.col("page").cast(pl.String).alias("id"), "text")

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        """All of them at once."""
        yield self.docs.select(columns)


# ---- the two sides ----------------------------------------------------------------------------------------------------------


def ours(way: str, project: Path, pages: int, workers: int, *, lid: bool) -> dict[str, Any]:
    """One build from nothing, by the command that a person would give."""
    import curate

    store = project / ".curate"
    shutil.rmtree(store, ignore_errors=True)
    (project / "recipes" / "job.yaml").write_text(recipe(way, pages, lid=lid), "utf-8")
    command = [sys.executable, "-c", "from curate.cli import main; main()", "build", "job", "--workers", str(workers)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **one_thread()}
    run = _processes.run(command, cwd=project, env=environment)
    log = json.loads(max((store / "runs").glob("*.json")).read_text("utf-8"))
    phases = {name: node["seconds"] for name, node in log["nodes"].items() if node.get("seconds")}
    with_fates = curate.open("job", project=project)
    kept = with_fates.sql("select url, date, text from documents where corpus = 'web' and fate = 'kept'")
    found = {"way": way, "version": importlib.metadata.version("octocurate"), "phases": phases}
    truth = pl.read_parquet(project / "crawl" / "truth.parquet")
    return found | cost(run, pages, workers, project, store) | quality(kept, truth)


def theirs(python: str, project: Path, pages: int, workers: int, *, lid: bool, version: str) -> dict[str, Any]:
    """datatrove's run, in an empty folder."""
    out = project / "datatrove"
    shutil.rmtree(out, ignore_errors=True)
    settings = {
        "crawl": str(project / "crawl"), "out": str(out), "workers": workers, "bands": BANDS, "rows": ROWS, "eos": END,
        "tokenizer": str(project / "tokenizer" / "tokenizer.json"), "lid": str(project / "lid" / "model.ftz") if lid else None,
    }  # fmt: skip
    (project / "datatrove.json").write_text(json.dumps(settings), "utf-8")
    script = ROOT / "benchmarks" / "_whole_job_datatrove.py"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | one_thread()
    environment |= {"HF_HOME": str(project / "hub"), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    run = _processes.run([python, str(script), str(project / "datatrove.json")], cwd=project, env=environment)
    truth = pl.read_parquet(project / "crawl" / "truth.parquet")
    found = {"way": "datatrove", "version": version, "phases": json.loads(run.output.splitlines()[-1])}
    return found | cost(run, pages, workers, project, out) | quality(kept_by_datatrove(out), truth)


def one_thread() -> dict[str, str]:
    """Environment in which the workers are all that runs at once."""
    return dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


def cost(run: _processes.Run, pages: int, workers: int, project: Path, left: Path) -> dict[str, float]:
    """What a run took."""
    sizes = [len(gzip.decompress(file.read_bytes())) for file in (project / "crawl").glob("*.warc.gz")]
    written = sum(file.stat().st_size for file in left.rglob("*") if file.is_file())
    return {
        "seconds": run.seconds,
        "cpu_seconds": run.cpu_seconds,
        "documents_per_core_second": pages / run.cpu_seconds,
        "by_clock": pages / run.seconds / workers,
        "peak_mb": run.peak_bytes / 1e6,
        "written_mb": written / 1e6,
        "warc_mb": sum(sizes) / 1e6,
    }


def available(python: str) -> str | None:
    """The version of datatrove that an interpreter has, with what the job needs of it; None if it has not."""
    try:
        done = subprocess.run([python, "-c", COUNT], capture_output=True, text=True, check=False, timeout=120)
    except OSError:
        return None
    return done.stdout.strip() or None


# ---- output -----------------------------------------------------------------------------------------------------------------


def compared(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Times datatrove's documents per core second, and whether each figure of quality is equal or better, for each of our ways."""
    peer = next((row for row in rows if row["way"] == "datatrove"), None)
    mine = [row for row in rows if row is not peer]
    if peer is None:
        return {}
    return {
        row["way"]: {
            "times": row["documents_per_core_second"] / peer["documents_per_core_second"],
            "times_beyond_start": row["beyond_start"] / peer["beyond_start"],
            "times_by_clock": row["by_clock"] / peer["by_clock"],
            "memory": row["peak_mb"] / peer["peak_mb"],
            "written": row["written_mb"] / peer["written_mb"],
            "better": better(row, peer),
        }
        for row in mine
    }


def table(rows: list[dict[str, Any]]) -> str:
    """One column for each side."""
    costs = ("documents_per_core_second", "beyond_start", "start_cpu_seconds", "by_clock", "cpu_seconds", "seconds")
    names = [*costs, "peak_mb", "written_mb", "kept", *BETTER, "formulas_yield"]
    head = f"| | {' | '.join(row['way'] for row in rows)} |\n|---{'|---:' * len(rows)}|"
    return "\n".join([head, *(f"| {name} | {' | '.join(shown(row[name]) for row in rows)} |" for name in names)])


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.4f}"


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Everything, in a folder that goes away: a crawl of `WARM` pages twice, first to fill caches, and the one that was asked for."""
    version = available(asked.datatrove)
    lid = asked.lid if asked.lid and asked.lid.is_file() else None
    with tempfile.TemporaryDirectory(dir=asked.scratch) as place:
        small, large = (prepared(Path(place) / str(n), n, asked.seed, lid) for n in (WARM, asked.pages))
        few: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for project, pages in ((small, WARM), (small, WARM), (large, asked.pages)):
            few, rows = rows, [ours(way, project, pages, asked.workers, lid=bool(lid)) for way in asked.ways]
            if version:
                rows.append(theirs(asked.datatrove, project, pages, asked.workers, lid=bool(lid), version=version))
    for row, start in zip(rows, few, strict=True):
        row.update(beyond(row, start, asked.pages))
    judge = "lid.176" if lid else "resiliparse"
    found = {"pages": asked.pages, "workers": asked.workers, "lid": judge, "rows": rows}
    return found | {"compared": compared(rows)}


def beyond(row: dict[str, Any], start: dict[str, Any], pages: int) -> dict[str, float]:
    """What a further page costs, and what starting does: from the run on few pages and that on many."""
    each = (row["cpu_seconds"] - start["cpu_seconds"]) / (pages - WARM)
    return {"start_cpu_seconds": start["cpu_seconds"] - WARM * each, "beyond_start": 1 / max(each, 1e-9)}


WARM = 120
"""Pages of the crawl that both are run on first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pages", type=int, default=3000, help="of the embedded crawl (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the crawl; the clauses were chosen on 0 (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), help="of either (default: %(default)s)"
    )
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS), help="ours")
    parser.add_argument(
        "--datatrove", default=".venv-datatrove/bin/python", help="an interpreter that has it (default: %(default)s)"
    )
    parser.add_argument("--lid", type=Path, default=LID, help="lid.176.ftz or .bin (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, help="where there is room")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    if not available(asked.datatrove):
        print(f"no datatrove at {asked.datatrove}, ours alone: make datatrove", file=sys.stderr)
    found = measured(asked)
    print(table(found["rows"]))
    for way, figures in found["compared"].items():
        worse = [name for name, fine in figures["better"].items() if not fine]
        print(
            f"\n{way}: {figures['times']:.1f} times datatrove's documents per core second; worse in {', '.join(worse) or 'nothing'}"
        )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
