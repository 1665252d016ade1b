"""Our side of vLLM's batches, against a stand-in, and its arguments against the real one where it is installed. It never ran here."""

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.models import vllm
from curate.models.base import Model, Reply, Request, Sampling, Unanswered, backend, identity_of
from curate.profile import ModelSettings
from tests.curate import standin_vllm as standin

COMMIT = "a" * 40
ENTRY = {"backend": "vllm", "id": "org/name", "revision": COMMIT}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, module in standin.installed().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    yield
    vllm.unload()
    standin.LLM.made.clear()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text("{}")
    return str(tmp_path)


def connected(folder: str, gpus: int = 0, machine: dict | None = None, **entry) -> vllm.Offline:
    asked = {"id": folder, "revision": "first", "chat": False, **entry}
    return vllm.connect(asked, ModelSettings(gpus=gpus, engine=machine or {}))


def replies(model: Model, *requests: Request) -> list:
    return [reply for _, reply in sorted(model.answers(iter(requests)))]


def test_a_reply_of_a_server_and_one_of_this_process_are_of_one_model() -> None:
    assert identity_of(ENTRY)["id"] == "org/name"
    plain = vllm.connect(ENTRY, ModelSettings()).identity
    assert plain == {"id": "org/name", "revision": COMMIT, "chat": True}
    assert (
        plain == vllm.connect({"id": f"org/name@{COMMIT}"}, ModelSettings(gpus=8, engine={"max_model_len": 9})).identity
    )
    more = {"system": "Be brief.", "engine": {"dtype": "bfloat16"}}
    assert vllm.connect({**ENTRY, **more}, ModelSettings()).identity == {**plain, **more}
    found = backend("vllm")
    assert found.loads and isinstance(found.connect(ENTRY, ModelSettings()), Model)


def test_a_window_is_one_sorted_batch_and_every_reply_finds_its_place(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "WINDOW", 4)
    prompts = ["c 1", "a 2", "c 2", "a 1", "b", "b"]
    model = connected(folder, sampling={"temperature": 1.0})
    found = replies(model, *(Request(prompt, n % 2) for n, prompt in enumerate(prompts)))
    seeds = [model.sampling.seed_of(n) for n in (0, 1)]
    assert [reply.text for reply in found] == [f"{prompt.upper()} {seeds[n % 2]}" for n, prompt in enumerate(prompts)]
    (engine,) = standin.LLM.made
    assert engine.calls == [["a 1", "a 2", "c 1", "c 2"], ["b", "b"]]
    assert engine.asked["enable_prefix_caching"] and engine.asked["model"] == folder
    assert found[0].prompt_tokens == 3 and found[0].completion_tokens == len(found[0].text)


def test_windows_hold_no_more_characters_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "WINDOW_CHARACTERS", 10)
    taken = []

    def requests() -> Iterator[Request]:
        for n in range(5):
            taken.append(n)
            yield Request("x" * 6)

    made = vllm.windows(requests())
    assert [place for place, _ in next(made)] == [0, 1] and taken == [0, 1]
    assert [[place for place, _ in window] for window in made] == [[2, 3], [4]]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["ok", "fine", "l" * 100, "m" * 300]), st.integers(0, 2)), max_size=20))
def test_prompts_longer_than_the_context_are_refused_and_no_other(folder: str, asked: list[tuple[str, int]]) -> None:
    found = replies(connected(folder), *(Request(*one) for one in asked))
    assert [reply.finish for reply in found] == ["refused" if len(prompt) >= 100 else "stop" for prompt, _ in asked]
    for (prompt, _), reply in zip(asked, found, strict=True):
        assert (f"length {len(prompt)}" in reply.error) == (len(prompt) >= 100)


def test_a_window_of_prompts_that_are_all_too_long_is_refused_prompt_by_prompt(folder: str) -> None:
    assert {reply.finish for reply in replies(connected(folder), *[Request("x" * 200)] * 3)} == {"refused"}


def test_what_the_engine_refuses_of_the_first_prompt_for_another_reason_stops_and_later_it_is_the_prompts_fault(
    folder: str,
) -> None:
    with pytest.raises(
        CurateError, match="vllm refuses what it is asked: the prompt has a character that no tokenizer"
    ):
        replies(connected(folder), Request("\x00"))
    found = replies(connected(folder), Request("a"), Request("b\x00"), Request("c"))
    assert [(reply.finish, bool(reply.error)) for reply in found] == [
        ("stop", False),
        ("refused", True),
        ("stop", False),
    ]


def test_requests_that_fail_are_told_after_all_others_are_answered(folder: str) -> None:
    came = []
    with pytest.raises(Unanswered, match="no answer to 1 requests: it ended by error"):
        came.extend(connected(folder).answers([Request("break"), Request("a"), Request("b")]))
    assert sorted(place for place, _ in came) == [1, 2]


def test_why_a_reply_ended_is_told(folder: str) -> None:
    (reply,) = replies(connected(folder, sampling={"max_tokens": 2}), Request("abc"))
    assert (reply.text, reply.finish, reply.completion_tokens) == ("AB", "length", 2)


def test_a_chat_has_a_system_text_and_the_settings_of_its_template(folder: str) -> None:
    sampling = {"extra": {"chat_template_kwargs": {"enable_thinking": False}, "top_k": 7}}
    model = connected(folder, chat=True, system="Be brief.", sampling=sampling)
    (reply,) = replies(model, Request("Hi"))
    assert reply.text == "<SYSTEM>BE BRIEF.<USER>HI"
    (engine,) = standin.LLM.made
    assert engine.templates == [{"enable_thinking": False}] and engine.params[0].top_k == 7


def test_sampling_is_handed_on_field_by_field(folder: str) -> None:
    sampling = {
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["\n"],
        "seed": 3,
        "extra": {"structured_outputs": {"json": {}}},
    }
    replies(connected(folder, sampling=sampling), Request("a", 2))
    (params,) = standin.LLM.made[0].params
    assert (params.temperature, params.top_p, params.max_tokens, params.stop) == (0.5, 0.9, 4096, ["\n"])
    assert params.seed == Sampling(seed=3).seed_of(2) and params.structured_outputs == standin.StructuredOutputsParams(
        {}
    )


def test_the_engine_is_loaded_once_and_goes_when_another_one_comes(folder: str) -> None:
    before = standin.LLM.cleaned
    for _ in range(2):
        replies(connected(folder, gpus=4, machine={"max_model_len": 50}, engine={"dtype": "float16"}), Request("a"))
    assert len(standin.LLM.made) == 1 and standin.LLM.cleaned == before
    assert standin.LLM.made[0].asked["tensor_parallel_size"] == 4 and standin.LLM.made[0].asked["max_model_len"] == 50
    replies(connected(folder), Request("a"))
    assert len(standin.LLM.made) == 2 and standin.LLM.cleaned == before + 1
    vllm.unload()
    vllm.unload()
    assert standin.LLM.cleaned == before + 2 and not vllm._loaded


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"temprature": 1}, "the model has no setting 'temprature'"),
        ({"id": ""}, "id: the name of a model"),
        (
            {"id": "org/name", "revision": "main"},
            "org/name@main is no model of the hub; write id: ORG/NAME and revision: COMMIT",
        ),
        ({"id": "./here", "revision": ""}, "./here: nobody looks into a folder; write revision:"),
        ({"chat": "yes"}, "chat: true or false, not 'yes'"),
        ({"chat": False, "system": "x"}, "system: only with chat: true"),
        ({"engine": {"dtyp": "x"}}, "engine has no setting 'dtyp' that changes replies; did you mean 'dtype'?"),
        ({"engine": {"max_model_len": 5}}, "engine has no setting 'max_model_len' that changes replies"),
        ({"sampling": {"temprature": 1}}, "sampling has no field 'temprature'"),
    ],
)
def test_an_entry_is_read_strictly(entry: dict, said: str) -> None:
    with pytest.raises(CurateError) as error:
        vllm.connect({**ENTRY, **entry}, ModelSettings())
    assert said in str(error.value) and "\n" not in str(error.value)


def test_what_changes_replies_stands_in_the_recipe_and_what_fits_a_machine_in_the_profile() -> None:
    with pytest.raises(CurateError, match="engine: dtype changes replies; write it in the recipe"):
        vllm.connect(ENTRY, ModelSettings(engine={"dtype": "float16"}))
    with pytest.raises(CurateError, match="engine: no setting 'max_num_seq'; did you mean 'max_num_seqs'"):
        vllm.connect(ENTRY, ModelSettings(engine={"max_num_seq": 1}))


@pytest.mark.parametrize("extra", [{"top_kk": 1}, {"n": 2}, {"seed": 1}])
def test_fields_that_vllm_has_not_or_that_are_ours_are_refused(folder: str, extra: dict) -> None:
    with pytest.raises(CurateError, match=r"sampling\.extra: vllm has no field"):
        replies(connected(folder, sampling={"extra": extra}), Request("a"))


def test_values_that_vllm_refuses_are_refused_in_a_line(folder: str) -> None:
    with pytest.raises(CurateError, match=r"sampling: vllm refuses it: top_p must be in"):
        replies(connected(folder, sampling={"top_p": 0}), Request("a"))


def test_a_model_that_is_not_here_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(CurateError, match=f"is not on this machine; run: hf download org/name --revision {COMMIT}"):
        replies(vllm.connect(ENTRY, ModelSettings()), Request("a"))
    with pytest.raises(CurateError, match="has no revision yet"):
        replies(vllm.connect({"id": "org/name"}, ModelSettings()), Request("a"))
    kept = tmp_path / "models--org--name" / "snapshots" / COMMIT
    kept.mkdir(parents=True)
    (kept / "config.json").write_text("{}")
    assert replies(vllm.connect({**ENTRY, "chat": False}, ModelSettings()), Request("a"))[0].text == "A"
    with pytest.raises(CurateError, match=r"is no folder with a config\.json"):
        replies(vllm.connect({"id": "./none", "revision": "1"}, ModelSettings()), Request("a"))


def test_without_vllm_the_extra_is_named(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(CurateError, match=r"backend: vllm needs vLLM, .* pip install 'octocurate\[vllm\]'$"):
        replies(connected(folder), Request("a"))


@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs the extra `vllm`")
def test_the_real_one_takes_every_argument_that_we_give(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in standin.installed():
        monkeypatch.delitem(sys.modules, name)
    import vllm as real
    from vllm.engine.arg_utils import EngineArgs
    from vllm.exceptions import VLLMClientError
    from vllm.sampling_params import StructuredOutputsParams
    from vllm.v1.engine import FINISH_REASON_STRINGS

    known = {*inspect.signature(real.LLM.__init__).parameters, *inspect.signature(EngineArgs).parameters}
    mine = {*inspect.signature(standin.LLM.__init__).parameters, *vllm.CHANGES, *vllm.MACHINE}
    assert mine <= known and issubclass(VLLMClientError, Exception)
    assert {*vllm.FINISHED} <= {*FINISH_REASON_STRINGS}
    pairs = [(standin.LLM.chat, real.LLM.chat), (standin.LLM.generate, real.LLM.generate)]
    pairs += [(standin.SamplingParams, real.SamplingParams), (standin.StructuredOutputsParams, StructuredOutputsParams)]
    for ours, theirs in pairs:
        assert {*inspect.signature(ours).parameters} <= {*inspect.signature(theirs).parameters}
    assert {*vllm.OURS} <= {*inspect.signature(real.SamplingParams).parameters}


def test_a_reply_ends_at_the_stop_text_that_comes_first_not_at_the_one_that_is_named_first() -> None:
    one = SimpleNamespace(text="12 User: 3", finish_reason="stop", token_ids=[1, 2, 3])
    found = vllm._reply(SimpleNamespace(outputs=[one], prompt_token_ids=[1]), ["Assistant:", "User:"])
    assert found == Reply("12 ", "stop", 1, 3)
