"""What the rows of an evaluation say: of one model on one benchmark, over a group of benchmarks, and of two models on the same items.

Every number comes from rows (`eval.judging.SCHEMA`), so nothing of it is stored. Accuracy is the mean over items of the share of draws
that are right (avg@k); whatever has no answer, was cut off or failed counts as not right. An average is over whole benchmarks only: where
one is lacking or was evaluated in part, there is none, and it is said what lacks. Left out: averages weighted by items, in which MATH
would be half.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import Any

import polars as pl

from curate.intervals import LEVEL, mean, wilson
from eval.grading import normalise
from eval.intervals import Difference, better, holm, of_shares, paired, standard_error
from eval.judging import VERDICTS
from eval.pass_at_k import ks, majority, pass_at_k

COLUMNS = ("benchmark", "id", "sample", "prompt_sha256", "finish", "completion_tokens", "answer", "verdict", "reason")
"""Columns of the rows that are read here."""
VOTES = 3
"""Draws from which on the majority is told."""
REASONS = 3
"""Reasons for failures that are told, the most frequent ones."""
LONGEST_REASON = 200
"""Characters of one."""
Shares = list[tuple[str, float]]
"""Items of a benchmark, each with the share of its draws that are right, or with a difference of two."""


def summary(rows: pl.DataFrame) -> dict[str, Any]:
    """What a model did on one benchmark; None for what there is nothing to tell of.

    `accuracy`, `error` (standard error over items), `interval` (Wilson's of one draw, else of a bootstrap over items), `pass_at` (k ->
    unbiased estimate) and `majority` are shares. Items with one prompt get one reply, so `error` and `interval` take them for one.
    `verdicts` counts draws by verdict, `cut_off` those that ended at `max_tokens`, of which `right_though_cut_off` are right; `failures`
    has the most frequent reasons why draws failed, with how many; `tokens` has the mean length of replies that are `right` and
    `not_right`, and the `total`.
    """
    right = (rows["verdict"] == "right").cast(pl.Int64)
    items = (
        rows.select("id", prompt=pl.coalesce("prompt_sha256", "id"), right=right)
        .group_by("id", maintain_order=True)
        .agg(pl.col("prompt").first(), n=pl.len(), c=pl.col("right").sum())
    )
    counts = list(zip(items["n"].to_list(), items["c"].to_list(), strict=True))
    samples = min((n for n, _ in counts), default=0)
    values = [(prompt, c / n) for prompt, n, c in items.select("prompt", "n", "c").rows()]
    verdicts = {name: int((rows["verdict"] == name).sum()) for name in VERDICTS}
    cut_off = rows["finish"] == "length"
    single = samples == 1 and rows.height == len(counts)
    return {
        "items": len(counts),
        "samples": samples,
        **_accuracy(values, single),
        "pass_at": {str(k): mean([pass_at_k(n, c, k) for n, c in counts]) for k in ks(samples)},
        "majority": _majority(rows) if samples >= VOTES else None,
        "verdicts": verdicts,
        "cut_off": int(cut_off.sum()),
        "right_though_cut_off": int((cut_off & (right == 1)).sum()),
        "failures": _failures(rows),
        "tokens": {
            "right": _mean(rows.filter(right == 1)),
            "not_right": _mean(rows.filter(right == 0)),
            "total": _tokens(rows),
        },
    }


def _accuracy(values: Shares, single: bool) -> dict[str, Any]:
    """`accuracy`, `error` and `interval` of shares of right draws. single: whether each is of one draw."""
    if not values:
        return {"accuracy": None, "error": None, "interval": None}
    shares = [value for _, value in values]
    accuracy, each = mean(shares), _distinct(values, mean(shares))
    interval: tuple[float, float] | None
    if single or len({*shares}) == 1:
        size = len(shares) ** 2 / sum(
            n * n for n in Counter(item for item, _ in values).values()
        )  # effective: Kish 1965
        interval = wilson(math.fsum(shares) if size == len(shares) else accuracy * size, size)
    elif interval := of_shares(each):
        interval = max(0.0, interval[0]), min(1.0, interval[1])
    return {"accuracy": accuracy, "error": standard_error(each), "interval": interval}


def _distinct(values: Shares, around: float = 0.0) -> list[float]:
    """A value for each distinct item, with the mean of all: what its copies say together, so that they count once in errors and tests.

    around: what values are measured from before they are added; their mean for the standard error of a mean over clusters, 0 where a test
    turns their signs.
    """
    sums: dict[str, list[float]] = {}
    for item, value in values:
        sums.setdefault(item, []).append(value - around)
    if len(sums) == len(values):
        return [value for _, value in values]
    return [around + math.fsum(some) * len(sums) / len(values) for some in sums.values()]


def _failures(rows: pl.DataFrame) -> dict[str, int]:
    """Why draws failed: the most frequent reasons, cut, without control characters."""
    said = Counter(
        "".join(c if c.isprintable() else " " for c in (reason or "no reason")[:LONGEST_REASON])
        for reason in rows.filter(pl.col("verdict") == "failed")["reason"]
    )
    return dict(sorted(said.items(), key=lambda one: (-one[1], one[0]))[:REASONS])


def _mean(rows: pl.DataFrame) -> float | None:
    return _tokens(rows) / rows.height if rows.height else None


def _tokens(rows: pl.DataFrame) -> int:
    """All tokens of replies. The sum that polars makes of a column of 32 bits has 32 bits, which are too few for 256 long draws of MATH."""
    return int(rows["completion_tokens"].cast(pl.Int64).sum())


def _majority(rows: pl.DataFrame) -> float:
    groups = (
        rows.select("id", "answer", right=pl.col("verdict") == "right")
        .group_by("id", maintain_order=True)
        .agg("answer", "right")
    )
    told = [
        majority([_vote(answer) for answer in answers], right)
        for answers, right in zip(groups["answer"].to_list(), groups["right"].to_list(), strict=True)
    ]
    return mean(told)


@lru_cache(maxsize=1 << 16)
def _vote(answer: str | None) -> str | None:
    """An answer so that spellings of one are one vote."""
    return None if answer is None else normalise(answer) or answer.strip()


def shares(rows: pl.DataFrame, problems: Mapping[str, str] | None = None) -> Shares:
    """Each item of one benchmark, known by its problem, with the share of its draws that are right; in the order of the rows.

    problems: id -> problem. One that stands in another benchmark, too, is the same item there; an id without a problem is one of its own.
    """
    each = rows.group_by("benchmark", "id", maintain_order=True).agg(v=(pl.col("verdict") == "right").mean())
    known = problems or {}
    return [(_item(name, id, known.get(id)), value) for name, id, value in each.rows()]


def _item(benchmark: str, id: str, problem: str | None) -> str:
    """A name of an item that depends on its problem alone, or on benchmark and id where that is not known."""
    said = f"{benchmark}\0{id}" if problem is None else " ".join(problem.split())
    return hashlib.sha256(said.encode()).hexdigest()


def average(
    wanted: Sequence[str], found: Mapping[str, Mapping[str, Any]], items: Mapping[str, Shares]
) -> dict[str, Any]:
    """The unweighted mean of accuracies over a group of benchmarks.

    wanted: names of the group. found: summaries of whole benchmarks by name. items: `shares` of each of them. Returns `accuracy`, `error`
    (over distinct items), `interval` (normal; None where every item of each benchmark got the same), `of`, and `lacking`, the names that
    are not there; the first three are None unless it is empty.
    """
    lacking = [name for name in wanted if name not in found]
    told = {"of": len(wanted), "lacking": lacking}
    if lacking or not wanted:
        return {"accuracy": None, "error": None, "interval": None, **told}
    accuracy = mean([found[name]["accuracy"] for name in wanted])
    error = _together([items[name] for name in wanted])
    half = None if not error else NormalDist().inv_cdf(0.5 + LEVEL / 2) * error
    interval = None if half is None else (max(0.0, accuracy - half), min(1.0, accuracy + half))
    return {"accuracy": accuracy, "error": error, "interval": interval, **told}


def _together(benchmarks: Sequence[Shares]) -> float | None:
    """Standard error of the mean over benchmarks of the mean over their items; None where one has fewer than two.

    An item that stands in several benchmarks, as all of MATH500 do in MATH, moves all their means at once: what it adds to each is summed
    before it is squared, which is the variance of each and twice the covariance of each two (sums by cluster: Miller 2024, section 2.2).
    """
    moves: dict[str, list[float]] = {}
    for items in benchmarks:
        n = len(items)
        if n < 2:
            return None
        middle, scale = mean([value for _, value in items]), 1 / math.sqrt(n * (n - 1))
        for item, value in items:
            moves.setdefault(item, []).append(scale * (value - middle))
    return math.sqrt(math.fsum(math.fsum(some) ** 2 for some in moves.values())) / len(benchmarks)


def compare(
    models: Mapping[str, Mapping[str, pl.DataFrame]],
    groups: Mapping[str, Sequence[str]],
    problems: Mapping[str, Mapping[str, str]] | None = None,
) -> list[dict[str, Any]]:
    """What can be told of each two models, on each benchmark that both were asked, and over each group that both have whole.

    models: rows by benchmark by model. groups: names of whole benchmarks by group. problems: id -> problem, by benchmark. A row has `on`,
    `a`, `b`, `items` (different ones), `difference` (of a's accuracy and b's), `error`, `interval`, `p`, `holm_p`, `tests` and `better`:
    the name of the better one, None where they cannot be told apart, which is always so within two standard errors. `holm_p` is corrected
    for the `tests` that are made together: those of all pairs on all benchmarks, and apart from them those over groups. The interval holds
    for all pairs of models on one benchmark, and is None where all items differ by the same. ValueError where two models were asked other
    items.
    """
    pairs = len(models) * (len(models) - 1) // 2
    single: list[tuple[str, str, str, Difference]] = []
    over: list[tuple[str, str, str, Difference]] = []
    for a, b in combinations(models, 2):
        shared = [name for name in models[a] if name in models[b]]
        told, apart = {}, {}
        for name in shared:
            values = _values(models[a][name], models[b][name], name)
            known = (problems or {}).get(name, {})
            both = [(_item(name, id, known.get(id)), x, y) for id, x, y in values.rows()]
            mine, other = _distinct([(item, x) for item, x, _ in both]), _distinct([(item, y) for item, _, y in both])
            told[name] = paired(mine, other, pairs=pairs)
            apart[name] = [(item, x - y) for item, x, y in both]
        single += [(name, a, b, one) for name, one in told.items()]
        for group, names in groups.items():
            if names and all(name in told for name in names):
                over.append((group, a, b, _over([apart[name] for name in names], pairs)))
    order = {pair: place for place, pair in enumerate(combinations(models, 2))}
    found = [*_corrected(single, pairs), *_corrected(over, pairs)]
    return sorted(found, key=lambda row: order[row["a"], row["b"]])


def _values(a: pl.DataFrame, b: pl.DataFrame, name: str) -> pl.DataFrame:
    """`id`, and shares of right draws of both, `v` and `v_b`, in the order of the first."""
    each = [rows.group_by("id", maintain_order=True).agg(v=(pl.col("verdict") == "right").mean()) for rows in (a, b)]
    both = each[0].join(each[1], on="id", how="inner", maintain_order="left", suffix="_b")
    if both.height != each[0].height or both.height != each[1].height:
        raise ValueError(f"{name}: the models were asked other items")
    return both.select("id", "v", "v_b")


def _over(benchmarks: Sequence[Shares], pairs: int) -> Difference:
    """The mean difference over benchmarks, of each item's difference."""
    middle, error = mean([mean([value for _, value in items]) for items in benchmarks]), _together(benchmarks)
    count = len({item for items in benchmarks for item, _ in items})
    if error is None:
        return Difference(count, middle, None, None, 1.0)
    normal = NormalDist()
    z = normal.inv_cdf(1 - (1 - LEVEL) / 2 / max(1, pairs))
    p = 2 * normal.cdf(-abs(middle) / error) if error else float(middle == 0)
    return Difference(count, middle, error, (middle - z * error, middle + z * error) if error else None, p)


def _corrected(told: Sequence[tuple[str, str, str, Difference]], pairs: int) -> Iterator[dict[str, Any]]:
    """Rows of tests that are made together, each with its place: which of two models is better, where anything can be said."""
    for (on, a, b, one), p in zip(told, holm([one.p for *_, one in told]), strict=True):
        yield {
            "on": on,
            "a": a,
            "b": b,
            "items": one.items,
            "difference": one.difference,
            "error": one.error,
            "interval": one.interval,
            "p": one.p,
            "holm_p": p,
            "tests": len(told),
            "better": {1: a, -1: b, 0: None}[better(one, p, pairs)],
        }
