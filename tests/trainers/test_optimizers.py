"""AdamW with 8-bit moments. Its steps run uncompiled here: the numbers are the same, and a CPU compiles for minutes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from curate.errors import CurateError  # noqa: E402
from tests.trainers import ranks  # noqa: E402
from trainers import checkpoint  # noqa: E402
from trainers import model as models  # noqa: E402
from trainers.optimizers import optimizer, parts, set_lr  # noqa: E402

FACTS = {"mixture": "m", "tokenizer_sha256": "t", "seed": 0}


@pytest.fixture
def eager() -> Iterator[None]:
    with torch.compiler.set_stance("force_eager"):
        yield


def llama(seed: int, vocab: int = 128) -> LlamaForCausalLM:
    """Matrices of 8,192 values and more, so that the half of one is still 8-bit."""
    torch.manual_seed(seed)
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1, "vocab_size": vocab}
    return LlamaForCausalLM(LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2))


def made(kind: str, seed: int, wrap: str = "") -> "tuple[torch.nn.Module, torch.optim.Optimizer]":
    model = ranks.wrapped(llama(seed), wrap)
    return model, optimizer(kind, models.groups(model, 0.1, True), 1e-2, (0.9, 0.95), 1e-8, fused=False)


def run(model: "torch.nn.Module", optim: "torch.optim.Optimizer", first: int, steps: int) -> list[float]:
    found = []
    for number in range(first, first + steps):
        set_lr(optim, 1e-3 / (number + 1))
        found += ranks.train(model, optim, number, 1)
    return found


def test_a_missing_package_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchao.optim", None)
    with pytest.raises(
        CurateError, match=r"adamw_8bit needs torchao; pip install 'octocurate\[optim8\]', or take adamw"
    ):
        made("adamw_8bit", 0)


def test_adamw_is_torchs_and_its_learning_rate_is_set_in_all_groups() -> None:
    _, optim = made("adamw", 0)
    assert type(optim) is torch.optim.AdamW
    set_lr(optim, 0.25)
    assert [group["lr"] for group in optim.param_groups] == [0.25, 0.25]
    assert [group["weight_decay"] for group in optim.param_groups] == [0.1, 0.0]


def test_moments_are_8_bit_and_training_is_near_that_of_adamw(eager: None) -> None:
    pytest.importorskip("torchao", reason="needs the extra `optim8`")
    model, optim = made("adamw_8bit", 0)
    losses, wanted = run(model, optim, 0, 8), run(*made("adamw", 0), 0, 8)
    assert losses == pytest.approx(wanted, rel=2e-3) and losses != wanted
    kinds = {type(state["exp_avg"]).__name__ for state in optim.state.values()}
    assert kinds == {"OptimState8bit", "Tensor"}  # norms stay fp32
    assert {float(group["lr"]) for group in optim.param_groups} == {float(torch.tensor(1e-3 / 8))}


def test_a_checkpoint_holds_plain_tensors_and_a_resumed_run_has_the_same_losses_to_the_bit(
    eager: None, tmp_path: Path
) -> None:
    pytest.importorskip("torchao", reason="needs the extra `optim8`")
    model, optim = made("adamw_8bit", 0)
    run(model, optim, 0, 3)
    saved = checkpoint.save(tmp_path / "run", 3, model, optim, FACTS)
    wanted = run(model, optim, 3, 3)
    other, fresh = made("adamw_8bit", 1)
    checkpoint.load(saved, other, fresh)
    assert run(other, fresh, 3, 3) == wanted
    from safetensors.torch import load_file

    held = {name: value for file in saved.glob("*.safetensors") for name, value in load_file(file).items()}
    codes = held["optimizer.exp_avg.model.embed_tokens.weight.codes"]
    assert codes.dtype == torch.uint8 and codes.shape == (128, 128) and codes.unique().numel() > 10
    assert held["optimizer.exp_avg.model.embed_tokens.weight.scale"].shape == (128 * 128 // 256,)


def test_a_checkpoint_of_another_optimizer_is_refused(eager: None, tmp_path: Path) -> None:
    pytest.importorskip("torchao", reason="needs the extra `optim8`")
    model, optim = made("adamw", 0)
    run(model, optim, 0, 1)
    saved = checkpoint.save(tmp_path / "run", 1, model, optim, FACTS)
    with pytest.raises(CurateError, match="the checkpoint is of another model"):
        checkpoint.load(saved, *made("adamw_8bit", 1))


def whole(model: Any, optim: Any) -> "dict[str, torch.Tensor]":
    """Codes and scales of all 8-bit moments, whole."""
    found = {}
    for number, state in enumerate(optim.state.values()):
        for name, value in parts(str(number), state["exp_avg"]):
            found[name] = (value.full_tensor() if hasattr(value, "full_tensor") else value).clone()
    return found


def of_rank(number: int, folder: Path, wrap: str, seed: int, load: str, save: str) -> Any:
    with torch.compiler.set_stance("force_eager"):
        model, optim = made("adamw_8bit", seed, wrap)
        if load:
            checkpoint.load(folder / load / "step-0000003", model, optim)
            held = whole(model, optim)
            return held, run(model, optim, 3, 3)
        run(model, optim, 0, 3)
        checkpoint.save(folder / save, 3, model, optim, FACTS)
        return whole(model, optim), run(model, optim, 3, 3)


def test_shards_are_saved_and_loaded_in_the_same_and_in_another_number_of_ranks(tmp_path: Path) -> None:
    pytest.importorskip("torchao", reason="needs the extra `optim8`")
    two = ranks.run(2, tmp_path, of_rank, tmp_path, "fsdp", 0, "", "two")
    again = ranks.run(2, tmp_path, of_rank, tmp_path, "fsdp", 1, "two", "")
    one = ranks.run(1, tmp_path, of_rank, tmp_path, "", 2, "two", "")
    assert not [said for said in (*two, *again, *one) if not isinstance(said, tuple)], (two, again, one)
    assert again[0][1] == two[0][1]
    assert one[0][1] == pytest.approx(two[0][1], abs=2e-5)
    assert any(name.endswith(".codes") for name in two[0][0])
    for said in (again[0][0], one[0][0]):
        assert said.keys() == two[0][0].keys()
        assert all(torch.equal(said[name], value) for name, value in two[0][0].items())


def refused(number: int) -> None:
    model = ranks.wrapped(llama(0, vocab=129), "fsdp")
    optimizer("adamw_8bit", models.groups(model, 0.1, True), 1e-2, (0.9, 0.95), 1e-8, fused=False)


def test_shards_of_unequal_size_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torchao", reason="needs the extra `optim8`")
    for said in ranks.run(2, tmp_path, refused):
        assert isinstance(said, CurateError) and "129 rows is no multiple of 2 ranks; take parallel: ddp" in str(said)
