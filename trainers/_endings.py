"""Where a reply ends, and what its text is, for every engine alike.

A stop string may begin in the middle of a token, end in the middle of one, and lie over any number of them, so it is looked for in text.
The text of a reply ends where the first stop string begins; its tokens go through the one that completes it. To look at every reply after
every token would take longer than to sample it. But only a token whose own text has the last character of a stop string can complete it,
so what has been sampled is decoded after those tokens alone, and no more of it than the longest stop string can be long.

Special tokens, such as the end token, have no text. Left out: stop strings that are patterns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curate.errors import CurateError

BROKEN = "\ufffd"
"""What a part of a character is decoded to."""
MARGIN = 16
"""Tokens that are decoded before the longest stop string: the first of them may come out otherwise than within the reply."""


class Endings:
    """The end of replies: some tokens, and some stop strings. tokenizer: the folder of a tokenizer.json."""

    def __init__(self, tokenizer: Path, stops: Sequence[str], tokens: Sequence[int]) -> None:
        self.stops, self.tokens = list(stops), frozenset(tokens)
        self._tokenizer = load(tokenizer)
        added = self._tokenizer.get_added_tokens_decoder()
        self._silent = {number for number, token in added.items() if token.special} | self.tokens
        self._tail = MARGIN + max((len(stop.encode()) for stop in self.stops), default=0)
        self._completing = self._find_completing()

    def text(self, reply: Sequence[int]) -> str:
        """The text of a reply, without what ended it."""
        whole = self._decoded(reply)
        starts = [at for stop in self.stops if (at := whole.find(stop)) >= 0]
        return whole[: min(starts, default=None)]

    def ended(self, reply: Sequence[int]) -> bool:
        """Whether the last token of a reply ends it, if none before did."""
        return reply[-1] in self.tokens or self.completes(reply)

    def completes(self, reply: Sequence[int]) -> bool:
        """Whether the last token of a reply completes a stop string, if none was complete before."""
        if reply[-1] not in self._completing:
            return False
        tail = self._decoded([token for token in reply[-4 * self._tail :] if token not in self._silent][-self._tail :])
        return any(stop in tail for stop in self.stops) and any(stop in self._decoded(reply) for stop in self.stops)

    def end(self, reply: Sequence[int]) -> int | None:
        """How many tokens there are through the one that ends a reply; None if none does."""
        for n, token in enumerate(reply, 1):
            if token in self.tokens or (token in self._completing and self.completes(reply[:n])):
                return n
        return None

    def _decoded(self, tokens: Sequence[int]) -> str:
        return self._tokenizer.decode([int(token) for token in tokens if token not in self._silent], False)

    def _find_completing(self) -> frozenset[int]:
        """The tokens whose text, as it stands after another, has the last character of a stop string."""
        last = {stop[-1] for stop in self.stops}
        last |= {BROKEN} if any(ord(char) > 127 for char in last) else set()
        before = self._tokenizer.encode("a", add_special_tokens=False).ids
        start = self._tokenizer.decode(before, False)
        tokens = sorted(self._tokenizer.get_vocab(with_added_tokens=True).values()) if last else []
        texts = self._tokenizer.decode_batch([[*before, token] for token in tokens], False)
        pairs = zip(tokens, texts, strict=True)
        return frozenset(n for n, text in pairs if not text.startswith(start) or last & set(text[len(start) :]))


def load(folder: Path) -> Any:
    """The tokenizer of a folder, which neither cuts nor pads. CurateError for what is none."""
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # it has no class of its own
        raise CurateError(f"is no tokenizer ({' '.join(str(error).split())[:100]})", where=str(path)) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def named_token(folder: Path, name: str) -> int | None:
    """The id of `bos_token` or `eos_token` of a tokenizer_config.json; None where nothing says it."""
    path = folder / "tokenizer_config.json"
    try:
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise CurateError(f"cannot be read as JSON ({' '.join(str(error).split())[:100]})", where=str(path)) from error
    token = said.get(name) if isinstance(said, dict) else None
    token = token.get("content") if isinstance(token, dict) else token
    return load(folder).token_to_id(token) if isinstance(token, str) else None
