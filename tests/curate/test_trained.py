"""Models that a recipe trains itself: nodes between the corpora they learn from and the steps that use them."""

from pathlib import Path

import pytest

import curate
from curate.errors import CurateError
from tests.curate.corpus import contents, open_small, texts, tiny

STEPS = {
    "fit/mean.py": """
        import json
        @fit
        def mean(corpora, out, *, of: Corpora, also: Corpora = [], digits: int = 3) -> dict:
            names = [*of, *also]
            docs = pl.concat([shard for name in names for shard in corpora[name].shards("text")])
            value = round(docs["text"].str.len_chars().mean(), digits)
            (out / "mean.json").write_text(json.dumps(value))
            return {"documents": docs.height}
    """,
    "score/above.py": """
        import json, pathlib
        @score
        def above(docs: pl.DataFrame, *, model: Artifact) -> pl.Series:
            value = json.loads(pathlib.Path(model, "mean.json").read_text()) if model else 0.0
            return docs["text"].str.len_chars().cast(pl.Float64) - value
    """,
}
RECIPE = """
recipe: small
models:
  average: {fit: mean, of: [seed]}
corpora:
  web: {read: parquet, files: data/0*, steps: [{score: above, model: average}]}
  seed: {read: parquet, files: data/1*}
"""


def project(folder: Path, recipe: str = RECIPE) -> Path:
    return tiny(folder, recipe, texts(6), texts(3), steps=STEPS)


def test_a_model_is_trained_on_its_corpora_before_the_step_that_uses_it(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path))
    recipe.build()
    lengths = [len(f"document number {i} {'x' * i}") for i in range(6)]
    mean = sum(lengths[:3]) / 3
    found = recipe.sql("select above from documents where corpus = 'web' order by url")["above"].to_list()
    assert found == pytest.approx([length - mean for length in lengths], abs=1e-3)
    names = list(recipe.planned.nodes)
    assert names.index("seed/repeat") < names.index("models/average") < names.index("web/above")
    assert "models/average" in recipe.lock_path.read_text("utf-8")
    assert open_small(tmp_path).build()["ran"] == []


def test_what_a_model_learns_from_is_part_of_what_it_is(tmp_path: Path) -> None:
    open_small(project(tmp_path)).build()
    texts(4).write_parquet(tmp_path / "data/1.parquet")
    changed = open_small(tmp_path)
    assert changed.why()["models/average"] == ["its input seed/repeat is to be built"]
    assert changed.build()["ran"] == ["seed/parquet", "seed/repeat", "models/average", "web/above"]


def test_a_model_that_came_out_the_same_ends_the_build(tmp_path: Path) -> None:
    tiny(tmp_path, RECIPE, texts(6), texts(1), steps=STEPS)
    open_small(tmp_path).build()
    (tmp_path / "recipes/small.yaml").write_text(RECIPE.replace("[seed]}", "[seed], digits: 4}").lstrip())
    assert open_small(tmp_path).build()["ran"] == ["models/average"], "the mean of one whole number has no digits"


def test_a_model_of_another_recipe_is_the_same_node_and_an_inherited_one_too(tmp_path: Path) -> None:
    project(tmp_path)
    open_small(tmp_path).build()
    (tmp_path / "recipes/other.yaml").write_text(
        "recipe: other\ncorpora:\n  more: {read: parquet, files: data/0*, "
        "steps: [{score: above, model: 'small:models/average'}]}\n"
    )
    (tmp_path / "recipes/child.yaml").write_text(
        "recipe: child\nextends: small\ncorpora:\n  more: {from: web, steps: [{score: above, as: again, model: average}]}\n"
    )
    other = curate.open("other", project=tmp_path, executor="inline")
    assert other.build()["ran"] == ["more/parquet", "more/repeat", "more/above"]
    assert other.sql("select count(above) n from documents where corpus = 'more'")["n"][0] == 6
    child = curate.open("child", project=tmp_path, executor="inline")
    assert child.build()["ran"] == ["more/again"]
    assert contents(child)["models/average"] == contents(open_small(tmp_path))["models/average"]


def test_a_model_may_learn_from_an_earlier_state_of_the_corpus_that_it_judges(tmp_path: Path) -> None:
    recipe = RECIPE.replace("of: [seed]", "of: [web/repeat]").replace("  seed: {read: parquet, files: data/1*}\n", "")
    made = open_small(project(tmp_path, recipe))
    made.build()
    assert made.sql("select abs(sum(above)) < 1e-2 as centred from documents")["centred"][0]


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("model: average", "model: avrage", 5, "there is no model 'avrage'; a trained one is wanted; did you mean 'average'?"),
        ("model: average", "model: seed", 5, "there is no model 'seed'; a trained one is wanted; known: average"),
        ("model: average", "model: 'base:web'", 5, "'base:web' is a corpus; a trained model is wanted"),
        ("of: [seed]", "of: [sead]", 3, "models.average: no corpus or step 'sead'; did you mean 'seed'?"),
        ("of: [seed]", "of: [web]", 3, "models.average: corpora depend on each other in a circle: web -> models/average -> web"),
        ("of: [seed]", "of: []", 3, "models.average: of: names no corpus; write e.g. of: [web]"),
        ("of: [seed]", "of: [seed], also: [seed]", 3, "models.average: also: 'seed' is named twice; delete one"),
        ("of: [seed]", "of: [seed], digit: 1", 3, "fit.mean has no parameter 'digit'; did you mean 'digits'?"),
        ("fit: mean, of: [seed]", "fit: mean", 3, "fit.mean needs the parameter 'of'"),
        ("fit: mean, of: [seed]", "fit: bpe, vocab: 300", 3, "models.average: fit.bpe does not say which corpora it learns from"),
        ("fit: mean", "fit: meen", 3, "no step 'meen' under 'fit'; did you mean 'mean'?"),
        ("fit: mean, of: [seed]", "backend: symbolic", 5, "'average' is a language model; a trained one is wanted"),
    ],
)  # fmt: skip
def test_a_wrong_model_is_one_line(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    recipe = RECIPE.lstrip().replace(before, after, 1)
    project(tmp_path, recipe)
    (tmp_path / "recipes/base.yaml").write_text("recipe: base\ncorpora:\n  web: {read: parquet, files: data/1*}\n")
    with pytest.raises(CurateError) as error:
        assert open_small(tmp_path).planned
    assert f"recipes/small.yaml:{line}: " in str(error.value)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


ASK = {
    "synth/ask.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]
        @rewrite(asks=prompts)
        def ask(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]
    """
}


def test_a_published_model_can_be_planned_with_before_anybody_can_ask_it(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    recipe = (
        "recipe: small\nmodels: {{teacher: {{id: ORG/NAME@{}, sampling: {{temperature: {}}}}}}}\n"
        "corpora: {{web: {{read: parquet, files: data/*, steps: [{{synth: ask, model: teacher}}]}}}}\n"
    )
    tiny(tmp_path, recipe.format(commit, 0.5), texts(2), steps=ASK)
    made = open_small(tmp_path)
    says = f"models.teacher: nothing says how to ask ORG/NAME@{commit}; add `backend:`"
    assert [row["missing"].startswith(says) for row in made.plan() if "missing" in row] == [True]
    with pytest.raises(CurateError) as error:
        made.build()
    assert says in str(error.value)
    keys = {made.planned["web/ask"].plan_key}
    for other in (recipe.format("f" * 40, 0.5), recipe.format(commit, 0.6)):
        (tmp_path / "recipes/small.yaml").write_text(other)
        keys.add(open_small(tmp_path).planned["web/ask"].plan_key)
    assert len(keys) == 3, "which model it is, and how it samples, is the identity"


def test_a_trained_model_is_no_language_model(tmp_path: Path) -> None:
    recipe = RECIPE.replace("{score: above, model: average}", "{synth: ask, model: average}")
    tiny(tmp_path, recipe, texts(2), texts(2), steps=STEPS | ASK)
    with pytest.raises(CurateError, match="'average' is trained here; a language model is wanted"):
        assert open_small(tmp_path).planned


LATER = """
recipe: small
models:
  average: {fit: mean, of: [some]}
corpora:
  some: {from: web/letters, steps: [{sample: uniform, documents: 2}]}
  web: {read: parquet, files: data/*, steps: [{score: letters}, {score: above, model: average}]}
"""


def test_a_corpus_may_be_judged_by_a_model_that_learns_from_a_part_of_it_in_whatever_order_they_stand(
    tmp_path: Path,
) -> None:
    made = open_small(project(tmp_path, LATER))
    made.build()
    names = list(made.planned.nodes)
    order = ["web/letters", "some/uniform", "some/uniform.sampled", "models/average", "web/above"]
    assert [name for name in names if name in order] == order
    head, some, web = LATER.rstrip().rsplit("\n", 2)
    (tmp_path / "recipes/small.yaml").write_text("\n".join((head, web, some)).lstrip())
    assert open_small(tmp_path).build()["ran"] == []


@pytest.mark.parametrize("first", ["some", "web"])
def test_a_model_that_learns_from_what_it_judged_is_a_circle(tmp_path: Path, first: str) -> None:
    recipe = LATER.replace("from: web/letters", "from: web/above")
    if first == "web":
        head, some, web = recipe.rstrip().rsplit("\n", 2)
        recipe = "\n".join((head, web, some))
    with pytest.raises(
        CurateError, match="corpora depend on each other in a circle: web -> models/average -> some"
    ) as error:
        assert open_small(project(tmp_path, recipe)).planned
    assert "\n" not in str(error.value)
