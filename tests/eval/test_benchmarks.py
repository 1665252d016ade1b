"""Published sets by their specs: counts, content, answers that are right in a box and in the sentence of the examples, and no others."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate import datacard
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.sources import Source
from eval import prompting, specs
from eval._shape import split
from eval.grading import Grader
from eval.items import items
from tests.eval.sets import COUNTS, DOUBTFUL, FILES, UNREADABLE, rows


@pytest.fixture(scope="module")
def grader():
    with Grader(workers=1) as made:
        yield made


def made(shared: Path, name: str, limit: int | None = None) -> list[dict[str, Any]]:
    return items(specs.spec(name), rows(shared, name), limit).to_dicts()


def sentence(spec: specs.Spec, answer: str) -> str:
    """A reply as the examples of a few-shot prompt end, and something of the next question."""
    plain = answer.rstrip(".")
    end = {
        "sentence": f"Final Answer: The final answer is ${plain.strip('$') if plain.count('$') == 2 else plain}$. I hope it is correct.",
        "letter": f"The final answer is ({plain}).",
    }.get(spec.read, f"The answer is {plain}.")
    stop = specs.form(spec.shots).stop[0]
    return f" First, 3 + 4 = 7 (A).\n{end}\n{stop} 8 (B) $9$ \\boxed{{10}} The answer is 11."


def wrong(
    grader: Grader, name: str, found: list[dict[str, Any]], texts: list[str], mode: prompting.Mode
) -> dict[str, Any]:
    """Items whose reply is not right, with the verdict."""
    spec = specs.spec(name)
    asked = [prompting.to_grade(spec, mode, item, text) for item, text in zip(found, texts, strict=True)]
    return {
        item["id"]: verdict for item, verdict in zip(found, grader.map(asked), strict=True) if verdict.value is not True
    }


def test_every_set_has_the_items_that_its_index_and_the_published_results_count(shared: Path) -> None:
    index = {one["name"]: one["n"] for one in json.loads((shared / "benchmarks/index.json").read_text())}
    found = {name: items(specs.spec(name), rows(shared, name)) for name in FILES}
    assert {name: frame.height for name, frame in found.items()} == {name: index[file] for name, file in FILES.items()}
    assert {name: found[name].height for name in specs.group("13")} == COUNTS
    for name, frame in found.items():
        assert frame["id"].n_unique() == frame.height and frame["problem"].str.len_chars().min() > 5, name
        assert (
            frame["gold"].list.len().min() > 0
            and frame["gold"].list.eval(pl.element().str.len_chars()).explode().min() > 0
        )


@pytest.mark.parametrize("name", FILES)
def test_a_right_answer_is_right_in_a_box_and_in_the_sentence_of_the_examples(
    shared: Path, grader: Grader, name: str
) -> None:
    found = made(shared, name)
    golds = [item["gold"][0] for item in found]
    assert not wrong(grader, name, found, [f" so \\boxed{{{gold}}}" for gold in golds], "simple")
    told = wrong(grader, name, found, [sentence(specs.spec(name), gold) for gold in golds], "few-shot")
    assert set(told) == {one for one in UNREADABLE if one.startswith(f"{name}/")}, told


@pytest.mark.parametrize("name", ["gsm8k", "sat", "mathqa", "svamp", "tabmwp", "amc23"])
def test_the_answer_of_another_item_is_wrong(shared: Path, grader: Grader, name: str) -> None:
    """An answer that is not the item's own gets no credit, and is never taken for it because both stand in one form."""
    found = made(shared, name, 60)
    others = [item["gold"][0] for item in found[1:] + found[:1]]
    differ = [(item, other) for item, other in zip(found, others, strict=True) if other not in item["gold"]]
    texts = [sentence(specs.spec(name), other) for _, other in differ]
    assert len(wrong(grader, name, [item for item, _ in differ], texts, "few-shot")) == len(differ) > 5


def test_worked_solutions_are_right_as_replies(shared: Path, grader: Grader) -> None:
    for name in ("gsm8k", "math500", "ocw"):
        found, texts = made(shared, name), [row["solution"] for row in rows(shared, name)]
        assert not wrong(grader, name, found, texts, "few-shot") and not wrong(grader, name, found, texts, "simple")


def test_worked_solutions_of_math_are_right_but_for_those_with_several_boxes(shared: Path, grader: Grader) -> None:
    found, texts = made(shared, "math"), [row["solution"] for row in rows(shared, "math")]
    for mode in ("few-shot", "simple"):
        assert tuple(wrong(grader, "math", found, texts, mode)) == DOUBTFUL


def test_every_file_of_the_index_is_read_whole(shared: Path) -> None:
    """Also of sets that have no spec."""
    index = json.loads((shared / "benchmarks/index.json").read_text())
    paths = {one["name"]: shared / "benchmarks" / f"{one['name']}.jsonl.gz" for one in index}
    counts = {}
    for name, path in paths.items():
        if path.is_file():
            source = Source(str(path), file_sha256(path), path.stat().st_size)
            counts[name] = len(datacard.Benchmark(name, (), (source,)).records())
    assert counts == {one["name"]: one["n"] for one in index if one["name"] in counts} and len(counts) > 40


def test_several_answers_count_as_one_in_any_order(shared: Path, grader: Grader) -> None:
    """The reference harness compares the first one alone."""
    several = {row["id"] for row in rows(shared, "olympiadbench") if row["extra"]["is_multiple_answer"]}
    found = [item for item in made(shared, "olympiadbench") if item["id"] in several]
    parts = [split(item["gold"][0].replace("$", "").rstrip("."), ",")[0] for item in found]
    assert len(found) == 94
    back = [f" The final answer is ${', '.join(reversed(some))}$. I hope it is correct." for some in parts]
    assert not wrong(grader, "olympiadbench", found, back, "few-shot")
    many = [(item, some) for item, some in zip(found, parts, strict=True) if len(some) > 1]
    first = [f" The final answer is ${some[0]}$. I hope it is correct." for _, some in many]
    assert len(wrong(grader, "olympiadbench", [item for item, _ in many], first, "few-shot")) == len(many) > 80


def test_files_of_other_layouts_say_the_same(shared: Path) -> None:
    """Columns as the published files have them, nested or not, with answers as numbers, letters or whole solutions."""
    layouts = {
        "gsm8k": lambda row: {"question": row["problem"], "answer": row["solution"]},
        "svamp": lambda row: {
            "ID": row["id"],
            "Body": row["extra"]["Body"],
            "Question": row["problem"],
            "Answer": row["answer"],
        },
        "amc23": lambda row: {"id": row["id"], "problem": row["problem"], "answer": int(row["answer"])},
        "mathqa": lambda row: {"Problem": row["problem"], "options": row["extra"]["options"], "correct": row["answer"]},
        "mmlu-stem": lambda row: {
            "question": row["problem"],
            "choices": row["extra"]["choices"],
            "answer": "ABCD"[row["answer"]],
        },
        "tabmwp": lambda row: {**row["extra"], "question": row["problem"], "answer": row["answer"]},
        "olympiadbench": lambda row: {"question": row["problem"], "final_answer": row["answer"]},
    }
    for name, layout in layouts.items():
        spec, given = specs.spec(name), rows(shared, name)
        ours, theirs = items(spec, given), items(spec, [layout(row) for row in given])
        assert ours.drop("id").equals(theirs.drop("id")), name


def test_a_file_copied_under_the_cards_name_is_read(shared: Path, tmp_path: Path) -> None:
    for name in ("sat", "tabmwp"):
        path = tmp_path / f"{name}.jsonl.gz"
        shutil.copy(shared / "benchmarks" / f"{FILES[name]}.jsonl.gz", path)
        card = datacard.read(datacard.find(name, tmp_path))
        source = Source(str(path), file_sha256(path), path.stat().st_size)
        benchmark = datacard.Benchmark(name, (), (source,), count=card.items)
        assert items(specs.spec(name), benchmark.records()).height == card.items == benchmark.items().height


def test_what_is_missing_is_said(shared: Path) -> None:
    some = rows(shared, "mmlu-stem")
    spec = specs.spec("mmlu-stem")
    for given, said in (
        (some[:-1], "mmlu-stem has 3,018 items, and its file has 3,017; datacards/mmlu-stem.md says how to get them"),
        (
            [{**row, "extra": None} for row in some],
            "row 1: has no choices; these stand in the column options or choices or",
        ),
        (
            [{**row, "problem": " "} for row in some],
            "row 1: has no problem; its columns must fill '{problem}' or '{question}'",
        ),
        ([{**row, "answer": None} for row in some], "row 1: has no answer; that stands in the column answer"),
        ([{**row, "answer": float("nan")} for row in some], "row 1: has no answer; that stands in the column answer"),
        ([{**row, "answer": {"value": 1}} for row in some], "row 1: has no answer; that stands in the column answer"),
        (
            [{**row, "problem": "\ud800"} for row in some],
            "row 1: is no Unicode text: half of a surrogate pair stands in it",
        ),
        ([{**row, "id": "x"} for row in some], "the id .x. stands twice"),
        ([{**some[0], "answer": 0}, *some[1:]], "the items of its file are not the published ones"),
    ):
        with pytest.raises(CurateError, match=said.replace("{", r"\{").replace("(", r"\(")) as error:
            items(spec, given)
        assert "\n" not in str(error.value)


def test_a_limit_keeps_the_same_items_whatever_the_order(shared: Path) -> None:
    spec, given = specs.spec("math500"), rows(shared, "math500")
    few = items(spec, given, 20)
    assert few.height == 20 and set(few["id"]) == set(items(spec, given[::-1], 20)["id"])
    assert set(items(spec, given, 7)["id"]) < set(few["id"])
    assert items(spec, given)["id"].to_list() == [row["id"] for row in given]
