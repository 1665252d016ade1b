"""A pupil that really solves problems, as a model to evaluate: it reads a problem behind the forms of prompts that benchmarks use.

It stands where a large model would stand, so that `curate eval` can be tried with no network, GPU or account: it solves exactly the
problems that the families of `families/` phrase, and has nothing to say to all others. Sampled, it misreads a number with probability
`slip`, as the teacher `symbolic` does; greedy it is never wrong. A reply depends on prompt, sampling and draw alone. Left out: learning
from the examples before the problem, and choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.profile import ModelSettings
from curation.synth._teacher import Teacher, teacher
from curation.synth.families._family import Family, Parsed, short_cot
from curation.synth.families._family import solved as solved_as
from curation.synth.families._rng import Rng

FILES = ("families/*.py",)
"""Files beside this module that decide its replies: the families are found by listing their folder, so no import names them."""
BEFORE = ("Problem:\n", "Question:", "\nQ: ", "read by a program.\n")
"""What stands before the problem."""
AFTER = ("\n\nSolution:", "\nAnswer:", "\nA:", "\nAssistant:", "\n\nThink step by step")
"""What stands after it."""
LONGEST = 3_000
"""Characters at the end of a prompt that are looked at."""


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Teacher:
    """The model of a recipe's entry (`curation.synth._teacher.teacher`)."""
    return teacher("pupil", _answer, entry)


def _answer(prompt: str, rng: Rng, slip: float) -> str | None:
    return solved(problem_of(prompt), rng, slip)


def problem_of(prompt: str) -> str:
    """The last problem of a prompt, without what stands around it."""
    text = f"\n{prompt[-LONGEST:]}"
    start = max((text.rfind(mark) + len(mark) for mark in BEFORE if mark in text), default=0)
    text = text[start:]
    end = min((place for mark in AFTER if (place := text.find(mark)) >= 0), default=len(text))
    return text[:end].strip()


def solved(problem: str, rng: Rng, slip: float) -> str | None:
    """A worked solution that ends in the answer, said in a sentence and in a box; None for a problem that no family phrased."""
    return solved_as(problem, rng, slip, _worked)


def _worked(family: Family, parsed: Parsed, rng: Rng) -> str:
    answer = family.solve(parsed)
    return f" {short_cot(family, parsed, rng)}\nFinal Answer: The final answer is $\\boxed{{{answer}}}$. I hope it is correct."
