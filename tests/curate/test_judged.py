"""Figures of scores against labels, held against their definitions counted out."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import judged

PAIRS = st.lists(st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20)), min_size=1, max_size=40)


def arrays(pairs: list[tuple[bool, float]]) -> tuple[judged.Labels, judged.Scores]:
    return np.array([label for label, _ in pairs]), np.array([score for _, score in pairs])


@given(PAIRS, st.integers(0, 20).map(lambda n: n / 20))
def test_precision_recall_and_f1_are_shares_of_what_is_kept_and_of_what_is_true(pairs, threshold) -> None:
    kept = [label for label, score in pairs if score >= threshold]
    true, right = sum(label for label, _ in pairs), sum(kept)
    found = judged.cut(*arrays(pairs), threshold)
    assert found["kept"] == pytest.approx(len(kept) / len(pairs), abs=1e-6)
    assert found["precision"] == (pytest.approx(right / len(kept), abs=1e-6) if kept else None)
    assert found["recall"] == (pytest.approx(right / true, abs=1e-6) if true else None)
    if right:
        p, r = right / len(kept), right / true
        assert found["f1"] == pytest.approx(2 * p * r / (p + r), abs=1e-6)
    assert found["f1"] == (0 if (kept or true) and not right else found["f1"])
    assert (found["false_positive"], found["false_negative"]) == (len(kept) - right, true - right)


@given(PAIRS)
def test_auc_is_the_share_of_pairs_that_are_in_order(pairs) -> None:
    plus, minus = ([score for label, score in pairs if label is side] for side in (True, False))
    wins = [(a > b) + (a == b) / 2 for a, b in itertools.product(plus, minus)]
    assert judged.auc(*arrays(pairs)) == (pytest.approx(sum(wins) / len(wins)) if wins else None)


@given(PAIRS)
def test_average_precision_is_the_area_of_steps_under_the_curve(pairs) -> None:
    label, score = arrays(pairs)
    area, before = 0.0, 0.0
    for threshold in sorted({*score.tolist()}, reverse=True):
        kept = label[score >= threshold]
        recall = kept.sum() / max(1, label.sum())
        area, before = area + (recall - before) * kept.mean(), recall
    assert judged.average_precision(label, score) == (pytest.approx(area) if label.any() else None)


@given(PAIRS)
def test_the_curve_has_the_precision_and_recall_of_each_threshold(pairs) -> None:
    label, score = arrays(pairs)
    found = judged.curve(label, score)
    assert bool(found) == bool(label.any())
    for threshold, precision, recall in found:
        at = judged.cut(label, score, threshold)
        assert (precision, recall) == (at["precision"], at["recall"])


@given(PAIRS)
def test_no_figure_depends_on_the_order_of_documents(pairs) -> None:
    there, back = (judged.figures(*arrays(some), 0.5) for some in (pairs, pairs[::-1]))
    assert there == back


def test_calibration_error_is_the_mean_distance_of_score_and_share() -> None:
    label, score = arrays([(True, 0.95), (False, 0.95), (True, 0.05), (False, 0.05), (False, 0.05), (False, 1.0)])
    bins = judged.reliability(label, score)
    assert [one["documents"] for one in bins] == [3, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert bins[9]["score"] == pytest.approx(2.9 / 3, abs=1e-6) and bins[9]["share"] == pytest.approx(1 / 3, abs=1e-6)
    assert bins[4] == {"low": 0.4, "high": 0.5, "documents": 0, "score": None, "share": None, "interval": None}
    expected = (abs(2.9 / 3 - 1 / 3) + abs(0.05 - 1 / 3)) / 2
    assert judged.calibration_error(bins) == pytest.approx(expected, abs=1e-6)
    assert judged.figures(label, score, 0.5)["brier"] == pytest.approx(
        (0.05**2 + 0.95**2 + 0.95**2 + 0.05**2 + 0.05**2 + 1) / 6, abs=1e-6
    )


def test_scores_that_are_the_shares_have_no_calibration_error() -> None:
    score = np.repeat([0.25, 0.75], 400)
    label = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert judged.figures(label, score, 0.5)["ece"] == 0


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    assert judged.wilson(0, 0) is None
    assert judged.wilson(0, 10) == (0.0, pytest.approx(0.277533, abs=1e-5))
    assert judged.wilson(10, 10) == (pytest.approx(0.722467, abs=1e-5), 1.0)
    assert judged.wilson(81, 263) == pytest.approx((0.255289, 0.366216), abs=2e-4)


def test_a_sweep_has_the_chosen_threshold_and_keeps_less_and_less() -> None:
    label, score = arrays([(n % 3 == 0, n / 50) for n in range(50)])
    rows = judged.sweep(label, score, 0.37)
    assert 0.37 in [row["threshold"] for row in rows]
    kept = [row["kept"] for row in rows]
    assert kept == sorted(kept, reverse=True)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    label, score = np.arange(5_000) % 2 == 0, np.linspace(0, 1, 5_000)
    found = judged.curve(label, score)
    assert len(found) == judged.POINTS
    assert found[0][0] == 1.0 and found[-1][0] == 0.0 and found[-1][2] == 1.0
