"""Checkpoints: bit for bit, in any number of ranks, whole or not there, and no code from them."""

import contextlib
import hashlib
import json
import math
import os
import pickle
import random
import re
import resource
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import ranks  # noqa: E402
from tests.trainers.ranks import Odd, adam, full, llama, run, train, wrapped  # noqa: E402
from trainers import checkpoint  # noqa: E402

FACTS: dict[str, Any] = {
    "mixture": "m" * 64,
    "tokenizer_sha256": "t" * 64,
    "seed": 3,
    "data": {"windows": 12},
    "lr": 2e-5,
}


def trained(steps: int = 2, seed: int = 0) -> tuple[Any, Any]:
    model = llama(seed)
    optimizer = adam(model)
    train(model, optimizer, 0, steps)
    return model, optimizer


def equal(one: dict[str, Any], two: dict[str, Any]) -> bool:
    same = all(one[k].dtype == two[k].dtype and torch.equal(one[k], two[k]) for k in one.keys() & two.keys())
    return one.keys() == two.keys() and same


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in (".lock", "pinned"))


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    model, optimizer = trained()
    return checkpoint.save(tmp_path / "run", 2, model, optimizer, FACTS)


def resign(path: Path, **changed: Any) -> None:
    """Give a checkpoint a manifest that is right of the files that lie there now, as an attacker would."""
    said = json.loads((path / "manifest.json").read_text()) | changed
    files = [p for p in path.iterdir() if p.name != "manifest.json"]
    said["files"] = {
        p.name: {"bytes": p.stat().st_size, "sha256": hashlib.sha256(p.read_bytes()).hexdigest()} for p in files
    }
    del said["digest"]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    (path / "manifest.json").write_text(json.dumps(said | {"digest": hashlib.sha256(text).hexdigest()}))


# Round trips


@pytest.mark.parametrize("make", [llama, Odd, lambda seed: llama(seed, tied=False)], ids=["tied", "odd", "untied"])
def test_what_comes_back_is_what_was_saved_bit_for_bit_and_training_goes_on_the_same(tmp_path: Path, make: Any) -> None:
    model = make(0)
    optimizer = adam(model)
    train(model, optimizer, 0, 3)
    before = full(model, optimizer)
    path = checkpoint.save(tmp_path, 3, model, optimizer, FACTS)
    assert equal(full(model, optimizer), before)
    assert path == tmp_path / "step-0000003" == checkpoint.latest(tmp_path)
    other = make(9)
    its = adam(other)
    assert not equal(full(other, its), before)
    assert checkpoint.load(path, other, its) == FACTS
    assert equal(full(other, its), before)
    assert train(model, optimizer, 3, 3) == train(other, its, 3, 3)
    assert equal(full(model, optimizer), full(other, its))


def test_a_tie_survives_and_is_stored_once(saved: Path) -> None:
    model = llama(5)
    checkpoint.load(saved, model)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    data = b"".join(path.read_bytes() for path in saved.glob("*.safetensors"))
    assert b'"model.model.embed_tokens.weight"' in data
    assert b"lm_head" not in data


def test_the_optimizer_keeps_its_own_hyperparameters(saved: Path) -> None:
    model = llama(5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.5, weight_decay=0.25)
    checkpoint.load(saved, model, optimizer)
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["weight_decay"]) == (0.5, 0.25)


def test_a_save_before_the_first_step_leaves_the_optimizer_fresh_here_and_there(tmp_path: Path) -> None:
    model = llama(0)
    optimizer = adam(model)
    path = checkpoint.save(tmp_path, 0, model, optimizer, FACTS)
    assert not optimizer.state
    other, its = trained(2, seed=4)
    checkpoint.load(path, other, its)
    assert not its.state
    assert train(model, optimizer, 0, 3) == train(other, its, 0, 3)


def test_gradients_that_are_under_way_do_not_keep_a_checkpoint_from_loading(saved: Path) -> None:
    model = llama(5)
    optimizer = adam(model)
    model(torch.zeros(1, 4, dtype=torch.long)).logits.sum().backward()
    assert checkpoint.load(saved, model, optimizer) == FACTS


def test_tensors_are_divided_into_files_of_a_limited_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "FILE_BYTES", 20_000)
    model, optimizer = trained()
    path = checkpoint.save(tmp_path, 2, model, optimizer, FACTS)
    sizes = [file.stat().st_size for file in path.glob("*.safetensors")]
    assert len(sizes) > 5
    assert max(sizes) < 25_000
    other = llama(5)
    its = adam(other)
    checkpoint.load(path, other, its)
    assert equal(full(model, optimizer), full(other, its))


def test_random_states_come_back(tmp_path: Path) -> None:
    model, optimizer = trained()
    kept = random.getstate(), np.random.get_state()
    try:
        random.gauss()
        np.random.standard_normal()
        path = checkpoint.save(tmp_path, 2, model, optimizer, FACTS)

        def draws() -> list[float]:
            return [
                random.gauss(),
                random.random(),
                float(np.random.standard_normal()),
                float(np.random.rand()),
                float(torch.rand(1)),
            ]

        drawn = draws()
        assert draws() != drawn
        checkpoint.load(path, model, optimizer)
        assert draws() == drawn
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])


def test_wrappers_leave_no_trace(tmp_path: Path) -> None:
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import apply_activation_checkpointing

    model = llama(0)
    apply_activation_checkpointing(model, check_fn=lambda part: part in set(model.model.layers))
    compiled = torch.compile(model, backend="eager")
    optimizer = adam(model)
    train(model, optimizer, 0, 2)
    path = checkpoint.save(tmp_path, 2, compiled, optimizer, FACTS)
    other = llama(5)
    its = adam(other)
    checkpoint.load(path, other, its)
    assert equal(full(model, optimizer), full(other, its))


# Ranks


def save_in_ranks(rank: int, make: Any, how: str, folder: Path, source: Path | None, step: int) -> Any:
    """Load what is there, train two steps, save, train two more; all tensors as saved and the losses after."""
    model = wrapped(make(rank if source else 0), how)
    optimizer = adam(model)
    loaded = checkpoint.load(source, model, optimizer) and full(model, optimizer) if source else None
    train(model, optimizer, step - 2, 2)
    checkpoint.save(folder, step, model, optimizer, FACTS)
    tie = model.module if how == "ddp" else model
    tied = tie.get_output_embeddings().weight is tie.get_input_embeddings().weight if make is llama else None
    return {"loaded": loaded, "saved": full(model, optimizer), "losses": train(model, optimizer, step, 2), "tied": tied}


@pytest.mark.parametrize("how", ["fsdp", "ddp"])
@pytest.mark.parametrize("make", [llama, Odd])
def test_a_checkpoint_of_two_ranks_loads_in_one_and_one_of_one_in_two(tmp_path: Path, make: Any, how: str) -> None:
    folder, scratch, two = tmp_path / "run", tmp_path / "scratch", make is llama and how == "fsdp"
    first = run(2, scratch, save_in_ranks, make, how, folder, None, 2)
    assert not isinstance(first[0], Exception), first[0]
    second = run(1, scratch, save_in_ranks, make, "plain", folder, folder / "step-0000002", 4)
    assert not isinstance(second[0], Exception), second[0]
    third = run(2, scratch, save_in_ranks, make, how, folder, folder / "step-0000004", 6)
    assert not isinstance(third[0], Exception), third[0]
    assert equal(first[0]["saved"], second[0]["loaded"])
    assert equal(second[0]["saved"], third[0]["loaded"])
    assert {one["tied"] for one in (*first, *second, *third)} == ({True} if make is llama else {None})
    straight = run(1, scratch, save_in_ranks, make, "plain", tmp_path / "straight", None, 2)
    assert first[0]["losses"] == pytest.approx(straight[0]["losses"], abs=1e-5)
    assert len(json.loads((folder / "step-0000006/manifest.json").read_text())["files"]) == 4
    if two:  # each rank wrote about half
        sizes = [path.stat().st_size for path in (folder / "step-0000006").glob("*.safetensors")]
        assert max(sizes) < 1.3 * min(sizes)


def resume_in_two(rank: int, folder: Path, resumed: bool) -> Any:
    model = wrapped(llama(7 if resumed else 0), "fsdp")
    optimizer = adam(model)
    if resumed:
        torch.manual_seed(99)
        checkpoint.load(folder / "step-0000002", model, optimizer)
    else:
        train(model, optimizer, 0, 2)
        torch.manual_seed(rank)
        checkpoint.save(folder, 2, model, optimizer, FACTS)
    return train(model, optimizer, 2, 3), float(torch.rand(1))


def test_the_same_number_of_ranks_resumes_bit_for_bit_each_with_its_own_random_state(tmp_path: Path) -> None:
    went, came = (run(2, tmp_path / "scratch", resume_in_two, tmp_path / "run", resumed) for resumed in (False, True))
    assert went == came
    assert went[0][1] != went[1][1]


def fail_in_ranks(rank: int, folder: Path, stage: str, victim: int) -> Any:
    model = wrapped(llama(0), "fsdp")
    optimizer = adam(model)
    train(model, optimizer, 0, 1)
    checkpoint.save(folder, 1, model, optimizer, FACTS)

    def raises(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    owner: Any = torch.distributed.checkpoint.HuggingFaceStorageWriter if stage == "write_data" else checkpoint
    if rank == victim:
        setattr(owner, stage, raises)
    if stage in ("check_digests", "_refuse_other", "set_random_state"):
        checkpoint.load(folder / "step-0000001", model, optimizer)
    else:
        checkpoint.save(folder, 2, model, optimizer, FACTS)


@pytest.mark.parametrize("victim", [0, 1])
@pytest.mark.parametrize(
    "stage", ["_tensors", "write_data", "write", "check_digests", "_refuse_other", "set_random_state"]
)
def test_a_rank_that_raises_is_heard_by_all_and_nobody_hangs(tmp_path: Path, stage: str, victim: int) -> None:
    said = run(2, tmp_path / "scratch", fail_in_ranks, tmp_path / "run", stage, victim, seconds=30)
    assert [type(one) for one in said] == [CurateError, CurateError]
    assert str(said[0]) == str(said[1])
    assert f"rank {victim}: OSError: [Errno 28] No space left on device" in str(said[0])
    assert names(tmp_path / "run") == ["step-0000001"]
    checkpoint.verify(tmp_path / "run/step-0000001")


# Kills


def die_in(rank: int, folder: Path, point: str) -> None:
    model, optimizer = wrapped(llama(0), "fsdp" if torch.distributed.is_initialized() else "plain"), None
    optimizer = adam(model)
    for step in (1, 2):
        train(model, optimizer, step, 1)
        checkpoint.save(folder, step, model, optimizer, FACTS)
    train(model, optimizer, 3, 1)
    name, when = {
        "before write": ("_write_tensors", lambda *args: rank == 0),
        "after the shard of the first rank": ("_write_random", lambda *args: rank == 0),
        "after the shard of the last rank": (
            "_write_random",
            lambda *args: rank == 1 or not torch.distributed.is_initialized(),
        ),
        "before the manifest": ("write_manifest", lambda *args: True),
        "before the rename": ("read", lambda path: ".tmp-" in path.name),
        "after the rename": ("sync", lambda *args: True),
        "before old ones are removed": ("remove_old", lambda *args: True),
        "while old ones are removed": ("rmtree", lambda *args: True),
    }[point]
    owner: Any = shutil if name == "rmtree" else checkpoint
    was = getattr(owner, name)
    setattr(owner, name, lambda *args: os._exit(9) if when(*args) else was(*args))
    checkpoint.save(folder, 3, model, optimizer, FACTS)


POINTS = {
    "before write": 2,
    "after the shard of the first rank": 2,
    "after the shard of the last rank": 2,
    "before the manifest": 2,
    "before the rename": 2,
    "after the rename": 3,
    "before old ones are removed": 3,
    "while old ones are removed": 3,
}


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_a_save_that_is_killed_leaves_a_whole_checkpoint_and_the_next_one_cleans_up(
    tmp_path: Path, point: str, world: int
) -> None:
    folder = tmp_path / "run"
    assert None in run(world, tmp_path / "scratch", die_in, folder, point)
    path = checkpoint.latest(folder)
    assert path == folder / checkpoint.step_name(POINTS[point])
    model = llama(8)
    optimizer = adam(model)
    checkpoint.load(path, model, optimizer)
    assert int(optimizer.state[model.model.norm.weight]["step"]) == POINTS[point]
    checkpoint.save(folder, 4, model, optimizer, FACTS)
    assert names(folder) == [checkpoint.step_name(POINTS[point]), "step-0000004"]


def save_for_ever(rank: int, folder: Path) -> None:
    model = torch.nn.Linear(300, 300)
    optimizer = adam(model)
    for step in range(1, 100_000):
        model(torch.ones(1, 300)).sum().backward()
        optimizer.step()
        checkpoint.save(folder, step, model, optimizer, {"step": step})


@pytest.mark.kill
def test_a_run_that_is_killed_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    chance, last = random.Random(5), 0
    for turn in range(12):
        folder = tmp_path / f"run-{turn}"
        (process,) = ranks.start(1, tmp_path / "scratch", save_for_ever, folder)
        until = time.monotonic() + 30
        while checkpoint.latest(folder) is None and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        path = checkpoint.latest(folder)
        assert path is not None
        model = torch.nn.Linear(300, 300)
        optimizer = adam(model)
        step = checkpoint.load(path, model, optimizer)["step"]
        assert {int(state["step"]) for state in optimizer.state.values()} == {step}
        last += any(".tmp-" in path.name for path in folder.iterdir())
        checkpoint.save(folder, step + 1, model, optimizer, {"step": step + 1}, keep=1)
        assert names(folder) == [checkpoint.step_name(step + 1)]
    assert last >= 3  # most kills hit in the middle of a save


# Damage


@pytest.mark.parametrize("name", ["shard-00001-model-00001-of-00001.safetensors", "random-00000.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "gone", "longer", "a folder"])
def test_a_damaged_checkpoint_is_refused_in_one_line(saved: Path, name: str, damage: str) -> None:
    file = saved / name
    data = file.read_bytes()
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    elif damage != "gone":
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        file.write_bytes({"truncated": data[:-1], "longer": data + b" ", "flipped": flipped}[damage])
    model = llama(5)
    before = full(model, adam(model))
    if (name, damage) == ("manifest.json", "longer"):  # white space is no harm
        checkpoint.verify(saved)
        return
    for act in (checkpoint.verify, lambda path: checkpoint.load(path, model)):
        with pytest.raises(
            CurateError, match=r"step-0000002: .*(copy it again|load another one|no manifest)"
        ) as refused:
            act(saved)
        assert "\n" not in str(refused.value)
    assert equal(full(model, adam(model)), before)
    if damage == "flipped" and name != "manifest.json":
        assert checkpoint.latest(saved.parent) == saved  # sizes are right: digests are for load and verify
    else:
        assert checkpoint.latest(saved.parent) is None


def test_the_newest_whole_one_is_found_among_torn_and_strange_ones(tmp_path: Path, saved: Path) -> None:
    folder = saved.parent
    for name in ("step-0000009", "step-0000008.tmp-aa", "step-last", "logs"):
        shutil.copytree(saved, folder / name)
    (folder / "step-0000009/manifest.json").unlink()
    (folder / "step-0000010").mkdir()
    (folder / "step-0000011").write_text("a file")
    assert checkpoint.latest(folder) == saved
    assert checkpoint.latest(tmp_path / "nowhere") is None


def test_a_file_that_the_manifest_does_not_name_is_refused(saved: Path) -> None:
    shutil.copy(next(saved.glob("*.safetensors")), saved / "shard-00002-model-00001-of-00001.safetensors")
    with pytest.raises(CurateError, match=r"shard-00002\S+ is not a file of this checkpoint; remove it"):
        checkpoint.load(saved, llama(5))


class Bomb:
    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.place),))


@pytest.mark.parametrize(
    "name", [".metadata", "metadata", "random-00000.json", "shard-00001-model-00001-of-00001.safetensors"]
)
def test_a_pickle_in_a_checkpoint_never_runs(saved: Path, tmp_path: Path, name: str) -> None:
    (saved / name).write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    for sign in (False, True):
        if sign:
            resign(saved)
        model = llama(5)
        optimizer = adam(model)
        with pytest.raises(CurateError) if not (sign and name == "metadata") else contextlib.nullcontext():
            checkpoint.load(saved, model, optimizer)
        assert not (tmp_path / "ran").exists()
    pickle.loads(pickle.dumps(Bomb(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()  # it would have


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": 1}', '{"format": 2}', '{"format": NaN}', "[" * 100_000, "\xff"],
    ids=range(9),
)
def test_a_manifest_that_is_none_is_refused_in_one_line(saved: Path, text: str) -> None:
    (saved / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(CurateError, match=r"manifest\.json (cannot be read|is not that of|was altered)"):
        checkpoint.load(saved, llama(5))


def test_nothing_is_unpickled_from_a_checkpoint(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a pickle was read")

    model = llama(5)
    optimizer = adam(model)
    for owner, name in ((pickle, "load"), (pickle, "loads"), (pickle, "Unpickler"), (torch, "load")):
        monkeypatch.setattr(owner, name, refuse)
    assert checkpoint.load(saved, model, optimizer) == FACTS


def test_no_code_of_the_trainers_reads_a_pickle() -> None:
    for path in Path(checkpoint.__file__).parent.glob("*.py"):
        assert not re.search(r"import pickle|torch\.load\(|weights_only=False", path.read_text()), path.name


def test_a_manifest_cannot_name_files_elsewhere(saved: Path) -> None:
    said = json.loads((saved / "manifest.json").read_text())
    del said["digest"]
    said["files"]["../../secret"] = {"bytes": 1, "sha256": ""}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    (saved / "manifest.json").write_text(json.dumps(said | {"digest": hashlib.sha256(text).hexdigest()}))
    with pytest.raises(CurateError, match=r"manifest\.json was altered"):
        checkpoint.verify(saved)


def test_another_model_is_refused_by_name_shape_and_type(saved: Path) -> None:
    with pytest.raises(CurateError, match=r"of another model: model\.\S+ is only in th"):
        checkpoint.load(saved, Odd(0))
    with pytest.raises(CurateError, match=r"model\.lm_head\.weight is only in this one"):
        checkpoint.load(saved, llama(0, tied=False))
    with pytest.raises(CurateError, match=r"float32 there and \[\S+ \S+ bfloat16 here"):
        checkpoint.load(saved, llama(0).to(torch.bfloat16))
    wide = llama(0)
    wide.resize_token_embeddings(80)
    with pytest.raises(
        CurateError, match=r"model\.model\.embed_tokens\.weight is \[67, 32\] float32 there and \[80, 32\] float32 here"
    ):
        checkpoint.load(saved, wide)


def test_a_checkpoint_with_a_hole_in_a_tensor_is_refused_though_its_manifest_agrees(tmp_path: Path) -> None:
    said = run(2, tmp_path / "scratch", save_in_ranks, llama, "fsdp", tmp_path / "run", None, 2)
    assert not isinstance(said[0], Exception), said[0]
    path = tmp_path / "run/step-0000002"
    next(path.glob("shard-00001-*")).unlink()
    resign(path)
    with pytest.raises(CurateError, match=r"the checkpoint has only a part of model\.\S+; load another one"):
        checkpoint.load(path, llama(5))


# Saving


@pytest.mark.parametrize(
    "facts",
    [
        {"a": math.nan},
        {"a": math.inf},
        {"a": {1}},
        {"a": Path("x")},
        {1: "a"},
        {"a": (1, 2)},
        {"a": "\ud800"},
        {"a": b"x"},
    ],
    ids=str,
)
def test_facts_that_json_cannot_say_exactly_are_refused_before_anything_is_written(tmp_path: Path, facts: Any) -> None:
    model, optimizer = trained(1)
    with pytest.raises(CurateError, match="the facts are not plain JSON"):
        checkpoint.save(tmp_path / "run", 1, model, optimizer, facts)
    assert not (tmp_path / "run").exists()


def test_the_newest_are_kept_and_pinned_ones_for_ever(tmp_path: Path) -> None:
    model, optimizer = trained(1)
    paths = [checkpoint.save(tmp_path, step, model, optimizer, FACTS, keep=2) for step in (1, 2)]
    checkpoint.branch(paths[0], "n" * 64, "t" * 64, 4)
    for step in range(3, 6):
        checkpoint.save(tmp_path, step, model, optimizer, FACTS, keep=2)
    assert names(tmp_path) == ["step-0000001", "step-0000004", "step-0000005"]


def test_a_run_that_went_back_does_not_remove_what_it_has_just_saved(tmp_path: Path) -> None:
    model, optimizer = trained(1)
    for step in (10, 20, 5, 6, 7):
        checkpoint.save(tmp_path, step, model, optimizer, FACTS, keep=2)
    assert names(tmp_path) == ["step-0000006", "step-0000007", "step-0000010", "step-0000020"]


def test_a_step_that_is_there_is_never_replaced(saved: Path) -> None:
    before, (model, optimizer) = hashes(saved), trained(1, seed=6)
    assert checkpoint.save(saved.parent, 2, model, optimizer, FACTS) == saved
    with pytest.raises(CurateError, match="another run has saved this step here; give each run a folder of its own"):
        checkpoint.save(saved.parent, 2, model, optimizer, FACTS | {"seed": 4})
    assert hashes(saved) == before
    assert names(saved.parent) == ["step-0000002"]


@pytest.mark.parametrize("damage", ["gone", "flipped"])
def test_a_step_that_is_torn_is_saved_again(saved: Path, damage: str) -> None:
    file = next(saved.glob("*.safetensors"))
    data = file.read_bytes()
    file.unlink()
    if damage == "flipped":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    model, optimizer = trained(1)
    checkpoint.verify(checkpoint.save(saved.parent, 2, model, optimizer, FACTS))
    assert names(saved.parent) == ["step-0000002"]


def test_two_runs_cannot_save_into_one_folder_at_once(tmp_path: Path) -> None:
    model, optimizer = trained(1)
    with (
        checkpoint.locked(tmp_path / ".lock", wait=False),
        pytest.raises(CurateError, match="another run is saving here; give each run a folder of its own"),
    ):
        checkpoint.save(tmp_path, 1, model, optimizer, FACTS)
    checkpoint.save(tmp_path, 1, model, optimizer, FACTS)


@pytest.mark.parametrize("room", [1_000, 10_000, 60_000])
def test_a_full_disk_is_one_line_and_leaves_the_last_checkpoint_whole(saved: Path, room: int) -> None:
    model, optimizer = trained(1)
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, was[1]))
    try:
        with pytest.raises(CurateError, match="OSError") as refused:
            checkpoint.save(saved.parent, 3, model, optimizer, FACTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
    assert "\n" not in str(refused.value)
    assert names(saved.parent) == ["step-0000002"]
    checkpoint.verify(saved)


# Resuming and branching


@pytest.mark.parametrize("name", ["mixture", "tokenizer_sha256", "seed"])
def test_resuming_refuses_what_is_foreign(name: str) -> None:
    mine = {key: FACTS[key] for key in ("mixture", "tokenizer_sha256", "seed")}
    checkpoint.refuse_foreign(FACTS, **mine)
    with pytest.raises(CurateError, match=f"the checkpoint's {name} is"):
        checkpoint.refuse_foreign(FACTS, **mine | {name: 5 if name == "seed" else "x" * 64})
    with pytest.raises(CurateError, match=f"the checkpoint's {name} is None"):
        checkpoint.refuse_foreign({key: value for key, value in FACTS.items() if key != name}, **mine)


def test_a_branch_begins_at_the_first_window_and_leaves_its_parent_as_it_was(saved: Path, tmp_path: Path) -> None:
    before = hashes(saved)
    facts = checkpoint.branch(saved, "n" * 64, "t" * 64, 4)
    assert facts["data"] == {"mixture": "n" * 64, "windows": 0}
    assert facts["parent"] == {"path": str(saved), "step": 2, "manifest_sha256": before["manifest.json"]}
    model = llama(5)
    optimizer = adam(model)
    checkpoint.load(saved, model, optimizer)
    train(model, optimizer, 2, 2)
    child = checkpoint.save(tmp_path / "branch", 2, model, optimizer, facts)
    assert checkpoint.load(child, model, optimizer) == facts
    assert hashes(saved) == before
    with pytest.raises(
        CurateError, match=r"tokenizer is tttt\S+, not uuuu\S+; branch into a mixture of the same tokenizer"
    ):
        checkpoint.branch(saved, "n" * 64, "u" * 64, 4)
