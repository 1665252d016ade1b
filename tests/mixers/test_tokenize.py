import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from curate.errors import CurateError
from mixers import library
from mixers.encode import Encoder, letters
from mixers.tokenize import tokenize, vocabulary
from tests.mixers import families

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
    with pytest.raises(CurateError, match=r"tokenizer\.json cannot be read"):
        tokens(["a"], str(tmp_path))


@pytest.fixture
def foreign(tmp_path: Path) -> str:
    """SentencePiece's kind, which has no encoder of ours, and another name for the end."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["<unk>", "<stop>"], show_progress=False)
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


def test_ids_that_are_not_those_of_the_library_are_an_error_that_names_the_document(
    tokenizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens(["the dog"], tokenizer)

    def wrong(self: Encoder, texts: pl.Series, before: int = -1, after: int = -1) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(texts), np.uint32), np.arange(len(texts) + 1)

    monkeypatch.setattr(Encoder, "encode", wrong)
    with pytest.raises(CurateError, match="document 0: the ids of its text are not those"):
        tokens(["the dog"], tokenizer)


def test_texts_are_chosen_for_the_proof_by_what_they_say_and_one_is_always(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[tokenize.__module__]
    texts = pl.Series([f"text {n}" for n in range(4000)])
    chosen = set(texts[module._chosen(texts)])
    assert chosen == set(texts[::-1][module._chosen(texts[::-1])])
    assert 1 <= len(chosen) <= 20
    assert len(module._chosen(texts[:1])) == 1
    monkeypatch.setattr(module, "PROVED", 2)
    assert 1500 < len(module._chosen(texts)) < 2500


# masks


def masked(texts: list[str], heads: list[str | None], tokenizer: str, **options: bool) -> list[int]:
    docs = pl.DataFrame(
        {"id": [str(n) for n in range(len(texts))], "text": texts, "question": heads},
        schema_overrides={"question": pl.String},
    )
    return tokenize(docs, tokenizer=tokenizer, mask="question", **options)["n_masked"].to_list()


@given(parts=st.lists(st.tuples(ALPHABETS, ALPHABETS), min_size=1, max_size=6))
def test_masked_tokens_are_those_wholly_inside_the_beginning(tokenizer: str, parts: list[tuple[str, str]]) -> None:
    texts, heads = [a + b for a, b in parts], [a for a, _ in parts]
    library = reference(tokenizer)
    counts = masked(texts, heads, tokenizer)
    for (head, _), count, text in zip(parts, counts, texts, strict=True):
        ids = library.encode(text, add_special_tokens=False).ids
        sizes = [len(text_bytes(library, ids[:n])) for n in range(len(ids) + 1)]
        assert sizes[count] <= len(head.encode())
        assert count == len(ids) or sizes[count + 1] > len(head.encode())


def text_bytes(tokenizer: Tokenizer, ids: list[int]) -> bytes:
    values = {letter: byte for byte, letter in enumerate(letters())}
    return bytes(values[letter] for one in ids for letter in tokenizer.id_to_token(one))


def test_a_beginning_is_masked_with_bos_and_nothing_where_the_text_does_not_begin_so(tokenizer: str) -> None:
    texts, heads = ["the dog jumps"] * 5, ["the dog", "dog", None, "", "the dog jumps"]
    assert masked(texts, heads, tokenizer) == [n - (n > 0) for n in masked(texts, heads, tokenizer, bos=True)]
    found = masked(texts, heads, tokenizer, bos=True)
    assert found[0] > 1 and found[1:4] == [0, 0, 1]
    assert found[4] == len(tokens(texts[:1], tokenizer, bos=True, eos=False)[0])


def test_a_token_on_both_sides_of_the_end_of_the_beginning_has_a_loss(tokenizer: str) -> None:
    whole = len(tokens([" the"], tokenizer, eos=False)[0])
    assert whole == 1
    assert masked([" the"], [" t"], tokenizer) == [0]


def test_masks_of_texts_that_are_normalised_or_have_added_tokens(tmp_path: Path) -> None:
    folder = families.make(tmp_path, "qwen2", ["the dog", f"e\u0301 {families.CALL}"] * 9, 300)
    texts = ["e\u0301", "e\u0301x", f"e\u0301 {families.CALL} the dog", "the dog", "<\u0338b"]
    heads = ["e", "e\u0301", f"e\u0301 {families.CALL}", "the", "<"]
    counts = masked(texts, heads, folder)
    ids = [library.library(folder).encode(head, add_special_tokens=False).ids for head in heads]
    assert counts == [0, len(ids[1]), len(ids[2]), len(ids[3]), 0]


def test_a_mask_of_another_kind_of_tokenizer_counts_too(foreign: str) -> None:
    counts = masked(["the dog and the fox", "the dog"], ["the dog", "cat"], foreign)
    expected = len(reference(foreign).encode("the dog", add_special_tokens=False).ids)
    assert counts == [expected, 0]


def test_there_is_no_count_of_masked_tokens_where_none_are_asked_for(tokenizer: str) -> None:
    docs = pl.DataFrame({"id": ["a"], "text": ["the dog"], "question": ["the"]})
    assert tokenize(docs, tokenizer=tokenizer).columns == ["tokens", "n_tokens"]
    empty = tokenize(docs.clear(), tokenizer="/nowhere", mask="question")
    assert empty.schema == {"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32, "n_masked": pl.UInt32}


def test_a_mask_of_numbers_is_refused(tokenizer: str) -> None:
    docs = pl.DataFrame({"id": ["a"], "text": ["the dog"], "question": [1]})
    with pytest.raises(CurateError, match="'question' holds no text, but Int64"):
        tokenize(docs, tokenizer=tokenizer, mask="question")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('{"eos_token": ["a"]}', r"names \['a'\] as eos_token, which the vocabulary does not have"),
        ('{"eos_token": "<nowhere>"}', "names '<nowhere>' as eos_token"),
        ('["eos_token"]', "tokenizer_config.json is no JSON object"),
        ("{", "tokenizer_config.json is no JSON object"),
    ],
)
def test_a_configuration_that_names_no_token_is_refused(tmp_path: Path, said: str, message: str) -> None:
    families.make(tmp_path, "gpt2", ["some text"], 300)
    (tmp_path / "tokenizer_config.json").write_text(said)
    with pytest.raises(CurateError, match=message):
        tokens(["a"], str(tmp_path))


def test_dropout_of_a_tokenizer_is_for_its_training_and_not_for_a_corpus(tmp_path: Path) -> None:
    families.make(tmp_path, "gpt2", ["some text and some more text " * 9], 300)
    path = tmp_path / "tokenizer.json"
    spec = json.loads(path.read_text())
    plain = tokens(["some more text"] * 50, str(tmp_path))
    (again := tmp_path / "again").mkdir()
    (again / "tokenizer.json").write_text(json.dumps({**spec, "model": {**spec["model"], "dropout": 0.5}}))
    assert tokens(["some more text"] * 50, str(again)) == plain
