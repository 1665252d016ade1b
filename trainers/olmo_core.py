"""A run of ours in another engine: OLMo-core's Trainer on what `curate export R --as olmo-core --train NAME --to DIR` wrote.

    torchrun --nproc-per-node 8 -m trainers.olmo_core DIR OUT          # octocurate[train] and ai2-olmo-core are installed
    python -m trainers.olmo_core DIR OUT                               # one process

The loop, the optimizer, parallelism, checkpoints (OUT/step*) and the loss are OLMo-core's. Ours are the windows, which its loader reads in
order with their label masks and documents, the learning rate of each step, and which parameters are decayed. `OUT/metrics.jsonl` has a line
per step: step, loss, lr. Without flash-attn, attention within documents is our `varlen`, for its own SDPA has none.

What differs: ranks' means are averaged, where ours divides by the targets of all ranks (the same for one rank, or where windows have as many
targets); rotary positions run through a window, which attention within documents cannot tell; a step that is not finite is not skipped.
Refused: other models than Llama, biases, `parent:`, 8-bit states. Left out: export to transformers, which is OLMo-core's own script.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from olmo_core.config import DType
from olmo_core.data import DataCollator, NumpyDataLoaderBase, NumpyFSLDataset
from olmo_core.distributed.parallel import DataParallelType
from olmo_core.distributed.utils import get_rank, get_world_size, is_distributed
from olmo_core.nn.attention import AttentionBackendName
from olmo_core.nn.attention.backend import TorchAttentionBackend
from olmo_core.nn.feed_forward import FeedForwardConfig
from olmo_core.nn.hf.convert import convert_state_from_hf
from olmo_core.nn.rope import StepwiseRoPEScalingConfig
from olmo_core.nn.transformer import TransformerConfig
from olmo_core.optim import AdamWConfig, OptimGroupOverride, Scheduler
from olmo_core.optim.scheduler import SchedulerUnits
from olmo_core.train import Duration, TrainerConfig, prepare_training_environment, teardown_training_environment
from olmo_core.train.callbacks import Callback, CheckpointerCallback
from olmo_core.train.train_module import (
    TransformerActivationCheckpointingConfig,
    TransformerDataParallelConfig,
    TransformerTrainModuleConfig,
)
from torch import Tensor
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

from curate.errors import CurateError
from trainers import attention
from trainers import model as models
from trainers.schedule import Schedule
from trainers.settings import Run, accumulation, read, schedule_of


class Windows(NumpyFSLDataset):
    """The windows of an export, each with the lengths of its documents, which an end token cannot tell where one was cut."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        masks = sorted(folder.glob("labels_mask_part_*.npy"))
        super().__init__(
            *sorted(folder.glob("token_ids_part_*.npy")),
            sequence_length=facts["seq_len"],
            pad_token_id=facts["pad_id"],
            eos_token_id=facts["eos_id"],
            vocab_size=facts["vocab"],
            dtype=np.dtype(facts["dtype"]).type,
            label_mask_paths=list(masks),
            generate_doc_lengths=True,  # for the made-up batch of its dry run; those of windows are ours
        )
        self._lengths = np.load(folder / "document_lengths.npy", mmap_mode="r")
        self._edges = np.load(folder / "document_edges.npy", mmap_mode="r")

    def __getitem__(self, index: int) -> dict[str, Any]:
        lengths = self._lengths[self._edges[index] : self._edges[index + 1]]
        return {**super().__getitem__(index), "doc_lens": torch.from_numpy(np.array(lengths, dtype=np.int64))}


def loader(folder: Path, facts: dict[str, Any], batch_size: int, work: Path, rank: int = 0, world: int = 1) -> Any:
    """OLMo-core's loader over an export, which keeps its order."""
    data = Windows(folder, facts)
    data.work_dir = work
    return NumpyDataLoaderBase.wrap_numpy_dataset(
        data,
        global_batch_size=batch_size * facts["seq_len"],
        collator=DataCollator(pad_token_id=facts["pad_id"]),
        work_dir=work,
        shuffle=False,
        dp_rank=rank,
        dp_world_size=world,
        target_device_type="cuda" if torch.cuda.is_available() else "cpu",
    )


@dataclass
class ByTokens(Scheduler):
    """Our learning rate of the step that ends at the tokens which OLMo-core counts before it."""

    ours: Schedule | None = None
    step_tokens: int = 0
    units: SchedulerUnits = SchedulerUnits.tokens

    def get_lr(self, initial_lr: float | Tensor, current: int, t_max: int) -> float:
        assert self.ours is not None
        return self.ours.lr(current - self.step_tokens, self.step_tokens)


@dataclass
class Lines(Callback):
    """A line of metrics.jsonl for each step."""

    path: str = ""

    def log_metrics(self, step: int, metrics: dict[str, float]) -> None:
        if get_rank() == 0 and "train/CE loss" in metrics:
            line = {"step": step, "loss": metrics["train/CE loss"], "lr": metrics["optim/LR (group 0)"]}
            with Path(self.path).open("a") as file:
                file.write(json.dumps(line) + "\n")


class WithinDocuments(TorchAttentionBackend):
    """Its SDPA backend, but within documents."""

    def forward(self, qkv: Any, cu_doc_lens: Tensor | None = None, max_doc_len: int | None = None, **_: Any) -> Tensor:
        assert cu_doc_lens is not None and max_doc_len is not None
        query, key, value = (x.transpose(1, 2) for x in qkv)
        edges = cu_doc_lens.to(torch.int32)
        out, _none = attention.varlen(
            self, query, key, value, None, self.scale, cu_seq_lens_q=edges, max_length_q=max_doc_len
        )
        return out  # (B, T, H, D)


def configuration(config: Any, where: str) -> TransformerConfig:
    """OLMo-core's configuration of a Llama of transformers. CurateError for what it would compute otherwise."""
    rope = config.rope_parameters
    if config.model_type != "llama" or config.hidden_act != "silu" or config.attention_bias or config.mlp_bias:
        raise CurateError("only Llamas with SiLU and without biases are handed over to OLMo-core", where=where)
    if rope["rope_type"] not in ("default", "llama3"):
        raise CurateError(f"rotary embeddings of kind {rope['rope_type']} are not handed over", where=where)
    scaling = None
    if rope["rope_type"] == "llama3":
        scaling = StepwiseRoPEScalingConfig(
            factor=rope["factor"],
            low_freq_proportion=1 - 1 / rope["low_freq_factor"],
            high_freq_proportion=1 / rope["high_freq_factor"],
            old_context_len=rope["original_max_position_embeddings"],
        )
    try:
        AttentionBackendName.flash_2.assert_supported()
        backend = AttentionBackendName.flash_2
    except RuntimeError:
        backend = AttentionBackendName.torch
    return TransformerConfig.llama_like(
        d_model=config.hidden_size,
        vocab_size=config.vocab_size,
        n_layers=config.num_hidden_layers,
        n_heads=config.num_attention_heads,
        n_kv_heads=config.num_key_value_heads,
        head_dim=models.head_dim(config),
        layer_norm_eps=config.rms_norm_eps,
        rope_theta=int(rope["rope_theta"]),
        rope_scaling=scaling,
        feed_forward=FeedForwardConfig(hidden_size=config.intermediate_size, bias=False),
        tie_word_embeddings=config.tie_word_embeddings,
        attn_backend=backend,
    )


def engine(run: Run, facts: dict[str, Any]) -> Any:
    """OLMo-core's train module with the run's weights, optimizer and schedule."""
    if not run.model:
        raise CurateError("OLMo-core begins with a published model; hand over a run that names one")
    source: Any = models.load(run.model, "sdpa")
    model = configuration(source.config, run.model).build(init_device="cpu")
    for block in model.blocks.values():
        if type(block.attention.backend) is TorchAttentionBackend:
            block.attention.backend.__class__ = WithinDocuments
    step_tokens = run.batch_size * facts["seq_len"]
    low = DType.bfloat16 if run.dtype == "bfloat16" else None
    kind = DataParallelType.fsdp if run.parallel == "fsdp" else DataParallelType.ddp
    spread = TransformerDataParallelConfig(name=kind, param_dtype=low, reduce_dtype=DType.float32)
    plain = ["*norm.weight"] + ([] if run.decay_embeddings else ["embeddings.weight"])
    module = TransformerTrainModuleConfig(
        rank_microbatch_size=run.micro_batch * facts["seq_len"],
        max_sequence_length=facts["seq_len"],
        optim=AdamWConfig(
            lr=run.lr,
            betas=(run.beta1, run.beta2),
            eps=run.eps,
            weight_decay=run.weight_decay,
            fused=torch.cuda.is_available(),
            group_overrides=[OptimGroupOverride(params=plain, opts={"weight_decay": 0.0})],
        ),
        max_grad_norm=run.max_grad_norm,
        scheduler=ByTokens(ours=schedule_of(run, step_tokens), step_tokens=step_tokens),
        compile_model=run.compile,
        dp_config=spread if is_distributed() else None,
        ac_config=TransformerActivationCheckpointingConfig() if run.activation_checkpointing else None,
        autocast_precision=low if run.parallel == "ddp" or not is_distributed() else None,
    ).build(model)
    weights = convert_state_from_hf(source.config, source.state_dict(), model_type="llama")
    if source.config.tie_word_embeddings:
        weights.pop("lm_head.w_out.weight")
    options = StateDictOptions(full_state_dict=True, strict=not source.config.tie_word_embeddings)
    missing: Any = set_model_state_dict(module.model, weights, options=options)
    if wrong := [n for n in (*missing.missing_keys, *missing.unexpected_keys) if n != "lm_head.w_out.weight"]:
        raise CurateError(f"OLMo-core's model has no place for the weights: {wrong[0]}", where=run.model)
    return module


def train(folder: Path, out: Path, *, checkpoints: bool = True, callbacks: dict[str, Callback] | None = None) -> None:
    """Run the export in a folder; every rank of torchrun calls it. CurateError for what the user can put right.

    checkpoints: whether any is saved. callbacks: more of OLMo-core's.
    """
    run = read(folder / "run.json")
    facts = json.loads((folder / "export.json").read_bytes())
    if run.parent:
        raise CurateError("a checkpoint of ours is not read by OLMo-core; name a folder of a model", where=run.parent)
    accumulation(run, get_world_size())
    module = engine(run, facts)
    data = loader(folder, facts, run.batch_size, out / "work", get_rank(), get_world_size())
    if get_rank() == 0:
        out.mkdir(parents=True, exist_ok=True)
    trainer = TrainerConfig(
        save_folder=str(out),
        max_duration=Duration.tokens(run.max_steps * run.batch_size * facts["seq_len"]),
        metrics_collect_interval=1,
        callbacks={
            # With a checkpoint before the first step torch counts an optimizer step that was none; the first then has 0.74 of its size.
            "checkpointer": CheckpointerCallback(
                save_interval=run.save_steps, max_checkpoints=run.keep, pre_train_checkpoint=False
            ),
            "lines": Lines(path=str(out / "metrics.jsonl")),
            **(callbacks or {}),
        },
        no_checkpoints=not checkpoints,
    ).build(module, data)
    trainer.fit()


def main(arguments: list[str]) -> int:
    """The command. 0 when the run is finished, 2 for what the user can put right."""
    if len(arguments) != 2:
        print("error: python -m trainers.olmo_core DIR OUT; DIR is of `curate export --as olmo-core`", file=sys.stderr)
        return 2
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    prepare_training_environment(backend=backend if "RANK" in os.environ else None)
    try:
        train(Path(arguments[0]), Path(arguments[1]).absolute())
    except CurateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    teardown_training_environment()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
