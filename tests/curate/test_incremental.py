"""Any edits of a small project: what an incremental build comes to is what a fresh one in an empty store comes to."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import curate
from curate.errors import CurateError
from tests.curate.corpus import WORDS, contents, open_small, tiny

STEPS = {
    "score/dated.py": """
        @score(reads=["date", "url", "extra"])
        def dated(docs: pl.DataFrame) -> pl.Series:
            return docs.select(pl.concat_str("date", "url", "extra", ignore_nulls=True)).to_series()
    """,
    "score/weigh.py": """
        @score(reads=["weight"])
        def weigh(docs: pl.DataFrame) -> pl.Series:
            return docs["weight"].cast(pl.Float64) * 2
    """,
    "rewrite/stamp.py": """
        @rewrite(reads=["date"])
        def stamp(docs: pl.DataFrame) -> pl.Series:
            return docs["text"] + "x" + docs["date"].fill_null("-")
    """,
}
POOL: list[dict[str, Any]] = [
    {"score": "letters"}, {"score": "digits"}, {"score": "dated"}, {"score": "weigh"}, {"score": "letters", "as": "after"},
    {"score": "dated", "as": "dated_after"}, {"rewrite": "upper"}, {"rewrite": "stamp"}, {"keep": {"long": "letters > 20"}},
    {"keep": {"heavy": "weight > 9"}}, {"dedup": "copies", "keep_order": ["date"]}, {"synth": "halves"},
]  # fmt: skip
SCHEMA = {c: pl.Int64 if c == "weight" else pl.String for c in ("id", "text", "url", "date", "weight", "meta")}


class Project:
    """A recipe and documents that are edited at random."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.docs = [self.document(i) for i in range(24)]
        self.files, self.own_ids, self.heavy = 2, rng.random() < 0.5, pl.Int64()
        self.license: str | None = None
        self.steps = [POOL[0], POOL[8], POOL[6]]

    def document(self, number: int) -> dict[str, Any]:
        text = " ".join(self.rng.choices(WORDS, k=self.rng.randint(1, 20)))
        return {"id": f"own-{number}", "text": text, "url": f"u{number}", "date": "2019", "weight": number, "meta": "a"}

    def edit(self) -> None:
        self.rng.choice([self.change, self.change, self.move, self.repeat, self.settings, self.recipe, self.recipe])()

    def change(self) -> None:
        """Another text, date or number under the same id."""
        column = self.rng.choice(["text", "date", "weight", "meta", "url"])
        for doc in self.rng.sample(self.docs, 5):
            doc[column] = (
                self.rng.choice([1, 99, None]) if column == "weight" else f"{doc[column]}{self.rng.choice('x5')}"
            )

    def move(self) -> None:
        """The same documents in other files, some gone, some new."""
        self.rng.shuffle(self.docs)
        self.docs[:2] = [self.document(self.rng.randint(24, 99))]
        self.files = self.rng.randint(1, 3)

    def repeat(self) -> None:
        self.docs.insert(0, {**self.rng.choice(self.docs), "date": self.rng.choice(["1", "3", None])})

    def settings(self) -> None:
        self.license = self.rng.choice([None, "CC0-1.0"])
        self.heavy = self.rng.choice([pl.Int64(), pl.Float64()])
        self.own_ids = not self.own_ids

    def recipe(self) -> None:
        if len(self.steps) > 2:
            self.steps.pop(self.rng.randrange(len(self.steps)))
        self.steps.insert(self.rng.randint(0, len(self.steps)), self.rng.choice(POOL))

    def write(self) -> None:
        for old in (self.folder / "data").iterdir():
            old.unlink()
        frame = pl.DataFrame(self.docs, SCHEMA).cast({"weight": self.heavy})
        frame = frame if self.own_ids else frame.drop("id")
        for part in range(self.files):
            frame[part :: self.files].write_parquet(self.folder / "data" / f"{part}.parquet")
        web = {"read": "parquet", "files": "data/*", "steps": self.steps}
        recipe = {"recipe": "small", "corpora": {"web": web | ({"license": self.license} if self.license else {})}}
        (self.folder / "recipes" / "small.yaml").write_text(json.dumps(recipe))


def outcome(build: Callable[[], curate.Curated]) -> dict[str, str] | str:
    """Contents of all nodes, or what is said of a recipe that cannot be built."""
    try:
        curated = build()
        curated.build()
    except CurateError as error:
        return str(error)
    return contents(curated)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**9), shares=st.lists(st.sampled_from(["100%", "60%", "30%"]), min_size=6, max_size=6))
def test_after_any_edits_a_build_comes_to_what_a_fresh_one_does(seed: int, shares: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Project(tiny(Path(name), "recipe: small\n", steps=STEPS), random.Random(seed))
        for number, share in enumerate(shares):
            project.write()
            builds = [
                lambda s=s, p=share: open_small(project.folder, store=s).sampled(p)
                for s in ("store", f"fresh-{number}")
            ]
            again, fresh = map(outcome, builds)
            assert again == fresh
            project.edit()
