import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import curate
from curate.cli import cli
from curate.compute import GPUS, flops_per_token, memory_of, on_gpu
from curate.profile import shipped
from curate.prospect import FILL, start
from curate.published import ModelCard, model_card
from curate.recipe import load
from tests.curate.corpus import RECIPE, make_project, open_small

MIXED = """
tokenizer: {train: bpe, vocab: 300, of: [web]}
mixture: {tokens: 5000, seq_len: 128, stages: [{until: 100%, weights: {web: 1}}]}
"""
MODELS = ("meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-3B", "meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-0.5B")


def card(hub: str) -> ModelCard:
    found = model_card(hub, Path("nowhere"))
    assert found and found.measured
    return found


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the paper's recipes under a tokenizer that is trained on the spot, so that no file of the hub is asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    for name in ("stable", "long-cot"):
        text = f"recipe: my-{name}\nextends: paper/{name}\ntokenizer: {{train: bpe, vocab: 128_256, of: [dclm-baseline]}}\n"
        (tmp_path / "recipes" / f"my-{name}.yaml").write_text(text)
    return tmp_path


def test_flops_are_six_per_parameter_and_those_of_attention() -> None:
    # by hand: 6 x 1,235,814,400 + 12 x 16 layers x 2,048 x 8,192
    assert flops_per_token(card(MODELS[0]).model, 8192) == 7_414_886_400 + 3_221_225_472


@pytest.mark.parametrize("hub", MODELS)
def test_the_memory_formula_is_a_close_upper_bound_of_what_was_measured(hub: str) -> None:
    found = card(hub)
    for step in (s for s in found.measured.steps if not s.compiled) if found.measured else ():
        told = memory_of(found.model, step.seq_len, step.micro_batch)
        assert 0.995 * step.memory <= told <= 1.13 * step.memory, step


def test_a_model_that_is_measured_on_a_gpu_is_told_by_that_and_on_another_by_its_utilisation() -> None:
    found = card(MODELS[1])
    small, h100, h200 = (on_gpu(found, gpu, 3.6e9, 8192) for gpu in GPUS)
    assert h100["gpu_hours"] == pytest.approx(1e6 / 12_301, rel=1e-3)
    assert h200["gpu_hours"] == pytest.approx(1e6 / 13_477, rel=1e-3)
    assert h100["gpus_at_least"] == h200["gpus_at_least"] == 1 and small["gpus_at_least"] == 3
    assert small["gpu_hours"] == pytest.approx(h200["gpu_hours"] * 989 / 165, rel=1e-3)
    assert "micro-batch 2" in h100["gpu_hours_source"] and "that H200 reached" in small["gpu_hours_source"]


def test_a_model_that_nobody_measured_has_memory_by_formula_and_unknown_hours() -> None:
    found = card(MODELS[1]).model_copy(update={"measured": None})
    told = on_gpu(found, GPUS[1], 1e9, 8192)
    assert told["gpu_hours"] is None and told["gpu_hours_source"].startswith("unknown")
    assert told["memory"] == memory_of(found.model, 8192) and "formula" in told["memory_source"]


def test_the_stable_stage_has_the_epochs_that_follow_from_the_published_sizes(paper: Path) -> None:
    told = curate.open("my-stable").prospect()
    rows = {row["source"]: row for row in told["sources"]}
    epochs = {name: row["epochs"] and round(row["epochs"], 2) for name, row in rows.items()}
    assert epochs == {
        "megamath-web-pro-max": 2.06,
        "dclm-baseline": None,
        "megamath-text-code-block": 0.42,
        "megamath-qa": 1.5,
        "megamath-code": 0.09,
        "megamath-translated-code": 0.36,
    }
    assert sum(row["tokens"] for row in rows.values()) == 209_715_200_000
    windows = next(row for row in told["disk"] if row["what"] == "windows")
    assert windows["bytes"] == round(209_715_200_000 / FILL * 4)


def test_a_run_goes_back_through_recipes_to_the_model_that_it_starts_from(paper: Path) -> None:
    recipe = load("my-long-cot", project=paper)
    assert start(recipe, "midtrain") == start(recipe, "grpo") == "meta-llama/Llama-3.2-3B"


def test_steps_and_batch_of_a_run_say_how_much_it_computes(paper: Path) -> None:
    midtrain, grpo = curate.open("my-long-cot").prospect()["runs"]
    assert midtrain["places"] == 5_000 * 512 * 8_192
    assert midtrain["flops"] == midtrain["places"] * flops_per_token(card(MODELS[1]).model, 8_192)
    assert grpo["known"] is False and grpo["why"].startswith("unknown")


def test_a_price_is_unknown_until_the_profile_has_one(paper: Path) -> None:
    assert {row["price"] for row in curate.open("my-stable").prospect()["runs"][0]["gpus"]} == {None}
    (paper / "profiles").mkdir()
    (paper / "profiles" / "rented.toml").write_text("[price]\ngpu_hour = 2.0\n")
    rows = curate.open("my-stable", profile="rented").prospect()["runs"][0]["gpus"]
    assert [row["price"] for row in rows] == [round(2 * row["gpu_hours"], 2) for row in rows]


def test_plan_prints_every_figure_with_its_source_or_unknown(paper: Path) -> None:
    ran = CliRunner().invoke(cli, ["plan", "my-long-cot"])
    assert ran.exit_code == 0
    text = ran.output
    for part in (
        "11.53B", "15.1B [a]", "~0.76", "RTX 4090, 24 GB", "H100, 80 GB", "H200, 141 GB", "85.6 GB", "about 0.98 passes over the mixture",
    ):  # fmt: skip
        assert part in text
    assert "[a] MegaMath paper (arXiv 2504.02807), Table 1; counted by Llama-2, before any step" in text
    assert text.count("unknown") > 5


def test_plan_tells_which_runs_are_to_be_trained_and_once_what_seeds_take(paper: Path) -> None:
    with (paper / "recipes/my-long-cot.yaml").open("a") as file:
        file.write("train: {midtrain: {seeds: 2}, grpo: {seeds: 2}}\n")
    said = CliRunner().invoke(cli, ["plan", "my-long-cot"]).output
    assert "0 of 5 training runs are current, 5 to do\n" in said
    rows = [re.split(" {2,}", line)[:3] for line in said.splitlines() if line.startswith("my-long-cot/")]
    assert ["my-long-cot/grpo-1", "my-long-cot/midtrain-1", "waiting"] in rows and len(rows) == 4
    assert said.count("runs midtrain-0, midtrain-1 (trainers.midtrain), each of ") == 1
    assert said.count("runs grpo-0, grpo-1 (trainers.grpo), each of ") == 1


def test_a_recipe_whose_corpora_nobody_published_says_what_it_asks_and_that_the_rest_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "store"))  # in a checkout where `make demo` ran, tokens are known
    ran = CliRunner().invoke(cli, ["plan", "stable"])
    assert ran.exit_code == 0
    assert re.search(r"\nrefined +0.8 +1.6M +unknown +unknown +2\n", ran.output)


def test_tokens_of_what_is_tokenised_are_counted_before_the_mixture_is_built(tmp_path: Path) -> None:
    recipe = open_small(make_project(tmp_path, recipe=RECIPE + MIXED))
    recipe.build()
    held = {row["source"]: row["available"] for row in recipe.prospect()["sources"]}
    name = next(iter(held))
    text = f"recipe: more\nextends: small\nmixture: {{tokens: {10 * sum(held.values())}}}\n"
    (tmp_path / "recipes" / "more.yaml").write_text(text)
    more = curate.open("more", project=tmp_path, executor="inline")
    rows = {row["source"]: row for row in more.prospect()["sources"]}
    assert {source: row["available"] for source, row in rows.items()} == held
    assert rows[name]["exact"] is True and rows[name]["available_source"] == "counted: it is tokenised"


def test_a_model_without_a_card_is_unknown_and_named(paper: Path) -> None:
    path = paper / "recipes" / "other.yaml"
    path.write_text("recipe: other\nextends: my-stable\ntrain:\n  midtrain: {from: org/none@unpinned}\n")
    run = curate.open("other").prospect()["runs"][0]
    assert run["known"] is False and "org/none" in run["why"]


def test_the_run_of_another_recipe_s_mixture_is_counted_by_that_one(paper: Path) -> None:
    text = "recipe: again\nextends: my-long-cot\ntrain:\n  midtrain: {data: my-stable:mixture, max_steps: null}\n  grpo: null\n"
    (paper / "recipes" / "again.yaml").write_text(text)
    run = curate.open("again").prospect()["runs"][0]
    assert run["places"] == round(209_715_200_000 / FILL) and run["passes"] == 1


def test_a_smaller_mixture_under_the_same_steps_is_passed_over_many_times(paper: Path) -> None:
    (paper / "recipes" / "less.yaml").write_text("recipe: less\nextends: my-long-cot\nmixture: {tokens: 2B}\n")
    run = curate.open("less").prospect()["runs"][0]
    assert round(run["passes"], 2) == round(20_971_520_000 / (2e9 / FILL), 2) > 10


def test_the_benchmark_that_stands_alone_knows_the_same_peaks_and_flops() -> None:
    from benchmarks.training_step import PEAKS

    assert {gpu.name: gpu.flops for gpu in GPUS}.items() & PEAKS.items() == {("H100", 989e12), ("H200", 989e12)}


def test_every_measured_gpu_has_a_peak() -> None:
    peaks = {gpu.name for gpu in GPUS}
    measured = {step.gpu for hub in MODELS for step in (card(hub).measured or pytest.fail(hub)).steps}
    assert measured <= peaks and shipped("datacards").is_dir()


def test_steps_are_read_as_a_recipe_writes_numbers_and_a_run_on_no_mixture_is_refused(paper: Path) -> None:
    path = paper / "recipes" / "k.yaml"
    path.write_text("recipe: k\nextends: my-long-cot\ntrain:\n  midtrain: {max_steps: 5k}\n")
    assert curate.open("k").prospect()["runs"][0]["places"] == 5_000 * 512 * 8_192
    path.write_text("recipe: k\nextends: my-long-cot\ntrain:\n  midtrain: {data: mixtrue}\n")
    with pytest.raises(curate.CurateError, match="there is no mixture 'mixtrue'; write mixture, or RECIPE:mixture"):
        curate.open("k")


def test_of_a_sample_a_share_of_what_was_published_is_counted(paper: Path) -> None:
    whole, part = (curate.open(name).prospect()["sources"][0] for name in ("my-stable", "my-stable@1%"))
    assert part["available"] == round(whole["available"] / 100) and part["tokens"] == round(whole["tokens"] / 100, -1)
    assert part["epochs"] == pytest.approx(whole["epochs"], rel=1e-6)
