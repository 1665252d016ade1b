"""A seeded miniature crawl with known truth: real `.warc.gz` files that a reader cannot tell from a crawler's, and a table beside them.

Page n is a function of (seed, n): its kind, its content, the site it stands on. Where it is filed, and so the date of its capture, follows
from how many files there are. Every block of 100 pages has the same share of each kind (`SHARES`). An exact copy is the same bytes under
another address, a near duplicate the same page with changes on another site, a repeat the same address and bytes captured once more in
another file, which is another snapshot. A leak is a page with items of `embedded-bench`. Files are made independently of one another.

`truth.parquet` says of each capture what an ideal pipeline would find (columns in `TRUTH`). Left out so far: redirects, errors, other
media types, revisit records, languages beyond ten.
"""

from __future__ import annotations

import datetime
import functools
import gc
import json
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from curate.errors import CurateError
from curate.step import generate
from curation.embedded import _hostile
from curation.embedded._html import Site, render, site
from curation.embedded._likeness import jaccard
from curation.embedded._page import Page
from curation.embedded._pages import MAKERS, near
from curation.embedded._problems import about
from curation.embedded.rl_prompts import named
from curation.synth.families._rng import Rng

SHARES = {
    "lecture": 19, "article": 9, "sheet": 8, "forum": 9, "leak": 2, "prose": 19, "offtopic": 2, "code": 6, "spam": 6, "foreign": 8,
    "copy": 4, "near": 5, "repeat": 2, "hostile": 1,
}  # fmt: skip
"""Pages of each kind in a hundred."""
_QUESTION = {"question": pa.string(), "answer": pa.string(), "family": pa.string(), "level": pa.uint8()}
TRUTH = pa.schema(
    {
        "page": pa.uint32(),
        "url": pa.string(),
        "file": pa.string(),
        "date": pa.string(),
        "dump": pa.string(),
        "kind": pa.string(),
        "topic": pa.string(),
        "language": pa.string(),
        "math": pa.bool_(),
        "quality": pa.uint8(),
        "title": pa.string(),
        "text": pa.string(),
        "formulas": pa.list_(pa.struct({"tex": pa.string(), "display": pa.bool_()})),
        "questions": pa.list_(pa.struct(_QUESTION)),
        "leaks": pa.list_(pa.struct({"item": pa.string(), "kind": pa.string()})),
        "encoding": pa.string(),
        "charset": pa.string(),
        "relation": pa.string(),
        "group": pa.uint32(),
        "jaccard": pa.float64(),
        "hostile": pa.string(),
    }
)
"""page: n. kind, topic: what sort of page. math: whether it teaches or asks mathematics. quality: 0 to 5. text: title and main text without
navigation and comments, formulas in dollar signs. questions: with the right answers. leaks: items of the benchmark (`_leaks.py`), which
are not among the questions. encoding: how formulas are written (`_math.py`).
relation: original, copy, near or repeat. group: page number of the original. jaccard: of lower-cased word 5-grams of `text`
with the original's (characters in Japanese and Chinese). hostile: which trouble (`_hostile.py`), else null."""

MEASURE = "_truth"
"""The module that compares what a recipe made of the crawl with the truth."""


class Item(NamedTuple):
    """Page n before it is filed: its bytes and what is true about it."""

    url: str
    where: Site
    body: bytes
    charset: str
    truth: dict[str, Any]


@generate(files=["banks/*.txt", "../synth/families/*.py"], uses=["pyarrow"])
def crawl(out: Path, *, seed: int = 0, pages: int = 3000, families: str = "", levels: str = "") -> dict[str, Any]:
    """`*.warc.gz` and `truth.parquet` in `out`: `pages` captures in about one file per hundred, with the same bytes on every machine.

    seed: another one makes another crawl. pages: captures in all. families, levels: of the problems on them, with commas between them
    (`percent,units`, `1,2`), but for items that are leaked; all if not said.
    """
    if not 0 <= pages <= 100_000_000:
        raise CurateError(f"pages: from 0 to 100 million, not {pages}")
    import pyarrow.parquet as pq

    asked, files = named(families, levels), _files(pages)
    collecting = gc.isenabled()
    gc.disable()  # looking for circles among so many small objects took a sixth of the time; once a file is enough
    try:
        with pq.ParquetWriter(out / "truth.parquet", TRUTH, compression="zstd") as writer:
            for number in range(files):
                with about(*asked):
                    rows = _file(out, seed, pages, files, number)
                writer.write_table(
                    pa.table({field.name: [row[field.name] for row in rows] for field in TRUTH}, schema=TRUTH)
                )
                del rows
                if number:
                    gc.collect()
                else:
                    gc.freeze()  # banks and families stay; they need not be looked through again and again
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()
    return {"pages": pages, "files": files, "suffixes": [".warc.gz"]}


def _files(pages: int) -> int:
    """How many files: always an even number, so that a repeat, an odd number of pages away, is in another one."""
    return max(2, 2 * round(pages / 200)) if pages <= 6400 else 2 * max(16, pages // 10_000)


def _file(out: Path, seed: int, pages: int, files: int, number: int) -> list[dict[str, Any]]:
    """Write one file; returns the truth about its pages."""
    from curation.embedded._warc import exchange, warcinfo

    dump, start = _snapshot(number, files)
    name = f"embedded-{dump}-{number:05d}.warc.gz"
    opening, info = warcinfo(name, _stamp(start), f"embedded-{dump}")
    rows = []
    with (out / name).open("wb") as file:
        file.write(opening)
        for n in range(number, pages, files):
            found = item(seed, n)
            when = start + datetime.timedelta(seconds=60 + n * 7919 % (12 * 86_400))
            capture = _capture(found, when)
            file.write(exchange(capture, info, seed, n, files))
            rows.append({**found.truth, "page": n, "file": name, "date": capture.date, "dump": f"embedded-{dump}"})
    return rows


def _snapshot(number: int, files: int) -> tuple[str, datetime.datetime]:
    """Name (year and week) and first day of a file's snapshot; snapshots are spread over ten years from 2014 on."""
    week = 14 + number * 520 // max(files, 1)
    year, week = 2014 + week // 52, week % 52 + 1
    return f"{year}-{week:02d}", datetime.datetime.fromisocalendar(year, week, 1)


def _stamp(when: datetime.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _capture(found: Item, when: datetime.datetime) -> Any:
    from curation.embedded._warc import Capture

    stamp = when.strftime("%d %%s %Y %H:%M:%S GMT") % _MONTHS[when.month - 1]
    kind = f"text/html; charset={found.charset}" if found.where.declares in ("header", "both") else "text/html"
    headers = (
        f"Server: {found.where.server}\r\nContent-Type: {kind}\r\nVary: Accept-Encoding\r\nContent-Length: "
        f"{len(found.body)}\r\n"
    )
    about = {"charset": found.charset, "language": found.truth["language"]}
    metadata = (
        f"fetchTimeMs: {20 + len(found.url) * 7 % 900}\r\ncharset-detected: {found.charset}\r\nlanguages: "
        f"{json.dumps(about)}\r\n"
    )
    return Capture(
        found.url, _stamp(when), f"{_DAYS[when.weekday()]}, {stamp}", found.where.address, headers, found.body, metadata
    )


# ---- pages ------------------------------------------------------------------------------------------------------------------


def kind_of(seed: int, n: int) -> str:
    """The kind of page n. Copies need something to copy, so the first pages of all are originals."""
    kind = _block(seed, n // 100)[n % 100]
    return "prose" if n < 10 and kind in ("copy", "near", "repeat") else kind


@functools.lru_cache(maxsize=256)
def _block(seed: int, block: int) -> list[str]:
    kinds = [kind for kind, count in SHARES.items() for _ in range(count)]
    return Rng(seed, "kinds", block).shuffled(kinds)


def item(seed: int, n: int) -> Item:
    """Page n."""
    kind = kind_of(seed, n)
    if kind not in ("copy", "near", "repeat"):
        return _original(seed, n, kind)
    rng = Rng(seed, "relation", n)
    root = _root(seed, n, rng, odd=kind == "repeat")
    page = _page(seed, root, kind_of(seed, root))
    source = _shown(seed, root, page)
    if kind == "repeat":
        return source._replace(truth={**source.truth, "relation": kind})
    if kind == "copy":
        host = _host(seed, n, source.truth["language"], rng)
        url = f"https://{host.host}/mirror/{rng.randint(10, 99)}/{n}.html"
        return source._replace(url=url, truth={**source.truth, "url": url, "relation": kind})
    made = _shown(seed, n, near(page, rng), source.where.encoding if source.truth["formulas"] else "")
    alike = jaccard(made.truth["text"], source.truth["text"], page.language)
    return made._replace(truth={**made.truth, "relation": kind, "group": root, "jaccard": alike})


def _root(seed: int, n: int, rng: Rng, *, odd: bool) -> int:
    """An earlier original that is neither hostile nor spam; for repeats, an odd number of pages back."""
    for _ in range(64):
        m = rng.randint(0, n - 1)
        m -= odd and (n - m) % 2 == 0
        if m >= 0 and kind_of(seed, m) in COPIED:
            return m
    return next(m for m in range(n % 2 == 0, n, 2) if kind_of(seed, m) in COPIED)


COPIED = ("lecture", "article", "sheet", "forum", "prose", "offtopic", "code", "foreign")
"""Kinds of pages that are copied, and come in near duplicates."""


def _page(seed: int, n: int, kind: str) -> Page:
    return MAKERS[kind](Rng(seed, "page", n))


def _host(seed: int, n: int, language: str, rng: Rng, encoding: str = "") -> Site:
    """The site of page n, if need be one that writes formulas in a given way: who copies a page copies its markup.

    Few sites have many pages, many have few, and there are more the larger the crawl.
    """
    number = rng.few(13 + 2 * isqrt(n))
    return next(
        s for m in range(number, number + 200) if (s := site(seed, language, m)).encoding == (encoding or s.encoding)
    )


def _original(seed: int, n: int, kind: str) -> Item:
    if kind == "hostile":
        return _trouble(seed, n)
    return _shown(seed, n, _page(seed, n, kind))


def _shown(seed: int, n: int, page: Page, encoding: str = "") -> Item:
    """A page on its site, with its truth."""
    rng = Rng(seed, "show", n)
    where = _host(seed, n, page.language, rng, encoding)
    date = f"{rng.randint(2006, 2013)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    shown = render(page, where, rng, date)
    parts = {"kind": page.kind, "topic": page.topic.replace(" ", "-"), "n": n, "year": date[:4], "month": date[5:7]}
    url = f"https://{where.host}/{rng.choice(_PATHS).format(**parts)}"
    truth = {
        "url": url, "kind": page.kind, "topic": page.topic, "language": page.language, "math": page.math,
        "quality": page.quality, "title": shown.text[0],
        "text": "\n\n".join(shown.text), "formulas": [{"tex": t, "display": d} for t, d in shown.formulas],
        "questions": [{"question": q.text, "answer": q.answer, "family": q.family, "level": q.level} for q in page.questions],
        "leaks": [{"item": item, "kind": how} for item, how in page.leaks],
        "encoding": where.encoding if shown.formulas else None, "charset": where.charset, "relation": "original",
        "group": n, "jaccard": 1.0, "hostile": None,
    }  # fmt: skip
    return Item(url, where, shown.html.encode(where.charset, "xmlcharrefreplace"), where.charset, truth)


_PATHS = (
    "{year}/{month}/{kind}-{n}.html", "{topic}/{n}", "{kind}/{n}/{topic}", "index.php?p={n}",
    "~notes/{topic}/page{n}.htm", "{year}/{topic}-{n}/", "wiki/{topic}_{n}",
    "questions/{n}/{topic}", "articles/{n}",
)  # fmt: skip


def _trouble(seed: int, n: int) -> Item:
    names = sorted(_hostile.KINDS)
    name = names[(n // 100) % len(names)]
    where = _host(seed, n, "en", Rng(seed, "show", n))
    url = f"https://{where.host}/trouble/{n}"
    truth = {
        "url": url, "kind": "hostile", "topic": name, "language": "en", "math": False, "quality": 0, "title": None,
        "text": None, "formulas": [], "questions": [], "leaks": [],
        "encoding": None, "charset": where.charset, "relation": "original", "group": n, "jaccard": 1.0,
        "hostile": name,
    }  # fmt: skip
    return Item(url, where, _hostile.KINDS[name](Rng(seed, "hostile", n)), where.charset, truth)
