"""Make `tests/trainers/warm/` anew: the model that `drill/midtrain` of `recipes/drill.yaml` trains, in bf16, and its prompts.

    CURATE_STORE=FOLDER python -m tests.trainers.make_warm

Two minutes on one core. The same weights come out to the bit only with the same torch on a like machine; `test_rl_learns.py` asserts what
matters of them.
"""

import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

import curate

WARM = Path(__file__).parent / "warm"


def main() -> None:
    recipe = curate.open("drill")
    rows = {row["run"]: row for row in recipe.train("grpo")}
    asked = json.loads((Path(rows["grpo"]["folder"]) / "run.json").read_text())
    model = Path(asked["parent"]) / "model"
    AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16).save_pretrained(WARM)
    (WARM / "generation_config.json").unlink(missing_ok=True)
    shutil.copyfile(model / "tokenizer.json", WARM / "tokenizer.json")
    shutil.copyfile(asked["prompts"], WARM / "prompts.parquet")


if __name__ == "__main__":
    main()
