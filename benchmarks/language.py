r"""What language identification keeps of English mathematics, by each identifier and on each view of the text, and how fast it is.

    python -m benchmarks.language [--data ../shared/data] [--model FILE] [--repeat 3] [--json OUT]

Identifiers: resiliparse's profiles and a fastText model (lid.176, by default that of the data), as `score: language` uses them. Views: the
text as it is; without formulas (`curation.text.without_math`); prose (`curation.text.prose`), which the step takes. A text is kept if its
language is English with a score of 0.65 or more, as MegaMath keeps pages.

- maths: documents labelled `math`, all English by how they were made but translations of Sage's manual, told by their path.
- manuals: pages of mathematical software and PlanetMath in the archive, after `extract: html_math`; scientific Python alone, too.
- other English, not English: documents labelled `other` by what lid.176 itself says of them at 0.65 (so of English ones it is favoured).
- 184 languages: one text of each but English and Scots.

Speed is documents per second of process time for the whole step, with texts cut at 1.6 kB and whole. Exits with 2 where the data is absent.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl

from curate.step import Artifact
from curation.score.language import _model, by_model, by_profiles, language
from curation.text import prose, without_math

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LEAST, SURE = 0.65, 0.65
LONGEST, CUT = 20_000, 1_600
PYTHON = r"/(?:sagemath|python-(?:sympy|sklearn|astropy|cvxopt))-doc/"
MANUALS = (
    PYTHON[:-1]
    + r"|/(?:gap-doc|axiom-doc|macaulay2-common|planetmath|libeigen3-doc|libitpp-doc|libdeal.ii-doc|coinor-libipopt-doc|"
    r"ceres-solver-doc|geographiclib-doc)/"
)
TRANSLATED = r"/html/(?:ca|de|es|fr|hu|it|ja|pt|ru|tr|zh)/"
Judge = Callable[[pl.Series], pl.DataFrame]


def rows(path: Path) -> pl.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return pl.DataFrame([json.loads(line) for line in lines], infer_schema_length=None, strict=False)


def sets(data: Path) -> dict[str, pl.Series]:
    """Texts by what they are."""
    every = pl.concat(
        [
            rows(data / "text" / f"dev_{part}.jsonl.gz").select("label", "path", "text", "lid176")
            for part in ("train", "valid")
        ]
    )
    said, other = every["lid176"], pl.col("label") == "other"
    every = every.with_columns(
        lid=pl.Series([one[0] for one in said]), sure=pl.Series([float(one[1]) >= SURE for one in said])
    )
    maths = every.filter(pl.col("label") == "math", ~pl.col("path").str.contains(TRANSLATED))
    many = rows(data / "text" / "udhr_langid.jsonl.gz").filter(~pl.col("iso639_3").is_in(["eng", "sco"]))
    pages = manuals(data)
    return {
        "maths": maths["text"],
        "manuals": pages["text"],
        "scientific Python": pages.filter(pl.col("src").str.contains(PYTHON))["text"],
        "other English": every.filter(other, "sure", pl.col("lid") == "en")["text"],
        "not English": every.filter(other, "sure", pl.col("lid") != "en")["text"],
        "184 languages": many["text"],
    }


def manuals(data: Path) -> pl.DataFrame:
    """`src` and `text` of the archive's pages of English manuals that have any text."""
    from curation.extract.html_math import html_math
    from curation.read.warc import warc

    truth = rows(data / "warc" / "math_web_dev.truth.jsonl.gz").select("url", "src")
    pages = pl.concat(list(warc(str(data / "warc" / "math_web_dev.warc.gz")))).join(truth, on="url", how="left")
    pages = pages.filter(pl.col("src").str.contains(MANUALS), ~pl.col("src").str.contains(TRANSLATED))
    made = html_math(pages.with_columns(id=pl.col("url")))["text"]
    return pages.select("src").with_columns(made).filter(pl.col("text").str.len_chars() > 0)


VIEWS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "text": lambda texts: texts.str.replace_all(r"\s", " "),
    "without maths": lambda texts: texts.to_frame("t").select(without_math(pl.col("t")).str.replace_all(r"\s", " "))[
        "t"
    ],
    "prose": prose,
}


def share(judge: Judge, view: pl.Series) -> float:
    """Share of texts that are kept."""
    found = judge(view)
    kept = (found["language"] == "en") & (found["language_score"] >= LEAST)
    return round(float(kept.fill_null(False).mean() or 0), 4)  # type: ignore[arg-type]


def speed(texts: pl.Series, model: Artifact | None, repeat: int) -> float:
    """Documents per second of the step."""
    docs = pl.DataFrame({"id": [""] * len(texts), "text": texts})
    language(docs[:10], model=model)
    seconds = []
    for _ in range(repeat):
        started = time.process_time()
        language(docs, model=model)
        seconds.append(time.process_time() - started)
    return round(len(texts) / min(seconds), 1)


def main(argv: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", type=Path, help="a fastText model for languages")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(None if argv is None else [*argv])
    if not (given.data / "text").is_dir():
        print(f"there is no real data at {given.data}; see --data", file=sys.stderr)
        return 2
    folder = Artifact((given.model or given.data / "tokenizers" / "lid" / "lid.176.ftz").parent)
    model = _model(folder)
    judges: dict[str, Judge] = {"resiliparse": by_profiles, "fastText": lambda view: by_model(view, model)}
    report: dict[str, Any] = {"kept": {}, "documents_per_second": {}}
    for name, texts in (found := sets(given.data)).items():
        cut = texts.str.slice(0, LONGEST)
        views = {title: view(cut) for title, view in VIEWS.items()}
        kept = {judge: {title: share(judges[judge], view) for title, view in views.items()} for judge in judges}
        report["kept"][name] = {"texts": len(texts), **kept}
        print(f"{name}, {len(texts):,} texts, kept by")
        for judge, one in kept.items():
            print(f"  {judge}: {shown(one)}")
    for judge, artifact in (("resiliparse", None), ("fastText", folder)):
        short, whole = found["maths"].str.slice(0, CUT), found["maths"]
        report["documents_per_second"][judge] = {
            "cut": {"mean_bytes": _mean(short), "rate": speed(short, artifact, given.repeat)},
            "whole": {"mean_bytes": _mean(whole), "rate": speed(whole, artifact, given.repeat)},
        }
        rates = report["documents_per_second"][judge].items()
        said = ", ".join(f"{one['rate']:,.0f} {size} (mean {one['mean_bytes']:,} bytes)" for size, one in rates)
        print(f"{judge}, documents/s: {said}")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def shown(one: dict[str, float]) -> str:
    return ", ".join(f"{view} {100 * kept:.1f} %" for view, kept in one.items())


def _mean(texts: pl.Series) -> int:
    return round(int(texts.str.len_bytes().sum()) / len(texts))


if __name__ == "__main__":
    sys.exit(main())
