"""Rollout and training tokens per second of GRPO on one GPU, ours beside TRL's, on the same model and prompts, and checks of the sampler.

    python -m benchmarks.rl_gpu --make .bench                        # here: a model's config, a tokenizer, prompts
    python -m benchmarks.rl_gpu --data .bench --json OUT             # on the machine with the GPU, in at most 8 minutes
    python -m benchmarks.rl_gpu --tiny --make DIR --data DIR         # all of it in small, on a CPU

Each entry is a process of its own; one that fails keeps its text, and entries for which no time is left are named. All begin with the same
random weights of Qwen2.5-0.5B's shape, so replies run to the longest length and both sides make as many tokens: 16 prompts of 8 replies of
512 tokens, two updates a round, bf16 compute. Rates are medians of the rounds after the first, the device waited for. `rollout` counts the
tokens of replies over the time to sample them, with judging them and, in ours, handing over the weights; `train` the same tokens over the
rest of the round, old probabilities included.

`checks` are of our engines, transformers' and, where it is installed, vLLM: the KL between sampler and trainer over what was sampled
(TRAINERS P9, P10), that other weights give other replies which agree as well (P14), that replies of stale weights are refused, and
the SHA-256 of what was sent.

What differs: TRL's rewards are a constant function, so groups have no advantage and its updates are of zeros but cost the same; in ours an
entropy bonus makes every reply bear loss for that reason. **Never run on a GPU yet**; `--tiny` was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import _entries

SHAPE = {
    "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
    "vocab_size": 151_936, "tie_word_embeddings": True, "max_position_embeddings": 2048,
}  # fmt: skip
TINY = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "vocab_size": 512, "tie_word_embeddings": True, "max_position_embeddings": 256,
}  # fmt: skip
ROUNDS, GROUP = 4, 8
ENTRIES: dict[str, dict[str, Any]] = {
    "ours hf": {"engine": "hf"},
    "trl hf": {"trl": True},
    "ours vllm": {"engine": "vllm"},
    "trl vllm": {"trl": True, "use_vllm": True},
    "checks hf": {"checks": "hf"},
    "checks vllm": {"checks": "vllm"},
}


def sizes(tiny: bool) -> dict[str, int]:
    """Prompts of a round, tokens of a prompt and of a reply."""
    return {"prompts": 4, "prompt": 12, "reply": 24} if tiny else {"prompts": 16, "prompt": 128, "reply": 512}


def make(folder: Path, tiny: bool) -> None:
    """Write config.json, tokenizer.json and prompts.parquet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import Qwen2Config

    shape, size, dice = (TINY if tiny else SHAPE), sizes(tiny), np.random.default_rng(0)
    folder.mkdir(parents=True)
    Qwen2Config(**shape, bos_token_id=None, eos_token_id=0, pad_token_id=0).save_pretrained(folder)
    words = {"<end>": 0, **{f"w{n}": n for n in range(1, shape["vocab_size"])}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w1"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.Fuse()
    tokenizer.save(str(folder / "tokenizer.json"))
    draws = dice.integers(1, shape["vocab_size"], (ROUNDS * size["prompts"], size["prompt"]))
    rows = {"id": [f"p{n}" for n in range(len(draws))], "problem": [" ".join(f"w{n}" for n in row) for row in draws]}
    pq.write_table(pa.table(rows | {"answer": ["1"] * len(draws)}), folder / "prompts.parquet")


def weights(folder: Path) -> Path:
    """The same folder, with random weights that the first entry makes."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if not (folder / "model.safetensors").exists():
        torch.manual_seed(0)
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.bfloat16)
        model.save_pretrained(folder)
    return folder


def settings(folder: Path, out: Path, tiny: bool, **more: Any) -> dict[str, Any]:
    """run.json of ours."""
    size = sizes(tiny)
    return {
        "out": str(out), "model": str(folder), "prompts": str(folder / "prompts.parquet"), "template": "{problem}", "lr": 1e-6,
        "max_steps": ROUNDS, "max_completion_length": size["reply"], "num_generations": GROUP, "prompts_per_step": size["prompts"],
        "mini_batch": size["prompts"] // 2, "max_prompt_length": size["prompt"], "entropy_bonus": 1e-9, "on_collapse": "warn",
        "micro_batch": 4, "dtype": "float32" if tiny else "bfloat16", "mismatch_kl_limit": 1.0, "save_steps": ROUNDS, **more,
    }  # fmt: skip


def ours(folder: Path, out: Path, tiny: bool, engine: str) -> dict[str, Any]:
    """A run of `trainers.grpo`, and what its metrics say of the rounds after the first."""
    from trainers import grpo

    out.mkdir(parents=True)
    (out / "run.json").write_text(json.dumps(settings(folder, out / "run", tiny, engine=engine)))
    if grpo.main([str(out / "run.json")]):
        raise RuntimeError("the run failed; its text is above")
    lines = [json.loads(line) for line in (out / "run/metrics.jsonl").read_text().splitlines()]
    rounds = [line for line in lines if line["step"] > 1]
    found = {name: [line[f"{name}_seconds"] for line in rounds] for name in ("rollout", "train")}
    kl = max(line["mismatch_kl"] for line in rounds)
    return rates(found, [line["length"] for line in rounds], tiny) | {"mismatch_kl": kl}


def trl(folder: Path, out: Path, tiny: bool, use_vllm: bool = False) -> dict[str, Any]:
    """TRL's GRPOTrainer on the same prompts, two updates a round."""
    import pyarrow.parquet as pq
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
    from trl import GRPOConfig, GRPOTrainer

    size, cuda = sizes(tiny), torch.cuda.is_available()
    begun: list[float] = []
    sampled: list[float] = []
    lengths: list[float] = []

    class Timed(GRPOTrainer):
        def _generate_and_score_completions(self, inputs: Any) -> Any:
            begun.append(now())
            return super()._generate_and_score_completions(inputs)

        def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, ids: Any) -> Any:
            found = super()._calculate_rewards(inputs, prompts, completions, ids)
            sampled.append(now())
            lengths.append(statistics.fmean(map(len, ids)))
            return found

    replies = size["prompts"] * GROUP
    arguments = GRPOConfig(
        output_dir=str(out), max_steps=2 * ROUNDS, per_device_train_batch_size=4, gradient_accumulation_steps=replies // 8,
        steps_per_generation=replies // 4, num_generations=GROUP, max_completion_length=size["reply"], learning_rate=1e-6, beta=0.0,
        lr_scheduler_type="constant", temperature=1.0, bf16=cuda, use_cpu=not cuda, save_strategy="no", report_to="none",
        disable_tqdm=True, use_vllm=use_vllm, vllm_mode="colocate", vllm_gpu_memory_utilization=0.4, gradient_checkpointing=True,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    rows = Dataset.from_dict({"prompt": pq.read_table(folder / "prompts.parquet")["problem"].to_pylist()})
    said = {"tokenizer_file": str(folder / "tokenizer.json"), "padding_side": "left"}
    tokenizer = PreTrainedTokenizerFast(**said, eos_token="<end>", pad_token="<end>")
    trainer = Timed(
        model, lambda completions, **_: [0.0] * len(completions), arguments, rows, processing_class=tokenizer
    )
    trainer.train()
    ends = [*begun[1:], now()]
    found = {"rollout": [b - a for a, b in zip(begun, sampled, strict=True)]}
    found["train"] = [b - a for a, b in zip(sampled, ends, strict=True)]
    return rates({name: seconds[1:] for name, seconds in found.items()}, lengths[1:], tiny)


def now() -> float:
    """The time when the device has done what it was asked."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def rates(seconds: dict[str, list[float]], lengths: list[float], tiny: bool) -> dict[str, Any]:
    """Tokens of replies per second, of the median round."""
    tokens = sizes(tiny)["prompts"] * GROUP * statistics.fmean(lengths)
    return {f"{name}_tokens_per_second": tokens / statistics.median(some) for name, some in seconds.items()} | {
        "seconds": seconds, "tokens": tokens,
    }  # fmt: skip


def checks(folder: Path, tiny: bool, kind: str) -> dict[str, Any]:
    """What an engine of ours is held to, with the weights as they are and with others."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM

    from trainers.policy_loss import mismatch
    from trainers.prompts import Prompts
    from trainers.rl_settings import GRPO
    from trainers.rollout import engine_of, seed_of_reply

    run = GRPO(**settings(folder, folder / "none", tiny, engine=kind, temperature=0.7))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if tiny else torch.bfloat16
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()
    prompts = Prompts(run.prompts, folder, run.template_text)
    engine = engine_of(run, model.config, str(folder), folder, device)
    of = np.repeat(np.arange(run.prompts_per_step), 2)
    asked = [prompts.tokens(int(i)) for i in of], [seed_of_reply(0, 0, prompts.ids[i], n) for n, i in enumerate(of)]
    found: dict[str, Any] = {}
    replies = []
    for version in (0, 1):
        digest = hashlib.sha256()
        engine.sync(sent(model, digest), version)
        replies.append(engine.generate(*asked, sizes(tiny)["reply"], version))
        old = torch.cat([log_probs(model, prompt, replies[-1].reply(i), 0.7) for i, prompt in enumerate(asked[0])])
        apart = mismatch(old.cpu(), torch.from_numpy(replies[-1].log_probs))
        found[f"version {version}"] = {"sent_sha256": digest.hexdigest(), **apart}
        moved(model)
    again = replies[0].tokens.shape == replies[1].tokens.shape and (replies[0].tokens == replies[1].tokens).all()
    found |= {"other_weights_other_replies": not bool(again), "stale_refused": refuses_stale(engine, asked)}
    engine.close()
    return found


def sent(model: Any, digest: Any) -> Any:
    """Each parameter once, and what is sent into a digest."""
    for name, parameter in model.named_parameters():
        digest.update(name.encode() + parameter.detach().float().cpu().numpy().tobytes())
        yield name, parameter.detach()


def moved(model: Any) -> None:
    """Move all weights a little."""
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.02)


def log_probs(model: Any, prompt: list[int], reply: Any, temperature: float) -> Any:
    """The trainer's log-probabilities of a reply's tokens, alone and with all logits."""
    import torch

    ids = torch.tensor([prompt + reply.tolist()], device=model.device)
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float() / temperature
    return logits.log_softmax(-1).gather(1, ids[0, len(prompt) :, None])[:, 0]


def refuses_stale(engine: Any, asked: Any) -> bool:
    """Whether replies of another version than the engine has are refused."""
    from curate.errors import CurateError

    try:
        engine.generate(*asked, 1, 2)
    except CurateError:
        return True
    return False


def entry(name: str, folder: Path, tiny: bool) -> dict[str, Any]:
    """Run one entry in this process."""
    import torch

    said, out = dict(ENTRIES[name]), folder / "out" / name.replace(" ", "-")
    weights(folder)
    if kind := said.get("checks"):
        found = checks(folder, tiny, kind)
    elif said.pop("trl", None):
        found = trl(folder, out, tiny, **said)
    else:
        found = ours(folder, out, tiny, **said)
    peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    return {"entry": name, "peak_bytes": peak, **found}


def run_all(folder: Path, tiny: bool, names: list[str], budget: float, limit: float) -> dict[str, Any]:
    """Every entry in a process of its own, until the budget (seconds) is spent."""
    found = _entries.each("benchmarks.rl_gpu", folder, tiny, names, budget, limit, told, _missing)
    sized = {"shape": TINY if tiny else SHAPE, **sizes(tiny), "rounds": ROUNDS}
    return {**_entries.machine(), **sized, "entries": found}


def _missing(name: str) -> str:
    """What an entry needs and is not there."""
    return "vllm is not installed" if "vllm" in name and not importlib.util.find_spec("vllm") else ""


def told(line: dict[str, Any]) -> str:
    """A row of the table."""
    name = f"{line['entry']:<12}"
    if "error" in line:
        return f"{name} {(line['error'].strip().splitlines() or ['no text'])[-1][:100]}"
    if "stale_refused" in line:
        kl = ", ".join(f"{line[f'version {n}']['kl']:.1e}" for n in (0, 1))
        told = ("other weights, other replies", "other_weights_other_replies"), ("stale refused", "stale_refused")
        return f"{name} KL {kl}; " + "; ".join(f"{what}: {'yes' if line[key] else 'NO'}" for what, key in told)
    rate = ", ".join(f"{what} {line[f'{what}_tokens_per_second']:,.0f} tokens/s" for what in ("rollout", "train"))
    return f"{name} {rate}" + (f", {line['peak_bytes'] / 1e9:.1f} GB" if line["peak_bytes"] else "")


if __name__ == "__main__":
    _entries.command(__doc__, [*ENTRIES], make, entry, run_all, limit=120)
