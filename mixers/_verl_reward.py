"""The reward of verl for prompts that `curate export --as verl` wrote: 1 for a right final answer, 0 for any other reply.

verl finds it by `custom_reward_function.path`. It asks octocurate's grader, which must be installed where rewards are computed; of
octocurate this file needs nothing else. Strict: only a boxed answer counts, and what nobody can judge earns nothing.
"""

from __future__ import annotations

from typing import Any

try:
    from eval.grading import grade
except ImportError as error:
    raise ImportError(
        "this reward asks octocurate's grader (eval.grading): pip install octocurate, and no eval/ of your own"
    ) from error


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """`score` (1.0 or 0.0) of a reply, and for verl's metrics `acc`, the answer found (`pred`) and why (`reason`)."""
    verdict = grade(solution_str, ground_truth, strict=True)
    right = float(verdict.value is True)
    return {"score": right, "acc": right, "pred": verdict.answer or "", "reason": verdict.reason}
