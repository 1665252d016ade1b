"""Runs with several seeds: which runs an entry is, how they lead to each other, and that a seed more trains one run more."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.clean import reported
from curate.cli import cli
from curate.errors import CurateError
from curate.evals.models import all_seeds
from curate.recipe import Recipe, load
from curate.training import Training
from tests.curate.runs import change, opened, states

BASE = """
recipe: base
corpora: {web: {read: jsonl, files: data/*.jsonl}}
train:
  first: {run: python a.py, config: {}, lr: 1}
"""


def recipe(folder: Path, *entries: str, base: str = BASE, seed: int = 0) -> Recipe:
    """A recipe whose `train:` has these entries, beside one called `base`."""
    (folder / "recipes").mkdir(exist_ok=True)
    (folder / "recipes/base.yaml").write_text(textwrap.dedent(base).lstrip(), "utf-8")
    text = "\n".join(["recipe: own", f"seed: {seed}", "corpora: {web: {read: jsonl, files: data/*.jsonl}}", "train:"])
    path = folder / "recipes/own.yaml"
    path.write_text("\n".join([text, *(f"  {entry}" for entry in entries)]) + "\n", "utf-8")
    return load("own", project=folder)


def told(found: Recipe) -> dict[str, tuple[Any, str | None]]:
    return {name: (run.params.get("seed"), run.from_) for name, run in found.runs.items()}


@given(first=st.integers(0, 2**40), seeds=st.integers(1, 100), own=st.booleans())
def test_an_entry_is_a_run_for_each_seed_from_its_first_one_on(
    tmp_path_factory: pytest.TempPathFactory, first: int, seeds: int, own: bool
) -> None:
    folder = tmp_path_factory.mktemp("own")
    said = f", seed: {first}" if own else ""
    found = recipe(folder, f"a: {{run: python a.py, config: {{}}, seeds: {seeds}{said}}}", seed=0 if own else first)
    assert told(found) == {f"a-{n}": (first + n, None) for n in range(seeds)}
    assert [(run.entry_name, run.number) for run in found.seeded.values()] == [("a", n) for n in range(seeds)]
    assert found.runs_of("a") == tuple(found.runs)
    assert found.runs_of("a", 2) == tuple(found.runs)[:2]
    assert load(found.path, project=folder) == found


def test_an_entry_without_seeds_is_the_run_of_its_name(tmp_path: Path) -> None:
    found = recipe(tmp_path, "a: {run: python a.py, config: {}}", "b: {run: python b.py, from: a}")
    assert found.runs == found.train
    assert (found.runs_of("a", 1), found.runs_of("c")) == (("a",), ())


@given(above=st.integers(1, 9), below=st.integers(1, 9), other=st.booleans())
def test_seeds_lead_from_one_to_one_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, above: int, below: int, other: bool
) -> None:
    folder = tmp_path_factory.mktemp("own")
    base = BASE.replace("config: {}", f"config: {{}}, seeds: {above}")
    start = '"base:first"' if other else "first"
    entries = [f"b: {{run: python b.py, from: {start}, seeds: {below}}}"]
    entries += [] if other else [f"first: {{run: python a.py, config: {{}}, seeds: {above}}}"]
    if below > above:
        with pytest.raises(CurateError, match="they lead from one to one") as error:
            recipe(folder, *entries, base=base)
        assert error.value.where == "recipes/own.yaml:5" or error.value.where.endswith("own.yaml:5")
        return
    prefix = "base:" if other else ""
    found = told(recipe(folder, *entries, base=base))
    assert [found[f"b-{n}"] for n in range(below)] == [(n, f"{prefix}first-{n}") for n in range(below)]


@pytest.mark.parametrize(
    ("entries", "line", "said"),
    [
        (
            ["a: {run: python a.py, config: {}, seeds: 3}", "b: {run: python b.py, from: a}"],
            6,
            "train.b: from: a has 3 seeds and this has none; name one: a-0, or say seeds: 3",
        ),
        (
            ["a: {run: python a.py, config: {}, seeds: 1}", "b: {run: python b.py, from: a, seeds: 2}"],
            6,
            "has 1 seed and this has 2, and they lead from one to one; say seeds: 1 here or seeds: 2 there, or name one: a-0",
        ),
        (
            ["a: {run: python a.py, config: {}, seeds: 2}", "a-0: {run: python b.py, config: {}}"],
            6,
            "train.a-0: 'a-0' is what a run of a is called, which has seeds; rename it",
        ),
        (
            ["a-1: {run: python a.py, config: {}, seeds: 2}", "a: {run: python b.py, config: {}, seeds: 3}"],
            5,
            "'a-1' is what a run of a is called",
        ),
        (["a: {run: python a.py, config: {}, seeds: 2, seed: x}"], 5, "seed is 'x', and must be a whole number"),
        (["a: {run: python a.py, config: {}, seeds: 0}"], 5, "seeds"),
        (["a: {run: python a.py, config: {}, seeds: 101}"], 5, "seeds"),
        (["a: {run: python a.py, config: {}, seeds: 1.5}"], 5, "seeds"),
        (["a: {run: python a.py, config: {}, seeds: 2, seed: 9223372036854775807}"], 5, "do not fit 64 bits"),
        (["a: {run: python a.py, config: {}, seeds: 2}", "b: {run: python b.py, from: a-2}"], 6, "there is no run 'a-2'"),
        (["web: {run: python a.py, config: {}, seeds: 2}"], 5, "'web' is a corpus too"),
        ([f"{'a' * 64}: {{run: python a.py, config: {{}}, seeds: 2}}"], 5, "is not a name"),
        (
            ["a: {run: python a.py, from: b-0}", "b: {run: python b.py, from: a, seeds: 2}"],
            5,
            "is made from itself (a from b-0 from a)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(tmp_path: Path, entries: list[str], line: int, said: str) -> None:
    with pytest.raises(CurateError) as error:
        recipe(tmp_path, *entries)
    assert said in error.value.message
    assert error.value.where.endswith(f"own.yaml:{line}")


def test_all_go_on_from_one_run_that_is_named_or_has_no_seeds(tmp_path: Path) -> None:
    many, one = "a: {run: python a.py, config: {}, seeds: 3}", "a: {run: python a.py, config: {}}"
    found = recipe(tmp_path, many, "b: {run: python b.py, from: a-1, seeds: 2}", "c: {run: python b.py, from: a-2}")
    assert [told(found)[name] for name in ("b-0", "b-1", "c")] == [(0, "a-1"), (1, "a-1"), (None, "a-2")]
    assert told(recipe(tmp_path, one, "b: {run: python b.py, from: a, seeds: 2}"))["b-1"] == (1, "a")


def test_a_probe_judges_the_weights_of_its_seed(tmp_path: Path) -> None:
    entry = "a: {run: python a.py, config: {}, seeds: 2}"
    probe = "\nprobe: {run: python b.py, from: a, prompts: web, seeds: 3}"
    with pytest.raises(CurateError, match="probe: from: a has 2 seeds and this has 3"):
        recipe(tmp_path, entry + probe)
    found = recipe(tmp_path, entry + probe.replace("seeds: 3", "seeds: 2, seed: 7"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/0.jsonl").write_text('{"text": "a"}\n')
    training = Training(curate.open(str(found.path), project=tmp_path))
    named = [(run.entry_name, run.number, run.seed, run.parent and run.parent.name) for run in training.probes.values()]
    assert named == [("probe", 0, 7, "a-0"), ("probe", 1, 8, "a-1")]
    assert [*Training(curate.open(str(found.path), project=tmp_path, seeds=1)).probes] == ["own/probe-0"]


@pytest.fixture(scope="module")
def chain(rl_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose recipe `reward` has three seeds of both its runs, all trained."""
    folder = tmp_path_factory.mktemp("chain") / "project"
    shutil.copytree(rl_template, folder)
    change(folder, "reward", "train:", "train:\n  midtrain: {seeds: 3}")
    change(folder, "reward", "max_steps: 4", "max_steps: 4, seeds: 3")
    opened(folder, "reward").train()
    return folder


def titles(curated: curate.Curated) -> list[str]:
    return [f"{row['run']} {row['entry']} {row['seed']} {row['parent']}" for row in curated.runs()]


def test_a_chain_is_trained_seed_by_seed_and_the_rows_tell_entry_and_seed(chain: Path) -> None:
    middle = [f"midtrain-{n} midtrain {n} None" for n in range(3)]
    end = [f"grpo-{n} grpo {n} reward/midtrain-{n}" for n in range(3)]
    assert titles(opened(chain, "reward")) == [*middle, *end]
    assert {*states(opened(chain, "reward")).values()} == {"current"}
    training = Training(opened(chain, "reward"))
    for n in range(3):
        said = json.loads(training[f"grpo-{n}"].folder.file("run.json").read_text())
        assert (said["seed"], said["parent"]) == (n, str(training[f"midtrain-{n}"].folder.path))
    found = opened(chain, "reward").sql("select run, entry, seed from runs order by run desc limit 1")
    assert found.rows() == [("midtrain-2", "midtrain", 2)]


def test_a_seed_more_trains_one_run_more_and_the_first_is_that_without_seeds(rl_project: Path) -> None:
    (alone,) = [row for row in opened(rl_project, "reward").train("midtrain") if row["done"]]
    change(rl_project, "reward", "train:", "train:\n  midtrain: {seeds: 1}")
    change(rl_project, "reward", "max_steps: 4", "max_steps: 4, seeds: 1")
    change(rl_project, "reward", "max_steps: 3", "max_steps: 3, seeds: 1")
    rows = opened(rl_project, "reward").train()
    assert [(row["run"], row["done"], row["key"] == alone["key"]) for row in rows] == [
        ("midtrain-0", "", True),
        ("grpo-0", "trained", False),
    ]
    change(rl_project, "reward", "midtrain: {seeds: 1}", "midtrain: {seeds: 3}")
    change(rl_project, "reward", "max_steps: 4, seeds: 1", "max_steps: 4, seeds: 2")
    done = {row["run"]: row["done"] for row in opened(rl_project, "reward").train()}
    assert [name for name, what in done.items() if what] == ["midtrain-1", "midtrain-2", "grpo-1"]
    assert len(done) == 5


@given(seeds=st.integers(1, 4), first=st.integers(0, 3))
def test_a_key_knows_its_seed_and_not_how_many_there_are(chain: Path, seeds: int, first: int) -> None:
    keys = {
        run.seed: run.key for run in Training(opened(chain, "reward")).runs.values() if run.entry_name == "midtrain"
    }
    folder = chain / "recipes"
    text = (folder / "reward.yaml").read_text()
    try:
        text = text.replace("midtrain: {seeds: 3}", f"midtrain: {{seeds: {seeds}, seed: {first}}}")
        text = text.replace("from: midtrain,", "from: midtrain-0,").replace("recipe: reward", "recipe: other")
        (folder / "other.yaml").write_text(text)
        runs = Training(opened(chain, "other")).runs.values()
        mine = {run.seed: run.key for run in runs if run.entry_name == "midtrain"}
    finally:
        (folder / "other.yaml").unlink()
    assert [*mine] == [*range(first, first + seeds)]
    assert len({*mine.values()}) == seeds
    assert all(keys[seed] == key for seed, key in mine.items() if seed in keys)


def test_only_the_first_seeds_are_meant_where_that_is_said(chain: Path) -> None:
    first = opened(chain, "reward", seeds=1)
    assert [row["run"] for row in first.runs()] == ["midtrain-0", "grpo-0"]
    assert [row["run"] for row in first.train()] == ["midtrain-0", "grpo-0"]
    assert [row["run"] for row in first.train("grpo-2")] == ["midtrain-2", "grpo-2"]
    assert [curve.name for curve in first.curves()] == ["reward/midtrain-0", "reward/grpo-0"]
    assert [row["run"] for row in first.probes()] == ["probe-0"]
    keys = {row["run"]: row["key"] for row in opened(chain, "reward").runs()}
    assert all(keys[row["run"]] == row["key"] for row in first.runs())
    for odd in (0, -1, True, "2"):
        with pytest.raises(CurateError, match="write a whole number of 1 or more"):
            opened(chain, "reward", seeds=odd)


def test_a_later_seed_is_trained_by_its_name_also_where_its_mixture_is_to_be_built(rl_project: Path) -> None:
    change(rl_project, "reward", "train:", "train:\n  midtrain: {seeds: 3}")
    change(rl_project, "reward", "from: midtrain,", "from: midtrain-2,")
    change(rl_project, "reward", "max_steps: 4", "max_steps: 4, seeds: 3")
    rows = opened(rl_project, "reward", seeds=1).train("grpo-1")
    assert [(row["run"], row["done"]) for row in rows] == [("midtrain-2", "trained"), ("grpo-1", "trained")]


def test_a_name_of_an_entry_means_all_its_seeds_where_several_can_be_meant(chain: Path) -> None:
    whole = opened(chain, "reward")
    assert [row["run"] for row in whole.train("grpo")] == [f"{e}-{n}" for n in range(3) for e in ("midtrain", "grpo")]
    assert [row["run"] for row in whole.train("reward/midtrain", "reward:grpo-1")] == [
        *(f"midtrain-{n}" for n in range(3)),
        "grpo-1",
    ]
    with pytest.raises(CurateError, match="midtrain is 3 runs; name one: midtrain-0, midtrain-1, midtrain-2"):
        whole.cancel("midtrain")
    with pytest.raises(CurateError, match="did you mean 'midtrain-"):
        whole.train("midtrain-9")
    assert all_seeds(whole, "grpo") == ("grpo-0", "grpo-1", "grpo-2")
    assert (all_seeds(whole, "grpo-2"), all_seeds(whole, "no/model")) == (("grpo-2",), ("no/model",))


def test_a_benchmark_that_is_reported_for_an_entry_is_reported_for_all_its_seeds(chain: Path) -> None:
    text = (chain / "recipes/reward.yaml").read_text()
    (chain / "recipes/judged.yaml").write_text(
        text.replace("recipe: reward", "recipe: judged")
        + "eval: {end: {models: [grpo], benchmarks: [embedded-bench]}}\n"
    )
    judged = opened(chain, "judged")
    found = {run.name: reported(judged, run) for run in Training(judged).runs.values()}
    assert [*found] == [f"{entry}-{n}" for entry in ("midtrain", "grpo") for n in range(3)]
    assert [*found.values()] == 6 * [["embedded-bench"]]
    assert all_seeds(judged.first_seeds(2), "reward:grpo") == ("reward:grpo-0", "reward:grpo-1")


def asked(curated: curate.Curated, **how: Any) -> list[str]:
    """The models that an evaluation would ask."""
    found = curated.eval(on="embedded-bench", dry_run=True, mode="simple", limit=2, **how)
    return [row["model"] for row in found["asks"]]


def test_an_evaluation_of_an_entry_is_of_all_its_seeds_or_of_the_first_ones(chain: Path) -> None:
    for run in Training(opened(chain, "reward")).runs.values():
        model = run.folder.file("model")
        model.mkdir(exist_ok=True)
        (model / "config.json").write_text("{}")
        (model / "model.safetensors").write_text(run.name)
    assert asked(opened(chain, "reward"), models="midtrain") == [f"midtrain-{n}" for n in range(3)]
    assert asked(opened(chain, "reward", seeds=1), models=["midtrain", "grpo", "grpo-2"]) == [
        "midtrain-0",
        "grpo-0",
        "grpo-2",
    ]


def test_the_commands_take_seeds(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chain)

    def said(*words: str) -> str:
        done = CliRunner().invoke(cli, [*words])
        assert done.exit_code == 0, done.output
        return done.output

    lines = said("train", "reward", "--seeds", "1").splitlines()
    assert [line.split()[:4] for line in lines[2:]] == [
        ["reward/midtrain-0", "midtrain", "0", "current"],
        ["reward/grpo-0", "grpo", "0", "current"],
    ]
    assert len(said("status", "reward").splitlines()) == 2 + 1 + 6
    assert len(said("build", "reward", "--through", "train/grpo").splitlines()) == 2 + 1 + 6
    shown = said("show", "reward")
    assert "reward/midtrain, mean of 3 seeds: 12 steps" in shown
    assert "reward/grpo, mean of 3 seeds: 4 steps" in shown
    eval_words = ["--on", "embedded-bench", "--limit", "2", "--mode", "simple", "--dry-run"]
    assert len(said("eval", "reward", "--model", "grpo", "--seeds", "2", *eval_words).splitlines()) == 2
    done = CliRunner().invoke(cli, ["logs", "reward", "midtrain"])
    assert str(done.exception) == "midtrain is 3 runs; name one: midtrain-0, midtrain-1, midtrain-2"
    done = CliRunner().invoke(cli, ["eval", "--model", "pupil", "--seeds", "2", *eval_words])
    assert str(done.exception) == "--seeds is for runs of a recipe; name one"
