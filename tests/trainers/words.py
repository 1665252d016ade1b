"""Small tokenizers: of characters, with a first token as Llama's has, and of pieces that begin with a space."""

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken, decoders, models, pre_tokenizers, processors

CHARACTERS = "\n !$'()*+,-./0123456789:=?ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_abcdefghijklmnopqrstuvwxyz{}"
FIRST, LAST, TURN = "<first>", "<last>", "<turn>"
"""Special tokens, which come before the characters: 0, 1 and 2."""


def characters(folder: Path, puts_first: bool = False, puts_last: bool = False, named: bool = True) -> Path:
    """A token for each character. puts_first, puts_last: what the tokenizer adds by itself. named: tokenizer_config.json names both."""
    vocabulary = {one: n for n, one in enumerate([FIRST, LAST, TURN, "<none>", *CHARACTERS])}
    made = tokenizers.Tokenizer(models.BPE(vocabulary, [], unk_token="<none>"))
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (FIRST, LAST, TURN)])
    form = [FIRST] * puts_first + ["$A"] + [LAST] * puts_last
    made.post_processor = processors.TemplateProcessing(
        single=" ".join(form), pair=" ".join([*form, "$B"]), special_tokens=[(FIRST, 0), (LAST, 1)]
    )
    return _saved(made, folder, {"bos_token": {"content": FIRST}, "eos_token": LAST} if named else {})


def pieces(folder: Path) -> Path:
    """As SentencePiece's: a space is the beginning of a piece, and what is no piece is bytes."""
    some = [
        "▁",
        "▁User",
        "User",
        "▁Us",
        "er",
        ":",
        "▁:",
        "▁a",
        "a",
        "b",
        "▁b",
        "\n",
        "s",
        "r:",
        "e",
        "é",
        ": b",
        "U",
        "▁▁",
    ]
    vocabulary = {one: n for n, one in enumerate([FIRST, LAST, "<none>", *(f"<0x{n:02X}>" for n in range(256)), *some])}
    merges: list[tuple[str, str]] = []
    made = tokenizers.Tokenizer(models.BPE(vocabulary, merges, unk_token="<none>", byte_fallback=True, fuse_unk=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (FIRST, LAST)])
    return _saved(made, folder, {})


def ids(text: str) -> list[int]:
    """The tokens of a text by `characters`."""
    return [4 + CHARACTERS.index(one) for one in text]


def _saved(made: tokenizers.Tokenizer, folder: Path, config: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder
