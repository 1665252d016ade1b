"""The texts of a published set: the card with the hub's metadata, the recipe, its lock, and the list of its files.

The card is that of a frozen version (`curate/freeze_card.py`); its front matter becomes the hub's, with a config for each corpus that
names its files one by one, since a pattern would take in what a publish that goes on has sent already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import yaml

from curate.freeze_card import card_text
from curate.lock import Lock
from curate.publish.files import Ready
from curate.recipe import dump

if TYPE_CHECKING:
    from curate.api import Curated

LICENSES = (
    "apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-3.0", "cc-by-sa-4.0", "cc-by-sa-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "odc-by",
    "odbl", "pddl", "bsd-3-clause", "gpl-3.0", "llama3.1", "llama3.2", "unknown",
)  # fmt: skip
"""Licenses as the hub spells them, of those that data sets of this field have (huggingface.co/docs/hub/repositories-licenses)."""
SIZES: tuple[tuple[int, str], ...] = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"), (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"), (10**10, "1B<n<10B"), (10**11, "10B<n<100B"), (10**12, "100B<n<1T"),
)  # fmt: skip
"""Rows below which a size of the hub's list holds."""
MIXTURE = "mixture"
"""The config of the documents that the mixture uses."""


def texts(recipe: Curated, lock: Lock, configs: dict[str, list[Ready]]) -> dict[str, bytes]:
    """Name -> bytes of every file beside the data."""
    listed = {name: [file.payload() for file in files] for name, files in configs.items()}
    facts = {"format": 1, "recipe": recipe.title, "version": lock.version, "configs": listed}
    return {
        "README.md": _card(recipe, lock, configs).encode(),
        "recipe.yaml": dump(recipe.resolved()).encode(),
        "recipe.lock": lock.dump().encode(),
        "publish.json": (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode(),
    }


def _card(recipe: Curated, lock: Lock, configs: dict[str, list[Ready]]) -> str:
    _, front, body = card_text(recipe, lock).split("---\n", 2)
    said = yaml.safe_load(front)
    facts = {"pretty_name": recipe.title, **_license(said.get("license")), "language": said.get("languages")}
    facts |= {"size_categories": [_size(configs)], "tags": ["octocurate"], "configs": list(_configs(configs))}
    facts |= {"curate": {k: v for k, v in said.items() if v and k not in ("license", "languages")}}
    front = yaml.safe_dump({k: v for k, v in facts.items() if v}, sort_keys=False, allow_unicode=True, width=200)
    return f"---\n{front}---\n{body}\n{_loading(configs)}"


def _configs(configs: dict[str, list[Ready]]) -> Iterable[dict[str, Any]]:
    first = MIXTURE if MIXTURE in configs else next(iter(configs))
    for name, files in configs.items():
        data = [{"split": "train", "path": [file.name for file in files]}]
        yield {"config_name": name, **({"default": True} if name == first else {}), "data_files": data}


def _license(said: Any) -> dict[str, Any]:
    """In the hub's words: one license that it knows, else `other` with all their names."""
    names = [said] if isinstance(said, str) else list(said or ["unknown"])
    if len(names) == 1 and names[0].lower() in LICENSES:
        return {"license": names[0].lower()}
    return {"license": "other", "license_name": ", ".join(names), "license_link": "README.md"}


def _size(configs: dict[str, list[Ready]]) -> str:
    """Of the largest config."""
    rows = max(sum(file.rows for file in files) for files in configs.values())
    return next((name for limit, name in SIZES if rows < limit), "n>1T")


def _loading(configs: dict[str, list[Ready]]) -> str:
    rows = "".join(
        f"| `{name}` | {sum(f.rows for f in files):,} | {len(files):,} |\n" for name, files in configs.items()
    )
    return (
        "## Loading it\n\n"
        "Each corpus is a config; `mixture` has the documents that the mixture uses, with how often (`uses`)\n"
        "and their tokens (`n_tokens`). "
        "`publish.json` lists every file with its SHA-256; `recipe.yaml` and `recipe.lock` are what it was built from.\n\n"
        f"| config | documents | files |\n| --- | --- | --- |\n{rows}"
    )
