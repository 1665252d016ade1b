"""`curate run`: one step over files, with no recipe.

A recipe of one corpus and one step is made up, built in a store that is thrown away, and its documents are written with all columns the
input had, with the fate of every document beside them.
"""

from __future__ import annotations

import glob
import json
import tempfile
import typing
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import replace_file
from curate.errors import CurateError, did_you_mean
from curate.pretrained import OURS
from curate.report import Report
from curate.step import Artifact, Step, find, found, suffixes


def run_step(
    title: str,
    inputs: list[str],
    output: Path,
    sets: dict[str, str],
    *,
    columns: dict[str, str] | None = None,
    reader: str | None = None,
    project: Path,
    workers: int = 1,
    report: Report | None = None,
) -> dict[str, Any]:
    """Run `verb.name` over files and write Parquet; the fates go to `<output>.fates.parquet`. Returns counts.

    A trained model is given by its file, or by the folder with its files.
    CurateError for an unknown step, a bad parameter, files of more than one kind or an output that cannot be written.
    """
    from curate.api import Curated
    from curate.profile import load_profile
    from curate.recipe import load

    step = _step(title, project)
    if output.suffix != ".parquet":
        raise CurateError(f"{output.name}: the output is Parquet; let its name end in .parquet")
    if not output.parent.is_dir():
        raise CurateError(f"the folder {output.parent} does not exist")
    chosen = reader or _reader(inputs, project)
    entry: dict[str, Any] = {step.verb: step.name, **{k: _value(step, k, v) for k, v in sets.items()}}
    recipe: dict[str, Any] = {
        "recipe": "run",
        "corpora": {
            "input": {
                "read": chosen,
                "files": [glob.escape(str(Path(p).resolve())) for p in inputs],
                **({"columns": columns} if columns else {}),
                "steps": [] if step.kind == "read" else [entry],
            }
        },
    }
    models = {p: sets.get(p, "symbolic") for p in step.models}
    if models:
        recipe["models"] = {name: {"backend": name} for name in models.values()}
        entry.update(models)
    trained = {name: text for name, text in sets.items() if name in step.parameters_of(Artifact)}
    for name, text in trained.items():
        recipe.setdefault("models", {})[f"given_{name}"] = {"fit": "pretrained", "files": _files(text)}
        entry[name] = f"given_{name}"
    with tempfile.TemporaryDirectory(prefix="curate-run-", dir=output.parent) as folder:
        path = Path(folder) / "run.yaml"
        path.write_text(json.dumps(recipe), "utf-8")
        profile = load_profile("local", project).model_copy(
            update={"workers": workers, "store": str(Path(folder) / "store")}
        )
        try:
            curated = Curated(load(str(path), project=project), project, profile, promote_all=True)
            curated.build(only="input", report=report)
        except CurateError as error:  # the recipe is made up: its lines would say nothing to anyone
            said = error.message.replace("`columns: {text: ...}`", "--column text=...").replace(
                "add `as:`", "add --set as=NAME"
            )
            raise CurateError(said, where="" if "run.yaml" in error.where else error.where) from error
        return _write(curated, step, output)


def _step(title: str, project: Path) -> Step:
    verb, _, name = title.partition(".")
    if verb == "keep":
        raise CurateError("a keep is not a step; ask about the output instead, or write a recipe")
    if not name:
        titles = [f"{v}.{n}" for v, n in found(project)]
        raise CurateError(f"a step is named verb.name, such as score.language{did_you_mean(title, titles)}")
    step = find(verb, name, project)
    if step.kind in ("fit", "generate"):
        raise CurateError(f"{title} is a `{step.kind}`; it makes files, not documents, and runs only in a recipe")
    return step


def reader_of(inputs: list[str], project: Path) -> Step:
    """The reader whose files end like these. CurateError where that is not clear."""
    return find("read", _reader(inputs, project), project)


def _reader(inputs: list[str], project: Path) -> str:
    ends = {name: suffixes(find("read", name, project)) for verb, name in found(project) if verb == "read"}
    kinds = {next((r for r, some in ends.items() if name.lower().endswith(some)), None) for name in inputs}
    if len(kinds) != 1 or None in kinds:
        known = ", ".join(dict.fromkeys(end for some in ends.values() for end in some))
        raise CurateError(
            f"cannot tell how to read {', '.join(inputs)[:200]}; give files of one kind ({known}), or --read"
        )
    return str(kinds.pop())


def _value(step: Step, name: str, text: str) -> Any:
    """A value given as `--set name=value`: text where the parameter takes text, else as YAML would read it."""
    from curate.loader import parse_scalar

    field = step.params.model_fields.get(name)
    takes = (field.annotation, *typing.get_args(field.annotation)) if field else ()
    plain = typing.get_origin(field and field.annotation) not in (list, dict)
    return text if str in takes and plain else parse_scalar(text)


def _files(text: str) -> list[str]:
    """The files of a trained model that `--set` names: a file, or all of a folder. CurateError for neither."""
    path = Path(text).expanduser().resolve()
    if path.is_file():
        return [str(path)]
    found = (
        sorted(str(file) for file in path.iterdir() if file.is_file() and file.name != OURS) if path.is_dir() else []
    )
    if not found:
        raise CurateError(f"{text!r} is no file of a trained model, nor a folder of some; name one, e.g. model.bin")
    return found


def _write(curated: Any, step: Step, output: Path) -> dict[str, Any]:
    """Kept documents to the output, the fate of all beside it."""
    node = curated.planned.ends["input"]
    reader = next(n for n in node.upstream() if n.kind == "read")
    view = curated.documents("input")
    nested = set(reader.raw) - set(reader.schema) - {"payload", "provenance", "error"}
    present = {"id", "text", *reader.raw, *reader.own["columns"], *(("extra",) if nested else ())}
    columns = [c for c in node.schema if c in present or c not in reader.schema]
    frames = [view.load(shard, columns).drop("row") for shard in view.shards]
    kept = pl.concat(frames) if frames else pl.DataFrame()
    fates = curated.sql("select id, fate, fate_node, failed, error from documents")
    beside = output.with_name(output.name.removesuffix(".parquet") + ".fates.parquet")
    from curate.artifact import parquet_bytes

    try:
        replace_file(output, parquet_bytes(kept))
        replace_file(beside, parquet_bytes(fates))
    except OSError as error:
        raise CurateError(f"{output} cannot be written: {error.strerror}") from None
    counts = fates["fate"].value_counts().sort("fate")
    return {
        "step": step.title,
        "output": str(output),
        "documents": kept.height,
        "columns": kept.columns,
        "fates_file": str(beside),
        "fates": dict(zip(counts["fate"].to_list(), counts["count"].to_list(), strict=True)),
    }
