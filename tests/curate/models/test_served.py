"""A real server with a real model: `transformers serve` on loopback, of a tiny model that the test makes itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.models.base import Reply, Request, open_model
from curate.models.openai import Served, connect
from curate.models.replies import Asker
from curate.profile import ModelSettings
from tests.curate.models.serving import needs_a_server, serving

pytestmark = pytest.mark.slow
WORDS = ["What is 2 + 3?", "Two and three make five.", "Find the area of a square of side 4.", "The area is 16."]
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tiny_model(folder: Path) -> Path:
    """A Llama of some ten thousand parameters that knows nothing, with a tokenizer of the letters of `WORDS` and a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.train_from_iterator(WORDS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"]))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=512, bos_token_id=0, eos_token_id=1, pad_token_id=1, initializer_range=1.0,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.generation_config.do_sample = True  # or this server takes the likeliest token at any temperature
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the server, and the model's name there."""
    needs_a_server()
    folder = tmp_path_factory.mktemp("served")
    name = str(tiny_model(folder / "tiny"))
    with serving(folder / "tiny", folder / "log") as url:
        yield url, name


def entry(name: str, **more: object) -> dict[str, object]:
    return {"backend": "openai", "id": name, "revision": "main", **more}


def model(served: tuple[str, str], *, chat: bool = True, stream: bool = False, **sampling: object) -> Served:
    url, name = served
    settings = ModelSettings(endpoints=(url,), concurrency=4, patience=60, stream=stream)
    return connect(entry(name, chat=chat, sampling={"max_tokens": 12, **sampling}), settings)


@pytest.mark.parametrize("chat", [True, False])
def test_whole_and_streamed_replies_are_the_same(served: tuple[str, str], chat: bool) -> None:
    whole, streamed = (
        dict(model(served, chat=chat, stream=stream).answers(Request(word) for word in WORDS))
        for stream in (False, True)
    )
    assert whole == streamed and sorted(whole) == [0, 1, 2, 3]
    assert len({reply.text for reply in whole.values()}) == 4
    for reply in whole.values():
        assert reply.finish in ("stop", "length") and reply.prompt_tokens > 4 and 0 < reply.completion_tokens <= 12


def test_draws_differ_and_each_can_be_drawn_again(served: tuple[str, str]) -> None:
    """One at a time: this server seeds the whole process."""
    url, name = served
    made = connect(
        entry(name, sampling={"max_tokens": 12, "temperature": 1.0}), ModelSettings(endpoints=(url,), concurrency=1)
    )
    first, again = (dict(made.answers(Request(WORDS[0], n) for n in range(4))) for _ in range(2))
    assert first == again and len({reply.text for reply in first.values()}) > 1


def test_every_reply_is_stored_once(served: tuple[str, str], tmp_path: Path) -> None:
    url, name = served
    said = entry(name, sampling={"max_tokens": 8})
    requests = [Request(f"{word} ({n})") for word in WORDS for n in range(5)]
    settings = ModelSettings(endpoints=(url,), concurrency=4)
    first = dict(open_model(said, tmp_path, settings, Asker("test")).answers(requests))
    again = dict(open_model(said, tmp_path, ModelSettings()).answers(requests))  # nothing says where to ask
    assert first == again and len(first) == 20 and all(isinstance(reply, Reply) for reply in first.values())


def test_a_field_that_the_server_does_not_know_refuses_the_request(served: tuple[str, str]) -> None:
    (reply,) = dict(model(served, extra={"unknown_field": 1}).answers([Request("why")])).values()
    assert reply.finish == "refused" and "unknown_field" in reply.error


def test_a_server_of_another_model_ends_the_build(served: tuple[str, str]) -> None:
    url, _ = served
    made = connect(entry("ORG/NAME"), ModelSettings(endpoints=(url,)))
    with pytest.raises(CurateError, match=r"does not serve what it is asked for: 400 Bad Request: .*'ORG/NAME'"):
        list(made.answers([Request("why")]))
