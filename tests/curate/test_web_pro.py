"""The recipes `web-pro` and `web-pro-max`, embedded and published: their stages in order, what they keep, what a change costs."""

from pathlib import Path

import polars as pl
import pytest

import curate

SIZES = """
recipe: small-{above}
extends: {above}
models:
  math_model: {{epoch: 10}}{more}
corpora:
  web: {{files: "embedded:crawl?pages=300"}}
  textbook: {{files: "embedded:textbook?documents=150"}}
  general: {{files: "embedded:general?documents=150"}}
  graded: {{files: "embedded:graded?documents=500"}}
"""
LONGER = "\n  recall: {epoch: 60}"  # of a hundred examples or so
WEB = [
    "extract.html_math",
    "score.language",
    "score.math_classifier",
    "extract.html_clean",
    "dedup.exact",
    "dedup.minhash",
    "decontaminate.ngram",
]
PAPER_WEB = [
    "score.url", "extract.html_math", "score.language", "score.math_classifier", "dedup.exact", "dedup.minhash",
    "extract.html_clean", "score.math_classifier", "decontaminate.ngram",
]  # fmt: skip
PRO_MAX = ["sample.stratified", "GRADE", "fit.fasttext", "score.math_classifier", "keep"]


def planned(name: str, folder: Path) -> curate.Curated:
    return curate.open(name, project=folder, store=str(folder / "store"), executor="inline")


def steps(recipe: curate.Curated, corpus: str) -> list[str]:
    """What the documents of a corpus went through, from their files on."""
    return [str(node.own["step"]) for node in recipe.planned.ends[corpus].upstream()][::-1]


def in_this_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(one in rest for one in wanted)


@pytest.mark.parametrize(
    ("prefix", "web", "grade"), [("", WEB, "score.usefulness"), ("paper/", PAPER_WEB, "score.finemath")]
)
def test_web_pro_selects_from_the_finished_web(tmp_path: Path, prefix: str, web: list[str], grade: str) -> None:
    recipe = planned(f"{prefix}web-pro", tmp_path)
    refined = ["rewrite.refine", "decontaminate.ngram", "keep"]
    assert in_this_order([*web, "keep", grade, "keep", *refined], steps(recipe, "web-pro"))
    assert recipe.planned["web-pro/useful"].chain is recipe.planned[f"web-pro/{grade.partition('.')[2]}"]
    assert steps(planned(f"{prefix}web", tmp_path), "web") == steps(recipe, "web"), (
        "the same nodes, so the same objects"
    )


@pytest.mark.parametrize(
    ("prefix", "web", "sample", "grade"),
    [
        ("", WEB, ["extract.html_math", "score.language", "keep"], "score.usefulness"),
        ("paper/", PAPER_WEB, PAPER_WEB, "score.llm_grade"),
    ],
)
def test_web_pro_max_grades_a_sample_and_recalls_from_the_whole(
    tmp_path: Path, prefix: str, web: list[str], sample: list[str], grade: str
) -> None:
    recipe = planned(f"{prefix}web-pro-max", tmp_path)
    assert in_this_order([*sample, "sample.stratified", "keep", grade], steps(recipe, "graded-sample"))
    assert in_this_order([*web, "score.math_classifier", "keep"], steps(recipe, "web-pro-max"))
    model = recipe.planned["models/recall"]
    assert [name for name, _ in model.others] == ["graded-sample"]
    assert model.params["positive_from"] == 3
    assert dict(recipe.planned["web-pro-max/recall"].others)["model"] is model
    assert recipe.planned["graded-sample/stratified"].params["by"] == ["year"]
    assert dict(recipe.planned["web-pro-max/recalled"].clauses) == {"recalled": "recall_math_score >= 0.4"}


@pytest.mark.parametrize(
    ("date", "score", "kept"),
    [
        ("2023-01-05T00:00:00Z", 3.0, True), ("2024", 2.9, False), ("2022-12-31", 3.9, False), ("2014", 4.0, True), (None, 3.9, False),
        (None, 4.0, True), ("2024", None, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["web-pro", "paper/web-pro"])
def test_older_pages_must_be_better(
    tmp_path: Path, name: str, date: str | None, score: float | None, kept: bool | None
) -> None:
    from curate.clauses import parse

    [(_, clause)] = planned(name, tmp_path).planned["web-pro/useful"].clauses
    column = "finemath_score" if name.startswith("paper") else "usefulness"
    docs = pl.DataFrame({"date": [date], column: [score]}, schema={"date": pl.String, column: pl.Float64})
    assert docs.select(parse(clause).polars()).item() is kept


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which both recipes are built on 300 pages, with one store."""
    folder = tmp_path_factory.mktemp("pro")
    (folder / "recipes").mkdir()
    for above in ("web-pro", "web-pro-max"):
        text = SIZES.format(above=above, more=LONGER if above == "web-pro-max" else "")
        (folder / f"recipes/small-{above}.yaml").write_text(text.lstrip())
        planned(f"small-{above}", folder).build()
    return folder


@pytest.mark.slow
def test_what_is_chosen_is_better_than_what_is_not(built: Path) -> None:
    pro, recalled = planned("small-web-pro", built), planned("small-web-pro-max", built)
    crawl = pro.built.done[pro.planned["embedded/crawl?pages=300"].plan_key]
    truth = pl.read_parquet(pro.store.ensure(crawl.key) / "truth.parquet").select("url", "date", "quality")
    means = {}
    for recipe, corpus in ((pro, "web-pro"), (recalled, "web-pro-max")):
        found = recipe.sql(f"select url, date, fate from documents where corpus = '{corpus}'").join(
            truth, on=["url", "date"]
        )
        means[corpus] = [found.filter((pl.col("fate") == "kept") == kept)["quality"].mean() for kept in (True, False)]
        assert means[corpus][0] > means[corpus][1] + 0.25


@pytest.mark.slow
def test_each_year_gives_the_same_to_the_graded_sample_as_far_as_it_can(built: Path) -> None:
    recipe = planned("small-web-pro-max", built)
    years = recipe.sql(
        "select left(date, 4) y, count(*) n, sum((stratified_order <= 70)::int) taken from documents "
        "where corpus = 'graded-sample' and stratified_order is not null group by y"
    )
    most = years["taken"].max()
    assert years["taken"].sum() == 70 < years["n"].sum()
    assert all(taken in (most, most - 1) or taken == n for _, n, taken in years.iter_rows())
    fewer = recipe.whatif("graded-sample", "sampled: stratified_order <= 40")
    assert fewer["documents"]["then"] == 40


@pytest.mark.slow
def test_a_threshold_changes_its_clause_alone_and_a_what_if_says_it_before(built: Path) -> None:
    recipe = planned("small-web-pro", built)
    asked = "useful: usefulness >= 2.5"
    then = recipe.whatif("web-pro", asked)["documents"]["then"]
    path = built / "recipes/loose.yaml"
    path.write_text(
        "recipe: loose\nextends: small-web-pro\nedit:\n  - {remove: web-pro/useful}\n"
        "  - {after: web-pro/usefulness, add: [{keep: {useful: usefulness >= 2.5}}]}\n"
    )
    loose = planned("loose", built)
    ran = loose.build()["ran"]
    assert ran[0] == "web-pro/useful" and all(name.startswith("web-pro/") for name in ran)
    assert loose.sql("select count(*) n from documents where corpus = 'web-pro' and fate = 'kept'")["n"][0] == then


@pytest.mark.slow
def test_another_grader_rebuilds_what_depends_on_it_and_nothing_else(built: Path) -> None:
    path = built / "recipes/other.yaml"
    path.write_text("recipe: other\nextends: small-web-pro-max\nmodels: {grader: {seed: 1}}\n")
    ran = planned("other", built).build()["ran"]
    behind = [
        "models/grader",
        "graded-sample/usefulness",
        "models/recall",
        "web-pro-max/recall",
        "web-pro-max/recalled",
    ]
    assert ran[:5] == behind[: max(3, len(ran))], (
        "where the grades fall on the same sides, the model is the same and ends the build"
    )
    assert all(name.startswith("web-pro-max/") for name in ran[5:])


LITTLE = """
recipe: little
extends: paper/web-pro-max
models:
  lid: null
  grader: {id: null, backend: fake}
  refiner: {id: null, backend: fake}
  phrases: {against: [embedded-bench]}
  first: {documents: 100, dim: 8, epoch: 10, lr: 0.5, bucket: 10k}
  second: {documents: 100, dim: 8, epoch: 10, lr: 0.5, bucket: 10k}
  recall: {documents: 100, dim: 8, epoch: 10, lr: 0.5, bucket: 10k, positive_from: 1, min_count: 1}
corpora:
  openwebmath: {read: jsonl, files: "embedded:textbook?documents=100", revision: null}
  cot: {read: jsonl, files: "embedded:instruction?documents=60", columns: {solution: text}, revision: null}
  random-web: {read: warc, files: "embedded:crawl?pages=100&seed=7"}
  web: {read: warc, files: "embedded:crawl?pages=200"}
edit:
  - {set: random-web/language, with: {model: null}}
  - {set: web/language, with: {model: null}}
  - {set: web/ngram, with: {against: [embedded-bench]}}
  - {set: graded-pages/stratified, with: {documents: 40}}
  - {set: graded-sample/stratified, with: {documents: 40}}
  - {remove: web/mathematical}
"""


@pytest.mark.slow
def test_the_published_recipe_runs_where_its_inputs_are_small_ones(tmp_path: Path) -> None:
    """The grades are a parrot's, so nothing is said here of what is kept, nor trained on them beyond the second classifier."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/little.yaml").write_text(LITTLE.lstrip())
    little = planned("little", tmp_path)
    ran = little.build(only="web")["ran"]
    order = [
        "models/first",
        "web/first",
        "web/minhash",
        "web/html_clean",
        "graded-pages/llm_grade",
        "models/second",
        "web/second",
        "web/ngram",
    ]
    assert [name for name in ran if name in order] == order
    counts = little.sql(
        "select count(second_math_score) s, count(*) n from documents where corpus = 'web' and fate in ('kept', 'clean')"
    )
    assert counts["s"][0] == counts["n"][0] > 50
