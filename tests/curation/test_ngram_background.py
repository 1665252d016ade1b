"""What is known of phrases, identities and templates once a background was counted, and the leaks that a build plants."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.datacard import Benchmark
from curate.errors import CurateError
from curation.decontaminate.ngram import MASKED, OVERLAP, facts, ngram
from curation.fit.ngram_background import ngram_background
from tests.curation.test_ngram import FILLER, benchmark, docs

IDENTITY = (
    "The solutions of $ax^2 + bx + c = 0$ are $x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$, provided that $a \\ne 0$. "
)
PHRASE = "Find the sum of all real numbers $x$ such that the following equation holds true for every one of them: "
TEMPLATE = "A box of pens costs {} dollars in the shop by the station. How many dollars do {} such boxes cost there?"
ASKED = (
    "Which of the two is the larger one, and how often does it exceed the smaller by more than a half when all three of $a, b, c$ are "
    "drawn by lot?"
)
ITEMS = [
    ("i/identity", IDENTITY + ASKED, "the first"),
    ("i/phrase", PHRASE + "$3^x = 9x$. Why?", "3"),
    ("i/template", TEMPLATE.format(12, 5), "60"),
    (
        "i/own",
        "Wanda walks 7 miles along the frozen river each morning and returns by sledge. How far has she walked after 30 days?",
        "210",
    ),
]


@pytest.fixture
def bench(tmp_path: Path) -> Benchmark:
    rows = [{"id": name, "problem": problem, "answer": answer} for name, problem, answer in ITEMS]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return benchmark(tmp_path / "items.jsonl", "bench")


class Texts:
    """A corpus in shards of one document or more."""

    name = "texts"

    def __init__(self, texts: list[str], at_a_time: int = 2) -> None:
        self.texts, self.at_a_time = texts, at_a_time

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for i in range(0, len(self.texts), self.at_a_time):
            yield pl.DataFrame({"text": self.texts[i : i + self.at_a_time]})


PAGES = [
    *[f"{FILLER} {IDENTITY} So much for page {i}." for i in range(9)],
    *[f"{PHRASE} ${i}x = 4$ {FILLER}" for i in range(9)],
    *[TEMPLATE.format(20 + i, 30 + i) for i in range(9)],
]


def counted(out: Path, bench: Benchmark, texts: list[str], at_a_time: int = 2, **more: Any) -> str:
    out.mkdir()
    ngram_background({"a": Texts(texts, at_a_time)}, out, of=["a"], against=(bench,), **more)
    return str(out)


def dropped(text: str, bench: Benchmark, **more: Any) -> bool:
    row = ngram(docs([text]), against=(bench,), **more).row(0, named=True)
    return (row["leak_overlap"] or 0) >= OVERLAP or (row["leak_masked"] or 0) >= MASKED


def test_identities_and_phrases_do_not_fire_once_a_background_knows_them(tmp_path: Path, bench: Benchmark) -> None:
    pages = [f"A formula to remember. {IDENTITY} {FILLER}", f"{PHRASE} $5x = 2x^2$", TEMPLATE.format(77, 41)]
    background = counted(tmp_path / "b", bench, PAGES)
    shares = [ngram(docs(pages), against=(bench,), least=0, background=one) for one in (None, background)]
    larger = [
        made.select(pl.max_horizontal("leak_overlap", "leak_masked").fill_null(0)).to_series().to_list()
        for made in shares
    ]
    assert min(larger[0]) > 0.3, "as far as the items alone can tell"
    assert max(larger[1]) < 0.2
    for name, problem, _ in ITEMS:
        row = ngram(docs([FILLER + problem]), against=(bench,), background=background).row(0, named=True)
        assert (row["leak_item"], row["leak_overlap"]) == (name, 1.0)
    swapped = ITEMS[3][1].replace("30", "12").replace("7", "6")
    assert dropped(swapped, bench, background=background), "this wording is its own"


def test_a_leak_that_was_copied_a_thousand_times_does_not_hide_itself(tmp_path: Path, bench: Benchmark) -> None:
    leaks = [f"{FILLER} {ITEMS[0][1]} Copy {i}" for i in range(1000)]
    background = counted(tmp_path / "b", bench, leaks, 100)
    assert ngram(docs(leaks[:3]), against=(bench,), background=background).equals(
        ngram(docs(leaks[:3]), against=(bench,))
    )


def test_the_counts_do_not_depend_on_shards_and_order(tmp_path: Path, bench: Benchmark) -> None:
    one = counted(tmp_path / "one", bench, PAGES)
    two = counted(tmp_path / "two", bench, PAGES[::-1], 100)
    for name in ("grams.parquet", "settings.json"):
        assert (Path(one) / name).read_bytes() == (Path(two) / name).read_bytes()


def test_a_document_is_counted_once_for_each_run_of_words(tmp_path: Path, bench: Benchmark) -> None:
    folder = Path(counted(tmp_path / "b", bench, [IDENTITY * 3, FILLER, IDENTITY[:60]]))
    assert pl.read_parquet(folder / "grams.parquet")["documents"].max() <= 2
    assert json.loads((folder / "settings.json").read_text())["documents"] == 3


def test_an_empty_background_changes_nothing(tmp_path: Path, bench: Benchmark) -> None:
    background = counted(tmp_path / "b", bench, [])
    pages = docs([*PAGES[:3], *(problem for _, problem, _ in ITEMS)])
    assert ngram(pages, against=(bench,), background=background).equals(ngram(pages, against=(bench,)))


def test_a_background_of_other_items_is_refused(tmp_path: Path, bench: Benchmark) -> None:
    background = counted(tmp_path / "b", bench, PAGES)
    (tmp_path / "other.jsonl").write_text(
        json.dumps({"id": "o", "problem": "Another one of the many problems that there are."})
    )
    other = benchmark(tmp_path / "other.jsonl", "other")
    with pytest.raises(CurateError, match="not counted for the items of other; list the same names"):
        ngram(docs(["x"]), against=(bench, other), background=background)
    with pytest.raises(CurateError, match="counted for n: 13, not 12"):
        ngram(docs(["x"]), against=(bench,), n=12, background=background)


RECIPE = """
recipe: r
models: {phrases: {fit: ngram_background, of: [pages], against: [embedded-bench]}}
corpora:
  pages: {read: jsonl, files: "embedded:rl_prompts?documents=60"}
  a:
    read: jsonl
    files: "embedded:general?documents=5"
    steps: [{decontaminate: ngram, against: [AGAINST], background: phrases}]
"""


def test_a_recipe_builds_with_a_background_and_plans_without_the_items(project: Path) -> None:
    (project / "recipes").mkdir()
    (project / "recipes/r.yaml").write_text(RECIPE.replace("AGAINST", "embedded-bench"))
    recipe = curate.open("r")
    recipe.build()
    assert recipe.sql("select count(*) from documents where corpus = 'a' and fate = 'kept'").item() == 5


@pytest.mark.parametrize("fit", ["embedded-bench", "gsm8k"])
def test_items_that_are_missing_fail_the_build(project: Path, fit: str) -> None:
    """Those that the step looks for, and those that a background is counted for."""
    (project / "recipes").mkdir()
    (project / "recipes/r.yaml").write_text(RECIPE.replace("AGAINST", "gsm8k").replace("[embedded-bench]", f"[{fit}]"))
    curate.open("r").plan()
    with pytest.raises(CurateError, match="gsm8k is not on this machine"):
        curate.open("r").build()


@pytest.fixture
def many(tmp_path: Path) -> Benchmark:
    names = "Ada Ben Cleo Dan Eve Finn Gus Hal Ivy Jan Kim Leo Mia Ned Ora Pam Quin Rob Sue Tom".split()
    things = (
        "anchors bottles candles drums eggs feathers gloves hats inkpots jugs kites lamps mugs nails oars pens quilts ropes saws tents"
    ).split()
    rows = [
        {
            "id": f"m/{i}",
            "problem": f"{name} packs {i + 12} {things[i]} into crates that hold {i + 3} each and weigh {i + 2} pounds when the "
            f"{things[i]} of {name} fill them. How heavy are those crates of {things[i]} together?",
            "answer": str(i),
            "solution": f"Since {name} has {i + 12} {things[i]}, {i + 12} over {i + 3} crates are needed, rounded up, and each crate of "
            f"{things[i]} weighs {i + 2} pounds, so that {name} must lift what comes of multiplying the two numbers.",
        }
        for i, name in enumerate(names)
    ]
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns = tuple((c, c) for c in ("id", "problem", "answer", "solution"))
    return Benchmark("many", columns, benchmark(tmp_path / "many.jsonl", "many").files)


def test_what_is_planted_is_found_and_what_is_not_listed_is_not(many: Benchmark) -> None:
    told = facts(docs([FILLER * 3, "Another page. " * 9, ""]), against=(many,), canaries=6)
    rows = {row["kind"]: row for row in told["canaries"]}
    assert all(row.keys() == {"kind", "planted", "found", "wrong"} for row in told["canaries"])
    assert all(row["planted"] <= 6 and 0 <= row["found"] <= row["planted"] for row in told["canaries"])
    for kind in ("an item as it stands", "the worked solution alone", "an item with other numbers"):
        assert (rows[kind]["planted"], rows[kind]["found"], rows[kind]["wrong"]) == (6, 6, False)
    assert (rows["an item that is not listed"]["planted"], rows["an item that is not listed"]["found"]) == (1, 0)
    assert rows["an item that is not listed"]["wrong"] is True
    assert told == facts(docs(["", "Another page. " * 9, FILLER * 3]), against=(many,), canaries=6)


def test_without_canaries_only_what_is_checked_is_told(many: Benchmark, bench: Benchmark) -> None:
    told = facts(docs([FILLER]), against=(many, bench))
    assert told.keys() == {"benchmarks", "unchecked"}
    assert told["benchmarks"][0] == {
        "benchmark": "many",
        "items": 20,
        "alone": 20,
        "with_answer": 0,
        "solution": 20,
        "other_numbers": 20,
    }
    assert [row["checked"] for row in told["unchecked"] if row["benchmark"] == "bench"] == [0]
    assert all(row["checked"] < row["items"] and row["what"] and row["why"] for row in told["unchecked"])


def test_canaries_change_no_verdict(many: Benchmark) -> None:
    pages = docs([FILLER, "x"])
    assert ngram(pages, against=(many,), canaries=9).equals(ngram(pages, against=(many,)))
