"""`extends:` and `edit:`: one recipe's tree out of a chain of files.

Maps merge, everything else (and `weights`) replaces whole, `null` removes. The steps of an inherited corpus change only through
`edit:`, whose operations run in order and each name an existing step. A tokenizer that an ancestor trains is inherited as its artifact,
by reference, unless a recipe trains one of its own. Lists under `removals:` add up: what a recipe removes stays removed in those that
extend it. `license:` of a corpus is said of its files and not inherited by others. All of it works on trees that remember their lines;
what the result means is checked later (`curate/checks.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.loader import load_yaml
from curate.names import Shelf, step_name
from curate.tree import Map, Seq, shown

OWN = ("recipe", "about", "extends", "edit")
"""Keys that say something about one file and are never inherited."""
OPERATIONS = ({"remove"}, {"after", "add"}, {"before", "add"}, {"set", "with"})
_FORMS = "{remove: C/S}, {after: C/S, add: [...]}, {before: C/S, add: [...]} or {set: C/S, with: {...}}"


def read(path: Path, shelf: Shelf, trail: tuple[Path, ...] = ()) -> tuple[Map, tuple[Path, ...]]:
    """The merged and edited tree of a recipe file, and the files it came from, itself first."""
    tree = load_yaml(path)
    shelf.qualify(tree, path)
    parent = tree.get("extends")
    if parent is None:
        if "edit" in tree:
            raise CurateError(
                "edit: there is nothing inherited; add `extends:`, or change the steps", where=str(tree.at("edit"))
            )
        tree.take("extends")
        return tree, (path,)
    where = str(tree.at("extends"))
    if not isinstance(parent, str):
        raise CurateError("extends: must be the name of one recipe, e.g. extends: stable", where=where)
    above = shelf.find(parent, path, where)
    if above.resolve() in (*trail, path.resolve()):
        circle = " -> ".join(shown(p) for p in (path, above))
        raise CurateError(
            f"extends: recipes extend each other in a circle ({circle}); remove one `extends:`", where=where
        )
    base, files = read(above, shelf, (*trail, path.resolve()))
    _inherit_tokenizer(base, tree, f"{shelf.title(above)}:tokenizer")
    _refuse_restated_steps(base, tree, parent)
    merged = merge(_without(base, OWN), _without(tree, ("extends", "edit")))
    _add_removals(base, tree, merged)
    _forget_licenses(base, tree, merged)
    edit(merged, tree.get("edit"), tree)
    return merged, (path, *files)


def _without(tree: Map, keys: tuple[str, ...]) -> Map:
    kept = Map(tree.mark)
    for key, value in tree.items():
        if key not in keys:
            kept.put(key, value, tree.at(key))
    return kept


def merge(base: Map, over: Map) -> Map:
    """Both maps as one. CurateError where `null` removes what is not there."""
    merged = _without(base, ())
    merged.mark = over.mark
    for key, value in over.items():
        mark, known = over.at(key), base.get(key)
        if value is None and key not in base and key not in OWN:
            hint = did_you_mean(key, base) or "; leave it out"
            raise CurateError(f"{key}: null removes what is inherited, and there is no {key!r}{hint}", where=str(mark))
        if value is None:
            merged.take(key)
        elif isinstance(value, Map) and isinstance(known, Map) and key != "weights":
            merged.put(key, merge(known, value), mark)
        else:
            merged.put(key, value, mark)
    return merged


def _inherit_tokenizer(base: Map, tree: Map, artifact: str) -> None:
    """What extends a recipe takes the tokenizer that it trains, not how to train one; what a recipe says itself replaces it whole."""
    if isinstance(base.get("tokenizer"), Map):
        base["tokenizer"] = artifact


def _add_removals(base: Map, tree: Map, merged: Map) -> None:
    """What is inherited, then its own."""
    if tree.get("removals") is None or not base.get("removals"):
        return
    whole = Seq(tree.at("removals"))
    for side in (base, tree):
        said = side["removals"]
        for place, item in enumerate(said if isinstance(said, Seq) else [said]):
            if item not in whole:
                whole.put(item, said.at(place) if isinstance(said, Seq) else side.at("removals"))
    merged.put("removals", whole, tree.at("removals"))


def _forget_licenses(base: Map, tree: Map, merged: Map) -> None:
    """A license was written for the files beside it, so it is not inherited by other files."""
    for name, corpus in _corpora(tree).items():
        inherited = _corpora(base).get(name)
        if not isinstance(corpus, Map) or not isinstance(inherited, Map) or "license" in corpus:
            continue
        if not _sources(corpus) <= _sources(inherited):
            _corpora(merged)[name].take("license")


def _sources(corpus: Map) -> set[str]:
    """What a corpus says under `files:`, without the parameters of a generator."""
    said = corpus.get("files")
    return {str(one).partition("?")[0] for one in (said if isinstance(said, Seq) else [said]) if one is not None}


def _corpora(tree: Map) -> Map:
    found = tree.get("corpora")
    return found if isinstance(found, Map) else Map(tree.mark)


def _refuse_restated_steps(base: Map, tree: Map, parent: str) -> None:
    for name, corpus in _corpora(tree).items():
        inherited = _corpora(base).get(name)
        if isinstance(corpus, Map) and "steps" in corpus and isinstance(inherited, Map) and inherited.get("steps"):
            what = f"{name}: its steps are inherited from {parent} and cannot be restated; change them with `edit:`"
            raise CurateError(what, where=str(corpus.at("steps")))


def edit(tree: Map, operations: Any, source: Map) -> None:
    """Carry out `edit:` in place. CurateError for an operation that is none, or that names no step."""
    if operations is None:
        return
    if not isinstance(operations, Seq):
        raise CurateError(f"edit: must be a list of {_FORMS}", where=str(source.at("edit")))
    for place, operation in enumerate(operations):
        where = str(operations.at(place))
        if not isinstance(operation, Map) or set(operation) not in OPERATIONS:
            raise CurateError(f"edit: this is no operation; write {_FORMS}", where=where)
        _apply(tree, operation, where)


def _apply(tree: Map, operation: Map, where: str) -> None:
    kind = next(key for key in ("remove", "after", "before", "set") if key in operation)
    steps, at = _target(tree, operation[kind], where)
    if kind == "remove":
        steps.take(at)
    elif kind == "set":
        _set(steps, at, operation["with"], where)
    else:
        _add(steps, at + (kind == "after"), operation["add"], where)


def _target(tree: Map, name: Any, where: str) -> tuple[Seq, int]:
    """The list of steps and the place in it that `web/minhash` means."""
    corpus, slash, step = name.partition("/") if isinstance(name, str) else ("", "", "")
    if not slash:
        raise CurateError(f"edit: {name!r:.60} is not a step; write corpus/step", where=where)
    found = _corpora(tree).get(corpus)
    if not isinstance(found, Map):
        raise CurateError(f"edit: no corpus {corpus!r}{did_you_mean(corpus, _corpora(tree))}", where=where)
    steps = found.get("steps")
    names = [step_name(entry) if isinstance(entry, Map) else "" for entry in steps] if isinstance(steps, Seq) else []
    if step not in names:
        hint = did_you_mean(name, [f"{corpus}/{known}" for known in names]) or f"; {corpus} has other steps or none"
        raise CurateError(f"edit: no step {name!r}{hint}", where=where)
    if names.count(step) > 1:
        raise CurateError(f"edit: {name!r} is there {names.count(step)} times; tell them apart with `as:`", where=where)
    assert isinstance(steps, Seq)
    return steps, names.index(step)


def _set(steps: Seq, at: int, changes: Any, where: str) -> None:
    if not isinstance(changes, Map):
        raise CurateError("edit: `with:` must be a map, e.g. with: {threshold: 0.8}", where=where)
    verb = next(iter(steps[at]))
    if verb in changes and changes[verb] is None:
        raise CurateError(
            f"edit: null would remove the verb {verb!r}; use {{remove: ...}} to remove the step", where=where
        )
    steps[at] = merge(steps[at], changes)


def _add(steps: Seq, at: int, added: Any, where: str) -> None:
    if not isinstance(added, Seq):
        raise CurateError("edit: `add:` must be a list of steps, e.g. add: [{score: length}]", where=where)
    for offset, entry in enumerate(added):
        steps.put(entry, added.at(offset), at + offset)
