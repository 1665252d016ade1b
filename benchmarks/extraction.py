"""Which extractor keeps mathematics, and which finds the main text: ours beside all others that install, in one run.

    python -m benchmarks.extraction --node .node-peers --json OUT --out DIR

Rows are extractors (`benchmarks._extractors`); one that is not installed is named and left out. They get the same pages as decoded
text, one after another in one process and one thread; what one raises on a page counts as an empty text (`failed` says how often).

Formulas: those of `math_web_dev` by kind (TeX that the pages themselves hold), of the conformance suite by family (ours are made
for it, so it says what others lose, not how good ours are), of the embedded crawl by encoding. Judged are formulas of at least 5
characters without white space. **Exact**: the TeX stands in the text, white space and braces around one character aside (a sign for
its command is the same, `≤` for `\\le`), or between delimiters stands a formula that the normaliser of our tests
(`tests/curation/tex_equal.py`) calls the same. **Garbled**: it does not, but its letters and digits (at least 4, commands left out)
stand there in this order, so a reader would meet a formula that is another; or it stands there more often than in the page, which
counts beside being exact. What is neither is lost.

Main text: `defuddle_pages` by the F1 of words, mean over pages, after Markdown's links and marks are taken out of both; the expected
texts are defuddle's own output, so its row is no measure. trafilatura's evaluation set by its own measure, F1 over strings that must
and must not be in the text. Both also on the halves of even and odd pages: while `html_clean` was made, pages of the even half were
looked at one by one, and of the odd half (but for one page) only the sums, which are therefore not quite unseen either.

Speed: pages per second on every fourth page of `math_web_dev`, best of `--repeat`, and how often faster than trafilatura that is.

A second table: MathML and AsciiMath to LaTeX (`benchmarks._converters`), right by the normaliser of our tests.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import _extraction_sets as sets
from benchmarks import _plots as plots
from benchmarks._converters import converters
from benchmarks._extractors import MAKERS, Extractor
from benchmarks._sets import DATA


class Careful:
    """An extractor that answers nothing where the original raises, and counts it."""

    def __init__(self, extract: Extractor) -> None:
        self._extract, self.failed = extract, 0

    def __call__(self, html: str) -> str:
        try:
            return self._extract(html) or ""
        except Exception:  # whatever another's code raises on a page is a finding of this benchmark
            self.failed += 1
            return ""


def by_encoding(extract: Extractor, pages: Sequence[sets.Formulas]) -> dict[str, dict[str, float]]:
    """Shares of exact and garbled formulas for each encoding."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for page in pages:
        for place, number in enumerate(sets.formulas(page, extract(page.html))):
            totals[page.encoding][place] += number
    return {
        name: {"formulas": judged, "exact": exact / judged, "garbled": garbled / judged}
        for name, (judged, exact, garbled) in totals.items()
        if judged
    }


def main_text(extract: Extractor, pages: dict[str, list[sets.MainText]]) -> dict[str, Any]:
    scores = [sets.token_f1(extract(page.html), page.expected or "") for page in pages["defuddle"]]
    segments = [(extract(page.html), page) for page in pages["trafilatura"]]
    halves = {"": slice(None), "_even": slice(0, None, 2), "_odd": slice(1, None, 2)}
    found: dict[str, Any] = {}
    for half, part in halves.items():
        found[f"defuddle{half}"] = sum(scores[part]) / len(scores[part])
        found[f"trafilatura{half}"] = sets.segment_f1(segments[part])["f1"]
    return found | {f"trafilatura_{key}": value for key, value in sets.segment_f1(segments).items() if key != "f1"}


def rate(extract: Extractor, pages: Sequence[str], repeat: int) -> float:
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        for html in pages:
            extract(html)
        best = min(best, time.perf_counter() - started)
    return len(pages) / best


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    web = sets.web(asked.data)
    some = dict([*web.items()][:: asked.every])
    formulas = sets.web_formulas(asked.data, some) + sets.suite_formulas() + sets.crawl_formulas(asked.crawl)
    texts = sets.main_texts(asked.data, web)
    result: dict[str, Any] = {"extractors": {}, "missing": {}, "every": asked.every}
    for name in asked.only:
        try:
            extract = Careful(MAKERS[name](asked.node))
        except ImportError as error:
            result["missing"][name] = str(error)
            continue
        started = time.perf_counter()
        row = {"formulas": by_encoding(extract, formulas), "text": main_text(extract, texts), "failed": extract.failed}
        row["pages_per_second"] = (
            rate(extract, [*web.values()][:: 4 * asked.every], asked.repeat) if asked.repeat else None
        )
        result["extractors"][name] = row
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    result["converters"] = converters(asked.data, asked.node) if asked.converters else {}
    return result


def table(result: dict[str, Any]) -> str:
    """The report in Markdown: one line for each extractor, then formulas by encoding, then converters."""
    found = result["extractors"]
    base = found.get("trafilatura", {}).get("pages_per_second")
    groups = ("web", "suite", "crawl")
    lines = [
        "| extractor | " + " | ".join(f"{group}: exact / garbled %" for group in groups) + " | worst encoding, exact %"
        " | defuddle F1 (even, odd) | trafilatura F1 (even, odd) | pages/s | of trafilatura | failed |",
        "| --- |" + " ---: |" * 9,
    ]
    for name, row in found.items():
        shares = [sets.pooled(row["formulas"], group) for group in groups]
        worst = min(cell["exact"] for cell in row["formulas"].values())
        text, speed = row["text"], row["pages_per_second"]
        ratio = f"{speed / base:.2f}" if speed and base else ""
        lines.append(
            f"| {name} | {' | '.join(f'{100 * e:.1f} / {100 * g:.1f}' for e, g in shares)} | {100 * worst:.1f} | "
            f"{' | '.join(halves(text, key) for key in ('defuddle', 'trafilatura'))}"
            f" | {f'{speed:.1f}' if speed else ''} | {ratio} | {row['failed']} |"
        )
    names = [*found]
    encodings = [*found[names[0]]["formulas"]] if names else []
    lines += ["", f"| exact / garbled % | formulas | {' | '.join(names)} |", f"| --- | ---: |{' ---: |' * len(names)}"]
    for encoding in encodings:
        cells = [found[name]["formulas"][encoding] for name in names]
        shown = " | ".join(f"{100 * cell['exact']:.1f} / {100 * cell['garbled']:.1f}" for cell in cells)
        lines.append(f"| {encoding} | {cells[0]['formulas']:,} | {shown} |")
    for title, rows in result["converters"].items():
        lines += ["", f"| {title} | formulas | right % | none % | formulas/s |", "| --- | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {name} | {row['formulas']:,} | {100 * row['right']:.1f} | {100 * row['none']:.1f} | {row['per_second']:,.0f} |"
            for name, row in rows.items()
        ]
    if result["missing"]:
        lines += ["", f"Not installed: {', '.join(result['missing'])}."]
    return "\n".join(lines)


def halves(text: dict[str, float], key: str) -> str:
    return f"{text[key]:.4f} ({text[f'{key}_even']:.4f}, {text[f'{key}_odd']:.4f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--only", nargs="+", choices=[*MAKERS], default=[*MAKERS], metavar="NAME")
    parser.add_argument("--node", type=Path, help="folder with node_modules of the extractors in Node")
    parser.add_argument("--crawl", type=int, default=600, help="pages of the embedded crawl (default: %(default)s)")
    parser.add_argument(
        "--every", type=int, default=1, help="take each so many-th page of math_web_dev for formulas and speed"
    )
    parser.add_argument("--repeat", type=int, default=3, help="rounds of the measurement of speed; 0: none")
    parser.add_argument("--no-converters", dest="converters", action="store_false", help="leave out the second table")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--out", type=Path, help="folder for extraction.png and extraction.md")
    asked = parser.parse_args()
    if not (asked.data / "warc").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    if asked.out:
        plots.require()
    result = measure(asked)
    report = table(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if asked.out:
        from benchmarks._extraction_plot import extraction

        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "extraction.md").write_text(report + "\n", "utf-8")
        extraction(result, asked.out / "extraction.png")
    print(report)


if __name__ == "__main__":
    main()
