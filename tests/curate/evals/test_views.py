"""The views of evaluations: the numbers that `curate eval` tells, and the rows that they come from."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import curate
from curate import gc
from curate.cli import cli
from curate.evals import results
from curate.store import Store
from tests.curate import evaluating
from tests.curate.corpus import make_project, open_small
from tests.curate.models.server import serving


@pytest.fixture
def built(project: Path) -> curate.Curated:
    make_project(project)
    open_small(project).build()
    return open_small(project)


def test_views_are_empty_before_anything_was_evaluated(built: curate.Curated) -> None:
    for view in ("eval_results", "eval_items"):
        assert built.sql(f"from {view}").height == 0
        assert built.sql(f"from {view}").columns == built.sql(f"select * from {view}").columns


def test_a_recipe_that_only_evaluates_can_be_asked(project: Path) -> None:
    evaluating.benchmark(project)
    entry = "eval: {sums: {models: [pupil], benchmarks: [toy], limit: 4}}"
    (project / "recipes").mkdir()
    (project / "recipes/solvers.yaml").write_text(f"recipe: solvers\nmodels: {{pupil: {{backend: pupil}}}}\n{entry}\n")
    recipe = curate.open("solvers", project=project)
    assert recipe.sql("from eval_results").height == 0
    recipe.eval()
    curate.evaluate("pupil", "toy", limit=4)  # the same without the recipe
    assert recipe.sql("select model, recipe, eval, items from eval_results").rows() == [("pupil", "solvers", "sums", 4)]


def test_results_are_rows_and_so_are_their_items(built: curate.Curated) -> None:
    evaluating.benchmark(built.project)
    with serving(evaluating.server_of(built.project, wrong=3)) as server:
        told = built.eval(models=[evaluating.ID], on=["toy"], endpoint=server.url)["evals"][0]["models"][0]
        built.eval(models="pupil", on="toy", limit=4)
    summary = told["benchmarks"]["toy"]
    sql = 'select model, recipe, eval, items, limited, accuracy, low, high, "right", wrong from eval_results order by model'
    mine, pupil = built.sql(sql).rows()
    assert mine == (evaluating.ID, "small", "eval", 12, False, 0.75, *summary["interval"], 9, 3)
    assert pupil[:5] == ("pupil", "small", "eval", 4, True)
    assert built.sql("select count(distinct code), min(length(code)) from eval_results").rows() == [(1, 32)]
    built.eval(models="pupil", on="toy", limit=100)
    assert built.sql("select limited from eval_results where model = 'pupil' order by items").rows() == [
        (True,),
        (False,),
    ]
    wrong = built.sql(
        f"select id, gold, answer from eval_items where verdict = 'wrong' and model = '{evaluating.ID}' order by id"
    )
    assert wrong.rows() == [("toy-0", ["3"], "1"), ("toy-1", ["5"], "1"), ("toy-2", ["7"], "1")]
    joined = built.sql(
        "select count(*) from eval_items e join replies r using (prompt_sha256, sample) where e.reply = r.text and e.model = r.model"
    )
    assert (
        joined.item()
        == 12 + built.sql("select count(*) from eval_items where model = 'pupil' and finish <> 'refused'").item()
    )


def test_a_name_that_is_sql_is_only_a_name(built: curate.Curated) -> None:
    evaluating.benchmark(built.project)
    built.eval(models=["pupil"], on=["toy"])
    (result,) = results.every(built.store)
    results.note(built.store, result, None, "eval", model="x' union select 'gone")
    assert built.sql("select distinct model from eval_items").item() == "x' union select 'gone"
    assert built.sql("select model from eval_results").item() == "x' union select 'gone"


def test_a_damaged_result_is_left_out_and_gc_keeps_the_others(built: curate.Curated) -> None:
    evaluating.benchmark(built.project)
    evaluating.benchmark(built.project, "other", 3)
    found = built.eval(models=["pupil"], on=["toy", "other"])["evals"][0]["models"][0]["benchmarks"]
    Path(found["toy"]["rows"][0]).write_bytes(b"")
    assert built.sql("select benchmark from eval_results").item() == "other"
    assert built.sql("select distinct benchmark from eval_items").item() == "other"
    store = Store(built.store.root)
    loose = {one.path.name for one in gc.loose(store, days=-1)}
    assert found["other"]["key"] not in loose
    (store.root / f"evals/{found['other']['key']}.json").unlink()
    assert found["other"]["key"] in {one.path.name for one in gc.loose(store, days=-1)}


def solvers(project: Path, name: str = "solvers", benchmark: str = "toy", entry: str = "sums") -> curate.Curated:
    """A recipe that builds nothing and evaluates one model."""
    evaluating.benchmark(project)
    asked = f"eval: {{{entry}: {{models: [pupil], benchmarks: [{benchmark}]}}}}"
    (project / "recipes").mkdir(exist_ok=True)
    path = project / f"recipes/{name}.yaml"
    path.write_text(f"recipe: {name}\nmodels: {{pupil: {{backend: pupil}}}}\n{asked}\n")
    return curate.open(name, project=project)


@pytest.mark.parametrize("name", ["solvers", "eval"])
def test_results_of_a_recipe_are_those_that_it_asked_for(project: Path, name: str) -> None:
    recipe = solvers(project, name)
    shown = CliRunner().invoke(cli, ["show", name])
    assert f"run: curate eval {name}" in shown.output
    curate.evaluate("pupil", "toy", limit=4)  # of no recipe
    assert recipe.results() == []
    recipe.eval()
    (row,) = recipe.results()
    assert (row["recipe"], row["eval"], row["model"], row["items"]) == (name, "sums", "pupil", 12)
    other = solvers(project, "other", entry="more")
    other.eval()  # asks for the same
    assert [one["result"] for one in recipe.results()] == [one["result"] for one in other.results()]
    assert [(one["recipe"], one["eval"]) for one in (*recipe.results(), *other.results())] == [
        (name, "sums"),
        ("other", "more"),
    ]
    shown = CliRunner().invoke(cli, ["show", name])
    assert shown.exit_code == 0
    assert "sums" in shown.output
    assert f"{100 * row['accuracy']:.1f} (" in shown.output


def test_a_damaged_result_is_a_problem_until_it_is_evaluated_again(built: curate.Curated) -> None:
    evaluating.benchmark(built.project)
    told = built.eval(models=["pupil"], on=["toy"])["evals"][0]["models"][0]["benchmarks"]["toy"]
    assert built.verify() == []
    path = Path(told["rows"][0])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (said,) = built.verify(deep=True)
    assert said.startswith("eval.eval: ")
    assert "evaluate again" in said
    built.eval(models=["pupil"], on=["toy"])
    assert built.verify(deep=True) == []


def test_a_plan_knows_which_benchmarks_there_are(project: Path) -> None:
    solvers(project, benchmark="toy, gsn8k")
    with pytest.raises(
        curate.CurateError, match=r"solvers.yaml:3: there is no benchmark 'gsn8k'; did you mean 'gsm8k'\?"
    ):
        _ = curate.open("solvers", project=project).planned


@pytest.mark.parametrize(
    "edited",
    [
        {"evaluated_at": "soon", "model": 3, "asked_by": [1]},
        {"evaluated_at": 10**20},
        {"evaluated_at": -1, "run": {"a": 1}},
        [],
    ],
)
def test_a_note_that_was_edited_by_hand_stops_nothing(project: Path, edited: object) -> None:
    recipe = solvers(project)
    recipe.eval()
    (path,) = (recipe.store.root / "evals").glob("*.json")
    path.write_text(json.dumps(edited))
    assert recipe.sql("select accuracy, model, evaluated_at from eval_results").rows() == [(0.0, None, None)]
    recipe.eval()
    (row,) = recipe.results()
    assert row["model"] == "pupil"
    assert row["evaluated_at"] is not None


def test_a_manifest_that_was_edited_by_hand_is_no_result(project: Path) -> None:
    recipe = solvers(project)
    recipe.eval()
    (row,) = recipe.results()
    path = recipe.store.object(row["result"]) / "manifest.json"
    path.write_text(path.read_text().replace('"benchmark": "toy"', '"benchmark": "gsm8k"'))
    assert "gsm8k" in path.read_text()
    assert recipe.sql("from eval_results").height == 0
    recipe.eval()
    assert recipe.sql("select benchmark from eval_results").rows() == [("toy",)]


@pytest.mark.parametrize("now", [-1e9, 0.0, 9e12])
def test_a_clock_that_is_wrong_stops_nothing(project: Path, now: float, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = solvers(project)
    monkeypatch.setattr(results.time, "time", lambda: now)
    recipe.eval(out=project / "out")
    (row,) = recipe.results()
    assert str(row["evaluated_at"])[:4] in ("1970", "9999")
    assert list(project.glob("out/*/pupil/results_*.json"))
