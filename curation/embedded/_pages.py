"""All sorts of pages by name.

Each sort is one function of a generator (`_maths.py`, `_forum.py`, `_leaks.py`, `_prose.py`); a page is the same wherever and however it
is later shown.
"""

from __future__ import annotations

from collections.abc import Callable

from curation.embedded._forum import forum, offtopic
from curation.embedded._grammar import Voice
from curation.embedded._leaks import leak
from curation.embedded._maths import article, lecture, maths_bank, sheet
from curation.embedded._near import varied
from curation.embedded._page import Page
from curation.embedded._prose import code, foreign, foreign_bank, prose, prose_bank, spam
from curation.synth.families._rng import Rng

MAKERS: dict[str, Callable[[Rng], Page]] = {
    "lecture": lecture, "article": article, "sheet": sheet, "forum": forum, "prose": prose, "offtopic": offtopic, "spam": spam,
    "code": code, "foreign": foreign, "leak": leak,
}  # fmt: skip


def near(page: Page, rng: Rng) -> Page:
    """A near duplicate of a page, with passages from the same sort of page where it gets longer."""

    def more(count: int) -> list[str]:
        if page.language != "en":
            voice, section = Voice(foreign_bank(page.language), rng), "maths.par" if page.math else "prose.par"
        elif page.math:
            voice, section = Voice(maths_bank(), rng), "talk.par"
        else:
            voice, section = Voice(prose_bank(), rng), "blog.par"
        return voice.all([section] * count)

    return varied(page, rng, more)
