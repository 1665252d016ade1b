"""Curves of training runs are read from whatever a trainer wrote, and drawn where they belong."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.curves import BLOCKS, Curve, by_entry, mean_series, read, smooth, spark
from curate.errors import CurateError
from curate.plots import _called, _starts, plot


def write(folder: Path, *lines: object) -> Path:
    folder.mkdir(exist_ok=True)
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (folder / "metrics.jsonl").write_bytes(b"\n".join(texts) + b"\n")
    return folder


def test_a_curve_has_the_numbers_of_its_lines_and_the_last_of_lines_of_one_step(tmp_path: Path) -> None:
    curve = read(
        write(
            tmp_path / "run",
            {"step": 0, "tokens": 0, "held_out": {"web": 9.0}},
            {"step": 1, "tokens": 10, "loss": 8.0, "lr": 0.1},
            {"step": 2, "tokens": 20, "loss": 7.0, "lr": 0.1},
            {"step": 2, "tokens": 20, "loss": 6.5, "lr": 0.1, "held_out": {"web": 7.0, "qa": 3.0}},
        ),
        "r/midtrain",
    )
    assert (curve.step, curve.tokens, curve.sources) == (2, 20, ["qa", "web"])
    assert curve.series["loss"] == ([10, 20], [8.0, 6.5])
    assert curve.series["held_out/web"] == ([0, 20], [9.0, 7.0])
    assert curve.ends("held_out/web") == (9.0, 7.0)
    assert curve.ends("mfu") is None


@pytest.mark.parametrize(
    "line",
    [b"{", b"", b"\xff\xfe", b"[1]", b'{"step": 3}', b'{"step": NaN, "tokens": 1}', b'{"step": true, "tokens": 1}', b'"x"',
     b"[" * 100_000, b'{"step": 3, "tokens": 1e308, "loss": 1}', b'{"step": 3, "tokens": 1, "loss": "' + b"x" * (1 << 20) + b'"}'],
)  # fmt: skip
def test_a_line_that_is_no_measurement_is_passed_over(tmp_path: Path, line: bytes) -> None:
    told = {"step": 1, "tokens": 10, "loss": 8.0}
    curve = read(write(tmp_path / "run", told, line, {**told, "step": 2, "tokens": 20}), "r/midtrain")
    assert curve.series == {"tokens": ([10, 20], [10, 20]), "loss": ([10, 20], [8.0, 8.0])}


def test_a_value_that_is_no_number_is_passed_over(tmp_path: Path) -> None:
    line = {"step": 3, "tokens": 4, "loss": "low", "held_out": [1], "lr": None, "mfu": True, "grad_norm": -1e308}
    assert read(write(tmp_path / "run", line), "r/midtrain").series == {"tokens": ([4], [4])}


def test_a_run_that_has_measured_nothing_has_an_empty_curve(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere", "r/midtrain") == Curve("r/midtrain")


@given(st.lists(st.floats(-1e6, 1e6), max_size=300), st.integers(1, 80))
def test_a_spark_is_at_most_as_wide_as_asked_and_shows_both_ends_of_the_range(values: list[float], width: int) -> None:
    line = spark(values, width)
    assert len(line) == min(width, len(values))
    assert set(line) <= set(BLOCKS)
    if len(values) <= width and max(values, default=0) > min(values, default=0):
        assert {BLOCKS[0], BLOCKS[-1]} <= set(line)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=200))
def test_smoothing_stays_between_the_extremes_and_leaves_a_constant_alone(values: list[float]) -> None:
    found = smooth(values)
    assert len(found) == len(values)
    assert min(values) - 1e-9 <= min(found)
    assert max(found) <= max(values) + 1e-9
    assert all(math.isclose(one, 3.0) for one in smooth([3.0] * len(values)))


def test_a_branch_begins_where_the_run_it_grew_from_ends_and_a_circle_does_not_hang() -> None:
    stable, decay = Curve("stable/m", tokens=100), Curve("long/m", "stable/m", tokens=30)
    assert _starts([decay, Curve("long/rl", "long/m"), stable]) == {"long/m": 100, "long/rl": 130, "stable/m": 0}
    assert set(_starts([Curve("a", "b", tokens=1), Curve("b", "a", tokens=1)])) == {"a", "b"}


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_curves_give_the_same_picture(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    lines = [{"step": n, "tokens": 10 * n, "loss": 9 / n, "lr": 1e-3, "held_out": {"web": 9 / n}} for n in range(1, 9)]
    stable = read(write(tmp_path / "stable", *lines), "stable/m")
    curves = [stable, read(write(tmp_path / "long", *lines[:5]), "long/m", "stable/m")]
    for name in ("one", "two"):
        plot(curves, tmp_path / f"{name}{suffix}", "long")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert (tmp_path / f"one{suffix}").stat().st_size > 5_000


def test_a_source_called_like_a_formula_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    line = {"step": 1, "tokens": 10, "loss": 8.0, "held_out": {r"$\frac$": 1.0, "a\nb\x1b": 2.0}}
    plot([read(write(tmp_path / "run", line), "r/midtrain")], tmp_path / "a.svg", "r")
    assert (tmp_path / "a.svg").stat().st_size > 0


def test_a_picture_of_nothing_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="has trained nothing yet"):
        plot([Curve("a")], tmp_path / "a.png", "long")
    with pytest.raises(CurateError, match=r"a \.png, \.svg or \.pdf"):
        plot([], tmp_path / "a.gif", "long")


SERIES = st.lists(
    st.dictionaries(st.integers(0, 9), st.floats(-1e6, 1e6), max_size=6).map(lambda one: ([*one], [*one.values()])),
    min_size=1,
    max_size=4,
)


@given(SERIES)
def test_a_mean_is_told_where_all_seeds_have_a_value(series: list[tuple[list[float], list[float]]]) -> None:
    places, values = mean_series(series)
    assert places == sorted(set.intersection(*({*one} for one, _ in series)))
    for place, value in zip(places, values, strict=True):
        own = [dict(zip(*one, strict=True))[place] for one in series]
        assert min(own) - 1e-6 <= value <= max(own) + 1e-6
        assert math.isclose(value, sum(own) / len(own), rel_tol=1e-9, abs_tol=1e-6)


def test_seeds_of_an_entry_are_one_curve_and_what_goes_on_from_them_leads_to_it() -> None:
    def run(name: str, n: int, parent: str | None, value: float) -> Curve:
        return Curve(f"r/{name}-{n}", parent, {"loss": ([1, 2], [value, value])}, 2, 20 - n, entry=f"r/{name}")

    seeds = [run("midtrain", n, None, n) for n in range(3)]
    ends = [run("end", n, f"r/midtrain-{n}", n) for n in range(2)]
    alone = [run("one", 0, "r/midtrain-2", 5.0), Curve("r/plain", "r/one-0", entry="r/plain")]
    found = by_entry([*seeds, *ends, *alone])
    assert [(one.name, one.parent, len(one.seeds)) for one in found] == [
        ("r/midtrain", None, 3),
        ("r/end", "r/midtrain", 2),
        ("r/one-0", "r/midtrain", 0),
        ("r/plain", "r/one-0", 0),
    ]
    assert found[0].series == {"loss": ([1, 2], [1.0, 1.0])}
    assert (found[0].step, found[0].tokens, found[0].seeds) == (2, 18, tuple(seeds))
    assert by_entry(alone) == alone


def test_seeds_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    lines = [{"step": n, "tokens": 10 * n, "loss": 9 / n, "lr": 1e-3, "held_out": {"web": 9 / n}} for n in range(1, 9)]
    learned = [
        {"step": n, "tokens": 10 * n, "reward": n / 9, "held_out_reward": {"accuracy": n / 9}} for n in range(1, 5)
    ]
    curves = [read(write(tmp_path / f"a{n}", *lines), f"r/a-{n}", None, "r/a") for n in range(2)]
    curves += [read(write(tmp_path / f"b{n}", *learned), f"r/b-{n}", f"r/a-{n}", "r/b") for n in range(2)]
    plot(curves, tmp_path / "seeds.png", "r")
    plot(curves[::2], tmp_path / "one.png", "r")
    assert (tmp_path / "seeds.png").read_bytes() != (tmp_path / "one.png").read_bytes()
    assert [_called(one) for one in by_entry(curves)] == ["r/a, mean of 2 seeds", "r/b, mean of 2 seeds"]
