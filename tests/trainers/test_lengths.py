import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from trainers.lengths import length_at, overlong_penalty  # noqa: E402

OCTOTHINKER = {0: 2048, 100: 4096, 160: 8192}


@pytest.mark.parametrize(
    ("step", "tokens"), [(0, 2048), (1, 2048), (99, 2048), (100, 4096), (159, 4096), (160, 8192), (10**6, 8192)]
)
def test_a_stage_begins_with_its_own_step_and_the_last_one_stays(step: int, tokens: int) -> None:
    assert length_at(OCTOTHINKER, step) == tokens
    assert length_at(dict(reversed(OCTOTHINKER.items())), step) == tokens


@pytest.mark.parametrize(
    ("length", "penalty"), [(0, 0), (1, 0), (12288, 0), (14336, -0.5), (16383, -4095 / 4096), (16384, -1), (20000, -1)]
)
def test_the_penalty_falls_in_a_straight_line_over_the_buffer(length: int, penalty: float) -> None:
    """DAPO's own figures: 4,096 tokens before 16,384."""
    found = overlong_penalty(torch.tensor([[length]]), 16384, 4096)
    assert found.dtype == torch.float32 and found.tolist() == [[pytest.approx(penalty)]]


def test_no_buffer_is_no_penalty_and_a_buffer_of_the_whole_limit_falls_from_the_start() -> None:
    lengths = torch.tensor([1, 5, 10, 11])
    assert overlong_penalty(lengths, 10, 0).tolist() == [0, 0, 0, 0]
    assert overlong_penalty(lengths, 10, 10).tolist() == pytest.approx([-0.1, -0.5, -1, -1])
