"""What is built, in the formats that other trainers read: `curate export R --as mds --to DIR`.

    mds, megatron, npy, ds    the mixture's tokens, in its order          mosaicml-streaming, Megatron-LM, OLMo-core, nanotron
    parquet, jsonl            documents, of the mixture or of a corpus    datasets, polars, everything
    olmo-core                 a training run: its windows and settings    OLMo-core's Trainer
    verl                      prompts with answers, and their reward      verl

Only `mds` and `olmo-core` keep windows as they are; the other token formats are documents end to end, which their trainers cut and order
anew. There a document that the mixture cuts is several sequences, one per piece, because its pieces stand in different windows. The same
mixture gives the same bytes. `export.json` in the folder says what it was made of, and `tokenizer/` holds the tokenizer. Formats are one
file each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import View, readable
from curate.errors import CurateError, did_you_mean
from curate.report import Report

if TYPE_CHECKING:
    from curate.api import Curated
    from mixers._output import Output
    from mixers._pieces import Pieces

TOKENS = ("mds", "megatron", "npy", "ds")
TEXTS = ("parquet", "jsonl")
RUN = "olmo-core"
KINDS = (*TEXTS, *TOKENS, RUN, "verl")


@dataclass(frozen=True)
class Options:
    """What an export may be told beyond its format. Empty where it is not given."""

    corpus: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    """Of verl: `problem` and `answer`, and the column or field of `extra` that each is."""
    instruction: str | None = None
    drop_mask: bool = False
    train: str = ""
    """Of olmo-core: which entry of the recipe's `train:`."""
    model: str = ""
    """Of olmo-core: folder or hub id of the weights that it begins with, if the entry's `from:` names none."""

    def refuse_unfit(self, kind: str) -> None:
        """CurateError for an option that says nothing to this format."""
        given = {
            "--corpus": (bool(self.corpus), (*TEXTS, "verl")),
            "--columns": (bool(self.columns), ("verl",)),
            "--instruction": (self.instruction is not None, ("verl",)),
            "--drop-mask": (self.drop_mask, TOKENS),
            "--train": (bool(self.train), (RUN,)),
            "--model": (bool(self.model), (RUN,)),
        }
        for name, (is_given, kinds) in given.items():
            if is_given and kind not in kinds:
                raise CurateError(f"{name} is for {', '.join(kinds)}, not for {kind}")


def export(
    recipe: Curated, kind: str, to: Path, options: Options = Options(), report: Report | None = None
) -> dict[str, Any]:
    """Write a folder that was not there; what export.json says of it, and its place (`to`).

    CurateError if it is not built, not fit for the format, or the folder cannot be written. Then nothing is left.
    """
    from mixers._output import output

    if kind not in KINDS:
        raise CurateError(f"no format {kind!r}{did_you_mean(kind, KINDS)}")
    options.refuse_unfit(kind)
    if to.resolve().is_relative_to(recipe.store.root.resolve()):
        raise CurateError("lies in the store; name a folder outside", where=str(to))
    report = report or Report()
    with readable(recipe.title):
        if kind in TOKENS:
            make = _of_tokens(recipe, kind, options)
        elif kind == RUN:
            make = _of_run(recipe, options)
        elif kind == "verl":
            make = _of_prompts(recipe, options)
        else:
            make = _of_texts(recipe, kind, options)
        with output(to) as out:
            facts = make(out, report)
            whole = out.write_facts({"format": 1, "as": kind, "recipe": recipe.title, **facts})
    return {**whole, "to": str(to), "bytes": sum(file["bytes"] for file in whole["files"].values())}


Make = Callable[["Output", Report], dict[str, Any]]


def _mixture(recipe: Curated, drop_mask: bool = False) -> tuple[Pieces, Path]:
    """The built mixture and its tokenizer's folder."""
    from mixers._pieces import Pieces
    from mixers.reader import Mixture

    node = recipe.planned.nodes.get("mixture")
    if node is None:
        raise CurateError(
            f"{recipe.title} has no mixture; --as parquet --corpus NAME exports the documents of a corpus"
        )
    if node.plan_key not in recipe.built.done:
        raise CurateError(f"the mixture is not built yet; run `curate build {recipe.title}`")
    mixture = Mixture(recipe.built.piece(node).folder)
    return Pieces(mixture, drop_mask=drop_mask), recipe.built.piece(dict(node.others)["tokenizer"]).folder


def _lineage(pieces: Pieces) -> dict[str, Any]:
    """What a trainer, and who asks later, must know of the mixture."""
    facts = pieces.facts
    kept = {
        name: facts[name]
        for name in ("seq_len", "dtype", "vocab", "eos_id", "pad_id", "tokenizer_sha256", "windows", "tokens")
    }
    return {
        "mixture": pieces.digest,
        **kept,
        "documents": facts["documents"],
        "uses": facts["uses"],
        "pieces": pieces.count,
    }


def _of_tokens(recipe: Curated, kind: str, options: Options) -> Make:
    from mixers import _ds, _mds, _megatron, _npy

    pieces, tokenizer = _mixture(recipe, options.drop_mask)
    if kind == "megatron" and pieces.has_mask:
        raise CurateError("megatron has no place for the loss mask of this mixture; add --drop-mask to leave it out")

    def make(out: Output, report: Report) -> dict[str, Any]:
        with report.progress(f"export {kind}", pieces.block_count) as advance:
            pieces.tick = lambda: advance(0, None)
            if kind == "mds":
                _mds.write(pieces, out)
            elif kind == "megatron":
                _megatron.write(pieces, out, recipe.name.replace("/", "-"))
            elif kind == "npy":
                _npy.write(pieces, out)
            else:
                _ds.write(pieces, out, "tokenizer")
        _write_tokenizer(out, tokenizer, pieces.facts["eos_id"])
        out.copy("pieces.parquet", pieces.index)
        order = "windows of epoch 0" if kind == "mds" else "pieces of epoch 0, without padding"
        return {**_lineage(pieces), "order": order, "loss_mask": pieces.mask_is}

    return make


def _of_run(recipe: Curated, options: Options) -> Make:
    from mixers import _olmo_core

    pieces, tokenizer = _mixture(recipe)
    given = _olmo_core.settings(recipe.recipe, options.train, options.model)
    windows = given["max_steps"] * given["batch_size"]

    def make(out: Output, report: Report) -> dict[str, Any]:
        with report.progress("export olmo-core", -(-windows // _olmo_core.BLOCK)) as advance:
            _olmo_core.write(pieces.mixture, out, windows, lambda: advance(0, None))
        out.write("run.json", json.dumps(given, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n")
        _write_tokenizer(out, tokenizer, pieces.facts["eos_id"])
        facts = _lineage(pieces) | {"windows": windows, "tokens": windows * pieces.facts["seq_len"]}
        return {**facts, "train": options.train, "order": "windows of the run's steps, across epochs"}

    return make


def _write_tokenizer(out: Output, folder: Path, eos: int) -> None:
    """The tokenizer's files; where it has no configuration, one that says which token ends a document."""
    from mixers.library import library

    names = [path.name for path in sorted(folder.iterdir()) if path.name != "manifest.json"]
    for name in names:
        out.copy(f"tokenizer/{name}", folder / name)
    if "tokenizer_config.json" not in names:
        said = {"eos_token": library(str(folder)).id_to_token(eos), "tokenizer_class": "PreTrainedTokenizerFast"}
        out.write("tokenizer/tokenizer_config.json", json.dumps(said, indent=1).encode() + b"\n")


def _of_texts(recipe: Curated, kind: str, options: Options) -> Make:
    from mixers import _texts
    from mixers._card import write_card

    if options.corpus:
        view = _documents(recipe, options.corpus)
        shards = len(view.shards)
        lineage = {"corpus": options.corpus, "content": view.content}

        def frames(tick: Callable[[], None]) -> _texts.Frames:
            return _texts.of_corpus(options.corpus, view, tick)
    else:
        pieces, _ = _mixture(recipe)
        used = [name for name, line in pieces.facts["sources"].items() if line["uses"]]
        views = {name: _documents(recipe, name) for name in used}
        shards = sum(len(view.shards) for view in views.values())
        lineage = {"mixture": pieces.digest, "uses": pieces.facts["uses"]}

        def frames(tick: Callable[[], None]) -> _texts.Frames:
            return _texts.of_mixture(pieces, views, tick)

    def make(out: Output, report: Report) -> dict[str, Any]:
        with report.progress(f"export {kind}", shards) as advance:
            documents, schema = _texts.write(frames(lambda: advance(0, None)), out, kind)
        write_card(out, recipe.title, kind, "*" + _texts.ENDS[kind], schema)
        return {**lineage, "documents": documents}

    return make


def _of_prompts(recipe: Curated, options: Options) -> Make:
    from mixers import _verl
    from mixers._card import write_card

    corpora = list(recipe.planned.ends)
    if not options.corpus and len(corpora) != 1:
        raise CurateError(f"which corpus has the prompts? Add --corpus NAME; known: {', '.join(corpora)}")
    corpus = options.corpus or corpora[0]
    view = _documents(recipe, corpus)
    instruction = _verl.INSTRUCTION if options.instruction is None else options.instruction

    def make(out: Output, report: Report) -> dict[str, Any]:
        with report.progress("export verl", len(view.shards)) as advance:
            counts = _verl.write(
                corpus,
                view,
                out,
                data_source=f"{recipe.name}/{corpus}",
                columns=options.columns,
                instruction=instruction,
                rewritten=any(node.kind == "rewrite" for node in recipe.planned[corpus].upstream()),
                tick=lambda: advance(0, None),
            )
        write_card(out, recipe.title, "verl", "train.parquet")
        return {"corpus": corpus, "content": view.content, "instruction": instruction, **counts}

    return make


def _documents(recipe: Curated, name: str) -> View:
    """The documents of a built corpus or step."""
    if recipe.planned[name].makes_files:
        raise CurateError(f"{name} makes files, not documents; name a corpus or a step of one, such as web/language")
    return recipe.documents(name)
