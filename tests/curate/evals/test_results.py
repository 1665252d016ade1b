"""What is said of a result stays true: when it was first there, who asked for it, and that its files are whole."""

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import CurateError
from curate.evals import results
from curate.store import Store
from tests.curate import evaluating


@pytest.fixture
def store(project: Path) -> Store:
    """A store with one result, of no recipe."""
    evaluating.benchmark(project)
    curate.evaluate("pupil", "toy", limit=4)
    return Store(project / ".curate")


def test_a_result_keeps_when_it_was_first_there_and_all_who_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = results.every(store)
    assert first.note["recipe"] is None and first.note["asked_by"] == {} and first.note["model"] == "pupil"
    monkeypatch.setattr(time, "time", itertools.count(4e9).__next__)
    for recipe, entry in (("one", "a"), ("two", "b"), (None, "eval")):
        results.note(store, first, recipe, entry, model="m")
    (last,) = results.every(store)
    assert last.note == {**first.note, "model": "m", "recipe": "two", "eval": "b", "asked_by": {"one": "a", "two": "b"}}
    assert [results.asked_by(store, name) for name in ("one", "two", "no")] == [{first.key: "a"}, {first.key: "b"}, {}]


def test_a_note_that_cannot_be_written_is_an_error_only_where_there_is_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (result,) = results.every(store)

    def refused(*_: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(results, "replace_file", refused)
    assert results.note(store, result, "one", "a").note["recipe"] == "one"
    (store.root / f"evals/{result.key}.json").unlink()
    with pytest.raises(CurateError, match="the store cannot be written: Read-only file system"):
        results.note(store, result, "one", "a")


def test_a_damaged_result_is_set_aside_and_a_broken_note_says_nothing(store: Store) -> None:
    (result,) = results.every(store)
    (store.root / f"evals/{result.key}.json").write_text("[1]")
    assert results.every(store)[0].note == {} and results.asked_by(store, "one") == {}
    (shard,) = result.manifest.shards
    (store.object(result.key) / shard.name).write_bytes(b"")
    assert results.find(store, result.key) is None
    assert not store.has(result.key)


def test_rows_of_an_evaluation_that_was_killed_are_none_of_the_next(store: Store) -> None:
    (result,) = results.every(store)
    rows, key = result.rows(), "0" * 64
    left = store.draft(key) / "data"
    left.mkdir(parents=True)
    (left / "items-00001.parquet").write_bytes(b"of before")
    made = results.keep(store, key, result.manifest.identity, iter([rows]), dict(rows.schema))
    assert {path.name for path in store.object(key).glob("items-*")} == {"items-00000.parquet"}
    assert made.rows().equals(rows) and made.rows(["id"]).columns == ["id"]
