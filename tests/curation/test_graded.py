"""Documents whose grade follows from how they are made."""

import gzip
import json
from collections import Counter

import pytest

from curation.embedded.graded import FORMULA, MAKERS, answered, exercises, graded, key, lesson, lost, ordinary
from curation.synth.families._rng import Rng


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> list[dict]:
    folder = tmp_path_factory.mktemp("graded")
    graded(folder, documents=4000)
    return [json.loads(line) for line in gzip.decompress((folder / "graded.jsonl.gz").read_bytes()).splitlines()]


def test_every_grade_is_met_often_enough_to_learn_from(rows):
    found = Counter(row["grade"] for row in rows)
    assert sorted(found) == [0, 1, 2, 3, 4, 5] and min(found.values()) > len(rows) * 0.07


def test_a_document_says_when_it_was_written_and_later_ones_are_more_and_better(rows):
    assert all(row["dump"].startswith(f"embedded-{row['date'][:4]}-") for row in rows)
    early, late = ([row["grade"] for row in rows if (row["date"] >= "2020") is late] for late in (False, True))
    assert len(late) > len(early) and sum(late) / len(late) > sum(early) / len(early) + 0.5


def test_what_is_useless_has_no_formula_and_what_is_useful_has_some(rows):
    with_formula = {g: [bool(FORMULA.search(row["text"])) for row in rows if row["grade"] == g] for g in range(6)}
    assert not any("$\\" in row["text"] or "\\frac" in row["text"] for row in rows if row["grade"] == 0)
    assert all(sum(with_formula[grade]) > 0.8 * len(with_formula[grade]) for grade in (4, 5))


def test_the_grade_follows_from_what_stands_on_the_page():
    for n in range(60):
        page, grade = lesson(Rng("lesson", n))
        kinds = {block[0] for block in page.blocks}
        assert grade == 5 or 3 <= grade <= 4
        assert grade < 5 or {"label", "numbered"} <= kinds
        page, grade = exercises(Rng("sheet", n))
        assert grade == (4 if "label" in {block[0] for block in page.blocks} else 3)
        assert ordinary(Rng("prose", n))[1] == 0 and answered(Rng("thread", n))[1] == 3 and key(Rng("key", n))[1] == 1


def test_notes_that_lost_their_formulas_have_none_left():
    for n in range(40):
        page, grade = lost(Rng("lost", n))
        assert grade == 2 and "$" not in page.title + "".join(str(block) for block in page.blocks)


def test_every_maker_gives_the_same_page_twice():
    for maker in {*MAKERS}:
        assert maker(Rng("page", maker.__name__)) == maker(Rng("page", maker.__name__))
