"""Some trials of the suite, drawn from the commit that is tested: two by default, twenty with CURATE_TEST_ALL=1."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import network, page
from tests.faults.fault import PLAIN, Fault, all_faults
from tests.faults.suite import Suite
from tests.faults.trial import ROOT, Trial

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
QUICK = (
    "kill -9 of a build and its workers",
    "altered objects",
    "altered drafts of a killed build",
    "locks that somebody left",
)
"""Faults of the fast trials, which share one project."""


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "none"


DRAWN = random.Random(commit())
SEEDS = [DRAWN.randrange(1 << 30) for _ in range(20 if ALL else 2)]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    yield Suite(tmp_path_factory.mktemp("faults"))
    network.over()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trial_ends_with_the_bytes_of_a_build_that_nothing_happened_to(suite: Suite, seed: int) -> None:
    found = suite.run(seed) if ALL else suite.run(seed, random.Random(seed).choice(QUICK), "tables-0")
    assert found.outcome != "failed", f"python -m tests.faults --seed {seed}: {found}"


def test_an_altered_object_that_a_build_believes_is_a_failure(suite: Suite) -> None:
    """Planted: an object and its manifest are altered together, so that a build has nothing to see it by; the judge must."""

    def act(trial: Trial) -> None:
        from curate.artifact import Manifest
        from tests.faults.damage import finished

        finished(trial)
        key = trial.reference.nodes["web/digits"][1]
        path = trial.store / "objects" / key / "manifest.json"
        told = json.loads(path.read_text())
        told.pop("digest")
        told["facts"]["planted"] = 1
        path.write_text(Manifest.parse(json.dumps(told)).dump())

    suite.faults["planted"] = Fault("planted", "none", act, PLAIN, 1, "")
    found = suite.run(1, "planted", "tables-0")
    assert found.outcome == "failed"
    assert any(one.startswith("web/digits: ") and one.endswith("differs") for one in found.complaints), found
    assert Path(found.folder).is_dir()
    shutil.rmtree(found.folder)


def test_every_row_of_the_table_of_what_must_hold_is_tried() -> None:
    rows = {one.row for one in all_faults().values()}
    assert rows == {
        "kill -9 anywhere, power loss",
        "torn, truncated or altered object",
        "torn, truncated or altered input",
        "two builds at once",
        "full or read-only disk",
        "poison document",
        "model endpoint down, slow, 429, garbage, half a stream",
        "hostile model text, page, recipe or name",
        "clock skew",
        "duplicate workers on a shard",
        "stale lock",
        "network cut",
        "worker killed for memory",
        "corrupt gzip member",
    }


def test_the_page_shows_the_run_that_is_kept_beside_it() -> None:
    kept = ROOT / "benchmarks/faults.json"
    told = json.loads(kept.read_text("utf-8"))
    assert page.table(told) in (ROOT / "docs/faults.md").read_text("utf-8")
    assert {one["row"] for one in told["results"]} == {one.row for one in all_faults().values()}
