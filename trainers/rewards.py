"""The reward of a reply: 1 if its final answer is right by the strict grader, else 0, and which of the ways to be wrong it was.

Nothing else is paid for. Rigid rewards for form hurt base models (simpleRL-Zoo, arXiv 2503.18892). A reply that was cut off earns nothing
even if its answer stands there, or the longest length would teach to answer first and think afterwards. An answer that the grader cannot
judge within its limits earns nothing either: were it left out of its group, unreadable would be better than wrong. All ways are counted,
for a grader that fails looks like a policy that does.

Left out: rewards of models, of tests for code, and of several parts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from eval.grading import MEMORY, SECONDS, Grader, Verdict, extract, question

WRONG = {
    "no box in the reply": "no_answer",
    "several boxes": "several_answers",
    "the thinking never ended": "no_answer",
    "the answer is not worked out": "not_worked_out",
}
"""Kinds of replies that are wrong for more than another answer, by the grader's reason."""


@dataclass(frozen=True)
class Judged:
    """What some replies have earned."""

    rewards: np.ndarray
    """(n,) float32: 1 or 0."""
    kinds: list[str]
    """right, wrong, no_answer, several_answers, not_worked_out, too_long (an answer, not a reply), truncated, undecided, timeout, memory,
    crash."""
    counts: dict[str, int]
    """Replies of each kind."""


class Rewards:
    """Pays for right answers. One for each rank; it shares the machine's cores with the ranks beside it.

    workers: processes for algebra; seconds and memory (bytes): limits of one answer. May be used in a `with`.
    """

    def __init__(self, workers: int | None = None, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._grader = Grader(workers=workers or _share_of_cores(), seconds=seconds, memory=memory)

    def judge(self, texts: Sequence[str], answers: Sequence[str], stopped: np.ndarray) -> Judged:
        """Judge replies by their texts. answers: the right one of each. stopped: which were not cut off; the others are not looked at."""
        assert len(texts) == len(answers) == len(stopped)
        kinds = ["truncated"] * len(texts)
        whole = np.flatnonzero(stopped).tolist()
        for i, verdict in zip(whole, self._verdicts([(texts[i], answers[i]) for i in whole]), strict=True):
            kinds[i] = kind_of(verdict)
        rewards = np.array([kind == "right" for kind in kinds], dtype=np.float32)
        return Judged(rewards, kinds, dict(sorted(Counter(kinds).items())))

    def solvable(self, answers: Sequence[str]) -> np.ndarray:
        """(n,) bool: which answers earn the reward when the reply gives them as they are, or as what the grader finds in them."""
        found = np.zeros(len(answers), dtype=bool)
        for said in (_boxed, str, lambda answer: _boxed(extract(answer) or "")):
            left = np.flatnonzero(~found).tolist()
            verdicts = self._verdicts([(said(answers[i]), answers[i]) for i in left])
            found[left] = [verdict.value is True for verdict in verdicts]
        return found

    def close(self) -> None:
        """End the processes."""
        self._grader.close()

    def __enter__(self) -> Rewards:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _verdicts(self, pairs: list[tuple[str, str]]) -> list[Verdict]:
        return self._grader.judge([question(text, answer, strict=True) for text, answer in pairs])


def kind_of(verdict: Verdict) -> str:
    """The kind of a reply that was judged."""
    if verdict.value is not None:
        if verdict.reason.startswith("an answer longer"):
            return "too_long"
        return "right" if verdict.value else WRONG.get(verdict.reason, "wrong")
    if verdict.reason.startswith("not judged within"):
        return "memory" if verdict.reason.endswith("MB") else "timeout"
    return "crash" if verdict.reason == "the judging process died" else "undecided"


def _boxed(answer: str) -> str:
    return rf"\boxed{{{answer}}}"


def _share_of_cores() -> int:
    """Cores of the machine for each rank on it."""
    there: Any = getattr(os, "sched_getaffinity", None)
    cores = len(there(0)) if there else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
