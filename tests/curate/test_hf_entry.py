"""What a recipe says of a model that transformers runs is read without transformers."""

import sys

import pytest

from curate.errors import CurateError
from curate.models import hf
from curate.models.base import Model, Request, backend
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
