"""vLLM in this process, for batches: `{backend: vllm, id: ORG/NAME, revision: COMMIT}`. Needs a GPU and the extra `vllm`.

Requests are taken in windows. Inside a window they are sorted by prompt, so that those which begin alike stand side by side and the engine
computes what they share once (automatic prefix caching); each has its own seed. vLLM refuses a whole batch for one prompt that is longer
than the context: such a window is halved until that prompt stands alone, which costs little, since nothing is generated before all prompts
are accepted.

What a recipe says under `engine:` changes replies and is part of the model's identity (`CHANGES`); what fits the engine to a machine stands
in the profile, `[models.NAME] engine = {...}` (`MACHINE`). `max_model_len` is there, too: it decides which replies are cut off or refused,
and of a server nobody would know it either. `gpus` of the profile is the tensor parallelism.

Left out: LoRA, pooling, speculative decoding, data parallelism, images, and models that bring code of their own.
"""

from __future__ import annotations

import atexit
import gc
import inspect
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.models._published import Published, published
from curate.models.base import Finish, Reply, Request, Unanswered, messages
from curate.profile import ModelSettings

LOADS = True
"""The model is in the process that asks."""
CHANGES = ("dtype", "hf_overrides", "kv_cache_dtype", "quantization")
"""Arguments of `LLM` that change what a model says."""
MACHINE = (
    "block_size", "compilation_config", "cpu_offload_gb", "disable_custom_all_reduce", "distributed_executor_backend",
    "enable_chunked_prefill", "enforce_eager", "gpu_memory_utilization", "kv_cache_memory_bytes", "load_format", "max_model_len",
    "max_num_batched_tokens", "max_num_seqs", "pipeline_parallel_size",
)  # fmt: skip
"""Arguments of `LLM` that fit it to a machine."""
WINDOW, WINDOW_CHARACTERS = 4_096, 1 << 25
"""Requests, and characters of their prompts, that are held at a time."""
OURS = (
    "detokenize", "flat_logprobs", "logprobs", "max_tokens", "n", "output_kind", "prompt_logprobs", "seed", "stop", "temperature", "top_p",
)  # fmt: skip
"""Fields of SamplingParams that `extra:` cannot set."""
FINISHED: dict[str, Finish] = {"stop": "stop", "length": "length", "repetition": "length"}
_TOO_LONG = re.compile(r"(?i)longer than the maximum|maximum context length|too long")
_loaded: dict[str, Any] = {}
"""The engine of this process, if there is one."""


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Offline:
    """The model of a recipe's entry: id, revision, chat (true), system, engine (`CHANGES`) and sampling.

    Raises:
        CurateError: an unknown setting in the entry, or under `engine` of the profile.
    """
    for name in settings.engine:
        if name in CHANGES:
            raise CurateError(f"engine: {name} changes replies; write it in the recipe, under engine: of the model")
        if name not in MACHINE:
            raise CurateError(f"engine: no setting {name!r}{did_you_mean(name, MACHINE)}")
    return Offline(published(entry, CHANGES), settings)


class Offline:
    """A model that vLLM runs in this process. It is loaded when the first request comes, and goes when another one is, or at exit."""

    def __init__(self, model: Published, settings: ModelSettings) -> None:
        self.model, self.settings = model, settings
        self.identity, self.sampling = model.identity, model.sampling
        self._answered = False

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """See `Model.answers`; each window is answered before the next one is taken."""
        failed, why = 0, ""
        for window in windows(requests):
            window.sort(key=lambda one: one[1])
            for (place, _), made in zip(window, self._told([request for _, request in window]), strict=True):
                if isinstance(made, Reply):
                    yield place, made
                else:
                    failed, why = failed + 1, made
        if failed:
            raise Unanswered(f"vllm gave no answer to {failed:,} requests: {why}")

    def _told(self, requests: list[Request]) -> list[Reply | str]:
        """A reply to each request, or why there is none."""
        module = library("backend: vllm")
        params = [self._params(module, request.sample) for request in requests]
        return self._run(self._engine(module), requests, params)

    def _run(self, engine: Any, requests: list[Request], params: list[Any]) -> list[Reply | str]:
        """As `_told`; what makes the engine refuse a batch is found by halving."""
        prompts = [request.prompt for request in requests]
        try:
            if self.model.chat:
                more = self.sampling.extra.get("chat_template_kwargs")
                chats = [messages(prompt, self.model.system) for prompt in prompts]
                found = engine.chat(chats, params, use_tqdm=False, chat_template_kwargs=more)
            else:
                found = engine.generate(prompts, params, use_tqdm=False)
        except (ValueError, _client_error()) as error:
            if len(requests) == 1:
                return [self._refused(error)]
            half = len(requests) // 2
            cut = [slice(half), slice(half, None)]
            made = [self._run(engine, requests[part], params[part]) for part in cut]
            return list(itertools.chain.from_iterable(made))
        self._answered = True
        return [_reply(one, self.sampling.stop) for one in found]

    def _refused(self, error: Exception) -> Reply:
        """A prompt that the engine does not take. CurateError where that says nothing about the prompt, as far as one can know."""
        said = " ".join(str(error).split())[:500]
        if not self._answered and not _TOO_LONG.search(said):
            raise CurateError(f"vllm refuses what it is asked: {said}") from error
        return Reply("", "refused", 0, 0, said)

    def _params(self, module: Any, sample: int) -> Any:
        sampling = self.sampling
        extra = {name: value for name, value in sampling.extra.items() if name != "chat_template_kwargs"}
        known = sorted({*inspect.signature(module.SamplingParams).parameters} - {*OURS})
        for name in extra:
            if name not in known or name.startswith("_"):
                raise CurateError(f"sampling.extra: vllm has no field {name!r}{did_you_mean(name, known)}")
        if isinstance(schema := extra.get("structured_outputs"), Mapping):
            from vllm.sampling_params import StructuredOutputsParams

            extra["structured_outputs"] = StructuredOutputsParams(**schema)
        try:
            return module.SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                stop=list(sampling.stop) or None,
                seed=sampling.seed_of(sample),
                **extra,
            )
        except (TypeError, ValueError, _client_error()) as error:
            raise CurateError(f"sampling: vllm refuses it: {' '.join(str(error).split())[:300]}") from error

    def _engine(self, module: Any) -> Any:
        """The engine with this model, the only one of this process."""
        given = {**self.settings.engine, **self.model.engine}
        if self.settings.gpus:
            given["tensor_parallel_size"] = self.settings.gpus
        folder = str(self.model.folder)
        key = repr((folder, sorted(given.items())))
        if key not in _loaded:
            unload()
            _loaded[key] = module.LLM(model=folder, enable_prefix_caching=True, **given)
            atexit.register(unload)
        return _loaded[key]


def windows(requests: Iterable[Request]) -> Iterator[list[tuple[int, Request]]]:
    """Requests with their places, as many as may be held at a time."""
    window: list[tuple[int, Request]] = []
    size = 0
    for place, request in enumerate(requests):
        window.append((place, request))
        size += len(request.prompt)
        if len(window) == WINDOW or size >= WINDOW_CHARACTERS:
            yield window
            window, size = [], 0
    if window:
        yield window


def _reply(told: Any, stops: Sequence[str]) -> Reply | str:
    """What came back of one request, or why nothing did."""
    one = told.outputs[0]
    finish = FINISHED.get(one.finish_reason)
    if finish is None:
        return f"it ended by {one.finish_reason}"
    return Reply(one.text, finish, len(told.prompt_token_ids or ()), len(one.token_ids)).until(stops)


def library(wanted_by: str, instead: str = "") -> Any:
    """vLLM, set to schedule in this process, in an order that does not depend on time. CurateError where it is not installed."""
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    try:
        import vllm
    except ImportError as error:
        said = f"{wanted_by} needs vLLM, which is not installed; pip install 'octocurate[vllm]'{instead}"
        raise CurateError(said) from error
    return vllm


def _client_error() -> type[Exception]:
    """What vLLM raises about a request, rather than about itself."""
    from vllm.exceptions import VLLMClientError

    return VLLMClientError  # type: ignore[no-any-return]


def unload() -> None:
    """Give back what the engine of this process holds."""
    if _loaded:
        _loaded.clear()
        gc.collect()
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        cleanup_dist_env_and_memory()
