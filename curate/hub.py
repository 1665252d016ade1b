"""The Hugging Face hub as a plan sees it: how things on it are named, and where this machine has a copy.

Only the local cache is looked at; `curate fetch` alone asks the hub. The cache's layout is documented, and written out here because
importing huggingface_hub costs more than the rest of a plan; tests hold it to `snapshot_download` and `try_to_load_from_cache`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

NAME = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"
"""An id: ORG/NAME."""
COMMIT = re.compile(r"[0-9a-f]{40}")
UNPINNED = "unpinned"
"""Stands for a commit that nobody has filled in yet."""
MODEL = re.compile(rf"({NAME})@({COMMIT.pattern}|{UNPINNED})")
"""A model or its tokenizer with its revision. Branches move, so none is a revision."""


def snapshot(kind: Literal["datasets", "models"], name: str, revision: str) -> Path:
    """The folder that has the files of a data set or model at a commit, if they were downloaded."""
    home = os.environ.get("HF_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or os.path.join(home, "hub")
    folder = Path(os.path.expandvars(os.path.expanduser(cache)))
    return folder / f"{kind}--{name.replace('/', '--')}" / "snapshots" / revision


def unfinished(folder: Path) -> bool:
    """Whether a download into the cache that a snapshot belongs to was broken off, or goes on."""
    return any((folder.parents[1] / "blobs").glob("*.incomplete"))


def cached(name: str, revision: str, file: str) -> Path | Literal[False] | None:
    """A file of a model on this machine; False if it is known that there is none; None if nobody has looked."""
    folder = snapshot("models", name, revision)
    if (folder / file).is_file():
        return folder / file
    return False if (folder.parents[1] / ".no_exist" / revision / file).is_file() else None
