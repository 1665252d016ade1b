"""The store as people keep house in it: shared by a group, by several projects, what takes the space, and what `gc` leaves."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from curate.cli import cli
from curate.gc import delete, loose
from curate.objects import usage
from curate.store import Store
from tests.curate.corpus import make_project, open_small
from tests.curate.test_lock import age


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """Opening a group's store changes the umask of the process."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def project(folder: Path, **edit: str) -> Path:
    folder.mkdir()
    made = make_project(folder)
    recipe = made / "recipes/small.yaml"
    for old, new in edit.items():
        recipe.write_text(recipe.read_text().replace(old, new))
    return made


def build(folder: Path, store: Path, umask: int) -> None:
    """Build in a process of its own, as a user with this umask and worker processes would."""
    command = [sys.executable, "-m", "curate", "build", "small", "--store", str(store), "--workers", "2"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, umask=umask, env=os.environ)
    assert done.returncode == 0, done.stderr


def test_a_group_s_store_stays_writable_for_the_group_whatever_a_member_s_umask_is(tmp_path: Path) -> None:
    store = tmp_path / "shared"
    made = CliRunner().invoke(cli, ["store", "create", str(store), "--group"])
    assert made.exit_code == 0, made.output
    build(project(tmp_path / "a"), store, 0o077)
    build(project(tmp_path / "b", **{"letters > 20": "letters > 10"}), store, 0o022)
    for path in store.rglob("*"):
        mode = path.stat().st_mode
        if path.is_dir():
            assert mode & 0o2070 == 0o2070, path
        else:
            assert stat.S_IMODE(mode) & 0o060 == 0o060, path


def test_a_store_of_one_person_can_be_given_to_a_group_with_all_it_holds(tmp_path: Path) -> None:
    store = tmp_path / "own"
    build(project(tmp_path / "a"), store, 0o077)
    Store(store).create(group=True)
    assert [path for path in store.rglob("*") if path.is_dir() and path.stat().st_mode & 0o2070 != 0o2070] == []
    assert [path for path in store.rglob("*") if path.is_file() and path.stat().st_mode & 0o060 != 0o060] == []


def test_a_store_of_one_person_keeps_that_person_s_umask(tmp_path: Path) -> None:
    store = tmp_path / "own"
    build(project(tmp_path / "a"), store, 0o077)
    assert not [path for path in store.rglob("*") if path.stat().st_mode & 0o077]


def test_two_projects_on_one_store_share_objects_and_the_figures_add_up(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = open_small(project(tmp_path / "a"), store=str(store))
    other = open_small(project(tmp_path / "b", **{"letters > 20": "letters > 10"}), store=str(store))
    first.build()
    assert "web/parquet" not in other.build()["ran"]
    found = usage(first.store)
    assert [row["recipe"] for row in found["recipes"]] == ["small", "small"]
    own = [row["own"] for row in found["recipes"]]
    assert all(own)
    assert sum(own) + found["shared"] + found["loose"] == found["folders"]["objects"]
    assert found["shared"] == found["recipes"][0]["bytes"] - own[0] == found["recipes"][1]["bytes"] - own[1] > 0
    assert found["loose"] == 0
    files = [p for p in (store / "objects").rglob("*") if p.is_file() and p.name != "manifest.json"]
    assert found["folders"]["objects"] == sum(p.stat().st_size for p in files if ".provenance." not in p.name)
    for ref in (store / "refs").iterdir():
        ref.unlink()
    assert usage(first.store)["loose"] == found["folders"]["objects"]


def test_du_prints_both_tables_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path / "a")
    open_small(folder).build()
    monkeypatch.chdir(folder)
    said = CliRunner().invoke(cli, ["store", "du"])
    assert said.exit_code == 0
    assert "0 bytes are used by several, 0 by none" in said.output
    assert json.loads(CliRunner().invoke(cli, ["store", "du", "--json"]).output) == usage(open_small(folder).store)


def test_a_ref_whose_lock_is_gone_keeps_its_nodes_and_one_with_a_lock_keeps_the_lock_s(tmp_path: Path) -> None:
    folder = project(tmp_path / "a")
    recipe = open_small(folder)
    recipe.build()
    frozen = folder / "small-2026.1.lock"
    frozen.write_bytes((folder / "recipes/small.lock").read_bytes())
    keys = recipe.store.keys()
    refs = folder / ".curate/refs"
    for ref in refs.iterdir():
        ref.unlink()
    age(folder / ".curate/objects", 20)
    assert len(loose(recipe.store)) == len(keys)
    (refs / "small-2026.1.json").write_text(json.dumps({"nodes": {}, "lock": str(frozen)}))
    assert loose(recipe.store) == []
    named = {"nodes": {"web/parquet": {"key": keys[0]}}, "lock": str(tmp_path / "gone.lock")}
    (refs / "small-2026.1.json").write_text(json.dumps(named))
    assert keys[0] not in {item.path.name for item in loose(recipe.store)}
    assert len(loose(recipe.store)) == len(keys) - 1


def test_a_time_in_the_future_keeps_nothing_for_ever(tmp_path: Path) -> None:
    folder = project(tmp_path / "a")
    store = open_small(folder).store
    (store.root / "drafts/stopped").mkdir(parents=True)
    age(store.root / "drafts", -4000)
    assert loose(store) == []
    assert [item.path.name for item in loose(store, days=-1)] == ["stopped"]  # as in two weeks


def test_delete_forgets_what_was_noted_of_objects_that_are_gone(tmp_path: Path) -> None:
    folder = project(tmp_path / "a")
    recipe = open_small(folder)
    recipe.build()
    path = folder / "recipes/small.yaml"
    path.write_text(path.read_text().replace("      - rewrite: upper\n", ""))
    open_small(folder).build()
    store = folder / ".curate"
    age(store / "objects", 20)
    gone = loose(recipe.store)
    assert gone
    delete(recipe.store, gone)
    kept = set(recipe.store.keys())
    assert {plan.read_text() for plan in (store / "plans").iterdir()} == kept
    marks = [*(store / "values").glob("*/*.json"), *(store / "cache/stat").glob("*.json")]
    assert marks and {mark.stem for mark in marks} <= kept
    assert open_small(folder).build()["ran"] == []
    assert open_small(folder).verify(deep=True) == []


def test_a_cached_manifest_of_an_object_that_nothing_names_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path).create()
    store.remember("manifests", "0" * 32, {})
    delete(store, [])
    assert store.remembered("manifests", "0" * 32) == {}
    assert not [*(tmp_path / "cache/manifests").iterdir()]


def test_a_note_that_was_altered_or_is_another_s_counts_as_none(tmp_path: Path) -> None:
    store = Store(tmp_path).create()
    for name in ("a", "b"):
        store.remember("columns", name, {"text": name})
    assert store.remembered("columns", "a") == {"text": "a"}
    notes = tmp_path / "cache/columns"
    whole = (notes / "a.json").read_text()
    for text in (
        whole.replace('"text": "a"', '"text": "b"'),
        (notes / "b.json").read_text(),
        "[]",
        "{",
        "1",
        whole[:9],
    ):
        (notes / "a.json").write_text(text)
        assert store.remembered("columns", "a") == {}
    (notes / "a.json").write_text(whole)
    assert store.remembered("columns", "a") == {"text": "a"}
