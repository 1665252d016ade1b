"""The step that GRPO and PPO share: what a run is a function of, how it goes on, how it ends."""

import dataclasses
import functools
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import ranks, rl_runs  # noqa: E402
from tests.trainers.rl_runs import curve, lines, printed, train, weights, write  # noqa: E402
from trainers import checkpoint, collapse, rl  # noqa: E402
from trainers._rollout_hf import HFEngine  # noqa: E402
from trainers.experience import Sampling  # noqa: E402
from trainers.learner import Learner  # noqa: E402

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
STAGES: dict[str, Any] = {
    "max_completion_length": {"0": 5, "3": 10},
    "max_steps": 5,
    "held_out": 2,
    "warmup_steps": 2,
    "save_steps": 1,
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.base(tmp_path_factory.mktemp("rl") / "base")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.prompts(tmp_path_factory.mktemp("rl") / "prompts.parquet")


KINDS: dict[str, dict[str, Any]] = {
    "grpo": STAGES,
    "ppo": STAGES | {"beta": 0.05, "critic_lr": 1e-3, "entropy_bonus": 0.01},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, base: Path, prompts: Path) -> Callable[[str], Path]:
    """A run of a kind that nobody stops, into the second stage of lengths; each is trained once."""

    @functools.cache
    def one(kind: str) -> Path:
        (out,) = train(write(tmp_path_factory.mktemp(kind) / "run", base, prompts, **KINDS[kind]), kind=kind)
        return out

    return one


@pytest.fixture(params=KINDS)
def whole(request: pytest.FixtureRequest, made: Callable[[str], Path]) -> tuple[str, Path]:
    """Of each kind."""
    return request.param, made(request.param)


@pytest.fixture
def grpo(made: Callable[[str], Path]) -> tuple[str, Path]:
    """Of one kind, where it does not matter which."""
    return "grpo", made("grpo")


def test_a_run_that_died_goes_on_bit_for_bit_into_the_next_length(
    whole: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = whole
    for step in (2, 4):  # before the longer stage, and in the middle of it
        out = rl_runs.cut(straight, tmp_path / f"from-{step}", step)
        train(write(out, base, prompts, **KINDS[kind]), kind=kind)
        assert curve(out) == curve(straight)
        assert weights(out) == weights(straight)
    assert [line["max_completion_length"] for line in lines(straight)] == [5, 5, 5, 10, 10]
    facts = checkpoint.read(straight / "checkpoints/step-0000003")["facts"]
    assert facts["max_completion_length"] == 10
    longest = {step: max(row["tokens"] for row in rl_runs.rollouts(straight, step)) for step in (2, 4)}
    assert longest[2] == 5 < longest[4]


WAYS: list[dict[str, Any]] = [{"micro_batch": 1}, {"micro_batch": 3, "parallel": "ddp"}]


def test_the_same_comes_out_for_any_ranks_micro_batches_and_parallelism(
    whole: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = whole
    ways = WAYS if ALL or kind == "grpo" else WAYS[1:]
    paths = [write(tmp_path / f"two-{n}", base, prompts, **KINDS[kind] | way) for n, way in enumerate(ways)]
    for out in train(*paths, kind=kind, world=2):
        close(out, straight)
    fewer = rl_runs.cut(tmp_path / "two-0", tmp_path / "fewer", 3)
    train(write(fewer, base, prompts, **KINDS[kind]), kind=kind)
    close(fewer, straight)


def close(out: Path, other: Path) -> None:
    """Equal but for rounding."""
    ours, theirs = curve(out), curve(other)
    assert len(ours) == len(theirs)
    for mine, wanted in zip(ours, theirs, strict=True):
        assert mine.keys() == wanted.keys()
        for name, value in mine.items():
            if isinstance(value, float):
                assert value == pytest.approx(wanted[name], rel=1e-5, abs=2e-6), (name, mine["step"])
            elif name != "mismatch":
                assert value == wanted[name], (name, mine["step"])
    loaded = [rl_runs.tensors(one) for one in (out, other)]
    assert all(torch.allclose(loaded[0][name], loaded[1][name], rtol=0, atol=2e-5) for name in loaded[1])


@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_in_bf16_the_first_ratio_is_1_too_and_weights_stay_fp32(
    parallel: str, base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, seen = Learner.update, []

    def watched(self: Learner, *args: Any) -> dict[str, float]:
        seen.append(plain(self, *args))
        states = {value.dtype for state in self.optimizer.state.values() for value in state.values()}
        assert states == {p.dtype for p in self.module.parameters()} == {torch.float32}
        return seen[-1]

    monkeypatch.setattr(Learner, "update", watched)
    more = {"dtype": "bfloat16", "parallel": parallel, "activation_checkpointing": True, "max_steps": 2, "beta": 0.01}
    (out,) = train(write(tmp_path / "run", base, prompts, **more), kind="ppo")
    assert [told["log_ratio"] == 0 for told in seen] == [True, False, True, False]
    assert all(1e-9 < line["mismatch_kl"] < 5e-4 and line["kl"] >= 0 for line in lines(out))
    assert {tensor.dtype for tensor in rl_runs.tensors(out).values()} == {torch.float32}


def test_a_step_on_which_sampler_and_trainer_do_not_agree_is_not_trained_on_and_the_third_in_a_row_ends_the_run(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, off = Sampling.step, {1}

    def other(self: Sampling, turn: int, *args: Any) -> Any:
        found = plain(self, turn, *args)
        found.rollouts.log_probs[:] += 0.1 * (turn in off)
        return found

    monkeypatch.setattr(Sampling, "step", other)
    (out,) = train(write(tmp_path / "run", base, prompts))
    every = lines(out)
    assert [line["mismatched"] for line in every] == [0, 1, 1, 1] and every[1]["loss"] is None
    assert every[1]["mismatch_kl"] == pytest.approx(np.expm1(-0.1) + 0.1, rel=1e-4)
    assert max(line["mismatch_kl"] for line in every if line["step"] != 2) < 1e-9
    assert every[1]["tokens"] == every[0]["tokens"] < every[2]["tokens"]
    off |= {0, 2, 3}
    path = write(tmp_path / "bad", base, prompts, importance_cap=1.0)
    train(path, code=2)
    (said,) = (line for line in printed(path).splitlines() if line.startswith("error: "))
    assert (
        "3 steps in a row up to step 3 were sampled from another policy than is trained: the KL between them is 0.0048"
        in said
    )
    assert len(lines(tmp_path / "bad")) == 2


def test_replies_that_the_sampler_found_less_probable_weigh_more_up_to_the_cap(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, seen = Learner.look, []

    def watched(self: Learner, batch: Any) -> None:
        batch.sampler -= torch.linspace(-0.5, 1.0, len(batch.sampler))
        plain(self, batch)
        seen.append(batch.known["weights"])

    monkeypatch.setattr(Learner, "look", watched)
    train(write(tmp_path / "run", base, prompts, max_steps=1, importance_cap=1.5, mismatch_kl_limit=1.0))
    wanted = torch.linspace(-0.5, 1.0, len(seen[0])).exp().clamp(max=1.5)
    torch.testing.assert_close(seen[0], wanted, rtol=1e-5, atol=0)


def test_a_sampler_that_gives_its_memory_back_while_the_policy_trains_gets_the_weights_again(
    grpo: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As vLLM does; and no version is sent twice, whatever is measured between."""
    kind, straight = grpo
    plain, sent = HFEngine.sync, []

    def watched(self: HFEngine, named: Any, version: int) -> None:
        sent.append(version)
        plain(self, named, version)

    monkeypatch.setattr(HFEngine, "sync", watched)
    monkeypatch.setattr(HFEngine, "rest", lambda self: setattr(self, "version", None))
    (out,) = train(write(tmp_path / "run", base, prompts, **KINDS[kind]), kind=kind)
    assert curve(out) == curve(straight) and weights(out) == weights(straight)
    assert sent == [0, 1, 2, 3, 4, 5]


# asked to stop, and killed


def asked_to_stop(self: Learner, *args: Any) -> dict[str, Any]:
    """In place of the learning of a step: with a SIGTERM in the middle of the third."""
    told = LEARN(self, *args)
    if args[1] == 2:
        os.kill(os.getpid(), signal.SIGTERM)
    return told


def killed(rank: int, kind: str, path: Path, step: int) -> None:
    """A run that is killed after the first update of a step, before the second and all that follows."""
    plain = Learner.update

    def update(self: Learner, batch: Any, mini: Any, at: int, lr: float) -> dict[str, float]:
        told = plain(self, batch, mini, at, lr)
        if at == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return told

    Learner.update = update  # type: ignore[method-assign]
    rl_runs.main(rank, kind, path)


LEARN = Learner.learn


def test_sigterm_ends_the_step_and_saves_and_the_same_command_goes_on(
    grpo: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, straight = grpo
    path = write(tmp_path / "run", base, prompts, **KINDS[kind] | {"save_steps": 100})
    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", asked_to_stop)
        (out,) = train(path, kind=kind)
    assert "interrupted" in printed(path) and not (out / "manifest.json").exists()
    assert json.loads((out / "status.json").read_bytes())["status"] == "interrupted"
    assert [line["step"] for line in lines(out)] == [1, 2, 3]
    assert [path.name for path in (out / "checkpoints").glob("step-*")] == ["step-0000003"]
    train(path, kind=kind)
    assert curve(out) == curve(straight) and weights(out) == weights(straight)


@pytest.mark.parametrize("step", [3, 1, 4] if ALL else [3])
@pytest.mark.parametrize("kind", KINDS if ALL else ["ppo"])
def test_a_run_that_is_killed_between_two_updates_forgets_the_rollouts_of_that_step_whole(
    kind: str, step: int, made: Callable[[str], Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    straight = made(kind)
    path = write(tmp_path / "run", base, prompts, **KINDS[kind])
    (process,) = ranks.start(1, tmp_path / "scratch", killed, kind, path, step)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, printed(path)
    assert [line["step"] for line in lines(tmp_path / "run")] == list(range(1, step + 1))
    (out,) = train(path, kind=kind)
    assert curve(out) == curve(straight) and weights(out) == weights(straight)
    assert [path.name for path in sorted((out / "rollouts").iterdir())] == [
        f"step-000000{n}.jsonl" for n in (1, 2, 4, 5)
    ]


@pytest.mark.skipif(not ALL, reason="not in the fast set: CURATE_TEST_ALL=1")
@pytest.mark.parametrize("turn", range(6))
def test_a_run_that_is_killed_at_any_moments_is_the_one_that_was_not(
    turn: int, grpo: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = grpo
    path, chance = write(tmp_path / "run", base, prompts, **KINDS[kind]), np.random.default_rng(turn)
    for _ in range(3):
        (process,) = ranks.start(1, tmp_path / "scratch", rl_runs.main, kind, path)
        before = written(tmp_path / "run")
        until, late = time.monotonic() + 60, chance.uniform(0, 0.3)
        while process.is_alive() and written(tmp_path / "run") == before and time.monotonic() < until:
            time.sleep(0.001)
        process.join(late)
        process.kill()
        process.join()
    (out,) = train(path, kind=kind)
    assert curve(out) == curve(straight) and weights(out) == weights(straight)


def written(out: Path) -> int:
    """Bytes of the metrics."""
    return (out / "metrics.jsonl").stat().st_size if (out / "metrics.jsonl").exists() else 0


# collapse

PATIENT: dict[str, Any] = {
    "max_steps": 8,
    "collapse_patience": 2,
    "save_steps": 1,
    "keep": 1,
    "held_out": 2,
    "eval_steps": 8,
}


def planted(monkeypatch: pytest.MonkeyPatch, turns: range) -> None:
    """From step 4 on no reply ends any more, in the turns that are named: a run that is rolled back has others."""
    plain = Sampling.step

    def cut(self: Sampling, turn: int, *args: Any) -> Any:
        found = plain(self, turn, *args)
        if turn not in turns:
            return found
        found.rewards[:] = found.judged[:] = 0
        stopped = np.zeros(len(found.rollouts), dtype=bool)
        rollouts = dataclasses.replace(found.rollouts, stopped=stopped)
        return dataclasses.replace(found, rollouts=rollouts, kinds=["truncated"] * len(stopped))

    monkeypatch.setattr(Sampling, "step", cut)


FIRST, EVER = range(3, 9), range(3, 1000)
"""Turns of the first attempt from step 4 on, and of all attempts."""


def test_a_run_that_collapses_ends_with_2_and_says_what_of(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, FIRST)
    path = write(tmp_path / "run", base, prompts, **PATIENT | {"on_collapse": "stop"})
    for _ in range(2):  # the same command again comes to the same end
        train(path, code=2)
        (*_, said) = (line for line in printed(path).splitlines() if line.startswith("error: "))
        assert "collapsed at step 5 (truncated" in said and "weights were healthy up to step 2" in said
        status = json.loads((tmp_path / "run/status.json").read_bytes())
        assert status["status"] == "failed" and "truncated" in status["collapse"] and status["error"] in said
        assert [line["step"] for line in lines(tmp_path / "run")] == [1, 2, 3, 4, 5]
        assert "truncated" in lines(tmp_path / "run")[-1]["collapse"]
    assert (tmp_path / "run/checkpoints/step-0000002").exists() and not (
        tmp_path / "run/checkpoints/step-0000001"
    ).exists()


def test_a_run_that_is_only_to_warn_trains_on_and_its_result_says_so(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, FIRST)
    (out,) = train(write(tmp_path / "run", base, prompts, **PATIENT | {"on_collapse": "warn"}))
    said = json.loads((out / "manifest.json").read_bytes())
    assert said["status"] == "finished" and "truncated" in said["collapse"] and said["rollbacks"] == 0
    assert [line["step"] for line in lines(out) if "truncated" in line.get("collapse", [])] == [5, 6, 7, 8]


class Died(BaseException):
    """In place of a kill, where a test has to know the moment."""


def dying(*args: Any, **more: Any) -> Any:
    raise Died


MOMENTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before it is written down": lambda patched: patched.setattr(collapse, "roll_back", dying),
    "before checkpoints are removed": lambda patched: after(patched, collapse, "roll_back", dying),
    "before it has loaded": lambda patched: patched.setattr(rl.Trainer, "_restore", dying),
    "before the next step": lambda patched: after(patched, rl.Trainer, "_roll_back", dying),
}


def after(patched: pytest.MonkeyPatch, where: Any, name: str, then: Callable[..., Any]) -> None:
    """Let something else happen once this was done."""
    plain = getattr(where, name)

    def both(*args: Any, **more: Any) -> Any:
        plain(*args, **more)
        then()

    patched.setattr(where, name, both)


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory, base: Path, prompts: Path) -> Path:
    """A run that has collapsed, gone back and come to its end."""
    with pytest.MonkeyPatch.context() as patched:
        planted(patched, FIRST)
        path = write(tmp_path_factory.mktemp("rolled") / "run", base, prompts, **PATIENT | {"on_collapse": "rollback"})
        return train(path)[0]


def test_a_rollback_goes_back_to_before_the_collapse_and_on_by_another_way(
    rolled: Path, base: Path, prompts: Path, tmp_path: Path
) -> None:
    said = json.loads((rolled / "manifest.json").read_bytes())
    assert said["status"] == "finished" and said["rollbacks"] == 1 and "truncated" in said["collapse"]
    (record,) = collapse.rollbacks(rolled)
    assert (record["seen"], record["to"]) == (5, 2) and "truncated" in record["names"]
    assert [line["step"] for line in lines(rolled)] == list(range(1, 9))
    assert [line["rollbacks"] for line in lines(rolled)] == [0, 0] + [1] * 6
    (never,) = train(write(tmp_path / "never", base, prompts, **PATIENT))
    assert curve(never)[:3] == curve(rolled)[:3]
    assert [line["reward"] for line in lines(never)[2:]] != [line["reward"] for line in lines(rolled)[2:]]
    asked = [[row["prompt_id"] for row in rl_runs.rollouts(out, 4)] for out in (never, rolled)]
    assert asked[0] != asked[1]
    assert "going back" in printed(rolled.with_suffix(".json"))


def test_a_run_that_died_before_its_first_step_goes_on_with_other_micro_batches_too(
    rolled: Path, base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, FIRST)
    more = PATIENT | {"on_collapse": "rollback", "save_steps": 100}
    path = write(tmp_path / "run", base, prompts, **more | {"micro_batch": 1})
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(rl.Trainer, "_round", dying)
        train(path)
    assert [path.name for path in (tmp_path / "run/checkpoints").glob("step-*")] == ["step-0000000"]
    (out,) = train(write(tmp_path / "run", base, prompts, **more | {"micro_batch": 8}))
    (record,) = collapse.rollbacks(out)
    assert record["to"] == 0
    assert [line["step"] for line in curve(out)] == list(range(9))


@pytest.mark.parametrize("moment", MOMENTS if ALL else list(MOMENTS)[:2])
def test_a_run_that_dies_in_a_rollback_comes_out_as_the_one_that_did_not(
    moment: str, rolled: Path, base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, FIRST)
    path = write(tmp_path / "run", base, prompts, **PATIENT | {"on_collapse": "rollback"})
    with monkeypatch.context() as patched, pytest.raises(Died):
        MOMENTS[moment](patched)
        train(path)
    (out,) = train(path)
    assert curve(out) == curve(rolled) and weights(out) == weights(rolled)
    assert collapse.rollbacks(out) == collapse.rollbacks(rolled)
    assert json.loads((out / "manifest.json").read_bytes())["rollbacks"] == 1


def test_a_run_that_collapses_again_and_again_ends(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, EVER)
    path = write(
        tmp_path / "run", base, prompts, **PATIENT | {"on_collapse": "rollback", "max_rollbacks": 1, "max_steps": 20}
    )
    train(path, code=2)
    assert "after 1 rollbacks" in printed(path)
    status = json.loads((tmp_path / "run/status.json").read_bytes())
    assert status["status"] == "failed" and status["rollbacks"] == 1
    steps = [line["step"] for line in lines(tmp_path / "run")]
    assert steps == list(range(1, steps[-1] + 1))


def rolling(rank: int, path: Path) -> list[int]:
    """On one rank: a run that collapses and goes back."""
    with pytest.MonkeyPatch.context() as patched:
        planted(patched, FIRST)
        return rl_runs.main(rank, "grpo", path)


@pytest.mark.skipif(not ALL, reason="not in the fast set: CURATE_TEST_ALL=1")
@pytest.mark.parametrize("parallel", ["fsdp", "ddp"])
def test_two_ranks_go_back_together(parallel: str, rolled: Path, base: Path, prompts: Path, tmp_path: Path) -> None:
    more = PATIENT | {"on_collapse": "rollback", "parallel": parallel, "micro_batch": 2}
    path = write(tmp_path / "run", base, prompts, **more)
    assert ranks.run(2, tmp_path / "scratch", rolling, path, seconds=120) == [[0], [0]], printed(path)
    close(tmp_path / "run", rolled)


# what is refused, and what a run leaves


def test_a_finished_run_is_not_started_again_and_another_one_not_in_its_folder(
    grpo: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = grpo
    path = write(straight, base, prompts, **KINDS[kind])
    before = {path: path.stat().st_mtime_ns for path in straight.rglob("*") if path.is_file()}
    train(path, kind=kind)
    assert before == {path: path.stat().st_mtime_ns for path in straight.rglob("*") if path.is_file()}
    others = {
        "lr": 1.0,
        "max_completion_length": 7,
        "prompts": str(rl_runs.prompts(tmp_path / "other.parquet", 13)),
        "seed": 1,
    }
    for name, value in others.items():
        train(write(straight, base, prompts, **KINDS[kind] | {name: value}), kind=kind, code=2)
        what = "was of the prompts" if name == "prompts" else f"was begun with {name} "
        assert what in printed(path).splitlines()[-1]
    out = rl_runs.cut(straight, tmp_path / "cut", 3)
    for name, value in others.items():
        train(path := write(out, base, prompts, **KINDS[kind] | {name: value}), kind=kind, code=2)
        assert name in printed(path).splitlines()[-1] and "error: " in printed(path).splitlines()[-1]
    said = json.loads((straight / "manifest.json").read_bytes())
    first, last = (rl_line for rl_line in curve(straight) if "held_out_reward" in rl_line and rl_line["step"] in (0, 5))
    assert said["held_out_reward"] == {"first": first["held_out_reward"], "last": last["held_out_reward"]}
    assert said["reward"] == last["reward"] and said["step"] == 5 and said["tokens"] == last["tokens"]
    assert (
        said["prompts"]
        == json.loads((straight / "checkpoints/step-0000005/manifest.json").read_bytes())["facts"]["prompts"]
    )


def test_a_reference_that_was_changed_meanwhile_is_refused(base: Path, prompts: Path, tmp_path: Path) -> None:
    mine = shutil.copytree(base, tmp_path / "base")
    (out,) = train(write(tmp_path / "run", mine, prompts, beta=0.1, max_steps=1))
    cut = rl_runs.cut(out, tmp_path / "cut" / "run", 1)
    rl_runs.base(mine, seed=1)
    train(path := write(cut, mine, prompts, beta=0.1, max_steps=1), code=2)
    assert "the checkpoint's reference_sha256 is " in printed(path)


def test_what_does_not_fit_into_memory_is_told_with_the_setting_to_change(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Learner, "look", full)
    train(path := write(tmp_path / "run", base, prompts), code=2)
    (said,) = (line for line in printed(path).splitlines() if line.startswith("error: "))
    assert "no memory is left to train on windows of " in said and "8 at a time; lower micro_batch" in said


def test_a_run_begins_with_the_weights_of_a_finished_one_of_any_trainer_and_with_no_moments(
    grpo: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    _, parent = grpo
    begun = {"max_steps": 2, "model": None, "held_out": 2}
    (child,) = train(write(tmp_path / "child", base, prompts, parent=str(parent), **begun))
    (copy,) = train(write(tmp_path / "copy", base, prompts, **begun | {"model": str(parent / "model")}))
    assert curve(child) == curve(copy) and weights(child) == weights(copy)
    path = write(tmp_path / "orphan", base, prompts, parent=str(tmp_path), **begun)
    train(path, code=2)
    assert "is no finished run with a model" in printed(path)


def test_rollouts_are_written_down_to_be_read(grpo: tuple[str, Path]) -> None:
    _, out = grpo
    for step in (1, 2, 4, 5):
        rows = rl_runs.rollouts(out, step)
        assert len(rows) == 24 and [row["number"] for row in rows] == 4 * list(range(6))
        assert {tuple(row) for row in rows} == {
            ("step", "prompt_id", "problem", "answer", "number", "reply", "reward", "kind", "tokens", "stopped")
        }
        assert all((row["reward"] == 1) == (row["kind"] == "right") for row in rows)
        assert all(rf"\boxed{{{row['answer']}}}" in row["reply"] for row in rows if row["kind"] == "right")
        assert all(row["stopped"] != (row["kind"] == "truncated") for row in rows)


def test_measured_prompts_are_never_trained_on_and_their_replies_have_the_same_seeds(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, measured, trained = Sampling.replies, [], set()

    def watched(self: Sampling, numbers: Any, group: int, turn: int, *args: Any) -> Any:
        found = plain(self, numbers, group, turn, *args)
        if turn == rl.HELD_OUT:
            measured.append((numbers.tolist(), found.rollouts.tokens.tolist(), found.limit))
        else:
            trained.update(numbers.tolist())
        return found

    monkeypatch.setattr(Sampling, "replies", watched)
    more = {"held_out": 3, "eval_steps": 2, "max_steps": 5, "max_completion_length": {"0": 4, "4": 9}, "lr": 1e-30}
    (out,) = train(write(tmp_path / "run", base, prompts, **more))
    assert [line["step"] for line in curve(out) if "held_out_reward" in line] == [0, 2, 4, 5]
    assert len(measured) == 4 and all(one == measured[0] for one in measured)  # nothing has moved
    assert measured[0][2] == 9
    assert len(trained) == 9 and not trained & set(measured[0][0])
