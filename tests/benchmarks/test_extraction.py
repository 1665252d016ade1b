"""The benchmark of extraction counts formulas and words as it says, and its tables hold every extractor."""

import pytest

from benchmarks import _extraction_sets as sets
from benchmarks.extraction import Careful, by_encoding, main_text, table

TEX = r"\frac{ab}{cd} = x^2"


def judged(text: str, *tex: str) -> tuple[int, int, int]:
    return sets.formulas(sets.Formulas("web: x", "", tex), text)


def test_a_formula_is_exact_garbled_or_lost() -> None:
    assert judged(r"where $\frac{ab}{cd}=x^2$.", TEX, "x") == (1, 1, 0)
    assert judged("where ab/cd = x2.", TEX) == (1, 0, 1)
    assert judged("where nothing stands", TEX) == (1, 0, 0)
    assert judged(rf"${TEX}$ and ${TEX}$", TEX) == (1, 1, 1)
    assert judged(rf"${TEX}$ and ${TEX}$", TEX, TEX) == (2, 2, 0)
    assert judged(rf"${TEX}+1$ and ${TEX}$", TEX, TEX + "+1") == (2, 2, 0)


def test_words_are_compared_without_markdown() -> None:
    assert sets.token_f1("see the site", "See [the site](https://x.y/z) ![](a.png)") == 1.0
    assert sets.token_f1("", "something") == 0.0
    assert sets.token_f1("a b c d", "a b") == pytest.approx(2 / 3)


def test_segments_count_as_in_the_evaluation_of_trafilatura() -> None:
    pages = [("in out", sets.MainText("", None, ("in", "missing"), ("out", "away")))]
    assert sets.segment_f1(pages)["f1"] == pytest.approx(0.5)


def test_two_pages_give_a_table_with_each_extractor() -> None:
    page = f'<p>Words of a text. <script type="math/tex">{TEX}</script></p>'
    texts = {"defuddle": [sets.MainText(page, "Words")] * 2, "trafilatura": [sets.MainText(page, None, ("Words",))] * 2}
    found = {}
    for name, extract in {"ours": lambda html: f"Words ${TEX}$", "failing": lambda html: str(1 / 0)}.items():
        careful = Careful(extract)
        row = by_encoding(
            careful, [sets.Formulas(f"{group}: kind", page, (TEX,)) for group in ("web", "suite", "crawl")]
        )
        found[name] = {
            "formulas": row,
            "text": main_text(careful, texts),
            "pages_per_second": 2.0,
            "failed": careful.failed,
        }
    shown = table({"extractors": found, "missing": {"other": ""}, "converters": {}})
    assert "| ours | 100.0 / 0.0 | 100.0 / 0.0 | 100.0 / 0.0 | 100.0 |" in shown
    assert "| failing | 0.0 / 0.0" in shown and "| 7 |" in shown
    assert "Not installed: other." in shown
