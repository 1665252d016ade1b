"""Sampling with transformers: the distribution, its probabilities, what a reply depends on, and whose weights they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import words  # noqa: E402
from tests.trainers.words import ids  # noqa: E402
from trainers import attention  # noqa: E402
from trainers._endings import Endings  # noqa: E402
from trainers._rollout_hf import BLOCK, HFEngine, _Reply  # noqa: E402
from trainers.model import Packed  # noqa: E402
from trainers.rollout import Rollouts  # noqa: E402

VOCABULARY = 4 + len(words.CHARACTERS)
PROMPTS = [ids("1+1="), ids("What is it that this is?"), ids("1+1="), ids("="), ids("f(x)=x^2, f(2)=")] * 4
SEEDS = list(range(100, 100 + len(PROMPTS)))


def model(seed: int, family: str = "llama", tied: bool = True, vocabulary: int = VOCABULARY) -> Any:
    torch.manual_seed(seed)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": vocabulary}
    heads = {
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "eos_token_id": 1,
        "pad_token_id": None,
    }
    made = transformers.AutoConfig.for_model(family, **sizes, **heads, tie_word_embeddings=tied)
    attention.register()
    found = transformers.AutoModelForCausalLM.from_config(
        made, dtype=torch.float32, attn_implementation=attention.VARLEN
    )
    with torch.no_grad():
        for (
            parameter
        ) in found.parameters():  # apart from each other, for a random model says nearly the same everywhere
            parameter.mul_(3) if parameter.ndim > 1 else None
    return found.eval()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return words.characters(tmp_path_factory.mktemp("letters"))


@pytest.fixture
def engine(letters: Path) -> Iterator[HFEngine]:
    made = sampler(letters, model(0))
    yield made
    made.close()


def sampler(
    letters: Path, of: Any, temperature: float = 0.8, batch: int = 8, stops: tuple[str, ...] = (), **more: Any
) -> HFEngine:
    made = HFEngine(
        of.config,
        Endings(letters, stops, more.get("ends", [1, 2])),
        temperature,
        torch.float32,
        torch.device("cpu"),
        batch,
    )
    made.sync(of.named_parameters(), 0)
    return made


def recomputed(of: Any, found: Rollouts, prompts: list[list[int]], temperature: float) -> np.ndarray:
    """Log-probabilities of all replies as the trainer computes them: packed into one row, without a mask and a cache."""
    rows = [prompt + found.reply(i).tolist() for i, prompt in enumerate(prompts)]
    tokens = torch.tensor([token for row in rows for token in row])
    places = torch.cat([torch.arange(len(row)) for row in rows])
    with torch.no_grad():
        logits = Packed(of).hidden(tokens[None], places[None])[0] @ of.lm_head.weight.T  # (T, V)
    log_probs = (logits / temperature).log_softmax(-1)[:-1].gather(1, tokens[1:, None])[:, 0]
    of_reply = np.concatenate([np.arange(len(row)) >= len(prompt) for row, prompt in zip(rows, prompts, strict=True)])
    return log_probs.numpy()[of_reply[1:]]


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
@pytest.mark.parametrize("tied", [True, False])
def test_probabilities_are_those_that_the_trainer_recomputes(letters: Path, family: str, tied: bool) -> None:
    """The gate of sampler against trainer: 1e-4 in fp32. At another temperature than the sampler's they are far off."""
    policy = model(3, family, tied)
    found = sampler(letters, policy, 0.7).generate(PROMPTS, SEEDS, 30, 0)
    assert found.lengths.min() < 30 and found.lengths.max() == 30
    assert np.abs(recomputed(policy, found, PROMPTS, 0.7) - found.log_probs).max() < 2e-5
    assert np.abs(recomputed(policy, found, PROMPTS, 1.0) - found.log_probs).max() > 0.1


def test_replies_are_drawn_from_the_distribution_of_the_policy(tmp_path: Path) -> None:
    """Chi-square of the first two tokens of 20,000 replies against their exact joint probabilities, at a temperature."""
    policy = model(1, vocabulary=9)
    made = HFEngine(
        policy.config, Endings(words.characters(tmp_path), [], []), 1.7, torch.float32, torch.device("cpu"), 20_000
    )
    made.sync(policy.named_parameters(), 0)
    count = 20_000
    found = made.generate([[5, 6, 7]] * count, list(range(count)), 2, 0)
    policy.set_attn_implementation("sdpa")
    with torch.no_grad():
        first = (policy(torch.tensor([[5, 6, 7]])).logits[0, -1].double() / 1.7).softmax(-1)
        second = (policy(torch.tensor([[5, 6, 7, n] for n in range(9)])).logits[:, -1].double() / 1.7).softmax(-1)
    expected = (count * first[:, None] * second).flatten().numpy()
    seen = np.bincount(found.tokens[::2] * 9 + found.tokens[1::2], minlength=81)
    statistic, freedom = ((seen - expected) ** 2 / expected).sum(), 80
    assert expected.min() >= 5 and abs(statistic - freedom) < 3 * np.sqrt(2 * freedom), statistic
    assert (
        np.abs(
            found.log_probs
            - np.stack(
                [first.log()[found.tokens[::2]], second.log()[found.tokens[::2], found.tokens[1::2]]], 1
            ).flatten()
        ).max()
        < 1e-5
    )


def test_a_word_without_a_probability_is_never_drawn(engine: HFEngine) -> None:
    """Not by the smallest random number, nor by the largest, whose product with the sum of all probabilities is rounded."""
    engine._model.lm_head = torch.nn.Identity()
    logits = torch.tensor([-torch.inf, 0.0, -torch.inf, 0.0, -torch.inf]).repeat(4, 1)
    tokens, log_probs = engine._drawn(logits, [0.0, 0.4999, 0.5, 1 - 2.0**-53])
    assert tokens.tolist() == [1, 1, 3, 3] and log_probs.tolist() == pytest.approx([np.log(0.5)] * 4)
    for scale in torch.linspace(0.1, 30, 200).tolist():
        rough = torch.cat(
            [torch.randn(1000, generator=torch.Generator().manual_seed(1)) * scale, torch.tensor([-torch.inf])]
        )
        assert int(engine._drawn(rough[None], [1 - 2.0**-53])[0]) < 1000


def test_a_reply_does_not_depend_on_who_is_in_its_batch(letters: Path, engine: HFEngine) -> None:
    """Padding on the left, the size of a batch, and the order of prompts change float noise only."""
    found = engine.generate(PROMPTS, SEEDS, 25, 0)
    alone = Rollouts.concat(
        [engine.generate([prompt], [seed], 25, 0) for prompt, seed in zip(PROMPTS, SEEDS, strict=True)]
    )
    turned = engine.generate(PROMPTS[::-1], SEEDS[::-1], 25, 0).select(np.arange(len(PROMPTS))[::-1])
    wide = sampler(letters, model(0), batch=64).generate(PROMPTS, SEEDS, 25, 0)
    for other in (alone, turned, wide):
        assert other.tokens.tolist() == found.tokens.tolist() and other.bounds.tolist() == found.bounds.tolist()
        assert np.abs(other.log_probs - found.log_probs).max() < 1e-5 and (other.stopped == found.stopped).all()


def test_more_tokens_extend_what_was_cut_off_and_change_nothing_else(engine: HFEngine) -> None:
    long, short = (engine.generate(PROMPTS, SEEDS, limit, 0) for limit in (150, 12))
    assert 0 < short.stopped.sum() < len(PROMPTS) and long.stopped.sum() > short.stopped.sum()
    for i in range(len(PROMPTS)):
        assert long.reply(i)[:12].tolist() == short.reply(i).tolist()
        assert short.stopped[i] == (len(long.reply(i)) <= 12 and long.stopped[i])


def test_the_same_seeds_give_the_same_replies_and_others_give_others(engine: HFEngine) -> None:
    one, same, other = (
        engine.generate(PROMPTS, seeds, 20, 0) for seeds in (SEEDS, SEEDS, [seed + 1000 for seed in SEEDS])
    )
    assert one.tokens.tolist() == same.tokens.tolist() and one.log_probs.tolist() == same.log_probs.tolist()
    assert all(one.reply(i).tolist() != other.reply(i).tolist() for i in range(len(PROMPTS)) if len(one.reply(i)) > 3)
    repeated = engine.generate([PROMPTS[0]] * 8, SEEDS[:8], 20, 0)
    assert len({tuple(repeated.reply(i)) for i in range(8)}) == 8  # a group is no eight times the same


def test_any_of_several_end_tokens_ends_a_reply_and_is_part_of_it(engine: HFEngine) -> None:
    found = engine.generate(PROMPTS * 3, list(range(3 * len(PROMPTS))), 60, 0)
    last = {int(found.reply(i)[-1]) for i in np.flatnonzero(found.stopped)}
    assert last == {1, 2}
    assert all(not {1, 2} & set(found.reply(i)[:-1].tolist()) for i in range(len(found)))
    assert all(len(found.reply(i)) == 60 for i in np.flatnonzero(~found.stopped)) and not found.stopped.all()


def test_a_stop_string_ends_a_reply_with_the_token_that_completes_it(letters: Path) -> None:
    free = sampler(letters, model(0)).generate(PROMPTS, SEEDS, 60, 0)
    plain = Endings(letters, [], [1, 2])
    stop = plain.text(free.reply(0)[:20].tolist())[5:7]
    stopping = sampler(letters, model(0), stops=(stop,))
    found = stopping.generate(PROMPTS, SEEDS, 60, 0)
    assert stop in plain.text(found.reply(0).tolist()) and found.stopped[0]
    for i in range(len(PROMPTS)):
        whole = plain.text(free.reply(i).tolist())
        assert free.reply(i)[: len(found.reply(i))].tolist() == found.reply(i).tolist()
        assert stopping.endings.text(found.reply(i).tolist()) == whole.split(stop)[0]
        assert found.stopped[i] == (stop in whole or bool(free.stopped[i]))


def test_nothing_is_sampled_for_no_prompt(engine: HFEngine) -> None:
    assert len(engine.generate([], [], 5, 0)) == 0


def test_a_prompt_is_computed_once_and_an_ended_reply_not_at_all(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sampler(letters, model(0), batch=64)
    shapes: list[torch.Size] = []
    decoder = made._model.model
    decoder.register_forward_pre_hook(lambda _, __, given: shapes.append(given["input_ids"].shape), with_kwargs=True)
    found = made.generate([ids("1+1=")] * 6 + [ids("2+2=?")] * 6, list(range(12)), 40, 0)
    assert shapes[0] == (2, 5)
    assert sum(rows for rows, _ in shapes[1:]) == found.lengths.sum() - len(
        found
    )  # each token but the last of its reply


def test_a_policy_of_no_numbers_is_told_and_nothing_drawn_from_it(engine: HFEngine) -> None:
    broken = model(0)
    with torch.no_grad():
        broken.model.norm.weight[3] = float("nan")
    engine.sync(broken.named_parameters(), 1)
    with pytest.raises(CurateError, match="the policy's probabilities are no numbers; go back to a checkpoint before"):
        engine.generate(PROMPTS, SEEDS, 5, 1)


def test_where_memory_does_not_suffice_the_setting_is_named(engine: HFEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(engine, "_sample", full)
    with pytest.raises(CurateError, match="sample 8 replies of up to 9,000 tokens at a time; lower generation_batch"):
        engine.generate(PROMPTS, SEEDS, 9000, 0)


# weights


def greedy(policy: Any, prompt: list[int], count: int) -> list[int]:
    """By transformers, and without a sampler."""
    asked = torch.tensor([prompt])
    policy.set_attn_implementation("sdpa")
    found = policy.generate(
        asked,
        attention_mask=torch.ones_like(asked),
        do_sample=False,
        max_new_tokens=count,
        eos_token_id=[1, 2],
        pad_token_id=0,
    )
    return found[0, len(prompt) :].tolist()


def test_the_engine_says_what_the_trainers_model_says_after_each_sync(letters: Path) -> None:
    cold, said = sampler(letters, model(0), temperature=1e-4), []
    for version, seed in enumerate((0, 7, 8)):
        policy = model(seed)
        cold.sync(policy.named_parameters(), version)
        found = cold.generate(PROMPTS[:5], SEEDS[:5], 20, version)
        said.append([found.reply(i).tolist() for i in range(5)])
        assert said[-1] == [greedy(policy, prompt, 20) for prompt in PROMPTS[:5]] and found.version == version
    assert said[0] != said[1] != said[2]


def test_every_parameter_of_the_policy_reaches_the_sampler(letters: Path) -> None:
    """One of them changed after another: probabilities are the policy's each time, and not those of before."""
    policy = model(0, "qwen3", tied=False)
    made = sampler(letters, policy)
    before = made.generate(PROMPTS[:2], SEEDS[:2], 8, 0)
    for version, (name, parameter) in enumerate(policy.named_parameters(), 1):
        with torch.no_grad():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(version)))
        stale = made.generate(PROMPTS[:2], SEEDS[:2], 8, version - 1)
        assert stale.log_probs.tolist() == before.log_probs.tolist(), f"{name} is shared, not copied"
        made.sync(policy.named_parameters(), version)
        found = made.generate(PROMPTS[:2], SEEDS[:2], 8, version)
        assert np.abs(recomputed(policy, found, PROMPTS[:2], 0.8) - found.log_probs).max() < 2e-5, name
        assert found.log_probs.tolist() != before.log_probs.tolist(), f"{name} did not arrive"
        before = found


SENT = {
    "missing": (lambda sent: sent[:-1], "model.norm.weight did not come"),
    "unknown": (lambda sent: [("module.x", sent[0][1]), *sent], "there is no module.x"),
    "twice": (lambda sent: [*sent, sent[1]], "model.layers.0.self_attn.q_proj.weight came twice"),
    "tied twice": (lambda sent: [*sent, ("lm_head.weight", sent[0][1])], "there is no lm_head.weight"),
    "shape": (
        lambda sent: [(sent[0][0], sent[0][1].T), *sent[1:]],
        r"embed_tokens.weight has shape \(32, \d+\), not \(\d+, 32\)",
    ),
    "nothing": (lambda sent: [], r"model.embed_tokens.weight did not come \(and \d+ more\)"),
}


@pytest.mark.parametrize("name", SENT)
def test_weights_that_are_not_the_models_leave_the_sampler_without_any(engine: HFEngine, name: str) -> None:
    change, told = SENT[name]
    sent = iter(change(list(model(0).named_parameters())))
    with pytest.raises(CurateError, match=f"these weights are not the sampler's: .*{told}"):
        engine.sync(sent, 1)
    assert next(sent, None) is None and engine.version is None
    for version in (0, 1):
        with pytest.raises(CurateError, match="the sampler has no weights; sync them first"):
            engine.generate(PROMPTS, SEEDS, 3, version)


def test_replies_of_stale_weights_are_refused(letters: Path, engine: HFEngine) -> None:
    engine.sync(model(0).named_parameters(), 4)
    for asked in (3, 5):
        with pytest.raises(CurateError, match=f"the sampler has weights of version 4, not {asked}; sync them first"):
            engine.generate(PROMPTS, SEEDS, 3, asked)
    fresh = HFEngine(model(0).config, Endings(letters, [], [1]), 1.0, torch.float32, torch.device("cpu"), 4)
    with pytest.raises(CurateError, match="the sampler has no weights"):
        fresh.generate(PROMPTS, SEEDS, 3, 0)


def test_the_random_numbers_of_a_reply_are_one_stream_of_its_seed() -> None:
    """Beyond the block that is drawn at once too; the numbers are those of NumPy's generator, which never repeats."""
    for seed in (0, 2**56 - 1):
        reply = _Reply([1], seed)
        drawn = [reply.uniform(place) for place in range(3 * BLOCK)]
        assert drawn == np.random.Generator(np.random.Philox(key=seed)).random(3 * BLOCK).tolist()
