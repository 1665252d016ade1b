"""Money: never more than the limit is set aside or booked, whatever order, however many processes, whatever a server claims."""

import errno
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.models.base import MOST_TOKENS, Reply, Request, Sampling
from curate.models.meter import TEMPLATE, Meter, OverBudget
from curate.profile import TokenPrices

PRICE = TokenPrices(prompt=0.5, completion=1.5)
ASKED = Request("What is 2 + 2?")
SAMPLING = Sampling(max_tokens=100)


def meter(folder, limit=None, price=PRICE, **more) -> Meter:
    return Meter(Path(folder) / "meter", price, limit, name="models.writer", **more).start()


def reply(prompt_tokens=10, completion_tokens=20, text="4", finish="stop") -> Reply:
    return Reply(text, finish, prompt_tokens, completion_tokens)


def test_a_reply_is_booked_by_its_tokens_and_the_prices(tmp_path):
    one = meter(tmp_path, 1.0)
    held = one.reserve(ASKED, SAMPLING)
    assert held is not None
    assert one.spent().reserved == pytest.approx(((14 + TEMPLATE) * 0.5 + 100 * 1.5) / 1e6, abs=1e-12)
    one.settle(held, reply(10, 20))
    spent = one.spent()
    assert (spent.asked, spent.answered, spent.prompt_tokens, spent.completion_tokens) == (1, 1, 10, 20)
    assert (spent.cost, spent.reserved) == (pytest.approx((10 * 0.5 + 20 * 1.5) / 1e6, abs=1e-12), 0)


counts = st.one_of(st.integers(-(2**70), 2**70), st.integers(-2, 300))
replies_ = st.one_of(
    st.none(), st.builds(reply, counts, counts, st.sampled_from(["", "x"]), st.sampled_from(["stop", "length", "refused"]))
)  # fmt: skip
steps = st.lists(st.tuples(st.text(max_size=40), st.integers(1, 5000), replies_, st.booleans()), max_size=40)


@given(steps, st.floats(0, 0.01), st.floats(0, 20), st.floats(0, 20))
@settings(max_examples=60, deadline=None)
def test_what_is_booked_never_shrinks_and_nothing_is_set_aside_beyond_the_limit(asked, limit, prompt, completion):
    with tempfile.TemporaryDirectory() as folder:
        one = meter(folder, limit, TokenPrices(prompt=prompt, completion=completion))
        waiting = []
        for text, most, came, wait in asked:
            before = one.spent()
            held = one.reserve(Request(text), Sampling(max_tokens=most))
            after = one.spent()
            if held is None:
                assert after == before
                continue
            assert not held.units or after.cost + after.reserved <= limit + 1e-12
            waiting.append((held, came))
            while waiting and not wait:
                before = one.spent()
                one.settle(*waiting.pop())
                assert one.spent().cost >= before.cost and one.spent().reserved >= 0


@given(steps, st.floats(0, 0.01))
@settings(max_examples=40, deadline=None)
def test_with_a_server_that_keeps_to_max_tokens_the_cost_stays_within_the_limit(asked, limit):
    with tempfile.TemporaryDirectory() as folder:
        one = meter(folder, limit)
        exact = Fraction(0)
        for text, most, came, _ in asked:
            held = one.reserve(Request(text), Sampling(max_tokens=most))
            if held is None:
                continue
            honest = came and reply(
                min(max(1, came.prompt_tokens), held.prompt_tokens), min(max(1, came.completion_tokens), most)
            )
            one.settle(held, honest)
            if honest:
                exact += Fraction(honest.prompt_tokens, 2) + Fraction(3 * honest.completion_tokens, 2)
        spent = one.spent()
        assert spent.cost + spent.reserved <= limit + 1e-12
        assert spent.cost == pytest.approx(float(exact / 10**6), abs=1e-12)


@pytest.mark.parametrize("claimed", [-1, -(2**40), 0])
def test_a_server_that_counts_nothing_is_booked_the_most_that_it_can_be(tmp_path, claimed):
    one = meter(tmp_path, 1.0)
    held = one.reserve(ASKED, SAMPLING)
    one.settle(held, reply(claimed, claimed))
    assert (one.spent().prompt_tokens, one.spent().completion_tokens) == (14 + TEMPLATE, 100)


def test_a_server_that_counts_too_much_is_believed_and_asked_no_more(tmp_path):
    one = meter(tmp_path, 1.0)
    one.settle(one.reserve(ASKED, SAMPLING), reply(10, 2**80))
    assert one.spent().completion_tokens == MOST_TOKENS and one.spent().cost > 1
    assert one.reserve(ASKED, SAMPLING) is None


def test_a_request_without_answer_stays_set_aside(tmp_path):
    one = meter(tmp_path, 1.0)
    one.settle(one.reserve(ASKED, SAMPLING), None)
    spent = one.spent()
    assert (spent.unanswered, spent.answered, spent.cost) == (1, 0, 0) and spent.reserved > 0


def test_a_refused_request_costs_what_the_server_says(tmp_path):
    one = meter(tmp_path, 1.0)
    one.settle(one.reserve(ASKED, SAMPLING), reply(0, 0, "", "refused"))
    assert (one.spent().refused, one.spent().cost, one.spent().reserved) == (1, 0, 0)


@pytest.mark.parametrize("price", [None, TokenPrices(prompt=0, completion=0)])
def test_what_costs_nothing_needs_no_limit_and_reaches_none(tmp_path, price):
    for limit in (None, 0.0):
        one = meter(tmp_path, limit, price)
        for _ in range(3):
            one.settle(one.reserve(ASKED, SAMPLING), reply())
        assert (one.spent().answered, one.spent().cost) == (3, 0)


def test_the_limit_is_named_in_one_line(tmp_path):
    one = meter(tmp_path, 0.0001, before=2.5)
    assert one.reserve(ASKED, SAMPLING) is None
    said = one.over()
    assert isinstance(said, OverBudget) and isinstance(said, CurateError)
    assert str(said).startswith("models.writer: this build has spent 2.5 of 2.5001 USD") and "\n" not in str(said)
    assert "stored" in str(said) and "--max-usd" in str(said)


def test_past_the_deadline_nothing_is_asked(tmp_path):
    assert meter(tmp_path, deadline=time.monotonic() + 60).reserve(ASKED, SAMPLING) is not None
    over = meter(tmp_path, deadline=time.monotonic() - 0.001, gpu_hours=2.0)
    assert over.reserve(ASKED, SAMPLING) is None
    assert "2 GPU-hours" in str(over.over()) and "--max-gpu-hours" in str(over.over())


def test_gpus_that_are_held_eat_the_limit_of_money(tmp_path):
    one = meter(tmp_path, 1.0, price=None, began=time.monotonic() - 10, rate=0.05)
    assert one.reserve(ASKED, SAMPLING) is not None
    two = meter(tmp_path, 1.0, price=None, began=time.monotonic() - 30, rate=0.05)
    assert two.reserve(ASKED, SAMPLING) is None and "--max-usd" in str(two.over())


def test_who_starts_servers_asks_first_and_leaves_no_trace(tmp_path):
    one = meter(tmp_path, 1.0)
    assert not one.is_over() and one.spent().asked == 0
    assert meter(tmp_path, 0.0).is_over() and meter(tmp_path, refusal="costs money").is_over()


def test_a_meter_that_is_closed_counts_on_and_leaves_no_file_open(tmp_path):
    def opened():
        return {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}

    meter = Meter(tmp_path / "meter").start()
    assert str(tmp_path / "meter") in opened()
    meter.close()
    meter.close()
    assert str(tmp_path / "meter") not in opened()
    assert meter.reserve(Request("x"), Sampling()) is not None and meter.spent().asked == 1


@pytest.mark.parametrize("module, name", [("fcntl", "lockf"), ("os", "pwrite"), ("os", "pread")])
def test_where_nothing_can_be_counted_that_is_told_in_a_line(tmp_path, monkeypatch, module, name):
    meter = Meter(tmp_path / "meter").start()

    def fails(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as patched:
        patched.setattr(f"{module}.{name}", fails)
        with pytest.raises(CurateError, match="what asking costs cannot be counted: No locks available"):
            meter.reserve(Request("x"), Sampling())
    assert meter.reserve(Request("x"), Sampling()) is not None and meter.spent().asked == 1


@pytest.mark.parametrize("price", [float("inf"), float("nan"), -1])
def test_a_price_is_a_number(price):
    with pytest.raises(ValueError, match="prompt"):
        TokenPrices(prompt=price, completion=0)


def test_a_refusal_is_said_as_it_is(tmp_path):
    one = meter(tmp_path, refusal="costs money; say how much it may be")
    assert one.reserve(ASKED, SAMPLING) is None
    assert str(one.over()) == "models.writer costs money; say how much it may be"


def spend(path, limit, barrier):
    one = Meter(path, PRICE, limit)
    barrier.wait()
    done = 0
    while (held := one.reserve(ASKED, SAMPLING)) is not None:
        one.settle(held, reply(TEMPLATE, 100))
        done += 1
    return done


def test_several_processes_share_one_limit(tmp_path):
    one = meter(tmp_path, 0.2)
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(3) as pool:
        barrier = manager.Barrier(3)
        done = pool.starmap(spend, [(one.path, one.limit, barrier)] * 3)
    spent = one.spent()
    each = (TEMPLATE * 0.5 + 100 * 1.5) / 1e6
    assert sum(done) == spent.answered == spent.asked
    assert spent.cost == pytest.approx(sum(done) * each) and 0.2 - 2 * each < spent.cost <= 0.2 and not spent.reserved


def test_a_worker_that_is_killed_leaves_whole_counters_and_no_lock(tmp_path):
    one = meter(tmp_path, 1000.0)
    script = (
        "import pickle, sys\n"
        "from curate.models.base import Reply, Request, Sampling\n"
        "one = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "print('go', flush=True)\n"
        "while True:\n"
        "    one.settle(one.reserve(Request('What is 2 + 2?'), Sampling(max_tokens=100)), Reply('4', 'stop', 10, 20))\n"
    )
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", script, pickle.dumps(one).hex()], stdout=subprocess.PIPE)
        assert child.stdout and child.stdout.readline() == b"go\n"
        time.sleep(0.1)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    spent = one.spent()
    assert spent.asked > 10 and 0 <= spent.asked - spent.answered <= 3
    assert (spent.prompt_tokens, spent.completion_tokens) == (10 * spent.answered, 20 * spent.answered)
    assert one.reserve(ASKED, SAMPLING) is not None


def test_a_new_attempt_counts_from_zero_in_every_process(tmp_path):
    one = meter(tmp_path, 1.0)
    one.settle(one.reserve(ASKED, SAMPLING), reply())
    one.path.unlink()
    assert one.spent().asked == 0
    one.settle(one.reserve(ASKED, SAMPLING), reply())
    assert one.start().spent().asked == 0


def test_a_meter_travels_to_workers_and_is_a_key_of_caches(tmp_path):
    one = meter(tmp_path, 1.0)
    assert pickle.loads(pickle.dumps(one)) == one and hash(one) == hash(pickle.loads(pickle.dumps(one)))


def test_setting_aside_and_booking_take_no_time(tmp_path):
    one = meter(tmp_path, 1000.0)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(500):
            one.settle(one.reserve(ASKED, SAMPLING), reply())
        best = min(best, (time.perf_counter() - start) / 500)
    assert best < 0.001
