"""What keeps a result: the lock that says what it was, and `gc`, which must never take what a name still means."""

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import curate
from curate import lock
from curate.artifact import SEAL
from curate.errors import CurateError
from curate.gc import loose
from curate.lock import Lock, recipe_digest
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


def test_what_a_killed_build_left_beside_the_lock_is_deleted(built: Path) -> None:
    left, others = built / "recipes/.small.lock.1.0.tmp", built / "recipes/.smaller.lock.1.0.tmp"
    for file in (left, others):
        file.write_bytes(b"recipe:")
    open_small(built).build()
    assert not left.exists() and others.exists()


def test_where_no_folder_can_be_locked_nothing_is_deleted_and_the_lock_is_written(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks here")

    (built / "recipes/.small.lock.1.0.tmp").write_bytes(b"recipe:")
    (built / "recipes/small.lock").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(lock, "fcntl", SimpleNamespace(flock=refuse, LOCK_EX=0))
        open_small(built).build()
    assert (built / "recipes/small.lock").exists() and (built / "recipes/.small.lock.1.0.tmp").exists()


def test_a_node_that_only_the_lock_has_is_told(built: Path) -> None:
    lock = built / "recipes/small.lock"
    lock.write_text(
        lock.read_text().replace("outputs:\n", 'outputs:\n  c/more: {key: "0", content: "0", documents: 1}\n')
    )
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


# what a lock says


def test_a_lock_says_documents_in_and_out_and_reads_back_as_it_was_written(built: Path) -> None:
    path = built / "recipes/small.lock"
    lock = Lock.read(path)
    assert lock.dump() == path.read_text()
    assert {n: (line["in"], line["documents"]) for n, line in lock.nodes.items()} == {
        "web/parquet": (9, 9), "web/repeat": (9, 9), "web/letters": (9, 9), "web/long": (9, 6), "b/digits": (6, 6),
    }  # fmt: skip
    assert [*lock.inputs] == ["web/parquet"]
    assert str(built) not in path.read_text()


def test_a_lock_names_the_models_and_benchmarks_that_came_from_outside_and_what_each_source_gives() -> None:
    lock = Lock.read(Path(__file__).parents[2] / "recipes/hybrid.lock")
    assert [*lock.inputs] == [
        "benchmarks/embedded-bench",
        *(f"models/{name}" for name in ("teacher", "refiner", "second", "solver")),
    ]
    assert lock.inputs["models/solver"]["backend"] == "symbolic"
    assert [*lock.sources] == ["cot", "general", "instruction", "refined", "short"]
    assert sum(line["tokens"] for line in lock.sources.values()) == lock.mixture["tokens"]
    assert all(line["tokens"] <= line["available"] for line in lock.sources.values())


def test_how_a_clause_is_written_does_not_make_another_text_of_the_recipe(built: Path) -> None:
    digest = recipe_digest(open_small(built).recipe)
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace("letters > 20", "(letters>20)").replace("recipe:", "about: x\nrecipe:"))
    assert recipe_digest(open_small(built).recipe) == digest
    yaml.write_text(yaml.read_text().replace("(letters>20)", "letters > 21"))
    assert recipe_digest(open_small(built).recipe) != digest


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[]", "recipe: a", "recipe: a\ninputs:\noutputs: [1]\n", "recipe: 1\ninputs: {}\noutputs: {}\n",
        'recipe: a\ninputs: {}\noutputs: {w: {in: "2"}}\n', "recipe: a\ninputs: {}\noutputs: {w: {fates: {a: b}}}\n",
        "recipe: a\ninputs: {}\noutputs: {w: 1}\n", "recipe: !!python/object/apply:os.getcwd []\n", "{" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_lock_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.lock").write_text(text)
    with pytest.raises(CurateError, match=r"^a.lock: is not a lock") as error:
        Lock.read(tmp_path / "a.lock")
    assert "\n" not in str(error.value)


def test_a_lock_of_an_older_layout_is_told_and_a_build_writes_it_anew(built: Path) -> None:
    lock = built / "recipes/small.lock"
    text = lock.read_text()
    lock.write_text(text.replace("outputs:", "nodes:"))
    assert open_small(built).verify() == ["small.lock: was written by an older curate; `curate build` writes it anew"]
    open_small(built).build()
    assert lock.read_text() == text


# locked builds and verify


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("letters > 20", "letters > 25", "web/long: clause long: letters > 20 -> letters > 25"),
        ("score: digits", "score: letters, as: more", "only the lock has b/digits; only the recipe has b/more"),
    ],
)
def test_a_locked_build_of_another_text_is_refused_before_it_runs_with_what_differs(
    built: Path, before: str, after: str, said: str
) -> None:
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace(before, after))
    with pytest.raises(CurateError) as error:
        open_small(built).build(locked=True)
    assert said in str(error.value)
    assert len(open_small(built).todo()) > 0, "nothing was built"


def test_verify_finds_a_manifest_that_is_not_what_its_key_or_its_files_say(built: Path) -> None:
    recipe = open_small(built)
    key = Lock.read(recipe.lock_path).nodes["web/letters"]["key"]
    path = recipe.store.object(key) / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace('"rows": ', '"rows": 1', 1))
    assert any("it was altered" in line for line in open_small(built).verify())
    told = {name: value for name, value in json.loads(whole).items() if name != SEAL}
    path.write_text(json.dumps({**told, "content": "0" * 32}))
    assert any("its content is not that of its files" in line for line in open_small(built).verify())
    path.write_text(json.dumps({**told, "identity": {**told["identity"], "format": 7}}))
    assert any("is not what its key says" in line for line in open_small(built).verify())
    path.write_text(json.dumps(told))
    assert open_small(built).verify(deep=True) == []


def test_a_deep_look_finds_an_input_that_changed_behind_its_size_and_time(built: Path) -> None:
    data = next((built / "data").iterdir())
    stat, old = data.stat(), data.read_bytes()
    data.write_bytes(old[:-20] + bytes([old[-20] ^ 1]) + old[-19:])
    os.utime(data, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    assert open_small(built).verify() == []
    assert open_small(built).verify(deep=True) == [
        f"web/parquet: {data.name}: its bytes are not those that were built from"
    ]


def test_inputs_that_are_not_those_of_the_lock_are_told(built: Path) -> None:
    texts(4).write_parquet(built / "data/0.parquet")
    found = open_small(built).verify()
    assert "web/parquet: is not built" in found
    assert "web/parquet: its files are not those that the lock says" in found
