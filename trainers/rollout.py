"""Rollouts, replies of the policy to prompts, and the protocol of who samples them.

Token ids go in and come out, and nothing is ever tokenised again, because the tokens of a text are not those that were sampled. A reply
depends on its prompt, its seed, the weights and the longest length, but for float noise, and on nothing else: not on who is in its batch,
on which rank it is sampled, or in which order. More tokens allowed extend a reply that was cut off and change no other. Weights carry a
version, and sampling says which it expects, so that a rollout of other weights than those that are trained cannot come about unseen.

Left out: top-k, top-p and penalties, whose probabilities are not the policy's; servers of other machines; rollouts that are sampled while
the policy trains.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from curate.errors import CurateError
from trainers._endings import Endings
from trainers.rl_settings import Settings


@dataclass(frozen=True)
class Rollouts:
    """Replies of one version of the policy, ragged: tokens of all of them one after another, reply i from bounds[i] to bounds[i + 1].

    The tokens hold what ended a reply, the end token or those through the end of a stop string, because they were chosen too.
    """

    prompt: np.ndarray
    """(n,) int64: the number of its prompt."""
    number: np.ndarray
    """(n,) int64: which of the replies to this prompt."""
    tokens: np.ndarray
    """(bounds[-1],) int32."""
    bounds: np.ndarray
    """(n + 1,) int64."""
    log_probs: np.ndarray
    """(bounds[-1],) float32: the sampler's, of the distribution that it drew from, at the temperature."""
    stopped: np.ndarray
    """(n,) bool: whether an end token or a stop string ended it; else it was cut off at the longest length."""
    version: int
    """Of the weights that chose the tokens."""

    @classmethod
    def of(
        cls,
        tokens: Sequence[Sequence[int]],
        log_probs: Sequence[Sequence[float]],
        stopped: Sequence[bool],
        version: int,
    ) -> Rollouts:
        """One reply for each list; the prompt of reply i is number i."""
        bounds = np.cumsum([0, *map(len, tokens)], dtype=np.int64)
        flat = np.fromiter((token for reply in tokens for token in reply), np.int32, bounds[-1])
        probs = np.fromiter((one for reply in log_probs for one in reply), np.float32, bounds[-1])
        prompt = np.arange(len(tokens))
        return cls(prompt, np.zeros_like(prompt), flat, bounds, probs, np.array(stopped, dtype=bool), version)

    @classmethod
    def concat(cls, parts: Sequence[Rollouts]) -> Rollouts:
        """All replies of some rollouts, in order. CurateError if they are of different weights; at least one is needed."""
        versions = sorted({part.version for part in parts})
        if len(versions) != 1:
            raise CurateError(f"rollouts of different weights, versions {', '.join(map(str, versions))}, are no step")
        ends = np.cumsum([0, *(part.bounds[-1] for part in parts)])
        bounds = [np.zeros(1, np.int64), *(part.bounds[1:] + at for part, at in zip(parts, ends, strict=False))]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _PER_REPLY + _PER_TOKEN}
        return cls(**joined, bounds=np.concatenate(bounds), version=versions[0])

    def __len__(self) -> int:
        return len(self.prompt)

    @property
    def lengths(self) -> np.ndarray:
        """(n,) int64: tokens of each reply."""
        return np.diff(self.bounds)

    def reply(self, i: int) -> np.ndarray:
        """The tokens of reply i, a view."""
        return self.tokens[self.bounds[i] : self.bounds[i + 1]]

    def select(self, rows: np.ndarray) -> Rollouts:
        """Some of the replies, by their places or by a mask, in that order."""
        rows = np.arange(len(self))[rows]
        places = [np.arange(self.bounds[i], self.bounds[i + 1]) for i in rows]
        at = np.concatenate([np.zeros(0, np.int64), *places])
        some = {name: getattr(self, name)[rows] for name in _PER_REPLY} | {n: getattr(self, n)[at] for n in _PER_TOKEN}
        return Rollouts(**some, bounds=np.cumsum([0, *self.lengths[rows]], dtype=np.int64), version=self.version)

    def numbered(self, prompt: np.ndarray, number: np.ndarray) -> Rollouts:
        """The same replies, with other numbers of their prompts and of themselves."""
        assert len(prompt) == len(number) == len(self)
        return replace(self, prompt=np.asarray(prompt, np.int64), number=np.asarray(number, np.int64))


_PER_REPLY, _PER_TOKEN = ("prompt", "number", "stopped"), ("tokens", "log_probs")


class Engine(Protocol):
    """Who samples. Every rank has one of its own, and the whole model in it."""

    endings: Endings
    """Where replies end, and what their text is."""
    version: int | None
    """Of the weights; None until the first are there, and where a sync failed."""

    def sync(self, named: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Take over the policy's weights: whole tensors by the names of `named_parameters()`, each once, tied ones once.

        All of `named` is gone through in any case, since it may gather shards together with other ranks. CurateError for a name that is
        missing, unknown or there twice, and for another shape; the engine has no weights then.
        """
        ...

    def generate(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], max_tokens: int, version: int
    ) -> Rollouts:
        """One reply to each prompt, of at most `max_tokens` tokens. Name a prompt several times, side by side, for several replies.

        seeds: one for each, from `seed_of_reply`. version: of the weights that the caller trains; CurateError if the engine has others.
        """
        ...

    def rest(self) -> None:
        """Give memory back to what trains; a sync comes before the next reply. Who does not call it only needs more memory."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def engine_of(run: Settings, config: Any, model: str, tokenizer: Path, device: torch.device) -> Engine:
    """The engine that a run asks for, without weights until `sync`.

    config: of the model that is trained. model: folder, or name in the hub's cache, that the run began with. tokenizer: folder of its
    tokenizer.json. CurateError where nothing says how a reply ends, and where the extra of an engine is missing.
    """
    endings = Endings(tokenizer, run.stops, end_tokens(config, model, tokenizer))
    if not endings.stops and not endings.tokens:
        raise CurateError("nothing says where a reply ends: the model has no end token; give stop:", where=model)
    dtype = {"bfloat16": torch.bfloat16, "float32": torch.float32}[run.dtype]
    if run.engine == "vllm":
        from trainers._rollout_vllm import VLLMEngine

        longest = run.max_prompt_length + max(run.lengths.values())
        of_gpu = longest, run.generation_batch, run.gpu_memory_utilization
        return VLLMEngine(config, model, str(tokenizer), endings, run.temperature, dtype, *of_gpu)
    from trainers._rollout_hf import HFEngine

    return HFEngine(config, endings, run.temperature, dtype, device, run.generation_batch)


def seed_of_reply(seed: int, step: int, prompt_id: str, number: int) -> int:
    """The seed of a reply, 56 bits: another for each run, step, prompt and number."""
    return int.from_bytes(hashlib.sha256(repr((seed, step, prompt_id, number)).encode()).digest()[:7])


def refuse_stale(mine: int | None, asked: int) -> None:
    """CurateError if an engine's weights are not those that are asked for."""
    if mine is None:
        raise CurateError("the sampler has no weights; sync them first")
    if mine != asked:
        raise CurateError(f"the sampler has weights of version {mine}, not {asked}; sync them first")


def shapes_of(config: Any) -> dict[str, torch.Size]:
    """The parameters of a model of this config by their names, tied ones once."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(copy.deepcopy(config))
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def received(named: Iterable[tuple[str, Tensor]], shapes: dict[str, torch.Size]) -> Iterator[tuple[str, Tensor]]:
    """What comes of the tensors that are expected, by name and shape; all is gone through before a CurateError says what was wrong."""
    missing, faults = set(shapes), []
    for name, whole in named:
        if name not in shapes:
            faults.append(f"there is no {name}")
        elif name not in missing:
            faults.append(f"{name} came twice")
        elif shapes[name] != whole.shape:
            faults.append(f"{name} has shape {tuple(whole.shape)}, not {tuple(shapes[name])}")
        else:
            yield name, whole
        missing.discard(name)
    faults += [f"{name} did not come" for name in sorted(missing)]
    if faults:
        more = f" (and {len(faults) - 1} more)" if faults[1:] else ""
        raise CurateError(f"these weights are not the sampler's: {faults[0]}{more}")


def end_tokens(config: Any, model: str, tokenizer: Path) -> list[int]:
    """The ids that end a reply: those of the model's config and of its generation_config.json, else the tokenizer's.

    Several, because chat models end a turn with another token than a document. CurateError for what is no id of this model.
    """
    found: set[int] = set()
    for said in (config.eos_token_id, _in_json(_generation_config(model), "eos_token_id")):
        ids = said if isinstance(said, list) else [] if said is None else [said]
        for one in ids:
            if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one < config.vocab_size:
                raise CurateError(f"eos_token_id {one!r:.40} is no token of this model", where=model)
        found.update(ids)
    if not found:
        from trainers._endings import named_token

        found.update(one for one in [named_token(tokenizer, "eos_token")] if one is not None)
    return sorted(found)


def _generation_config(model: str) -> Path:
    """Where it stands in the folder or the hub's cache, if it is there."""
    from transformers.utils import cached_file

    name, _, revision = (model, "", "") if Path(model).is_dir() else model.partition("@")
    where = Path(name)
    with contextlib.suppress(OSError):  # not in the cache: many models have none
        found = cached_file(name, "generation_config.json", revision=revision or "main", local_files_only=True)
        where = Path(str(found)).parent
    return where / "generation_config.json"


def _in_json(path: Path, name: str) -> Any:
    """A value of an object in a JSON file; None where there is no file. CurateError for what is no object."""
    try:
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise CurateError(f"cannot be read as JSON ({' '.join(str(error).split())[:100]})", where=str(path)) from error
    if not isinstance(said, dict):
        raise CurateError("is no JSON object", where=str(path))
    return said.get(name)
