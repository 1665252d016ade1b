"""What the rows of an evaluation say: of one model on one benchmark, over a group of benchmarks, and of two models on the same items.

Every number comes from rows (`eval.judging.SCHEMA`), so nothing of it is stored. Accuracy is the mean over items of the share of draws
that are right (avg@k); whatever has no answer, was cut off or failed counts as not right. An average is over whole benchmarks only: where
one is lacking or was evaluated in part, there is none, and it is said what lacks. Left out: averages weighted by items, in which MATH
would be half; and that MATH500 is a part of MATH, so the error of an average over both is a little larger than is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import Any

import polars as pl

from eval.grading import normalise
from eval.intervals import LEVEL, Difference, errors_apart, mean, of_shares, paired, standard_error, wilson
from eval.judging import VERDICTS
from eval.pass_at_k import ks, majority, pass_at_k

COLUMNS = ("benchmark", "id", "sample", "finish", "completion_tokens", "answer", "verdict")
"""Columns of the rows that are read here."""
VOTES = 3
"""Draws from which on the majority is told."""


def summary(rows: pl.DataFrame) -> dict[str, Any]:
    """What a model did on one benchmark; None for what there is nothing to tell of.

    `accuracy`, `error` (standard error over items), `interval` (Wilson's of one draw, else of a bootstrap over items), `pass_at` (k ->
    unbiased estimate) and `majority` are shares; `verdicts` counts draws by verdict, `cut_off` those that ended at `max_tokens`, of which
    `right_though_cut_off` are right; `tokens` has the mean length of replies that are `right` and `not_right`, and the `total`.
    """
    right = (rows["verdict"] == "right").cast(pl.Int64)
    items = rows.select("id", right=right).group_by("id", maintain_order=True).agg(n=pl.len(), c=pl.col("right").sum())
    counts = list(zip(items["n"].to_list(), items["c"].to_list(), strict=True))
    samples = min((n for n, _ in counts), default=0)
    values = [c / n for n, c in counts]
    verdicts = {name: int((rows["verdict"] == name).sum()) for name in VERDICTS}
    cut_off = rows["finish"] == "length"
    single = samples == 1 and rows.height == len(counts)
    return {
        "items": len(counts),
        "samples": samples,
        "accuracy": mean(values) if values else None,
        "error": standard_error(values),
        "interval": wilson(verdicts["right"], len(counts)) if single else of_shares(values),
        "pass_at": {str(k): mean([pass_at_k(n, c, k) for n, c in counts]) for k in ks(samples)},
        "majority": _majority(rows) if samples >= VOTES else None,
        "verdicts": verdicts,
        "cut_off": int(cut_off.sum()),
        "right_though_cut_off": int((cut_off & (right == 1)).sum()),
        "tokens": {
            "right": _mean(rows.filter(right == 1)),
            "not_right": _mean(rows.filter(right == 0)),
            "total": _tokens(rows),
        },
    }


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


def average(wanted: Sequence[str], found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The unweighted mean of accuracies over a group of benchmarks.

    wanted: names of the group. found: summaries of whole benchmarks by name. Returns `accuracy`, `error`, `interval` (normal; None where
    every item of each benchmark got the same), `of`, and `lacking`, the names that are not there; the first three are None unless it is
    empty.
    """
    lacking = [name for name in wanted if name not in found]
    told = {"of": len(wanted), "lacking": lacking}
    if lacking or not wanted:
        return {"accuracy": None, "error": None, "interval": None, **told}
    accuracy = mean([found[name]["accuracy"] for name in wanted])
    error = _together([found[name]["error"] for name in wanted])
    half = None if not error else NormalDist().inv_cdf(0.5 + LEVEL / 2) * error
    interval = None if half is None else (max(0.0, accuracy - half), min(1.0, accuracy + half))
    return {"accuracy": accuracy, "error": error, "interval": interval, **told}


def _together(errors: Sequence[float | None]) -> float | None:
    """Standard error of a mean of independent benchmarks."""
    known = [error for error in errors if error is not None]
    return math.sqrt(math.fsum(e * e for e in known)) / len(known) if known and len(known) == len(errors) else None


def compare(
    models: Mapping[str, Mapping[str, pl.DataFrame]], groups: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """What can be told of each two models, on each benchmark that both were asked, and over each group that both have whole.

    models: rows by benchmark by model. groups: names of whole benchmarks by group. A row has `on`, `a`, `b`, `items`, `difference` (of a's
    accuracy and b's), `error`, `interval`, `p` and `better`: the name of the better one, None where they cannot be
    told apart, which is always so within two standard errors. The level is one at which the verdicts on all pairs of models hold together,
    on one benchmark: of 13 benchmarks, one may call one of two equal models better in nearly half of all cases, so look at averages first.
    ValueError where two models were asked other items.
    """
    pairs = len(models) * (len(models) - 1) // 2
    found = []
    for a, b in combinations(models, 2):
        shared = [name for name in models[a] if name in models[b]]
        told = {name: paired(*_values(models[a][name], models[b][name], name), pairs=pairs) for name in shared}
        found += [{"on": name, **_said(a, b, one)} for name, one in told.items()]
        for group, names in groups.items():
            if names and all(name in told for name in names):
                found.append({"on": group, **_said(a, b, _over([told[name] for name in names], pairs))})
    return found


def _values(a: pl.DataFrame, b: pl.DataFrame, name: str) -> tuple[list[float], list[float]]:
    """Shares of right draws, item by item, in the order of the first."""
    each = [rows.group_by("id", maintain_order=True).agg(v=(pl.col("verdict") == "right").mean()) for rows in (a, b)]
    both = each[0].join(each[1], on="id", how="inner", maintain_order="left", suffix="_b")
    if both.height != each[0].height or both.height != each[1].height:
        raise ValueError(f"{name}: the models were asked other items")
    return both["v"].to_list(), both["v_b"].to_list()


def _over(told: Sequence[Difference], pairs: int) -> Difference:
    """The mean difference over benchmarks."""
    middle, error = mean([one.difference for one in told]), _together([one.error for one in told])
    if error is None:
        return Difference(sum(one.items for one in told), middle, None, None, 1.0, 0)
    normal = NormalDist()
    z = normal.inv_cdf(1 - (1 - LEVEL) / 2 / max(1, pairs))
    better = (middle > 0) - (middle < 0) if abs(middle) > errors_apart(pairs) * error else 0
    p = 2 * normal.cdf(-abs(middle) / error) if error else float(middle == 0)
    return Difference(
        sum(one.items for one in told), middle, error, (middle - z * error, middle + z * error), p, better
    )


def _said(a: str, b: str, one: Difference) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "items": one.items,
        "difference": one.difference,
        "error": one.error,
        "interval": one.interval,
        "p": one.p,
        "better": {1: a, -1: b, 0: None}[one.better],
    }
