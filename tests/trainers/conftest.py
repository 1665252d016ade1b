"""A tiny random Llama with a tokenizer of its own, and a mixture of two sources and two stages, for everything under `trainers/`."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.fit.bpe import bpe
from mixers.mixture import mixture


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums come out the same to the bit only for one number of threads, here and in the processes that tests start.

    For a module, so that it holds for the runs that several of its tests share as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        if importlib.util.find_spec("torch"):
            import torch

            torch.set_num_threads(1)
        yield


TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "Let $x^2 - 5x + 6 = 0$. Then $(x-2)(x-3) = 0$, so $x = 2$ or $x = 3$.",
]
STAGES = [{"until": 0.5, "weights": {"web": 0.75, "qa": 0.25}}, {"until": 1, "weights": {"web": 0.25, "qa": 0.75}}]
SEQ_LEN = 32


class Frames:
    """A corpus that is one frame."""

    def __init__(self, name: str, frame: pl.DataFrame) -> None:
        self.name, self.frame = name, frame

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        yield self.frame.select(columns)


def mixed(out: Path, tokenizer: Path, seed: int = 1, **more: Any) -> Path:
    """Documents of 3 to 60 tokens in windows of 32, so that windows have very different counts of targets."""
    corpora = {}
    for name, lengths in (("web", [3 + 7 * n % 57 for n in range(90)]), ("qa", [3 + n % 9 for n in range(250)])):
        tokens = [[(7 * n + t * t) % 250 + 1 for t in range(length)] for n, length in enumerate(lengths)]
        docs = pl.DataFrame({"id": [f"{name}{n}" for n in range(len(lengths))], "tokens": tokens, "n_tokens": lengths})
        corpora[name] = Frames(name, docs.cast({"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32}))
    out.mkdir(parents=True)
    asked = {"tokens": 3000, "seq_len": SEQ_LEN, "stages": STAGES, "seed": seed} | more
    mixture(corpora, out, tokenizer=str(tokenizer), **asked)
    return out


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bpe")
    docs = pl.DataFrame({"id": [str(n) for n in range(4)], "text": 2 * TEXTS})
    bpe({"web": Frames("web", docs)}, out, vocab=300)
    return out


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> Path:
    return mixed(tmp_path_factory.mktemp("data") / "mixture", tokenizer)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> Path:
    """Folder of a Llama of 2 layers and 32 hidden units, tied, as a user has one."""
    torch = pytest.importorskip("torch", reason="needs the extra `train`")
    transformers = pytest.importorskip("transformers", reason="needs the extra `train`")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "vocab_size": 320}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    config = transformers.LlamaConfig(**sizes, **heads, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None)
    out = tmp_path_factory.mktemp("base")
    transformers.LlamaForCausalLM(config).save_pretrained(out)
    (out / "tokenizer.json").write_bytes((tokenizer / "tokenizer.json").read_bytes())
    return out
