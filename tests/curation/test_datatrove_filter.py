"""A datatrove filter behind a score says what it says by itself. Cases that need its libraries for words skip where these are absent."""

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import CurateError
from curation.score.datatrove_filter import datatrove_filter

REFERENCE = {
    "gopher_quality": "GopherQualityFilter",
    "gopher_repetition": "GopherRepetitionFilter",
    "c4_quality": "C4QualityFilter",
    "fineweb_quality": "FineWebQualityFilter",
}
NEEDS = {**dict.fromkeys(REFERENCE.values(), "spacy"), "C4ParagraphFilter": "datatrove"}
ARGUMENTS = {"short_line_threshold": "short_line_thr"}
"""Names of attributes in the cases whose argument is called otherwise."""
OWN = """
import numpy as np
from datatrove.pipeline.filters.base_filter import BaseFilter

class ByYear(BaseFilter):
    name = "by year"

    def __init__(self, least):
        super().__init__(batch_size=2)
        self.least = least

    def filter_batch(self, batch):
        return [(False, "old") if int(doc.metadata["date"][:4]) < self.least else True for doc in batch]

    def filter(self, doc):
        raise AssertionError("one by one")

class Coin(BaseFilter):
    name = "coin"

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(0)

    def filter(self, doc):
        return self.rng.random() < 0.5
"""


def docs(*texts: str, **more: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(i) for i in range(len(texts))], "text": list(texts), **more})


def judged(frame: pl.DataFrame, name: str, **given: Any) -> list[tuple[bool, str | None]]:
    return datatrove_filter(frame, filter=name, **given).rows()


def needs(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"needs {library}, which datatrove's filter asks for: pip install {library}")


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def test_a_verdict_and_its_reason_are_columns() -> None:
    text = "\n".join(["a" * 200] * 3)
    assert judged(docs(text, "short"), "C4ParagraphFilter") == [(True, None), (False, "< 3 paragraphs")]


def test_a_filter_without_reasons_gives_none() -> None:
    assert judged(docs("a cat", "a dog"), "RegexFilter", params={"regex_exp": "cat"}) == [(False, None), (True, None)]


def test_the_same_in_one_batch_or_many() -> None:
    frame = docs(*[f"{'cat' * (i % 3)} {i}" for i in range(600)])
    whole = judged(frame, "RegexFilter", params={"regex_exp": "catcat"})
    assert whole == [
        row for part in frame.iter_slices(7) for row in judged(part, "RegexFilter", params={"regex_exp": "catcat"})
    ]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_filters_of_a_test.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_filters_of_a_test"
    sys.modules.pop("own_filters_of_a_test", None)


def test_a_module_that_defines_no_filter_is_not_imported(own: str, tmp_path: Path) -> None:
    (tmp_path / "no_filters_of_a_test.py").write_text("raise SystemExit('it was imported')\n")
    for name in ("no_filters_of_a_test.Filter", "antigravity.Filter", "json.decoder.Filter"):
        with pytest.raises(CurateError, match="is no datatrove filter"):
            datatrove_filter(docs().clear(), filter=name)
    assert not {"no_filters_of_a_test", "antigravity"} & {*sys.modules}


def test_a_filter_of_ones_own_sees_metadata_and_whole_batches(own: str) -> None:
    frame = docs("", "", date=["2013-05-01", "2020-01-01"])
    assert judged(frame, f"{own}.ByYear", params={"least": 2015}, metadata=["date"]) == [(False, "old"), (True, None)]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("GopherQuality", {}, "'GopherQuality' is no datatrove filter; there are C4BadWordsFilter, "),
        ("os.path", {}, "'os.path' is no datatrove filter"),
        ("no_such_module.Filter", {}, "'no_such_module' cannot be imported"),
        ("RegexFilter", {"params": {"regex_exp": "("}}, "RegexFilter cannot be made with these params: "),
        ("RegexFilter", {"params": {"regexp": "x"}}, "unexpected keyword argument 'regexp'"),
        (
            "LambdaFilter",
            {"params": {"filter_function": "x"}},
            "takes a Python function, which a recipe does not hold; write a step",
        ),
        ("SamplerFilter", {"params": {"rate": 0.5, "seed": 1}}, "draws by chance, .*use `sample: uniform`"),
        ("C4BadWordsFilter", {"params": {"keep_fraction": 0.1}}, "draws by chance"),
        ("RegexFilter", {"libraries": {"no-such-library": "1.0"}}, "not installed: pip install no-such-library==1.0"),
        ("RegexFilter", {"libraries": {"datatrove": "0.0"}}, "datatrove is .*, not 0.0: pip install datatrove==0.0"),
    ],
)
def test_what_cannot_be_used_is_refused_when_planned(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(CurateError, match=said):
        judged(docs().cast(pl.String), name, **given)


def test_a_filter_of_ones_own_that_draws_is_refused_too(own: str) -> None:
    with pytest.raises(CurateError, match="Coin draws by chance"):
        judged(docs("x"), f"{own}.Coin")


def test_bad_words_are_looked_for_without_chance() -> None:
    assert datatrove_filter(docs().cast(pl.String), filter="C4BadWordsFilter").is_empty()


def test_a_missing_library_is_named_with_its_package() -> None:
    if importlib.util.find_spec("spacy") is not None:
        pytest.skip("spacy is installed")
    with pytest.raises(
        CurateError, match=r"^GopherQualityFilter needs a library that is not installed: .*`pip install spacy`"
    ):
        judged(docs("some words"), "GopherQualityFilter")


@pytest.mark.parametrize("key", REFERENCE)
def test_verdicts_on_real_documents_are_datatroves(shared: Path, key: str) -> None:
    needs("spacy")
    rows = lines(shared / "peercases" / "datatrove_ref_on_real_docs.jsonl.gz")
    found = judged(docs(*[row["text"] for row in rows]), REFERENCE[key])
    assert found == [(row["results"][key][0], row["results"][key][1]) for row in rows]


@pytest.mark.parametrize("name", NEEDS)
def test_verdicts_on_datatroves_own_cases_are_its_own(shared: Path, name: str) -> None:
    needs(NEEDS[name])
    cases = [c for c in lines(shared / "peercases" / "datatrove_filter_runs.jsonl.gz") if c["filter"] == name]
    assert cases
    for case in cases:
        fixed = (
            ("batch_size", "min_paragraphs", "min_paragraph_len", "line_delimiter")
            if name == "C4ParagraphFilter"
            else ("batch_size",)
        )
        given = {k: v for k, v in case["params"].items() if k not in fixed and not str(v).startswith("<")}
        given = {ARGUMENTS.get(k, k): v for k, v in given.items()}
        result = case["result"] if isinstance(case["result"], list) else [case["result"], None]
        assert judged(docs(case["text"]), name, params=given) == [tuple(result)], case["test"]
