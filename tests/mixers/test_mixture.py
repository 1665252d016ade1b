import hashlib
import random
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import floor
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
from mixers.reader import Mixture
from mixers.select import Source, choose, keyed_hash, scan
from mixers.write import token_type

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
def test_budgets_are_met_to_within_half_a_document(
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
        assert 2 * abs(source["tokens"] - source["asked"]) <= longest or source["uses"] == 1  # type: ignore[operator]
        for stage in facts["stages"]:
            assert (
                abs(stage["sources"][name]["tokens"] - stage["sources"][name]["asked"]) <= longest
                or source["uses"] == 1
            )  # type: ignore[operator]


@given(
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    asked=st.lists(st.integers(0, 3000), min_size=1, max_size=4),
    cap=st.none() | st.fractions(Fraction(1, 100), 5),
)
def test_whole_documents_end_as_near_to_each_budget_as_they_can(
    frames: Make, lengths: list[int], asked: list[int], cap: Fraction | None
) -> None:
    source = scan("web", frames("web", [documents("web", lengths)]), 0)
    most = None if cap is None else floor(cap * sum(lengths))
    uses = choose(source, asked, most)
    every = choose(source, [sum(asked) + 2 * sum(lengths)])["length"].cum_sum().to_list()
    allowed = [0, *(end for end in every if most is None or end <= most)]
    for stage in range(len(asked)):
        end, got = sum(asked[: stage + 1]), uses.filter(pl.col("stage") <= stage)["length"].sum()
        assert got in allowed
        forced = len(uses) == 1 or not sum(asked[: stage + 1])
        assert forced or all(abs(got - end) <= abs(other - end) for other in allowed)
    assert bool(len(uses)) == bool(sum(asked) and (most is None or source.lengths[first_of(source)] <= most))


def first_of(source: Source) -> int:
    return int(choose(source, [1])["doc"][0])


def test_a_giant_document_is_not_taken_where_that_would_miss_by_more(frames: Make) -> None:
    source = scan("web", frames("web", [documents("web", [10] * 50 + [5000])]), 0)
    order = choose(source, [source.tokens])
    before = order["length"].to_list().index(5000) * 10
    assert choose(source, [before + 2499])["length"].sum() == before
    assert choose(source, [before + 2500])["length"].sum() == before + 5000


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


def test_every_prefix_has_the_sources_in_proportion_to_less_than_one_window(whole: Path) -> None:
    index = pl.read_parquet(whole / "index.parquet").filter(pl.col("stage") == 0)
    web = index.unique("window", keep="first").sort("window")["source"] == "web"
    share = web.mean()
    assert isinstance(share, float)
    assert all(abs(web[:n].sum() - n * share) < 1 for n in range(1, len(web) + 1))


def test_every_prefix_has_the_weights_in_tokens(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    """Where windows of one source are half empty, it has more of them: shares are of tokens, from the first window on."""
    lengths = {"dense": [1 + n % 60 for n in range(3000)], "sparse": [33 + n % 7 for n in range(3000)]}
    corpora = {name: frames(name, [documents(name, some)]) for name, some in lengths.items()}
    stages = [{"weights": {"dense": 0.75, "sparse": 0.25}}]
    facts = mixture(corpora, tmp_path, tokens=60_000, seq_len=64, stages=stages, tokenizer=tokenizer)
    assert facts["sources"]["sparse"]["fill"] < 0.6 < 0.98 < facts["sources"]["dense"]["fill"]
    tokens = pl.when(pl.col("source") == "dense").then("length").otherwise(0)
    rows = pl.read_parquet(tmp_path / "index.parquet").group_by("window", maintain_order=True)
    windows = rows.agg(dense=tokens.sum(), all=pl.col("length").sum()).select(pl.col("dense", "all").cum_sum())
    missed = (windows["dense"] - 0.75 * windows["all"]).abs().max()
    assert missed < 2 * 64  # type: ignore[operator]


def test_the_report_adds_up(whole: Path) -> None:
    facts = Mixture(whole).facts
    index = pl.read_parquet(whole / "index.parquet")
    for name, line in facts["sources"].items():
        mine = index.filter(pl.col("source") == name)
        assert line["tokens"] == mine["length"].sum() == sum(s["sources"][name]["tokens"] for s in facts["stages"])
        assert line["documents"] == mine["id"].n_unique()
        assert line["uses"] == mine.select("id", "epoch").n_unique()
        assert line["cut"] == mine.filter(pl.col("start") == 64).select("id", "epoch").n_unique()
        assert line["windows"] == mine["window"].n_unique()
        assert line["fill"] == pytest.approx(line["tokens"] / line["windows"] / 64, abs=1e-6)
        assert line["share"] == pytest.approx(line["tokens"] / facts["tokens"], abs=1e-6)
    assert facts["tokens"] == index["length"].sum() and facts["windows"] == index["window"].n_unique()
    assert all(sum(line["share"] for line in s["sources"].values()) == pytest.approx(1) for s in facts["stages"])


def test_a_cap_that_no_document_fits_is_refused(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    with pytest.raises(CurateError, match=r"cot: max_epochs 0\.01 allows 10 tokens, less than its first document has"):
        build(tmp_path, frames, tokenizer, tokens=10, stages=[{"weights": {"cot": 1}}], max_epochs={"cot": 0.01})


@pytest.mark.parametrize("split_by", [None, 5])
def test_masked_tokens_bear_no_loss_in_any_piece(
    tmp_path: Path, frames: Make, tokenizer: str, split_by: int | None
) -> None:
    masks = pl.Series("n_masked", [0, 63, 64, 5, 102, None, 1, 2, 3, 4], dtype=pl.UInt32)
    cot = DOCS["cot"].with_columns(masks)
    corpora = {
        "cot": frames("cot", [cot] if split_by is None else split(cot, split_by)),
        "web": frames("web", [DOCS["web"]]),
    }
    stages = [{"weights": {"cot": 0.5, "web": 0.5}}]
    facts = mixture(corpora, tmp_path, tokens=4000, seq_len=64, stages=stages, tokenizer=tokenizer, masked=("cot",))
    mix = Mixture(tmp_path)
    masked = dict(cot.select("id", pl.col("n_masked").fill_null(0)).iter_rows())
    for row in pl.read_parquet(tmp_path / "index.parquet").iter_rows(named=True):
        mask = mix[row["window"]]["loss_mask"][row["offset"] % 64 :][: row["length"]]
        heads = masked.get(row["id"], 0) if row["source"] == "cot" else 0
        assert mask.tolist() == [i > 0 and row["start"] + i >= heads for i in range(row["length"])]
    uses = pl.read_parquet(tmp_path / "index.parquet").filter(pl.col("source") == "cot", pl.col("start") == 0)["id"]
    assert mix.masked is not None
    assert facts["sources"]["cot"]["masked"] == mix.masked.sum() == sum(masked[id] for id in uses) > 0
    assert facts["sources"]["cot"]["unmasked"] == sum(not masked[id] for id in uses) > 1
    assert facts["sources"]["web"]["masked"] == 0 and "unmasked" not in facts["sources"]["web"]


def test_a_mask_of_whole_texts_is_refused(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    qa = DOCS["qa"].with_columns(n_masked=pl.col("n_tokens") - 1)  # all but the end token
    with pytest.raises(CurateError, match="mask: qa: its column holds the whole texts"):
        mixture(
            {"qa": frames("qa", [qa])}, tmp_path, tokens=300, seq_len=64, stages=[{"weights": {"qa": 1}}],
            tokenizer=tokenizer, masked=("qa",),
        )  # fmt: skip


def test_nothing_is_said_of_masks_where_none_is_asked_for(whole: Path) -> None:
    assert not (whole / "masked.npy").exists() and "masked" not in Mixture(whole).facts["sources"]["web"]


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


def test_many_shards_hold_what_one_does(tmp_path: Path, frames: Make, tokenizer: str, monkeypatch: Any) -> None:
    held = {}
    for size in (1 << 20, 1400):
        monkeypatch.setattr("mixers.write.SHARD_BYTES", size)
        facts = build(tmp_path / str(size), frames, tokenizer, split_by=size)
        mix = Mixture(tmp_path / str(size))
        index = pl.read_parquet(tmp_path / str(size) / "index.parquet")
        at = (index["window"] // facts["windows_per_shard"]).cast(pl.UInt32)
        assert index["shard"].equals(at) and (index["offset"] < facts["windows_per_shard"] * 64).all()
        rows = [mix[n] for n in range(len(mix))]
        held[len(facts["shards"])] = [{name: v.tolist() for name, v in row.items()} for row in rows]
    assert len(held) == 2 and min(held) == 1
    (one, many) = held.values()
    assert one == many


@pytest.mark.parametrize("held", [1, 3000, 20_000])
def test_how_much_is_held_in_memory_does_not_show(
    tmp_path: Path, frames: Make, tokenizer: str, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr("mixers.write.SHARD_BYTES", 1400)
    build(tmp_path / "whole", frames, tokenizer, split_by=7)
    monkeypatch.setattr("mixers._aside.HELD", held)
    build(tmp_path / "parts", frames, tokenizer, split_by=7)
    assert digests(tmp_path / "parts") == digests(tmp_path / "whole")


def test_what_is_set_aside_is_written_in_large_pieces(
    tmp_path: Path, frames: Make, tokenizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a file for each shard of a corpus and shard of windows."""
    appended, opened = [], Path.open

    def watched(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if mode == "ab":
            appended.append(path.name)
        return opened(path, mode, *rest, **more)

    monkeypatch.setattr("mixers.write.SHARD_BYTES", 1400)
    monkeypatch.setattr(Path, "open", watched)
    facts = build(tmp_path, frames, tokenizer, split_by=7)
    assert len(facts["shards"]) > 3
    assert sorted(appended) == sorted(f"{n}.{k}" for n in range(len(facts["shards"])) for k in ("rows", "tokens"))


def test_no_search_copies_the_array_that_it_looks_in(
    tmp_path: Path, frames: Make, tokenizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numpy makes both sides one type first: at 100 million pieces that is a second for each shard of a corpus."""
    types, search = [], np.searchsorted

    def watched(sorted_: Any, wanted: Any, *rest: Any) -> Any:
        types.append((np.asarray(sorted_).dtype, np.asarray(wanted).dtype))
        return search(sorted_, wanted, *rest)

    monkeypatch.setattr(np, "searchsorted", watched)
    build(tmp_path, frames, tokenizer, split_by=7)
    assert len(types) > 10 and all(one == other for one, other in types)


def test_nothing_set_aside_is_left_behind(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    facts = build(tmp_path, frames, tokenizer)
    assert {p.name for p in tmp_path.iterdir()} == {*facts["files"], "mixture.json"}


def test_documents_that_go_between_the_two_passes_are_missed(tmp_path: Path, tokenizer: str) -> None:
    class Leaky:
        name, passes = "web", 0

        def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
            self.passes += 1
            yield DOCS["web"].head(120 if self.passes == 1 else 100).select(columns)

    total = DOCS["web"]["n_tokens"].sum()
    with pytest.raises(CurateError, match="web: 23 pieces of documents are gone since lengths were read"):
        mixture(
            {"web": Leaky()}, tmp_path, tokens=total, seq_len=80, stages=[{"weights": {"web": 1}}], tokenizer=tokenizer
        )
    assert not [p for p in tmp_path.iterdir() if p.is_dir()]


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


@pytest.mark.parametrize("asked", [{"tokens": 0}, {"seq_len": 1}, {"seq_len": 2_000_000_000}])
def test_sizes_that_no_machine_has_are_refused(
    tmp_path: Path, frames: Make, tokenizer: str, asked: dict[str, int]
) -> None:
    with pytest.raises(CurateError, match="tokens, at least 1, in windows of"):
        build(tmp_path, frames, tokenizer, **asked)
