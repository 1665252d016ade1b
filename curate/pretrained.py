"""Tokenizers and models that exist already: files of the project or of this machine, or of a hub repository at a commit.

    tokenizer: ORG/NAME@COMMIT                          # or ./FOLDER with a tokenizer.json
    models:
      lid: {fit: pretrained, files: [models/lid.176.ftz]}
      judge: {fit: pretrained, id: ORG/NAME@COMMIT, files: [config.json, model.safetensors]}

Names and digests of the files are the identity, never where they lie. Of the hub only what `huggingface_hub` has in its cache is used:
neither a plan nor a build asks the network. What is not there is planned under the name that the recipe gives, and said by a build before
it does anything. Left out: tokenizers that have other files only (`tokenizer.model`, `vocab.json`), which `transformers` turns into a
`tokenizer.json`, and patterns of names, since a plan must know what it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.hub import MODEL, UNPINNED, cached
from curate.plan import Node
from curate.sources import Source, Sources, in_order
from curate.step import Files, Step

if TYPE_CHECKING:
    from curate.parts import ModelEntry
    from curate.planner import Planner

FILES = ("tokenizer.json", "tokenizer_config.json")
"""What is taken of a tokenizer; the second may be absent."""
OURS = "manifest.json"
"""What stands beside the files of every object."""
Taken = tuple[dict[str, Path], str]
"""Name of each file that is here, and where it is; and what is to be done if that is not all."""


def add_pretrained(planner: Planner, text: str) -> Node:
    """The node `tokenizer` of a path or a hub id. CurateError for a text that is neither, and for a folder without a tokenizer."""
    where = planner.recipe.location("tokenizer")
    found = planner.found("fit", "pretrained", where)
    path = local(text, planner.project)
    hub = MODEL.fullmatch(text)
    if not path and not hub:
        forms = (
            "a folder with a tokenizer.json (./NAME), a hub id with its revision (ORG/NAME@COMMIT), or RECIPE:tokenizer"
        )
        raise CurateError(
            f"{text!r} is no tokenizer; write {forms}, or {{train: bpe, vocab: 8192, of: [web]}}", where=where
        )
    files, missing = _in_folder(path, text, where) if path else _in_cache(hub[1], hub[2], planner.recipe.recipe)  # type: ignore[index]
    return _node(planner, "tokenizer", found, "files", files, {"hub": text} if missing else {}, where, missing)


def add_files(planner: Planner, name: str, found: Step) -> Node:
    """The node `models/NAME` of files that the recipe lists. CurateError for a list or an id that no file could make good."""
    entry, where = planner.recipe.models[name], planner.recipe.location("models", name)
    [parameter] = found.parameters_of(Files)
    wanted: list[str] = planner.filled(found, dict(entry.params), where)[parameter]
    if not wanted or OURS in [Path(file).name for file in wanted]:
        wrong = (
            f"{OURS!r} is a name of ours; rename the file"
            if wanted
            else f"names no file; write {parameter}: [model.bin]"
        )
        raise CurateError(f"models.{name}: {parameter}: {wrong}", where=where)
    try:
        take = _of_hub(planner, entry, wanted) if entry.id else _of_project(planner.project, wanted)
    except CurateError as error:
        raise CurateError(f"models.{name}: {error.message}", where=where) from None
    files, missing = take
    more = {"wanted": [entry.id or "", *wanted]} if missing else {}
    return _node(
        planner, f"models/{name}", found, parameter, files, more, where, missing and f"models.{name}: {missing}"
    )


def _of_project(project: Path, wanted: list[str]) -> Taken:
    """Files by path, under their names, and what to do if one is absent."""
    paths: dict[str, Path] = {}
    for text in wanted:
        path = project / Path(text).expanduser()
        if "://" in text or path.is_dir():
            raise CurateError(f"{text!r} is no file of this machine; name one, e.g. models/model.bin")
        if path.name in paths:
            raise CurateError(f"two files are called {path.name!r}; rename one")
        paths[path.name] = path
    absent = [text for text, path in zip(wanted, paths.values(), strict=True) if not path.is_file()]
    missing = (
        f"{absent[0]} is not on this machine; put it there, in the project's folder, or write its path under files:"
        if absent
        else ""
    )
    return {name: path for name, path in paths.items() if path.is_file()}, missing


def _of_hub(planner: Planner, entry: ModelEntry, wanted: list[str]) -> Taken:
    """Files of a repository in the cache, under their names there, and what to do if one is absent."""
    name, _, said = str(entry.id).partition("@")
    revision = said or str(entry.revision)
    if not MODEL.fullmatch(f"{name}@{revision}"):
        raise CurateError(f"{entry.id!r} is no repository of the hub; write id: ORG/NAME@COMMIT, all 40 digits of it")
    for file in wanted:
        if {*PurePosixPath(file).parts} & {"..", "/"}:
            raise CurateError(f"{file!r} is no file of a repository; write its name as the hub does")
    if twice := next((file for file in wanted if wanted.count(file) > 1), ""):
        raise CurateError(f"{twice!r} is named twice; delete one")
    found = {file: cached(name, revision, file) for file in wanted}
    if none := next((file for file, path in found.items() if path is False), ""):
        return {}, f"{name}@{revision} has no file {none!r}; name one that it has"
    files = {file: path for file, path in found.items() if path}
    return files, "" if len(files) == len(wanted) else to_do(name, revision, wanted, planner.recipe.recipe)


def _node(
    planner: Planner,
    title: str,
    found: Step,
    parameter: str,
    files: dict[str, Path],
    more: dict[str, Any],
    where: str,
    missing: str,
) -> Node:
    digested = [Source(str(path), *planner.store.digest_of(path), name=file) for file, path in files.items()]
    own = planner.own(found, {"sha256": {file.name: file.sha256 for file in digested}}, **more)
    sources = Sources(in_order(digested)) if digested else None
    params = {parameter: digested}
    return planner.add(Node(title, "", "fit", own, params, found, sources=sources, where=where, missing=missing))


def local(text: str, project: Path) -> Path | None:
    """The folder that a text names; None where it reads like something else and no such folder exists."""
    path = project / Path(text).expanduser()
    if not path.exists() and not text.startswith(("./", "../", "/", "~")):
        return None
    return path.parent if path.name == FILES[0] else path


def _in_folder(folder: Path, text: str, where: str) -> Taken:
    if not (folder / FILES[0]).is_file():
        make = "AutoTokenizer.from_pretrained(...).save_pretrained(FOLDER) of transformers writes one"
        raise CurateError(f"there is no tokenizer.json in {text!r}; {make}", where=where)
    return {name: folder / name for name in FILES if (folder / name).is_file()}, ""


def _in_cache(name: str, revision: str, recipe: str) -> Taken:
    """The files in the cache of `huggingface_hub` and, unless all are there or known not to exist, what to do."""
    found = {file: cached(name, revision, file) for file in FILES}
    files = {file: path for file, path in found.items() if path}
    if FILES[0] in files and None not in found.values():
        return files, ""
    return {}, f"the tokenizer {to_do(name, revision, FILES, recipe)}"


def to_do(name: str, revision: str, files: Iterable[str], recipe: str) -> str:
    """What to do about a repository that is not in the cache."""
    if revision == UNPINNED:
        return f"{name} has no revision yet; run curate fetch {recipe}, or write it in"
    return f"{name}@{revision} is not on this machine; run: hf download {name} {' '.join(files)} --revision {revision}"
