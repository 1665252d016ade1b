"""The judge finds what it is there for: each of these is planted, and must be told."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import judge
from tests.faults.projects import Shape
from tests.faults.trial import Built, Failed, Reference, Trial

READ, KEPT = "a" * 32, "b" * 32
SHAPE = Shape("tables", 0)


def manifest(name: str, rows: int, live: int, rows_in: int, fates: dict[str, int]) -> dict[str, Any]:
    shard = {"name": "00000-0000.parquet", "rows": rows, "live": live, "bytes": 4, "sha256": "0" * 64, "fates": fates}
    return {"key": READ, "name": name, "shards": [shard], "rows_in": rows_in}


def put(store: Path, key: str, what: dict[str, Any]) -> None:
    folder = store / "objects" / key
    folder.mkdir(parents=True)
    (folder / "00000-0000.parquet").write_bytes(b"data")
    (folder / "manifest.json").write_text(json.dumps(what))


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A finished trial with which all is well: 240 records, five of them broken; ten documents do not go on."""
    project, store = tmp_path / "reference", tmp_path / "trial/project/.curate"
    for at in (project / ".curate", store):
        put(at, READ, manifest("web/parquet", 235, 235, 0, {"quarantined": 5}))
        put(at, KEPT, manifest("web/long", 235, 225, 235, {"long": 10}))
        for name in ("drafts", "damaged", "replies", "refs", "plans"):
            (at / name).mkdir()
    for at in (project, store.parent):
        (at / "recipes").mkdir()
        (at / "recipes/small.lock").write_text("a lock\n")
    nodes = {"web/parquet": ("c" * 32, READ, "read"), "web/long": ("d" * 32, KEPT, "verdict")}
    ref = {
        "lock": str(store.parent / "recipes/none.lock"),
        "nodes": {n: {"key": key} for n, (_, key, _) in nodes.items()},
    }
    (store / "refs/small-0.json").write_text(json.dumps(ref))
    reference = Reference(SHAPE, project, judge.files(project / ".curate"), "a lock\n", nodes, 10, 100, 1.0)
    made = Trial(1, tmp_path / "trial", reference, random.Random(1), store=store)
    made.note()
    return made


def test_a_trial_with_which_all_is_well_has_no_complaint(trial: Trial) -> None:
    assert trial.whole
    assert judge.judged(trial) == []


def shard(trial: Trial) -> Path:
    return trial.store / "objects" / KEPT / "00000-0000.parquet"


def altered(trial: Trial) -> None:
    with shard(trial).open("r+b") as file:
        file.write(b"d@ta")


def altered_with_its_manifest(trial: Trial) -> None:
    """As a build does it that reads an altered object and believes it."""
    altered(trial)
    path = shard(trial).with_name("manifest.json")
    what = json.loads(path.read_text())
    what["shards"][0]["sha256"] = hashlib.sha256(b"d@ta").hexdigest()
    path.write_text(json.dumps(what))


def counted_wrong(trial: Trial) -> None:
    path = trial.store / "objects" / READ / "manifest.json"
    what = json.loads(path.read_text())
    what["shards"][0] |= {"rows": 234, "live": 234}
    path.write_text(json.dumps(what))


def dropped_without_a_word(trial: Trial) -> None:
    path = shard(trial).with_name("manifest.json")
    what = json.loads(path.read_text())
    what["shards"][0]["live"] = 224
    path.write_text(json.dumps(what))


def made_again(trial: Trial) -> None:
    other = shard(trial).with_name("other")
    other.write_bytes(shard(trial).read_bytes())
    other.replace(shard(trial))


def missing(trial: Trial) -> None:
    shard(trial).unlink()


def too_much(trial: Trial) -> None:
    shard(trial).with_name("00001-0000.parquet").write_bytes(b"more")


def torn(trial: Trial) -> None:
    shard(trial).with_name(".00000-0000.parquet.17.tmp").write_bytes(b"mo")


def journal(trial: Trial) -> None:
    (trial.store / "replies/m").mkdir()
    (trial.store / "replies/m/journal-17").write_bytes(b"")


def other_lock(trial: Trial) -> None:
    (trial.project / "recipes/small.lock").write_text("another lock\n")


def no_lock(trial: Trial) -> None:
    (trial.project / "recipes/small.lock").unlink()


def outside(trial: Trial) -> None:
    (trial.project / "PWNED").touch()


PLANTED: dict[str, tuple[Callable[[Trial], None], str]] = {
    "an altered object": (altered, "web/long: .* differs"),
    "an altered object that was believed": (altered_with_its_manifest, "web/long: .* differs"),
    "a lost record": (counted_wrong, "web/parquet: 239 records of 240"),
    "a lost document": (dropped_without_a_word, "web/long: 234 documents of 235"),
    "finished work done again": (made_again, "web/long: the object was made again"),
    "a missing file": (missing, "web/long: .* is not there"),
    "a file too much": (too_much, "web/long: .* is too much"),
    "a temporary file in an object": (torn, "web/long: .* is too much"),
    "a journal of replies": (journal, "journal-17 is left"),
    "another lock": (other_lock, "the lock differs"),
    "no lock": (no_lock, "there is no lock"),
    "a file that nobody asked for": (outside, "PWNED is new"),
}


@pytest.mark.parametrize(("plant", "said"), PLANTED.values(), ids=PLANTED.keys())
def test_what_is_wrong_is_told(trial: Trial, plant: Callable[[Trial], None], said: str) -> None:
    plant(trial)
    found = judge.judged(trial)
    assert any(re.search(said, one) for one in found), found


def test_a_finished_shard_of_a_draft_that_was_made_again_is_told_unless_a_fault_destroyed_it(trial: Trial) -> None:
    path = trial.store / "objects" / READ / "00000-0000.parquet"
    trial.shards["web/parquet", path.name] = path.stat().st_ino
    assert judge.judged(trial) == []
    trial.shards["web/parquet", path.name] += 1
    assert judge.judged(trial) == ["web/parquet: the finished shard 00000-0000.parquet was made again"]
    trial.forget(trial.store / "drafts" / ("c" * 32) / "data" / path.name)
    assert judge.judged(trial) == []


@pytest.mark.parametrize(("paid", "spare", "twice"), [(10, 0, False), (11, 0, True), (11, 1, False), (13, 2, True)])
def test_a_reply_that_is_paid_for_twice_is_told(paid: int, spare: int, twice: bool) -> None:
    answered = Counter({f"p{n}": 1 for n in range(10)}) + Counter({"p0": paid - 10})
    assert bool(judge.paid_twice(answered, 10, spare)) is twice


def test_what_gc_does_not_list_is_told(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    (trial.store / "drafts" / ("e" * 32)).mkdir()
    assert judge.judged(trial) == []
    monkeypatch.setattr("curate.gc.loose", lambda store, days: [])
    assert judge.judged(trial) == [f"drafts/{'e' * 32} is left, and gc does not list it"]


@pytest.mark.parametrize(
    ("code", "said", "clear"),
    [
        (2, "curate: the disk is full\n", True),
        (1, "curate: the disk is full\n", False),
        (2, "curate: one\ncurate: two\n", False),
        (2, "Traceback (most recent call last):\n", False),
        (2, "", False),
        (0, "", False),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(code: int, said: str, clear: bool) -> None:
    built = Built(code, said, "", 1.0)
    if clear:
        assert built.clearly() == "the disk is full"
    else:
        with pytest.raises(Failed):
            built.clearly()
