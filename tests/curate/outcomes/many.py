"""A project with recipes of three seeds: `many`, `better`, whose weights gain more, `same`, which gains as much, `branch` from `many`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.curate import rl

MANY = f"""
recipe: many
extends: stable
{rl.SUMS.strip()}
train:
  midtrain: {{seeds: 3}}
  grpo: {{run: python learn.py, from: midtrain, prompts: sums, template: simple, max_steps: 8, held_out: 10, seeds: 3}}
probe: {{run: python learn.py, from: midtrain, prompts: sums, max_steps: 3}}
"""
HOSTILE = "<img src=x onerror=window.flag=1>"
OTHERS = {
    "better": "recipe: better\nextends: many\ntrain: {midtrain: {lr: 5e-3}}\n",
    "same": "recipe: same\nextends: many\ntrain: {midtrain: {lr: 2.0001e-3}}\n",
    "branch": "recipe: branch\nextends: many\nmixture: {tokens: 500}\n"
    f"train: {{midtrain: {{from: 'many:midtrain', config: null, lr: 4e-3}}, grpo: {{collapse: [entropy, '{HOSTILE}']}}}}\n",
}


def make(folder: Path) -> Path:
    """The project in a folder."""
    return rl.make(folder, many=MANY, **OTHERS)


def outcome(found: dict[str, Any], recipe: str, entry: str = "grpo") -> dict[str, Any]:
    """What a comparison says of one recipe's entry."""
    (one,) = [one for one in found["outcomes"] if (one["recipe"], one["entry"]) == (recipe, entry)]
    return dict(one)
