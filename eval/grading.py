r"""Whether an answer is right: yes, no, or cannot be told.

Asked by curation (`verify: math_answer`), by RL (reward) and by evaluation, so that all three mean the same. Equal spellings and plain
numbers are settled in the caller; algebra is done by processes that are killed at their limit (`eval/_pool.py`), because models write
what hangs any library, and a signal is lost in threads, Ray workers and SymPy's own handlers. Nothing is ever evaluated as code. A
verdict is None, not False, where a side cannot be read or a limit is met: nobody has shown the answer to be wrong.

Left out: proofs, conversion of units, judging by a language model.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from numbers import Integral
from types import TracebackType
from typing import Any

from eval._extract import extract
from eval._judge import KINDS, LETTERS, Kind, Question, Verdict, quick
from eval._normal import normalise
from eval._pool import Killed, Pool

__all__ = ["Grader", "Verdict", "compare", "extract", "grade", "normalise"]

SECONDS = 5.0
"""Wall clock for one answer."""
MEMORY = 2**30
"""Bytes for one answer, beyond what the process had."""
Gold = str | float | Sequence[str | float] | None
"""An answer, or several of which any is right. An int is a float to the type checker."""


class Grader:
    """Judges answers in `workers` processes (all cores if None) that start when the first answer needs algebra.

    May be used from any thread, in Ray workers, in torchrun ranks and after a fork. `seconds` and `memory` (bytes) hold for each
    answer: one that meets them is undecided, and no other is delayed by more than the limit.
    """

    def __init__(self, *, workers: int | None = None, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        workers = (
            workers or len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else workers or os.cpu_count() or 1
        )
        self._pool = Pool(
            "eval._judge:judge_json", warm="eval._judge:warm", workers=workers, seconds=seconds, memory=memory
        )

    def grade(self, text: str, gold: Gold, **how: Any) -> Verdict:
        """As `grading.grade`, within the limits of this grader."""
        return self.judge([question(text, gold, **how)])[0]

    def map(self, pairs: Iterable[tuple[str, Gold] | Mapping[str, Any]], **how: Any) -> list[Verdict]:
        """Verdicts of many replies in order: pairs of text and gold, or mappings with the arguments of `grade`."""
        asked = [question(**{**how, **pair}) if isinstance(pair, Mapping) else question(*pair, **how) for pair in pairs]
        return self.judge(asked)

    def judge(self, questions: Sequence[Question]) -> list[Verdict]:
        """Verdicts of questions in order."""
        verdicts = [quick(q) for q in questions]
        hard = [i for i, verdict in enumerate(verdicts) if verdict is None]
        if hard:
            for i, told in zip(hard, self._pool.run([asdict(questions[i]) for i in hard]), strict=True):
                verdicts[i] = Verdict(None, told.reason) if isinstance(told, Killed) else Verdict(**told)
        return [verdict for verdict in verdicts if verdict is not None]

    def close(self) -> None:
        """End the processes."""
        self._pool.close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def grade(
    text: str,
    gold: Gold,
    *,
    kind: Kind = "math",
    options: Sequence[str] = (),
    tolerance: float = 0.0,
    relative: float = 0.0,
    strict: bool = False,
) -> Verdict:
    r"""Judge the final answer of a reply (`text`) against the right one.

    Args:
        gold: an answer, a solution that ends in one, a number, or a list of which any is right. For `choice` a letter, the text of an
            option, or its index from 0 as an int.
        kind: `math`; `choice` (a letter, or the text of one of `options`); `ocw` (numbers within 1 %).
        tolerance, relative: how far a number may be off, absolute and as a share of the gold one.
        strict: for rewards. Only the box after the last `</think>` counts; boxes that differ, an answer longer than 400 characters and
            work left to the grader (sums, integrals, factorials, powers and the like where the gold answer is a plain number) are wrong.

    Raises ValueError if `kind` is unknown. Limits are those of `Grader()`; the processes are shared by all callers.
    """
    asked = question(text, gold, kind=kind, options=options, tolerance=tolerance, relative=relative, strict=strict)
    return shared().judge([asked])[0]


def compare(answer: str, gold: str) -> Verdict:
    """Compare two bare answers, as where samples are grouped by what they say."""
    return grade(rf"\boxed{{{answer}}}", rf"\boxed{{{gold}}}")


def question(
    text: str,
    gold: Gold,
    *,
    kind: Kind = "math",
    options: Sequence[str] = (),
    tolerance: float = 0.0,
    relative: float = 0.0,
    strict: bool = False,
) -> Question:
    """The arguments of `grade` in the form that is judged."""
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: must be one of {', '.join(KINDS)}")
    if not all(math.isfinite(x) and x >= 0 for x in (tolerance, relative)):
        raise ValueError(f"tolerance={tolerance}, relative={relative}: must be finite and not negative")
    golds: list[Any] = [
        one for one in (gold if isinstance(gold, list | tuple) else [gold]) if one is not None and one == one
    ]
    texts = [_gold(one, kind) for one in golds]
    return Question(text or "", texts, kind, tuple(map(str, options)), float(tolerance), float(relative), strict)


@lru_cache(maxsize=1)
def shared() -> Grader:
    """The grader that all callers of `grade` share."""
    return Grader()


def _gold(gold: Any, kind: Kind) -> str:
    if kind == "choice" and isinstance(gold, Integral):
        return LETTERS[int(gold)] if 0 <= int(gold) < len(LETTERS) else ""
    return str(gold)
