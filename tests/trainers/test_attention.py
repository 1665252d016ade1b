from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

import torch.distributed as dist  # noqa: E402

from curate.errors import CurateError  # noqa: E402
from tests.trainers import ranks  # noqa: E402
from tests.trainers.test_model import FAMILIES, SHAPE, rows, saved  # noqa: E402
from trainers import attention  # noqa: E402
from trainers import model as models  # noqa: E402


def made(where: Path, how: str, checkpointing: bool = False) -> models.Packed:
    return models.prepare(models.load(str(where), how), checkpointing, compiled=False)


def gradients(packed: "torch.nn.Module", *batch: "torch.Tensor") -> "tuple[torch.Tensor, list[torch.Tensor]]":
    total, _, _ = packed(*batch)
    total.backward()
    return total.detach(), [p.grad.clone() for p in packed.parameters()]


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("other", ["eager", "sdpa"])
def test_varlen_gives_the_states_and_gradients_of_masked_attention(
    family: str, checkpointing: bool, other: str, tmp_path: Path
) -> None:
    """Two windows of several documents, one of one token, padding; half as many heads of keys as of queries."""
    where = saved(tmp_path, family)
    tokens, places, _ = rows()
    mine, theirs = made(where, "varlen", checkpointing), made(where, other)
    assert mine.model.config._attn_implementation == "varlen"
    assert torch.allclose(mine(tokens, places), theirs(tokens, places), atol=2e-6)
    total, found = gradients(mine, tokens, places, places > 0)
    wanted, expected = gradients(theirs, tokens, places, places > 0)
    assert torch.allclose(total, wanted, rtol=1e-6)
    for one, two in zip(found, expected, strict=True):
        assert torch.allclose(one, two, atol=1e-5)


def test_a_packed_window_gives_the_states_and_gradients_of_its_documents_alone(tmp_path: Path) -> None:
    where = saved(tmp_path)
    tokens, places, lengths = rows()
    packed, plain = made(where, "varlen"), made(where, "eager")
    states, total = packed(tokens, places), 0.0
    for row, of_row in enumerate(lengths):
        for start, length in zip((0, *torch.tensor(of_row).cumsum(0).tolist()[:-1]), of_row, strict=True):
            alone = tokens[row : row + 1, start : start + length], torch.arange(length)[None]
            assert torch.allclose(states[row, start : start + length], plain(*alone)[0], atol=2e-6)
            loss, _, _ = plain(*alone, alone[1] > 0)
            loss.backward()
            total += float(loss.detach())
    loss, found = gradients(packed, tokens, places, places > 0)
    assert float(loss) == pytest.approx(total, rel=1e-6)
    for one, two in zip(found, plain.parameters(), strict=True):
        assert torch.allclose(one, two.grad, atol=1e-5)


def test_bounds_are_where_transformers_finds_documents() -> None:
    from transformers.masking_utils import find_packed_sequence_indices

    _, places, lengths = rows()
    edges = attention.bounds(places)["cu_seq_lens_q"]
    begins = torch.zeros(places.numel(), dtype=torch.long)
    begins[edges[:-1].long()] = 1
    found = begins.view_as(places).cumsum(1) - 1  # each row begins with document 0
    assert torch.equal(found, find_packed_sequence_indices(places))
    padding = places.numel() - sum(map(sum, lengths))
    assert len(edges) - 1 == sum(map(len, lengths)) + padding
    assert attention.bounds(places)["max_length_q"] == 12
    assert edges.dtype == torch.int32


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_check_before_training_passes_varlen(family: str, tmp_path: Path) -> None:
    models.refuse_crossing(made(saved(tmp_path, family), "varlen", True), 96, torch.device("cpu"))


def test_the_check_before_training_refuses_varlen_whose_bounds_are_those_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = made(saved(tmp_path), "varlen")
    edges = torch.tensor([0, 256], dtype=torch.int32)
    monkeypatch.setattr(attention, "bounds", lambda places: {"cu_seq_lens_q": edges, "max_length_q": 256})
    with pytest.raises(CurateError, match="attention crosses documents"):
        models.refuse_crossing(packed, 96, torch.device("cpu"))


def test_it_computes_in_the_type_of_autocast(tmp_path: Path) -> None:
    """Where the rotary embedding gives fp32 queries and keys, and a flash kernel would refuse them."""
    where = saved(tmp_path)
    tokens, places, _ = rows()
    found = {}
    for how in ("varlen", "sdpa"):
        with torch.autocast("cpu", torch.bfloat16):
            found[how] = made(where, how)(tokens, places)
    assert torch.allclose(found["varlen"], found["sdpa"], atol=0.05)
    exact = made(where, "sdpa")(tokens, places)
    assert (found["varlen"] - exact).abs().max() > 1e-4  # else autocast did nothing, and the test shows nothing


@pytest.mark.parametrize(
    "family, more, what",
    [
        ("llama", {"attention_dropout": 0.1}, "attention_dropout"),
        ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}, "sliding windows"),
    ],
)
def test_a_model_that_varlen_would_compute_wrongly_is_refused(
    family: str, more: dict[str, Any], what: str, tmp_path: Path
) -> None:
    where = saved(tmp_path, family, **more)
    with pytest.raises(CurateError, match=f"varlen has no {what}.*take sdpa"):
        models.load(str(where), "varlen")
    models.load(str(where), "sdpa")


def test_an_exported_model_says_nothing_of_varlen(tmp_path: Path) -> None:
    """Or it could not be loaded without this package."""
    models.load(str(saved(tmp_path / "a")), "varlen").save_pretrained(tmp_path / "b")
    assert "varlen" not in (tmp_path / "b" / "config.json").read_text()


def test_a_model_of_a_configuration_takes_varlen_too() -> None:
    attention.register()
    config = transformers.LlamaConfig(**SHAPE)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="varlen")
    models.refuse_crossing(models.prepare(model, False, False), 96, torch.device("cpu"))


def of_rank(number: int, where: Path, parallel: str, batch: "tuple[torch.Tensor, ...]") -> Any:
    """The summed loss and whole gradients of two ranks, one window each, divided by their number by the wrapper."""
    packed = made(where, "varlen", True)
    spread = models.spread(packed, parallel, torch.device("cpu"), "float32")
    total, _, _ = spread(*(part[number : number + 1] for part in batch))
    total.backward()
    dist.all_reduce(total := total.detach())
    grads = [p.grad.full_tensor() if parallel == "fsdp" else p.grad for p in packed.parameters()]
    return float(total), [2 * grad.clone() for grad in grads]


@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_two_ranks_have_the_loss_and_gradients_of_one(parallel: str, tmp_path: Path) -> None:
    where = saved(tmp_path / "model")
    tokens, places, _ = rows()
    batch = tokens, places, places > 0
    total, wanted = gradients(made(where, "sdpa"), *batch)
    said = ranks.run(2, tmp_path / "ranks", of_rank, where, parallel, batch)
    for one in said:
        assert not isinstance(one, Exception), one
        assert one[0] == pytest.approx(float(total), rel=1e-6)
        for mine, theirs in zip(one[1], wanted, strict=True):
            assert torch.allclose(mine, theirs, atol=1e-5)
