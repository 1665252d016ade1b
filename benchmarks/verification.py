"""What `verify: arithmetic`, `agreement` and the words of other languages say of texts whose truth is known.

    python -m benchmarks.verification --json OUT

Arithmetic: how many real solutions that nobody made to be wrong are called false (of chains by models, those labelled right), on the sets
that were looked at while the step was made and on others; and how many in which one digit of one equation was changed, chosen by hash
among all of plain numbers that a pattern finds and that hold, whatever the sentence says. Which of those that are called false do hold a
wrong equation was read by eye: docs/verify.md. Agreement: the votes of four models on problems of GSM8K, beside labels. Languages: runs
of words of the Declaration of Human Rights with more than two common words of another language. No peer does the same. Half a minute.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._gate_sets import without_notes
from benchmarks._sets import DATA, rows
from benchmarks._variations import digest
from curation.verify import agreement
from curation.verify.arithmetic import arithmetic
from curation.verify.chain import chain

BATCH = 500
PLANTED = 1000
"""Solutions of a set in which a digit is changed."""
GROUPS = {
    "GSM8K, train": ("rl/gsm8k_train",),
    "GSM8K, test": ("benchmarks/gsm8k_test",),
    "GSM8K, by models": ("cot/gsm8k_model_solutions",),
    "MATH, test, and MATH-500": ("benchmarks/math_test", "benchmarks/math500"),
    "Qwen2.5-Math": ("cot/qwen_math_cot_100",),
    "LIMO, official": ("cot/limo_official-solution",),
    "LIMO, by DeepSeek-R1-Distill-Qwen-32B": ("cot/limo_deepseek-r1-distill-qwen-32b",),
    "OpenMathInstruct-2, NeMo": ("cot/openmathinstruct2_sample", "cot/nemo_output_rs0"),
}
CHANGED = {
    "GSM8K, notes of its calculator (`<<48/2=24>>`)": ("GSM8K, test", False),
    "GSM8K, equations in prose": ("GSM8K, test", True),
    "Qwen2.5-Math": ("Qwen2.5-Math", False),
    "LIMO, long chains": ("LIMO, by DeepSeek-R1-Distill-Qwen-32B", False),
    "MATH, test": ("MATH, test, and MATH-500", False),
}
"""Set, and whether its notes are taken out first."""
LANGUAGES = {"French": "fra", "Spanish": "spa", "Dutch": "nld", "German": "deu", "English": "eng"}
RUNS = (25, 12)
_SIGN = {"+": "+", "-": "-", "*": "*", "×": "*", r"\times": "*", r"\cdot": "*", "/": "/", "÷": "/", r"\div": "/"}
_SIGNS = "|".join(map(re.escape, _SIGN))
_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_EQUATION = re.compile(rf"(?<![\w.,]){_NUMBER}(?:\s*(?:{_SIGNS})\s*{_NUMBER})+\s*=\s*{_NUMBER}(?![\w.,]*[0-9])")
_BEFORE = re.compile(r"(?:[-+*/×÷^})\]]|\\(?:times|cdot|div))\s*$")
_AFTER = re.compile(r"\s*(?:[-+*/×÷^!({%]|\\(?:times|cdot|div)\b)")


def value(side: str) -> Fraction:
    """Of numbers between the four signs; ZeroDivisionError where it has none."""
    first, *rest = re.split(rf"\s*({_SIGNS})\s*", side.strip())
    terms = [Fraction(first.replace(",", ""))]
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        one = Fraction(number.replace(",", ""))
        match _SIGN[sign]:
            case "*":
                terms[-1] *= one
            case "/":
                terms[-1] /= one
            case "+":
                terms.append(one)
            case _:
                terms.append(-one)
    return sum(terms, Fraction())


def holds(equation: str) -> bool:
    """Whether both sides are the same number."""
    left, _, right = equation.partition("=")
    try:
        return value(left) == value(right)
    except ZeroDivisionError:
        return False


def with_wrong_digit(text: str, id: str) -> str | None:
    """Any digit of one equation is another one, so that it no longer holds; None for a text without one."""
    held = [
        found
        for found in _EQUATION.finditer(text)
        if holds(found[0])
        and not _BEFORE.search(text[max(0, found.start() - 9) : found.start()])
        and not _AFTER.match(text, found.end())
    ]
    if not held:
        return None
    chosen = held[digest(id) % len(held)]
    places = [place for place in range(*chosen.span()) if text[place].isdecimal()]
    place = places[digest(f"{id} {chosen[0]}") % len(places)]
    for more in range(1, 10):
        made = text[:place] + str((int(text[place]) + more) % 10) + text[place + 1 :]
        if not holds(made[chosen.start() : chosen.end()]):
            return made
    return None


def solutions(data: Path, files: Iterable[str]) -> dict[str, str]:
    """Solutions by id, each once, without those that are labelled wrong."""
    found: dict[str, str] = {}
    for file in files:
        for row in rows(data / f"{file}.jsonl.gz"):
            text = row.get("response") or row.get("solution") or ""
            text = text if isinstance(text, str) else "\n".join(map(str, text))
            if text and row.get("correct", True):
                found.setdefault(text, f"{file}/{row['id']}")
    return {name: text for text, name in found.items()}


def judged(texts: Iterable[str]) -> pl.DataFrame:
    given = pl.DataFrame({"text": [*texts]}, schema={"text": pl.String})
    return pl.concat([arithmetic(some) for some in given.iter_slices(BATCH)]) if given.height else arithmetic(given)


def counted(texts: Iterable[str]) -> dict[str, int]:
    verdicts = judged(texts)["arithmetic"]
    return {"documents": len(verdicts), "checked": int(verdicts.count()), "false": int((~verdicts).sum())}


def changed(texts: dict[str, str]) -> dict[str, float]:
    """Of solutions with an equation that holds, one digit changed."""
    made = [(text, wrong) for name, text in texts.items() if (wrong := with_wrong_digit(text, name))][:PLANTED]
    if not made:
        return {"solutions": 0, "called_false": 0, "share": 0.0}
    before, after = (judged(some)["arithmetic"] for some in zip(*made, strict=True))
    right = before.fill_null(True)  # else it is called false for what stood there before
    called = int((~after.filter(right)).sum())
    return {"solutions": int(right.sum()), "called_false": called, "share": called / max(1, int(right.sum()))}


class _Shards:
    """Prepared samples, as the kernel hands them over."""

    def __init__(self, docs: pl.DataFrame) -> None:
        self._prepared = [agreement.answers(docs, by="parent_id")]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self._prepared)


def votes(data: Path) -> dict[str, float]:
    """Of four models' replies to each problem."""
    found = [*rows(data / "cot/gsm8k_model_solutions.jsonl.gz")]
    docs = pl.DataFrame(
        {
            "id": [row["id"] for row in found],
            "text": [row["response"] for row in found],
            "parent_id": [row["problem"] for row in found],
            "right": [row["correct"] for row in found],
        }
    )
    told = agreement.agreement(_Shards(docs)).join(docs.select("id", "right"), on="id")  # type: ignore[arg-type]
    sides = {
        name: told.filter(pl.col("agreement") == agrees)["right"]
        for name, agrees in (("agree", True), ("disagree", False))
    }
    return {"replies": told.height, "right": float(docs["right"].mean() or 0)} | {  # type: ignore[arg-type]
        f"{name} / {what}": value
        for name, right in sides.items()
        for what, value in (("replies", len(right)), ("right", float(right.mean() or 0)))  # type: ignore[arg-type]
    }


def languages(data: Path) -> dict[str, dict[str, float]]:
    """By language and length of the runs."""
    texts = {row["iso639_3"]: row["text"] for row in rows(data / "text/udhr_langid.jsonl.gz")}
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for name, code in LANGUAGES.items():
        words = texts[code].split()
        for length in RUNS:
            runs = [" ".join(words[at : at + length]) for at in range(0, len(words) - length + 1, length)]
            other = chain(pl.DataFrame({"text": runs}))["chain_other_language"]
            shares[name][f"{length} words"] = float((other > 2).mean())  # type: ignore[arg-type]
    return dict(shares)


def measure(data: Path) -> dict[str, Any]:
    sets = {name: solutions(data, files) for name, files in GROUPS.items()}
    named = {Path(file).name for files in GROUPS.values() for file in files}
    folder = data / "benchmarks"
    others = [path.name.removesuffix(".jsonl.gz") for path in sorted(folder.glob("*.jsonl.gz"))]
    rationales = solutions(data, [f"benchmarks/{name}" for name in others if name not in named])
    pages = [row["text"] for part in ("train", "valid") for row in rows(data / f"text/dev_{part}.jsonl.gz")]
    plain = {
        name: {id: without_notes(text) for id, text in sets[name].items()} for name, notes in CHANGED.values() if notes
    }
    return {
        "right": {name: counted(texts.values()) for name, texts in sets.items()},
        "others": {"rationales of other benchmarks": counted(rationales.values()), "pages": counted(pages)},
        "one digit changed": {
            title: changed(plain[name] if without else sets[name]) for title, (name, without) in CHANGED.items()
        },
        "agreement": votes(data),
        "languages": languages(data),
    }


def table(result: dict[str, Any]) -> str:
    """The report in Markdown."""
    lines = [
        "| corpus | documents | with an equation that was checked | called false |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, row in {**result["right"], **result["others"]}.items():
        lines.append(f"| {name} | {row['documents']:,} | {row['checked']:,} | {row['false']:,} |")
    lines += ["", "| where | solutions | called false |", "| --- | ---: | ---: |"]
    for name, row in result["one digit changed"].items():
        lines.append(f"| {name} | {row['solutions']:,} | {100 * row['share']:.0f} % |")
    votes = result["agreement"]
    lines += ["", f"{votes['replies']:,} replies, {100 * votes['right']:.0f} % right"]
    for name in ("agree", "disagree"):
        lines.append(f"- {votes[f'{name} / replies']:,} {name}, {100 * votes[f'{name} / right']:.0f} % of them right")
    lines += [
        "",
        f"| more than two words of another language | {' | '.join(f'{n} words' for n in RUNS)} |",
        "| --- | ---: | ---: |",
    ]
    for name, row in result["languages"].items():
        lines.append(f"| {name} | {' | '.join(f'{100 * share:.0f} %' for share in row.values())} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    if not (asked.data / "cot").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    result = measure(asked.data)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
