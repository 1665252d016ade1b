"""What the gates of chains let through: real chains, and chains made wrong in a known way.

    python -m benchmarks.gates --out DIR

The clauses are those of `recipes/long-cot.yaml` and `recipes/short-cot.yaml`, read from there; each document is made and measured as in
these recipes. Real chains are long ones by a distilled R1 (LIMO), and short ones by people and models. Golds are the publishers'; LIMO's
chains have the answers of its official solutions. Sets whose replies end in `A: 18` have that answer put into a box, since no gate but
one would have anything to say otherwise.

A good chain is one that its publisher or, without labels, the answer calls right. Table one says how many documents of each set a clause
refuses, alone and all together. Planted wrong chains are made of good ones that pass (`benchmarks/_planted.py`); table two says how many
of each kind no longer pass, and by which clauses. Texts are printed nowhere. A few minutes on one core; no peer does the same.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._planted import KINDS
from benchmarks._sets import DATA, last_box, rows
from benchmarks._variations import bare
from curate.clauses import parse
from curate.loader import load_yaml
from curation.synth.long_cot import thought
from curation.synth.short_cot import worked
from curation.verify.arithmetic import arithmetic
from curation.verify.chain import chain
from eval.grading import Grader

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
FORMS = {"long": ("{question}\n{chain}", thought), "short": ("Question: {question}\nAnswer: {chain}", worked)}
_LAST_LINE = re.compile(r"\n?(?:A:|####)[ \t]*([^\n]+)\s*$")


@dataclass(frozen=True)
class Chain:
    """A chain to judge. right: what its publisher says, None where nobody did. kind: what was planted."""

    set: str
    form: str
    id: str
    question: str
    text: str
    gold: str
    right: bool | None = None
    kind: str = ""


def clauses(form: str) -> dict[str, str]:
    """The clauses on single chains of a recipe's corpus."""
    steps: Any = load_yaml(RECIPES / f"{form}-cot.yaml")["corpora"]["cot"]["steps"]
    found: dict[str, Any] = next(step["keep"] for step in steps if "keep" in step and "whole" in step["keep"])
    return {name: str(text) for name, text in found.items()}


def real(data: Path = DATA) -> Iterator[Chain]:
    """All chains whose gold is known."""
    official = {
        row["problem"]: last_box(row["response"]) for row in rows(data / "cot" / "limo_official-solution.jsonl.gz")
    }
    for row in rows(data / "cot" / "limo_deepseek-r1-distill-qwen-32b.jsonl.gz"):
        if gold := official.get(row["problem"]):
            yield Chain("LIMO, by R1-Distill-Qwen-32B", "long", row["id"], row["problem"], row["response"], bare(gold))
    for row in rows(data / "cot" / "limo_official-solution.jsonl.gz"):
        if gold := official[row["problem"]]:
            yield Chain("LIMO, by people", "short", row["id"], row["problem"], row["response"], bare(gold))
    names = {
        "gsm8k_model_solutions": "GSM8K, by models", "qwen_math_cot_100": "Qwen2.5-Math", "openmathinstruct2_sample": "OpenMathInstruct-2",
        "nemo_output_rs0": "NeMo",
    }  # fmt: skip
    for file, name in names.items():
        for row in rows(data / "cot" / f"{file}.jsonl.gz"):
            gold = last_box(row["answer"]) or row["answer"].rpartition("A:")[2].rpartition("####")[2].strip()
            text = _LAST_LINE.sub(lambda found: f"\nThe answer is $\\boxed{{{found[1].strip()}}}$.", row["response"])
            yield Chain(name, "short", str(row["id"]), row["problem"], text, bare(gold), row.get("correct"))


def judged(chains: list[Chain], form: str, grader: Grader) -> pl.DataFrame:
    """A row for each chain: Boolean columns by clause, null where undecided, and `right`."""
    shape, read = FORMS[form]
    came = [read(one.text) if one.text.strip() else ("empty", "") for one in chains]
    texts = [shape.format(question=one.question, chain=text) for one, (_, text) in zip(chains, came, strict=True)]
    docs = pl.DataFrame(
        {"id": [one.id for one in chains], "text": texts, "question": [one.question for one in chains], "form": [name for name, _ in came]},
        schema=dict.fromkeys(("id", "text", "question", "form"), pl.String),
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
    """Both tables. most: planted chains of each kind and form."""
    out: dict[str, Any] = {"clauses": {form: clauses(form) for form in FORMS}, "sets": {}, "planted": {}}
    with Grader() as grader:
        good: list[Chain] = []
        every = [*real(data)]
        for name in dict.fromkeys(one.set for one in every):
            some = [one for one in every if one.set == name]
            verdicts = judged(some, some[0].form, grader)
            right = verdicts["right"].fill_null(False)
            out["sets"][name] = {
                "form": some[0].form, "documents": len(some), "refused": refused(verdicts),
                "right": int(right.sum()), "right_refused": refused(verdicts.filter(right)),
                "undecided": int(verdicts["verified"].null_count()), "wrong_kept": int((passes(verdicts) & ~right).sum()),
            }  # fmt: skip
            good += [one for one, well in zip(some, passes(verdicts) & right, strict=True) if well]
        for form in FORMS:
            mine = [one for one in good if one.form == form]
            step = max(1, len(mine) // most)
            for kind, change in KINDS.items():
                made = [(one, change(one.text, one.id)) for one in mine[::step]]
                wrong = [replace(one, text=text, kind=kind) for one, text in made if text and text != one.text]
                verdicts = judged(wrong, form, grader)
                counts = refused(verdicts)
                out["planted"].setdefault(kind, {})[form] = {
                    "cases": len(wrong),
                    "caught": counts.pop("all"),
                    "by": Counter(counts),
                }
    return out


def table(result: dict[str, Any]) -> str:
    """The report in Markdown."""
    names = [*dict.fromkeys(name for form in result["clauses"].values() for name in form)]
    head = f"| chains | documents | right | {' | '.join(names)} | kept | right ones refused | wrong ones kept |"
    lines = [
        "How many documents each clause refuses, right ones in brackets.",
        "",
        head,
        "| --- |" + " ---: |" * (len(names) + 5),
    ]
    for name, row in result["sets"].items():
        cells = [f"{row['refused'].get(c, 0):,} ({row['right_refused'].get(c, 0):,})" for c in names]
        kept, lost = row["documents"] - row["refused"]["all"], row["right_refused"]["all"]
        lines.append(
            f"| {name} | {row['documents']:,} | {row['right']:,} | {' | '.join(cells)} | {kept:,} | {lost:,} | {row['wrong_kept']:,} |"
        )
    lines += [
        "",
        "| planted | long | caught | short | caught | by which clauses |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for kind, forms in result["planted"].items():
        cells = [f"{row['cases']:,} | {100 * row['caught'] / max(1, row['cases']):.1f} %" for row in forms.values()]
        by = sum((Counter(row["by"]) for row in forms.values()), Counter())
        lines.append(
            f"| {kind} | {' | '.join(cells)} | {', '.join(f'{name} {n:,}' for name, n in by.most_common(4) if n)} |"
        )
    total = [row for forms in result["planted"].values() for row in forms.values()]
    cases, caught = sum(row["cases"] for row in total), sum(row["caught"] for row in total)
    return "\n".join([*lines, "", f"{caught:,} of {cases:,} planted chains are caught."])


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
