"""Which part of its input a sample of a recipe reads: `long-cot@0.1%`.

Two stages. Files first, ranked by the hash of their listed name: enough of them for the share, and at least `CLUSTERS`, because pages of
one file are alike and an estimate from few files says little. Then documents of these files, by the hash of what was read (the user's own
id, else url and payload: not the corpus's name, so that every recipe over the same files takes the same documents). A smaller sample is
part of a larger one, in both stages.

Cochran, Sampling Techniques (3rd ed.), chapter 11, has the theory of such samples; `curate/estimates.py` uses it.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Iterable, Sequence

from curate.errors import CurateError

CLUSTERS = 10
"""Files that a sample takes at least, where there are as many."""
NAMED = re.compile(r"(?P<recipe>.+)@(?P<percent>[0-9]+(\.[0-9]+)?)%")


def share_of(text: str) -> float:
    """`0.1%` as 0.001, with as many digits as `percent` tells. CurateError if it is no share above 0 and up to 100%."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text.strip())
    share = float(percent(float(found[1]) / 100)[:-1]) / 100 if found else 0.0
    if not 0 < share <= 1:
        raise CurateError(f"--sample {text}: write a share above 0% and up to 100%, such as 0.1%")
    return share


def percent(share: float) -> str:
    """0.001 as `0.1%`."""
    return f"{round(share * 100, 10):.10f}".rstrip("0").rstrip(".") + "%"


def split_name(name: str) -> tuple[str, float | None]:
    """`long-cot@0.1%` as the recipe's name and the share; the share is None where the whole recipe is meant."""
    found = NAMED.fullmatch(name)
    return (found["recipe"], share_of(f"{found['percent']}%")) if found else (name, None)


def sample_of(share: float | None) -> float | None:
    """The share that is sampled: all of it is no sample."""
    return None if share is None or share >= 1 else share


def take(names: Sequence[str], share: float) -> tuple[list[int], float]:
    """Places of the files that a sample of this share reads, and the share of their documents that it takes.

    The first n of N files in the order of their names' hashes, n = max(ceil(share x N), min(N, CLUSTERS)); all of their documents once
    share x N reaches that minimum, so that both stages only grow with the share. Of a name counts what stands below the folder that holds
    all of them: the same files elsewhere give the same sample.
    """
    parts = [name.split("/") for name in names]
    folders = zip(*(p[:-1] for p in parts), strict=False)
    above = sum(1 for _ in itertools.takewhile(lambda folder: len({*folder}) == 1, folders))
    wanted = round(share * len(names), 9)
    least = min(len(names), CLUSTERS)
    ranked = sorted(range(len(names)), key=lambda i: (_place("/".join(parts[i][above:])), names[i]))
    return sorted(ranked[: max(math.ceil(wanted), least)]), 1.0 if wanted >= least else wanted / least


def takes(keys: Iterable[bytes], share: float) -> list[bool]:
    """Whether a sample takes each document, by the key that was read with it."""
    if share >= 1:
        return [True for _ in keys]
    bound = int(share * 2**64)
    return [int.from_bytes(hashlib.sha256(b"sample\0" + key).digest()[:8], "big") < bound for key in keys]


def _place(name: str) -> str:
    return hashlib.sha256(b"file\0" + name.encode("utf-8", "surrogateescape")).hexdigest()
