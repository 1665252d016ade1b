"""The Hugging Face hub as a plan sees it: how things on it are named, and where this machine has a copy.

Only the local cache is looked at; `curate fetch` alone asks the hub, which tells sizes and SHA-256 of the files of a data set
(`hf://datasets/ORG/NAME@COMMIT/PATTERN`), so that they are the same input as copies of them are. The cache's layout is documented, and
written out here because importing huggingface_hub costs more than the rest of a plan; tests hold it to `snapshot_download` and
`try_to_load_from_cache`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from curate.errors import CurateError, failing

if TYPE_CHECKING:
    from curate.objectstore import Bucket, Listed

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


FILES = re.compile(rf"hf://datasets/(?P<name>{NAME})@(?P<revision>[^/]+)/(?P<path>.+)")
"""Files of a data set at a commit."""


def find(pattern: str) -> list[Listed]:
    """Files of a pattern; their SHA-256 (or the name that Git gives small ones) stands for an ETag. CurateError if the hub does not say."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    from curate.listings import matches
    from curate.objectstore import Listed

    name, revision, path = parts_of(pattern)
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    with failing(f"asking the hub for the files of {name}"):
        tree = list(api.list_repo_tree(name, recursive=True, revision=revision, repo_type="dataset"))
    files = [f for f in tree if isinstance(f, RepoFile) and matches(f.path.split("/"), path.split("/"))]
    above = f"hf://datasets/{name}@{revision}"
    return [Listed(f"{above}/{f.path}", f.size, f.lfs.sha256 if f.lfs else f.blob_id) for f in files]


def parts_of(uri: str) -> tuple[str, str, str]:
    """Data set, commit and path. CurateError for what names none, or a branch."""
    match = FILES.fullmatch(uri)
    if match is None or not COMMIT.fullmatch(match["revision"]):
        raise CurateError(f"{uri!r}: write hf://datasets/ORG/NAME@COMMIT/PATTERN (or @unpinned, and run curate fetch)")
    return match["name"], match["revision"], match["path"]


def place_of(uri: str) -> tuple[Bucket, str]:
    """The server that has a file of a data set, and its name there."""
    from huggingface_hub import get_token

    from curate.objectstore import Bucket

    name, revision, path = parts_of(uri)
    endpoint = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    token = get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Bucket(f"{endpoint}/datasets/{name}/resolve/{revision}", headers), path
