"""Prompts of reinforcement learning: problems in a template, as tokens, and which of them a step takes.

A problem is put into the template as plain text and the whole is tokenised at once, so that tokens at the seams are those that the model
saw in training. A first token (BOS) stands there once: most tokenizers of Llama add one by themselves, a template may begin with its text,
and twice is another prompt than once. What is too long is left out, for a problem that is cut is another problem; so is what has the text
of a special token in it, and what the grader would not pay for its own answer. All of it is counted.

Which prompts a step takes is a function of the seed and the step. Each epoch has a permutation of its own and as many whole steps as it
has prompts for; what is left over is left to the next one, so no prompt comes twice in a step. Left out: chat templates in Jinja, weights
of prompts, and a curriculum.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import CurateError
from trainers._endings import load, named_token
from trainers._together import rank, together
from trainers.rl_settings import PROBLEM

COLUMNS = ("id", "problem", "answer")


class Prompts:
    """The prompts of a file, by numbers from 0. Every rank has them, and all of them make it together.

    path: Parquet with the columns id, problem and answer. tokenizer: folder of a tokenizer.json. bos: whether a prompt begins with the
    tokenizer's first token; None: as the tokenizer does it. held_out: so many are never trained on, those whose ids have the smallest
    hashes, and no other with the same text is. solvable: says which answers earn the reward when they are given (`Rewards.solvable`);
    asked on the first rank, for a limit of time may be met on one rank and not on another.

    Raises CurateError for a file that is none, for ids that are not unique, and where no prompt to train on is left.
    """

    def __init__(
        self,
        path: Path | str,
        tokenizer: Path,
        template_text: str,
        bos: bool | None = None,
        max_prompt_length: int = 1024,
        seed: int = 0,
        held_out: int = 0,
        solvable: Callable[[Sequence[str]], np.ndarray] | None = None,
    ) -> None:
        self.path, self.seed = str(path), seed
        rows = _read(Path(path))
        tokens, special = _tokenised(tokenizer, template_text, bos, [problem for _, problem, _ in rows])
        bad = np.zeros(len(rows), dtype=object)
        bad[[len(one) > max_prompt_length for one in tokens]] = "too_long"
        bad[special] = "special_token"
        bad[[not one for one in tokens]] = "no_token"
        if solvable:
            bad[~self._solvable(solvable, [answer for *_, answer in rows])] = "unsolvable"
        self.dropped: dict[str, int] = dict(Counter(str(why) for why in bad if why))
        """How many rows were left out, by why: too_long, special_token, no_token, unsolvable, held_out_twin."""
        kept = [i for i, why in enumerate(bad) if not why]
        self.ids, self.problems, self.answers = ([rows[i][column] for i in kept] for column in range(3))
        self._tokens = [tokens[i] for i in kept]
        self.held_out, self.train = self._parted(held_out)
        """Numbers of the prompts that are measured, and of those that are trained on."""
        self.digest = self._digested()
        """SHA-256 of the ids, answers and tokens of all prompts, and which are held out."""

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, i: int) -> list[int]:
        """The token ids of prompt i."""
        return list(self._tokens[i])

    def at(self, step: int, count: int) -> np.ndarray:
        """(count,) numbers of the prompts of a step, all different. CurateError if there are fewer."""
        if count > len(self.train):
            said = f"{len(self.train):,} prompts are left to train on, and a step takes {count:,}"
            raise CurateError(f"{said}; lower prompts_per_step", where=self.path)
        epoch, part = divmod(step, len(self.train) // count)
        return self.train[_permutation(len(self.train), self.seed, "epoch", epoch)][part * count : (part + 1) * count]

    def others(self, step: int, taken: Iterable[int], count: int) -> np.ndarray:
        """Numbers of prompts in place of some of a step, in an order of this step's own; fewer than `count` if there are no more.

        taken: all that the step has had so far.
        """
        order = self.train[_permutation(len(self.train), self.seed, "others", step)]
        return order[~np.isin(order, list(taken))][:count]

    def _solvable(self, solvable: Callable[[Sequence[str]], np.ndarray], answers: list[str]) -> np.ndarray:
        return together(lambda: solvable(answers) if rank() == 0 else np.zeros(0), self.path)[0]

    def _parted(self, held_out: int) -> tuple[np.ndarray, np.ndarray]:
        """The held-out numbers, and the others without those whose problem is held out under another id."""
        by_hash = sorted(range(len(self)), key=lambda i: hashlib.sha256(self.ids[i].encode()).digest())
        held = np.sort(np.array(by_hash[:held_out], dtype=np.int64))
        texts = {tuple(self._tokens[i]) for i in held}
        others = np.setdiff1d(np.arange(len(self)), held)
        train = np.array([i for i in others if tuple(self._tokens[i]) not in texts], dtype=np.int64)
        if twins := len(others) - len(train):
            self.dropped["held_out_twin"] = twins
        if not len(train):
            why = ", ".join(f"{name} {count:,}" for name, count in sorted(self.dropped.items())) or "none left out"
            said = f"no prompt is left to train on: {len(held):,} held out, {why}"
            raise CurateError(f"{said}; name a corpus with more, or change held_out", where=self.path)
        return held, train

    def _digested(self) -> str:
        digest = hashlib.sha256()
        for row in zip(self.ids, self.problems, self.answers, self._tokens, strict=True):
            digest.update(json.dumps(row).encode() + b"\n")
        digest.update(json.dumps(self.held_out.tolist()).encode())
        return digest.hexdigest()


def _permutation(size: int, *key: Any) -> np.ndarray:
    """An order of so many things, by a key. By raw numbers of Philox, which stay the same in all versions of NumPy."""
    seed = int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:16])
    return np.argsort(np.random.Philox(key=seed).random_raw(size), kind="stable")


def _read(path: Path) -> list[tuple[str, str, str]]:
    """The rows of a file. CurateError in one line for whatever is wrong with it."""
    import pyarrow
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(path)
        _refuse_columns(schema, str(path))
        table = pyarrow.parquet.read_table(path, columns=list(COLUMNS))
        columns = [table.column(name).to_pylist() for name in COLUMNS]
    except (OSError, ValueError, pyarrow.ArrowException) as error:  # a text that is no UTF-8 is a ValueError
        said = " ".join(str(error).split())[:150]
        raise CurateError(f"is no Parquet file of prompts ({said})", where=str(path)) from error
    rows = list(zip(*columns, strict=True))
    for number, row in enumerate(rows):
        if empty := [name for name, value in zip(COLUMNS, row, strict=True) if not value or not value.strip()]:
            raise CurateError(f"row {number} has no {empty[0]}; leave such rows out of the corpus", where=str(path))
    again = [name for name, count in Counter(columns[0]).items() if count > 1]
    if again:
        raise CurateError(f"the id {again[0]!r:.80} stands there twice; ids are unique", where=str(path))
    return rows


def _refuse_columns(schema: Any, where: str) -> None:
    from pyarrow import types

    for name in COLUMNS:
        if schema.names.count(name) != 1:
            said = f"there is no column {name}" if name not in schema.names else f"there are two columns {name}"
            raise CurateError(f"{said}; prompts have {', '.join(COLUMNS)}", where=where)
        kind = schema.field(name).type
        if not (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)):
            raise CurateError(f"column {name} holds {kind}, and must hold strings", where=where)


def _tokenised(
    folder: Path, template: str, bos: bool | None, problems: list[str]
) -> tuple[list[list[int]], np.ndarray]:
    """The tokens of each problem in the template, and which problems have a special token of their own."""
    tokenizer = load(folder)
    first = _first(tokenizer, folder, bos)
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    texts = [template.replace(PROBLEM, problem) for problem in [" ", *problems]]
    bodies = [one.ids for one in tokenizer.encode_batch(texts, add_special_tokens=False)]
    counts = np.array([sum(token in special for token in body) for body in bodies])
    tokens = [body if first and body[: len(first)] == first else first + body for body in bodies[1:]]
    return tokens, counts[1:] != counts[0]


def _first(tokenizer: Any, folder: Path, bos: bool | None) -> list[int]:
    """What stands before the text of a prompt."""
    if bos is False:
        return []
    plain, whole = (tokenizer.encode("a", add_special_tokens=special).ids for special in (False, True))
    starts = [n for n in range(len(whole)) if whole[n : n + len(plain)] == plain]
    first = whole[: starts[0]] if starts else []
    if first or bos is None:
        return first
    named = named_token(folder, "bos_token")
    if named is None:
        raise CurateError("bos: true, but the tokenizer has no first token; leave bos out", where=str(folder))
    return [named]
