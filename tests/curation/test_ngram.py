"""Leaks of benchmarks: what is found in which disguise, what is not, and what is said of it."""

import gzip
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.datacard import Benchmark
from curate.errors import CurateError
from curate.sources import Source
from curation.decontaminate._items import Items, _views, index_of
from curation.decontaminate.ngram import MASKED, OVERLAP, SCHEMA, ngram, search

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TRAINS = "A train leaves the station at 9 in the morning and travels at {} kilometres per hour for {} hours. How far does it go?"
LONG = "Let $f(x) = \\frac{x^2 - 5x + 6}{x - 2}$ for $x \\ne 2$. Find the sum of all $x$ for which $f(x)$ is at least $\\dfrac{1}{2}$."
TALE = (
    "A gardener plants 3/4 of her 48 tulip bulbs on Monday, and on Tuesday 2 of every 5 that are left. She paid $1,250 for all of them. "
    "How many bulbs does she still have to plant after that?"
)
ITEMS = [
    ("b/tale", TALE, "7"),
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
    nothing = row["leak_overlap"] is None and row["leak_masked"] is None
    assert (row["leak_benchmark"] is None) == (row["leak_item"] is None) == (row["leak_span"] is None) == nothing
    return (row["leak_item"], row["leak_overlap"]) if row["leak_overlap"] is not None else (None, None)


def masked(text: str, bench: Benchmark, **more: object) -> tuple[str | None, float]:
    row = ngram(docs([text]), against=(bench,), **more).row(0, named=True)
    return row["leak_item"], row["leak_masked"] or 0.0


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
    assert whole["leak_item"].to_list() == [None, None, "b/long", None, "b/long", "b/long", "b/train0", None, None]
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


REAL = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared benchmarks and candidates are not here")
SOLVED = {"id": "id", "problem": "problem", "answer": "answer", "solution": "solution"}


def real(*names: str) -> tuple[Benchmark, ...]:
    made = (benchmark(SHARED / "benchmarks" / f"{name}.jsonl.gz", name) for name in names)
    return tuple(Benchmark(one.name, tuple(SOLVED.items()), one.files) for one in made)


def lines(path: str) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress((SHARED / path).read_bytes()).splitlines()]


def dropped(made: pl.DataFrame) -> pl.Series:
    return made.select(
        (pl.col("leak_overlap").fill_null(0) >= OVERLAP) | (pl.col("leak_masked").fill_null(0) >= MASKED)
    ).to_series()


@REAL
def test_real_leaks_are_found_and_their_clean_neighbours_are_not() -> None:
    pairs = lines("dedup/decontam_pairs.jsonl.gz")
    made = ngram(docs([pair["candidate_text"] for pair in pairs]), against=real("gsm8k_test", "math500"))
    kinds = pl.Series("type", [pair["type"] for pair in pairs])
    recall = dict(pl.DataFrame([kinds, dropped(made).alias("leak")]).group_by("type").agg(pl.col("leak").mean()).rows())
    assert recall["exact_subset_math500"] == 1
    assert recall["gsm_hard_numeric"] == 1
    swapped = [
        f"gsmplus:{kind}"
        for kind in ("numerical substitution", "digit expansion", "integer-decimal-fraction conversion")
    ]
    assert all(recall[kind] > 0.85 for kind in swapped), "words around the numbers were changed too"
    assert recall["clean_gsm8k_train_nearest"] == 0
    assert recall["llm_rephrase"] < 0.01, "what it cannot do; a later step must"


@REAL
def test_all_problems_of_a_test_set_among_real_prompts_are_found() -> None:
    known = {row["problem"] for row in lines("benchmarks/math_test.jsonl.gz")}
    prompts = [row["problem"] for row in lines("rl/math8k_limr.jsonl.gz")]
    theirs = pl.Series([prompt in known for prompt in prompts])
    made = ngram(docs(prompts), against=real("math_test"))
    assert theirs.sum() == 2936
    assert dropped(made).filter(theirs).all()


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


SOLUTION = (
    "We factor the numerator and cancel, which leaves $f(x) = x - 3$ away from 2. So the condition is $x - 3 = 7$, and the only candidate "
    "is $x = 10$, which <<7+3=10>>10 is allowed."
)


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    rows = [
        {"id": "s/long", "problem": LONG, "answer": "10", "solution": SOLUTION},
        {
            "id": "s/short",
            "problem": "Find $x$ now.",
            "answer": "10",
            "solution": "Ten is what comes of adding seven to the number three.",
        },
        {
            "id": "s/none",
            "problem": "How many apples are left over in all of the 6 baskets now?",
            "answer": "4",
            "solution": None,
        },
    ]
    path = tmp_path_factory.mktemp("solved") / "items.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return Benchmark("solved", tuple(SOLVED.items()), benchmark(path, "solved").files)


@pytest.mark.parametrize("solution", [SOLUTION, SOLUTION.replace("<<7+3=10>>", ""), SOLUTION.replace("$", "")])
def test_a_worked_solution_alone_is_found(solution: str, solved: Benchmark) -> None:
    assert found(FILLER + solution + " " + FILLER, solved) == ("s/long", 1.0)


def test_a_problem_alone_is_found_whatever_solution_it_has(solved: Benchmark) -> None:
    assert found(FILLER + LONG, solved) == ("s/long", 1.0)


def test_a_problem_too_short_by_itself_is_found_with_its_solution(solved: Benchmark) -> None:
    assert found(
        f"{FILLER} Find $x$ now. Solution: Ten is what comes of adding seven to the number three. {FILLER}", solved
    ) == ("s/short", 1.0)
    assert found("Ten is what comes of adding seven to the number three.", solved)[0] is None, (
        "few words stand anywhere"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("48", "1,960"), ("48", "forty-eight"), ("48", "twenty"), ("3/4", "$\\frac{2}{3}$"), ("3/4", "0.75"), ("3/4", "half"),
        ("2 of", "-2 of"),
        ("1,250", "1250"), ("1,250", "9{,}000"), ("every 5", "every 1 1/2"), ("every 5", "every five"),
    ],
)  # fmt: skip
def test_with_other_numbers_a_problem_has_all_its_masked_grams(before: str, after: str, bench: Benchmark) -> None:
    assert before in TALE
    assert masked(FILLER + TALE.replace(before, after), bench) == ("b/tale", 1.0)


def test_what_is_no_number_stays(bench: Benchmark) -> None:
    """A minus between two letters or numbers is an operator, and formulas are no part of what is compared."""
    (_, words, _), (_, other, _) = _views(pl.Series(["so x - 3 and 4 - y", "so x + 3 and 4 + y"]))
    assert len(words) == len(other) == 8 and (words != other).sum() == 2
    assert masked(LONG.replace("5x", "7x"), bench)[1] < MASKED + 0.1, "half of it is formulas, which say nothing"


def test_other_words_are_no_other_numbers(bench: Benchmark) -> None:
    assert masked(TALE.replace("still have", "now have"), bench)[1] < 1
    assert (
        masked(TALE.replace("plants", "sells").replace("left", "there").replace("still have", "now have"), bench)[1]
        < MASKED
    )
    assert (
        masked("Let me find some of the values which are at least these numbers, of those that there are.", bench)[1]
        == 0
    )


def test_a_wording_that_several_problems_share_says_nothing_with_other_numbers(bench: Benchmark) -> None:
    assert masked(TRAINS.format(75, 8), bench)[1] < MASKED
    assert found(TRAINS.format(61, 3), bench) == ("b/train1", 1.0)


def test_the_same_problem_in_two_benchmarks_is_one_wording(bench: Benchmark) -> None:
    """A benchmark that is part of another must not make a template of each of its problems."""
    twin = Benchmark("twin", bench.columns, bench.files)
    alone, both = (ngram(docs([TALE.replace("48", "60")]), against=pair) for pair in ((bench,), (bench, twin)))
    assert alone.equals(both)


def test_formulas_say_nothing_once_their_numbers_are_masked(tmp_path: Path) -> None:
    problem = "Simplify $3x^2 + 4x - 5 + 6x^3 - 7x^2 + 8x - 9 + 10x^2 - 11x + 12$."
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({"id": "p", "problem": problem, "answer": "0"}))
    bench = benchmark(path, "p")
    assert found(problem, bench) == ("p", 1.0)
    assert masked(problem.replace("4x", "5x").replace("8x", "3x"), bench)[1] == 0


@pytest.mark.parametrize(
    "run",
    [
        "* * * * * * * * * * * * * * * *\n",
        "-----------------------------\n",
        "$$$$ .... $$$$ ,,,, !!!!\n",
        "| | | |\n" * 9,
    ],
)
def test_a_leak_after_runs_of_punctuation_is_found(run: str, bench: Benchmark) -> None:
    """MegaMath's filter stops at the first run of words that is nothing but punctuation, and keeps the page."""
    assert found(run + FILLER + run + LONG, bench) == ("b/long", 1.0)
    assert masked(run + FILLER + run + TALE.replace("48", "60"), bench) == ("b/tale", 1.0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Compute $\\sin 60^\\circ$.", "b/tiny"), ("  compute \\(\\sin 60^{\\circ}\\)", "b/tiny"),
        ("How much money does he have left", "b/plain"),
        ("Compute $\\sin 60^\\circ$ first.", None), ("Why?", None),
        ("What is $17 + 25 \\cdot 2.5$?", None), ("What is $17 + 25 \\cdot 2x$?", None), ("What is $17 + 25 \\cdot 2^{10}$?", None),
        ("What is $17 + 25 \\cdot 2$\n\n= 67, as you see", "b/short"), ("What is $17 + 25 \\cdot 2$. 5 is odd.", "b/short"),
    ],
)  # fmt: skip
def test_a_tiny_problem_is_found_where_a_document_is_nothing_else_and_a_short_one_where_it_ends(
    text: str, name: str | None, bench: Benchmark
) -> None:
    assert found(text, bench)[0] == name


WORD = st.sampled_from("alpha beta gamma delta epsilon zeta eta theta".split())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    items=st.lists(st.lists(WORD, min_size=8, max_size=12), min_size=1, max_size=5), text=st.lists(WORD, min_size=0, max_size=30),
    n=st.integers(3, 5),
)  # fmt: skip
def test_the_overlap_is_what_it_says(items: list[list[str]], text: list[str], n: int, tmp_path: Path) -> None:
    """Against sets of runs of words, each with its weight."""
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(json.dumps({"id": str(i), "problem": " ".join(words)}) for i, words in enumerate(items)))

    def grams(words: list[str]) -> set[tuple[str, ...]]:
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    problems = {tuple(words): grams(words) for words in items}
    weight = {g: 1 / sum(g in have for have in problems.values()) for have in problems.values() for g in have}
    shares = [sum(weight[g] for g in have & grams(text)) / sum(weight[g] for g in have) for have in problems.values()]
    got = found(" ".join(text), benchmark(path, "b"), n=n, least=0)[1]
    assert (got or 0.0) == pytest.approx(max(shares))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(WORD, st.integers(0, 10**6).map(str), st.just("-"), st.just("$")), max_size=40),
    st.integers(0, 10**9),
)
def test_masked_words_do_not_depend_on_the_numbers(words: list[str], other: int) -> None:
    swapped = [str((int(word) + other) % 10**6) if word.isdigit() else word for word in words]
    (_, one, _), (_, two, _) = (next(iter(_views(pl.Series([" ".join(w)])))) for w in (words, swapped))
    assert one.tolist() == two.tolist()


def test_a_wording_of_many_items_costs_no_more_for_standing_in_a_document_often() -> None:
    wording = "A baker in the town sells {} loaves of bread every morning to the people of the town and {} cakes. How many in {} days? "
    problems = [wording.format(i, i + 7, i % 91) for i in range(4000)]
    columns = dict.fromkeys(["leak_benchmark", "id", "problem", "answer", "solution"], pl.String)
    items = pl.DataFrame({"problem": problems}).select(
        pl.lit(None, t).alias(c) if c != "problem" else pl.col(c) for c, t in columns.items()
    )
    text = pl.Series([wording.format(3, 5, 8) * 3000])

    def seconds(index: Items) -> float:
        taken = []
        for _ in range(3):
            start = time.process_time()
            search(text, index, 0.1)
            taken.append(time.process_time() - start)
        return min(taken)

    few, many = index_of(items.head(4), 13), index_of(items, 13)
    seconds(few)
    assert seconds(many) < 5 * seconds(few) + 0.02
