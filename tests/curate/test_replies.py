"""The reply store: asked once, stored once, shared, in bounded memory, and at a known price."""

import hashlib
import itertools
import os
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.identity import canonical
from curate.models import stream
from curate.models.base import Model, Reply, Request, Sampling, Unanswered, backend, identity_of, open_model
from curate.models.meter import Meter
from curate.models.replies import Asker, MissingReplies, Recorded
from tests.curate.replying import ASKER, Counting, journals, recorded, said, segments


def test_a_reply_is_asked_for_once(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    requests = [Request(prompt, sample) for prompt in "ab" for sample in range(2)]
    asked = said(recorded(first, tmp_path), requests)
    assert said(recorded(second, tmp_path), requests[::-1]) == asked[::-1]
    assert len(first.asked) == 4 and second.asked == []
    assert [reply.text for reply in asked] == ["a/0/0", "a/1/0", "b/0/0", "b/1/0"]


def test_holes_between_known_samples_are_filled(tmp_path: Path) -> None:
    said(recorded(Counting(), tmp_path), [Request("a", 1)])
    model = Counting()
    assert [r.text for r in said(recorded(model, tmp_path), [Request("a", n) for n in range(3)])] == [
        "a/0/0",
        "a/1/0",
        "a/2/0",
    ]
    assert model.asked == [("a", 0), ("a", 2)]


@pytest.mark.parametrize("window", [1, 2, 512])
@pytest.mark.parametrize("ahead", [1, 3])
def test_a_prompt_given_twice_is_asked_once(tmp_path: Path, window: int, ahead: int) -> None:
    model = Counting(ahead=ahead)
    got = said(recorded(model, tmp_path, window=window), ["a", "b", "a", "a"])
    assert [reply.text for reply in got] == ["a/0/0", "b/0/0", "a/0/0", "a/0/0"]
    assert sorted(model.asked) == [("a", 0), ("b", 0)]


@pytest.mark.parametrize(
    "other",
    [
        Counting("n"),
        Counting(sampling=Sampling(temperature=1.0)),
        Counting(sampling=Sampling(seed=1)),
        Counting(sampling=Sampling(stop=("x",))),
    ],
)
def test_another_model_or_sampling_is_another_question(tmp_path: Path, other: Counting) -> None:
    said(recorded(Counting(), tmp_path), ["a"])
    said(recorded(other, tmp_path), ["a"])
    assert other.asked == [("a", 0)]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 10**6))
def test_a_key_is_the_digest_of_the_canonical_json_of_what_is_asked(prompt: str, sample: int) -> None:
    sampling = Sampling(stop=('"', "é"), extra={"z": 1, "a": None})
    model = Recorded(Counting("ü", sampling), Path("nowhere"))
    asked = {
        "identity": {"backend": "ü"},
        "prompt": hashlib.sha256(prompt.encode()).hexdigest(),
        "sampling": sampling.payload(),
        "sample": sample,
    }
    assert model.key(Request(prompt, sample)) == hashlib.sha256(canonical(asked)).digest()


def test_refusals_are_not_stored_and_asked_for_again(tmp_path: Path) -> None:
    assert said(recorded(Counting(finish="refused"), tmp_path), ["a"])[0].error == "too long"
    assert segments(tmp_path) == journals(tmp_path) == []
    assert said(recorded(Counting(), tmp_path), ["a"])[0].finish == "stop"


@pytest.mark.parametrize("finish", ["length", "abstain", "filtered"])
def test_other_endings_are_stored(tmp_path: Path, finish: str) -> None:
    said(recorded(Counting(finish=finish), tmp_path), ["a"])
    assert said(recorded(Counting(finish="refused"), tmp_path), ["a"])[0].finish == finish


def test_what_is_stored_comes_out_without_an_asker_and_writes_nothing(tmp_path: Path) -> None:
    assert said(Recorded(Counting(), tmp_path), []) == []
    assert Recorded(Counting(), tmp_path).remembered([Request("a")]) == [None]
    with pytest.raises(MissingReplies, match="2 requests or more have no stored reply"):
        said(Recorded(Counting(), tmp_path), ["a", "b"])
    assert list(tmp_path.iterdir()) == []
    asked = said(recorded(Counting(), tmp_path), ["a"])
    assert said(Recorded(Counting(), tmp_path), ["a"]) == asked
    assert Recorded(Counting(), tmp_path).remembered([Request("b"), Request("a")]) == [None, *asked]


def test_the_reply_that_was_stored_first_is_the_reply(tmp_path: Path) -> None:
    """A model at temperature 1 answers differently each time; who asks in the middle of asking, in one thread, can't wait for itself."""

    class Nested(Counting):
        def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
            for place, reply in super().answers(requests):
                assert said(recorded(Counting(salt=" early"), tmp_path), ["a"])[0].text == "a/0/0 early"
                yield place, reply

    assert said(recorded(Nested(salt=" late"), tmp_path), ["a"])[0].text == "a/0/0 early"
    assert said(Recorded(Counting(), tmp_path), ["a"])[0].text == "a/0/0 early"


def test_a_text_that_is_no_unicode_is_seen_as_it_is_stored(tmp_path: Path) -> None:
    model = Counting(salt="\ud800\x00\n\u2028é")
    (asked,) = said(recorded(model, tmp_path), ["a"])
    assert asked.text == "a/0/0?\x00\n\u2028é"
    assert said(Recorded(Counting(), tmp_path), ["a"]) == [asked]


calls = st.lists(
    st.tuples(st.lists(st.tuples(st.text("ab", max_size=2), st.integers(0, 2)), max_size=8), st.integers(1, 5)),
    max_size=6,
)


@given(calls, st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_a_remembering_model_says_what_the_model_says(
    calls: list[tuple[list[tuple[str, int]], int]], window: int, claims: int, seal: int
) -> None:
    """Whatever the calls, windows, orders of answers, and sizes of segments."""
    from curate.models import merging, shelf
    from curate.models import segments as parts

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "CLAIMS", claims)
        patch.setattr(stream, "READY_BYTES", 150)
        patch.setattr(shelf, "SEAL_ROWS", seal)
        patch.setattr(merging, "FANOUT", 3)
        patch.setattr(parts, "GROUP_ROWS", 2)
        asked, wanted = [], set()
        for pairs, ahead in calls:
            model = Counting(ahead=ahead)
            requests = [Request(*pair) for pair in pairs]
            got = said(recorded(model, Path(folder), window=window), requests)
            assert [reply.text for reply in got] == [f"{prompt}/{sample}/0" for prompt, sample in requests]
            asked += model.asked
            wanted |= {*pairs}
        assert sorted(asked) == sorted(wanted)
        assert journals(Path(folder)) == []


def test_requests_are_taken_as_there_is_room_for_them(tmp_path: Path) -> None:
    taken = itertools.count()
    requests = (Request(f"p{next(taken)}") for _ in range(10_000))
    answers = recorded(Counting(), tmp_path, window=8).answers(requests)
    assert next(answers) == (0, Reply("p0/0/0", "stop", 2, 0))
    assert next(taken) <= 33
    answers.close()
    assert len(segments(tmp_path)) == 1
    assert said(Recorded(Counting(), tmp_path), ["p0"])


def test_stored_replies_do_not_pile_up_while_a_model_takes_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(recorded(Counting(), tmp_path), [f"p{number}" for number in range(1000)])
    monkeypatch.setattr(stream, "READY_BYTES", 2000)
    taken: list[int] = []
    requests = (Request(f"p{n if n % 100 else -n - 1}") for n in range(1000) if taken.append(n) is None)  # type: ignore[func-returns-value]
    model = recorded(Counting(ahead=50), tmp_path, window=8)
    assert max(len(taken) - count for count, _ in enumerate(model.answers(requests))) < 150


class Dying(Counting):
    """A model that has no answer to prompts that begin with x."""

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        lost = 0
        for place, request in enumerate(requests):
            self.asked.append((request.prompt, request.sample))
            lost += request.prompt.startswith("x")
            if not request.prompt.startswith("x"):
                yield self.answer(place, request)
        if lost:
            raise Unanswered(f"{lost} requests got no answer")


def test_all_others_are_answered_and_stored_where_some_get_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purse = Purse(9)
    model = recorded(Dying(), tmp_path, window=2, asker=Asker("me", purse))
    monkeypatch.setattr(stream, "READY_BYTES", 300)  # so that the model is asked several times
    said(recorded(Counting(), tmp_path), ["b"])
    with pytest.raises(Unanswered, match="got no answer"):
        said(model, ["x1", "a", "b", "x2", "c", "d"])
    assert sorted(purse.booked) == [  # type: ignore[attr-defined]
        ("a", "a/0/0"), ("c", "c/0/0"), ("d", "d/0/0"), ("x1", None), ("x2", None)
    ]  # fmt: skip
    assert model.shelf._claims is not None and model.shelf._claims.held == {}
    assert len(said(Recorded(Counting(), tmp_path), ["a", "b", "c", "d"])) == 4
    again = Counting()
    said(recorded(again, tmp_path), ["x1", "a", "b", "x2", "c", "d"])
    assert sorted(again.asked) == [("x1", 0), ("x2", 0)]


def test_a_model_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    class Silent(Counting):
        def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
            yield from [*super().answers(requests)][1:]

    with pytest.raises(CurateError, match="no reply to 1 requests and no error"):
        said(recorded(Silent(), tmp_path), ["a", "b"])


class Purse(Meter):
    """A meter that lets so many requests be asked, and gives back what gets no reply."""

    def __init__(self, left: int) -> None:
        super().__init__(Path("nowhere"))
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "booked", [])

    def reserve(self, request: Request, sampling: Sampling) -> Any:
        object.__setattr__(self, "left", self.left - 1)  # type: ignore[attr-defined]
        return request if self.left >= 0 else None  # type: ignore[attr-defined]

    def settle(self, reserved: Any, reply: Reply | None) -> None:
        self.booked.append((reserved.prompt, reply and reply.text))  # type: ignore[attr-defined]

    def over(self) -> Any:
        return CurateError("the purse is empty")


@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_what_the_meter_lets_through_is_answered_stored_and_booked_and_then_it_stops(
    tmp_path: Path, ahead: int
) -> None:
    purse, model = Purse(4), Counting(ahead=ahead)
    with pytest.raises(CurateError, match="the purse is empty"):
        said(recorded(model, tmp_path, asker=Asker("me", purse)), "abcdef")
    assert [prompt for prompt, _ in model.asked] == list("abcd")
    assert sorted(purse.booked) == [(p, f"{p}/0/0") for p in "abcd"]  # type: ignore[attr-defined]
    more = Counting()
    said(recorded(more, tmp_path, asker=Asker("me", Purse(2))), "abcdef")
    assert [prompt for prompt, _ in more.asked] == ["e", "f"]


def test_where_the_meter_pauses_the_model_is_asked_again_also_after_some_got_no_answer(tmp_path: Path) -> None:
    class Pausing(Purse):
        """Says no at every third time."""

        def reserve(self, request: Request, sampling: Sampling) -> Any:
            held = super().reserve(request, sampling)
            return held if self.left % 3 else None  # type: ignore[attr-defined]

    purse = Pausing(12)
    model = recorded(Dying(), tmp_path, asker=Asker("me", purse))
    with pytest.raises(Unanswered):
        said(model, ["x1", "a", "b", "x2", "c"])
    booked = [("a", "a/0/0"), ("b", "b/0/0"), ("c", "c/0/0"), ("x1", None), ("x2", None)]
    assert sorted(purse.booked) == booked  # type: ignore[attr-defined]
    assert model.shelf._claims is not None and model.shelf._claims.held == {}


def test_what_is_stored_needs_no_money(tmp_path: Path) -> None:
    said(recorded(Counting(), tmp_path), "ab")
    assert len(said(recorded(Counting(), tmp_path, asker=Asker("me", Purse(0))), "aba")) == 3


def test_what_gets_no_reply_is_booked_as_such(tmp_path: Path) -> None:
    for close in (True, False):
        purse = Purse(9)
        answers = recorded(Dying(), tmp_path / str(close), asker=Asker("me", purse)).answers(
            [Request("x"), Request("a")]
        )
        assert next(answers)[0] == 1
        if close:
            answers.close()
        else:
            with pytest.raises(Unanswered):
                next(answers)
        assert sorted(purse.booked) == [("a", "a/0/0"), ("x", None)]  # type: ignore[attr-defined]


def test_threads_that_ask_for_the_same_pay_once(tmp_path: Path) -> None:
    models = [Counting(ahead=5, salt=f" by {who}") for who in range(3)]
    told: list[list[Reply]] = [[], [], []]

    def work(who: int) -> None:
        told[who] = said(recorded(models[who], tmp_path, window=7), [f"p{i}" for i in range(200)])

    threads = [threading.Thread(target=work, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told[0] == told[1] == told[2]
    assert len({pair for model in models for pair in model.asked}) == 200 == sum(len(model.asked) for model in models)


def test_a_store_that_is_deleted_meanwhile_is_made_again(tmp_path: Path) -> None:
    model = recorded(Counting(), tmp_path / "store")
    answers = model.answers(Request(p) for p in "abc")
    next(answers)
    shutil.rmtree(tmp_path / "store")
    assert len([*answers]) == 2
    again = Counting()
    said(recorded(again, tmp_path / "store"), "abc")
    assert again.asked == [("a", 0)]


def rss() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Forgetful(Counting):
    """A model that counts what it was asked, and holds none of it."""

    count = 0

    def answer(self, place: int, request: Request) -> tuple[int, Reply]:
        self.count += 1
        self.asked.clear()
        return super().answer(place, request)


def test_many_requests_take_little_memory_and_time(tmp_path: Path) -> None:
    many = 100_000 if os.environ.get("CURATE_TEST_ALL") else 20_000

    def ask(folder: Path, count: int) -> int:
        model = Forgetful(ahead=256)
        requests = (Request(f"{number} {'What is it? ' * 100}") for number in range(count))
        assert sum(1 for _ in recorded(model, folder).answers(requests)) == count
        return model.count

    ask(tmp_path / "warm", 5000)
    before, begun = rss(), time.perf_counter()
    assert ask(tmp_path / "store", many) == many
    assert rss() - before < 100  # MB; the replies are 1,200 bytes each
    assert ask(tmp_path / "store", many) == 0
    assert rss() - before < 150
    assert time.perf_counter() - begun < many / 1000


def test_opening_a_model_gives_it_its_memory(tmp_path: Path) -> None:
    model = open_model({"backend": "symbolic"}, tmp_path, asker=ASKER)
    assert isinstance(model, Model)
    said(model, ["Task: solve briefly.\n\nProblem:\nFind 10 percent of 50.\n"])
    assert len(segments(tmp_path)) == 1


def test_a_teachers_code_is_part_of_its_identity() -> None:
    found = identity_of({"backend": "symbolic", "sampling": {"temperature": 0.6}})
    assert found["sampling"]["temperature"] == 0.6
    assert "families/percent.py" in found["code"]["files"]
    assert "curation.synth.symbolic" in found["code"]["modules"]


def test_an_unknown_backend_gets_a_suggestion() -> None:
    with pytest.raises(CurateError, match="did you mean 'symbolic'"):
        backend("symbolik")
    with pytest.raises(CurateError, match="a model needs `backend:`"):
        identity_of({})
    assert identity_of({"id": "ORG/NAME"})["id"] == "ORG/NAME"  # planned, though nobody can be asked
    for name in ("base", "replies", "shelf", "qa_pairs", "../x", "os", ""):
        with pytest.raises(CurateError):
            backend(name)
