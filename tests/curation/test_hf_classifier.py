"""Text classifiers and embeddings: the numbers of the plain loop, whatever stands beside a text, and what is refused."""

import json
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curation.score.hf_classifier import hf_classifier

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curation._encoder import chances, classifier, embedder, embeddings  # noqa: E402

WORDS = "the sum of two odd numbers is even let x be a root of this equation then solve for y proof theorem garden soup".split()
LABELS = {0: "poor", 1: "fair", 2: "good"}


def tiny(folder: Path, kind: str = "Bert", labels: int = 3, **settings) -> str:
    """A randomly initialised classifier with a tokenizer of words and bytes."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocab = {word: n for n, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *dict.fromkeys(WORDS)])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 0))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {
        "vocab_size": len(vocab),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
    }
    more = {
        "pad_token_id": 1,
        "max_position_embeddings": 514,
        "num_labels": labels,
        "initializer_range": 0.5,
    } | settings
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**sizes | more)
    getattr(transformers, f"{kind}ForSequenceClassification")(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return tiny(tmp_path_factory.mktemp("hf") / "three", id2label=LABELS)


def documents(count: int, seed: int = 0) -> pl.DataFrame:
    dice = random.Random(seed)
    texts = [" ".join(dice.choices(WORDS, k=dice.choice((1, 7, 60, 63, 64, 200, 700)))) for _ in range(count)]
    return pl.DataFrame({"id": [str(n) for n in range(count)], "text": texts})


def logits(folder: str, texts: list[str]) -> np.ndarray:
    """One text at a time, without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.enable_truncation(512)
    made = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        rows = [made(input_ids=torch.tensor([tokenizer.encode(text).ids])).logits[0].double().numpy() for text in texts]
    return np.stack(rows)


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "ModernBert"])
def test_the_scores_are_those_of_the_plain_loop_over_texts(kind, tmp_path):
    ends = {"cls_token_id": 0, "sep_token_id": 2, "bos_token_id": 0, "eos_token_id": 2}
    folder = tiny(tmp_path / "m", kind, id2label=LABELS, **(ends if kind == "ModernBert" else {}))
    docs = documents(24)
    plain = torch.from_numpy(logits(folder, docs["text"].to_list())).softmax(-1).numpy()
    for place, label in LABELS.items():
        found = hf_classifier(docs, model=folder, label=label)["hf_classifier"]
        assert found.to_numpy() == pytest.approx(plain[:, place], abs=2e-5)
        assert hf_classifier(docs, model=folder, label=place)["hf_classifier"].equals(found)
        assert hf_classifier(docs, model=folder, label=str(place))["hf_classifier"].equals(found)
    assert found.std() > 0.01


def test_what_outputs_mean_is_read_from_the_settings_of_the_model(tmp_path):
    docs, texts = documents(10), documents(10)["text"].to_list()
    each = tiny(tmp_path / "each", problem_type="multi_label_classification")
    plain = 1 / (1 + np.exp(-logits(each, texts)))
    found = hf_classifier(docs, model=each, label="LABEL_1")["hf_classifier"]
    assert found.to_numpy() == pytest.approx(plain[:, 1], abs=2e-5)
    one = tiny(tmp_path / "one", labels=1)
    assert hf_classifier(docs, model=one)["hf_classifier"].to_numpy() == pytest.approx(
        logits(one, texts)[:, 0], abs=2e-5
    )
    several = tiny(tmp_path / "several", problem_type="regression")
    found = hf_classifier(docs, model=several, label=2)["hf_classifier"]
    assert found.to_numpy() == pytest.approx(logits(several, texts)[:, 2], abs=2e-5)
    alone = tiny(tmp_path / "alone", labels=1, problem_type="multi_label_classification")
    assert hf_classifier(docs, model=alone)["hf_classifier"].is_between(0, 1).all()


ODD = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=90).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["", " \n", "\x00\x07", "\u202e\u200b", "x " * 600, "𝐱ﬁ"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ODD, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_a_document_gets_the_same_score_whatever_stands_beside_it(model, texts, dice):
    """Bit for bit, on one machine."""
    docs = pl.DataFrame({"id": [str(n) for n in range(len(texts))], "text": texts})
    whole = hf_classifier(docs, model=model, label="good")["hf_classifier"]
    order = dice.sample(range(len(texts)), len(texts))
    assert hf_classifier(docs[order], model=model, label="good")["hf_classifier"].equals(whole.gather(order))
    at = dice.randrange(len(texts))
    assert hf_classifier(docs[at : at + 1], model=model, label="good")["hf_classifier"].equals(whole[at : at + 1])
    assert whole.is_null().to_list() == [not text.strip() for text in texts]


def test_an_endless_text_is_read_to_its_limit_and_a_null_has_no_score(model):
    docs = pl.DataFrame({"id": ["a", "b", "c"], "text": [None, "x proof " * 130_000, "x proof " * 2_000]})
    found = hf_classifier(docs, model=model, label="good")["hf_classifier"]
    assert found[0] is None and found[1] == found[2]
    assert hf_classifier(docs, model=model, label="good", max_tokens=8)["hf_classifier"][1] != found[1]
    longer = hf_classifier(docs, model=model, label="good", max_tokens=9_000)["hf_classifier"]
    assert longer[1] == longer[2] is not None


def test_more_texts_than_are_held_at_a_time_change_nothing(model, monkeypatch):
    from curation import _encoder

    docs = documents(40, 3)
    whole = hf_classifier(docs, model=model, label="fair")
    monkeypatch.setattr(_encoder, "AT_ONCE", 7)
    assert hf_classifier(docs, model=model, label="fair").equals(whole)


def test_labels_that_a_model_has_not_are_named(model):
    with pytest.raises(CurateError, match="the model has no label 'godo'; did you mean 'good'"):
        hf_classifier(documents(1), model=model, label="godo")
    with pytest.raises(CurateError, match="label: the model has several, so say which; known: fair, good, poor"):
        hf_classifier(documents(1), model=model)
    with pytest.raises(CurateError, match="the model has no label 3"):
        hf_classifier(documents(1), model=model, label=3)


def test_folders_that_hold_no_classifier_are_refused(model, tmp_path):
    bare = shutil.copytree(model, tmp_path / "bare")
    transformers.BertModel.from_pretrained(model).save_pretrained(bare)
    with pytest.raises(CurateError, match="has no weights for classifier"):
        hf_classifier(documents(1), model=str(bare), label=0)
    (bare / "tokenizer.json").unlink()
    with pytest.raises(CurateError, match=r"has no tokenizer\.json; name it under files:"):
        hf_classifier(documents(1), model=str(bare), label=0)


def test_without_torch_the_extra_is_named(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CurateError, match=r"score.hf_classifier needs torch: pip install 'octocurate\[train\]'"):
        hf_classifier(documents(1), model=model, label=0)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_embeddings_are_those_of_the_plain_loop_and_of_length_one(model, pooling):
    from tokenizers import Tokenizer

    texts = documents(16, 5)["text"].to_list()
    found = embeddings(embedder(model), texts, pooling)
    tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
    tokenizer.enable_truncation(512)
    plain = transformers.AutoModel.from_pretrained(model).eval()
    for text, row in zip(texts, found, strict=True):
        with torch.no_grad():
            hidden = plain(input_ids=torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].double()
        wanted = hidden.mean(0) if pooling == "mean" else hidden[0]
        assert row == pytest.approx((wanted / wanted.norm()).numpy(), abs=1e-5)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    again = embeddings(embedder(model), texts[::-1], pooling)[::-1]
    assert np.array_equal(again, found)


def test_chances_of_no_texts_are_none(model):
    assert chances(classifier(model, "float32"), []).shape == (0, 3)


def test_a_tokenizer_whose_settings_say_less_than_the_positions_is_believed(model, tmp_path):
    short = shutil.copytree(model, tmp_path / "short")
    (short / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 16}))
    assert classifier(str(short), "float32").most == 16
    assert classifier(tiny(tmp_path / "r", "Roberta"), "float32", 4_000).most == 512
