"""Assertions of a recipe about its own data (`expect:`): each is one select that gives one boolean, and all must be true.

They are asked after a whole build and before the lock is written, so that what does not hold is stored, can be looked at, and has no lock.
That all held is remembered with their text and the lock's, so a build with nothing to do asks again only what was edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.identity import digest

if TYPE_CHECKING:
    from curate.lock import Lock
    from curate.state import State


def check(state: State, lock: Lock) -> None:
    """CurateError, with the line of the recipe, for the first assertion that does not hold or is no assertion."""
    recipe = state.plan.recipe
    if not recipe.expect:
        return
    mark = digest([list(recipe.expect), lock.dump()])
    if state.store.remembered("expect", mark):
        return
    for position, sql in enumerate(recipe.expect):
        said = wrong(state, sql)
        if said:
            raise CurateError(f"expect: {said}", where=recipe.location("expect", position))
    state.store.remember("expect", mark, {"held": True})


def wrong(state: State, sql: str) -> str:
    """Why an assertion does not hold, in one line; empty if it does."""
    from curate.views import values_of

    shown = " ".join(sql.split())
    try:
        found, compared = values_of(state, sql)
    except CurateError as error:
        return error.message
    if found.shape != (1, 1) or found.dtypes[0] not in (pl.Boolean, pl.Null):
        what = f"{found.height:,} x {found.width} values" if found.shape != (1, 1) else f"{found.item()!r:.80}"
        return f"one select that gives true or false is wanted, and {shown} gives {what}"
    if found.item() is True:
        return ""
    answer = "NULL" if found.item() is None else "false"
    values = (
        ", ".join(f"{name} = {_text(compared[name].item())}" for name in compared.columns)
        if compared is not None
        else ""
    )
    return f"does not hold: {shown} gives {answer}" + (f", as {values}" if values else "")


def _text(value: object) -> str:
    """A value for people."""
    shown = f"{value:.6g}" if isinstance(value, float) else "NULL" if value is None else str(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
