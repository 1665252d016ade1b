"""FineMath's kind of classifier: the same numbers as the plain loop, whatever stands beside a text, and thresholds by year."""

import json
import random
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.api import Curated
from curate.clauses import parse
from curate.errors import CurateError
from curate.profile import load_profile
from curate.recipe import load
from curation.score.finemath import finemath

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
WORDS = "the sum of two odd numbers is even let x be a root of this equation then solve for y proof theorem garden soup".split()


def tiny(folder: Path, labels: int = 1) -> Path:
    """A randomly initialised classifier and a word-level tokenizer."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder.mkdir(exist_ok=True)
    vocab = {word: n for n, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *dict.fromkeys(WORDS)])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 0))
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=512,
    )
    fast.save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocab), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, pad_token_id=1,
        max_position_embeddings=514, num_labels=labels, initializer_range=0.5,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(config)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(tiny(tmp_path_factory.mktemp("finemath") / "bert"))


def documents(count: int, seed: int = 0) -> pl.DataFrame:
    dice = random.Random(seed)
    texts = [" ".join(dice.choices(WORDS, k=dice.choice((1, 7, 60, 63, 64, 200, 700)))) for _ in range(count)]
    return pl.DataFrame({"id": [str(n) for n in range(count)], "text": texts})


def plain_loop(folder: str, texts: list[str]) -> list[float]:
    """One text at a time, as FineMath's model card shows it."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return [
            model(**tokenizer(text, return_tensors="pt", padding="longest", truncation=True)).logits.squeeze(-1).item()
            for text in texts
        ]


@pytest.mark.parametrize("kind", ["Bert", "Roberta"])
def test_the_scores_are_those_of_the_plain_loop_over_texts(kind, tmp_path):
    folder = str(tiny_roberta(tmp_path) if kind == "Roberta" else tiny(tmp_path / "m"))
    docs = documents(40)
    found = finemath(docs, model=folder)["finemath_score"]
    assert found.to_list() == pytest.approx(plain_loop(folder, docs["text"].to_list()), abs=1e-5)
    assert found.std() > 0.05


def tiny_roberta(tmp_path: Path) -> Path:
    folder = tiny(tmp_path / "base")
    config = transformers.XLMRobertaConfig(
        vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, pad_token_id=1,
        max_position_embeddings=514, num_labels=1, initializer_range=0.5,
    )  # fmt: skip
    torch.manual_seed(1)
    made = transformers.XLMRobertaForSequenceClassification(config)
    made.save_pretrained(folder)
    return folder


def test_tokens_are_those_of_the_file_whatever_class_its_settings_name(tmp_path, model):
    """transformers 5 rebuilds an XLM-R tokenizer and loses its normaliser."""
    folder = shutil.copytree(model, tmp_path / "m")
    saved = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**saved, "normalizer": {"type": "NFKC"}}))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "XLMRobertaTokenizer", "pad_token": "<pad>"})
    )
    docs = pl.DataFrame({"id": ["a", "b"], "text": ["ｐｒｏｏｆ of 𝐱", "proof of x"]})
    wide, narrow = finemath(docs, model=str(folder))["finemath_score"]
    assert wide == narrow == finemath(docs[1:], model=model).item()
    assert finemath(docs[:1], model=model).item() != narrow


def test_a_document_gets_the_same_score_whatever_stands_beside_it(model):
    docs = documents(50, 1)
    whole = finemath(docs, model=model)
    assert finemath(docs, model=model).equals(whole)
    assert pl.concat([finemath(docs[i : i + 7], model=model) for i in range(0, 50, 7)]).equals(whole)
    assert finemath(docs.reverse(), model=model).reverse().equals(whole)


def test_a_blank_text_has_no_score_and_an_endless_one_is_read_to_its_limit(model):
    docs = pl.DataFrame({"id": list("abcd"), "text": ["", None, " \n", "x proof " * 500_000]})
    found = finemath(docs, model=model)["finemath_score"]
    assert found.is_null().to_list() == [True, True, True, False]
    assert found[3] == finemath(docs[3:].with_columns(text=pl.lit("x proof " * 300)), model=model).item()


def test_bfloat16_is_near_float32(model):
    docs = documents(20, 2)
    halves, whole = (finemath(docs, model=model, dtype=dtype)["finemath_score"] for dtype in ("bfloat16", "float32"))
    assert 0 < (halves - whole).abs().max() < 0.2


def test_folders_that_hold_no_such_model_are_refused_in_one_line(tmp_path, model):
    docs = documents(1)
    with pytest.raises(CurateError, match="has 3 outputs; a classifier with one output is wanted"):
        finemath(docs, model=str(tiny(tmp_path / "three", labels=3)))
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        folder = shutil.copytree(model, tmp_path / f"no-{name}")
        (folder / name).unlink()
        with pytest.raises(CurateError, match=f"has no {name}; name it under files:"):
            finemath(docs, model=str(folder))
    other = shutil.copytree(model, tmp_path / "other")
    saved = json.loads((other / "tokenizer.json").read_text())
    saved["model"]["vocab"]["extraneous"] = 99
    (other / "tokenizer.json").write_text(json.dumps(saved))
    with pytest.raises(CurateError, match="its tokenizer has more tokens than the model"):
        finemath(docs, model=str(other))
    headless = shutil.copytree(model, tmp_path / "headless")
    made = transformers.BertModel.from_pretrained(model)
    made.save_pretrained(headless)
    with pytest.raises(CurateError, match="has no weights for classifier"):
        finemath(docs, model=str(headless))
    broken = shutil.copytree(model, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(CurateError, match="model: transformers cannot load it: "):
        finemath(docs, model=str(broken))


def test_code_that_a_model_brings_is_not_run(tmp_path, model):
    folder = shutil.copytree(model, tmp_path / "own")
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "auto_map": {"AutoModelForSequenceClassification": "evil.Evil", "AutoConfig": "evil.C"},
        "model_type": "evil",
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(CurateError, match="transformers cannot load it"):
        finemath(documents(1), model=str(folder))
    assert not (tmp_path / "ran").exists()


def test_without_torch_the_extra_is_named(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CurateError, match=r"score.finemath needs torch: pip install 'octocurate\[train\]'"):
        finemath(documents(1), model=model)


CLAUSE = "finemath_score >= 4 or finemath_score >= 3 and coalesce(date, '') >= '2018'"


def test_recent_pages_need_a_three_and_older_or_undated_ones_a_four():
    cases = [
        (2.9, "2024-05-01", False), (3.0, "2018-01-01T00:00:00Z", True), (3.9, "2017-12-31", False), (4.0, "2014-03", True),
        (3.5, None, False), (4.5, None, True), (None, "2024-01-01", None), (3.0, "", False),
    ]  # fmt: skip
    docs = pl.DataFrame(
        cases, schema={"finemath_score": pl.Float64, "date": pl.String, "kept": pl.Boolean}, orient="row"
    )
    clause = parse(CLAUSE)
    clause.check({"finemath_score": pl.Float64(), "date": pl.String()})
    assert docs.select(clause.polars()).to_series().to_list() == docs["kept"].to_list()
    import duckdb

    frame = docs.to_arrow()
    assert [row[0] for row in duckdb.sql(f"select {clause.sql()} from frame").fetchall()] == docs["kept"].to_list()
    assert frame.num_rows == len(cases)


RECIPE = """
recipe: years
models:
  finemath: {fit: pretrained, files: [m/config.json, m/model.safetensors, m/tokenizer.json, m/tokenizer_config.json]}
corpora:
  web:
    read: jsonl
    files: pages.jsonl
    steps:
      - score: finemath
        model: finemath
      - keep:
          useful: "finemath_score >= HIGH or finemath_score >= LOW and coalesce(date, '') >= '2018'"
"""


def test_a_recipe_takes_the_files_of_a_model_and_asks_more_of_older_pages(tmp_path, model):
    docs = documents(24, 7)
    scores = finemath(docs, model=model)["finemath_score"]
    low, high = (scores.quantile(q, "midpoint") for q in (0.31, 0.71))
    dates = ["2024-05-01", "2014-05-01", None]
    rows = [{"id": id, "text": text, "date": dates[n % 3]} for n, (id, text) in enumerate(docs.iter_rows())]
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "years.yaml").write_text(RECIPE.replace("LOW", f"{low:.9f}").replace("HIGH", f"{high:.9f}"))
    shutil.copytree(model, tmp_path / "m")
    said = {"workers": 1, "executor": "inline", "store": str(tmp_path / "store")}
    profile = load_profile("local", tmp_path).model_copy(update=said)
    curated = Curated(load(tmp_path / "years.yaml", project=tmp_path), tmp_path, profile)
    curated.build(only="web")
    found = curated.sql("select text, fate, finemath_score from documents")
    kept = {text for text, fate, _ in found.iter_rows() if fate == "kept"}
    assert sorted(found["finemath_score"]) == sorted(scores)
    assert kept == {
        row["text"] for row, s in zip(rows, scores, strict=True) if s >= (low if row["date"] == dates[0] else high)
    }
