"""The maths of RL once more, in plain loops over Python floats and without torch: what the functions of `trainers/` must come to."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def group_advantages(rewards: Rows, scale: bool) -> list[list[float]]:
    found = []
    for group in rewards:
        known = [r for r in group if not math.isnan(r)]
        if len(known) < 2 or all(r == known[0] for r in known):
            found.append([0.0] * len(group))
            continue
        mean = sum(known) / len(known)
        std = math.sqrt(sum((r - mean) ** 2 for r in known) / (len(known) - 1))
        below = std + 1e-6 if scale else 1.0
        found.append([0.0 if math.isnan(r) else (r - mean) / below for r in group])
    return found


def gae(rewards: Rows, values: Rows, mask: Sequence[Sequence[bool]], gamma: float, lam: float) -> list[list[float]]:
    """By the definition: the sum of (gamma lam)^k times the TD error k places on, over the places that are not masked."""
    found = []
    for reward, value, kept in zip(rewards, values, mask, strict=True):
        places = [t for t, here in enumerate(kept) if here]
        errors = []
        for k, t in enumerate(places):
            following = value[places[k + 1]] if k + 1 < len(places) else 0.0
            errors.append(reward[t] + gamma * following - value[t])
        row = [0.0] * len(value)
        for k, t in enumerate(places):
            row[t] = sum((gamma * lam) ** j * errors[k + j] for j in range(len(errors) - k))
        found.append(row)
    return found


def whiten(advantages: Sequence[float], mask: Sequence[bool]) -> list[float]:
    known = [a for a, here in zip(advantages, mask, strict=True) if here]
    mean = sum(known) / len(known) if known else 0.0
    variance = sum((a - mean) ** 2 for a in known) / max(len(known) - 1, 1)
    return [(a - mean) / math.sqrt(variance + 1e-8) if here else 0.0 for a, here in zip(advantages, mask, strict=True)]


def ratio_loss(
    new: float, old: float, advantage: float, low: float, high: float, dual: float | None
) -> tuple[float, float]:
    """Loss of one token, and its derivative by the new log-probability."""
    ratio = math.exp(new - old)
    if advantage >= 0:
        return (-advantage * ratio,) * 2 if ratio <= 1 + high else (-advantage * (1 + high), 0.0)
    if ratio < 1 - low:
        return -advantage * (1 - low), 0.0
    if dual is not None and ratio > dual:
        return -advantage * dual, 0.0
    return (-advantage * ratio,) * 2


def kl(new: float, ref: float, kind: str) -> float:
    d = new - ref
    return {"k1": d, "k2": d * d / 2, "k3": math.exp(-d) - 1 + d}[kind]


def value_loss(value: float, old: float, wanted: float, clip: float | None) -> float:
    if clip is None:
        return (value - wanted) ** 2 / 2
    held = min(max(value, old - clip), old + clip)
    return max((value - wanted) ** 2, (held - wanted) ** 2) / 2


def aggregate(replies: Rows, loss_type: str, loss_length: int = 1) -> float:
    """Of a whole mini-batch, a list of losses for each reply."""
    every = [loss for reply in replies for loss in reply]
    if loss_type == "token":
        return sum(every) / max(len(every), 1)
    if loss_type == "sequence":
        return sum(sum(reply) / len(reply) for reply in replies) / max(len(replies), 1)
    return sum(every) / (max(len(replies), 1) * loss_length)


def log_prob(logits: Sequence[float], target: int, temperature: float) -> tuple[float, float]:
    """Of one token, and the entropy of its distribution."""
    scaled = [z / temperature for z in logits]
    top = max(scaled)
    total = sum(math.exp(z - top) for z in scaled)
    each = [z - top - math.log(total) for z in scaled]
    return each[target], -sum(math.exp(p) * p for p in each)


def repetition(tokens: Sequence[int], n: int) -> float:
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
