import hashlib
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.step import Corpus
from mixers.mixture import mixture
from mixers.select import choose, keyed_hash, scan
from mixers.write import Shards, token_type

Make = Callable[[str, list[pl.DataFrame]], Corpus]
STAGES = [
    {"until": 0.75, "weights": {"web": 0.8, "qa": 0.2}},
    {"until": 1, "weights": {"web": 0.5, "qa": 0.3, "cot": 0.2}},
]


def documents(name: str, lengths: list[int]) -> pl.DataFrame:
    """Documents whose tokens tell their place: first token by document, then counting."""
    rows = [[(7 * n + t) % 250 + 1 for t in range(length)] for n, length in enumerate(lengths)]
    return pl.DataFrame(
        {"id": [f"{name}-{n}" for n in range(len(lengths))], "tokens": rows, "n_tokens": lengths},
        schema={"id": pl.String, "tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32},
    )


DOCS = {
    "web": documents("web", [1 + (37 * n) % 90 for n in range(120)]),
    "qa": documents("qa", [3 + n % 11 for n in range(60)]),
    "cot": documents("cot", [50 + 13 * n for n in range(10)]),
}


def split(frame: pl.DataFrame, seed: int) -> list[pl.DataFrame]:
    """The same rows in any order, in any number of shards, some of them empty."""
    dice = random.Random(seed)
    mixed = frame.sample(fraction=1.0, shuffle=True, seed=dice.randrange(2**31))
    cuts = sorted(dice.choices(range(frame.height + 1), k=dice.randrange(6)))
    return [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, frame.height], strict=True)]


def build(out: Path, frames: Make, tokenizer: str, split_by: int | None = None, **options: Any) -> dict[str, Any]:
    shards = {n: [d] if split_by is None else split(d, split_by + i) for i, (n, d) in enumerate(DOCS.items())}
    out.mkdir(parents=True, exist_ok=True)
    asked = {"tokens": 6000, "seq_len": 64, "stages": STAGES, "seed": 3} | options
    return mixture({n: frames(n, s) for n, s in shards.items()}, out, tokenizer=tokenizer, **asked)


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, frames: Make, tokenizer: str) -> Path:
    out = tmp_path_factory.mktemp("mixture")
    build(out, frames, tokenizer)
    return out


@given(split_by=st.integers(0, 10**6))
def test_any_split_and_order_of_the_inputs_gives_the_same_bytes(
    whole: Path, frames: Make, tokenizer: str, split_by: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), frames, tokenizer, split_by)
        assert digests(Path(folder)) == digests(whole)


@given(tokens=st.integers(1, 20_000), seq_len=st.integers(2, 300), web=st.integers(0, 100), until=st.integers(1, 99))
def test_budgets_are_met_to_within_one_document(
    frames: Make, tokenizer: str, tokens: int, seq_len: int, web: int, until: int
) -> None:
    stages = [
        {"until": f"{until}%", "weights": {"web": web / 100, "cot": 1 - web / 100}},
        {"until": 1, "weights": {"web": 0.5, "cot": 0.5}},
    ]
    with tempfile.TemporaryDirectory() as folder:
        facts = build(Path(folder), frames, tokenizer, tokens=tokens, seq_len=seq_len, stages=stages)
    assert facts["asked"] == tokens
    for name, source in facts["sources"].items():
        longest = DOCS[name]["n_tokens"].max()
        assert 0 <= source["tokens"] - source["asked"] < longest  # type: ignore[operator]
        for stage in facts["stages"]:
            assert abs(stage["sources"][name]["tokens"] - stage["sources"][name]["asked"]) < longest  # type: ignore[operator]


def test_every_token_stands_where_the_index_says(whole: Path) -> None:
    index = pl.read_parquet(whole / "index.parquet")
    tokens = np.fromfile(whole / "windows-00000.bin", "<u2")
    truth = {id: row for frame in DOCS.values() for id, row in frame.select("id", "tokens").iter_rows()}
    covered = np.zeros(len(tokens), bool)
    for row in index.iter_rows(named=True):
        at, start = row["offset"], row["start"]
        assert tokens[at : at + row["length"]].tolist() == truth[row["id"]][start : start + row["length"]]
        assert not covered[at : at + row["length"]].any()
        assert row["window"] == at // 64 == (at + row["length"] - 1) // 64
        covered[at : at + row["length"]] = True
    assert (tokens[~covered] == 0).all()


def test_a_window_has_one_source_and_one_stage(whole: Path) -> None:
    index = pl.read_parquet(whole / "index.parquet")
    assert index.group_by("window").agg(pl.col("source", "stage").n_unique()).select(
        pl.col("source", "stage").max()
    ).row(0) == (1, 1)
    assert index["stage"].is_sorted() and index["window"].is_sorted()


def test_no_document_returns_before_its_epoch_is_over(frames: Make) -> None:
    source = scan("qa", frames("qa", [DOCS["qa"]]), 0)
    uses = choose(source, [source.tokens + 100, 2 * source.tokens])
    assert uses["epoch"].is_sorted()
    for epoch in (0, 1, 2):
        seen = uses.filter(pl.col("epoch") == epoch)["doc"]
        assert seen.n_unique() == DOCS["qa"].height == len(seen)
    orders = [uses.filter(pl.col("epoch") == e)["doc"].to_list() for e in (0, 1)]
    assert orders[0] != orders[1]


def test_a_larger_mixture_uses_the_documents_of_a_smaller_one(frames: Make) -> None:
    source = scan("web", frames("web", [DOCS["web"]]), 0)
    small, large = (set(choose(source, [n])["doc"].to_list()) for n in (500, 2000))
    assert small < large


def test_prefixes_have_the_sources_in_proportion(whole: Path) -> None:
    index = pl.read_parquet(whole / "index.parquet").filter(pl.col("stage") == 0)
    web = index.unique("window", keep="first").sort("window")["source"] == "web"
    share = web.mean()
    assert isinstance(share, float)
    assert all(abs(web[:n].sum() - n * share) <= 2 for n in range(1, len(web)))


def test_an_infeasible_mix_is_refused_and_writes_nothing(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    with pytest.raises(
        CurateError,
        match=r"qa: 1,350 tokens asked of 465 x max_epochs 1 = 465; lower its weight to 0.0688 and 0.1033 or",
    ):
        build(tmp_path, frames, tokenizer, max_epochs={"web": 2, "qa": 1})
    assert not list(tmp_path.iterdir())


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    twice = frames("web", [DOCS["web"], DOCS["web"][:1]])
    with pytest.raises(CurateError, match="web: two documents have the same id"):
        mixture({"web": twice}, tmp_path, tokens=9, seq_len=8, stages=[{"weights": {"web": 1}}], tokenizer=tokenizer)


def test_tokens_of_another_tokenizer_are_refused(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    strange = frames("web", [DOCS["web"].with_columns(pl.col("tokens") + 60_000)])
    with pytest.raises(CurateError, match="is not in the tokenizer's"):
        mixture({"web": strange}, tmp_path, tokens=9, seq_len=8, stages=[{"weights": {"web": 1}}], tokenizer=tokenizer)


def test_documents_without_tokens_and_corpora_without_weight_are_left_out(
    tmp_path: Path, frames: Make, tokenizer: str
) -> None:
    blank = documents("blank", [0, 0, 5])
    corpora = {"web": frames("web", [blank]), "none": frames("none", [blank[:0]]), "other": frames("other", [])}
    stages = [{"weights": {"web": 1, "none": 0}}]
    facts = mixture(corpora, tmp_path, tokens=5, seq_len=8, stages=stages, tokenizer=tokenizer)
    assert facts["sources"]["web"]["documents"] == facts["sources"]["web"]["available"]["documents"] == 1
    assert facts["windows"] == 1


def test_many_shards_hold_what_one_does(tmp_path: Path, frames: Make) -> None:
    corpus = frames("web", [DOCS["web"][:50], DOCS["web"][50:]])
    source = scan("web", corpus, 0)
    lengths = source.lengths[:50]
    segments = pl.DataFrame(
        {"doc": np.arange(50), "start": np.zeros(50, int), "length": lengths, "place": np.arange(50) * 100}
    )
    held = {}
    for size in (1 << 20, 1400):
        (out := tmp_path / str(size)).mkdir()
        shards = Shards(out, 50, 100, 700, 0, shard_bytes=size)
        shards.put(corpus, source, segments)
        held[len(shards.paths)] = b"".join(path.read_bytes() for path in shards.paths)
    assert list(held) == [1, 8] and held[1] == held[8]


def test_ids_take_two_bytes_as_long_as_they_fit() -> None:
    assert [token_type(n).itemsize for n in (65_536, 65_537)] == [2, 4]


@given(ids=st.lists(st.text(max_size=30), unique=True, max_size=50), seed=st.integers(0, 2**64 - 1))
def test_the_hash_of_an_id_is_the_documented_one(ids: list[str], seed: int) -> None:
    found = keyed_hash(pl.Series(ids, dtype=pl.String), seed).tolist()
    assert found == [documented(id.encode(), seed) for id in ids]


def documented(data: bytes, h: int) -> int:
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)]
    for word in [*words, len(data)]:
        h ^= word
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            h = (h ^ (h >> shift)) * factor % 2**64
        h ^= h >> 31
    return h
