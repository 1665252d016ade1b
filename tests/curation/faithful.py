r"""Faithful rewrites of a page, composed at random: what a careful model does to a page that it was told to clean and reorganise.

`faithful(text, seed, strength)` plants noise in the page (pages that our extraction made may be clean) and rewrites it: noise dropped,
paragraphs joined and split, headings and lists marked, clauses turned round, words replaced by others of the same meaning, formulas
respelled. Formulas, code and addresses stand aside as opaque signs meanwhile, so that what is done to words cannot touch them; no fact,
number or formula is lost, changed or added. It knows nothing of `curation`: the guards that it measures are not built of the same parts.

Left out: real paraphrase of whole sentences, and a new order of the argument; both need a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.curation import faithful_words as words

ENVIRONMENTS = r"(?:align|equation|gather|multline|cases|array|[a-zA-Z]*matrix|tikzcd|eqnarray|displaymath|math|split|aligned|alignat)\*?"
VERBATIM = r"(?:verbatim|lstlisting|asy|minted|Verbatim|tikzpicture|tabular)\*?"
APART = re.compile(
    r"```.*?```|(?<!\\)\$\$.+?\$\$|(?<![\\$\w])\$(?=[^\s$])[^$]{1,400}?(?<![\\\s])\$(?![\d$])|(?<!\\)\\\(.+?\\\)"
    r"|(?<![\\\w])\\\[(?!\\\]).+?\\\]"
    rf"|\\begin\{{({ENVIRONMENTS}|{VERBATIM})\}}.*?\\end\{{\1\}}|`[^`\n]+`|https?://\S+|\S+@\S+\.\w+"
    r"|\\(?:label|\w*ref|cite|ollabel|input|includegraphics|url|index)\w*(?:\[[^\]]*\])*\{[^{}]*\}",
    re.DOTALL,
)
"""Formulas, code, addresses and references."""
MONEY = re.compile(r"[a-z]{3,}\s+[a-z]{2,}\s+[a-z]{2,}")
SIGN = re.compile("\ue000(\\d+)\ue001")
PROMPT = re.compile(r"^\s*(?:sage:|>>>|\.\.\.\.:|\.\.\. |In \[\d+\]:|gap>|\$ )")
CODE = re.compile(
    r"^\s*(?:import \w|from [\w.]+ import|print ?\(|[\w.\[\]]+ [+*-]?= |def |class \w+.*:$|for .*[:{]$|if .*[:{]$|else\b.*[:{]$"
    r"|while .*[:{]$|return\b|#include|[\w.]+\(|[{}]|//|/\*|#!|@|\||‣|.*[;{}]$|\d+$|\\\w+)"
)
"""Lines of code, of output and of tables."""
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\ue000])")
NOISE = re.compile(
    r"^\W*(?:goto chapter|\[?(?:top of book|contents|previous chapter|next chapter|mathjax o(?:ff|n))\]?|previous|next|home|up|menu|search"
    r"|skip to (?:main )?content|(?-i:Generated) (?:on|by) .{0,60}"
    r"|last (?:updated|modified).{0,40}|© ?.*|copyright .{0,80}|all rights reserved.*"
    r"|share(?: this)?|tweet|print|view source|edit this page|show source|created using .{0,40}|table of contents)\b.{0,40}$"
    r"|^(?:\s*\[(?:top of book|contents|previous chapter|next chapter|mathjax o(?:ff|n))\]\s*)+$",
    re.IGNORECASE,
)
"""Lines of real pages that any clean rewrite drops; `goto chapter` goes with the numbers after it."""
ENTRY = re.compile(
    r"^\|? ?(?:Title|Canonical name|Date of creation|Last modified (?:on|by)|Owner|Numerical id|Author|Entry type|Classification"
    r"|Related topic|Synonym|Defines|Keywords|Privacy setting|Comments?|Major Section|Parent|Pronunciation)\b.*$|^\|[ |-]+$"
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
    half: str = "dev"

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


def faithful(text: str, seed: int | str, strength: float = 0.5, half: str = "dev") -> Faithful:
    """A page made noisy and its rewrite; `strength` from 0 (noise dropped, little else) to 1 (most sentences touched).

    `half` of the wordings of noise, `dev` or `held`.
    """
    random = Random(f"faithful {half} {seed}")
    text = re.sub("[\ue000-\ue00f]", "", text)
    source, clean = planted(text, random, half)
    page = apart(clean, random, strength, half)
    for change in CHANGES:
        if random.random() < CHANGES[change] * (0.3 + strength):
            before = (page.text, [*page.spans])
            change(page)
            if before != (page.text, page.spans):
                page.done.append(change.__name__)
    if source != clean:
        page.done.append("noise")
    return Faithful(source, back(page).strip(), tuple(page.done))


def planted(text: str, random: Random, half: str) -> tuple[str, str]:
    """The page with lines of noise, and the page without the noise that it had by itself."""
    blocks = re.split(r"\n[ \t]*\n", text)
    gaps = [n for n in range(1, len(blocks)) if gap(blocks[n - 1], blocks[n]) and not inside("\n\n".join(blocks[:n]))]
    places = [
        random.choice([0, len(blocks), random.choice(gaps or [0])]) for _ in range(random.choice([0, 1, 2, 4, 7]))
    ]
    for place in sorted(places, reverse=True):
        blocks.insert(place, noise(random, half))
    entry = text.rfind("Canonical name")
    entry = text.rfind("\n\n", 0, entry) if entry > 0 else len(text)
    entry = entry if entry >= 0 else len(text)
    kept = [line for line in text[:entry].split("\n") if not NOISE.match(line) and not CHAPTERS.match(line)]
    clean = "\n".join([*kept, *(line for line in text[entry:].split("\n") if not ENTRY.match(line))])
    said = [block for block in blocks if 80 < len(block) < 600 and block.endswith(".") and "\n" not in block]
    if said and random.random() < 0.1:
        blocks.append(random.choice(said))  # the rewrite has it once
    return "\n\n".join(blocks), clean


def noise(random: Random, half: str) -> str:
    line = random.choice(words.NOISE[half]).replace("@", random.choice(words.NAMES[half]))
    line = line.replace("%", f"{random.randint(1, 28)} {random.choice(words.MONTHS)} 20{random.randint(10, 24)}")
    return re.sub("#", lambda _: str(random.randint(1, 9)), line)


def gap(before: str, after: str) -> bool:
    """Whether something may stand between two blocks: the first ends a sentence, and the second begins one or is a heading."""
    return bool(re.search(r"[.!?]$", before.rstrip()) and re.match(r"[A-Z#*]", after) and not CODE.match(after))


def inside(text: str) -> bool:
    """Whether the text ends within a formula, an environment or code."""
    return text.count("```") % 2 == 1 or text.count("$") % 2 == 1 or text.count("\\begin{") > text.count("\\end{")


def apart(text: str, random: Random, strength: float, half: str = "dev") -> Page:
    """The page with signs in the place of formulas and code."""
    spans: list[str] = []

    def keep(span: str) -> str:
        spans.append(span)
        return f"\ue000{len(spans) - 1}\ue001"

    def sign(found: re.Match[str]) -> str:
        inline = found[0][0] == "$" and found[0][1] != "$"
        money = inline and ("\n\n" in found[0] or MONEY.search(re.sub(r"\\\w+\{[^{}]*\}", "", found[0])))
        return found[0] if money else keep(found[0])

    text = APART.sub(sign, text)
    blocks = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        coded = sum(bool(PROMPT.match(line) or CODE.match(line)) for line in lines)
        whole = (
            any(map(PROMPT.match, lines)) or 2 * coded >= len(lines) or all(line.startswith("    ") for line in lines)
        )
        blocks.append(keep(SIGN.sub(lambda s: spans[int(s[1])], block)) if whole and block.strip() else block)
    return Page("\n\n".join(blocks), spans, random, strength, [], half)


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
        some(page, rf"(?<![\\\w.-]){old}(?![\w(-])", lambda found, new=new: like(found[0], new), flags=re.IGNORECASE)


def like(old: str, new: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


def abbreviations(page: Page) -> None:
    for old, new in words.ABBREVIATIONS:
        some(page, rf"(?<![\w.]){old}(?!\w)", new)


def contractions(page: Page) -> None:
    for old, new in words.CONTRACTIONS:
        some(page, rf"\b{old}\b", lambda found, new=new: like(found[0], new), 1.5, re.IGNORECASE)


def spelling(page: Page) -> None:
    pairs = words.SPELLINGS if page.random.random() < 0.5 else [(new, old) for old, new in words.SPELLINGS]
    for old, new in pairs:
        ending = "(?=e|ing|ation)" if old[-2] == "i" else ""
        some(page, rf"\b{old}{ending}", lambda found, new=new: like(found[0], new), 2, re.IGNORECASE)


def fillers(page: Page) -> None:
    some(page, rf"(?<!not )(?<!n't )(?<!n’t )\b(?:{'|'.join(words.FILLERS)}) (?=[a-z])", "")


def openers(page: Page) -> None:
    def put(found: re.Match[str]) -> str:
        return f"{page.random.choice(words.OPENERS[page.half])} {found[1].lower()} " if page.often(0.3) else found[0]

    pattern = r"(?:(?<=[.!?] )|(?<=\n\n))(The|Every|Any|There|Each) (?=[a-z][^.!?:\n]{20,160}\.(?:\s|$))"
    pattern += r"(?=[^.\n]* (?:is|are|was|has|have|can|does|do|must|gives|follows|holds|contains) )"
    page.text = re.sub(pattern, put, page.text)


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
        r"(?:(?<=[.!?] )|(?<=\n\n))(The|A|An|We) (?![^.]*\b(?:not|only|but)\b)([^.!?,;:\n]{10,90}) because ([^.!?,;:\n]{10,90})\. "
        "(?=[A-Z])"
    )
    page.text = re.sub(
        pattern, lambda m: f"Because {m[3]}, {m[1].lower()} {m[2]}. " if page.often() else m[0], page.text
    )


def last_first(page: Page) -> None:
    """`For every X, Y.` becomes `Y for every X.`, and likewise `If`, `When` and `Since`."""
    begun = r"(?:(?<=[.!?] )|(?<=\n\n))(For (?:every|all|any|each)|If|When|Since) ([^.!?,;:()\n]{3,70}), (?:then )?"
    pattern = begun + r"(we|the|a|an|every) ([a-z][^.!?,;:()\n]{12,90})\. (?=[A-Z])"
    page.text = re.sub(pattern, lambda m: turned(m) if page.often(0.7) else m[0], page.text)


def turned(found: re.Match[str]) -> str:
    begins, what, first, rest = found.groups()
    if re.search(r"\b(?:it|they|this|its|their|them|and|that)\b", rest) or re.search(r"\b(?:and|or)\b", what):
        return found[0]
    return f"{first.capitalize()} {rest} {begins[0].lower()}{begins[1:]} {what}. "


def then(page: Page) -> None:
    """`Let X be Y. Then Z` becomes `If X is Y, then Z`."""
    pattern = (
        r"(?:(?<=[.!?] )|(?<=\n\n))Let (\ue000\d+\ue001) be (an? [a-z\ue000\ue001\d -]{3,60})\. Then (?=[a-z\ue000])"
    )
    page.text = re.sub(pattern, lambda m: f"If {m[1]} is {m[2]}, then " if page.often(0.6) else m[0], page.text)


def passive(page: Page) -> None:
    """`We define X to be Y` becomes `X is defined to be Y`, and the like."""
    form = {"define": "defined", "denote": "denoted", "call": "called", "write": "written", "choose": "chosen"}
    some_thing = r"((?:the|a|an) [a-z]+(?: [a-z]+)?|\ue000\d+\ue001)"
    pattern = rf"(?:(?<=[.!?] )|(?<=\n\n))We (define|denote) {some_thing} (?=to be |by |as )"

    def put(found: re.Match[str]) -> str:
        what = found[2]
        return f"{what[0].upper()}{what[1:]} is {form[found[1]]} " if page.often() else found[0]

    page.text = re.sub(pattern, put, page.text)


def fused(page: Page) -> None:
    """Two sentences become one: `X. Therefore, Y` is `X; therefore, Y`, and `X. But Y` is `X, but Y`."""

    def put(found: re.Match[str]) -> str:
        if not page.often(0.5):
            return found[0]
        word = found[2].lower()
        return f"{found[1]}, {word} " if word in ("but", "so") else f"{found[1]}; {word}{found[3]} "

    page.text = re.sub(
        r"([a-z)\ue001])\. (Therefore|Thus|Hence|But|So|However|Moreover)(,?) (?=[a-z\ue000])", put, page.text
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
    """Thousands get a comma; years do not."""

    def put(found: re.Match[str]) -> str:
        return found[0] if 1500 < int(found[0]) < 2100 else f"{found[1]},{found[2]}"

    some(page, r"(?<![\d,.\w/-])([1-9]\d?)(\d{3})(?= [a-z]{3,})(?! (?:and|by|to|AD|BC))", put)


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
        if to_brackets and re.fullmatch(r"\$\$[^$]+\$\$", span, re.DOTALL):
            return f"\\[{span[2:-2]}\\]"
        if to_brackets and re.fullmatch(r"\$[^$]+\$", span, re.DOTALL):
            return f"\\({span[1:-1]}\\)"
        if not to_brackets and span.startswith("\\["):
            return f"$${span[2:-2]}$$"
        return f"${span[2:-2].strip()}$" if not to_brackets and span.startswith("\\(") else span

    spans(page, change)


def displayed(page: Page) -> None:
    """Some formulas move from a line of their own into the text, or out of it with the stop or comma after them."""

    def put(found: re.Match[str]) -> str:
        span, stop = page.spans[int(found[2])], found[3]
        if not page.often(0.2):
            return found[0]
        if found[1] == "\n" and re.fullmatch(r"\$\$[^$&]{3,80}\$\$", span, re.DOTALL) and "\\\\" not in span:
            page.spans[int(found[2])] = f"${span[2:-2].strip()}$"
            return f" {SIGN.search(found[0])[0]}{stop}"  # type: ignore[index]
        if found[1] == " " and re.fullmatch(r"\$[^$\n]{12,}\$", span) and "=" in span and stop in (".", ","):
            page.spans[int(found[2])] = f"\n$$\n{span[1:-1]}{stop}\n$$\n"
            return SIGN.search(found[0])[0]  # type: ignore[index]
        return found[0]

    page.text = re.sub("(?<=[\\w,])([ \\n])\ue000(\\d+)\ue001([.,]?)(?=\\s|$)", put, page.text)


def commented(page: Page) -> None:
    """The `%` at an end of a line of TeX, which extraction brought along, goes."""
    spans(page, lambda s: re.sub(r"(?<!\\)%\s*", "", s))


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
    """Unicode signs become TeX inside formulas."""

    def change(span: str) -> str:
        for old, new in words.SIGNS:
            span = re.sub(old, lambda _, new=new: f"{new} ", span)
        return span

    spans(page, change)


# Lines and blocks.


def unwrapped(page: Page) -> None:
    """Hard line breaks within a paragraph go."""
    page.text = re.sub(r"(?m)(?<=[a-z,\ue001]) ?\n(?=[a-z\ue000(][^\n]{20})", " ", page.text)


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
    pattern = r"(?:^|(?<=\n\n))(Proof|Examples?|Definition|Solution|Remarks?)(?=[.:] )"
    page.text = re.sub(pattern, lambda m: f"## {m[1]}\n\n{m[0]}" if page.often(0.5) else m[0], page.text)


def bold(page: Page) -> None:
    mark = page.random.choice(["**{}**", "*{}*", "__{}__"])
    kinds = "Proof|Example|Definition|Theorem|Lemma|Remark|Note|Corollary|Solution|Answer|Question|Proposition"
    some(page, rf"(?m)^(?:{kinds})(?: \d[\d.]*)?[.:](?=\s)", lambda m: mark.format(m[0]), 1.5)
    called = r"(?<=is called )(an? |the )?([a-z]+(?: [a-z]+)?)(?=[. ])(?! (?:if|when|on|by|and|or|with|of|for)\b)"
    some(page, called, lambda m: (m[1] or "") + mark.format(m[2]), 1.0)


def marks(page: Page) -> None:
    """Marks of lists: doubled numbers become one, bullets are `-` or `*`, numbers and letters have another bracket."""
    page.text = re.sub(r"(?m)^( *)(\d+)\. +\2\. +(?=\S)", r"\1\2. ", page.text)
    page.text = re.sub(r"(?m)^ *[-*•] +[-*•] +(?=\S)", "- ", page.text)
    bullet, number = page.random.choice(["* ", "- "]), page.random.choice(["{}. ", "{}) ", "({}) ", "**{}.** "])
    letter = page.random.choice(["({}) ", "{}. ", "{}) ", "- ({}) ", "- **{}.** "])
    asked = page.random.choice(["**Question {}.** ", "### Question {}\n", "{}. ", "**Problem {}:** "])
    page.text = re.sub(r"(?m)^( *)[-*•] +(?=\S)", lambda m: m[1] + bullet, page.text)
    page.text = re.sub(r"(?m)^ *(\d{1,2})[.)] +(?=\S)", lambda m: number.format(m[1]), page.text)
    page.text = re.sub(r"(?m)^ *\(?([A-E])[.)] +(?=\S)", lambda m: letter.format(m[1]), page.text)
    page.text = re.sub(
        r"(?m)^(?:\*\*Problem|Question) (\d+)[.:](?:\*\*)? +(?=\S)", lambda m: asked.format(m[1]), page.text
    )


def listed(page: Page) -> None:
    """A paragraph of several short sentences, each of which stands alone, becomes a list."""
    blocks = page.blocks
    for n, block in enumerate(blocks):
        pieces = SENTENCE.split(block)
        alone = all(re.match(words.ALONE, piece) and piece.endswith(".") for piece in pieces)
        if 3 <= len(pieces) <= 6 and alone and "\n" not in block and max(map(len, pieces)) < 160 and page.often(0.5):
            blocks[n] = "\n".join(f"- {piece}" for piece in pieces)
    page.blocks = blocks


def split(page: Page) -> None:
    blocks = []
    for block in page.blocks:
        pieces = SENTENCE.split(block)
        if len(pieces) > 3 and "\n" not in block and not marked(block) and page.often(0.6):
            at = page.random.randint(1, len(pieces) - 1)
            blocks += [" ".join(pieces[:at]), " ".join(pieces[at:])]
        else:
            blocks.append(block)
    page.blocks = blocks


def joined(page: Page) -> None:
    blocks: list[str] = []
    for block in page.blocks:
        ends = blocks and re.search(r"[a-z\ue001)]\.$", blocks[-1]) and not marked(blocks[-1])
        if ends and re.match(r"[A-Z][^:]{40,}\.$", block) and "\n" not in blocks[-1] + block and page.often(0.5):
            blocks[-1] += " " + block
        else:
            blocks.append(block)
    page.blocks = blocks


def marked(block: str) -> bool:
    """Whether a block is an item of a list, a heading, or begins with a name such as `Theorem 3`."""
    return bool(re.match(r"\s*(?:[-*•#|>_]|\(?\w{1,3}[.)]\s|[A-Z][a-z]+ ?[\d.]*[.:] )", block))


def swapped(page: Page) -> None:
    """Two neighbouring paragraphs change places where each begins with a new subject, and the one after them too."""
    blocks = page.blocks
    for n in range(1, len(blocks) - 2):
        pair, after = blocks[n : n + 2], blocks[n + 2]
        alone = all(re.match(words.ALONE, one) and one.endswith(".") and len(one) > 80 for one in pair)
        if alone and re.match(rf"{words.ALONE}|#", after) and page.often(0.2):
            blocks[n : n + 2] = pair[::-1]
    page.blocks = blocks


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
        if (
            len(rows) > 1
            and len(rows[0]) > 1
            and not any(marked(line) for line in block.split("\n"))
            and len({len(row) for row in rows}) == 1
        ):
            drawn = [f"| {' | '.join(row)} |" for row in rows]
            blocks[n] = "\n".join([drawn[0], "|" + " --- |" * len(rows[0]), *drawn[1:]])
    page.blocks = blocks


def fenced(page: Page) -> None:
    page.spans = [f"```\n{s.strip()}\n```" if PROMPT.match(s) else s for s in page.spans]


def summary(page: Page) -> None:
    """A sentence of the page without numbers and formulas is said again at its end."""
    said = [s for block in page.blocks for s in SENTENCE.split(block) if re.match(words.ALONE, s) and s.endswith(".")]
    said = [s for s in said if 40 < len(s) < 180 and not re.search("[\\d\ue000\n:]", s)]
    if said:
        one = page.random.choice(said)
        page.text += f"\n\n{page.random.choice(words.CLOSINGS[page.half])} {one[0].lower()}{one[1:]}"


CHANGES: dict[Callable[[Page], None], float] = {
    unwrapped: 0.8, latex: 0.7, once: 0.5, commented: 0.7, because: 0.6, last_first: 0.8, then: 0.6, passive: 0.6, lets: 0.6, fused: 0.5,
    synonyms: 1.5, abbreviations: 0.8, contractions: 0.7, spelling: 0.4, fillers: 0.6, openers: 0.5, clauses: 0.4, grouped: 0.5,
    ungrouped: 0.2, counts: 0.5, percent: 0.3, leading: 0.5, dollars: 0.3, displayed: 0.5, stops: 0.2, respelled: 0.8, spaced: 0.6,
    signs: 0.5, wrapped: 0.5, swapped: 0.5, marks: 0.7, tables: 0.6, listed: 0.5, split: 0.5, joined: 0.5, headings: 0.9,
    new_headings: 0.3, bold: 0.6, fenced: 0.5, summary: 0.15, delimiters: 0.6,
}  # fmt: skip
"""What may be done, in this order, and how often at full strength."""
