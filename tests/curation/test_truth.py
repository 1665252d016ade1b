"""Every step of the embedded recipes is measured against the truth of the crawl, and must not fall below what it has reached.

The floors are for 1,200 pages, a little below what was measured. Where a later step is to do better, its floor is to be raised.
"""

import os
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from curation.embedded._math import ENCODINGS
from curation.embedded._truth_formulas import formulas_in, found

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
PAGES = 1200
RECIPE = f"""
recipe: measured
extends: hybrid
corpora:
  web: {{files: "embedded:crawl?pages={PAGES}"}}
mixture: null
tokenizer: null
train: null
expect: []
"""
CHOSEN = """
recipe: {name}
extends: {name_of}
corpora:
  web: {{files: "embedded:crawl?pages={pages}"}}
"""
EXTRACT = ("extract.html_math", "extract.html_clean")
PROSE = ("enough_prose", "sentences", "plain_words", "whole_lines")
FLOORS = {
    ("web", "repeat", "captured once more"): (1.0, 1.0),
    ("web", "extract.html_math", "words of the main text"): (0.9, 0.995),
    ("web", "extract.html_clean", "words of the main text"): (0.985, 0.99),  # the numbers of lists are none of the truth
    **{("web", step, "formulas"): (None, 0.998) for step in EXTRACT},
    **{("web", step, f"formulas as {encoding}"): (None, 0.98) for step in EXTRACT for encoding in ENCODINGS},
    ("web", "keep english", "in English"): (0.99, 0.98),
    ("web", "keep not_repetitive", "no keyword spam"): (0.98, 0.99),
    ("web", "keep perhaps_mathematical", "mathematics, of English pages"): (0.84, 0.99),  # six seeds of the classifier: 0.849 to 0.888
    ("web", "keep mathematical", "mathematics, of English pages"): (0.95, 0.98),
    **{("web", f"keep {clause}", "worth reading, of English pages"): (0.95, 0.99) for clause in PROSE},
    ("web", "keep no_boilerplate", "no spam or boilerplate, of English pages"): (0.97, 0.99),
    ("web-pro", "keep useful", "useful for learning mathematics, of English pages"): (0.98, 0.6),
    ("web-pro-max", "keep recalled", "useful for learning mathematics, of English pages"): (0.98, 0.75),
    ("web", "keep unique", "exact copies"): (1.0, 1.0),
    ("web", "keep near_unique", "near copies, Jaccard >= 0.75"): (0.7, 0.7),
    ("web", "keep clean", "leaks of the benchmark"): (0.4, 0.9),
    ("web", "keep near_unique", "near copies as extracted, Jaccard >= 0.75"): (0.6, 0.6),
    ("web", "keep clean", "leaks, verbatim"): (None, 0.8),
    ("web", "keep clean", "leaks, reformatted"): (None, 0.9),
    ("web", "keep clean", "leaks, short"): (None, 0.9),
    ("web", "all", "kept: English mathematics, one page of each group"): (0.9, 0.9),
    ("qa", "rewrite.qa_refine", "answers"): (0.94, None),  # one model alone, which slips where a page gives no answer
    ("qa", "all", "answers that are kept"): (1.0, 0.99),
    ("qa", "synth.qa_pairs", "questions on kept pages"): (None, 0.85),
    ("cot", "verify.math_answer", "chains that end right"): (1.0, 0.999),
    ("short", "verify.math_answer", "chains that end right"): (1.0, 0.999),
}  # fmt: skip
"""Corpus, step and claim: the least precision and recall."""
EXEMPT = {
    ("web", "keep clean", "leaks, swapped"): "other numbers are no leak of the item; a clause may take them or not"
}


CHOICES = ("web-pro", "web-pro-max")
"""Recipes that choose among the pages of `web`; measured with CURATE_TEST_ALL=1."""
MEASURED = {claim: floor for claim, floor in FLOORS.items() if ALL or claim[0] not in CHOICES}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict]:
    folder = tmp_path_factory.mktemp("measured")
    (folder / "recipes").mkdir()
    (folder / "recipes/measured.yaml").write_text(RECIPE)
    for name in CHOICES:
        (folder / f"recipes/{name}-here.yaml").write_text(CHOSEN.format(name=f"{name}-here", name_of=name, pages=PAGES))
    found = {}
    for name in ("measured", *(f"{name}-here" for name in CHOICES if ALL)):
        recipe = curate.open(name, project=folder)
        recipe.build()
        claims = [row for row in recipe.truth() if row["corpus"] != "graded-sample"]  # the same steps as those of `web`
        found |= {(row["corpus"], row["step"], row["claim"]): row for row in claims}
    return found


@pytest.mark.parametrize("claim", MEASURED, ids=": ".join)
def test_a_step_is_as_right_as_it_was(measured, claim):
    row, (precision, recall) = measured[claim], FLOORS[claim]
    assert row["of"] > 0
    assert precision is None or row["precision"] >= precision, row
    assert recall is None or row["recall"] >= recall, row


def test_every_claim_has_a_floor_or_a_reason_to_have_none(measured):
    assert measured.keys() == MEASURED.keys() | EXEMPT.keys()


def test_every_claim_has_its_figures_between_zero_and_one(measured):
    for row in measured.values():
        assert all(value is None or 0 <= value <= 1 for value in (row["precision"], row["recall"])), row


def test_a_recipe_without_known_truth_says_so(project: Path):
    (project / "recipes").mkdir()
    (project / "recipes/plain.yaml").write_text(
        "recipe: plain\ncorpora:\n  a: {read: jsonl, files: 'embedded:general?documents=5'}\n"
    )
    with pytest.raises(CurateError, match="reads nothing whose truth is known"):
        curate.open("plain").truth()


def test_what_is_not_built_is_not_measured(project: Path):
    with pytest.raises(CurateError, match="is not built yet"):
        curate.open("web").truth()


def test_a_worse_extraction_is_measured_as_worse(project: Path):
    """The measure can fail: without formulas put back, their recall drops."""
    (project / "recipes").mkdir()
    (project / "steps/extract").mkdir(parents=True)
    (project / "steps/extract/html_math.py").write_text(
        '"""Text without any care for formulas."""\n\nimport polars as pl\n\nfrom curate.step import rewrite\n\n\n@rewrite\n'
        'def html_math(docs: pl.DataFrame) -> pl.Series:\n    """Tags cut out."""\n'
        '    return docs["text"].str.replace_all(r"(?s)<script.*?</script>|<[^>]*>", " ")\n'
    )
    (project / "recipes/bad.yaml").write_text(
        "recipe: bad\ncorpora:\n  web: {read: warc, files: 'embedded:crawl?pages=200', steps: [{extract: html_math}]}\n"
    )
    recipe = curate.open("bad", project=project)
    recipe.build()
    rows = {row["claim"]: row for row in recipe.truth()}
    assert rows["formulas"]["recall"] < 0.6
    assert rows["formulas as mathjax2"]["recall"] == 0


MINE = """
from curate.step import generate

MEASURE = "how_right"


@generate
def mine(out, *, seed: int = 0):
    \"\"\"Two documents.\"\"\"
    (out / "a.jsonl").write_text('{"text": "one"}\\n{"text": "two"}\\n')
    return {"suffixes": [".jsonl"]}
"""
HOW_RIGHT = """
from curate.truth import Claim


def measure(recipe, folder, node):
    read = recipe.sql("select count(*) from documents").item()
    return [Claim("a", "read", "documents", None, read / 2, 2)]
"""


@pytest.mark.parametrize("measure", [HOW_RIGHT, "", None])
def test_a_generator_of_ones_own_may_bring_a_measure(project: Path, measure):
    for folder in ("recipes", "steps/embedded"):
        (project / folder).mkdir(parents=True)
    (project / "steps/embedded/mine.py").write_text(MINE)
    if measure is not None:
        (project / "steps/embedded/how_right.py").write_text(measure)
    (project / "recipes/own.yaml").write_text("recipe: own\ncorpora:\n  a: {read: jsonl, files: 'embedded:mine'}\n")
    recipe = curate.open("own", project=project)
    recipe.build()
    if measure:
        assert [row["recall"] for row in recipe.truth()] == [1.0]
    else:
        with pytest.raises(CurateError, match="has no function `measure`"):
            recipe.truth()


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("an $x + 1$ and $$y$$", ["x+1", "y"]), (r"\(a\) and \[b = c\]", ["a", "b=c"]), ("costs 5", []),
        (r"${\displaystyle \frac{1}{2}}$", [r"\frac{1}{2}"]),
    ],
)  # fmt: skip
def test_formulas_are_found_whatever_their_delimiters(text, formulas):
    assert sorted(formulas_in(text).elements()) == sorted(formulas)


@pytest.mark.parametrize(
    ("encoding", "tex", "text", "there"),
    [
        ("dollar", "x^2 + 1", "so $x^2+1$", True), ("dollar", "x^2 + 1", "so $x^{2}+1$", False),
        ("mathml-bare", r"x^2 \le 1", r"so $x^{2}\leq 1$", True), ("mathml-bare", "x^2 + 1", "so $x^{2+1}$", False),
        ("mathjax3", r"\frac{a}{b}", r"$\frac ab$", True), ("mathjax3", r"\frac{a}{b}", "$ab$", False),
        ("supsub", "x_{n+1} = 2", "x_{n + 1} = 2", True), ("supsub", "x_{n+1} = 2", "x_{n} + 1 = 2", False),
        ("unicode", "x^2 + y_1", "x² + y_{1}", True), ("unicode", "x^2 + y_1", "x2 + y1", False),
    ],
)  # fmt: skip
def test_a_formula_is_found_in_any_spelling_and_in_no_other_meaning(encoding, tex, text, there):
    assert found(text, [tex, "x"], encoding) == (int(there), 1)


def test_each_formula_of_a_page_is_looked_for_once():
    assert found("$a+b$ and $a + b$", ["a + b"] * 3, "dollar") == (2, 3)
    assert found("x^{2} = 4 and x^{2} = 49", ["x^2 = 49", "x^2 = 4", "x^2 = 4"], "supsub") == (2, 3)


def test_rows_are_fit_for_a_table(measured):
    frame = pl.DataFrame([*measured.values()])
    assert frame.columns == ["corpus", "step", "claim", "precision", "recall", "of"]


def test_a_recipe_that_is_only_half_built_is_not_measured(project: Path):
    (project / "recipes").mkdir()
    text = "recipe: {}\ncorpora:\n  web: {{read: warc, files: 'embedded:crawl?pages=20', steps: [{{extract: html_math}}{}]}}\n"
    (project / "recipes/one.yaml").write_text(text.format("one", ""))
    (project / "recipes/two.yaml").write_text(text.format("two", ", {score: length}"))
    curate.open("one", project=project).build()
    with pytest.raises(CurateError, match="web is not built yet"):
        curate.open("two", project=project).truth()


def test_a_step_is_known_by_what_it_is_and_not_by_its_name(project: Path):
    (project / "recipes").mkdir()
    (project / "recipes/named.yaml").write_text(
        "recipe: named\ncorpora:\n  web:\n    read: warc\n    files: 'embedded:crawl?pages=200'\n    steps:\n"
        "      - extract: html_math\n      - dedup: exact\n        as: same\n        keep_order: []\n"
    )
    recipe = curate.open("named", project=project)
    recipe.build()
    claims = {row["claim"]: row for row in recipe.truth()}
    assert claims["exact copies"]["precision"] == claims["exact copies"]["recall"] == 1.0


@pytest.mark.parametrize(
    ("step", "setting"),
    [("minhash", "ngram: -1"), ("minhash", "threshold: 2"), ("minhash", "bands: 100000"), ("ngram", "n: 0"), ("ngram", "least: 2")],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused_before_anything_runs(project: Path, step, setting):
    verb, more = ("dedup", "") if step == "minhash" else ("decontaminate", "\n        against: [embedded-bench]")
    (project / "recipes").mkdir()
    (project / "recipes/odd.yaml").write_text(
        f"recipe: odd\ncorpora:\n  a:\n    read: jsonl\n    files: 'embedded:general?documents=5'\n    steps:\n"
        f"      - {verb}: {step}{more}\n        {setting}\n"
    )
    with pytest.raises(CurateError, match=rf"odd.yaml:\d+: .*{setting.partition(':')[0]}"):
        curate.open("odd", project=project).build()
