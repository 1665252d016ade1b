import copy
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from trainers import model as models  # noqa: E402

SHAPE = {
    "vocab_size": 96, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128,
}  # fmt: skip
FAMILIES = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config, "qwen3": transformers.Qwen3Config}


def saved(out: Path, family: str = "llama", tied: bool = True, **more: Any) -> Path:
    torch.manual_seed(0)
    config = FAMILIES[family](**SHAPE, tie_word_embeddings=tied, bos_token_id=None, eos_token_id=None, **more)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(out)
    return out


@pytest.fixture(params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return request.param


def rows() -> "tuple[torch.Tensor, torch.Tensor, list[list[int]]]":
    """Two windows of 24 places: lengths of their documents, the rest is padding as the reader gives it."""
    lengths = [[7, 1, 12], [5, 10, 9]]
    tokens = torch.randint(1, 96, (2, 24), generator=torch.Generator().manual_seed(1))
    places = torch.zeros(2, 24, dtype=torch.long)
    for row, of_row in enumerate(lengths):
        inside = torch.cat([torch.arange(length) for length in of_row])
        places[row, : len(inside)] = inside
    return tokens, places, lengths


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_a_packed_window_gives_what_its_documents_give_alone(family: str, attention: str, tmp_path: Path) -> None:
    packed = models.prepare(models.load(str(saved(tmp_path, family)), attention), checkpointing=False, compiled=False)
    assert packed.training
    tokens, places, lengths = rows()
    together = packed(tokens, places)
    for row, of_row in enumerate(lengths):
        start = 0
        for length in of_row:
            alone = packed(tokens[row : row + 1, start : start + length], torch.arange(length)[None])
            assert torch.allclose(together[row, start : start + length], alone[0], atol=2e-6)
            start += length


@pytest.mark.parametrize("wrong", [{"attention_mask": torch.ones(2, 24, dtype=torch.long)}, {"use_cache": True}])
def test_a_call_with_a_mask_or_a_cache_would_see_other_documents(wrong: dict[str, Any], tmp_path: Path) -> None:
    """What this trainer never does; should it ever be right, `Packed.hidden` may be simpler."""
    packed = models.prepare(models.load(str(saved(tmp_path)), "sdpa"), checkpointing=False, compiled=False)
    tokens, places, _ = rows()
    asked = {"attention_mask": None, "use_cache": False} | wrong
    crossed = packed.model.model(input_ids=tokens, position_ids=places, **asked).last_hidden_state
    assert (crossed - packed(tokens, places)).abs().max() > 0.05


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_check_before_training_passes_a_model_that_keeps_documents_apart(
    attention: str, family: str, tmp_path: Path
) -> None:
    packed = models.prepare(models.load(str(saved(tmp_path, family)), attention), checkpointing=True, compiled=False)
    models.refuse_crossing(packed, 96, torch.device("cpu"))


def test_the_check_before_training_is_not_led_astray_by_dropout(tmp_path: Path) -> None:
    packed = models.prepare(models.load(str(saved(tmp_path)), "sdpa"), checkpointing=False, compiled=False)
    for layer in packed.model.model.layers:
        layer.self_attn.attention_dropout = 0.5
    models.refuse_crossing(packed, 96, torch.device("cpu"))
    assert all(module.training for module in packed.modules())


def test_the_check_before_training_refuses_a_model_that_crosses_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = models.prepare(models.load(str(saved(tmp_path)), "sdpa"), checkpointing=False, compiled=False)

    def cached(self: Any, tokens: "torch.Tensor", position_ids: "torch.Tensor") -> "torch.Tensor":
        return self.model.model(input_ids=tokens, position_ids=position_ids, use_cache=True).last_hidden_state

    monkeypatch.setattr(models.Packed, "hidden", cached)
    with pytest.raises(CurateError, match="attention crosses documents with transformers"):
        models.refuse_crossing(packed, 96, torch.device("cpu"))


def test_the_loss_is_that_of_the_models_own_logits_and_recomputing_changes_nothing(tmp_path: Path) -> None:
    """Also for a head of its own."""
    for tied in (True, False):
        where = str(saved(tmp_path / str(tied), tied=tied))
        found = []
        tokens, places, _ = rows()
        mask = places > 0
        for checkpointing in (False, True):
            packed = models.prepare(models.load(where, "sdpa"), checkpointing, compiled=False)
            total, _, _ = packed(tokens, places, mask)
            total.backward()
            found.append([p.grad for p in packed.parameters()])
            plain = models.load(where, "sdpa")
            logits = plain(input_ids=tokens, position_ids=places, attention_mask=None, use_cache=False).logits
            labels = tokens.masked_fill(~mask, -100)[:, 1:].flatten()
            wanted = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels, reduction="sum")
            wanted.backward()
            assert torch.allclose(total, wanted, rtol=1e-6)
            for mine, theirs in zip(found[-1], plain.parameters(), strict=True):
                assert torch.allclose(mine, theirs.grad, atol=1e-5)


def test_master_weights_are_fp32_whatever_the_file_holds_and_ties_stay(tmp_path: Path) -> None:
    saved(tmp_path)
    low = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.bfloat16)
    low.save_pretrained(tmp_path)
    model = models.load(str(tmp_path), "sdpa")
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert model.model.rotary_emb.inv_freq.dtype == torch.float32


def test_norms_and_biases_are_not_decayed_and_embeddings_by_choice(tmp_path: Path) -> None:
    """Qwen2 has biases; its embedding is tied here."""
    model = models.load(str(saved(tmp_path, "qwen2")), "sdpa")
    names = {id(p): name for name, p in model.named_parameters()}
    for decay_embeddings in (False, True):
        decayed, plain = models.groups(model, 0.1, decay_embeddings)
        assert (decayed["weight_decay"], plain["weight_decay"]) == (0.1, 0.0)
        listed = sorted(names[id(p)].removeprefix("model.") for p in plain["params"])
        layers = [
            f"layers.{n}.{part}"
            for n in range(2)
            for part in (
                "input_layernorm.weight", "post_attention_layernorm.weight", "self_attn.k_proj.bias",
                "self_attn.q_proj.bias", "self_attn.v_proj.bias",
            )
        ]  # fmt: skip
        assert listed == sorted([*layers, "norm.weight", *([] if decay_embeddings else ["embed_tokens.weight"])])
        assert len(decayed["params"]) + len(plain["params"]) == len(names)


def test_flops_of_llama_3_2_3b_at_8192_are_these() -> None:
    """By hand: 6 x 3,212,749,824 = 19,276,498,944 and 12 x 28 x 24 x 128 x 8,192 = 8,455,716,864."""
    config = transformers.LlamaConfig(hidden_size=3072, num_hidden_layers=28, num_attention_heads=24, head_dim=128)
    assert models.flops_per_token(config, 3_212_749_824, 8192) == 27_732_215_808


def test_a_device_whose_peak_nobody_told_us_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "NVIDIA H100 80GB HBM3": 989e12,
        "NVIDIA H200": 989e12,
        "NVIDIA A100-SXM4-80GB": 312e12,
        "NVIDIA H100 PCIe": None,
        "NVIDIA H200 NVL": None,
    }
    for name, flops in names.items():
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device, name=name: name)
        assert models.peak(torch.device("cuda", 0)) == flops
    assert models.peak(torch.device("cpu")) is None


CONFIG = transformers.LlamaConfig(hidden_size=3072, num_hidden_layers=28, num_attention_heads=24, vocab_size=128_256)


@pytest.mark.parametrize(
    ("room", "settings", "named"),
    [
        (40e9, {}, "it takes parallel: fsdp and more GPUs"),
        (20e9, {"sharded": 2, "whole_gradients": True}, "it takes more GPUs"),
        (40e9, {"sharded": 2, "whole_gradients": True}, "it takes reduce_each: true"),
        (80e9, {"checkpointing": False}, "it takes activation_checkpointing: true"),
        (80e9, {}, "it takes a micro_batch below 8"),
    ],
)
def test_a_step_that_does_not_fit_names_the_setting_that_helps(
    room: float, settings: dict[str, Any], named: str
) -> None:
    needs = models.memory(CONFIG, 3_212_749_824, 8 * 8192, **settings)
    with pytest.raises(CurateError, match=named):
        models.refuse_unfit(needs, int(room), settings.get("sharded", 1) > 1, settings.get("checkpointing", True), 8)


def test_a_step_that_fits_is_not_refused_and_shards_are_counted_once() -> None:
    needs = models.memory(CONFIG, 3_212_749_824, 8192, sharded=8)
    assert needs["states"] == 16 * 3_212_749_824 // 8
    models.refuse_unfit(needs, int(80e9), sharded=True, checkpointing=True, micro_batch=1)


def test_a_model_that_is_not_there_or_not_known_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        CurateError, match="no model with safetensors here or in the hub's cache; fetch it first"
    ) as caught:
        models.load(str(tmp_path), "sdpa")
    assert "\n" not in str(caught.value)
    config = transformers.GPT2Config(n_layer=1, n_head=2, n_embd=8, vocab_size=10)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    with pytest.raises(CurateError, match="models of type gpt2 were not tried"):
        models.load(str(tmp_path), "sdpa")


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    weights = copy.copy(models.load(str(tmp_path), "sdpa").state_dict())
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    with pytest.raises(CurateError, match="no model with safetensors"):
        models.load(str(tmp_path), "sdpa")
