"""What the licenses of all that is in a recipe permit together, and what they forbid that the recipe is for.

Three things bring a license: the files that a corpus is read from (the recipe or the card of the input says it, or each document does), the
language models that wrote text (the card of the model says it), and the models that wrote a published corpus (`written_by:` of its card).
A model that only grades, verifies or filters writes no text and brings none. Of what says nothing, nothing is known; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.cards import licenses
from curate.cards.licenses import DUTIES, QUESTIONS, License, May, Terms, identifier, license_of
from curate.errors import CurateError
from curate.published import terms_card

if TYPE_CHECKING:
    from pathlib import Path

    from curate.plan import Node, Plan
    from curate.recipe import Recipe

Row = dict[str, Any]
OURS = "apache-2.0"
"""Of models that are programs of this package."""
WORDS = {
    "commercial": "commercial use",
    "derivatives": "changed versions",
    "redistribution": "passing it on",
    "training": "training other models",
}
"""What a license is asked, in words."""
PROGRAMS = ("symbolic", "fake")
"""Backends that are such programs."""


@dataclass(frozen=True)
class Brought:
    """One thing that brings a license into the whole."""

    what: str
    """`corpus`, `model`, or `author` for a model that wrote a published corpus."""
    name: str
    license: str
    """As `licenses.identifier` writes it."""
    gated: bool = False

    @property
    def terms(self) -> Terms:
        return license_of(self.license).terms


def readers(plan: Plan, corpora: Iterable[str]) -> list[Node]:
    """The nodes that read the texts which these corpora are made of, in the plan's order."""
    above = {node.plan_key for name in corpora for node in plan.ends[name].upstream() if node.kind == "read"}
    return [node for node in plan.nodes.values() if node.plan_key in above]


def askers(plan: Plan, corpora: Iterable[str]) -> list[tuple[Node, bool]]:
    """The nodes that ask models about the documents of these corpora, and whether what is written becomes text."""
    found: dict[str, tuple[Node, bool]] = {}
    for name in corpora:
        later: Node | None = None
        for node in plan.ends[name].upstream():
            if node.kind == "ask":
                writes = later is not None and later.kind in ("expand", "rewrite")
                found[node.plan_key] = (node, writes or found.get(node.plan_key, (node, False))[1])
            later = node
    return [found[node.plan_key] for node in plan.nodes.values() if node.plan_key in found]


def models(plan: Plan, corpora: Iterable[str], project: Path) -> list[Row]:
    """Models that were asked: name in the recipe, backend, id, revision, license, gated, `writes` (whether text is theirs), steps."""
    rows: dict[str, Row] = {}
    for node, writes in askers(plan, corpora):
        for parameter, identity in node.own.get("models", {}).items():
            name = str(node.params.get(parameter) or node.own["params"][parameter])
            said = {key: str(identity[key]) for key in ("backend", "id", "revision") if identity.get(key)}
            row = rows.setdefault(
                name, {"model": name, **said, **_license(said, project), "writes": False, "steps": []}
            )
            row["writes"] |= writes
            row["steps"].append(node.name.removesuffix("-ask"))
    return list(rows.values())


def _license(said: dict[str, str], project: Path) -> Row:
    """What is known of a model's license."""
    if said.get("backend") in PROGRAMS:
        return {"license": OURS, "gated": False}
    card = terms_card(said["id"], project) if said.get("id") else None
    return {"license": identifier(card.license) if card else licenses.UNKNOWN, "gated": bool(card and card.gated)}


def brought(
    plan: Plan, project: Path, told: Iterable[tuple[str, str | None]] = (), corpora: Sequence[str] | None = None
) -> list[Brought]:
    """All that brings a license into the corpora of a recipe, those that only a classifier learns from among them.

    told: (corpus, license) as documents that are kept say it; what the plan says of a reader counts where they are not known yet.
    corpora: these alone, with what their documents are made of.
    """
    corpora = list(plan.ends) if corpora is None else corpora
    found: dict[Brought, None] = {}
    told = list(told)
    for corpus, license in told:
        found[Brought("corpus", corpus, identifier(license))] = None
    for node in readers(plan, corpora):
        gated = bool(node.card and node.card.gated)
        if not told or gated:
            found[Brought("corpus", node.corpus, identifier(node.own.get("license")), gated)] = None
        for model, license in (node.card.written_by if node.card else {}).items():
            found[Brought("author", model, identifier(license))] = None
    for row in models(plan, corpora, project):
        if row["writes"]:
            found[Brought("model", row["model"], row["license"], row["gated"])] = None
    return list(found)


def whole(parts: list[Brought]) -> Row:
    """The license of the whole: its label for the hub, what it permits and asks for, and which parts are why."""
    names = sorted({part.license for part in parts})
    terms = licenses.together(part.terms for part in parts)
    label = licenses.label(names)
    return {
        "license": label.license,
        **({"license_name": label.name} if label.name else {}),
        "strictest": licenses.strictest(names),
        "licenses": names,
        "permits": {question: getattr(terms, question).word for question in QUESTIONS},
        "why": {q: _names(p for p in parts if getattr(p.terms, q) == getattr(terms, q)) for q in _limited(terms)},
        "duties": [duty for duty in DUTIES if duty in terms.duties],
        "share_alike": sorted(terms.share_alike),
        "gated": _names(part for part in parts if part.gated),
        "non_commercial": _names(part for part in parts if part.terms.commercial is May.NO),
        "unknown": _names(part for part in parts if part.license == licenses.UNKNOWN),
        "not_in_table": sorted({part.license for part in parts if not _in_table(part.license)}),
    }


def _limited(terms: Terms) -> list[str]:
    return [question for question in QUESTIONS if getattr(terms, question) is not May.YES]


def _in_table(name: str) -> bool:
    return name in licenses.TABLE


def _names(parts: Iterable[Brought]) -> list[str]:
    return sorted({part.name for part in parts})


def forbidden(parts: Iterable[Brought], questions: Iterable[str]) -> Iterator[str]:
    """A line for each part that forbids one of these: `corpus web is cc-by-nc-4.0, which forbids commercial use`."""
    for part in parts:
        no = [WORDS[question] for question in questions if getattr(part.terms, question) is May.NO]
        if no:
            yield f"{'model' if part.what == 'author' else part.what} {part.name} is {part.license}, which forbids {' and '.join(no)}"


def refuse_use(recipe: Recipe, parts: Iterable[Brought]) -> None:
    """CurateError if a recipe says `use: commercial` and a part of it forbids that, or forbids to train other models with it."""
    if recipe.use == "commercial":
        for line in forbidden(parts, ("commercial", "training")):
            raise CurateError(f"{line}; take it out, or write use: research", where=recipe.location("use"))


def refuse_publishing(recipe: Recipe, parts: Iterable[Brought]) -> None:
    """CurateError if a part forbids to pass on what was made of it, or forbids what the recipe is for.

    What is unknown is not refused: whoever publishes is told (`unknown` of the license in the card) and decides.
    """
    refuse_use(recipe, parts := list(parts))
    for line in forbidden(parts, ("redistribution", "derivatives")):
        raise CurateError(f"{line}; it cannot be published", where=recipe.path.name)


__all__ = ["Brought", "License", "brought", "models", "refuse_publishing", "refuse_use", "whole"]
