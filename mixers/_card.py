"""The README.md of exported rows, which tells `datasets.load_dataset(folder)` and the hub what is data and of which types.

The types matter for JSON lines: a column without any value in the first file would be taken for one that never has any.
"""

from __future__ import annotations

import json

import polars as pl

from mixers._output import Output

HEAD = """---
configs:
- config_name: default
  data_files: "{files}"
"""
BODY = """---

Written by `curate export {recipe} --as {kind}`; `export.json` says what it was made of.
"""
NAMES = {"String": "string", "Boolean": "bool", "Float32": "float32", "Float64": "float64"} | {
    f"{sign}Int{bits}": f"{sign.lower()}int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}
"""Types of polars in the words of `datasets`."""


def write_card(out: Output, recipe: str, kind: str, files: str, schema: pl.Schema | None = None) -> None:
    """Write it. files: a pattern. schema: of the rows; None for files that say it themselves."""
    text = HEAD.format(files=files)
    features = [_feature(name, dtype) for name, dtype in (schema or {}).items()]
    if features and all(features):
        text += "dataset_info:\n  features:\n" + "".join(features)
    out.write("README.md", (text + BODY.format(recipe=recipe, kind=kind)).encode())


def _feature(name: str, dtype: pl.DataType) -> str:
    """A column; nothing if its type has no words that are the same in all versions of `datasets`."""
    inner = dtype.inner if isinstance(dtype, pl.List) else dtype
    said = NAMES.get(str(inner), "")
    key = "sequence" if isinstance(dtype, pl.List) else "dtype"
    return f"  - name: {json.dumps(name)}\n    {key}: {said}\n" if said else ""
