import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from trainers.losses import next_token_loss  # noqa: E402

B, T, D, V = 3, 17, 8, 50


def made(seed: int = 0, dtype: "torch.dtype" = torch.float32) -> "tuple[torch.Tensor, ...]":
    dice = torch.Generator().manual_seed(seed)
    hidden = torch.randn(B, T, D, generator=dice).to(dtype).requires_grad_()
    weight = torch.randn(V, D, generator=dice).to(dtype).requires_grad_()
    tokens = torch.randint(0, V, (B, T), generator=dice)
    mask = torch.rand(B, T, generator=dice) < torch.tensor([0.9, 0.5, 0.1])[:, None]
    mask[:, 0] = False
    return hidden, weight, tokens, mask


def plain(
    hidden: "torch.Tensor", weight: "torch.Tensor", tokens: "torch.Tensor", mask: "torch.Tensor"
) -> "torch.Tensor":
    """As docs/mixture.md says it."""
    labels = tokens.masked_fill(~mask, -100)
    logits = (hidden @ weight.T).float()
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")


@pytest.mark.parametrize("chunk", [1, 4, 7, 1000])
def test_sum_and_gradients_are_those_of_torchs_cross_entropy_whatever_the_chunk(chunk: int) -> None:
    hidden, weight, tokens, mask = made()
    (plain(hidden, weight, tokens, mask) * 0.25).backward()
    expected = hidden.grad.clone(), weight.grad.clone()
    wanted = plain(hidden, weight, tokens, mask)
    hidden.grad = weight.grad = None
    total, each, counts = next_token_loss(hidden, weight, tokens, mask, chunk)
    (total * 0.25).backward()
    assert torch.allclose(total, wanted, rtol=1e-6)
    assert torch.allclose(hidden.grad, expected[0], atol=1e-6) and torch.allclose(weight.grad, expected[1], atol=1e-5)
    assert counts.tolist() == mask[:, 1:].sum(1).tolist() and torch.allclose(each.sum(), total)


def test_the_derivative_is_that_of_finite_differences() -> None:
    hidden, weight, tokens, mask = made(3, torch.float64)
    with torch.no_grad():
        weight *= 0.1
    hidden, weight = hidden.detach().requires_grad_(), weight.detach().requires_grad_()
    total, _, _ = next_token_loss(hidden, weight, tokens, mask)
    total.backward()
    for parameter in (hidden, weight):
        direction = torch.randn_like(parameter)
        with torch.no_grad():
            ends = []
            for step in (1e-2, -1e-2):
                moved = [p + step * direction if p is parameter else p for p in (hidden, weight)]
                ends.append(next_token_loss(*moved, tokens, mask)[0].item())
        assert (ends[0] - ends[1]) / 2e-2 == pytest.approx(
            (parameter.grad * direction).sum().item(), rel=1e-2, abs=1e-2
        )


def test_inputs_and_targets_of_a_window_of_three_documents_are_these_pairs() -> None:
    """Documents of 3, 1 and 2 tokens and padding: nothing predicts a document's first token, and padding is no target."""
    tokens = torch.tensor([[10, 11, 12, 20, 30, 31, 0, 0]])
    mask = torch.tensor([[0, 1, 1, 0, 0, 1, 0, 0]], dtype=torch.bool)
    # A hidden state that names its own place, and a head by which the loss of (place, target) is found in a table.
    hidden, weight = torch.eye(8)[None], torch.randn(40, 8, generator=torch.Generator().manual_seed(1))
    table = -torch.log_softmax(weight.T, -1)  # (place, token)
    total, _, counts = next_token_loss(hidden, weight, tokens, mask)
    pairs = [(0, 11), (1, 12), (4, 31)]
    assert counts.item() == len(pairs)
    assert torch.allclose(total, sum(table[place, token] for place, token in pairs))


def test_windows_without_a_target_give_zero_and_a_gradient_of_zeros() -> None:
    hidden, weight, tokens, mask = made()
    total, each, counts = next_token_loss(hidden, weight, tokens, torch.zeros_like(mask))
    total.backward()
    assert total.item() == 0 and each.tolist() == [0, 0, 0] and counts.sum() == 0
    assert not hidden.grad.any() and not weight.grad.any()


def test_sums_are_fp32_where_hidden_states_are_bf16() -> None:
    hidden, weight, tokens, mask = made(dtype=torch.bfloat16)
    total, each, _ = next_token_loss(hidden, weight, tokens, mask)
    total.backward()
    assert total.dtype == each.dtype == torch.float32 and weight.grad.dtype == torch.bfloat16
    exact = plain(hidden.float(), weight.float(), tokens, mask)
    assert total.item() == pytest.approx(exact.item(), rel=5e-3)


def test_gradients_of_an_fp32_head_are_fp32_under_bf16_hidden_states() -> None:
    hidden, weight, tokens, mask = made()
    low = hidden.detach().bfloat16().requires_grad_()
    next_token_loss(low, weight, tokens, mask)[0].backward()
    found = weight.grad.clone()
    weight.grad = None
    plain(hidden, weight, tokens, mask).backward()
    assert found.dtype == torch.float32
    assert torch.nn.functional.cosine_similarity(found.flatten(), weight.grad.flatten(), 0) > 0.999


def test_the_error_at_a_target_that_is_nearly_certain_is_not_rounded_away_in_bf16() -> None:
    """p - 1 of p = 0.999 is 0 if p is rounded to bf16 first."""
    hidden = torch.tensor([[[1.0], [1.0]]], dtype=torch.bfloat16, requires_grad=True)
    weight = torch.tensor([[7.0], [0.0]], dtype=torch.bfloat16, requires_grad=True)
    total, _, _ = next_token_loss(hidden, weight, torch.tensor([[1, 0]]), torch.tensor([[False, True]]))
    total.backward()
    assert weight.grad[0].item() == pytest.approx(-torch.sigmoid(torch.tensor(-7.0)).item(), rel=5e-3)
