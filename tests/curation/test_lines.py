"""The schema of JSON lines: what all lines hold, found in a time that their length bounds."""

import time
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curation.read._lines import MAX_FIELDS, Schema

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


def schema(*items: dict[str, Any]) -> dict[str, pl.DataType]:
    found = Schema()
    for item in items:
        found.add(item)
    return found.polars()


def without_order(kind: Any) -> Any:
    if isinstance(kind, pl.Struct):
        return {field.name: without_order(field.dtype) for field in kind.fields}
    return [without_order(kind.inner)] if isinstance(kind, pl.List) else kind


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3), max_size=5))
def test_the_schema_is_the_same_in_any_order_of_lines_and_twice(items: list[dict[str, Any]]) -> None:
    found = {name: without_order(kind) for name, kind in schema(*items).items()}
    for other in (items[::-1], [*items, *items]):
        assert {name: without_order(kind) for name, kind in schema(*other).items()} == found


def test_small_objects_beside_a_wide_one_cost_what_they_hold() -> None:
    wide = {f"k{number}": 1 for number in range(MAX_FIELDS)}
    started = time.process_time()
    found = schema({"m": [wide, *({} for _ in range(200_000)), {"k1": 2.5}]})
    assert time.process_time() - started < 2
    assert dict(found["m"].inner)["k1"] == pl.Float64  # type: ignore[attr-defined]
