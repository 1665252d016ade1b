"""The URL score beside datatrove's URLFilter, on the same lists: seconds and verdicts on made addresses of all sorts.

    python -m benchmarks.urls --urls 500000 --domains 1000000 [--datatrove 20000]

Both get the same domains, addresses and words. They are asked about addresses on and beside the lists; verdicts are compared as kept or
dropped, and differences are told by sort. They differ on purpose: ours blocks what lies below a listed domain at any depth and takes an
address for a beginning, theirs looks at the registered domain and the whole host, and at whole addresses; our words know upper case.
datatrove's reading of lists is left out of its time, as ours is. Needs tldextract and pyahocorasick beside datatrove
(`make peers`), and runs without them when `--datatrove 0` is given.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import polars as pl

from curate.lists import Listed, beside
from curation.score.url import url

SYLLABLES = "ba ce di fo gu ha ki lo mu ne pa qui ro su ta ve wi xo ya zu tor lin mar sen".split()
ENDINGS = "com org net de fr io edu co.uk ru info".split()
WORDS, SOFT = ["warez", "porn", "hentai"], ["casino", "jackpot", "naked"]


def name(rng: random.Random, least: int = 5, most: int = 7) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(least, most)))


def made(rng: random.Random, domains: list[str], pages: list[str], count: int) -> list[tuple[str, str]]:
    """(sort, address) pairs: nineteen in twenty are on no list."""
    found = []
    for _ in range(count):
        path = f"{name(rng)}/{name(rng, 2, 3)}-{name(rng)}/{rng.randint(1, 9999)}.html?{name(rng, 2, 2)}={name(rng)}"
        host = f"{rng.choice(('', 'www.', 'blog.', 'docs.en.'))}{name(rng)}.{rng.choice(ENDINGS)}"
        sort = rng.choices(SORTS, (95, 1, 1, 1, 0.5, 0.5, 0.5, 0.5))[0]
        found.append(
            (
                sort,
                {
                    "on no list": f"https://{host}/{path}",
                    "a listed domain": f"https://www.{rng.choice(domains)}/{path}",
                    "two below a listed domain": f"http://a.b.{rng.choice(domains)}/{path}",
                    "a listed address": f"https://{rng.choice(pages)}",
                    "below a listed address": f"https://{rng.choice(pages)}/{path}",
                    "a word": f"https://{host}/{rng.choice(WORDS)}-{path}",
                    "a word in capitals": f"https://{host}/{rng.choice(WORDS).upper()}/{path}",
                    "two soft words": f"https://{host}/{SOFT[0]}/{SOFT[1]}_{path}",
                }[sort],
            )
        )
    return found


SORTS = (
    "on no list", "a listed domain", "two below a listed domain", "a listed address", "below a listed address", "a word",
    "a word in capitals", "two soft words",
)  # fmt: skip


def listed(folder: Path, title: str, lines: list[str]) -> tuple[Listed, ...]:
    (folder / f"{title}.txt").write_text("".join(f"{line}\n" for line in lines))
    return (beside(folder / f"{title}.txt"),)


def ours(addresses: list[str], lists: dict[str, tuple[Listed, ...]], batch: int) -> tuple[list[bool], float, float]:
    """What is dropped, addresses per second, and seconds to load the lists."""
    docs = pl.DataFrame({"url": addresses}).with_columns(id=pl.col("url"), text=pl.lit(""))
    started = time.process_time()
    url(docs[:1], **lists, ours=False)  # type: ignore[arg-type]
    loaded = time.process_time()
    frames = [url(part, **lists, ours=False) for part in docs.iter_slices(batch)]  # type: ignore[arg-type]
    seconds = time.process_time() - loaded
    return (pl.concat(frames)["url_verdict"] == "blocked").to_list(), len(addresses) / seconds, loaded - started


def theirs(addresses: list[str], domains: list[str], pages: list[str]) -> tuple[list[bool], float]:
    """What datatrove drops, and addresses per second."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import URLFilter
    from tldextract import TLDExtract

    judge = URLFilter(
        extra_domains=domains, extra_urls=[f"https://{page}" for page in pages], banned_words=WORDS, soft_banned_words=SOFT,
        use_integrated_lists=False,
    )  # fmt: skip
    judge.tldextractor = TLDExtract(suffix_list_urls=())  # its own snapshot, so that nothing asks the network
    docs = [Document(text="", id="", metadata={"url": address}) for address in addresses]
    judge.filter(docs[0])
    started = time.process_time()
    dropped = [judge.filter(doc) is not True for doc in docs]
    return dropped, len(docs) / (time.process_time() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--urls", type=int, default=500_000)
    parser.add_argument("--domains", type=int, default=1_000_000)
    parser.add_argument(
        "--datatrove", type=int, default=20_000, help="addresses that it is asked about; 0 leaves it out"
    )
    parser.add_argument("--batch", type=int, default=50_000)
    parser.add_argument("--json", type=Path, help="file for the rates")
    given = parser.parse_args()
    rng = random.Random(0)
    domains = [f"{name(rng)}.{rng.choice(ENDINGS)}" for _ in range(given.domains)]
    pages = [f"{name(rng)}.{rng.choice(ENDINGS)}/~{name(rng, 2, 2)}" for _ in range(max(1, given.domains // 20))]
    sorts, addresses = zip(*made(rng, domains, pages, given.urls), strict=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lists = {
            "block": (*listed(folder, "domains", domains), *listed(folder, "pages", pages)),
            "words": listed(folder, "words", WORDS), "soft_words": listed(folder, "soft", SOFT),
        }  # fmt: skip
        dropped, rate, loading = ours([*addresses], lists, given.batch)
    print(
        f"ours: {rate:,.0f} addresses/s, {sum(dropped):,} of {len(dropped):,} dropped; lists loaded in {loading:.1f} s"
    )
    rates = {"ours": rate, "loading_seconds": loading}
    if given.datatrove and not importlib.util.find_spec("tldextract"):
        print("datatrove: not run, tldextract is not installed")
    elif given.datatrove:
        others, rate = theirs([*addresses[: given.datatrove]], domains, pages)
        print(f"datatrove: {rate:,.0f} addresses/s, {sum(others):,} of {len(others):,} dropped")
        rates["datatrove"] = rate
        table = Counter(zip(sorts, dropped, others, strict=False))
        for sort in SORTS:
            same = table[sort, True, True] + table[sort, False, False]
            mine, other = table[sort, True, False], table[sort, False, True]
            print(f"  {sort}: {same:,} alike, {mine:,} dropped by us alone, {other:,} by datatrove alone")
    if given.json:
        given.json.write_text(json.dumps(rates) + "\n", "utf-8")


if __name__ == "__main__":
    main()
