"""A small honest teacher: it really solves the problems it can read, and abstains on all others.

It stands where a large model would stand, behind the same interface. It knows our prompts by their first lines, takes what follows
the last heading of the prompt as the text, and answers from the families of `families/`. Read problems are solved exactly. When sampled,
its wording varies, and with probability `slip` it misreads a number at the start and goes on soundly from there, so that verification has
something to catch; greedy replies are never misread. A reply depends on prompt, sampling and sample index alone.

Left out: any text understanding beyond the families' phrasings, and real token counts (a token is taken as four bytes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.profile import ModelSettings
from curation.synth._questions import extract, refine_pair
from curation.synth._refining import refine
from curation.synth._teacher import Teacher, Tell, teacher
from curation.synth.families._family import Family, Parsed, long_cot, short_cot, solved
from curation.synth.families._rng import Rng

FILES = ("families/*.py",)
"""Files beside this module that decide its replies: the families are found by listing their folder, so no import names them."""
USES: tuple[str, ...] = ()
"""Distributions whose version can change its replies."""


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Teacher:
    """The model of a recipe's entry (`curation.synth._teacher.teacher`)."""
    return teacher("symbolic", _answer, entry)


def _answer(prompt: str, rng: Rng, slip: float) -> str | None:
    task = TASKS.get(prompt.partition("\n")[0])
    return task(prompt, rng, slip) if task else None


def _think_aloud(prompt: str, rng: Rng, slip: float) -> str | None:
    return solved(_problem(prompt), rng, slip, _thought)


def _solve_briefly(prompt: str, rng: Rng, slip: float) -> str | None:
    return solved(_problem(prompt), rng, slip, short_cot)


def _problem(prompt: str) -> str:
    return prompt.partition("\nProblem:\n")[2].strip()


def _thought(family: Family, parsed: Parsed, rng: Rng) -> str:
    thinking = long_cot(family, parsed, rng)
    return f"<think>\n{thinking}\n</think>\n\nThe answer is $\\boxed{{{family.solve(parsed)}}}$."


TASKS: dict[str, Tell] = {
    "Task: extract questions and answers.": extract,
    "Task: refine a question and its answer.": refine_pair,
    "Task: think aloud and solve.": _think_aloud,
    "Task: solve briefly.": _solve_briefly,
    "Task: refine a page.": refine,
}
"""By the first line of a prompt: of the prompt, a source of chance and the probability of a slip (0 where it is greedy), the reply, or None
where it abstains."""
