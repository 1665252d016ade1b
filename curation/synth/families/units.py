"""Units: lengths, masses, times, volumes, areas and speeds, alone, mixed and in chains."""

from __future__ import annotations

from fractions import Fraction

from curation.synth.families import _units_told as told
from curation.synth.families._calculation import exact
from curation.synth.families._chain import Work
from curation.synth.families._family import Parsed, Phrasings, Problem, solvable
from curation.synth.families._rng import Rng
from curation.synth.families._words import TOWNS, VEHICLES, person

PHRASINGS = Phrasings("""
    convert: Convert <a> <from> to <to>.
    | How many <to> are <a> <from>?
    | <name> measures <a> <from>. Express this in <to>.
    tenths: Convert <a>.<b> <from> to <to>.
    | <name> has written down a value of <a>.<b> <from>. What is the same value in <to>?
    mixed: How many <small> are <a> <large> and <b> <small>?
    | Something that <name> measured comes to <a> <large> and <b> <small>. How much is that in <small> alone?
    speed: A <vehicle> drives at <a> kilometers per hour. What is its speed in meters per second?
    | The speed limit on the road to <town> is <a> kilometers per hour. Express it in meters per second.
    back: <name> covers <a> meters every second on the way to <town>. What is that in kilometers per hour?
    | The wind over <town> blows at <a> meters per second. How many kilometers per hour is that?
    flow: A tap drips <a> milliliters every minute. How many liters does it lose in <b> hours?
    | The pump at the well near <town> moves <a> milliliters of water per minute. How many liters is that in <b> hours?
    walk: <name> walks <a> meters every minute. How many kilometers does <he> walk in <b> hours at this pace?
    | A snail race in <town> is won at <a> meters per minute. How many kilometers would that be in <b> hours?
    heap: One <bead> weighs <a> grams. How many kilograms do <b> of them weigh?
    | A crate holds <b> pieces of <a> grams each. What is their weight in kilograms?
    old: On the old market of <town>, one <unit> was worth <a> <units2>, and one of the <units2> was worth <b> <units3>. \
        How many <units3> were <c> of the first kind worth?
    | In a game that <name> invented, <a> <units2> can be had for one <unit>, and <b> <units3> for one of the <units2>. \
        How many <units3> does <he> get for <c> pieces of the first kind?
    square: A piece of land near <town> measures <a> square <from>. How many square <to> is that?
    | Express <a> square <from> in square <to>.
""")
LEVEL_KINDS = (
    ("convert",),
    ("convert", "mixed", "heap"),
    ("tenths", "flow", "walk", "mixed"),
    ("speed", "back", "square", "flow"),
    ("old", "square", "speed", "walk"),
)
SIZES = {
    "length": {"millimeters": 1, "centimeters": 10, "decimeters": 100, "meters": 1000, "kilometers": 1_000_000},
    "mass": {"milligrams": 1, "grams": 1000, "kilograms": 1_000_000, "tonnes": 1_000_000_000},
    "time": {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800},
    "volume": {"milliliters": 1, "centiliters": 10, "deciliters": 100, "liters": 1000},
    "storage": {"bits": 1, "bytes": 8},
    "pieces": {"pieces": 1, "dozens": 12},
}
"""Units of each measure, in its smallest one."""
PAIRS = tuple((measure, x, y) for measure, units in SIZES.items() for x in units for y in units if x != y)
BEADS = "bead|marble|coin|screw|button|pebble|tile|battery|candle|walnut|chess piece|bolt".split("|")


def make(rng: Rng, level: int) -> Problem:
    """A problem of difficulty 1 to 5."""
    kind, top = rng.choice(LEVEL_KINDS[level - 1]), 20 * level
    a, b, c = rng.randint(2, top), rng.randint(2, 4 + 3 * level), rng.randint(2, 5 * level)
    first, second = "", ""
    if kind in ("convert", "mixed", "tenths", "square"):
        while True:
            measure, first, second = rng.choice(PAIRS)
            ratio = Fraction(SIZES[measure][first], SIZES[measure][second])
            if _fits(kind, measure, ratio, level):
                break
        if kind == "tenths":
            b = rng.randint(1, 9)
        elif kind == "mixed":
            b = rng.randint(1, int(ratio) - 1)
        elif ratio < 1:
            a *= int(1 / ratio) if level < 2 or rng.chance(0.5) else max(1, int(1 / ratio) // 10)
    if kind == "speed":
        a = rng.choice((rng.randint(1, 12) * 18, rng.randint(2, 24) * 9, rng.randint(10, 200)))
    if kind == "flow":
        a = rng.randint(2, 40) * 5
    if kind == "walk":
        a, b = rng.randint(10, 120), rng.randint(2, 12)
    if kind == "heap":
        a, b = rng.randint(2, 40 * level), rng.randint(3, 40) * rng.choice((1, 10, 25, 50))
    one, many, least = rng.choice(UNITS)
    words = {
        **person(rng),
        "town": rng.choice(TOWNS),
        "vehicle": rng.choice(VEHICLES),
        "bead": rng.choice(BEADS),
        "unit": one,
        "units2": many,
        "units3": least,
    }
    text = PHRASINGS.write(
        rng, kind, {**words, "from": first, "to": second, "large": first, "small": second, "a": a, "b": b, "c": c}
    )
    parsed = parse(text)
    assert parsed is not None, text
    return Problem(text, solve(parsed))


UNITS = (
    ("crown", "pennies", "farthings"),
    ("barrel", "jugs", "cups"),
    ("sack", "baskets", "handfuls"),
    ("castle", "towers", "bricks"),
    ("ruby", "pearls", "shells"),
    ("wagon", "crates", "boxes"),
    ("horse", "goats", "hens"),
    ("silver bar", "coins", "tokens"),
    ("blanket", "ribbons", "needles"),
    ("lantern", "candles", "matches"),
)


def _fits(kind: str, measure: str, ratio: Fraction, level: int) -> bool:
    large = 1 < ratio <= 1_000_000
    if kind == "square":
        return measure == "length" and (large or 1 < 1 / ratio <= 100) and max(ratio, 1 / ratio) <= 1000
    if kind == "mixed":
        return 1 < ratio <= 3600
    if kind == "tenths":
        return large and ratio.denominator == 1
    return (large and ratio <= 100_000) if level == 1 else max(ratio, 1 / ratio) <= 1_000_000


def _ratio(words: dict[str, str]) -> Fraction:
    """How many of the wanted unit one of the given unit is. ValueError if they don't measure the same."""
    given, wanted = words.get("from") or words["large"], words.get("to") or words["small"]
    for units in SIZES.values():
        if given in units and wanted in units:
            return Fraction(units[given], units[wanted])
    raise ValueError(f"{given} and {wanted} do not measure the same thing")


def parse(text: str) -> Parsed | None:
    """The problem that a text states, or None for anything else."""
    return solvable([PHRASINGS.positive(text)], solve)


def solve(parsed: Parsed) -> str:
    """The exact answer as TeX. ValueError if there is none."""
    kind, (a, b, c) = parsed.kind, (*parsed.numbers, 1, 1)[:3]
    if kind == "tenths" and b > 9:
        raise ValueError("one decimal only")
    if kind in ("convert", "tenths", "mixed", "square"):
        ratio = _ratio(parsed.words)
        if ratio == 1 or (kind == "mixed" and (ratio < 1 or b >= ratio)):
            raise ValueError("nothing to convert")
        value = {
            "convert": a * ratio,
            "tenths": Fraction(10 * a + b, 10) * ratio,
            "mixed": a * ratio + b,
            "square": a * ratio**2,
        }[kind]
    else:
        value = {
            "speed": Fraction(a * 1000, 3600),
            "back": Fraction(a * 3600, 1000),
            "flow": Fraction(a * b * 60, 1000),
            "walk": Fraction(a * b * 60, 1000),
            "heap": Fraction(a * b, 1000),
            "old": Fraction(a * b * c),
        }[kind]
    return exact(value)


def explain(parsed: Parsed, rng: Rng) -> Work:
    """What there is to tell about the solution."""
    kind, w, (a, b, c) = parsed.kind, parsed.words, (*parsed.numbers, 1, 1)[:3]
    answer = solve(parsed)
    if kind in ("convert", "tenths"):
        return told.tell_converted(answer, w["from"], w["to"], f"{a}.{b}" if kind == "tenths" else str(a), _ratio(w))
    if kind == "mixed":
        return told.tell_mixed(answer, w["large"], w["small"], a, b, int(_ratio(w)))
    if kind == "square":
        return told.tell_square(answer, w["from"], w["to"], a, _ratio(w))
    if kind in ("speed", "back"):
        return told.tell_speed(answer, a, back=kind == "back")
    if kind in ("flow", "walk"):
        return told.tell_rate(answer, a, b, ("milliliters", "liters") if kind == "flow" else ("meters", "kilometers"))
    return told.tell_heap(answer, a, b) if kind == "heap" else told.tell_old(answer, w, a, b, c)
