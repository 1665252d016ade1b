"""What differs between two resolved recipes, in words: clause by clause, step by step, weight by weight.

Steps are matched by verb and name; a `keep`, whose name is made of its clauses, by the clauses that it shares. `about` and the recipe's
name are left out: they change no byte.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from curate.clauses import parse
from curate.names import step_name
from curate.recipe import Recipe
from curate.why import MISSING, differences
from curate.words import Said, Sentence, value

Entry = dict[str, Any]


def recipe_changes(before: Recipe | None, after: Recipe | None) -> list[Sentence]:
    """Every change of configuration. A recipe that is not there counts as an empty one."""
    was, now = (side.resolved() if side else {} for side in (before, after))
    found: list[Sentence] = []
    for part in ("use", "seed", "tokenizer"):
        found += _changes(part, was.get(part), now.get(part))
    for part, thing in (("models", "model"), ("corpora", "corpus")):
        for name in _names(was.get(part, {}), now.get(part, {})):
            found += _entry(thing, name, was.get(part, {}).get(name), now.get(part, {}).get(name))
    found += _mixture(was.get("mixture", {}), now.get("mixture", {}))
    for part in ("train", "probe", "eval"):
        found += _changes(part, was.get(part, {}), now.get(part, {}))
    for part, thing in (("expect", "expectation"), ("removals", "removal")):
        found += _list(thing, was.get(part, []), now.get(part, []))
    return found


def _names(before: Entry, after: Entry) -> list[str]:
    return list(dict.fromkeys([*before, *after]))


def _changes(subject: str, before: Any, after: Any) -> Iterator[Sentence]:
    """Fields that differ, one sentence each: `web: files: a -> b`."""
    before, after = (
        {} if side is None and isinstance(o, dict) else side for side, o in ((before, after), (after, before))
    )
    for path, was, now in differences(before, after):
        where: Sentence = (Said(subject), ": ", *((Said(path), ": ") if path else ()))
        yield (*where, *_from_to(_present(was), _present(now)))


def _present(given: Any) -> Any:
    return None if given == MISSING else given


def _from_to(was: Any, now: Any) -> Sentence:
    if was is None:
        return (value(now), " (new)")
    return (value(was), " -> ", value(now)) if now is not None else (value(was), " (removed)")


def _list(thing: str, before: list[Any], after: list[Any]) -> Iterator[Sentence]:
    yield from ((f"{thing} removed: ", value(one)) for one in before if one not in after)
    yield from ((f"{thing} added: ", value(one)) for one in after if one not in before)


def _entry(thing: str, name: str, before: Entry | None, after: Entry | None) -> Iterator[Sentence]:
    """A model or a corpus, its steps included."""
    if before is None or after is None:
        whole, said = (after, "added") if before is None else (before, "removed")
        assert whole
        origin = next(
            ((f" {word} ", value(whole[word])) for word in ("from", "read", "backend", "fit") if word in whole), ()
        )
        steps = whole.get("steps", [])
        yield (f"{thing} ", Said(name), f" {said}:", *origin, *((f", {len(steps)} steps",) if steps else ()))
        return
    skipped = ("steps", "about")
    was, now = ({k: v for k, v in side.items() if k not in skipped} for side in (before, after))
    yield from _changes(name, was, now)
    yield from _steps(name, before.get("steps", []), after.get("steps", []))


# steps


def _steps(corpus: str, before: list[Entry], after: list[Entry]) -> Iterator[Sentence]:
    pairs = _matched(before, after)
    old, new = {b for b, _ in pairs}, {a for _, a in pairs}
    for place, entry in enumerate(before):
        if place not in old:
            yield (Said(corpus), ": step ", Said(step_name(entry)), " removed")
    for place, entry in enumerate(after):
        if place not in new:
            yield (Said(corpus), ": step ", Said(step_name(entry)), " added", *_place(after, place), *_told(entry))
    for b, a in pairs:
        yield from _step(corpus, before[b], after[a])
    for place in _moved(pairs):
        yield (Said(corpus), ": step ", Said(step_name(after[place])), " moved", *_place(after, place))


def _place(steps: list[Entry], place: int) -> Sentence:
    return (" after ", Said(step_name(steps[place - 1]))) if place else (" at the start",)


def _told(entry: Entry) -> Sentence:
    """Clauses and parameters of a step that is new."""
    verb = next(iter(entry))
    given = {**(entry["keep"] if verb == "keep" else {}), **{k: v for k, v in entry.items() if k not in (verb, "as")}}
    return (" (", *[w for k, v in given.items() for w in (Said(k), ": ", value(v), ", ")][:-1], ")") if given else ()


def _matched(before: list[Entry], after: list[Entry]) -> list[tuple[int, int]]:
    """Places of the same step in both lists: first by name, then keeps by the clauses that they share."""
    pairs: list[tuple[int, int]] = []
    for same in (_same_name, _shares_clause):
        for b, old in enumerate(before):
            taken_b, taken_a = {p for p, _ in pairs}, {p for _, p in pairs}
            if b not in taken_b:
                free = (a for a, new in enumerate(after) if a not in taken_a and same(old, new))
                pairs += [(b, a) for a in [next(free, -1)] if a >= 0]
    return sorted(pairs, key=lambda pair: pair[1])


def _same_name(old: Entry, new: Entry) -> bool:
    return next(iter(old)) == next(iter(new)) and step_name(old) == step_name(new)


def _shares_clause(old: Entry, new: Entry) -> bool:
    return next(iter(old)) == next(iter(new)) == "keep" and bool({*old["keep"]} & {*new["keep"]})


def _moved(pairs: list[tuple[int, int]]) -> list[int]:
    """Places, in the new list, of steps that stand in another order: those outside the longest run that kept its order."""
    old = sorted(b for b, _ in pairs)
    new = [b for b, _ in pairs]
    kept = {
        new[i]
        for m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        for i in range(m.b, m.b + m.size)
    }
    return [a for b, a in pairs if b not in kept]


def _step(corpus: str, before: Entry, after: Entry) -> Iterator[Sentence]:
    verb = next(iter(after))
    subject: Sentence = (Said(corpus),) if verb == "keep" else (Said(f"{corpus}/{step_name(after)}"),)
    yield from _clauses(subject, before.get("keep") or {}, after.get("keep") or {})
    was, now = ({k: v for k, v in side.items() if k != "keep"} for side in (before, after))
    for path, old, new in differences(was, now):
        yield (*subject, ": ", Said(path), ": ", *_from_to(_present(old), _present(new)))


def _clauses(subject: Sentence, before: dict[str, str], after: dict[str, str]) -> Iterator[Sentence]:
    for name in _names(before, after):
        was, now = before.get(name), after.get(name)
        if was is None or now is None or parse(was).canonical != parse(now).canonical:
            yield (*subject, ": clause ", Said(name), ": ", *_from_to(was, now))
    common = [n for n in before if n in after]
    if common != [n for n in after if n in before]:
        yield (*subject, ": the order of the clauses: ", value([*before]), " -> ", value([*after]))


# mixture


def _mixture(before: Entry, after: Entry) -> Iterator[Sentence]:
    skipped = ("stages", "max_epochs")
    was, now = ({k: v for k, v in side.items() if k not in skipped} for side in (before, after))
    yield from _changes("mixture", was, now)
    old, new = before.get("stages", []), after.get("stages", [])
    if old and new and len(old) != len(new):
        yield (Said("mixture"), f": {len(old)} -> {len(new)} stages")
    for place in range(max(len(old), len(new))):
        yield from _stage(
            f" in stage {place}" if max(len(old), len(new)) > 1 else "",
            old[place] if place < len(old) else {},
            new[place] if place < len(new) else {},
        )
    was, now = before.get("max_epochs", {}), after.get("max_epochs", {})
    for name in _names(was, now):
        if was.get(name) != now.get(name):
            yield (Said("mixture"), ": epochs of ", Said(name), " at most: ", *_from_to(was.get(name), now.get(name)))


def _stage(where: str, before: Entry, after: Entry) -> Iterator[Sentence]:
    if before.get("until") != after.get("until"):
        yield (Said("mixture"), f": until{where}: ", *_from_to(before.get("until"), after.get("until")))
    was, now = before.get("weights", {}), after.get("weights", {})
    for name in _names(was, now):
        if was.get(name) != now.get(name):
            yield (Said("mixture"), ": weight of ", Said(name), f"{where}: ", *_from_to(was.get(name), now.get(name)))
