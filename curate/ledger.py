"""What asking has cost: for each step and model of a recipe, how many replies it uses, which of them it asked for itself, tokens and price.

Replies that a step uses stand in its node, whoever asked for them; who did says the reply store (`asked_by`, `recipe:corpus/step-ask`). Two
recipes that share prompts use the same replies, and only the one that came first has asked for them. What the last build asked is in its
log. Prices are those of the profile as it stands, not of the day.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.budget import price_of
from curate.costs import RUNS
from curate.errors import CurateError
from curate.models.base import open_model
from curate.models.segments import NAME, ORDER
from curate.models.shelf import FOLDER
from curate.plan import Node
from curate.profile import ModelSettings

if TYPE_CHECKING:
    from curate.api import Curated

ROWS = {"prompt_tokens": pl.UInt32, "completion_tokens": pl.UInt32}


@dataclass
class Ledger:
    """The ledger of one recipe."""

    curated: Curated

    def rows(self) -> list[dict[str, Any]]:
        """A row for each built node that asked: its replies, those `asked` for it, tokens, `price`, and the `last` build that asked.

        replies, prompt_tokens, completion_tokens and price: of all replies that it uses. asked, spent: of those that this recipe's step
        asked for, in any build. A price is None where the profile says none.
        """
        return [
            self._row(node) for node in self.curated.planned.nodes.values() if node.kind == "ask" and self._built(node)
        ]

    def means(self, node: Node) -> tuple[float, float] | None:
        """Tokens of the mean prompt and reply that this step got of this model; None where there are none."""
        found = self.asked(node)
        if not found.height:
            return None
        return float(found["prompt_tokens"].mean() or 0), float(found["completion_tokens"].mean() or 0)  # type: ignore[arg-type]

    def asked(self, node: Node) -> pl.DataFrame:
        """`prompt_tokens` and `completion_tokens` of stored replies of this model that this step asked for."""
        if node.missing:
            return pl.DataFrame(schema=ROWS)
        folder = open_model(node.models["model"], self.curated.store.root / "replies").folder
        return told(folder, f"{self.curated.title}:{node.name}")

    def _built(self, node: Node) -> bool:
        return node.plan_key in self.curated.built.done

    def _row(self, node: Node) -> dict[str, Any]:
        name = str(node.params["model"])
        price = price_of(node.models["model"], self.curated.profile.models.get(name, ModelSettings()))
        used, asked = self._used(node), self.asked(node)

        def cost(tokens: pl.DataFrame) -> float | None:
            if price is None:
                return None
            prompt, completion = (int(tokens[column].sum()) for column in ("prompt_tokens", "completion_tokens"))
            return (prompt * price.prompt + completion * price.completion) / 1e6

        return {
            "node": node.name,
            "model": name,
            "replies": used.height,
            "prompt_tokens": int(used["prompt_tokens"].sum()),
            "completion_tokens": int(used["completion_tokens"].sum()),
            "price": cost(used),
            "asked": asked.height,
            "spent": cost(asked),
            "currency": self.curated.profile.price.currency,
            "last": self.last.get(node.name),
        }

    def _used(self, node: Node) -> pl.DataFrame:
        """Tokens of every reply that a built node holds."""
        names = {
            name: column
            for column in ("prompt_tokens", "completion_tokens")
            for name in node.adds
            if name.endswith(f"_{column}")
        }
        built = self.curated.built
        view = built.reading(built.view(node), names)
        parts = [
            view.load(shard, list(names))
            .select(pl.col(n).alias(c) for n, c in names.items())
            .explode("prompt_tokens", "completion_tokens")
            for shard in view.shards
        ]
        return pl.concat([pl.DataFrame(schema=ROWS), *parts]).drop_nulls()

    @cached_property
    def last(self) -> dict[str, dict[str, Any]]:
        """What each node asked in the last build of this recipe in which it asked anybody."""
        found: dict[str, dict[str, Any]] = {}
        folder = self.curated.store.root / "runs"
        for path in sorted(folder.glob("*.json"), reverse=True)[:RUNS] if folder.is_dir() else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                entry = json.loads(path.read_text("utf-8"))
                if entry["recipe"] == self.curated.title:
                    for row in entry.get("spent", ()):
                        found.setdefault(row["node"], row)
        return found


def told(folder: Path, asked_by: str) -> pl.DataFrame:
    """Tokens of each stored reply of one model that somebody asked for; of a key that several segments hold, those of the first reply.

    CurateError for a segment that is damaged.
    """
    found = []
    for path in sorted(folder.glob("*.parquet")) if FOLDER.fullmatch(folder.name) else ():
        if not NAME.fullmatch(path.name):
            continue
        try:
            part = pl.scan_parquet(path, glob=False).filter(pl.col("asked_by") == asked_by)
            found.append(part.select("key", *ORDER).collect())
        except FileNotFoundError:  # merged while we look
            continue
        except (pl.exceptions.PolarsError, OSError) as error:
            said = "this reply segment is damaged; delete it, and its replies are asked for again"
            raise CurateError(said, where=str(path)) from error
    if not found:
        return pl.DataFrame(schema=ROWS)
    return pl.concat(found).sort("key", *ORDER).unique("key", keep="first", maintain_order=True).select(list(ROWS))
