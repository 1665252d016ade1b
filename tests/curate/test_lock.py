"""What keeps a result: the lock that says what it was, and `gc`, which must never take what a name still means."""

import json
import os
import time
from pathlib import Path

import pytest

import curate
from curate.errors import CurateError
from curate.gc import loose
from tests.curate.corpus import one, open_small, texts, tiny

RECIPE = """
recipe: small
corpora:
  web: {read: parquet, files: data/*, steps: [{score: letters}, {keep: {long: letters > 20}}]}
  b: {from: web, steps: [{score: digits}]}
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    open_small(tiny(tmp_path, RECIPE, texts(9))).build()
    return tmp_path


def test_a_lock_that_nobody_touched_holds(built: Path) -> None:
    assert open_small(built).verify() == []
    assert open_small(built).build(locked=True)["ran"] == []
    assert open_small(built).build(only="web", locked=True)["ran"] == []


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("documents: 6", "documents: 7", "b/digits"),
        ('fates: {"long": 3}', 'fates: {"long": 2}', "web/long"),
        ('fates: {"long": 3}', 'fates: {"lung": 3}', "web/long"),
        (', fates: {"long": 3}', "", "web/long"),
        ("files: 1", "files: 2", "web/parquet"),
        ("{files: 1, bytes: ", "{files: 1, bytes: 1", "web/parquet"),
        ('digest: "', 'digest: "0', "web/parquet"),
    ],
)
def test_an_edited_lock_is_told_by_verify_and_by_a_locked_build(
    built: Path, before: str, after: str, name: str
) -> None:
    lock = built / "recipes/small.lock"
    text = lock.read_text()
    assert before in text
    lock.write_text(text.replace(before, after))
    found = open_small(built).verify(deep=True)
    assert any(line.startswith(name) and line.endswith("is not what the lock says") for line in found), found
    with pytest.raises(CurateError, match="not what the lock says") as error:
        open_small(built).build(locked=True)
    assert name in str(error.value)
    assert lock.read_text() == text.replace(before, after), "and it is not written over"


def test_a_node_that_only_the_lock_has_is_told(built: Path) -> None:
    lock = built / "recipes/small.lock"
    lock.write_text(lock.read_text().replace("nodes:\n", 'nodes:\n  c/more: {key: "0", content: "0", documents: 1}\n'))
    assert open_small(built).verify() == ["c/more: is not what the lock says"]


def test_a_recipe_outside_the_project_s_recipes_has_its_lock_beside_it(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: letters}"), texts(4))
    open_small(tmp_path).build()
    before = (tmp_path / "recipes/small.lock").read_bytes()
    other = tmp_path / "else/small.yaml"
    other.parent.mkdir()
    other.write_text(one("{score: digits}"))
    recipe = curate.open(str(other), project=tmp_path, executor="inline")
    assert "web/digits" in recipe.build()["ran"]
    assert (tmp_path / "recipes/small.lock").read_bytes() == before
    assert "web/digits" in (tmp_path / "else/small.lock").read_text()
    assert recipe.verify() == []
    assert open_small(tmp_path).verify() == []
    assert open_small(tmp_path).why() == {}


def age(store: Path, days: int) -> None:
    moment = time.time() - days * 86_400
    for path in sorted(store.rglob("*"), reverse=True):
        os.utime(path, (moment, moment))


def test_gc_leaves_what_a_ref_names_and_finds_what_none_does(built: Path) -> None:
    age(built / ".curate/objects", 20)
    recipe = open_small(built)
    assert loose(recipe.store) == []
    for path in [*(built / ".curate/refs").iterdir(), built / "recipes/small.lock"]:
        path.unlink()
    assert len(loose(recipe.store)) == len(recipe.store.keys())


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"nodes": {}}', '{"nodes": {"web": {}}, "lock": "x"}', "\udcff", "null"]
)
def test_gc_refuses_a_ref_that_it_cannot_read(built: Path, damage: str) -> None:
    ref = next((built / ".curate/refs").glob("*.json"))
    ref.write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(CurateError, match="cannot be read") as error:
        loose(open_small(built).store)
    assert "\n" not in str(error.value)


def test_gc_refuses_a_ref_that_lost_a_key(built: Path) -> None:
    ref = next((built / ".curate/refs").glob("*.json"))
    told = json.loads(ref.read_text())
    del told["nodes"]["web/letters"]["key"]
    ref.write_text(json.dumps(told))
    with pytest.raises(CurateError, match="cannot be read"):
        loose(open_small(built).store)
