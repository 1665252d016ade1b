"""Small byte-level tokenizers with the pre-tokenisers and normalisers of those that the field uses, trained where they are needed."""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from curation.fit.bpe import pattern

SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SPACE = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = rf"{SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACE}"
PATTERNS = {
    "gpt2": None,  # what ByteLevel has of its own
    "llama3": LLAMA3,
    "qwen2": LLAMA3.replace("{1,3}", ""),
    "o200k": rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SUFFIX}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SUFFIX}?"
    rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACE}",
    "ours": pattern(3),
}
END, CALL = "<|endoftext|>", "<tool_call>"


def make(folder: Path, family: str, texts: Iterable[str], vocab: int = 700) -> str:
    """Write the `tokenizer.json` of a family; its folder. Llama 3's has words that its merges do not reach, Qwen's an added token."""
    model = models.BPE(ignore_merges=family == "llama3")
    made = Tokenizer(model)
    level, cut = pre_tokenizers.ByteLevel, PATTERNS[family]
    made.pre_tokenizer = level(add_prefix_space=False)
    if cut:
        parts = [pre_tokenizers.Split(Regex(cut), "isolated"), level(add_prefix_space=False, use_regex=False)]
        made.pre_tokenizer = pre_tokenizers.Sequence(parts)
    if family == "qwen2":
        made.normalizer = normalizers.NFC()
    made.decoder = decoders.ByteLevel()
    alphabet = sorted(level.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    if family == "llama3":
        made = without_merges(made)
    if family == "qwen2":
        made.add_tokens([AddedToken(CALL, special=False, normalized=False)])
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    return str(folder)


def without_merges(tokenizer: Tokenizer) -> Tokenizer:
    """Every third merge is gone, so some tokens are only had whole."""
    spec = json.loads(tokenizer.to_str())
    spec["model"]["merges"] = [merge for n, merge in enumerate(spec["model"]["merges"]) if n % 3]
    return Tokenizer.from_str(json.dumps(spec))


def gpt2(folder: Path, files: Path) -> str:
    """The real GPT-2 as a `tokenizer.json`, from its `encoder.json` and `vocab.bpe`."""
    vocab = json.loads((files / "encoder.json").read_text("utf-8"))
    lines = (files / "vocab.bpe").read_text("utf-8").split("\n")[1:]
    made = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(line.split(" ")) for line in lines if line]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([END])
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    return str(folder)
