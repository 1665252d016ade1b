"""The native encoder: for each tokenizer of the field, its ids are those of the library, whatever the text."""

import functools
import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from mixers import library
from mixers.cut import compiled, piece_end
from mixers.encode import Encoder
from mixers.tokenize import encoded
from tests.mixers import families
from tests.mixers.conftest import TEXTS

NASTY = (
    "aZéßſKıİǅʰ가가각ªำก\u0301\u0316\u0345\u200d\u093f١٣½Ⅷ²〇\u2019'’ `\u00a0\u0085\u180e\u200b\u2028\u3000\ufeff\t\r\n"
    "\v\f\x1c\0 _^\\$/{.-!\u0378\ue000\ufffd\uffff𝔸😀\U000e0001\U0010ffff"
)
WORDS = [
    *("the", " dog", "'s", "'S", "'LL", "'ve", "'ſ", "’s", " 'd", "\r\n", "  ", "   ", "\n \n", " \t", "1234567", "½٣"),
    *(
        families.CALL,
        families.END,
        " \\frac{1}{2}",
        "HTTPServer",
        "über",
        "Ω\u0301",
        "\u1100\u1161",
        "\u212b",
        "><\u0338",
    ),
    *("ความยาว", "直角", "𝔸𝔹", "x\u00a0", " \u3000 y", "/\n/"),
]
HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(NASTY, max_size=80),
    st.text("a'sSt \n", max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=30).map("".join),
)


@pytest.fixture(scope="module", params=list(families.PATTERNS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a small tokenizer of each family."""
    texts = [*TEXTS, " ".join(WORDS), "don't DON'T we'll it's I'm   indented\n\n\n  Text 12 345"] * 2
    return families.make(tmp_path_factory.mktemp(request.param), request.param, texts)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> dict[str, str]:
    """Folders of the real GPT-2 and of the others, trained on real text."""
    home = tmp_path_factory.mktemp("real")
    texts = pl.read_ndjson(shared / "text" / "dev_train.jsonl.gz")["text"].to_list()[::5]
    made = {name: families.make(home / name, name, texts, 32_000) for name in families.PATTERNS if name != "gpt2"}
    return {"gpt2": families.gpt2(home / "gpt2", shared / "tokenizers" / "gpt2"), **made}


@functools.cache
def native(folder: str) -> Encoder:
    found = Encoder.load(Path(folder) / "tokenizer.json")
    assert found is not None
    return found


def differing(folder: str, texts: list[str]) -> list[str]:
    """Texts whose ids are not those of the library."""
    assert native(folder)
    series = pl.Series(texts, dtype=pl.String)
    ours, ends, _ = encoded(folder, series, None, (-1, -1))
    theirs, bounds, _ = library.encode(folder, series)
    found = zip(texts, pairwise(ends), pairwise(bounds), strict=True)
    return [text for text, (a, b), (c, d) in found if not np.array_equal(ours[a:b], theirs[c:d])]


@given(texts=st.lists(HOSTILE, min_size=1, max_size=6))
def test_ids_are_those_of_the_library(folder: str, texts: list[str]) -> None:
    assert differing(folder, texts) == []


@given(parts=st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=6))
def test_tokens_inside_a_beginning_are_as_many_as_by_the_library(folder: str, parts: list[tuple[str, str]]) -> None:
    seen = normalizers.NFC().normalize_str  # a letter that both sides make up, the library counts to the first
    parts = [(a, b) for a, b in parts if "qwen2" not in folder or seen(a + b) == seen(a) + seen(b)]
    texts, heads = (pl.Series(some, dtype=pl.String) for some in ([a + b for a, b in parts], [a for a, _ in parts]))
    native, slow = encoded(folder, texts, heads, (-1, -1)), library.encode(folder, texts, -1, -1, heads)
    assert native[2].tolist() == slow[2].tolist()


def contexts(points: list[int]) -> list[str]:
    """Each code point where a pattern could look at it: alone, twice, beside letters, digits, spaces, apostrophes and marks."""
    every = [chr(point) for point in points if not 0xD800 <= point < 0xE000]
    forms = [f"a{c}b {c}{c}1{c}2'{c}'{c}e\n{c}\n {c} .{c}S  {c}\u0301{c}A{c}" for c in every]
    return ["".join(forms[at : at + 64]) for at in range(0, len(forms), 64)]


def test_code_points_where_a_set_begins_or_ends_are_cut_as_the_library_cuts(folder: str) -> None:
    classes = native(folder).cutter.classes
    borders = np.flatnonzero(np.diff(classes.astype(int)))
    points = sorted({int(p) for border in borders for p in (border, border + 1)} | set(range(0x300)))
    assert len(borders) > 500
    assert differing(folder, contexts(points)) == []


@pytest.mark.slow
@pytest.mark.parametrize("start", [*range(0, 0x40000, 0x10000), 0xE0000, 0xF0000, 0x10FF00])
def test_every_code_point_is_cut_as_the_library_cuts_it(folder: str, start: int) -> None:
    size = 0x10000 if start < 0x40000 else 0x1000 if start < 0xF0000 else 0x100
    assert differing(folder, contexts([*range(start, start + size)])) == []


RUNS = [
    "a",
    "A",
    "aB",
    " ",
    "\n",
    " \n",
    "\u0301",
    "a\u0301",
    "1",
    "'",
    "'s",
    " '",
    "\0",
    "\r",
    "=",
    "\u3000",
    "가",
    "\u0378",
    "/\n",
]


@pytest.mark.parametrize("run", RUNS)
def test_a_long_run_is_quick_and_the_same_as_the_library(folder: str, run: str) -> None:
    text = run * (20_000 // len(run)) + "x"
    assert differing(folder, [text, text[:-1]]) == []
    encoder = native(folder)
    long = encoder.normalised(pl.Series([run * (1_000_000 // len(run)) + "x"]))
    encoder.encode(long)
    started = time.process_time()
    encoder.encode(long)
    assert time.process_time() - started < 5


@pytest.mark.slow
@pytest.mark.parametrize("name", list(families.PATTERNS))
def test_real_text_has_the_ids_of_the_library(real: dict[str, str], shared: Path, name: str) -> None:
    texts = [pl.read_ndjson(shared / "text" / f"dev_{part}.jsonl.gz")["text"] for part in ("train", "valid")]
    chains = [
        value
        for path in sorted((shared / "cot").glob("*.jsonl*"))
        for row in pl.read_ndjson(path, infer_schema_length=None).iter_rows()
        for value in row
        if isinstance(value, str)
    ]
    assert len(chains) > 1000
    assert differing(real[name], [*pl.concat(texts).fill_null(""), *chains]) == []


def test_a_word_of_the_vocabulary_is_taken_whole_where_the_tokenizer_says_so(tmp_path: Path) -> None:
    folder = families.make(tmp_path, "llama3", TEXTS * 2)
    vocab = Tokenizer.from_file(f"{folder}/tokenizer.json").get_vocab()
    words = [word.replace("Ġ", " ") for word in vocab if word.strip("Ġ").isascii() and len(word) > 3]
    _, ends = native(folder).encode(pl.Series(words))
    whole = np.diff(ends) == 1
    merged = Encoder.load(Path(without_whole(folder)) / "tokenizer.json")
    assert merged is not None
    assert whole.sum() > (np.diff(merged.encode(pl.Series(words))[1]) == 1).sum()


def without_whole(folder: str) -> str:
    path = Path(folder) / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace('"ignore_merges": true', '"ignore_merges": false'), "utf-8")
    return folder


UNFIT = {
    "possessive": r"\p{L}++|[\s\S]",
    "lazy": r"\p{L}+?|[\s\S]",
    "lookbehind": r"(?<=a)b|[\s\S]",
    "longer lookahead": r"(?!ab)\s|[\s\S]",
    "characters left out": r"\p{L}+",
    "a character left out sometimes": r"ab|[^a]",
    "empty pieces": r"x*|[\s\S]",
    "one letter for two": r"(?i:ss|\s)|[\s\S]",
    "set whose case does not matter": r"(?i:[a-c])|[\s\S]",
    "back reference": r"(a)\1|[\s\S]",
    "named set": r"[[:alpha:]]|[\s\S]",
    "intersection": r"[a-z&&[^b]]|[\s\S]",
    "broken": "a)",
}


@pytest.mark.parametrize("pattern", UNFIT.values(), ids=UNFIT)
def test_a_pattern_that_a_table_cannot_follow_is_left_to_the_library(pattern: str) -> None:
    assert compiled(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "pieces"),
    [
        (r"[\s\S]", "aé\n", ["a", "é", "\n"]),
        (r"a{2,3}|a|[^a]+", "aaaaabb", ["aaa", "aa", "bb"]),
        (r"a{2,}|[\s\S]", "aaaab", ["aaaa", "b"]),
        (r"a{2}|[\s\S]", "aaa", ["aa", "a"]),
        (r"(?:ab|a)(?:c|bcd)?|[\s\S]", "abcd", ["abc", "d"]),  # the first way wins, not the longest
        (r"\s+(?!\S)|\s+|\S+", "a   b  ", ["a", "  ", " ", "b", "  "]),
        (r"(?i:kel)|[\s\S]", "\u212aELk", ["\u212aEL", "k"]),
    ],
)
def test_a_piece_ends_where_a_backtracking_engine_ends_it(pattern: str, text: str, pieces: list[str]) -> None:
    cutter = compiled(pattern)
    assert cutter is not None
    data, at, found = np.frombuffer(text.encode(), np.uint8), 0, []
    while at < len(data):
        stop = piece_end(data, at, len(data), cutter.classes, cutter.steps)
        found.append(bytes(data[at:stop]).decode())
        at = stop
    assert found == pieces


def test_a_tokenizer_of_another_kind_has_no_encoder(tmp_path: Path) -> None:
    letters = {letter: n for n, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    level = pre_tokenizers.ByteLevel

    def loaded(**changes: object) -> Encoder | None:
        made = Tokenizer(models.BPE(vocab=changes.pop("vocab", letters), merges=[]))
        made.pre_tokenizer = level(add_prefix_space=False)
        for name, value in changes.items():
            setattr(made, name, value)
        made.save(str(tmp_path / "tokenizer.json"))
        return Encoder.load(tmp_path / "tokenizer.json")

    assert loaded()
    assert not loaded(pre_tokenizer=level(add_prefix_space=True))
    assert not loaded(pre_tokenizer=pre_tokenizers.Metaspace())
    assert not loaded(pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.Digits(), level(add_prefix_space=False)]))
    assert not loaded(normalizer=normalizers.NFKC())
    assert not loaded(vocab={"a": 0})


def test_a_merge_that_is_listed_twice_has_its_last_rank_as_in_the_library(tmp_path: Path) -> None:
    folder = Path(families.make(tmp_path, "gpt2", ["abab abba baab aabb " * 40], 290))
    spec = json.loads((folder / "tokenizer.json").read_text())
    merges = spec["model"]["merges"]
    merges.append(merges[0])
    (folder / "tokenizer.json").write_text(json.dumps(spec))
    encoder = Encoder.load(folder / "tokenizer.json")
    assert encoder
    texts = pl.Series(["abab abba baab aabb bbaa abaabb"])
    ids, _ = encoder.encode(texts)
    assert ids.tolist() == library.encode(str(folder), texts)[0].tolist()


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec["model"]["merges"].insert(0, "#version: 0.2"),
        lambda spec: spec.update(pre_tokenizer={"type": "Sequence", "pretokenizers": []}),
        lambda spec: spec["model"]["vocab"].update(far=2**32 - 1),
    ],
)
def test_a_file_of_another_form_is_left_to_the_library(tmp_path: Path, change: Callable[[Any], None]) -> None:
    folder = Path(families.make(tmp_path, "gpt2", ["abab abba " * 40], 290))
    spec = json.loads((folder / "tokenizer.json").read_text())
    change(spec)
    (folder / "tokenizer.json").write_text(json.dumps(spec))
    assert Encoder.load(folder / "tokenizer.json") is None


@pytest.mark.parametrize("pattern", [r"(?:\p{L}?)+|.", r"(?:a*b?){2}|.", r"(?:(?!\S))*a|."])
def test_a_counted_part_that_may_be_empty_is_left_to_the_library(pattern: str) -> None:
    assert compiled(pattern) is None
