"""Samples: exact, nested, as equal over strata as can be, and the same however the corpus is cut."""

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.contract_samples import Cut
from curate.errors import CurateError
from curate.step import find
from tests.curate.corpus import one, open_small, tiny

UNIFORM, STRATIFIED = find("sample", "uniform"), find("sample", "stratified")
YEARS = st.lists(st.sampled_from(["2014-05-01T00:00:00Z", "2015", "2016-02", "", "16-02-2017", None]), max_size=60)


def corpus(dates: list[str | None]) -> pl.DataFrame:
    rows = range(len(dates))
    return pl.DataFrame(
        {
            "id": [f"{i:032x}" for i in rows],
            "text": [f"text {i}" for i in rows],
            "date": pl.Series(dates, dtype=pl.String),
            "url": [f"https://{'ABC'[i % 3]}.example.org/{i}" for i in rows],
            "dump": [f"CC-MAIN-{i % 2}" for i in rows],
        }
    )


def places(step: Any, docs: pl.DataFrame, shards: int = 1, **params: Any) -> pl.DataFrame:
    filled = step.validated({"seed": 0, **params})
    cut = Cut(docs, shards)
    taken = {key: filled[key] for key in ("by", "seed") if key in filled}
    cut.parts = [step.spec.prepare(part.select(step.reads_with(filled)), **taken) for part in cut.parts]
    assert all("text" not in part.columns for part in cut.parts), "texts are not held"
    return step.call(cut, **filled)


def sampled(step: Any, docs: pl.DataFrame, shards: int = 1, **params: Any) -> set[str]:
    found = places(step, docs, shards, **params)
    return {*found.filter(pl.col(f"{step.name}_sampled"))["id"]}


def by_year(docs: pl.DataFrame, ids: set[str]) -> Counter[str | None]:
    return Counter(docs.filter(pl.col("id").is_in(ids))["date"].str.extract(r"^(\d{4})(?:\D|$)").to_list())


@given(YEARS, st.integers(1, 70), st.integers(0, 3))
def test_a_uniform_sample_has_its_size_and_contains_smaller_ones(dates: list[str | None], n: int, seed: int) -> None:
    docs = corpus(dates)
    found = sampled(UNIFORM, docs, documents=n, seed=seed)
    assert len(found) == min(n, docs.height)
    assert found <= sampled(UNIFORM, docs, documents=n + 1, seed=seed)


@given(YEARS, st.integers(1, 100), st.integers(1, 100))
def test_a_share_is_rounded_up_and_contains_smaller_ones(dates: list[str | None], a: int, b: int) -> None:
    docs = corpus(dates)
    small, large = (sampled(UNIFORM, docs, share=percent / 100) for percent in sorted((a, b)))
    assert [len(small), len(large)] == [-(-docs.height * percent // 100) for percent in sorted((a, b))]
    assert small <= large


@given(YEARS, st.integers(1, 70))
def test_a_total_is_spread_as_equally_as_it_can_be(dates: list[str | None], n: int) -> None:
    docs = corpus(dates)
    found = sampled(STRATIFIED, docs, documents=n)
    assert len(found) == min(n, docs.height)
    sizes, taken = by_year(docs, {*docs["id"]}), by_year(docs, found)
    most = max(taken.values(), default=0)
    for year, size in sizes.items():
        assert taken[year] in (most, most - 1) or taken[year] == size, "who gives less than another gives all"
    assert found <= sampled(STRATIFIED, docs, documents=n + 1)


@given(YEARS, st.integers(1, 20), st.integers(1, 100))
def test_so_many_of_each_and_a_share_of_each_are_exact(dates: list[str | None], n: int, percent: int) -> None:
    docs = corpus(dates)
    sizes = by_year(docs, {*docs["id"]})
    assert by_year(docs, sampled(STRATIFIED, docs, per_stratum=n)) == {y: min(n, size) for y, size in sizes.items()}
    shared = sampled(STRATIFIED, docs, share=percent / 100)
    assert by_year(docs, shared) == {y: -(-size * percent // 100) for y, size in sizes.items()}


@pytest.mark.parametrize("step", [UNIFORM, STRATIFIED], ids=["uniform", "stratified"])
@given(dates=YEARS, shards=st.integers(1, 9), back=st.booleans(), n=st.integers(1, 70))
def test_a_sample_does_not_depend_on_shards(
    step: Any, dates: list[str | None], shards: int, back: bool, n: int
) -> None:
    docs = corpus(dates)
    other = places(step, docs.reverse() if back else docs, shards, documents=n)
    assert other.equals(places(step, docs, documents=n))


def test_the_seed_makes_the_sample_and_every_document_has_its_chance() -> None:
    docs = corpus(["2014"] * 2000)
    chosen = Counter(one for seed in range(30) for one in sampled(UNIFORM, docs, share=0.5, seed=seed))
    assert len(chosen) == 2000
    assert 1 < min(chosen.values()) < 15 < max(chosen.values()) < 29, "30 coins each"


def test_the_order_is_the_same_on_every_machine() -> None:
    found = places(UNIFORM, corpus(["2014"] * 8)).sort("uniform_rank")["id"]
    assert [int(one, 16) for one in found] == [0, 1, 5, 4, 6, 2, 3, 7]


def test_strata_are_years_hosts_or_columns_and_what_is_unknown_is_one() -> None:
    docs = corpus(["2014-01-01", "2014", None, "", "May 2015", "2015/03/04", "20150304", "1420070400"])
    ranks = {
        by: places(STRATIFIED, docs, by=by.split())["stratified_rank"].value_counts().sort("stratified_rank")
        for by in ("year", "host", "dump", "year dump")
    }
    assert ranks["year"]["count"].to_list() == [3, 3, 1, 1], "two of 2014, two of 2015, four that say none"
    assert ranks["host"]["count"].to_list() == [3, 3, 2]
    assert ranks["dump"]["count"].to_list() == [2, 2, 2, 2]
    assert ranks["year dump"]["count"].to_list() == [6, 2]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{sample: stratified, by: [topic]}", "reads the column 'topic', which nothing before it gives"),
        ("{sample: stratified, by: []}", "name each column once, and at least one"),
        ("{sample: stratified, by: [dump, dump]}", "name each column once, and at least one"),
        ("{sample: uniform, documents: 0}", "documents: input should be greater than or equal to 1"),
        ("{sample: uniform, share: 1.5}", "share: .*must be a share between 0% and 100%"),
    ],
)
def test_a_wrong_sample_is_one_line(tmp_path: Path, step: str, says: str) -> None:
    tiny(tmp_path, one(step), corpus(["2014"]))
    with pytest.raises(CurateError, match=says) as error:
        assert open_small(tmp_path).planned
    assert "\n" not in str(error.value)


def test_strata_of_lists_are_refused() -> None:
    docs = corpus(["2014"]).with_columns(tags=pl.lit(pl.Series([["a"]])))
    with pytest.raises(CurateError, match=r"by: 'tags' holds List\(String\); name a column of texts, numbers or dates"):
        places(find("sample", "stratified"), docs, by=["tags"])


def test_the_fate_of_the_others_is_a_clause_and_another_size_needs_no_build(tmp_path: Path) -> None:
    docs = corpus(["2014"] * 30 + ["2015"] * 6 + ["2016"] * 4).drop("id")
    tiny(tmp_path, one("{sample: stratified, documents: 0.012k, share: 100%}"), docs[:25], docs[25:])
    recipe = open_small(tmp_path)
    recipe.build()
    fates = recipe.sql("select left(date, 4) y, fate, count(*) n from documents group by all order by all").rows()
    assert fates == [
        ("2014", "kept", 4), ("2014", "sampled", 26), ("2015", "kept", 4), ("2015", "sampled", 2), ("2016", "kept", 4),
    ]  # fmt: skip
    more = recipe.whatif("web", "sampled: stratified_order <= 15")
    assert [more["documents"][key] for key in ("now", "then", "lost")] == [12, 15, 0]
    assert open_small(tmp_path).build()["ran"] == []
