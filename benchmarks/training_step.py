"""Tokens per second and memory of one training step on one GPU, by model shape: what `curate plan` multiplies with a recipe's tokens.

    python -m benchmarks.training_step --card llama-3.2-1b --seq-len 8192 [--micro-batch 2] [--memory 24] [--json OUT]

The step is that of plain continual pre-training: fp32 weights, gradients and AdamW moments (fused), bf16 autocast, causal attention by
`scaled_dot_product_attention`, one activation checkpoint per layer, the loss in slices of the sequence so that logits over a large
vocabulary never exist whole. Weights are random, for speed does not depend on them. MFU is by PaLM's convention (arXiv 2204.02311,
appendix B): 6N + 12 x layers x heads x head size x length FLOPs per token, recomputation not counted. `--memory` holds PyTorch to so many
GB, to see what fits on a smaller card. Left out: data loading, several GPUs, document masks.

It stands alone, so that it runs where there is torch and transformers and nothing of ours; a test holds its peaks to `curate/compute.py`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

CARDS = Path(__file__).resolve().parent.parent / "datacards"
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""bf16 dense FLOP/s, from NVIDIA's data sheets (SXM)."""
SLICE = 2048
"""Tokens whose logits are held at once."""


def shape(card: str) -> dict[str, Any]:
    """The `model:` of a card's front matter."""
    import yaml

    text = (CARDS / f"{card}.md").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])["model"]
    return found


def model_of(shape: dict[str, Any], seq_len: int) -> Any:
    """A Llama of that shape with random weights, in fp32, on the GPU."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape["vocab"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["intermediate"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"],
        head_dim=shape["head_dim"],
        tie_word_embeddings=shape["tied"],
        max_position_embeddings=seq_len,
        attn_implementation="sdpa",
        use_cache=False,
    )
    with torch.device("cuda"):
        model = LlamaForCausalLM(config)
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model.float().train()


def loss_of(model: Any, tokens: Any) -> Any:
    """Mean cross-entropy of the next token, tokens (B, T), logits slice by slice and computed again backwards."""
    import torch
    from torch.utils.checkpoint import checkpoint

    hidden = model.model(input_ids=tokens).last_hidden_state[:, :-1].flatten(0, 1)  # (B * (T - 1), H)
    targets = tokens[:, 1:].flatten()

    def part(h: Any, t: Any) -> Any:
        return torch.nn.functional.cross_entropy(model.lm_head(h).float(), t, reduction="sum")

    pairs = zip(hidden.split(SLICE), targets.split(SLICE), strict=True)
    return sum(checkpoint(part, h, t, use_reentrant=False) for h, t in pairs) / targets.numel()


def measure(card: str, seq_len: int, micro_batch: int, steps: int, compiled: bool) -> dict[str, Any]:
    """Seconds of the median step, tokens per second, MFU and peak bytes allocated; `fits` is False where memory ran out."""
    import torch

    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    own = shape(card)
    asked = {"card": card, "seq_len": seq_len, "micro_batch": micro_batch, "compiled": compiled}
    asked |= {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__}
    torch.cuda.reset_peak_memory_stats()
    try:
        model = model_of(own, seq_len)
        count = sum(p.numel() for p in model.parameters())
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
        if compiled:
            for layer in model.model.layers:
                layer.compile()
        seconds = [_step(model, optimizer, own["vocab"], (micro_batch, seq_len)) for _ in range(steps + 3)][3:]
    except torch.cuda.OutOfMemoryError:
        return asked | {"fits": False}
    took = sorted(seconds)[len(seconds) // 2]
    rate = micro_batch * seq_len / took
    flops = 6 * count + 12 * own["layers"] * own["heads"] * own["head_dim"] * seq_len
    peak = next((p for name, p in PEAKS.items() if name in asked["gpu"]), None)
    return asked | {
        "fits": True,
        "parameters": count,
        "seconds": took,
        "tokens_per_second": rate,
        "mfu": rate * flops / peak if peak else None,
        "peak_bytes": torch.cuda.max_memory_reserved(),
        "allocated_bytes": torch.cuda.max_memory_allocated(),
    }


def _step(model: Any, optimizer: Any, vocab: int, size: tuple[int, int]) -> float:
    import torch

    tokens = torch.randint(vocab, size, device="cuda")
    torch.cuda.synchronize()
    start = time.perf_counter()
    with torch.autocast("cuda", torch.bfloat16):
        loss = loss_of(model, tokens)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--card", required=True, help="a model's card in datacards/")
    parser.add_argument("--seq-len", type=int, default=8192)
    parser.add_argument("--micro-batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--compile", action="store_true", help="torch.compile each layer")
    parser.add_argument("--memory", type=float, help="GB (1e9 bytes) that PyTorch may take")
    parser.add_argument("--json", type=Path, help="append the measurement to this file, a line of JSON")
    asked = parser.parse_args()
    if asked.memory:
        import torch

        torch.cuda.set_per_process_memory_fraction(asked.memory * 1e9 / torch.cuda.mem_get_info()[1])
    found = measure(asked.card, asked.seq_len, asked.micro_batch, asked.steps, asked.compile)
    found |= {"memory_limit": asked.memory}
    print(json.dumps(found))
    if asked.json:
        with asked.json.open("a") as file:
            file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
