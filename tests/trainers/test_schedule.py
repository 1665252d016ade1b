import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.schedule import SHAPES, Schedule

STEP = 4_194_304


def rates(schedule: Schedule, steps: int, step: int = STEP) -> list[float]:
    return [schedule.lr(s * step, step) for s in range(steps)]


def test_octothinkers_decay_goes_from_2e5_to_2e6_over_5000_steps_of_4m_tokens() -> None:
    lr = rates(Schedule(2e-5, 5_000 * STEP, "cosine", floor=0.1), 5_000)
    assert lr[0] == 2e-5
    assert lr[2_500] == pytest.approx(1.1e-5, rel=1e-12)  # half way between peak and floor
    assert lr[1_250] == pytest.approx(2e-6 + 1.8e-5 * (1 + math.sqrt(0.5)) / 2, rel=1e-12)
    assert lr[4_999] == pytest.approx(2e-6 + 1.8e-5 * (1 - math.cos(math.pi / 5_000)) / 2, rel=1e-9)
    assert 2e-6 < lr[4_999] < 2.00001e-6
    assert lr == sorted(lr, reverse=True)


@pytest.mark.parametrize(
    ("shape", "first", "last"),
    [
        ("constant", 1.0, 1.0),
        ("cosine", 1.0, 0.1 + 0.9 * (1 + math.cos(math.pi * 4 / 5)) / 2),
        ("linear", 1.0, 0.1 + 0.9 / 5),
        ("one_minus_sqrt", 1.0, 0.1 + 0.9 * (1 - math.sqrt(4 / 5))),
    ],
)
def test_values_at_the_corners_of_warmup_stable_and_decay_are_exact(shape: str, first: float, last: float) -> None:
    """W = 4, S = 15, T = 20."""
    lr = rates(Schedule(1.0, 200, shape, warmup=40, decay=50, floor=0.1), 20, 10)
    assert lr[0] == 0.25 and lr[2] == 0.75
    assert lr[3] == lr[4] == 1.0  # the last of the warm-up, and the first of the stable stage
    assert lr[14] == lr[15] == first  # the first of the decay is the stable rate
    assert lr[19] == pytest.approx(last, rel=1e-12)
    assert (lr[16] < lr[15]) == (shape != "constant")


def test_the_first_step_of_a_branch_has_the_rate_of_the_stable_stage_that_it_leaves() -> None:
    stable, branch = Schedule(3e-4, 1000, warmup=100), Schedule(3e-4, 500, "cosine", floor=0.1)
    assert branch.lr(0, 10) == stable.lr(990, 10) == 3e-4


def test_a_warmup_that_is_no_whole_number_of_steps_reaches_the_peak_and_no_more() -> None:
    assert rates(Schedule(1.0, 100, "linear", warmup=25, decay=10), 4, 10) == [0.4, 0.8, 1.0, 1.0]


@given(
    st.sampled_from(sorted(SHAPES)),
    st.integers(1, 200),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 50),
)
def test_a_rate_is_never_zero_never_above_the_peak_and_falls_only_in_the_decay(
    shape: str, steps: int, warm: float, fall: float, floor: float, step: int
) -> None:
    warmup = int(warm * steps) * step
    decay = int(fall * (steps * step - warmup))
    lr = rates(Schedule(1.0, steps * step, shape, warmup, decay, floor), steps, step)
    assert all(0 < rate <= 1 for rate in lr)
    begins = (steps * step - decay) / step
    assert all(a <= b for s, (a, b) in enumerate(itertools.pairwise(lr)) if s + 1 <= begins)
    assert all(a >= b - 1e-15 for s, (a, b) in enumerate(itertools.pairwise(lr)) if s >= begins)


def test_batches_of_another_size_get_the_same_rate_at_the_same_tokens_of_the_decay() -> None:
    schedule = Schedule(1.0, 1_000, "linear", floor=0.2)
    assert schedule.lr(500, 10) == schedule.lr(500, 100) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shape": "wsd"}, "no schedule 'wsd'"),
        ({"warmup": 60, "decay": 50}, "do not fit into 100"),
        ({"floor": 1.5}, "no share of the peak"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(settings: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Schedule(1.0, 100, **settings)  # type: ignore[arg-type]
