import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tokenizers import Tokenizer

from curate.errors import CurateError
from curation.fit.bpe import END, bpe, pattern, sample

WORDS = "the square root of every number that divides $x^2$ is \\sqrt{n} or \\frac{12}{345} in the ring".split()


def documents(count: int, seed: int = 0) -> pl.DataFrame:
    dice = random.Random(seed)
    texts = [" ".join(dice.choices(WORDS, k=dice.randrange(5, 80))) for _ in range(count)]
    return pl.DataFrame({"id": [f"d{seed}-{n}" for n in range(count)], "text": texts})


class Frames:
    def __init__(self, name: str, frames: list[pl.DataFrame]) -> None:
        self.name, self.frames = name, frames

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for frame in self.frames:
            yield frame.select(columns)


def pieces(text: str) -> list[str]:
    return pl.Series([text]).str.extract_all(pattern(3)).to_list()[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("$\\alpha_1 + \\frac{12}{x}$", ["$", "\\alpha", "_", "1", " +", " \\frac", "{", "12", "}{", "x", "}$"]),
        ("1234567 3.14159", ["123", "456", "7", " ", "3", ".", "141", "59"]),
        ("a \\\\ b\\{c\\}", ["a", " \\\\", " b", "\\{", "c", "\\}"]),
        ("don't (say) it", ["don", "'t", " (", "say", ")", " it"]),
        ("if x:\n    return 1\n\n\n", ["if", " x", ":\n", "    ", "return", " ", "1", "\n\n\n"]),
        ("cafe\u0301 ความยาว", ["cafe\u0301", " ความยาว"]),
        ("\\", ["\\"]),
        ("", []),
    ],
)
def test_text_is_cut_where_mathematics_wants_it(text: str, cut: list[str]) -> None:
    assert pieces(text) == cut


def test_the_same_documents_give_the_same_bytes_however_they_are_split(tmp_path: Path) -> None:
    docs = documents(300)
    written = []
    for n, shards in enumerate(([docs], [docs[200:], docs[:0], docs[:200].reverse()], [docs[k::7] for k in range(7)])):
        (out := tmp_path / str(n)).mkdir()
        facts = bpe(
            {"web": Frames("web", shards), "qa": Frames("qa", [documents(20, 1)])}, out, vocab=400, sample_bytes=20_000
        )
        written.append([facts, *(p.read_bytes() for p in sorted(out.iterdir()))])
    assert written[0] == written[1] == written[2]


def test_the_sample_is_a_prefix_by_hash_and_a_larger_one_holds_it() -> None:
    docs = documents(300)
    small, large = (sample({"web": Frames("web", [docs[:100], docs[100:]])}, size, 0) for size in (5_000, 20_000))
    assert 5_000 <= small["bytes"].sum() < 5_000 + 1_000
    assert set(small["id"]) < set(large["id"])
    assert small["id"].is_sorted()
    assert sample({"web": Frames("web", [docs])}, 10**9, 0).height == 300


def test_every_text_comes_back_and_the_end_token_comes_first(tmp_path: Path) -> None:
    facts = bpe({"web": Frames("web", [documents(100)])}, tmp_path, vocab=400, special_tokens=(END, "<|user|>"))
    made = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert facts["vocab"] == made.get_vocab_size() <= 400
    assert [made.token_to_id(t) for t in (END, "<|user|>")] == [0, 1]
    for text in ("the root\n\n  of 12345 \\sqrt{n}", "Ω≈ç√ 🙂\u0000\r\n\t", ""):
        assert made.decode(made.encode(text).ids) == text
    assert len(made.encode(" the square root of every number").ids) == 6


def test_a_token_that_text_could_spell_as_one_piece_is_refused(tmp_path: Path) -> None:
    for token in ("the", "12", "", "=="):
        with pytest.raises(CurateError, match="is one piece of ordinary text"):
            bpe({"web": Frames("web", [documents(5)])}, tmp_path, vocab=400, special_tokens=(END, token))


def test_what_cannot_be_trained_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="need 257"):
        bpe({"web": Frames("web", [documents(5)])}, tmp_path, vocab=256)
    empty = pl.DataFrame({"id": ["a"], "text": [""]})
    with pytest.raises(CurateError, match="no text to train a tokenizer on in web"):
        bpe({"web": Frames("web", [empty])}, tmp_path, vocab=300)
