# ruff: noqa: E501
r"""Faithful rewrites of a page, composed at random: what a careful model does to a page that it was told to clean and reorganise.

`faithful(text, seed, strength)` plants noise in the page (pages that our extraction made may be clean) and rewrites it: noise dropped, paragraphs
joined and split, headings and lists marked, words replaced by others of the same meaning, formulas respelled. Formulas, code and
addresses stand aside as opaque signs meanwhile, so that what is done to words cannot touch them. No fact, number or formula is lost,
changed or added but where a sentence of the page is said again as its summary. It knows nothing of `curation`: the guards that
it measures must not be built from the same parts.

Left out: real paraphrase of whole sentences, and a new order of the argument; both need a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.curation import faithful_words as words

ENVIRONMENTS = (
    r"(?:align|equation|gather|multline|cases|array|[a-zA-Z]*matrix|tikzcd|eqnarray|displaymath|math|split|aligned)\*?"
)
VERBATIM = r"(?:verbatim|lstlisting|asy|minted|Verbatim)\*?"
APART = re.compile(
    r"```.*?```|\$\$.+?\$\$|(?<![\\$])\$(?=[^\s$])[^$]{1,400}?(?<![\\\s])\$(?![\d$])|\\\(.+?\\\)|\\\[.+?\\\]"
    rf"|\\begin\{{({ENVIRONMENTS}|{VERBATIM})\}}.*?\\end\{{\1\}}|`[^`\n]+`|https?://\S+|\S+@\S+\.\w+"
    r"|\\(?:label|ref|cite|eqref|ollabel|olref|input|includegraphics|url)\w*(?:\[[^\]]*\])*\{[^{}]*\}",
    re.S,
)
"""Formulas, code, addresses and references."""
MONEY = re.compile(r"[a-z]{3,}\s+[a-z]{2,}\s+[a-z]{2,}")
SIGN = re.compile("\ue000(\\d+)\ue001")
PROMPT = re.compile(r"^\s*(?:sage:|>>>|\.\.\.\.:|\.\.\. |In \[\d+\]:|gap>|\$ |\|)")
CODE = re.compile(
    r"^\s*(?:import \w|from [\w.]+ import|print ?\(|[\w.\[\]]+ [+*-]?= |def |class \w+.*:$|for .*[:{]$|if .*[:{]$|return\b|#include|[\w.]+\(|[{}]|//|#!|@)"
)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\ue000])")
NOISE = re.compile(
    r"^\W*(?:goto chapter|\[?(?:top of book|contents|previous chapter|next chapter|mathjax o(?:ff|n))\]?|previous|next|home|up|menu|search"
    r"|skip to (?:main )?content|generated (?:on|by) .{0,60}|last (?:updated|modified).{0,40}|© ?.*|copyright .{0,80}|all rights reserved.*"
    r"|share(?: this)?|tweet|print|view source|edit this page|show source|created using .{0,40}|table of contents)\b.{0,40}$",
    re.I,
)
"""Lines of real pages that any clean rewrite drops; `goto chapter` goes with the numbers after it."""
ENTRY = re.compile(
    r"^\|? ?(?:Title|Canonical name|Date of creation|Last modified (?:on|by)|Owner|Numerical id|Author|Entry type|Classification|Related topic"
    r"|Synonym|Defines|Keywords|Privacy setting|Comments?|Major Section|Parent|Pronunciation)\b.*$|^\|[ |-]+$"
)
"""Rows of the table of metadata at the end of a PlanetMath page."""
CHAPTERS = re.compile(r"^Goto Chapter:[ \w]*$")


@dataclass
class Page:
    """A page under way: its text with a sign for each span that stands aside, those spans, and what was done."""

    text: str
    spans: list[str]
    random: Random
    strength: float
    done: list[str]

    def often(self, share: float = 1.0) -> bool:
        """True with the strength times `share`."""
        return self.random.random() < self.strength * share

    @property
    def blocks(self) -> list[str]:
        return [block for block in re.split(r"\n[ \t]*\n", self.text) if block.strip()]

    @blocks.setter
    def blocks(self, blocks: list[str]) -> None:
        self.text = "\n\n".join(blocks)


@dataclass(frozen=True)
class Faithful:
    """A page with noise in it, a faithful rewrite of it, and the names of what was done."""

    source: str
    text: str
    done: tuple[str, ...]


def faithful(text: str, seed: int | str, strength: float = 0.5) -> Faithful:
    """A page made noisy and its rewrite; `strength` from 0 (noise dropped, little else) to 1 (most sentences touched)."""
    random = Random(f"faithful {seed}")
    text = re.sub("[\ue000-\ue00f]", "", text)
    source, clean = planted(text, random)
    page = apart(clean, random, strength)
    for change in CHANGES:
        if random.random() < CHANGES[change] * (0.4 + 0.6 * strength):
            before = (page.text, [*page.spans])
            change(page)
            if before != (page.text, page.spans):
                page.done.append(change.__name__)
    if source != clean:
        page.done.append("noise")
    return Faithful(source, back(page).strip(), tuple(page.done))


def planted(text: str, random: Random) -> tuple[str, str]:
    """The page with lines of noise, and the page without the noise that it had by itself."""
    blocks = re.split(r"\n[ \t]*\n", text)
    for _ in range(random.choice([0, 1, 2, 4, 7])):
        line = re.sub("#", lambda _: str(random.randint(2, 2900)), random.choice(words.NOISE))
        line = line.replace("@", random.choice(words.NAMES)).replace("%", f"{random.randint(1, 28)} {random.choice(words.MONTHS)} 20{random.randint(10, 24)}")  # fmt: skip
        where = random.choice([0, len(blocks), len(blocks), random.randint(0, len(blocks))])
        if 0 < where < len(blocks) and inside("\n\n".join(blocks[:where])):
            where = len(blocks)
        blocks.insert(where, line)
    noisy, entry = [NOISE, CHAPTERS], text.rfind("Canonical name")
    entry = text.rfind("\n\n", 0, entry) if entry > 0 and random.random() < 0.8 else len(text)
    kept = [line for line in text[:entry].split("\n") if not any(noise.match(line) for noise in noisy)]
    clean = "\n".join([*kept, *(line for line in text[entry:].split("\n") if not ENTRY.match(line))])
    return "\n\n".join(blocks), clean


def inside(text: str) -> bool:
    """Whether the text ends within a formula, an environment or code."""
    return text.count("```") % 2 == 1 or text.count("$") % 2 == 1 or text.count("\\begin{") > text.count("\\end{")


def apart(text: str, random: Random, strength: float) -> Page:
    """The page with signs in the place of formulas and code."""
    spans: list[str] = []

    def keep(span: str) -> str:
        spans.append(span)
        return f"\ue000{len(spans) - 1}\ue001"

    def sign(found: re.Match[str]) -> str:
        money = found[0][0] == "$" and found[0][1] != "$" and MONEY.search(re.sub(r"\\\w+\{[^{}]*\}", "", found[0]))
        return found[0] if money else keep(found[0])

    text = APART.sub(sign, text)
    blocks = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        whole = any(PROMPT.match(line) or CODE.match(line) for line in lines) or all(
            line.startswith("    ") for line in lines
        )
        blocks.append(keep(SIGN.sub(lambda s: spans[int(s[1])], block)) if whole and block.strip() else block)
    return Page("\n\n".join(blocks), spans, random, strength, [])


def back(page: Page) -> str:
    """The text with its formulas and code, which may hold signs themselves."""
    text = page.text
    while SIGN.search(text):
        text = SIGN.sub(lambda found: page.spans[int(found[1])], text)
    return text


def is_formula(span: str) -> bool:
    return span.startswith(("$", "\\(", "\\[", "\\begin")) and not re.match(rf"\\begin\{{{VERBATIM}\}}", span)


def prose(page: Page, change: Callable[[str], str]) -> None:
    """Applies a change to each run of text between signs."""
    page.text = "".join(
        part if part[:1] == "\ue000" else change(part) for part in re.split("(\ue000\\d+\ue001)", page.text)
    )


def some(
    page: Page, pattern: str, into: str | Callable[[re.Match[str]], str], share: float = 1.0, flags: int = 0
) -> None:
    """Replaces matches outside formulas, each with the strength times `share`."""
    put = into if callable(into) else lambda found: found.expand(into)
    prose(
        page,
        lambda part: re.sub(pattern, lambda found: put(found) if page.often(share) else found[0], part, flags=flags),
    )


# Words.


def synonyms(page: Page) -> None:
    for old, new in words.SYNONYMS:
        some(page, rf"(?<![\\\w.-]){old}(?![\w(-])", lambda found, new=new: like(found[0], new), flags=re.I)


def like(old: str, new: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


def abbreviations(page: Page) -> None:
    for old, new in words.ABBREVIATIONS:
        some(page, rf"(?<![\w.]){old}(?!\w)", new)


def contractions(page: Page) -> None:
    for old, new in words.CONTRACTIONS:
        some(page, rf"\b{old}\b", lambda found, new=new: like(found[0], new), 1.5, re.I)


def spelling(page: Page) -> None:
    pairs = words.SPELLINGS if page.random.random() < 0.5 else [(new, old) for old, new in words.SPELLINGS]
    for old, new in pairs:
        some(page, rf"\b{old}", lambda found, new=new: like(found[0], new), 2, re.I)


def fillers(page: Page) -> None:
    some(page, rf"\b(?:{'|'.join(words.FILLERS)}) (?=[a-z])", "")


def openers(page: Page) -> None:
    def put(found: re.Match[str]) -> str:
        return f"{page.random.choice(words.OPENERS)} {found[1].lower()} "

    some(page, r"(?:(?<=[.!?] )|(?<=\n\n))(The|Every|Any|If|There|Each) (?=[a-z])", put, 0.3)


def lets(page: Page) -> None:
    sign = "\ue000\\d+\ue001"
    pattern = rf"\bLet ({sign}) be (an?|the) ([a-z]+(?: [a-z]+)?)(?=[.;])"
    forms = ("Suppose that {0} is {1} {2}", "Consider {1} {2} {0}", "Assume {0} is {1} {2}")
    page.text = re.sub(
        pattern, lambda m: page.random.choice(forms).format(*m.groups()) if page.often() else m[0], page.text
    )


def because(page: Page) -> None:
    """`X because Y.` becomes `Because Y, X.`"""
    pattern = (
        r"(?:(?<=[.!?] )|(?<=\n\n))(The|A|An|This|We|It) ([^.!?,;:\n]{10,90}) because ([^.!?,;:\n]{10,90})\. (?=[A-Z])"
    )
    page.text = re.sub(
        pattern, lambda m: f"Because {m[3]}, {m[1].lower()} {m[2]}. " if page.often() else m[0], page.text
    )


def clauses(page: Page) -> None:
    some(page, r"(?<=[a-z]); (?=(?:however|therefore|hence|thus|the|this|it) )", lambda _: ". ", 0.7)
    page.text = re.sub(
        r"(?<=[a-z]\. )(however|therefore|hence|thus|the|this|it)(?= )", lambda m: m[1].capitalize(), page.text
    )


# Numbers.


def grouped(page: Page) -> None:
    some(page, r"(?<![\d,.])(\d{1,3}),(\d{3})(?![\d,])", r"\1\2", 2)


def ungrouped(page: Page) -> None:
    some(page, r"(?<![\d,.\w/-])([1-9]\d?)(\d{3})(?= [a-z]{3,})(?! (?:and|by|to|AD|BC))", lambda m: m[0] if 1500 < int(m[0]) < 2100 else f"{m[1]},{m[2]}")  # fmt: skip


def counts(page: Page) -> None:
    """Small counts in words, or in digits."""
    if page.random.random() < 0.5:
        pattern = rf"(?<![\w-])({'|'.join(words.COUNTS)}) (?=[a-z]{{4,}}s\b)"
        some(page, pattern, lambda m: f"{words.COUNTS.index(m[1]) + 2} ", 1.5)
    else:
        some(page, r"(?<![\w.,$/(-])([2-9]) (?=[a-z]{4,}s\b)", lambda m: words.COUNTS[int(m[1]) - 2] + " ", 1.5)


def percent(page: Page) -> None:
    old, new = page.random.choice([(r"(?<=\d)\\?%(?=[ .,;])", " percent"), (r"(?<=\d) percent\b", "%")])
    some(page, old, lambda _: new, 2)


def leading(page: Page) -> None:
    some(page, r"(?<=[ (])\.(?=\d)", "0.", 2)


def dollars(page: Page) -> None:
    """A price's dollar is escaped, so that it opens no formula."""
    some(page, r"(?<![\\$\w])\$(?=\d)", lambda _: r"\$", 2)


# Formulas.


def spans(page: Page, change: Callable[[str], str], share: float = 1.0) -> None:
    page.spans = [change(s) if is_formula(s) and page.random.random() < share else s for s in page.spans]


def delimiters(page: Page) -> None:
    to_brackets = page.random.random() < 0.5

    def change(span: str) -> str:
        if to_brackets and re.fullmatch(r"\$\$[^$]+\$\$", span, re.S):
            return f"\\[{span[2:-2]}\\]"
        if to_brackets and re.fullmatch(r"\$[^$]+\$", span, re.S):
            return f"\\({span[1:-1]}\\)"
        if not to_brackets and span.startswith("\\["):
            return f"$${span[2:-2]}$$"
        return f"${span[2:-2].strip()}$" if not to_brackets and span.startswith("\\(") else span

    spans(page, change)


def displayed(page: Page) -> None:
    """Some formulas move from a line of their own into the text, or out of it."""

    def change(span: str) -> str:
        if re.fullmatch(r"\$\$[^$&]+\$\$", span, re.S) and "\\\\" not in span and "\n\n" not in span:
            return f"${span[2:-2].strip()}$"
        return f"\n$$\n{span[1:-1]}\n$$\n" if re.fullmatch(r"\$[^$]{12,}\$", span) and "=" in span else span

    spans(page, change, 0.3 * page.strength)


def respelled(page: Page) -> None:
    """TeX of the same meaning, the same choice all over the page."""
    chosen = [pair for pair in words.RESPELLED if page.random.random() < 0.5]

    def change(span: str) -> str:
        for old, new in chosen:
            span = re.sub(old, new, span)
        return span

    spans(page, change)


def spaced(page: Page) -> None:
    wide = page.random.random() < 0.6

    def change(span: str) -> str:
        if "\\begin" in span or "text" in span or "mbox" in span:
            return span
        return re.sub(r"(?<=[\w)}])\s*([=+<>])\s*(?=[\w({\\])", r" \1 " if wide else r"\1", span)

    spans(page, change)


def stops(page: Page) -> None:
    """The full stop or comma at the end of a display moves out of it."""
    spans(page, lambda s: re.sub(r"\s*([.,])\s*(\$\$|\\\])$", r"\2\1", s) if "\\begin" not in s else s)


def wrapped(page: Page) -> None:
    """Formulas that stand bare in the text get dollars."""
    if page.text.count("$") < 2:
        some(
            page,
            r"(?<![\w$*/+=^.-])(\d+(?:\.\d+)?) ?([*/+-]) ?(\d+(?:\.\d+)?) ?= ?(\d+(?:\.\d+)?)(?![\w%*/+=^.-])",
            tidy,
            1.5,
        )
        some(page, r"(?<![\w$=.(-])([a-zA-Z]) ?([=<>≤≥]) ?(\d+(?:\.\d+)?)(?![\w.=+*/^-])", r"$\1 \2 \3$", 1.0)


def tidy(found: re.Match[str]) -> str:
    sign = {"*": r"\times", "/": r"\div"}.get(found[2], found[2])
    return f"${found[1]} {sign} {found[3]} = {found[4]}$"


def signs(page: Page) -> None:
    """Unicode signs become TeX inside formulas, or TeX commands signs."""
    pairs = words.SIGNS if page.random.random() < 0.6 else [(re.escape(new), old) for old, new in words.SIGNS]
    tex = pairs is words.SIGNS

    def change(span: str) -> str:
        for old, new in pairs:
            span = re.sub(old if tex else old + r"(?![a-zA-Z])", lambda _, new=new: f"{new} " if tex else new, span)
        return span

    spans(page, change)


# Lines and blocks.


def unwrapped(page: Page) -> None:
    """Hard line breaks within a paragraph go."""
    page.text = re.sub(r"(?<=[a-z,\ue001]) ?\n(?=[a-z\ue000(])", " ", page.text)


def latex(page: Page) -> None:
    """Headings, emphasis and items of a LaTeX source become Markdown."""
    for old, new in words.LATEX:
        page.text = re.sub(old, new, page.text)
    page.spans = ["" if re.match(r"\\(?:label|ollabel)", s) else s for s in page.spans]


def headings(page: Page) -> None:
    mark = page.random.choice(["# {}", "## {}", "**{}**", "### {}"])
    blocks = page.blocks
    for n, block in enumerate(blocks[:-1]):
        plain = len(block) < 70 and "\n" not in block and re.match(r"[A-Z][\w ,'’()\ue000\ue001-]+$", block)
        if plain and (n == 0 or page.often()) and len(blocks[n + 1]) > 60:
            blocks[n] = mark.format(block)
    page.blocks = blocks


def new_headings(page: Page) -> None:
    """A heading of the paragraph's own first word is added."""
    pattern = r"(?:^|(?<=\n\n))(Proof|Example|Definition|Solution|Remark|Theorem|Note)s?(?=[.: ])"
    page.text = re.sub(pattern, lambda m: f"## {m[1]}\n\n{m[0]}" if page.often(0.7) else m[0], page.text)


def bold(page: Page) -> None:
    mark = page.random.choice(["**{}**", "*{}*", "__{}__"])
    some(page, r"(?m)^(Proof|Example|Definition|Theorem|Lemma|Remark|Note|Corollary|Solution|Answer|Question)(?=[.: ])", lambda m: mark.format(m[0]), 1.5)  # fmt: skip
    some(
        page,
        r"(?<=is called )(an? |the )?([a-z]+(?: [a-z]+)?)(?=[. ])",
        lambda m: (m[1] or "") + mark.format(m[2]),
        1.0,
    )


def marks(page: Page) -> None:
    """Marks of lists: doubled numbers become one, dashes stars or numbers, numbers steps."""
    page.text = re.sub(r"(?m)^ *(\d+)\. +\1\.\s+", r"\1. ", page.text)
    kind = page.random.choice(["star", "dash", "number", "step", "bracket"])
    lines, n = page.text.split("\n"), 0
    for i, line in enumerate(lines):
        bullet, number = re.match(r"\s*[-*•] +(?=\S)", line), re.match(r"\s*(\d{1,2})[.)] +(?=\S)", line)
        n = n + 1 if bullet else (n if not line.strip() else 0)
        if bullet and kind != "step":
            lines[i] = {"star": "* ", "dash": "- ", "number": f"{n}. ", "bracket": f"({n}) "}[kind] + line[
                bullet.end() :
            ]
        elif number and kind in ("step", "bracket"):
            lines[i] = (f"Step {number[1]}: " if kind == "step" else f"({number[1]}) ") + line[number.end() :]
    page.text = "\n".join(lines)


def listed(page: Page) -> None:
    """A paragraph of several short sentences becomes a list."""
    blocks = page.blocks
    for n, block in enumerate(blocks):
        pieces = SENTENCE.split(block)
        if 3 <= len(pieces) <= 6 and "\n" not in block and max(map(len, pieces)) < 160 and page.often(0.3):
            numbered = page.random.random() < 0.5
            blocks[n] = "\n".join(f"{i}. {p}" if numbered else f"- {p}" for i, p in enumerate(pieces, 1))
    page.blocks = blocks


def split(page: Page) -> None:
    blocks = []
    for block in page.blocks:
        pieces = SENTENCE.split(block)
        if len(pieces) > 3 and "\n" not in block and page.often(0.6):
            at = page.random.randint(1, len(pieces) - 1)
            blocks += [" ".join(pieces[:at]), " ".join(pieces[at:])]
        else:
            blocks.append(block)
    page.blocks = blocks


def joined(page: Page) -> None:
    blocks: list[str] = []
    for block in page.blocks:
        plain = (
            blocks and re.search(r"[.:]$", blocks[-1]) and re.match(r"[A-Z]", block) and "\n" not in blocks[-1] + block
        )
        if plain and page.often(0.5):
            blocks[-1] += " " + block
        else:
            blocks.append(block)
    page.blocks = blocks


def swapped(page: Page) -> None:
    """Two neighbours change places where neither leans on the other: paragraphs that begin with a new subject, or dashed items."""
    blocks = page.blocks
    for n in range(1, len(blocks) - 2):
        pair = blocks[n : n + 2]
        if all(re.match(words.ALONE, one) and one.endswith(".") and len(one) > 80 for one in pair) and page.often(0.15):
            blocks[n : n + 2] = pair[::-1]
    page.blocks = blocks
    lines = page.text.split("\n")
    for n in range(len(lines) - 1):
        pair = lines[n : n + 2]
        if all(re.match(r"[-*•] [A-Z]", one) and one.endswith(".") for one in pair) and page.often(0.2):
            lines[n : n + 2] = pair[::-1]
    page.text = "\n".join(lines)


def once(page: Page) -> None:
    """Sentences on a line of their own that stand there twice are left out."""
    seen: set[str] = set()
    lines = []
    for line in page.text.split("\n"):
        if len(line) < 40 or not line.endswith(".") or line not in seen:
            lines.append(line)
        seen.add(line)
    page.text = "\n".join(lines)


def tables(page: Page) -> None:
    """Columns set apart by blanks become a Markdown table."""
    blocks = page.blocks
    for n, block in enumerate(blocks):
        rows = [re.split(r" {2,}|\t+", line.strip()) for line in block.split("\n")]
        if len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            drawn = [f"| {' | '.join(row)} |" for row in rows]
            blocks[n] = "\n".join([drawn[0], "|" + " --- |" * len(rows[0]), *drawn[1:]])
    page.blocks = blocks


def fenced(page: Page) -> None:
    page.spans = [f"```\n{s}\n```" if PROMPT.match(s) and not s.lstrip().startswith("|") else s for s in page.spans]


def summary(page: Page) -> None:
    """A sentence of the page is said again at its end, or the page begins with what it is about."""
    candidates = [
        s for block in page.blocks for s in SENTENCE.split(block)
        if re.match(r"(?:The|Every|Any|A|An|There) [a-z]", s) and s.endswith(".") and 30 < len(s) < 200 and "\n" not in s
    ]  # fmt: skip
    plain = [s for s in candidates if not re.search("[\\d\ue000]", s)]
    title = page.blocks[0].strip("#* ") if page.blocks else ""
    chosen = page.random.choice(["last", "last", "first"])
    pool = candidates if page.random.random() < 0.3 else plain
    if chosen == "last" and pool:
        said = page.random.choice(pool)
        page.text += f"\n\n{page.random.choice(words.CLOSINGS)} {said[0].lower()}{said[1:]}"
    elif chosen == "first" and re.fullmatch(r"[A-Za-z][A-Za-z ’'-]{3,50}", title):
        page.text += f"\n\nThis is what the page says about {title[0].lower() + title[1:]}."


CHANGES: dict[Callable[[Page], None], float] = {
    unwrapped: 0.8, latex: 0.7, once: 0.5, because: 0.6, lets: 0.6, synonyms: 1.5, abbreviations: 0.8, contractions: 0.7, spelling: 0.4,
    fillers: 0.6, openers: 0.7, clauses: 0.4, grouped: 0.5, ungrouped: 0.2, counts: 0.5, percent: 0.3, leading: 0.5, dollars: 0.3,
    displayed: 0.4, stops: 0.4, respelled: 0.8, spaced: 0.6, signs: 0.5, wrapped: 0.5, swapped: 0.5, marks: 0.7, tables: 0.6, listed: 0.4,
    split: 0.5, joined: 0.5, headings: 0.9, new_headings: 0.5, bold: 0.6, fenced: 0.5, summary: 0.4, delimiters: 0.6,
}  # fmt: skip
"""What may be done, in this order, and how often at full strength."""
