"""`curate try`: one step on a few documents, with what was asked, what came back, and what became of it."""

import json
from pathlib import Path

import pytest

from curate.cli import main
from curate.errors import CurateError
from tests.curate.corpus import objects, one, open_small, texts, tiny
from tests.curate.test_asking import ASKS, MODELS

STEPS = {
    "rewrite/tells.py": ASKS,
    "synth/asks.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]

        @expand(asks=prompts, samples=2)
        def asks(docs: pl.DataFrame) -> pl.DataFrame:
            rows = [(i, f"{text} {n}", n) for i, row in enumerate(docs["replies"]) for n, text in enumerate(row)]
            return pl.DataFrame(rows, schema={"parent": pl.UInt32, "text": pl.String, "draw": pl.UInt16}, orient="row")
    """,
}
RECIPE = (
    MODELS
    + """
recipe: small
corpora:
  web:
    {read: parquet, files: data/*, steps: [{score: letters}, {rewrite: tells, model: m}, {score: digits}, {keep: {some: "digits > 0.01"}}]}
  made: {from: web, steps: [{synth: asks, model: m}, {score: letters}, {keep: {first: draw = 0}}]}
"""
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    tiny(tmp_path, RECIPE, texts(6), steps=STEPS)
    open_small(tmp_path).build(through="web/letters")
    return tmp_path


def test_a_rewrite_is_told_with_prompt_reply_words_and_verdict(small: Path) -> None:
    before = objects(small / ".curate")
    tried = open_small(small).trial("web/tells", 3)
    assert len(tried) == 3
    for told in tried:
        assert told["prompts"] == [f"about {told['text']}"]
        (reply,) = told["replies"]
        assert (reply["finish"], reply["completion_tokens"]) == ("stop", 60)
        assert told["after"] == reply["text"]
        assert "".join(text for sign, text in told["words"] if sign != "+") == told["text"]
        assert "".join(text for sign, text in told["words"] if sign != "-") == told["after"]
        assert told["columns"]["digits"] == pytest.approx(sum(map(str.isdigit, told["after"])) / len(told["after"]))
        assert told["verdict"]["fate"] == ("kept" if told["columns"]["digits"] > 0.01 else "some")
    assert objects(small / ".curate") == before, "only replies are stored"


def test_what_was_tried_is_not_asked_again_by_the_build(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.models.fake import Parrot

    asked: list[str] = []
    whole = Parrot.answers

    def noting(self: Parrot, requests):  # type: ignore[no-untyped-def]
        return whole(self, (asked.append(request.prompt) or request for request in requests))  # type: ignore[func-returns-value]

    monkeypatch.setattr(Parrot, "answers", noting)
    tried = open_small(small).trial("web/tells-ask", 2)
    assert sorted(asked) == sorted(prompt for told in tried for prompt in told["prompts"])
    open_small(small).build(only="web")
    assert len(asked) == len(set(asked)) == 6


def test_documents_made_of_one_are_told_with_it(small: Path) -> None:
    open_small(small).build(only="web")
    kept = open_small(small).sql("select count(*) n from documents where corpus = 'web' and fate = 'kept'")["n"][0]
    tried = open_small(small).trial("made/asks", 50)
    assert len(tried) == kept > 0
    for told in tried:
        assert [made["columns"]["draw"] for made in told["gives"]] == [0, 1]
        assert [made["verdict"]["fate"] for made in told["gives"]] == ["kept", "first"]
        assert [made["columns"]["letters"] for made in told["gives"]] == [len(made["text"]) for made in told["gives"]]
    built = open_small(small)
    built.build()
    ids = set(built.sql("select id from documents where corpus = 'made'")["id"])
    assert {made["id"] for told in tried for made in told["gives"]} == ids


def test_a_step_that_asks_nobody_can_be_tried_too(small: Path) -> None:
    tried = open_small(small).trial("web/letters", 2)
    assert [told["columns"] for told in tried] == [{"letters": len(told["text"])} for told in tried]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("web/tels", "has no node 'web/tels'; did you mean 'web/tells'"),
        ("web", "web is a corpus; name one of its steps"),
        ("web/some", "web/some is a `keep`; a score, a rewrite or an expand can be tried"),
        ("made/asks", "web/some is not built; run curate build small --through web/some"),
    ],
)
def test_what_cannot_be_tried_is_one_line(small: Path, name: str, says: str) -> None:
    with pytest.raises(CurateError, match=says):
        open_small(small).trial(name)


def test_the_command_shows_it_and_prints_json(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small)
    with pytest.raises(SystemExit) as done:
        main(["try", "small", "web/tells", "-n", "1", "--json"])
    assert not done.value.code
    (told,) = json.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit):
        main(["try", "small", "web/tells", "-n", "1"])
    out = capsys.readouterr().out
    assert f"--- prompt\n{told['prompts'][0]}" in out and "--- reply 0, stop, 1 tokens in, 60 out" in out
    assert "[-document " in out and ("kept" in out or "dropped by some" in out)
    with pytest.raises(SystemExit) as wrong:
        main(["try", "small"])
    assert wrong.value.code == 2 and "which step?" in capsys.readouterr().err


def test_nothing_comes_of_no_documents(tmp_path: Path) -> None:
    tiny(tmp_path, MODELS + one("{keep: {none: \"url = 'x'\"}}, {rewrite: tells, model: m}"), texts(3), steps=STEPS)
    open_small(tmp_path).build(through="web/none")
    assert open_small(tmp_path).trial("web/tells") == []


def test_what_costs_money_is_tried_within_a_limit(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "profiles").mkdir(exist_ok=True)
    (small / "profiles/paid.toml").write_text("[models.m]\nprice = {prompt = 1.0, completion = 2.0}\n")
    monkeypatch.chdir(small)
    asked = ["try", "small", "web/tells", "-n", "1", "--profile", "paid"]
    for more, says in (([], "models.m costs money"), (["--max-usd", "0.000001"], "--max-usd")):
        with pytest.raises(SystemExit) as stopped:
            main([*asked, *more])
        assert stopped.value.code == 2 and says in capsys.readouterr().err
    with pytest.raises(SystemExit) as done:
        main([*asked, "--max-usd", "1"])
    assert not done.value.code and "--- reply 0, stop" in capsys.readouterr().out
