"""transformers in this process: `{backend: hf, id: ORG/NAME, revision: COMMIT}`. For small models, or without a GPU; extra `train`.

The model is one for causal language modelling, in files of a folder or of the hub's cache. What is pinned and how is said in
`_generation.py`. Many models at once, models spread over several GPUs, and those that bring code of their own are left out: a server
(`backend: openai`) or vLLM runs these.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, did_you_mean
from curate.models._published import Published, published
from curate.models.base import Reply, Request, messages
from curate.profile import ModelSettings

if TYPE_CHECKING:
    from curate.models._generation import Generator

LOADS = True
"""The model is in the process that asks."""
CHANGES = ("dtype",)
DTYPES = ("auto", "bfloat16", "float16", "float32")
EXTRA = ("chat_template_kwargs", "min_p", "repetition_penalty", "top_k")
"""Fields that `extra:` may have, by the names that vLLM and its server have for them."""
WINDOW = 256
"""Requests that are held at a time."""


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Local:
    """The model of a recipe's entry: id, revision, chat (true), system, engine (dtype) and sampling. CurateError for another setting."""
    model = published(entry, CHANGES)
    if (dtype := model.engine.get("dtype", "auto")) not in DTYPES:
        raise CurateError(f"engine.dtype: one of {', '.join(DTYPES)}, not {dtype!r}")
    for name in model.sampling.extra:
        if name not in EXTRA:
            raise CurateError(f"sampling.extra: hf has no field {name!r}{did_you_mean(str(name), EXTRA)}")
    return Local(model)


class Local:
    """A model that transformers runs in this process. It is loaded when the first request comes."""

    def __init__(self, model: Published) -> None:
        self.model = model
        self.identity, self.sampling = model.identity, model.sampling

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """See `Model.answers`; batches of prompts that are about equally long, window by window."""
        places = enumerate(requests)
        while window := list(itertools.islice(places, WINDOW)):
            asked = [(self._prompt(request.prompt), request.sample) for _, request in window]
            for at, reply in self._generator().replies(asked, self.sampling):
                yield window[at][0], reply

    def _generator(self) -> Generator:
        needs("backend: hf")
        from curate.models._generation import generator

        return generator(str(self.model.folder), str(self.model.engine.get("dtype", "auto")))

    def _prompt(self, prompt: str) -> str | list[dict[str, str]]:
        return messages(prompt, self.model.system) if self.model.chat else prompt


def needs(wanted_by: str) -> None:
    """CurateError that names the extra where torch or transformers are not installed."""
    if lacks := [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]:
        raise CurateError(f"{wanted_by} needs {' and '.join(lacks)}: pip install 'octocurate[train]'")
