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

SECONDS = 2.0
"""CPU time that one page may take, extraction with all its checks."""
BYTES = 1_000_000_000
"""By how much one page may raise the process's peak memory."""
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ue0f0\ue0f1\ud800-\udfff]")
MARKS = "\ue0f0", "\ue0f1"

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
    "\\begin{align}", "\\end{align}", "\\begin{", "`", "&#0;", "&#xD800;", "&#xE0F0;", "&amp;amp;lt;", "&lt", "&", "<", ">", "<!--", "-->",
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


# ---- bombs


def _times(piece: str, end: str = "", left: str = "", right: str = "") -> Callable[[int], str]:
    """As many pieces as fit into so many bytes, then as many ends, all of it between two other texts."""
    return lambda size: left + (n := max(1, size // (len(piece) + len(end)))) * piece + n * end + right


BOMBS: dict[str, Callable[[int], str]] = {
    "dollars": _times("$"),
    "dollars apart": _times("$ "),
    "dollars with a letter": _times("$x"),
    "display dollars": _times("$$x"),
    "parens open": _times("\\("),
    "brackets open": _times("\\[x"),
    "begins": _times("\\begin{align}"),
    "begins of many names": lambda size: "".join(f"\\begin{{a{i}}}" for i in range(size // 12)),
    "ends": _times("\\end{align}"),
    "open braces": _times("{"),
    "braced formula": _times('{', '}', "$", "$"),
    "fractions": _times('\\frac{1}{', '}', "$$", "$$"),
    "backslashes": lambda size: "$" + "\\" * size + "$",
    "backticks": _times("`"),
    "backticks apart": _times("`x "),
    "asciimath brackets": _times('[', ']', "`", "`"),
    "asciimath matrix": _times('[[1,2],', "", "`[", "`"),
    "asciimath script": _times('((', '', "<script type='math/asciimath'>", "</script>"),
    "asciimath roots": _times('sqrt ', '', "<script type='math/asciimath'>", "</script>"),
    "macros": _times("\\newcommand{\\a}"),
    "macros open": _times("\\newcommand{\\a}{", ""),
    "defs": _times('\\def\\a{b}', "", "<p>\\(", "</p>"),
    "sups": _times("<sup>1</sup>"),
    "subs of letters": _times("x<sub>i</sub><sup>2</sup>"),
    "sups open": _times("<sup>"),
    "sups of links": _times("<sup><a>1</a></sup>"),
    "superscript letters": _times("x²₃"),
    "mathematical letters": _times("𝑥𝐀"),
    "math rows": _times('<mrow>', '</mrow>', "<math>", "</math>"),
    "math fractions": _times('<mfrac><mn>1</mn>', '</mfrac>', "<math>", "</math>"),
    "math roots": _times('<msqrt>', '</msqrt>', "<math>", "</math>"),
    "math sups": _times('<msup><mi>x</mi>', '</msup>', "<math>", "</math>"),
    "math letters": _times('<mi>x</mi><mo>+</mo>', "", "<math>", "</math>"),
    "math many": _times("<math><mi>x</mi></math>"),
    "math in math": _times("<math>"),
    "math tables": _times('<mtable><mtr><mtd>', '</mtd></mtr></mtable>', "<math>", "</math>"),
    "math wide table": _times('<mtd>', "", "<math><mtable><mtr>", "</mtr></mtable></math>"),
    "math prefixes": _times('&#x2061;&InvisibleTimes;', "", "<math>", "</math>"),
    "math spaces": lambda size: f"<math><mspace width='{'9' * size}em'/></math>",
    "math text": lambda size: f"<math><mtext>{'a ' * (size // 2)}</mtext></math>",
    "math alttexts": _times("<math alttext='x'>"),
    "katex": _times('<span class="katex">'),
    "katex html": _times('<span class="katex"><span class="katex-html"><span class="mord">x</span>', "</span></span>"),
    "katex vlists": _times("<span class=vlist-t><span class=vlist>", "", "<span class=katex><span class=katex-html>", ""),
    "mathjax": _times('<mjx-container><mjx-math><mjx-mi><mjx-c class="mjx-c1D465"></mjx-c></mjx-mi></mjx-math>', "</mjx-container>"),
    "mathjax deep": _times('<mjx-mrow>', '</mjx-mrow>', "<mjx-container jax=CHTML><mjx-math>", "</mjx-math></mjx-container>"),
    "mathjax svg": _times('<g data-mml-node=msup>', '</g>', "<mjx-container jax=SVG><svg>", "</svg></mjx-container>"),
    "mathjax 2": _times('<span class="MathJax"><span class="math"><span class="mi">x</span></span></span>'),
    "mathjax 2 deep": _times('<span class="MathJax"><span class="mrow">'),
    "tex scripts": _times('<script type="math/tex">x</script>'),
    "tex script of lines": _times("%\n", "", "<script type='math/tex'>", "</script>"),
    "previews": _times('<span class="MathJax_Preview">x</span><script type="math/tex">x</script>'),
    "wiki": _times('<span class="mwe-math-element">'),
    "images": _times('<img class="math" alt="x">'),
    "image alt": _times("$x", "", "<img class=\"math\" alt=\"", "\">"),
    "image source": _times("%5C", "", "<img src=\"https://latex.codecogs.com/gif.latex?", "\">"),
    "image inline": _times("\\inline ", "", "<img src=\"https://latex.codecogs.com/gif.latex?", "\">"),
    "intbl": _times('<span class="intbl"><em>1</em><strong>', "</strong></span>"),
    "colspan": _times("<table><tr><td colspan=1000000 rowspan=65534>x</table>"),
    "colspans in one table": _times('<tr><td colspan=1000 rowspan=65534>', "", "<table>", "</table>"),
    "tables": _times("<table><tr><td>x</td></tr></table>"),
    "tables in tables": _times("<table><tr><td>", "</td></tr></table>"),
    "wide table": _times('<td>x', "", "<table><tr>", "</table>"),
    "tall table": _times('<tr><td>x', "", "<table>", "</table>"),
    "ragged table": lambda size: f"<table><tr>{_times('<td>x')(size // 2)}{_times('<tr><td>y')(size // 2)}</table>",
    "table pipes": _times('|', "", "<table><tr><td>", "<td>y</table>"),
    "captions": _times('<caption>x</caption>', "", "<table>", "</table>"),
    "divs": _times("<div>"),
    "spans": _times("<span>x"),
    "fonts": _times("<font><p>"),
    "formatting": _times("<b><i><u><p>"),
    "anchors": _times("<a><p>"),
    "lists": _times("<ul><li>"),
    "definition lists": _times("<dl><dt><dd>"),
    "headings": _times("<h1>x"),
    "quotes": _times("<blockquote>"),
    "figures": _times("<figure><figcaption>x</figcaption>"),
    "figures closed": _times("<figure><figcaption>x</figcaption></figure>"),
    "labels": _times("<label><input>"),
    "pre": _times("<pre><code>"),
    "pre closed": _times("<pre><code>x\n</code></pre>"),
    "selects": _times("<select><option>"),
    "svg": _times("<svg><g>"),
    "foreign objects": _times("<svg><foreignObject>"),
    "iframes": _times("<iframe>"),
    "templates": _times("<template>"),
    "scripts": _times("<script>"),
    "noscripts": _times("<noscript>x</noscript>"),
    "breaks": _times("<br>"),
    "empty paragraphs": _times("<p></p>"),
    "entities": _times("&amp;"),
    "entities doubled": lambda size: "&" + "amp;" * (size // 4) + "lt;",
    "entities without an end": _times("&a"),
    "ampersands": _times("&"),
    "numeric entities": _times("&#120;"),
    "attributes": lambda size: "<p " + " ".join(f"a{i}=1" for i in range(size // 8)) + ">x",
    "long attribute": lambda size: f"<p class='{'a ' * (size // 2)}'>x",
    "long class of math": lambda size: f"<img class='{'math ' * (size // 5)}' alt='{'$' * size}'>",
    "long style": lambda size: f"<p style='{'display:none;' * (size // 13)}'>x",
    "unclosed attribute": lambda size: f"<p class='{'x' * size}",
    "less than": _times("<"),
    "less than letters": _times("<a "),
    "comments": _times("<!---->"),
    "comments open": _times("<!--"),
    "comment dashes": lambda size: f"<!--{'-' * size}",
    "cdata": _times("<![CDATA["),
    "doctypes": _times("<!DOCTYPE html ["),
    "xml doctype": lambda size: "<?xml version='1.0'?>" + _times("<!DOCTYPE a [")(size),
    "xml empty elements": lambda size: "<?xml version='1.0'?>" + _times("<a x y ")(size),
    "xml spaces": lambda size: "<?xml version='1.0'?><a" + " " * size,
    "blanks": _times(" "),
    "no-break spaces": _times("\u00a0"),
    "newlines": _times("\n"),
    "blanks and newlines": _times(" \n"),
    "blank lines of no-break spaces": _times("\u00a0\n"),
    "zero widths": _times("\u200b"),
    "marks": _times(MARKS[0], MARKS[1]),
    "marks open": _times(MARKS[0]),
    "combining": lambda size: "e" + "\u0301" * (size // 2),
    "right to left": _times("\u202e"),
    "nulls": _times("\x00"),
    "mojibake": _times("Ã©â€™"),
    "mojibake nested": _times("Ã\u0083Â\u0083Ã\u0082"),
    "words": _times("word "),
    "one word": _times("a"),
    "digits": _times("1"),
    "links": _times("<a href=x>y</a>"),
    "links in paragraphs": _times("<p><a href=x>y</a></p>"),
    "hidden": _times("<div style='display:none'>x</div>"),
    "header links": _times("<a class='headerlink'>x</a>"),
    "escapes": _times("\\$"),
    "long line of code": lambda size: f"<pre>{'x' * size}</pre>",
    "tabs": _times("\t"),
}  # fmt: skip
"""Name -> a piece of a page, of about so many bytes."""


def bomb(name: str, size: int) -> str:
    """A page with one bomb between two paragraphs."""
    return f"<html><head><title>t</title></head><body><p>before</p>{BOMBS[name](size)}<p>after</p></body></html>"


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
    wrong = [f"takes {took:.1f} s"] if took > seconds else []
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
    bombs = (Attack(f"bomb {name}", bomb(name, given.bytes)) for name in BOMBS)
    mutated = (attack(n, seeds, given.seed) for n in range(given.first, given.first + given.pages))
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
