"""What a recipe's inputs, models and authors bring in: one license of the whole, and what it forbids is refused."""

from pathlib import Path

import pytest

import curate
from curate import datacard, published
from curate.cards.licenses import TABLE, UNKNOWN, identifier
from curate.cards.rights import brought, forbidden, models, refuse_publishing, whole
from curate.errors import CurateError
from curate.names import PUBLISHED
from curate.recipe import load
from tests.curate.corpus import open_small, texts, tiny

ROOT = Path(curate.__file__).parent.parent
COMMIT = "a" * 40
TALKS = """---
hub: ORG/TALKS
files: data/*.parquet
license: {license}
gated: {gated}
columns: {{text: text}}
fields: {{text: String}}
written_by: {{{author}}}
---
"""
WRITER = """---
license: llama3.1
gated: true
model:
  {hub: meta-llama/Writer, parameters: 10, layers: 1, hidden: 2, intermediate: 2, heads: 1, kv_heads: 1, head_dim: 2, vocab: 2,
   tied: false, source: here}
---
"""
STEPS = {
    "rewrite/tidy.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]

        @rewrite(asks=prompts)
        def tidy(docs: pl.DataFrame) -> pl.Series:
            \"\"\"What the model said.\"\"\"
            return docs["replies"].list.first()
    """,
    "score/graded.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]

        @score(asks=prompts)
        def graded(docs: pl.DataFrame) -> pl.Series:
            \"\"\"How long the reply is.\"\"\"
            return docs["replies"].list.first().str.len_chars().cast(pl.Int64)
    """,
}


def planned(
    folder: Path, *, license: str = "odc-by", gated: str = "false", author: str = "", steps: str = "", head: str = ""
) -> curate.Curated:
    """A recipe of one published corpus `talks`, whose files are not here, with these steps."""
    recipe = f"""
        recipe: small
        {head}
        models: {{m: {{backend: openai, id: meta-llama/Writer@{COMMIT}}}, other: {{backend: fake}}}}
        corpora:
          talks: {{read: hub, files: card:talks, revision: {COMMIT}, steps: [{steps}]}}
    """
    tiny(folder, recipe, texts(3), steps=STEPS)
    (folder / "datacards").mkdir()
    (folder / "datacards/talks.md").write_text(TALKS.format(license=license, gated=gated, author=author))
    (folder / "datacards/writer.md").write_text(WRITER)
    return open_small(folder)


def told(recipe: curate.Curated) -> dict[str, object]:
    return whole(brought(recipe.planned, recipe.project))


def test_an_input_s_card_gives_the_license_of_a_whole_without_models(tmp_path: Path) -> None:
    said = told(planned(tmp_path))
    assert (said["license"], said["licenses"], said["duties"]) == ("odc-by", ["odc-by"], ["attribution"])
    assert set(said["permits"].values()) == {"yes"}  # type: ignore[attr-defined]
    assert said["gated"] == said["unknown"] == said["non_commercial"] == []


def test_a_model_that_writes_brings_its_terms_and_one_that_grades_does_not(tmp_path: Path) -> None:
    grades = planned(tmp_path / "a", steps="{score: graded, model: m}")
    assert told(grades)["license"] == "odc-by"
    assert [row["writes"] for row in models(grades.planned, ["talks"], grades.project)] == [False]
    writes = told(planned(tmp_path / "b", steps="{rewrite: tidy, model: m}, {score: graded, model: m}"))
    assert (writes["license"], writes["license_name"]) == ("other", "mixed-llama3.1")
    assert "llama-name" in writes["duties"]  # type: ignore[operator]
    assert writes["gated"] == ["m"]


def test_a_card_may_tell_a_model_s_terms_alone(tmp_path: Path) -> None:
    recipe = planned(tmp_path, steps="{rewrite: tidy, model: m}")
    (tmp_path / "datacards/writer.md").write_text("---\nlicense: qwen\nmodel: meta-llama/Writer\n---\n")
    assert told(recipe)["duties"] == ["attribution", "qwen-notice", "model-terms"]
    assert published.model_card("meta-llama/Writer", tmp_path) is None, "it has no shape"
    (tmp_path / "datacards/writer.md").unlink()
    assert told(recipe)["unknown"] == ["m"]


def test_who_wrote_a_published_corpus_brings_terms_too(tmp_path: Path) -> None:
    said = told(planned(tmp_path, author="GPT-4o: openai-terms", gated="true"))
    assert said["permits"]["training"] == "no"  # type: ignore[index]
    assert said["why"]["training"] == ["GPT-4o"]  # type: ignore[index]
    assert said["gated"] == ["talks"]


def test_of_what_says_nothing_nothing_is_known(tmp_path: Path) -> None:
    said = told(planned(tmp_path, license="a license of nobody", steps="{rewrite: tidy, model: other}"))
    assert set(said["permits"].values()) == {"unknown"}  # type: ignore[attr-defined]
    assert said["not_in_table"] == ["a license of nobody"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"license": "CC-BY-NC-4.0"}, "corpus talks is cc-by-nc-4.0, which forbids commercial use"),
        ({"author": "GPT-4o: openai-terms"}, "model GPT-4o is openai-terms, which forbids training other models"),
        ({"author": "Llama-3-70B: llama3"}, "model Llama-3-70B is llama3, which forbids training other models"),
    ],
)
def test_a_recipe_for_commercial_use_is_not_built_of_what_forbids_it(
    tmp_path: Path, given: dict[str, str], says: str
) -> None:
    recipe = planned(tmp_path, head="use: commercial", **given)
    with pytest.raises(CurateError, match=rf"small.yaml:\d+: {says}; take it out, or write use: research"):
        recipe.build()
    other = recipe.recipe.model_copy(update={"use": "research"})
    with pytest.raises(CurateError, match="is not on this machine"):
        curate.Curated(other, recipe.project, recipe.profile).build()


def test_what_it_is_for_changes_no_key_and_another_word_is_refused(tmp_path: Path) -> None:
    plain, said = planned(tmp_path / "a"), planned(tmp_path / "b", head="use: research")
    assert [n.plan_key for n in plain.planned.nodes.values()] == [n.plan_key for n in said.planned.nodes.values()]
    with pytest.raises(CurateError, match=r"use: .*research.*commercial"):
        planned(tmp_path / "c", head="use: profit")


@pytest.mark.parametrize("license", ["CC-BY-ND-4.0", "all rights reserved"])
def test_what_may_not_be_passed_on_is_not_published(tmp_path: Path, license: str) -> None:
    recipe = planned(tmp_path, license=license)
    parts = brought(recipe.planned, recipe.project)
    with pytest.raises(CurateError, match=r"corpus talks is .*, which forbids .*; it cannot be published"):
        refuse_publishing(recipe.recipe, parts)
    assert len(list(forbidden(parts, ("derivatives",)))) == 1


def test_documents_that_say_their_license_are_believed_before_the_recipe(tmp_path: Path) -> None:
    recipe = planned(tmp_path)
    found = whole(brought(recipe.planned, recipe.project, [("talks", "MIT"), ("talks", None)]))
    assert found["licenses"] == ["mit", UNKNOWN]


def test_what_a_recipe_is_for_holds_for_publishing_too(tmp_path: Path) -> None:
    recipe = planned(tmp_path, head="use: commercial", license="CC-BY-NC-4.0")
    with pytest.raises(CurateError, match="which forbids commercial use"):
        refuse_publishing(recipe.recipe, brought(recipe.planned, recipe.project))


def test_an_input_behind_an_account_is_named_whatever_its_documents_say(tmp_path: Path) -> None:
    recipe = planned(tmp_path, gated="true")
    found = whole(brought(recipe.planned, recipe.project, [("talks", "MIT")]))
    assert (found["gated"], found["licenses"]) == (["talks"], ["mit", "odc-by"])


# cards of inputs

CARDS = sorted((ROOT / "datacards").glob("*.md"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_card_of_an_input_is_valid_and_its_licenses_are_in_the_table(path: Path) -> None:
    card = published.read_card(path)
    authors = card.written_by.values() if isinstance(card, published.CorpusCard) else ()
    assert {identifier(name) for name in (card.license, *authors)} <= set(TABLE)
    body = path.read_text("utf-8").split("---\n", 2)[2]
    assert body.lstrip().startswith(f"# {path.stem}\n"), "a card begins with its name"
    assert isinstance(card, datacard.Card) or "**License.**" in body


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_a_card_that_speaks_of_an_author_in_its_text_has_it_in_its_front_matter(path: Path) -> None:
    card = published.read_card(path)
    if isinstance(card, published.CorpusCard) and "text was written by" in path.read_text("utf-8"):
        assert card.written_by


FILES = [path for path in (ROOT / "recipes").rglob("*.yaml") if path.name != PUBLISHED]
RECIPES = sorted(path.relative_to(ROOT / "recipes").with_suffix("").as_posix() for path in FILES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_shipped_recipe_that_reads_a_published_corpus_says_at_which_revision(name: str) -> None:
    for corpus in load(name).corpora.values():
        if published.names_card(corpus.files):
            assert corpus.revision == "unpinned" or published.COMMIT.fullmatch(corpus.revision or "")
