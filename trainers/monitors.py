"""What the replies of a step are like, and when a run of RL has collapsed. No torch.

`measures` describes a step; `Monitors` compares it with the run's own beginning and best. A collapse is a fall from something: a weak
model whose replies are nearly all wrong, or all cut off, at step 1 has not collapsed, and stopping it would stop what RL may put right. So
a share counts only where it is also well above the mean of the run's first steps, a drop of the reward only where it is more than chance,
and nothing counts that a policy does because it has solved its prompts. The one bound that looks at no beginning is `wrong_in_a_row`: so
many replies without a right one say that a template, a grader or a prompt set is not what it should be.

What goes wrong, and what shows it (OctoThinker, arXiv 2506.20512): replies that open with \\boxed{} and then repeat themselves up to the
limit (`box_first_wrong`, `repetition`, `truncated`); long chains of thought at a fixed long limit, whose reward is lost within some tens
of steps (`reward_drop`, `truncated`, `length_growth`). Entropy that is gone or explodes ends learning too (arXiv 2505.22617).

Left out: monitors of single prompts, and anything that reads what a reply says.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError, did_you_mean

BOUNDS = {
    "box_first_wrong": 0.5,
    "entropy_low": 0.005,
    "entropy_rise": 1.5,
    "length_growth": 4.0,
    "repetition": 0.3,
    "reward_drop": 0.5,
    "truncated": 0.9,
    "wrong_in_a_row": 10_000.0,
    "zero_advantage": 0.98,
}
"""Beyond what a step is unhealthy; `collapse_patience` of them in a row are a collapse. A bound that cannot be reached turns a monitor off.

box_first_wrong: share of replies that open with \\boxed and are wrong. A wrong reply may well begin with its answer; most do not.
entropy_low: mean entropy of a token in nats, and less than half of the beginning's. Runs with no bonus go down to some 0.05 and still learn
(arXiv 2505.22617, 2503.14476); at 0.005 a reply of 300 tokens is nearly always the same one.
entropy_rise: nats above the beginning's. No healthy curve of these papers rises by one.
length_growth: mean length over the beginning's while no more replies are right than then. Growth alone is what long chains of thought do.
repetition: mean share of repeated 8-grams. Of 291 long chains of a distilled R1 model the mean is 0.07 and the largest 0.25; a loop has 1.
reward_drop: how much of its best share of right replies a run has lost, both as means over `collapse_patience` steps.
truncated: share of replies that ran into the limit. What is left to learn from is the rest.
wrong_in_a_row: replies without a right one, five steps of 128 x 16.
zero_advantage: share of groups whose rewards are all alike, while not nearly all replies are right.
"""
RISE = 0.2
"""A share counts only where it is so much above the beginning's, and by more than chance."""
SOLVED = 0.9
"""Where more replies are right, little entropy and groups that are all alike are no bad sign."""
CHANCE = 4.0
"""Standard errors that a change must be larger than; prompts are counted, for the replies to one of them are much alike."""
NGRAM = 8
"""Tokens of the n-grams that `repetition` counts."""
HEAD = 16
"""Characters that a reply opens with."""
_ODD = np.uint64(0x9E3779B97F4A7C15)

Measures = dict[str, float | None]


def repetition(tokens: NDArray[np.int32], bounds: NDArray[np.int64], n: int = NGRAM) -> NDArray[np.float64]:
    """The share of each reply's n-grams that stood in it before (seq-rep-n of Welleck et al., arXiv 1908.04319); 0 where it has none.

    tokens: of all replies, one after the other. bounds: where each begins, and the end. N-grams are compared by 64-bit hashes.
    """
    hashes = np.zeros(max(len(tokens) - n + 1, 0), dtype=np.uint64)
    for shift in range(n):
        hashes *= _ODD  # modulo 2^64
        hashes += tokens[shift : shift + len(hashes)].astype(np.uint64)
    found = np.zeros(len(bounds) - 1)
    for reply, (begin, end) in enumerate(itertools.pairwise(bounds.tolist())):
        if (count := end - begin - n + 1) > 0:
            ordered = np.sort(hashes[begin : begin + count])
            found[reply] = np.count_nonzero(ordered[1:] == ordered[:-1]) / count
    return found


def measures(
    *,
    rewards: NDArray[np.floating],
    right: NDArray[np.bool_],
    truncated: NDArray[np.bool_],
    tokens: NDArray[np.int32],
    bounds: NDArray[np.int64],
    texts: Sequence[str],
    entropy: float | None,
) -> Measures:
    """What the replies of a step are like, for its line in metrics.jsonl and for `Monitors`. None is what there is nothing to measure of.

    rewards: (P, G), those that advantages are made of, NaN for what nobody could judge. right, truncated: (P, G). tokens and bounds: of the
    P times G replies in that order, as `repetition` has them. texts: the replies. entropy: mean of a token, in nats.
    """
    lengths, correct, cut = np.diff(bounds), right.reshape(-1), truncated.reshape(-1)
    boxed = np.array(["\\boxed" in text[:HEAD] for text in texts], dtype=bool)
    return {
        "prompts": len(rewards),
        "replies": rewards.size,
        "right": _mean(correct),
        "length": _mean(lengths),
        "length_right": _mean(lengths[correct]),
        "length_wrong": _mean(lengths[~correct]),
        "truncated": _mean(cut),
        "repetition": _mean(repetition(tokens, bounds)),
        "box_first": _mean(boxed),
        "box_first_wrong": _mean(boxed & ~correct),
        "entropy": entropy,
        **_of_groups(rewards, right),
    }


def _of_groups(rewards: NDArray[np.floating], right: NDArray[np.bool_]) -> Measures:
    """Spread within groups, and the shares of those without any; None where a group is one reply."""
    names = ("reward_std", "zero_advantage", "all_right", "all_wrong")
    if not rewards.size or rewards.shape[1] < 2:
        return dict.fromkeys(names)
    known = ~np.isnan(rewards)
    values, counts = np.where(known, rewards, 0.0), known.sum(1)
    around = np.where(known, values - values.sum(1, keepdims=True) / np.maximum(counts, 1)[:, None], 0.0)
    std = np.sqrt((around**2).sum(1) / np.maximum(counts - 1, 1))
    alike = np.where(known, rewards, -np.inf).max(1) <= np.where(known, rewards, np.inf).min(1)
    shares = (np.where(alike, 0.0, std), alike, alike & right.all(1), alike & ~right.any(1))
    return {name: _mean(values) for name, values in zip(names, shares, strict=True)}


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if values.size else None


def checked_bounds(said: dict[str, Any], where: str = "") -> dict[str, float]:
    """All bounds, ours where nothing else is said. CurateError in one line for a monitor that is none, and for what is no bound."""
    for name, bound in said.items():
        if name not in BOUNDS:
            raise CurateError(f"no monitor {name!r}{did_you_mean(name, BOUNDS)}", where=where)
        if type(bound) not in (int, float) or not 0 <= bound < float("inf"):
            raise CurateError(f"monitors: {name} is {str(bound)[:40]}, and must be a number from 0 on", where=where)
    return BOUNDS | {name: float(bound) for name, bound in said.items()}


class Monitors:
    """Which measures have been beyond their bounds for `patience` steps in a row. Its state is a function of the steps that it has seen.

    bounds: in place of ours. The first `patience` steps are what later ones are compared with.
    """

    def __init__(self, bounds: dict[str, float], patience: int) -> None:
        self.bounds, self.patience = checked_bounds(bounds), patience
        self.first: list[Measures] = []
        self.recent: list[float] = []  # shares of right replies
        self.best = 0.0
        self.wrong = 0.0  # replies since a right one
        self.began: dict[str, int] = {}  # since which step a measure has been beyond its bound
        self.quiet = 0

    def see(self, step: int, found: Measures) -> list[str]:
        """Take in the measures of a step, which has to be every one in order. Returns the names of the monitors that see a collapse."""
        compared = len(self.first) == self.patience
        self._remember(found)
        for name, (needed, beyond) in _RULES.items():
            if found[needed] is None or not (compared or name == "wrong_in_a_row"):
                continue
            if beyond(self, self.bounds[name], found):
                self.began.setdefault(name, step)
            else:
                self.began.pop(name, None)
        if step < self.quiet:
            return []
        return sorted(name for name, since in self.began.items() if step - since + 1 >= self.patience)

    def rest(self, step: int) -> None:
        """See no collapse before this step, as after a rollback. What is beyond a bound is still counted."""
        self.quiet = step

    def healthy(self, names: Sequence[str]) -> int:
        """The last step whose weights are known to be healthy: those after step n sampled the replies of step n + 1. 0 if there is none."""
        return max(min(self.began[name] for name in names) - 2, 0)

    def state_dict(self) -> dict[str, Any]:
        """Everything that was taken in, as JSON has it."""
        kept = ("first", "recent", "best", "wrong", "began", "quiet")
        return {name: copy.copy(getattr(self, name)) for name in kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        for name, value in state.items():
            setattr(self, name, copy.copy(value))

    def start(self, name: str) -> float:
        """The mean of a measure over the first steps; 0 if it was never known."""
        known = [value for found in self.first if (value := found[name]) is not None]
        return sum(known) / len(known) if known else 0.0

    def _remember(self, found: Measures) -> None:
        if len(self.first) < self.patience:
            self.first.append(found)
        right = found["right"] or 0.0
        self.recent = [*self.recent, right][-self.patience :]
        if len(self.recent) == self.patience:
            self.best = max(self.best, self.lately())
        self.wrong = 0.0 if right else self.wrong + (found["replies"] or 0.0)

    def lately(self) -> float:
        """The share of right replies in the last steps."""
        return sum(self.recent) / len(self.recent)


def _share(name: str) -> Callable[[Monitors, float, Measures], bool]:
    """Beyond the bound, and well above the beginning."""

    def beyond(seen: Monitors, bound: float, found: Measures) -> bool:
        value, start = found[name] or 0.0, seen.start(name)
        return value > bound and value > start + max(RISE, _chance(seen, start, found))

    return beyond


def _chance(seen: Monitors, share: float, found: Measures) -> float:
    """How far a share that is measured over `patience` steps may be off."""
    spread = max(share * (1 - share), 0.0)
    return CHANCE * (spread / max((found["prompts"] or 0.0) * seen.patience, 1.0)) ** 0.5


def _reward_drop(seen: Monitors, bound: float, found: Measures) -> bool:
    lost = seen.best - seen.lately()
    return lost > bound * seen.best and lost > _chance(seen, seen.best, found)


def _length_growth(seen: Monitors, bound: float, found: Measures) -> bool:
    longer = (found["length"] or 0.0) > bound * seen.start("length")
    return longer and seen.lately() <= seen.start("right")


def _entropy_low(seen: Monitors, bound: float, found: Measures) -> bool:
    value = found["entropy"] or 0.0
    return value < bound and value < seen.start("entropy") / 2 and not _solved(found)


def _entropy_rise(seen: Monitors, bound: float, found: Measures) -> bool:
    return (found["entropy"] or 0.0) > seen.start("entropy") + bound


def _zero_advantage(seen: Monitors, bound: float, found: Measures) -> bool:
    return _share("zero_advantage")(seen, bound, found) and not _solved(found)


def _solved(found: Measures) -> bool:
    return (found["right"] or 0.0) >= SOLVED


_RULES: dict[str, tuple[str, Callable[[Monitors, float, Measures], bool]]] = {
    "box_first_wrong": ("box_first_wrong", _share("box_first_wrong")),
    "entropy_low": ("entropy", _entropy_low),
    "entropy_rise": ("entropy", _entropy_rise),
    "length_growth": ("length", _length_growth),
    "repetition": ("repetition", _share("repetition")),
    "reward_drop": ("right", _reward_drop),
    "truncated": ("truncated", _share("truncated")),
    "wrong_in_a_row": ("right", lambda seen, bound, found: seen.wrong > bound),
    "zero_advantage": ("zero_advantage", _zero_advantage),
}
"""Which measure a monitor needs, and when it is beyond its bound."""
