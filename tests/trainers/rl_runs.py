"""Runs of the trainers of RL in processes of their own: a tiny random Llama whose words are whole answers, so that some replies are right.

A reply is right if it has the one box of the answer and ends: with 11 words, two of them boxes and two ends, a random one often is.
"""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import torch

from tests.trainers import ranks
from tests.trainers.runs import cut, lines, printed, weights

__all__ = ["base", "curve", "cut", "lines", "printed", "prompts", "train", "weights", "write"]

WORDS = ["<eos>", r"\boxed{1}", r"\boxed{2}", "1", "2", "+", "=", "Q", "A", ":", "."]
SETTINGS: dict[str, Any] = {
    "lr": 1e-2, "max_steps": 4, "max_completion_length": 10, "num_generations": 6, "prompts_per_step": 4, "mini_batch": 2,
    "template": "Q:{problem}A:", "stop": ["."], "max_grad_norm": 0.02, "dtype": "float32", "save_steps": 50, "keep": 9, "micro_batch": 8,
    "activation_checkpointing": False, "on_collapse": "warn", "rollout_steps": 2,
}  # fmt: skip
"""Two updates a step, and clipping binds."""


def base(out: Path, seed: int = 0) -> Path:
    """Folder of a model and its tokenizer."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "vocab_size": len(WORDS)}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64}
    ends = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": None, "initializer_range": 0.1}
    LlamaForCausalLM(LlamaConfig(**sizes, **heads, **ends, tie_word_embeddings=True)).save_pretrained(out)
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="."))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\\boxed\{\d\}|."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken("<eos>", special=True)])
    tokenizer.save(str(out / "tokenizer.json"))
    return out


def prompts(out: Path, count: int = 12) -> Path:
    """A file of prompts, half of whose answers are 1, and 2 the other half."""
    problems = ["1+" * (n // 2) + ("1=" if n % 2 else "2=") for n in range(count)]
    rows = {
        "id": [f"p{n}" for n in range(count)],
        "problem": problems,
        "answer": [str(1 + n % 2) for n in range(count)],
    }
    pl.DataFrame(rows).write_parquet(out)
    return out


def write(out: Path, base: Path, asked: Path, **more: Any) -> Path:
    """The file of settings of a run into `out`, beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f"{out.name}.json")
    path.write_text(json.dumps(SETTINGS | {"out": str(out), "model": str(base), "prompts": str(asked)} | more))
    return path


def main(rank: int, kind: str, *paths: Path) -> list[int]:
    """On one rank: exit codes of a trainer for some files of settings, one after another. What it prints goes beside the first."""
    from trainers import grpo, ppo

    log = paths[0].with_suffix(f".log-{rank}")
    with log.open("a") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        return [{"grpo": grpo, "ppo": ppo}[kind].main([str(path)]) for path in paths]


def train(*paths: Path, kind: str = "grpo", world: int = 1, code: int = 0) -> list[Path]:
    """Train to the end, in this process or on some ranks; the folders of the runs."""
    if world > 1:
        said = ranks.run(world, paths[0].parent / "scratch", main, kind, *paths, seconds=120)
    else:
        try:
            said = [main(0, kind, *paths)]
        finally:
            if torch.distributed.is_initialized():  # a run that failed leaves its group to whoever started it
                torch.distributed.destroy_process_group()
    assert said == [[code] * len(paths)] * world, (said, printed(paths[0]))
    return [path.with_suffix("") for path in paths]


TIMED = ("tokens_per_second", "rollout_seconds", "train_seconds")


def curve(out: Path) -> list[dict[str, Any]]:
    """What must be equal, of each step: all but what was timed."""
    every = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name not in TIMED} for line in every]


def tensors(out: Path) -> dict[str, torch.Tensor]:
    """The weights of the trained model."""
    from safetensors.torch import load_file

    return load_file(out / "model/model.safetensors")


def rollouts(out: Path, step: int) -> list[dict[str, Any]]:
    """What was written down of a step."""
    return [json.loads(line) for line in (out / f"rollouts/step-{step:07}.jsonl").read_text().splitlines()]


def weights_of(base: Path) -> str:
    """SHA-256 of a model's weights."""
    return hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
