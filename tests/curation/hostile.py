"""Pages that attack an extractor: mutations of good pages, and bombs that aim at what is known to take quadratic time.

Everything is a function of a `random.Random`, so a page that breaks something can be made again from its number. `judged` runs an extractor
on one page and says what is wrong with the result: it raises, takes too long or too much memory, gives text that is no UTF-8 or that
holds our private marks or control characters, or says that it kept more formulas than it found.

    python -m tests.curation.hostile --pages 2000 [--seed 7] [--step html_clean] [--archive pages.warc.gz]
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from curate import step
from curation.embedded.crawl import item
from tests.curation.bombs import BOMBS, MARKS, bomb

SECONDS = 2.0
"""CPU time that one page may take, extraction with all its checks."""
BYTES = 1_000_000_000
"""By how much one page may raise the process's peak memory."""
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ue0f0-\ue0f4\ud800-\udfff]")

Mutator = Callable[[random.Random, str, str], str]
"""(random numbers, page, another page) -> page."""


def own_pages(count: int, seed: int = 0) -> list[str]:
    """Pages of the embedded crawl, with all its ways of writing formulas, and the hostile ones that it has."""
    found = [item(seed, n) for n in range(count)]
    return [page.body.decode(page.charset, "replace") for page in found]


# ---- mutations of a page


def _at(rng: random.Random, html: str) -> int:
    """A place in the page; half of the time where a tag begins or ends."""
    place = rng.randint(0, len(html))
    return place if rng.random() < 0.5 else max(0, html.find(rng.choice("<>"), place))


def _stretch(rng: random.Random, html: str, most: int = 20_000) -> tuple[int, int]:
    start = _at(rng, html)
    return start, min(len(html), start + rng.randint(1, most))


def cut(rng: random.Random, html: str, other: str) -> str:
    return html[: _at(rng, html)]


def cut_out(rng: random.Random, html: str, other: str) -> str:
    start, end = _stretch(rng, html, 2000)
    return html[:start] + html[end:]


def duplicate(rng: random.Random, html: str, other: str) -> str:
    start, end = _stretch(rng, html)
    times = min(rng.choice((2, 3, 10, 100)), 1 + 1_000_000 // (end - start + 1))
    return html[:start] + html[start:end] * times + html[end:]


def splice(rng: random.Random, html: str, other: str) -> str:
    return html[: _at(rng, html)] + other[_at(rng, other) :]


def inside_out(rng: random.Random, html: str, other: str) -> str:
    place = _at(rng, html)
    return html[:place] + other + html[place:]


def without_closing_tags(rng: random.Random, html: str, other: str) -> str:
    share = rng.choice((0.1, 0.5, 1.0))
    return re.sub(r"</[^>]*>", lambda tag: "" if rng.random() < share else tag[0], html)


def without_one_sort_of_tag(rng: random.Random, html: str, other: str) -> str:
    names = sorted({*re.findall(r"</([a-z][\w-]*)", html)})
    return re.sub(rf"</{rng.choice(names)}\s*>", "", html) if names else html


def swapped_characters(rng: random.Random, html: str, other: str) -> str:
    found = list(html)
    for _ in range(rng.choice((1, 10, 100)) if found else 0):
        a, b = rng.randrange(len(found)), rng.randrange(len(found))
        found[a], found[b] = found[b], found[a]
    return "".join(found)


def flipped_bytes(rng: random.Random, html: str, other: str) -> str:
    found = bytearray(html.encode(errors="replace"))
    for _ in range(rng.choice((1, 10, 200)) if found else 0):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return found.decode(errors="replace")


def swapped_tags(rng: random.Random, html: str, other: str) -> str:
    """Tags shuffled among the places where tags stand."""
    parts = re.split(r"(<[^<>]{1,400}>)", html)
    places = rng.sample(range(1, len(parts), 2), min(len(parts) // 2, rng.choice((2, 20, 2000))))
    for a, b in zip(places[::2], places[1::2], strict=False):
        parts[a], parts[b] = parts[b], parts[a]
    return "".join(parts)


PIECES = (
    *MARKS, "\x00", "\ufeff", "\u200b", "\u202e", "\u2066", "\ud800", "\udc00", "\uffff", "\U0010ffff", "$", "$$", "\\(", "\\[", "\\]",
    "\\begin{align}", "\\end{align}", "\\begin{", "`", "&#0;", "&#xD800;", "&#xE0F0;",
    "&#x\ue0f0e0f0;", "&#57&#57584;585;", "&amp;#xe0f1;", "\ue0f2", "\ue0f4", "&amp;amp;lt;", "&lt", "&", "<", ">", "<!--", "-->",
    "<![CDATA[", "]]>", "<script>", "</script>", "<style>", "</style>", "<textarea>", "<title>", "<plaintext>", "<template>", "<noscript>",
    "<svg>", "<math>", "</math>", "<math><annotation-xml>", "<select>", "<table>", "<td>", "<pre>", "<sup>", "<sub>", "</p>", "<frameset>",
    "<?xml version='1.0'?>", "<!DOCTYPE html [<!ENTITY a 'b'>]>", "<base href='javascript:'>", '"', "'", '<a b="', "\\newcommand{\\a}{",
    '<script type="math/tex">', '<span class="katex">', '<span class="katex-html">', '<mjx-container jax="CHTML">', "<mjx-math>",
    '<annotation encoding="application/x-tex">', '<img class="math" alt="', '<span class="intbl"><em>', '<math alttext="', "<semantics>",
    '<span class="mwe-math-element">', "|", "\n|---|\n", "```",
)  # fmt: skip


def with_pieces(rng: random.Random, html: str, other: str) -> str:
    """Characters and beginnings of markup that mean something to somebody, thrown in."""
    for _ in range(rng.choice((1, 5, 50))):
        place = _at(rng, html)
        html = html[:place] + rng.choice(PIECES) * rng.choice((1, 1, 1, 7, 300)) + html[place:]
    return html


def nested(rng: random.Random, html: str, other: str) -> str:
    start, end = _stretch(rng, html, 3000)
    tag = rng.choice(
        "div span p table ul li blockquote b sup sub math mrow mfrac svg figure label td pre em a font".split()
    )
    depth = rng.choice((3, 100, 5000))
    return html[:start] + f"<{tag}>" * depth + html[start:end] + f"</{tag}>" * depth + html[end:]


def in_attribute(rng: random.Random, html: str, other: str) -> str:
    """A stretch of the page as the value of an attribute that extractors read."""
    start, end = _stretch(rng, html)
    name = rng.choice(("alttext", "alt", "data-latex", "data-mathml", "title", "class", "style", "data-original"))
    said = html[start:end].replace('"', rng.choice(("'", '"', "&quot;")))
    tag = rng.choice(("math", "img", "mjx-container", "span class=katex", "span", "script type='math/tex'"))
    return f'{html[:start]}<{tag} {name}="{said}">{html[end:]}'


def in_formula(rng: random.Random, html: str, other: str) -> str:
    """A stretch of the page as the TeX of a formula."""
    start, end = _stretch(rng, html)
    left, right = rng.choice((
        ("$", "$"), ("\\[", "\\]"), ('<script type="math/tex">', "</script>"), ("<math><mtext>", "</mtext></math>"), ("`", "`"),
        ('<math><annotation encoding="application/x-tex">', "</annotation></math>"), ("<!--", "-->"), ("<![CDATA[", "]]>"),
        ('<script type="math/mml"><math>', "</math></script>"), ('<script type="math/asciimath">', "</script>"),
    ))  # fmt: skip
    return html[:start] + left + html[start:end] + right + html[end:]


MUTATORS: tuple[Mutator, ...] = (
    cut, cut_out, duplicate, splice, inside_out, without_closing_tags, without_one_sort_of_tag, swapped_characters, flipped_bytes,
    swapped_tags, with_pieces, with_pieces, with_pieces, nested, in_attribute, in_formula, in_formula,
)  # fmt: skip


class Attack(NamedTuple):
    """A mutated page and how it was made."""

    name: str
    html: str


def attack(number: int, seeds: list[str], seed: str = "") -> Attack:
    """Mutated page `number`: one to four mutations of one of the seeds, and at times a bomb in the middle of it."""
    rng = random.Random(f"{seed}:{number}")
    html, names = rng.choice(seeds), []
    for mutate in rng.choices(MUTATORS, k=rng.choice((1, 1, 2, 2, 3, 4))):
        html = mutate(rng, html, rng.choice(seeds))
        names.append(mutate.__name__)
    if rng.random() < 0.15:
        name = rng.choice(sorted(BOMBS))
        place = _at(rng, html)
        html = html[:place] + BOMBS[name](rng.choice((20_000, 200_000))) + html[place:]
        names.append(name)
    return Attack(f"{seed}:{number} {'+'.join(names)}", html.encode(errors="replace").decode()[:4_000_000])


# ---- judging


def extract(name: str, html: str) -> pl.DataFrame:
    """What an extractor gives for one page."""
    found = step.find("extract", name)
    docs = pl.DataFrame({"id": ["a"], "text": [html]}).with_columns(pl.col("text").alias("as_read"))
    return found.call(docs.select(found.reads_with({})))


def judged(name: str, attacked: Attack, seconds: float = SECONDS) -> list[str]:
    """What is wrong with what an extractor makes of a page; empty if nothing."""
    peak, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        made = extract(name, attacked.html)
    except Exception as error:
        return [f"raises {type(error).__name__}: {str(error)[:200]}"]
    took, grown = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    slow = (
        2e-6 * len(attacked.html) if name == "html_clean" else 0
    )  # trafilatura takes up to two seconds for a megabyte of real pages
    wrong = [f"takes {took:.1f} s"] if took > seconds + slow else []
    wrong += [f"takes {grown * 1024 / 1e6:.0f} MB"] if grown * 1024 > BYTES else []
    return wrong + list(_odd(made))


def _odd(made: pl.DataFrame) -> Iterator[str]:
    row = made.row(0, named=True)
    for column, value in row.items():
        if isinstance(value, str) and (odd := FORBIDDEN.search(value)):
            yield f"gives {odd[0]!r} in {column}"
    counts = {c: n for c, n in row.items() if c.endswith(("formulas_found", "formulas_kept"))}
    found, kept = (next((n for c, n in counts.items() if c.endswith(end)), None) for end in ("_found", "_kept"))
    if (found is None) != (kept is None) or (row["text"] is None) != (found is None):
        yield f"gives the counts {counts} and {'no text' if row['text'] is None else 'a text'}"
    elif found is not None and kept > found:
        yield f"keeps {kept} formulas of {found}"


def minimal(name: str, html: str, wrong: Callable[[list[str]], bool], rounds: int = 200) -> str:
    """A shorter page that is still wrong: stretches are left out as long as that stays so."""
    rng, size = random.Random(0), max(1, len(html) // 2)
    for _ in range(rounds):
        start = rng.randrange(max(1, len(html) - size + 1))
        shorter = html[:start] + html[start + size :]
        if shorter and wrong(judged(name, Attack("", shorter))):
            html = shorter
        else:
            size = max(1, size * 3 // 4)
    return html


def main() -> None:
    """Attack an extractor and tell what broke it; bombs first, then mutated pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="")
    parser.add_argument("--step", default="html_math")
    parser.add_argument("--bytes", type=int, default=1_000_000, help="of a bomb")
    parser.add_argument("--archive", type=Path, help="more seed pages: a WARC file")
    parser.add_argument("--save", type=Path, help="folder for pages that broke it")
    given = parser.parse_args()
    seeds = own_pages(60)
    if given.archive:
        from curation.read.warc import warc

        seeds += pl.concat(list(warc(str(given.archive))))["text"].to_list()
    bombs = (Attack(f"bomb {name}", bomb(name, given.bytes)) for name in BOMBS if given.bytes)
    mutated = (attack(n, seeds, given.seed) for n in range(given.first, given.first + given.pages))
    extract(given.step, "<p>x</p>")  # what is loaded at first use is nobody's fault
    broken = 0
    for attacked in itertools.chain(bombs, mutated):
        if wrong := judged(given.step, attacked):
            broken += 1
            print(f"{attacked.name} ({len(attacked.html):,} characters): {'; '.join(wrong)}", flush=True)
            if given.save:
                given.save.mkdir(exist_ok=True)
                (given.save / f"{broken}.html").write_text(attacked.html, "utf-8")
    print(f"{broken} of {len(BOMBS) + given.pages} pages break {given.step}")


if __name__ == "__main__":
    main()
