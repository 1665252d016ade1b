"""The figures of `benchmarks.tokens`: what counts as cut, that the contenders do the same, and that made corpora are what they say."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks import _mixture_scale, _tokens_runs, tokens

TEXTS = [
    "The sum of two even numbers is even.",
    "Let $x^2 = 4$, so $x = \\pm 2$.",
    "<|endoftext|> is spelled out",
    "é 直角",
] * 9


def test_a_document_that_ends_with_the_window_is_not_cut() -> None:
    found = _tokens_runs.concat_and_chunk(np.array([4, 4, 5, 3, 9]), 4)
    assert found == {"windows": 7, "fill": 25 / 28, "cut": 2 / 5, "cut_needlessly": 0}
    assert _tokens_runs.concat_and_chunk(np.array([3, 2, 3]), 4)["cut_needlessly"] == 1


def test_best_fit_cuts_only_what_is_longer_than_a_window() -> None:
    lengths = np.arange(1, 200)
    found = _tokens_runs.best_fit(lengths, 100)
    assert found["cut"] == np.mean(lengths > 100) and found["cut_needlessly"] == 0
    assert _tokens_runs.concat_and_chunk(lengths, 100)["cut"] > found["cut"]


def test_an_interleaved_prefix_is_never_off_by_a_window_and_a_sampled_one_is() -> None:
    found = tokens.prefixes(2000)
    assert found["interleaved"][-1] < 1 < 5 < found["sampled"][-1]


@pytest.mark.parametrize("name", [*_tokens_runs.TOKENISE, *_tokens_runs.WHOLE])
def test_every_contender_gives_the_ids_of_the_library(name: str, tokenizer: str, tmp_path: Path) -> None:
    if "datatrove" in name:
        pytest.importorskip("datatrove", reason="datatrove is not installed")
    (tmp_path / "own").mkdir()
    work = (_tokens_runs.TOKENISE | _tokens_runs.WHOLE)[name](TEXTS, tokenizer, tmp_path / "own")
    ids, lengths = work()
    expected, counts = _tokens_runs.encode_batch(TEXTS, tokenizer, tmp_path)()
    if name == "whole_datatrove":  # shuffled
        ids, expected, lengths, counts = (np.sort(values) for values in (ids, expected, lengths, counts))
    assert ids.tolist() == expected.tolist() and lengths.tolist() == counts.tolist()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> str:
    from curation.fit.bpe import bpe

    class Texts:
        name = "texts"

        def shards(self, *columns: str) -> list[pl.DataFrame]:
            return [pl.DataFrame({"id": [str(n) for n in range(len(TEXTS))], "text": TEXTS}).select(columns)]

    out = tmp_path_factory.mktemp("bpe")
    bpe({"texts": Texts()}, out, vocab=300)  # type: ignore[dict-item]
    return str(out)


def test_a_made_corpus_is_the_same_each_time_and_as_long_as_it_says() -> None:
    one, two = (_mixture_scale.Made("cot", 20_000_000, 0) for _ in range(2))
    (first,), (again,) = one.shards("id", "tokens", "n_tokens"), two.shards("id", "tokens", "n_tokens")
    assert_frame_equal(first, again)
    assert first["tokens"].list.len().equals(first["n_tokens"])
    assert first["id"].n_unique() == first.height == one.documents
    assert first["n_tokens"].sum() == pytest.approx(20_000_000, rel=0.05)


def test_a_small_scale_run_reads_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mixture"
    _mixture_scale.build(str(out), 2_000_000)
    _mixture_scale.read(str(out), 200)
    built, read = map(json.loads, capsys.readouterr().out.splitlines())
    assert built["tokens"] == pytest.approx(2_000_000, rel=0.05) and built["fill"] > 0.9
    assert all(read[name] > 0 for name in ("floor", "seek", "seek_later", "seek_by_64", "sequential_mb"))
