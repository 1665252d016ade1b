"""A trained model as a folder that transformers, vLLM and the hub read: safetensors, config, tokenizer, generation config.

The full state is gathered on rank 0's CPU and written by `save_pretrained`, which leaves out the second name of tied weights. The files of
the tokenizer are copied byte for byte: to load and save them again would change them with the library's version. The folder is made
beside its place and renamed when all of it is on disk. Left out: another dtype than the model's own (so a reload gives equal logits), and
remote code.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from curate.errors import CurateError
from trainers._manifest import sync
from trainers._names import tied_names, unwrapped
from trainers._together import rank, together

COPIED = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "vocab.json",
    "merges.txt", "chat_template.jinja", "chat_template.json", "generation_config.json",
)  # fmt: skip
"""What of the base model's folder goes along, where it is there."""


def export_hf(model: nn.Module, base: Path, out: Path) -> None:
    """Write a transformers model to a new folder; every rank calls it. base: the folder that its tokenizer comes from.

    A `generation_config.json` of the base goes before the model's own. CurateError, on all ranks, where `out` is there already, the base
    has no tokenizer.json, or writing fails.
    """
    plain = unwrapped(model)
    together(lambda: _refuse(plain, base, out), str(out))
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    state = get_model_state_dict(plain, options=options)  # gathers; empty on all ranks but the first
    if state:
        state |= {
            name: state[first] for name, first in tied_names(plain).items()
        }  # gathering a tied shard gives two tensors
    together(lambda: _write(plain, state, base, out) if rank() == 0 else None, str(out))


def _refuse(model: nn.Module, base: Path, out: Path) -> None:
    if not hasattr(model, "save_pretrained"):
        raise CurateError(f"a {type(model).__name__} is not a model of transformers; export one that is")
    if not (base / "tokenizer.json").is_file():
        raise CurateError(f"{base} has no tokenizer.json; name the folder of the base model")
    if rank() == 0 and out.exists():
        raise CurateError("is there already; name a new folder")


def _write(model: Any, state: dict[str, Any], base: Path, out: Path) -> None:
    for stale in out.parent.glob(f".{out.name}.tmp-*"):  # of an export that was killed
        shutil.rmtree(stale)
    under_way = out.with_name(f".{out.name}.tmp-{os.urandom(4).hex()}")
    under_way.mkdir(parents=True)
    try:
        model.save_pretrained(under_way, state_dict=state)
        for name in COPIED:
            if (base / name).is_file():
                shutil.copyfile(base / name, under_way / name)
        for path in under_way.iterdir():
            sync(path)
        sync(under_way)
        under_way.rename(out)
    except BaseException:
        shutil.rmtree(under_way)
        raise
    sync(out.parent)
