r"""Whether two LaTeX formulas are the same formula, written in different ways.

`normalised` reads TeX into a tree and prints it in one way. What a TeX user would call the same formula becomes the same string:
white space and spacing commands, redundant braces, sizes of fences, styles, colours and labels, synonyms (`\le`, `\leq`), `\over`,
primes, the order of scripts, fonts over letters or groups, upright words (`\mathrm`, `\text`, `\operatorname`, `\sin`), rules and
columns of arrays, environments that print the same rows and cells. What stays different: every symbol and digit, signs, which part
is an index or a power and of what, operands, cells and rows. Macros of packages (`\dv`, `\ce`) are not expanded.

No table of the converter is used here, so that its errors cannot hide.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tests.curation.tex_names import (
    ACCENTS,
    ARGUMENTS,
    BIG,
    DROPPED,
    DROPPED_WITH_ARGUMENT,
    ENVIRONMENTS,
    FENCED,
    FONTS,
    FUNCTIONS,
    SIZES,
    SWITCHES,
    SYNONYMS,
    TEXT,
    UNWRAPPED,
)  # fmt: skip

TOKEN = re.compile(r"\s*(\\(?:(?:operatorname|tag|hspace|vspace)\*|[A-Za-z]+|.)|\.\.\.|.)", re.S)
MAX_DEPTH = 60
Item = tuple  # (kind, ...): ("a", name), ("c", name, [arguments]), ("s", base, sub, sup), ("t", rows)
OPTIONS = ("array", "aligned", "split", "gathered", "alignedat", "multlined")
PAIRS = {
    "(": ")",
    "[": "]",
    r"\{": r"\}",
    r"\langle": r"\rangle",
    "|": "|",
    r"\lfloor": r"\rfloor",
    r"\lceil": r"\rceil",
}
INFIX = {
    r"\over": r"\frac", r"\overwithdelims": r"\frac", r"\above": r"\frac", r"\abovewithdelims": r"\frac", r"\choose": r"\binom",
    r"\atop": "atop", r"\atopwithdelims": "atop", r"\brack": "atop", r"\brace": "atop",
}  # fmt: skip
LINED = re.compile(r"\s*=?\s*\{?\s*-?[\d.]+\s*(?:mu|em|ex|pt|px|cm|mm|in|pc)\s*\}?")
NEGATED = {
    "=": r"\neq",
    r"\in": r"\notin",
    "<": r"\nless",
    ">": r"\ngtr",
    "|": r"\nmid",
    r"\sim": r"\nsim",
    r"\exists": r"\nexists",
}


def equal(a: str, b: str) -> bool:
    """Whether both are the same formula."""
    return normalised(a) == normalised(b)


@lru_cache(maxsize=50_000)
def normalised(tex: str) -> str:
    """The formula in the one way; without white space where it nests too deep or is no TeX."""
    tex = re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?", r"\1", tex).strip()
    for left, right in (("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)")):
        if tex.startswith(left) and tex.endswith(right) and len(tex) > len(left + right):
            tex = tex[len(left) : -len(right)]
            break
    try:
        return " ".join(map(show, Reader(tex).whole()))
    except NotTex:
        return "".join(tex.split())


class NotTex(Exception):
    """What cannot be read as one formula."""


def show(item: Item) -> str:
    kind = item[0]
    if kind == "a":
        return item[1]
    if kind == "c" and item[1] == "op":
        return " ".join(map(show, item[2][0]))
    if kind == "c":
        return item[1] + "".join("{" + " ".join(map(show, arg)) + "}" for arg in item[2])
    if kind == "t":
        return "tab{" + " \\\\ ".join(" & ".join(" ".join(map(show, cell)) for cell in row) for row in item[1]) + "}"
    base = " ".join(map(show, item[1]))
    base = base if len(item[1]) == 1 and item[1][0][0] != "s" else "{" + base + "}"
    return base + "".join(
        f"{mark}{{{' '.join(map(show, part))}}}" for mark, part in (("_", item[2]), ("^", item[3])) if part
    )


class Reader:
    """TeX from left to right."""

    def __init__(self, tex: str) -> None:
        self.tex, self.at, self.depth = tex, 0, 0

    def peek(self) -> str:
        match = TOKEN.match(self.tex, self.at)
        return match[1] if match and not match[1].isspace() else ""

    def next(self) -> str:
        match = TOKEN.match(self.tex, self.at)
        if not match:
            raise NotTex
        self.at = match.end()
        return match[1]

    def whole(self) -> list[Item]:
        items = self.row(())
        if self.peek():
            raise NotTex
        return items

    def row(self, ends: tuple[str, ...]) -> list[Item]:
        """Items up to one of the tokens that end it; a table where it has rows or cells of its own."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotTex
        rows: list[list[list[Item]]] = [[self.cell(ends)]]
        while (token := self.peek()) and token not in ends:
            self.next()
            if token == "&":
                rows[-1].append(self.cell(ends))
            else:
                self.spacing()
                rows.append([self.cell(ends)])
        self.depth -= 1
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else [table(rows)]

    def spacing(self) -> None:
        """The optional space behind the end of a row."""
        if match := re.compile(r"\*?\s*\[\s*-?[\d.]+\s*\w+\s*\]|\*").match(self.tex, self.at):
            self.at = match.end()

    def cell(self, ends: tuple[str, ...]) -> list[Item]:
        out: list[Item] = []
        base: list[Item] | None = None
        while (token := self.peek()) and token not in ends and token not in ("&", r"\\", r"\cr", r"\newline", "}"):
            if token in INFIX:
                self.next()
                return self.fraction(token, out + (base or []), ends)
            if token in SWITCHES:
                self.next()
                return out + (base or []) + in_font(SWITCHES[token], self.cell(ends))
            if token in (r"\degree", "°", r"\textdegree"):
                self.next()
                out += scripted(base or [], [], [("a", r"\circ")], False)
                base = None
                continue
            if token in ("^", "_", "'", "’") or token in (r"\limits", r"\nolimits", r"\displaylimits"):
                out += self.scripts(base or [])
                base = None
                continue
            out += base or []
            base = self.item()
        return out + (base or [])

    def fraction(self, token: str, over: list[Item], ends: tuple[str, ...]) -> list[Item]:
        r"""What `\over` and its like part, with the fences that they name."""
        left, right = {r"\brack": ("[", "]"), r"\brace": (r"\{", r"\}"), r"\choose": ("", "")}.get(token, ("", ""))
        if token.endswith("withdelims"):
            left, right = (self.next() for _ in range(2))
        if token.startswith(r"\above"):
            self.dimension()
        item = ("c", INFIX[token], [over, self.cell(ends)])
        return [*(atom(left) if left.strip(".") else []), item, *(atom(right) if right.strip(".") else [])]

    def scripts(self, base: list[Item]) -> list[Item]:
        """The scripts that follow, put to the last item before them."""
        sub: list[Item] = []
        sup: list[Item] = []
        limits = False
        while (token := self.peek()) in ("^", "_", "'", "’", r"\limits", r"\nolimits", r"\displaylimits") and token:
            self.next()
            if token in ("'", "’"):
                sup.append(("a", r"\prime"))
            elif token == "^":
                sup += self.argument()
            elif token == "_":
                sub += self.argument()
            else:
                limits = limits or token == r"\limits"
        return scripted(base, sub, sup, limits)

    def item(self) -> list[Item]:
        """One token with its arguments: no item, or one, or several."""
        token = self.next()
        if token == "{":
            items = self.row(("}",))
            if self.peek() != "}":
                raise NotTex
            self.next()
            return items
        if token.startswith("\\"):
            return self.command(token)
        return [] if token == "~" else atom(token)

    def argument(self) -> list[Item]:
        if not self.peek():
            return []
        if self.peek() in ("}", "&"):
            return []
        if self.peek() in SWITCHES:
            self.next()
            return []
        return self.item()

    def option(self) -> list[Item] | None:
        if self.peek() != "[":
            return None
        self.next()
        items = self.row(("]",))
        self.next() if self.peek() == "]" else None
        return items

    def raw(self) -> str:
        """The text of an argument as it stands."""
        if self.peek() != "{":
            return self.next() if self.peek() else ""
        self.next()
        start, depth = self.at, 1
        for mark in re.compile(r"\\.|[{}]", re.S).finditer(self.tex, start):
            depth += {"{": 1, "}": -1}.get(mark[0], 0)
            if depth == 0:
                self.at = mark.end()
                return self.tex[start : mark.start()]
        raise NotTex

    def dimension(self) -> None:
        if match := LINED.match(self.tex, self.at):
            self.at = match.end()

    def command(self, token: str) -> list[Item]:
        name = SYNONYMS.get(token, token)
        if token in SIZES:
            if self.peek() in (".", "<", ">", r"\lt", r"\gt"):
                return {"<": atom(r"\langle"), ">": atom(r"\rangle")}.get(SYNONYMS.get(mark := self.next(), mark), [])
            return []
        if name in DROPPED:
            return []
        if name in DROPPED_WITH_ARGUMENT:
            for _ in range(DROPPED_WITH_ARGUMENT[name]):
                self.option() if self.peek() == "[" else None
                self.raw()
            return []
        if name in (r"\hskip", r"\kern", r"\mskip", r"\mkern"):
            self.dimension()
            return []
        if name in TEXT:
            if name == r"\makebox":
                self.option()
                self.option()
            return in_font(TEXT[name], words(self.raw()))
        if name in FONTS:
            return in_font(FONTS[name], self.argument())
        if name in UNWRAPPED:
            for _ in range(UNWRAPPED[name]):
                self.raw()
            return self.argument()
        if name in FUNCTIONS:
            return in_font("rm", [("a", char) for char in FUNCTIONS[name]])
        if name == r"\begin":
            return self.environment()
        return self.structure(name)

    def structure(self, name: str) -> list[Item]:
        if name == r"\sqrt":
            degree = self.option()
            return [("c", "sqrt", [degree or [], self.argument()])]
        if name == r"\root":
            degree = self.row((r"\of",))
            self.next()
            return [("c", "sqrt", [degree, self.argument()])]
        if name in (r"\overset", r"\underset"):
            mark = self.argument()
            of = self.argument()
            return stacked(of, *((mark, []) if name == r"\underset" else ([], mark)))
        if name == r"\overunderset":
            over, under = self.argument(), self.argument()
            return stacked(self.argument(), under, over)
        if name == r"\sideset":
            before, behind, of = self.argument(), self.argument(), self.argument()
            attached = [item for item in behind if item[0] == "s" and not item[1]]
            return [
                *before,
                *(scripted(of, attached[0][2], attached[0][3], False) if attached else of),
                *behind[len(attached) :],
            ]
        if name in (r"\raise", r"\lower", r"\moveleft", r"\moveright"):
            self.dimension()
            return self.argument()
        if name in (r"\fbox", r"\framebox"):
            self.option()
            self.option()
            return [("c", "boxed", [in_font("rm", words(self.raw()))])]
        if name == r"\substack":
            return self.argument()
        if name == r"\mathop":
            inner = self.argument()
            return [("c", "op", [inner])] if len(inner) == 1 and not is_operator(inner) else inner
        if name == r"\pmod":
            return [("a", "("), *in_font("rm", [("a", c) for c in "mod"]), *self.argument(), ("a", ")")]
        if name.startswith(r"\x") and name.endswith(("arrow", "mapsto", "equal", "harpoons")):
            under = self.option() or []
            return [("c", name, [under, self.argument()])]
        if name in FENCED:
            left, env, right = FENCED[name]
            inner = self.argument()
            inner = inner if not env or (len(inner) == 1 and inner[0][0] == "t") else [table([[inner]])]
            return [*(atom(left) if left else []), *inner, *(atom(right) if right else [])]
        if name == r"\not":
            of = self.argument()
            known = NEGATED.get(of[0][1]) if len(of) == 1 and of[0][0] == "a" else None
            return atom(known) if known else [("c", "not", [of])]
        if name in ACCENTS or name in ARGUMENTS:
            if self.peek() == "[" and name in (r"\frac", r"\cancel", r"\bcancel", r"\xcancel"):
                self.option()
            count = ARGUMENTS.get(name, 1)
            return [("c", ACCENTS.get(name, name), [self.argument() for _ in range(count)])]
        return atom(name)

    def environment(self) -> list[Item]:
        name = self.raw().strip()
        plain = name.rstrip("*")
        self.option() if plain == "array" else None
        for _ in range(ENVIRONMENTS.get(plain, 0)):
            self.raw()
        if self.peek() == "[" and (plain in OPTIONS or (name != plain and "matrix" in plain)):
            self.option()
            self.option()
        inner = self.row((r"\end",))
        self.next() if self.peek() == r"\end" else None
        if self.raw().strip() != name:
            raise NotTex
        if plain in ("equation", "math", "displaymath", "subequations"):
            return inner
        body = inner if len(inner) == 1 and inner[0][0] == "t" else [table([[inner]])]
        left, right = {
            "p": ("(", ")"), "b": ("[", "]"), "B": (r"\{", r"\}"), "v": ("|", "|"), "V": (r"\|", r"\|"),
        }.get(plain[0] if plain.endswith(("matrix", "smallmatrix")) and plain[0] in "pbBvV" else "", ("", ""))  # fmt: skip
        if plain in ("cases", "dcases", "rcases", "drcases", "numcases"):
            left, right = (r"\{", "") if plain[0] != "r" and not plain.startswith("dr") else ("", r"\}")
        return [*(atom(left) if left else []), *body, *(atom(right) if right else [])]


def atom(name: str) -> list[Item]:
    return [("a", part) for part in SYNONYMS.get(name, name).split()] if name != " " else []


def table(rows: list[list[list[Item]]]) -> Item:
    """Rows without empty ends."""
    for row in rows:
        while len(row) > 1 and not row[-1]:
            row.pop()
    while len(rows) > 1 and rows[-1] == [[]]:
        rows.pop()
    if len(rows) == 1 and len(rows[0]) == 1 and len(rows[0][0]) == 1 and rows[0][0][0][0] == "t":
        return rows[0][0][0]
    return ("t", rows)


def words(text: str) -> list[Item]:
    """Characters of a text, with the formulas in it."""
    items: list[Item] = []
    for at, part in enumerate(re.split(r"(?<!\\)\$", text)):
        if at % 2:
            items += Reader(part).whole()
            continue
        part = re.sub(r"\\(?:text(?:rm|bf|it|tt|sf)?|mbox|mathrm|rm)\b", "", part)
        part = re.sub(r"\\[ ,;:!]|\\(?:q?quad|enspace)\b|~", " ", part)
        items += [("a", SYNONYMS.get(token, token)) for token in re.findall(r"\\[A-Za-z]+|\\.|[^\s{}]", part)]
    return items


def in_font(font: str, items: list[Item]) -> list[Item]:
    """The font on each letter. Italics are what letters are; upright makes no difference to what is no letter."""
    for name in reversed(font.split()[1:]):
        items, font = in_font(name, items), font.split()[0]
    if font in ("", "it"):
        return items
    return [dressed(font, item) for item in items]


def dressed(font: str, item: Item) -> Item:
    kind = item[0]
    if kind == "c" and item[1].startswith("font:"):
        bold = font in ("bf", "bs") and item[1] not in ("font:bf", "font:bs", "font:rm")
        return ("c", "font:bf", [[item]]) if bold else item
    if kind == "c":
        return ("c", item[1], [in_font(font, arg) for arg in item[2]])
    if kind == "s":
        return ("s", *(in_font(font, part) for part in item[1:]))
    if kind == "t":
        return ("t", [[in_font(font, cell) for cell in row] for row in item[1]])
    letter = len(item[1]) == 1 and item[1].isalpha()
    if font == "bs" and not letter:
        font = "bf"
    if font in ("rm", "sf", "tt", "cal") and not letter:
        return item
    return ("c", f"font:{font}", [[item]])


def is_operator(base: list[Item]) -> bool:
    """Whether limits are scripts to this: a large operator or an upright word."""
    return (len(base) == 1 and base[0][0] == "a" and base[0][1] in BIG) or (
        len(base) > 1 and all(item[0] == "c" and item[1] == "font:rm" for item in base)
    )


def stacked(of: list[Item], under: list[Item], over: list[Item]) -> list[Item]:
    if is_operator(of):
        return scripted(of, under, over, False)
    if len(of) == 1 and of[0][0] == "c" and of[0][1] == "stack":
        inner = of[0][2]
        if not (inner[1] and under) and not (inner[2] and over):
            return [("c", "stack", [inner[0], inner[1] or under, inner[2] or over])]
    return [("c", "stack", [of, under, over])]


def scripted(base: list[Item], sub: list[Item], sup: list[Item], limits: bool) -> list[Item]:
    """Scripts on the last item where the base is no group for the eye: digits, an upright word, a pair of fences."""
    if not sub and not sup:
        return base
    if len(base) == 1 and base[0][0] == "c" and base[0][1] == "op":
        return stacked(base[0][2][0], sub, sup)
    if limits and not is_operator(base):
        return stacked(base, sub, sup)
    plain = all((i[0] == "a" and i[1].isdigit()) or (i[0] == "c" and i[1] == "font:rm") for i in base)
    fenced = len(base) > 1 and base[0][0] == base[-1][0] == "a" and PAIRS.get(base[0][1]) == base[-1][1]
    if len(base) > 1 and (plain or fenced):
        return [*base[:-1], ("s", base[-1:], sub, sup)]
    if len(base) == 1 and base[0][0] == "s" and is_prime(base[0]) and not (base[0][2] and sub):
        return [("s", base[0][1], base[0][2] or sub, base[0][3] + sup)]
    return [("s", base, sub, sup)]


def is_prime(item: Item) -> bool:
    """Whether an item has no power but primes: `{f'}_1` prints as `f'_1`."""
    return bool(item[3]) and all(part == ("a", r"\prime") for part in item[3])
