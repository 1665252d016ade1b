"""Steps that ask a model: two nodes, of which one asks and is pinned, and the other is computed as often as its code changes."""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import curate
from curate import step
from curate.asking import GIVES, again_of, answered, ask, prompts_of, with_replies
from curate.errors import CurateError
from curate.models.base import Reply, Request, Sampling, Unanswered
from curate.models.fake import Parrot
from curate.parts import ModelEntry
from tests.curate.corpus import edit, one, open_small, texts, tiny

ASKS = """
    def prompts(docs: pl.DataFrame, *, about: str = "about") -> pl.Series:
        return (about + " " + docs["text"]).alias("prompts")

    @rewrite(asks=prompts)
    def tells(docs: pl.DataFrame, *, end: str = "") -> pl.Series:
        return docs["replies"].list.get(0) + end
"""
GRADED = """
    def prompts(docs: pl.DataFrame) -> pl.Series:
        return docs["text"]

    @score(asks=prompts)
    def graded(docs: pl.DataFrame) -> pl.Series:
        return docs["replies"].list.first().str.len_chars().cast(pl.Int64)
"""
MODELS = "models: {m: {backend: fake}}\n"


class Told:
    """A model that answers by a function of prompt and sample, last request first, and counts."""

    identity: dict[str, Any] = {"backend": "told"}  # noqa: RUF012
    sampling = Sampling()

    def __init__(self, says: Any = lambda prompt, sample: f"{prompt}/{sample}") -> None:
        self.says, self.asked = says, list[Request]()

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        for place, request in reversed(list(enumerate(requests))):
            self.asked.append(request)
            said = self.says(*request)
            yield place, said if isinstance(said, Reply) else Reply(said, "stop", 1, 2)


def made(source: str, tmp_path: Path, name: str = "tells", verb: str = "rewrite") -> step.Step:
    path = tmp_path / "steps" / verb / f"{name}.py"
    path.parent.mkdir(parents=True)
    head = "import polars as pl\nfrom curate.step import expand, rewrite, score\n"
    path.write_text(head + textwrap.dedent(source))
    return step.load(path, verb)


def docs(*said: str | None) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(n) for n in range(len(said))], "text": list(said)}, schema={"id": str, "text": str})


# prompts


@pytest.mark.parametrize(
    ("gives", "wanted"),
    [
        ('docs["text"]', [["a"], None, ["c"]]),
        ('pl.Series([["a", "b"], None, []], dtype=pl.List(pl.String))', [["a", "b"], None, None]),
        ("pl.Series([None, None, None])", [None, None, None]),
        ("pl.Series([[], [], []])", [None, None, None]),
    ],
)
def test_prompts_are_texts_or_lists_of_texts(tmp_path: Path, gives: str, wanted: list[Any]) -> None:
    found = made(ASKS.replace('(about + " " + docs["text"]).alias("prompts")', gives), tmp_path)
    assert prompts_of(found, docs("a", None, "c"), {}).to_list() == wanted


@pytest.mark.parametrize(
    ("gives", "says"),
    [
        ("pl.Series([1, 2])", "makes prompts as Int64; it takes a Series of texts or of lists of texts"),
        ("list(docs['text'])", "makes prompts as list; it takes"),
        ("docs['text'].head(1)", "made prompts for 1 of 2 documents; null means none"),
        ("pl.Series([['a', None], ['b']])", "made a prompt that is null; leave it out of the list"),
    ],
)
def test_other_prompts_are_refused(tmp_path: Path, gives: str, says: str) -> None:
    found = made(ASKS.replace('(about + " " + docs["text"]).alias("prompts")', gives), tmp_path)
    with pytest.raises(CurateError, match=says):
        prompts_of(found, docs("a", "b"), {})


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("docs: pl.DataFrame, *, end", "docs: pl.DataFrame, *, model: Model, end", "does not get a model; `asks=`"),
        ("@rewrite(asks=prompts)", "@rewrite(samples=2)", "are for steps that ask; add `asks=`"),
        ("@rewrite(asks=prompts)", "@rewrite(asks=prompts, each=True)", "sees whole frames"),
    ],
)
def test_a_step_that_asks_in_another_way_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(CurateError, match=says):
        made("    from curate.models.base import Model\n" + ASKS.replace(before, after), tmp_path)


# what comes back


@given(
    st.lists(st.one_of(st.none(), st.lists(st.text(max_size=3), min_size=1, max_size=3)), max_size=6), st.integers(1, 3)
)
def test_replies_stand_beside_their_documents_prompt_by_prompt_and_draw_by_draw(
    prompts: list[list[str] | None], samples: int
) -> None:
    model = Told()
    found = step.find("synth", "qa_pairs")
    wanted = pl.Series("prompts", prompts, dtype=pl.List(pl.String))
    came = ask(found, wanted, model, {"samples": samples})
    assert came.schema == GIVES
    expected = [p and [f"{one}/{n}" for one in p for n in range(samples)] for p in prompts]
    assert came["reply"].to_list() == expected
    assert len(model.asked) == sum(len(p or ()) for p in prompts) * samples


def test_a_step_sees_null_for_a_reply_that_did_not_end_by_itself() -> None:
    reply = pl.Series([["a", "b"], None, ["", "d"], ["c"]], dtype=pl.List(pl.String))
    finish = pl.Series([["stop", "length"], None, ["stop", "stop"], ["refused"]], dtype=pl.List(pl.String))
    seen = with_replies(docs("a", "b", "c", "d"), reply, finish)["replies"]
    assert seen.dtype == pl.List(pl.String)
    assert seen.to_list() == [["a", None], None, ["", "d"], [None]]


RETRIES = """
    def prompts(docs: pl.DataFrame) -> pl.Series:
        return docs["text"]

    def unsaid(docs: pl.DataFrame, *, wanted: str = "yes") -> pl.Series:
        return ~docs["replies"].list.contains(wanted)

    @score(asks=prompts, again=unsaid)
    def heard(docs: pl.DataFrame) -> pl.Series:
        return docs["replies"].list.len().cast(pl.Int64)
"""


def test_a_further_draw_is_made_only_where_it_is_wanted_and_allowed(tmp_path: Path) -> None:
    model = Told(lambda prompt, sample: "yes" if sample >= int(prompt) else "no")
    found = made(RETRIES, tmp_path, "heard", "score")
    assert answered(found, docs("0", "1", "2", "9", None), model, samples=2, retries=3).to_list() == [2, 2, 3, 5, None]
    assert sorted(model.asked) == sorted(
        Request(p, n) for p, draws in (("0", 2), ("1", 2), ("2", 3), ("9", 5)) for n in range(draws)
    )
    assert answered(found, docs("1"), Told(), wanted="1/4", retries=9).to_list() == [5]


def test_a_step_with_no_word_about_retries_has_no_such_parameter(tmp_path: Path) -> None:
    found = made(ASKS, tmp_path)
    assert set(found.params.model_fields) == {"model", "samples", "about", "end"}
    with pytest.raises(CurateError, match="has no parameter 'retries'"):
        found.validated({"model": "m", "retries": 1})


def test_an_answer_about_retries_has_a_row_for_each_document(tmp_path: Path) -> None:
    found = made(RETRIES.replace("return ~docs", "return docs[:1]"), tmp_path, "heard", "score")
    came = ask(found, pl.Series("p", [["a"], ["b"]]), Told(), {"samples": 1})
    with pytest.raises(CurateError, match="does not say for each document"):
        again_of(found, docs("a", "b"), came, {})


def test_refusals_of_single_documents_are_told_and_of_most_of_them_are_an_error(tmp_path: Path) -> None:
    def says(prompt: str, sample: int) -> Reply | str:
        return Reply("", "refused", 0, 0, f"{prompt} is too long") if "long" in prompt else "ok"

    found = made(ASKS, tmp_path)
    some = pl.Series([[f"{n}"] for n in range(60)] + [[f"{n} long"] for n in range(40)])
    came = ask(found, some.reverse(), Told(says), {"samples": 1})
    assert came["refusal"].drop_nulls().to_list() == [f"{n} long is too long" for n in reversed(range(40))]
    assert came["finish"].list.get(0).to_list().count("refused") == 40
    with pytest.raises(CurateError, match=r"refused 21 of 21 requests: \d+ long is too long"):
        ask(found, some.tail(40), Told(says), {"samples": 1})


# two nodes


def counts(folder: Path) -> int:
    return sum(pl.read_parquet(path).height for path in (folder / ".curate/replies").rglob("*.parquet"))


def test_one_node_asks_and_is_pinned_and_the_other_reads_what_came_back(tmp_path: Path) -> None:
    tiny(tmp_path, MODELS + one("{rewrite: tells, model: m}"), texts(5), steps={"rewrite/tells.py": ASKS})
    small = open_small(tmp_path)
    assert [name for name in small.planned.nodes if "tells" in name] == ["web/tells-ask", "web/tells"]
    small.build()
    said = small.sql(
        "select text, tells_reply, tells_finish, tells_completion_tokens from documents where fate = 'kept'"
    )
    assert said["text"].to_list() == said["tells_reply"].list.get(0).to_list()
    assert set(said["tells_finish"].explode()) == {"stop"} and set(said["tells_completion_tokens"].explode()) == {60}
    assert counts(tmp_path) == 5


def test_another_way_to_read_replies_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = MODELS + one("{rewrite: tells, model: m}")
    tiny(tmp_path, recipe, texts(5), steps={"rewrite/tells.py": ASKS})
    open_small(tmp_path).build()
    monkeypatch.setattr(Parrot, "answers", lambda *_: pytest.fail("somebody was asked"))
    edit(tmp_path / "recipes/small.yaml", "model: m}", "model: m, end: .}")
    small = open_small(tmp_path)
    assert small.build()["ran"] == ["web/tells"]
    edit(tmp_path / "steps/rewrite/tells.py", ".list.get(0)", ".list.first()")
    assert open_small(tmp_path).build()["ran"] == ["web/tells-ask", "web/tells"], "one file, one code"
    for segment in (tmp_path / ".curate/replies").rglob("*.parquet"):
        segment.unlink()
    edit(tmp_path / "recipes/small.yaml", "end: .", "end: ;")
    assert open_small(tmp_path).build()["ran"] == ["web/tells"], "what was pinned does not need the reply store"


def test_other_prompts_ask_only_their_own_requests(tmp_path: Path) -> None:
    steps = {
        "rewrite/tells.py": ASKS,
        "rewrite/other.py": ASKS.replace("def tells", "def other").replace("about", "on").replace('"on"', '"by"'),
    }
    both = "{rewrite: tells, model: m}, {rewrite: other, model: m}"
    tiny(tmp_path, MODELS + one(both), texts(5), steps=steps)
    open_small(tmp_path).build()
    assert counts(tmp_path) == 10
    edit(tmp_path / "recipes/small.yaml", "{rewrite: other, model: m}", "{rewrite: other, model: m, on: of the}")
    assert open_small(tmp_path).build()["ran"] == ["web/other-ask", "web/other"]
    assert counts(tmp_path) == 15


def test_a_node_is_there_only_when_every_request_has_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny(tmp_path, MODELS + one("{rewrite: tells, model: m}"), texts(9), steps={"rewrite/tells.py": ASKS})
    whole = Parrot.answers

    def half(self: Parrot, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        for place, reply in whole(self, requests):
            if place % 2:
                yield place, reply
        raise Unanswered("half of them have no answer")

    with monkeypatch.context() as patched:
        patched.setattr(Parrot, "answers", half)
        with pytest.raises(CurateError, match="half of them have no answer"):
            open_small(tmp_path).build()
    small = open_small(tmp_path)
    assert small.store.planned(small.planned["web/tells-ask"].plan_key) is None
    assert counts(tmp_path) == 4
    small.build()
    assert counts(tmp_path) == 9


def test_documents_known_from_an_earlier_build_are_not_asked_about_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny(tmp_path, MODELS + one("{rewrite: tells, model: m}"), texts(5), steps={"rewrite/tells.py": ASKS})
    open_small(tmp_path).build()
    docs = texts(8)
    docs.write_parquet(tmp_path / "data/00.parquet")
    asked: list[str] = []
    whole = Parrot.answers

    def noting(self: Parrot, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        said = list(requests)
        asked.extend(request.prompt for request in said)
        return whole(self, said)

    monkeypatch.setattr(Parrot, "answers", noting)
    open_small(tmp_path).build()
    assert sorted(asked) == sorted(f"about {text}" for text in docs["text"][5:])


def test_a_recipe_with_a_step_that_asks_names_its_model(tmp_path: Path) -> None:
    tiny(tmp_path, MODELS + one("{rewrite: tells, model: n}"), texts(1), steps={"rewrite/tells.py": ASKS})
    with pytest.raises(CurateError, match="no model 'n' under `models:`"):
        assert open_small(tmp_path).planned
    assert isinstance(curate.open("long-cot").planned.nodes["cot/long_cot-ask"].params["samples"], int)


def test_the_step_that_contributing_shows_works(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text("utf-8")
    (shown,) = [block for block in text.split("```python")[1:] if "asks=prompts" in block]
    found = made(textwrap.indent(shown.partition("```")[0], "    "), tmp_path, "branch", "score")
    told = answered(found, docs("x + y", None), Told(lambda prompt, sample: "Algebra, mostly."))
    assert isinstance(told, pl.Series) and told.to_list() == ["algebra", None]


def test_a_refusal_is_pinned_beside_its_document_and_changes_with_nothing_but_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny(tmp_path, MODELS + one("{score: graded, model: m}"), texts(5), steps={"score/graded.py": GRADED})
    whole = Parrot.answers

    def refusing(self: Parrot, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        for place, reply in whole(self, requests):
            yield place, Reply("", "refused", 0, 0, "too long") if place == 2 else reply

    with monkeypatch.context() as patched:
        patched.setattr(Parrot, "answers", refusing)
        open_small(tmp_path).build()
    refused = "select count(*) n from documents where graded_refusal = 'too long' and graded is null"
    assert open_small(tmp_path).sql(refused)["n"][0] == 1
    texts(6).write_parquet(tmp_path / "data/0.parquet")
    small = open_small(tmp_path)
    small.build()
    assert small.sql(refused)["n"][0] == 1
    edit(tmp_path / "recipes/small.yaml", "{backend: fake}", "{backend: fake, sampling: {seed: 1}}")
    small = open_small(tmp_path)
    small.build()
    assert small.sql(refused)["n"][0] == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("nan")], b"x", {1, 2}])
def test_what_is_no_json_is_refused_in_extra(value: Any) -> None:
    with pytest.raises(ValidationError, match="must hold what JSON can say"):
        ModelEntry.model_validate({"backend": "fake", "sampling": {"extra": {"a": value}}})


def test_a_changed_file_of_prompts_asks_only_its_own_requests(tmp_path: Path) -> None:
    both = ", ".join(f"{{score: llm_grade, as: {name}, model: m, rubric_file: [{name}.txt]}}" for name in ("a", "b"))
    tiny(tmp_path, MODELS + one(both), texts(5))
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"One point where {name} is said.")
    open_small(tmp_path).build()
    assert counts(tmp_path) == 10
    (tmp_path / "b.txt").write_text("Two points where nothing of that kind is said.")
    assert open_small(tmp_path).build()["ran"] == ["web/b-ask", "web/b"]
    assert counts(tmp_path) == 15
    assert not open_small(tmp_path).build()["ran"]
