"""Worked computations with sets and statements."""

from __future__ import annotations

from collections.abc import Callable

from curation.embedded._derive import So, p, show, so, table, task
from curation.embedded._page import Block
from curation.synth.families._rng import Rng


def survey(rng: Rng) -> list[Block]:
    """Inclusion and exclusion for three sets."""
    regions = [rng.randint(1, 20) for _ in range(7)]
    a, b, c, ab, ac, bc, abc = regions
    none = rng.randint(0, 25)
    n = sum(regions) + none
    things = rng.sample(
        "tea, coffee, cocoa, milk, chess, tennis, rowing, French, Latin, Spanish, piano, harp, flute, jazz, opera".split(
            ", "
        ),
        3,
    )
    sizes = [a + ab + ac + abc, b + ab + bc + abc, c + ac + bc + abc]
    pairs = [ab + abc, ac + abc, bc + abc]
    return [
        p(rng, f"Of ${n}$ people asked, ${sizes[0]}$ like {things[0]}, ${sizes[1]}$ like {things[1]} and ${sizes[2]}$ like {things[2]}. "
          f"The first and the second are liked by ${pairs[0]}$, the first and the third by ${pairs[1]}$, the second and the third by "
          f"${pairs[2]}$, and all three by ${abc}$."),
        p(rng, "How many like none of the three?", f"{task(rng, 'find')} the number of those who like none."),
        show(f"{sizes[0]} + {sizes[1]} + {sizes[2]} - {pairs[0]} - {pairs[1]} - {pairs[2]} + {abc} = {sum(regions)}"),
        p(rng, f"These like at least one, {so(rng)} ${n} - {sum(regions)} = {none}$ like none.",
          f"{So(rng)} ${none}$ of the ${n}$ like none of them."),
        p(rng, f"Exactly one is liked by ${a} + {b} + {c} = {a + b + c}$ people.",
          f"Only {things[0]} is liked by ${sizes[0]} - {pairs[0]} - {pairs[1]} + {abc} = {a}$ people."),
    ]  # fmt: skip


_FORMULAS: tuple[tuple[str, Callable[[bool, bool], bool]], ...] = (
    ("p \\Rightarrow q", lambda a, b: not a or b), ("\\neg p \\lor q", lambda a, b: not a or b), ("p \\land \\neg q",
    lambda a, b: a and not b),
    ("\\neg (p \\land q)", lambda a, b: not (a and b)), ("\\neg p \\lor \\neg q", lambda a, b: not a or not b),
    ("\\neg (p \\lor q)", lambda a, b: not (a or b)), ("\\neg p \\land \\neg q", lambda a, b: not a and not b),
    ("p \\Leftrightarrow q", lambda a, b: a == b), ("\\neg q \\Rightarrow \\neg p", lambda a, b: b or not a),
    ("q \\Rightarrow p", lambda a, b: not b or a), ("(p \\land q) \\lor (\\neg p \\land \\neg q)", lambda a, b: a == b),
    ("p \\lor (p \\land q)", lambda a, b: a), ("p \\land (p \\lor q)", lambda a, b: a), ("\\neg (p \\Rightarrow q)",
    lambda a, b: a and not b),
)  # fmt: skip


def truth_table(rng: Rng) -> list[Block]:
    """Two statements compared."""
    (one, f), (two, g) = rng.sample(_FORMULAS, 2)
    a, b = rng.choice((("p", "q"), ("a", "b"), ("r", "s"), ("u", "v")))
    one, two = (t.replace("q", b).replace("p", a) for t in (one, two))  # no command here has these letters
    yes, no = rng.choice((("T", "F"), ("1", "0"), ("true", "false"), ("t", "f")))
    say = (no, yes)
    cases = [(True, True), (True, False), (False, True), (False, False)]
    equal = [f(*c) == g(*c) for c in cases]
    where = next((c for c, e in zip(cases, equal, strict=True) if not e), (True, True))
    return [
        p(rng, f"{task(rng, 'compare')} ${one}$ and ${two}$.", f"Are ${one}$ and ${two}$ equivalent?",
          f"A truth table for ${one}$ and ${two}$:"),
        table([f"${a}$", f"${b}$", f"${one}$", f"${two}$"], *[[say[x], say[y], say[f(x, y)], say[g(x, y)]] for x, y in cases]),
        p(rng, f"The last two columns agree, {so(rng)} the statements are equivalent.",
          "They have the same truth values in every case and mean the same.")
        if all(equal) else
        p(rng, f"They differ when ${a}$ is {'true' if where[0] else 'false'} and ${b}$ is "
          f"{'true' if where[1] else 'false'}, {so(rng)} they are not equivalent.",
          f"In {equal.count(False)} of four rows the values differ; the statements are not equivalent."),
        p(rng, f"The first one is true in {sum(f(*c) for c in cases)} of the four cases.",
          "Note that a single row is enough to refute an equivalence.",
          f"The second one is false in {4 - sum(g(*c) for c in cases)} of four cases."),
    ]  # fmt: skip


def _set(values: set[int]) -> str:
    return f"\\{{ {', '.join(map(str, sorted(values)))} \\}}" if values else "\\emptyset"


def set_operations(rng: Rng) -> list[Block]:
    """Union, intersection, differences and sizes of two sets."""
    a, b = set(rng.sample(range(1, 16), rng.randint(4, 6))), set(rng.sample(range(1, 16), rng.randint(4, 6)))
    x, y = rng.choice((("A", "B"), ("M", "N"), ("S", "T"), ("X", "Y"), ("U", "V")))
    return [
        p(rng, f"Let ${x} = {_set(a)}$ and ${y} = {_set(b)}$.", f"Two sets are given by ${x} = {_set(a)}$ and ${y} = {_set(b)}$."),
        show(f"{x} \\cup {y} = {_set(a | b)}, \\quad {x} \\cap {y} = {_set(a & b)}"),
        p(rng, f"The differences are ${x} \\setminus {y} = {_set(a - b)}$ and ${y} \\setminus {x} = {_set(b - a)}$.",
          f"Only in ${x}$ are the elements of ${_set(a - b)}$, only in ${y}$ those of ${_set(b - a)}$."),
        show(f"{len(a)} + {len(b)} - {len(a & b)} = {len(a | b)}"),
        p(rng, "This is the number of elements of the union.",
          f"{So(rng)} the union has ${len(a | b)}$ elements, and its power set $2^{{{len(a | b)}}} = "
          f"{2 ** len(a | b)}$."),
        p(rng, f"The product ${x} \\times {y}$ has ${len(a)} \\cdot {len(b)} = {len(a) * len(b)}$ elements.",
          f"The symmetric difference is ${_set(a ^ b)}$."),
    ]  # fmt: skip
