"""The miniature of OctoThinker: what its recipes share, and that no problem is both learned from and measured on."""

from pathlib import Path
from urllib.parse import parse_qsl

import polars as pl
import pytest

from curate import datacard
from curate.profile import shipped
from curate.recipe import Recipe, load
from curation.embedded._problems import problem_hash
from curation.embedded.crawl import crawl
from curation.embedded.eval_problems import eval_problems
from curation.embedded.rl_prompts import rl_prompts
from curation.embedded.rl_warmup import rl_warmup
from curation.synth.families._family import families

BRANCHES = ("long-cot", "short-cot", "hybrid-cot")
ALL = ("base", "longer", "control", "stable", *BRANCHES)


@pytest.fixture(scope="module", params=["octothinker", "octothinker/gpu"])
def recipes(request: pytest.FixtureRequest) -> dict[str, Recipe]:
    return {name: load(f"{request.param}/{name}") for name in ALL}


def generated(recipe: Recipe, corpus: str) -> dict[str, str]:
    """The parameters of the generator of a corpus."""
    return dict(parse_qsl(recipe.corpora[corpus].files[0].partition("?")[2]))


def problems(folder: Path, text: str = "text") -> set[bytes]:
    rows = pl.concat(pl.read_ndjson(path, infer_schema_length=None) for path in sorted(folder.glob("*.jsonl.gz")))
    texts = rows[text].str.extract(r"(?s)^(?:Question:)?(.*?)(?:\nAnswer:|$)")
    parsed = [(name, families()[name].parse(said)) for name, said in zip(rows["family"], texts, strict=True)]
    assert all(found for _, found in parsed)
    return {problem_hash(name, found) for name, found in parsed if found}


@pytest.mark.slow
def test_problems_of_pages_of_raw_answers_of_prompts_and_of_the_benchmark_are_disjoint(tmp_path: Path) -> None:
    base, large = (load(f"octothinker/{name}") for name in ("base", "gpu/base"))
    found: dict[str, set[bytes]] = {}
    card = datacard.read(shipped("datacards") / "embedded-drill.md")
    asked = dict(parse_qsl(str(card.files[0]).partition("?")[2]))
    kinds = (asked["families"], asked["levels"])
    for corpus, maker in (("raw", rl_warmup), ("prompts", rl_prompts), ("drill", eval_problems)):
        given = asked if corpus == "drill" else generated(base, corpus)
        assert (given["families"], given["levels"]) == kinds, (
            "what is learned, asked for and measured is of the same kinds"
        )
        if corpus != "drill":
            larger = generated(large, corpus)
            assert (larger["families"], larger["levels"]) == kinds
        (tmp_path / corpus).mkdir()
        maker(tmp_path / corpus, documents=min(900, int(given["documents"])), families=kinds[0], levels=kinds[1])
        found[corpus] = problems(tmp_path / corpus, "problem" if corpus == "drill" else "text")
    (tmp_path / "web").mkdir()
    crawl(tmp_path / "web", **generated(base, "web") | {"pages": 200})  # type: ignore[arg-type]
    asked_there = pl.read_parquet(tmp_path / "web/truth.parquet")["questions"].explode().drop_nulls().struct.unnest()
    assert set(asked_there["family"]) <= {*kinds[0].split(",")}
    found["web"] = {
        problem_hash(family, parsed)
        for family, text in asked_there.select("family", "question").rows()
        if (parsed := families()[family].parse(text))
    }
    assert {name: len(hashes) > 100 for name, hashes in found.items()} == dict.fromkeys(found, True)
    assert not found["drill"] & (found["raw"] | found["prompts"] | found["web"])
    assert not found["prompts"] & (found["raw"] | found["web"])


def test_a_branch_costs_what_its_controls_cost(recipes: dict[str, Recipe]) -> None:
    tokens = {name: recipes[name].mixture.tokens for name in ALL if recipes[name].mixture}  # type: ignore[union-attr]
    for branch in BRANCHES:
        assert tokens["stable"] + tokens[branch] == tokens["control"] == tokens["longer"]
    for name, recipe in recipes.items():
        run = recipe.train["midtrain"].params
        window = recipe.mixture.seq_len if recipe.mixture else 0
        assert 0.99 < run["max_steps"] * run["batch_size"] * window / tokens[name] < 1.01, name


def test_all_are_reinforced_and_measured_alike(recipes: dict[str, Recipe]) -> None:
    first = recipes["base"]
    for recipe in recipes.values():
        assert recipe.train["grpo"] == first.train["grpo"] and recipe.probe == first.probe
        assert recipe.eval["drill"] == first.eval["drill"]
        assert recipe.tokenizer_origin == first.recipe
    parents = {name: recipe.train["midtrain"].from_ for name, recipe in recipes.items()}
    after_base = dict.fromkeys(("longer", "control", "stable"), f"{first.recipe}:midtrain")
    assert parents == {"base": None, **after_base, **dict.fromkeys(BRANCHES, f"{recipes['stable'].recipe}:midtrain")}


def test_ablations_say_in_a_few_lines_what_is_otherwise() -> None:
    found = sorted(shipped("recipes").glob("octothinker/ablations/*.yaml"))
    assert len(found) >= 10
    for path in found:
        assert len(path.read_text("utf-8").splitlines()) <= 12, path.name
        recipe = load(f"octothinker/ablations/{path.stem}")
        whole = load(f"octothinker/{'stable' if 'stable' in path.read_text('utf-8').split(chr(10))[2] else 'long-cot'}")
        assert recipe.train["grpo"].params["max_steps"] == whole.train["grpo"].params["max_steps"]
        assert recipe.tokenizer_origin == "octothinker/base" and "ppo" not in recipe.train
