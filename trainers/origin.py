"""Where a model's weights come from: a published model, a checkpoint (of the run itself, or of the parent of a branch), or the seed.

A checkpoint names the config of its model, so a branch needs nothing but the checkpoint, and a resume does not read the weights that it
began with. A model that is about to be filled from a checkpoint is made without weights, which costs nothing.

Left out: adding tokens to a model (resize its embeddings first), and branches into another architecture.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

from curate.errors import CurateError, did_you_mean
from mixers.reader import Mixture
from trainers import checkpoint
from trainers import model as models
from trainers._manifest import MANIFEST, steps
from trainers._together import each, rank, world
from trainers.settings import FAMILIES, Run

NEAR = 100
"""A checkpoint for `from_tokens` may be off by one part in so many."""


def model_of(run: Run, mix: Mixture, source: Path | None, attention: str) -> nn.Module:
    """The model of a run, fp32 on the CPU. source: the checkpoint that it will be filled from; then its weights are anything.

    CurateError for a model that is not there, was not tried, or is none.
    """
    if source:
        config = models.config_of(run.model) if run.model else config_in(source)
        return empty(config, attention)
    if run.model:
        return loaded(run.model, attention)
    return _new(run, mix, attention)


def loaded(where: str, attention: str) -> nn.Module:
    """A model of a folder or the hub on the first rank, and its like without weights on the others: `share` brings them."""
    return each(
        lambda: models.load(where, attention) if rank() == 0 else empty(models.config_of(where), attention), where
    )


def weights_of(model: nn.Module, parallel: str, on_first: bool) -> dict[str, Any] | None:
    """What `share` is to bring to the other ranks, before the model is spread over them; None where each of them has it.

    on_first: whether the first rank alone has the weights.
    """
    if not on_first or world() == 1 or parallel == "ddp":  # DDP brings the first rank's weights by itself
        return None
    return model.state_dict() if rank() == 0 else {}


def share(model: nn.Module, weights: dict[str, Any] | None) -> None:
    """Fill the shards of all ranks from the first one, tensor by tensor, so that only its host holds the whole model."""
    if weights is not None:
        set_model_state_dict(model, weights, options=StateDictOptions(full_state_dict=True, broadcast_from_rank0=True))


def source_of(run: Run) -> Path | None:
    """The checkpoint that a run begins with: its own newest, else its parent's; None where weights come from elsewhere."""
    newest = checkpoint.latest(Path(run.out) / "checkpoints")
    return newest or (parent_of(run) if run.parent else None)


def parent_of(run: Run) -> Path:
    """The checkpoint that a branch grows from. CurateError where `parent` is neither a run that has one there nor a checkpoint."""
    folder = Path(str(run.parent))
    if run.from_tokens is not None:
        return _nearest(folder, run.from_tokens)
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        what = "a run that is not finished" if (folder / "checkpoints").is_dir() else "neither a run nor a checkpoint"
        raise CurateError(f"{what}; name a finished run's folder, or a checkpoint", where=str(folder)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CurateError("its manifest.json cannot be read; name another parent", where=str(folder)) from error
    named = said.get("checkpoint") if isinstance(said, dict) else None
    return folder / named if isinstance(named, str) else folder


def _nearest(folder: Path, tokens: int) -> Path:
    """The checkpoint of a run that was saved nearest to so many tokens."""
    inside = folder / "checkpoints"
    paths = list(steps(inside).values()) if inside.is_dir() else []
    found = {path: said["facts"].get("tokens") for path in paths if (said := checkpoint.passed(path))}
    counts = {path: count for path, count in found.items() if isinstance(count, int)}
    nearest = min(counts, key=lambda path: abs(counts[path] - tokens), default=None)
    if nearest is None or abs(counts[nearest] - tokens) * NEAR > tokens:
        told = f"the nearest one has {counts[nearest]:,}" if nearest else "there is none at all"
        what = f"no checkpoint at {tokens:,} tokens, {told}; a run keeps those that keep_steps names"
        raise CurateError(what, where=str(folder))
    return nearest


def config_in(source: Path) -> Any:
    """The config of the model that a checkpoint of ours is of. CurateError where it does not say."""
    from transformers import CONFIG_MAPPING

    said = checkpoint.read(source)["facts"].get("config")
    if not isinstance(said, dict) or said.get("model_type") not in FAMILIES:
        raise CurateError("the checkpoint does not say which model it is of; name its model", where=str(source))
    return CONFIG_MAPPING[said["model_type"]].from_dict(said)


def said_of(config: Any) -> dict[str, Any]:
    """A config as a checkpoint's facts hold it."""
    return json.loads(config.to_json_string(use_diff=True))


def empty(config: Any, attention: str) -> nn.Module:
    """A model whose weights nobody has set; what is computed once, such as rotary frequencies, is right."""
    from transformers.initialization import no_init_weights

    models.refuse_unfit_family(config, attention, config.name_or_path)
    with no_init_weights():
        model = _made(config, attention)
    model.tie_weights()
    return model


def _made(config: Any, attention: str) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=attention)


def _new(run: Run, mix: Mixture, attention: str) -> nn.Module:
    """A model with weights drawn by the seed. Vocabulary, end token and longest window are the mixture's unless the config says more."""
    from transformers import CONFIG_MAPPING

    said = dict(run.config or {})
    kind: Any = CONFIG_MAPPING[said.pop("model_type")]
    known: list[str] = list(kind().to_dict())
    for name in said:
        if name not in known:
            raise CurateError(f"config: {kind.model_type} has no {name!r}{did_you_mean(name, known)}")
    of_mixture = {"vocab_size": mix.facts["vocab"], "max_position_embeddings": mix.seq_len}
    tokens = {"eos_token_id": mix.facts["eos_id"], "bos_token_id": None, "pad_token_id": None}
    try:
        config = kind(**(of_mixture | tokens | said))
        models.refuse_unfit_family(config, attention, "config")
        torch.manual_seed(run.seed)
        return _made(config, attention)
    except CurateError:
        raise
    except Exception as error:  # of a check that the config's class makes, or of layers that these sizes cannot have
        why = " ".join(str(error).split())[:200]
        raise CurateError(f"config: no {kind.model_type} can be made of it ({why})") from error
