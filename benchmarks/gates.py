"""What the gates of chains let through: real chains, and chains made wrong in a known way.

    python -m benchmarks.gates --out DIR

The clauses are those of `recipes/long-cot.yaml` and `recipes/short-cot.yaml`, read from there; each document is made and measured as in
these recipes. `benchmarks/_gate_sets.py` says which chains there are, and on which of them thresholds were chosen.

A good chain is one that its publisher or, without labels, the answer calls right. The first table says how many documents of each set a
clause refuses, alone and all together, the last two columns how many right ones are refused in each half of the problems. Planted wrong
chains are made of good ones that pass (`benchmarks/_planted.py`); two more tables, one for the sets that were looked at and one for the
others, say how many of each kind no longer pass, and by which clauses. Texts are printed nowhere. No peer does
the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._gate_sets import Chain, fresh, looked_at
from benchmarks._planted import KINDS
from benchmarks._sets import DATA
from curate.clauses import parse
from curate.loader import load_yaml
from curation._reply import EMPTY
from curation.synth import long_cot, short_cot
from curation.verify.arithmetic import arithmetic
from curation.verify.chain import chain
from eval.grading import Grader

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
FORMS = {"long": (long_cot.DOCUMENT, long_cot.thought), "short": (short_cot.DOCUMENT, short_cot.worked)}


def clauses(form: str) -> dict[str, str]:
    """The clauses on single chains of a recipe's corpus."""
    steps: Any = load_yaml(RECIPES / f"{form}-cot.yaml")["corpora"]["cot"]["steps"]
    found: dict[str, Any] = next(step["keep"] for step in steps if "keep" in step and "whole" in step["keep"])
    return {name: str(text) for name, text in found.items()}


def judged(chains: list[Chain], form: str, grader: Grader) -> pl.DataFrame:
    """A row for each chain: Boolean columns by clause, null where undecided, and `right`."""
    document, read = FORMS[form]
    came = [read(one.text) if one.text.strip() else (EMPTY, "") for one in chains]
    texts = [document.format(question=one.question, chain=text) for one, (_, text) in zip(chains, came, strict=True)]
    docs = pl.DataFrame(
        {"id": [one.id for one in chains], "text": texts,
         "question": [one.question for one in chains], "outcome": [name for name, _ in came]},
        schema=dict.fromkeys(("id", "text", "question", "outcome"), pl.String),
    )  # fmt: skip
    answers = [verdict.value for verdict in grader.map(zip(texts, (one.gold for one in chains), strict=True))]
    docs = docs.with_columns(pl.Series("math_answer", answers, pl.Boolean))
    docs = docs.hstack(arithmetic(docs)).hstack(chain(docs, question="question"))
    right = [answer if one.right is None else one.right for one, answer in zip(chains, answers, strict=True)]
    return docs.select(
        *(parse(text).polars().alias(name) for name, text in clauses(form).items()),
        right=pl.Series(right, dtype=pl.Boolean),
    )


def passes(verdicts: pl.DataFrame) -> pl.Series:
    return verdicts.select(pl.all_horizontal(pl.exclude("right").fill_null(False)).alias("passes"))["passes"]


def refused(verdicts: pl.DataFrame) -> dict[str, int]:
    """How many documents each clause does not keep, and all of them together."""
    counts = {name: int((~verdicts[name].fill_null(False)).sum()) for name in verdicts.columns if name != "right"}
    return {**counts, "all": int((~passes(verdicts)).sum())}


def measure(data: Path, most: int) -> dict[str, Any]:
    """All tables. most: planted chains of each kind and form, for sets that were looked at and for fresh ones."""
    out: dict[str, Any] = {
        "clauses": {form: clauses(form) for form in FORMS},
        "sets": {},
        "planted": {},
        "planted, fresh": {},
    }
    with Grader() as grader:
        good: list[Chain] = []
        every = [*looked_at(data), *fresh(data)]
        for name in dict.fromkeys(one.set for one in every):
            some = [one for one in every if one.set == name]
            verdicts = judged(some, some[0].form, grader)
            right, kept = verdicts["right"].fill_null(False), passes(verdicts)
            half = pl.Series([one.half for one in some])
            out["sets"][name] = {
                "form": some[0].form, "fresh": some[0].fresh, "documents": len(some), "refused": refused(verdicts),
                "right": int(right.sum()), "right_refused": refused(verdicts.filter(right)),
                "right_by_half": [int((right & (half == n)).sum()) for n in (0, 1)],
                "right_refused_by_half": [int((right & ~kept & (half == n)).sum()) for n in (0, 1)],
                "undecided": int(verdicts["verified"].null_count()), "wrong_kept": int((kept & ~right).sum()),
            }  # fmt: skip
            good += [one for one, well in zip(some, kept & right, strict=True) if well]
        for form in FORMS:
            for is_fresh in (False, True):
                mine = [one for one in good if one.form == form and one.fresh == is_fresh]
                where = out["planted, fresh" if is_fresh else "planted"]
                for kind, row in planted(mine[:: max(1, len(mine) // most)], form, grader).items():
                    where.setdefault(kind, {})[form] = row
    return out


def planted(good: list[Chain], form: str, grader: Grader) -> dict[str, Any]:
    """How many chains of each kind are refused, and by which clauses."""
    found = {}
    for kind, change in KINDS.items():
        made = [(one, change(one.text, one.id)) for one in good]
        wrong = [replace(one, text=text, right=None, kind=kind) for one, text in made if text and text != one.text]
        counts = refused(judged(wrong, form, grader))
        found[kind] = {"cases": len(wrong), "caught": counts.pop("all"), "by": Counter(counts)}
    return found


def table(result: dict[str, Any]) -> str:
    """The report in Markdown."""
    names = [*dict.fromkeys(name for form in result["clauses"].values() for name in form)]
    head = f"| chains | documents | right | {' | '.join(names)} | kept | wrong ones kept | right ones refused | in each half |"
    lines = ["How many documents each clause refuses, right ones in brackets.", ""]
    for title, is_fresh in (("Sets that were looked at", False), ("Fresh sets", True)):
        lines += [
            f"{title}:",
            "",
            head,
            "| --- |" + " ---: |" * (len(names) + 6),
        ]
        for name, row in result["sets"].items():
            if row["fresh"] != is_fresh:
                continue
            cells = [f"{row['refused'].get(c, 0):,} ({row['right_refused'].get(c, 0):,})" for c in names]
            kept, lost = row["documents"] - row["refused"]["all"], row["right_refused"]["all"]
            halves = ", ".join(
                f"{n:,} of {of:,}" for n, of in zip(row["right_refused_by_half"], row["right_by_half"], strict=True)
            )
            counts = [row["documents"], row["right"]], [kept, row["wrong_kept"], lost]
            first, last = (" | ".join(f"{n:,}" for n in some) for some in counts)
            lines.append(f"| {name} | {first} | {' | '.join(cells)} | {last} | {halves} |")
        lines.append("")
    for title, key in (("sets that were looked at", "planted"), ("fresh sets", "planted, fresh")):
        lines += [
            f"| planted in {title} | long | long, caught | short | short, caught | by which clauses |",
            "| --- | ---: | ---: | ---: | ---: | --- |",
        ]
        for kind, forms in result[key].items():
            cells = [f"{row['cases']:,} | {100 * row['caught'] / max(1, row['cases']):.1f} %" for row in forms.values()]
            by = sum((Counter(row["by"]) for row in forms.values()), Counter())
            lines.append(
                f"| {kind} | {' | '.join(cells)} | {', '.join(f'{name} {n:,}' for name, n in by.most_common(4) if n)} |"
            )
        total = [row for forms in result[key].values() for row in forms.values()]
        cases, caught = sum(row["cases"] for row in total), sum(row["caught"] for row in total)
        lines += ["", f"{caught:,} of {cases:,} are caught.", ""]
    return "\n".join(lines).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument(
        "--most", type=int, default=300, help="planted chains of each kind and form (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, help="folder for gates.json and gates.md")
    parser.add_argument("--json", action="store_true", help="print JSON, not the tables")
    asked = parser.parse_args()
    if not (asked.data / "cot").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    result = measure(asked.data, asked.most)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "gates.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (asked.out / "gates.md").write_text(table(result) + "\n", "utf-8")
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


if __name__ == "__main__":
    main()
