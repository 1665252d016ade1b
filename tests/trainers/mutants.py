"""Bugs that a trainer may have and a loss curve does not show, each a change of one place of the code, and the test that fails with it."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = ROOT / "trainers"
"""Not imported here: a process that judges a mutant must not have it yet."""


@dataclass(frozen=True)
class Mutant:
    """One bug. `was` stands exactly once in the files of `trainers/`, whichever it is, and becomes `now`."""

    name: str
    was: str
    now: str
    caught: str
    """The test that fails: file::name."""

    def planted(self, folder: Path) -> Path:
        """A copy of the package that has the bug, in a folder; it is where to import `trainers` from."""
        shutil.copytree(PACKAGE, folder / "trainers", ignore=shutil.ignore_patterns("__pycache__"))
        holders = {path: path.read_text().count(self.was) for path in sorted((folder / "trainers").rglob("*.py"))}
        found = [path for path, times in holders.items() if times]
        said = f"{self.was!r} of the mutant {self.name!r} stands {sum(holders.values())} times in trainers/, not once"
        assert sum(holders.values()) == 1, f"{said}; write the mutant for the code as it is now"
        text = found[0].read_text().replace(self.was, self.now)
        compile(text, str(found[0]), "exec")
        found[0].write_text(text)
        return folder

    @property
    def slug(self) -> str:
        """Its name as one word."""
        return re.sub(r"\W+", "-", self.name)


PLAIN = "test_equal.py::test_a_run_is_that_of_a_plain_loop_over_separate_documents"
ACCUMULATED = "test_equal.py::test_micro_batches_of_uneven_targets_change_nothing"
RESUMED = "test_equal.py::test_a_run_that_died_goes_on_bit_for_bit_into_the_decay_and_the_next_epoch[9]"
BRANCHED = "test_equal.py::test_six_steps_and_a_branch_of_four_are_one_run_of_ten"
WORLDS = "test_worlds.py::test_eight_micro_batches_on_each_of_two_ranks_are_those_of_one"
HELD_OUT = "test_held_out.py::test_it_is_the_same_for_any_ranks_and_micro_batches[2-more3]"
POISONED = "test_worlds.py::test_a_gradient_that_is_infinite_on_one_rank_moves_no_rank_and_is_counted_by_all[fsdp]"
PACKED = "test_model.py::test_a_packed_window_gives_what_its_documents_give_alone[llama-sdpa]"
MASTER = "test_model.py::test_master_weights_are_fp32_whatever_the_file_holds_and_ties_stay"
RATES = "test_schedule.py::test_values_at_the_corners_of_warmup_stable_and_decay_are_exact"
PAIRS = "test_losses.py::test_inputs_and_targets_of_a_window_of_three_documents_are_these_pairs"
GROUPS = "test_model.py::test_norms_and_biases_are_not_decayed_and_embeddings_by_choice"

BACKWARD = "                (total * scale).backward()"
CALL = "input_ids=tokens, position_ids=position_ids, attention_mask=None, use_cache=False"

OF_THE_TOYS = [
    Mutant(
        "the loss is a mean of the micro-batches' means",
        BACKWARD,
        "                (total / given[2][rows].sum().clamp(min=1) / self.accumulation).backward()",
        PLAIN,
    ),
    Mutant(
        "gradients of micro-batches are added up and not averaged",
        BACKWARD,
        "                (total * scale * self.accumulation).backward()",
        ACCUMULATED,
    ),
    Mutant("documents see each other", CALL, CALL.replace("None", "tokens.new_ones(tokens.shape)"), PACKED),
    Mutant(
        "master weights are bf16", '"dtype": torch.float32, "use_safe', '"dtype": torch.bfloat16, "use_safe', MASTER
    ),
    Mutant(
        "the optimizer's state is lost at a resume",
        "return load(path, model, optimizer, digests=False)",
        "return load(path, model, digests=False)",
        RESUMED,
    ),
    Mutant(
        "data is off by one after a resume",
        'self.mix.load_state_dict(facts["data"])',
        'self.mix.load_state_dict(facts["data"] | {"windows": facts["data"]["windows"] + 1})',
        RESUMED,
    ),
    Mutant(
        "data begins anew after a resume",
        'self.mix.load_state_dict(facts["data"])',
        'self.mix.load_state_dict(facts["data"] | {"windows": 0})',
        RESUMED,
    ),
    Mutant(
        "the learning rate begins anew after a resume",
        'self.step, self.tokens, self.targets = facts["step"], facts["tokens"], facts["targets"]',
        'self.step, self.tokens, self.targets = facts["step"], 0, facts["targets"]',
        RESUMED,
    ),
    Mutant(
        "each micro-batch is clipped",
        BACKWARD,
        f"{BACKWARD}\n                models.clipped(self.parameters, self.run.max_grad_norm)",
        ACCUMULATED,
    ),
    Mutant("nothing is clipped", "math.inf if max_norm is None else max_norm", "math.inf", PLAIN),
]
"""Those that toy trainers were broken with. The loss curve shows one of them plainly, and two look better than the truth."""

MORE = [
    Mutant(
        "labels cross documents", "wanted = loss_mask[:, 1:]", "wanted = loss_mask[:, 1:] | (tokens[:, 1:] > 0)", PAIRS
    ),
    Mutant("the mask is that of the token before", "wanted = loss_mask[:, 1:]", "wanted = loss_mask[:, :-1]", PAIRS),
    Mutant("positions run on through a window", CALL, CALL.replace("=position_ids", "=None"), PACKED),
    Mutant("the world is forgotten in the mean", "scale = self.place.world / max(", "scale = 1 / max(", WORLDS),
    Mutant(
        "each rank divides by its own targets",
        "targets = models.total_over_ranks(self.sources.summed(counts, sources))",
        "targets = self.sources.summed(counts, sources)",
        WORLDS,
    ),
    Mutant(
        "all ranks read the same windows",
        "self.mix.numbers(consumed, self.run.batch_size, self.place.rank, self.place.world)",
        "self.mix.numbers(consumed, self.run.batch_size, 0, self.place.world)",
        WORLDS,
    ),
    Mutant("gradients are summed in bf16", "reduce_dtype=torch.float32", "reduce_dtype=torch.bfloat16", WORLDS),
    Mutant(
        "only the first micro-batch is summed over ranks",
        "n == self.accumulation - 1",
        "n == 0",
        WORLDS,
    ),
    Mutant(
        "each shard is clipped by a norm of its own",
        "norm = nn.utils.clip_grad_norm_(parameters, math.inf if max_norm is None else max_norm)",
        "norm = nn.utils.get_total_norm([getattr(p.grad, '_local_tensor', p.grad) for p in parameters])\n"
        "    nn.utils.clip_grads_with_norm_(parameters, max_norm or math.inf, norm)",
        WORLDS,
    ),
    Mutant("gradients stay for the next step", "self.optimizer.zero_grad(set_to_none=True)", "pass", PLAIN),
    Mutant("norms and biases are decayed", "matrix = parameter.ndim >= 2 and (", "matrix = (", GROUPS),
    Mutant("embeddings are always decayed", "(decay_embeddings or id(", "(True or id(", PLAIN),
    Mutant(
        "the warm-up begins at zero",
        "self.peak * (tokens + step) / self.warmup",
        "self.peak * tokens / self.warmup",
        RATES,
    ),
    Mutant("the decay counts its own step", "done = (tokens - (", "done = (tokens + step - (", RATES),
    Mutant("the decay ends at zero and not at the floor", "self.floor + (1 - self.floor) * left", "left", RATES),
    Mutant("the betas are swapped", "run.lr, (run.beta1, run.beta2)", "run.lr, (run.beta2, run.beta1)", PLAIN),
    Mutant(
        "a step that is not finite is taken",
        "if finite := math.isfinite(loss) and math.isfinite(norm):",
        "if (finite := math.isfinite(loss) and math.isfinite(norm)) or True:",
        POISONED,
    ),
    Mutant(
        "skipped steps are forgotten at a resume",
        'self.skipped = facts["skipped"]',
        "self.skipped = 0",
        "test_equal.py::test_a_skipped_step_is_remembered_by_a_resume",
    ),
    Mutant(
        "every epoch is the first", "self.mix.numbers(consumed,", "self.mix.numbers(consumed % len(self.mix),", PLAIN
    ),
    Mutant(
        "the batch that was read ahead is trained on twice",
        "self.reader.submit(self.windows, self.mix.consumed + self.run.batch_size)",
        "self.reader.submit(self.windows, self.mix.consumed)",
        PLAIN,
    ),
    Mutant(
        "a batch that was read ahead counts as consumed",
        '"data": self.mix.state_dict()',
        '"data": {**self.mix.state_dict(), "windows": self.mix.consumed + self.run.batch_size}',
        RESUMED,
    ),
    Mutant(
        "a branch loses the moments of its parent",
        "checkpoint.load(",
        "(lambda path, model, _: checkpoint.load(path, model))(",
        BRANCHED,
    ),
    Mutant(
        "the head is not tied after loading",
        "        return AutoModelForCausalLM.from_pretrained(name, config=config, **options)",
        "        model = AutoModelForCausalLM.from_pretrained(name, config=config, **options)\n"
        "        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())\n"
        "        return model",
        MASTER,
    ),
    Mutant(
        "the held-out loss counts the windows that fill up a rank",
        'window["loss_mask"][np.array(numbers) < 0] = False',
        "pass",
        HELD_OUT,
    ),
    Mutant(
        "each rank has a held-out loss of its own",
        "losses, targets = models.total_over_ranks(sums)",
        "losses, targets = sums",
        HELD_OUT,
    ),
]

MUTANTS = OF_THE_TOYS + MORE


def verdict(rank: int, package: Path, folder: Path, tests: list[str]) -> int:
    """In a process of its own: pytest's exit code for some tests with the trainers of a folder."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(package))
    import trainers

    assert trainers.__path__ == [str(package / "trainers")]
    names = [str(HERE / name) for name in tests]
    asked = ["-x", "-q", "-p", "no:cacheprovider", "--show-capture=no", "-o", f"pythonpath={package} {ROOT}"]
    with (folder / "log").open("w") as log:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
        return int(pytest.main([*asked, "--basetemp", str(folder / "tests"), *names]))
