"""What a mixture publishes is what it uses, with how often and how many tokens."""

from pathlib import Path

import polars as pl

from mixers.publishing import rows_of
from tests.curate.corpus import open_small
from tests.curate.test_publish_loaded import MIXED


def test_rows_of_a_mixture_are_the_documents_that_it_uses(tmp_path: Path) -> None:
    from tests.curate.corpus import make_project

    recipe = open_small(make_project(tmp_path, recipe=MIXED, count=120))
    recipe.build()
    rows = rows_of(open_small(tmp_path))
    frames = [frame for _, frame in rows.frames]
    assert all(dict(frame.schema) == rows.schema for frame in frames)
    whole = pl.concat(frames)
    index = recipe.sql(
        "select id, source as corpus, count(*) filter (start = 0) as uses, sum(length) as tokens from mixture group by all order by id"
    )
    found = whole.sort("id").select(
        "id", "corpus", pl.col("uses").cast(pl.Int64), tokens=pl.col("uses") * pl.col("n_tokens")
    )
    assert found["id"].to_list() == index["id"].to_list()
    assert found["corpus"].to_list() == index["corpus"].to_list()
    assert found["uses"].to_list() == index["uses"].to_list()
    assert whole["text"].null_count() == 0


def test_rows_of_a_corpus_have_its_columns_in_their_order(tmp_path: Path) -> None:
    from tests.curate.corpus import make_project

    recipe = open_small(make_project(tmp_path, count=40))
    recipe.build()
    rows = rows_of(open_small(tmp_path), "parts")
    assert list(rows.schema)[:4] == ["id", "text", "source", "url"]
    assert {"parent_id", "half", "part_letters"} <= rows.schema.keys()
    assert sum(frame.height for _, frame in rows.frames) == recipe.documents("parts").rows
