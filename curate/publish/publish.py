"""One publish: refuse what must not go out, write the files one by one, send those that are not there, commit, delete what is gone."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import readable
from curate.cards import refuse_publishing
from curate.errors import CurateError, did_you_mean
from curate.lock import Lock, frozen_beside, is_written, lock_of
from curate.publish.files import Ready, files_of
from curate.publish.page import MIXTURE, texts
from curate.publish.places import CARD, TEXTS, Held, Place, folder_of, place_of
from curate.report import Report

if TYPE_CHECKING:
    from curate.api import Curated

OURS = re.compile(r"data/[^/]+/[0-9a-f]{16}\.parquet")
BATCH = 1 << 30
"""Bytes of files that lie on this machine before they are sent."""
FILES = 64


@dataclass
class _Sending:
    """Files under way to a place."""

    place: Place
    there: dict[str, Held]
    dry: bool
    sent: list[Ready] = field(default_factory=list)
    held: list[Ready] = field(default_factory=list)

    def add(self, file: Ready) -> None:
        """Take a file: forgotten if the place has it, else sent with others."""
        if _is_there(file, self.there.get(file.name)):
            return file.path.unlink()
        self.sent.append(file)
        if self.dry:
            return file.path.unlink()
        self.held.append(file)
        if len(self.held) >= FILES or sum(file.bytes for file in self.held) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what lies here."""
        if self.held:
            self.place.send(self.held)
            for file in self.held:
                file.path.unlink()
            self.held = []


def publish(
    recipe: Curated,
    to: str,
    *,
    only: Iterable[str] = (),
    public: bool = False,
    dry_run: bool = False,
    report: Report | None = None,
) -> dict[str, Any]:
    """Put what is built of a recipe at a place; what was sent, what was there already and what was deleted.

    only: these corpora, or `mixture`. CurateError if it is not built or not what its lock says, a license forbids it, or the place refuses
    it or holds something else.
    """
    if recipe.fraction:
        raise CurateError(f"is a sample, which is not published; publish {recipe.name}", where=recipe.title)
    lock = replace(_fit(recipe), published=_chosen(recipe, only))
    refuse_publishing(recipe, lock)
    report = report or Report()
    _refuse_store(recipe, to)
    with _scratch(recipe.store.root / "cache") as scratch:
        place = place_of(to, scratch)
        there = place.look()
        _refuse_foreign(recipe, place, there)
        if place.is_open() and not public:
            raise CurateError("is public; add --public to publish into it, or name another", where=place.url)
        with readable(recipe.title):
            _read_again(recipe, lock, report)
            if dry_run:
                return _carried(recipe, lock, place, there, report, scratch, dry=True)
            with place.writing(public):
                there = place.look()  # again: what another publish wrote before this one kept others out
                _refuse_foreign(recipe, place, there)
                return _carried(recipe, lock, place, there, report, scratch, dry=False)


@contextlib.contextmanager
def _scratch(cache: Path) -> Iterator[Path]:
    """A folder for files under way. Those of publishes that were killed, which hold no lock any more, are deleted."""
    cache.mkdir(parents=True, exist_ok=True)
    for old in cache.glob("publish-*"):
        with contextlib.suppress(OSError), _locked(old):
            shutil.rmtree(old, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix="publish-", dir=cache))
    try:
        with _locked(scratch):
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder, as long as this process lives at most; BlockingIOError if another one does."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def _carried(
    recipe: Curated, lock: Lock, place: Place, there: dict[str, Held], report: Report, scratch: Path, dry: bool
) -> dict[str, Any]:
    sending, configs = _Sending(place, there, dry), dict[str, list[Ready]]()
    names = lock.published or _configs(recipe)
    with report.progress("publish", len(names), unit="configs") as advance:
        for name in names:
            configs[name] = []
            for file in files_of(name, _rows(recipe, name), scratch):
                sending.add(file)
                configs[name].append(file)
            advance(0, None)
    sending.flush()
    said = texts(recipe, lock, configs)
    changed = {name: data for name, data in said.items() if not _says(place, name, there.get(name), data)}
    wanted = {file.name for files in configs.values() for file in files}
    gone = sorted(name for name in there if OURS.fullmatch(name) and name not in wanted)
    where = ""
    if not dry and (sending.sent or changed or gone):
        where = place.finish(changed, gone, f"{recipe.title} {lock.version}".strip())
    files = [file for files in configs.values() for file in files]
    return {
        "recipe": recipe.title,
        "version": lock.version,
        "to": place.url,
        "configs": {n: {"documents": sum(f.rows for f in some), "files": len(some)} for n, some in configs.items()},
        "files": len(files) + len(said),
        "bytes": sum(file.bytes for file in files) + sum(map(len, said.values())),
        "sent": [*({"name": file.name, "bytes": file.bytes} for file in sending.sent)]
        + [{"name": name, "bytes": len(changed[name])} for name in TEXTS if name in changed],
        "deleted": gone,
        "at": where,
        "dry_run": dry,
    }


def _configs(recipe: Curated) -> list[str]:
    corpora = list(recipe.planned.ends)
    if MIXTURE in corpora:
        raise CurateError(f"a corpus is called {MIXTURE}, as is the config of the mixture; rename the corpus")
    return [*([MIXTURE] if MIXTURE in recipe.planned.nodes else []), *corpora]


def _chosen(recipe: Curated, only: Iterable[str]) -> tuple[str, ...]:
    """The configs that are asked for, in their order; empty for all of them. CurateError for one that there is not."""
    every, wanted = _configs(recipe), {*only}
    for name in sorted(wanted - {*every}):
        raise CurateError(f"has no corpus {name[:80]!r} to publish{did_you_mean(name, every)}", where=recipe.title)
    return tuple(name for name in every if name in wanted) if 0 < len(wanted) < len(every) else ()


def _rows(recipe: Curated, config: str) -> Any:
    from curate.code import PACKAGE
    from curate.step import imported

    return imported(PACKAGE / "mixers" / "publishing.py").rows_of(recipe, "" if config == MIXTURE else config)


def _is_there(file: Ready, held: Held | None) -> bool:
    """By its SHA-256 where the place says it, else by its name, which has the start of it, and its size."""
    return held is not None and held.bytes == file.bytes and held.sha256 in ("", file.sha256)


def _says(place: Place, name: str, held: Held | None, data: bytes) -> bool:
    """Whether a text is there as it is to be."""
    if held is None or held.bytes != len(data):
        return False
    if held.sha256:
        return held.sha256 == hashlib.sha256(data).hexdigest()
    if held.git:
        return held.git == hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return place.read(name) == data


def _fit(recipe: Curated) -> Lock:
    """The lock of what is stored, with the version that it was frozen as, if any. CurateError if it may not be published."""
    recipe.refuse_unfinished()
    for where in recipe.recipe.unpinned():
        raise CurateError("has no revision yet, and what is not pinned cannot be published", where=where)
    if todo := recipe.todo():
        raise CurateError(
            f"is not built: {todo[0].name} is missing; run `curate build {recipe.title}` first", where=recipe.title
        )
    if not recipe.planned.ends:
        raise CurateError("has no corpora, so there is nothing to publish", where=recipe.title)
    lock = lock_of(recipe.planned, recipe.built.done)
    if not is_written(recipe.lock_path, lock):
        raise CurateError(
            f"does not say what is stored; run `curate build {recipe.title}` first", where=recipe.lock_path.name
        )
    frozen = map(Lock.read, frozen_beside(recipe.lock_path))
    return replace(lock, version=["", *(one.version for one in frozen if replace(one, version="") == lock)][-1])


def _read_again(recipe: Curated, lock: Lock, report: Report) -> None:
    """Read every byte of what is published, and hold it to its digest. Damaged."""
    names = lock.published or _configs(recipe)
    ends = [recipe.planned.nodes[name] if name == MIXTURE else recipe.planned.ends[name] for name in names]
    nodes = dict.fromkeys(node.plan_key for end in ends for node in end.upstream())
    with report.progress("verify", len(nodes), unit="objects") as advance:
        for plan_key in nodes:
            key = recipe.built.done[plan_key].key
            recipe.store.ensure(key)
            recipe.store.check(key, deep=True)
            advance(0, None)


def _refuse_store(recipe: Curated, to: str) -> None:
    """CurateError for a folder of the store, from which `curate gc` deletes what it does not know."""
    folder = folder_of(to)
    if folder and folder.resolve().is_relative_to(recipe.store.root.resolve()):
        raise CurateError("lies in the store; name a folder of its own", where=str(folder))


def _refuse_foreign(recipe: Curated, place: Place, there: dict[str, Held]) -> None:
    """CurateError if a place holds what no publish of this recipe wrote."""
    if "publish.json" in there:
        try:
            theirs = json.loads(place.read("publish.json"))["recipe"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CurateError("its publish.json is none of ours; name another place", where=place.url) from None
        if theirs != recipe.title:
            raise CurateError(f"holds the recipe {theirs!r:.80}; name another place", where=place.url)
        return
    odd = [name for name in there if not OURS.fullmatch(name) and name != ".gitattributes"]
    texts_ = {*TEXTS} - {CARD}
    if foreign := [name for name in odd if name not in texts_]:
        raise CurateError(f"holds {foreign[0]!r:.80}, which no publish wrote; name an empty place", where=place.url)
