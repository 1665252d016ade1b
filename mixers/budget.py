"""How many tokens each source owes each stage: exact integers, or a refusal that shows the sum.

A weight is the share of a stage's tokens (non-padding, under the recipe's tokenizer) that comes from a source: not of its
documents, not of its files, not a sampling rate. Shares are read as exact decimals, and totals are divided by largest remainder
(Hamilton), so that budgets add up to the token and do not depend on the order of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from curate.errors import CurateError, did_you_mean

SLACK = Fraction(1, 1000)
"""Weights may miss 1 by this much, as rounded thirds do; more is taken for a slip of the pen."""


@dataclass(frozen=True)
class Stage:
    """One stretch of the mixture: its share of all tokens, and each source's share of it; both exact, the weights sum to 1."""

    share: Fraction
    weights: dict[str, Fraction]


def stages_of(stages: Sequence[Mapping[str, Any]], known: Iterable[str]) -> list[Stage]:
    """Read `[{until: 80%, weights: {web: 0.9, qa: 0.1}}, {until: 100%, ...}]`. CurateError says which stage is wrong and how."""
    read: list[Stage] = []
    done = Fraction(0)
    names = sorted(known)
    for number, stage in enumerate(stages):
        where = f"mixture: stage {number}"
        extra = set(stage) - {"until", "weights"}
        if extra or not stage.get("weights"):
            raise CurateError(f"needs until and weights, not {sorted(stage)}", where=where)
        until = exact(stage.get("until", 1), where)
        if not done < until <= 1:
            raise CurateError(f"until {float(until):g} must be above {float(done):g} and at most 1", where=where)
        read.append(Stage(until - done, _weights(stage["weights"], names, where)))
        done = until
    if done != 1:
        raise CurateError(f"the last stage ends at {float(done):g}, not at 100%", where="mixture")
    return read


def exact(value: Any, where: str) -> Fraction:
    """`0.725`, `"0.725"` and `"72.5%"` as the same exact fraction."""
    text = str(value).strip()
    try:
        if isinstance(value, bool):
            raise ValueError
        number = Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise CurateError(f"{value!r} is not a share", where=where) from None
    if number < 0:
        raise CurateError(f"{value!r} is a negative share", where=where)
    return number


def _weights(weights: Mapping[str, Any], names: list[str], where: str) -> dict[str, Fraction]:
    for name in weights:
        if name not in names:
            raise CurateError(f"no corpus {name!r}{did_you_mean(name, names)}", where=where)
    shares = {name: exact(weights[name], f"{where}: {name}") for name in sorted(weights)}
    total = sum(shares.values(), Fraction(0))
    if abs(total - 1) > SLACK:
        sums = " + ".join(f"{name} {float(share):g}" for name, share in shares.items())
        raise CurateError(f"weights are shares of its tokens and must sum to 1: {sums} = {float(total):g}", where=where)
    return {name: share / total for name, share in shares.items()}


def largest_remainder(total: int, shares: Sequence[Fraction]) -> list[int]:
    """Integers nearest to total x share that sum to `total`; shares sum to 1; equal remainders go to the earlier share."""
    whole = [floor(total * share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (whole[i] - total * shares[i], i))
    for i in by_remainder[: total - sum(whole)]:
        whole[i] += 1
    return whole


def budgets(tokens: int, stages: Sequence[Stage]) -> dict[str, list[int]]:
    """Source (sorted) -> tokens it owes in each stage. All of them sum to `tokens`."""
    owed = {name: [0] * len(stages) for name in sorted({name for stage in stages for name in stage.weights})}
    for number, part in enumerate(largest_remainder(tokens, [stage.share for stage in stages])):
        weights = stages[number].weights
        for name, share in zip(weights, largest_remainder(part, list(weights.values())), strict=True):
            owed[name][number] = share
    return owed


def epoch_caps(max_epochs: Mapping[str, float] | float | None, known: Iterable[str]) -> dict[str, Fraction]:
    """How often each source may be seen; one that is not named has no cap."""
    if max_epochs is None:
        return {}
    given = max_epochs if isinstance(max_epochs, Mapping) else dict.fromkeys(known, max_epochs)
    for name in given:
        if name not in known:
            raise CurateError(f"max_epochs: no corpus {name!r}{did_you_mean(name, known)}", where="mixture")
    return {name: exact(cap, f"mixture: max_epochs: {name}") for name, cap in given.items()}


def refuse_infeasible(
    tokens: int,
    stages: Sequence[Stage],
    asked: Mapping[str, list[int]],
    held: Mapping[str, int],
    caps: Mapping[str, Fraction],
) -> None:
    """CurateError with the arithmetic for every source that is asked for more than `held` tokens x its cap.

    How large a mixture can be is said if each source has something: without one of them no size will do.
    """
    lines: list[str] = []
    factors: list[Fraction] = []
    empty = False
    for name, parts in asked.items():
        want, have = sum(parts), held[name]
        if want and not have:
            empty = True
            lines.append(f"{name}: {want:,} tokens asked, but no document of it is left")
        elif name in caps and want > have * caps[name]:
            most = floor(have * caps[name])
            factors.append(Fraction(most, want))
            own = [stage.weights[name] for stage in stages if name in stage.weights]
            lower = " and ".join(f"{floor(weight * factors[-1] * 10_000) / 10_000:g}" for weight in own)
            lines.append(
                f"{name}: {want:,} tokens asked of {have:,} x max_epochs {float(caps[name]):g} = {most:,}; "
                f"{f'lower its weight to {lower} or ' if max(own) < 1 else ''}"
                f"raise its max_epochs to {ceil(Fraction(want, have) * 100) / 100:g}"
            )
    if factors and not empty:
        limits = {name: floor(held[name] * cap) for name, cap in caps.items() if name in asked}
        can = _feasible(floor(tokens * min(factors)), stages, limits)
        lines.append(f"with these weights the mixture can have {can:,} tokens, not {tokens:,}")
    if lines:
        raise CurateError("; ".join(lines), where="mixture")


def _feasible(tokens: int, stages: Sequence[Stage], most: Mapping[str, int]) -> int:
    """The largest mixture of at most so many tokens that no source's cap refuses: rounding may ask one token more of a source."""
    while tokens and any(sum(parts) > most.get(name, sum(parts)) for name, parts in budgets(tokens, stages).items()):
        tokens -= 1
    return tokens
