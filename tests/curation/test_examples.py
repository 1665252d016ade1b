"""Which documents a classifier learns from: labels by corpus or by grade, an even choice, the same however documents come."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curation.fit import _assess
from curation.fit._examples import Seeds, examples
from curation.fit.fasttext import fasttext

SCHEMA = {
    "id": pl.String,
    "text": pl.String,
    "dump": pl.String,
    "date": pl.String,
    "source": pl.String,
    "url": pl.String,
}
SMALL = {"min_count": 1, "bucket": 2_000, "dim": 4, "epoch": 1}


class Shards:
    def __init__(self, *frames: pl.DataFrame) -> None:
        self.name, self.frames = "shards", frames

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self.frames)


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Documents `0`, `1`, ... that say their number, with these columns besides."""
    docs = [{"id": str(n), "text": f"word{n}"} | row for n, row in enumerate(rows)]
    return pl.DataFrame(docs, schema=SCHEMA | {"grade": pl.Float64, "site": pl.String})


def chosen(corpora: dict[str, Shards], seeds: Seeds, **more: Any) -> pl.DataFrame:
    given = {"documents": 1_000, "max_chars": 100, "balance": (), "group": "", "seed": 0} | more
    return examples(corpora, seeds, **given)


def sides(**more: Any) -> Seeds:
    return Seeds(positive=["a"], negative=["b"], **more)


def graded(rows: list[dict[str, Any]], cut: float | None = 3, **more: Any) -> pl.DataFrame:
    return chosen({"web": Shards(frame(rows))}, Seeds(graded=["web"], grade="grade", positive_from=cut), **more)


def water(counts: list[int], total: int) -> list[int]:
    """As equal as possible: one at a time to whoever has least and has more to give."""
    given = [0] * len(counts)
    for _ in range(min(total, sum(counts))):
        place = min((n for n in range(len(counts)) if given[n] < counts[n]), key=lambda n: given[n])
        given[place] += 1
    return sorted(given)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(1, 30))
def test_groups_give_as_equally_many_documents_as_they_have(counts: list[int], documents: int) -> None:
    rows = [{"dump": f"d{n}", "grade": 5.0} for n, count in enumerate(counts) for _ in range(count)]
    rows += [{"grade": 0.0}] * documents
    found = graded(rows, documents=documents, balance=("dump",)) if sum(counts) else None
    if found is not None:
        of = Counter(found.filter(label="positive")["stratum"].to_list())
        assert sorted([*of.values(), *[0] * (len(counts) - len(of))]) == water(counts, documents)


@given(st.data())
def test_the_choice_is_the_same_however_documents_are_split_and_ordered(data: st.DataObject) -> None:
    rows = [
        {
            "dump": data.draw(st.sampled_from(["x", "y", None])),
            "grade": data.draw(st.sampled_from([0.0, 2.9, 3.0, 5.0, None])),
        }
        for _ in range(data.draw(st.integers(2, 40)))
    ]
    every = frame([{"grade": 0.0}, {"grade": 5.0}, *rows])
    seeds = Seeds(graded=["web"], grade="grade", positive_from=3)
    order = data.draw(st.permutations(range(every.height)))
    cuts = sorted({0, every.height, *data.draw(st.lists(st.integers(0, every.height), max_size=5))})
    other = every[order]
    parts = [other[a:b] for a, b in itertools.pairwise(cuts)]
    documents = data.draw(st.integers(1, 12))
    one, many = (chosen({"web": Shards(*p)}, seeds, documents=documents, balance=("dump",)) for p in ([every], parts))
    assert one.equals(many)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 40))
def test_both_sides_are_the_same_number_and_a_larger_choice_holds_a_smaller(a: int, b: int, documents: int) -> None:
    corpora = {"a": Shards(frame([{}] * a)), "b": Shards(frame([{}] * b))}
    few, more = (chosen(corpora, sides(), documents=count) for count in (documents, documents + 5))
    assert dict(few["label"].value_counts().iter_rows()) == dict.fromkeys(
        ("positive", "negative"), min(a, b, documents)
    )
    assert set(few.select("label", "id").iter_rows()) <= set(more.select("label", "id").iter_rows())


def test_another_seed_chooses_others() -> None:
    corpora = {"a": Shards(frame([{}] * 50)), "b": Shards(frame([{}] * 50))}
    one, other = (chosen(corpora, sides(), documents=10, seed=seed) for seed in (0, 1))
    assert set(one["id"]) != set(other["id"])


def test_a_grade_at_the_cut_is_positive_and_a_document_without_one_is_not_used() -> None:
    grades = [2.999, 3.0, 3.001, 0.0, None, float("nan"), float("inf")]
    found = graded([{"grade": grade} for grade in grades], 3.0)
    assert {**dict(found.select("id", "label").sort("id").iter_rows())} == {
        "0": "negative", "1": "positive", "2": "positive", "3": "negative",
    }  # fmt: skip


def test_grades_without_a_cut_are_labels_rounded_and_clipped_and_none_is_thrown_away_to_be_even() -> None:
    grades = [-1.0, 0.49, 0.5, 2.5, 4.4, 4.5, 9.0, None]
    found = graded([{"grade": grade} for grade in grades], None)
    assert found.sort("id")["label"].to_list() == ["0", "0", "1", "3", "4", "5", "5"]
    assert graded([{"grade": 0.0}] * 9 + [{"grade": 5.0}], None)["label"].to_list() == ["0"] * 9 + ["5"]
    assert graded([{"grade": 0.0}] * 9 + [{"grade": 5.0}], None, documents=4)["label"].to_list() == ["0"] * 4 + ["5"]


def test_grades_may_be_whole_numbers_or_text() -> None:
    for values in ([1, 4], ["1", "4"], ["1", "4.0"]):
        docs = frame([{}, {}]).with_columns(grade=pl.Series(values))
        seeds = Seeds(graded=["web"], grade="grade", positive_from=3)
        assert chosen({"web": Shards(docs)}, seeds).sort("id")["label"].to_list() == ["negative", "positive"]


def test_corpora_stand_beside_graded_ones_on_their_side() -> None:
    corpora = {
        "web": Shards(frame([{"grade": 5.0}, {"grade": 0.0}])),
        "cot": Shards(frame([{}] * 5)),
        "pages": Shards(frame([{}] * 5)),
    }
    seeds = Seeds(positive=["cot"], negative=["pages"], graded=["web"], grade="grade", positive_from=3)
    assert dict(chosen(corpora, seeds)["label"].value_counts().iter_rows()) == {"positive": 6, "negative": 6}


def test_year_and_host_are_parts_of_date_and_url_and_no_value_is_a_group() -> None:
    urls = ["https://www.Example.org/a", "http://example.org:80/b", "https://user@other.org", "no address", None]
    rows = [
        {"url": url, "date": date, "grade": 5.0}
        for url, date in zip(urls, ["2019-01-02", "2019", None, "", "2020"], strict=True)
    ]
    found = graded([*rows, *[{"grade": 0.0}] * 5], balance=("year", "host")).filter(label="positive").sort("id")
    assert found["stratum"].to_list() == [
        "2019\x1fexample.org",
        "2019\x1fexample.org",
        "\x1fother.org",
        "\x1f",
        "2020\x1f",
    ]
    assert found["group"].to_list() == ["example.org", "example.org", "other.org", None, None]


def test_the_group_of_a_document_may_be_a_column() -> None:
    found = graded([{"grade": 5.0, "site": "s"}, {"grade": 0.0}], group="site").sort("id")
    assert found["group"].to_list() == ["s", None]


def test_a_text_without_a_word_takes_nobodys_place() -> None:
    docs = frame([{"text": " .,"}] * 20 + [{}] * 20)
    for parts in ([docs], [docs[:20], docs[20:]], [docs[20:], docs[:20]]):
        found = chosen({"a": Shards(*parts), "b": Shards(docs)}, sides(), documents=10)
        assert found.height == 20 and (found["text"] != "").all()


@pytest.mark.parametrize(
    ("seeds", "says"),
    [
        (Seeds(positive=["a"], negative=["a"]), "'a' is among the positive and the negative corpora"),
        (
            Seeds(positive=["a"], graded=["a"], grade="g", positive_from=3),
            "'a' is graded; its grades say on which side",
        ),
        (Seeds(graded=["a"]), "graded: and grade: go together"),
        (Seeds(positive=["a"], negative=["b"], grade="g"), "graded: and grade: go together"),
        (Seeds(positive=["a"], negative=["b"], positive_from=3), "positive_from: cuts grades; name the corpora"),
        (Seeds(positive=["a"], graded=["b"], grade="g"), "need a cut, e.g. positive_from: 3"),
        (Seeds(positive=["a"]), "names nothing to learn from"),
        (Seeds(), "names nothing to learn from"),
    ],
)
def test_seeds_that_contradict_each_other_are_one_line(seeds: Seeds, says: str) -> None:
    with pytest.raises(CurateError, match=says) as error:
        chosen({}, seeds)
    assert "\n" not in str(error.value)


def test_a_side_without_text_and_a_corpus_without_grades_are_named() -> None:
    with pytest.raises(CurateError, match="no text to learn from among the positive documents"):
        graded([{"grade": 1.0}])
    with pytest.raises(CurateError, match="no document of web has a grade in its column 'grade'"):
        graded([{}, {}])


def test_a_grade_or_a_group_of_lists_is_one_line() -> None:
    listed = frame([{"grade": 1.0}]).with_columns(site=pl.lit(pl.Series([["a"]])))
    with pytest.raises(CurateError, match=r"'site' of web holds List\(String\); name a column of numbers or texts"):
        chosen({"web": Shards(listed)}, Seeds(graded=["web"], grade="site"))
    with pytest.raises(CurateError, match="'site' of a holds List"):
        chosen({"a": Shards(listed), "b": Shards(listed)}, sides(), group="site")


def test_a_model_of_grades_has_their_labels(tmp_path: Path) -> None:
    from fasttext import load_model

    web = {"web": Shards(frame([{"grade": float(n % 3), "text": f"w{n % 3} w{n % 3}"} for n in range(60)]))}
    facts = fasttext(web, tmp_path, graded=["web"], grade="grade", **SMALL)
    assert facts == {"documents": 60, "0": 20, "1": 20, "2": 20}
    assert sorted(load_model(str(tmp_path / "model.bin")).get_labels()) == ["__label__0", "__label__1", "__label__2"]
    assert "max_chars" in json.loads((tmp_path / "settings.json").read_text("utf-8"))


def params(**more: Any) -> dict[str, Any]:
    return {"positive": [], "negative": [], "graded": [], "grade": "", "positive_from": None} | more


def test_an_assessment_knows_the_label_of_a_document_as_training_does() -> None:
    docs = frame([{"grade": grade} for grade in (2.4, 2.6, 3.0, 5.0, None)])
    both = params(positive=["a"], negative=["b"])
    assert _assess.label("a", docs, both).to_list() == [True] * 5
    assert _assess.label("b", docs, both).to_list() == [False] * 5
    graded_at = params(graded=["web"], grade="grade", positive_from=3)
    assert _assess.label("web", docs, graded_at).to_list() == [False, False, True, True, None]
    assert _assess.label("web", docs, params(graded=["web"], grade="grade")).to_list() == [
        False,
        True,
        True,
        True,
        None,
    ]


def test_the_score_of_a_model_is_the_chance_that_a_document_is_positive_or_of_a_high_grade(tmp_path: Path) -> None:
    texts = [{"grade": 5.0 * (n % 2), "text": ["cat dog", "sum root"][n % 2]} for n in range(60)]
    web = {"web": Shards(frame(texts))}
    seen = frame([{"text": "sum root"}, {"text": "cat dog"}, {"text": " ."}])
    for name, cut in (("cut", 3), ("degrees", None)):
        chosen = params(graded=["web"], grade="grade", positive_from=cut)
        (tmp_path / name).mkdir()
        fasttext(web, tmp_path / name, **{**SMALL, **chosen, "epoch": 30})
        high, low, none = _assess.judge(tmp_path / name, seen)
        assert high > 0.9 and low < 0.1 and none is None, name
