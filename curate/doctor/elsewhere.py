"""What lies behind a network: the bucket behind the store, and the servers of models."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator

from curate.doctor.findings import Finding, Wanted, fine, left_out, wrong
from curate.errors import CurateError
from curate.profile import ModelSettings

LIST_BYTES = 4 << 20
"""Bytes of what a server says of its models, at most."""
ANSWER = 10.0
"""Seconds that a server has for that."""


def bucket(wanted: Wanted) -> Iterator[Finding]:
    """Findings on the remote: a small file is written, written again, read, listed and deleted. CurateError where that fails."""
    from curate.objectstore import Bucket

    url = wanted.profile.remote_url()
    if not url:
        if wanted.profile.push:
            yield wrong("remote", "the profile says push = true and names no remote")
        return
    place, folder = Bucket(url), f"doctor-{secrets.token_hex(8)}"
    name, data = f"{folder}/test", secrets.token_bytes(16)
    first = place.create(name, data)
    try:
        second = place.create(name, b"another")
        read = place.read(name, 1 << 10)
        listed = [one.name for one in place.list(folder)]
    finally:
        place.delete(name)
    if second or not first:
        yield wrong(
            "remote", f"{url} writes over a file that it was told to create: two builds could mix their objects"
        )
    elif read != data or len(listed) != 1:
        yield wrong("remote", f"{url} does not give back, or list, what was just written")
    elif [*place.list(folder)]:
        yield wrong("remote", f"{url} still lists what was deleted")
    else:
        yield fine("remote", f"{url}: written, listed, deleted; a second writer of a name is refused")


def models(wanted: Wanted) -> Iterator[Finding]:
    """Findings on each `[models.NAME]`."""
    for name, settings in wanted.profile.models.items():
        what = f"model {name}"
        for address in dict.fromkeys(settings.endpoints):
            yield _served(what, address, settings)
        if settings.launch:
            program = shlex.split(settings.launch)[0]
            there = shutil.which(program)
            yield (fine if there else wrong)(what, f"is started by {program}, which is {'' if there else 'not '}here")
        elif not settings.endpoints:
            yield left_out(what, "has no endpoint; a backend that loads it itself needs none")


def _served(what: str, address: str, settings: ModelSettings) -> Finding:
    """Whether a server answers, takes the key and has the model. It is asked for nothing that costs anything."""
    from curate.models._endpoints import Endpoint, shown

    key = os.environ.get(settings.api_key_env, "").strip() if settings.api_key_env else ""
    if settings.api_key_env and not key:
        return wrong(what, f"the environment variable {settings.api_key_env} is not set; it must hold the key")
    try:
        status, body = asyncio.run(Endpoint(address, key, ANSWER).get("/models", LIST_BYTES))
    except CurateError as error:
        return wrong(what, f"{shown(address)}: {error.message}")
    if status in (401, 403):
        return wrong(what, f"{shown(address)} does not accept the key (status {status})")
    names = _names(body) if status == 200 else None
    if names is None:
        return wrong(what, f"{shown(address)} does not say which models it has (status {status}); does it end in /v1?")
    if settings.served_as and settings.served_as not in names:
        return wrong(what, f"{shown(address)} has no {settings.served_as!r}, but {', '.join(names[:5]) or 'none'}")
    return fine(what, f"{shown(address)} answers and has {', '.join(names[:5]) or 'no model'}")


def _names(body: bytes) -> list[str] | None:
    """Names of models in an answer to /v1/models; None where it is none."""
    try:
        return [str(one["id"]) for one in json.loads(body)["data"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
