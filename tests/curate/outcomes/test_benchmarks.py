"""What evaluations say stands beside: only of the weights that are there, before and after, over seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from curate.evals import results
from curate.outcomes import words
from curate.outcomes.benchmarks import Evaluated
from curate.outcomes.make import evals
from curate.report import Report
from curate.store import Store
from curate.training import Training
from tests.curate import evaluating
from tests.curate.outcomes.many import outcome
from tests.curate.runs import opened

EVAL = "eval:\n  sums: {models: [midtrain, grpo], benchmarks: [toy], samples: 4, temperature: 1.0}\n"
ITEMS = 12


@pytest.fixture
def evaluated(trained: Path) -> Path:
    """The project with a benchmark, and results of the two runs of each of three seeds: 6, 5 and 4 items right before, all after."""
    path = trained / "recipes/many.yaml"
    path.write_text(path.read_text() + EVAL)
    evaluating.benchmark(trained, count=ITEMS)
    for number, (title, run) in enumerate(Training(opened(trained, "many")).runs.items()):
        folder = run.folder.file("model")
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(bytes([number]))
        plant(trained, title, 6 - (run.number or 0) if run.entry_name == "midtrain" else ITEMS)
    return trained


def plant(folder: Path, title: str, right: int, name: str = "many") -> None:
    """The result that `curate eval` would keep, of a run that has so many items right in each draw."""
    recipe = opened(folder, name)
    run = Training(recipe).runs[title]
    (one,) = Evaluated(Training(recipe), read=False)._plan("sums", recipe.recipe.eval["sums"], run, "hf")
    rows = template(folder)
    first = {f"toy-{n}" for n in range(right)}
    said = pl.when(pl.col("id").is_in(first)).then(pl.lit("right")).otherwise(pl.lit("wrong"))
    tokens = pl.lit(10 + right).cast(rows.schema["completion_tokens"])
    rows = rows.with_columns(said.cast(rows.schema["verdict"]).alias("verdict"), tokens.alias("completion_tokens"))
    results.keep(recipe.store, one.key, one.identity, iter([rows]), dict(rows.schema))


def template(folder: Path) -> pl.DataFrame:
    """Rows of some model."""
    curate.evaluate("pupil", "toy", samples=4, temperature=1.0, project=folder)
    (found,) = [one for one in results.every(Store(folder / ".curate")) if one.note.get("model") == "pupil"]
    return found.rows()


def test_accuracy_before_and_after_and_pass_at_k_are_over_seeds(evaluated: Path) -> None:
    found = opened(evaluated, "many").compare("better")
    (row,) = outcome(found, "many")["benchmarks"]
    assert (row["benchmark"], row["items"], row["samples"], row["limited"]) == ("toy", ITEMS, 4, False)
    assert row["before"]["by_seed"] == pytest.approx([6 / 12, 5 / 12, 4 / 12])
    assert row["after"]["by_seed"] == [1.0] * 3 and row["gain"]["by_seed"] == pytest.approx([6 / 12, 7 / 12, 8 / 12])
    assert row["gain"]["interval"][0] < row["gain"]["mean"] == pytest.approx(7 / 12)
    assert [*row["pass_at"]] == ["1", "2", "4"] and row["pass_at"]["4"]["before"]["mean"] == pytest.approx(5 / 12)
    assert row["tokens_right"]["before"]["by_seed"] == [16, 15, 14] and row["tokens_right"]["after"]["mean"] == 22
    assert outcome(found, "better")["benchmarks"] == [], "its weights are others, and were not evaluated"
    (table,) = words.benchmark_tables(found["outcomes"])
    assert table.caption == "toy (sums): 12 items, few-shot, 4 draws of each"
    (passes,) = words.pass_tables(found["outcomes"])
    assert [cells[1] for cells in passes.rows] == ["before", "after"]


def test_a_result_of_other_weights_or_of_another_question_does_not_count(evaluated: Path) -> None:
    run = Training(opened(evaluated, "many")).runs["many/grpo-1"]
    run.folder.file("model/model.safetensors").write_bytes(b"of another run")
    (row,) = outcome(opened(evaluated, "many").compare(), "many")["benchmarks"]
    assert row["after"]["by_seed"] == [1.0, None, 1.0] and row["gain"]["by_seed"][1] is None
    path = evaluated / "recipes/many.yaml"
    path.write_text(path.read_text().replace("samples: 4", "samples: 3"))
    found = opened(evaluated, "many").compare()
    assert outcome(found, "many")["benchmarks"] == []
    (note,) = [
        note for note in found["notes"] if note.startswith("eval.sums of many has no result as it would be now: ")
    ]
    assert "many/midtrain-0 at toy, " in note and note.endswith("; curate eval many sums")


def test_answers_to_other_questions_are_not_compared(evaluated: Path) -> None:
    twin = "recipe: twin\nextends: many\neval: {sums: {samples: 2}}\n"
    (evaluated / "recipes/twin.yaml").write_text("recipe: twin\nextends: many\n")
    found = opened(evaluated, "many").compare("twin")
    assert {row["benchmark"] for row in found["pairs"]} == {None, "toy"}
    (evaluated / "recipes/twin.yaml").write_text(twin)
    for number, (title, run) in enumerate(Training(opened(evaluated, "twin")).runs.items()):
        plant(evaluated, title, number, "twin")
        assert run.folder.file("model").is_dir()
    found = opened(evaluated, "many").compare("twin")
    assert {row["benchmark"] for row in found["pairs"]} == {None}
    assert "not the same questions: toy (sums) of many and twin, so these are not compared" in found["notes"]
    assert len([*words.benchmark_tables(found["outcomes"])]) == 2


class Notes(Report):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_models_are_asked_side_by_side_in_processes_of_their_own(evaluated: Path) -> None:
    path = evaluated / "recipes/many.yaml"
    path.write_text(path.read_text() + EVAL.removeprefix("eval:\n").replace("sums:", "again:"))
    said = Notes()
    one_by_one = opened(evaluated, "many").compare(build=True, report=said)
    assert [note.partition(";")[0] for note in said.notes if "eval." in note] == [
        "many: eval.sums, 1 of 2", "many: eval.again, 2 of 2",
    ]  # fmt: skip
    (evaluated / "profiles").mkdir(exist_ok=True)
    (evaluated / "profiles/local.toml").write_text("[launch]\nat_once = 2\n")
    said = Notes()
    assert opened(evaluated, "many").compare(build=True, report=said) == one_by_one
    notes = [note.partition(";")[0] for note in said.notes]
    assert "2 evaluations, 2 at a time" in notes
    assert {f"many: eval.{one} is done, {n} of 2" for one in ("sums", "again") for n in (1, 2)} >= set(notes[-2:])
    path.write_text(path.read_text().replace("samples: 4", "samples: 2"))
    with pytest.raises(CurateError, match=r"needs torch|cannot load|has no tokenizer"):  # these weights are no model
        opened(evaluated, "many").compare(build=True)


def test_items_that_are_not_here_leave_a_note(evaluated: Path) -> None:
    (evaluated / "benchmarks/toy.jsonl").unlink()
    found: dict[str, Any] = opened(evaluated, "many").compare()
    assert outcome(found, "many")["benchmarks"] == []
    assert any(note.startswith("eval.sums of many cannot be read: ") for note in found["notes"])


def test_only_entries_that_name_both_ends_are_asked(evaluated: Path) -> None:
    assert evals(Training(opened(evaluated, "many"))) == ["sums"]
    path = evaluated / "recipes/many.yaml"
    path.write_text(
        path.read_text().replace("[midtrain, grpo]", "[midtrain-0, pupil]") + "models: {pupil: {backend: pupil}}\n"
    )
    assert evals(Training(opened(evaluated, "many"))) == []
    path.write_text(path.read_text().replace("[midtrain-0, pupil]", "[midtrain-0, grpo-0]"))
    assert evals(Training(opened(evaluated, "many"))) == ["sums"]
