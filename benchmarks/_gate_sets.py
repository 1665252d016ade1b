r"""Chains with known answers for `benchmarks/gates.py`: those that its thresholds were chosen on, and others that were not looked at then.

Looked at, all of each, whichever half one draws: long chains by a distilled R1 (LIMO), short ones by people and models. Golds are the
publishers'; LIMO's chains have the answers of its official solutions.

Fresh: worked solutions by people of MATH's and GSM8K's test sets, AIME with its signatures, MIT's courses, TabMWP and CARP, and long
chains of the symbolic teacher for problems that no corpus has. The clause `sound` is fresh for the teacher's alone, since
`verify: arithmetic` was made beside the others. Replies that end in `A: 18` or `#### 18` have that answer put into a box, those of TabMWP
and CARP the gold in a sentence at the end, since no gate but one would have anything to say otherwise. Left out: sets whose answer is a
letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks._sets import last_box, rows
from benchmarks._variations import bare, digest
from curate.asking import answered
from curate.profile import ModelSettings
from curate.step import find
from curation.synth.families._family import LEVELS, families
from curation.synth.families._rng import Rng
from curation.synth.symbolic import connect

_LAST_LINE = re.compile(r"\n?(?:A:|####)[ \t]*([^\n]+)\s*$")
_NOTE = re.compile(r"<<[^<>\n]{1,200}>>")
SEEDS = 4
"""Problems of each family and level that the teacher thinks about aloud."""


@dataclass(frozen=True)
class Chain:
    """A chain to judge. right: what its publisher says, None where nobody did. fresh: thresholds were not chosen on its set. kind: what
    was planted."""

    set: str
    form: str
    id: str
    question: str
    text: str
    gold: str
    right: bool | None = None
    fresh: bool = False
    kind: str = ""

    @property
    def half(self) -> int:
        """0 or 1, the same for all chains of a problem."""
        return digest(self.question) % 2


def looked_at(data: Path) -> Iterator[Chain]:
    """All chains of `cot` whose gold is known."""
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
            text = _boxed(row["response"])
            yield Chain(name, "short", str(row["id"]), row["problem"], text, bare(gold), row.get("correct"))


def fresh(data: Path) -> Iterator[Chain]:
    """Worked solutions of benchmarks, and chains of the teacher."""
    sets = {
        "MATH, test, by people": ["math_test"], "GSM8K, test, by people": ["gsm8k_test"], "MIT's courses": ["ocw"],
        "AIME, by people": ["../rl/deepscaler_aime_1983_2023", "aime24", "aime_aimo_valid", "comp_math_24_25"],
        "TabMWP": ["tabmwp_test1k"], "CARP": ["carp_en"],
    }  # fmt: skip
    for name, files in sets.items():
        for file in files:
            for row in rows(data / "benchmarks" / f"{file}.jsonl.gz"):
                solution, gold = row["solution"], bare(str(row["answer"]))
                if not solution or not gold or "####" in gold:
                    continue
                text = _boxed(without_notes(solution))
                if name in ("TabMWP", "CARP"):
                    text = f"{text}\nThe answer is $\\boxed{{{gold}}}$."
                if "boxed" in text or "fbox" in text:
                    yield Chain(name, "short", f"{file}/{row['id']}", row["problem"], text, gold, fresh=True)
    yield from taught()


def taught() -> Iterator[Chain]:
    """Chains of the teacher, which misreads three problems in ten."""
    asked = []
    for name in sorted(families()):
        for level in LEVELS:
            for seed in range(SEEDS):
                problem = families()[name].make(Rng("gates", name, level, seed), level)
                asked.append((f"{name}/{level}/{seed}", "", problem.text, problem.answer))
    docs = pl.DataFrame(asked, schema=["id", "text", "question", "gold"], orient="row")
    solver = connect({"backend": "symbolic", "sampling": {"temperature": 1.0, "seed": 7}, "slip": 0.3}, ModelSettings())
    made = answered(find("synth", "long_cot"), docs, solver, samples=2)
    for parent, text, question, gold, sample in made.select("parent", "text", "question", "gold", "sample").iter_rows():
        chain = text.removeprefix(question).strip()
        yield Chain("the symbolic teacher", "long", f"{asked[parent][0]}/{sample}", question, chain, gold, fresh=True)


def without_notes(solution: str) -> str:
    """A solution of GSM8K without what its calculator notes."""
    return _NOTE.sub("", solution)


def _boxed(text: str) -> str:
    return _LAST_LINE.sub(lambda found: f"\nThe answer is $\\boxed{{{found[1].strip()}}}$.", text)
