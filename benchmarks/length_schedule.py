"""Long chains of thought in miniature: a fixed long limit of replies against the progressive schedule, by the monitors' curves.

    python -m benchmarks.length_schedule --out DIR             # some minutes on two cores; DIR/curves.png, DIR/figures.json

OctoThinker's long branch gets unstable under a fixed limit of 8,192 tokens, and does not when replies may be 2,048, then 4,096, then 8,192
long (arXiv 2506.20512). Here the tiny model of `tests/trainers/warm/`, which converts units and answers at once, is first trained on for a
few hundred steps on texts that ramble: from one to many remarks before the answer, and one text in five never comes to it. Then GRPO trains
it under both limits, with the same seeds, prompts and settings, and monitors that only warn. `truncated`, `repetition` and the two lengths
are what the issue is about.

What came out (45 steps, two seeds each; docs/length_schedule.png): no instability, so nothing for the schedule to prevent. Under both
limits rambling is unlearned within ten steps, reward is the same (0.29 and 0.30 over the last ten steps), and so is held-out accuracy (0.10
and 0.07, of 160 replies). The schedule takes 40% of the time, its replies are shorter (7 tokens, not 11), and its entropy is lower (0.25,
not 0.44): a short limit pays for answering at once, which here is all there is to learn. Of the monitors `box_first_wrong` warned in all
four runs.

What is not like it: 0.1M weights in place of 3B, remarks that say nothing in place of reasoning that helps, and tens of steps. It shows
what the schedule does to a run, not whether the paper's runs would come out so.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _plots

WARM = Path(__file__).parents[1] / "tests/trainers/warm"
REMARKS = (
    " Hmm.", " Wait.", " Let me see.", " I convert {from_} to {to}.", " So it is {a} {from_}.", " Or is it?", " Once more.",
    " The answer is near.", " But wait, let me check that again.", " No, that is not it.",
)  # fmt: skip
LONGEST, STAGES = 96, {"0": 24, "15": 48, "30": 96}
WAYS: dict[str, Any] = {"fixed": LONGEST, "schedule": STAGES}
SHOWN = {
    "reward": "reward", "truncated": "replies cut off", "length": "tokens of a reply", "length_right": "tokens of a right reply",
    "repetition": "repeated 8-grams", "entropy": "entropy, nats",
    "zero_advantage": "groups without a signal", "held out": "held-out accuracy",
}  # fmt: skip
COLOURS = {"fixed": _plots.CRAWL, "schedule": _plots.REAL}


class Frames:
    """A corpus that is one frame, as `mixers.mixture` reads it."""

    def __init__(self, frame: Any) -> None:
        self.name, self.frame = "texts", frame

    def shards(self, *columns: str) -> Iterator[Any]:
        yield self.frame.select(columns)


def texts(count: int) -> Iterator[tuple[str, str]]:
    """Texts that ramble, and how each begins."""
    from curation.embedded._problems import draw
    from curation.synth.families._rng import Rng

    for n in range(count):
        rng = Rng(0, "rambling", n)
        problem = draw(rng, ("units",), 1, "train")
        a, words = problem.parsed.numbers[0], problem.parsed.words
        many = min(1 + int(-6 * math.log(1 - rng.random())), 40)
        said = {"a": a, "from_": words["from"], "to": words["to"]}
        remarks = "".join(rng.choice(REMARKS).format(**said) for _ in range(many))
        prompt = f"Question:{problem.text}\nAnswer:"
        endless = rng.chance(0.2)
        yield prompt, prompt + (8 * remarks)[:400] if endless else f"{prompt}{remarks} \\boxed{{{problem.answer}}}"


def rambling(folder: Path, steps: int) -> Path:
    """The model that rambles; its folder."""
    import polars as pl

    from mixers.mixture import mixture
    from mixers.tokenize import tokenize
    from trainers import midtrain

    rows = list(texts(6000))
    docs = pl.DataFrame(
        {"id": [str(n) for n in range(len(rows))], "text": [t for _, t in rows], "begins": [p for p, _ in rows]}
    )
    docs = docs.hstack(tokenize(docs, tokenizer=str(WARM), mask="begins"))
    (folder / "mixture").mkdir(parents=True)
    asked: dict[str, Any] = {
        "tokens": steps * 8 * 256,
        "seq_len": 256,
        "stages": [{"until": 1, "weights": {"texts": 1}}],
        "seed": 0,
    }
    mixture(
        {"texts": Frames(docs)},
        folder / "mixture",
        tokenizer=str(WARM),
        masked=("texts",),
        **asked,
        max_epochs={"texts": 9},
    )
    said = {
        "out": str(folder / "warm"),
        "model": str(WARM),
        "mixture": str(folder / "mixture"),
        "lr": 2e-3,
        "dtype": "float32",
    }
    said |= {
        "max_steps": steps,
        "batch_size": 8,
        "micro_batch": 8,
        "activation_checkpointing": False,
        "lr_scheduler": "cosine",
    }
    (folder / "warm.json").write_text(json.dumps(said | {"min_lr_ratio": 0.1}))
    if midtrain.main([str(folder / "warm.json")]):
        sys.exit(1)
    return folder / "warm/model"


def reinforced(folder: Path, model: Path, way: str, seed: int, steps: int) -> list[dict[str, Any]]:
    """The metrics of a run of GRPO."""
    from trainers import grpo

    out = folder / f"{way}-{seed}"
    said = {
        "out": str(out), "model": str(model), "prompts": str(WARM / "prompts.parquet"), "lr": 1e-3, "max_steps": steps, "seed": seed,
        "max_completion_length": WAYS[way], "prompts_per_step": 8, "mini_batch": 4, "num_generations": 8, "dtype": "float32",
        "micro_batch": 8, "activation_checkpointing": False, "on_collapse": "warn", "held_out": 20, "eval_steps": 10, "save_steps": steps,
    }  # fmt: skip
    path = folder / f"{way}-{seed}.json"
    path.write_text(json.dumps(said))
    if grpo.main([str(path)]):
        sys.exit(1)
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def curve(lines: list[dict[str, Any]], name: str) -> tuple[list[int], list[float]]:
    """Steps and values of a figure."""
    if name == "held out":
        found = [(line["step"], line["held_out_reward"]["accuracy"]) for line in lines if "held_out_reward" in line]
    else:
        found = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
    return [step for step, _ in found], [value for _, value in found]


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of the last ten steps, and which monitors warned."""
    found: dict[str, Any] = {name: float(np.mean(curve(lines, name)[1][-10:])) for name in SHOWN if name != "held out"}
    found["held out"] = curve(lines, "held out")[1][-1]
    warned = [(line["step"], name) for line in lines for name in line.get("collapse", [])]
    first: dict[str, int] = {}
    for step, name in warned:
        first.setdefault(name, step)
    seconds = sum(line.get("rollout_seconds", 0) + line.get("train_seconds", 0) for line in lines)
    return found | {"warned_first_at": first, "seconds": seconds}


def plot(runs: dict[str, list[list[dict[str, Any]]]], path: Path) -> None:
    """The monitors' curves, a line for each seed."""
    figure, axes = _plots.grid(
        2, 4, "GRPO on a tiny model that rambles: fixed limit of 96 tokens, and 24, 48, 96 from steps 0, 15, 30"
    )
    for axis, (name, title) in zip(axes.flat, SHOWN.items(), strict=True):
        axis.set_title(title)
        axis.set_xlabel("step")
        for way, seeds in runs.items():
            for n, lines in enumerate(seeds):
                axis.plot(*curve(lines, name), color=COLOURS[way], alpha=0.8, label=way if n == 0 else None)
    axes.flat[0].legend(frameon=False)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--steps", type=int, default=45, help="of GRPO")
    parser.add_argument("--warm", type=int, default=300, help="steps on texts that ramble")
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    _plots.require()
    model = rambling(asked.out, asked.warm)
    runs = {way: [reinforced(asked.out, model, way, seed, asked.steps) for seed in range(asked.seeds)] for way in WAYS}
    figures = {way: [summary(lines) for lines in seeds] for way, seeds in runs.items()}
    (asked.out / "figures.json").write_text(json.dumps(figures, indent=1))
    plot(runs, asked.out / "curves.png")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
