"""Keys and values of the tokens so far, with room for those to come, so that a token is written down and not all before it copied.

transformers' own cache joins its tensors anew at each token: of 128 replies of 400 tokens it copies 100 MB to add one, and gives as much
memory back. Used by `_generation.py` and by the trainers' sampler. Left out: layers that look back over a window only, which keep
transformers' own.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 64
"""Places that are made ahead, or a quarter of those there are, whichever is more."""


def cache_of(config: Any) -> DynamicCache:
    """An empty cache for a model of this config."""
    cache = DynamicCache(config=config)
    cache.layers = [_Roomy() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class _Roomy(DynamicLayer):  # type: ignore[misc]
    """`keys` and `values` (B, H, T, D) are the first places of wider tensors."""

    def __init__(self) -> None:
        super().__init__()
        self._wide: list[Tensor] = []

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Write down the next places; all that there are."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        used = self.get_seq_length()
        end = used + key_states.shape[-2]
        if not self._is_shown() or end > self._wide[0].shape[-2]:
            self._widen(key_states, used, end + max(ROOM, end // 4))
        for wide, states in zip(self._wide, (key_states, value_states), strict=True):
            wide[:, :, used:end] = states
        return self._show(end)

    def _is_shown(self) -> bool:
        """Whether `keys` are places of the wide tensor, and not what another method of a cache has put there."""
        return bool(self._wide) and self.keys is not None and self.keys.data_ptr() == self._wide[0].data_ptr()

    def _widen(self, like: Tensor, used: int, places: int) -> None:
        rows, heads, _, width = like.shape
        wider = [like.new_empty(rows, heads, places, width) for _ in range(2)]
        if used:
            for new, old in zip(wider, (self.keys, self.values), strict=True):
                new[:, :, :used] = old
        self._wide = wider

    def _show(self, end: int) -> tuple[Tensor, Tensor]:
        self.keys, self.values = (wide[:, :, :end] for wide in self._wide)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Some of the rows, or some of them several times."""
        if not self._is_shown():
            return super().batch_select_indices(indices)  # type: ignore[no-any-return]
        used = self.get_seq_length()
        self._wide = [wide[indices] for wide in self._wide]
        self._show(used)
        return None
