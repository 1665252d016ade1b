"""What a recipe says of a model that transformers runs is read without transformers."""

import hashlib
import sys

import pytest

from curate.errors import CurateError
from curate.models import hf
from curate.models.base import Model, Request, Sampling, backend
from curate.profile import ModelSettings


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"engine": {"quantization": "fp8"}}, "engine has no setting 'quantization' that changes replies"),
        ({"engine": {"dtype": "half"}}, "engine.dtype: one of auto, bfloat16, float16, float32, not 'half'"),
        ({"sampling": {"extra": {"top_kk": 2}}}, "sampling.extra: hf has no field 'top_kk'; did you mean 'top_k'?"),
    ],
)
def test_an_entry_is_read_strictly(entry, said):
    with pytest.raises(CurateError) as error:
        hf.connect({"id": "org/name", "revision": "a" * 40, **entry}, ModelSettings())
    assert said in str(error.value)


def test_connecting_needs_no_torch_and_asking_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    model = backend("hf").connect({"id": "org/name", "revision": "a" * 40}, ModelSettings())
    assert backend("hf").loads and isinstance(model, Model)
    assert model.identity == {"id": "org/name", "revision": "a" * 40, "chat": True}
    with pytest.raises(CurateError, match=r"backend: hf needs torch.*: pip install 'octocurate\[train\]'"):
        next(model.answers([Request("a")]))


def test_each_draw_of_each_seed_has_a_seed_of_its_own():
    made = [Sampling(seed=seed).seed_of(draw) for seed in range(3) for draw in range(4)]
    assert len({*made}) == 12 and all(0 <= seed < 2**31 for seed in made)
    assert made[:2] == [int(hashlib.sha256(text).hexdigest()[:8], 16) // 2 for text in (b"0/0", b"0/1")]
