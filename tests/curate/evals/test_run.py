"""Evaluations: nothing is asked twice, nothing leaves the denominator, and what is kept does not depend on what happened meanwhile."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import curate
from curate.cli import cli
from curate.cli.evaluate import _details
from curate.errors import CurateError
from curate.evals.benchmarks import of_eval
from tests.curate import evaluating
from tests.curate.evaluating import asked, evaluate
from tests.curate.models.server import Server, serving


def rows_of(told: dict[str, Any]) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path, glob=False) for path in told["rows"]])


def test_a_result_says_what_the_model_got_and_is_kept(project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project, wrong=3)) as server:
        told, again = evaluate(server), evaluate(server)
        assert asked(server) == 12
        assert {body["max_tokens"] for body in server.bodies} == {1024} and set(server.paths) == {"/v1/completions"}
        assert all("\nProblem:" in body["stop"] for body in server.bodies)
    assert (told["items"], told["accuracy"], told["verdicts"]["right"]) == (12, 0.75, 9)
    assert told["stored"] is False and again["stored"] is True
    assert {**again, "stored": 0, "seconds": 0} == {**told, "stored": 0, "seconds": 0}
    rows = rows_of(told)
    assert rows["verdict"].to_list() == ["wrong"] * 3 + ["right"] * 9
    assert rows["answer"].to_list()[:4] == ["1", "1", "1", "9"] and rows["gold"].to_list()[4] == ["11"]
    assert rows["prompt_sha256"][0] == hashlib.sha256(evaluating.prompts(project)[0].encode()).hexdigest()


def test_nothing_leaves_the_denominator(project: Path) -> None:
    evaluating.benchmark(project)
    prompts = evaluating.prompts(project)
    odd = {
        prompts[0]: ["finish=length"],
        prompts[1]: ["refused-200"],
        prompts[2]: ["finish=content_filter"],
        prompts[3]: ["text= I do not know."],
        prompts[4]: ["text="],
    }
    with serving(evaluating.server_of(project, **odd)) as server:
        told = evaluate(server)
        assert evaluate(server)["stored"]
    assert told["items"] == 12 and told["accuracy"] == pytest.approx(7 / 12)
    assert told["verdicts"] == {"right": 7, "wrong": 0, "undecided": 0, "no answer": 2, "truncated": 1, "failed": 2}
    assert told["cut_off"] == 1 and told["right_though_cut_off"] == 0
    rows = rows_of(told)
    assert rows["reason"][1] == "400: too long" and rows["finish"].to_list()[:3] == ["length", "refused", "filtered"]


def test_benchmarks_that_share_items_ask_once(project: Path) -> None:
    evaluating.benchmark(project, "toy", 12)
    evaluating.benchmark(project, "part", 5)
    with serving(evaluating.server_of(project)) as server:
        evaluate(server, "part")
        assert asked(server) == 5
        found = curate.evaluate(evaluating.ID, ["toy", "part"], endpoint=server.url)["evals"][0]["models"][0]
        assert asked(server) == 12
    assert found["benchmarks"]["part"]["stored"] and found["benchmarks"]["toy"]["accuracy"] == 1.0


def test_more_draws_ask_only_for_those_that_are_new(project: Path) -> None:
    evaluating.benchmark(project, count=6)
    with serving(evaluating.server_of(project, wrong=2)) as server:
        evaluate(server, samples=2, temperature=0.7)
        told = evaluate(server, samples=4, temperature=0.7)
        assert asked(server) == 24
        assert len({body["seed"] for body in server.bodies}) == 4
    assert told["samples"] == 4 and told["pass_at"] == {
        "1": pytest.approx(2 / 3),
        "2": pytest.approx(2 / 3),
        "4": pytest.approx(2 / 3),
    }
    assert told["majority"] == pytest.approx(2 / 3)
    assert rows_of(told)["sample"].to_list() == [0, 1, 2, 3] * 6


def test_a_part_is_chosen_by_hash_and_is_asked_only_once(project: Path) -> None:
    evaluating.benchmark(project, count=40)
    with serving(evaluating.server_of(project)) as server:
        few = rows_of(evaluate(server, limit=5))["id"].to_list()
        more = rows_of(evaluate(server, limit=9))["id"].to_list()
        assert asked(server) == 9
    assert set(few) < set(more) and few != [f"toy-{n}" for n in range(5)]
    assert {*few} != {*sorted(f"toy-{n}" for n in range(40))[:5]}


def test_other_items_prompts_sampling_or_models_are_other_results(project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project)) as server:
        keys = [evaluate(server)["key"]]
        keys += [
            evaluate(server, **how)["key"]
            for how in (
                {"max_tokens": 9},
                {"temperature": 1.0},
                {"temperature": 1.0, "top_p": 0.9},
                {"mode": "simple"},
                {"seed": 1},
            )
        ]
        rows = evaluating.benchmark(project)
        rows[0]["problem"] = "What is 1 + 2?"
        (project / "benchmarks/toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        keys.append(evaluate(server)["key"])
        (project / "benchmarks/toy.jsonl").write_text("".join(json.dumps(row) + " \n" for row in rows))
        assert evaluate(server)["key"] == keys[-1]
        rows[1]["answer"] = "6"
        (project / "benchmarks/toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        keys.append(evaluate(server)["key"])
        keys.append(
            curate.evaluate(f"{evaluating.ID}@{'0' * 40}", "toy", endpoint=server.url)["evals"][0]["models"][0][
                "benchmarks"
            ]["toy"]["key"]
        )
    assert len({*keys}) == len(keys)


def test_fewer_examples_and_another_system_message_are_other_results(project: Path) -> None:
    evaluating.benchmark(project, count=3)
    with serving(Server(model=evaluating.ID, always="text=\\boxed{3}")) as server:
        keys = [evaluate(server, **how)["key"] for how in ({}, {"num_fewshot": 2}, {"num_fewshot": 0})]
        assert evaluate(server, num_fewshot=4)["key"] == keys[0], "all examples are what is asked anyway"
        assert asked(server) == 9
        examples = [body["prompt"].count("Problem:\n") - 1 for body in server.bodies]
        assert sorted(examples) == [0, 0, 0, 2, 2, 2, 4, 4, 4]
        server.bodies.clear()
        keys += [evaluate(server, mode="chat", **how)["key"] for how in ({}, {"system": "Be short."}, {"system": "x"})]
        roles = [[(one["role"], one["content"]) for one in body["messages"][:-1]] for body in server.bodies]
        assert sorted(roles) == [[]] * 3 + [[("system", "Be short.")]] * 3 + [[("system", "x")]] * 3
        assert evaluate(server, mode="chat", system="")["key"] == keys[3]
    assert len({*keys}) == 6


def test_right_replies_that_were_cut_off_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = dict.fromkeys(of_eval("judging").VERDICTS, 0) | {"right": 8, "wrong": 1}
    one = {"verdicts": verdicts, "tokens": {"right": 9.0, "not_right": 7.0}, "pass_at": {"1": 0.9}, "majority": None}
    for cut_off, said in ((0, False), (3, True)):
        _details({"models": [{"model": "m", "benchmarks": {"toy": one | {"right_though_cut_off": cut_off}}}]})
        head, _, row = capsys.readouterr().out.splitlines()
        assert ("right, cut off" in head) == said
        assert row.split() == ["m", "toy", "8", "1", *(["3"] if said else []), "9", "7"]


def test_a_damaged_result_is_made_again_from_stored_replies(project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project, wrong=1)) as server:
        told = evaluate(server)
        path = Path(told["rows"][0])
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + b"x")
        again = evaluate(server)
        assert asked(server) == 12
    assert again["stored"] is False and path.read_bytes() == whole


def test_a_model_that_refuses_nearly_everything_has_no_result(project: Path) -> None:
    evaluating.benchmark(project)
    with (
        serving(Server(model=evaluating.ID, always="refused-200")) as server,
        pytest.raises(CurateError, match="refused 12 of 12 requests: 400: too long"),
    ):
        evaluate(server)
    assert not list((project / ".curate/evals").glob("*"))


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(cli, ["eval", *words], catch_exceptions=True)
    if isinstance(found.exception, CurateError):
        return 2, str(found.exception)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which models and benchmarks? Name a recipe, or --model NAME and --on gsm8k,math500"),
        (("--model", "fake"), "which models and benchmarks?"),
        (("--model", "fake", "--on", "gsm8k"), "benchmarks/gsm8k.jsonl* in your project"),
        (("--model", "fake", "--on", "toi"), "there is no benchmark 'toi'; did you mean 'toy'?"),
        (("--model", "fak", "--on", "toy"), "no model 'fak'"),
        (("--model", "ORG/NAME", "--on", "toy"), "ORG/NAME has no revision; write ORG/NAME@COMMIT"),
        (("--model", "./nowhere", "--on", "toy"), "./nowhere is no folder with a config.json"),
        (("--model", "fake", "--model", "fake", "--on", "toy"), "fake is named twice"),
        (("--model", "fake", "--on", "toy", "--samples", "4"), "4 draws of a greedy model are all the same"),
        (
            ("--model", "fake", "--on", "toy", "--num-fewshot", "5"),
            "num_fewshot: toy has 4 examples (minerva-4), not 5",
        ),
        (("--model", "fake", "--on", "toy", "--num-fewshot", "1", "--mode", "chat"), "mode chat shows no examples"),
        (("--model", "fake", "--on", "toy", "--system", "x"), "mode few-shot has no system message; say mode: chat"),
        (("--endpoint", "http://127.0.0.1:1/v1", "--on", "toy"), "does not say what it serves"),
        (("--endpoint", "https://example.com/v1", "--model", "m", "--on", "toy"), "nothing says what that costs"),
        (("--endpoint", "https://example.com/v1", "--model", "a/b", "--on", "toy"), '[models."a/b"] price'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(project: Path, words: tuple[str, ...], said: str) -> None:
    evaluating.benchmark(project)
    code, told = run(*words)
    assert code == 2 and said in told and "\n" not in told.strip()


def test_benchmarks_are_listed_with_what_is_here(project: Path) -> None:
    evaluating.benchmark(project)
    rows = {row["benchmark"]: row for row in json.loads(run("--list", "--json")[1])}
    assert {*rows} == {"toy", *of_eval("specs").names()} and rows["gsm8k"]["averages"] == ["13", "core"]
    assert {name for name, row in rows.items() if not row["missing"]} == {
        "toy",
        "embedded-bench",
        "embedded-drill",
        "general-embedded",
    }
    assert "benchmarks/gsm8k.jsonl* in your project" in rows["gsm8k"]["missing"]
    code, told = run("--list")
    found = [line.split() for line in told.splitlines()]
    assert code == 0 and ["toy", "12", "yes", "Sums."] in found
    assert next(line for line in found if line[:1] == ["gsm8k"])[1:5] == ["1,319", "13,", "core", "no"]


def test_a_model_that_never_answers_is_pointed_out(project: Path) -> None:
    evaluating.benchmark(project)
    told = run("--model", "pupil", "--on", "toy")[1]
    assert "pupil gave no answer to any item of toy; is it asked in a form" in told
    assert "pupil knows the problems of embedded-bench alone" in told
    with serving(evaluating.server_of(project, wrong=12)) as server:
        assert "gave no answer" not in run("--model", evaluating.ID, "--endpoint", server.url, "--on", "toy")[1]


def test_what_is_wrong_with_a_benchmark_of_ones_own_is_said(project: Path) -> None:
    rows = evaluating.benchmark(project)
    path = project / "benchmarks/toy.jsonl"
    for given, said in (
        (
            [*rows, {**rows[0], "id": "new"}],
            "toy has 12 items, and its file has 13; put the file right, or write items: 13 in the spec",
        ),
        ([*rows[:-1], rows[3]], "toy: the id 'toy-3' stands twice in its file"),
    ):
        path.write_text("".join(json.dumps(row) + "\n" for row in given))
        code, told = run("--model", "pupil", "--on", "toy")
        assert code == 2 and said in told
    (project / "datacards/toy.md").unlink()
    for how in (("--model", "pupil", "--on", "toy"), ("--list",)):
        code, told = run(*how)
        assert code == 2 and "toy: card: there is no datacards/toy.md" in told


def test_a_file_with_other_items_is_refused(project: Path) -> None:
    evaluating.benchmark(project)
    path = project / "benchmarks/toy.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    code, told = run("--model", "fake", "--on", "toy")
    assert code == 2 and "toy has 12 items, and its file has 11" in told


def test_a_dry_run_asks_nobody_and_tells_the_price(project: Path) -> None:
    evaluating.benchmark(project)
    (project / "profiles").mkdir()
    price = "price = {prompt = 1.0, completion = 10.0}"
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\n{price}\n[budget]\nusd = 1.0\n')
    with serving(evaluating.server_of(project)) as server:
        words = ("--model", evaluating.ID, "--endpoint", server.url, "--on", "toy")
        code, told = run(*words, "--dry-run")
        assert code == 0 and asked(server) == 0
        assert "12 replies stored" not in told and "0 replies stored, 12 lacking" in told and "at most" in told
        with pytest.raises(CurateError, match="--max-usd"):
            evaluate(server, max_usd=0.0001)
        assert asked(server) == 0
        code, told = run(*words)
        assert code == 0 and f"{evaluating.ID}: 12 replies" in told
        assert "is stored" in run(*words, "--dry-run")[1]


def test_the_table_names_no_winner_that_is_none(project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project, wrong=2)) as server:
        (project / "recipes").mkdir()
        settings = "".join(
            f'[models.{name}]\nendpoints = ["{server.url}"]\nserved_as = "{evaluating.ID}"\n' for name in "ab"
        )
        (project / "profiles").mkdir()
        (project / "profiles/local.toml").write_text(settings)
        models = "".join(f"  {name}: {{backend: openai, id: ORG/{name}, revision: {'0' * 40}}}\n" for name in "ab")
        text = f"recipe: duel\nmodels:\n{models}eval:\n  sums: {{models: [a, b], benchmarks: [toy]}}\n"
        (project / "recipes/duel.yaml").write_text(text)
        code, told = run("duel")
        assert code == 0 and asked(server) == 24
        assert "toy: a and b cannot be told apart: +0.0 points, p = 1\n" in told
        assert "83.3 (55.2 to 95.3)" in told
        code, told = run("duel", "--model", "a", "--on", "toy", "--json")
        assert json.loads(told)["evals"][0]["models"][0]["benchmarks"]["toy"]["stored"] and asked(server) == 24
        code, told = run("duel", "tims")
        assert code == 2 and told == "duel has no `eval:` entry 'tims'; known: sums"


def test_a_setting_of_zero_is_said_instead_of_an_entrys_own(project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project)) as server:
        (project / "recipes").mkdir()
        entry = f"{{models: [{evaluating.ID}], benchmarks: [toy], temperature: 0.7, seed: 3}}"
        (project / "recipes/warm.yaml").write_text(f"recipe: warm\neval:\n  sums: {entry}\n")
        curated = curate.open("warm")
        curated.eval(endpoint=server.url, temperature=0, seed=0)
        assert {body["temperature"] for body in server.bodies} == {0}
        curated.eval(endpoint=server.url, temperature=None)
        assert {body["temperature"] for body in server.bodies} == {0, 0.7}


def test_a_store_that_cannot_be_written_gives_what_it_has(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluating.benchmark(project)
    told = curate.evaluate("pupil", "toy", limit=4)["evals"][0]["models"][0]["benchmarks"]["toy"]

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("curate.store.Store.locked", refused)
    monkeypatch.setattr("curate.evals.results.replace_file", refused)
    again = curate.evaluate(["pupil"], ["toy"], limit=4)["evals"][0]["models"][0]["benchmarks"]["toy"]
    assert again["key"] == told["key"] and again["stored"]
    with pytest.raises(CurateError, match="the store cannot be written: Read-only file system"):
        curate.evaluate("pupil", "toy", limit=5)


def test_files_in_the_form_of_lm_eval(project: Path, tmp_path: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project, wrong=3)) as server:
        found = curate.evaluate(evaluating.ID, "toy", endpoint=server.url, out=tmp_path / "out")
        with pytest.raises(CurateError, match="is there already"):
            curate.evaluate(evaluating.ID, "toy", endpoint=server.url, out=tmp_path / "out")
        (tmp_path / "file").write_text("")
        with pytest.raises(CurateError, match="file is there already"):
            curate.evaluate(evaluating.ID, "toy", endpoint=server.url, out=tmp_path / "file")
    results, samples = (Path(path) for path in found["files"])
    told = json.loads(results.read_text())
    assert results.parent.name == "ORG__NAME" and results.name.startswith("results_20")
    assert told["results"]["toy"]["exact_match,none"] == 0.75 and told["n-samples"]["toy"] == {
        "original": 12,
        "effective": 12,
    }
    assert told["n-shot"]["toy"] == 4 and told["configs"]["toy"]["generation_kwargs"]["max_gen_toks"] == 1024
    assert str(project) not in results.read_text() + samples.read_text()
    assert "math-verify" in told["octocurate"]["grader"]["toy"]
    assert told["octocurate"]["environment"]["toy"]["octocurate"] == curate.__version__
    lines = [json.loads(line) for line in samples.read_text().splitlines()]
    assert [line["exact_match"] for line in lines] == [0.0] * 3 + [1.0] * 9
    assert (
        lines[4]["resps"] == [[evaluating.said("11")]]
        and lines[4]["arguments"]["gen_args_0"]["arg_0"] == evaluating.prompts(project)[4]
    )


def test_a_budget_that_runs_out_keeps_what_was_answered(project: Path) -> None:
    evaluating.benchmark(project)
    (project / "profiles").mkdir()
    price = "price = {prompt = 0.0, completion = 100.0}"
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\nconcurrency = 1\n{price}\n')
    with serving(evaluating.server_of(project)) as server:
        with pytest.raises(CurateError, match="has spent"):
            evaluate(server, max_usd=0.105)  # a reply may cost 0.1024, and costs 0.0007
        paid = asked(server)
        assert 2 <= paid < 12 and not list((project / ".curate/evals").glob("*"))
        (log,) = (project / ".curate/runs").glob("*.json")
        (spent,) = json.loads(log.read_text())["spent"]
        assert spent["answered"] == paid and spent["cost"] == pytest.approx(0.0007 * paid)
        assert evaluate(server, max_usd=5.0)["accuracy"] == 1.0 and asked(server) == 12


def test_an_average_is_told_of_whole_benchmarks_only(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = of_eval("specs")
    evaluating.benchmark(project, "toy", 12)
    evaluating.benchmark(project, "part", 30)
    groups = {"core": ["toy", "part"], "extended": ["toy"], "13": ["toy", "part", "more"], "general": []}
    monkeypatch.setattr(specs, "group", groups.get)
    told = curate.evaluate(["pupil", "fake"], ["toy", "part"], limit=20)["evals"][0]
    assert told["whole"] == ["toy"]
    averages = told["models"][1]["averages"]
    assert averages["extended"]["accuracy"] == 0.0 and averages["core"]["accuracy"] is None
    assert averages["core"]["lacking"] == ["part"] and "13" not in averages and "general" not in averages
    assert {pair["on"] for pair in told["pairs"]} == {"toy", "part", "extended"}
    code, said = run("--model", "fake", "--on", "toy,part", "--limit", "20")
    assert (
        code == 0
        and "fake has no average over core: not all published items were asked" in said
        and "average extended" in said
    )
    whole = curate.evaluate(["pupil", "fake"], ["toy", "part"])["evals"][0]
    assert whole["models"][1]["averages"]["core"]["of"] == 2
    assert {"core", "extended"} < {pair["on"] for pair in whole["pairs"]}


def test_a_benchmark_of_ones_own_under_a_published_name_counts_in_no_average(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluating.benchmark(project, "gsm8k", 12)
    monkeypatch.setattr(of_eval("specs"), "group", {"core": ["gsm8k"], "13": [], "extended": [], "general": []}.get)
    told = curate.evaluate(["pupil", "fake"], "gsm8k")["evals"][0]
    assert told["whole"] == ["gsm8k"] and {pair["on"] for pair in told["pairs"]} == {"gsm8k"}
    assert told["models"][0]["averages"]["core"]["accuracy"] is None
    said = run("--model", "fake", "--on", "gsm8k")[1]
    assert "fake has no average over core: this project's gsm8k has other items than the published one" in said


def test_no_average_is_over_other_items_under_a_published_name(project: Path) -> None:
    evaluating.benchmark(project, "sat", 5)
    for name in sorted({*of_eval("specs").group("extended")} - {"sat"}):
        evaluating.benchmark(project, name, 5)
    told = curate.evaluate("pupil", "extended")["evals"][0]
    assert len(told["whole"]) == 5
    assert told["models"][0]["averages"]["extended"]["accuracy"] is None


def test_a_recipe_beside_the_benchmarks_is_none(project: Path) -> None:
    evaluating.benchmark(project, "toy", 3)
    (project / "benchmarks/other.yaml").write_text("recipe: other\ncorpora: {}\n")
    listed = [row["benchmark"] for row in json.loads(run("--list", "--json")[1])]
    assert "toy" in listed and "other" not in listed


def test_on_may_be_said_often_and_an_endpoint_once(project: Path) -> None:
    for name in ("toy", "more"):
        evaluating.benchmark(project, name, 3)
    told = json.loads(run("--model", "fake", "--on", "toy", "--on", "more", "--json")[1])
    assert {*told["evals"][0]["models"][0]["benchmarks"]} == {"toy", "more"}
    code, said = run("--endpoint", "http://a/v1", "--endpoint", "http://b/v1", "--on", "toy")
    assert code == 2 and said.startswith("--endpoint is said once")


def test_a_server_s_own_model_is_settled_as_the_profile_says(project: Path) -> None:
    evaluating.benchmark(project, "toy", 6)
    (project / "profiles").mkdir()
    (project / "profiles/dear.toml").write_text(
        f'[models."{evaluating.ID}"]\nprice = {{prompt = 1000, completion = 1000}}\n'
    )
    with serving(evaluating.server_of(project)) as server:
        words = ("--endpoint", server.url, "--on", "toy", "--profile", "dear")
        assert "price unknown" not in run(*words, "--dry-run")[1]
        code, said = run(*words, "--max-usd", "0.0001")
        assert code == 2 and not asked(server), said


def test_the_head_says_how_much_of_what_is_asked(project: Path) -> None:
    evaluating.benchmark(project, "toy", 12)
    evaluating.benchmark(project, "more", 30)
    whole = run("--model", "pupil", "--on", "toy,more", "--limit", "100000")[1]
    assert whole.startswith("eval: accuracy in percent, few-shot (95% interval)")
    some = run("--model", "pupil", "--on", "toy,more", "--limit", "20")[1]
    assert some.startswith("eval: accuracy in percent, few-shot, 20 items of more (95% interval)")
    each = run("--model", "pupil", "--on", "toy,more", "--limit", "5")[1]
    assert each.startswith("eval: accuracy in percent, few-shot, 5 items of each (95% interval)")


def test_why_draws_failed_stands_below_the_table(project: Path) -> None:
    evaluating.benchmark(project)
    prompts = evaluating.prompts(project)
    odd = {prompts[0]: ["refused-200"], prompts[1]: ["refused-200"], prompts[2]: ["finish=content_filter"]}
    with serving(evaluating.server_of(project, **odd)) as server:
        told = run("--model", evaluating.ID, "--endpoint", server.url, "--on", "toy")[1]
    assert f"{evaluating.ID}, toy: 3 failed: 2 × 400: too long; 1 × the reply was filtered" in told.splitlines()


def test_a_majority_of_two_is_said_to_be_none(project: Path) -> None:
    evaluating.benchmark(project)
    said = "of 2 draws no majority is told: it takes 3"
    assert said in run("--model", "pupil", "--on", "toy", "--samples", "2", "--temperature", "1")[1]
    assert said not in run("--model", "pupil", "--on", "toy", "--samples", "3", "--temperature", "1")[1]


def test_several_benchmarks_are_corrected_for_and_say_so(project: Path) -> None:
    evaluating.benchmark(project, "toy", 12)
    evaluating.benchmark(project, "more", 30)
    two = run("--model", "pupil", "--model", "fake", "--on", "toy,more")[1]
    assert "toy: pupil and fake cannot be told apart: +0.0 points" in two and "p = 1, holm p = 1 of 2 tests" in two
    assert "holm" not in run("--model", "pupil", "--model", "fake", "--on", "toy")[1]


@pytest.mark.parametrize(("price", "noted"), [("", True), ("price = {prompt = 0, completion = 0}", False)])
def test_a_limit_on_money_that_cannot_hold_is_said(project: Path, price: str, noted: bool) -> None:
    evaluating.benchmark(project)
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\n{price}\n')
    with serving(evaluating.server_of(project)) as server:
        words = ("--model", evaluating.ID, "--endpoint", server.url, "--on", "toy")
        told = run(*words, "--max-usd", "5")[1]
        assert (
            f"{evaluating.ID}: no price is known, so it counts as free and the limit of 5 USD never stops it" in told
        ) == noted
        assert (f'[models."{evaluating.ID}"] price = {{prompt' in told) == noted
        assert "no price" not in run(*words, "--max-usd", "5")[1], "all is stored"
    assert "no price" not in run("--model", "pupil", "--on", "toy", "--max-usd", "5")[1]
