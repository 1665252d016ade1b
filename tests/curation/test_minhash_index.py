"""An index of earlier snapshots: a chain of builds gives what one build over all of them gives."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate import step
from curate.artifact import StoredCorpus
from curate.errors import CurateError
from tests.curate.corpus import open_small, tiny
from tests.curation.test_minhash import families, run

ORDER: dict[str, Any] = {"keep_order": ["length"], "snapshot": "dump"}


class Whole:
    """What a fit sees of a corpus."""

    name = "web"

    def __init__(self, *frames: pl.DataFrame) -> None:
        self.frames = frames

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self.frames)


def make_index(folder: Path, *frames: pl.DataFrame, **given: Any) -> dict[str, Any]:
    folder.mkdir()
    found = step.find("fit", "minhash_index")
    params = found.validated({"of": ["web"], **given})
    return dict(found.call({"web": Whole(*frames)}, folder, **params))


def chain(frame: pl.DataFrame, cuts: list[list[str]], folder: Path, **given: Any) -> pl.DataFrame:
    """Columns of all documents, from one build for each group of snapshots with the index of the groups before it."""
    index, made = None, []
    for number, dumps in enumerate(cuts):
        docs = frame.filter(pl.col("dump").is_in(dumps))
        gone = run(docs[::2], docs[1::2], memory=1 << 15, index=index, **ORDER, **given)[0]
        kept = docs.join(gone, on="id", how="anti")
        more = {"index": index} if index else {}
        index = str(folder / f"index-{number}")
        make_index(Path(index), kept[::3], kept[1::3], kept[2::3], **more, **ORDER, **given)
        made.append(gone)
    return pl.concat(made).sort("id")


@given(st.integers(0, 10**6), st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_chain_of_builds_gives_what_one_build_gives(seed: int, cuts: list[bool]) -> None:
    given = {"ngram": 1 + seed % 5, "bands": 1 + seed % 8, "rows": 1 + seed % 3}
    frame = families(2 + seed % 50, seed, least=5).with_columns(
        dump=pl.Series([f"20{(seed + i * i) % 5}" for i in range(2 + seed % 50)])
    )
    groups = [["200"]]
    for dump, cut in zip(("201", "202", "203", "204"), cuts, strict=True):
        groups = [*groups, [dump]] if cut else [*groups[:-1], [*groups[-1], dump]]
    with tempfile.TemporaryDirectory() as folder:
        made = chain(frame, groups, Path(folder), **given)
    assert made.equals(run(frame, **ORDER, **given)[0])


def test_an_index_tells_what_it_has_and_refuses_other_parameters(tmp_path: Path) -> None:
    frame = families(40, 1).with_columns(dump=pl.lit("2020"))
    facts = make_index(tmp_path / "a", frame, **ORDER)
    assert facts == {"documents": 40, "earlier": 0}
    assert make_index(tmp_path / "b", frame[:7], index=str(tmp_path / "a"), **ORDER) == {"documents": 47, "earlier": 40}
    told = json.loads((tmp_path / "a" / "index.json").read_text("utf-8"))
    assert told == {"ngram": 5, "bands": 11, "rows": 10, "exact_numbers": 100, "documents": 40}
    assert not [path for path in (tmp_path / "b").iterdir() if path.is_dir()]
    with pytest.raises(CurateError, match=r"made with rows 10 \(here 9\)"):
        run(frame, index=str(tmp_path / "a"), rows=9)
    with pytest.raises(CurateError, match=r"made with ngram 5 \(here 4\)"):
        make_index(tmp_path / "c", frame, index=str(tmp_path / "a"), ngram=4)
    with pytest.raises(CurateError, match="no index"):
        run(frame, index=str(tmp_path))


def test_an_index_takes_a_budget_of_hashes_as_the_step_does(tmp_path: Path) -> None:
    frame = families(40, 1).with_columns(dump=pl.lit("2020"))
    budget = {"threshold": 0.8, "hashes": 60}
    make_index(tmp_path / "a", frame, **budget, **ORDER)
    told = json.loads((tmp_path / "a" / "index.json").read_text("utf-8"))
    assert (told["bands"], told["rows"]) != (11, 10)
    gone, _ = run(frame, index=str(tmp_path / "a"), **budget, **ORDER)
    assert gone["minhash_duplicate_of"].null_count() == 0


def test_documents_of_an_index_are_named_and_never_go(tmp_path: Path) -> None:
    frame = families(60, 2)
    make_index(tmp_path / "index", frame)  # copies of each other among them
    made = run(frame.with_columns("new" + pl.col("id"), length=pl.lit(99)), index=str(tmp_path / "index"))[0]
    assert made.height == 60 and not any(name.startswith("new") for name in made["minhash_duplicate_of"])
    assert make_index(tmp_path / "empty", frame[:0])["documents"] == 0
    assert run(frame, index=str(tmp_path / "empty"))[0].equals(run(frame)[0])


FULL = """
recipe: small
corpora:
  web: {read: parquet, files: data/*, steps: [{score: letters}, {dedup: minhash, keep_order: [letters], snapshot: dump, canaries: 20}]}
"""
CHAIN = """
recipe: small
models:
  until_2019: {fit: minhash_index, of: [web19], keep_order: [letters], snapshot: dump}
  until_2020: {fit: minhash_index, of: [web20], index: until_2019, keep_order: [letters], snapshot: dump}
corpora:
  web19: {read: parquet, files: data/0*, steps: [{score: letters}, {dedup: minhash, keep_order: [letters]}]}
  web20:
    read: parquet
    files: data/1*
    steps: [{score: letters}, {dedup: minhash, keep_order: [letters], snapshot: dump, index: until_2019}]
  web21:
    read: parquet
    files: data/2*
    steps: [{score: letters}, {dedup: minhash, keep_order: [letters], snapshot: dump, index: until_2020}]
"""


def test_recipes_with_an_index_build_the_same_documents_as_one_recipe(tmp_path: Path) -> None:
    frame = families(150, 4).select("id", "text", url="id").with_row_index("n")
    dumps = [
        frame.filter(pl.col("n") % 3 == k).select("id", "text", "url", dump=pl.lit(f"20{19 + k}")) for k in range(3)
    ]
    folders = [tmp_path / name for name in ("full", "chain")]
    built: list[curate.Curated] = []
    for folder, recipe in zip(folders, (FULL, CHAIN), strict=True):
        folder.mkdir()
        tiny(folder, recipe, *dumps)
        built.append(open_small(folder))
        built[-1].build()
    full = stays(built[0], "web")
    assert 20 < full.height < 140 and full.equals(stays(built[1], "web19", "web20", "web21"))
    compared = "select id, minhash_duplicate_of of from documents where corpus = 'web21' and of is not null"
    for row in built[1].sql(f"{compared} order by id limit 5").iter_rows(named=True):
        life = next(one for one in built[1].trace(row["id"])["lives"] if one["corpus"] == "web21")
        partner = next(event["partner"] for event in life["events"] if event.get("partner"))
        assert partner["id"] == row["of"] and partner["fate"] == "kept", "also one of an index"
    assert {row["kind"] for row in built[0].built.done[built[0].planned["web/minhash"].plan_key].facts["canaries"]}


def stays(built: curate.Curated, *corpora: str) -> pl.DataFrame:
    """The documents that are left of some corpora, by id."""
    views = [StoredCorpus(name, built.documents(name)) for name in corpora]
    return pl.concat([shard for view in views for shard in view.shards("id", "text", "dump")]).sort("id")


def test_what_is_wrong_with_a_step_names_its_place_in_the_recipe(tmp_path: Path) -> None:
    docs = families(5).select("text", url="id", dump=pl.lit("2019"))
    step = "{dedup: minhash, keep_order: [letters]}"
    for name, new, said in (
        ("plan", "{dedup: minhash, preferred: {letters: [a]}, keep_order: []}", "web19: dedup.minhash: preferred has"),
        (
            "build",
            "{dedup: minhash, keep_order: [letters], index: until_2020, bands: 9}",
            "web19/minhash: the index was",
        ),
    ):
        (folder := tmp_path / name).mkdir()
        recipe = CHAIN.replace(step, new).replace("of: [web20], index: until_2019,", "of: [web21],")
        tiny(folder, recipe.replace(", index: until_2020}]", "}]"), docs, docs, docs)
        small = open_small(folder)
        with pytest.raises(CurateError, match=rf"recipes/small.yaml:\d+: {said}") as error:
            small.plan() if name == "plan" else small.build()
        assert "\n" not in str(error.value)


def test_an_index_that_extends_itself_is_a_circle(tmp_path: Path) -> None:
    recipe = CHAIN.replace("index: until_2019, keep", "index: until_2020, keep")
    docs = families(5).select("text", url="id", dump=pl.lit("2019"))
    tiny(tmp_path, recipe, docs, docs, docs)
    with pytest.raises(CurateError, match=r"in a circle: models/until_2020"):
        open_small(tmp_path).plan()
