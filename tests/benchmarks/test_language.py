"""The benchmark of languages counts what is kept on each view, and says where data is absent."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks import language as benchmark
from curation.score.language import by_profiles

ENGLISH = (
    "The sum of two numbers is even when both of them are, and this is what we wanted to show in the first place. "
)
GERMAN = "Die Summe zweier Zahlen ist gerade, wenn beide es sind, und genau das wollten wir am Anfang einmal zeigen. "


def test_formulas_and_code_are_seen_on_the_text_alone() -> None:
    texts = pl.Series([ENGLISH + "$x^2$ numpy.dot(a,b)", GERMAN])
    seen = {title: view(texts) for title, view in benchmark.VIEWS.items()}
    assert ["x^2" in view[0] for view in seen.values()] == [True, False, False]
    assert ["numpy" in view[0] for view in seen.values()] == [True, True, False]
    assert {benchmark.share(by_profiles, view) for view in seen.values()} == {0.5}


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--data", str(tmp_path)]) == 2
    assert "there is no real data at" in capsys.readouterr().err
