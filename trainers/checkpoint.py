"""Checkpoints of a training run that are whole or not there, whoever dies when, and that load in any number of ranks.

    save(folder, step, model, optimizer, facts)     every rank calls it
    load_newest(folder, model, optimizer)           -> facts; another world size than that of the save will do

A save writes `step-0000123.tmp-<nonce>`: each rank its shards of weights and moments, then its random state. All ranks vote that their part
is on disk; rank 0 writes `manifest.json` (sizes, SHA-256, facts), renames the folder, and only then removes old ones. A step that is there
is never replaced: saving it again with the same facts does nothing, with others it is refused.

The tensors go through torch.distributed.checkpoint (DCP), which knows how to reshard, with its safetensors storage. Its usual storage keeps
the index in `.metadata`, which its reader gives to `pickle.load`, so opening a foreign checkpoint would run what it says; here no pickle is
read, and a file that the manifest does not name is refused. Tensors live in files of 256 MiB, because that storage builds each file in
memory. Tied parameters are stored once and loaded in place, so they stay tied.

Left out: hyperparameters of the optimizer, which are the recipe's (only its state is kept; lr is a function of tokens); states that are no
tensors; saving in the background; a folder that not all ranks share; optimizers with no state for a parameter that they train.
"""

import contextlib
import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict

from curate.errors import CurateError
from trainers._export import export_hf
from trainers._lineage import branch, refuse_foreign
from trainers._manifest import (
    check_digests,
    describe,
    locked,
    pin,
    read,
    remove,
    remove_old,
    step_name,
    steps,
    strict,
    sync,
    write,
    write_manifest,
)
from trainers._names import tied_names, unwrapped
from trainers._random import random_state, set_random_state
from trainers._together import each, rank, together, world
from trainers.optimizers import parts

__all__ = [
    "branch",
    "export_hf",
    "latest",
    "load",
    "load_newest",
    "passed",
    "pin",
    "read",
    "refuse_foreign",
    "save",
    "step_name",
    "verify",
]

FILE_BYTES = 2**28
"""At most that many bytes of tensors in a file, unless one tensor is larger."""


def save(
    folder: Path, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, facts: dict[str, Any], keep: int = 2
) -> Path:
    """Save model, optimizer and random states as one checkpoint; every rank calls it. Returns its folder, `folder/step-0000123`.

    facts: strict JSON, for `refuse_foreign` with `mixture`, `tokenizer_sha256` and `seed`; those of rank 0 are kept. keep: how many of the
    newest stay beside pinned ones. CurateError, on all ranks, where any of them fails; what was saved before is then untouched.
    """
    with contextlib.ExitStack() as held:
        done = folder / step_name(step)
        under_way = together(lambda: _begin(folder, step, facts, keep, held), str(folder))[0]
        if under_way:
            try:
                tensors = each(lambda: _tensors(model, optimizer if optimizer.state else None), str(done))
                together(lambda: _write_tensors(under_way, tensors), str(done))
                files = together(lambda: _write_random(under_way), str(done))
                together(lambda: _on_first(lambda: _commit(under_way, done, step, facts, files)), str(done))
            except BaseException:
                _on_first(lambda: remove(under_way) if under_way.exists() else None)
                raise
            together(lambda: _on_first(lambda: remove_old(folder, step, keep)), str(folder))
    return done


def _on_first(part: Callable[[], None]) -> None:
    if rank() == 0:
        part()


def _begin(folder: Path, step: int, facts: dict[str, Any], keep: int, held: contextlib.ExitStack) -> Path | None:
    """On rank 0: take the folder's lock, clear what dead runs left, make the new folder. None if the checkpoint is there already."""
    if step < 0 or keep < 1:
        raise CurateError(f"step {step} and keep {keep}: a step is at least 0, and at least 1 checkpoint is kept")
    said = strict(facts, "the facts")
    if rank() != 0:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    held.enter_context(locked(folder / ".lock", wait=False))
    for stale in folder.glob("step-*.tmp-*"):  # nobody writes to them: whoever saves holds the lock
        remove(stale)
    if (done := folder / step_name(step)).exists():
        if (held_there := _passed(verify, done)) is None:
            remove(done)
        elif strict(held_there["facts"], "the facts") != said:
            raise CurateError(
                "another run has saved this step here; give each run a folder of its own", where=str(done)
            )
        else:
            return None
    under_way = folder / f"{step_name(step)}.tmp-{os.urandom(8).hex()}"
    under_way.mkdir()
    return under_way


def _write_tensors(folder: Path, tensors: dict[str, Any]) -> None:
    writer = dcp.HuggingFaceStorageWriter(str(folder), fqn_to_index_mapping=_files(tensors), save_distributed=True)
    with _alone():
        dcp.save(tensors, storage_writer=writer, no_dist=not dist.is_initialized())


def _write_random(folder: Path) -> dict[str, Any]:
    """This rank's random state; what it has written, by name: size and SHA-256."""
    write(folder / f"random-{rank():05}.json", random_state())
    mine = [*folder.glob(f"shard-{rank() + 1:05}-*.safetensors"), folder / f"random-{rank():05}.json"]
    return {path.name: describe(path) for path in mine}


def _commit(under_way: Path, done: Path, step: int, facts: dict[str, Any], files: list[dict[str, Any]]) -> None:
    named = {name: file for one in files for name, file in one.items()}
    write_manifest(under_way, {"step": step, "world": world(), "facts": facts, "files": named})
    read(under_way)
    under_way.rename(done)
    sync(done.parent)


def _tensors(model: nn.Module, optimizer: torch.optim.Optimizer | None) -> dict[str, Any]:
    """The live tensors of a model and its optimizer by name, tied ones once: `model.NAME` and `optimizer.exp_avg.NAME`.

    Torch gives a fresh optimizer a state by a step of lr 0, which counts as one: do not ask for what must stay fresh.
    """
    model = unwrapped(model)
    tied, options = tied_names(model), StateDictOptions(cpu_offload=False)
    found = {
        f"model.{name}": value
        for name, value in get_model_state_dict(model, options=options).items()
        if name not in tied
    }
    if optimizer is not None:
        state = get_optimizer_state_dict(model, optimizer, options=options)["state"]
        moments = {f"optimizer.{kind}.{name}": value for name, kinds in state.items() for kind, value in kinds.items()}
        found |= {part: inner for name, value in moments.items() for part, inner in parts(name, value)}
    for name, value in found.items():
        if not isinstance(value, torch.Tensor):
            raise CurateError(f"{name} is a {type(value).__name__}; only tensors can be saved")
    return found


def _files(tensors: dict[str, Any]) -> dict[str, int]:
    """Which file, from 1, each tensor is written to; the same on all ranks, whose shards are about a world-th of each."""
    file, held, found = 1, 0, {}
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size() // world()
        if held and held + size > FILE_BYTES:
            file, held = file + 1, 0
        found[name], held = file, held + size
    return found


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """DCP warns that there is no process group; one process without it is a way to train."""
    with warnings.catch_warnings():
        if not dist.is_initialized():
            warnings.filterwarnings("ignore", "torch.distributed is disabled, unavailable or uninitialized")
        yield


def latest(folder: Path) -> Path | None:
    """The newest whole checkpoint of a run, by names and sizes; None if there is none. Whatever else lies there is passed over."""
    if not folder.is_dir():
        return None
    return next((path for path in steps(folder).values() if _passed(read, path) is not None), None)


def passed(path: Path) -> dict[str, Any] | None:
    """The manifest of a checkpoint that is whole by names and sizes; None of another folder."""
    return _passed(read, path)


def _passed(check: Callable[[Path], dict[str, Any]], path: Path) -> dict[str, Any] | None:
    try:
        return check(path)
    except CurateError:
        return None


def verify(path: Path) -> dict[str, Any]:
    """The manifest of a checkpoint whose files all have the sizes and digests that it says. CurateError in one line otherwise."""
    said = read(path)
    check_digests(path, said)
    return said


def load(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None = None, *, digests: bool = True
) -> dict[str, Any]:
    """Fill model and optimizer from a checkpoint, in place; every rank calls it. Returns its facts.

    The world size may differ from that of the save; random states come back if it does not. Sizes are checked always, digests, each rank
    its part of the files, unless `digests` is false. CurateError, on all ranks, for a checkpoint that is torn, altered or of another model.
    """
    said = together(lambda: _checked(path, digests), str(path))[0]
    wanted = each(lambda: _wanted(path, model, optimizer), str(path))
    together(lambda: _read_tensors(path, wanted), str(path))
    if said["world"] == world() and optimizer is not None:
        together(lambda: set_random_state((path / f"random-{rank():05}.json").read_bytes()), str(path))
    return said["facts"]


def load_newest(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any] | None:
    """Load the newest whole checkpoint of a run, digests and all; every rank calls it. Returns its facts, None where there is none at all.

    One that is damaged is told on stderr and passed over, for the steps after the one before come out the same again. CurateError where
    all are damaged: to begin anew is the user's to say.
    """
    paths = together(lambda: list(steps(folder).values()) if folder.is_dir() else [], str(folder))[0]
    for path in paths:
        try:
            together(functools.partial(_checked, path, digests=True), str(path))
        except CurateError as error:  # the same on all ranks
            _on_first(functools.partial(print, f"warning: {error}; passed over", file=sys.stderr))
        else:
            return load(path, model, optimizer, digests=False)
    if paths:
        said = "no checkpoint here is whole; copy one back, or name another out: folder to begin anew"
        raise CurateError(said, where=str(folder))
    return None


def _checked(path: Path, digests: bool) -> dict[str, Any]:
    said = read(path)
    if digests:
        check_digests(path, said, slice(rank(), None, world()))
    return said


def _wanted(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None) -> dict[str, Any]:
    """The live tensors that a checkpoint is to fill: all that it has, unless the optimizer's are not asked for."""
    saved = dcp.HuggingFaceStorageReader(str(path)).read_metadata().state_dict_metadata
    stateful = any(name.startswith("optimizer.") for name in saved)
    if optimizer is not None:
        optimizer.zero_grad(set_to_none=True)  # with gradients torch would not make the state that is to be filled
        optimizer.state.clear()
    wanted = _tensors(model, optimizer if stateful else None)
    _refuse_other(
        wanted, saved if optimizer is not None else {n: s for n, s in saved.items() if n.startswith("model.")}
    )
    return wanted


def _read_tensors(path: Path, wanted: dict[str, Any]) -> None:
    with _alone():
        dcp.load(wanted, storage_reader=dcp.HuggingFaceStorageReader(str(path)), no_dist=not dist.is_initialized())


def _refuse_other(wanted: dict[str, Any], saved: dict[str, Any]) -> None:
    """CurateError where names, shapes or types of what is to be filled are not those of what was saved."""
    if other := sorted(wanted.keys() ^ saved.keys()):
        raise CurateError(
            f"the checkpoint is of another model: {other[0]} is only in {'this' if other[0] in wanted else 'that'} one"
        )
    for name, tensor in wanted.items():
        mine, theirs = (tensor.shape, tensor.dtype), (saved[name].size, saved[name].properties.dtype)
        if mine != theirs:
            raise CurateError(
                f"the checkpoint is of another model: {name} is {_said(theirs)} there and {_said(mine)} here"
            )
        if sum(chunk.sizes.numel() for chunk in saved[name].chunks) != tensor.numel():
            raise CurateError(f"the checkpoint has only a part of {name}; load another one")


def _said(kind: tuple[torch.Size, torch.dtype]) -> str:
    return f"{list(kind[0])} {str(kind[1]).removeprefix('torch.')}"
