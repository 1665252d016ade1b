import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.step import Corpus
from mixers.held_out import apart
from mixers.mixture import mixture
from mixers.reader import Mixture
from mixers.select import scan
from tests.curate.corpus import RECIPE, make_project
from tests.mixers.test_mixture import DOCS, build, digests, documents

Make = Callable[[str, list[pl.DataFrame]], Corpus]
BRANCH = [{"until": 1, "weights": {"web": 0.2, "qa": 0.1, "cot": 0.7}}]


def ids(folder: Path) -> dict[str, set[str]]:
    """The documents of a mixture by source."""
    rows = pl.read_parquet(folder / "index.parquet").group_by("source").agg("id")
    return {source: set(some) for source, some in rows.iter_rows()}


def all_files(folder: Path) -> dict[str, str]:
    inside = {f"held_out/{name}": digest for name, digest in digests(folder / "held_out").items()}
    return inside | {path.name: path.read_bytes().hex() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, frames: Make, tokenizer: str) -> Path:
    out = tmp_path_factory.mktemp("held")
    build(out, frames, tokenizer, held_out=150)
    return out


def test_what_is_held_out_is_trained_on_nowhere(held: Path) -> None:
    inside, trained = ids(held / "held_out"), ids(held)
    assert set(inside) == {"web", "qa", "cot"}
    assert not any(inside[name] & trained[name] for name in inside)
    assert all(inside[name] < set(DOCS[name]["id"]) for name in inside)


def test_a_branch_with_other_weights_stages_and_windows_holds_out_the_same_documents(
    held: Path, tmp_path: Path, frames: Make, tokenizer: str
) -> None:
    build(tmp_path, frames, tokenizer, held_out=150, stages=BRANCH, tokens=2500, seq_len=100)
    assert ids(tmp_path / "held_out") == ids(held / "held_out")
    assert not any(some & ids(held / "held_out")[name] for name, some in ids(tmp_path).items())


@given(split_by=st.integers(0, 10**6))
def test_any_split_and_order_of_the_inputs_holds_out_the_same_bytes(
    held: Path, frames: Make, tokenizer: str, split_by: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), frames, tokenizer, split_by, held_out=150)
        assert all_files(Path(folder)) == all_files(held)


@given(
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=40),
    budgets=st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
)
def test_a_source_gives_the_nearest_document_to_the_budget_and_at_most_a_tenth(
    frames: Make, lengths: list[int], budgets: tuple[int, int]
) -> None:
    """The budget or, where that is less, a tenth of its tokens; but one document, and never all of them."""
    source = scan("web", frames("web", [documents("web", lengths)]), 0)
    if len(lengths) == 1:
        with pytest.raises(CurateError, match="no source has two documents"):
            apart({"web": source}, budgets[0])
        return
    found = []
    for budget in budgets:
        rest, held = (parts["web"] for parts in apart({"web": source}, budget))
        assert sorted([*rest.hashes, *held.hashes]) == source.hashes.tolist()
        assert len(held.hashes) == 1 or held.tokens <= source.tokens // 10
        assert len(rest.hashes) and len(held.hashes)
        found.append(held)
    small, large = sorted(found, key=lambda held: held.tokens)
    assert set(small.hashes.tolist()) <= set(large.hashes.tolist())
    for budget, held in zip(budgets, found, strict=True):
        longest = max(lengths)
        near = abs(held.tokens - budget) * 2 <= longest
        full = held.tokens + longest > source.tokens // 10 or len(held.hashes) == len(lengths) - 1
        assert near or full or len(held.hashes) == 1


def test_nothing_is_held_out_of_a_source_with_one_document(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    corpora = {name: frames(name, [documents(name, some)]) for name, some in (("web", [9] * 50), ("one", [40]))}
    stages = [{"weights": {"web": 0.9, "one": 0.1}}]
    facts = mixture(corpora, tmp_path, tokens=400, seq_len=32, stages=stages, tokenizer=tokenizer, held_out=20)
    assert facts["held_out"]["sources"] == {
        "one": {"documents": 0, "tokens": 0},
        "web": {"documents": 2, "tokens": 18},
    }
    assert facts["sources"]["one"]["documents"] == 1 and facts["sources"]["web"]["available"]["documents"] == 48


def test_it_is_a_mixture_of_its_own_with_windows_grouped_by_source(held: Path) -> None:
    mix = Mixture(held)
    inside = mix.held_out
    assert inside and len(inside) == inside.facts["windows"] == mix.facts["held_out"]["windows"]
    mix.verify()
    names = [inside.facts["groups"][group]["source"] for group in inside.groups]
    assert names == sorted(names) and set(names) == {"web", "qa", "cot"}
    index = pl.read_parquet(held / "held_out" / "index.parquet")
    truth = {id: row for frame in DOCS.values() for id, row in frame.select("id", "tokens").iter_rows()}
    read = dict.fromkeys(index["id"], 0)
    for row in index.iter_rows(named=True):
        window = inside.window(row["window"])
        at = row["offset"] - row["window"] * 64
        piece = window["tokens"][at : at + row["length"]]
        assert piece.tolist() == truth[row["id"]][row["start"] : row["start"] + row["length"]]
        read[row["id"]] += row["length"]
    assert read == {id: len(truth[id]) for id in read}
    assert sum(int((inside[n]["document_ids"] >= 0).sum()) for n in range(len(inside))) == inside.facts["tokens"]
    assert inside.facts["tokens"] == sum(line["tokens"] for line in mix.facts["held_out"]["sources"].values())


def test_budgets_shares_and_epochs_are_of_what_is_left(held: Path, frames: Make, tokenizer: str) -> None:
    facts = Mixture(held).facts
    for name, line in facts["sources"].items():
        assert (
            line["available"]["tokens"] == DOCS[name]["n_tokens"].sum() - facts["held_out"]["sources"][name]["tokens"]
        )
        assert 2 * abs(line["tokens"] - line["asked"]) <= DOCS[name]["n_tokens"].max()  # type: ignore[operator]
        assert line["epochs"] == pytest.approx(line["tokens"] / line["available"]["tokens"], abs=1e-6)
    with tempfile.TemporaryDirectory() as folder, pytest.raises(CurateError, match=r"web: .* tokens asked of 4,923 x"):
        build(Path(folder), frames, tokenizer, held_out=500, tokens=6800, max_epochs={"web": 1})


def test_a_larger_mixture_uses_the_documents_of_a_smaller_one(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    found = []
    for name, tokens in (("small", 1500), ("large", 4500)):
        build(tmp_path / name, frames, tokenizer, held_out=150, tokens=tokens)
        found.append(ids(tmp_path / name))
    assert all(found[0][name] <= found[1][name] for name in found[0])


def test_what_is_masked_is_masked_in_what_is_held_out(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    corpora = {name: frames(name, [docs]) for name, docs in DOCS.items()}
    headed = DOCS["qa"].with_columns(n_masked=pl.lit(2, pl.UInt32))
    asked: dict[str, Any] = {"tokens": 3000, "seq_len": 64, "stages": BRANCH, "held_out": 100, "masked": ("qa",)}
    mixture(corpora | {"qa": frames("qa", [headed])}, tmp_path, tokenizer=tokenizer, **asked)
    inside = Mixture(tmp_path).held_out
    assert inside and inside.facts["sources"]["qa"]["masked"] == 2 * inside.facts["sources"]["qa"]["documents"]
    for number, group in enumerate(inside.groups):
        window, qa = inside.window(number), inside.facts["groups"][group]["source"] == "qa"
        first = (window["document_ids"] >= 0) & (window["position_ids"] < (2 if qa else 1))
        assert np.array_equal(window["loss_mask"], (window["document_ids"] >= 0) & ~first)


def test_a_mixture_without_held_out_says_nothing_of_it(tmp_path: Path, frames: Make, tokenizer: str) -> None:
    """Not a byte of it knows that documents could be held out."""
    for name, options in (("none", {}), ("zero", {"held_out": 0})):
        facts = build(tmp_path / name, frames, tokenizer, **options)
        assert "held_out" not in json.dumps(facts) and not (tmp_path / name / "held_out").exists()
        assert Mixture(tmp_path / name).held_out is None
    assert digests(tmp_path / "none") == digests(tmp_path / "zero")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (shutil.rmtree, "not a mixture: no mixture.json"),
        (lambda folder: (folder / "groups.npy").write_bytes(b"x"), "groups.npy has 1 bytes"),
        (lambda folder: shutil.copytree(folder.parent / "other", folder, dirs_exist_ok=True), "the digest is"),
    ],
)
def test_held_out_windows_that_are_not_those_of_the_mixture_are_refused(
    harm: Callable[[Path], Any], said: str, held: Path, tmp_path: Path, frames: Make, tokenizer: str
) -> None:
    shutil.copytree(held, tmp_path / "mixture")
    build(tmp_path / "more", frames, tokenizer, held_out=40)
    (tmp_path / "more" / "held_out").rename(tmp_path / "mixture" / "other")
    harm(tmp_path / "mixture" / "held_out")
    with pytest.raises(CurateError, match=said):
        _ = Mixture(tmp_path / "mixture").held_out
    with pytest.raises(CurateError, match=said):
        Mixture(tmp_path / "mixture").verify()


MIXED = RECIPE.replace("corpora:", "tokenizer: {train: bpe, vocab: 300, of: [web]}\ncorpora:") + (
    "mixture:\n  tokens: 4000\n  seq_len: 64\n  held_out: 0.2k\n  stages: [{until: 100%, weights: {web: 0.5, parts: 0.5}}]\n"
)
GROWN = (
    "recipe: grown\nabout: A branch.\nextends: small\n"
    "mixture: {tokens: 3000, stages: [{until: 100%, weights: {web: 0.8, parts: 0.2}}]}\n"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("project"), recipe=MIXED)
    (folder / "recipes" / "grown.yaml").write_text(GROWN)
    for name in ("small", "grown"):
        curate.open(name, project=folder, executor="inline").build()
    return folder


def opened(project: Path, name: str = "small") -> curate.Curated:
    return curate.open(name, project=project, executor="inline")


def test_a_recipe_that_extends_another_does_not_train_on_what_that_holds_out(project: Path) -> None:
    folders = [opened(project, name).build()["mixture"] for name in ("small", "grown")]
    stable, branch = (ids(Path(folder) / "held_out") for folder in folders)
    assert stable == branch and all(stable.values())
    assert not any(some & stable[name] for name, some in ids(Path(folders[1])).items())
    assert Mixture(folders[0]).digest != Mixture(folders[1]).digest


@pytest.mark.parametrize("branch", ["long-cot", "short-cot", "hybrid"])
def test_the_recipes_of_this_package_hold_out_the_same_of_each_corpus(branch: str) -> None:
    """Budget and seed are the same, and so are the corpora: of one that was edited, other documents might come first."""
    stable, other = curate.open("stable").recipe, curate.open(branch).recipe
    assert stable.mixture and other.mixture
    assert (other.mixture.held_out, other.seed) == (stable.mixture.held_out, stable.seed)
    both = {n for stage in other.mixture.stages for n in stage.weights if n in stable.corpora}
    assert {"refined", "general"} <= both
    assert all(other.corpora[name] == stable.corpora[name] for name in both)


def test_what_is_held_out_is_verified_shown_and_traced(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = opened(project)
    assert recipe.verify(deep=True) == []
    facts = recipe.mixture()["held_out"]
    sources = {row["source"]: row["held_out"] for row in recipe.sql("select * from sources").to_dicts()}
    assert sources == {name: line["tokens"] for name, line in facts["sources"].items()} and all(sources.values())
    one = sorted(ids(Path(recipe.build()["mixture"]) / "held_out")["web"])[0]
    life = next(life for life in recipe.trace(one)["lives"] if life["corpus"] == "web")
    assert life["held_out"] and life["mixture"] == [] and life["fate"] == "kept"
    monkeypatch.chdir(project)
    for command in (["trace", "small", one], ["show", "small"]):
        with pytest.raises(SystemExit, match="0"):
            main(command)
    said = capsys.readouterr().out
    assert "held out of the mixture, to evaluate on" in said
    assert f"held out: {facts['tokens']:,} tokens, {facts['documents']:,} documents" in said
    held = Path(recipe.build()["mixture"]) / "held_out" / "groups.npy"
    whole = held.read_bytes()
    held.chmod(0o644)
    held.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        assert "held_out/groups.npy" in " ".join(recipe.verify(deep=True))
    finally:
        held.write_bytes(whole)


def test_a_sample_holds_out_its_share(project: Path) -> None:
    facts = opened(project, "small@50%").build()["facts"]
    assert facts["held_out"]["asked"] == 100 and facts["asked"] == 2000


def test_an_export_leaves_out_what_is_held_out(project: Path, tmp_path: Path) -> None:
    recipe = opened(project)
    inside = ids(Path(recipe.build()["mixture"]) / "held_out")
    told = recipe.export("npy", tmp_path / "npy")
    pieces = pl.read_parquet(tmp_path / "npy" / "pieces.parquet")
    assert not any(row in inside[source] for source, row in pieces.select("source", "id").iter_rows())
    assert told["tokens"] == Mixture(recipe.build()["mixture"]).facts["tokens"] == pieces["length"].sum()
