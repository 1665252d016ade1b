"""What lies behind a network: the bucket behind the store, and the servers of models."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import Iterator

from curate.doctor.findings import Finding, Wanted, fine, left_out, wrong
from curate.errors import CurateError
from curate.models.launch import words_of
from curate.models.openai import key_of
from curate.profile import ModelSettings
from curate.run_folder import one_line

LIST_BYTES = 4 << 20
"""Bytes of what a server says of its models, at most."""
ANSWER = 10.0
"""Seconds that a server has for that."""


def bucket(wanted: Wanted) -> Iterator[Finding]:
    """Findings on the remote. CurateError where it cannot be had.

    One that builds write to is tried: a small file is written, written again, read, listed and deleted.
    """
    from curate.objectstore import Away, Bucket

    url = wanted.profile.remote_url()
    if not url:
        if wanted.profile.push:
            yield wrong("remote", "the profile says push = true and names no remote")
        return
    place, folder = Bucket(url), f"doctor-{secrets.token_hex(8)}"
    if not wanted.profile.push:
        place.read(folder, 1 << 10)
        yield fine("remote", f"{url}: can be read; builds write nothing there, as push is not true")
        return
    name, data, stays = f"{folder}/test", secrets.token_bytes(16), ""
    try:
        first = place.create(name, data)
        second = place.create(name, b"another")
        read = place.read(name, 1 << 10)
        listed = [one.name for one in place.list(folder)]
    finally:
        try:
            place.delete(name)
        except Away as error:
            stays = error.message
    if stays:
        yield left_out("remote", f"{url}: {name} stays, as it cannot be deleted, which builds never do: {stays}")
    if not first:
        yield wrong("remote", f"{url} says that a file with a name made up just now is there already")
    elif second:
        yield wrong(
            "remote", f"{url} writes over a file that it was told to create: two builds could mix their objects"
        )
    elif read != data or len(listed) != 1:
        yield wrong("remote", f"{url} does not give back, or list, what was just written")
    elif not stays and [*place.list(folder)]:
        yield wrong("remote", f"{url} still lists what was deleted")
    else:
        yield fine("remote", f"{url}: can be written, listed and read; a second writer of a name is refused")


def models(wanted: Wanted) -> Iterator[Finding]:
    """Findings on each `[models.NAME]`."""
    for name, settings in wanted.profile.models.items():
        what = f"model {name}"
        for address in dict.fromkeys(settings.endpoints):
            yield _served(what, address, settings)
        if settings.launch:
            yield _launched(what, name, settings, elsewhere=wanted.profile.executor == "slurm")
        elif not settings.endpoints:
            yield left_out(what, "has no endpoint; a backend that loads it itself needs none")


def _launched(what: str, name: str, settings: ModelSettings, *, elsewhere: bool) -> Finding:
    """Whether the program is there that starts a server. elsewhere: a job starts it, where its setup may find one."""
    try:
        program = words_of(settings, name)[0]
    except CurateError as error:
        return wrong(what, error.message)
    if shutil.which(program):
        return fine(what, f"is started by {program}, which is here")
    if elsewhere:
        return left_out(what, f"is started by {program} in the build's own job; here is none")
    return wrong(what, f"is started by {program}, which is not here")


def _served(what: str, address: str, settings: ModelSettings) -> Finding:
    """Whether a server answers, takes the key and has the model. It is asked for nothing that costs anything."""
    from curate.models._endpoints import Endpoint, shown

    try:
        key = key_of(settings, settings.served_as or what)
        status, body = asyncio.run(Endpoint(address, key, ANSWER).get("/models", LIST_BYTES))
    except CurateError as error:
        return wrong(what, f"{shown(address)}: {error.message}")
    if status in (401, 403):
        return wrong(what, f"{shown(address)} does not accept the key (status {status})")
    names = _names(body) if status == 200 else None
    if names is None:
        return wrong(what, f"{shown(address)} does not say which models it has (status {status}); does it end in /v1?")
    if settings.served_as and settings.served_as not in names:
        return wrong(what, f"{shown(address)} has no {settings.served_as!r}, but {_some(names) or 'none'}")
    return fine(what, f"{shown(address)} answers and has {_some(names) or 'no model'}")


def _some(names: list[str]) -> str:
    """A few names that a server gave, as one word each."""
    return ", ".join(one_line(name)[:80] for name in names[:5])


def _names(body: bytes) -> list[str] | None:
    """Names of models in an answer to /v1/models; None where it is none."""
    try:
        return [str(one["id"]) for one in json.loads(body)["data"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
