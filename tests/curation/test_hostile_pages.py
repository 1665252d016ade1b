"""No page breaks an extractor: none raises, hangs, eats the memory, forges our marks, or keeps more formulas than it has.

Which mutated pages are tried is drawn from the commit that is tested; CURATE_TEST_ALL=1 tries 10,000, of the real pages too, and larger
bombs. A page that fails is made again by `attack(number, seeds, commit)`; `python -m tests.curation.hostile` looks for more.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curation.read.warc import warc
from tests.curate.test_faults import commit
from tests.curation.bombs import BOMBS, bomb
from tests.curation.hostile import MUTATORS, PIECES, Attack, attack, extract, judged, own_pages

STEPS = ("html_math", "html_clean")
FAST = {"html_math": 100, "html_clean": 30}
"""Mutated pages of each extractor in the fast set; the clean stage is some ten times slower."""


@pytest.fixture(scope="module")
def seeds() -> list[str]:
    for name in STEPS:
        extract(name, "<p>x</p>")  # what is loaded at first use is nobody's fault
    return own_pages(40)


def failures(name: str, attacks: Iterable[Attack]) -> list[tuple[str, list[str]]]:
    judgements = ((attacked.name, judged(name, attacked)) for attacked in attacks)
    return [(title, wrong) for title, wrong in judgements if wrong]


@pytest.mark.parametrize("name", STEPS)
def test_mutated_pages_break_nothing(name: str, seeds: list[str]) -> None:
    assert failures(name, (attack(n, seeds, commit()) for n in range(FAST[name]))) == []


@pytest.mark.parametrize("name", STEPS)
def test_small_bombs_break_nothing(name: str) -> None:
    size = {"html_math": 20_000, "html_clean": 3_000}[name]
    assert failures(name, (Attack(title, bomb(title, size)) for title in BOMBS)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("title", list(BOMBS))
def test_a_bomb_of_a_megabyte_breaks_nothing(name: str, title: str) -> None:
    assert judged(name, Attack(title, bomb(title, 1_000_000))) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_mutated_pages_break_nothing(name: str, part: int, seeds: list[str], shared: Path) -> None:
    real = pages(shared / "warc" / "math_web_dev.warc.gz")
    numbers = range(part * 1000, part * 1000 + 1000)
    assert failures(name, (attack(n, [*seeds, *real], commit()) for n in numbers)) == []


MADE = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(
            "p div span td tr table li sup sub math mi mo mn mrow mfrac a b em pre code script svg".split()
        ).flatmap(lambda tag: st.sampled_from([f"<{tag}>", f"</{tag}>", f"<{tag} class='math katex' alttext='x'>"])),
        st.text(max_size=8),
        st.sampled_from(
            [
                "$x^2$",
                "\\(a",
                "b\\)",
                "\\frac{1}{2}",
                "word ",
                "x_1",
                "`x/y`",
                "²",
                "𝑥",
                "\\begin{align}a&=b\\end{align}",
            ]
        ),
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize("name", STEPS)
@given(html=MADE)
def test_made_html_breaks_nothing(name: str, html: str) -> None:
    assert judged(name, Attack("", html.encode(errors="replace").decode())) == []


def pages(archive: Path) -> list[str]:
    """Texts of an archive; none of one that is no archive at all."""
    try:
        return pl.concat([frame.select("text") for frame in warc(str(archive))])["text"].drop_nulls().to_list()
    except CurateError:
        return []


@pytest.mark.parametrize("name", STEPS)
def test_every_page_of_the_awkward_archives_is_extracted(name: str, shared: Path) -> None:
    archives = sorted(path for path in (shared / "warc" / "edge").rglob("*") if path.is_file())
    found = [Attack(path.name, html) for path in archives for html in pages(path)]
    assert len(found) > 100
    assert failures(name, found) == []


@pytest.mark.slow
def test_every_real_page_goes_through_the_clean_stage(shared: Path) -> None:
    found = pages(shared / "warc" / "math_web_dev.warc.gz")
    assert len(found) == 583
    assert failures("html_clean", (Attack(str(i), html) for i, html in enumerate(found))) == []


def test_attacks_are_the_same_wherever_they_are_made(seeds: list[str]) -> None:
    assert attack(7, seeds, "a") == attack(7, seeds, "a") != attack(7, seeds, "b")
    assert {name for n in range(300) for name in attack(n, seeds).name.partition(" ")[2].split("+")} >= {
        mutate.__name__ for mutate in MUTATORS
    }


def test_the_judge_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: dict[str, dict[str, object]] = {
        "": {"text": "a", "formulas_found": 1, "formulas_kept": 1},
        "in text": {"text": "\ue0f0", "formulas_found": 0, "formulas_kept": 0},
        "in title": {"text": "", "title": "\x07", "formulas_found": 0, "formulas_kept": 0},
        "keeps 2 formulas of 1": {"text": "", "clean_formulas_found": 1, "clean_formulas_kept": 2},
        "no text": {"text": None, "formulas_found": 1, "formulas_kept": 1},
        "a text": {"text": "", "formulas_found": None, "formulas_kept": None},
    }
    for said, row in rows.items():
        monkeypatch.setattr(
            "tests.curation.hostile.extract", lambda name, html, row=row: pl.DataFrame([row], infer_schema_length=None)
        )
        found = judged("html_math", Attack("", ""))
        assert [said in one for one in found] == [True] * bool(said)
    monkeypatch.setattr("tests.curation.hostile.extract", lambda name, html: 1 / 0)
    assert judged("html_math", Attack("", "")) == ["raises ZeroDivisionError: division by zero"]
