"""Prompts: the template's bytes, one first token, what is left out and counted, and the order of steps."""

import functools
import itertools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import ranks, words  # noqa: E402
from tests.trainers.words import FIRST, LAST, TURN, ids  # noqa: E402
from trainers._endings import load  # noqa: E402
from trainers._together import rank  # noqa: E402
from trainers.prompts import Prompts  # noqa: E402
from trainers.rl_settings import TEMPLATES  # noqa: E402

PLAIN = "{problem}"


def written(path: Path, problems: list[str], **columns: Any) -> Path:
    frame = {"id": [f"p{n}" for n in range(len(problems))], "problem": problems, "answer": ["1"] * len(problems)}
    pl.DataFrame(frame | columns).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return words.characters(tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("many") / "p.parquet", [f"What is {n}?" for n in range(40)])


def test_the_tokens_are_those_of_the_template_with_the_problem_in_its_place(tmp_path: Path, tokenizer: Path) -> None:
    """A snapshot: a change of these numbers is a change of every model that was trained."""
    path = written(tmp_path / "p.parquet", ["What is 2+3?", "Let $x=5$."])
    prompts = Prompts(path, words.characters(tmp_path / "t"), TEMPLATES["simple"])
    text = "Question:What is 2+3?\nAnswer:"
    assert prompts.tokens(0) == ids(text)
    assert prompts.tokens(0)[:12] == [46, 81, 65, 79, 80, 69, 75, 74, 27, 52, 68, 61]
    merged = Prompts(path, tokenizer, TEMPLATES["simple"]).tokens(1)
    text = "Question:Let $x=5$.\nAnswer:"
    assert merged == load(tokenizer).encode(text).ids and len(merged) < len(text)  # at once, so seams are merged too


def test_a_prompt_with_the_complex_template_holds_each_part_once_and_in_order(tmp_path: Path) -> None:
    prompts = Prompts(written(tmp_path / "p.parquet", ["1+1"]), words.characters(tmp_path / "t"), TEMPLATES["complex"])
    assert prompts.tokens(0) == ids(TEMPLATES["complex"].replace("{problem}", "1+1"))
    assert prompts.tokens(0)[-len(ids("1+1\nAssistant:")) :] == ids("1+1\nAssistant:")


@pytest.mark.parametrize("bos", [None, True, False])
@pytest.mark.parametrize("puts_first", [True, False])
@pytest.mark.parametrize("template", [PLAIN, FIRST + PLAIN])
def test_the_first_token_stands_there_once_or_not_at_all(
    tmp_path: Path, template: str, puts_first: bool, bos: bool | None
) -> None:
    """Twice, by the tokenizer and by the template, is the bug (vLLM #27486)."""
    tokenizer = words.characters(tmp_path / "t", puts_first, puts_last=True)
    prompts = Prompts(written(tmp_path / "p.parquet", ["2+2"]), tokenizer, template, bos)
    asked = FIRST in template or bos or (bos is None and puts_first)
    assert prompts.tokens(0) == [0] * bool(asked) + ids("2+2")  # and no last token, which would end it
    assert prompts.tokens(0).count(0) == bool(asked)


def test_a_first_token_that_nobody_names_is_refused(tmp_path: Path) -> None:
    tokenizer = words.characters(tmp_path / "t", named=False)
    with pytest.raises(CurateError, match="bos: true, but the tokenizer has no first token; leave bos out"):
        Prompts(written(tmp_path / "p.parquet", ["2+2"]), tokenizer, PLAIN, bos=True)


@pytest.mark.parametrize("problem", ["{problem}", "{0}", "\\1 \\g(0)", "{}", "$x$ {{a}}", "{problem} {problem}"])
def test_a_problem_is_plain_text(tmp_path: Path, letters: Path, problem: str) -> None:
    prompts = Prompts(written(tmp_path / "p.parquet", [problem]), letters, "Q: {problem} {}\n")
    assert prompts.tokens(0) == ids(f"Q: {problem} {{}}\n")


def test_a_problem_with_the_text_of_a_special_token_is_left_out_and_counted(tmp_path: Path, letters: Path) -> None:
    """It would end the prompt in its middle, or be a turn of somebody else. In the template they are what they say."""
    path = written(tmp_path / "p.parquet", [f"1+1{LAST}2", f"{TURN}", "1+1", f"x{FIRST}"])
    prompts = Prompts(path, letters, f"{TURN}{PLAIN}{TURN}")
    assert prompts.ids == ["p2"] and prompts.dropped == {"special_token": 3}
    assert prompts.tokens(0) == [2, *ids("1+1"), 2]


def test_what_is_too_long_is_left_out_whole(tmp_path: Path, letters: Path) -> None:
    path = written(tmp_path / "p.parquet", ["a" * 9, "b" * 10, "c" * 11, "d" * 500])
    prompts = Prompts(path, letters, PLAIN, max_prompt_length=10)
    assert prompts.ids == ["p0", "p1"] and prompts.dropped == {"too_long": 2}
    assert prompts.tokens(1) == ids("b" * 10)


def test_a_prompt_without_a_token_is_left_out(tmp_path: Path) -> None:
    """A model cannot begin from nothing. Here the tokenizer knows neither of the characters."""
    made = words.characters(tmp_path / "t")
    said = json.loads((made / "tokenizer.json").read_text())
    said["model"]["unk_token"] = None
    (made / "tokenizer.json").write_text(json.dumps(said))
    prompts = Prompts(written(tmp_path / "p.parquet", ["éé", "1"]), made, PLAIN)
    assert prompts.ids == ["p1"] and prompts.dropped == {"no_token": 1}


def test_what_its_own_answer_does_not_solve_is_left_out_and_counted(tmp_path: Path, letters: Path) -> None:
    path = written(tmp_path / "p.parquet", ["a", "b", "c"], answer=["1", "bad", "3"])
    prompts = Prompts(path, letters, PLAIN, solvable=lambda answers: np.array([one != "bad" for one in answers]))
    assert prompts.answers == ["1", "3"] and prompts.problems == ["a", "c"] and prompts.dropped == {"unsolvable": 1}


def of_rank(number: int, path: Path, tokenizer: Path) -> tuple[list[str], int]:
    """On a rank: what is kept by a grader that says another thing on each, and how often that was asked."""
    asked: list[int] = []

    def solvable(answers: Any) -> np.ndarray:
        asked.append(len(answers))
        return np.arange(len(answers)) % 2 == rank()

    return Prompts(path, tokenizer, PLAIN, solvable=solvable).ids, len(asked)


@pytest.mark.skipif("CURATE_TEST_ALL" not in os.environ, reason="CURATE_TEST_ALL=1: starts two processes")
def test_all_ranks_have_the_prompts_that_the_first_one_can_solve(tmp_path: Path, letters: Path) -> None:
    path = written(tmp_path / "p.parquet", list("abcd"))
    told = ranks.run(2, tmp_path / "ranks", of_rank, path, letters)
    assert told == [(["p0", "p2"], 1), (["p0", "p2"], 0)]


def test_held_out_prompts_are_chosen_by_their_ids_and_never_trained_on(
    tmp_path: Path, letters: Path, many: Path
) -> None:
    made = functools.partial(Prompts, tokenizer=letters, template_text=PLAIN, held_out=7)
    prompts = made(many, seed=1)
    held = {prompts.ids[i] for i in prompts.held_out}
    assert len(held) == 7 and not set(prompts.held_out) & set(prompts.train) and len(prompts.train) == 33
    seen = np.concatenate([prompts.at(step, 8) for step in range(40)])
    assert set(seen) == set(prompts.train)
    pl.read_parquet(many).reverse().write_parquet(tmp_path / "other-order.parquet")
    other = made(tmp_path / "other-order.parquet", seed=2)
    assert {other.ids[i] for i in other.held_out} == held
    fewer = Prompts(many, letters, PLAIN, held_out=3)
    assert {fewer.ids[i] for i in fewer.held_out} < held


def test_a_held_out_problem_is_not_trained_on_under_another_id(tmp_path: Path, letters: Path, many: Path) -> None:
    frame = pl.read_parquet(many)
    twins = frame.with_columns(pl.concat_str("id", pl.lit("-again")).alias("id"))
    pl.concat([frame, twins]).write_parquet(tmp_path / "p.parquet")
    prompts = Prompts(tmp_path / "p.parquet", letters, PLAIN, held_out=5)
    held = {prompts.problems[i] for i in prompts.held_out}
    assert not held & {prompts.problems[i] for i in prompts.train}
    assert (
        len(prompts.train) == len(prompts) - 5 - prompts.dropped["held_out_twin"]
        and 1 <= prompts.dropped["held_out_twin"] <= 5
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 40), st.integers(0, 10**6))
def test_a_step_has_different_prompts_and_an_epoch_has_none_twice(
    letters: Path, many: Path, seed: int, count: int, epoch: int
) -> None:
    prompts, again = (Prompts(many, letters, PLAIN, seed=seed) for _ in range(2))
    steps = 40 // count
    taken = [prompts.at(epoch * steps + step, count) for step in range(steps)]
    assert len(set(np.concatenate(taken))) == steps * count
    for step in reversed(range(steps)):  # whatever was asked before
        assert (again.at(epoch * steps + step, count) == taken[step]).all()


def test_each_epoch_and_each_seed_has_an_order_of_its_own(letters: Path, many: Path) -> None:
    orders = [Prompts(many, letters, PLAIN, seed=seed).at(step, 40).tolist() for seed in (0, 1) for step in range(4)]
    assert all(sorted(order) == list(range(40)) for order in orders)
    assert all(one != other for one, other in itertools.combinations(orders, 2))


def test_the_order_is_the_one_of_all_versions(letters: Path, many: Path) -> None:
    """Runs are resumed under other versions of NumPy, whose `permutation` may differ."""
    assert Prompts(many, letters, PLAIN, seed=5).at(3, 6).tolist() == ORDER


ORDER = [21, 29, 23, 39, 35, 37]


def test_others_are_those_that_the_step_has_not_had(letters: Path, many: Path) -> None:
    prompts = Prompts(many, letters, PLAIN, held_out=4)
    taken = prompts.at(2, 10).tolist()
    first = prompts.others(2, taken, 8)
    assert len(set(first)) == 8 and not set(first) & {*taken, *prompts.held_out}
    assert (prompts.others(2, reversed(taken), 8) == first).all()
    second = prompts.others(2, [*taken, *first], 30)
    assert set(second) == set(prompts.train) - {*taken, *first}  # all there are, and no more
    assert prompts.others(3, taken, 8).tolist() != first.tolist()


def test_the_digest_is_of_what_is_trained_on_and_not_of_where_it_lies(
    tmp_path: Path, letters: Path, many: Path
) -> None:
    frame = pl.read_parquet(many)
    frame.write_parquet(tmp_path / "moved.parquet", compression="gzip")
    digest = Prompts(many, letters, PLAIN).digest
    assert Prompts(tmp_path / "moved.parquet", letters, PLAIN).digest == digest
    assert Prompts(many, letters, PLAIN, held_out=1).digest != digest
    assert Prompts(many, letters, "{problem} ").digest != digest
    for column in ("id", "problem", "answer"):
        changed = frame.with_columns(
            pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("x9")).otherwise(column).alias(column)
        )
        changed.write_parquet(tmp_path / "changed.parquet")
        assert Prompts(tmp_path / "changed.parquet", letters, PLAIN).digest != digest, column


def test_a_step_of_more_prompts_than_there_are_is_refused(letters: Path, many: Path) -> None:
    with pytest.raises(
        CurateError, match="35 prompts are left to train on, and a step takes 36; lower prompts_per_step"
    ):
        Prompts(many, letters, PLAIN, held_out=5).at(0, 36)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"held_out": 40}, "no prompt is left to train on: 40 held out, none left out; name a corpus with more"),
        ({"max_prompt_length": 3}, "no prompt is left to train on: 0 held out, too_long 40"),
        ({"solvable": lambda answers: np.zeros(len(answers), dtype=bool)}, "no prompt is left .* unsolvable 40"),
    ],
)
def test_a_file_that_leaves_nothing_to_train_on_is_refused(
    letters: Path, many: Path, how: dict[str, Any], told: str
) -> None:
    with pytest.raises(CurateError, match=told):
        Prompts(many, letters, PLAIN, **how)


def but(row: str, **columns: Any) -> Any:
    """A change of one row."""
    mine = pl.col("id") == row
    return lambda f: f.with_columns(**{n: pl.when(mine).then(pl.lit(one)).otherwise(n) for n, one in columns.items()})


HOSTILE: dict[str, tuple[Any, str]] = {
    "no column": (lambda f: f.drop("answer"), "there is no column answer; prompts have id, problem, answer"),
    "numbers": (lambda f: f.with_columns(answer=pl.lit(3)), "column answer holds int32, and must hold strings"),
    "lists": (
        lambda f: f.with_columns(problem=pl.concat_list("problem")),
        "column problem holds .*list.*, and must hold",
    ),
    "bytes": (lambda f: f.with_columns(problem=pl.lit(b"\xff")), "column problem holds .*binary, and must hold"),
    "null": (but("p2", answer=None), "row 2 has no answer"),
    "empty": (but("p3", problem=" \n"), "row 3 has no problem"),
    "twice": (lambda f: f.with_columns(id=pl.lit("same")), "the id 'same' stands there twice; ids are unique"),
    "nothing": (lambda f: f.clear(), "no prompt is left to train on"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_of_something_else_is_told_in_one_line(tmp_path: Path, letters: Path, many: Path, name: str) -> None:
    change, told = HOSTILE[name]
    change(pl.read_parquet(many)).write_parquet(tmp_path / "p.parquet")
    with pytest.raises(CurateError, match=told) as caught:
        Prompts(tmp_path / "p.parquet", letters, PLAIN)
    assert "\n" not in str(caught.value) and str(tmp_path / "p.parquet") in str(caught.value)


def test_a_file_that_is_no_parquet_or_torn_is_told_in_one_line(tmp_path: Path, letters: Path, many: Path) -> None:
    whole = many.read_bytes()
    middle = bytearray(whole)
    middle[40:120] = b"\xff" * 80
    for content in (None, b"", b"PAR1", whole[:-20], whole[: len(whole) // 2], b"id,problem,answer\n", bytes(middle)):
        path = tmp_path / "p.parquet"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CurateError, match="is no Parquet file of prompts") as caught:
            Prompts(path, letters, PLAIN)
        assert "\n" not in str(caught.value)


def test_a_text_that_is_no_utf8_is_told_in_one_line(tmp_path: Path, letters: Path) -> None:
    broken = pa.array([b"1+\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"id": ["a"], "problem": broken, "answer": ["1"]}), tmp_path / "p.parquet")
    with pytest.raises(CurateError, match=r"is no Parquet file of prompts .*utf-8"):
        Prompts(tmp_path / "p.parquet", letters, PLAIN)


def test_a_tokenizer_that_is_none_is_told_in_one_line(tmp_path: Path, many: Path) -> None:
    for content in (None, "", "{}", '{"model": 3}', "[" * 10_000):
        if content is not None:
            (tmp_path / "tokenizer.json").write_text(content)
        with pytest.raises(CurateError, match=r"tokenizer\.json: is no tokenizer") as caught:
            Prompts(many, tmp_path, PLAIN)
        assert "\n" not in str(caught.value)


def test_a_tokenizer_that_cuts_and_pads_does_neither(tmp_path: Path) -> None:
    import tokenizers

    folder = words.characters(tmp_path / "t")
    made = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.enable_truncation(4)
    made.enable_padding(length=50)
    made.save(str(folder / "tokenizer.json"))
    prompts = Prompts(written(tmp_path / "p.parquet", ["what is this?", "1"]), folder, PLAIN)
    assert [prompts.tokens(i) for i in range(2)] == [ids("what is this?"), ids("1")]
