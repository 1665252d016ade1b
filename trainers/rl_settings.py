"""The settings of a run of reinforcement learning, as they stand in `run.json` and, but for where things lie, in a recipe's `train:` entry.

A *step* is one round: rollouts for `prompts_per_step` prompts, and the updates that are made of them. What GRPO and PPO share stands in
`Settings`; docs/names.md has what TRL and verl call the same. There is no top_p and no top_k, and there will be none: the probabilities of
a sampler that leaves words out are not those of the policy that is trained.

No torch here, so `curate` and tests can check an entry where nothing is trained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from curate.errors import CurateError
from trainers._settings import Rules, made, said_in
from trainers.monitors import checked_bounds
from trainers.schedule import SHAPES

PROBLEM = "{problem}"
"""Stands in a template for the problem; all other braces are themselves."""
TEMPLATES = {
    "simple": "Question:{problem}\nAnswer:",
    "complex": (
        "A conversation between a User and an Assistant. The User asks a question. The Assistant first thinks about how to solve it, "
        "step by step, and then gives the answer.\nUser: Put the final answer in \\boxed{}, for it is read by a program.\n{problem}\n"
        "Assistant:"
    ),
}
"""What a model is shown. `simple` is OctoThinker's (arXiv 2506.20512); `complex` has the form of Open-Reasoner-Zero's without tags, in our
words, because the paper does not print its own."""
STOPS = {"simple": ["\nQuestion:"], "complex": ["User:", "Assistant:"]}
"""Where a reply to a template of ours ends, if a recipe does not say."""


@dataclass(frozen=True)
class Settings:
    """What GRPO and PPO share. The weights come from one of `parent` and `model`."""

    out: str
    """Folder of the run; made if it is not there, resumed if it holds checkpoints."""
    prompts: str
    """Parquet file of prompts: id, problem, answer."""
    lr: float
    """Peak learning rate of the policy."""
    max_steps: int
    """Rounds of rollouts."""
    max_completion_length: int | dict[str, int]
    """Longest reply in tokens, or how long from which step on: {0: 2048, 100: 4096, 160: 8192}."""
    num_generations: int = 16
    """Rollouts of each prompt, the group."""
    prompts_per_step: int = 128
    """Prompts of one step."""
    mini_batch: int | None = None
    """Prompts of one update, a divisor of prompts_per_step; all of them if not said."""
    passes: int = 1
    """How often the rollouts of a step are gone through."""
    name: str | None = None
    """What the run is called, such as long-cot/grpo; the folder's name if not said."""
    lock: str | None = None
    """SHA-256 of the lock file of the recipe; checkpoints carry it."""
    parent: str | None = None
    """A finished run's folder: its model is where training begins."""
    model: str | None = None
    """Folder of a model, or its name in the hub's cache: owner/name or owner/name@revision."""
    tokenizer: str | None = None
    """Folder of the model's tokenizer.json, if it is not the model's folder."""
    template: str = "simple"
    """simple, complex, or a text with {problem} in it."""
    stop: list[str] | None = None
    """A reply ends where one of these begins; those of the template if not said."""
    bos: bool | None = None
    """Whether a prompt begins with the tokenizer's first token, once; as the tokenizer does it if not said."""
    max_prompt_length: int = 1024
    """Longest prompt in tokens; a longer one is left out and counted, never cut."""
    temperature: float = 1.0
    """Of sampling, and of the probabilities that are trained."""
    # the loss
    epsilon: float = 0.2
    """How far below 1 the ratio of probabilities counts."""
    epsilon_high: float | None = None
    """How far above; as epsilon if not said. DAPO's clip-higher has 0.28."""
    dual_clip: float | None = None
    """Bound of the ratio for rollouts that were worse than expected, such as 3; null: none."""
    loss_type: str = "token"
    """How a mini-batch is summed up: token (mean over all tokens), sequence (mean of the sequences' means), constant (sum over tokens, by
    sequences times loss_length)."""
    loss_length: int | None = None
    """Tokens that loss_type constant divides by; the longest max_completion_length if not said, so that a longer stage keeps its scale."""
    beta: float = 0.0
    """Coefficient of the KL divergence from the model at the beginning; at 0 that model is not loaded."""
    kl: str = "k3"
    """Its estimator in the loss: k2 or k3 (Schulman). k1 has no gradient in expectation."""
    entropy_bonus: float = 0.0
    """Coefficient of the entropy, which is added to what is maximised."""
    importance_cap: float | None = 2.0
    """Truncated importance sampling: the trainer's probability of a token over the sampler's weighs it, up to this; null: it does not."""
    mismatch_kl_limit: float = 5e-4
    """A step whose mean KL between sampler and trainer is larger is not trained on; three in a row end the run."""
    mask_truncated: bool = False
    """Replies that ran into max_completion_length bear no loss; otherwise they are wrong answers as any other."""
    overlong_buffer: int = 0
    """Tokens before the longest length in which a reward falls to -1 (DAPO's soft punishment); 0: none."""
    # prompts without a signal
    zero_variance: str = "keep"
    """Groups whose rewards are all alike: keep (they have no advantage), or resample (other prompts take their place)."""
    max_resamples: int = 3
    """How often in a step; what is missing then stays missing, and is counted."""
    # what ends badly
    on_collapse: str = "stop"
    """stop, rollback (to the newest checkpoint before it was seen, which is left in peace for as many steps), or warn."""
    collapse_patience: int = 5
    """A collapse is seen when a monitor is beyond its bound for so many steps in a row."""
    monitors: dict[str, float] = field(default_factory=dict)
    """Bounds of monitors in place of ours (`trainers/monitors.py`)."""
    max_rollbacks: int = 2
    """The run ends after so many."""
    # held out
    held_out: int = 0
    """Prompts that are never trained on, by the hash of their id; replies to them are measured."""
    eval_steps: int | None = None
    """Steps between these measurements, which come at step 0 and at the end too; a tenth of the run if not said."""
    eval_generations: int = 4
    """Replies to each of them, sampled at the same temperature."""
    # the optimizer
    lr_scheduler: str = "constant"
    """constant, cosine, linear or one_minus_sqrt, over updates."""
    min_lr_ratio: float = 0.0
    """Learning rate at the end of the decay, as a share of the peak."""
    warmup_steps: int = 0
    """Steps of linear warm-up."""
    optimizer: str = "adamw"
    """adamw, or adamw_8bit (extra optim8)."""
    weight_decay: float = 0.0
    """Of the optimizer, on matrices."""
    beta1: float = 0.9
    """Of the optimizer."""
    beta2: float = 0.99
    """Of the optimizer."""
    eps: float = 1e-8
    """Of the optimizer."""
    max_grad_norm: float | None = 1.0
    """The gradient is scaled down to this norm; null: never."""
    max_skipped: int = 20
    """A run ends with an error after so many updates in a row whose loss or gradient is not finite."""
    seed: int = 0
    """Of the order of prompts, of sampling, and of a critic's new weights."""
    # how it is laid out on a machine
    engine: str = "hf"
    """Who samples: hf (transformers, any machine) or vllm (a GPU; extra vllm)."""
    generation_batch: int = 256
    """Replies that a rank samples at a time."""
    gpu_memory_utilization: float = 0.4
    """Share of a GPU that vllm takes."""
    micro_batch: int = 1
    """Windows that one rank trains on at a time; a window is as long as the longest rollout of the step and holds several short ones."""
    parallel: str = "fsdp"
    """fsdp: a shard of the states on each rank; ddp: all of them."""
    dtype: str = "bfloat16"
    """In which layers compute; weights, moments, probabilities and sums of gradients are fp32."""
    attention: str | None = None
    """varlen, which computes within sequences only, or an implementation of transformers; varlen on a CPU if not said, else sdpa."""
    activation_checkpointing: bool = True
    """Layers are computed again in the backward pass."""
    compile: bool = False
    """torch.compile, layer by layer."""
    save_steps: int = 10
    """Steps between checkpoints."""
    keep: int = 2
    """How many checkpoints stay."""
    keep_steps: int | None = None
    """A checkpoint at each multiple of so many steps stays for ever."""
    rollout_steps: int = 10
    """Steps between rollouts that are written down to be read (`rollouts/`); the first and the last step are too."""
    report_to: list[str] = field(default_factory=list)
    """tensorboard, wandb: where metrics go besides metrics.jsonl. W&B is offline unless WANDB_MODE says otherwise."""

    FREE: ClassVar[tuple[str, ...]] = (
        "out", "name", "lock", "prompts", "tokenizer", "engine", "generation_batch", "gpu_memory_utilization", "micro_batch", "parallel",
        "attention", "activation_checkpointing", "compile", "eval_steps", "save_steps", "keep", "keep_steps", "rollout_steps", "report_to",
    )  # fmt: skip
    """Settings that a resumed run may change: they do not change what is trained, or (prompts, tokenizer) what they name is compared."""

    @property
    def lengths(self) -> dict[int, int]:
        """From which step on replies may be how long."""
        said = self.max_completion_length
        return {int(step): length for step, length in said.items()} if isinstance(said, dict) else {0: said}

    @property
    def template_text(self) -> str:
        """The template itself."""
        return TEMPLATES.get(self.template, self.template)

    @property
    def stops(self) -> list[str]:
        """Where a reply ends."""
        return STOPS.get(self.template, []) if self.stop is None else self.stop

    @property
    def updates(self) -> int:
        """Updates of one step."""
        return self.passes * (self.prompts_per_step // (self.mini_batch or self.prompts_per_step))


@dataclass(frozen=True)
class GRPO(Settings):
    """Group relative policy optimisation (DeepSeekMath, arXiv 2402.03300, section 4). Dr. GRPO (arXiv 2503.20783): scale_rewards false
    and loss_type constant; DAPO (arXiv 2503.14476): epsilon_high 0.28, loss_type token, zero_variance resample, overlong_buffer."""

    scale_rewards: bool = True
    """Advantages are divided by the standard deviation of their group."""


@dataclass(frozen=True)
class PPO(Settings):
    """Proximal policy optimisation with a critic (arXiv 1707.06347), as Open-Reasoner-Zero has it (arXiv 2503.24290)."""

    critic_lr: float = 5e-6
    """Peak learning rate of the critic."""
    critic_warmup_steps: int = 0
    """First steps, in which the critic alone is trained."""
    gamma: float = 1.0
    """Discount of what comes a token later."""
    lam: float = 1.0
    """GAE's lambda (arXiv 1506.02438): 1 for returns as they are, less for the critic's word."""
    value_clip: float | None = 0.2
    """How far a value may move from the one before the update, for the loss; null: any."""
    whiten: bool = True
    """Advantages of a step are brought to mean 0 and variance 1."""


RULES = Rules(
    choices={
        "kl": ("k2", "k3"),
        "loss_type": ("token", "sequence", "constant"),
        "zero_variance": ("keep", "resample"),
        "on_collapse": ("stop", "rollback", "warn"),
        "engine": ("hf", "vllm"),
        "lr_scheduler": tuple(SHAPES),
        "optimizer": ("adamw", "adamw_8bit"),
        "parallel": ("fsdp", "ddp"),
        "dtype": ("bfloat16", "float32"),
        "report_to": ("tensorboard", "wandb"),
    },
    positive=(
        "lr", "critic_lr", "max_steps", "num_generations", "prompts_per_step", "mini_batch", "passes", "max_prompt_length", "temperature",
        "epsilon", "epsilon_high", "dual_clip", "loss_length", "importance_cap", "mismatch_kl_limit", "collapse_patience", "eval_steps",
        "eval_generations", "eps", "max_grad_norm", "max_skipped", "generation_batch", "gpu_memory_utilization", "micro_batch",
        "save_steps", "keep", "keep_steps", "rollout_steps", "value_clip",
    ),
    below_one=("epsilon", "beta1", "beta2"),
    at_most_one=("gamma", "lam", "min_lr_ratio", "gpu_memory_utilization"),
)  # fmt: skip

S = TypeVar("S", bound=Settings)


def read(path: Path, kind: type[S]) -> S:
    """The settings in a file. CurateError in one line for what is wrong with them, and for what is no JSON."""
    return _checked(kind, said_in(path), str(path))


def checked_grpo(said: dict[str, Any], where: str) -> GRPO:
    """Settings of a GRPO run. CurateError in one line for what is wrong with them. where: what they stand in, for the message."""
    return _checked(GRPO, said, where)


def checked_ppo(said: dict[str, Any], where: str) -> PPO:
    """Settings of a PPO run. CurateError in one line for what is wrong with them. where: what they stand in, for the message."""
    return _checked(PPO, said, where)


def _checked(kind: type[S], said: dict[str, Any], where: str) -> S:
    run = made(kind, said, where, RULES)
    _refuse_lengths(run, where)
    _refuse_template(run, where)
    _refuse_together(run, where)
    checked_bounds(run.monitors, where)
    return run


def _refuse_lengths(run: Settings, where: str) -> None:
    said: Any = run.max_completion_length
    for step, length in said.items() if isinstance(said, dict) else [("0", said)]:
        known = isinstance(length, int) and not isinstance(length, bool) and 0 < length <= 1 << 20
        if not (str(step).isascii() and str(step).isdecimal() and known):
            one = f"{step}: {length}" if isinstance(said, dict) else f"{length}"
            raise CurateError(f"max_completion_length is {one[:80]}, and must be tokens, such as 4096", where=where)
    if 0 not in run.lengths or len(run.lengths) != len(said if isinstance(said, dict) else [0]):
        raise CurateError("max_completion_length does not say how long from step 0 on, once", where=where)
    if run.overlong_buffer > min(run.lengths.values()):
        raise CurateError("overlong_buffer is longer than max_completion_length", where=where)


def _refuse_template(run: Settings, where: str) -> None:
    if run.template_text.count(PROBLEM) != 1:
        raise CurateError(f"template must be simple, complex, or a text with {PROBLEM} in it, once", where=where)
    if any(not one for one in run.stops):
        raise CurateError("stop has an empty text, which stands everywhere", where=where)


def _refuse_together(run: Settings, where: str) -> None:
    """CurateError for settings that contradict each other, and where nothing says which weights a run begins with."""
    if bool(run.model) == bool(run.parent):
        raise CurateError("name one of model and parent, where training begins", where=where)
    if run.num_generations < 2 and isinstance(run, GRPO):
        raise CurateError(
            "num_generations is 1, and a group needs two: nothing would be better than the mean", where=where
        )
    if run.mini_batch and run.prompts_per_step % run.mini_batch:
        said = (
            f"mini_batch {run.mini_batch} does not divide prompts_per_step {run.prompts_per_step}; both count prompts"
        )
        raise CurateError(said, where=where)
    for name in ("warmup_steps", "critic_warmup_steps"):
        if (steps := getattr(run, name, 0)) > run.max_steps:
            raise CurateError(f"{name} {steps:,} is more than max_steps {run.max_steps:,}; lower it", where=where)
    if run.dual_clip is not None and run.dual_clip <= 1:
        raise CurateError("dual_clip is a bound of the ratio above 1, such as 3", where=where)
    if run.loss_length is not None and run.loss_type != "constant":
        raise CurateError("loss_length is for loss_type constant; take one of them out", where=where)
