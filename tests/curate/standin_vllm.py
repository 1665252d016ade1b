"""A stand-in for vLLM where there is none: as much of its interface as `curate/models/vllm.py` uses, and no argument more.

It refuses a whole batch for one prompt that does not fit, before anything is generated, as the real one does, and says so with an
error that is no ValueError. The names of arguments are those of vLLM 0.30 and 0.33; test_vllm.py compares them with the real ones where it
is installed.
"""

import sys
import types
from dataclasses import dataclass, field
from typing import Any


class VLLMClientError(Exception):
    """Of a request."""


@dataclass
class SamplingParams:
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int | None = 16
    stop: list[str] | None = None
    seed: int | None = None
    top_k: int = 0
    min_p: float = 0.0
    n: int = 1
    structured_outputs: Any = None

    def __post_init__(self) -> None:
        if self.top_p <= 0:
            raise VLLMClientError("top_p must be in (0, 1]")


@dataclass
class StructuredOutputsParams:
    json: Any = None


@dataclass
class CompletionOutput:
    text: str
    token_ids: list[int]
    finish_reason: str | None = None


@dataclass
class RequestOutput:
    prompt_token_ids: list[int] | None
    outputs: list[CompletionOutput] = field(default_factory=list)


class LLM:
    """Says what it was asked, in capitals; a token is a character."""

    made: "list[LLM]" = []  # noqa: RUF012
    cleaned = 0

    def __init__(
        self, model: str, *, tensor_parallel_size: int = 1, dtype: str = "auto", quantization: str | None = None,
        enable_prefix_caching: bool, max_model_len: int = 100, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.asked = {name: value for name, value in locals().items() if name != "self"}
        self.calls: list[list[str]] = []
        self.params: list[SamplingParams] = []
        self.templates: list[Any] = []
        LLM.made.append(self)

    def chat(
        self, messages: list[list[dict[str, str]]], sampling_params: list[SamplingParams], use_tqdm: bool = True,
        chat_template_kwargs: dict[str, Any] | None = None,
    ) -> list[RequestOutput]:  # fmt: skip
        self.templates.append(chat_template_kwargs)
        prompts = ["".join(f"<{part['role']}>{part['content']}" for part in some) for some in messages]
        return self.generate(prompts, sampling_params, use_tqdm=use_tqdm)

    def generate(
        self, prompts: list[str], sampling_params: list[SamplingParams], *, use_tqdm: bool = True
    ) -> list[RequestOutput]:
        assert not use_tqdm and len(prompts) == len(sampling_params)
        for prompt in prompts:
            if len(prompt) >= self.asked["max_model_len"]:
                raise VLLMClientError(
                    f"The decoder prompt (length {len(prompt)}) is longer than the maximum model length of "
                    f"{self.asked['max_model_len']}."
                )
            if "\x00" in prompt:
                raise ValueError("the prompt has a character that\nno tokenizer takes")
        self.calls.append(prompts)
        self.params += sampling_params
        return [self._one(*pair) for pair in zip(prompts, sampling_params, strict=True)]

    def _one(self, prompt: str, params: SamplingParams) -> RequestOutput:
        words = prompt.upper() + (f" {params.seed}" if params.temperature else "")
        text = words[: params.max_tokens]
        reason = "error" if "break" in prompt else "length" if len(words) > len(text) else "stop"
        return RequestOutput([1] * len(prompt), [CompletionOutput(text, [1] * len(text), reason)])


def installed() -> dict[str, types.ModuleType]:
    """The modules, by the names under which they are imported."""
    state = types.ModuleType("vllm.distributed.parallel_state")
    state.cleanup_dist_env_and_memory = lambda shutdown_ray=False: setattr(LLM, "cleaned", LLM.cleaned + 1)
    found = {"vllm.distributed.parallel_state": state, "vllm.distributed": types.ModuleType("vllm.distributed")}
    return {
        **found,
        "vllm": _package(),
        "vllm.exceptions": sys.modules[__name__],
        "vllm.sampling_params": sys.modules[__name__],
    }


def _package() -> types.ModuleType:
    made = types.ModuleType("vllm")
    made.LLM, made.SamplingParams, made.__path__ = LLM, SamplingParams, []
    return made
