"""A corpus in memory and a small tokenizer for everything under `mixers/`."""

from collections.abc import Callable, Iterator

import polars as pl
import pytest

from curate.step import Corpus
from curation.fit.bpe import bpe

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and then the dog jumps over the fox.",
    "Let $x^2 - 5x + 6 = 0$. Then $(x-2)(x-3) = 0$, so $x \\in \\{2, 3\\}$ and $\\frac{1}{2} + \\alpha = 12345$.",
    "def add(a, b):\n    return a + b\n\n\nprint(add(1, 22333))  # 22334\n",
    "Das Quadrat über der Hypotenuse. Теорема Пифагора. ความยาวของด้าน 直角三角形的斜边。",
]


class Frames:
    """A corpus that is a list of frames, in the order given."""

    def __init__(self, name: str, frames: list[pl.DataFrame]) -> None:
        self.name, self.frames = name, frames

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for frame in self.frames:
            yield frame.select(columns)


@pytest.fixture(scope="session")
def frames() -> Callable[[str, list[pl.DataFrame]], Corpus]:
    return Frames


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a small BPE, trained on a few lines."""
    out = tmp_path_factory.mktemp("bpe")
    texts = 2 * TEXTS  # what occurs once is not worth a token
    docs = pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": texts})
    bpe({"web": Frames("web", [docs])}, out, vocab=700)
    return str(out)
