import gzip
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from mixers.pack import FEWEST, best_fit, chunks, pack


def naive(lengths: list[int], capacity: int) -> list[tuple[int, int]]:
    """Best fit, longest first, as one would write it on a blackboard; ties go to the window that came to its room last."""
    rooms: list[tuple[int, int]] = []  # room, when
    placed = [(0, 0)] * len(lengths)
    for now, i in enumerate(sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))):
        fits = [(room, -when, w) for w, (room, when) in enumerate(rooms) if room >= lengths[i]]
        room, _, w = min(fits, default=(capacity, 0, len(rooms)))
        if w == len(rooms):
            rooms.append((0, 0))
        placed[i] = (w, capacity - room)
        rooms[w] = (room - lengths[i], now)
    return placed


@given(capacity=st.integers(2, 40), data=st.data())
def test_best_fit_is_that_of_the_blackboard(capacity: int, data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, capacity), max_size=60))
    window, offset, windows = best_fit(np.array(lengths, np.int64), capacity)
    assert list(zip(window.tolist(), offset.tolist(), strict=True)) == naive(lengths, capacity)
    assert windows == len(set(window.tolist()))


@given(seq_len=st.integers(2, 50), lengths=st.lists(st.integers(1, 200), max_size=80), seed=st.integers(0, 9))
def test_windows_are_never_overfull_and_only_documents_longer_than_one_are_cut(
    seq_len: int, lengths: list[int], seed: int
) -> None:
    segments, windows = pack(np.array(lengths, np.uint32), np.zeros(len(lengths), np.uint32), seq_len, seed)
    whole = segments.sort("use", "start").group_by("use", maintain_order=True).agg("start", "length")
    assert whole["use"].to_list() == list(range(len(lengths)))
    for use, starts, parts in whole.iter_rows():
        assert parts == [min(seq_len, lengths[use] - at) for at in range(0, lengths[use], seq_len)]
        assert starts == list(range(0, lengths[use], seq_len))
    places = segments.select(
        place=pl.int_ranges(
            pl.col("window") * seq_len + pl.col("offset"),
            pl.col("window") * seq_len + pl.col("offset") + pl.col("length"),
        )
    )
    assert places.explode("place")["place"].is_unique().all()
    assert (segments["offset"] + segments["length"]).max() is None or (
        segments["offset"] + segments["length"]
    ).max() <= seq_len
    assert sorted(set(segments["window"].to_list())) == list(range(windows))


def test_realistic_lengths_fill_windows_of_4096() -> None:
    lengths = np.clip(np.exp(np.random.default_rng(0).normal(6.4, 1.0, 20_000)), 1, 60_000).astype(np.uint32)
    segments, windows = pack(lengths, np.zeros(len(lengths), np.uint32), 4096, 0)
    assert lengths.sum() / (windows * 4096) > 0.97
    assert (segments["start"] == 4096).sum() == (lengths > 4096).sum()


def test_long_documents_do_not_come_first() -> None:
    lengths = np.arange(1, 2001, dtype=np.uint32)
    segments, windows = pack(lengths, np.zeros(2000, np.uint32), 2048, 0)
    longest = segments.group_by("window").agg(pl.col("length").max()).sort("window")["length"].to_numpy()
    assert abs(longest[: windows // 2].mean() - longest[windows // 2 :].mean()) < 150


def test_an_epoch_ends_before_the_next_begins() -> None:
    lengths = np.full(400, 64, np.uint32)
    epochs = np.repeat(np.arange(2, dtype=np.uint32), 200)
    segments, _ = pack(lengths, epochs, 128, 0)
    epoch = pl.Series(epochs[segments["use"].to_numpy()])
    assert segments["window"].filter(epoch == 0).max() < segments["window"].filter(epoch == 1).min()  # type: ignore[operator]


def test_short_epochs_share_a_chunk_so_that_windows_are_full() -> None:
    turns = list(chunks(np.full(40, 10, np.uint32), np.repeat(np.arange(4, dtype=np.uint32), 10), FEWEST))
    assert turns == [(0, 40)]


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=300),
    epochs=st.lists(st.integers(0, 5), min_size=1, max_size=300),
    seq_len=st.integers(2, 8),
)
def test_chunks_follow_each_other_and_end_at_the_first_turn_that_they_may(
    lengths: list[int], epochs: list[int], seq_len: int
) -> None:
    count = min(len(lengths), len(epochs))
    sizes, turns = np.array(lengths[:count], np.uint32), np.sort(np.array(epochs[:count], np.uint32))
    found = list(chunks(sizes, turns, seq_len))
    assert [start for start, _ in found] == [0, *[stop for _, stop in found[:-1]]] and found[-1][1] == count
    for start, stop in found:
        may = [
            at
            for at in range(start + 1, count)
            if turns[at] != turns[at - 1] and sizes[start:at].sum() >= FEWEST * seq_len
        ]
        assert stop == min([count, *may])


def test_lengths_of_real_texts_fill_windows_of_4096(shared: Path) -> None:
    """Characters over four, as tokens of a common tokenizer: documents of 45 sources, and long chains of thought."""
    for name in ("text/dev_train.jsonl.gz", "cot/limo_deepseek-r1-distill-qwen-32b.jsonl.gz"):
        with gzip.open(shared / name) as file:
            texts = pl.read_ndjson(file.read(), infer_schema_length=None)
        column = next(c for c in ("text", "generated_responses", "response") if c in texts.columns)
        chars = texts[column].explode() if isinstance(texts[column].dtype, pl.List) else texts[column]
        lengths = (chars.str.len_chars() // 4 + 1).to_numpy().astype(np.uint32)
        segments, windows = pack(lengths, np.zeros(len(lengths), np.uint32), 4096, 0)
        assert lengths.sum() / (windows * 4096) >= 0.97
        assert segments.filter(pl.col("length") < 4096)["use"].value_counts()["count"].max() == 1
