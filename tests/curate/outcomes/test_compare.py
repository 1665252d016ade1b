"""Recipes are compared by what reinforcement learning makes of their models: once run, read as it is, never ranked within the interval."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError
from curate.outcomes import words
from curate.outcomes.origins import _in_file
from curate.training import Training
from tests.curate import rl
from tests.curate.outcomes.many import HOSTILE, make, outcome
from tests.curate.runs import change, environment, opened, program


def attempts(folder: Path) -> list[int]:
    found = (folder / ".curate/training").glob("*/record.json")
    return sorted(json.loads(path.read_text())["attempt"] for path in found)


def test_what_is_missing_is_run_once_and_read_over_seeds(trained: Path) -> None:
    found = opened(trained, "many").compare("better", "same", "branch", build=True)
    assert attempts(trained) == [1] * 4 * 2 * 3, "each recipe's midtrain and grpo, three seeds, once"
    assert opened(trained, "many").compare("better", "same", "branch") == found, "and reading tells the same"
    one = outcome(found, "better")
    assert (one["before"], one["seeds"], one["finished"]) == ("midtrain", 3, 3)
    gain = one["measures"]["gain"]
    assert gain["mean"] == pytest.approx(0.505, abs=0.01)
    assert len(gain["by_seed"]) == 3 and gain["interval"][0] < gain["mean"] < gain["interval"][1]
    assert one["measures"]["length_right"]["mean"] == pytest.approx(36), "30 + the last five of eight steps"
    assert one["measures"]["entropy"]["mean"] == pytest.approx(0.625)
    assert outcome(found, "branch")["collapse"] == {HOSTILE: 3, "entropy": 3}
    assert outcome(found, "branch")["settings"]["mixtures"][0]["run"] == "many/midtrain-0"


def test_only_what_intervals_tell_apart_is_better(trained: Path) -> None:
    found = opened(trained, "many").compare("better", "same")
    clear = {(row["measure"], row["a"], row["b"]): row["more"] for row in found["pairs"]}
    assert clear["gain", "many", "better"] == "better"
    assert clear["gain", "many", "same"] is None
    assert clear["last", "better", "same"] == "better"
    assert {row["more"] for row in found["pairs"] if row["measure"] in ("first", "length_right")} == {None}
    said = [text for row, text in words.sentences(found["pairs"]) if row["measure"] == "gain"]
    assert said[0].startswith("better gains more than many: +0.30")
    assert said[1].startswith("many and same cannot be told apart by the gain: ")
    assert [*words.in_short(found["pairs"])][:2] == said[:2], "three pairs are few"
    alike = [{**row, "a": f"{row['a']}{n}"} for row in found["pairs"] if row["measure"] == "first" for n in range(2)]
    assert [*words.in_short(alike)] == ["6 of 6 pairs of grpo cannot be told apart by accuracy at the start"]


def test_a_folder_that_all_recipes_are_in_stands_once() -> None:
    assert words.heading(["mini/base", "mini/stable"]) == "mini: base, stable"
    assert words.heading(["mini/base", "stable"]) == "mini/base, stable"
    assert words.heading(["mini/base"]) == "mini/base"


def test_one_seed_has_no_interval_and_says_so(trained: Path) -> None:
    found = opened(trained, "many").first_seeds(1).compare("better")
    assert [one["seeds"] for one in found["outcomes"]] == [1, 1]
    assert [one["measures"]["gain"]["interval"] for one in found["outcomes"]] == [None, None]
    assert {row["more"] for row in found["pairs"]} == {None}
    assert "There is no interval of fewer than two seeds." in words.summary(found)


def test_without_build_nothing_is_started(project: Path) -> None:
    make(project)
    found = opened(project, "many").compare("better")
    assert not attempts(project)
    assert [one["finished"] for one in found["outcomes"]] == [0, 0]
    assert (
        words.pending(found["outcomes"])[0]
        == "many/grpo-0 is waiting: many/midtrain-0: the mixture of many is to be built"
    )
    assert found["probes"]["agreement"][0]["tau"] is None


def test_a_number_leads_to_lock_mixture_checkpoint_and_documents(trained: Path) -> None:
    found = opened(trained, "many").compare("branch")
    first, second, last = outcome(found, "branch")["by_seed"][1]["origins"]
    assert [one["run"] for one in (first, second, last)] == ["many/midtrain-1", "branch/midtrain-1", "branch/grpo-1"]
    runs = Training(opened(trained, "branch")).runs
    for one in (first, second, last):
        assert one["key"] == runs[one["run"]].key
        assert (trained / one["folder"] / "manifest.json").is_file()
        assert one["lock"] == json.loads((trained / one["folder"] / "run.json").read_text())["lock"]
    assert (first["file"], second["file"]) == ("recipes/many.yaml", "recipes/branch.yaml")
    assert (trained / second["checkpoint"] / "config.json").is_file()
    for one, key in ((first, "mixture"), (second, "mixture"), (last, "prompts")):
        assert (trained / ".curate/objects" / one[key] / "manifest.json").is_file()
    facts = opened(trained, "branch").mixture()["sources"]
    assert second["documents"] == {"web": facts["web"]["documents"]} and last["documents"] == {"sums": 31}


def test_jobs_that_are_not_the_same_are_told(trained: Path) -> None:
    (trained / "recipes/longer.yaml").write_text("recipe: longer\nextends: many\ntrain: {grpo: {max_steps: 9}}\n")
    (trained / "recipes/other.yaml").write_text(
        "recipe: other\nextends: many\ncorpora: {sums: {files: data/b.jsonl}}\n"
    )
    rl.write_rows(trained / "data/b.jsonl", rl.rows(50))
    opened(trained, "other").build(through="sums/prompts")
    notes = opened(trained, "many").compare("longer", "other")["notes"]
    assert "not the same job: grpo: max_steps is 8 in many and 9 in longer" in notes
    assert any(note.startswith("not the same job: grpo: prompts is ") and note.endswith(" in other") for note in notes)


def test_two_entries_of_one_recipe_are_compared_with_each_other(trained: Path) -> None:
    text = "recipe: two\nextends: many\ntrain: {longer: {run: python learn.py, from: midtrain, prompts: sums, max_steps: 9, seeds: 3}}\n"
    (trained / "recipes/two.yaml").write_text(text)
    found = opened(trained, "two").compare("many")
    pairs = {(row["a"], row["b"]) for row in found["pairs"]}
    assert pairs == {("two/grpo", "many/grpo"), ("two/grpo", "two/longer")}


def test_what_cannot_be_compared_is_refused(trained: Path) -> None:
    with pytest.raises(CurateError, match="many is named twice"):
        opened(trained, "many").compare("many")
    with pytest.raises(CurateError, match="stable has no entry under `train:` with prompts and no `probe:`"):
        opened(trained, "many").compare("stable")
    change(
        trained,
        "many",
        "learn.py, from: midtrain, prompts: sums, template: simple",
        "gone.py, from: midtrain, prompts: sums",
    )
    change(trained, "many", "{seeds: 3}", "{seeds: 3, lr: 7}")
    with pytest.raises(CurateError, match=r"gone\.py"):
        opened(trained, "many").compare(build=True)


def test_probes_stand_beside_with_how_far_they_agree(trained: Path) -> None:
    found = opened(trained, "many").compare("better", "same", probe=True)
    (agreement,) = found["probes"]["agreement"]
    assert agreement == {"entry": "grpo", "recipes": 3, "tau": agreement["tau"], "pairs": 3, "both": 2, "agree": 2}
    assert agreement["tau"] >= 1 / 3
    change(trained, "better", "}}", "}}\nprobe: {max_steps: 4}")
    found = opened(trained, "many").compare("better")
    assert found["probes"] is None
    assert any("the probes are not the same job: max_steps: 3 in many, 4 in better" in note for note in found["notes"])


def test_the_program_tells_and_writes_it(trained: Path) -> None:
    def said(*options: str) -> str:
        words = program("compare", "many", "better", *options)
        return subprocess.run(words, env=environment(), capture_output=True, text=True, check=True).stdout

    shown = said("--html", "a.html", "--markdown", "a.md", "--beside", "recipes/paper/results.yaml")
    assert shown.startswith(
        "2 recipes, by what reinforcement learning (grpo) makes of their models; 3 seeds each, 6 of 6 runs"
    )
    assert "better gains more than many: +0.30" in shown
    assert shown.endswith("wrote a.html\nwrote a.md\n")
    assert "3B-Long" in Path("a.html").read_text("utf-8")
    assert "3B\\-Long" not in Path("a.md").read_text("utf-8") and "| 3B-Long |" in Path("a.md").read_text("utf-8")
    told: dict[str, Any] = json.loads(said("--json", "--seeds", "2"))
    assert [*told] == ["outcomes", "pairs", "probes", "published", "notes"]
    assert [one["seeds"] for one in told["outcomes"]] == [2, 2] and told["published"] is None


def test_what_is_no_share_or_far_too_large_is_no_figure_and_breaks_nothing(trained: Path) -> None:
    runs = Training(opened(trained, "many")).runs
    for number, accuracy in enumerate((1e308, -0.5)):
        path = runs[f"many/grpo-{number}"].folder.file("manifest.json")
        told = json.loads(path.read_text())
        told["held_out_reward"]["last"] = {"accuracy": accuracy, "truncated": 7}
        told["collapse"] = [{}, None, *(f"monitor {n}" for n in range(5_000))]
        path.write_text(json.dumps(told))
    with runs["many/grpo-0"].folder.file("metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 9, "tokens": 900, "length_right": 9e99, "reward": NaN}\n')
        metrics.write('{"step": 9, "tokens": 900, "length_right": 9e99, "entropy": -9e99}\n{"step": 10, "tok')
    found = opened(trained, "many").compare("better", html="a.html", markdown="a.md")
    assert [*outcome(found, "many")["collapse"].values()] == [2] * 32
    measures = outcome(found, "many")["measures"]
    assert measures["last"]["by_seed"][:2] == [None, None] and measures["last"]["interval"] is None
    assert measures["gain"]["by_seed"][:2] == [None, None] and measures["truncated"]["by_seed"] == [None, None, 0.1]
    assert {row["more"] for row in found["pairs"] if row["measure"] in ("gain", "last", "length_right")} == {None}


def test_recipes_that_share_runs_are_told(trained: Path) -> None:
    (trained / "recipes/twin.yaml").write_text("recipe: twin\nextends: many\ntrain: {grpo: {seeds: 2}}\n")
    found = opened(trained, "many").compare("twin")
    assert "grpo: 2 of the runs of many and twin are the same run, so these cannot differ" in found["notes"]
    assert not any("same run" in note for note in opened(trained, "many").compare("same")["notes"])


@pytest.mark.parametrize("shape", [[2**62, 2], [-1, -2], [1.5], [True], ["a"], [2] * 17, 3])
def test_a_header_whose_shapes_are_none_has_no_parameters(tmp_path: Path, shape: Any) -> None:
    def size(said: Any) -> int:
        header = json.dumps({"a": {"shape": said}, "b": {"shape": [2, 3]}}).encode()
        (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
        return _in_file(tmp_path / "model.safetensors")

    assert size([4, 5]) == 26
    with pytest.raises((ValueError, TypeError)):
        size(shape)
