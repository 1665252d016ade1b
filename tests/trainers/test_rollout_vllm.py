"""Our side of vLLM, against a stand-in, and the names of its arguments against the real one where it is installed. It never ran here."""

import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import fake_vllm, words  # noqa: E402
from tests.trainers.words import ids  # noqa: E402
from trainers._endings import Endings  # noqa: E402
from trainers._rollout_hf import HFEngine  # noqa: E402
from trainers._rollout_vllm import VLLMEngine  # noqa: E402
from trainers.rl_settings import GRPO  # noqa: E402
from trainers.rollout import engine_of  # noqa: E402

PROMPTS = [ids("1+1="), ids("What is it?"), ids("1+1="), ids("=")]
SEEDS = [11, 12, 13, 14]


def policy(seed: int) -> Any:
    torch.manual_seed(seed)
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "vocab_size": 4 + len(words.CHARACTERS),
    }
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128}
    config = transformers.LlamaConfig(**sizes, **heads, tie_word_embeddings=True, eos_token_id=1, bos_token_id=None)
    made = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(3) if parameter.ndim > 1 else None
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = words.characters(tmp_path_factory.mktemp("model"))
    policy(0).save_pretrained(out)
    return out


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "VLLM_ENABLE_V1_MULTIPROCESSING"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)  # what it was is put back afterwards, also what is set in between
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm)
    yield
    fake_vllm.LLM.made.clear()


def engine(folder: Path, stops: tuple[str, ...] = (), temperature: float = 0.7) -> tuple[VLLMEngine, fake_vllm.LLM]:
    endings = Endings(folder, stops, [1, 2])
    made = VLLMEngine(policy(0).config, str(folder), str(folder), endings, temperature, torch.float32, 120, 8, 0.3)
    return made, fake_vllm.LLM.made[-1]


def test_replies_and_their_probabilities_are_those_of_the_policy(folder: Path) -> None:
    """After the temperature: vLLM's default is before it. Its own end token, 4, is none of ours."""
    made, _ = engine(folder)
    made.sync(policy(5).named_parameters(), 1)
    found = made.generate(PROMPTS, SEEDS, 60, 1)
    model = policy(5)
    assert found.version == 1 and 4 in found.tokens
    for i, prompt in enumerate(PROMPTS):
        reply = found.reply(i)
        with torch.no_grad():
            logits = model(torch.tensor([prompt + reply.tolist()])).logits[0, len(prompt) - 1 : -1] / 0.7
        expected = logits.log_softmax(-1).gather(1, torch.from_numpy(reply.astype(np.int64))[:, None])[:, 0].numpy()
        assert np.abs(found.log_probs[found.bounds[i] : found.bounds[i + 1]] - expected).max() < 1e-5
        assert found.stopped[i] == (reply[-1] in (1, 2))
    longer = made.generate(PROMPTS, SEEDS, 90, 1)
    assert all(longer.reply(i)[:60].tolist() == found.reply(i).tolist() for i in range(4))
    assert len(made.generate([], [], 5, 1)) == 0


def test_what_it_says_after_a_sync_is_of_the_new_weights(folder: Path) -> None:
    """The prefix cache holds what the old ones said: a greedy reply would begin with their token (vLLM #9744)."""
    made, llm = engine(folder, temperature=1e-4)
    said = []
    for version, seed in enumerate((0, 7, 8)):
        made.sync(policy(seed).named_parameters(), version)
        made.generate(PROMPTS, SEEDS, 4, version)  # fills the cache
        assert llm.cache
        cold = HFEngine(policy(0).config, made.endings, 1e-4, torch.float32, torch.device("cpu"), 8)
        cold.sync(policy(seed).named_parameters(), version)
        found, expected = (one.generate(PROMPTS, SEEDS, 12, version) for one in (made, cold))
        assert found.tokens.tolist() == expected.tokens.tolist()
        said.append(found.tokens.tolist())
    assert said[0] != said[1] != said[2]


def test_every_parameter_arrives_as_it_is(folder: Path) -> None:
    """By the hash of each: one that is changed, one sync later, and no other."""
    made, llm = engine(folder)
    model = policy(0)
    made.sync(model.named_parameters(), 0)
    before = llm.model.hashes()
    assert before == _hashes(model)
    for version, (name, parameter) in enumerate(model.named_parameters(), 1):
        with torch.no_grad():
            parameter.view(-1)[0] += 1e-3
        made.sync(model.named_parameters(), version)
        after = llm.model.hashes()
        assert {one for one in after if after[one] != before[one]} == {name} and after == _hashes(model)
        before = after


def _hashes(model: Any) -> dict[str, str]:
    return {name: hashlib.sha256(p.detach().numpy().tobytes()).hexdigest() for name, p in model.named_parameters()}


def test_a_parameter_that_does_not_come_is_told_though_its_fused_matrix_was_loaded(folder: Path) -> None:
    made, _ = engine(folder)
    sent = [pair for pair in policy(0).named_parameters() if "0.self_attn.k_proj" not in pair[0]]
    with pytest.raises(CurateError, match=r"model\.layers\.0\.self_attn\.k_proj\.weight did not come"):
        made.sync(sent, 1)
    with pytest.raises(CurateError, match="the sampler has no weights"):
        made.generate(PROMPTS, SEEDS, 3, 1)


def test_a_parameter_that_vllm_leaves_as_it_was_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, llm = engine(folder)
    monkeypatch.setattr(
        llm.model, "load_weights", lambda weights: {fake_vllm._fused(n) for n, _ in weights if "norm" not in n}
    )
    with pytest.raises(
        CurateError, match=r"vllm did not load model\.layers\.0\.input_layernorm\.weight \(and 4 more\)"
    ):
        made.sync(policy(0).named_parameters(), 1)
    assert made.version is None


def test_a_prefix_cache_that_cannot_be_emptied_leaves_no_weights_to_sample_from(folder: Path) -> None:
    made, llm = engine(folder)
    llm.busy = True
    with pytest.raises(CurateError, match="vllm could not empty its prefix cache"):
        made.sync(policy(0).named_parameters(), 1)
    assert made.version is None


def test_replies_of_stale_weights_are_refused(folder: Path) -> None:
    made, _ = engine(folder)
    with pytest.raises(CurateError, match="the sampler has no weights"):
        made.generate(PROMPTS, SEEDS, 3, 0)
    made.sync(policy(0).named_parameters(), 2)
    with pytest.raises(CurateError, match="weights of version 2, not 3"):
        made.generate(PROMPTS, SEEDS, 3, 3)


def test_while_others_train_it_rests_and_it_wakes_with_new_weights(folder: Path) -> None:
    """A deep sleep forgets the weights, so what was before it is no version that can be asked for."""
    made, llm = engine(folder)
    made.sync(policy(0).named_parameters(), 1)
    first = made.generate(PROMPTS, SEEDS, 9, 1)
    made.rest()
    made.rest()
    with pytest.raises(CurateError, match="the sampler has no weights"):
        made.generate(PROMPTS, SEEDS, 9, 1)
    made.sync(policy(0).named_parameters(), 2)
    assert made.generate(PROMPTS, SEEDS, 9, 2).tokens.tolist() == first.tokens.tolist()
    assert llm.calls == ["sleep 2", "wake weights", "wake kv_cache"]


def test_a_stop_string_ends_a_reply_as_it_does_with_the_other_engine(folder: Path) -> None:
    free, _ = engine(folder)
    free.sync(policy(3).named_parameters(), 0)
    whole = free.generate(PROMPTS, SEEDS, 80, 0)
    stop = Endings(folder, [], [1, 2]).text(whole.reply(1).tolist())[3:5]
    made, llm = engine(folder, (stop,))
    made.sync(policy(3).named_parameters(), 0)
    found = made.generate(PROMPTS, SEEDS, 80, 0)
    assert llm.tokenizer and found.stopped[1] and len(found.reply(1)) < len(whole.reply(1))
    for i in range(4):
        reply = found.reply(i).tolist()
        assert whole.reply(i)[: len(reply)].tolist() == reply and made.endings.end(reply) in (None, len(reply))
        assert found.stopped[i] == (made.endings.end(reply) is not None)


def test_a_reply_that_ran_past_its_stop_string_is_cut_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that looks for stop strings a step late has sampled one token more."""
    made, llm = engine(folder, ("ab",))
    made.sync(policy(0).named_parameters(), 0)
    late = fake_vllm.CompletionOutput(ids("1ab2"), [{token: fake_vllm.Logprob(-1.0)} for token in ids("1ab2")], "stop")
    monkeypatch.setattr(llm, "_one", lambda *_: late)
    found = made.generate(PROMPTS[:1], SEEDS[:1], 9, 0)
    assert found.tokens.tolist() == ids("1ab") and found.stopped.all() and found.log_probs.tolist() == [-1.0] * 3


def test_it_is_asked_for_what_the_run_says(folder: Path) -> None:
    asked = {
        "max_prompt_length": 20,
        "max_completion_length": {"0": 40, "5": 90},
        "generation_batch": 6,
        "dtype": "bfloat16",
    }
    run = GRPO(out="", prompts="", lr=1.0, max_steps=9, engine="vllm", gpu_memory_utilization=0.25, **asked)
    made = engine_of(run, policy(0).config, str(folder), folder, torch.device("cpu"))
    said = fake_vllm.LLM.made[-1].asked
    assert isinstance(made, VLLMEngine) and made.endings.stops == ["\nQuestion:"]
    assert (said["max_model_len"], said["max_num_seqs"], said["gpu_memory_utilization"]) == (110, 6, 0.25)
    assert (said["dtype"], said["logprobs_mode"], said["generation_config"]) == (
        "bfloat16",
        "processed_logprobs",
        "vllm",
    )
    assert (said["load_format"], said["distributed_executor_backend"]) == ("dummy", "external_launcher")
    assert os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0" and os.environ["WORLD_SIZE"] == "1"
    monkey = GRPO(out="", prompts="", lr=1.0, max_steps=9, engine="vllm", max_completion_length=120)
    with pytest.raises(
        CurateError, match=r"prompts and replies of 1,144 tokens are longer than the model's 128 positions"
    ):
        engine_of(monkey, policy(0).config, str(folder), folder, torch.device("cpu"))


def test_what_torchrun_says_of_a_rank_is_left_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("MASTER_PORT", "4711")
    engine(folder)
    assert os.environ["RANK"] == "3" and os.environ["MASTER_PORT"] == "4711" and "WORLD_SIZE" not in os.environ


def test_without_vllm_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(CurateError, match=r"pip install 'octocurate\[vllm\]', or say engine: hf"):
        engine(folder)


@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs the extra `vllm`")
def test_the_real_one_takes_every_argument_that_the_stand_in_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "vllm")
    import vllm
    from vllm.engine.arg_utils import EngineArgs

    real = {*inspect.signature(vllm.LLM.__init__).parameters, *inspect.signature(EngineArgs).parameters}
    assert set(inspect.signature(fake_vllm.LLM.__init__).parameters) <= real
    assert set(inspect.signature(fake_vllm.SamplingParams).parameters) <= set(
        inspect.signature(vllm.SamplingParams).parameters
    )
    for name in ("generate", "apply_model", "reset_prefix_cache", "sleep", "wake_up"):
        mine, theirs = (set(inspect.signature(getattr(one, name)).parameters) for one in (fake_vllm.LLM, vllm.LLM))
        assert mine <= theirs, name
