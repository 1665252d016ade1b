import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from tests.trainers import twins  # noqa: E402
from trainers.losses import selected_log_probs  # noqa: E402

N, D, V = 13, 8, 50


def made(seed: int = 0, dtype: "torch.dtype" = torch.float32, count: int = N) -> "tuple[torch.Tensor, ...]":
    dice = torch.Generator().manual_seed(seed)
    hidden = torch.randn(count, D, generator=dice).to(dtype).requires_grad_()
    weight = torch.randn(V, D, generator=dice).to(dtype).requires_grad_()
    return hidden, weight, torch.randint(0, V, (count,), generator=dice)


def plain(
    hidden: "torch.Tensor", weight: "torch.Tensor", targets: "torch.Tensor", temperature: float
) -> "tuple[torch.Tensor, torch.Tensor]":
    log_p = ((hidden @ weight.T) / temperature).log_softmax(-1)
    return log_p.gather(1, targets[:, None]).squeeze(1), -(log_p.exp() * log_p).sum(-1)


def gradients(
    found: "tuple[torch.Tensor, torch.Tensor]", hidden: "torch.Tensor", weight: "torch.Tensor", which: str
) -> "tuple[torch.Tensor, ...]":
    """By both inputs, for uneven weights of the log-probabilities, the entropies, or both."""
    dice = torch.Generator().manual_seed(9)
    by_log_p, by_entropy = torch.randn(2, len(hidden), generator=dice)
    loss = (found[0] @ by_log_p.to(found[0].dtype)) * ("log" in which)
    loss = loss + (found[1] @ by_entropy.to(found[1].dtype)) * ("entropy" in which)
    return torch.autograd.grad(loss, (hidden, weight))


@pytest.mark.parametrize("which", ["log", "entropy", "log and entropy"])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("chunk", [1, 5, 13, 1000])
def test_numbers_and_gradients_are_those_of_plain_autograd(chunk: int, temperature: float, which: str) -> None:
    hidden, weight, targets = made()
    exact = [x.detach().double().requires_grad_() for x in (hidden, weight)]
    wanted = plain(*exact, targets, temperature)
    found = selected_log_probs(hidden, weight, targets, temperature, chunk)
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == torch.float32 and torch.allclose(one.double(), other, atol=1e-5)
    for one, other in zip(gradients(found, hidden, weight, which), gradients(wanted, *exact, which), strict=True):
        assert torch.allclose(one.double(), other, atol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_only_log_probabilities_may_be_used(temperature: float) -> None:
    """Their gradient is then the only one there is."""
    hidden, weight, targets = made()
    (selected_log_probs(hidden, weight, targets, temperature, 4)[0]).sum().backward()
    found = hidden.grad.clone()
    (wanted,) = torch.autograd.grad(plain(hidden, weight, targets, temperature)[0].sum(), hidden)
    assert torch.allclose(found, wanted, atol=1e-5)


@given(st.integers(0, 10**6), st.floats(0.05, 5), st.integers(1, 20))
def test_numbers_are_those_of_plain_loops(seed: int, temperature: float, chunk: int) -> None:
    hidden, weight, targets = made(seed)
    found = selected_log_probs(hidden, weight, targets, temperature, chunk)
    logits = (hidden.double() @ weight.double().T).tolist()
    wanted = [twins.log_prob(row, y, temperature) for row, y in zip(logits, targets.tolist(), strict=True)]
    assert found[0].tolist() == pytest.approx([p for p, _ in wanted], rel=1e-4, abs=1e-4)
    assert found[1].tolist() == pytest.approx([h for _, h in wanted], rel=1e-4, abs=1e-4)


def test_equal_logits_have_the_entropy_of_the_vocabulary_and_no_slope_of_it() -> None:
    hidden, weight = torch.ones(3, D, requires_grad=True), torch.ones(V, D, requires_grad=True)
    log_p, entropies = selected_log_probs(hidden, weight, torch.tensor([0, 1, 2]))
    assert entropies.tolist() == pytest.approx([math.log(V)] * 3)
    assert log_p.tolist() == pytest.approx([-math.log(V)] * 3)
    entropies.sum().backward()
    assert hidden.grad.abs().max() < 1e-5 and weight.grad.abs().max() < 1e-5


def test_a_temperature_is_not_forgotten() -> None:
    hidden, weight, targets = made()
    ones, sevens = (selected_log_probs(hidden, weight, targets, t)[0] for t in (1.0, 0.7))
    assert (ones - sevens).abs().mean() > 0.1
    assert torch.allclose(sevens, selected_log_probs(hidden / 0.7, weight, targets)[0], atol=1e-4)


def test_a_distribution_that_is_certain_and_a_token_that_is_ruled_out_give_no_nan() -> None:
    hidden = torch.tensor([[1000.0], [1000.0]], requires_grad=True)
    weight = torch.tensor([[1.0], [0.0], [-torch.inf]], requires_grad=True)
    log_p, entropies = selected_log_probs(hidden, weight, torch.tensor([0, 1]))
    assert log_p.tolist() == [0, -1000] and entropies.tolist() == [0, 0]
    found = selected_log_probs(hidden, torch.tensor([[1.0], [0.0], [-9.0]], requires_grad=True), torch.tensor([0, 1]))
    (found[0] + found[1]).sum().backward()
    assert hidden.grad.tolist() == [[0.0], [-1.0]]


def test_without_a_token_there_is_nothing_and_gradients_of_zeros() -> None:
    hidden, weight, targets = made(count=0)
    log_p, entropies = selected_log_probs(hidden, weight, targets)
    (log_p.sum() + entropies.sum()).backward()
    assert log_p.shape == entropies.shape == (0,)
    assert hidden.grad.shape == (0, D) and weight.grad.shape == (V, D) and not weight.grad.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_numbers_are_the_same_to_the_bit_with_and_without_gradients(dtype: "torch.dtype") -> None:
    """The ratio of a first update is exactly 1."""
    hidden, weight, targets = made(dtype=dtype)
    with torch.no_grad():
        before = selected_log_probs(hidden, weight, targets, 0.7, 4)
    after = selected_log_probs(hidden, weight, targets, 0.7, 4)
    assert torch.equal(before[0], after[0]) and torch.equal(before[1], after[1]) and after[0].requires_grad


def test_an_fp32_head_under_bf16_states_gets_an_fp32_gradient_near_the_exact_one() -> None:
    hidden, weight, targets = made(count=200)
    low = hidden.detach().bfloat16().requires_grad_()
    found = selected_log_probs(low, weight, targets, 0.8, 64)
    exact = plain(hidden, weight, targets, 0.8)
    assert found[0].dtype == torch.float32 and (found[0] - exact[0]).abs().mean() < 0.03
    for one, other in zip(
        gradients(found, low, weight, "log and entropy"),
        gradients(exact, hidden, weight, "log and entropy"),
        strict=True,
    ):
        assert torch.nn.functional.cosine_similarity(one.float().flatten(), other.flatten(), 0) > 0.999
    assert gradients(selected_log_probs(low, weight, targets), low, weight, "log")[1].dtype == torch.float32


def test_under_autocast_both_passes_are_those_of_states_in_its_type() -> None:
    """The backward pass is not under autocast, and would make its logits in fp32."""
    hidden, weight, targets = made()
    low = hidden.detach().bfloat16().requires_grad_()
    wanted = selected_log_probs(low, weight, targets, 0.7, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = selected_log_probs(hidden, weight, targets, 0.7, 4)
    assert torch.equal(found[0], wanted[0]) and torch.equal(found[1], wanted[1])
    slopes = gradients(found, hidden, weight, "log and entropy"), gradients(wanted, low, weight, "log and entropy")
    assert slopes[0][0].dtype == slopes[0][1].dtype == torch.float32
    assert torch.equal(slopes[0][0], slopes[1][0].float()) and torch.equal(slopes[0][1], slopes[1][1])


def test_the_slope_at_a_token_that_is_nearly_certain_is_not_rounded_away() -> None:
    """1 - p of p = 0.999 is 0 if p is rounded to bf16 first."""
    hidden = torch.tensor([[1.0]], dtype=torch.bfloat16, requires_grad=True)
    weight = torch.tensor([[7.0], [0.0]], dtype=torch.bfloat16, requires_grad=True)
    selected_log_probs(hidden, weight, torch.tensor([0]))[0].sum().backward()
    assert weight.grad[0].item() == pytest.approx(torch.sigmoid(torch.tensor(-7.0)).item(), rel=5e-3)
