"""Data cards of outputs: what a recipe's corpora and mixture are, for people, for the Hugging Face hub, and for programs.

    curate card long-cot                 datacards/recipes/long-cot.md
    curate card long-cot --croissant     JSON-LD of Croissant 1.0
    curate card --all --check            are the committed cards what would be written?

    evidence.py    gathers what is known: lock, plan, manifests, counts over the documents
    rights.py      the license of the whole, from all that brings one (licenses.py: the table and its arithmetic)
    page.py        Markdown, with page_rights.py and page_steps.py; front.py its metadata for the hub
    croissant.py   JSON-LD
    check.py       writes committed cards and compares them

A card says what the lock and the stored documents say; what is not known is said to be unknown. Cards of inputs are hand-kept
(`curate/datacard.py`, `curate/published.py`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from curate.cards.croissant import croissant
from curate.cards.evidence import facts, parts_of
from curate.cards.front import LICENSE_FILE, Configs
from curate.cards.page import page
from curate.cards.page_rights import license_page
from curate.cards.rights import refuse_publishing as _refuse

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.lock import Lock

NOTHING: Configs = {}


def card_text(recipe: Curated, lock: Lock, configs: Configs = NOTHING) -> str:
    """The whole card as Markdown with the hub's front matter. Deterministic: no date but the version's, no place, no host.

    configs: of a published set, config -> its files (`DataFile`); without them the card names where files would lie.
    """
    return page(facts(recipe, lock), configs, lock_name(recipe, lock))


def license_text(recipe: Curated, lock: Lock) -> str:
    """`LICENSE.md` beside a published card, which links to it where no one license holds for all of it."""
    return license_page(facts(recipe, lock))


def croissant_of(recipe: Curated, lock: Lock, configs: Configs = NOTHING) -> dict[str, Any]:
    """Croissant 1.0 JSON-LD; `configs` as in `card_text`."""
    return croissant(facts(recipe, lock), configs)


def published_texts(recipe: Curated, lock: Lock, configs: Configs) -> dict[str, str]:
    """`README.md`, `LICENSE.md` and `croissant.json` of a published set, from one look at what is stored."""
    found = facts(recipe, lock)
    return {
        "README.md": page(found, configs, lock_name(recipe, lock)),
        LICENSE_FILE: license_page(found),
        "croissant.json": _embeddable(json.dumps(croissant(found, configs), indent=1, ensure_ascii=False)) + "\n",
    }


def _embeddable(text: str) -> str:
    """JSON that ends no `<script type="application/ld+json">` that somebody puts around it."""
    return text.replace("<", "\\u003c")


def refuse_publishing(recipe: Curated, lock: Lock) -> None:
    """CurateError if the license of something that is published forbids passing it on, or forbids what the recipe is for.

    lock: of what is stored; its `published` says whether a part of it is meant.
    """
    _refuse(recipe.recipe, parts_of(recipe, lock))


def lock_name(recipe: Curated, lock: Lock) -> str:
    """What the file of the lock is called that a card speaks of."""
    return f"{recipe.lock_path.stem}-{lock.version}.lock" if lock.version else recipe.lock_path.name


__all__ = [
    "LICENSE_FILE",
    "Configs",
    "card_text",
    "croissant_of",
    "facts",
    "license_text",
    "published_texts",
    "refuse_publishing",
]
