"""The report on decontamination: what is planted is what its kind says, the rules of others decide as theirs do, and counts are right."""

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import _decontam_leaks as leaks
from benchmarks import _decontam_methods as methods
from benchmarks import _decontam_sets as sets
from benchmarks import decontamination as report
from benchmarks._decontam_leaks import Item, Leak
from benchmarks._decontam_methods import Found, Ours, Words
from benchmarks._decontam_sets import Page

ROOT = Path(__file__).resolve().parents[2]
TRAIN = Item(
    "b", "b/0", "A train leaves the station at 9 in the morning and travels at 60 kilometres per hour for 12 hours. How far does it go?",
    "720", "In 12 hours at 60 kilometres per hour it goes 12 times 60, which is 720 kilometres in all.",
)  # fmt: skip
FORMULA = Item(
    "b", "b/1", r"Let $f(x)=\frac{x^2-5x+6}{x-2}$ for $x \ne 2$. Find the sum of all x with which it is at least $\dfrac{1}{2}$ or 7.",
    "3", "",
)  # fmt: skip
SHORT = Item("b", "b/2", r"What is $17+25\cdot 2$?", "67", "")
CHINESE = Item("b", "b/3", "已知圆的半径为五厘米求这个圆的面积和周长分别是多少", "", "")
PAGE = "The weather was fine.\nNobody went out, which was a pity.\nIn the evening it rained."
WORDS = st.lists(
    st.sampled_from(["a", "line", "$x+y$", r"\frac{1}{2}", "7", "12.5", "(b)", "end."]), min_size=1, max_size=40
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    path = tmp_path_factory.mktemp("items") / "b.jsonl.gz"
    with gzip.open(path, "wt") as out:
        for item in (TRAIN, FORMULA, SHORT, CHINESE):
            row = item._asdict() | {"solution": item.solution or None}
            out.write(json.dumps(row) + "\n")
    return [path]


def item(problem: str) -> Item:
    return Item("b", "b/x", problem, "1", "")


# ---- what is planted ---------------------------------------------------------------------------------------------------------


@given(WORDS)
def test_another_layout_changes_no_word_and_no_number(words: list[str]) -> None:
    made = leaks.layout(item(" ".join(words)))
    if made is not None:
        bare = (
            made.translate(str.maketrans("", "", "$\\()[]{} "))
            .replace("dfrac", "frac")
            .replace("left", "")
            .replace("right", "")
        )
        assert bare == " ".join(words).translate(str.maketrans("", "", "$\\()[]{} "))


def test_another_layout_is_another_layout_and_is_balanced() -> None:
    made = leaks.layout(FORMULA)
    assert made is not None and "$" not in made
    assert r"\dfrac{x^2-5x + 6}{x-2}" in made and r" \frac{1}{2}" in made, (
        "fractions change their name, sums their blanks"
    )
    assert made.count(r"\left") == made.count(r"\right") and r"\neq" in made
    assert leaks.layout(TRAIN) is None


@given(WORDS)
def test_case_and_white_space_are_all_that_changes(words: list[str]) -> None:
    made = leaks.case_and_space(item(" ".join(words))) or ""
    assert made.lower().split() == " ".join(words).lower().split()
    assert r"\FRAC" not in made


def test_a_truncated_item_is_its_beginning() -> None:
    for share in (0.75, 0.5):
        made = leaks._truncated(share)(TRAIN._replace(problem=TRAIN.problem * 2)) or ""
        assert (TRAIN.problem * 2).startswith(made) and len(made.split()) == round(
            share * len((TRAIN.problem * 2).split())
        )
    assert leaks._truncated(0.5)(SHORT) is None


@given(WORDS)
def test_swapped_numbers_are_others_of_the_same_length_and_all_else_stays(words: list[str]) -> None:
    given_ = item(" ".join(words))
    for prose in (True, False):
        made = leaks._numbers(prose)(given_)
        if made is not None:
            assert [*map(len, made.split())] == [*map(len, given_.problem.split())]
            before, after = leaks.NUMBER.findall(given_.problem), leaks.NUMBER.findall(made)
            assert len(before) == len(after) >= 2 and not any(a == b for a, b in zip(before, after, strict=True))
            assert leaks.NUMBER.sub("#", made) == leaks.NUMBER.sub("#", given_.problem)


def test_exponents_and_indices_are_no_numbers_and_prose_has_no_tex() -> None:
    assert leaks.NUMBER.findall(r"$x^2 + x^{3} - a_1 + a_{12} = 40$, 7.5 of 1,450 and x2") == ["40", "7.5"]
    prose, formulas = leaks._numbers(prose=True), leaks._numbers(prose=False)
    assert prose(TRAIN) and not formulas(TRAIN)
    assert formulas(FORMULA) and not prose(FORMULA)
    assert prose(item("He pays $5 and then $7 more, or 12 in all.")), "dollars are no formulas"


def test_entities_unescape_to_the_item() -> None:
    import html

    made = leaks.entities(item('Is "a < b" & b > 3 for all a and b there?')) or ""
    assert "&lt;" in made and "&quot;" in made and "&nbsp;" in made
    assert html.unescape(made).replace("\xa0", " ") == 'Is "a < b" & b > 3 for all a and b there?'


def test_every_twelfth_word_is_left_out() -> None:
    words = [f"w{n}" for n in range(1, 31)]
    made = (leaks.words_left_out(item(" ".join(words))) or "").split()
    assert made == [word for word in words if word not in ("w12", "w24")]


def test_the_solution_is_planted_only_where_there_is_one() -> None:
    assert leaks.solution_alone(TRAIN) == TRAIN.solution
    assert leaks.with_solution(TRAIN) == f"{TRAIN.problem}\n\n{TRAIN.solution}"
    assert leaks.solution_alone(SHORT) is None is leaks.with_solution(SHORT)
    assert leaks.with_answer(SHORT) == f"{SHORT.problem}\n\nAnswer: 67" and leaks.with_answer(CHINESE) is None


@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="xy", min_size=1, max_size=9))
def test_a_page_keeps_all_of_its_text_around_the_leak(page: str, text: str) -> None:
    made = leaks.inserted(page, text)
    before, after = made.split(f"\n\n{text}\n\n")
    assert f"{before}{after}".replace("\n", "") == page.replace("\n", "")
    assert page.startswith(before)


def test_leaks_are_of_the_kinds_and_bands_that_they_say_and_the_same_each_time() -> None:
    every = [TRAIN, FORMULA, SHORT, CHINESE]
    made = leaks.leaks(every, [PAGE], 5)
    assert made == leaks.leaks([*reversed(every)], [PAGE], 5)
    assert all(leak.text.startswith("The weather") and leak.text.endswith("it rained.") for leak in made)
    kinds = Counter(leak.kind for leak in made)
    assert kinds["question"] == 2 and kinds["solution alone"] == 1 and kinds["Chinese question"] == 1
    assert {leak.item.id for leak in made if "short" in leak.kind} == {SHORT.id}
    assert SHORT.words in leaks.BANDS["1 to 4 words"]
    assert not {CHINESE.id, SHORT.id} & {leak.item.id for leak in made if leak.kind == "question"}


# ---- texts ------------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1500), max_size=6))
def test_pieces_have_at_most_600_words_and_all_of_the_text(lengths: list[int]) -> None:
    text = "\n".join(" ".join(["word"] * length) for length in lengths)
    made = [*sets.pieces(text)]
    assert all(len(piece.split()) <= sets.WORDS for piece in made)
    assert sum(len(piece.split()) for piece in made) == sum(lengths)


def test_a_solution_in_parts_is_one_text_and_a_number_is_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl.gz"
    with gzip.open(path, "wt") as out:
        out.write(json.dumps({"id": 4, "problem": "Why?", "answer": 27.0, "solution": ["a", "b"]}) + "\n")
        out.write(json.dumps({"id": 5, "problem": None}) + "\n")
    assert sets.items([path]) == [Item("c", "4", "Why?", "27.0", "a\nb")]


# ---- rules ------------------------------------------------------------------------------------------------------------------


def judged(method: methods.Method, files: Sequence[Path], *texts: str) -> list[bool]:
    method.build(files)
    return [one is not None for one in method.judge(texts)]


def test_thirteen_words_in_a_row_are_a_leak_and_twelve_are_not(files: list[Path]) -> None:
    words = TRAIN.problem.split()
    assert judged(Words(), files, " ".join(words[:13]).upper(), " ".join(words[:12]), SHORT.problem) == [
        True,
        False,
        False,
    ]


def test_ours_is_the_step_with_its_own_clause(files: list[Path]) -> None:
    assert judged(Ours(), files, leaks.inserted(PAGE, TRAIN.problem), leaks.inserted(PAGE, FORMULA.problem), PAGE) == [
        True,
        True,
        False,
    ]
    ours = Ours()
    ours.build(files)
    assert ours.judge([]) == []
    found = ours.judge([TRAIN.problem])[0]
    assert found is not None and found.item == "b/0" and found.share == 1.0 and "train leaves" in found.span


def test_megamath_finds_questions_and_solutions_and_numbers_alike(files: list[Path]) -> None:
    pytest.importorskip("datatrove")
    other = TRAIN.problem.replace("60", "75").replace("12", "8").upper()
    assert judged(methods.MegaMath(), files, TRAIN.solution, other, PAGE) == [True, True, False]


def test_the_published_stop_hides_what_follows_a_rule_of_dashes(files: list[Path]) -> None:
    pytest.importorskip("datatrove")
    text = f"{'- ' * 20}\n{TRAIN.problem}"
    assert judged(methods.MegaMath(stops=True), files, text, TRAIN.problem) == [False, True]
    assert judged(methods.MegaMath(), files, text) == [True], "where punctuation is removed first there is no such gram"


def test_datatrove_wants_the_gold_unless_it_is_told_to_look_for_questions(files: list[Path]) -> None:
    pytest.importorskip("datatrove")
    pytest.importorskip("spacy")
    both = f"{TRAIN.problem} {TRAIN.solution}"
    assert judged(methods.Datatrove(questions=False), files, TRAIN.problem, both, PAGE) == [False, True, False]
    assert judged(methods.Datatrove(questions=True), files, TRAIN.problem, PAGE) == [True, False]


def test_what_is_not_installed_is_said_and_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert methods.absent(methods.OURS, None) is None is methods.absent("13 words", None)
    assert "--decon" in (methods.absent("decon", None) or "")
    assert methods.absent("decon", "/bin/false") == "/bin/false has no decon"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert methods.absent("MegaMath", None) == "datatrove is not installed"


# ---- counts -----------------------------------------------------------------------------------------------------------------


class Scripted:
    """Finds what has the word `leak`."""

    def build(self, files: Sequence[Path]) -> None: ...

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        return [Found("b/0", text) if "leak" in text else None for text in texts]


def test_pairs_are_counted_by_type_and_by_group() -> None:
    given_ = {kind: [Page("a", "leak"), Page("b", "none")] for kinds in sets.GROUPS.values() for kind in kinds}
    made = report.pairs(Scripted(), given_)
    assert made["groups"]["numbers swapped"] == {"found": 4, "of": 8, "interval": report.wilson(4, 8)}
    assert made["types"]["llm_rephrase"]["found"] == 1
    assert [hit["id"] for hit in made["hits"]] == ["a"]


def test_items_among_prompts_are_told_from_the_others() -> None:
    problems = [Page("0", "leak"), Page("1", "plain"), Page("2", "leak too"), Page("3", "other")]
    made = report.prompts(Scripted(), problems, report.equal(problems, [item("leak"), item("plain")]))
    assert made["items"]["found"] == 1 and made["items"]["of"] == 2 and made["missed"] == ["1"]
    assert made["others"]["found"] == 1 and [hit["id"] for hit in made["hits"]] == ["2"]


def test_a_page_that_quotes_an_item_is_not_false(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "QUOTED", {"a": "an exercise of AIME"})
    made = report.clean(Scripted(), [Page("a", "leak"), Page("b", "leak"), Page("c", "none")])
    assert (made["false"], made["quoted"], made["documents"]) == (1, 1, 3)


def test_planted_leaks_are_counted_by_kind() -> None:
    made = report.planted(Scripted(), [Leak("x", TRAIN, "leak"), Leak("x", TRAIN, "no"), Leak("y", TRAIN, "leak")])
    assert (made["x"]["found"], made["x"]["of"], made["y"]["found"]) == (1, 2, 1)


def test_stock_pages_hold_identities_and_phrases() -> None:
    stock = sets.stock()
    assert len({page.id for page in stock}) == len(stock) > 300
    assert any(r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}" in page.text for page in stock)


def test_without_real_data_it_says_so_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.decontamination", "--data", str(tmp_path)]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=here, capture_output=True, text=True)
    assert ran.returncode == 2 and ran.stderr.startswith("no real data at ") and ran.stderr.count("\n") == 1
