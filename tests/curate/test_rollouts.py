"""Rollouts can be read, whatever stands in them, and reinforcement learning has curves of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curate.cli.learning import show_curve
from curate.curves import SHOWN, read
from curate.errors import CurateError
from curate.plots import PANELS, _finish, plot
from curate.report import step_text
from curate.training import Training
from tests.curate.runs import environment, opened, program


@pytest.fixture
def here(rl_project: Path) -> Path:
    """The project with rollouts of step 7 and 20 in the folder of its run on prompts, as if it were under way."""
    folder = rollouts_of(rl_project)
    folder.mkdir(parents=True)
    for step in (7, 20):
        lines = [line(prompt, number, step) for prompt in ("a", "b", "c") for number in range(2)]
        (folder / f"step-{step:07d}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    return rl_project


def rollouts_of(folder: Path) -> Path:
    train(folder, "midtrain")
    return Training(opened(folder, "reward"))["grpo"].folder.file("rollouts")


def train(folder: Path, name: str) -> None:
    opened(folder, "reward").train(name)


def line(prompt: str, number: int, step: int, **more: Any) -> dict[str, Any]:
    told = {
        "step": step,
        "prompt_id": prompt,
        "problem": f"What is {prompt}?",
        "answer": "4",
        "number": number,
        "reply": f"It is {number}.",
    }
    return {**told, "reward": float(number), "kind": "right", "tokens": 5, "stopped": True, **more}


def test_the_last_step_is_shown_prompt_by_prompt_with_all_replies(here: Path) -> None:
    found = opened(here, "reward").rollouts(n=2)
    assert (found["run"], found["step"], found["steps"]) == ("reward/grpo", 20, [7, 20])
    assert [prompt["prompt_id"] for prompt in found["prompts"]] == ["a", "b"]
    assert found["prompts"][0]["problem"] == "What is a?"
    assert found["prompts"][1]["replies"] == [
        {"number": n, "reply": f"It is {n}.", "reward": float(n), "kind": "right", "tokens": 5, "stopped": True} for n in range(2)
    ]  # fmt: skip
    assert opened(here, "reward").rollouts("grpo", step=7)["step"] == 7


def test_what_is_not_there_is_told(here: Path) -> None:
    with pytest.raises(CurateError, match=r"reward/grpo has no rollouts of step 8; it has 7, 20"):
        opened(here, "reward").rollouts(step=8)
    with pytest.raises(CurateError, match=r"reward/midtrain has written no rollouts yet"):
        opened(here, "reward").rollouts("midtrain")
    with pytest.raises(CurateError, match=r"has no run 'gppo'; did you mean 'grpo'"):
        opened(here, "reward").rollouts("gppo")
    with pytest.raises(CurateError, match=r"stable has no run on prompts; write one under `train:`"):
        opened(here, "stable").rollouts()


def test_lines_that_are_no_replies_are_passed_over_and_wrong_values_are_none(here: Path) -> None:
    (path,) = [p for p in (here / ".curate/training").glob("*/rollouts/*") if "20" in p.name]
    odd = line("a", 0, 20, reply=None, reward=float("1e400"), kind=7, tokens="many", stopped="yes")
    texts = [
        "{",
        "[]",
        json.dumps(line("a", 0, 20, reward=1e308, reply=["x"], kind=7, tokens="many", stopped="yes")),
        "\udcff",
        json.dumps(odd),
    ]
    path.write_bytes("\n".join(texts).encode("utf-8", "surrogateescape") + b"\n" + b"[" * 100_000 + b"\n")
    ((prompt),) = opened(here, "reward").rollouts()["prompts"]
    assert prompt["replies"] == [
        {"number": 0, "reply": None, "reward": 1e308, "kind": None, "tokens": None, "stopped": None}
    ]


def test_a_reply_that_would_steer_a_terminal_is_made_printable(here: Path) -> None:
    (path,) = [p for p in (here / ".curate/training").glob("*/rollouts/*") if "20" in p.name]
    evil = "\x1b]0;owned\x07\x1b[2J\u202e\r\x00 end"
    path.write_text(
        json.dumps(
            line(
                f"p{evil}",
                0,
                20,
                problem=evil,
                reply=evil + "x" * 5000,
                kind=f"k{evil}\n\n",
                answer=evil,
                stopped=False,
            )
        )
        + "\n"
    )
    words = program("show", "reward", "--rollouts", "grpo", "-n", "1", "--chars", "100")
    shown = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True).stdout
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert ", cut off" in shown
    assert "more characters]" in shown
    whole = subprocess.run(
        [*words[:-2], "--json"], env=environment(), capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(whole)["prompts"][0]["problem"] == evil
    assert "\x1b" not in whole


def test_replies_that_are_alike_are_shown_once_and_counted(here: Path) -> None:
    (path,) = [p for p in (here / ".curate/training").glob("*/rollouts/*") if "20" in p.name]
    replies = [("4", "right"), ("5", "wrong"), ("4", "right"), ("4", "right")]
    lines = [line("a", n, 20, reply=text, kind=kind, reward=kind == "right") for n, (text, kind) in enumerate(replies)]
    path.write_text("".join(json.dumps(one | {"reward": float(one["reward"])}) + "\n" for one in lines))
    words = program("show", "reward", "--rollouts", "grpo")
    shown = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True).stdout
    assert "a  3 of 4 right  answer: 4\n" in shown
    assert [said for said in shown.splitlines() if said.startswith("---")] == [
        "--- 0 and 2 more alike: reward 1, right, 5 tokens",
        "--- 1: reward 0, wrong, 5 tokens",
    ]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"step": 3, "loss": 2.5, "reward": 0.25}, "step 3 of 9, reward 0.2500"),
        ({"step": 3, "loss": 2.5, "reward": None}, "step 3 of 9, loss 2.5000"),
        ({"step": 3, "loss": None, "reward": None}, "step 3 of 9"),
    ],
)
def test_the_line_of_a_run_under_way_has_its_reward_or_else_its_loss(figures: dict[str, Any], said: str) -> None:
    assert step_text(figures, 9) == said


def measured(folder: Path, steps: int = 40) -> Path:
    """Metrics as `trainers/grpo.py` writes them."""
    lines: list[dict[str, Any]] = [{"step": 0, "held_out_reward": {"accuracy": 0.2, "length": 30.0, "truncated": 0.1}}]
    for step in range(1, steps + 1):
        share = step / steps
        told = {
            "reward": 0.2 + share / 2,
            "entropy": 1 - share,
            "length_right": 30 * share,
            "length_wrong": 40 * share,
            "truncated": 0.1,
        }
        told |= {
            "zero_advantage": 0.5,
            "all_right": 0.2,
            "all_wrong": 0.3,
            "kl": 0.01,
            "explained_variance": 0.5,
            "mismatch_kl": 1e-6,
            "clip_low": 0.0,
            "clip_high": 0.01,
        }
        lines.append(
            {
                "step": step,
                "tokens": 100 * step,
                "lr": 1e-6,
                "loss": 0.0,
                "max_completion_length": 64,
                **told,
                "kinds": {"right": 3},
            }
        )
    lines[-1]["held_out_reward"] = {"accuracy": 0.7, "length": 40.0, "truncated": float("1")}
    folder.mkdir(exist_ok=True)
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    return folder


def test_reinforcement_learning_is_measured_by_steps_and_begins_before_the_first(tmp_path: Path) -> None:
    curve = read(measured(tmp_path / "run"), "r/grpo")
    assert curve.is_rl
    assert curve.series["held_out_reward/accuracy"] == ([0, 40], [0.2, 0.7])
    assert curve.series["reward"][0] == list(range(1, 41))
    assert (curve.step, curve.tokens) == (40, 4000)
    assert curve.shown == list(SHOWN)


def test_a_collapse_that_a_run_went_on_from_is_told_with_its_curves(tmp_path: Path, capsys: Any) -> None:
    path = measured(tmp_path / "run", 4) / "metrics.jsonl"
    lines = [json.loads(one) for one in path.read_text().splitlines()]
    for one in lines[3:]:
        one |= {"collapse": ["truncated\x1b[2J"], "rollbacks": 2}
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    show_curve(read(tmp_path / "run", "r/grpo"))
    shown = capsys.readouterr().out
    assert re.search(r"\n  collapse: truncated.* from step 3 on, 2 of 4 steps\n  collapse: went back 2 times", shown)
    assert "\x1b[2J" not in shown
    path.write_text(json.dumps({"step": 1, "tokens": 1, "reward": 1, "collapse": [3, None], "rollbacks": "x"}) + "\n")
    show_curve(read(tmp_path / "run", "r/grpo"))
    assert "collapse" not in capsys.readouterr().out


def test_panels_of_reinforcement_learning_are_drawn_beside_those_of_mid_training(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    (tmp_path / "mid").mkdir()
    told = [{"step": n, "tokens": 10 * n, "loss": 9 / n, "lr": 1e-3, "held_out": {"web": 9 / n}} for n in range(1, 9)]
    (tmp_path / "mid/metrics.jsonl").write_text("\n".join(map(json.dumps, told)) + "\n")
    learned = [read(measured(tmp_path / name), f"r/{name}", "r/mid") for name in ("grpo", "p$p$o")]
    for name, curves in {
        "one": learned[:1],
        "two": learned,
        "all": [read(tmp_path / "mid", "r/mid"), *learned],
        "again": learned[:1],
    }.items():
        plot(curves, tmp_path / f"{name}.png", "r")
    sizes = {name: (tmp_path / f"{name}.png").stat().st_size for name in ("one", "two", "all")}
    assert sizes["one"] < sizes["two"] < sizes["all"]
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "again.png").read_bytes()


def test_steps_are_counted_in_whole_numbers_below_a_panel() -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    from matplotlib.figure import Figure

    axis = Figure().subplots()
    axis.plot([0, 20], [0, 1])
    _finish(axis, "steps")
    assert all(tick == int(tick) for tick in axis.get_xticks())


def test_every_series_of_a_panel_is_one_that_is_read() -> None:
    from curate.curves import PLAIN, ROLLOUTS

    known = {*PLAIN, *ROLLOUTS, "held_out_reward/accuracy"}
    assert {name for _, names in PANELS for name in names} | {*SHOWN} <= known


def test_status_and_show_tell_reward_prompts_and_curves(here: Path) -> None:
    opened(here, "reward").train()
    told = {
        name: subprocess.run(
            program(name, "reward"), env=environment(), capture_output=True, text=True, check=True
        ).stdout
        for name in ("status", "show")
    }
    head, rule, midtrain, grpo = told["status"].splitlines()[1:5]
    assert head.split() == ["run", "state", "step", "tokens", "loss", "reward", "job", "why"]
    assert grpo.split()[-2:] == ["0.1000", "0.4160"] and midtrain.split()[-1] == "0.2500" and rule
    assert "sums: 31 prompts; left out: 1 without answer, 1 repeated" in told["show"]
    assert "  held out: accuracy" in told["show"]
