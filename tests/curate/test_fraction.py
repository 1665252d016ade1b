"""Samples of a recipe: which documents they take, that they nest, and what they say of the whole."""

import json
import random
import shutil
from pathlib import Path

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import given

import curate
from curate.errors import CurateError
from curate.estimates import Cluster, Total, estimate, projection
from curate.fraction import CLUSTERS, percent, share_of, split_name, take, takes
from curate.report import Report
from curate.sources import Drawn, Source
from tests.curate.corpus import RECIPE, documents, make_project, one, open_small, tiny, write_files

SHARES = st.floats(0.0001, 1.0)
NAMES = st.lists(st.text("abcdef/.0123456789", min_size=1), unique=True, min_size=1, max_size=60)


@given(NAMES, SHARES, SHARES)
def test_a_smaller_sample_is_part_of_a_larger_one(names: list[str], one: float, other: float) -> None:
    small, large = sorted((one, other))
    files, share = take(names, small)
    more, larger_share = take(names, large)
    assert set(files) <= set(more)
    assert share <= larger_share <= 1
    keys = [str(i).encode() for i in range(200)]
    assert all(b for a, b in zip(takes(keys, share), takes(keys, larger_share), strict=True) if a)


@given(NAMES, SHARES)
def test_a_sample_takes_what_was_asked_and_at_most_a_file_more(names: list[str], asked: float) -> None:
    files, share = take(names, asked)
    assert asked - 1e-9 <= len(files) / len(names) * share < asked + 1 / len(names) + 1e-9
    assert len(files) >= min(CLUSTERS, len(names))


@given(NAMES, SHARES, st.text("xyz/", max_size=5))
def test_where_files_lie_does_not_change_a_sample(names: list[str], share: float, folder: str) -> None:
    plain = [f"{i}-{name.replace('/', '')}" for i, name in enumerate(names)]
    assert take(plain, share) == take([f"/{folder}/{name}" for name in plain], share)


@pytest.mark.parametrize("text", ["0%", "0.00000000001%", "101%", "-1%", "0.1", "ten", "", "1e3%", "nan%"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CurateError, match="write a share"):
        share_of(text)


def test_a_name_may_end_in_a_share() -> None:
    assert split_name("long-cot@0.1%") == ("long-cot", 0.001)
    assert split_name("recipes/a@b.yaml") == ("recipes/a@b.yaml", None)
    assert curate.open("long-cot@100%").fraction is None
    assert curate.open("long-cot@0.1%").title == "long-cot@0.1%"


@given(st.floats(1e-9, 100))
def test_samples_of_one_name_take_the_same_share(asked: float) -> None:
    share = share_of(f"{asked:.14f}%")
    assert share_of(percent(share)) == share


FILES = 30


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """A project whose 600 documents lie in 30 files."""
    folder = make_project(tmp_path)
    docs = documents(600)
    write_files(folder, docs, [docs.height * i // FILES for i in range(1, FILES)], [f"part-{i}" for i in range(FILES)])
    return folder


def at(folder: Path, share: str, **settings: object) -> curate.Curated:
    return open_small(folder, **settings).sampled(share)


def ids(curated: curate.Curated, node: str) -> set[str]:
    view = curated.documents(node)
    return set(pl.concat([view.load(shard, ["url"]) for shard in view.shards])["url"].to_list())


def computed(curated: curate.Curated) -> dict[str, int]:
    """Documents that the last build computed, by node."""
    newest = max((curated.store.root / "runs").iterdir(), key=lambda path: path.name)
    return {name: node["computed"] for name, node in json.loads(newest.read_text())["nodes"].items()}


def test_samples_nest_and_the_whole_computes_only_what_they_had_not(split: Path) -> None:
    had: set[str] = set()
    for share in ("5%", "20%", "50%"):
        sample = at(split, share)
        sample.build()
        now = ids(sample, "web/repeat")
        assert had < now
        had = now
    assert 200 < len(had) < 400
    scored = len(ids(at(split, "50%"), "web/letters"))
    whole = open_small(split)
    whole.build()
    assert had < ids(whole, "web/repeat")
    assert computed(whole)["web/letters"] == whole.built.done[whole.planned["web/letters"].plan_key].rows_in - scored
    fresh = open_small(split, store=str(split / "fresh"))
    fresh.build()
    assert [m.content for m in fresh.built.done.values()] == [m.content for m in whole.built.done.values()]


def test_a_sample_opens_only_the_files_that_it_takes(split: Path) -> None:
    before = {p.name: p.read_bytes() for p in (split / "data").iterdir()}
    names = sorted(str(p) for p in (split / "data").iterdir())
    taken = {Path(names[i]).name for i in take(names, 0.1)[0]}
    assert len(taken) == CLUSTERS
    for name in before.keys() - taken:
        (split / "data" / name).write_bytes(b"no Parquet at all")
    at(split, "10%").build()
    with pytest.raises(CurateError):
        open_small(split).build()


def test_recipes_over_the_same_files_take_the_same_documents(split: Path) -> None:
    other = (
        RECIPE.replace("recipe: small", "recipe: other")
        .replace("  web:", "  pages:")
        .replace("from: web", "from: pages")
    )
    (split / "recipes" / "other.yaml").write_text(other)
    first, second = at(split, "10%"), curate.open("other@10%", project=split, executor="inline")
    first.build()
    second.build()
    assert ids(first, "web/repeat") == ids(second, "pages/repeat")


def test_a_sample_is_kept_under_its_own_name_and_leaves_the_lock_alone(split: Path) -> None:
    open_small(split).build()
    lock = (split / "recipes" / "small.lock").read_bytes()
    sample = at(split, "10%")
    sample.build()
    assert (split / "recipes" / "small.lock").read_bytes() == lock
    assert curate.open("small@10%", project=split).todo() == []
    assert curate.open("small@11%", project=split).todo() != []
    assert not sample.verify(deep=True)
    with pytest.raises(CurateError, match="small@10%: is a sample; freeze small, or add --dev"):
        sample.freeze()
    frozen = sample.freeze(dev=True)
    assert str(frozen["version"]).endswith(".dev")


@pytest.mark.parametrize("lost", ["web/letters", "web/repeat", "web/long+few_digits", "web/copies", "parts/halves"])
def test_a_plan_and_a_projection_say_what_they_can_where_an_object_is_lost(split: Path, lost: str) -> None:
    sample, whole = at(split, "10%"), open_small(split)
    sample.build()
    whole.build()
    for curated in (sample, whole):
        shutil.rmtree(curated.store.object(curated.built.done[curated.planned[lost].plan_key].key))
    (row,) = (row for row in open_small(split).plan() if row["node"] == lost)
    assert row["state"] == "to do"
    assert lost not in at(split, "10%").projection()["documents"]


def test_a_sample_is_compared_with_the_whole(split: Path) -> None:
    sample, whole = at(split, "10%"), open_small(split)
    sample.build()
    whole.build()
    for curated, other in ((sample, "small"), (whole, "small@10%")):
        (letters,) = (step for step in curated.diff(other).steps if step.node == "web/letters")
        assert {*letters.rows_out} == {c.built.done[c.planned["web/letters"].plan_key].rows for c in (sample, whole)}


def test_the_whole_is_projected_with_an_interval_and_after_dedup_with_bounds(split: Path) -> None:
    sample, whole = at(split, "40%"), open_small(split)
    sample.build()
    whole.build()
    found = sample.projection()
    for name, total in found["documents"].items():
        rows = whole.built.done[whole.planned[name].plan_key].rows
        assert total["low"] <= rows <= total["high"], (name, total, rows)
        assert (total["estimate"] is None) == (
            name.startswith("parts/") or name in ("web/copies.unique", "web/digits_after")
        )
    assert found["bill"]["core_hours"] > 0
    with pytest.raises(CurateError, match="is no sample"):
        whole.projection()


def test_a_plan_of_the_whole_tells_what_a_stored_sample_says(split: Path) -> None:
    at(split, "40%").build()
    rows = {row["node"]: row for row in open_small(split).plan()}
    assert 450 < rows["web/parquet"]["documents"] < 750
    assert not rows["web/parquet"]["exact"]
    low, high = rows["web/copies"]["interval"]
    assert low < rows["web/copies"]["documents"] < high


@pytest.mark.parametrize("alike", [0.0, 0.9])
def test_ninety_five_of_a_hundred_intervals_hold_the_truth_also_where_pages_of_a_file_are_alike(alike: float) -> None:
    rng = random.Random(7)
    held = 0
    for _ in range(300):
        rates = [rng.random() if rng.random() < alike else 0.3 for _ in range(200)]
        sizes = [rng.randint(50, 150) for _ in range(200)]
        counts = [sum(rng.random() < rate for _ in range(size)) for rate, size in zip(rates, sizes, strict=True)]
        drawn = Drawn(200, sum(sizes), 0.5)
        chosen = rng.sample(range(200), 20)
        clusters = []
        for i in chosen:
            seen = sum(rng.random() < 0.5 for _ in range(counts[i]))
            clusters.append(Cluster(Source(str(i), "", sizes[i], drawn=drawn), seen, seen))
        total = estimate(clusters)
        held += total.low <= sum(counts) <= total.high
    assert 0.90 < held / 300 <= 0.99


def test_where_nothing_was_seen_there_may_still_be_some() -> None:
    drawn = Drawn(1000, 1000, 1.0)
    assert estimate([Cluster(Source(str(i), "", 1, drawn=drawn), 0, 0) for i in range(10)]) == Total(0.0, 300.0, 0.0)


def test_a_sample_too_small_for_a_mixture_says_so_and_keeps_its_corpora(tmp_path: Path) -> None:
    more = (
        "tokenizer: {train: bpe, vocab: 8192, of: [web]}\nmixture: {tokens: 1M, seq_len: 64, max_epochs: {web: 1},"
        " stages: [{until: 100%, weights: {web: 1}}]}\n"
    )
    docs = pl.DataFrame({"text": [f"document number {i}" for i in range(200)], "url": [f"u{i}" for i in range(200)]})
    folder = tiny(tmp_path, one("{score: letters}") + more, docs)
    said: list[str] = []

    class Noted(Report):
        def note(self, text: str) -> None:
            said.append(text)

    result = at(folder, "10%").build(report=Noted())
    assert any("small@10% has no mixture" in line for line in said)
    assert result["mixture"] is None
    assert "web/letters" in result["ran"]


def test_the_estimates_of_a_sample_of_one_file_come_from_its_documents(tmp_path: Path) -> None:
    docs = pl.DataFrame({"text": [f"document number {i}" for i in range(2000)], "url": [f"u{i}" for i in range(2000)]})
    sample = at(tiny(tmp_path, one("{score: letters}"), docs), "25%")
    sample.build()
    total = projection(sample.built)["documents"]["web/letters"]
    assert total["low"] <= 2000 <= total["high"]
    assert total["high"] - total["low"] < 400


def test_a_sample_does_not_claim_that_a_step_takes_more_documents_of_the_whole_than_it_does(tmp_path: Path) -> None:
    docs = pl.DataFrame({"text": [f"document number {i}" for i in range(2000)], "url": [f"u{i}" for i in range(2000)]})
    sample = at(tiny(tmp_path, one("{sample: uniform, documents: 600}"), docs), "25%")
    sample.build()
    total = projection(sample.built)["documents"]["web/uniform.sampled"]
    assert total["low"] <= 600 <= total["high"] and total["estimate"] is None


def test_a_sample_trains_a_classifier_on_all_of_its_examples(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        models: {judge: {fit: fasttext, positive: [yes], negative: [no], dim: 4, epoch: 1, min_count: 1}}
        corpora:
          yes: {read: parquet, files: data/0.parquet}
          no: {read: parquet, files: data/1.parquet}
          web:
            read: parquet
            files: data/*.parquet
            steps: [{score: math_classifier, model: judge}]
        """
    docs = [
        pl.DataFrame({"text": [f"{word} {i} {word}" for i in range(300)], "url": [f"{word}{i}" for i in range(300)]})
        for word in ("sum", "cat")
    ]
    folder = tiny(tmp_path, recipe, *docs)
    sample = at(folder, "10%")
    sample.build(only="web")
    whole = open_small(folder)
    whole.build(only="web")
    assert "models/judge" not in computed(whole)
    known = sample.built.done[sample.planned["web/math_classifier"].plan_key].rows
    assert 20 < known < 120
    assert computed(whole)["web/math_classifier"] == 600 - known


def test_a_plan_is_priced_by_the_profile_and_a_step_that_is_none_is_refused(split: Path) -> None:
    (split / "profiles").mkdir()
    prices = "[price]\ncore_hour = 3600.0\ngpu_hour = 7200.0\n[steps.'{}']\ngpus = 2\n"
    (split / "profiles" / "priced.toml").write_text(prices.format("score.letters"))
    at(split, "50%").build()
    recipe = open_small(split, profile="priced")
    rows = recipe.plan()
    bill = recipe.bill(rows)
    seconds = {row["node"]: row["seconds"] for row in rows if row["state"] == "to do"}
    assert bill["unknown"] == []
    letters = seconds["web/letters"] + seconds["parts/part_letters"]
    assert bill["gpu_hours"] * 3600 == pytest.approx(2 * letters)
    assert bill["price"] == pytest.approx(sum(seconds.values()) + 2 * 2 * letters, abs=1e-3)
    (split / "profiles" / "priced.toml").write_text(prices.format("score.lettres"))
    with pytest.raises(CurateError, match=r"which is no step; did you mean 'score\.letters'"):
        open_small(split, profile="priced").bill(rows)
