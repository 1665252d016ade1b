"""A tokenizer that exists already: a folder of the project or of this machine, or a hub id with its revision.

Either way it is `tokenizer.json` and, if there is one, `tokenizer_config.json`, and their digests are its identity, never where they lie.
Of the hub only what `huggingface_hub` has in its cache is used: neither a plan nor a build asks the network. What is not there is planned
under the name that the recipe gives, and said by a build before it does anything. Left out: tokenizers that have other files only
(`tokenizer.model`, `vocab.json`), which `transformers` turns into a `tokenizer.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.hub import MODEL, UNPINNED, cached
from curate.plan import Node
from curate.sources import Source, Sources, in_order

if TYPE_CHECKING:
    from curate.planner import Planner

FILES = ("tokenizer.json", "tokenizer_config.json")
"""What is taken; the second may be absent."""


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
    digested = {name: Source(str(file), *planner.store.digest_of(file)) for name, file in files.items()}
    digests = {name: file.sha256 for name, file in digested.items()}
    own = planner.own(found, {"sha256": digests}, **({"hub": text} if missing else {}))
    params = {"sha256": digests, "files": {name: file.path for name, file in digested.items()}}
    sources = Sources(in_order(digested.values())) if digested else None
    return planner.add(Node("tokenizer", "", "fit", own, params, found, sources=sources, where=where, missing=missing))


def local(text: str, project: Path) -> Path | None:
    """The folder that a text names; None where it reads like something else and no such folder exists."""
    path = project / Path(text).expanduser()
    if not path.exists() and not text.startswith(("./", "../", "/", "~")):
        return None
    return path.parent if path.name == FILES[0] else path


def _in_folder(folder: Path, text: str, where: str) -> tuple[dict[str, Path], str]:
    if not (folder / FILES[0]).is_file():
        make = "AutoTokenizer.from_pretrained(...).save_pretrained(FOLDER) of transformers writes one"
        raise CurateError(f"there is no tokenizer.json in {text!r}; {make}", where=where)
    return {name: folder / name for name in FILES if (folder / name).is_file()}, ""


def _in_cache(name: str, revision: str, recipe: str) -> tuple[dict[str, Path], str]:
    """The files in the cache of `huggingface_hub` and, unless all are there or known not to exist, what to do."""
    found = {file: cached(name, revision, file) for file in FILES}
    files = {file: path for file, path in found.items() if path}
    if FILES[0] in files and None not in found.values():
        return files, ""
    if revision == UNPINNED:
        return {}, f"the tokenizer {name} has no revision yet; run curate fetch {recipe}, or write it in"
    return {}, (
        f"the tokenizer {name}@{revision} is not on this machine; "
        f"run: hf download {name} {' '.join(FILES)} --revision {revision}"
    )
