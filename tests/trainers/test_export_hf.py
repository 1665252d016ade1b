"""A model as others load it: the same logits, tied, whole or not there."""

import contextlib
import hashlib
import json
import os
import resource
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers.ranks import VOCABULARY, adam, llama, run, train, wrapped  # noqa: E402
from trainers import checkpoint  # noqa: E402

IDS = torch.arange(24).reshape(2, 12)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path / "base"
    folder.mkdir()
    tokenizer = Tokenizer(models.WordLevel({f"w{n}": n for n in range(VOCABULARY)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "w1"}')
    (folder / "generation_config.json").write_text('{"eos_token_id": [1, 2], "max_length": 77}')
    (folder / "model.safetensors").write_bytes(b"not to be copied")
    return folder


def files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("tied", [True, False])
def test_an_export_reloads_to_equal_logits_and_ties_with_the_tokenizer_of_its_base(
    tmp_path: Path, base: Path, tied: bool
) -> None:
    model = llama(0, tied)
    train(model, adam(model), 0, 2)
    checkpoint.export_hf(torch.compile(model, backend="eager"), base, tmp_path / "out")
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    with torch.no_grad():
        assert torch.equal(again(IDS).logits, model(IDS).logits)
    assert (again.lm_head.weight is again.model.embed_tokens.weight) == tied
    assert (again.generation_config.eos_token_id, again.generation_config.max_length) == ([1, 2], 77)
    assert transformers.AutoTokenizer.from_pretrained(tmp_path / "out")("w5 w7 nothing")["input_ids"] == [5, 7, 0]
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "out" / name).read_bytes() == (base / name).read_bytes()
    said = json.loads((tmp_path / "out/config.json").read_text())
    assert (said["architectures"], said["dtype"]) == (["LlamaForCausalLM"], "float32")
    checkpoint.export_hf(model, base, tmp_path / "twice")
    assert files(tmp_path / "twice") == files(tmp_path / "out")


def export_in_ranks(rank: int, how: str, base: Path, out: Path, checked: Path) -> None:
    model = wrapped(llama(0), how)
    optimizer = adam(model)
    train(model, optimizer, 0, 2)
    checkpoint.save(checked, 2, model, optimizer, {})
    checkpoint.export_hf(model, base, out)


@pytest.mark.parametrize("how", ["fsdp", "ddp"])
def test_two_ranks_export_what_their_checkpoint_says(tmp_path: Path, base: Path, how: str) -> None:
    said = run(2, tmp_path / "scratch", export_in_ranks, how, base, tmp_path / "out", tmp_path / "run")
    assert said == [None, None]
    model = llama(5)
    checkpoint.load(tmp_path / "run/step-0000002", model)
    checkpoint.export_hf(model, base, tmp_path / "plain")
    assert files(tmp_path / "plain") == files(tmp_path / "out")


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path: Path, base: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(CurateError, match="there: is there already; name a new folder"):
        checkpoint.export_hf(llama(0), base, tmp_path / "there")
    with pytest.raises(CurateError, match=r"has no tokenizer\.json; name the folder of the base model"):
        checkpoint.export_hf(llama(0), tmp_path, tmp_path / "out")
    with pytest.raises(CurateError, match="a Linear is not a model of transformers"):
        checkpoint.export_hf(torch.nn.Linear(1, 1), base, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "there"]


def test_a_full_disk_leaves_nothing_of_an_export(tmp_path: Path, base: Path) -> None:
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, was[1]))
    try:
        with pytest.raises(CurateError) as refused:
            checkpoint.export_hf(llama(0), base, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["base"]


def die_before_the_rename(rank: int, base: Path, out: Path) -> None:
    rename: Any = Path.rename
    with contextlib.ExitStack() as stack:
        stack.callback(setattr, Path, "rename", rename)
        Path.rename = lambda self, target: os._exit(9)  # type: ignore[method-assign, assignment, misc, return-value]
        checkpoint.export_hf(llama(0), base, out)


def test_an_export_that_is_killed_is_not_there(tmp_path: Path, base: Path) -> None:
    assert run(1, tmp_path / "scratch", die_before_the_rename, base, tmp_path / "out") == [None]
    assert not (tmp_path / "out").exists()
    checkpoint.export_hf(llama(0), base, tmp_path / "out")
    assert transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out").config.vocab_size == VOCABULARY
