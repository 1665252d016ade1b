import json
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from curate.errors import CurateError
from mixers.encode import Encoder
from mixers.tokenize import tokenize, vocabulary

ALPHABETS = st.one_of(
    st.text(max_size=60),
    st.text("ab \n\t\\{}$^_'.,0123456789é\u0301数ก ", max_size=200),
    st.text("a", max_size=400),
    st.lists(
        st.sampled_from(["the dog", " \\frac", "{1}", "\\\\", "\r\n", "  ", "12345", "$x$", "<|endoftext|>"]),
        max_size=40,
    ).map("".join),
)


def tokens(texts: list[str], tokenizer: str, **options: bool) -> list[list[int]]:
    docs = pl.DataFrame(
        {"id": [str(n) for n in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )
    return tokenize(docs, tokenizer=tokenizer, **options)["tokens"].to_list()


def reference(folder: str) -> Tokenizer:
    loaded = Tokenizer.from_file(f"{folder}/tokenizer.json")
    loaded.encode_special_tokens = True
    return loaded


@given(texts=st.lists(ALPHABETS, min_size=1, max_size=8))
def test_ids_are_those_of_the_tokenizers_library_and_decode_to_the_text(tokenizer: str, texts: list[str]) -> None:
    library = reference(tokenizer)
    found = tokens(texts, tokenizer, eos=False)
    assert found == [e.ids for e in library.encode_batch(texts, add_special_tokens=False)]
    assert [library.decode(ids) for ids in found] == texts


@pytest.mark.parametrize("start", range(0, 0x32000, 0x8000))
def test_every_code_point_is_cut_as_the_tokenizers_library_cuts_it(tokenizer: str, start: int) -> None:
    points = [chr(c) for c in range(start, start + 0x8000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(f"a{c}b1{c}{c}2 {c}.\\{c}" for c in points[at : at + 64]) for at in range(0, len(points), 64)]
    cut = Encoder.load(Path(tokenizer) / "tokenizer.json")
    assert cut is not None
    library = reference(tokenizer).pre_tokenizer.pre_tokenize_str
    ours = pl.Series(texts).str.extract_all(cut.pattern)
    for text, pieces in zip(texts, ours, strict=True):
        assert pieces.str.len_chars().to_list() == [end - begin for _, (begin, end) in library(text)]


@pytest.mark.parametrize("run", ["a", "ab", " ", "1", "\\", "\n ", "ก", "="])
def test_a_run_without_a_boundary_is_quick_and_the_same_as_the_library(tokenizer: str, run: str) -> None:
    text = run * (200_000 // len(run))
    assert tokens([text], tokenizer, eos=False)[0] == reference(tokenizer).encode(text, add_special_tokens=False).ids


def test_a_document_is_the_same_alone_and_in_any_batch(tokenizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["the dog", "", "x" * 300, "$\\alpha$ 12345", "the quick brown fox"] * 3
    whole = tokens(texts, tokenizer)
    assert whole == [tokens([text], tokenizer)[0] for text in texts]
    monkeypatch.setattr(sys.modules[tokenize.__module__], "SLICE", 10)
    assert tokens(texts, tokenizer) == whole


def test_a_page_that_spells_the_end_token_does_not_end(tokenizer: str) -> None:
    known = vocabulary(tokenizer)
    [ids] = tokens(["one <|endoftext|> two"], tokenizer)
    assert ids.count(known.eos) == 1 and ids[-1] == known.eos


def test_n_tokens_counts_what_is_put_around_a_document(tokenizer: str) -> None:
    docs = pl.DataFrame({"id": ["a", "b"], "text": ["the dog", ""]})
    bare, both = (tokenize(docs, tokenizer=tokenizer, bos=b, eos=b) for b in (False, True))
    assert both["n_tokens"].to_list() == [n + 2 for n in bare["n_tokens"].to_list()]
    assert both["tokens"].list.len().to_list() == both["n_tokens"].to_list()
    assert bare["tokens"].to_list()[1] == []


def test_planning_needs_no_tokenizer_and_sees_the_types() -> None:
    empty = pl.DataFrame(schema={"id": pl.String, "text": pl.String})
    assert tokenize(empty, tokenizer="/nowhere").schema == {"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32}


def test_a_missing_tokenizer_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"no readable tokenizer\.json"):
        tokens(["a"], str(tmp_path))


@pytest.fixture
def foreign(tmp_path: Path) -> str:
    """GPT-2's kind: a pattern with a lookahead, so not for our encoder, and another name for the end."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<stop>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(["the dog and the fox " * 9], trainer)
    made.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": {"content": "<stop>"}}))
    return str(tmp_path)


def test_a_tokenizer_of_another_kind_goes_through_the_library(foreign: str) -> None:
    assert Encoder.load(Path(foreign) / "tokenizer.json") is None
    texts = ["the dog  and", "", "<stop> 12"]
    expected = [e.ids for e in reference(foreign).encode_batch(texts, add_special_tokens=False)]
    assert tokens(texts, foreign) == [[*ids, vocabulary(foreign).eos] for ids in expected]


def test_a_tokenizer_without_a_beginning_refuses_bos(foreign: str) -> None:
    with pytest.raises(CurateError, match="no beginning-of-text token"):
        tokens(["a"], foreign, bos=True)


@pytest.mark.slow
def test_real_pages_have_the_ids_of_the_library(shared: Path, tokenizer: str) -> None:
    texts = pl.read_ndjson(shared / "text" / "dev_valid.jsonl.gz")["text"].to_list()
    assert tokens(texts, tokenizer, eos=False) == [
        e.ids for e in reference(tokenizer).encode_batch(texts, add_special_tokens=False)
    ]
