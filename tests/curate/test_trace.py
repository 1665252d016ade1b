"""Trace: every life ends where the views say it ended, and every piece of evidence is what it claims to be."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.life import Life, lives
from curate.positions import positions
from curate.spans import common_run
from tests.curate.corpus import RECIPE, make_project, one, open_small, texts, tiny

MIXED = (
    RECIPE.replace("corpora:", "tokenizer: {train: bpe, vocab: 300, of: [web]}\ncorpora:")
    + """
  late:
    from: web
    steps: [{score: letters, as: late_letters}, {keep: {odd: late_letters > 60}}]
mixture:
  tokens: 9000
  seq_len: 64
  stages: [{until: 100%, weights: {web: 0.5, parts: 0.5}}]
  max_epochs: {web: 3, parts: 3}
"""
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    recipe = open_small(make_project(tmp_path_factory.mktemp("trace"), recipe=MIXED))
    recipe.build()
    return recipe


def disagreements(recipe: curate.Curated, ids: list[str]) -> list[Any]:
    """Where the lives of some documents say something else than the views do."""
    told = lives(recipe.built, ids)
    docs = recipe.sql("select corpus, coalesce(id, parent_id) id, fate, fate_node, failed, error from documents")
    rows = docs.filter(pl.col("id").is_in(ids)).to_dicts()
    seen = Counter(
        (r["corpus"], r["id"], r["fate"], r["fate_node"], tuple(r["failed"] or ()), r["error"]) for r in rows
    )
    said = Counter((x.corpus, x.id, x.fate, x.fate_node, tuple(x.failed or ()), x.error) for x in told)
    index = recipe.sql("""select source, id, "window", "offset" % 64 o, length, stage, epoch from mixture""").rows()
    wanted = Counter(row for row in index if row[1] in set(ids))
    places = Counter(
        (*key, p["window"], p["offset"], p["length"], p["stage"], p["epoch"])
        for key, found in positions(recipe.built, ids).items()
        for p in found
    )
    return [*(seen - said), *(said - seen), *(wanted - places), *(places - wanted), *filter(_inconsistent, told)]


def _inconsistent(life: Life) -> bool:
    """A life whose events do not lead to its fate."""
    clauses = [clause for event in life.events for clause in event.get("clauses", ())]
    failed = [clause["clause"] for clause in clauses if clause["verdict"] != "passed"]
    if life.failed not in (None, ["repeat"]):
        return failed != life.failed or [c["clause"] for c in clauses if c["deciding"]] != failed[:1]
    return bool(failed)


def test_every_document_has_the_fate_and_the_places_that_the_views_say(small: curate.Curated) -> None:
    ids = small.sql("select distinct coalesce(id, parent_id) id from documents")["id"].to_list()
    fates = set(small.sql("select distinct fate from documents")["fate"])
    assert {"kept", "long", "unique", "quarantined", "repeat", "no rows", "odd"} <= fates
    assert len(ids) > 300
    assert not disagreements(small, ids)


@pytest.mark.slow
def test_1000_random_documents_of_long_cot_agree_with_their_fates(tmp_path: Path) -> None:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    sizes = "web: {files: 'embedded:crawl?pages=300'}"
    (recipes / "little.yaml").write_text(
        f"recipe: little\nextends: long-cot\ncorpora:\n  {sizes}\nmixture: {{tokens: 100K, seq_len: 64}}\n"
    )
    recipe = curate.open("little", project=tmp_path)
    recipe.build()
    ids = recipe.sql("select distinct coalesce(id, parent_id) id from documents order by 1")["id"].to_list()
    assert len(ids) > 1000
    assert not disagreements(recipe, random.Random(0).sample(ids, 1000))


# evidence


def only(recipe: curate.Curated, sql: str, corpus: str | None = None, **more: Any) -> dict[str, Any]:
    """The life, with its evidence, of the first document that a query finds."""
    found = recipe.trace(recipe.sql(f"select id from documents where {sql} order by id")["id"][0], **more)["lives"]
    chosen = [life for life in found if corpus is None or life["corpus"] == corpus]
    assert chosen
    return dict(chosen[0])


def test_a_duplicate_names_its_partner_and_the_words_they_share(small: curate.Curated) -> None:
    life = only(small, "fate = 'unique'")
    event = next(e for e in life["events"] if e["node"] == "web/copies")
    partner = small.sql(
        f"select id, url, text from documents where corpus = 'web' and id = '{event['columns']['copy_of']}'"
    )
    words = partner["text"][0].split()
    assert (event["partner"]["id"], event["partner"]["url"]) == (partner["id"][0], partner["url"][0])
    assert event["partner"]["fate"] == "kept"
    assert event["partner"]["shared"]["words"] == event["partner"]["shared"]["of"] == len(words)


def test_a_repeated_record_names_the_one_that_stays(small: curate.Curated) -> None:
    found = small.trace(small.sql("select id from documents where fate = 'repeat'")["id"][0])["lives"]
    repeat, other = sorted([x for x in found if x["corpus"] == "web"], key=lambda x: x["fate"] != "repeat")
    assert repeat["stays"][0]["date"] == other["date"]
    assert other["repeats"][0]["source"] == repeat["source"]
    assert "record" in repeat["source"]


def test_a_clause_is_told_with_the_values_that_it_saw(small: curate.Curated) -> None:
    life = only(small, "fate = 'long'")
    clause = life["events"][-1]["clauses"][0]
    assert clause["values"] == {"letters": life["events"][2]["columns"]["letters"]}
    assert clause["values"]["letters"] <= 20
    assert (clause["verdict"], clause["deciding"]) == ("failed", True)


def test_a_quarantined_document_is_told_with_its_error(small: curate.Curated) -> None:
    life = only(small, "fate = 'quarantined'")
    assert life["error"] == "ValueError: poison"
    assert life["events"][-1]["node"] == life["fate_node"] == "web/digits"


def test_a_parent_tells_of_its_children_and_a_child_of_its_parent(small: curate.Curated) -> None:
    parent = only(small, "corpus = 'parts' and fate = 'kept'", "parts")["parent"]
    assert {life["fate"] for life in parent["lives"] if life["corpus"] == "web"} == {"kept"}
    children = only(small, f"id = '{parent['id']}'", "web")["children"]
    wanted = small.sql(f"select id from documents where parent_id = '{parent['id']}' and id is not null")["id"]
    assert {child["id"] for child in children} == set(wanted)


def test_a_corpus_made_from_another_tells_its_own_life_of_the_same_document(small: curate.Curated) -> None:
    found = small.trace(small.sql("select id from documents where corpus = 'late' and fate = 'odd'")["id"][0])["lives"]
    assert {life["corpus"]: life["fate"] for life in found if life["corpus"] != "parts"} == {
        "web": "kept",
        "late": "odd",
    }


def test_a_rewrite_is_told_by_the_lengths_before_and_after(small: curate.Curated) -> None:
    life = only(small, "corpus = 'web' and fate = 'kept'", "web")
    event = next(e for e in life["events"] if e["kind"] == "rewrite")
    assert event["characters_before"] == event["characters"] == len(life["text"])
    assert life["text"] == life["text"].upper()


def test_a_document_is_found_by_url_by_text_and_by_its_place(small: curate.Curated) -> None:
    life = only(small, "corpus = 'web' and fate = 'kept'", "web", tokens=True)
    assert life["id"] in {x["id"] for x in small.trace(life["url"])["lives"]}
    assert life["id"] in {x["id"] for x in small.trace(text=life["text"][:80])["lives"]}
    place = next(p for p in life["mixture"] if p["start"] == 0)
    assert life["text"].startswith(place["text"].removesuffix("<|endoftext|>"))
    found = small.trace(window=place["window"], offset=place["offset"])
    assert [piece["id"] for piece in found["pieces"]] == [life["id"]]
    every = small.trace(window=place["window"])["pieces"]
    assert [p["offset"] for p in every] == sorted(p["offset"] for p in every)


MODEL = {
    "synth/asks.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return "about " + docs["text"]

        @expand(asks=prompts, samples=2)
        def asks(docs: pl.DataFrame) -> pl.DataFrame:
            rows = [(i, text + str(n), n) for i, row in enumerate(docs["replies"]) for n, text in enumerate(row) if text]
            return pl.DataFrame(rows, schema={"parent": pl.UInt32, "text": pl.String, "sample": pl.UInt16}, orient="row")
    """
}


def test_a_child_tells_the_reply_that_it_was_made_of_whatever_became_of_the_reply_store(tmp_path: Path) -> None:
    recipe = "models: {m: {backend: fake}}\n" + one("{synth: asks, model: m}")
    made = open_small(tiny(tmp_path, recipe, texts(4), steps=MODEL))
    made.build()
    child = made.sql("select id, text from documents where sample = 1 order by id").to_dicts()[0]
    life = made.trace(child["id"])["lives"][0]
    (reply,) = life["replies"]
    assert (reply["sample"], reply["finish"], reply["completion_tokens"]) == (1, "stop", 60)
    assert child["text"] == reply["text"] + "1"
    assert reply["span"] == reply["text"].rpartition(" ")[0], "the last word has the number of the draw behind it"
    for segment in (tmp_path / ".curate/replies").rglob("*.parquet"):
        segment.unlink()
    assert open_small(tmp_path).trace(child["id"])["lives"][0]["replies"] == life["replies"]
    assert not list((tmp_path / ".curate/replies").rglob("*.parquet"))


ITEMS = [{"id": "q/1", "problem": "what is the sum of 17 and 25 when both are counted in base ten", "answer": "42"}]


def test_a_leak_is_told_with_the_item_and_all_leaks_of_an_item_are_found(tmp_path: Path) -> None:
    leak = f"A page. {ITEMS[0]['problem']}? It is 42."
    docs = texts(4).with_columns(text=pl.when(pl.int_range(4) < 2).then(pl.lit(leak)).otherwise("text"))
    tiny(tmp_path, one("{decontaminate: ngram, against: [quiz]}"), docs)
    (tmp_path / "datacards").mkdir()
    (tmp_path / "datacards/quiz.md").write_text("---\nlicense: MIT\nfiles: quiz.jsonl\n---\n")
    (tmp_path / "quiz.jsonl").write_text("\n".join(map(json.dumps, ITEMS)))
    recipe = open_small(tmp_path)
    recipe.build()
    found = recipe.trace(item="quiz/q/1")
    assert {x["url"] for x in found["leaks"]} == {"u0", "u1"}
    assert {x["fate"] for x in found["lives"]} == {"clean"}
    event = next(e for e in found["lives"][0]["events"] if "leak" in e)
    assert (event["leak"]["problem"], event["leak"]["answer"]) == (ITEMS[0]["problem"], "42")
    assert "17 and 25" in event["leak"]["span"]
    for asked, says in (("quiz/q", "no item"), ("quis/q", "did you mean 'quiz'"), ("quiz", "BENCHMARK/ID")):
        with pytest.raises(CurateError, match=says):
            recipe.trace(item=asked)


# training steps


def test_a_step_names_every_piece_in_its_windows_and_the_next_step_the_next(small: curate.Curated) -> None:
    """Two passes over the mixture: each piece comes twice, the first time in the order of the index."""
    count = small.sql('select max("window") + 1 n from mixture')["n"][0]
    steps = [small.trace(step=n, batch=7)["windows"] for n in range(-(-2 * count // 7))]
    windows = [window for found in steps for window in found][: 2 * count]
    assert [window["place"] for window in windows] == list(range(2 * count))
    assert [window["pass"] for window in windows] == [0] * count + [1] * count
    assert [window["window"] for window in windows[:count]] == list(range(count))
    assert sorted(window["window"] for window in windows[count:]) == list(range(count))
    assert [window["source"] for window in windows[:count]] == [window["source"] for window in windows[count:]]
    index = small.sql(
        """select "window", source, stage, id, start, length, "offset" % 64 o, epoch from mixture order by all"""
    ).rows()
    rows = [
        (w["window"], w["source"], w["stage"], d["id"], d["start"], d["length"], d["offset"], d["epoch"])
        for w in windows
        for d in w["documents"]
    ]
    assert sorted(rows[: len(index)]) == sorted(rows[len(index) :]) == index


def test_a_step_tells_the_url_of_each_document(small: curate.Curated) -> None:
    urls = dict(small.sql("select id, url from documents where corpus = 'web'").rows())
    documents = [d for w in small.trace(step=1, batch=9)["windows"] if w["source"] == "web" for d in w["documents"]]
    assert documents and all(d["url"] == urls[d["id"]] != "" for d in documents)


def test_windows_of_a_step_are_those_of_the_recipes_training(tmp_path: Path) -> None:
    def opened(train: str) -> curate.Curated:
        (tmp_path / "recipes" / "small.yaml").write_text(MIXED + train)
        return open_small(tmp_path)

    make_project(tmp_path, recipe=MIXED)
    opened("").build()
    one = "train:\n  a: {run: trainers.midtrain, data: mixture, batch_size: 3}\n"
    assert [w["place"] for w in opened(one).trace(step=2)["windows"]] == [6, 7, 8]
    assert len(opened(one).trace(step=2, batch=5)["windows"]) == 5
    other = "  b: {run: trainers.midtrain, data: mixture, batch_size: 4}\n  c: {run: trainers.grpo, prompts: web, batch_size: 9}\n"
    for train, says in (
        (one + other, "a, b say 2 batch sizes"),
        ("", "no training on the mixture; say how many windows"),
    ):
        with pytest.raises(CurateError, match=says):
            opened(train).trace(step=0)


def test_a_step_is_printed_a_line_for_each_piece(
    small: curate.Curated, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small.project)
    windows = small.trace(step=40, batch=8)["windows"]
    for more, lines in (([], 8 + sum(len(w["documents"]) for w in windows)), (["--json"], 0)):
        with pytest.raises(SystemExit) as left:
            main(["trace", "small", "--step", "40", "--batch", "8", *more])
        said = capfd.readouterr().out
        assert left.value.code == 0
        assert all(d["id"] in said for w in windows for d in w["documents"])
        assert len(said.splitlines()) == lines or json.loads(said)["windows"] == windows


# what is not there, and what is hostile


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"document": "no such document"}, "no document of the id or url"),
        ({"text": "words that stand nowhere"}, "holds"),
        ({"text": " "}, "empty"),
        ({"window": 10**9}, "numbered from 0"),
        ({"window": 0, "offset": 10**9}, "numbered from 0"),
        ({"item": "gsm8k/17"}, "compared with 'gsm8k'"),
        ({}, "trace what"),
        ({"document": "x", "text": "y"}, "one of"),
        ({"step": 0, "window": 0, "batch": 1}, "one of"),
        ({"step": -1, "batch": 1}, "numbered from 0"),
        ({"step": 0, "batch": 10**9}, "a step has 1 to 65,536 windows"),
        ({"window": 0, "batch": 4}, "give a step with it"),
    ],
)
def test_what_is_not_found_is_an_error_that_helps(small: curate.Curated, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(CurateError, match=says) as error:
        small.trace(**asked)
    assert "\n" not in str(error.value)


def test_a_hostile_page_cannot_steer_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    docs = texts(2).with_columns(
        text=pl.lit("\x1b[2J\u202e evil \r text long enough to stay"), url=pl.lit("u\x1b]0;x\x07")
    )
    recipe = open_small(tiny(tmp_path, one("{score: letters}, {keep: {long: letters > 20}}"), docs))
    recipe.build()
    monkeypatch.chdir(tmp_path)
    for args in (
        ["trace", "small", recipe.sql("select id from documents")["id"][0]],
        ["whatif", "small", "web", "letters > 9999"],
    ):
        with pytest.raises(SystemExit) as left:
            main(args)
        said = capfd.readouterr().out
        assert left.value.code == 0
        assert "evil" in said
        assert not set("\x1b\x07\r\u202e") & set(said)


def test_a_life_in_a_half_built_corpus_ends_where_the_build_ended(tmp_path: Path) -> None:
    recipe = open_small(tiny(tmp_path, one("{score: letters}, {score: digits}"), texts(5)))
    recipe.build(through="web/letters")
    life = recipe.trace("u1")["lives"][0]
    assert (life["fate"], life["fate_node"]) == ("not built", "web/digits")


# the longest run of words


@pytest.mark.parametrize(
    ("text", "other", "words", "span"),
    [
        ("a b c d e", "x b  c d y", 3, "b c d"),
        ("a b", "a b", 2, "a b"),
        ("a", "b", 0, ""),
        ("", "", 0, ""),
        ("a a a a b", "a a a b", 4, "a a a b"),
    ],
)
def test_the_longest_run_of_words_is_found(text: str, other: str, words: int, span: str) -> None:
    assert common_run(text, other) == (words, span)


def test_the_longest_run_is_what_a_plain_search_finds() -> None:
    rng = random.Random(0)
    for _ in range(60):
        left, right = ([rng.choice("abc") for _ in range(rng.randint(0, 30))] for _ in range(2))
        runs = (n for n in range(len(left), 0, -1) for i in range(len(left) - n + 1) if any(
            left[i : i + n] == right[j : j + n] for j in range(len(right) - n + 1)))  # fmt: skip
        assert common_run(" ".join(left), " ".join(right))[0] == next(runs, 0)
