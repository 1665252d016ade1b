"""The seeded corpora beside the crawl, and that problems to train on, to reinforce and to evaluate never meet."""

import gzip
import json
from pathlib import Path

import pytest

from curate.errors import CurateError
from curation.embedded._problems import about, draw, problem_hash, split_of
from curation.embedded._problems import bench as items
from curation.embedded.bench import bench
from curation.embedded.crawl import MAKERS, item, kind_of
from curation.embedded.eval_problems import eval_problems
from curation.embedded.general import general
from curation.embedded.graded import graded
from curation.embedded.instruction import instruction
from curation.embedded.rl_prompts import rl_prompts
from curation.embedded.rl_warmup import rl_warmup
from curation.embedded.textbook import textbook
from curation.synth._questions import problems
from curation.synth.families._family import LEVELS, families, read
from curation.synth.families._rng import Rng
from curation.synth.families._spelling import clean
from eval.grading import grade

SIZES = {general: 40, graded: 60, textbook: 40, instruction: 60, rl_prompts: 300, rl_warmup: 60}


def rows(maker, tmp_path: Path, **params) -> list[dict]:
    facts = maker(tmp_path, **params)
    texts = [gzip.decompress(path.read_bytes()).decode() for path in sorted(tmp_path.glob("*.jsonl.gz"))]
    found = [json.loads(line) for text in texts for line in text.splitlines()]
    assert len(found) == facts.get("documents", facts.get("items"))
    return found


@pytest.mark.parametrize("maker", SIZES, ids=lambda maker: maker.__name__)
def test_a_seeded_corpus_is_the_same_bytes_again_and_another_for_another_seed(maker, tmp_path):
    made = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        maker(tmp_path / name, seed=seed, documents=SIZES[maker])
        made.append(b"".join(path.read_bytes() for path in sorted((tmp_path / name).iterdir())))
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("maker", SIZES, ids=lambda maker: maker.__name__)
def test_a_larger_corpus_begins_with_the_smaller_one(maker, tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    small = rows(maker, tmp_path / "small", documents=SIZES[maker] // 2)
    assert rows(maker, tmp_path / "large", documents=SIZES[maker])[: len(small)] == small


@pytest.mark.parametrize("maker", SIZES, ids=lambda maker: maker.__name__)
def test_documents_have_text_a_license_and_an_address_of_their_own(maker, tmp_path):
    found = rows(maker, tmp_path, documents=SIZES[maker])
    assert all(row["text"].strip() and row["license"] for row in found)
    assert len({row["url"] for row in found}) == len(found)
    assert len({row["text"] for row in found}) == len(found)


@pytest.mark.parametrize("maker", SIZES, ids=lambda maker: maker.__name__)
def test_a_senseless_number_of_documents_is_refused(maker, tmp_path):
    with pytest.raises(CurateError, match="documents: from 0"):
        maker(tmp_path, documents=-1)
    assert rows(maker, tmp_path, documents=0) == []


def test_instructions_take_turns(tmp_path):
    for row in rows(instruction, tmp_path, documents=60):
        parts = row["text"].split("\n\nUser: ")
        assert row["text"].startswith("User: ") and len(parts) == row["turns"]
        assert all("\n\nAssistant: " in part and not part.endswith("\n\nAssistant: ") for part in parts), row["text"]


def test_general_text_has_no_formulas_and_asks_no_problem(tmp_path):
    for row in rows(general, tmp_path, documents=60):
        assert "$\\" not in row["text"] and "\\frac" not in row["text"]
        assert not any(read(line) for line in row["text"].split("\n"))


def test_the_benchmark_has_every_family_at_every_level_and_gold_answers_pass_their_own_grader(tmp_path):
    found = rows(bench, tmp_path)
    assert {(row["family"], row["level"]) for row in found} == {
        (name, level) for name in families() for level in LEVELS
    }
    assert len({row["id"] for row in found}) == len({row["problem"] for row in found}) == len(found) >= 400
    for row in found:
        assert grade(f"The answer is $\\boxed{{{row['answer']}}}$.", row["answer"]).value is True, row


def test_problems_for_training_reinforcement_and_evaluation_are_disjoint(tmp_path):
    evaluated = {problem_hash(i.problem.family, i.problem.parsed) for i in items()}
    prompts = rows(rl_prompts, tmp_path, documents=300)
    reinforced = {problem_hash(row["family"], families()[row["family"]].parse(row["text"])) for row in prompts}
    trained = set()
    for n in range(250):
        for question in item(0, n).truth["questions"]:
            trained.add(problem_hash(question["family"], families()[question["family"]].parse(question["question"])))
    assert len(trained) > 300 and len(reinforced) > 280
    assert not evaluated & reinforced and not evaluated & trained and not reinforced & trained


def test_the_benchmark_is_the_same_where_pages_keep_to_some_problems():
    whole = items()
    items.cache_clear()
    with about(["ages"], [1]):
        assert {draw(Rng("about", n), ("units",), 3).family for n in range(5)} == {"ages"}
        assert items() == whole


def test_more_problems_to_evaluate_on_are_different_ones_of_the_split_of_the_benchmark(tmp_path):
    found = rows(eval_problems, tmp_path, documents=300, families="ages,averages,units", levels="1,2")
    asked = [(row["family"], families()[row["family"]].parse(row["problem"])) for row in found]
    assert {split_of(*one) for one in asked} == {"eval"}
    assert len({problem_hash(*one) for one in asked}) == len({row["id"] for row in found}) == len(found) > 150
    assert {(row["family"], row["level"]) for row in found} == {
        (f, n) for f in ("ages", "averages", "units") for n in (1, 2)
    }
    for row in found:
        assert grade(f"The answer is $\\boxed{{{row['answer']}}}$.", row["answer"]).value is True, row


def test_prompts_and_what_a_model_is_warmed_up_on_are_of_the_families_and_levels_that_are_named(tmp_path):
    asked = {"documents": 60, "families": "units, ages", "levels": "1,2"}
    for maker in (rl_prompts, rl_warmup):
        (tmp_path / maker.__name__).mkdir()
        found = rows(maker, tmp_path / maker.__name__, **asked)
        assert {(row["family"], row["level"]) for row in found} == {(f, n) for f in ("units", "ages") for n in (1, 2)}
    for wrong, said in (
        ({"families": "unit"}, r"there is no family 'unit'; did you mean 'units'\?"),
        ({"levels": "6"}, "there is no level '6'.*known: 1, 2, 3, 4, 5"),
    ):
        with pytest.raises(CurateError, match=said):
            rl_prompts(tmp_path, **wrong)


def test_warming_up_is_on_prompts_of_rl_with_answers_of_which_a_share_is_wrong(tmp_path):
    found = rows(rl_warmup, tmp_path, documents=400, families="units,ages", levels="1", slips=0.4)
    (tmp_path / "rl").mkdir()
    asked = {row["text"] for row in rows(rl_prompts, tmp_path / "rl", documents=400, families="units,ages", levels="1")}
    right = 0
    for row in found:
        prompt, answer = row["text"].split("\nAnswer: ")
        problem = prompt.removeprefix("Question:")
        parsed = families()[row["family"]].parse(problem)
        assert split_of(row["family"], parsed) == "train" and problem not in asked
        assert families()[row["family"]].solve(parsed) == row["answer"]
        right += answer == f"\\boxed{{{row['answer']}}}"
        assert answer.startswith("\\boxed{") and answer.endswith("}")
    assert 0.5 < right / len(found) < 0.7


def test_a_problem_is_in_one_split_whatever_its_wording():
    """Every wording of a sort of problem that its slots can fill, with the same numbers, is the same problem."""
    compared = 0
    for name in sorted(families()):
        for level in LEVELS:
            for key in range(4):
                problem = draw(Rng("wording", name, level, key), (name,), level)
                cleaned = clean(problem.text)
                templates = families()[name].PHRASINGS.templates
                slots = next(found for t in templates if (found := t.match(cleaned)) is not None)
                for other in templates:
                    if other.kind == problem.parsed.kind and {*other.slots} <= {*slots}:
                        parsed = families()[name].parse(other.fill(slots))
                        if parsed is not None:
                            assert problem_hash(name, parsed) == problem_hash(name, problem.parsed), other.fill(slots)
                            compared += other.fill(slots) != problem.text
    assert compared > 300


def test_names_letters_and_things_do_not_make_another_problem():
    family = families()["percent"]
    told = "A {} costs 260 dollars. In a sale the price is reduced by 75%. What is the sale price in dollars?"
    assert len({problem_hash("percent", family.parse(told.format(ware))) for ware in ("lamp", "tent", "sofa")}) == 1
    family = families()["linear_equation"]
    asked = [problem_hash("linear_equation", family.parse(f"Solve for ${v}$: $3{v} + 5 = 20$.")) for v in "xyz"]
    assert len(set(asked)) == 1
    family = families()["units"]
    other = [family.parse(f"Convert 7 {unit} to centimeters.") for unit in ("meters", "kilometers")]
    assert len({problem_hash("units", parsed) for parsed in other}) == 2


@pytest.mark.parametrize("name", sorted(families()))
def test_every_family_has_problems_of_every_split_at_every_level(name):
    for level in LEVELS:
        for split in ("train", "rl", "eval"):
            found = {
                problem_hash(name, draw(Rng(name, level, split, i), (name,), level, split).parsed) for i in range(20)
            }
            assert len(found) >= 4, (level, split)


def test_no_page_holds_a_problem_of_the_other_splits_but_for_real_leaks():
    """Looked for in the text of pages, not among the questions that they list."""
    items_by_id = {found.id: found.problem for found in items()}
    met = {"train": 0, "eval": 0}
    for n in range(6000):
        if kind_of(0, n) in ("leak", "sheet", "forum"):
            truth = item(0, n).truth
            planted = {
                problem_hash(items_by_id[leak["item"]].family, items_by_id[leak["item"]].parsed)
                for leak in truth["leaks"]
                if leak["kind"] != "swapped"
            }
            for found in problems(truth["text"].replace("’", "'")):
                split = split_of(found.family, found.parsed)
                assert split == "train" or problem_hash(found.family, found.parsed) in planted, (n, found.text)
                met[split] += 1
    assert met["train"] > 1000 and met["eval"] > 40


def test_every_kind_of_page_says_the_same_twice():
    for kind, maker in MAKERS.items():
        assert maker(Rng("page", kind)) == maker(Rng("page", kind))
