"""Models behind servers of OpenAI's protocol, asked over real HTTP: each request gets its one reply, whatever the server does meanwhile."""

import errno
import itertools
import json
import logging
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from curate.errors import CurateError
from curate.models import _dispatch, _endpoints
from curate.models._completions import Form, Stream
from curate.models.base import Reply, Request, Sampling, Unanswered, backend, cut, identity_of, open_model
from curate.models.openai import Served, connect
from curate.models.replies import Asker
from curate.profile import ModelSettings
from tests.curate.models.server import AGAIN, MODEL, Server, reply_to, serving

ENTRY = {"backend": "openai", "id": MODEL, "revision": "c0ffee"}
IN_STREAMS = ("half", "half-event", "cut-stream", "error-event")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dispatch, "BACKOFF", (0.001, 0.01))
    monkeypatch.setattr(_endpoints, "REST", (0.001, 0.01))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def model(*servers: Server | str, entry: dict[str, object] | None = None, **more: object) -> Served:
    addresses = tuple(s if isinstance(s, str) else s.url for s in servers)
    said = {"endpoints": addresses, "patience": 20.0, "timeout": 20.0, **more}
    return connect({**ENTRY, **(entry or {})}, ModelSettings.model_validate(said))


def asked(made: Served, *prompts: str) -> list[Reply]:
    """Replies in the order of the prompts."""
    got = list(made.answers(Request(prompt) for prompt in prompts))
    assert sorted(place for place, _ in got) == list(range(len(prompts)))
    return [reply for _, reply in sorted(got, key=lambda one: one[0])]


def one(made: Served, prompt: str = "why") -> Reply:
    return asked(made, prompt)[0]


# What is asked


def test_a_request_says_the_prompt_and_all_that_is_hashed(server: Server) -> None:
    entry = {"system": "be brief", "sampling": {"temperature": 0.5, "stop": ["\n\n"], "seed": 3, "extra": {"top_k": 5}}}
    made = model(server, entry=entry)
    list(made.answers([Request("why", 2)]))
    assert server.bodies == [
        {
            "model": MODEL,
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "why"}],
            "temperature": 0.5,
            "top_p": 1.0,
            "max_tokens": 4096,
            "stop": ["\n\n"],
            "seed": made.sampling.seed_of(2),
            "top_k": 5,
        }
    ]
    assert server.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_base_model_continues_the_prompt(server: Server, stream: bool) -> None:
    reply = one(model(server, entry={"chat": False}, stream=stream))
    assert server.paths == ["/v1/completions"] and server.bodies[0]["prompt"] == "why"
    assert reply == Reply("yhw|None", "stop", 3, 7)


def test_extra_replaces_a_field_or_takes_it_away(server: Server) -> None:
    one(model(server, entry={"sampling": {"extra": {"max_tokens": None, "max_completion_tokens": 9, "top_p": 0.5}}}))
    assert "max_tokens" not in server.bodies[0]
    assert (server.bodies[0]["max_completion_tokens"], server.bodies[0]["top_p"]) == (9, 0.5)


def test_draws_differ_in_their_seeds_and_greedy_ones_need_none() -> None:
    seeds = {Sampling(seed=a).seed_of(b) for a in range(20) for b in range(20)}
    assert len(seeds) == 400 and all(0 <= number < 2**31 for number in seeds)
    assert "seed" not in json.loads(Form("m", True, "", Sampling(), False).body(Request("p", 1)))


def test_the_identity_is_the_model_and_never_where_or_how_it_is_served() -> None:
    said = {"endpoints": ["http://a:b@host/v1"], "served_as": "x", "api_key_env": "KEY", "stream": True, "timeout": 1}
    made = connect(ENTRY, ModelSettings.model_validate(said))
    assert made.identity == {"id": MODEL, "revision": "c0ffee", "chat": True}
    together = {"backend": "openai", "id": f"{MODEL}@c0ffee", "system": "be brief", "chat": True}
    assert identity_of(together) == {**made.identity, "system": "be brief", "sampling": Sampling().payload()}
    assert "host" not in repr(vars(backend("openai")))


def test_connecting_reaches_nobody_and_imports_no_client() -> None:
    code = (
        "import sys; from curate.models.base import identity_of; identity_of({'backend': 'openai', 'id': 'm'});"
        "print(sorted({'httpx2', 'openai', 'asyncio', 'anyio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_model_goes_to_a_worker_as_it_is(server: Server) -> None:
    made = pickle.loads(pickle.dumps(model(server)))
    assert one(made).text == "yhw|None"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"endpoint": "x"}, "takes no 'endpoint'; known: backend, chat, id, revision, sampling, system"),
        ({"reversion": "x"}, "did you mean 'revision'?"),
        ({"id": ""}, "needs an id"),
        ({"chat": "yes"}, "chat: true"),
        ({"chat": False, "system": "x"}, "system: only with chat: true"),
        ({"sampling": {"extra": {"n": 4}}}, "sampling.extra cannot say 'n'"),
    ],
)
def test_a_wrong_entry_is_told_at_planning(entry: dict[str, object], said: str) -> None:
    with pytest.raises(CurateError, match=said.replace("?", r"\?")):
        model(entry=entry)


def test_where_a_model_is_served_is_asked_for_at_the_first_request() -> None:
    with pytest.raises(CurateError, match=r"nothing says where ORG/NAME is served.*\[models.NAME\]: endpoints"):
        one(model())


@pytest.mark.parametrize(
    "address", ["localhost:8000", "ftp://host/v1", "", "http://", "http://me:word@:x/", "http://h:99999/v1"]
)
def test_an_endpoint_is_an_address(address: str) -> None:
    with pytest.raises(CurateError, match="is no address") as caught:
        one(model(address))
    assert "word" not in str(caught.value)


def test_more_requests_than_files_can_be_open_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    with pytest.raises(CurateError, match=r"concurrency = 1000 takes as many open files.*write at most 924"):
        one(model("http://127.0.0.1:9/v1", concurrency=1000))


def test_where_no_more_files_can_be_opened_that_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("asyncio.events.new_event_loop", fails)
        with pytest.raises(CurateError, match="nobody can be asked from here: Too many open files"):
            one(model(server))
    assert one(model(server)).finish == "stop"


# Keys


def test_the_key_comes_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", " sk-1234 ")
    one(model(server, api_key_env="SOME_KEY"))
    assert "authorization: bearer sk-1234" in server.heads[0].lower()
    one(model(server))
    assert "authorization" not in server.heads[1].lower()


@pytest.mark.parametrize(("value", "said"), [("", "is not set"), ("a b\n", "characters that no key has")])
def test_a_key_that_is_not_there_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(CurateError, match=f"SOME_KEY .*{said}|SOME_KEY {said}"):
        one(model(server, api_key_env="SOME_KEY"))


@pytest.mark.parametrize("fault", ["echo", "echo-401"])
def test_a_server_that_repeats_the_key_does_not_bring_it_to_light(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-1234")
    server.always = fault
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CurateError, match=r"\*\*\*") as caught:
        one(model(server, api_key_env="SOME_KEY", patience=0))
    assert "1234" not in str(caught.value) and "1234" not in caplog.text


@pytest.mark.parametrize(
    "fault", ["echo-200", "echo-200:" + "x" * 280 + " sk-123456789", "echo-401:" + "x" * 280 + " sk-123456789"]
)
def test_a_refusal_holds_no_key_and_no_part_of_one(server: Server, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-123456789")
    server.always = fault
    try:
        said = one(model(server, api_key_env="SOME_KEY")).error
    except CurateError as error:
        said = str(error)
    assert said and "sk-" not in said


def test_the_name_of_a_model_holds_no_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-123456789")
    server.always = "echo-model"
    with pytest.raises(CurateError, match="answers as the model") as caught:
        one(model(server, api_key_env="SOME_KEY"))
    assert "sk-" not in str(caught.value)


def test_a_password_in_an_address_is_used_and_not_shown(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.always = "echo"
    with pytest.raises(Unanswered) as caught:
        one(model(server.url.replace("http://", "http://me:pa55word@"), patience=0))
    assert "authorization: basic bwu6cge1nxdvcmq=" in server.heads[0].lower()
    for secret in ("pa55word", "bWU6cGE1NXdvcmQ="):
        assert secret not in str(caught.value) and secret not in caplog.text


# What comes back


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("length", "length"),
        ("content_filter", "filtered"),
        ("tool_calls", "filtered"),
        ("stop", "stop"),
        ("new", "filtered"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_why_a_reply_ended(server: Server, word: str, finish: str, stream: bool) -> None:
    server.always = f"finish={word}"
    assert one(model(server, stream=stream)) == Reply("yhw|None", finish, 3, 7)


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("finish", ["length", "stop"])
def test_a_reply_ends_at_its_first_stop_text_though_a_server_sends_more(
    server: Server, chat: bool, stream: bool, finish: str
) -> None:
    """`transformers serve` sends the stop text along, and what its last token holds beyond it; some servers know of no stop."""
    server.always = f"finish={finish}"
    entry = {"chat": chat, "sampling": {"stop": ["never", "|No", "w"]}}
    assert one(model(server, entry=entry, stream=stream)) == Reply("yh", "stop", 3, 7)


def test_a_reply_without_a_stop_text_is_left_as_it_is() -> None:
    whole = Reply("The answer is 4.", "length", 3, 7)
    assert whole.until(["\nQ:", ""]) is whole
    assert cut("a\nQ: b\nQ: c", ["\nQ:", "b"]) == cut("a\nQ: b\nQ: c", ["b", "\nQ:"]) == "a"


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("null", (0, 0)),
        ('{"prompt_tokens": -1, "completion_tokens": 5}', (0, 5)),
        ('{"prompt_tokens": "7", "completion_tokens": true}', (0, 0)),
        ('{"prompt_tokens": 1e300, "completion_tokens": 99999999999}', (0, 0)),
        ("[1, 2]", (0, 0)),
    ],
)
def test_counts_that_cannot_be_are_not_counted(server: Server, said: str, counts: tuple[int, int]) -> None:
    server.always = f"counts={said}"
    reply = one(model(server))
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("yhw|None", *counts)


@pytest.mark.parametrize("stream", [False, True])
def test_a_chain_of_thought_that_the_server_cut_out_is_put_back(server: Server, stream: bool) -> None:
    server.always = "thought=let me see"
    assert one(model(server, stream=stream)).text == "<think>let me see</think>\nyhw|None"


@pytest.mark.parametrize(
    ("part", "finish", "text"),
    [
        ({"content": "\n\nSix.", "reasoning": "\nhm\n"}, "stop", "<think>\nhm\n</think>\n\nSix."),
        ({"content": None, "reasoning_content": "hm"}, "length", "<think>hm"),
        ({"content": None, "reasoning_content": "hm"}, "stop", "<think>hm</think>"),
        ({"content": "<think>hm</think>Six.", "reasoning": "hm"}, "stop", "<think>hm</think>Six."),
        ({"content": ""}, "stop", ""),
        ({"content": None}, "stop", ""),
        ({"content": "a\ud83d\ude00b\ud83d"}, "stop", "a😀b\ufffd"),
        ({"content": "a\x00b"}, "stop", "a\x00b"),
    ],
)
def test_texts_of_all_forms(part: dict[str, object], finish: str, text: str) -> None:
    choice = {"message": part, "finish_reason": finish}
    body = json.dumps({"model": MODEL, "choices": [choice], "usage": None}).encode()
    assert Form(MODEL, True, "", Sampling(), False).answer(body).reply == Reply(text, finish, 0, 0)


@given(st.data())
def test_a_stream_says_the_same_wherever_it_is_cut_into_pieces(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=5))
    events = [{"model": "m", "choices": [{"delta": {"content": word}}]} for word in words]
    events.append({"model": "m", "choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 4}})
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    whole = "".join(f": hm{end}{end}data:{json.dumps(event)}{end}{end}" for event in events).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=10)) | {0, len(whole)})
    stream = Stream(True)
    for start, stop in itertools.pairwise(cuts):
        stream.add(whole[start:stop])
    assert stream.answer().reply == Reply("".join(words), "stop", 4, 0)


@given(st.binary(max_size=300))
def test_no_bytes_of_a_server_make_us_fall_over(body: bytes) -> None:
    form, stream = Form(MODEL, True, "", Sampling(), False), Stream(True)
    for call in (lambda: form.answer(body), lambda: stream.add(b"data: " + body), stream.answer):
        with pytest.raises(_endpoints.Fault):
            call()
            raise _endpoints.Fault("fine")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)
PART = st.fixed_dictionaries({}, optional=dict.fromkeys(("content", "reasoning", "text", "role"), JSON))
CHOICE = st.fixed_dictionaries(
    {}, optional={"message": PART | JSON, "delta": PART | JSON, "finish_reason": JSON, "text": JSON}
)
FIELDS = {"model": JSON, "choices": st.lists(CHOICE | JSON, max_size=2) | JSON, "usage": JSON, "error": JSON}
ANSWER = st.fixed_dictionaries({}, optional=FIELDS)


@given(ANSWER, st.booleans())
def test_no_form_of_an_answer_makes_us_fall_over(said: dict[str, object], chat: bool) -> None:
    form, stream = Form(MODEL, chat, "", Sampling(), False), Stream(chat)
    body = json.dumps(said).encode()
    for call in (lambda: form.answer(body), lambda: stream.add(b"data: " + body + b"\n"), stream.answer):
        try:
            answer = call()
        except _endpoints.Fault:
            continue
        if answer is not None:
            answer.reply.text.encode()
            assert (
                isinstance(answer.model, str) and min(answer.reply.prompt_tokens, answer.reply.completion_tokens) >= 0
            )


@pytest.mark.parametrize("stream", [False, True])
def test_the_client_of_openai_reads_the_same_out_of_the_test_server(server: Server, stream: bool) -> None:
    """So that what these tests are run against speaks the protocol, and not what we take for it."""
    import openai

    with openai.OpenAI(
        base_url=server.url, api_key="none", http_client=openai.DefaultHttpx2Client(trust_env=False)
    ) as client:
        said = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "why"}], stream=stream, seed=5
        )
        if stream:
            parts = [part.choices[0].delta.content or "" for part in said if part.choices]
            assert "".join(parts) == "yhw|5"
        else:
            assert said.choices[0].message.content == "yhw|5" and said.usage.completion_tokens == 7


# Faults


@pytest.mark.parametrize("fault", [*AGAIN, "deep", "bomb"])
def test_a_fault_is_tried_again_and_each_reply_is_paid_once(server: Server, fault: str) -> None:
    server.faults["why"] = [fault, fault]
    made = model(server, stream=fault in IN_STREAMS)
    assert one(made) == Reply("yhw|None", "stop", 3, 7)
    assert server.asked == {"why": 3} and server.answered == {("why", None): 1}


@pytest.mark.parametrize("fault", ["drip", ""])
@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_answer_is_an_answer(server: Server, fault: str, stream: bool) -> None:
    server.always, server.done = fault, False
    assert asked(model(server, stream=stream), "a", "b") == [Reply(f"{x}|None", "stop", 1, 7) for x in "ab"]
    assert server.asked.total() == 2


def test_an_answer_that_never_comes_is_given_up_and_asked_for_again(server: Server) -> None:
    server.faults["why"] = ["hang"]
    assert one(model(server, timeout=0.2)).text == "yhw|None"
    assert server.asked == {"why": 2}


def test_an_answer_without_an_end_is_not_read_to_its_end(server: Server) -> None:
    server.faults["why"] = ["huge"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert one(model(server, entry={"sampling": {"max_tokens": 10}})).text == "yhw|None"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


@pytest.mark.parametrize("fault", ["400", "413", "422", "refused-200"])
def test_a_request_that_the_server_will_not_answer_is_refused_and_not_asked_again(server: Server, fault: str) -> None:
    server.faults["b"] = [fault]
    replies = asked(model(server), "a", "b", "c")
    assert [reply.finish for reply in replies] == ["stop", "refused", "stop"]
    assert replies[1].text == "" and replies[1].error and "\n" not in replies[1].error
    assert server.asked == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize("fault", ["401", "402", "403", "404", "html-404", "405", "elsewhere", "spent", "other-model"])
def test_where_no_request_can_be_answered_it_stops_at_once(server: Server, fault: str) -> None:
    server.always = fault
    with pytest.raises(CurateError, match=f"{server.url} ") as caught:
        list(model(server, concurrency=2).answers(Request(f"{n}") for n in range(1000)))
    assert not isinstance(caught.value, Unanswered) and "\n" not in str(caught.value)
    assert server.asked.total() < 10


def test_a_gateway_that_forbids_one_request_ends_nothing(server: Server) -> None:
    server.faults["b"] = ["403"]
    replies = asked(model(server, concurrency=1), "a", "b", "c")
    assert [reply.finish for reply in replies] == ["stop", "refused", "stop"]


def test_a_gateway_that_knows_no_server_for_a_moment_is_asked_again(server: Server) -> None:
    server.faults["b"] = ["html-404"]
    assert [reply.finish for reply in asked(model(server, concurrency=1), "a", "b", "c")] == ["stop"] * 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_of_another_model_ends_the_build(server: Server, stream: bool) -> None:
    server.faults["3"] = ["model=OTHER/NAME"]
    said = r"answers as the model 'OTHER/NAME', not 'ORG/NAME@c0ffee'.*served_as = 'OTHER/NAME'"
    with pytest.raises(CurateError, match=said):
        list(model(server, stream=stream).answers(Request(f"{n}") for n in range(10)))


@pytest.mark.parametrize("name", [MODEL, "NAME", f"{MODEL}@c0ffee"])
def test_a_model_goes_by_its_id(server: Server, name: str) -> None:
    server.model = name
    assert one(model(server)).finish == "stop"


@pytest.mark.parametrize("name", ["", "name", "ORG", f"{MODEL}@main", "ORG/NAME2"])
def test_a_model_goes_by_no_other_name_unless_that_is_said(server: Server, name: str) -> None:
    server.model = name
    with pytest.raises(CurateError, match="model"):
        one(model(server, patience=0))
    if name:
        assert one(model(server, served_as=name)).finish == "stop"
        assert server.bodies[-1]["model"] == name


def test_a_folder_goes_by_the_revision_that_transformers_serve_makes_up(server: Server) -> None:
    server.model = "/models/tiny@main"
    settings = ModelSettings(endpoints=(server.url,), patience=0)
    made = connect({"backend": "openai", "id": "/models/tiny", "revision": "mine-1"}, settings)
    assert one(made).finish == "stop"
    assert server.bodies[-1]["model"] == "/models/tiny"


def test_what_gets_no_answer_is_told_once_all_others_are_answered(server: Server) -> None:
    server.faults["3"] = ["500"] * 10_000
    got: dict[int, Reply] = {}
    with pytest.raises(
        Unanswered, match=r"^1 request got no answer within 0.3 s; the last because of .*500 Said: no: 500$"
    ):
        list_until(model(server, patience=0.3, concurrency=2).answers(Request(f"{n}") for n in range(50)), got)
    assert sorted(got) == [n for n in range(50) if n != 3]
    assert server.answered.total() == 49


def list_until(answers: Iterator[tuple[int, Reply]], got: dict[int, Reply]) -> None:
    for place, reply in answers:
        got[place] = reply


def test_requests_that_fail_for_ever_do_not_keep_the_others_from_going_on(server: Server) -> None:
    for n in range(5, 200, 10):
        server.faults[f"{n}"] = ["500"] * 10_000
    got: dict[int, Reply] = {}
    begun = time.monotonic()
    with pytest.raises(Unanswered, match=r"^20 requests got"):
        list_until(model(server, patience=0.6, concurrency=2).answers(Request(f"{n}") for n in range(200)), got)
    assert len(got) == 180 and time.monotonic() - begun < 10
    assert server.most_flying <= 2


def test_where_nothing_is_answered_any_more_no_more_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dispatch, "QUIET", 0.0)
    server.always = "503"
    pulled = itertools.count()
    with pytest.raises(Unanswered, match=r"nothing at all was answered; the last because of http://127.*503"):
        list(model(server, patience=0.2, concurrency=4).answers(Request(f"{next(pulled)}") for _ in range(100_000)))
    assert next(pulled) < 20


def test_slow_answers_are_no_reason_to_give_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dispatch, "QUIET", 0.0)
    server.faults = {"0": ["500"] * 10_000, "1": ["wait:0.6"], "2": ["wait:0.6"]}
    got: dict[int, Reply] = {}
    with pytest.raises(Unanswered, match=r"^1 request got no answer within 0.2 s; the last"):
        list_until(model(server, patience=0.2, concurrency=3).answers(Request(f"{n}") for n in range(20)), got)
    assert sorted(got) == list(range(1, 20))


def test_without_patience_each_request_is_tried_once(server: Server) -> None:
    server.faults = {f"{n}": ["500"] for n in range(0, 20, 2)}
    got: dict[int, Reply] = {}
    with pytest.raises(Unanswered, match=r"^10 requests got"):
        list_until(model(server, patience=0, concurrency=1).answers(Request(f"{n}") for n in range(20)), got)
    assert sorted(got) == list(range(1, 20, 2)) and server.asked.total() == 20


@pytest.mark.parametrize("before", ["", "import polars; polars.DataFrame({'a': [1]}).lazy().collect(); "])
def test_ctrl_c_ends_it_at_once(server: Server, before: str) -> None:
    server.always = "hang"
    code = (
        f"{before}import signal, sys; from curate.models.base import Request; from curate.models.openai import connect;"
        "from curate.profile import ModelSettings; made = connect({'id': 'ORG/NAME'}, ModelSettings(endpoints=(sys.argv[1],)));"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's background job ignores it
        "list(made.answers(Request(str(n)) for n in range(1000)))"
    )
    with subprocess.Popen([sys.executable, "-c", code, server.url], stderr=subprocess.PIPE) as process:
        try:
            until = time.monotonic() + 30
            while server.flying < 64 and time.monotonic() < until:
                time.sleep(0.01)
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=10)
        finally:
            process.kill()
    assert time.monotonic() - begun < 5 and b"KeyboardInterrupt" in said.splitlines()[-1]
    assert gone(server)


def test_a_server_that_is_not_there_is_told(server: Server) -> None:
    with pytest.raises(Unanswered, match=r"http://127.0.0.1:9/v1: ConnectError: "):
        one(model("http://127.0.0.1:9/v1", patience=0.1))


def test_retry_after_is_waited_for(server: Server) -> None:
    server.faults["why"] = ["429:0.3"]
    begun = time.monotonic()
    one(model(server))
    assert time.monotonic() - begun >= 0.3


def test_a_last_try_is_made_when_patience_ends_before_the_wait(server: Server) -> None:
    server.faults["why"] = ["429:3600"]
    assert one(model(server, patience=0.2)).finish == "stop"


# Several servers


def test_requests_go_to_the_least_busy_server() -> None:
    with serving(Server(delay=0.05)) as slow, serving(Server(delay=0.005)) as fast:
        asked(model(slow, fast, concurrency=8), *map(str, range(100)))
        assert 0 < slow.asked.total() < fast.asked.total() and slow.most_flying <= 7


def test_a_dead_server_is_left_alone_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_endpoints, "REST", (0.05, 0.05))
    with serving(Server(down=True, delay=0.002)) as dead, serving(Server(delay=0.002)) as alive:
        for place, _ in model(dead, alive, concurrency=4).answers(Request(f"{n}") for n in range(600)):
            if place == 200:
                assert dead.asked.total() == 0
                dead.down = False
        assert dead.asked.total() > 50
        assert dead.answered.total() + alive.answered.total() == 600


# Any schedule of faults


@settings(max_examples=15)
@given(st.data())
def test_each_request_gets_its_one_reply_whatever_the_faults(data: st.DataObject) -> None:
    count, concurrency = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 16))
    stream = data.draw(st.booleans())
    words = [word for word in AGAIN if stream or word not in IN_STREAMS]
    faults = {f"{n}": data.draw(st.lists(st.sampled_from(words), max_size=4)) for n in range(count)}
    with pytest.MonkeyPatch.context() as patched, serving(Server(faults=faults)) as one, serving() as other:
        patched.setattr(_dispatch, "BACKOFF", (0.001, 0.01))
        patched.setattr(_endpoints, "REST", (0.001, 0.01))
        servers = [one, *([other] if data.draw(st.booleans()) else [])]
        made = model(*servers, concurrency=concurrency, stream=stream, entry={"sampling": {"temperature": 1}})
        requests = [Request(f"{n}", n % 3) for n in range(count)]
        got = list(made.answers(iter(requests)))
        assert sorted(place for place, _ in got) == list(range(count))
        for place, reply in got:
            text = reply_to(requests[place].prompt, made.sampling.seed_of(place % 3))
            assert reply == Reply(text, "stop", len(requests[place].prompt), 7)
        paid = one.answered + other.answered
        assert len(paid) == count and set(paid.values()) == {1}
        assert one.most_flying <= concurrency and other.most_flying <= concurrency


def test_many_faults_of_many_requests_are_survived() -> None:
    with serving(Server(chance=0.4, seed=7)) as server:
        made = model(server, concurrency=64)
        assert asked(made, *map(str, range(500))) == [
            Reply(f"{str(n)[::-1]}|None", "stop", len(str(n)), 7) for n in range(500)
        ]
        assert server.answered.total() == 500 and server.most_flying <= 64


# Streams of requests


def test_requests_are_pulled_as_there_is_room_for_them(server: Server) -> None:
    pulled, inside = 0, threading.current_thread()

    def requests() -> Iterator[Request]:
        nonlocal pulled
        for n in range(500):
            assert threading.current_thread() is inside
            pulled += 1
            yield Request(f"{n}")

    for done, _ in enumerate(model(server, concurrency=5).answers(requests()), 1):
        assert pulled <= done + 10  # five under way, and five that have come and were not looked at
    assert pulled == 500 and server.most_flying <= 5


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "models"]


def gone(server: Server, within: float = 2.0) -> bool:
    """Whether the last connection ends soon."""
    until = time.monotonic() + within
    while server.connections and time.monotonic() < until:
        time.sleep(0.01)
    return not server.connections


@pytest.mark.parametrize("how", ["close", "raise", "forget"])
def test_who_stops_asking_leaves_nothing_behind(server: Server, how: str) -> None:
    for n in range(1, 100):
        server.faults[f"{n}"] = ["hang"]
    answers = model(server, concurrency=8).answers(Request(f"{n}") for n in range(100))
    assert next(answers)[0] == 0 and threads()
    begun = time.monotonic()
    if how == "close":
        answers.close()
    elif how == "raise":
        with pytest.raises(KeyboardInterrupt):
            answers.throw(KeyboardInterrupt)
    else:
        del answers
    assert not threads() and gone(server) and time.monotonic() - begun < 2


def test_a_fatal_answer_ends_those_that_are_under_way(server: Server) -> None:
    server.faults = {"0": ["hang"], "1": ["401"]}
    with pytest.raises(CurateError, match="answers nothing: 401"):
        asked(model(server), "0", "1")
    assert not threads() and gone(server)


def test_what_came_before_a_fatal_answer_was_looked_at_is_not_lost(server: Server) -> None:
    server.faults = {"bad": ["401"], **{f"{n}": ["wait:0.2"] for n in range(4)}}
    got = []
    with pytest.raises(CurateError, match="answers nothing: 401"):
        for place, _ in model(server).answers(Request(p) for p in ("first", "bad", "0", "1", "2", "3")):
            got.append(place)
            time.sleep(1.0 if place == 0 else 0)
    assert sorted(got) == [0, 2, 3, 4, 5]


def test_what_is_under_way_is_waited_for_where_the_requests_themselves_fail(server: Server) -> None:
    server.delay = 0.05

    def requests() -> Iterator[Request]:
        yield from (Request(f"{n}") for n in range(4))
        raise CurateError("the budget is used up")

    got: dict[int, Reply] = {}
    with pytest.raises(CurateError, match="the budget is used up"):
        list_until(model(server).answers(requests()), got)
    assert sorted(got) == [0, 1, 2, 3]


def test_two_streams_of_one_model_do_not_mix(server: Server) -> None:
    made = model(server)
    pairs = zip(made.answers([Request(x) for x in "abc"]), made.answers([Request(x) for x in "def"]), strict=True)
    texts = [(a.text, b.text) for (_, a), (_, b) in pairs]
    assert {a for a, _ in texts} == {f"{x}|None" for x in "abc"} and {b for _, b in texts} == {
        f"{x}|None" for x in "def"
    }


def test_it_works_where_an_event_loop_is_running(server: Server) -> None:
    import asyncio

    async def notebook() -> Reply:
        return one(model(server))

    assert asyncio.run(notebook()).text == "yhw|None"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert one(model(server)).finish == "stop"
    with pytest.raises(Unanswered, match="ConnectError"):
        one(model("http://host.example/v1", patience=0))


def test_replies_are_stored_once_and_found_again(server: Server, tmp_path: Path) -> None:
    said = ModelSettings(endpoints=(server.url,))
    requests = [Request(f"{n}", n % 2) for n in range(30)]
    first = dict(open_model(ENTRY, tmp_path, said, Asker("test")).answers(requests))
    again = dict(open_model(ENTRY, tmp_path, ModelSettings()).answers(requests))
    assert first == again and server.asked.total() == 30


PROGRAM = """
import resource, sys
from curate.models.base import Request
from curate.models.openai import connect
from curate.profile import ModelSettings
made = connect({"backend": "openai", "id": "ORG/NAME"}, ModelSettings(endpoints=(sys.argv[1],), concurrency=64))
def many(count):
    return sum(1 for _ in made.answers(Request(f"{n} " * 500) for n in range(count)))
many(1_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = many(int(sys.argv[2]))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("count", [1_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_number_of_requests(count: int) -> None:
    with serving(Server(keep=False)) as server:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.url, str(count)], capture_output=True, text=True, check=True
        )
    answered, kilobytes = map(int, done.stdout.split())
    assert answered == count and kilobytes < 20_000
