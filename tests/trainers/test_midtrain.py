import dataclasses
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from mixers.reader import Mixture  # noqa: E402
from trainers import schedule  # noqa: E402
from trainers.midtrain import Run, Trainer, main, read, train  # noqa: E402
from trainers.place import ranks  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path, base: Path, data: Path) -> Run:
    """Six steps whose clipping binds, with a warm-up and a decay."""
    return Run(
        out=str(tmp_path / "out"), model=str(base), mixture=str(data), lr=1e-2, max_steps=6, batch_size=8, micro_batch=8,
        lr_scheduler="cosine", min_lr_ratio=0.1, warmup_steps=2, max_grad_norm=0.1, dtype="float32", save_steps=3,
    )  # fmt: skip


def but(run: Run, name: str, **more: Any) -> Run:
    """The run with other settings, in another folder."""
    return dataclasses.replace(run, out=str(Path(run.out).with_name(name)), **more)


def lines(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(run.out) / "metrics.jsonl").read_text().splitlines()]


def curve(run: Run) -> list[tuple[Any, ...]]:
    return [(line["step"], line["loss"], line["grad_norm"], line["lr"]) for line in lines(run)]


def told(run: Run) -> Any:
    return json.loads((Path(run.out) / "status.json").read_text())


def asked(run: Run, path: Path) -> Path:
    path.write_text(json.dumps(dataclasses.asdict(run)))
    return path


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def two_ranks(folder: Path, *runs: Run) -> None:
    """Run them one after another in two processes that torchrun starts."""
    script = folder / "several.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom trainers.midtrain import read, train\nfrom trainers.place import ranks\n"
        "with ranks():\n    for path in sys.argv[1:]:\n        train(read(Path(path)))\n"
    )
    files = [str(asked(one, folder / f"{Path(one.out).name}.json")) for one in runs]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script), *files]
    done = subprocess.run([sys.executable, *launch], env=environment(), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_loss_of_a_step_is_the_mean_over_its_targets_and_no_mean_of_means(run: Run) -> None:
    """By hand, from logits; the mean of the windows' means is another number."""
    from trainers.model import load

    train(dataclasses.replace(run, max_steps=1, warmup_steps=0))
    window = {name: torch.from_numpy(values) for name, values in Mixture(run.mixture).batch(0, 8).items()}
    model = load(run.model, "sdpa")
    with torch.no_grad():
        places = {"position_ids": window["position_ids"], "attention_mask": None, "use_cache": False}
        logits = model(input_ids=window["tokens"], **places).logits
    labels = window["tokens"].masked_fill(~window["loss_mask"], -100)
    each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none").sum(1)
    counts = window["loss_mask"].sum(1)
    first = lines(run)[0]
    assert first["loss"] == pytest.approx(float(each.sum() / counts.sum()), rel=1e-6)
    assert first["targets"] == int(counts.sum()) and first["tokens"] == 8 * 32
    assert first["loss"] != pytest.approx(float((each / counts.clamp(min=1)).mean()), rel=1e-5)


def test_random_numbers_drawn_between_steps_change_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    train(run)
    plain = Trainer.windows

    def drawing(self: Trainer, consumed: int) -> Any:
        torch.rand(consumed % 7 + 1), np.random.rand(3), random.random()
        return plain(self, consumed)

    monkeypatch.setattr(Trainer, "windows", drawing)
    other = but(run, "other")
    train(other)
    assert curve(other) == curve(run)


def test_the_learning_rate_is_that_of_the_schedule_by_tokens(run: Run) -> None:
    train(run)
    wanted = schedule.Schedule(1e-2, 6 * 256, "cosine", 2 * 256, floor=0.1)
    assert [line["lr"] for line in lines(run)] == [wanted.lr(s * 256, 256) for s in range(6)]
    by_tokens = but(run, "by-tokens", warmup_steps=0, warmup_tokens=2 * 256)
    train(by_tokens)
    assert curve(by_tokens) == curve(run)


@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_weights_moments_and_gradients_are_fp32_where_layers_compute_in_bf16(parallel: str, run: Run) -> None:
    moved = {}
    for dtype in ("float32", "bfloat16"):
        with ranks() as place:
            trainer = Trainer(dataclasses.replace(run, dtype=dtype, parallel=parallel, warmup_steps=0), place)
            seen: list[Any] = []
            first = trainer.model.model.layers[0].mlp.down_proj  # type: ignore[union-attr]
            first.register_forward_hook(lambda module, args, out, seen=seen: seen.append(out.dtype))
            before = [whole(p).clone() for p in trainer.parameters]
            window, sources = trainer.windows(0)
            trainer.backward(window, sources, 1e-3)
            assert {p.grad.dtype for p in trainer.parameters if p.grad is not None} == {torch.float32}
            trainer.optimizer.zero_grad()
            trainer.update(window, sources)
            moments = [value for state in trainer.optimizer.state.values() for value in state.values()]
            assert {value.dtype for value in moments} == {torch.float32}
            assert {p.dtype for p in trainer.parameters} == {torch.float32}
            assert set(seen) == {getattr(torch, dtype)}
            rotary: Any = trainer.model.model.rotary_emb  # type: ignore[union-attr]
            assert rotary.inv_freq.dtype == torch.float32
            after = [whole(p) for p in trainer.parameters]
            moved[dtype] = torch.cat([(a - b).flatten() for a, b in zip(after, before, strict=True)])
    assert torch.nn.functional.cosine_similarity(moved["float32"], moved["bfloat16"], 0) > 0.99


def whole(parameter: Any) -> Any:
    return (parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter).detach()


def test_a_step_whose_gradient_is_not_finite_is_skipped_and_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, changed = Trainer.backward, []

    def broken(self: Trainer, *args: Any) -> Any:
        losses = plain(self, *args)
        if self.step == 2:
            gradient: Any = self.parameters[3].grad
            gradient.to_local()[0] = float("inf")
        return losses

    step = Trainer.update

    def watched(self: Trainer, *args: Any) -> Any:
        before = [whole(p).clone() for p in self.parameters]
        found = step(self, *args)
        changed.append(any(not torch.equal(a, whole(p)) for a, p in zip(before, self.parameters, strict=True)))
        return found

    monkeypatch.setattr(Trainer, "backward", broken)
    monkeypatch.setattr(Trainer, "update", watched)
    train(run)
    assert changed == [True, True, False, True, True, True]
    assert [line["skipped"] for line in lines(run)] == [0, 0, 1, 1, 1, 1]
    assert lines(run)[2]["loss"] is None and told(run)["skipped"] == 1
    with pytest.raises(CurateError, match=r"1 steps in a row up to step 3 had no finite loss or gradient; .* lower lr"):
        train(but(run, "strict", max_skipped=1))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_a_signal_ends_exits_with_0_and_goes_on_as_if_nothing_had_been(
    number: signal.Signals, run: Run, tmp_path: Path
) -> None:
    """Into the decay and the second epoch, bit for bit."""
    run = dataclasses.replace(run, max_steps=40, decay_steps=20, micro_batch=4)
    whole_run = but(run, "whole")
    train(whole_run)
    command = [sys.executable, "-m", "trainers.midtrain", str(asked(run, tmp_path / "run.json"))]
    with subprocess.Popen(command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("step 4/"):
                process.send_signal(number)
                break
        assert "interrupted" in process.stdout.read()
    assert process.returncode == 0
    stopped = told(run)
    assert stopped["status"] == "interrupted" and 4 <= stopped["step"] < 40
    with (Path(run.out) / "metrics.jsonl").open("a") as file:
        file.write('{"step": 39, "loss": 0}\n{"step": 40, "lo')  # of steps whose checkpoint was never made
    train(run)
    assert told(run)["status"] == "finished"
    assert curve(run) == curve(whole_run)
    assert [line["targets"] for line in lines(run)] == [line["targets"] for line in lines(whole_run)]
    found = [hashlib.sha256((Path(r.out) / "model/model.safetensors").read_bytes()).digest() for r in (run, whole_run)]
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_run_of_one_rank_goes_on_with_two(run: Run, tmp_path: Path) -> None:
    whole_run = but(run, "whole")
    train(whole_run)
    first = dataclasses.replace(run)
    asked(first, tmp_path / "first.json")
    stop = Trainer.fit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "fit", lambda self, stopped: stop(self, [signal.SIGTERM]))
        assert train(first) == "interrupted"
    two_ranks(tmp_path, dataclasses.replace(run, micro_batch=2))
    assert np.allclose([c[1:] for c in curve(run)], [c[1:] for c in curve(whole_run)], rtol=2e-5)


def test_a_resume_with_other_settings_is_refused_unless_they_change_nothing(run: Run) -> None:
    train(run)
    assert train(dataclasses.replace(run, micro_batch=1, save_steps=1)) == "finished"
    with pytest.raises(CurateError, match=r"begun with lr 0.01, not 0.02; name another out: folder"):
        train(dataclasses.replace(run, lr=2e-2))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lrr": 1}, "no setting 'lrr'; did you mean 'lr'?"),
        ({"lr": "2e-5"}, "lr is '2e-5', and must be float"),
        ({"lr": None}, "lr is None, and must be float"),
        ({"max_steps": 2.5}, "max_steps is 2.5, and must be int"),
        ({"max_steps": True}, "max_steps is True, and must be int"),
        ({"batch_size": 0}, "batch_size is 0, and must be more"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1, and must be 0 or more"),
        ({"parallel": "zero3"}, "parallel is 'zero3', and must be one of fsdp, ddp"),
        ({"warmup_steps": 1, "warmup_tokens": 10}, "say the same thing; keep one"),
        ({"micro_batch": 3}, "batch_size 8 is no multiple of 1 ranks x micro_batch 3; change one of them"),
        ({"warmup_steps": 4, "decay_steps": 4}, "do not fit into 1,536; change warmup_steps"),
        ({"tokenizer": "/nowhere"}, "no tokenizer.json in this folder or the hub's cache"),
        ({"mixture": "/nowhere"}, "/nowhere: not a mixture: no mixture.json"),
    ],
)
def test_settings_that_cannot_be_end_with_one_line_and_exit_code_2(
    changed: dict[str, Any], said: str, run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(dataclasses.asdict(run) | {"warmup_steps": 0} | changed))
    try:
        assert main([str(path)]) == 2
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
    error = capfd.readouterr().err
    assert said in error and len([line for line in error.splitlines() if line.startswith("error: ")]) == 1


def test_a_file_that_lacks_a_setting_or_is_none_is_refused(tmp_path: Path) -> None:
    for text, said in (("{}", "out is missing"), ("[1]", "no object of settings"), ("{", "cannot be read as JSON")):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(CurateError, match=said):
            read(tmp_path / "run.json")


def test_tokens_of_another_tokenizer_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(CurateError, match="the mixture's tokens are of the tokenizer"):
        try:
            train(dataclasses.replace(run, tokenizer=str(tmp_path)))
        finally:
            torch.distributed.destroy_process_group()


def test_a_model_that_is_not_whole_is_written_again(run: Run) -> None:
    assert train(run) == "finished"
    model = Path(run.out) / "model/model.safetensors"
    before = model.read_bytes()
    for spoil in (model.unlink, lambda: model.write_bytes(b"torn")):
        spoil()
        assert train(run) == "finished"
        assert model.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"status": "finished", "files": {}}', '{"settings": 1, "files": [1]}']
)
def test_a_manifest_that_is_none_of_a_result_is_made_again(text: str, run: Run) -> None:
    train(run)
    path = Path(run.out) / "manifest.json"
    path.write_text(text)
    assert train(run) == "finished"
    assert json.loads(path.read_text())["step"] == run.max_steps


def test_windows_longer_than_the_model_s_positions_are_told(
    run: Run, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = {"model_type": "llama", "max_position_embeddings": 8, **sizes}
    train(but(run, "short", model=None, config=config, tokenizer=str(base)))
    assert "windows of 32 are longer than the model's max_position_embeddings, 8" in capsys.readouterr().out
    train(run)
    assert "longer than" not in capsys.readouterr().out
