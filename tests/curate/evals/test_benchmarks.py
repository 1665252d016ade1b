"""Names of benchmarks in a recipe or on a command line: groups stand for their members, and every one has a card."""

import gzip
import typing
from pathlib import Path

import pytest

import curate
from curate import datacard
from curate.cli.evaluate import MODES
from curate.errors import CurateError
from curate.evals.benchmarks import Shelf, cards, named, of_eval
from curate.parts import EvalEntry
from curate.recipe import load
from curate.store import Store
from tests.curate import evaluating


def test_a_group_stands_for_its_members_each_named_once(project: Path) -> None:
    core = of_eval("specs").group("core")
    assert core and named(["core"], project) == core
    assert named(["gsm8k", "core", "gsm8k"], project) == ["gsm8k", *[name for name in core if name != "gsm8k"]]
    assert named(["core", "13"], project)[: len(core)] == core


def test_a_projects_own_benchmark_is_found_and_an_unknown_one_gets_a_suggestion(project: Path) -> None:
    evaluating.benchmark(project)
    assert named(["toy"], project) == ["toy"]
    with pytest.raises(CurateError, match=r"there is no benchmark 'gsm8'; did you mean 'gsm8k'\?"):
        named(["gsm8"], project)


def test_the_gate_gets_the_card_of_each(project: Path) -> None:
    evaluating.benchmark(project)
    specs = of_eval("specs")
    assert cards(["toy", "math500", "of-no-spec"], project) == ["toy", specs.spec("math500").card, "of-no-spec"]
    assert {*cards(["13"], project)} == {specs.spec(name).card for name in specs.group("13")}
    for card in cards([name for name in specs.GROUPS if specs.group(name)], project):
        datacard.read(datacard.find(card, project))


def test_modes_are_those_of_eval() -> None:
    modes = of_eval("prompting").MODES
    assert typing.get_args(EvalEntry.model_fields["mode"].annotation) == modes == MODES


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{models: [m], benchmarks: [toy], sample: 4}", "sample"),
        ("{models: [m], benchmarks: [toy], samples: 4}", "4 draws of a greedy model are all the same"),
        ("{models: [m], benchmarks: [toy], mode: zero-shot}", "mode"),
        ("{models: [m], benchmarks: [toy], limit: 0}", "limit"),
        ("{models: [n], benchmarks: [toy]}", "n"),
    ],
)
def test_a_recipe_says_where_its_entry_is_wrong(project: Path, entry: str, said: str) -> None:
    path = project / "recipes/one.yaml"
    path.parent.mkdir()
    path.write_text(f"recipe: one\nmodels: {{m: {{backend: fake}}}}\neval:\n  sums: {entry}\n")
    with pytest.raises(CurateError) as error:
        load(str(path), project=project)
    assert str(error.value).startswith("recipes/one.yaml:4: eval.sums: ") and said in str(error.value)
    assert "\n" not in str(error.value)
    path.write_text(
        "recipe: one\nmodels: {m: {backend: fake}}\neval:\n  sums: {models: [m], benchmarks: [toy], limit: 1k}\n"
    )
    assert load(str(path), project=project).eval["sums"].limit == 1000


def test_a_benchmark_is_one_task_for_each_way_to_ask_it(project: Path) -> None:
    evaluating.benchmark(project)
    shelf = Shelf(project, Store(project / "store"))
    how: list[dict[str, object]] = [
        {},
        {"limit": 5},
        {"samples": 2, "temperature": 1.0},
        {"num_fewshot": 1},
        {"mode": "chat"},
    ]
    tasks = [shelf.task("toy", EvalEntry.model_validate(one)) for one in how]
    assert [(one.size, one.num_fewshot, one.mode) for one in tasks] == [
        (12, 4, "few-shot"), (5, 4, "few-shot"), (24, 4, "few-shot"), (12, 1, "few-shot"), (12, 0, "chat"),
    ]  # fmt: skip
    assert shelf.task("toy", EvalEntry(seed=3)) is tasks[0], "read once"


def test_all_benchmarks_whose_items_are_not_here_are_named_at_once(project: Path) -> None:
    evaluating.benchmark(project)
    with pytest.raises(CurateError) as error:
        curate.evaluate("pupil", ["toy", "gsm8k", "embedded-bench", "math500"])
    said = str(error.value)
    assert said.startswith(
        "the items of gsm8k, math500 are not on this machine; curate eval --list shows which are; gsm8k: "
    )
    assert "benchmarks/gsm8k.jsonl* in your project" in said and "\n" not in said


@pytest.mark.parametrize("packed", [False, True])
def test_a_broken_line_is_said_by_its_number(project: Path, packed: bool) -> None:
    evaluating.benchmark(project)
    path = project / "benchmarks/toy.jsonl"
    lines = path.read_text().splitlines()
    lines.insert(4, "")
    lines[7] = lines[7][:-1]
    path.write_text("\n".join(lines) + "\n")
    if packed:
        path.with_name("toy.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    with pytest.raises(CurateError) as error:
        curate.evaluate("pupil", "toy")
    assert str(error.value).startswith(
        f"toy.jsonl{'.gz' * packed}:8: is no file of the benchmark 'toy': JSONDecodeError: "
    )
    assert "line 1" not in str(error.value)


def test_a_file_that_lies_there_twice_is_named(project: Path) -> None:
    evaluating.benchmark(project)
    path = project / "benchmarks/toy.jsonl"
    path.with_name("toy.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(CurateError) as error:
        curate.evaluate("pupil", "toy")
    assert str(error.value) == "the benchmark toy lies here twice, as toy.jsonl and as toy.jsonl.gz; delete one of them"


def test_files_that_hold_too_many_items_together_are_named_with_their_counts(project: Path) -> None:
    evaluating.benchmark(project)
    card = project / "datacards/toy.md"
    card.write_text(card.read_text().replace("toy.jsonl*", "toy*.jsonl"))
    (project / "benchmarks/toy-more.jsonl").write_text('{"id": "x", "problem": "What is 1 + 1?", "answer": "2"}\n')
    with pytest.raises(CurateError, match=r"has 12 items, and its files hold 13 \(toy.jsonl: 12, toy-more.jsonl: 1\)"):
        curate.evaluate("pupil", "toy")
