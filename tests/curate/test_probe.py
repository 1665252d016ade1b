"""The probe is the same job for every recipe, is run once, and ranks only what can be told apart."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curate import probe as probes
from curate.errors import CurateError
from curate.report import Report
from curate.training import Training
from tests.curate import rl
from tests.curate.runs import change, environment, opened, program

BETTER = "recipe: better\nextends: reward\ntrain: {midtrain: {lr: 5e-3}}\n"
SAME = "recipe: same\nextends: reward\ntrain: {midtrain: {lr: 2.0001e-3}}\n"


@pytest.fixture
def here(rl_project: Path) -> Path:
    """The project with two more recipes: one whose weights gain more, and one whose gain about the same."""
    write(rl_project, "better", BETTER)
    write(rl_project, "same", SAME)
    return rl_project


@pytest.fixture(scope="module")
def template(rl_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That project, and all three compared."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copytree(rl_template, folder, dirs_exist_ok=True)
    write(folder, "better", BETTER)
    write(folder, "same", SAME)
    opened(folder, "reward").compare("better", "same", probe=True)
    return folder


@pytest.fixture
def compared(project: Path, template: Path) -> Path:
    """A copy of that, which the test runs in."""
    shutil.copytree(template, project, dirs_exist_ok=True)
    return project


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"recipes/{name}.yaml").write_text(text)


def attempts(folder: Path) -> list[int]:
    return sorted(
        json.loads(path.read_text())["attempt"] for path in (folder / ".curate/training").glob("*/record.json")
    )


def compare(folder: Path, name: str, *others: str, **more: Any) -> dict[str, Any]:
    """What a comparison says of the probes."""
    found = opened(folder, name).compare(*others, **more)["probes"]
    assert isinstance(found, dict)
    return found


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["recipe"]: one for one in found["recipes"]}


def test_train_starts_no_probe_and_says_who_does(here: Path) -> None:
    recipe = opened(here, "reward")
    assert [row["run"] for row in recipe.train()] == ["midtrain", "grpo"]
    assert [row["run"] for row in recipe.runs()] == ["midtrain", "grpo"]
    assert {row["state"] for row in recipe.probes()} == {"missing"}
    for dry_run in (False, True):
        with pytest.raises(
            CurateError, match=r"probe-1 is a run of the probe; start it with: curate compare reward --probe"
        ):
            opened(here, "reward").train("probe-1", dry_run=dry_run)


def test_a_comparison_runs_what_is_missing_once_and_ranks_what_can_be_told_apart(compared: Path) -> None:
    found = compare(compared, "reward", "better", "same", probe=True)
    scores = by_name(found)
    assert found["recipes"][0]["recipe"] == "better"
    assert {name: one["rank"] for name, one in scores.items()} == {"better": [1, 1], "reward": [2, 3], "same": [2, 3]}
    assert scores["reward"]["gain"] == pytest.approx(0.205, abs=0.01)
    low, high = scores["reward"]["gain_interval"]
    assert low < scores["reward"]["gain"] < high
    assert (scores["reward"]["finished"], scores["reward"]["length_right"]) == (3, 32.0)
    assert scores["reward"]["truncated"] == pytest.approx(0.1)
    assert {(pair["a"], pair["b"]): pair["more"] for pair in found["pairs"]} == {
        ("reward", "better"): "better", ("reward", "same"): None, ("better", "same"): "better",
    }  # fmt: skip
    said = list(probes.sentences(found))
    assert said[0].startswith("better gains more than reward: +0.30")
    assert said[1].startswith("reward and same cannot be told apart: ")
    assert compare(compared, "reward", "better", "same") == found
    assert attempts(compared) == [1] * 3 * 4, "for each recipe its midtrain run and three seeds, once, and nothing else"


def test_each_seed_is_another_and_the_key_holds_the_weights_and_so_the_mixture(here: Path) -> None:
    runs = probes.runs_of(opened(here, "reward"))
    assert [run.seed for run in runs.values()] == [0, 1, 2]
    assert len({run.key for run in runs.values()}) == 3
    assert not {run.key for run in runs.values()} & {run.key for run in probes.runs_of(opened(here, "better")).values()}
    assert Training(opened(here, "reward"))["probe-2"].given()["seed"] == 2
    change(here, "reward", "max_steps: 3}", "max_steps: 3, seed: 7, seeds: 2}")
    assert [run.seed for run in probes.runs_of(opened(here, "reward")).values()] == [7, 8]


def test_without_probe_a_comparison_only_reads(here: Path) -> None:
    found = compare(here, "reward", "better")
    with pytest.raises(CurateError, match="no probe was run yet; add --probe"):
        opened(here, "reward").compare("better", plot=here / "a.png")
    assert not attempts(here)
    assert {one["finished"] for one in found["recipes"]} == {0}
    assert list(probes.sentences(found)) == [
        "reward and better cannot be told apart: of one of them fewer than two seeds are finished"
    ]
    assert {row["why"] for one in found["recipes"] for row in one["by_seed"]} == {
        "reward/midtrain is missing", "better/midtrain is missing"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("probe: {max_steps: 4}", "max_steps: 3 in reward, 4 in other"),
        ("probe: {lr: 1}", "lr: nothing in reward, 1 in other"),
        ("probe: {seeds: 2}", "seeds: 3 in reward, 2 in other"),
        ("probe: {run: python other.py}", "run: python learn.py in reward, python other.py in other"),
        ("seed: 4", "seed: 0 in reward, 4 in other"),
        ("probe: {template: 'Q: {problem}'}", "template: nothing in reward, Q: {problem} in other"),
    ],
)
def test_probes_that_are_not_the_same_job_are_refused_with_the_difference(here: Path, other: str, said: str) -> None:
    write(here, "other", f"recipe: other\nextends: reward\n{other}\n")
    with pytest.raises(CurateError) as caught:
        opened(here, "reward").compare("other", probe=True)
    assert f"the probes are not the same job: {said}" in str(caught.value)
    assert not attempts(here)


def test_where_the_weights_come_from_and_how_work_is_laid_out_may_differ(here: Path) -> None:
    longer = "train: {longer: {run: python count.py, data: mixture, from: midtrain, lr: 2e-3, max_steps: 2}}"
    write(here, "other", f"recipe: other\nextends: reward\n{longer}\nprobe: {{from: longer, micro_batch: 4}}\n")
    assert compare(here, "reward", "other")["pairs"][0]["interval"] is None


def test_other_prompts_are_refused_before_anything_is_trained(here: Path) -> None:
    write(here, "other", "recipe: other\nextends: reward\ncorpora: {sums: {files: data/other.jsonl}}\n")
    rl.write_rows(here / "data/other.jsonl", rl.rows(50))
    with pytest.raises(CurateError, match="prompts: sums of reward and sums of other hold other prompts"):
        opened(here, "reward").compare("other", probe=True)
    assert not attempts(here)


def test_a_recipe_without_a_probe_or_named_twice_is_refused(here: Path) -> None:
    with pytest.raises(CurateError, match="stable has no entry under `train:` with prompts and no `probe:`"):
        opened(here, "reward").compare("stable")
    write(here, "bare", "recipe: bare\nextends: reward\nprobe: null\n")
    assert opened(here, "reward").compare("bare")["probes"] is None
    with pytest.raises(CurateError, match="bare has no probe; write one under `probe:`"):
        opened(here, "reward").compare("bare", probe=True)
    with pytest.raises(CurateError, match="reward is named twice"):
        opened(here, "reward").compare("reward")
    with pytest.raises(CurateError, match="there is no recipe 'bettter'; did you mean 'better'"):
        opened(here, "reward").compare("bettter")


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("{run: python x.py, prompts: sums}", "probe: needs from:"),
        ("{run: python x.py, from: midtrain}", "probe: needs from:"),
        ("{run: python x.py, from: midtrain, prompts: sums, seeds: 0}", "seeds"),
        ("{run: python x.py, from: mid, prompts: sums}", "there is no run 'mid'; known: midtrain"),
        ("{run: python x.py, from: midtrain, prompts: sums, seed: a}", "probe: seed is 'a', and must be a whole number"),
        ("{run: trainers.grpo, from: midtrain, prompts: sums, lr: 1, max_steps: 1, max_completion_length: 9}", "write e.g. held_out: 64"),
        ("{run: trainers.grpo, from: midtrain, prompts: sums, lr: 1, held_out: 4}", "probe: max_steps is missing"),
    ],
)  # fmt: skip
def test_a_probe_that_cannot_be_is_refused(here: Path, probe: str, said: str) -> None:
    write(here, "own", f"recipe: own\nextends: stable\n{rl.SUMS}probe: {probe}\n")
    with pytest.raises(CurateError, match=said.replace("(", "\\(")):
        opened(here, "own").compare()


def test_a_run_called_like_one_of_the_probe_s_is_refused(here: Path) -> None:
    write(here, "own", "recipe: own\nextends: reward\ntrain: {probe-1: {run: python x.py}}\n")
    with pytest.raises(CurateError, match="'probe-1' is what a run of the probe is called; rename it"):
        opened(here, "own")


def test_a_probe_that_was_stopped_goes_on(here: Path) -> None:
    change(here, "reward", "max_steps: 3}", "max_steps: 3, seeds: 2, crash_at: 2}")
    with pytest.raises(
        CurateError, match=r"reward/probe-0 failed: at step 2; .*out of memory, they say.* \(and 1 more\)"
    ):
        opened(here, "reward").compare(probe=True)
    notes: list[str] = []
    report = Report()
    report.note = notes.append  # type: ignore[method-assign]
    (one,) = compare(here, "reward", probe=True, report=report)["recipes"]
    assert (one["finished"], one["rank"]) == (2, [1, 1])
    for row in one["by_seed"]:
        lines = (Path(row["folder"]) / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines] == [0, 1, 2, 3], "it went on from step 2"
    assert attempts(here) == [1, 2, 2]


def test_a_changed_mixture_makes_the_score_stale(here: Path) -> None:
    change(here, "reward", "max_steps: 3}", "max_steps: 3, seeds: 1}")
    opened(here, "reward").compare(probe=True)
    change(here, "stable", "lr: 2e-3", "lr: 3e-3")
    assert {row["state"] for row in opened(here, "reward").probes()} == {"stale"}
    assert {row["why"] for row in opened(here, "reward").probes()} == {"reward/midtrain is another run"}
    assert {row["gain"] for row in opened(here, "reward").probes()} == {None}


def test_what_a_foreign_trainer_wrote_is_read_with_distrust(compared: Path) -> None:
    first, second, _ = (Path(row["folder"]) / "manifest.json" for row in opened(compared, "reward").probes())
    for path, told in (
        (first, {"held_out_reward": ["x"], "collapse": "all"}),
        (second, {"collapse": ["entropy", "a\x1b[2J"]}),
    ):
        path.write_text(json.dumps({**json.loads(path.read_text()), **told}))
    (one,) = compare(compared, "reward")["recipes"]
    assert (one["finished"], one["seeds"]) == (2, 3)
    assert one["collapse"] == {"a [2J": 1, "entropy": 1}
    assert one["by_seed"][0]["first"] is None


def test_the_view_probes_and_the_program_tell_the_same(compared: Path) -> None:
    rows = (
        opened(compared, "reward")
        .sql("select run, seed, state, round(gain, 1) as gain, collapse, parent from probes order by run")
        .rows()
    )
    assert rows == [(f"probe-{n}", n, "current", 0.2, "", "reward/midtrain") for n in range(3)]
    ran = subprocess.run(
        program("compare", "reward", "--json"), env=environment(), capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout)["probes"]["recipes"][0]["gain"] == pytest.approx(0.205, abs=0.01)
    ran = subprocess.run(
        program("compare", "reward", "better"), env=environment(), capture_output=True, text=True, check=True
    )
    said = ran.stdout.partition("\nProbes\n")[2].splitlines()
    better, reward = said[2:4]
    assert better.startswith("better     1  3 of 3  0.206  0.715  +0.509 (+0.")
    assert reward.startswith("reward     2  3 of 3  0.206  0.415  +0.209 (+0.")
    assert said[4].startswith("better gains more than reward: +0.300 (+0.")


def test_samples_are_compared_only_where_that_is_meant(here: Path) -> None:
    with pytest.raises(CurateError, match=r"reward@50%: is a sample; compare reward, or add --dev"):
        opened(here, "reward@50%").compare(probe=True)


def test_curves_of_probes_are_drawn(compared: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    opened(compared, "reward").compare("better", plot=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_changed_probe_is_told_by_diff(here: Path) -> None:
    write(here, "other", "recipe: other\nextends: reward\nprobe: {max_steps: 4}\n")
    assert "".join(map(str, opened(here, "reward").diff("other").config[0])) == "probe: max_steps: 3 -> 4"
