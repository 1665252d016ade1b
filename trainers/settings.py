"""The settings of a mid-training run, as they stand in `run.json` and, but for where things lie, in a recipe's `train:` entry.

No torch here, so `curate` and tests can check an entry where nothing is trained. What only a model, a mixture or the number of ranks can
refute (a batch that they cannot share, a config that is no model) is refused by the trainer when it starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from curate.errors import CurateError
from trainers._settings import Rules, made, said_in
from trainers.schedule import SHAPES, Schedule

FAMILIES = ("llama", "qwen2", "qwen3")
"""Whose logits are the head times the decoder's output, and whose packed rows are tested to be apart."""


@dataclass(frozen=True)
class Run:
    """The settings of a run. The weights come from one of `model`, `parent` and `config`."""

    out: str
    """Folder of the run; made if it is not there, resumed if it holds checkpoints."""
    mixture: str
    """Folder of a mixture."""
    lr: float
    """Peak learning rate."""
    max_steps: int
    """Updates of the weights."""
    batch_size: int
    """Windows of one step, of all ranks together."""
    name: str | None = None
    """What the run is called, such as long-cot/midtrain; the folder's name if not said."""
    lock: str | None = None
    """SHA-256 of the lock file of the recipe that the mixture is of; checkpoints carry it."""
    model: str | None = None
    """Folder of a model, or its name in the hub's cache: owner/name or owner/name@revision."""
    parent: str | None = None
    """A finished run's folder, or a checkpoint, to branch from: its weights and moments, but this run's data and schedule."""
    from_tokens: int | None = None
    """Branch from the checkpoint of the parent, a run's folder, that is nearest to so many tokens; the parent keeps it by keep_steps."""
    config: dict[str, Any] | None = None
    """A new model: transformers' config, with its model_type. Weights are drawn by the seed, sizes of the vocabulary are the mixture's."""
    tokenizer: str | None = None
    """Folder of the model's tokenizer.json, if it is not the model's folder."""
    micro_batch: int = 1
    """Windows that one rank takes at a time."""
    lr_scheduler: str = "constant"
    """constant, cosine, linear or one_minus_sqrt."""
    min_lr_ratio: float = 0.0
    """Learning rate at the end of the decay, as a share of the peak."""
    warmup_steps: int = 0
    """Steps of linear warm-up."""
    warmup_tokens: int | None = None
    """The same in tokens, in place of warmup_steps."""
    decay_steps: int | None = None
    """Steps of the decay, the last of the run; all that follow the warm-up if not said."""
    optimizer: str = "adamw"
    """adamw, or adamw_8bit, whose moments take a quarter (extra optim8)."""
    weight_decay: float = 0.1
    """Of the optimizer, on matrices."""
    decay_embeddings: bool = True
    """Whether embeddings are decayed too."""
    beta1: float = 0.9
    """Of the optimizer."""
    beta2: float = 0.95
    """Of the optimizer."""
    eps: float = 1e-8
    """Of the optimizer."""
    max_grad_norm: float | None = 1.0
    """The gradient is scaled down to this norm; null: never."""
    max_skipped: int = 20
    """A run ends with an error after so many steps in a row whose loss or gradient is not finite."""
    parallel: str = "fsdp"
    """fsdp: a shard of the states on each rank; ddp: all of them."""
    dtype: str = "bfloat16"
    """In which layers compute; weights, moments and sums of gradients are fp32."""
    attention: str | None = None
    """varlen, which computes within documents only, or an implementation of transformers; varlen on a CPU if not said, else sdpa."""
    activation_checkpointing: bool = True
    """Layers are computed again in the backward pass, which costs a quarter of the time and saves most of the memory."""
    compile: bool = False
    """torch.compile, layer by layer."""
    reduce_each: bool = False
    """Sum gradients over ranks after each micro-batch, and not after the last only: slower, and less memory under fsdp."""
    seed: int = 0
    """Of new weights, and of dropout where a model has it; the order of data is the mixture's."""
    eval_steps: int | None = None
    """Steps between losses on the held-out windows, which come at step 0 and at the end too; a tenth of the run if not said."""
    save_steps: int = 500
    """Steps between checkpoints."""
    keep: int = 2
    """How many checkpoints stay."""
    keep_steps: int | None = None
    """A checkpoint at each multiple of so many steps stays for ever, for others to branch from."""
    report_to: list[str] = field(default_factory=list)
    """tensorboard, wandb: where metrics go besides metrics.jsonl. W&B is offline unless WANDB_MODE says otherwise."""

    FREE: ClassVar[tuple[str, ...]] = (
        "out", "name", "lock", "mixture", "tokenizer", "micro_batch", "parallel", "attention", "activation_checkpointing", "compile",
        "reduce_each", "eval_steps", "save_steps", "keep", "keep_steps", "report_to",
    )  # fmt: skip
    """Settings that a resumed run may change: they do not change what is trained, or (mixture, tokenizer) what they name is compared."""


RULES = Rules(
    choices={
        "lr_scheduler": tuple(SHAPES),
        "optimizer": ("adamw", "adamw_8bit"),
        "parallel": ("fsdp", "ddp"),
        "dtype": ("bfloat16", "float32"),
        "report_to": ("tensorboard", "wandb"),
    },
    positive=(
        "lr", "max_steps", "batch_size", "micro_batch", "max_grad_norm", "max_skipped", "eps", "eval_steps", "save_steps", "keep",
        "keep_steps",
    ),
    tokens=("warmup_tokens", "from_tokens"),
    below_one=("beta1", "beta2"),
)  # fmt: skip
MOST_WINDOWS = 1 << 16
"""No step has more: what is meant are tokens then."""


def read(path: Path) -> Run:
    """The settings in a file. CurateError in one line for what `checked` refuses, and for what is no JSON."""
    return checked(said_in(path), str(path))


def checked(said: dict[str, Any], where: str) -> Run:
    """Settings as a `Run`. CurateError in one line for what is unknown, missing, of another type, out of range or said twice.

    where: what they stand in, for the message.
    """
    run = made(Run, said, where, RULES)
    _refuse_together(run, where)
    return run


def _refuse_together(run: Run, where: str) -> None:
    """CurateError for settings that contradict each other, and where nothing says which weights a run begins with."""
    if run.batch_size > MOST_WINDOWS:
        said = f"batch_size {run.batch_size:,} counts windows, not tokens, and a step has at most {MOST_WINDOWS:,}"
        raise CurateError(f"{said}; divide the tokens of a step by the mixture's seq_len", where=where)
    if run.warmup_tokens is not None and run.warmup_steps:
        raise CurateError("warmup_steps and warmup_tokens say the same thing; keep one", where=where)
    if not (run.model or run.parent or run.config):
        raise CurateError(
            "model is missing; name a model, the parent of a branch, or the config of a new model", where=where
        )
    if not (run.tokenizer or run.model):
        raise CurateError("tokenizer is missing; name the folder that holds its tokenizer.json", where=where)
    if run.config and (run.model or run.parent):
        said = "model" if run.model else "parent"
        raise CurateError(f"config is of a new model, and {said} names one; keep one of them", where=where)
    if run.config and run.config.get("model_type") not in FAMILIES:
        raise CurateError(untried(run.config.get("model_type")), where=where)
    if run.from_tokens is not None and not run.parent:
        raise CurateError("from_tokens is a place in the parent's run; name the parent", where=where)


def untried(family: Any) -> str:
    """What is wrong with a family of models that is not one of `FAMILIES`."""
    return f"models of type {family} were not tried; these were: {', '.join(FAMILIES)}"


def schedule_of(run: Run, step_tokens: int) -> Schedule:
    """The learning rate of a run whose steps take so many tokens. CurateError for lengths that do not fit."""
    warmup = run.warmup_steps * step_tokens if run.warmup_tokens is None else run.warmup_tokens
    decay = None if run.decay_steps is None else run.decay_steps * step_tokens
    try:
        return Schedule(run.lr, run.max_steps * step_tokens, run.lr_scheduler, warmup, decay, run.min_lr_ratio)
    except ValueError as error:
        raise CurateError(f"{error}; change warmup_steps, decay_steps, min_lr_ratio or max_steps") from error


def accumulation(run: Run, world: int) -> int:
    """Micro-batches of each rank in a step. CurateError if the batch is no whole number of them."""
    if run.batch_size % (world * run.micro_batch):
        said = f"batch_size {run.batch_size} is no multiple of {world} ranks x micro_batch {run.micro_batch}"
        raise CurateError(f"{said}; change one of them")
    return run.batch_size // (world * run.micro_batch)
