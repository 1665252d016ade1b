"""Steps over a whole corpus: cut and gathered the same whatever the memory, the workers and the moment of a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate import across, layout
from curate.errors import CurateError
from curate.profile import LEAST_BUDGET, load_profile
from tests.curate.corpus import objects, one, open_small, texts, tiny

PHASES = """
    from dataclasses import dataclass
    from typing import Any
    def prepare(docs: pl.DataFrame) -> pl.DataFrame:
        canary = pl.DataFrame({"id": ["planted"]}).with_columns(size=pl.lit(0, pl.UInt32))
        own = docs.select("id", size=pl.col("text").str.len_bytes())
        return pl.concat([own, canary]) if docs.height else own

    @dataclass(frozen=True)
    class Longest:
        corpus: Any
        def __call__(self, rank: int) -> int:
            seen = self.corpus.shard(rank, "id", "size").filter(pl.col("id") != "planted")
            read = self.corpus.shard(rank, "text")
            made = seen.with_columns(glyphs=read["text"].str.len_chars())
            made.write_parquet(self.corpus.scratch / f"{rank}.parquet")
            return 0

    @across(prepare=prepare)
    def sized(corpus, *, twice: bool = False):
        \"\"\"Says something.\"\"\"
        if not corpus.shard(0, "id").height:
            return pl.DataFrame(schema={"id": pl.String, "size": pl.UInt32, "glyphs": pl.UInt32})
        corpus.each(Longest(corpus), corpus.count, "lengths")
        corpus.tell(shards_are_one_place=True)
        return frames(corpus, twice)

    def frames(corpus, twice):
        for rank in reversed(range(corpus.count)):
            made = pl.read_parquet(corpus.scratch / f"{rank}.parquet").reverse()
            yield made.filter(pl.col("id").str.slice(0, 1) < "c")
        if twice:
            yield made
            yield made
"""
STEPS = {"dedup/sized.py": PHASES}
SIZED = one("{dedup: sized}, {score: letters}, {keep: {short: letters < 60}}")


def project(folder: Path, recipe: str = SIZED) -> Path:
    whole = texts(70)
    parts = [whole[a : a + 12] for a in range(0, 70, 12)]
    return tiny(folder, recipe, *parts, steps=STEPS)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "SHARD_ROWS", 5)
    monkeypatch.setattr(layout, "SHARD_BYTES", 300)


def _bounds(sizes: list[int]) -> list[int]:
    """Positions of the first rows of shards, one document at a time."""
    starts, held = [], 0
    for position, size in enumerate(sizes):
        if not starts or held + size > layout.SHARD_BYTES or position - starts[-1] >= layout.SHARD_ROWS:
            starts.append(position)
            held = 0
        held += size
    return starts


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(0, 12), max_size=40), step=st.integers(1, 9))
def test_a_corpus_is_cut_greedily_however_its_sizes_come(sizes: list[int], step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "SHARD_ROWS", 4)
        patch.setattr(layout, "SHARD_BYTES", 20)
        whole = pl.DataFrame(
            {"id": [f"{n:03d}" for n in range(len(sizes))], "bytes": sizes}, {"id": pl.String, "bytes": pl.UInt64}
        )
        firsts, held = layout.cuts(whole.iter_slices(step))
        assert list(firsts) == ([f"{n:03d}" for n in _bounds(sizes)] or [""])
        assert sum(held) == sum(sizes)


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("memory", [1, 3_000, 20_000])
def test_memory_does_not_change_a_byte(tmp_path: Path, memory: int) -> None:
    folder = project(tmp_path)
    whole = open_small(folder)
    whole.build()
    manifest = whole.built.done[whole.planned["web/sized"].plan_key]
    assert len(manifest.shards) > 14
    assert manifest.facts == {"shards_are_one_place": True}
    assert whole.sql("select count(*) n from documents where letters is not null")["n"][0] == 70
    other = open_small(folder, store=str(tmp_path / "other"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("curate.profile.Profile.memory_of_each", lambda self, workers: memory)
        other.build()
    assert objects(tmp_path / "other") == objects(folder / ".curate")


@pytest.mark.usefixtures("small_shards")
def test_each_document_keeps_its_text_and_gets_its_own_columns(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path))
    recipe.build()
    found = recipe.sql("select id, text, size from documents where size is not null")
    assert 0 < found.height < 70
    assert (found["text"].str.len_bytes() == found["size"]).all()
    assert not recipe.sql("select 1 from documents where id = 'planted'").height


def test_two_rows_for_one_id_are_refused_also_in_two_frames(tmp_path: Path) -> None:
    folder = project(tmp_path, one("{dedup: sized, twice: true}"))
    with pytest.raises(CurateError, match="sized gave two rows for one id"):
        open_small(folder).build()


def test_columns_of_documents_cannot_stand_beside_more_prepared_rows(tmp_path: Path) -> None:
    found = curate.step.load(project(tmp_path) / "steps/dedup/sized.py", "dedup")
    docs = pl.DataFrame({"id": ["b", "a"], "text": ["two", "one"]})
    corpus = across.prepared([docs], tmp_path / "corpus", found, {})
    assert corpus.shard(0, "id")["id"].to_list() == ["a", "b", "planted"]
    assert corpus.shard(0, "text")["text"].to_list() == ["one", "two"]
    with pytest.raises(CurateError, match="3 rows for 2 documents, so that 'size' and 'text' cannot be had together"):
        corpus.shard(0, "size", "text")


BUILD = """
import os, signal, sys
import curate
from curate import across, layout
layout.SHARD_ROWS, layout.SHARD_BYTES = 5, 300
from curate.profile import Profile
Profile.memory_of_each = lambda self, workers: 5000
place, left = sys.argv[2], int(sys.argv[3])
def dying(function):
    def call(*args, **more):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **more)
    return call
if place == "phase":
    each = across.Prepared.each
    across.Prepared.each = lambda self, work, count, name="": each(self, dying(work), count, name)
elif place.endswith("()"):
    owner = getattr(across, place[:-2])
    owner.__call__ = dying(owner.__call__)
elif place:
    dies = dying(getattr(across, place))
    for module in (across, layout):
        if hasattr(module, place):
            setattr(module, place, dies)
curate.open("small", executor="inline", store=sys.argv[1]).build()
"""
PLACES = [
    ("Prepare()", 3), ("phase", 2), ("write_parts", 1), ("Scatter()", 2), ("write_parts", 3), ("Gather()", 2), ("store", 3),
    ("replace_file", 13), ("replace_file", 14), ("replace_file", 16),
]  # fmt: skip
"""What is called where the build is killed, and at which call."""


def _build(folder: Path, store: Path, place: str, number: int) -> int:
    command = [sys.executable, "-c", BUILD, str(store), place, str(number)]
    return subprocess.run(command, cwd=folder, env=os.environ, check=False, capture_output=True).returncode


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = project(tmp_path_factory.mktemp("whole"))
    assert _build(folder, folder / ".curate", "", 0) == 0
    return folder, objects(folder / ".curate")


@pytest.mark.parametrize(
    ("place", "number"),
    [pytest.param(*one, marks=[] if one in (("phase", 2), ("Gather()", 2)) else pytest.mark.slow) for one in PLACES],
)
def test_a_build_that_is_killed_in_a_phase_goes_on_to_the_same_bytes(
    whole: tuple[Path, dict[str, bytes]], tmp_path: Path, place: str, number: int
) -> None:
    folder, expected = whole
    assert _build(folder, tmp_path / "store", place, number) == -signal.SIGKILL
    assert _build(folder, tmp_path / "store", "", 0) == 0
    assert objects(tmp_path / "store") == expected


@pytest.mark.usefixtures("small_shards")
def test_a_build_that_goes_on_with_other_memory_and_processes_gives_the_same_bytes(
    whole: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    folder, expected = whole
    assert _build(folder, tmp_path / "store", "Gather()", 2) == -signal.SIGKILL
    curate.open("small", project=folder, executor="inline", store=str(tmp_path / "store")).build()
    assert objects(tmp_path / "store") == expected


@pytest.mark.usefixtures("small_shards")
def test_what_was_made_of_other_documents_is_made_again(whole: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    folder, expected = whole
    assert _build(folder, tmp_path / "store", "Gather()", 2) == -signal.SIGKILL
    recipe = open_small(folder, store=str(tmp_path / "store"))
    draft = recipe.store.draft(recipe.planned["web/sized"].plan_key)
    stale = min((draft / "data").glob("*.parquet"))
    stale.write_bytes(b"x" * stale.stat().st_size)
    (draft / "work/input").write_text("others")
    recipe.build()
    assert objects(tmp_path / "store") == expected


@pytest.mark.parametrize(
    ("said", "workers", "each"),
    [('"1GB"', 2, 500_000_000), ("800_000_000", 4, 200_000_000), ('"100MB"', 64, LEAST_BUDGET)],
)
def test_the_budget_of_a_profile_is_shared_by_its_workers(tmp_path: Path, said: Any, workers: int, each: int) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/mine.toml").write_text(f"memory = {said}")
    assert load_profile("mine", tmp_path).memory_of_each(workers) == each


@pytest.mark.parametrize("said", ['"much"', "1000", "-5"])
def test_a_budget_that_is_none_is_refused_in_one_line(tmp_path: Path, said: str) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/mine.toml").write_text(f"memory = {said}")
    with pytest.raises(CurateError, match="memory: ") as error:
        load_profile("mine", tmp_path)
    assert "\n" not in str(error.value)
