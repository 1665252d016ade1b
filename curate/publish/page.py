"""The texts of a published set: card, license and Croissant (`curate/cards/`), the recipe, its lock, and the list of its files.

The card names the files of each config one by one, since a pattern would take in what a publish that goes on has sent already.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from curate.cards import published_texts
from curate.lock import Lock
from curate.publish.files import Ready
from curate.recipe import dump

if TYPE_CHECKING:
    from curate.api import Curated

MIXTURE = "mixture"
"""The config of the documents that the mixture uses."""


def texts(recipe: Curated, lock: Lock, configs: dict[str, list[Ready]]) -> dict[str, bytes]:
    """Name -> bytes of every file beside the data."""
    listed = {name: [file.payload() for file in files] for name, files in configs.items()}
    facts = {"format": 1, "recipe": recipe.title, "version": lock.version, "configs": listed}
    return {
        **{name: text.encode() for name, text in published_texts(recipe, lock, configs).items()},
        "recipe.yaml": dump(recipe.resolved()).encode(),
        "recipe.lock": lock.dump().encode(),
        "publish.json": (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode(),
    }
