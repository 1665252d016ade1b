"""One, two and four ranks over gloo, with one, four and eight micro-batches each: the same losses, norms and weights."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import ranks, runs  # noqa: E402
from tests.trainers.runs import asked, lines, train  # noqa: E402
from tests.trainers.test_equal import close  # noqa: E402
from trainers import _manifest  # noqa: E402

WAYS: dict[int, list[tuple[int, dict[str, Any]]]] = {
    1: [(8, {}), (2, {}), (1, {})],
    2: [(4, {}), (1, {}), (4, {"parallel": "ddp"}), (1, {"parallel": "ddp"}), (1, {"reduce_each": True})],
    4: [(2, {}), (1, {"parallel": "ddp"})],
}
"""Of each number of ranks, micro-batches of how many windows. A step has 8 windows, so one rank accumulates 1, 4 and 8 times."""


def of(world: int, folder: Path, base: Path, data: Path, **more: Any) -> list[Path]:
    short = {"max_steps": 5, "decay_steps": 2, "save_steps": 5} | more
    paths = [
        asked(folder / f"{world}-{n}", base, data, micro_batch=m, **short, **way)
        for n, (m, way) in enumerate(WAYS[world])
    ]
    return train(*paths, world=world)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, base: Path, data: Path) -> list[Path]:
    return of(1, tmp_path_factory.mktemp("alone"), base, data)


@pytest.mark.parametrize("world", [1, 2, 4])
def test_losses_norms_and_targets_are_the_same_for_any_ranks_and_micro_batches(
    world: int, alone: list[Path], tmp_path: Path, base: Path, data: Path
) -> None:
    expected = alone[0]
    assert all(line["grad_norm"] > 2 * runs.SETTINGS["max_grad_norm"] for line in lines(expected))
    for out in alone[1:] if world == 1 else of(world, tmp_path, base, data):
        close(out, expected)


def test_eight_micro_batches_on_each_of_two_ranks_are_those_of_one(tmp_path: Path, base: Path, data: Path) -> None:
    """16 windows a step."""
    more = {"batch_size": 16, "max_steps": 4, "decay_steps": 2, "save_steps": 4}
    (one,) = train(asked(tmp_path / "one", base, data, micro_batch=16, **more))
    (two,) = train(asked(tmp_path / "two", base, data, micro_batch=1, **more), world=2)
    close(two, one)


def poisoned(rank: int, path: Path, parallel: str) -> list[tuple[bool, int]]:
    """Of each step, whether the weights moved and how many steps were skipped; one rank's gradient is infinite in step 2."""
    from trainers.midtrain import Trainer

    backward, update, told = Trainer.backward, Trainer.update, []

    def local(p: Any) -> Any:
        return p.to_local() if hasattr(p, "to_local") else p.detach()

    def broken(self: Any, *args: Any) -> Any:
        losses = backward(self, *args)
        if self.step == 2 and (rank == 1 or parallel == "ddp"):  # ddp has summed: all ranks hold the same
            local(self.parameters[1].grad).view(-1)[0] = float("inf")
        return losses

    def watched(self: Any, *args: Any) -> Any:
        before = [local(p).clone() for p in self.parameters]
        found = update(self, *args)
        moved = any(not torch.equal(a, local(p)) for a, p in zip(before, self.parameters, strict=True))
        told.append((moved, found["skipped"]))
        return found

    Trainer.backward, Trainer.update = broken, watched  # type: ignore[method-assign]
    assert runs.main(rank, path) == [0]
    return told


@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_a_gradient_that_is_infinite_on_one_rank_moves_no_rank_and_is_counted_by_all(
    parallel: str, tmp_path: Path, base: Path, data: Path
) -> None:
    path = asked(tmp_path / "run", base, data, max_steps=4, decay_steps=2, parallel=parallel)
    said = ranks.run(2, tmp_path / "scratch", poisoned, path, parallel)
    assert said == [[(True, 0), (True, 0), (False, 1), (True, 1)]] * 2
    assert [line["loss"] is None for line in lines(path.with_suffix(""))] == [False, False, True, False]


def test_a_parent_that_cannot_be_pinned_ends_all_ranks_and_not_the_first_alone(
    tmp_path: Path, base: Path, data: Path
) -> None:
    short = {"max_steps": 3, "decay_steps": 0}
    (parent,) = train(asked(tmp_path / "parent", base, data, **short))
    (parent / "checkpoints/pinned").unlink()
    (parent / "checkpoints/pinned").mkdir()
    path = asked(tmp_path / "branch", base, data, **short, micro_batch=2, parent=str(parent))
    train(path, world=2, code=2)
    assert "rank 0: IsADirectoryError" in runs.printed(path, rank=1)


def test_more_processes_than_gpus_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.errors import CurateError
    from trainers import place

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(CurateError, match="there are 2 GPUs here, none for process 2; start at most 2"), place.ranks():
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the compiler hides warnings of its own in a way that does not hide errors
def test_two_compiled_steps_are_those_of_eager_ones(
    tmp_path: Path, base: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._dynamo.utils import counters
    from torch._inductor import config
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        pytest.skip("needs a C++ compiler")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(config, "cpp_cache_precompile_headers", False)  # some 150 MB
    short = {"max_steps": 2, "decay_steps": 0, "save_steps": 2}
    paths = [asked(tmp_path / str(compiled), base, data, compile=compiled, **short) for compiled in (False, True)]
    (eager,) = train(paths[0])
    counters.clear()
    (compiled,) = train(paths[1])
    assert counters["stats"]["unique_graphs"] > 0  # with layers that are recomputed, nothing used to be compiled
    for mine, theirs in zip(lines(compiled), lines(eager), strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], rel=1e-5)
        assert mine["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=1e-5)


def test_a_parent_that_the_first_rank_refuses_ends_all_ranks_with_the_same_line(
    tmp_path: Path, base: Path, data: Path
) -> None:
    (parent,) = train(asked(tmp_path / "parent", base, data, max_steps=1, warmup_steps=0, decay_steps=0))
    checkpoint = parent / "checkpoints/step-0000001"
    said = _manifest.read(checkpoint)
    said["facts"]["tokenizer_sha256"] = "0" * 64
    _manifest.write_manifest(checkpoint, {name: said[name] for name in ("step", "world", "facts", "files")})
    child = asked(tmp_path / "child", base, data, model=None, parent=str(parent), tokenizer=str(base))
    train(child, world=2, code=2)
    assert all("the checkpoint's tokenizer is 000000000000" in runs.printed(child, rank) for rank in range(2))
