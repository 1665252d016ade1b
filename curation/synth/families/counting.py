"""Counting: orders, choices, codes, shortest ways on a grid, handshakes, words with equal letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import comb, factorial, perm, prod

from curation.synth.families import _counting_rows_told as rows
from curation.synth.families import _counting_told as told
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, person

PHRASINGS = Phrasings("""
    outfits: <name> has <a> shirts, <b> pairs of trousers and <c> hats. In how many ways can <he> put together an \
        outfit with one of each?
    | A restaurant in <town> offers <a> starters, <b> main courses and <c> desserts. How many different \
        three-course meals can be ordered?
    row: In how many different orders can <name> place <a> different <things> side by side on a shelf?
    | There are <a> different <things> to be lined up in a row by <name>. How many arrangements are possible?
    podium: In a race in <town> with <a> runners, the first <b> places are decided. How many different results for \
        these places are possible if there are no ties?
    | The <club> club in <town> has <a> members and gives <b> different offices to <b> different members. In how \
        many ways can the offices be filled?
    committee: From the <a> members of the <club> club in <town>, a group of <b> is chosen. How many different \
        groups are possible?
    | The <club> club has <a> members. In how many ways can <name> pick <b> of them for a team?
    mixed: The <club> club in <town> has <a> women and <b> men. How many committees of <c> women and <d> men can be \
        formed?
    | A box holds <a> different red <things> and <b> different blue <things>. In how many ways can <name> choose \
        <c> red and <d> blue ones?
    least: The <club> club in <town> has <a> women and <b> men. How many committees of <c> people contain at least \
        one woman?
    | From <a> teachers and <b> students in <town>, a jury of <c> people is chosen. In how many ways can this be \
        done if at least one teacher has to be on it?
    paths: How many shortest routes lead from one corner of a grid of streets in <town> to the opposite one, if \
        every route goes <a> blocks east and <b> blocks north?
    | On a square grid a <piece> moves from $(0, 0)$ to $(<a>, <b>)$, one unit to the right or one unit up at a \
        time. How many different paths can it take?
    through: On a square grid a <piece> moves from $(0, 0)$ to $(<c>, <d>)$, one unit to the right or one unit up \
        at a time, and must pass through $(<a>, <b>)$. How many such paths are there?
    code: A <lock> code consists of <a> letters from an alphabet of <b> letters, followed by <c> digits. Letters \
        and digits may be repeated. How many codes are possible?
    | In <town> a license plate has <a> letters, each one of <b> allowed letters, and then <c> digits, where \
        repeats are allowed. How many different plates can there be?
    distinct: A <lock> code consists of <a> digits from 0 to <b>, and no digit may be used twice. How many codes \
        are possible?
    handshakes: At a meeting of the <club> club in <town>, each of the <a> people shakes hands with every other one \
        exactly once. How many handshakes are there?
    | In a <club> tournament with <a> players, everyone plays exactly one game against each of the others. How many \
        games are played?
    letters: How many different arrangements do the letters of <word> have, if all of them are used?
    | In how many distinguishable ways can all the letters of <word> be written in a row?
    | <name> has letter tiles that spell <word>. How many different rows can <he> make with all of the tiles?
    together: <a> friends from <town> sit in a row of <a> chairs. In how many ways can they do that if two of them, \
        <name> and <other>, sit next to each other?
    apart: <a> friends from <town> sit in a row of <a> chairs. In how many ways can they do that if two of them, \
        <name> and <other>, do not sit next to each other?
""")
THINGS = (
    "books|vases|photographs|trophies|candles|plants|clocks|figurines|postcards|jars|masks|bottles|shells|lamps".split(
        "|"
    )
)
CLUBS = "chess|rowing|drama|hiking|photography|debating|science|garden|film|running|table tennis|badminton|sailing|astronomy".split(
    "|"
)
PIECES = "robot|beetle|token|counter|snail|toy car|marker|game piece|ladybird|pawn".split("|")
LOCKS = "locker|bicycle|gate|safe|suitcase|garage|door|vault|alarm|archive".split("|")
WORDS = (
    "LEVEL BANANA COFFEE PEPPER LETTER TOMATO COCOA RADAR BALLOON PARALLEL CANAL COMMITTEE GEOMETRY ALGEBRA NUMBER "
    "SUCCESS MISSISSIPPI STATISTICS ASSESS POSSESS KAYAK EERIE PAPAYA BAMBOO BOTTLE CARROT CHEESE COOKIE DINNER "
    "EFFECT GIGGLE HAMMER KITTEN LLAMA MAMMAL NOODLE OFFICE PIZZA PUPPET RABBIT SADDLE SUMMER TENNIS TUNNEL VOODOO "
    "YELLOW ZIGZAG ACCESS BUTTER CEREAL DESSERT ENERGY GOGGLES HARROW INDIGO JACKET MINIMUM ONION PEPPERED REFERRER "
    "SENSE TATTOO UNUSUAL CINNAMON ARARAT ALFALFA ABACUS CASCADE DECIDED EXCESS FREEZE GARAGE HOTSHOT INNING LULLABY "
    "MADAM NONSENSE OPPOSE PEEPHOLE ROTATOR SHELLS"
).split()
LEVEL_KINDS = (
    ("outfits", "outfits", "row"),
    ("row", "podium", "handshakes", "distinct"),
    ("podium", "committee", "paths", "code", "letters"),
    ("mixed", "code", "committee", "letters", "together"),
    ("mixed", "least", "through", "apart", "letters"),
)
LARGEST = 10**15


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind = rng.choice(LEVEL_KINDS[level - 1])
    low, high = (2, 7 + 3 * level) if kind == "outfits" else (3, 5 + level)
    a, b, c, d = (rng.randint(low, high) for _ in range(4))
    if kind == "row":
        a = rng.randint(3, 5 + level)
    if kind in ("podium", "committee"):
        a, b = rng.randint(6, 9 + 3 * level), rng.randint(2, 4)
    if kind in ("mixed", "least"):
        a, b = rng.randint(4, 7 + level), rng.randint(4, 7 + level)
        c, d = (rng.randint(2, 3), rng.randint(1, 3)) if kind == "mixed" else (rng.randint(2, 4), 0)
    if kind == "code":
        a, b, c = rng.randint(2, 3), rng.randint(3, 26), rng.randint(2, 4)
    if kind == "distinct":
        a, b = rng.randint(2, 4), rng.randint(4, 9)
    if kind == "handshakes":
        a = rng.randint(5, 30)
    if kind == "through":
        a, b = rng.randint(1, 4), rng.randint(1, 4)
        c, d = a + rng.randint(1, 4), b + rng.randint(1, 4)
    if kind in ("together", "apart"):
        a = rng.randint(4, 8)
    words = {
        "things": rng.choice(THINGS),
        "club": rng.choice(CLUBS),
        "piece": rng.choice(PIECES),
        "lock": rng.choice(LOCKS),
    }
    words |= person(rng) | {"town": rng.choice(TOWNS), "word": _letters(rng, level)}
    words["other"] = rng.choice([n for n in ("Noor", "Felix", "Mira", "Jonas", "Tessa", "Omar") if n != words["name"]])
    text = PHRASINGS.write(rng, kind, words | {"a": a, "b": b, "c": c, "d": d})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def _letters(rng: Rng, level: int) -> str:
    """A word with repeated letters, or just some letters in order."""
    if rng.chance(0.4):
        return rng.choice([word for word in WORDS if len(word) <= 4 + 2 * level])
    start = rng.randint(0, 20)
    counts = [rng.randint(1, 3) for _ in range(rng.randint(2, max(2, level)))] + [2]
    return "".join(chr(65 + start + i) * count for i, count in enumerate(counts[:5]))


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    parsed = PHRASINGS.integers(text)
    if parsed is None:
        return None
    if parsed.kind == "letters":
        counts = Counter(parsed.words["word"])
        parsed = parsed._replace(numbers=tuple(counts.values()), words=parsed.words | {"letters": "".join(counts)})
    return solvable([parsed], solve)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, n = parsed.kind, parsed.numbers
    a, b, c, d = (*n, 0, 0, 0)[:4]
    if any(x < 1 for x in n) or max(n) > (30 if kind != "handshakes" else 1000):
        raise ValueError("out of range")
    fits = {
        "podium": lambda: b <= a, "committee": lambda: b <= a, "mixed": lambda: c <= a and d <= b,
        "least": lambda: c <= a + b, "through": lambda: a <= c and b <= d, "code": lambda: 1 < b <= 26 and a > 1 < c and a + c <= 10,
        "distinct": lambda: b <= 9 and a <= b + 1, "together": lambda: a > 2, "apart": lambda: a > 2,
    }  # fmt: skip
    if not fits.get(kind, lambda: True)():
        raise ValueError("there is no such choice")
    value = {
        "outfits": lambda: a * b * c,
        "row": lambda: factorial(a),
        "podium": lambda: perm(a, b),
        "committee": lambda: comb(a, b),
        "mixed": lambda: comb(a, c) * comb(b, d),
        "least": lambda: comb(a + b, c) - comb(b, c),
        "paths": lambda: comb(a + b, a),
        "through": lambda: comb(a + b, a) * comb(c - a + d - b, c - a),
        "code": lambda: b**a * 10**c,
        "distinct": lambda: perm(b + 1, a),
        "handshakes": lambda: a * (a - 1) // 2,
        "letters": lambda: factorial(sum(n)) // prod(map(factorial, n)),
        "together": lambda: 2 * factorial(a - 1),
        "apart": lambda: factorial(a) - 2 * factorial(a - 1),
    }[kind]()
    if value > LARGEST:
        raise ValueError("too many to write down")
    return str(value)


TELL: dict[str, Callable[..., Work]] = {
    "outfits": told.outfits,
    "row": rows.row,
    "podium": told.podium,
    "mixed": told.mixed,
    "least": told.least,
    "paths": rows.paths,
    "handshakes": told.handshakes,
    "letters": rows.letters,
    "together": rows.together,
    "apart": rows.apart,
}
"""Who tells which kind, given the answer, the words and the numbers."""
BARE: dict[str, Callable[..., Work]] = {
    "committee": told.committee,
    "through": rows.through,
    "code": told.code,
    "distinct": told.distinct,
}
"""And without the words."""


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, answer, numbers = parsed.kind, solve(parsed), parsed.numbers
    return BARE[kind](answer, *numbers) if kind in BARE else TELL[kind](answer, parsed.words, *numbers)
