"""What is particular to a run on prompts (`curate/run.py`): its prompts and tokenizer, its template, and what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.code import PACKAGE
from curate.prompts import node_name
from curate.step import imported

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.run import Run


def trainers() -> Any:
    """What our trainers say of themselves without torch (`trainers/checks.py`)."""
    return imported(PACKAGE / "trainers" / "checks.py")


def stored_nodes(nodes: dict[str, Any], curated: Curated) -> dict[str, Any]:
    """Nodes with their manifests; nothing if one is not built."""
    done = curated.built.done
    whole = all(node.plan_key in done for node in nodes.values())
    return {name: (node, done[node.plan_key]) for name, node in nodes.items()} if whole else {}


def prompt_nodes(run: Run) -> dict[str, Any]:
    """The prompts, and the tokenizer of the mixture that the weights were last trained on; nothing if they are not built."""
    own = stored_nodes({"prompts": run.owner.planned.nodes[node_name(str(run.entry.prompts))]}, run.owner)
    above = run.parent
    while own and above:
        if "tokenizer" in (found := above.nodes()):
            return {**own, "tokenizer": found["tokenizer"]}
        above = above.parent
    return own


def template(run: Run, said: dict[str, Any]) -> dict[str, Any]:
    """The text of a template that is named, and what ends a reply to it; nothing where no template of ours is named."""
    named = said.get("template", "simple" if run.module in trainers().ON_PROMPTS else None)
    ours = imported(PACKAGE / "trainers" / "rl_settings.py")
    if not (run.on_prompts and isinstance(named, str) and named in ours.TEMPLATES):
        return {}
    stop = said.get("stop")
    return {"template": ours.TEMPLATES[named], "stop": ours.STOPS[named] if stop is None else stop}


def refuse_prompts(run: Run) -> None:
    """CurateError where a run has prompts and should not, or has none and should."""
    on_prompts = trainers().ON_PROMPTS
    if run.module in on_prompts and not run.entry.prompts:
        raise run.wrong(f"{run.module} trains on prompts; write prompts: CORPUS, one with problems and answers")
    if run.entry.prompts and run.module in {*trainers().CHECKS} - {*on_prompts}:
        raise run.wrong(f"{run.module} reads no prompts; take prompts: out, or write run: trainers.grpo")
    if run.entry.prompts and run.data:
        raise run.wrong("has both `data:` and `prompts:`; remove one (data: null, if it is inherited)")
