"""A Llama of a few hundred thousand parameters that has learned some replies by heart, so that an evaluation of it has answers to read.

Trained on prompts, first their ends and then whole, and on the text of the reply alone; AdamW, all replies in each step, on a CPU in about
a minute. With `bos` its tokenizer puts one `<s>` before a text, as Llama's does. Nothing is to be learned from how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

VOCAB, CONTEXT = 1024, 4096
SHORT = 96
"""Tokens at the end of a prompt that most steps show, because whole prompts take ten times as long."""


def tokenizer(folder: Path, texts: Sequence[str]) -> Any:
    """A byte-level BPE of these texts that begins each text with one `<s>`, saved as `tokenizer.json`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCAB, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )  # fmt: skip
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    whole = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="</s>")
    whole.save_pretrained(folder)
    return made


def learned(
    folder: Path, pairs: Sequence[tuple[str, str]], steps: int = 300, width: int = 64, layers: int = 2
) -> float:
    """Train a model on prompts and replies, save it in a folder, and return its last loss (nats for a token of a reply)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    words = tokenizer(folder, [text for pair in pairs for text in pair])
    config = LlamaConfig(
        vocab_size=words.get_vocab_size(), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
        num_attention_heads=4, max_position_embeddings=CONTEXT, bos_token_id=0, eos_token_id=1, pad_token_id=1,
        tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    rows = [(words.encode(prompt).ids, words.encode(reply, add_special_tokens=False).ids) for prompt, reply in pairs]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    loss = torch.tensor(float("nan"))
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (step + 1) / 20) * (1.0 - step / steps)
        shown = SHORT if step < 0.8 * steps else CONTEXT
        ids, labels = _batch([(a[-shown:], b) for a, b in rows])
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval().save_pretrained(folder)
    return float(loss.detach())


def _batch(rows: list[tuple[list[int], list[int]]]) -> tuple[Any, Any]:
    """Ids and labels (B, T), padded on the right; only replies are labels."""
    import torch

    longest = max(len(a) + len(b) for a, b in rows)
    ids = torch.full((len(rows), longest), 1)
    labels = torch.full_like(ids, -100)
    for row, (a, b) in enumerate(rows):
        ids[row, : len(a) + len(b)] = torch.tensor(a + b)
        labels[row, len(a) : len(a) + len(b)] = torch.tensor(b)
    return ids, labels
