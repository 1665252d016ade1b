"""Interest: simple and compound, the rate, the years or the deposit from the amounts, and things that lose value."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from curation.synth.families import _interest_told as told
from curation.synth.families._calculation import exact
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, WARES, person

PHRASINGS = Phrasings("""
    simple: <name> lends <p> dollars at a simple interest rate of <r>% per year. How many dollars of interest does this \
        bring in <t> years?
    | A savings bank in <town> pays <r>% simple interest a year. How much interest, in dollars, do <p> dollars earn in \
        <t> years?
    total: <name> puts <p> dollars into an account that pays <r>% simple interest per year. How many dollars are in the \
        account after <t> years?
    | A loan of <p> dollars at <r>% simple interest a year is paid back in one sum after <t> years. How many dollars \
        are paid back?
    loss: <name> buys a <ware> for <p> dollars. It loses <r>% of its value every year. What is it worth, in dollars, \
        after <t> years?
    | A machine in a factory in <town> was new for <p> dollars, and each year its value falls by <r>%. Find its value \
        in dollars after <t> years.
    compound: <name> deposits <p> dollars at <r>% interest per year, compounded yearly. How many dollars are in the \
        account after <t> years?
    | The population of <town> is <p> and grows by <r>% every year. By this rule, what is it after <t> years?
    extra: By how many dollars does a deposit of <p> dollars at <r>% a year grow more with yearly compound interest than \
        with simple interest in <t> years?
    rate: A deposit of <p> dollars with simple interest has grown to <q> dollars after <t> years. What is the yearly \
        interest rate in percent?
    | <name> borrowed <p> dollars and paid back <q> dollars after <t> years of simple interest. What was the interest \
        rate in percent per year?
    years: How many years does it take until <p> dollars at <r>% simple interest per year have grown to <q> dollars?
    | At <r>% simple interest a year, a debt of <p> dollars has become <q> dollars. For how many years has it been \
        running?
    deposit: A deposit with <r>% interest a year, compounded yearly, is worth <q> dollars after <t> years. How many \
        dollars were deposited?
    | Growing by <r>% every year, the number of trees in a park in <town> has reached <q> after <t> years. How many \
        trees were there at the start?
""")
LEVEL_KINDS = (
    ("simple",),
    ("simple", "total"),
    ("total", "rate", "years", "loss"),
    ("compound", "loss", "years", "rate"),
    ("extra", "compound", "deposit"),
)
RATES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)
MAX_YEARS = 60


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, r = rng.choice(LEVEL_KINDS[level - 1]), rng.choice(RATES)
    t = rng.randint(2, 3 + 2 * level)
    p, q = rng.randint(2, 40 * level) * (50 if level > 1 else 100), 0
    if kind in ("compound", "loss", "extra", "deposit"):
        r, t = rng.choice((2, 4, 5, 10, 20, 25, 30, 40, 50)), rng.randint(2, 3 if level < 5 else 4)
        unit = (100 // _shared(r)) ** (t if kind == "deposit" else t - 1)
        p = unit * rng.randint(1, max(2, min(300 * level, 400_000 // unit)))
        if kind == "deposit":
            q = int(_value("compound", p, r, t))
    if kind in ("rate", "years"):
        q = p + p * r * t // 100
        p, q = (p, q) if p * r * t % 100 == 0 else (100 * p, 100 * p + p * r * t)
    words = {**person(rng), "town": rng.choice(TOWNS), "ware": rng.choice(WARES)}
    text = PHRASINGS.write(rng, kind, {**words, "p": p, "q": q, "r": r, "t": t})
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


def _shared(rate: int) -> int:
    return next(d for d in (50, 25, 20, 10, 5, 4, 2, 1) if rate % d == 0)


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable(_readings(text), solve)


def _readings(text: str) -> Iterator[Parsed]:
    for kind, w in PHRASINGS.read(text):
        numbers = tuple(int(w[name]) for name in "pqrt" if name in w)
        words = {name: value for name, value in w.items() if name not in ("p", "q", "r", "t")}
        yield Parsed(kind, numbers, words)


ORDER = {"rate": "pqt", "years": "pqr", "deposit": "qrt"}
"""Which numbers a kind has; all others have p, r and t."""


def _numbers(parsed: Parsed) -> dict[str, int]:
    return dict(zip(ORDER.get(parsed.kind, "prt"), parsed.numbers, strict=True))


def _value(kind: str, p: int, r: int, t: int, q: int = 0) -> Fraction:
    up, down = Fraction(100 + r, 100), Fraction(100 - r, 100)
    return {
        "simple": lambda: Fraction(p * r * t, 100),
        "total": lambda: p + Fraction(p * r * t, 100),
        "loss": lambda: p * down**t,
        "compound": lambda: p * up**t,
        "extra": lambda: p * up**t - p - Fraction(p * r * t, 100),
        "rate": lambda: Fraction(100 * (q - p), p * t),
        "years": lambda: Fraction(100 * (q - p), p * r),
        "deposit": lambda: q / up**t,
    }[kind]()


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    n = _numbers(parsed)
    p, r, t, q = n.get("p", 1), n.get("r", 1), n.get("t", 1), n.get("q", 0)
    compound = parsed.kind in ("loss", "compound", "extra", "deposit")
    if (
        min(n.values()) < 1
        or t > (12 if compound else MAX_YEARS)
        or r > 100
        or (parsed.kind in ("rate", "years") and q <= p)
    ):
        raise ValueError("amounts or years out of range")
    if parsed.kind == "loss" and r == 100:
        raise ValueError("nothing is left")
    return exact(_value(parsed.kind, p, r, t, q))


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    n = _numbers(parsed)
    p, r, t, q = n.get("p", 1), n.get("r", 1), n.get("t", 1), n.get("q", 0)
    answer, kind = solve(parsed), parsed.kind
    if kind in ("simple", "total"):
        return told.simple(answer, p, r, t, total=kind == "total")
    if kind in ("rate", "years"):
        return told.backwards(answer, p, q, t if kind == "rate" else r, kind)
    if kind in ("compound", "loss"):
        return told.compound(answer, p, r, t, sign=1 if kind == "compound" else -1)
    return told.extra(answer, p, r, t) if kind == "extra" else told.deposit(answer, q, r, t)
