"""A published model under a recipe's `models:`: which one, how a prompt is put to it, and which of that says that two replies are the same.

The identity names no backend, so what a server wrote is found when the same model is loaded into this process, and the other way round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.hub import MODEL, UNPINNED, snapshot, unfinished
from curate.models.base import FOLDER, Sampling, named

KEYS = ("backend", "id", "revision", "chat", "system", "engine", "sampling")


@dataclass(frozen=True)
class Published:
    """What an entry says."""

    id: str
    """ORG/NAME, or a folder: ./NAME, /PATH or ~/PATH."""
    revision: str
    """A commit of all 40 digits; of a folder, any text that changes when its files do, since nobody looks into them; of a model behind a
    server, what the recipe says."""
    chat: bool
    """Whether a prompt is what a user says, in the model's template, or the beginning of a text."""
    system: str
    engine: dict[str, Any]
    """Arguments that change replies, such as dtype."""
    sampling: Sampling

    @property
    def identity(self) -> dict[str, Any]:
        """Which model this is, and how it is asked."""
        more = {name: value for name, value in (("system", self.system), ("engine", self.engine)) if value}
        return {"id": self.id, "revision": self.revision, "chat": self.chat, **more}

    @property
    def folder(self) -> Path:
        """Its files on this machine. CurateError with what to do where they are not here."""
        if FOLDER.match(self.id):
            found = Path(self.id).expanduser()
            if not (found / "config.json").is_file():
                raise CurateError(f"{self.id} is no folder with a config.json")
            return found
        if self.revision == UNPINNED:
            raise CurateError(f"{self.id} has no revision yet; run curate fetch, or write it in")
        found = snapshot("models", self.id, self.revision)
        if not (found / "config.json").is_file() or unfinished(found):
            raise CurateError(
                f"{self.id}@{self.revision} is not on this machine; run: hf download {self.id} --revision {self.revision}"
            )
        return found


def published(entry: Mapping[str, Any], engine: Collection[str]) -> Published:
    """The model of an entry; `engine`: the arguments that the entry may have under that name.

    Raises:
        CurateError: an unknown key, a value of the wrong kind, or no revision.
    """
    for name in entry:
        if name not in KEYS:
            raise CurateError(f"the model has no setting {name!r}{did_you_mean(str(name), KEYS)}")
    said = entry.get("engine") or {}
    if not isinstance(said, Mapping):
        raise CurateError(f"engine: a map, not {said!r}")
    for name in said:
        if name not in engine:
            raise CurateError(f"engine has no setting {name!r} that changes replies{did_you_mean(str(name), engine)}")
    id, revision = _pinned(entry)
    return Published(id, revision, *spoken(entry), dict(said), Sampling.of(entry.get("sampling") or {}))


def spoken(entry: Mapping[str, Any]) -> tuple[bool, str]:
    """`chat` and `system` of an entry. CurateError for values of another kind."""
    chat, system = entry.get("chat", True), entry.get("system") or ""
    if not isinstance(chat, bool):
        raise CurateError(f"chat: true or false, not {chat!r}")
    if not isinstance(system, str) or (system and not chat):
        raise CurateError("system: a text" if chat else "system: only with chat: true")
    return chat, system


def _pinned(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Id and revision. CurateError for what names no model, or no revision of one."""
    id, revision = named(entry)
    if not id:
        raise CurateError("id: the name of a model, ORG/NAME, or a folder, ./NAME")
    if FOLDER.match(id):
        if not revision:
            raise CurateError(
                f"{id}: nobody looks into a folder; write revision: with a text that changes when it does"
            )
        return id, revision
    revision = revision or UNPINNED
    if not MODEL.fullmatch(f"{id}@{revision}"):
        raise CurateError(
            f"{id}@{revision} is no model of the hub; write id: ORG/NAME and revision: COMMIT, all 40 digits of it"
        )
    return id, revision
