"""Runs that must come out equal: strong tests, each of which fails with several of the bugs in `mutants.py`."""

import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from mixers.reader import Mixture  # noqa: E402
from tests.trainers import runs  # noqa: E402
from tests.trainers.runs import SETTINGS, asked, curve, cut, lines, train, weights  # noqa: E402


def documents(mix: Mixture, step: int) -> "list[torch.Tensor]":
    """The pieces of documents in the windows of a step, each alone."""
    found = []
    for n in range(step * SETTINGS["batch_size"], (step + 1) * SETTINGS["batch_size"]):
        window = mix.at(n)
        for number in range(window["document_ids"].max() + 1):
            found.append(torch.from_numpy(window["tokens"][window["document_ids"] == number]))
    return found


def rate(step: int) -> float:
    """Warm-up of 2 steps, stable up to step 9, a cosine of 5 steps to a tenth."""
    if step < 2:
        return 1e-2 * (step + 1) / 2
    return 1e-2 * (0.1 + 0.9 * (1 + math.cos(math.pi * max(step - 9, 0) / 5)) / 2)


def plain_loop(base: Path, data: Path) -> "tuple[list[tuple[float, float, float]], dict[str, torch.Tensor]]":
    """What the trainer's run should be, by a loop without packing, micro-batches, ranks or code of ours but the reader's."""
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    named = dict(model.named_parameters())
    free = {name for name, p in named.items() if p.ndim < 2 or "embed" in name}
    groups = [{"params": [named[n] for n in named if n not in free], "weight_decay": 0.5}]
    groups.append({"params": [named[n] for n in named if n in free], "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.95), eps=1e-8)
    mix, told = Mixture(data), []
    for step in range(SETTINGS["max_steps"]):
        losses, targets = [], 0
        for tokens in documents(mix, step):
            if len(tokens) > 1:
                logits = model(input_ids=tokens[None]).logits[0, :-1]
                losses.append(torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="sum"))
                targets += len(tokens) - 1
        loss = torch.stack(losses).sum() / targets
        loss.backward()
        norm = math.sqrt(sum(float(p.grad.double().square().sum()) for p in named.values()))
        for p in named.values():
            p.grad.mul_(min(1.0, SETTINGS["max_grad_norm"] / norm))
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        model.zero_grad()
        told.append((float(loss.detach()), norm, rate(step)))
    return told, {name: p.detach() for name, p in named.items()}


def test_a_run_is_that_of_a_plain_loop_over_separate_documents(tmp_path: Path, base: Path, data: Path) -> None:
    """Across the end of the epoch and into the decay; clipping binds, and norms and embeddings are not decayed."""
    (out,) = train(asked(tmp_path / "run", base, data, weight_decay=0.5, decay_embeddings=False))
    expected, weights_there = plain_loop(base, data)
    assert all(norm > 2 * SETTINGS["max_grad_norm"] for _, norm, _ in expected)
    assert np.allclose(runs.numbers(out), expected, rtol=1e-5, atol=0)
    trained = transformers.AutoModelForCausalLM.from_pretrained(out / "model")
    for name, weight in trained.named_parameters():
        assert float((weight.detach() - weights_there[name]).abs().mean()) < 1e-6, name


def close(one: Path, other: Path) -> None:
    """TRL's thresholds: no step is off by more than 2e-5, and the mean of the residuals, which a bias would move, is within 1e-5."""
    for name in ("loss", "grad_norm"):
        off = np.array([a[name] / b[name] - 1 for a, b in zip(lines(one), lines(other), strict=True)])
        assert abs(off).max() < 2e-5 and abs(off.mean()) < 1e-5, (one.name, name, off)
    assert [line["targets"] for line in lines(one)] == [line["targets"] for line in lines(other)]
    for mine, theirs in zip(lines(one), lines(other), strict=True):
        assert mine["loss_by_source"] == pytest.approx(theirs["loss_by_source"], rel=2e-5)


def test_micro_batches_of_uneven_targets_change_nothing(tmp_path: Path, base: Path, data: Path) -> None:
    counts = Mixture(data).windows(range(16))["loss_mask"].sum(1).reshape(8, 2).sum(1)
    assert counts.max() > 1.2 * counts.min()
    ways = [(8, {}), (2, {}), (1, {}), (2, {"reduce_each": True}), (2, {"parallel": "ddp"})]
    paths = [
        asked(tmp_path / f"run-{n}", base, data, max_steps=6, decay_steps=2, save_steps=6, micro_batch=m, **more)
        for n, (m, more) in enumerate(ways)
    ]
    first, *others = train(*paths)
    for other in others:
        close(other, first)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, base: Path, data: Path) -> Path:
    """A run that nothing interrupts, with a checkpoint of every third step."""
    (out,) = train(asked(tmp_path_factory.mktemp("whole") / "run", base, data))
    return out


@pytest.mark.parametrize("step", [3, 9, 12])
def test_a_run_that_died_goes_on_bit_for_bit_into_the_decay_and_the_next_epoch(
    step: int, whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    """After the warm-up, where the decay begins, and within it before the epoch's end; lines past the checkpoint are written again."""
    out = cut(whole, tmp_path / "run", step)
    train(asked(out, base, data))
    assert curve(out) == curve(whole)
    assert weights(out) == weights(whole)


def test_a_run_of_two_ranks_goes_on_with_one_and_again_with_two(
    whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    """Across the beginning of the decay with one rank, across the end of the epoch with two."""
    out = tmp_path / "two"
    train(asked(out, base, data, micro_batch=2), world=2)
    one = cut(out, tmp_path / "one", 6)
    train(asked(one, base, data), world=1)
    again = cut(one, tmp_path / "again", 12)
    train(asked(again, base, data, micro_batch=1), world=2)
    for run in (out, one, again):
        found = np.array(runs.numbers(run)) / np.array(runs.numbers(whole)) - 1  # (steps, [loss, norm, rate])
        assert (abs(found).max(0) < [1e-6, 2e-5, 1e-15]).all(), (run.name, found)
        assert [line["targets"] for line in lines(run)] == [line["targets"] for line in lines(whole)]


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_six_steps_and_a_branch_of_four_are_one_run_of_ten(
    tmp_path: Path, base: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three branches grow from one parent, which stays as it was; each is the end of a long run that goes back to the first windows."""
    stable = {"warmup_steps": 0, "save_steps": 6}
    (trunk,) = train(
        asked(tmp_path / "trunk", base, data, **stable, lr_scheduler="constant", max_steps=6, decay_steps=0)
    )
    parent = trunk / "checkpoints" / "step-0000006"
    before = hashes(parent)
    shapes = ("cosine", "linear", "one_minus_sqrt")
    branches = train(
        *[
            asked(tmp_path / s, base, data, **stable, lr_scheduler=s, max_steps=4, decay_steps=4, parent=str(parent))
            for s in shapes
        ]
    )
    assert hashes(parent) == before
    numbers = Mixture.numbers
    monkeypatch.setattr(Mixture, "numbers", lambda self, n, *rest: numbers(self, n if n < 6 * 8 else n - 6 * 8, *rest))
    long = train(
        *[
            asked(tmp_path / f"long-{s}", base, data, **stable, lr_scheduler=s, max_steps=10, decay_steps=4)
            for s in shapes
        ]
    )
    for branch, run in zip(branches, long, strict=True):
        assert runs.numbers(branch) == runs.numbers(run)[6:]
        assert weights(branch) == weights(run)
        assert lines(branch)[0]["tokens"] == 8 * 32
        assert json.loads((branch / "status.json").read_bytes())["parent"]["step"] == 6
    assert len({weights(branch) for branch in branches}) == 3
    assert runs.numbers(trunk) == runs.numbers(long[0])[:6]


def test_windows_of_a_step_are_the_same_for_any_ranks_and_whatever_draws_random_numbers(
    tmp_path: Path, base: Path, data: Path
) -> None:
    """By a hash of what the model is given, step for step, beyond the end of the epoch; no two ranks read the same."""
    from tests.trainers import ranks

    seen: dict[int, list[list[str]]] = {}
    for world in (1, 2, 4):
        path = asked(tmp_path / str(world), base, data, micro_batch=2, save_steps=14)
        every = ranks.run(world, tmp_path / "scratch", given, path)
        assert all(isinstance(one, list) for one in every), every
        size = SETTINGS["batch_size"] // world
        steps = [[row for of_rank in every for row in of_rank[n : n + size]] for n in range(0, len(every[0]), size)]
        seen[world] = [sorted(rows) for rows in steps]
    assert len(seen[1]) == SETTINGS["max_steps"]
    assert seen[1] == seen[2] == seen[4]
    assert len(set(itertools.chain(*seen[1][:12]))) == 96  # none twice in an epoch


def given(rank: int, path: Path) -> list[str]:
    """Hashes of the rows that a rank's model is trained on, while random numbers are drawn at will."""
    import random

    from trainers.model import Packed

    rows: list[str] = []
    plain = Packed.forward

    def forward(self: Any, tokens: Any, places: Any, mask: Any = None) -> Any:
        if mask is not None:
            random.random(), np.random.rand(), torch.rand(rank + 1)
            rows.extend(
                hashlib.sha256(b"".join(part.numpy().tobytes() for part in row)).hexdigest()
                for row in zip(tokens, places, mask, strict=True)
            )
        return plain(self, tokens, places, mask)

    Packed.forward = forward  # type: ignore[method-assign]
    assert runs.main(rank, path) == [0]
    return rows


def test_a_skipped_step_is_remembered_by_a_resume(
    tmp_path: Path, base: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainers.midtrain import Trainer

    plain = Trainer.backward
    poison = lambda self, *args: plain(self, *args) * (float("nan") if self.step == 1 else 1)  # noqa: E731
    monkeypatch.setattr(Trainer, "backward", poison)
    short = {"max_steps": 6, "decay_steps": 2}
    (out,) = train(asked(tmp_path / "run", base, data, **short))
    assert [line["skipped"] for line in lines(out)] == [0, 1, 1, 1, 1, 1]
    again = cut(out, tmp_path / "again", 3)
    train(asked(again, base, data, **short))
    assert curve(again) == curve(out) and weights(again) == weights(out)
