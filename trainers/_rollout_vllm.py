"""Sampling with vLLM: an engine in each rank's process, on the rank's GPU, beside the policy that is trained.

One engine per rank and no tensor parallelism, so ranks sample apart and never wait for each other. Tokens go in and out; log-probabilities
are `processed`, after the temperature, since vLLM's default is before it. The model is made with dummy weights, because no token is sampled
before a sync. A sync hands tensors to the model's own `load_weights`, which knows into which fused matrices the names of transformers go;
what it says it has loaded is compared with what the model has. Then the prefix cache is emptied, for its keys and values are of the weights
before. What ended a reply is found again by `Endings`, so both engines mean the same by it.

Left out: servers, tensor parallelism, quantised weights, and LoRA.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from curate.errors import CurateError
from curate.models.vllm import library
from trainers._endings import Endings
from trainers.rollout import Rollouts, received, refuse_stale, shapes_of

AT_ONCE = 4096
"""Tokens of a forward pass of vLLM, a prompt in several if need be; its default is larger, and takes memory from what is trained."""


class VLLMEngine:
    """See `trainers.rollout.Engine`. model: folder or name of a model, for its config. longest: tokens of prompt and reply together.

    batch: replies that are sampled at a time. memory: share of the GPU. CurateError where vLLM is not installed, and for replies that are
    longer than the model has positions.
    """

    def __init__(
        self,
        config: Any,
        model: str,
        tokenizer: str,
        endings: Endings,
        temperature: float,
        dtype: torch.dtype,
        longest: int,
        batch: int,
        memory: float,
    ) -> None:
        if longest > config.max_position_embeddings:
            said = f"prompts and replies of {longest:,} tokens are longer than the model's {config.max_position_embeddings:,} positions"
            raise CurateError(f"{said}; lower max_completion_length or max_prompt_length", where=model)
        self._vllm = _imported()
        self.endings, self.temperature = endings, temperature
        self.version: int | None = None
        self._shapes, self._asleep = shapes_of(config), False
        name, _, revision = (model, "", "") if os.path.isdir(model) else model.partition("@")
        self._llm = self._vllm.LLM(
            model=name,
            revision=revision or None,
            tokenizer=tokenizer,
            skip_tokenizer_init=not endings.stops,
            dtype=str(dtype).removeprefix("torch."),
            load_format="dummy",
            generation_config="vllm",  # none of the model's own: no top_p, no end token that is not in `endings`
            logprobs_mode="processed_logprobs",
            max_model_len=longest,
            max_num_seqs=batch,
            max_num_batched_tokens=max(AT_ONCE, batch),
            gpu_memory_utilization=memory,
            enable_sleep_mode=True,
            distributed_executor_backend="external_launcher",
        )

    @torch.no_grad()
    def sync(self, named: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Hand over the policy's weights; see `Engine.sync`."""
        self.version = None
        if self._asleep:
            self._llm.wake_up(tags=["weights"])
        loaded: set[str] = set()
        for name, whole in received(named, self._shapes):
            pair = (name, whole.detach())
            for names in self._llm.apply_model(lambda model, pair=pair: model.load_weights([pair])):
                loaded |= set(names)
        has = self._llm.apply_model(lambda model: [name for name, _ in model.named_parameters()])
        if left := {name for names in has for name in names} - loaded:
            raise CurateError(f"vllm did not load {min(left)} (and {len(left) - 1} more); this model needs engine: hf")
        if self._asleep:
            self._llm.wake_up(tags=["kv_cache"])
            self._asleep = False
        if not self._llm.reset_prefix_cache():
            raise CurateError("vllm could not empty its prefix cache, which is of other weights; start the run again")
        self.version = version

    def generate(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], max_tokens: int, version: int
    ) -> Rollouts:
        """One reply to each prompt; see `Engine.generate`."""
        refuse_stale(self.version, version)
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        how = [self._params(seed, max_tokens) for seed in seeds]
        told = [one.outputs[0] for one in self._llm.generate(asked, how, use_tqdm=False)] if asked else []
        ends = [self.endings.end(one.token_ids) for one in told]
        tokens = [list(one.token_ids)[:end] for one, end in zip(told, ends, strict=True)]
        log_probs = [
            [at[token].logprob for token, at in zip(reply, one.logprobs, strict=False)]
            for reply, one in zip(tokens, told, strict=True)
        ]
        stopped = [end is not None or one.finish_reason == "stop" for one, end in zip(told, ends, strict=True)]
        return Rollouts.of(tokens, log_probs, stopped, version)

    def rest(self) -> None:
        """Give the GPU's memory back; the weights are gone."""
        if not self._asleep:
            self.version = None
            self._llm.sleep(level=2)
            self._asleep = True

    def close(self) -> None:
        """Give back what it holds; vLLM ends with its last reference."""
        self.version = None
        del self._llm

    def _params(self, seed: int, max_tokens: int) -> Any:
        """How a reply is sampled: by its own seed, from all words."""
        return self._vllm.SamplingParams(
            temperature=self.temperature,
            seed=seed,
            max_tokens=max_tokens,
            logprobs=0,  # of the token that was sampled, and no other
            stop=self.endings.stops or None,
            stop_token_ids=sorted(self.endings.tokens),
            ignore_eos=True,  # the tokenizer's, which need not be the model's: stop_token_ids says it all
            detokenize=bool(self.endings.stops),
        )


def _imported() -> Any:
    """vLLM, set to run in this process, so that its weights are within reach. CurateError where it is not installed."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    if "RANK" not in os.environ:  # what torchrun says to its ranks, vLLM reads
        os.environ.update(alone)
    return library("engine: vllm", ", or say engine: hf")
