"""Pin what a recipe names elsewhere: list remote files, and put the commit in place of `unpinned`.

Listings go into the store (`curate/listings.py`), revisions into the YAML file that says them, with every other byte of it as it was. A
branch is asked once, here; a build never asks. The hub is that of `huggingface_hub` (HF_ENDPOINT, HF_TOKEN). Left out: files of
benchmarks, which are named by path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from curate import listings
from curate.artifact import replace_file
from curate.errors import CurateError, failing
from curate.loader import load_text, scalar
from curate.profile import shipped
from curate.published import corpus_card, names_card, split
from curate.recipe import Recipe
from curate.store import Store

COMMIT = re.compile(r"[0-9a-f]{40}")
DATASET = re.compile(r"hf://datasets/([^/@]+/[^/@]+)(@|/|$)")


def fetch(recipe: Recipe, project: Path, store: Store) -> dict[str, Any]:
    """What was pinned: `revisions` (where, id, revision) and `listings` (`curate.listings.fetch`)."""
    revisions = [pin(recipe, path, text, project) for path, text in recipe.unpinned_texts()]
    patterns = {pattern: where for pattern, where in _patterns(recipe) if "://" in pattern}
    away = [(pattern, where) for pattern, where in patterns.items() if not pattern.startswith("hf:")]
    return {"revisions": revisions, "listings": [listings.fetch(pattern, store, where) for pattern, where in away]}


def _patterns(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Files of a recipe's corpora and of those of recipes that it refers to, and where they are named."""
    for name, corpus in recipe.corpora.items():
        yield from ((pattern, recipe.where("corpora", name)) for pattern in corpus.files)
    for other in recipe.others.values():
        yield from _patterns(other)


def pin(recipe: Recipe, path: tuple[str | int, ...], text: str, project: Path) -> dict[str, str]:
    """Ask the hub for the commit of one thing and write it into the file that names it."""
    kind, name = _named(recipe, path, text, project)
    file = recipe.standing(path)
    where = recipe.where(*path)
    if file.is_relative_to(shipped("recipes")) and not file.is_relative_to(project):
        raise CurateError("stands in a recipe of the package; pin it in a recipe of your own", where=where)
    commit = resolved(kind, name, where)
    pinned = commit if text == "unpinned" else text.replace("@unpinned", f"@{commit}", 1)
    _write(file, path, text, pinned)
    return {"where": where, "id": name, "revision": commit}


def _named(recipe: Recipe, path: tuple[str | int, ...], text: str, project: Path) -> tuple[str, str]:
    """What is unpinned: `model` or `dataset`, and its id. CurateError where nothing says which dataset."""
    if path[0] == "models":
        return "model", str(recipe.models[str(path[1])].id).partition("@")[0]
    if path[0] in ("tokenizer", "train"):
        return "dataset" if path[-1] == "prompts" else "model", text.partition("@")[0]
    files = recipe.corpora[str(path[1])].files
    if names_card(files):
        where = recipe.where(*path)
        return "dataset", corpus_card(split(files, where)[0], project, where).hub
    said = [DATASET.match(file) for file in files]
    names = {match[1] for match in said if match}
    if len(names) != 1:
        raise CurateError(
            "whose revision? Name one data set, as files: card:NAME or hf://datasets/ORG/NAME/...",
            where=recipe.where(*path),
        )
    return "dataset", names.pop()


def resolved(kind: str, name: str, where: str = "") -> str:
    """The commit that the main branch of a model or data set is at. CurateError if the hub does not say."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    ask = api.model_info if kind == "model" else api.dataset_info
    with failing(f"asking the hub for the commit of {name}", where=where):
        commit = ask(name, revision="main").sha
    if not COMMIT.fullmatch(commit or ""):
        raise CurateError(f"the hub gives no commit of {name}, but {commit!r:.60}", where=where)
    return str(commit)


def _write(file: Path, path: Sequence[str | int], before: str, after: str) -> None:
    """Put one text of a YAML file in place of another; every other byte stays."""
    data = file.read_bytes()
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = data.removeprefix(mark).decode()
    node = _node(yaml.compose(text, Loader=yaml.SafeLoader), path)
    start, end = node.start_mark.index, node.end_mark.index
    said = text[start:end].replace(before, after, 1) if node.style or _is_text(after) else f"'{after}'"
    new = text[:start] + said + text[end:]
    if _value(load_text(new, file), path) != after:
        raise CurateError(f"write it in yourself: {after}", where=f"{file.name}:{node.start_mark.line + 1}")
    mode = file.stat().st_mode
    try:
        replace_file(file.resolve(), mark + new.encode())
        file.chmod(mode)
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(file)) from None


def _is_text(word: str) -> bool:
    """Whether a word needs no quotes: a commit may look like a number."""
    try:
        return scalar(word) == word
    except ValueError:
        return False


def _node(node: Any, path: Sequence[str | int]) -> Any:
    """The scalar that a path leads to; one file may stand for a list of one."""
    for element in path:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == str(element))
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[int(element)]
    return node


def _value(tree: Any, path: Sequence[str | int]) -> Any:
    for element in path:
        if not isinstance(tree, str):
            tree = tree[element]
    return tree
