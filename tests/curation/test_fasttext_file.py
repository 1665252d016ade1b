"""Files of fastText models: what is read of each kind, and that a damaged or hostile one is refused in a line, soon and without memory."""

import json
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curation import _fasttext
from curation._utf8 import utf8
from curation.score import _classifier_model, _language_model
from curation.score.math_classifier import math_classifier
from curation.score.usefulness import usefulness

WORDS, LABELS, DIM, BUCKET = ["</s>", "sum", "größer", "<unk>"], ["negative", "positive"], 6, 10
TEXTS = utf8(pl.Series(["sum größer other", "", "x " * 30, "sum"]))
FIELDS = "dim ws epoch min_count neg ngrams loss model bucket minn maxn rate".split()
HEADER = 2 * 4 + 12 * 4 + 8
"""Bytes before the dictionary."""


def matrix(rows: int, columns: int = DIM) -> bytes:
    values = np.random.default_rng(rows).normal(size=(rows, columns)).astype("<f4")
    return struct.pack("<qq", rows, columns) + values.tobytes()


def quantiser(dim: int, size: int) -> bytes:
    parts = -(-dim // size)
    values = np.random.default_rng(dim).normal(size=dim * 256).astype("<f4")
    return struct.pack("<4i", dim, parts, size, dim - (parts - 1) * size) + values.tobytes()


def quantised(rows: int, size: int = 4) -> bytes:
    parts = -(-DIM // size)
    codes = bytes(n * 37 % 256 for n in range(rows * parts))
    head = struct.pack("<?qqi", True, rows, DIM, len(codes)) + codes + quantiser(DIM, size)
    return head + bytes(n * 11 % 256 for n in range(rows)) + quantiser(1, 1)


def model(*, small: bool = False, pairs: list[tuple[int, int]] | None = None, **fields: int) -> bytes:
    """A whole file: words and labels as above, some numbers in its matrices."""
    given = dict.fromkeys(FIELDS, 0) | {"dim": DIM, "ngrams": 2, "loss": 3, "model": 3, "bucket": BUCKET} | fields
    names = [*WORDS, *(f"__label__{label}" for label in LABELS)]
    pruned = struct.pack("<q", -1 if pairs is None else len(pairs))
    made = struct.pack("<2i12id", 793712314, 12, *given.values(), 1e-4)
    made += struct.pack("<3iq", len(names), len(WORDS), len(LABELS), 99) + pruned
    for n, name in enumerate(names):
        made += name.encode() + b"\0" + struct.pack("<qb", 9 - n, n >= len(WORDS))
    made += b"".join(struct.pack("<2i", *pair) for pair in pairs or [])
    rows = len(WORDS) + (BUCKET if pairs is None else len(pairs))
    return made + bytes([small]) + (quantised(rows) if small else matrix(rows)) + b"\0" + matrix(len(LABELS))


LETTERS = {"ngrams": 1, "minn": 2, "maxn": 3}
KINDS = {
    "words": model(),
    "letters": model(**LETTERS),
    "tree": model(**LETTERS, loss=1),
    "small": model(**LETTERS, loss=1, small=True, pairs=[(7, 1), (2, 0)]),
}


def asked(path: Path) -> None:
    """What a step does with a file of either kind."""
    for load in (_classifier_model.load, _language_model.load):
        try:
            found = load(path)
        except CurateError as error:
            assert "\n" not in str(error) and "is no fastText model that can be read: " in str(error)
            continue
        if isinstance(found, _classifier_model.Model):
            sums = _classifier_model.chances(found, *TEXTS).sum(axis=1)
            assert ((sums == 0) | np.isclose(sums, 1)).all()
        else:
            best, scores = found.best(*TEXTS)
            assert best.max() < len(found.labels) and ((scores >= 0) & (scores <= 1)).all()


def test_each_kind_is_read_and_left_to_its_loop(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    for kind, data in KINDS.items():
        path.write_bytes(data)
        found = _fasttext.read(path)
        assert ([word.decode() for word in found.words], found.labels, found.counts) == (WORDS, LABELS, [5, 4])
        assert found.rows.shape[1] == found.output.shape[1] == DIM and len(found.output) == len(LABELS)
        assert len(found.rows) == len(WORDS) + (2 if kind == "small" else BUCKET)
        assert found.buckets.tolist() == ([-1, -1, 0, -1, -1, -1, -1, 1, -1, -1] if kind == "small" else [])
        asked(path)
    assert found.rows[0] @ found.rows[0] > 0


def test_a_quantised_matrix_is_its_centroids_times_its_norms(tmp_path: Path) -> None:
    path = tmp_path / "model.ftz"
    path.write_bytes(KINDS["small"])
    values, norms = (np.random.default_rng(dim).normal(size=dim * 256).astype("<f4") for dim in (DIM, 1))
    row = 3
    first, last = (code * 37 % 256 for code in (2 * row, 2 * row + 1))
    wanted = np.concatenate([values[4 * first :][:4], values[4 * 256 + 2 * last :][:2]]) * norms[row * 11]
    assert np.array_equal(_fasttext.read(path).rows[row], wanted)


@given(st.sampled_from([*KINDS]), st.integers(0, 10**6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_that_was_cut_is_refused(tmp_path: Path, kind: str, at: int) -> None:
    path, data = tmp_path / "model.bin", KINDS[kind]
    path.write_bytes(data[: at % len(data)])
    with pytest.raises(CurateError, match=r"^model\.bin is no fastText model that can be read: it [^\n]+$"):
        _fasttext.read(path)


@given(st.sampled_from([*KINDS]), st.integers(0, 10**6), st.integers(0, 7), st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_flipped_bit_is_refused_or_answers(tmp_path: Path, kind: str, at: int, bit: int, early: bool) -> None:
    path, data = tmp_path / "model.bin", bytearray(KINDS[kind])
    data[at % (240 if early else len(data))] ^= 1 << bit
    path.write_bytes(data)
    asked(path)


def hostile(data: bytes, at: int, form: str, *values: int) -> bytes:
    return data[:at] + struct.pack("<" + form, *values) + data[at + struct.calcsize("<" + form) :]


MATRIX = KINDS["words"].index(struct.pack("<qq", len(WORDS) + BUCKET, DIM))
CODES = KINDS["small"].index(struct.pack("<qq", len(WORDS) + 2, DIM))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (hostile(KINDS["words"], HEADER, "3i", 2**31 - 1, 2**31 - 3, 2), "its parts do not fit together"),
        (hostile(KINDS["words"], HEADER, "3i", 6, 7, -1), "its parts do not fit together"),
        (hostile(KINDS["words"], HEADER + 20, "q", 2**60), "it ends too early"),
        (hostile(KINDS["words"], MATRIX, "qq", 2**62, 2**62), "it ends too early"),
        (hostile(KINDS["words"], MATRIX, "qq", -14, -DIM), "it ends too early"),
        (hostile(KINDS["small"], CODES, "qqi", 2**40, 2**20, 12), "its parts do not fit together"),
        (hostile(KINDS["small"], CODES, "qqi", 1, DIM, 2**31 - 1), "it ends too early"),
        (hostile(KINDS["words"], MATRIX + 16, "f", float("nan")), "it has numbers that no training makes"),
        (model(bucket=2**31 - 1), "its parts do not fit together"),
        (model(**LETTERS, pairs=[(1, 0)], bucket=2**31 - 1), "2,147,483,647 buckets, .* at most 16,777,216"),
        (model(**LETTERS, pairs=[(BUCKET, 0)]), "its parts do not fit together"),
        (model(**LETTERS, pairs=[(1, 2)]), "its parts do not fit together"),
        (model(ngrams=2**31 - 1), "its parts do not fit together"),
        (model(model=1), "it is not supervised"),
        (b"text, and more of it", "it does not begin like one"),
    ],
)
def test_what_a_file_declares_is_not_believed(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(CurateError, match=rf"^model\.bin is no fastText model that can be read: {why}$"):
            _fasttext.read(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "said", "why"),
    [
        (KINDS["letters"], '{"max_chars": 9}', r"it has n-grams of letters \(maxn 3\)"),
        (model(loss=1), '{"max_chars": 9}', "its loss is hs; that of a classifier is softmax"),
        (model(pairs=[(1, 0)]), '{"max_chars": 9}', "some of its n-grams are left out"),
        (KINDS["words"], '{"max_chars": 0}', r"settings\.json does not say max_chars"),
        (KINDS["words"], "[]", r"settings\.json does not say max_chars"),
    ],
)
def test_a_model_of_another_kind_is_refused_by_what_it_is(tmp_path: Path, data: bytes, said: str, why: str) -> None:
    (tmp_path / "model.bin").write_bytes(data)
    (tmp_path / "settings.json").write_text(said)
    docs = pl.DataFrame({"id": ["a"], "text": ["sum"]})
    for step in (math_classifier, usefulness):
        with pytest.raises(CurateError, match=rf"^.*: no classifier that `fit: fasttext` wrote: .*{why}[^\n]*$"):
            step(docs, model=str(tmp_path))


def test_a_classifier_of_many_labels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(KINDS["words"])
    many = replace(_fasttext.read(path), labels=[str(n) for n in range(65)])
    assert "65 labels; at most 64" in _classifier_model._unlike(many)


def test_a_classifier_that_says_its_settings_is_used_wherever_it_is_from(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(KINDS["words"])
    (tmp_path / "settings.json").write_text(json.dumps({"max_chars": 100}))
    found = math_classifier(pl.DataFrame({"id": ["a", "b"], "text": ["sum", "."]}), model=str(tmp_path))["math_score"]
    assert 0 < found[0] < 1 and found[1] is None
