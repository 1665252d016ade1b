"""The prompts of runs of reinforcement learning, in a plan: a node `CORPUS/prompts` for each corpus that an entry's `prompts:` names.

It is built like a mixture: from the whole corpus, into an object of the store with a key and a content, so it is in the lock, goes to a
remote, and a changed corpus is told. The generated corpora of benchmarks that `eval:` names are planned here too, because the gate
(`curate/clean.py`) wants their items when a run is about to start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate import datacard, step
from curate.code import PACKAGE
from curate.errors import CurateError
from curate.plan import Node

if TYPE_CHECKING:
    from curate.planner import Planner
    from curate.state import State

FILE = "prompts.parquet"
"""id, problem, answer (`mixers/prompts.py`)."""


def node_name(corpus: str) -> str:
    """`web/prompts`, or `other:web/prompts`."""
    return f"{corpus}/prompts"


def add_prompts(planner: Planner) -> None:
    """The prompts that runs of the recipe name, and the generated items of its benchmarks."""
    recipe = planner.recipe
    named: dict[str, tuple[str, ...]]
    named = {entry.prompts: ("train", name, "prompts") for name, entry in recipe.train.items() if entry.prompts}
    if recipe.probe and recipe.probe.prompts:
        named.setdefault(recipe.probe.prompts, ("probe", "prompts"))
    for corpus, place in named.items():
        _add(planner, str(corpus), recipe.location(*place))
    for title in _generated(planner):
        planner.generate(title, recipe.location("eval"))


def _add(planner: Planner, corpus: str, where: str) -> None:
    mixer = step.imported(PACKAGE / "mixers" / "_prompts.py")
    made = step.load(PACKAGE / "mixers" / "prompts.py", "mixers")
    end = planner.reference(corpus, where)
    if end.makes_files:
        raise CurateError(f"prompts: {corpus!r} is no corpus; name one that has problems and answers", where=where)
    usual = {*mixer.CARRIED, *(column for columns in mixer.DEFAULTS.values() for column in columns)}
    columns = sorted(usual & {*end.schema} - {"id"})
    rewritten = any(node.kind == "rewrite" for node in end.upstream())
    params = planner.filled(made, {"columns": columns, "rewritten": rewritten}, where)
    own = planner.own(made, params)
    reads = made.reads_with(params)
    planner.add(
        Node(node_name(corpus), "", "fit", own, params, made, None, ((corpus, end),), None, (), reads, where=where)
    )


def counts(state: State) -> dict[str, dict[str, int]]:
    """Corpus -> its prompts, and what was left out, of those that are built."""
    nodes = {
        name.removesuffix("/prompts"): node
        for name, node in state.plan.nodes.items()
        if node.own["step"] == "mixers.prompts"
    }
    return {name: state.done[node.plan_key].facts for name, node in nodes.items() if node.plan_key in state.done}


def in_words(corpus: str, found: dict[str, int]) -> str:
    """`sums: 31 prompts; left out: 1 without answer, 1 repeated`."""
    out = [f"{count:,} {name.replace('_', ' ')}" for name, count in found.items() if count and name != "prompts"]
    return f"{corpus}: {found['prompts']:,} prompts" + (f"; left out: {', '.join(out)}" if out else "")


def _generated(planner: Planner) -> list[str]:
    """Titles of the generated corpora among the files of the benchmarks that `eval:` names; a card that cannot be read is the gate's."""
    from curate.evals.benchmarks import cards

    titles: dict[str, None] = {}
    named = dict.fromkeys(name for entry in planner.recipe.eval.values() for name in entry.benchmarks)
    for name in cards(named, planner.project) if named else ():
        try:
            files = datacard.read(datacard.find(name, planner.project)).files
        except CurateError:
            continue
        titles |= dict.fromkeys(file for file in files if file.startswith("embedded:"))
    return list(titles)
