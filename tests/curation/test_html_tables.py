"""Cells of HTML tables in the columns where a browser shows them."""

from hypothesis import given
from hypothesis import strategies as st

from curation.extract._tables import Cell, _grid
from tests.curation.hostile import Attack, extract, judged

CELLS = st.tuples(st.sampled_from(["", "a", "b"]), st.integers(1, 4), st.integers(1, 4))


def laid_out(rows: list[list[Cell]], budget: int) -> list[list[str]]:
    """The grid one place at a time, as the HTML standard forms a table; the budget takes columns from wide cells, never from gaps."""
    covered: dict[tuple[int, int], bool] = {}
    grid = []
    for number, row in enumerate(rows):
        line: list[str] = []
        for text, wide, high in row:
            while covered.get((number, len(line))):
                line.append("")
            wide = max(1, min(wide, budget))
            budget -= wide
            for column in range(len(line), len(line) + wide):
                if high > 1:
                    covered.update(((below, column), below < number + high) for below in range(number, len(rows)))
            line += [text] + [""] * (wide - 1)
        grid.append(line)
    return [line for line in grid if any(line)]


@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8), budget=st.integers(0, 100))
def test_cells_stand_where_they_are_shown(rows: list[list[Cell]], budget: int) -> None:
    given, shown = _grid(rows, budget), laid_out(rows, budget)
    room = 2 * budget
    for line, whole in zip(given, shown, strict=True):
        room -= len(whole)
        assert line == whole if room >= 0 else [text for text in line if text] == [text for text in whole if text]


def test_thousands_of_tall_cells_take_no_time_that_grows_with_their_square() -> None:
    page = "<table><tr><td>a<td>b" + "<tr><td colspan=4 rowspan=1000>" * 6000 + "</table>"
    assert judged("html_math", Attack("", page), seconds=1.0) == []


def test_a_stair_of_tall_cells_makes_no_text_that_grows_with_its_square() -> None:
    page = "<table><tr><td>a<td>b" + "<tr><td colspan=4 rowspan=1000>word" * 3000 + "</table>"
    text = extract("html_math", page)["text"][0]
    assert text.count("word") == 3000
    assert len(text) < 3 * len(page)
