"""Prompts with their replies, laid end to end into windows, and which places of a window bear a loss.

A *window* is as long as the longest sequence of a step and holds several short ones; each begins at place 0 of its own, so attention stays
within it (`trainers/model.py`). What fills up a window is one more sequence that nothing is asked of. First fit in order of length, which
needs at most 11/9 of the fewest windows and one more (Johnson, 1973). Tokens that bear a loss are those of replies, in one flat vector over
all sequences; a micro-batch says which of them it holds, so whatever is known of a token is found by one index.

Left out: sequences that are cut, and windows of several lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainers.rollout import Rollouts


@dataclass(frozen=True)
class Micro:
    """Some windows as a model takes them, and which of their places say which token of a reply."""

    tokens: Tensor
    """(B, T) int64."""
    position_ids: Tensor
    """(B, T) int64, beginning anew with each sequence."""
    places: Tensor
    """(N,) int64 into B x T: where a token of a reply is predicted, the place before its own."""
    targets: Tensor
    """(N,) int64: that token."""
    flat: Tensor
    """(N,) int64: its place among the tokens of all replies of the step."""

    def to(self, device: torch.device) -> Micro:
        """The same on a device."""
        return Micro(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))


class Sequences:
    """The sequences of a step: prompt i and reply i of `rollouts`."""

    def __init__(self, prompts: Sequence[Sequence[int]], rollouts: Rollouts) -> None:
        self._prompts = [np.asarray(prompt, dtype=np.int64) for prompt in prompts]
        self._rollouts = rollouts
        self.lengths = np.array([len(prompt) for prompt in prompts], dtype=np.int64) + rollouts.lengths
        self.rows = np.repeat(np.arange(len(prompts)), rollouts.lengths)
        """(tokens of all replies,) which sequence each is of."""
        self.width = int(self.lengths.max(initial=2))
        """Of a window."""

    def micros(self, sequences: Sequence[int], rank: int, world: int, size: int) -> list[Micro]:
        """This rank's micro-batches of some sequences, at most `size` windows each. All ranks have as many of the same sizes, because they
        compute together; windows are empty where a rank has one less."""
        windows = packed(sequences, self.lengths, self.width)
        windows += [[] for _ in range(-len(windows) % world)]
        mine = windows[rank::world]
        return [self._micro(mine[start : start + size]) for start in range(0, len(mine), size)]

    def _micro(self, windows: list[list[int]]) -> Micro:
        tokens = np.zeros((len(windows), self.width), dtype=np.int64)
        position_ids = np.zeros_like(tokens)
        places, flat = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for number, window in enumerate(windows):
            at = 0
            for i in window:
                prompt, reply = self._prompts[i], self._rollouts.reply(i)
                end = at + len(prompt) + len(reply)
                tokens[number, at:end] = np.concatenate([prompt, reply])
                position_ids[number, at:end] = np.arange(end - at)
                begin = number * self.width + at + len(prompt) - 1
                places.append(np.arange(begin, begin + len(reply)))
                flat.append(np.arange(*self._rollouts.bounds[i : i + 2]))
                at = end
            position_ids[number, at:] = np.arange(self.width - at)
        where, which = np.concatenate(places), np.concatenate(flat)
        targets = self._rollouts.tokens[which].astype(np.int64)
        return Micro(*(torch.from_numpy(part) for part in (tokens, position_ids, where, targets, which)))


def packed(sequences: Sequence[int], lengths: np.ndarray, width: int) -> list[list[int]]:
    """Which sequences each window holds, longest first, each in the first window with room for it; all are used once."""
    numbers = np.asarray(sequences, dtype=np.int64)
    room = np.zeros(len(numbers), dtype=np.int64)
    windows: list[list[int]] = []
    for i in numbers[np.argsort(-lengths[numbers], kind="stable")].tolist():
        fits = room[: len(windows)] >= lengths[i]
        window = int(fits.argmax()) if fits.any() else len(windows)
        if window == len(windows):
            windows.append([])
            room[window] = width
        windows[window].append(i)
        room[window] -= lengths[i]
    return windows
