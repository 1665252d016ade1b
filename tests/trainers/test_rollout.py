"""Rollouts as arrays, and where a reply ends: by its definition, for tokens of every kind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import words  # noqa: E402
from tests.trainers.ranks import llama  # noqa: E402
from tests.trainers.words import LAST, ids  # noqa: E402
from trainers._endings import Endings, load  # noqa: E402
from trainers.rl_settings import GRPO, STOPS  # noqa: E402
from trainers.rollout import Rollouts, end_tokens, engine_of, received, seed_of_reply, shapes_of  # noqa: E402

REPLIES = st.lists(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.floats(-50, 0, width=32)), max_size=5), max_size=6)


def rollouts(replies: list[list[tuple[int, float]]], version: int = 3) -> Rollouts:
    tokens, log_probs = ([[pair[part] for pair in reply] for reply in replies] for part in (0, 1))
    return Rollouts.of(tokens, log_probs, [bool(reply) for reply in replies], version)


@given(REPLIES, st.randoms())
def test_what_was_sampled_comes_out_of_the_arrays_again(replies: list[list[tuple[int, float]]], chance: Any) -> None:
    made = rollouts(replies)
    assert len(made) == len(replies) and made.lengths.tolist() == [len(reply) for reply in replies]
    assert [made.reply(i).tolist() for i in range(len(made))] == [[token for token, _ in reply] for reply in replies]
    assert made.log_probs.tolist() == [log_prob for reply in replies for _, log_prob in reply]
    assert (made.tokens.dtype, made.log_probs.dtype, made.bounds.dtype) == (np.int32, np.float32, np.int64)
    rows = [i for i in range(len(replies)) if chance.random() < 0.5]
    chance.shuffle(rows)
    some = made.select(np.array(rows, dtype=np.int64))
    _equal(some, rollouts([replies[i] for i in rows]).numbered(np.array(rows), np.zeros(len(rows))))
    halves = made.select(np.arange(len(made)) < 2), made.select(np.arange(len(made)) >= 2)
    _equal(Rollouts.concat(halves), made)


def _equal(one: Rollouts, other: Rollouts) -> None:
    for name in ("prompt", "number", "tokens", "bounds", "log_probs", "stopped"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype and mine.tolist() == theirs.tolist(), name
    assert one.version == other.version


def test_rollouts_of_different_weights_are_no_step() -> None:
    with pytest.raises(CurateError, match="rollouts of different weights, versions 3, 4, are no step"):
        Rollouts.concat([rollouts([[(1, -1.0)]]), rollouts([[(1, -1.0)]], version=4)])


def test_each_reply_has_a_seed_of_its_own() -> None:
    asked = [
        (seed, step, prompt, number)
        for seed in (0, 1)
        for step in (0, 1, 11)
        for prompt in ("a", "a1", "1")
        for number in (0, 1)
    ]
    seeds = {seed_of_reply(*one) for one in asked}
    assert len(seeds) == len(asked) and all(0 <= seed < 2**56 for seed in seeds)
    assert seed_of_reply(0, 1, "a", 2) == 3135909956345860


def by_definition(folder: Path, stops: list[str], ends: list[int], reply: list[int]) -> tuple[int | None, str]:
    """Through which token a reply goes, and its text, by decoding all of it after each token."""
    tokenizer = load(folder)
    silent = {n for n, one in tokenizer.get_added_tokens_decoder().items() if one.special} | set(ends)

    def text(count: int) -> str:
        return tokenizer.decode([token for token in reply[:count] if token not in silent], skip_special_tokens=False)

    for n, token in enumerate(reply, 1):
        starts = [at for stop in stops if (at := text(n).find(stop)) >= 0]
        if starts or token in ends:
            return n, text(n)[: min(starts, default=None)]
    return None, text(len(reply))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("words")
    return {"characters": words.characters(made / "c"), "pieces": words.pieces(made / "p"), "bytes": tokenizer}


STOP_SETS = [
    ["User:"],
    ["\nQuestion:", ":"],
    [" User:", "er"],
    ["é"],
    ["ab", "b :"],
    ["User: b", "s"],
    [" "],
    ["\U0001f600"],
]


@pytest.mark.parametrize("kind", ["characters", "pieces", "bytes"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_reply_ends_where_its_definition_says(folders: dict[str, Path], kind: str, data: st.DataObject) -> None:
    """Over token boundaries, in the middle of tokens, with end tokens and special ones between, and parts of characters."""
    folder, stops = folders[kind], data.draw(st.sampled_from(STOP_SETS))
    tokenizer = load(folder)
    usable = list(range(tokenizer.get_vocab_size() + 3))  # also some that a model has and its tokenizer has not
    likely = sorted({token for stop in stops for token in tokenizer.encode(f"a{stop}", add_special_tokens=False).ids})
    likely += [
        token for name in ("▁User", "r:", ": b", "User", "▁b") if (token := tokenizer.token_to_id(name)) is not None
    ]
    reply = data.draw(st.lists(st.sampled_from(likely) | st.sampled_from(usable), min_size=1, max_size=40))
    ends = [1] if data.draw(st.booleans()) else []
    endings = Endings(folder, stops, ends)
    count, text = by_definition(folder, stops, ends, reply)
    assert endings.end(reply) == count
    assert endings.text(reply[:count]) == text
    assert [endings.ended(reply[:n]) for n in range(1, (count or len(reply)) + 1)] == [
        n == count for n in range(1, (count or len(reply)) + 1)
    ]


def test_a_stop_string_may_begin_and_end_in_the_middle_of_tokens(folders: dict[str, Path]) -> None:
    tokenizer = load(folders["pieces"])
    reply = [tokenizer.token_to_id(name) for name in ("a", "▁Us", "er", ": b", "b")]
    endings = Endings(folders["pieces"], ["ser:"], [])
    assert endings.end(reply) == 4 and endings.text(reply[:4]) == "a U"


def test_a_text_ends_where_the_first_stop_string_begins(folders: dict[str, Path]) -> None:
    endings = Endings(folders["characters"], ["b:", "ab:c", "xab:"], [])
    assert endings.text(ids("12xab:")) == "12"  # the longer one begins first, though both end with this token


def test_special_tokens_have_no_text_and_hide_no_stop_string(folders: dict[str, Path]) -> None:
    endings = Endings(folders["characters"], STOPS["complex"], [1])
    reply = [*ids("42 Us"), 2, *([0] * 60), *ids("er:")]
    assert endings.end([*reply, *ids(" x")]) == len(reply) and endings.text(reply) == "42 "
    assert endings.text([*ids("42"), 1]) == "42" and endings.end([*ids("42"), 1, 5]) == 3
    assert Endings(folders["characters"], [LAST], []).end([*ids("a"), 1]) is None


def test_an_end_token_that_is_not_special_has_no_text_either(folders: dict[str, Path]) -> None:
    dot = ids(".")[0]
    assert Endings(folders["characters"], [], [dot]).text(ids("42.")) == "42"


def config(**more: Any) -> Any:
    return transformers.LlamaConfig(
        vocab_size=67, hidden_size=8, num_attention_heads=1, num_hidden_layers=1, intermediate_size=8, **more
    )


def test_all_end_tokens_that_are_named_end_a_reply(tmp_path: Path) -> None:
    """A chat model names its turn's end in generation_config.json alone (TRL #7039)."""
    folder = words.characters(tmp_path / "m")
    assert end_tokens(config(eos_token_id=None), str(folder), folder) == [
        1
    ]  # the tokenizer's, where nobody else says it
    assert end_tokens(config(eos_token_id=5), str(folder), folder) == [5]
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [7, 5], "top_p": 0.9}))
    assert end_tokens(config(eos_token_id=[5, 6]), str(folder), folder) == [5, 6, 7]
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 8}))
    assert end_tokens(config(eos_token_id=None), str(folder), folder) == [8]


@pytest.mark.parametrize(
    "said",
    [
        '{"eos_token_id": "x"}',
        '{"eos_token_id": [-1]}',
        '{"eos_token_id": 67}',
        '{"eos_token_id": true}',
        "[]",
        "{",
        "[" * 9000,
    ],
)
def test_end_tokens_that_are_none_are_told_in_one_line(tmp_path: Path, said: str) -> None:
    (tmp_path / "generation_config.json").write_text(said)
    with pytest.raises(
        CurateError, match=r"is no token of this model|cannot be read as JSON|is no JSON object"
    ) as caught:
        end_tokens(config(eos_token_id=None), str(tmp_path), tmp_path)
    assert "\n" not in str(caught.value)


def run(**more: Any) -> GRPO:
    return GRPO(out="", prompts="", lr=1.0, max_steps=1, max_completion_length=9, **more)


def test_a_run_without_an_end_of_replies_is_refused(tmp_path: Path) -> None:
    folder = words.characters(tmp_path / "t", named=False)
    with pytest.raises(CurateError, match="nothing says where a reply ends: the model has no end token; give stop:"):
        engine_of(run(stop=[]), config(eos_token_id=None), str(folder), folder, torch.device("cpu"))
    engine = engine_of(run(), config(eos_token_id=2), str(folder), folder, torch.device("cpu"))
    assert engine.endings.stops == ["\nQuestion:"] and engine.endings.tokens == {2} and engine.version is None


@pytest.mark.parametrize("tied", [True, False])
def test_shapes_are_those_of_the_models_parameters(tied: bool) -> None:
    model = llama(0, tied)
    assert shapes_of(model.config) == {name: parameter.shape for name, parameter in model.named_parameters()}
    assert ("lm_head.weight" in shapes_of(model.config)) != tied


def test_all_that_is_sent_is_gone_through_before_a_fault_is_told() -> None:
    """Each tensor may be gathered with other ranks: who stops in the middle leaves them waiting."""
    shapes = {"a": torch.Size([2]), "b": torch.Size([3]), "c": torch.Size([1])}
    sent = iter([("x", torch.zeros(2)), ("a", torch.zeros(2)), ("a", torch.ones(2)), ("b", torch.zeros(2))])
    got = []
    with pytest.raises(CurateError, match=r"not the sampler's: there is no x \(and 3 more\)"):
        got.extend(name for name, _ in received(sent, shapes))
    assert next(sent, None) is None
