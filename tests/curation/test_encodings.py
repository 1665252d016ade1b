"""Each encoding of the conformance suite comes out as its text, once, and is counted; the document made of the suite is fresh."""

import polars as pl
import pytest

from curation.extract.html_math import html_math
from tests.curation.encodings import CASES, DOCS, Case, document, text_of


@pytest.mark.parametrize(("family", "case"), CASES, ids=[f"{family}: {case.name}" for family, case in CASES])
def test_an_encoding_comes_out_as_its_text(family: str, case: Case) -> None:
    assert text_of(case.html) == case.text


def test_every_formula_found_in_the_suite_is_kept() -> None:
    pages = html_math(pl.DataFrame({"id": [case.name for _, case in CASES], "text": [case.html for _, case in CASES]}))
    assert pages["formulas_found"].to_list() == pages["formulas_kept"].to_list()
    assert pages["formulas_found"].sum() > 80


def test_the_document_made_of_the_suite_is_fresh() -> None:
    assert DOCS.read_text("utf-8") == document(), "run python -m tests.curation.encodings --write"
