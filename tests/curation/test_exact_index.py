"""An index of other corpora: what they have goes, whatever the shards, the memory and the order in which it was built."""

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate import step
from curate.across import prepared
from curate.artifact import StoredCorpus
from curate.errors import CurateError
from tests.curation.test_minhash_index import Whole

SCHEMA = {"id": pl.String, "text": pl.String, "question": pl.String, "length": pl.UInt32}
LARGE, TINY = 1 << 30, 1


def docs(*rows: tuple[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, f"text of {name}", question, 1) for name, question in rows], schema=SCHEMA, orient="row"
    )


def make_index(folder: Path, *frames: pl.DataFrame, **given: Any) -> dict[str, Any]:
    folder.mkdir()
    found = step.find("fit", "exact_index")
    params = found.validated({"of": ["first"], "on": "question", **given})
    return dict(found.call({"first": Whole(*frames)}, folder, **params))


def exact(frames: Sequence[pl.DataFrame], memory: int = LARGE, **given: Any) -> list[tuple[str, str]]:
    found = step.find("dedup", "exact")
    params = found.validated({"on": "question", **given})
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepared(frames, Path(folder), found, params, memory=memory)
        made = pl.concat(list(found.call(corpus, **params)))
    assert made.schema == {"id": pl.String, "exact_duplicate_of": pl.String}
    return sorted(made.rows())


def cut(frame: pl.DataFrame, cuts: list[int]) -> list[pl.DataFrame]:
    bounds = [0, *sorted(at % (frame.height + 1) for at in cuts), frame.height]
    return [frame[a:b] for a, b in itertools.pairwise(bounds)]


questions = st.lists(st.sampled_from(["a", "b", "c", " a", "a\n", "", None]), max_size=10)


@settings(max_examples=60, deadline=None)
@given(
    questions,
    questions,
    st.lists(st.integers(0, 10), max_size=3),
    st.booleans(),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_a_question_of_the_first_corpus_is_none_of_the_second(
    first: list[str | None], second: list[str | None], cuts: list[int], small: bool, blanks: bool, rng: Any
) -> None:
    def same(question: str) -> str:
        return question if blanks else " ".join(question.split())

    before = docs(*((f"first/{i:02}", question) for i, question in enumerate(first)))
    after = docs(*((f"second/{i:02}", question) for i, question in enumerate(second)))
    best: dict[str, str] = {}
    for name, question in [*before.select("id", "question").rows(), *after.select("id", "question").rows()]:
        if question is not None:
            best.setdefault(same(question), name)
    expected = [
        (name, best[same(q)])
        for name, q in after.select("id", "question").iter_rows()
        if q is not None and best[same(q)] != name
    ]
    shuffled = before[rng.sample(range(before.height), before.height)]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        made = make_index(index, *cut(shuffled, cuts), blanks=blanks)
        assert made["documents"] == len(first) - first.count(None)
        found = exact(cut(after, cuts), TINY if small else LARGE, index=str(index), blanks=blanks)
    assert found == expected


def test_an_index_behind_an_earlier_one_has_both(tmp_path: Path) -> None:
    make_index(tmp_path / "a", docs(("x/1", "one")), docs(("x/2", "two")))
    told = make_index(tmp_path / "b", docs(("y/1", "three"), ("y/2", "one")), index=str(tmp_path / "a"))
    assert told == {"documents": 2, "earlier": 2}
    second = docs(("z/1", "one"), ("z/2", "two"), ("z/3", "three"), ("z/4", "four"), ("z/5", "four"))
    for memory in (LARGE, TINY):
        assert exact([second], memory, index=str(tmp_path / "b")) == [
            ("z/1", "x/1"), ("z/2", "x/2"), ("z/3", "y/1"), ("z/5", "z/4"),
        ]  # fmt: skip


def test_a_document_that_comes_again_under_its_id_is_a_copy_of_itself(tmp_path: Path) -> None:
    make_index(tmp_path / "index", docs(("x/1", "one")))
    for memory in (LARGE, TINY):
        assert exact([docs(("x/1", "one"))], memory, index=str(tmp_path / "index")) == [("x/1", "x/1")]


def test_without_blanks_a_line_break_makes_no_other_question_but_case_and_signs_do() -> None:
    some = [docs(("a", "Find $N + 1$."), ("b", " Find\n$N  + 1$. "), ("c", "Find $n + 1$."), ("d", "Find $N+ 1$."))]
    assert exact(some) == []
    assert exact(some, blanks=False) == [("b", "a")]


def test_an_index_of_other_parameters_and_a_column_of_no_texts_are_refused(tmp_path: Path) -> None:
    make_index(tmp_path / "index", docs(("a", "one")), blanks=False)
    with pytest.raises(CurateError, match=r"the index was made with blanks False \(here True\)"):
        exact([docs(("b", "one"))], index=str(tmp_path / "index"))
    with pytest.raises(CurateError, match="is no index of `fit: exact_index`"):
        exact([docs(("b", "one"))], index=str(tmp_path))
    with pytest.raises(CurateError, match="the column 'length' holds UInt32, and texts are compared"):
        exact([docs(("b", "one"))], on="length", keep_order=[])


RECIPE = """recipe: small
models:
  asked: {fit: exact_index, of: [one], on: question}
corpora:
  one: {read: jsonl, files: one.jsonl, steps: [{dedup: exact, on: question, keep_order: []}]}
  two:
    read: jsonl
    files: two.jsonl
    steps: [{dedup: exact, on: question, keep_order: [], index: asked}]
"""


def test_a_recipe_takes_each_question_of_two_corpora_once(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/small.yaml").write_text(RECIPE)
    for name, asked in (("one", ["a", "b", "a"]), ("two", ["b", "c", "c", "d"])):
        rows = [f'{{"text": "{name}{i}", "question": "{question}"}}\n' for i, question in enumerate(asked)]
        (tmp_path / f"{name}.jsonl").write_text("".join(rows))
    recipe = curate.open("small", project=tmp_path, store=str(tmp_path / "store"))
    recipe.build()
    found = {}
    for name in ("one", "two"):
        view = recipe.built.view(recipe.planned.ends[name])
        found[name] = pl.concat(StoredCorpus(name, view).shards("question"))["question"].sort().to_list()
    assert found == {"one": ["a", "b"], "two": ["c", "d"]}
