"""Money from end to end: what plan foresees, what a build may spend, what show says of it, and that what is stored is never paid for."""

import json
import textwrap
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from curate import calls
from curate.cli import cli
from curate.errors import CurateError
from curate.models.fake import Parrot
from curate.models.meter import OverBudget
from tests.curate.corpus import one, open_small, texts, tiny
from tests.curate.models.chat import command
from tests.curate.test_asking import ASKS

STEPS = {"rewrite/tells.py": ASKS}
RECIPE = "models: {m: {backend: fake, sampling: {max_tokens: 100}}}\n" + one(
    "{score: letters}, {rewrite: tells, model: m}"
)
DEAR = "[models.m]\nprice = {prompt = 100000, completion = 1000000}\n"
"""A fake reply has 1 token of a prompt and 60 of its own: 60.1 USD."""
EACH = 60.1


def project(folder: Path, profile: str = "", recipe: str = RECIPE, count: int = 5) -> Path:
    tiny(folder, recipe, texts(count), steps=STEPS)
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles/local.toml").write_text('executor = "inline"\n' + profile)
    return folder


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(cli, list(words))


def asks(folder: Path) -> dict[str, Any]:
    return next(row["asks"] for row in open_small(folder).plan() if "asks" in row)


# budgets


def test_a_model_with_a_price_needs_a_limit_before_anything_is_asked(tmp_path, monkeypatch):
    project(tmp_path, DEAR)
    with monkeypatch.context() as patched:
        patched.setattr(Parrot, "answers", lambda *_: pytest.fail("somebody was asked"))
        with pytest.raises(OverBudget, match=r"models\.m costs money .*--max-usd 5, or \[budget\] usd = 5"):
            open_small(tmp_path).build()
    found = open_small(tmp_path).build(max_usd=1000)
    assert [(r["node"], r["model"], r["asked"], round(r["cost"], 6)) for r in found["spent"]] == [
        ("web/tells-ask", "m", 5, 5 * EACH)
    ]


def test_what_is_stored_needs_no_limit(tmp_path):
    project(tmp_path, DEAR)
    open_small(tmp_path).build(max_usd=1000)
    assert open_small(tmp_path).build()["spent"] == []
    for node in ("web/tells-ask", "web/tells"):
        small = open_small(tmp_path)
        store = small.store
        (store.object(small.built.done[small.planned[node].plan_key].key) / "manifest.json").unlink()
    row = open_small(tmp_path).build()["spent"][0]
    assert (row["asked"], row["cost"]) == (0, 0)


def test_a_build_stops_at_its_limit_keeps_what_it_paid_for_and_goes_on(tmp_path):
    project(tmp_path, DEAR)
    with pytest.raises(OverBudget, match="everything that was answered is stored"):
        open_small(tmp_path).build(max_usd=300)
    (log,) = (tmp_path / ".curate/runs").glob("*.json")
    assert 1 <= json.loads(log.read_text())["spent"][0]["answered"] < 5
    before = asks(tmp_path)
    assert 1 <= before["stored"] < 5 and before["stored"] + before["lacking"] == before["requests"] == 5
    assert before["stored"] * EACH <= 300
    found = open_small(tmp_path).build(max_usd=1000)
    assert found["spent"][0]["asked"] == before["lacking"]


def test_several_workers_stay_within_one_limit(tmp_path):
    project(tmp_path, DEAR + "concurrency = 4\n")
    for n in range(4):
        texts(6).with_columns(text=texts(6)["text"] + f" of {n}").write_parquet(tmp_path / f"data/{n}.parquet")
    with pytest.raises(CurateError, match="--max-usd"):
        open_small(tmp_path, executor="local", workers=2).build(max_usd=1000)
    assert asks(tmp_path)["stored"] * EACH <= 1000


def test_the_profile_gives_the_limit_and_the_command_line_replaces_it(tmp_path, monkeypatch):
    project(tmp_path, DEAR + "[budget]\nusd = 0.5\n")
    said = run(tmp_path, monkeypatch, "build", "small")
    assert said.exit_code == 2 or isinstance(said.exception, CurateError)
    assert "0.5 USD" in str(said.exception or said.output)
    said = run(tmp_path, monkeypatch, "build", "small", "--max-usd", "1000", "--json")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["spent"][0]["answered"] == 5


def test_the_command_line_says_it_in_one_line_with_exit_code_2(tmp_path, monkeypatch, capfd):
    from curate.cli import main

    project(tmp_path, DEAR)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["curate", "build", "small"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    last = capfd.readouterr().err.strip().splitlines()[-1]
    assert "models.m costs money" in last and "--max-usd 5" in last


def test_a_build_says_what_it_spent(tmp_path, monkeypatch):
    project(tmp_path, DEAR)
    said = run(tmp_path, monkeypatch, "build", "small", "--max-usd", "1000")
    assert "web/tells-ask: 5 replies of m, 5 + 300 tokens, 300.5000 USD" in said.output


# plan


def test_plan_counts_what_lacks_exactly_where_the_documents_are_built(tmp_path, monkeypatch):
    project(tmp_path, DEAR)
    open_small(tmp_path).build(through="web/letters")
    told = asks(tmp_path)
    sizes = [len(f"about {text}") for text in texts(5)["text"]]
    assert (told["requests"], told["stored"], told["lacking"], told["exact"]) == (5, 0, 5, True)
    assert (
        told["prompt_tokens"] == round(sum(sizes) / 4) and told["completion_tokens"] is None and told["price"] is None
    )
    assert told["low"] == pytest.approx(told["prompt_tokens"] * 0.1)
    assert told["high"] == pytest.approx((sum(sizes) + 5 * 256) * 0.1 + 500)
    said = run(tmp_path, monkeypatch, "plan", "small").output
    assert "web/tells-ask asks m 5 times: 0 replies stored, 5 lacking" in said and "an unknown number to write" in said
    assert "at least" in said and "at most" in said


def test_plan_foresees_tokens_by_the_replies_that_are_stored(tmp_path):
    project(tmp_path, DEAR)
    open_small(tmp_path).build(max_usd=1000)
    texts(9).write_parquet(tmp_path / "data/0.parquet")
    open_small(tmp_path).build(through="web/letters")
    told = asks(tmp_path)
    assert (told["requests"], told["stored"], told["lacking"], told["completion_tokens"]) == (9, 5, 4, 240)
    assert (
        told["price"] == pytest.approx(told["prompt_tokens"] * 0.1 + 240)
        and told["low"] <= told["price"] <= told["high"]
    )
    assert open_small(tmp_path).build(max_usd=1000)["spent"][0]["asked"] == told["lacking"]


def test_plan_bounds_what_is_not_built_and_invents_nothing(tmp_path, monkeypatch):
    project(tmp_path, DEAR)
    told = asks(tmp_path)
    assert (told["lacking"], told["price"], told["exact"]) == (None, None, False)
    said = run(tmp_path, monkeypatch, "plan", "small").output
    assert ("web/tells-ask asks m" in said and "price unknown" in said) or "is not known" in said


def test_a_prompt_that_comes_twice_is_one_request(tmp_path):
    project(tmp_path)
    texts(4).with_columns(text=pl.lit("the same")).write_parquet(tmp_path / "data/0.parquet")
    open_small(tmp_path).build(through="web/letters")
    assert asks(tmp_path)["requests"] == 1


def test_samples_are_requests_of_their_own(tmp_path):
    project(tmp_path, recipe=RECIPE.replace("model: m}", "model: m, samples: 3}"))
    open_small(tmp_path).build(through="web/letters")
    assert asks(tmp_path)["lacking"] == 15


def test_what_was_counted_is_remembered_until_replies_change(tmp_path, monkeypatch):
    project(tmp_path)
    open_small(tmp_path).build(through="web/letters")
    first = asks(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(calls, "prompts_of", lambda *_: pytest.fail("counted again"))
        assert asks(tmp_path) == first
    open_small(tmp_path).build()
    texts(6).write_parquet(tmp_path / "data/0.parquet")
    open_small(tmp_path).build(through="web/letters")
    assert asks(tmp_path)["stored"] == 5


def test_of_many_documents_some_shards_tell(tmp_path, monkeypatch):
    project(tmp_path)
    for n in range(1, 6):
        texts(10).with_columns(text=texts(10)["text"] + f" of {n}").write_parquet(tmp_path / f"data/{n}.parquet")
    open_small(tmp_path).build(through="web/letters")
    monkeypatch.setattr(calls, "MOST", 20)
    told = asks(tmp_path)
    assert not told["exact"] and 40 <= told["requests"] <= 70


def test_a_free_model_is_told_as_free(tmp_path, monkeypatch):
    project(tmp_path)
    open_small(tmp_path).build(through="web/letters")
    assert asks(tmp_path)["price"] in (None, 0.0) and asks(tmp_path)["high"] == 0
    assert ", free" in run(tmp_path, monkeypatch, "plan", "small").output


# show


def test_show_says_who_paid(tmp_path, monkeypatch):
    project(tmp_path, DEAR)
    open_small(tmp_path).build(max_usd=1000)
    (tmp_path / "recipes/other.yaml").write_text(textwrap.dedent(RECIPE).replace("recipe: small", "recipe: other"))
    said = run(tmp_path, monkeypatch, "build", "other", "--json")
    assert said.exit_code == 0, said.output
    rows = {
        name: json.loads(run(tmp_path, monkeypatch, "show", name, "--json").stdout)["ledger"]
        for name in ("small", "other")
    }
    assert [(r["replies"], r["asked"], r["prompt_tokens"], r["completion_tokens"]) for r in rows["small"]] == [
        (5, 5, 5, 300)
    ]
    assert [(r["replies"], r["asked"], r["price"], r["spent"]) for r in rows["other"]] == [
        (5, 0, pytest.approx(300.5), 0)
    ]
    assert rows["small"][0]["spent"] == pytest.approx(300.5) and rows["small"][0]["last"]["asked"] == 5
    assert "300.5000 USD" in run(tmp_path, monkeypatch, "show", "small").output


def test_a_price_that_nobody_says_is_unknown(tmp_path, monkeypatch):
    project(tmp_path)
    open_small(tmp_path).build()
    monkeypatch.setattr("curate.ledger.price_of", lambda *_: None)
    row = open_small(tmp_path).ledger()[0]
    assert (row["price"], row["spent"]) == (None, None)
    assert "unknown" in run(tmp_path, monkeypatch, "show", "small").output


# servers that are started


def test_a_server_runs_only_where_a_reply_is_lacking(tmp_path, monkeypatch):
    recipe = RECIPE.replace("backend: fake", "backend: openai, id: tiny")
    project(tmp_path, f"[models.m]\nlaunch = '''{command()}'''\nreplicas = 2\nstart_seconds = 30\n", recipe)
    small = open_small(tmp_path)
    small.build()
    assert small.sql("select text from documents where fate = 'kept'")["text"].to_list() == [
        f"about {text}"[::-1] for text in texts(5)["text"]
    ]
    found = small.built.done[small.planned["web/tells-ask"].plan_key].key
    (small.store.object(found) / "manifest.json").unlink()
    monkeypatch.setattr("curate.asker.served", lambda *_: pytest.fail("a server was started"))
    assert "web/tells-ask" in open_small(tmp_path).build()["ran"]


def test_gpu_hours_that_are_used_up_start_no_server(tmp_path, monkeypatch):
    project(tmp_path, f"[models.m]\nlaunch = '''{command()}'''\ngpus = 1\n[price]\ngpu_hour = 2.0\n")
    monkeypatch.setattr("curate.asker.served", lambda *_: pytest.fail("a server was started"))
    with pytest.raises(OverBudget, match="--max-gpu-hours 8 or --max-usd 20"):
        open_small(tmp_path).build()
    with pytest.raises(OverBudget, match="GPU-hours"):
        open_small(tmp_path).build(max_gpu_hours=0.0)


CARD = """---
hub: some/pages
files: "*.parquet"
license: mit
columns: {text: text}
fields: {text: String}
documents: {count: 1000, source: nobody}
tokens: {count: 600k, source: nobody}
---
Pages.
"""
PUBLISHED = """
recipe: small
models: {m: {backend: fake, sampling: {max_tokens: 1000}}}
corpora:
  web:
    read: hub
    files: card:pages
    revision: unpinned
    steps: [{keep: {long: length(text) > 20}}, {rewrite: tells, model: m}]
"""
PIECES = """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs.select(pl.col("text").str.extract_all("(?s).{1,1000}"))["text"]

        @rewrite(asks=prompts)
        def tells(docs: pl.DataFrame) -> pl.Series:
            \"\"\"The replies, one after the other.\"\"\"
            return docs["replies"].list.join("")
"""


@pytest.mark.parametrize(("step", "requests"), [(ASKS, 1000), (PIECES, 3000)])
def test_the_card_of_a_published_corpus_tells_documents_and_their_length(tmp_path, monkeypatch, step, requests):
    """600 tokens of 4 bytes are three pieces of at most 1,000 characters."""
    folder = project(tmp_path, "[models.m]\nreply_tokens = 500\nprice = {prompt = 1, completion = 2}\n", PUBLISHED)
    head = '"""A step."""\nimport polars as pl\nfrom curate.step import *\n'
    (folder / "steps/rewrite/tells.py").write_text(head + textwrap.dedent(step))
    (folder / "datacards").mkdir()
    (folder / "datacards/pages.md").write_text(CARD)
    told = asks(folder)
    assert (told["requests"], told["exact"], told["completion_tokens"]) == (requests, False, 500 * requests)
    assert told["prompt_tokens"] == pytest.approx(600_000, rel=0.02)
    assert told["price"] == pytest.approx((told["prompt_tokens"] + 2 * told["completion_tokens"]) / 1e6)
    assert told["high"] == pytest.approx((told["prompt_tokens"] + 2 * requests * 1000) / 1e6)
    said = run(tmp_path, monkeypatch, "plan", "small").output
    assert f"asks m at most about {requests:,} times" in said
