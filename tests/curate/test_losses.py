"""`show` says what steps found in documents and lost on the way to their texts."""

import json

import pytest
from click.testing import CliRunner

import curate
from curate.cli import cli

STEP = '''
import polars as pl
from curate.step import score

@score
def vowels(docs: pl.DataFrame) -> pl.DataFrame:
    """How many vowels there are, and how many of them are no u."""
    found = docs["text"].str.count_matches("[aeiou]")
    kept = found - docs["text"].str.count_matches("u")
    return pl.DataFrame({"vowels_found": found, "vowels_kept": kept, "word_found": docs["text"], "word_kept": docs["text"]})
'''


@pytest.fixture
def built(project):
    for folder in ("recipes", "steps/score"):
        (project / folder).mkdir(parents=True)
    (project / "steps/score/vowels.py").write_text(STEP)
    (project / "docs.jsonl").write_text("".join(f'{{"text": "{t}"}}\n' for t in ("aue", "uu", "bcd", "e")))
    (project / "recipes/r.yaml").write_text(
        "recipe: r\ncorpora:\n  a: {read: jsonl, files: docs.jsonl, steps: [{score: vowels}, {score: length}]}\n"
    )
    recipe = curate.open("r", project=project)
    recipe.build()
    return recipe


def test_losses_of_what_is_counted_are_told_by_step(built):
    row = {"corpus": "a", "node": "a/vowels", "what": "vowels", "found": 6, "kept": 3, "documents": 2}
    assert built.losses() == [row]


def test_show_prints_and_gives_them(built):
    shown = CliRunner().invoke(cli, ["show", "r"])
    assert "a/vowels: 6 vowels found, 3 kept, 50.00% lost, in 2 documents" in shown.output
    assert json.loads(CliRunner().invoke(cli, ["show", "r", "--json"]).output)["losses"] == built.losses()


def test_what_is_not_built_has_lost_nothing(project, built):
    (project / "recipes/r.yaml").write_text(
        "recipe: r\ncorpora:\n  a: {read: jsonl, files: docs.jsonl, steps: [{score: length}]}\n"
    )
    assert curate.open("r", project=project).losses() == []
