"""Data sets on the Hugging Face hub: `hf://datasets/ORG/NAME`, through the hub's own client.

Files are uploaded as they are made (`preupload_lfs_files`), which shows them to nobody; one commit on the main branch, on condition that
nobody has committed since we looked, makes them a data set together with its card. What the hub has of a file by its SHA-256 it does not
take again. The token comes from where `huggingface_hub` looks for it (`hf auth login`, HF_TOKEN) and is never shown. Left out: branches and
pull requests.
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from curate.errors import CurateError
from curate.hub import NAME
from curate.publish.files import Ready
from curate.publish.places import Held, Place

ADDRESS = re.compile(rf"hf://datasets/({NAME})/?")
THREADS = 4
"""Files under way at once."""
AGAIN = "run it again: what was uploaded is not uploaded twice"


class Hub(Place):
    """One data set of the hub."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        match = ADDRESS.fullmatch(url)
        if match is None:
            raise CurateError(f"{self.url!r} is no data set of the hub; write hf://datasets/ORG/NAME")
        self.name: str = match[1]
        self.head = ""
        """The commit that was looked at; empty where there is no data set yet."""
        self.private: bool | None = None
        self.operations: list[Any] = []

    @cached_property
    def api(self) -> Any:
        from huggingface_hub import HfApi
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        return HfApi(endpoint=os.environ.get("HF_ENDPOINT"))

    def look(self) -> dict[str, Held]:
        from huggingface_hub.errors import RepositoryNotFoundError
        from huggingface_hub.hf_api import RepoFile

        with self._told():
            self.api.whoami()
            try:
                self._note()
            except RepositoryNotFoundError:
                return {}
            tree = self.api.list_repo_tree(self.name, recursive=True, revision=self.head, repo_type="dataset")
            files = [file for file in tree if isinstance(file, RepoFile)]
        return {f.path: Held(f.size, f.lfs.sha256 if f.lfs else "", f.blob_id) for f in files}

    def _note(self) -> None:
        info = self.api.repo_info(self.name, repo_type="dataset")
        self.head, self.private = info.sha or "", info.private

    def is_open(self) -> bool | None:
        return None if self.private is None else not self.private

    def read(self, name: str) -> bytes:
        from curate.hub import place_of

        bucket, path = place_of(f"hf://datasets/{self.name}@{self.head}/{name}")
        return bucket.read(path, 64 << 20) or b""

    @contextlib.contextmanager
    def writing(self, public: bool) -> Iterator[None]:
        with self._told():
            if not self.head:
                self.api.create_repo(self.name, repo_type="dataset", private=not public, exist_ok=True)
                self._note()
        yield
        if public and self.private:
            with self._told():
                self.api.update_repo_settings(self.name, private=False, repo_type="dataset")

    def send(self, files: Sequence[Ready]) -> None:
        from huggingface_hub import CommitOperationAdd

        made = [CommitOperationAdd(path_in_repo=file.name, path_or_fileobj=str(file.path)) for file in files]
        for operation, file in zip(made, files, strict=True):
            operation.upload_info.sha256 = bytes.fromhex(file.sha256)  # which spares a second reading
        with self._told():
            self.api.preupload_lfs_files(
                self.name, made, repo_type="dataset", num_threads=THREADS, gitignore_content=""
            )
        for operation, file in zip(made, files, strict=True):
            if not operation._is_uploaded:  # the hub keeps it in Git itself, so the commit carries it
                operation.path_or_fileobj = file.path.read_bytes()
        self.operations += made

    def finish(self, texts: dict[str, bytes], gone: Sequence[str], title: str) -> str:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations = [*self.operations, *(CommitOperationDelete(path_in_repo=name) for name in gone)]
        operations += [CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in texts.items()]
        with self._told(), warnings.catch_warnings(category=UserWarning):  # of what the hub would like a card to say
            warnings.simplefilter("ignore", UserWarning)
            done = self.api.create_commit(
                self.name,
                operations,
                commit_message=title,
                repo_type="dataset",
                parent_commit=self.head,
                num_threads=THREADS,
            )
        return str(done.commit_url)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """One line for whatever the network, the hub or the token does."""
        try:
            yield
        except (CurateError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise CurateError(_line(error), where=self.url) from None


def _line(error: BaseException) -> str:
    """What a user can do about an error of the hub's client."""
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, HfHubHTTPError | LocalTokenNotFoundError):
        cause = cause.__cause__
    if isinstance(cause, LocalTokenNotFoundError):
        return "no token; run `hf auth login`, or set HF_TOKEN"
    if not isinstance(cause, HfHubHTTPError):
        what = error.__cause__ or error
        return f"{type(what).__name__}: {_short(str(what))}; {AGAIN}"
    status, said = cause.response.status_code, _short(cause.server_message or "")
    lines = {
        401: "the hub does not accept the token; run `hf auth login`, or set HF_TOKEN",
        403: "this token may not write there" + (f" ({said})" if said else ""),
        404: "the hub knows no such place, or does not show it to this token",
        409: f"somebody else committed to it meanwhile; {AGAIN}",
        412: f"somebody else committed to it meanwhile; {AGAIN}",
    }
    return lines.get(status) or f"the hub answers {status}{f' ({said})' if said else ''}; {AGAIN}"


def _short(text: str) -> str:
    """One line without tokens and without what addresses say after `?`."""
    return " ".join(re.sub(r"hf_\w+", "hf_...", re.sub(r"\?\S+", "", text)).split())[:200]
