"""What in a recipe refers to what: every name leads somewhere, nothing goes in a circle, shares sum to one.

Checked after the shape (`curate/parts.py`), so that each error has the exact line. Steps and their parameters are the planner's to check.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from curate.errors import did_you_mean
from curate.names import RESERVED, reference
from curate.removals import STEP
from curate.seeds import of_entry

if TYPE_CHECKING:
    from curate.parts import Corpus, TrainEntry
    from curate.recipe import Recipe

Place = tuple[str | int, ...]
PROBE = re.compile(r"probe-\d+")
"""What runs of the probe are called, by seed."""


def check(recipe: Recipe) -> None:
    """CurateError for the first thing that does not fit."""
    for look in (_corpora, _steps, _circles, _tokenizer, _models, _mixture, _of_corpora, _train, _probe, _eval):
        look(recipe)


def references(recipe: Recipe) -> dict[str, Place]:
    """Recipes that this one names, each with the first place that does."""
    places: dict[str, Place] = {}
    for text, place in _spots(recipe):
        found = reference(text)
        if found:
            places.setdefault(found[0], place)
    return places


def _spots(recipe: Recipe) -> Iterator[tuple[str | None, Place]]:
    yield (recipe.tokenizer.name if recipe.tokenizer else None), ("tokenizer",)
    for name, corpus in recipe.corpora.items():
        yield corpus.from_, ("corpora", name, "from")
    for name, run in recipe.train.items():
        yield from _of_run(run, ("train", name))
    if recipe.probe:
        yield from _of_run(recipe.probe, ("probe",))
    for name, measured in recipe.eval.items():
        for at, model in enumerate(measured.models):
            yield model, ("eval", name, "models", at)


def _of_run(run: TrainEntry, here: Place) -> Iterator[tuple[str | None, Place]]:
    yield run.from_, (*here, "from")
    yield run.data, (*here, "data")
    yield run.prompts, (*here, "prompts")


def _listed(
    recipe: Recipe, wanted: Iterable[str], known: Iterable[str], what: str, place: Callable[[int, str], Place]
) -> None:
    known = list(known)
    for at, name in enumerate(wanted):
        if name not in known:
            hint = did_you_mean(name, known) or f"; add it, or take {name!r} out"
            raise recipe.fail(f"there is no {what} {name!r}{hint}", *place(at, name))


def _corpora(recipe: Recipe) -> None:
    for name, corpus in recipe.corpora.items():
        here = ("corpora", name)
        if name in RESERVED:
            raise recipe.fail(f"a corpus cannot be called {name!r}, which means something else; rename it", *here)
        if corpus.read and corpus.from_:
            raise recipe.fail(
                "has both `read:` and `from:`; remove one (read: null, if it is inherited)", *here, "from"
            )
        if not corpus.read and not corpus.from_:
            hint = did_you_mean(next(iter(corpus.params)), ("read", "from")) if corpus.params else ""
            hint = hint or "; write read: and files:, or from: CORPUS"
            raise recipe.fail(f"has no `read:` and no `from:`{hint}", *here)
        if corpus.read and not corpus.files:
            raise recipe.fail("says `read:` and names no files; write e.g. files: data/*.warc.gz", *here, "read")
        if corpus.from_:
            _from(recipe, name, corpus, corpus.from_)


def _from(recipe: Recipe, name: str, corpus: Corpus, wanted: str) -> None:
    here = ("corpora", name)
    keys = ("about", "from", "license", "steps")
    for key in (*(k for k in ("files", "columns", "revision") if getattr(corpus, k)), *corpus.params):
        hint = did_you_mean(key, keys) if key in corpus.params else "; it belongs to a corpus with `read:`"
        raise recipe.fail(f"a corpus made `from:` another takes no {key!r}{hint}", *here, key)
    found = reference(wanted)
    source, node = (recipe.others[found[0]], found[1]) if found else (recipe, wanted)
    _node(recipe, source.corpora, node, f"{found[0]}:" if found else "", (*here, "from"))


def _node(recipe: Recipe, corpora: Mapping[str, Corpus], node: str, prefix: str, place: Place) -> None:
    """A corpus, or one of the nodes inside it: its reader, `repeat`, a step, or the clauses that a step brings along."""
    name, slash, step = node.partition("/")
    if name not in corpora:
        hint = did_you_mean(prefix + name, [prefix + known for known in corpora]) or "; add it under `corpora:`"
        raise recipe.fail(f"there is no corpus {prefix + name!r}{hint}", *place)
    known = [entry.name for entry in corpora[name].steps]
    inner = [*known, *([str(corpora[name].read), "repeat"] if corpora[name].read else [])]
    inner += [STEP, f"{STEP}.removed"] if recipe.removals else []
    if slash and step not in inner and not any(step.startswith(f"{entry}.") for entry in known):
        hint = did_you_mean(step, inner) or f"; name the corpus alone: {prefix + name}"
        raise recipe.fail(f"{prefix + name} has no step {step!r}{hint}", *place)


def _steps(recipe: Recipe) -> None:
    for name, corpus in recipe.corpora.items():
        seen: dict[str, int] = {}
        for at, entry in enumerate(corpus.steps):
            if entry.name in seen:
                what = f"two steps are called {entry.name!r}; tell them apart with `as:`"
                raise recipe.fail(what, "corpora", name, "steps", at)
            seen[entry.name] = at


def _circles(recipe: Recipe) -> None:
    _circle(recipe, "corpora", {name: (c.from_ or "").partition("/")[0] for name, c in recipe.corpora.items()})
    _circle(recipe, "train", {name: run.from_ or "" for name, run in recipe.runs.items()})


def _circle(recipe: Recipe, kind: str, source: dict[str, str]) -> None:
    for start in source:
        trail = [start]
        while (above := source.get(trail[-1], "")) in source:
            trail.append(above)
            if above == start:
                place = (kind, recipe.seeded[start].entry_name if kind == "train" else start, "from")
                raise recipe.fail(f"is made from itself ({' from '.join(trail)}); change one `from:`", *place)
            if len(trail) > len(source):
                break  # a circle that does not come back here; found from one of its own


def _tokenizer(recipe: Recipe) -> None:
    tokenizer = recipe.tokenizer
    if tokenizer is None:
        return
    _listed(recipe, tokenizer.of, recipe.corpora, "corpus", lambda at, _: ("tokenizer", "of", at))
    twice = [name for name, times in Counter(tokenizer.of).items() if times > 1]
    if twice:
        raise recipe.fail(f"of: names {twice[0]!r} twice; delete one", "tokenizer", "of")
    if tokenizer.train and not tokenizer.of:
        raise recipe.fail("of: names no corpus; write e.g. of: [web]", "tokenizer", "of")
    found = reference(tokenizer.name)
    if found and (found[1] != "tokenizer" or recipe.others[found[0]].tokenizer is None):
        raise recipe.fail(
            f"{tokenizer.name!r} is not a tokenizer; name a recipe that has one, e.g. stable:tokenizer", "tokenizer"
        )


def _models(recipe: Recipe) -> None:
    for name, model in recipe.models.items():
        here = ("models", name)
        if not model.backend and not model.id and not model.fit:
            raise recipe.fail("needs `backend:`, `id:` or `fit:`; write e.g. {backend: symbolic}", *here)
        for key in ("backend", "sampling", *(("id", "revision") if model.fit != "pretrained" else ())):
            if model.fit and getattr(model, key):
                raise recipe.fail(f"a model of `fit: {model.fit}` takes no {key!r}; delete one of the two", *here, key)
        hub, _, revision = (model.id or "").partition("@")
        if revision and model.revision:
            raise recipe.fail("says its revision twice; delete `revision:`", *here, "revision")
        if "/" in hub and not revision and not model.revision:
            raise recipe.fail(f"needs a revision; write id: {hub}@COMMIT, or revision: unpinned", *here, "id")


def _mixture(recipe: Recipe) -> None:
    if recipe.mixture is None:
        return
    before = 0.0
    for at, stage in enumerate(recipe.mixture.stages):
        here: Place = ("mixture", "stages", at)
        _listed(recipe, stage.weights, recipe.corpora, "corpus", lambda _, name, here=here: (*here, "weights", name))  # type: ignore[misc]
        total = math.fsum(stage.weights.values())
        if abs(total - 1) > 1e-9:
            raise recipe.fail(f"weights sum to {total:.9g}; make them sum to 1", *here, "weights")
        if stage.until <= before:
            raise recipe.fail(
                f"until: {stage.until:.6%} is not after the stage before; put the stages in order", *here, "until"
            )
        before = stage.until
    if before != 1:
        raise recipe.fail(f"the last stage ends at {before:.6%}; write until: 100%", "mixture", "stages", at, "until")


def _of_corpora(recipe: Recipe) -> None:
    mixture = recipe.mixture
    if mixture is None:
        return
    for key in ("max_epochs", "mask"):
        named = getattr(mixture, key)
        _listed(recipe, named, recipe.corpora, "corpus", lambda _, name, key=key: ("mixture", key, name))  # type: ignore[misc]
    mixed = {name for stage in mixture.stages for name in stage.weights}
    for name in mixture.mask:
        if name not in mixed:
            raise recipe.fail(f"{name!r} is in no stage of the mixture; delete its mask", "mixture", "mask", name)


def _run(recipe: Recipe, wanted: str, place: Place, also: Iterable[str] = ()) -> None:
    """A checkpoint: a run of this recipe or of another, or a published model (which has a / in its name)."""
    found = reference(wanted)
    source = recipe.others[found[0]] if found else recipe
    known = [*dict.fromkeys((*source.train, *source.runs)), *([] if found else also)]
    name = found[1] if found else wanted
    if (found or "/" not in wanted) and name not in known:
        known = [run for run in known if run != place[1]]
        where = "`train:`, or a model under `models:`" if place[0] == "eval" else "`train:`"
        raise recipe.fail(f"there is no run {wanted!r}{did_you_mean(name, known) or f'; add it under {where}'}", *place)


def _data(recipe: Recipe, wanted: str, place: Place) -> None:
    """A mixture: this recipe's or another's."""
    found = reference(wanted)
    source, node = (recipe.others[found[0]], found[1]) if found else (recipe, wanted)
    if node != "mixture" or source.mixture is None:
        raise recipe.fail(f"there is no mixture {wanted!r}; write mixture, or RECIPE:mixture", *place)


def _prompts(recipe: Recipe, wanted: str, place: Place) -> None:
    """A corpus with problems and answers: this recipe's or another's, or a step of one."""
    found = reference(wanted)
    source, node = (recipe.others[found[0]], found[1]) if found else (recipe, wanted)
    if "/" in node and node.partition("/")[0] not in source.corpora:
        how = (
            "write it as a corpus, {read: hub, files: card:NAME, revision: unpinned}, and name that (docs/trainers.md)"
        )
        raise recipe.fail(f"{wanted[:80]!r} is no corpus; if it lies on the hub, {how}", *place)
    _node(recipe, source.corpora, node, f"{found[0]}:" if found else "", place)


def _train(recipe: Recipe) -> None:
    for name, run in recipe.seeded.items():
        here = ("train", run.entry_name)
        if taken := [one for one in (run.entry_name, name) if one in recipe.corpora]:
            raise recipe.fail(f"{taken[0]!r} is a corpus too; rename one of them", *here)
        if recipe.probe and PROBE.fullmatch(name):
            raise recipe.fail(f"{name!r} is what a run of the probe is called; rename it", *here)
        _entry(recipe, run.entry, here)


def _entry(recipe: Recipe, run: TrainEntry, here: Place) -> None:
    if run.from_:
        _run(recipe, run.from_, (*here, "from"))
    if run.data:
        _data(recipe, run.data, (*here, "data"))
    if run.prompts:
        _prompts(recipe, run.prompts, (*here, "prompts"))


def _probe(recipe: Recipe) -> None:
    if recipe.probe:
        if not (recipe.probe.from_ and recipe.probe.prompts):
            raise recipe.fail(
                "needs from: (whose weights are judged, such as midtrain) and prompts: (a corpus)", "probe"
            )
        _entry(recipe, recipe.probe, ("probe",))
        of_entry(recipe, recipe.probe, ("probe",))


def _eval(recipe: Recipe) -> None:
    for name, measured in recipe.eval.items():
        for at, model in enumerate(measured.models):
            _run(recipe, model, ("eval", name, "models", at), recipe.models)
