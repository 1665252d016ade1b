"""A step may ask for a page as it was read, however far from the reader it stands (`curate/as_read.py`)."""

from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError

SHORTEN = '''
import polars as pl
from curate.step import rewrite

@rewrite
def shorten(docs: pl.DataFrame) -> pl.Series:
    """The first two characters."""
    return docs["text"].str.slice(0, 2)
'''
WHOLE = '''
import polars as pl
from curate.step import rewrite

@rewrite(reads=["as_read"])
def whole(docs: pl.DataFrame, *, mark: str = "!") -> pl.Series:
    """The text as it was read, marked."""
    return docs["as_read"] + mark
'''
CUT = "{dedup: exact, keep_order: []}"
KEEP = "{keep: {some: \"text != 'zz'\"}}"
TEXTS = [f"{a}{b}-document" for a in "abcz" for b in "xyz"]


def made(project: Path, steps: str, more: str = "") -> pl.DataFrame:
    for folder in ("recipes", "steps/rewrite"):
        (project / folder).mkdir(parents=True, exist_ok=True)
    (project / "steps/rewrite/shorten.py").write_text(SHORTEN)
    (project / "steps/rewrite/whole.py").write_text(WHOLE)
    (project / "docs.jsonl").write_text("".join(f'{{"text": "{text}"}}\n' for text in TEXTS))
    (project / "recipes/r.yaml").write_text(
        f"recipe: r\ncorpora:\n  a: {{read: jsonl, files: docs.jsonl, steps: [{steps}]}}\n{more}"
    )
    recipe = curate.open("r", project=project)
    recipe.build()
    return recipe.sql("select * from documents where fate = 'kept'")


@pytest.mark.parametrize(
    "steps",
    [
        "{rewrite: whole}",
        "{rewrite: shorten}, {rewrite: whole}",
        f"{{rewrite: shorten}}, {KEEP}, {{rewrite: whole}}",
        f"{{rewrite: shorten}}, {CUT}, {{rewrite: whole}}",
        f"{{rewrite: shorten}}, {CUT}, {KEEP}, {{dedup: exact, as: again, keep_order: []}}, {{score: length}}, {{rewrite: whole}}",
        f"{{rewrite: shorten}}, {{rewrite: whole}}, {CUT}",
    ],
)
def test_a_step_sees_the_text_as_it_was_read(project, steps):
    kept = made(project, steps)
    assert {*kept["text"]} == {f"{t}!" for t in TEXTS if KEEP not in steps or not t.startswith("zz")}
    assert "as_read" not in kept.columns


def test_so_does_a_corpus_made_from_another(project):
    kept = made(
        project,
        f"{{rewrite: shorten}}, {CUT}",
        "  b: {from: a, steps: [{score: length}, {dedup: exact, as: again, keep_order: []}, {rewrite: whole}]}\n",
    )
    assert {*kept.filter(pl.col("corpus") == "a")["text"]} == {text[:2] for text in TEXTS}
    assert {*kept.filter(pl.col("corpus") == "b")["text"]} == {f"{text}!" for text in TEXTS}


def test_another_parameter_of_the_step_does_the_cut_not_again(project):
    steps = f"{{rewrite: shorten}}, {CUT}, {{rewrite: whole, mark: '%'}}"
    made(project, steps.replace("%", "?"))
    before = {n.name: n.plan_key for n in curate.open("r", project=project).planned.nodes.values()}
    assert {*made(project, steps)["text"]} == {f"{text}%" for text in TEXTS}
    after = {n.name: n.plan_key for n in curate.open("r", project=project).planned.nodes.values()}
    assert before["a/exact"] == after["a/exact"] and before["a/whole"] != after["a/whole"]


def test_a_cut_with_nobody_after_it_who_asks_carries_nothing(project):
    made(project, f"{{rewrite: shorten}}, {{rewrite: whole}}, {CUT}")
    plan = curate.open("r", project=project).planned
    assert "as_read" not in plan["a/exact"].schema and "carries" not in plan["a/exact"].own


def test_samples_traces_and_questions_do_not_show_it(project):
    made(project, f"{{rewrite: shorten}}, {CUT}, {KEEP}, {{rewrite: whole}}")
    recipe = curate.open("r", project=project)
    assert "as_read" not in recipe.sample("a/exact", 2).columns
    assert recipe.whatif("a", "some: text != 'ax'")
    with pytest.raises(CurateError, match="no column 'as_read'"):
        recipe.whatif("a", "some: as_read != 'ax'")
    assert recipe.trace(text="ax")


def test_made_documents_were_never_read(project):
    steps = "{synth: qa_pairs, model: teacher}, {rewrite: whole}"
    with pytest.raises(CurateError, match=r"r.yaml:3: a: rewrite.whole reads the text as it was read"):
        made(project, steps, "models: {teacher: {backend: symbolic}}\n")


def test_no_step_may_give_it(project):
    (project / "steps/score").mkdir(parents=True)
    (project / "steps/score/as_read.py").write_text(
        'import polars as pl\nfrom curate.step import score\n\n@score\ndef as_read(docs: pl.DataFrame) -> pl.Series:\n    """One."""\n'
        '    return docs["text"]\n'
    )
    with pytest.raises(CurateError, match="a name of ours"):
        made(project, "{score: as_read}")
