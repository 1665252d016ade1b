"""The same run by OLMo-core's loader and trainer. Skipped without ai2-olmo-core; `make test-peers` has it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("olmo_core", reason="ai2-olmo-core is not installed")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from mixers import _olmo_core  # noqa: E402
from mixers._output import output  # noqa: E402
from mixers.reader import Mixture  # noqa: E402
from trainers import midtrain, olmo_core  # noqa: E402
from trainers import model as models  # noqa: E402

theirs = pytest.mark.filterwarnings("ignore")  # what other projects warn of is theirs to mend
FACTS = ("seq_len", "dtype", "vocab", "eos_id", "pad_id")
SETTINGS = {
    "lr": 1e-2, "max_steps": 5, "batch_size": 4, "micro_batch": 2, "warmup_steps": 2, "lr_scheduler": "cosine",
    "min_lr_ratio": 0.1, "dtype": "float32", "save_steps": 100,
}  # fmt: skip


def handed_over(folder: Path, data: Path, base: Path, file_tokens: int = 1 << 20, **more: Any) -> midtrain.Run:
    """An export as `curate export --as olmo-core` writes it."""
    mix = Mixture(data)
    said = {"out": str(folder / "ours"), "model": str(base), "mixture": str(data), **SETTINGS, **more}
    with output(folder / "export") as out:
        windows = said["max_steps"] * said["batch_size"]
        _olmo_core.write(mix, out, windows, lambda: None, file_tokens)
        out.write("run.json", json.dumps(said).encode())
        out.write_facts({name: mix.facts[name] for name in FACTS})
    return midtrain.read(folder / "export" / "run.json")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@theirs
@pytest.mark.parametrize("world", [1, 2, 4])
def test_its_loader_gives_the_windows_masks_and_documents_of_each_step_to_each_rank(
    world: int, data: Path, base: Path, tmp_path: Path
) -> None:
    """In several files, and over the end of the first epoch."""
    mix = Mixture(data)
    steps = len(mix) // 4 + 2
    run = handed_over(tmp_path, data, base, file_tokens=40 * mix.seq_len, max_steps=steps)
    facts = json.loads((tmp_path / "export" / "export.json").read_bytes())
    assert len(list((tmp_path / "export").glob("token_ids_part_*.npy"))) > 1
    cut = 0
    for rank in range(world):
        loader = olmo_core.loader(tmp_path / "export", facts, run.batch_size, tmp_path / "work", rank, world)
        loader.reshuffle(1)
        batches = list(loader)
        assert len(batches) == steps
        for step, batch in enumerate(batches):
            ours = mix.batch(step, run.batch_size, rank, world)
            assert np.array_equal(batch["input_ids"], ours["tokens"])
            assert np.array_equal(batch["label_mask"], ours["loss_mask"])
            for row, lengths in enumerate(batch["doc_lens"]):
                ids = ours["document_ids"][row]
                counts = [int((ids == n).sum()) for n in range(int(ids.max()) + 1)] + [int((ids == -1).sum())]
                assert [n for n in lengths.tolist() if n] == [n for n in counts if n]
                cut += counts[-1] > 0
    assert cut, "no window has padding, so nothing is shown of it"


@theirs
@pytest.mark.parametrize("tied", [True, False])
def test_its_trainer_has_the_losses_and_learning_rates_of_ours(
    tied: bool, data: Path, base: Path, tmp_path: Path
) -> None:
    """From the same weights, in fp32, in one process: within 2e-6 at each step, with documents apart and padding in the windows."""
    if not tied:
        config = transformers.AutoConfig.from_pretrained(base, tie_word_embeddings=False)
        torch.manual_seed(1)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "untied")
        shutil.copy(base / "tokenizer.json", tmp_path / "untied")
        base = tmp_path / "untied"
    midtrain.train(handed_over(tmp_path, data, base))
    olmo_core.train(tmp_path / "export", tmp_path / "theirs")
    ours, other = lines(tmp_path / "ours" / "metrics.jsonl"), lines(tmp_path / "theirs" / "metrics.jsonl")
    assert [one["step"] for one in other] == [1, 2, 3, 4, 5]
    assert [one["lr"] for one in other] == pytest.approx([one["lr"] for one in ours], rel=1e-12)
    assert [one["loss"] for one in other] == pytest.approx([one["loss"] for one in ours], rel=2e-6)
    assert (tmp_path / "theirs" / "step5").is_dir()


@theirs
def test_the_losses_would_differ_if_documents_saw_each_other(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the test above would show nothing of it."""
    midtrain.train(handed_over(tmp_path, data, base))

    def whole(self: Any, index: int) -> dict[str, Any]:
        found = super(olmo_core.Windows, self).__getitem__(index)
        return {**found, "doc_lens": torch.tensor([self.sequence_length])}

    monkeypatch.setattr(olmo_core.Windows, "__getitem__", whole)
    olmo_core.train(tmp_path / "export", tmp_path / "theirs")
    first = [lines(tmp_path / who / "metrics.jsonl")[-1]["loss"] for who in ("ours", "theirs")]
    assert first[0] != pytest.approx(first[1], rel=1e-5)


@theirs
def test_two_ranks_of_its_fsdp_train_it(data: Path, base: Path, tmp_path: Path) -> None:
    """As a user starts it. Its mean over ranks weighs targets otherwise than ours, so losses are near and not equal."""
    midtrain.train(handed_over(tmp_path, data, base, micro_batch=1, activation_checkpointing=False))
    command = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "trainers.olmo_core"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, *command, str(tmp_path / "export"), str(tmp_path / "theirs")],
        env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ours, other = lines(tmp_path / "ours" / "metrics.jsonl"), lines(tmp_path / "theirs" / "metrics.jsonl")
    assert [one["lr"] for one in other] == pytest.approx([one["lr"] for one in ours], rel=1e-12)
    assert [one["loss"] for one in other] == pytest.approx([one["loss"] for one in ours], rel=0.02)


@theirs
def test_the_rotary_embedding_of_llama_3_is_handed_over(base: Path, tmp_path: Path) -> None:
    rope = {
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16,
    }  # fmt: skip
    config = transformers.AutoConfig.from_pretrained(base, rope_parameters=rope)
    wanted = transformers.AutoModelForCausalLM.from_config(config).model.rotary_emb.inv_freq
    scaling = olmo_core.configuration(config, "x").block.sequence_mixer.rope.scaling
    found, factor = scaling.compute_scaled_inv_freq(500000, models.head_dim(config), torch.device("cpu"))
    assert torch.allclose(found, wanted, rtol=1e-6)
    assert factor == 1.0


@theirs
@pytest.mark.parametrize(
    "more, what",
    [
        ({"attention_bias": True}, "only Llamas"),
        ({"hidden_act": "gelu"}, "only Llamas"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}, "rotary embeddings of kind"),
    ],
)
def test_a_model_that_it_would_compute_otherwise_is_refused(more: dict[str, Any], what: str, base: Path) -> None:
    with pytest.raises(CurateError, match=what):
        olmo_core.configuration(transformers.AutoConfig.from_pretrained(base, **more), "x")


def test_a_wrong_call_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert olmo_core.main([]) == 2
    assert capsys.readouterr().err.startswith("error: python -m trainers.olmo_core DIR OUT")
