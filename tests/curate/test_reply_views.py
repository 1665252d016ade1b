"""The views of the reply store: one row per reply, whatever segments it stands in, and what was asked for whom."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

import curate
from curate.errors import CurateError
from curate.ledger import told
from curate.models.base import Request, Sampling
from curate.models.replies import Asker
from curate.models.segments import write_rows
from curate.models.shelf import shelf_of
from tests.curate.corpus import make_project, open_small
from tests.curate.replying import Counting, recorded, said
from tests.curate.test_reply_shelf import row


@pytest.fixture
def built(tmp_path: Path) -> curate.Curated:
    make_project(tmp_path)
    open_small(tmp_path).build()
    return open_small(tmp_path)


def test_views_are_empty_before_a_model_was_asked(built: curate.Curated) -> None:
    assert built.sql("from replies").height == built.sql("from ledger").height == 0
    (built.store.root / "replies" / ("0" * 32)).mkdir(parents=True)
    assert built.sql("from replies").columns == built.sql("select * from replies").columns


def test_each_reply_is_a_row_and_the_ledger_says_what_was_asked_for_whom(built: curate.Curated) -> None:
    store = built.store.root / "replies"
    one, two = Counting("one", Sampling(temperature=0.5, max_tokens=7)), Counting("two")
    said(recorded(one, store, asker=Asker("small:web/grade")), ["ab", Request("ab", 1), "abc"])
    said(recorded(one, store, asker=Asker("other:web/grade")), ["ab", "abcd"])
    said(recorded(two, store, asker=Asker("small:web/grade")), ["ab"])
    found = built.sql("select * from replies order by model, prompt_tokens, sample").to_dicts()
    assert [(r["model"], r["text"], r["sample"], r["asked_by"]) for r in found] == [
        ("one", "ab/0/0", 0, "small:web/grade"),
        ("one", "ab/1/0", 1, "small:web/grade"),
        ("one", "abc/0/0", 0, "small:web/grade"),
        ("one", "abcd/0/0", 0, "other:web/grade"),
        ("two", "ab/0/0", 0, "small:web/grade"),
    ]
    assert found[0]["prompt_sha256"] == hashlib.sha256(b"ab").hexdigest()
    assert json.loads(found[0]["sampling"]) == one.sampling.payload()
    assert found[0]["model_digest"] == recorded(one, store).folder.name and found[0]["asked_at"].year >= 2025
    ledger = built.sql("select * exclude (model_digest) from ledger order by model, asked_by").rows()
    assert [line[:5] for line in ledger] == [
        ("one", "other:web/grade", 1, 4, 0),
        ("one", "small:web/grade", 3, 7, 1),
        ("two", "small:web/grade", 1, 2, 0),
    ]
    assert all(first <= last for *_, first, last in ledger)


def test_a_reply_that_stands_in_two_segments_is_one_row_before_and_after_merging(
    built: curate.Curated, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = built.store.root / "replies" / ("0" * 32)
    folder.mkdir(parents=True)
    for rows in ([row(1, "early", 5), row(2)], [row(1, "late", 6, by="you")], [row(1, "late", 6, by="you"), row(3)]):
        write_rows(rows, folder)
    (folder / "notes.parquet").write_bytes(b"none of ours")
    before = [built.sql(f"select * from {view} order by all").rows() for view in ("replies", "ledger")]
    assert sorted(line[5] for line in before[0]) == ["early", "said", "said"]
    assert [line[2:6] for line in before[1]] == [("me", 3, 3, 6)]
    assert before[0][0][0] is None  # no model.json
    monkeypatch.setattr("curate.models.merging.FANOUT", 2)
    shelf_of(folder).tidy()
    assert len([*folder.glob("????????????????????????????????.parquet")]) == 1
    assert [built.sql(f"select * from {view} order by all").rows() for view in ("replies", "ledger")] == before


def test_the_ledger_takes_the_first_reply_reads_segments_alone_and_names_a_damaged_one(tmp_path: Path) -> None:
    folder = tmp_path / ("0" * 32)
    folder.mkdir()
    assert told(folder, "me").is_empty()
    late, early = row(1, at=6)._replace(completion_tokens=9), row(1, at=5)._replace(completion_tokens=7)
    for one in (late, early):
        write_rows([one, row(2, by="you")], folder)
    (folder / "notes.parquet").write_bytes(b"none of ours")
    assert told(folder, "me")["completion_tokens"].to_list() == [7]
    (folder / f"{'0' * 32}.parquet").write_bytes(b"torn")
    with pytest.raises(CurateError, match="is damaged; delete it"):
        told(folder, "me")


def test_a_catalog_shows_replies_after_segments_were_merged(
    built: curate.Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = recorded(Counting(), built.store.root / "replies")
    said(model, ["a"])
    said(model, ["b"])
    built.catalog(tmp_path / "out.duckdb")
    monkeypatch.setattr("curate.models.merging.FANOUT", 2)
    shelf_of(model.folder).tidy()
    with duckdb.connect(tmp_path / "out.duckdb", read_only=True) as connection:
        assert connection.sql("select text from replies order by text").fetchall() == [("a/0/0",), ("b/0/0",)]
