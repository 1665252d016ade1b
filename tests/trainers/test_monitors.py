import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from tests.trainers import twins
from trainers.monitors import BOUNDS, Measures, Monitors, checked_bounds, measures, repetition
from trainers.rl_settings import checked_grpo

NAN = math.nan
PATIENCE = 3
HEALTHY: Measures = {
    "prompts": 128, "replies": 2048, "right": 0.3, "length": 400.0, "length_right": 300.0, "length_wrong": 450.0, "truncated": 0.1,
    "repetition": 0.07, "box_first": 0.02, "box_first_wrong": 0.02, "entropy": 0.4, "reward_std": 0.3, "zero_advantage": 0.3,
    "all_right": 0.1, "all_wrong": 0.2,
}  # fmt: skip


def flat(replies: list[list[int]]) -> tuple[Any, Any]:
    bounds = np.cumsum([0, *(len(reply) for reply in replies)])
    return np.array([token for reply in replies for token in reply], dtype=np.int32), bounds


def measured(rewards: list[list[float]], **more: Any) -> Measures:
    """Of replies that are right where the reward is 1, each its own place long."""
    said = np.array(rewards, dtype=np.float32)
    tokens, bounds = flat([[7] * (n + 1) for n in range(said.size)])
    asked = {"right": said == 1, "truncated": np.zeros(said.shape, dtype=bool), "texts": ["so"] * said.size}
    return measures(**{"rewards": said, "tokens": tokens, "bounds": bounds, "entropy": 0.5} | asked | more)


def alarms(*steps: dict[str, Any], bounds: dict[str, float] | None = None) -> list[list[str]]:
    """What monitors see after a healthy beginning, step by step."""
    monitors = Monitors(bounds or {}, PATIENCE)
    for step in range(1, PATIENCE + 1):
        assert monitors.see(step, HEALTHY) == []
    return [monitors.see(PATIENCE + n, HEALTHY | step) for n, step in enumerate(steps, 1)]


# Measures


def test_groups_are_counted_by_what_they_leave_to_learn() -> None:
    """Two all wrong, one all right, one mixed, one with two rewards that nobody could judge and two that are alike."""
    found = measured([[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [NAN, 1, 1, NAN]])
    assert (found["zero_advantage"], found["all_wrong"], found["all_right"]) == (0.8, 0.4, 0.2)
    assert found["reward_std"] == pytest.approx(0.5 / 5) and found["right"] == pytest.approx(7 / 20)


def test_groups_that_have_no_advantage_are_those_that_are_counted() -> None:
    torch = pytest.importorskip("torch", reason="needs the extra `train`")
    from trainers.advantages import group_advantages

    dice = np.random.default_rng(0)
    rewards = dice.choice([0, 0, 0, 1, 0.1, NAN], size=(200, 3))
    dead = ~group_advantages(torch.from_numpy(rewards), scale=True).any(1)
    assert measured(rewards.tolist())["zero_advantage"] == pytest.approx(float(dead.float().mean()))


def test_lengths_of_right_and_wrong_replies_are_apart_and_missing_where_there_is_none() -> None:
    found = measured([[1, 0], [0, 0]])  # of 1, 2, 3 and 4 tokens
    assert (found["length"], found["length_right"], found["length_wrong"]) == (2.5, 1.0, 3.0)
    assert measured([[0, 0]])["length_right"] is None
    json.dumps(found, allow_nan=False)


def test_groups_of_one_have_no_spread_to_speak_of() -> None:
    found = measured([[0.0], [1.0]])
    assert found["reward_std"] is found["zero_advantage"] is found["all_wrong"] is None and found["right"] == 0.5


def test_a_step_without_replies_is_measured_as_nothing() -> None:
    none = np.empty((0, 4), dtype=np.float32)
    tokens, bounds = flat([])
    found = measures(
        rewards=none, right=none > 0, truncated=none > 0, tokens=tokens, bounds=bounds, texts=[], entropy=None
    )
    assert found["replies"] == 0 and found["right"] is found["length"] is found["repetition"] is None
    assert Monitors({}, 1).see(1, found) == []


def test_only_a_box_at_the_very_beginning_is_box_first() -> None:
    texts = [r"\boxed{7} \boxed{7}", r" So: \boxed{7}", r"Let us think step by step: \boxed{7}", "7"]
    found = measured([[1, 0, 0, 0, 0]], texts=[*texts, r"$\boxed{8}$"])
    assert (found["box_first"], found["box_first_wrong"]) == (0.6, 0.4)


@given(st.lists(st.lists(st.integers(0, 2), max_size=40), max_size=6), st.integers(1, 5))
def test_repetition_is_that_of_sets_of_n_grams(replies: list[list[int]], n: int) -> None:
    found = repetition(*flat(replies), n)
    assert found.tolist() == pytest.approx([twins.repetition(reply, n) for reply in replies])


def test_a_loop_is_all_repetition_and_a_reply_never_repeats_its_neighbour() -> None:
    loop, fresh = [1, 2, 3, 4, 5] * 200, list(range(1000))
    assert repetition(*flat([loop, fresh, fresh, [3], []])).tolist() == [pytest.approx(0.995, abs=1e-3), 0, 0, 0, 0]


def test_replies_of_large_token_ids_do_not_collide() -> None:
    tokens = np.random.default_rng(0).integers(100_000, 128_256, size=200_000).astype(np.int32)
    assert repetition(tokens, np.array([0, 200_000]), 2)[0] == pytest.approx(
        twins.repetition(tokens.tolist(), 2), abs=1e-12
    )


# Bounds


def test_monitors_and_settings_need_no_torch() -> None:
    code = "import sys, trainers.monitors, trainers.lengths, trainers.rl_settings; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_unknown_monitors_and_bounds_that_are_none_are_refused_in_one_line() -> None:
    with pytest.raises(CurateError, match=r"^run: no monitor 'truncate'; did you mean 'truncated'\?$"):
        checked_bounds({"truncate": 0.5}, "run")
    for bad in (-1, math.inf, NAN, "0.5", True, None, [1]):
        with pytest.raises(CurateError, match=r"^run: monitors: repetition is .*, and must be a number from 0 on$"):
            checked_bounds({"repetition": bad}, "run")
    assert checked_bounds({"repetition": 1}) == BOUNDS | {"repetition": 1.0}


def test_settings_of_a_run_refuse_them_too() -> None:
    said = {"out": "o", "prompts": "p", "lr": 1e-6, "max_steps": 1, "max_completion_length": 8, "model": "m"}
    assert checked_grpo(said | {"monitors": {"truncated": 0.5}}, "run").monitors == {"truncated": 0.5}
    with pytest.raises(CurateError, match="no monitor 'clipped'"):
        checked_grpo(said | {"monitors": {"clipped": 0.5}}, "run")


# Collapse


@pytest.mark.parametrize(
    ("name", "sick"),
    [
        ("box_first_wrong", {"box_first_wrong": 0.8}),
        ("entropy_low", {"entropy": 0.001}),
        ("entropy_rise", {"entropy": 2.0}),
        ("length_growth", {"length": 1700.0}),
        ("repetition", {"repetition": 0.6}),
        ("truncated", {"truncated": 0.95}),
        ("zero_advantage", {"zero_advantage": 1.0}),
    ],
)
def test_what_is_beyond_its_bound_for_so_many_steps_in_a_row_is_a_collapse(name: str, sick: dict[str, float]) -> None:
    assert alarms(sick, sick, sick, sick) == [[], [], [name], [name]]
    assert alarms(sick, sick, {}, sick, sick, {}) == [[]] * 6
    assert alarms(*[sick] * 9, bounds={name: 0.0 if name == "entropy_low" else 1e9}) == [[]] * 9


def test_a_reward_that_falls_to_half_of_its_best_is_a_collapse_whenever_that_was() -> None:
    """Both as means over three steps: it is seen when these three hold nothing else, and told two steps later."""
    up = [{"right": 0.3 + n / 20} for n in range(8)]
    assert alarms(*up, *[{"right": 0.5}] * 20) == [[]] * 28
    found = alarms(*up, *[{"right": 0.2}] * 6)
    assert found[:12] == [[]] * 12 and found[12:] == [["reward_drop"]] * 2


def test_a_reward_that_falls_to_nothing_is_told_within_twice_the_patience() -> None:
    found = alarms(*[{"right": 0.0}] * 2 * PATIENCE)
    assert "reward_drop" in found[-1] and found[0] == []


def test_replies_none_of_which_is_right_are_counted_from_the_first_step_on() -> None:
    """10,000 are five steps of 2,048, and then the patience."""
    monitors = Monitors({}, PATIENCE)
    found = [monitors.see(step, HEALTHY | {"right": 0.0}) for step in range(1, 9)]
    assert found == [[]] * 6 + [["wrong_in_a_row"]] * 2


def test_a_weak_model_that_stays_as_it_was_has_not_collapsed() -> None:
    """All cut off, full of repetition, few right, no group with a signal, as a small random model has it."""
    weak = {
        "truncated": 0.98,
        "repetition": 0.7,
        "box_first_wrong": 0.9,
        "zero_advantage": 0.99,
        "right": 0.001,
        "entropy": 5.7,
    }
    monitors = Monitors({}, PATIENCE)
    assert [monitors.see(step, HEALTHY | weak) for step in range(1, 50)] == [[]] * 49


def test_a_policy_that_has_solved_its_prompts_has_not_collapsed() -> None:
    solved = {
        "right": 0.99,
        "entropy": 0.0005,
        "zero_advantage": 1.0,
        "all_right": 1.0,
        "length": 60.0,
        "length_wrong": None,
    }
    assert alarms(*[solved] * 9) == [[]] * 9
    assert alarms(*[solved | {"right": 0.6}] * 3)[-1] == ["entropy_low", "zero_advantage"]


def test_chains_of_thought_that_grow_and_are_right_more_often_have_not_collapsed() -> None:
    assert alarms(*[{"length": 4000.0, "right": 0.5}] * 9) == [[]] * 9


def curve(
    right: list[float], length: list[float], truncated: list[float], entropy: list[float]
) -> list[tuple[int, str]]:
    """The alarms of a run of so many steps of 128 x 16, with the chance of drawing."""
    dice, monitors, found = np.random.default_rng(0), Monitors({}, 5), []
    for step, (of, tokens, cut, nats) in enumerate(zip(right, length, truncated, entropy, strict=True), 1):
        p = np.clip(dice.beta(max(of, 1e-3), 1 - min(of, 0.999), 128), 0, 1)  # prompts are easy or hard
        share = float((dice.random((128, 16)) < p[:, None]).mean())
        seen = HEALTHY | {"right": share, "length": tokens, "truncated": cut, "entropy": nats}
        found += [(step, name) for name in monitors.see(step, seen)]
    return found


def test_a_run_like_octothinkers_on_long_chains_at_a_fixed_limit_is_stopped_before_its_reward_is_gone() -> None:
    """MATH500 rises to 0.48 within 60 steps, and is at nothing by step 100, with replies that fill 8,192 tokens."""
    right = [*np.linspace(0.02, 0.48, 60), *np.linspace(0.48, 0.0, 40)]
    length = [*np.linspace(3000, 2500, 60), *np.linspace(2500, 8192, 40)]
    truncated = [*np.linspace(0.4, 0.2, 60), *np.linspace(0.2, 1.0, 40)]
    found = curve(right, length, truncated, [0.5] * 100)
    assert found[0][1] == "reward_drop" and 75 < found[0][0] < 95


def test_a_run_like_octothinkers_long_branch_is_left_alone_to_its_end() -> None:
    """From 0.04 to 0.65 in 300 steps; replies grow to 2,010 tokens, nearly all are cut off at first, entropy falls to a tenth."""
    steps = np.linspace(0, 1, 300)
    right = [*(0.04 + 0.61 * steps**0.5)]
    assert curve(right, [*(900 + 1110 * steps)], [*(0.95 - 0.9 * steps**0.3)], [*(0.6 * 10**-steps)]) == []


def test_longer_stages_are_no_collapse() -> None:
    """2k, 4k, 8k with replies that fill them, as OctoThinker's schedule has it."""
    stages = [
        {"length": 0.8 * tokens, "truncated": 0.5, "right": 0.4} for tokens in (2048, 4096, 8192) for _ in range(9)
    ]
    assert alarms(*stages) == [[]] * 27


@pytest.mark.parametrize("chance", [0.05, 0.3, 0.7])
def test_short_runs_of_few_replies_whose_reward_stays_the_same_raise_no_alarm(chance: float) -> None:
    """Fifty runs of forty steps of 4 prompts x 4 replies, each right by chance: half of the best share is often seen."""
    dice = np.random.default_rng(0)
    for _ in range(50):
        monitors = Monitors({}, 5)
        for step in range(1, 41):
            right = dice.binomial(1, chance, size=(4, 4))
            dead = float((right.all(1) | ~right.any(1)).mean())
            few = {"prompts": 4, "replies": 16, "right": float(right.mean()), "zero_advantage": dead}
            assert monitors.see(step, HEALTHY | few) == []


def test_a_measure_that_is_missing_for_a_step_neither_adds_nor_forgets() -> None:
    sick = {"entropy": 0.001}
    assert alarms(sick, sick, {"entropy": None}, sick)[-1] == ["entropy_low"]


def test_the_healthy_weights_are_those_before_the_ones_that_sampled_the_first_bad_replies() -> None:
    """Steps 4 and 5 are healthy, 6 is the first that is not: its replies are of the weights after step 5. Those after 4 sampled step 5."""
    monitors = Monitors({}, PATIENCE)
    for step in range(1, 6):
        monitors.see(step, HEALTHY)
    for step in range(6, 9):
        names = monitors.see(step, HEALTHY | {"truncated": 1.0})
    assert names == ["truncated"] and monitors.healthy(names) == 4


def test_after_a_rollback_there_is_rest_but_what_is_wrong_is_still_counted() -> None:
    monitors = Monitors({}, PATIENCE)
    for step in range(1, 4):
        monitors.see(step, HEALTHY)
    monitors.rest(9)
    found = [monitors.see(step, HEALTHY | {"truncated": 1.0}) for step in range(4, 11)]
    assert found == [[]] * 5 + [["truncated"]] * 2


@given(st.integers(0, 10**6), st.integers(1, 19))
def test_monitors_that_are_saved_and_loaded_go_on_as_if_nothing_had_been(seed: int, cut: int) -> None:
    dice = np.random.default_rng(seed)
    steps = [
        HEALTHY | {"truncated": float(dice.choice([0.1, 1.0], p=[0.3, 0.7])), "right": float(dice.random())}
        for _ in range(20)
    ]
    whole, before, after = (Monitors({"truncated": 0.5}, PATIENCE) for _ in range(3))
    wanted = [whole.see(step, found) for step, found in enumerate(steps, 1)]
    found = [before.see(step, one) for step, one in enumerate(steps[:cut], 1)]
    saved = before.state_dict()
    before.see(cut + 1, HEALTHY)  # what goes on is nothing to what was saved
    after.load_state_dict(json.loads(json.dumps(saved, allow_nan=False)))
    found += [after.see(step, one) for step, one in enumerate(steps[cut:], cut + 1)]
    assert found == wanted and after.state_dict() == whole.state_dict()
