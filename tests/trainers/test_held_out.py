import dataclasses
import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from mixers.reader import Mixture  # noqa: E402
from tests.trainers import ranks as processes  # noqa: E402
from tests.trainers import runs  # noqa: E402
from tests.trainers.conftest import mixed  # noqa: E402
from trainers import checkpoint, evaluation, midtrain  # noqa: E402
from trainers import model as models  # noqa: E402
from trainers.evaluation import Sources, held_out_loss  # noqa: E402
from trainers.midtrain import Trainer, read  # noqa: E402
from trainers.place import ranks  # noqa: E402

FEW: dict[str, Any] = {"max_steps": 6, "warmup_steps": 1, "decay_steps": 2, "eval_steps": 2, "save_steps": 2}
LLAMA = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "tie_word_embeddings": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> Path:
    """A mixture that holds out 7 windows, so that neither two ranks nor batches of two have equally many."""
    folder = mixed(tmp_path_factory.mktemp("held") / "mixture", tokenizer, held_out=120)
    inside = Mixture(folder).held_out
    assert inside and len(inside) % 2 == 1
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, base: Path, held: Path) -> Path:
    """A finished run of six steps, evaluated at 0, 2, 4 and 6."""
    return runs.train(runs.asked(tmp_path_factory.mktemp("whole") / "out", base, held, **FEW))[0]


def told(out: Path) -> dict[int, dict[str, float]]:
    """The held-out losses of a run by step."""
    every = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["held_out"] for line in every if "held_out" in line}


def close(one: dict[int, dict[str, float]], other: dict[int, dict[str, float]], rel: float = 1e-6) -> bool:
    return one.keys() == other.keys() and all(one[step] == pytest.approx(other[step], rel=rel) for step in one)


def manifest(out: Path) -> Any:
    return json.loads((out / "manifest.json").read_bytes())


def by_hand(model: Any, mix: Mixture) -> dict[str, float]:
    """Mean loss by source, each document alone and in fp64."""
    sums: dict[str, list[float]] = {}
    for number, group in enumerate(mix.groups):
        window = mix.window(number)
        for document in range(window["document_ids"].max() + 1):
            ids = torch.from_numpy(window["tokens"][window["document_ids"] == document])[None]
            counts = torch.from_numpy(window["loss_mask"][window["document_ids"] == document])[1:]
            if len(counts):
                with torch.no_grad():
                    logits = model(input_ids=ids, use_cache=False).logits[0, :-1].double()
                each = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
                sums.setdefault(mix.facts["groups"][group]["source"], []).extend(each[counts].tolist())
    return {name: float(np.mean(each)) for name, each in sums.items()}


def test_it_is_the_mean_over_all_targets_of_each_held_out_source(whole: Path, base: Path, held: Path) -> None:
    inside = Mixture(held).held_out
    assert inside
    load = transformers.AutoModelForCausalLM.from_pretrained
    for step, folder in ((0, base), (6, whole / "model")):
        expected = by_hand(load(folder, dtype=torch.float32).eval(), inside)
        assert set(expected) == {"web", "qa"}
        assert told(whole)[step] == pytest.approx(expected, rel=2e-6)


def test_it_is_told_at_0_between_and_at_the_end_and_falls(whole: Path) -> None:
    found = told(whole)
    assert list(found) == [0, 2, 4, 6]
    assert all(found[6][name] < found[0][name] for name in found[0])
    first = json.loads((whole / "metrics.jsonl").read_text().splitlines()[0])
    assert set(first) == {"step", "tokens", "held_out"} and first["step"] == first["tokens"] == 0
    assert manifest(whole)["held_out"] == json.loads((whole / "status.json").read_text())["held_out"] == found[6]


def test_a_tenth_of_the_run_lies_between_two_if_nothing_is_said(tmp_path: Path, base: Path, held: Path) -> None:
    more = FEW | {
        "eval_steps": None,
        "max_steps": 23,
        "decay_steps": 2,
        "save_steps": 500,
        "batch_size": 2,
        "micro_batch": 2,
    }
    (out,) = runs.train(runs.asked(tmp_path / "out", base, held, **more))
    assert list(told(out)) == [*range(0, 23, 2), 23]


def test_a_mixture_that_holds_nothing_out_has_none(tmp_path: Path, base: Path, data: Path) -> None:
    (out,) = runs.train(runs.asked(tmp_path / "out", base, data, **FEW))
    assert not told(out) and manifest(out)["held_out"] == {}
    assert json.loads((out / "metrics.jsonl").read_text().splitlines()[0])["step"] == 1


@pytest.mark.parametrize(
    ("world", "more"),
    [(1, {"micro_batch": 1}), (1, {"micro_batch": 8}), (1, {"parallel": "ddp"}), (2, {}), (2, {"micro_batch": 1, "parallel": "ddp"})],
)  # fmt: skip
def test_it_is_the_same_for_any_ranks_and_micro_batches(
    world: int, more: dict[str, Any], whole: Path, tmp_path: Path, base: Path, held: Path
) -> None:
    """At step 0 of the same weights, later of weights that rounding has moved."""
    (out,) = runs.train(runs.asked(tmp_path / "out", base, held, **FEW, **more), world=world)
    assert told(out)[0] == pytest.approx(told(whole)[0], rel=1e-6)
    assert close(told(out), told(whole), rel=1e-5)


@pytest.mark.parametrize("world", [1, 2])
def test_it_is_the_same_before_and_after_a_resume(
    world: int, whole: Path, tmp_path: Path, base: Path, held: Path
) -> None:
    out = runs.cut(whole, tmp_path / "out", 2)
    runs.train(runs.asked(out, base, held, **FEW), world=world)
    assert close(told(out), told(whole), rel=1e-6 if world == 1 else 1e-5)
    if world == 1:
        assert told(out) == told(whole) and runs.weights(out) == runs.weights(whole)


def test_a_run_that_died_before_its_first_checkpoint_has_one_line_for_step_0(
    whole: Path, tmp_path: Path, base: Path, held: Path
) -> None:
    out = runs.cut(whole, tmp_path / "out", 1)
    assert not (out / "checkpoints").exists()
    runs.train(runs.asked(out, base, held, **FEW))
    assert (out / "metrics.jsonl").read_text().count('"step": 0,') == 1 and told(out) == told(whole)


def test_a_run_that_is_evaluated_trains_as_one_that_is_not(whole: Path, tmp_path: Path, base: Path, held: Path) -> None:
    """Bit for bit: losses, norms and weights."""
    (out,) = runs.train(runs.asked(tmp_path / "out", base, held, **FEW | {"eval_steps": 100}))
    assert list(told(out)) == [0, 6]
    assert runs.curve(out) == runs.curve(whole) and runs.weights(out) == runs.weights(whole)


def test_nothing_of_the_training_is_touched(tmp_path: Path, base: Path, held: Path) -> None:
    with ranks() as place:
        trainer = Trainer(read(runs.asked(tmp_path / "out", base, held, **FEW, micro_batch=2)), place)
        trainer.resume()
        trainer.update(*trainer.windows(0))
        random_states = torch.get_rng_state(), np.random.get_state(legacy=True)[1].tolist(), random.getstate()
        consumed = trainer.mix.consumed
        before = [p.full_tensor().clone() for p in trainer.parameters]
        assert trainer.held
        held_out_loss(trainer.spread, trainer.held, place, 2, trainer.computing)
        assert torch.equal(random_states[0], torch.get_rng_state()) and random_states[2] == random.getstate()
        assert random_states[1] == np.random.get_state(legacy=True)[1].tolist()
        assert trainer.mix.consumed == consumed and all(module.training for module in trainer.spread.modules())
        assert all(torch.equal(a, p.full_tensor()) for a, p in zip(before, trainer.parameters, strict=True))
        assert all(p.grad is None for p in trainer.parameters)


@pytest.mark.parametrize("size", [1, 3, 7, 50])
@pytest.mark.parametrize("world", [1, 2, 4])
def test_every_window_is_read_once_and_ranks_make_as_many_passes(world: int, size: int) -> None:
    for windows in (1, 6, 7, 9):
        every = [
            evaluation._batches(windows, midtrain.Place(rank, world, torch.device("cpu")), size)
            for rank in range(world)
        ]
        assert len({len(batches) for batches in every}) == 1
        read = [number for batches in every for batch in batches for number in batch if number >= 0]
        assert sorted(read) == list(range(windows))
        assert all(len(batch) <= size for batches in every for batch in batches)


def test_a_source_without_targets_is_left_out() -> None:
    sources = object.__new__(Sources)
    sources.names = ["a", "b", "c"]
    sums = torch.tensor([6.0, 0.0, float("inf")], dtype=torch.float64)
    assert sources.means(sums, torch.tensor([3.0, 0.0, 1.0])) == {"a": 2.0}


# what a run leaves


def test_the_result_names_what_came_out_and_the_digests_of_its_files(whole: Path) -> None:
    said = manifest(whole)
    last = runs.lines(whole)[-1]
    assert (said["status"], said["step"], said["tokens"], said["loss"]) == ("finished", 6, last["tokens"], last["loss"])
    assert said["model"] == "model" and said["checkpoint"] == "checkpoints/step-0000006"
    checkpoint.verify(whole / said["checkpoint"])
    assert {"metrics.jsonl", "model/model.safetensors", "model/tokenizer.json"} < set(said["files"])
    for name, file in said["files"].items():
        assert checkpoint.describe(whole / name) == file


def test_a_finished_run_that_is_started_again_does_nothing(whole: Path, base: Path, held: Path) -> None:
    path = whole.with_suffix(".json")
    before = {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in whole.rglob("*") if file.is_file()}
    assert midtrain.main([str(path)]) == 0
    assert {
        file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in whole.rglob("*") if file.is_file()
    } == before
    with pytest.raises(CurateError, match=r"begun with lr 0.01, not 0.02; name another out: folder"):
        midtrain.train(dataclasses.replace(read(path), lr=0.02))
    assert json.loads((whole / "status.json").read_text())["status"] == "finished"


@pytest.mark.parametrize("lost", ["model", "manifest.json"])
def test_an_export_that_was_killed_is_made_again(
    lost: str, whole: Path, tmp_path: Path, base: Path, held: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    if lost == "model":
        (out / "model").rename(out / ".model.tmp-0123")
    else:
        (out / lost).unlink()
    runs.train(runs.asked(out, base, held, **FEW))
    assert runs.weights(out) == runs.weights(whole) and told(out) == told(whole)
    assert {name: file["sha256"] for name, file in manifest(out)["files"].items() if name.startswith("model/")} == {
        name: file["sha256"] for name, file in manifest(whole)["files"].items() if name.startswith("model/")
    }
    assert not list(out.glob(".model.tmp-*")) and manifest(out)["held_out"] == manifest(whole)["held_out"]


def test_a_model_that_no_checkpoint_stands_behind_is_not_taken_for_the_result(
    whole: Path, tmp_path: Path, base: Path, held: Path
) -> None:
    shutil.copytree(whole / "model", tmp_path / "out" / "model")
    path = runs.asked(tmp_path / "out", base, held, **FEW)
    runs.train(path, code=2)
    assert "a model is there, and no checkpoint to go on from; name another out: folder" in runs.printed(path)
    torch.distributed.destroy_process_group()


def test_a_run_that_ends_with_an_error_says_so_in_its_status(
    tmp_path: Path, base: Path, held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = runs.asked(tmp_path / "out", base, held, **FEW)
    monkeypatch.setattr(Trainer, "evaluate", lambda self: (_ for _ in ()).throw(CurateError("the disk is full")))
    runs.train(path, code=2)
    torch.distributed.destroy_process_group()
    said = json.loads((tmp_path / "out" / "status.json").read_text())
    assert (said["status"], said["error"], said["step"]) == ("failed", "the disk is full", 0)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_run_that_cannot_begin_has_failed_too(tmp_path: Path, base: Path) -> None:
    path = runs.asked(tmp_path / "out", base, tmp_path / "nowhere", **FEW)
    runs.train(path, code=2)
    torch.distributed.destroy_process_group()
    assert json.loads((tmp_path / "out" / "status.json").read_text())["status"] == "failed"


def test_a_checkpoint_carries_mixture_lock_name_and_the_models_config(tmp_path: Path, base: Path, held: Path) -> None:
    more = {"lock": "ab" * 32, "name": "long-cot/midtrain", "max_steps": 2, "decay_steps": 1}
    path = runs.asked(tmp_path / "out", base, held, **FEW | more)
    (out,) = runs.train(path)
    facts = checkpoint.read(out / "checkpoints" / "step-0000002")["facts"]
    assert (facts["lock"], facts["name"], facts["mixture"]) == ("ab" * 32, "long-cot/midtrain", Mixture(held).digest)
    assert facts["config"]["model_type"] == "llama" and facts["config"]["hidden_size"] == 32
    assert manifest(out)["lock"] == "ab" * 32


# where weights come from


def test_a_new_model_is_drawn_by_the_seed_and_sized_by_the_mixture(tmp_path: Path, tokenizer: Path, held: Path) -> None:
    def made(name: str, **more: Any) -> Path:
        said = {**runs.SETTINGS, **FEW, "mixture": str(held), "tokenizer": str(tokenizer), "config": LLAMA, **more}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(said | {"out": str(tmp_path / name)}))
        return path

    one, same, other = runs.train(made("one"), made("same"), made("other", seed=1))
    assert runs.weights(one) == runs.weights(same) != runs.weights(other)
    assert runs.curve(one) == runs.curve(same)
    config = json.loads((one / "model" / "config.json").read_text())
    facts = Mixture(held).facts
    assert config["vocab_size"] == facts["vocab"] and config["max_position_embeddings"] == 32
    assert config["eos_token_id"] == facts["eos_id"] and config.get("pad_token_id") is None
    assert abs(told(one)[0]["web"] - np.log(facts["vocab"])) < 0.1
    (two,) = runs.train(made("two"), world=2)
    assert told(two)[0] == pytest.approx(told(one)[0], rel=1e-6)
    assert close(told(two), told(one), rel=1e-5)
    half = runs.cut(one, tmp_path / "half", 2)
    runs.train(made("half"))
    assert runs.weights(half) == runs.weights(one) and runs.curve(half) == runs.curve(one)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hiden_size": 3}, "config: llama has no 'hiden_size'; did you mean 'hidden_size'?"),
        ({"hidden_size": 30}, "config: no llama can be made of it"),
        ({"hidden_size": "x"}, "config: no llama can be made of it"),
        ({"vocab_size": 100}, "the model knows 100 tokens, the mixture"),
    ],
)
def test_a_config_that_no_model_can_be_made_of_is_refused_in_one_line(
    changed: dict[str, Any], said: str, tmp_path: Path, tokenizer: Path, held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**runs.SETTINGS, "mixture": str(held), "tokenizer": str(tokenizer), "out": str(tmp_path / "out")}
    (tmp_path / "run.json").write_text(json.dumps(settings | {"config": LLAMA | changed}))
    assert midtrain.main([str(tmp_path / "run.json")]) == 2
    torch.distributed.destroy_process_group()
    error = capsys.readouterr().err
    assert said in error and len([line for line in error.splitlines() if line.startswith("error: ")]) == 1


def loaded(rank: int, path: Path) -> tuple[int, bool, str]:
    """On a rank: how often the published weights were read, whether the head is tied, and a digest of all weights."""
    read_weights, calls = models.load, []

    def counted(*args: Any) -> Any:
        calls.append(args)
        return read_weights(*args)

    models.load = counted
    with ranks() as place:
        trainer = Trainer(read(path), place)
        tied = trainer.model.lm_head.weight is trainer.model.model.embed_tokens.weight
        state = processes.full(trainer.model, trainer.optimizer)
    digest = hashlib.sha256(b"".join(state[name].numpy().tobytes() for name in sorted(state) if "exp_avg" not in name))
    return len(calls), tied, digest.hexdigest()


@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_the_first_rank_alone_reads_the_weights_and_all_ranks_have_them(
    parallel: str, tmp_path: Path, base: Path, held: Path
) -> None:
    path = runs.asked(tmp_path / "out", base, held, **FEW, parallel=parallel)
    (alone,) = processes.run(1, tmp_path / "one", loaded, path)
    both = processes.run(2, tmp_path / "two", loaded, path)
    assert alone[:2] == (1, True) and [one[:2] for one in both] == [(1, True), (0, True)]
    assert both[0][2] == alone[2]


@pytest.fixture(scope="module")
def stable(tmp_path_factory: pytest.TempPathFactory, base: Path, held: Path) -> Path:
    """Six steps at a constant rate, which keep a checkpoint at 3."""
    more = FEW | {"lr_scheduler": "constant", "decay_steps": None, "save_steps": 100, "keep": 1, "keep_steps": 3}
    return runs.train(runs.asked(tmp_path_factory.mktemp("stable") / "out", base, held, **more))[0]


def branch(out: Path, tokenizer: Path, mixture: Path, parent: Path, **more: Any) -> Path:
    said = {**runs.SETTINGS, **FEW, "mixture": str(mixture), "tokenizer": str(tokenizer), "parent": str(parent), **more}
    out.with_suffix(".json").write_text(json.dumps(said | {"out": str(out)}))
    return out.with_suffix(".json")


def test_a_branch_needs_no_more_than_the_folder_of_its_parent(
    stable: Path, tmp_path: Path, tokenizer: Path, held: Path
) -> None:
    """The run's folder and its last checkpoint are the same parent, whose held-out loss the branch begins with."""
    named = branch(tmp_path / "named", tokenizer, held, stable)
    exact = branch(tmp_path / "exact", tokenizer, held, stable / "checkpoints" / "step-0000006")
    runs.train(named, exact)
    assert "note:" not in runs.printed(named)
    assert runs.curve(tmp_path / "named") == runs.curve(tmp_path / "exact")
    assert told(tmp_path / "named")[0] == told(stable)[6]
    assert manifest(tmp_path / "named")["parent"]["step"] == 6
    (two,) = runs.train(branch(tmp_path / "two", tokenizer, held, stable, micro_batch=2), world=2)
    assert close(told(two), told(tmp_path / "named"), rel=1e-5)


def test_a_branch_that_begins_at_another_learning_rate_says_so(
    stable: Path, tmp_path: Path, tokenizer: Path, held: Path
) -> None:
    path = branch(tmp_path / "out", tokenizer, held, stable, lr=2e-2, warmup_steps=0, max_steps=2)
    runs.train(path)
    assert "note: the parent's last learning rate was 0.01, this branch begins at 0.02" in runs.printed(path)


def test_a_resumed_branch_needs_its_parent_no_more(stable: Path, tmp_path: Path, tokenizer: Path, held: Path) -> None:
    shutil.copytree(stable, tmp_path / "parent")
    path = branch(tmp_path / "out", tokenizer, held, tmp_path / "parent")
    runs.train(path)
    half = runs.cut(tmp_path / "out", tmp_path / "half", 2)
    shutil.rmtree(tmp_path / "out")
    shutil.rmtree(tmp_path / "parent")
    half.rename(tmp_path / "out")
    runs.train(path)
    assert list(told(tmp_path / "out")) == [0, 2, 4, 6] and manifest(tmp_path / "out")["parent"]["step"] == 6


def test_a_branch_grows_from_the_checkpoint_nearest_to_the_tokens_it_names(
    stable: Path, tmp_path: Path, tokenizer: Path, held: Path
) -> None:
    assert sorted(path.name for path in (stable / "checkpoints").glob("step-*")) == ["step-0000003", "step-0000006"]
    (out,) = runs.train(branch(tmp_path / "out", tokenizer, held, stable, from_tokens=3 * 8 * 32 + 5))
    assert manifest(out)["parent"]["step"] == 3
    path = branch(tmp_path / "far", tokenizer, held, stable, from_tokens="1k")
    runs.train(path, code=2)
    torch.distributed.destroy_process_group()
    said = "no checkpoint at 1,000 tokens, the nearest one has 768; a run keeps those that keep_steps names"
    assert said in runs.printed(path)


@pytest.mark.parametrize(("lost", "said"), [("manifest.json", "a run that is not finished"), ("", "neither a run nor")])
def test_a_parent_that_is_none_is_refused_with_what_to_name(
    lost: str, said: str, stable: Path, tmp_path: Path, tokenizer: Path, held: Path
) -> None:
    shutil.copytree(stable, tmp_path / "parent") if lost else (tmp_path / "parent").mkdir()
    (tmp_path / "parent" / lost).unlink() if lost else None
    path = branch(tmp_path / "out", tokenizer, held, tmp_path / "parent")
    runs.train(path, code=2)
    torch.distributed.destroy_process_group()
    assert said in runs.printed(path) and "name a finished run's folder, or a checkpoint" in runs.printed(path)
