"""The three measures of `benchmarks.kernel` in datatrove, with its own parts where it has them.

It has `GopherRepetitionFilter`, set to our three measures; length and the share of maths are what its users write for `LambdaFilter`. Its
English words come from spaCy, which is not part of its core; `words="blanks"` gives it the cheaper `str.split`, which is also how our
step sees words. Left out: the count of words, and the values of the repetition measures, which its filter does not keep.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import GopherRepetitionFilter, LambdaFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.word_tokenizers import WordTokenizer


class Blanks(WordTokenizer):
    """Words are what stands between blanks."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        raise NotImplementedError


class Wanted:
    """Notes length and share of maths, and says whether both are enough. The pattern is compiled once per process."""

    def __init__(self, pattern: str, length: int, density: float) -> None:
        self.pattern, self.length, self.density = re.compile(pattern), length, density

    def __call__(self, document: Document) -> bool:
        length = len(document.text)
        inside = sum(len(found[0]) for found in self.pattern.finditer(document.text))
        document.metadata.update(length=length, latex_density=inside / max(1, length))
        return length >= self.length and inside / max(1, length) >= self.density


def run(
    project: Path,
    out: Path,
    *,
    pattern: str,
    length: int,
    density: float,
    repeated: float,
    tasks: int,
    workers: int,
    early: bool,
    words: str,
) -> None:
    """Filter `project/data/*.parquet` into `out/kept`. `early`: cheapest filter first, so that most are never measured."""
    language: Any = Blanks() if words == "blanks" else "en"
    repetition = GopherRepetitionFilter(
        dup_line_frac=None,
        dup_para_frac=None,
        dup_line_char_frac=repeated,
        dup_para_char_frac=None,
        top_n_grams=((3, repeated),),
        dup_n_grams=((10, repeated),),
        language=language,
    )
    wanted = LambdaFilter(Wanted(pattern, length, density))
    steps = [wanted, repetition] if early else [repetition, wanted]
    LocalPipelineExecutor(
        [ParquetReader(str(project / "data")), *steps, ParquetWriter(str(out / "kept"), compression="zstd")],
        tasks=tasks,
        workers=workers,
        logging_dir=str(out / "logs"),
        skip_completed=False,
        start_method="spawn",  # children of ours, so that their CPU seconds can be counted; its default is a fork server
    ).run()
