"""Leaks of benchmarks: what is found in which disguise, what is not, and what is said of it."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from curate.datacard import Benchmark
from curate.errors import CurateError
from curate.sources import Source
from curation.decontaminate.ngram import SCHEMA, ngram

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TRAINS = "A train leaves the station at 9 in the morning and travels at {} kilometres per hour for {} hours. How far does it go?"
LONG = "Let $f(x) = \\frac{x^2 - 5x + 6}{x - 2}$ for $x \\ne 2$. Find the sum of all $x$ for which $f(x)$ is at least $\\dfrac{1}{2}$."
ITEMS = [
    ("b/long", LONG, "3"),
    ("b/short", "What is $17 + 25 \\cdot 2$?", "67"),
    ("b/tiny", "Compute $\\sin 60^\\circ$.", "\\frac{\\sqrt{3}}{2}"),
    ("b/never", "Why?", ""),
    ("b/plain", "How much money does he have left?", "15"),
    ("b/proof", "Prove that there are infinitely many primes of this form.", None),
    ("b/loan", "A loan of 2,500,750 dollars grows by 1450 dollars.", ""),
    *[(f"b/train{i}", TRAINS.format(60 + i, 2 + i), str((60 + i) * (2 + i))) for i in range(4)],
]
FILLER = "Some words about the weather, which was fine on that day, come before it and after it. "


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    rows = [{"id": name, "problem": problem, "answer": answer} for name, problem, answer in ITEMS]
    path = tmp_path_factory.mktemp("bench") / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return benchmark(path, "bench")


def benchmark(path: Path, name: str) -> Benchmark:
    data = path.read_bytes()
    source = Source(str(path), hashlib.sha256(data).hexdigest(), len(data))
    return Benchmark(name, tuple((c, c) for c in ("id", "problem", "answer")), (source,))


def docs(texts: Sequence[str | None]) -> pl.DataFrame:
    ids = [str(i) for i in range(len(texts))]
    return pl.DataFrame({"id": ids, "text": texts}, schema={"id": pl.String, "text": pl.String})


def found(text: str, bench: Benchmark, **more: object) -> tuple[str | None, float | None]:
    row = ngram(docs([text]), against=(bench,), **more).row(0, named=True)
    assert (row["leak_benchmark"] is None) == (row["leak_item"] is None) == (row["leak_overlap"] is None)
    return row["leak_item"], row["leak_overlap"]


@pytest.mark.parametrize(
    "leak",
    [
        LONG,
        LONG.replace("$", " "),
        LONG.replace("$f", "\\(f").replace("$", "\\)").replace("\\)f", "\\(f").upper().replace("\\NE", "\\ne")
        .replace("\\FRAC", "\\frac").replace("\\DFRAC", "\\dfrac"),
        LONG.replace("\\dfrac", "\\frac").replace("\\ne", "\\neq").replace("x^2", "x^{2}").replace("(x)", "\\left( x \\right)"),
        LONG.replace(". ", ".\n\n").replace(" ", "  "),
        LONG.replace("\\frac{x^2 - 5x + 6}{x - 2}", "(x² − 5x + 6)/(x − 2)").replace("\\dfrac{1}{2}", "1/2").replace("\\ne", "≠"),
        f"Question: {LONG}\nAnswer: 3",
    ],
)  # fmt: skip
def test_a_problem_is_found_whole_in_any_layout(leak: str, bench: Benchmark) -> None:
    assert found(FILLER + leak + " " + FILLER, bench) == ("b/long", 1.0)


def test_a_part_of_a_problem_has_a_part_of_its_grams(bench: Benchmark) -> None:
    name, share = found(FILLER + LONG[: len(LONG) * 2 // 3], bench)
    assert name == "b/long" and 0.3 < share < 0.8
    assert found(LONG[:25], bench) == (None, None), "less than one gram"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is 17 + 25 \\times 2?", "b/short"),
        (f"{FILLER}What is $17+25\\cdot2$? It is 67. {FILLER}", "b/short"),
        ("What is $17 + 25 \\cdot 3$?", None),
        ("A loan of 2,500,750 dollars grows by 1450 dollars.", "b/loan"),
        ("A loan of 2500750 dollars grows by 1,450 dollars.", "b/loan"),
        ("A loan of 2,500,75 dollars grows by 1,450 dollars.", None),
        ("A loan of 2,500,750 dollars grows by 1,45 dollars.", None),
        ("What is $17 + 25 \\cdot 2 + 4$?", None),
        ("17 + 25", None),
        ("Compute $\\sin 60^\\circ$. Answer: $\\frac{\\sqrt{3}}{2}$", "b/tiny"),
        ("Why?", None),
        ("How much money does he have left? He works and is paid.", None),
        ("How much money does he have left? Answer: 15", "b/plain"),
        ("Prove that there are infinitely many primes of this form.", "b/proof"),
        ("", None),
    ],
)
def test_a_short_problem_is_found_whole_or_not_at_all(text: str, name: str | None, bench: Benchmark) -> None:
    assert found(text, bench)[0] == name


def test_a_problem_of_the_same_wording_with_other_numbers_is_no_leak(bench: Benchmark) -> None:
    assert found(TRAINS.format(61, 3), bench) == ("b/train1", 1.0)
    assert (found(TRAINS.format(75, 8), bench)[1] or 0) < 0.5
    name, share = found(LONG.replace("5x", "7x"), bench)
    assert name == "b/long" and share < 1, "of wording that only one item has, most of the grams are left"


def test_of_several_items_the_one_with_the_largest_share_is_named_and_of_equals_the_first(bench: Benchmark) -> None:
    half = LONG[: len(LONG) * 2 // 3]
    assert found(f"{half} {FILLER} {TRAINS.format(62, 4)}", bench)[0] == "b/train2"
    assert found(f"{TRAINS.format(63, 5)} {FILLER} {LONG} {TRAINS.format(62, 4)}", bench)[0] == "b/long"


def test_the_span_is_what_the_document_shares_with_the_item(bench: Benchmark) -> None:
    text = f"{FILLER}∫ × {LONG} {FILLER}"
    span = ngram(docs([text]), against=(bench,))["leak_span"][0]
    assert span in text
    assert span.startswith("Let $f(x)") and span.endswith("\\dfrac{1}{2")
    long_text = " ".join(f"w{i}" for i in range(400))
    assert len(ngram(docs([LONG + long_text]), against=(bench,))["leak_span"][0].encode()) <= 500


def test_every_document_has_a_row_and_documents_do_not_touch_each_other(bench: Benchmark) -> None:
    texts = [None, "", LONG, FILLER, LONG[:70], LONG[70:], TRAINS.format(60, 2), "\\", "$" * 50]
    whole = ngram(docs(texts), against=(bench,))
    assert dict(whole.schema) == SCHEMA
    assert whole.equals(pl.concat([ngram(docs([text]), against=(bench,)) for text in texts]))
    assert whole["leak_item"].to_list() == [None, None, "b/long", None, "b/long", None, "b/train0", None, None]
    assert dict(ngram(docs([]), against=(bench,)).schema) == SCHEMA


def test_the_first_of_two_benchmarks_with_one_item_is_named(bench: Benchmark) -> None:
    twin = Benchmark("twin", bench.columns, bench.files)
    for pair, name in (((bench, twin), "bench"), ((twin, bench), "twin")):
        made = ngram(docs([LONG]), against=pair)
        assert made.row(0)[:3] == (name, "b/long", 1.0)


def test_a_benchmark_without_items_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(CurateError, match="the benchmarks none hold no items"):
        ngram(docs([LONG]), against=(benchmark(tmp_path / "none.jsonl", "none"),))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared benchmarks and candidates are not here")
def test_real_leaks_are_found_and_their_clean_neighbours_are_not(tmp_path: Path) -> None:
    against = tuple(benchmark(SHARED / "benchmarks" / f"{name}.jsonl.gz", name) for name in ("gsm8k_test", "math500"))
    lines = gzip.decompress((SHARED / "dedup/decontam_pairs.jsonl.gz").read_bytes()).splitlines()
    pairs = [json.loads(line) for line in lines]
    share = ngram(docs([pair["candidate_text"] for pair in pairs]), against=against)["leak_overlap"].fill_null(0)
    by = pl.DataFrame({"type": [pair["type"].partition(":")[0] for pair in pairs], "leak": share >= 0.5})
    recall = dict(by.group_by("type").agg(pl.col("leak").mean()).rows())
    assert recall["exact_subset_math500"] > 0.99
    assert recall["gsm_hard_numeric"] > 0.8
    assert recall["clean_gsm8k_train_nearest"] == 0
    assert recall["llm_rephrase"] < 0.01, "what it cannot do; a later step must"


def test_a_short_item_is_found_in_a_list_and_in_a_table(bench: Benchmark) -> None:
    """What begins the next line or cell is no operator that it goes on with."""
    for text in (
        "- What is $17 + 25 \\cdot 2$?\n- Name a color.",
        "Two:\n  - What is $17 + 25 \\cdot 2$\n  - 5 is odd.",
        "| 1 | What is $17 + 25 \\cdot 2$? | 67 |",
    ):
        assert found(text, bench) == ("b/short", 1.0)
        row = ngram(docs([text]), against=(bench,)).row(0, named=True)
        assert row["leak_span"] in text
    assert found("What is $17 + 25 \\cdot 2\n- 4$?", bench) == ("b/short", 1.0)
    assert found("What is $17 + 25 \\cdot 2 - 4$?", bench) == (None, None)
