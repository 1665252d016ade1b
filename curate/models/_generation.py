"""Replies of a causal language model, batch by batch, so that what a prompt gets does not depend on the prompts beside it.

Matrix products round differently for other shapes, so shapes are fixed: prompts are padded on the left to the next multiple of `STEP`
tokens, and a batch has always the same number of rows, the last one repeated. A token is drawn by one uniform number against the summed
probabilities; the numbers are a Philox stream of the draw's seed, a stream for each row. So a reply is a function of the model's files,
dtype, prompt, sampling and draw, on one kind of device with one release of torch and transformers; on another, rounding may turn a near
tie the other way, and from there on the reply is another one. That is why replies are stored.

Nothing is taken from generation_config.json but the tokens that end a text: what a recipe does not say about sampling is not done. Tokens
are those of `tokenizer.json`; the library's own tokenizer writes the chat template only, since it may lose the normaliser. Left out: taking
rows that have ended out of a batch, which would be faster and change shapes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

from curate.errors import CurateError
from curate.models.base import Reply, Sampling, cut
from curate.models.kv_cache import cache_of

STEP = 64
"""Tokens: lengths of prompts are padded to multiples of this."""
ROWS, FEW = 64, 4
"""Prompts in a batch; few where a model that is not small is on a CPU."""
SMALL = 10_000_000
"""Parameters up to which a token of many rows costs a CPU little more than one of few, and what they leave behind has room."""
LOOK_BACK = 8
"""Tokens before the newest that a stop text may have begun in, besides one for each of its characters."""
Asked = tuple[str | list[dict[str, str]], int]
"""A prompt, as a text or as messages, and the number of its draw."""


@functools.lru_cache(maxsize=1)
def generator(folder: str, dtype: str) -> Generator:
    """The model in a folder, on the GPU if there is one. CurateError where it cannot be loaded."""
    if lacks := [name for name in ("config.json", "tokenizer.json") if not (Path(folder) / name).is_file()]:
        raise CurateError(f"{folder} has no {lacks[0]}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    transformers.utils.logging.disable_progress_bar()
    given = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True, "output_loading_info": True}
    kind = dtype if dtype == "auto" else getattr(torch, dtype)
    try:
        model, told = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=kind, **given)
        written = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    except Exception as error:  # the libraries raise what they like for files that are not their own
        said = " ".join(str(error).split())[:200]
        raise CurateError(f"{folder}: transformers cannot load it: {type(error).__name__}: {said}") from None
    if missing := set(told["missing_keys"]):
        raise CurateError(
            f"{folder}: has no weights for {min(missing)}; a model for causal language modelling is wanted"
        )
    if max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0) >= model.config.vocab_size:
        raise CurateError(f"{folder}: its tokenizer has more tokens than the model; take the files of one revision")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Generator(model.eval().to(device), tokenizer, written, device)


@dataclass
class Generator:
    """A model, its tokenizer, what writes its chat template, and where it runs."""

    model: Any
    tokenizer: Tokenizer
    written: Any
    device: str

    def replies(self, asked: Sequence[Asked], sampling: Sampling) -> Iterator[tuple[int, Reply]]:
        """The place of each prompt and its reply, batch by batch."""
        template = sampling.extra.get("chat_template_kwargs") or {}
        tokens = [self._tokens(prompt, template) for prompt, _ in asked]
        groups: dict[int, list[int]] = {}
        for place, ids in enumerate(tokens):
            if 0 < len(ids) < self.most:
                length = min(-(-len(ids) // STEP) * STEP, max(len(ids), self.most - 1))
                groups.setdefault(length, []).append(place)
            else:
                yield place, self._refused(len(ids))
        rows = self.rows
        for length, places in sorted(groups.items()):
            for start in range(0, len(places), rows):
                batch = places[start : start + rows]
                whole = [*batch, *[batch[-1]] * (rows - len(batch))]
                made = self._batch([tokens[i] for i in whole], [asked[i][1] for i in whole], length, sampling)
                yield from zip(batch, made, strict=False)

    @functools.cached_property
    def rows(self) -> int:
        """Prompts in a batch."""
        small = sum(one.numel() for one in self.model.parameters()) <= SMALL
        return ROWS if small or self.device == "cuda" else FEW

    @property
    def most(self) -> int:
        """Tokens of prompt and reply together."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or 1 << 20)

    def _tokens(self, prompt: str | list[dict[str, str]], template: Mapping[str, Any]) -> list[int]:
        if isinstance(prompt, str):
            return self.tokenizer.encode(prompt).ids
        try:
            text = self.written.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True, **template)
        except Exception as error:  # templates raise what they like
            said = " ".join(str(error).split())[:200]
            raise CurateError(f"the model has no chat template that takes this: {said}; or say chat: false") from error
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def _refused(self, count: int) -> Reply:
        said = (
            f"the prompt has {count:,} tokens; the context has {self.most:,}" if count else "the prompt has no tokens"
        )
        return Reply("", "refused", 0, 0, said)

    def _batch(self, prompts: list[list[int]], samples: list[int], length: int, sampling: Sampling) -> list[Reply]:
        """A reply to each prompt of a full batch, padded to this length."""
        limit = max(1, min(sampling.max_tokens, self.most - length))
        ids = torch.zeros((len(prompts), length), dtype=torch.long)  # (B, T)
        mask = torch.zeros_like(ids)
        for row, some in enumerate(prompts):
            ids[row, length - len(some) :] = torch.tensor(some)
            mask[row, length - len(some) :] = 1
        ends = self._ends()
        draw = _Draw(sampling, samples)
        stop = _Stop(self.tokenizer, sampling.stop, length)
        config = transformers.GenerationConfig(
            max_new_tokens=limit, do_sample=False, eos_token_id=ends or None, pad_token_id=ends[0] if ends else 0, use_cache=True,
            repetition_penalty=float(sampling.extra.get("repetition_penalty", 1.0)),
        )  # fmt: skip
        with torch.inference_mode():
            out = self.model.generate(
                input_ids=ids.to(self.device),
                attention_mask=mask.to(self.device),
                generation_config=config,
                past_key_values=cache_of(self.model.config) if self.model._supports_default_dynamic_cache() else None,
                logits_processor=transformers.LogitsProcessorList([draw]),
                stopping_criteria=transformers.StoppingCriteriaList([stop]),
            )
        said = out[:, length:].tolist()
        return [
            self._reply(row, len(some), ends, sampling.stop, limit) for row, some in zip(said, prompts, strict=True)
        ]

    def _ends(self) -> list[int]:
        """Tokens that end a text."""
        said = self.model.generation_config.eos_token_id
        said = self.model.config.eos_token_id if said is None else said
        return [] if said is None else [said] if isinstance(said, int) else list(said)

    def _reply(self, tokens: list[int], prompt_tokens: int, ends: list[int], stops: Sequence[str], limit: int) -> Reply:
        last = next((place for place, token in enumerate(tokens) if token in ends), None)
        used = tokens if last is None else tokens[:last]
        count = len(used) + (last is not None)
        text = self.tokenizer.decode(used, skip_special_tokens=True)
        if (said := cut(text, stops)) != text:
            return Reply(said, "stop", prompt_tokens, self._tokens_until(used, stops))
        return Reply(text, "stop" if last is not None else "length", prompt_tokens, min(count, limit))

    def _tokens_until(self, tokens: list[int], stops: Sequence[str]) -> int:
        """How many tokens it took until a stop text stood there; the row went on until its neighbours had ended."""
        low, high = 1, len(tokens)
        while low < high:
            middle = (low + high) // 2
            text = self.tokenizer.decode(tokens[:middle], skip_special_tokens=True)
            low, high = (low, middle) if any(stop in text for stop in stops) else (middle + 1, high)
        return low


class _Draw(transformers.LogitsProcessor):  # type: ignore[misc]
    """Draws a token for each row, and leaves it as the only one that is possible."""

    def __init__(self, sampling: Sampling, samples: Sequence[int]) -> None:
        self.sampling = sampling
        self.streams = [np.random.Generator(np.random.Philox(key=sampling.seed_of(n))) for n in samples]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self.sampling.temperature == 0:
            return scores
        chances = self._chances(scores)  # (B, V), fp64
        sums = chances.cumsum(-1)
        drawn = torch.tensor([stream.random() for stream in self.streams], dtype=torch.float64, device=scores.device)
        at = torch.searchsorted(sums, drawn[:, None] * sums[:, -1:], right=True).clamp(max=scores.shape[-1] - 1)
        chosen = torch.where(chances.gather(-1, at) > 0, at, chances.argmax(-1, keepdim=True))
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)

    def _chances(self, scores: Any) -> Any:
        """Probabilities after temperature, top_k, top_p and min_p; they need not sum to one."""
        chances = (scores.double() / self.sampling.temperature).softmax(-1)
        if self.sampling.top_p >= 1 and not any(self.sampling.extra.get(name) for name in ("top_k", "min_p")):
            return chances
        order = torch.sort(chances, dim=-1, descending=True, stable=True)
        sorted_, kept = order.values, torch.ones_like(order.values, dtype=torch.bool)
        if (top_k := int(self.sampling.extra.get("top_k", 0))) > 0:
            kept[:, top_k:] = False
        if self.sampling.top_p < 1:
            kept &= sorted_.cumsum(-1) - sorted_ < self.sampling.top_p
        if (min_p := float(self.sampling.extra.get("min_p", 0.0))) > 0:
            kept &= sorted_ >= min_p * sorted_[:, :1]
        kept[:, 0] = True
        return torch.zeros_like(chances).scatter(-1, order.indices, sorted_ * kept)


class _Stop(transformers.StoppingCriteria):  # type: ignore[misc]
    """Whether a row has written a stop text."""

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str], length: int) -> None:
        self.tokenizer, self.stops, self.length = tokenizer, stops, length
        self.back = LOOK_BACK + max(map(len, stops), default=0)
        self.done: Any = None

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        if self.done is None:
            self.done = torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
        if self.stops:
            for row, tokens in enumerate(input_ids[:, self.length :][:, -self.back :].tolist()):
                text = self.tokenizer.decode(tokens, skip_special_tokens=True)
                self.done[row] |= any(stop in text for stop in self.stops)
        return self.done
