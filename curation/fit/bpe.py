"""Train a byte-level BPE tokenizer on documents chosen by hash.

Byte level, so that every text comes back exactly and nothing is unknown. The pre-tokeniser (`pattern`) is that of GPT-4 and Llama 3 with
three changes for mathematics: a LaTeX command keeps its backslash whatever stands before it (`$\\alpha` is `$`, `\\alpha`, not `$\\`,
`alpha`); combining marks belong to their letter; and there is no lookahead, so a run of white space is one piece, any regular
expression engine can follow it in linear time, and a text can be cut into pieces first and encoded by the piece (`mixers/encode.py`).
Digits go in groups of three from the left, as in Llama 3.

A document is in the sample by the hash of its id, and training sees the sample in order of id: the same documents give the same
bytes, however they are split into shards. Left out: normalisation (it would change the text) and weights between corpora.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.step import Corpus, fit
from curation._ids import hashes

END = "<|endoftext|>"
LONGEST = 1_000_000
"""Characters of one document that training looks at; one endless document must not be the whole sample."""


def pattern(digits: int) -> str:
    """How text is cut before any merge; every character falls into exactly one piece."""
    letter = r"\p{L}\p{M}"
    return "|".join(
        (
            rf" ?\\(?:[A-Za-z]+|[^{letter}\p{{N}}\s])?",  # \alpha, \\, \{
            rf"[^\r\n{letter}\p{{N}}\\]?[{letter}]+",  # a word, with the space, quote or bracket before it
            rf"\p{{N}}{{1,{digits}}}",
            rf" ?[^\s{letter}\p{{N}}\\]+[\r\n]*",
            r"\s*[\r\n]+",
            r"\s+",
        )
    )


@fit(uses=["tokenizers", "xxhash"])
def bpe(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    vocab: int,
    sample_bytes: int = 50_000_000,
    digits: int = 3,
    special_tokens: tuple[str, ...] = (END,),
    seed: int = 0,
) -> dict[str, Any]:
    """Write `tokenizer.json` and `tokenizer_config.json`; `vocab` counts the 256 bytes and the special tokens.

    vocab: tokens in all. sample_bytes: documents are taken in order of their hash until so much text is reached; the whole corpora, if
    they hold less. digits: of a number that stand in one token, at most. special_tokens: the first one ends a document. seed: another one
    takes other documents. Raises CurateError for a vocabulary below the bytes, for special tokens that ordinary text could spell as one
    piece, and where there is nothing to train on.
    """
    specials = _checked(special_tokens, digits)
    if vocab < 256 + len(specials):
        raise CurateError(f"vocab is {vocab}: 256 bytes and {len(specials)} special tokens need {256 + len(specials)}")
    chosen = sample(corpora, sample_bytes, seed)
    if not chosen.height:
        raise CurateError(f"no text to train a tokenizer on in {', '.join(sorted(corpora)) or 'no corpus'}")
    size = _train(chosen["text"], vocab, specials, digits, out / "tokenizer.json")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    config |= dict.fromkeys(("bos_token", "eos_token", "pad_token"), specials[0])
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")
    return {
        "vocab": size,
        "documents": chosen.height,
        "bytes": int(chosen["bytes"].sum()),
        "special_tokens": [*specials],
    }


def sample(corpora: dict[str, Corpus], sample_bytes: int, seed: int) -> pl.DataFrame:
    """Documents in order of hash while the bytes before them are fewer than `sample_bytes`; sorted by corpus and id.

    After each shard only what can still be chosen is kept: the bytes before a document can only grow, so memory is bounded by the
    sample and a shard.
    """
    held = pl.DataFrame(
        schema={"hash": pl.UInt64, "corpus": pl.String, "id": pl.String, "text": pl.String, "bytes": pl.UInt64}
    )
    for name in sorted(corpora):
        for shard in corpora[name].shards("id", "text"):
            text = shard["text"].fill_null("").str.head(LONGEST)
            new = pl.DataFrame(
                {
                    "hash": hashes(shard["id"], f"{seed}/{name}/"),
                    "corpus": pl.repeat(name, shard.height, dtype=pl.String, eager=True),
                    "id": shard["id"],
                    "text": text,
                    "bytes": text.str.len_bytes().cast(pl.UInt64),
                }
            ).filter(pl.col("bytes") > 0)
            before = pl.col("bytes").cum_sum() - pl.col("bytes")
            held = pl.concat([held, new]).sort("hash", "corpus", "id").filter(before < sample_bytes)
    return held.sort("corpus", "id")


def _checked(special_tokens: tuple[str, ...], digits: int) -> list[str]:
    specials = list(dict.fromkeys(special_tokens))
    if not specials or not 1 <= digits <= 9:
        raise CurateError("needs at least one special token, and digits from 1 to 9")
    pieces = pl.Series(specials).str.extract_all(pattern(digits)).list.len()
    for token, count in zip(specials, pieces, strict=True):
        if count < 2:
            raise CurateError(f"special token {token!r} is one piece of ordinary text; write it like {END!r}")
    return specials


def _train(texts: pl.Series, vocab: int, specials: list[str], digits: int, path: Path) -> int:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(Regex(pattern(digits)), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=specials, initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator((part["text"].to_list() for part in texts.to_frame().iter_slices(1000)), trainer)
    tokenizer.save(str(path))
    return tokenizer.get_vocab_size()
