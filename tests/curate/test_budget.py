"""Who needs a limit, who must say a price, and how the steps of one build share what it may spend."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.budget import Spending, is_own, limited
from curate.errors import CurateError
from curate.models.base import Reply, Request, Sampling
from curate.profile import Budget, ModelSettings, Prices, TokenPrices

PAID = ModelSettings(endpoints=("https://api.example.com/v1",), price=TokenPrices(prompt=1000, completion=1000))
FREE = ModelSettings(endpoints=("https://api.example.com/v1",), price=TokenPrices(prompt=0, completion=0))
ASKED, SAMPLING = Request("x" * 44), Sampling(max_tokens=100)
EACH = 0.4
"""What the request above may cost at most: 44 bytes, 256 for a template, 100 tokens."""


def refusal(settings, usd=None, gpu_hours=None, *, gpu_hour=None, loads=False):
    return Spending(Budget(usd=usd, gpu_hours=gpu_hours), Prices(gpu_hour=gpu_hour)).refusal(
        "writer", settings, loads=loads
    )


def test_a_model_that_costs_money_needs_a_limit():
    assert "say how much it may be: --max-usd 5, or [budget] usd = 5" in refusal(PAID)
    assert "--max-usd" in refusal(PAID, gpu_hours=3)
    assert refusal(PAID, usd=0) == refusal(PAID, usd=5) == refusal(FREE) == ""


def test_gpus_that_cost_money_need_a_limit_of_money_or_of_hours():
    launched = ModelSettings(launch="vllm serve {id}", gpus=2, replicas=3)
    assert "6 GPUs at 2 USD an hour" in refusal(launched, gpu_hour=2)
    assert "--max-gpu-hours" in refusal(ModelSettings(gpus=1), gpu_hour=2, loads=True)
    assert refusal(ModelSettings(gpus=1), gpu_hour=2) == ""  # whose GPUs they are is the server's affair
    for given_ in ({"usd": 1}, {"gpu_hours": 1}):
        assert refusal(launched, gpu_hour=2, **given_) == ""
    assert refusal(launched) == refusal(launched, gpu_hour=0) == ""


@pytest.mark.parametrize(
    "endpoint",
    ["https://api.openai.com/v1", "http://8.8.8.8:8000/v1", "http://134744072/v1", "http://[2001:4860:4860::8888]/v1",
     "http://[::ffff:8.8.8.8]/v1", "https://localhost.example.com/v1", "api.openai.com/v1", "http://", "http://0x8.8.8.8/"],
)  # fmt: skip
def test_who_asks_elsewhere_says_what_it_costs(endpoint):
    said = refusal(ModelSettings(endpoints=("http://127.0.0.1:1/v1", endpoint)), usd=5)
    assert "price = {prompt = 0.5, completion = 1.5}" in said and "zeros where it is free" in said


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://[::1]:8000/v1", "http://10.1.2.3/v1",
     "http://192.168.0.7:8000/v1", "http://node17:8000/v1", "http://gpu.cluster.local/v1", "http://[fd00::1]/v1", "127.0.0.1:80"],
)  # fmt: skip
def test_own_servers_are_free(endpoint):
    assert refusal(ModelSettings(endpoints=(endpoint,))) == ""


@given(st.text(max_size=30))
def test_no_address_breaks_the_question(text):
    assert is_own(text) in (True, False)


def test_a_secret_in_an_address_is_not_told():
    assert "hush" not in refusal(ModelSettings(endpoints=("https://user:hush@api.example.com/v1?key=hush",)))


def test_steps_share_what_a_build_may_spend(tmp_path):
    spending = Spending(Budget(usd=1.0))
    with spending.step("web/qa-ask", "writer", PAID, tmp_path / "a") as meter:
        for _ in range(2):
            meter.settle(meter.reserve(ASKED, SAMPLING), Reply("4", "stop", 300, 100))
        assert meter.reserve(ASKED, SAMPLING) is None
    with spending.step("web/grade-ask", "writer", PAID, tmp_path / "b") as meter:
        assert meter.reserve(ASKED, SAMPLING) is None
        assert "has spent 0.8 of 1 USD" in str(meter.over())
        small = Request("")
        held = meter.reserve(small, Sampling(max_tokens=1))
        assert held is None
    with spending.step("web/free-ask", "other", FREE, tmp_path / "c") as meter:
        meter.settle(meter.reserve(ASKED, SAMPLING), Reply("4", "stop", 300, 100))
    rows = spending.rows()
    assert [(r["node"], r["model"], r["answered"], round(r["cost"], 9)) for r in rows] == [
        ("web/qa-ask", "writer", 2, 0.8), ("web/grade-ask", "writer", 0, 0), ("web/free-ask", "other", 1, 0)
    ]  # fmt: skip


def test_what_a_step_spent_is_booked_when_it_fails(tmp_path):
    spending = Spending(Budget(usd=1.0))
    with pytest.raises(ZeroDivisionError), spending.step("web/qa-ask", "writer", PAID, tmp_path / "a") as meter:
        meter.settle(meter.reserve(ASKED, SAMPLING), Reply("4", "stop", 300, 100))
        raise ZeroDivisionError
    assert round(spending.cost, 9) == EACH


def test_gpu_hours_add_up(tmp_path):
    spending = Spending(Budget(gpu_hours=8e-5), Prices(gpu_hour=3600))
    launched = ModelSettings(launch="serve", gpus=2)
    with spending.step("web/a-ask", "writer", launched, tmp_path / "a") as meter:
        assert meter.reserve(ASKED, SAMPLING) is not None
        time.sleep(0.2)
        assert meter.reserve(ASKED, SAMPLING) is None
    with spending.step("web/b-ask", "writer", launched, tmp_path / "b") as meter:
        assert meter.reserve(ASKED, SAMPLING) is None
        assert "--max-gpu-hours" in str(meter.over())
    assert spending.gpu_hours > 2 * 0.2 / 3600 and spending.cost == pytest.approx(3600 * spending.gpu_hours)


def test_a_model_that_was_not_loaded_took_no_gpu_hours(tmp_path):
    spending = Spending(Budget(gpu_hours=1))
    with spending.step("web/a-ask", "writer", ModelSettings(gpus=8), tmp_path / "a", loads=True):
        time.sleep(0.01)
    assert spending.gpu_hours == 0
    with spending.step("web/a-ask", "writer", ModelSettings(gpus=8), tmp_path / "a", loads=True) as meter:
        meter.settle(meter.reserve(ASKED, SAMPLING), Reply("4", "stop", 300, 100))
    assert spending.gpu_hours > 0


def test_the_command_line_goes_before_the_profile():
    assert limited(Budget(usd=1, gpu_hours=2), 5.0) == Budget(usd=5, gpu_hours=2)
    assert limited(Budget(usd=1), None, 0.0) == Budget(usd=1, gpu_hours=0)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -1.0])
def test_what_is_no_amount_is_no_limit(amount):
    with pytest.raises(CurateError, match="--max-gpu-hours takes an amount such as 5"):
        limited(Budget(), max_gpu_hours=amount)
    for settings in ({"timeout": amount}, {"patience": amount}, {"price": {"prompt": amount, "completion": 0}}):
        with pytest.raises(ValueError, match=r"number|greater"):
            ModelSettings.model_validate(settings)
