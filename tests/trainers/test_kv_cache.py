"""The cache with room, against transformers' own."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from curate.models.kv_cache import ROOM, cache_of  # noqa: E402

CONFIG = {"vocab_size": 50, "hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}


def _config(**more: object) -> object:
    return transformers.LlamaConfig(**CONFIG, num_hidden_layers=2, num_key_value_heads=1, **more)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 2 * ROOM)),
        st.tuples(st.just("keep"), st.lists(st.integers(0, 7), min_size=1, max_size=8)),
        st.tuples(st.just("reorder"), st.lists(st.integers(0, 7), min_size=8, max_size=8)),
        st.tuples(st.just("repeat"), st.just(2)),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(moves)
def test_it_holds_what_transformers_own_does(moves: list) -> None:
    ours, theirs = cache_of(_config()), transformers.DynamicCache(config=_config())
    rows, generator = 3, torch.Generator().manual_seed(0)
    for what, how in [("add", 5), *moves]:
        if what == "add":
            for layer in range(2):
                new = [torch.rand((rows, 1, how, 8), generator=generator) for _ in range(2)]
                for mine, other in zip(ours.update(*new, layer), theirs.update(*new, layer), strict=True):
                    assert torch.equal(mine, other)
        elif what == "reorder":
            some = torch.tensor([i % rows for i in how * rows])[:rows]
            ours.reorder_cache(some)
            theirs.reorder_cache(some)
        elif what == "repeat" and rows < 20:
            rows *= how
            ours.batch_repeat_interleave(how)
            theirs.batch_repeat_interleave(how)
        elif what == "keep":
            some = torch.tensor([i % rows for i in how])
            rows = len(how)
            ours.batch_select_indices(some)
            theirs.batch_select_indices(some)
        assert ours.get_seq_length() == theirs.get_seq_length()
        for mine, other in zip(ours.layers, theirs.layers, strict=True):
            assert torch.equal(mine.keys, other.keys) and torch.equal(mine.values, other.values)


def test_a_token_is_written_where_there_is_room() -> None:
    cache = cache_of(_config())
    cache.update(*torch.zeros(2, 3, 1, 5, 8), 0)
    where = cache.layers[0].keys.data_ptr()
    for _ in range(ROOM):
        cache.update(*torch.ones(2, 3, 1, 1, 8), 0)
        assert cache.layers[0].keys.data_ptr() == where
    assert cache.layers[0].keys.shape == (3, 1, 5 + ROOM, 8)


def test_layers_that_look_back_over_a_window_keep_transformers_own() -> None:
    config = transformers.MistralConfig(**CONFIG, num_hidden_layers=1, num_key_value_heads=1, sliding_window=4)
    ours, theirs = cache_of(config), transformers.DynamicCache(config=config)
    assert [type(layer) for layer in ours.layers] == [type(layer) for layer in theirs.layers]
