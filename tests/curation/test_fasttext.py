"""A trained classifier: what it sees of a text, that it comes out the same, and that it tells the two sides apart."""

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError
from curation.fit._train import train
from curation.fit.fasttext import fasttext
from curation.score.math_classifier import math_classifier

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "text"
MATHS = "theorem proof let integral of $x^2$ = 3 prime angle root sum of vectors hence equation \\frac{1}{2}".split()
PROSE = "the garden soup was cooked by grandmother while rain fell on old roofs and we sang until morning".split()
SMALL = {"min_count": 1, "bucket": 2_000, "dim": 8}


def docs(words: list[str], count: int, seed: int) -> pl.DataFrame:
    dice = random.Random(seed)
    texts = [" ".join(dice.choices(words, k=dice.randrange(5, 60))) for _ in range(count)]
    return pl.DataFrame({"id": [f"{seed}-{n}" for n in range(count)], "text": texts})


class Frames:
    def __init__(self, *frames: pl.DataFrame) -> None:
        self.name, self.frames = "frames", frames

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for frame in self.frames:
            yield frame.with_columns(pl.lit(None, pl.String).alias(c) for c in columns if c not in frame).select(
                columns
            )


def fitted(out: Path, maths: Frames, prose: Frames, **more: object) -> dict[str, object]:
    out.mkdir(exist_ok=True)
    return fasttext({"a": maths, "b": prose}, out, positive=["a"], negative=["b"], **{**SMALL, **more})


def test_the_same_documents_give_the_same_bytes_however_they_are_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maths, prose = docs(MATHS, 200, 0), docs(PROSE, 150, 1)
    facts = fitted(tmp_path / "one", Frames(maths), Frames(prose))
    monkeypatch.setenv("MALLOC_PERTURB_", "85")  # memory that is not zero, which fastText would start from
    again = fitted(
        tmp_path / "two", Frames(maths[120:], maths[:0], maths[:120].reverse()), Frames(prose[::2], prose[1::2])
    )
    assert facts == again == {"documents": 300, "positive": 150, "negative": 150}
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["model.bin", "settings.json"]
    assert all((tmp_path / "one" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in names)


def test_it_tells_mathematics_from_prose_with_a_probability(tmp_path: Path) -> None:
    fitted(tmp_path, Frames(docs(MATHS, 300, 0)), Frames(docs(PROSE, 300, 1)), epoch=20)
    seen = pl.concat([docs(MATHS, 50, 2), docs(PROSE, 50, 3)])
    found = math_classifier(seen, model=str(tmp_path))["math_score"]
    assert found.is_between(0, 1).all()
    assert (found[:50] > 0.5).all() and (found[50:] < 0.5).all()
    odd = pl.DataFrame({"id": ["a", "b"], "text": ["", " !?"]})
    assert math_classifier(odd, model=str(tmp_path))["math_score"].to_list() == [None, None]


def test_a_matrix_so_small_that_it_is_a_block_used_before_is_zero_too(tmp_path: Path) -> None:
    sides = {"positive": "sum", "negative": "cat"}
    rows = [(side, f"{word} " * (n % 7) + "the " * (7 - n % 7)) for n in range(240) for side, word in sides.items()]
    few = pl.DataFrame(rows, schema=["label", "text"], orient="row")
    for bucket in (200, 400, 600, 800):  # NaN, or other bytes, where one is not
        settings = {"dim": 8, "lr": 0.1, "epoch": 3, "wordNgrams": 2, "minCount": 1, "bucket": bucket, "seed": 0}
        train(few, settings, tmp_path / str(bucket))


def test_what_cannot_be_learnt_is_refused(tmp_path: Path) -> None:
    some, none = Frames(docs(MATHS, 5, 0)), Frames(pl.DataFrame({"id": ["x"], "text": [" ."]}))
    with pytest.raises(CurateError, match="no text to learn from among the negative documents"):
        fitted(tmp_path, some, none)
    with pytest.raises(CurateError, match="'a' is among the positive and the negative corpora"):
        fasttext({"a": some}, tmp_path, positive=["a"], negative=["a"])
    with pytest.raises(CurateError, match="fastText could not learn: "):
        fitted(tmp_path, some, Frames(docs(PROSE, 5, 1)), dim=-1)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="no classifier that `fit: fasttext` wrote"):
        math_classifier(docs(MATHS, 1, 0), model=str(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared text with labels is not here")
def test_it_finds_real_mathematics(tmp_path: Path) -> None:
    train, valid = (
        pl.read_ndjson(SHARED / f"dev_{part}.jsonl.gz").select("id", "label", "text") for part in ("train", "valid")
    )
    sides = [Frames(train.filter(label=label)) for label in ("math", "other")]
    fasttext({"a": sides[0], "b": sides[1]}, tmp_path, positive=["a"], negative=["b"])
    said, true = math_classifier(valid, model=str(tmp_path))["math_score"] >= 0.5, valid["label"] == "math"
    assert 2 * (said & true).sum() / (said.sum() + true.sum()) > 0.97
