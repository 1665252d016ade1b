"""Pin what a recipe names elsewhere: list remote files, and put the commit in place of `unpinned`.

Listings go into the store (`curate/listings.py`), revisions into the YAML file that says them, with every other byte of it as it was; where
a recipe of the package says them, into the user's recipe that extends it. A branch is asked once, here; a build never asks. The hub is
that of `huggingface_hub` (HF_ENDPOINT, HF_TOKEN). Left out: files of benchmarks and of cards, which lie here.
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
from curate.hub import COMMIT
from curate.loader import load_text, scalar
from curate.profile import shipped
from curate.published import corpus_card, names_card, split
from curate.recipe import Recipe
from curate.store import Store

MARK = b"\xef\xbb\xbf"
DATASET = re.compile(r"hf://datasets/([^/@]+/[^/@]+)(@|/|$)")


def fetch(recipe: Recipe, project: Path, store: Store) -> dict[str, Any]:
    """What was pinned: `revisions` (where, id, revision) and `listings` (`curate.listings.fetch`)."""
    commits: dict[tuple[str, str], str] = {}  # one for all corpora of a data set
    revisions = [pin(recipe, path, text, project, commits) for path, text in recipe.unpinned_texts()]
    patterns = {pattern: where for pattern, where in _patterns(recipe, commits) if "://" in pattern}
    return {"revisions": revisions, "listings": [listings.fetch(one, store, where) for one, where in patterns.items()]}


def _patterns(recipe: Recipe, commits: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    """Files of a recipe's corpora and of those of recipes that it refers to, pinned, and where they are named."""
    for name, corpus in recipe.corpora.items():
        for file in corpus.files:
            pattern = listings.address(file, corpus.revision)
            said = DATASET.match(pattern)
            commit = commits.get(("dataset", said[1])) if said else None
            pinned = pattern.replace("@unpinned/", f"@{commit}/", 1) if commit else pattern
            yield pinned, recipe.where("corpora", name)
    for other in recipe.others.values():
        yield from _patterns(other, commits)


def pin(
    recipe: Recipe, path: tuple[str | int, ...], text: str, project: Path, commits: dict[tuple[str, str], str]
) -> dict[str, str]:
    """Ask the hub for the commit of one thing and write it into the file that names it; for a recipe of the package, into the user's.

    commits: those that were asked for before.
    """
    thing = _named(recipe, path, text, project)
    file, where = recipe.standing(path), recipe.where(*path)
    ours = [one.is_relative_to(shipped("recipes")) and not one.is_relative_to(project) for one in (file, recipe.path)]
    if ours[1]:
        how = f"make one of your own (curate new NAME --from {recipe.recipe}) and fetch that"
        raise CurateError(f"stands in a recipe of the package; {how}", where=where)
    commit = commits.get(thing) or resolved(*thing, where)
    commits[thing] = commit
    pinned = commit if text == "unpinned" else text.replace("@unpinned", f"@{commit}", 1)
    if ours[0]:
        _add(recipe.path, path, pinned)
    else:
        _write(file, path, text, pinned)
    return {"where": where, "id": thing[1], "revision": commit}


def _named(recipe: Recipe, path: tuple[str | int, ...], text: str, project: Path) -> tuple[str, str]:
    """What is unpinned: `model` or `dataset`, and its id. CurateError where nothing says which dataset."""
    if path[0] == "models":
        return "model", str(recipe.models[str(path[1])].id).partition("@")[0]
    if path[0] in ("tokenizer", "train", "probe"):
        return "model", text.partition("@")[0]
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
    text = _text_of(file)
    node = _node(_composed(text), path)
    start, end = node.start_mark.index, node.end_mark.index
    said = text[start:end].replace(before, after, 1) if node.style else _word(after)
    _replace(file, path, after, text[:start] + said + text[end:])


def _add(file: Path, path: Sequence[str | int], value: str) -> None:
    """Say in a YAML file what it inherits otherwise; every byte that is there stays."""
    text = _text_of(file)
    node, rest = _composed(text), [str(element) for element in path]
    while isinstance(inner := {k.value: v for k, v in node.value}.get(rest[0]), yaml.MappingNode):
        node, rest = inner, rest[1:]
    if node.flow_style:
        at = node.start_mark.index + 1
        said = f"{': {'.join(rest)}: {_word(value)}{'}' * (len(rest) - 1)}" + (", " if node.value else "")
    else:
        end = "\r\n" if "\r\n" in text else "\n"
        column = node.start_mark.column
        at = node.start_mark.index - column if column else len(text)
        before = "" if column or text.endswith("\n") else end
        lines = [f"{' ' * (column + 2 * depth)}{key}:" for depth, key in enumerate(rest)]
        said = f"{before}{end.join(lines)} {_word(value)}{end}"
    _replace(file, path, value, text[:at] + said + text[at:])


def _composed(text: str) -> Any:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _text_of(file: Path) -> str:
    return file.read_bytes().removeprefix(MARK).decode()


def _replace(file: Path, path: Sequence[str | int], value: str, text: str) -> None:
    """Write a file's new text, if it now says the value there. CurateError, and nothing written, otherwise."""
    try:
        says = _value(load_text(text, file), path)
    except (CurateError, KeyError, IndexError, TypeError):
        says = None
    if says != value:
        raise CurateError(f"{'.'.join(map(str, path))}: write it in yourself: {value}", where=file.name)
    mark, mode = MARK if file.read_bytes().startswith(MARK) else b"", file.stat().st_mode
    try:
        replace_file(file.resolve(), mark + text.encode())
        file.chmod(mode)
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(file)) from None


def _word(text: str) -> str:
    """A text as YAML, in quotes where it needs them: a commit may look like a number."""
    return text if _is_text(text) else f"'{text}'"


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
