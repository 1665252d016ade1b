"""Specs and forms of prompts: what is found, what is refused, and that what we wrote is right."""

import os
import re
from pathlib import Path

import pytest

from curate import datacard
from curate.errors import CurateError
from curate.profile import shipped
from eval import _read, prompting, specs
from eval.grading import grade
from eval.items import Item, digest, items

FORMS = sorted(path.stem for path in specs.FORMS.glob("*.yaml"))
TEXTS = ("tables-8",)
"""Forms whose options are texts, without letters."""
GENERATED = ("embedded-bench", "embedded-drill", "general-embedded")


def test_averages_hold_the_published_benchmarks() -> None:
    core, extended = set(specs.group("core")), set(specs.group("extended"))
    assert core == {"gsm8k", "math", "asdiv", "svamp", "mawps"}
    assert extended == {"mmlu-stem", "tabmwp", "mathqa", "sat", "ocw"}
    assert set(specs.group("13")) == core | extended | {"math500", "olympiadbench", "amc23"}
    assert {name for name in specs.names() if name.startswith("general-")} == set(specs.group("general"))
    assert {"aime24", "aime25", "embedded-bench", "embedded-drill"} == set(specs.names()) - {
        n for g in specs.GROUPS for n in specs.group(g)
    }


@pytest.mark.parametrize("name", specs.names())
def test_each_benchmark_has_a_card_with_its_count(name: str) -> None:
    spec = specs.spec(name)
    card = datacard.read(shipped("datacards") / f"{spec.card}.md")
    assert card.items == spec.items and (card.get or name in GENERATED)
    assert spec.digest_of_items or name in set(specs.group("general")) - {*GENERATED}, "published items are pinned"
    assert len(spec.digest) == 64 and spec.about.endswith(".")


def test_a_spec_is_told_from_another_by_what_it_asks_and_not_by_its_words(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    text = (specs.OURS / "gsm8k.yaml").read_text()
    found = []
    for change in ("", "about: x\n", "tolerance: 0.5\n", "items: 7\n"):
        key = change.partition(":")[0]
        new = re.sub(rf"^{key}: .*\n", "", text, flags=re.M) + change if change else text
        (tmp_path / f"benchmarks/mine{len(found)}.yaml").write_text(new)
        made = specs.spec(f"mine{len(found)}", tmp_path).model_copy(update={"name": "gsm8k"})
        found.append(made.digest)
    assert found[0] == found[1] == specs.spec("gsm8k").digest and len(set(found)) == 3


def test_a_projects_own_benchmark_comes_first(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/gsm8k.yaml").write_text("about: Mine.\ncard: mine\nitems: 2\nshots: words-8\n")
    specs.spec("gsm8k", tmp_path)
    (tmp_path / "benchmarks/gsm8k.yaml").write_text("about: Mine.\ncard: mine\nitems: 2\nshots: minerva-4\n")
    os.utime(tmp_path / "benchmarks/gsm8k.yaml", ns=(1, 1))
    mine = specs.spec("gsm8k", tmp_path)
    assert mine.shots == "minerva-4", "a file that was written again is read again"
    assert (mine.card, specs.spec("gsm8k").card) == ("mine", "gsm8k")
    given = [{"id": 7, "problem": "{question} 1 + 1 = ?", "answer": 2.0}, {"problem": "$b$", "answer": ["1", "2"]}]
    asked = items(mine, given)
    assert asked.rows() == [("7", "{question} 1 + 1 = ?", ["2"], [], "math"), ("1", "$b$", ["1, 2"], [], "math")]
    assert prompting.prompts(mine, asked, "simple")[0] == "Question:{question} 1 + 1 = ?\nAnswer:"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about: A.\ncard: a\nitems: 0\nshots: words-8\n", "items: must be more than 0"),
        ("about: A.\ncard: a\nitems: 1\nshots: words-9\n", "there is no form of prompts 'words-9'"),
        ("about: A.\ncard: a\nitems: 1\nshots: words-8\nkind: essay\n", "kind"),
        ("about: A.\ncard: a\nitems: 1\nshots: words-8\nkind: choice\n", "fields.options: say which column"),
        ("about: A.\ncard: a\nitems: 1\nshots: words-8\nshot: x\n", "shot"),
        ("about: A.\ncard: a\nitems: 1\nshots: words-8\nfields: {problem: question}\n", "'question' names no column"),
        ("about: A.\n- x\n", "is not valid YAML"),
    ],
)
def test_a_spec_that_is_wrong_is_refused_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/mine.yaml").write_text(text)
    with pytest.raises(CurateError) as error:
        specs.spec("mine", tmp_path)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    for name, said in (("gsm8", "gsm8k"), ("math50", "math500"), ("../gsm8k", "there is no benchmark")):
        with pytest.raises(CurateError, match=said):
            specs.spec(name)
    with pytest.raises(CurateError, match="there is no average 'all'"):
        specs.group("all")


@pytest.mark.parametrize("name", FORMS)
def test_every_example_is_right_and_says_so_where_it_is_looked_for(name: str) -> None:
    form = specs.form(name)
    readers = {spec.read for spec in map(specs.spec, specs.names()) if spec.shots == name} | {"said"}
    for example in form.examples:
        how = {"kind": "choice" if example.options else "math", "options": example.options}
        for reader in readers:
            assert grade(_read.read(example.solution, reader, example.options), example.answer, **how).value is True
        assert example.solution.count("answer is") == 1 and not any(stop in example.solution for stop in form.stop)
        if example.options:
            listed = [f"({letter}) {option}" for letter, option in zip("ABCDE", example.options, strict=False)]
            asked = f"Options: {'; '.join(example.options)}" if name in TEXTS else f"Answer Choices: {' '.join(listed)}"
            assert example.problem.endswith(f"\n{asked}")
    if form.examples and form.examples[0].options:
        assert len({example.answer for example in form.examples}) == 4, "no letter is the usual one"


@pytest.mark.parametrize("name", FORMS)
def test_every_sum_in_an_example_is_right(name: str) -> None:
    """Of plain numbers, without a division that leaves a rest: `48 - 29 = 19`."""
    for example in specs.form(name).examples:
        for left, right in re.findall(r"((?:[0-9.]+ [-+*/] )+[0-9.]+) = ([0-9.]+[0-9])(?![\w/])", example.solution):
            assert re.fullmatch(r"[0-9 .*/+-]+", left)
            assert _value(left) == pytest.approx(float(right)), (left, right)


_FORMULA = re.compile(r"Final Answer: .*|The final answer is .*")
"""The sentence that Minerva's form prescribes; items of OCW hold it, too."""


def _value(text: str) -> float:
    """Products before sums, from the left."""
    total = 0.0
    for sign, term in re.findall(r"(^|[-+] )([0-9. */]+?)(?= [-+] |$)", text):
        first, *rest = re.split(r" (?=[*/])", term.strip())
        value = float(first)
        for part in rest:
            value = value * float(part[2:]) if part[0] == "*" else value / float(part[2:])
        total += -value if sign == "- " else value
    return total


@pytest.mark.slow
def test_no_example_is_an_item_of_a_published_set(shared: Path) -> None:
    """Nor nearly one: as decontamination tells it, by equal texts and runs of 8 words."""
    import polars as pl

    from curate.datacard import Benchmark
    from curate.identity import file_sha256
    from curate.sources import Source
    from curation.decontaminate.equal import equal
    from curation.decontaminate.ngram import ngram

    paths = sorted((shared / "benchmarks").glob("*.jsonl.gz"))
    against = tuple(
        Benchmark(path.name.partition(".")[0], (), (Source(str(path), file_sha256(path), path.stat().st_size),))
        for path in paths
        if not path.name.startswith(("minif2f", "proofnet"))
    )
    examples = [(name, n, one) for name in FORMS for n, one in enumerate(specs.form(name).examples)]
    docs = pl.DataFrame(
        {
            "id": [f"{name}/{n}" for name, n, _ in examples],
            "text": [f"{one.problem}\n{_FORMULA.sub('', one.solution)}" for *_, one in examples],
        }
    )
    assert docs.height >= 24
    problems = pl.DataFrame({"text": [one.problem for *_, one in examples]})
    assert equal(problems, against=against)["equal_item"].null_count() == problems.height
    for n, least in ((13, 0.0), (8, 0.2)):
        found = ngram(docs, against=against, n=n, least=least)
        leaks = docs.hstack(found).drop_nulls("leak_item")
        assert not leaks.height, leaks.select("id", "leak_item", "leak_overlap", "leak_span").rows()


def test_items_are_told_apart_by_what_they_say() -> None:
    one, two = Item("1", "a  b", ("x", "y"), ("1,000",)), Item("2", "c", (), ("7",))
    assert digest([one, two]) == digest([two._replace(id="9"), one._replace(problem="a\nb", gold=("1000",))])
    assert (
        len({digest([one, two]), digest([one]), digest([one, two, two]), digest([one, two._replace(gold=("8",))])}) == 4
    )


@pytest.mark.parametrize(
    ("options", "answer", "gold"),
    [
        (["x", "y", "z"], 2, "C"),
        (["x", "y", "z"], "2", "C"),
        (["x", "y", "z"], "(b)", "B"),
        ("a ) x , b ) y , c ) z", "c", "C"),
        ("A. x B. y C. z", "B", "B"),
        ("['a ) x', 'b ) y', 'c ) z']", "a", "A"),
        (["a ) x", "b) y", "C. z"], "C", "C"),
        ("A) x B) y C) z", "D", None),
        (["x", "y", "z"], -1, None),
        (["x", "y", "z"], 3, None),
        (["x", "y", "z"], "x", None),
        (["x"] * 11, "A", None),
        ("x y z", "A", None),
        ([], "A", None),
        (7, "A", None),
    ],
)
def test_choices_are_read_in_all_their_forms(options: object, answer: object, gold: str | None) -> None:
    spec = specs.spec("sat").model_copy(update={"items": 1, "digest_of_items": None})
    row = {"problem": "p", "options": options, "answer": answer}
    if gold is None:
        with pytest.raises(CurateError, match="sat: row 1: "):
            items(spec, [row])
    else:
        assert items(spec, [row]).rows() == [
            ("0", "p\nAnswer Choices: (A) x (B) y (C) z", [gold], ["x", "y", "z"], "choice")
        ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"problem": "a \ud800 b", "answer": "1"}, "half of a surrogate pair"),
        ({"problem": "a", "answer": "\udfff"}, "half of a surrogate pair"),
        ({"problem": "a", "answer": 1, "id": "\ud800"}, "half of a surrogate pair"),
        ({"problem": ["a"], "answer": 1}, "has no problem"),
        ({"problem": {"a": 1}, "answer": 1}, "has no problem"),
        ({"problem": "a", "answer": {"a": 1}}, "has no answer"),
        ({"problem": "a", "answer": [{"a": 1}]}, "has no answer"),
    ],
)
def test_a_row_that_is_no_item_is_refused_in_a_line(row: dict[str, object], said: str) -> None:
    spec = specs.spec("math").model_copy(update={"items": 1, "digest_of_items": None})
    with pytest.raises(CurateError, match=f"math: row 1: .*{said}"):
        items(spec, [row])


def test_a_template_is_filled_line_by_line() -> None:
    spec = specs.spec("tabmwp").model_copy(update={"items": 1, "digest_of_items": None})
    table = {"table": "a | b\n1 | 2", "problem": "{table}?", "answer": "3"}
    for title, said in (("T", "T\na | b\n1 | 2\n{table}?"), (None, "a | b\n1 | 2\n{table}?")):
        assert items(spec, [{**table, "table_title": title}])["problem"].to_list() == [said]
    body = specs.spec("svamp").model_copy(update={"items": 1, "digest_of_items": None})
    for start, said in (
        ("Two cats", "Two cats. How many?"),
        ("Two cats.", "Two cats. How many?"),
        ("Two!", "Two! How many?"),
    ):
        assert items(body, [{"Body": start, "Question": "How many?", "Answer": 2.0}])["problem"].to_list() == [said]


def test_a_form_that_is_not_there_is_said_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/toy.yaml").write_text("about: Sums.\ncard: toy\nitems: 2\nshots: minerva-5\n")
    with pytest.raises(CurateError, match=r"toy\.yaml: shots: there is no form .*; did you mean 'minerva-4'"):
        specs.spec("toy", tmp_path)


def test_a_spec_that_changes_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    for count in (2, 3):
        (tmp_path / "benchmarks/toy.yaml").write_text(f"about: Sums.\ncard: toy\nitems: {count}\nshots: minerva-4\n")
        assert specs.spec("toy", tmp_path).items == count


MINE = "about: Sums.\ncard: toy\nitems: 2\nshots: FORM\nread: said\n"
FORM = """about: One sum.
asked: "Sum: {problem}\\nResult:"
stop: ["\\nSum:"]
examples:
  - {problem: 1 + 1, solution: The answer is 2., answer: "2"}
  - {problem: 2 + 1, solution: The answer is 3., answer: "3"}
"""


def own(project: Path, form: str = FORM, name: str = "sums-2") -> specs.Spec:
    """A project's own benchmark in a form of its own."""
    (project / "benchmarks/prompts").mkdir(parents=True, exist_ok=True)
    (project / "benchmarks/toy.yaml").write_text(MINE.replace("FORM", name))
    (project / f"benchmarks/prompts/{name}.yaml").write_text(form)
    return specs.spec("toy", project)


def test_a_benchmark_of_ones_own_is_asked_in_a_form_of_ones_own(tmp_path: Path) -> None:
    made = own(tmp_path)
    asked = items(made, [{"problem": "3 + 4", "answer": 7}, {"problem": "5 + 5", "answer": 10}])
    said = "Sum: 1 + 1\nResult: The answer is 2.\n\nSum: 2 + 1\nResult: The answer is 3.\n\nSum: 3 + 4\nResult:"
    assert prompting.prompts(made, asked, "few-shot")[0] == said
    assert prompting.settings(made, "few-shot") == {"max_tokens": 1024, "stop": ["\nSum:"], "chat": False}
    assert prompting.prompts(made, asked, "simple")[0] == "Question:3 + 4\nAnswer:"
    assert specs.names(tmp_path) == sorted([*specs.names(), "toy"]), "a form is no benchmark"


def test_a_form_that_changes_is_read_again_and_changes_what_is_asked(tmp_path: Path) -> None:
    first, again = own(tmp_path), own(tmp_path)
    other = own(tmp_path, FORM.replace("1 + 1", "0 + 2"))
    assert first.digest == again.digest != other.digest
    assert other.few_shot.examples[0].problem == "0 + 2"
    changes = {
        "about: One sum.": "about: Sums.",
        '["\\nSum:"]': '["\\n"]',
        "about": "max_tokens: 9\nabout",
        "- {p": "- {options: [a], p",
    }
    assert all(old in FORM for old in changes)
    assert [own(tmp_path, FORM.replace(*change, 1)).digest == first.digest for change in changes.items()] == [
        True,
        False,
        False,
        False,
    ]


def test_our_benchmarks_are_asked_in_our_forms_whatever_a_project_has(tmp_path: Path) -> None:
    own(tmp_path, name="words-8")
    assert specs.spec("gsm8k", tmp_path).digest == specs.spec("gsm8k").digest
    assert len(specs.spec("gsm8k", tmp_path).few_shot.examples) == 8
    assert len(specs.spec("toy", tmp_path).few_shot.examples) == 2, "a project's own form comes first"


def test_a_form_of_ones_own_that_is_wrong_is_refused_with_its_file(tmp_path: Path) -> None:
    for form, said in (
        (FORM.replace("{problem}", "x", 1), "must have {problem} in it"),
        (FORM.replace("{problem}", "{problem}{problem}", 1), "must have {problem} in it, once"),
        ("- x\n", "sums-2.yaml"),
    ):
        with pytest.raises(CurateError, match=re.escape(said)) as error:
            own(tmp_path, form)
        assert "\n" not in str(error.value)
    (tmp_path / "benchmarks/toy.yaml").write_text(MINE.replace("FORM", "sums-3"))
    with pytest.raises(CurateError, match=r"toy\.yaml: shots: there is no form .*; did you mean 'sums-2'"):
        specs.spec("toy", tmp_path)


def test_so_many_examples_are_shown_as_are_asked_for() -> None:
    whole = specs.spec("gsm8k")
    some = [whole.shown(n) for n in (0, 3, 8)]
    assert [len(one.few_shot.examples) for one in some] == [0, 3, 8]
    assert some[1].few_shot.examples == whole.few_shot.examples[:3]
    assert some[0].few_shot.before == "" and len({one.digest for one in some}) == 3
    assert some[2].digest == whole.digest, "all examples are what is asked anyway"
    with pytest.raises(CurateError, match=r"num_fewshot: gsm8k has 8 examples \(words-8\), not 9"):
        whole.shown(9)
    assert specs.spec("amc23").shown(4).digest == specs.spec("amc23").digest
