"""What-if: the same answer as a build would give, for any clause and any gaps in the data; and what it says where it cannot know."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.errors import CurateError
from tests.curate.corpus import make_project, one, open_small, texts, tiny

MARK = {
    "score/mark.py": """
        @score
        def mark(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.extract(r"mark=(-?[0-9.]+)").cast(pl.Float64)
    """,
    "score/late.py": """
        @score
        def late(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.len_chars().cast(pl.Int64)
    """,
}
TWO = "{score: letters}, {score: mark}, {keep: {long: %s, marked: %s}}"


def marked(marks: list[float | None], **more: Any) -> pl.DataFrame:
    docs = texts(len(marks), **more)
    said = pl.Series([None if m is None else f" mark={m}" for m in marks], dtype=pl.String).fill_null("")
    return docs.with_columns(text=pl.col("text") + said)


def built(folder: Path, steps: str, *frames: pl.DataFrame, more: str = "") -> curate.Curated:
    recipe = open_small(tiny(folder, one(steps, more=more), *frames, steps=MARK))
    recipe.build()
    return recipe


# the same answer as a build

numbers = st.none() | st.integers(0, 20).map(lambda n: n / 20)
clauses = st.sampled_from(
    [
        "mark >= {a}", "mark < {a}", "mark between {a} and {b}", "mark is null", "mark > {a} or mark is null", "not mark >= {a}",
        "coalesce(mark, {b}) <= {a}", "mark = {a}", "mark / {a} > {b}",
    ]
)  # fmt: skip


@settings(max_examples=8)
@given(
    st.lists(numbers, min_size=8, max_size=40),
    clauses,
    clauses,
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(18, 40),
)
def test_it_counts_what_a_build_of_the_other_clause_keeps(
    tmp_path_factory: pytest.TempPathFactory, marks: list[float | None], was: str, then: str, a: int, b: int, least: int
) -> None:
    was, then = (text.format(a=a / 20, b=b / 20) for text in (was, then))
    folder, docs = tmp_path_factory.mktemp("whatif"), marked(marks)
    cut = len(marks) // 2
    recipe = built(folder, TWO % (f"letters > {least}", was), docs[:cut], docs[cut:], docs[:3])
    found = recipe.whatif("web", f"marked: {then}", n=100)
    before = kept(recipe)
    after = kept(built(folder, TWO % (f"letters > {least}", then), docs[:cut], docs[cut:], docs[:3]))
    counts = found["documents"]
    assert (counts["now"], counts["then"]) == (len(before), len(after))
    assert (counts["gained"], counts["lost"]) == (len(after - before), len(before - after))
    assert {d["id"] for d in found["examples"]["gained"]} == after - before
    assert {d["id"] for d in found["examples"]["lost"]} == before - after
    shutil.rmtree(folder)


def kept(recipe: curate.Curated) -> set[str]:
    return set(recipe.sql("select id from documents where fate = 'kept'")["id"].to_list())


def test_a_document_that_another_clause_dropped_too_is_not_gained(tmp_path: Path) -> None:
    recipe = built(tmp_path, TWO % ("letters > 30", "mark >= 0.5"), marked([0.45] * 40))
    found = recipe.whatif("web", "mark >= 0.4")
    assert found["documents"]["gained"] == recipe.sql("select count(*) n from documents where letters > 30")["n"][0] > 0


def test_without_a_clause_everything_that_only_it_dropped_is_gained(tmp_path: Path) -> None:
    recipe = built(tmp_path, TWO % ("letters > 0", "mark >= 0.5"), marked([0.1, 0.9, None]))
    for words in ("marked: null", "marked: none", "marked=null"):
        found = recipe.whatif("web", words)
        assert found["documents"]["gained"] == 2
        assert found["then"] is None


def test_a_document_without_the_value_is_counted_as_undecided(tmp_path: Path) -> None:
    recipe = built(tmp_path, TWO % ("letters > 0", "mark >= 0.5"), marked([0.1, 0.9, None, None]))
    assert recipe.whatif("web", "mark >= 0.05")["documents"]["undecided"] == 2


# what comes after the keep

AFTER = TWO % ("letters > 0", "mark >= 0.5") + ", {score: late}, {keep: {%s}}, {dedup: copies, keep_order: [letters]}"


def test_later_clauses_on_known_columns_are_applied_to_what_is_gained(tmp_path: Path) -> None:
    recipe = built(tmp_path, AFTER % "short: letters < 25", marked([0.45] * 20 + [0.9] * 5))
    found = recipe.whatif("web", "mark >= 0.4")
    scored, judged, across = found["after"]
    assert (scored["does"], scored["more"]) == ("scores", 20)
    assert judged["exactly"]
    assert across["does"] == "needs the whole corpus"
    letters = recipe.sql("select letters from documents where mark = 0.45")["letters"]
    assert across["more"] == (letters < 25).sum() < 20


def test_what_later_clauses_on_new_columns_let_through_is_only_a_bound(tmp_path: Path) -> None:
    recipe = built(tmp_path, AFTER % "small: late < 25", marked([0.45] * 20 + [0.9] * 5))
    across = recipe.whatif("web", "mark >= 0.4")["after"][-1]
    assert (across["more"], across["exactly"]) == (20, False)


def test_lost_documents_are_followed_to_where_they_ended(tmp_path: Path) -> None:
    recipe = built(tmp_path, AFTER % "small: late < 30", marked([0.6] * 20 + [0.9] * 5))
    found = recipe.whatif("web", "mark >= 0.7")
    through = recipe.sql("select count(*) n from documents where mark = 0.6 and late < 30")["n"][0]
    assert found["documents"]["lost"] == 20
    assert found["after"][-1]["fewer"] == through < 20


# tokens and years


def test_tokens_are_summed_where_they_are_counted(tmp_path: Path) -> None:
    steps = "{score: letters, as: n_tokens}, {score: mark}, {keep: {marked: mark >= 0.5}}"
    recipe = built(tmp_path, steps, marked([0.45] * 4 + [0.9], date=["2019-01-01", "2019-05-05", "2020", None, "x"]))
    found = recipe.whatif("web", "mark >= 0.4")
    wanted = recipe.sql("select sum(n_tokens) n from documents where mark = 0.45")["n"][0]
    assert found["tokens"] == {"gained": wanted, "lost": 0, "exact": True, "how": "counted"}
    assert [(y["year"], y["gained"]) for y in found["by_year"]] == [("2019", 2), ("2020", 1), ("unknown", 1)]
    assert sum(y["tokens_gained"] for y in found["by_year"]) == wanted


MIXED = """
    recipe: small
    tokenizer: {train: bpe, vocab: 300, of: [web]}
    corpora:
      web:
        read: parquet
        files: data/*
        steps: [{score: length}, {score: mark}, {keep: {marked: mark >= 0.5}}%s]
    mixture: {tokens: 100, seq_len: 16, stages: [{until: 100%%, weights: {web: 1}}]}
"""


@pytest.mark.parametrize("more", ["", ", {dedup: exact}"])
def test_tokens_of_lost_documents_are_those_that_were_counted(tmp_path: Path, more: str) -> None:
    recipe = open_small(tiny(tmp_path, MIXED % more, marked([0.6] * 10 + [0.9] * 10), steps=MARK))
    recipe.build()
    view = recipe.documents("web/tokenize")
    docs = pl.concat([view.load(shard, ["n_tokens", "mark"]) for shard in view.shards])
    found = recipe.whatif("web", "mark >= 0.7")["tokens"]
    assert found["lost"] == docs.filter(pl.col("mark") == 0.6)["n_tokens"].sum()
    assert "10 of the lost ones are tokenised" in found["how"]


def test_tokens_of_gained_documents_are_estimated_by_length(tmp_path: Path) -> None:
    recipe = open_small(tiny(tmp_path, MIXED % "", marked([0.4] * 10 + [0.9] * 10), steps=MARK))
    recipe.build()
    found = recipe.whatif("web", "mark >= 0.3")["tokens"]
    lengths = recipe.sql("select fate, sum(length) n from documents group by fate order by fate")["n"]
    view = recipe.documents("web/tokenize")
    tokens = sum(view.load(shard, ["n_tokens"])["n_tokens"].sum() for shard in view.shards)
    assert found["gained"] == round(tokens / lengths[0] * lengths[1])
    assert "estimated by length" in found["how"]


def test_without_tokens_it_says_that_it_does_not_know(tmp_path: Path) -> None:
    found = built(tmp_path, "{score: mark}, {keep: {marked: mark >= 0.5}}", marked([0.4, 0.9])).whatif(
        "web", "mark >= 0.3"
    )
    assert found["tokens"]["gained"] is None
    assert found["tokens"]["how"].startswith("not known")


# examples


def test_examples_are_those_nearest_to_the_line(tmp_path: Path) -> None:
    marks: list[float | None] = [n / 100 for n in range(100)]
    recipe = built(tmp_path, "{score: mark}, {keep: {marked: mark >= 0.5}}", marked(marks))
    gained = recipe.whatif("web", "mark >= 0.3", n=4)["examples"]["gained"]
    assert [d["values"]["mark"] for d in gained] == [0.3, 0.31, 0.32, 0.33]
    assert all(d["text"].startswith("document number") and d["url"] for d in gained)
    both = recipe.whatif("web", "mark between 0.3 and 0.7", n=4)["examples"]
    assert [len(both[side]) for side in ("gained", "lost")] == [2, 2]


# questions that are not clear


@pytest.mark.parametrize(
    ("corpus", "clause", "says"),
    [
        ("wub", "mark >= 0.4", "did you mean 'web'"),
        ("web", "late >= 4", "no clause of web reads late alone; say which one to replace, as in 'long: letters > 0'"),
        ("web", "letters >= 4", "2 clauses of web read letters alone"),
        ("web", "markd: mark >= 0.4", "no clause 'markd'"),
        ("web", "marked: latr >= 0.4", "latr"),
        ("web", "marked: mark >= 'x'", "clause marked"),
        ("web", "marked: mark >=", "the clause"),
        ("web", "mark >= 0.4; drop table x", "the clause"),
        ("web", "", "the clause"),
    ],
)
def test_an_unclear_question_is_an_error_that_helps(asked: curate.Curated, corpus: str, clause: str, says: str) -> None:
    with pytest.raises(CurateError) as error:
        asked.whatif(corpus, clause)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    steps = TWO % ("letters > 0", "mark >= 0.5") + ", {score: late}, {keep: {big: letters > 4}}"
    return built(tmp_path_factory.mktemp("asked"), steps, marked([0.1, 0.9]))


def test_a_clause_is_found_by_its_columns(asked: curate.Curated) -> None:
    assert asked.whatif("web", "mark >= 0.0")["clause"] == "marked"
    assert asked.whatif("web", "big: letters > 40")["node"] == "web/big"


def test_nothing_is_built_or_written(tmp_path: Path) -> None:
    built(tmp_path, TWO % ("letters > 0", "mark >= 0.5"), marked([0.1, 0.9]))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / ".curate").rglob("*")}
    open_small(tmp_path).whatif("web", "mark >= 0.0")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / ".curate").rglob("*")} == before


def test_an_edited_clause_must_be_built_before_it_is_asked_about(tmp_path: Path) -> None:
    make_project(tmp_path)
    with pytest.raises(CurateError, match=r"not built.*curate build small --only web"):
        open_small(tmp_path).whatif("web", "letters > 3")
