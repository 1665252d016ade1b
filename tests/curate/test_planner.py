"""Planning: what a name means, which columns there are, and what is refused before anything runs."""

from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from tests.curate.corpus import contents, one, open_small, texts, tiny

ASK = {
    "synth/ask.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            prompt = "Task: solve briefly.\\n\\nProblem:\\nFind 10 percent of 50.\\n"
            return pl.Series([prompt] * docs.height, dtype=pl.String)
        @rewrite(asks=prompts)
        def ask(docs: pl.DataFrame) -> pl.Series:
            return docs["text"] + docs["replies"].list.get(0).fill_null("|cut off")
    """
}
BASE = """
recipe: base
models: {solver: {backend: symbolic, sampling: {max_tokens: 100}}}
corpora:
  qa: {read: parquet, files: data/*, steps: [{synth: ask, model: solver}]}
"""


# other recipes


@pytest.mark.parametrize("own", ["", "models: {solver: {backend: symbolic, sampling: {max_tokens: 5}}}\n"])
def test_an_adopted_node_runs_the_model_of_the_recipe_that_declares_it(tmp_path: Path, own: str) -> None:
    recipe = f"recipe: small\n{own}corpora:\n  a: {{from: 'base:qa', steps: [{{score: letters}}]}}\n"
    tiny(tmp_path, recipe, texts(2), steps=ASK)
    (tmp_path / "recipes/base.yaml").write_text(BASE)
    adopting = open_small(tmp_path)
    adopting.build()
    assert adopting.sql("select text from documents where ends_with(text, '|cut off')").height == 0
    base = curate.open("base", project=tmp_path, executor="inline")
    assert base.build()["ran"] == [], "it is the same node"


ADOPTED = "  a: {from: 'base:web', steps: [{score: digits}]}\n"
OWN = "  web: {read: parquet, files: data/1*, steps: [{score: letters}]}\n"


def test_the_order_of_adopted_and_own_corpora_does_not_matter(tmp_path: Path) -> None:
    found = []
    for name, corpora in (("one", ADOPTED + OWN), ("two", OWN + ADOPTED)):
        folder = tmp_path / name
        folder.mkdir()
        tiny(folder, "recipe: small\ncorpora:\n" + corpora, texts(5), texts(4))
        (folder / "recipes/base.yaml").write_text(
            "recipe: base\ncorpora:\n  web: {read: parquet, files: data/0*, steps: [{score: letters}]}\n"
        )
        recipe = open_small(folder)
        recipe.build()
        rows = recipe.sql("select corpus, fate, count(*) n from documents group by all order by all").rows()
        assert rows == [("a", "kept", 5), ("web", "kept", 4)]
        found.append({n: contents(recipe)[n] for n in ("a/digits", "web/letters", "base:web/letters")})
    assert found[0] == found[1]


# columns


def test_a_column_of_the_file_that_is_named_two_corpora_away_is_there(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/*}
          b: {from: web, steps: [{score: letters}]}
          c: {from: b, steps: [{keep: {heavy: weight > 2}}]}
    """
    tiny(tmp_path, recipe, texts(5, weight=range(5)))
    made = open_small(tmp_path)
    made.build()
    assert made.documents("c").rows == 2


GIVES = {
    "score/gives.py": """
        @score
        def gives(docs: pl.DataFrame) -> pl.DataFrame:
            return docs.select(NAME=pl.col("text").str.len_chars())
    """
}


@pytest.mark.parametrize(
    "name", ["row", "shard", "corpus", "fate", "fate_node", "failed", "error", "filename", "parent_id"]
)
def test_a_step_may_not_give_a_column_called_like_ours_but_under_another_name(tmp_path: Path, name: str) -> None:
    steps = {"score/gives.py": GIVES["score/gives.py"].replace("NAME", name)}
    tiny(tmp_path, one("{score: gives}"), texts(3), steps=steps)
    with pytest.raises(CurateError, match=f"gives the column '{name}', a name of ours; add `as:`"):
        assert open_small(tmp_path).planned
    (tmp_path / "recipes/small.yaml").write_text(one("{score: gives, as: mine}"))
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql(f"select mine_{name} from documents").height == 3


MEASURES = {
    "score/extent.py": """
        @score
        def extent(docs: pl.DataFrame) -> pl.DataFrame:
            '''Column `reach`, in characters.'''
            return docs.select(reach=pl.col("text").str.len_chars())
    """,
    "rewrite/cut.py": """
        @rewrite(reads=["reach"])
        def cut(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.head(5)
    """,
}


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{rewrite: cut}", "rewrite.cut reads the column 'reach', which nothing before it gives; is it what `score: extent` gives\\?"),
        ("{keep: {far: reach > 5}}", "clause far: no column 'reach'; is it what `score: extent` gives\\?"),
        ("{keep: {far: length > 5}}", "clause far: no column 'length'; is it what `score: length` gives\\?"),
        ("{keep: {far: soruce = 'a'}}", "clause far: no column 'soruce'; did you mean 'source'\\?"),
    ],
)  # fmt: skip
def test_a_column_that_nothing_gives_is_told_with_the_score_that_does(tmp_path: Path, step: str, says: str) -> None:
    tiny(tmp_path, one(step), texts(3), steps=MEASURES)
    with pytest.raises(CurateError, match=says):
        assert open_small(tmp_path).planned


NEAR = {
    "dedup/near.py": """
        @across(keep={"unique": "near_duplicate_of is null and near_jaccard < 0.9"})
        def near(corpus) -> pl.DataFrame:
            docs = pl.concat(list(corpus.shards("id", "text")))
            again = pl.when(pl.col("text").str.ends_with("xxx")).then(pl.lit("another"))
            return docs.select("id", near_duplicate_of=again, near_jaccard=pl.lit(0.5))
    """
}


def test_default_clauses_speak_of_the_columns_as_they_were_renamed(tmp_path: Path) -> None:
    tiny(tmp_path, one("{dedup: near}, {dedup: near, as: second}"), texts(6), steps=NEAR)
    recipe = open_small(tmp_path)
    recipe.build()
    assert set(recipe.planned["web"].schema) >= {"near_jaccard", "second_near_jaccard", "second_near_duplicate_of"}
    assert recipe.sql("select count(*) n from documents where fate = 'unique'")["n"][0] == 3
    assert recipe.documents("web").rows == 3


# clauses


@pytest.mark.parametrize("name", ["kept", "undecided", "repeat", "quarantined", "killed", "no rows", "row"])
def test_a_clause_called_like_a_fate_is_refused(tmp_path: Path, name: str) -> None:
    tiny(tmp_path, one(f"{{score: letters}}, {{keep: {{'{name}': letters > 22}}}}"), texts(10))
    with pytest.raises(CurateError) as error:
        open_small(tmp_path).build()
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["fate", "shard", "text", "error"])
def test_a_clause_called_like_a_column_is_a_clause(tmp_path: Path, name: str) -> None:
    tiny(tmp_path, one(f"{{score: letters, as: chars}}, {{keep: {{{name}: chars > 20}}}}"), texts(10))
    recipe = open_small(tmp_path)
    recipe.build()
    counts = dict(recipe.sql("select fate, count(*) n from documents group by all").rows())
    assert counts == {"kept": 7, name: 3}


# what `from:` means


def test_the_reader_of_a_corpus_means_its_documents_without_repeats(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/*, steps: [{score: letters}]}
          b: {from: web/parquet, steps: [{dedup: copies, keep_order: [url]}]}
    """
    tiny(tmp_path, recipe, texts(5), texts(5, date=["2020"] * 5))
    made = open_small(tmp_path)
    made.build(only="b")
    rows = made.sql("select corpus, fate, count(*) n, count(distinct id) i from documents group by all order by all")
    assert ("b", "kept", 5, 5) in rows.rows()
    assert made.documents("b").rows == 5


def test_a_corpus_made_from_a_reader_has_its_own_columns_only(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          web: {read: parquet, files: data/*, steps: [{score: letters}]}
          b: {from: web/parquet, steps: [{score: digits}]}
    """
    tiny(tmp_path, recipe, texts(10), texts(10, date=["2020"] * 10))
    made = open_small(tmp_path)
    made.build(only="b")
    counts = made.sql("select fate, count(*) n, count(digits) d from documents where corpus = 'b' group by all").rows()
    assert counts == [("kept", 10, 10)]
    assert "letters" not in made.planned["b"].schema


# types


ODD = {
    "score/odd.py": """
        @score
        def odd(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.len_chars() if docs.height == 0 else docs["text"].str.len_chars() / 7
    """,
    "score/whole.py": """
        @score
        def whole(docs: pl.DataFrame) -> pl.Series:
            return pl.Series([len(t) for t in docs["text"]], dtype=pl.Float64 if docs.height == 0 else pl.Int64)
    """,
}


def test_a_step_that_gives_another_type_than_on_an_empty_frame_is_one_line(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: odd}"), texts(6), steps=ODD)
    with pytest.raises(CurateError, match="gives odd as Float64, but UInt32 on an empty frame; set its dtype") as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)


def test_whole_numbers_fit_into_a_column_of_fractions(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: whole}"), texts(6), steps=ODD)
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select whole from documents")["whole"].dtype == pl.Float64()


# steps that do not keep the contract

BROKEN = {
    "prepare raises": (
        "dedup",
        """
        def prepare(docs: pl.DataFrame) -> pl.DataFrame:
            if docs.height:
                raise ValueError("a\\nb")
            return docs
        @across(prepare=prepare)
        def broken(corpus) -> pl.DataFrame:
            return pl.concat(list(corpus.shards("id"))).with_columns(x=1.0)
        """,
        "ValueError: a b",
    ),
    "nothing": (
        "dedup",
        """
        @across
        def broken(corpus) -> pl.DataFrame:
            docs = pl.concat(list(corpus.shards("id"))).with_columns(x=1.0)
            return None if docs.height else docs
        """,
        "returned NoneType",
    ),
    "another type": (
        "dedup",
        """
        @across
        def broken(corpus) -> pl.DataFrame:
            docs = pl.concat(list(corpus.shards("id")))
            return docs.with_columns(x=pl.lit("five") if docs.height else pl.lit(1.0))
        """,
        "x",
    ),
    "panics on nothing": (
        "score",
        """
        @score
        def broken(docs: pl.DataFrame) -> pl.Series:
            raise pl.exceptions.PanicException("a\\nb")
        """,
        "fails on an empty frame: PanicException: a b",
    ),
    "exits on nothing": (
        "score",
        """
        import sys
        @score
        def broken(docs: pl.DataFrame) -> pl.Series:
            sys.exit(3)
        """,
        "fails on an empty frame: SystemExit: 3",
    ),
    "gives nothing": (
        "score",
        """
        @score
        def broken(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.len_chars() if docs.height == 0 else None
        """,
        "6 of 6 documents failed",
    ),
}


@pytest.mark.parametrize("how", list(BROKEN))
def test_a_step_that_breaks_its_contract_is_one_line(tmp_path: Path, how: str) -> None:
    verb, code, says = BROKEN[how]
    tiny(tmp_path, one(f"{{{verb}: broken}}"), texts(6), steps={f"{verb}/broken.py": code})
    with pytest.raises(CurateError) as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)
    assert "broken" in str(error.value)
    assert says in str(error.value)


@pytest.mark.parametrize("place", ["at once", "later"])
def test_a_reader_that_raises_is_one_line_that_names_the_file(tmp_path: Path, place: str) -> None:
    breaks = f"""
        @read
        def breaks(path: str):
            if {place == "later"}:
                yield pl.read_parquet(path)
            raise ValueError("a\\nb")
    """
    tiny(tmp_path, one("{score: letters}", read="breaks"), texts(6), steps={"read/breaks.py": breaks})
    with pytest.raises(CurateError, match=r"0\.parquet.*ValueError: a b") as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)
