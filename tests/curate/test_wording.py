"""Word diffs spell both texts, find what is common, and take no longer for texts that are made to be slow."""

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from curate.wording import shortened, words

texts = st.text("ab \n.", max_size=40) | st.lists(
    st.sampled_from(["to", "be", "or", "not", "  ", "\n"]), max_size=30
).map(" ".join)


def spelled(runs: list[tuple[str, str]], sign: str) -> str:
    return "".join(text for one, text in runs if one in (" ", sign))


def longest(old: str, new: str) -> int:
    """Length of the longest common subsequence, by the table of a textbook."""
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old, 1):
        for j, b in enumerate(new, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if a == b else max(table[i - 1][j], table[i][j - 1])
    return table[-1][-1]


@given(texts, texts)
def test_the_runs_spell_both_texts(before: str, after: str) -> None:
    runs, common = words(before, after)
    assert (spelled(runs, "-"), spelled(runs, "+")) == (before, after)
    assert 0 <= common <= 1 and (common == 1) == (before == after != "")
    assert all(text for _, text in runs)
    assert not any(a[0] == b[0] for a, b in itertools.pairwise(runs))


@given(st.text("!?.", max_size=25), st.text("!?.", max_size=25))
def test_what_is_common_is_as_much_as_can_be(before: str, after: str) -> None:
    _, common = words(before, after)  # each sign is a word
    assert round(common * (len(before) + len(after))) == 2 * longest(before, after)


def test_blanks_between_changed_words_change_with_them() -> None:
    assert words("keep old words here", "keep new terms here")[0] == [
        (" ", "keep "),
        ("-", "old words"),
        ("+", "new terms"),
        (" ", " here"),
    ]


def test_what_did_not_change_is_shortened() -> None:
    long = "x" * 1_000
    assert list(shortened([(" ", long), ("-", long)], 2)) == [(" ", "xx […] xx"), ("-", long)]


def test_texts_made_to_be_slow_are_not() -> None:
    started = time.perf_counter()
    for before, after in (("! " * 2_000, "? " * 2_000), ("!?" * 2_000, "?!" * 1_999), ("! ! ?" * 800, "! ?" * 1_300)):
        words(before, after)
    assert time.perf_counter() - started < 5  # difflib takes minutes for the first


def test_of_long_texts_the_first_words_are_compared_in_bounded_time() -> None:
    started = time.perf_counter()
    runs, _ = words("! " * 500_000, "? " * 500_000, 20_000)
    assert time.perf_counter() - started < 5
    assert (spelled(runs, "-"), spelled(runs, "+")) == ("! " * 10_000, "? " * 10_000)
