"""Sampling with transformers, on any machine: the model's own forward pass and cache, in a loop of ours.

Not `generate`: it goes on to compute the replies that have ended until the last one does, computes a prompt once for each reply to it, and
fills what is not said from the generation_config.json of the model, which may hold a top_p. Here rows that have ended are taken out of the
batch, a prompt is computed once, and the cache has room for the next tokens. What that is worth is in docs/log.md.

A token is drawn by one uniform number against the summed probabilities (inverse transform sampling); the number is the next of a Philox
stream (Salmon et al., SC 2011) whose key is the reply's seed, so it depends on the seed and the place only. Probabilities are fp32 and
their sums fp64: in fp32 the rounding of a sum over 100,000 words is as large as the probability of a rare one.

Left out: filling the places of ended rows with new prompts, and a model spread over ranks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from curate.errors import CurateError
from curate.models.kv_cache import cache_of
from trainers._endings import Endings
from trainers.rollout import Rollouts, received, refuse_stale

BLOCK = 64
"""Places that random numbers are drawn ahead for."""


class HFEngine:
    """See `trainers.rollout.Engine`. config: transformers' own of the model. batch: replies that are sampled at a time."""

    def __init__(
        self, config: Any, endings: Endings, temperature: float, dtype: torch.dtype, device: torch.device, batch: int
    ) -> None:
        self.endings, self.temperature, self.batch = endings, temperature, batch
        self.version: int | None = None
        self._model = _empty(config, dtype, device)
        self._device = device

    @torch.no_grad()
    def sync(self, named: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Copy the policy's weights; see `Engine.sync`."""
        self.version = None
        mine = dict(self._model.named_parameters())
        for name, whole in received(named, {name: parameter.shape for name, parameter in mine.items()}):
            mine[name].copy_(whole)
        self.version = version

    @torch.inference_mode()
    def generate(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], max_tokens: int, version: int
    ) -> Rollouts:
        """One reply to each prompt; see `Engine.generate`."""
        refuse_stale(self.version, version)
        assert len(prompts) == len(seeds)
        assert all(prompts), "an empty prompt has no place to begin from"
        order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), tuple(prompts[i])))
        replies = [_Reply(prompts[i], seeds[i]) for i in range(len(prompts))]
        try:
            for start in range(0, len(order), self.batch):
                self._sample([replies[i] for i in order[start : start + self.batch]], max_tokens)
        except torch.OutOfMemoryError as error:
            said = f"no memory is left to sample {self.batch} replies of up to {max_tokens:,} tokens at a time"
            raise CurateError(f"{said}; lower generation_batch, or say engine: vllm") from error
        told = [r.tokens for r in replies], [r.log_probs for r in replies], [r.stopped for r in replies]
        return Rollouts.of(*told, version)

    def rest(self) -> None:
        """Nothing: what a batch takes is given back when it has ended, and weights of the next version are copied over these."""

    def close(self) -> None:
        """Forget the model."""
        self.version = None
        self._model = None

    def _sample(self, rows: list[_Reply], max_tokens: int) -> None:
        """Sample some replies to their ends, side by side."""
        hidden, state = self._prefilled(rows)  # (B, D)
        for place in range(max_tokens):
            tokens, log_probs = self._drawn(hidden, [row.uniform(place) for row in rows])
            going = self._going(rows, tokens, log_probs)
            if not going or place + 1 == max_tokens:
                return
            if len(going) < len(rows):
                keep = torch.tensor(going, device=self._device)
                rows, tokens = [rows[i] for i in going], tokens[keep]
                state.keep(keep)
            hidden = self._forward(tokens[:, None], state)

    def _going(self, rows: list[_Reply], tokens: Tensor, log_probs: Tensor) -> list[int]:
        """Write down a token of each row; the places of the rows that it does not end."""
        going = []
        for i, (row, token, log_prob) in enumerate(zip(rows, tokens.tolist(), log_probs.tolist(), strict=True)):
            row.tokens.append(token)
            row.log_probs.append(log_prob)
            row.stopped = self.endings.ended(row.tokens)
            if not row.stopped:
                going.append(i)
        return going

    def _drawn(self, hidden: Tensor, uniforms: list[float]) -> tuple[Tensor, Tensor]:
        """A token for each row of hidden states (B, D), and its log-probability: (B,) and (B,)."""
        logits = self._model.lm_head(hidden).float() / self.temperature  # (B, V)
        log_probs = logits.log_softmax(-1)
        sums = log_probs.double().exp().cumsum(-1)
        if not bool(sums[:, -1].isfinite().all()):
            raise CurateError("the policy's probabilities are no numbers; go back to a checkpoint before, and lower lr")
        wanted = torch.tensor(uniforms, dtype=torch.float64, device=self._device)[:, None] * sums[:, -1:]
        tokens = torch.searchsorted(sums, wanted, right=True)  # below the last sum, so a word with a probability
        return tokens[:, 0], log_probs.gather(1, tokens)[:, 0]

    def _prefilled(self, rows: list[_Reply]) -> tuple[Tensor, _State]:
        """The last hidden states of the rows' prompts (B, D), each of which is computed once however many rows have it."""
        numbers: dict[tuple[int, ...], int] = {}
        index = [numbers.setdefault(tuple(row.prompt), len(numbers)) for row in rows]
        longest = max(map(len, numbers))
        ids = torch.tensor(
            [[0] * (longest - len(prompt)) + list(prompt) for prompt in numbers]
        )  # (P, T), padded on the left
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in numbers])
        state = _State(cache_of(self._model.config), mask.to(self._device))
        hidden = self._forward(ids.to(self._device), state)
        of = torch.tensor(index, device=self._device)
        state.keep(of)
        return hidden[of], state

    def _forward(self, tokens: Tensor, state: _State) -> Tensor:
        """(B, T) tokens -> (B, D), the hidden states of the last of them; what the next tokens need to know of these is in the state."""
        asked = {"attention_mask": state.mask, "position_ids": state.positions(tokens.shape[1])}
        out = self._model.model(input_ids=tokens, past_key_values=state.cache, use_cache=True, **asked)
        state.mask = torch.cat([state.mask, state.mask.new_ones(len(tokens), 1)], 1)  # of the token that comes next
        return out.last_hidden_state[:, -1]


class _State:
    """What the tokens of a batch have left in the model, and which places of it are padding."""

    def __init__(self, cache: DynamicCache, mask: Tensor) -> None:
        self.cache, self.mask = cache, mask

    def positions(self, count: int) -> Tensor:
        """(B, count): of the last places of the mask, counted without padding."""
        return (self.mask.cumsum(1) - 1).clamp(min=0)[:, -count:]

    def keep(self, rows: Tensor) -> None:
        """Some of the rows, or some of them several times."""
        self.cache.batch_select_indices(rows)
        self.mask = self.mask[rows]


class _Reply:
    """A reply that is under way."""

    def __init__(self, prompt: Sequence[int], seed: int) -> None:
        self.prompt, self.stopped = prompt, False
        self.tokens: list[int] = []
        self.log_probs: list[float] = []
        self._stream = np.random.Philox(key=seed)
        self._drawn: list[float] = []

    def uniform(self, place: int) -> float:
        """The random number of a place, in [0, 1); places are gone through in order."""
        if place % BLOCK == 0:
            self._drawn = [(raw >> 11) * 2.0**-53 for raw in self._stream.random_raw(BLOCK).tolist()]
        return self._drawn[place % BLOCK]


def _empty(config: Any, dtype: torch.dtype, device: torch.device) -> Any:
    """A model of this config whose weights nobody has set, made where it is to be, with SDPA: packed rows need more, a cache does not."""
    from transformers import AutoModelForCausalLM
    from transformers.initialization import no_init_weights

    with no_init_weights(), device:
        model = AutoModelForCausalLM.from_config(copy.deepcopy(config), dtype=dtype, attn_implementation="sdpa")
    model.tie_weights()
    return model.eval()
