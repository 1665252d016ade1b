"""The front matter of a card: metadata as the Hugging Face hub reads it, and below `curate:` what only we say.

After the hub's template (github.com/huggingface/hub-docs, datasetcard.md). The license is an identifier of the hub's list, or `other` with
a name and a link to `LICENSE.md`, which says all of it (`curate.cards.license_text`). Left out: `dataset_info`, which the hub makes from
the files, and what nobody measured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from curate.cards.cells import MOST

Row = dict[str, Any]
SIZES = (
    "n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B",
    "1B<n<10B", "10B<n<100B", "100B<n<1T",
)  # fmt: skip
LARGEST = "n>1T"
_CODE = re.compile(r"[a-z]{2,3}")
"""A language as ISO 639 writes it."""
LICENSE_FILE = "LICENSE.md"


class DataFile(Protocol):
    """One file of a published set: its name there, its rows, bytes and SHA-256."""

    @property
    def name(self) -> str: ...

    @property
    def rows(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    @property
    def sha256(self) -> str: ...


Configs = Mapping[str, Sequence[DataFile]]
"""Config -> its files. What is not published has none, and its configs then name patterns."""


def pattern(corpus: str) -> str:
    """Where the files of a corpus lie in a published set."""
    return f"data/{corpus}/*.parquet"


def metadata(facts: Row, configs: Configs) -> Row:
    """The front matter as a dictionary, in the hub's order."""
    said = facts["license"]
    found: Row = {
        "pretty_name": facts["name"],
        "license": said["license"],
        **({"license_name": said["license_name"], "license_link": LICENSE_FILE} if "license_name" in said else {}),
        "language": [code for code in facts["languages"] if _CODE.fullmatch(code)],
        "task_categories": ["text-generation"],
        "size_categories": [_size(facts["documents"])],
        "source_datasets": list(dict.fromkeys(source["hub"] or "original" for source in facts["inputs"])),
        "annotations_creators": ["no-annotation"],
        "language_creators": _creators(facts),
        "tags": ["octocurate", "mid-training", *(["synthetic"] if _written(facts) else [])],
        "configs": list(_configs(facts, configs)),
        "curate": _ours(facts),
    }
    return {key: value for key, value in found.items() if value not in ([], None)}


def _size(documents: int) -> str:
    """`size_categories` of a number of documents."""
    place = max(0, len(str(documents)) - 3)
    return SIZES[place] if place < len(SIZES) else LARGEST


def _written(facts: Row) -> bool:
    return any(row["written"] for row in facts["written"])


def _creators(facts: Row) -> list[str]:
    """Who wrote the texts: `found` are those that were read, `machine-generated` what models and programs wrote."""
    machine = _written(facts) or any(row["generated"] for row in facts["written"])
    found = any(not source["generated"] for source in facts["inputs"])
    return [*(["found"] if found else []), *(["machine-generated"] if machine else [])]


def _configs(facts: Row, configs: Configs) -> Any:
    """One for each corpus, the first of the mixture as the default; each with its files, or where they would lie."""
    names = list(configs) or [row["corpus"] for row in facts["corpora"]]
    mixed = ["mixture", *(row["corpus"] for row in facts["corpora"] if row["in_mixture"]), *names]
    first = next((name for name in mixed if name in names), "")
    for name in names:
        path: Any = [file.name for file in configs[name]] if name in configs else pattern(name)
        default = {"default": True} if name == first else {}
        yield {"config_name": name, **default, "data_files": [{"split": "train", "path": path}]}


def _ours(facts: Row) -> Row:
    """What programs of this package ask a card."""
    mixture = facts["mixture"]
    found = {
        "recipe": facts["name"],
        "version": facts["version"],
        "use": facts["use"],
        "sample": facts["sample"],
        "published": facts.get("published"),
        "documents": facts["documents"],
        **{key: mixture[key] for key in ("tokens", "windows", "seq_len") if key in mixture},
        "licenses": facts["license"]["licenses"][:MOST],
        "mixture": facts["digests"]["mixture"],
        "tokenizer": facts["digests"]["tokenizer"],
        "lock": facts["digests"]["lock"],
    }
    return {key: value for key, value in found.items() if value not in (None, "")}
