"""Generation with transformers in this process: the library's own replies, whatever stands beside a prompt, and what is refused."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.api import Curated
from curate.errors import CurateError
from curate.models import hf
from curate.models.base import Model, Reply, Request
from curate.profile import ModelSettings, load_profile
from curate.recipe import load

CHARACTERS = "abcdefghijklmnopqrstuvwxyz .:\n0123456789"
TEMPLATE = (
    "{% for m in messages %}{{ m['role'][0] }}:{{ m['content'] }}\n{% endfor %}{% if shout %}aa{% endif %}"
    "{% if add_generation_prompt %}a:{% endif %}"
)


def connected(folder: Path, chat: bool = False, **entry) -> hf.Local:
    return hf.connect({"backend": "hf", "id": str(folder), "revision": "first", "chat": chat, **entry}, ModelSettings())


def replies(model: Model, *requests: Request) -> list[Reply]:
    return [reply for _, reply in sorted(model.answers(iter(requests)), key=lambda one: one[0])]


torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.models._generation import Generator  # noqa: E402 (needs both)


def tiny(folder: Path, kind: str = "Llama", positions: int = 200) -> Path:
    """A randomly initialised model of characters, whose token 1 ends a text."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    vocab = {token: n for n, token in enumerate(["<pad>", "</s>", "<unk>", *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", chat_template=TEMPLATE
    )
    fast.save_pretrained(folder)
    if kind == "GPT2":
        sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": positions}
    else:
        sizes = {
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "max_position_embeddings": positions,
        }
        sizes |= {"num_attention_heads": 2, "num_key_value_heads": 1}
    torch.manual_seed(3)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(vocab), eos_token_id=1, bos_token_id=None, pad_token_id=0, initializer_range=0.4, **sizes
    )
    made = (transformers.LlamaForCausalLM if kind == "Llama" else transformers.GPT2LMHeadModel)(config)
    made.generation_config.top_k, made.generation_config.do_sample, made.generation_config.temperature = 3, True, 0.1
    made.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny(tmp_path_factory.mktemp("hf"))


def by_library(folder: Path, prompt: str, count: int) -> tuple[str, bool, int]:
    """The greedy reply of the library to one prompt, without padding; whether it ended, and its tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
    config = transformers.GenerationConfig(max_new_tokens=count, do_sample=False, eos_token_id=1, pad_token_id=0)
    told = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)[
        0, ids.shape[1] :
    ].tolist()
    return tokenizer.decode(told, skip_special_tokens=True), told[-1] == 1, len(told)


PROMPTS = ["solve x", "1 plus 1 is", "a", "the sum of two odd numbers is even. " * 3, "z\n"]


@pytest.mark.parametrize("kind", ["Llama", "GPT2"])
def test_greedy_replies_are_those_of_the_library(kind, tmp_path):
    """Of prompts of several lengths in one batch, with none of the sampling that generation_config.json asks for."""
    folder = tiny(tmp_path, kind)
    found = replies(connected(folder, sampling={"max_tokens": 24}), *map(Request, PROMPTS))
    for prompt, reply in zip(PROMPTS, found, strict=True):
        text, ended, count = by_library(folder, prompt, 24)
        assert (reply.text, reply.finish) == (text, "stop" if ended else "length")
        assert reply.prompt_tokens == len(prompt) and reply.completion_tokens == count


SAMPLING = {"temperature": 1.0, "max_tokens": 12}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([*PROMPTS, "b" * 70, "c c", "d" * 64]), st.integers(0, 3)), min_size=1, max_size=9
    ),
    st.randoms(use_true_random=False),
)
def test_a_reply_does_not_depend_on_its_neighbours(folder, asked, dice):
    model = connected(folder, sampling=SAMPLING)
    whole = replies(model, *(Request(*one) for one in asked))
    order = dice.sample(range(len(asked)), len(asked))
    assert replies(model, *(Request(*asked[n]) for n in order)) == [whole[n] for n in order]
    assert replies(model, Request(*asked[0])) == whole[:1]


def test_draws_differ_and_depend_on_seed_and_number_alone(folder):
    model = connected(folder, sampling=SAMPLING)
    draws = replies(model, *(Request("solve x", n) for n in range(6)))
    assert len({reply.text for reply in draws}) > 3
    assert replies(model, Request("solve x", 4)) == draws[4:5]
    other = connected(folder, sampling={**SAMPLING, "seed": 1})
    assert replies(other, *(Request("solve x", n) for n in range(6))) != draws
    greedy = connected(folder, sampling={"max_tokens": 12})
    assert len({reply.text for reply in replies(greedy, *(Request("solve x", n) for n in range(6)))}) == 1


def test_tokens_are_drawn_as_often_as_they_are_probable(folder):
    from curate.models._generation import _Draw
    from curate.models.base import Sampling

    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0, -30.0]])
    many = scores.repeat(4000, 1)
    for sampling in (
        {"temperature": 0.7}, {"temperature": 1.0, "top_p": 0.8}, {"temperature": 1.0, "extra": {"top_k": 2}},
        {"temperature": 2.0, "extra": {"min_p": 0.5}}, {"temperature": 1.0, "top_p": 0.01},
    ):  # fmt: skip
        made = Sampling.of(sampling)
        drawn = _Draw(made, range(4000))(None, many).argmax(-1).numpy()
        wanted = np.exp(scores[0].double().numpy() / made.temperature)
        wanted /= wanted.sum()
        kept = np.cumsum(wanted) - wanted < made.top_p
        kept[int(made.extra.get("top_k", 9)) :] = False
        kept &= wanted >= made.extra.get("min_p", 0) * wanted[0]
        wanted = wanted * kept / (wanted * kept).sum()
        counts = np.bincount(drawn, minlength=5) / 4000
        assert counts == pytest.approx(wanted, abs=0.03) and not counts[~kept].any()


def test_a_stop_text_ends_a_reply_before_it(folder):
    (whole,) = replies(connected(folder, sampling={"max_tokens": 40, "temperature": 1.0}), Request("solve x"))
    stop = whole.text[6:8]
    model = connected(folder, sampling={"max_tokens": 40, "temperature": 1.0, "stop": ["never there", stop]})
    found = replies(model, Request("a"), Request("solve x"), Request("b"))[1]
    assert found.text == whole.text[: whole.text.index(stop)] and found.finish == "stop"
    assert found.completion_tokens == whole.text.index(stop) + 2


def test_a_stop_text_ends_a_reply_in_the_middle_of_a_token() -> None:
    """At the first place where one begins, whatever follows it in the token that ends it."""
    generator = Generator(None, words(["18", ".\nQ", ": Who", " else\nQ:"]), None, "cpu")
    for stops in (["\nQ:", "else"], ["else", "\nQ:"]):
        assert generator._reply([0, 1, 2, 3], 5, [], stops, 9) == Reply("18.", "stop", 5, 3)
    assert generator._reply([0, 1], 5, [], ["\nQ:"], 2) == Reply("18.\nQ", "length", 5, 2)


@pytest.mark.parametrize("written", ["<s>", ""])
def test_a_prompt_has_one_first_token_as_a_text_and_as_a_chat(written: str) -> None:
    """The tokenizer's own for a text, and the template's for a chat, which may write it or leave it out."""
    from tokenizers import processors

    tokenizer = words(["<s>", "Q", ":", " hi", "\nA:"])
    tokenizer.add_special_tokens(["<s>"])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 0)])
    template = written + "{{ messages[0]['content'] }}"
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", chat_template=template)
    generator = Generator(None, tokenizer, fast, "cpu")
    assert generator._tokens("Q: hi\nA:", {}) == [0, 1, 2, 3, 4], "and no space behind the colon"
    chat = generator._tokens([{"role": "user", "content": "Q: hi\nA:"}], {})
    assert chat == ([0] if written else []) + [1, 2, 3, 4]


def words(vocabulary: list[str]) -> Any:
    """A tokenizer of these pieces, as they stand in a text."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(vocabulary)}, unk_token=vocabulary[0]))
    pieces = "|".join(map(re.escape, sorted(vocabulary, key=len, reverse=True)))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pieces), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


def test_prompts_that_do_not_fit_are_refused_and_a_reply_ends_with_the_context(folder):
    model = connected(folder, sampling={"max_tokens": 1000})
    found = replies(
        model, Request("a" * 200), Request(""), Request("a" * 199), Request("a" * 100), Request("é\x00\u202e" * 60000)
    )
    assert [reply.finish == "refused" for reply in found] == [True, True, False, False, True]
    assert found[0].error == "the prompt has 200 tokens; the context has 200"
    assert found[1].error == "the prompt has no tokens" and found[2].completion_tokens == 1
    assert found[3].finish == "stop" or found[3].completion_tokens == 200 - 128


def test_a_chat_is_put_in_the_template_of_the_model(folder):
    from curate.models._generation import generator

    sampling = {"max_tokens": 10}
    plain = replies(connected(folder, sampling=sampling), Request("s:be brief\nu:solve x\na:"))
    assert replies(connected(folder, chat=True, system="be brief", sampling=sampling), Request("solve x")) == plain
    louder = connected(folder, chat=True, sampling={**sampling, "extra": {"chat_template_kwargs": {"shout": True}}})
    assert replies(louder, Request("x")) == replies(connected(folder, sampling=sampling), Request("u:x\naaa:"))
    assert generator(str(folder), "auto") is generator(str(folder), "auto")


def test_dtype_is_part_of_the_identity_and_changes_numbers(folder):
    half = connected(folder, engine={"dtype": "bfloat16"}, sampling={"max_tokens": 4})
    assert half.identity == {"id": str(folder), "revision": "first", "chat": False, "engine": {"dtype": "bfloat16"}}
    assert replies(half, Request("a"))[0].completion_tokens > 0


def test_windows_are_taken_as_there_is_room(folder, monkeypatch):
    monkeypatch.setattr(hf, "WINDOW", 3)
    taken = []

    def requests():
        for n in range(7):
            taken.append(n)
            yield Request("a", n)

    answers = connected(folder, sampling={"max_tokens": 2}).answers(requests())
    assert next(answers)[0] == 0 and taken == [0, 1, 2]
    assert sorted(place for place, _ in answers) == [1, 2, 3, 4, 5, 6]


def test_folders_that_hold_no_such_model_are_refused_in_a_line(folder, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CurateError, match=r"has no tokenizer\.json"):
        replies(connected(tmp_path), Request("a"))
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(CurateError, match="transformers cannot load it: ") as error:
        replies(connected(tmp_path), Request("a"))
    assert "\n" not in str(error.value)


RECIPE = """
recipe: asked
models:
  judge: {backend: hf, id: MODEL, revision: first, chat: false, sampling: {temperature: 1.0, max_tokens: 8}}
corpora:
  web:
    read: jsonl
    files: pages.jsonl
    steps:
      - {score: llm_grade, model: judge, samples: 2}
"""


def test_a_recipe_asks_a_model_in_this_process_once(folder, tmp_path):
    (tmp_path / "pages.jsonl").write_text("".join(f'{{"id": "{n}", "text": "sum {n}"}}\n' for n in range(5)))
    larger = tiny(tmp_path / "m", positions=8_000)
    (tmp_path / "asked.yaml").write_text(RECIPE.replace("MODEL", str(larger)))
    said = {"workers": 2, "store": str(tmp_path / "store")}
    profile = load_profile("local", tmp_path).model_copy(update=said)
    curated = Curated(load(tmp_path / "asked.yaml", project=tmp_path), tmp_path, profile)
    curated.build(only="web")
    found = curated.sql("select llm_grade, llm_grade_reply, llm_grade_finish from documents")
    assert found.height == 5 and found["llm_grade"].null_count() == 5
    assert found["llm_grade_reply"].list.len().to_list() == [2] * 5
    assert {*found["llm_grade_finish"].explode(empty_as_null=True)} <= {"stop", "length"}
