"""A stand-in for vLLM where there is none: as much of its interface as we use, and no argument more.

It has what goes wrong with the real one: matrices under fused names, a prefix cache that outlives the weights it is of, weights that are
gone after a deep sleep, a default for log-probabilities that is before the temperature, and an end token of its own. The names of arguments
are those of vLLM 0.30 and 0.32; test_rollout_vllm.py compares them with the real ones where it is installed.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM

FUSED = {
    "q_proj": "qkv_proj",
    "k_proj": "qkv_proj",
    "v_proj": "qkv_proj",
    "gate_proj": "gate_up_proj",
    "up_proj": "gate_up_proj",
}


@dataclass
class SamplingParams:
    temperature: float = 1.0
    seed: int | None = None
    max_tokens: int | None = 16
    logprobs: int | None = None
    stop: list[str] | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    detokenize: bool = True


@dataclass
class Logprob:
    logprob: float


@dataclass
class CompletionOutput:
    token_ids: list[int]
    logprobs: list[dict[int, Logprob]]
    finish_reason: str


@dataclass
class RequestOutput:
    outputs: list[CompletionOutput] = field(default_factory=list)


class Model:
    """What `apply_model` is given."""

    def __init__(self, config: Any) -> None:
        self.inner = AutoModelForCausalLM.from_config(config).eval()
        self.lose()

    def lose(self) -> None:
        with torch.no_grad():
            for parameter in self.inner.parameters():
                parameter.fill_(float("nan"))

    def named_parameters(self) -> list[tuple[str, Any]]:
        return [(_fused(name), parameter) for name, parameter in self.inner.named_parameters()]

    @torch.no_grad()
    def load_weights(self, weights: list[tuple[str, torch.Tensor]]) -> set[str]:
        mine = dict(self.inner.named_parameters())
        for name, tensor in weights:
            mine[name].copy_(tensor)
        return {_fused(name) for name, _ in weights}

    def hashes(self) -> dict[str, str]:
        return {n: hashlib.sha256(p.detach().numpy().tobytes()).hexdigest() for n, p in self.inner.named_parameters()}


def _fused(name: str) -> str:
    return ".".join(FUSED.get(part, part) for part in name.split("."))


class LLM:
    made: "list[LLM]" = []  # noqa: RUF012

    def __init__(
        self, model: str, *, revision: str | None, tokenizer: str, skip_tokenizer_init: bool, dtype: str, load_format: str,
        generation_config: str, logprobs_mode: str, max_model_len: int, max_num_seqs: int, max_num_batched_tokens: int,
        gpu_memory_utilization: float, enable_sleep_mode: bool, distributed_executor_backend: str,
    ) -> None:  # fmt: skip
        self.asked = {name: value for name, value in locals().items() if name != "self"}
        self.tokenizer = None if skip_tokenizer_init else Tokenizer.from_file(f"{tokenizer}/tokenizer.json")
        self.model, self.cache, self.awake = Model(AutoConfig.from_pretrained(model)), {}, {"weights", "kv_cache"}
        self.busy, self.calls = False, []
        LLM.made.append(self)

    def apply_model(self, func: Any) -> list[Any]:
        assert "weights" in self.awake, "no memory is mapped there"
        return [func(self.model)]

    def reset_prefix_cache(self) -> bool:
        if not self.busy:
            self.cache.clear()
        return not self.busy

    def sleep(self, level: int = 1) -> None:
        assert self.asked["enable_sleep_mode"]
        self.calls.append(f"sleep {level}")
        self.awake.clear()
        self.model.lose()

    def wake_up(self, tags: list[str]) -> None:
        self.calls.append(f"wake {' '.join(tags)}")
        self.awake |= set(tags)

    def generate(
        self, prompts: list[dict[str, list[int]]], sampling_params: list[SamplingParams], *, use_tqdm: bool
    ) -> list[RequestOutput]:
        assert self.awake == {"weights", "kv_cache"} and len(prompts) == len(sampling_params)
        asked = zip(prompts, sampling_params, strict=True)
        return [RequestOutput([self._one(prompt["prompt_token_ids"], params)]) for prompt, params in asked]

    @torch.no_grad()
    def _one(self, prompt: list[int], params: SamplingParams) -> CompletionOutput:
        chance = torch.Generator().manual_seed(params.seed)
        ids, tokens, told, reason = list(prompt), [], [], "length"
        while len(tokens) < params.max_tokens and len(ids) < self.asked["max_model_len"]:
            logits = self._logits(ids, of_prompt=not tokens)
            tempered = (logits / params.temperature).log_softmax(-1)
            token = int(torch.multinomial(tempered.exp(), 1, generator=chance))
            at = tempered if self.asked["logprobs_mode"] == "processed_logprobs" else logits.log_softmax(-1)
            ids, tokens = [*ids, token], [*tokens, token]
            told.append({token: Logprob(float(at[token]))})
            text = self.tokenizer.decode(tokens) if self.tokenizer and params.detokenize else ""
            ended = token in (params.stop_token_ids or ()) or (not params.ignore_eos and token == 4)
            if ended or any(stop in text for stop in params.stop or ()):
                reason = "stop"
                break
        return CompletionOutput(tokens, told, reason)

    def _logits(self, ids: list[int], of_prompt: bool) -> torch.Tensor:
        """Of the next token; of a prompt's end they are kept, whatever becomes of the weights."""
        if of_prompt and tuple(ids) in self.cache:
            return self.cache[tuple(ids)]
        logits = self.model.inner(torch.tensor([ids])).logits[0, -1]
        return self.cache.setdefault(tuple(ids), logits) if of_prompt else logits
