"""Tokens per second, MFU and memory of a mid-training step on one GPU, ours beside transformers' Trainer and OLMo-core, in one run.

    python -m benchmarks.midtrain_gpu --make .bench                       # here: packed windows, a tokenizer (needs polars)
    python -m benchmarks.midtrain_gpu --data .bench --json OUT            # on the machine with the GPU, in at most 8 minutes
    python -m benchmarks.midtrain_gpu --tiny --data DIR --make DIR        # all of it in small, on a CPU

Each entry is a process of its own, so that one which fails (its whole text is kept) or takes too long does not end the run; entries for
which no time is left are named. All train the same random weights of Llama-3.2-1B's shape on the same windows of 8,192 tokens, in the same
order, four to a step, with bf16 compute, fp32 weights and moments, AdamW and clipping. Ours runs `trainers.midtrain` itself, without its
checkpoints. A step's time is the median of those after the first four, the device waited for; MFU is by 6N + 12LHQT FLOPs per token and
dense bf16 peaks, recomputation not counted, whole windows (documents apart need less, so MFU of `varlen` may be above what its kernels
reach).

What differs: transformers' Trainer computes whole logits and counts targets by micro-batch; OLMo-core uses flash-attn if that is
installed, else our `varlen`. TRL is left out: its packing without crossing needs flash-attn, and else it is transformers' Trainer.

The machine lent to this project has torch, transformers and accelerate, and no polars: make the data here and carry it. OLMo-core's wheels
(20 MB, into a folder that travels with the tree): ai2-olmo-core bettermap boto3 botocore brotli cached_path cffi cryptography
dataclass-extensions dill google-api-core google-auth google-cloud-core google-cloud-storage google-crc32c google-resumable-media
googleapis-common-protos jmespath opentelemetry-api proto-plus pyasn1 pyasn1-modules s3transfer zstandard. **Never run on a GPU yet.**
"""

from __future__ import annotations

import json
import math
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import _entries

SHAPE = {
    "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
    "head_dim": 64, "vocab_size": 128_256, "tie_word_embeddings": True, "max_position_embeddings": 8192,
    "rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0},
}  # fmt: skip
TINY = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "vocab_size": 512, "tie_word_embeddings": True, "max_position_embeddings": 256,
    "rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0},
}  # fmt: skip
BATCH, STEPS, WARM = 4, 12, 4
TEXT_TOKENS, SPREAD = 700, 1.2
"""Median length of documents, and the standard deviation of its logarithm: web pages are about so."""
ENTRIES: dict[str, dict[str, Any]] = {
    "ours sdpa recompute": {"attention": "sdpa", "activation_checkpointing": True},
    "ours varlen recompute": {"attention": "varlen", "activation_checkpointing": True},
    "transformers sdpa recompute": {"engine": "transformers", "activation_checkpointing": True},
    "ours varlen compile": {"attention": "varlen", "activation_checkpointing": False, "compile": True},
    "ours sdpa compile": {"attention": "sdpa", "activation_checkpointing": False, "compile": True},
    "olmo-core compile": {"engine": "olmo-core", "activation_checkpointing": False, "compile": True},
    "transformers sdpa": {"engine": "transformers", "activation_checkpointing": False},
    "ours varlen compile ddp": {
        "attention": "varlen", "activation_checkpointing": False, "compile": True, "parallel": "ddp",
    },
    "ours varlen": {"attention": "varlen", "activation_checkpointing": False},
    "ours varlen compile, 2 windows": {
        "attention": "varlen", "activation_checkpointing": False, "compile": True, "micro_batch": 2,
    },
    "ours varlen recompute compile": {"attention": "varlen", "activation_checkpointing": True, "compile": True},
    "ours flex_attention recompute": {"attention": "flex_attention", "activation_checkpointing": True},
    "ours flex_attention compile": {"attention": "flex_attention", "activation_checkpointing": False, "compile": True},
    "olmo-core recompute": {"engine": "olmo-core", "activation_checkpointing": True},
}  # fmt: skip


class Frames:
    """A corpus that is one frame, as `mixers.mixture` reads it."""

    def __init__(self, frame: Any) -> None:
        self.name, self.frame = "web", frame

    def shards(self, *columns: str) -> Any:
        yield self.frame.select(columns)


def make(folder: Path, tiny: bool) -> None:
    """Write `mixture`, `tokenizer` and `export`: the windows of a run, for us and for OLMo-core."""
    import numpy as np
    import polars as pl
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    from mixers import _olmo_core
    from mixers._output import output
    from mixers.mixture import mixture
    from mixers.reader import Mixture

    vocab, seq_len = (TINY if tiny else SHAPE)["vocab_size"], 128 if tiny else 8192
    wanted = STEPS * BATCH * seq_len
    dice = np.random.default_rng(0)
    lengths = []
    while sum(lengths) < 1.3 * wanted:
        median = TEXT_TOKENS if not tiny else 20
        lengths.append(int(min(max(dice.lognormal(math.log(median), SPREAD), 2), 8 * seq_len)))
    rows = {"id": [f"d{n}" for n in range(len(lengths))], "n_tokens": lengths}
    rows["tokens"] = [dice.integers(1, vocab, n, dtype=np.uint32).tolist() for n in lengths]
    frame = pl.DataFrame(rows, schema={"id": pl.String, "n_tokens": pl.UInt32, "tokens": pl.List(pl.UInt32)})
    for name in ("tokenizer", "mixture"):
        (folder / name).mkdir(parents=True)
    tokenizer = Tokenizer(WordLevel({"<|endoftext|>": 0, "last": vocab - 1}, unk_token="last"))
    tokenizer.save(str(folder / "tokenizer" / "tokenizer.json"))
    stages = [{"until": 1, "weights": {"web": 1}}]
    mixture(
        {"web": Frames(frame)}, folder / "mixture",
        tokens=wanted, seq_len=seq_len, stages=stages, tokenizer=str(folder / "tokenizer"), seed=1,
    )  # fmt: skip
    mix = Mixture(folder / "mixture")
    with output(folder / "export") as out:
        _olmo_core.write(mix, out, STEPS * BATCH, lambda: None)
        out.write_facts({name: mix.facts[name] for name in ("seq_len", "dtype", "vocab", "eos_id", "pad_id")})


def weights(folder: Path, tiny: bool) -> Path:
    """The model's folder, made once by the first entry: random weights in bf16, and the tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    out = folder / "model"
    if not (out / "tokenizer.json").exists():
        torch.manual_seed(0)
        config = LlamaConfig(**(TINY if tiny else SHAPE), bos_token_id=None, eos_token_id=None)
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            LlamaForCausalLM(config).bfloat16().save_pretrained(out)
        (out / "tokenizer.json").write_bytes((folder / "tokenizer" / "tokenizer.json").read_bytes())
    return out


def settings(folder: Path, model: Path, said: dict[str, Any], out: Path) -> dict[str, Any]:
    """run.json of an entry."""
    asked = {name: value for name, value in said.items() if name != "engine"}
    plain = {"lr": 1e-5, "max_steps": STEPS, "batch_size": BATCH, "weight_decay": 0.1}
    return {"out": str(out), "model": str(model), "mixture": str(folder / "mixture"), **plain, **asked}


class Clock:
    """Seconds between ends of steps, the device waited for."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def tick(self) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())

    def steps(self) -> list[float]:
        return [b - a for a, b in zip(self.ends, self.ends[1:], strict=False)][WARM:]


def ours(asked: dict[str, Any], out: Path) -> tuple[Clock, list[float]]:
    """The loop of `trainers.midtrain`, without its checkpoints."""
    from trainers import midtrain
    from trainers.place import ranks
    from trainers.settings import read

    run = _read(read, asked, out)
    clock, losses = Clock(), []
    with ranks() as place:
        trainer = midtrain.Trainer(run, place)
        trainer.begin()
        trainer.save = lambda *_: None  # type: ignore[method-assign]
        update = trainer.update

        def timed(*batch: Any) -> dict[str, Any]:
            told = update(*batch)
            clock.tick()
            losses.append(told["loss"])
            return told

        trainer.update = timed  # type: ignore[method-assign]
        trainer.fit([])
    return clock, losses


def _read(read: Any, asked: dict[str, Any], out: Path) -> Any:
    out.mkdir(parents=True, exist_ok=True)
    (out / "run.json").write_text(json.dumps(asked))
    return read(out / "run.json")


def olmo_core(asked: dict[str, Any], folder: Path, out: Path) -> tuple[Clock, list[float]]:
    """OLMo-core's Trainer on our windows."""
    import os

    from olmo_core.train.callbacks import Callback

    from trainers import olmo_core as engine

    clock = Clock()

    class Ticking(Callback):
        def post_step(self) -> None:
            clock.tick()

    for name in os.listdir(folder / "export"):
        if not (out / "export" / name).exists():
            (out / "export").mkdir(parents=True, exist_ok=True)
            (out / "export" / name).symlink_to((folder / "export" / name).resolve())
    (out / "export" / "run.json").write_text(json.dumps(asked))
    engine.train(out / "export", out / "run", checkpoints=False, callbacks={"ticking": Ticking()})
    lines = (out / "run" / "metrics.jsonl").read_text().splitlines()
    return clock, [json.loads(line)["loss"] for line in lines]


def transformers(asked: dict[str, Any], out: Path) -> tuple[Clock, list[float]]:
    """transformers' Trainer, told of documents by `position_ids` as its own packing does."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM, Trainer, TrainerCallback, TrainingArguments

    from mixers.reader import Mixture

    mix = Mixture(asked["mixture"])

    class Rows(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return STEPS * BATCH

        def __getitem__(self, n: int) -> dict[str, Any]:
            row = mix.at(n)
            labels = np.where(row["loss_mask"], row["tokens"], -100)
            return {"input_ids": row["tokens"], "position_ids": row["position_ids"], "labels": labels}

    clock, losses = Clock(), []

    class Ticking(TrainerCallback):
        def on_step_end(self, *_: Any, **more: Any) -> None:
            clock.tick()

        def on_log(self, *_: Any, logs: dict[str, float], **more: Any) -> None:
            losses.extend([logs["loss"]] if "loss" in logs else [])

    class InOrder(Trainer):
        def _get_train_sampler(self, *_: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    cuda, again = torch.cuda.is_available(), asked["activation_checkpointing"]
    model = AutoModelForCausalLM.from_pretrained(asked["model"], dtype=torch.float32, attn_implementation="sdpa")
    model.config.use_cache = False
    arguments = TrainingArguments(
        output_dir=str(out), max_steps=STEPS, per_device_train_batch_size=1, gradient_accumulation_steps=BATCH, learning_rate=1e-5,
        lr_scheduler_type="constant", weight_decay=0.1, adam_beta2=0.95, max_grad_norm=1.0, bf16=cuda, use_cpu=not cuda,
        optim="adamw_torch_fused" if cuda else "adamw_torch", gradient_checkpointing=again, save_strategy="no", report_to=[],
        gradient_checkpointing_kwargs={"use_reentrant": False}, logging_steps=1, disable_tqdm=True, dataloader_pin_memory=cuda,
    )  # fmt: skip
    InOrder(model=model, args=arguments, train_dataset=Rows(), callbacks=[Ticking()]).train()
    return clock, losses


def entry(name: str, folder: Path, tiny: bool) -> dict[str, Any]:
    """Run one entry in this process."""
    import torch
    from transformers import LlamaConfig

    from trainers import model as models

    said, out = ENTRIES[name], folder / "out" / name.replace(" ", "-").replace(",", "")
    asked = settings(folder, weights(folder, tiny), said, out)
    if tiny:
        asked["dtype"] = "float32"
    engine = said.get("engine")
    if engine == "transformers":
        clock, losses = transformers(asked, out)
    else:
        clock, losses = ours(asked, out) if engine is None else olmo_core(asked, folder, out)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config: Any = LlamaConfig(**(TINY if tiny else SHAPE))
    seq_len = 128 if tiny else 8192
    seconds = statistics.median(clock.steps())
    rate, peak = BATCH * seq_len / seconds, models.peak(device)
    return {
        "entry": name, "seconds": seconds, "tokens_per_second": rate, "losses": losses,
        "mfu": rate * models.flops_per_token(config, parameters(config), seq_len) / peak if peak else None,
        "peak_bytes": torch.cuda.max_memory_allocated() if device.type == "cuda" else None,
    }  # fmt: skip


def parameters(config: Any) -> int:
    """Of a Llama with a tied head."""
    width, inner = config.hidden_size, config.intermediate_size
    heads = (2 * config.num_attention_heads + 2 * config.num_key_value_heads) * config.head_dim
    return config.vocab_size * width + config.num_hidden_layers * width * (heads + 3 * inner + 2) + width


def run_all(folder: Path, tiny: bool, names: list[str], budget: float, limit: float) -> dict[str, Any]:
    """Every entry in a process of its own, until the budget (seconds) is spent."""
    found = _entries.each("benchmarks.midtrain_gpu", folder, tiny, names, budget, limit, told)
    return {**_entries.machine(), "shape": TINY if tiny else SHAPE, "batch": BATCH, "steps": STEPS, "entries": found}


def told(line: dict[str, Any]) -> str:
    """A row of the table."""
    if "error" in line:
        return f"{line['entry']:<32} {(line['error'].strip().splitlines() or ['no text'])[-1][:90]}"
    mfu = f"{line['mfu']:.1%}" if line["mfu"] else "-"
    memory = f"{line['peak_bytes'] / 1e9:.1f} GB" if line["peak_bytes"] else "-"
    return f"{line['entry']:<32} {line['tokens_per_second']:>12,.0f} tokens/s {mfu:>7} {memory:>9}"


if __name__ == "__main__":
    _entries.command(__doc__, [*ENTRIES], make, entry, run_all, limit=100)
