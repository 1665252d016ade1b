"""Brute force: every order, choice, code and path is listed or walked, and those that fit are counted."""

from functools import cache
from itertools import combinations, permutations, product
from math import prod

import sympy

from curation.synth.families._family import Parsed


@cache
def walks(right: int, up: int) -> int:
    return 1 if not right or not up else walks(right - 1, up) + walks(right, up - 1)


@cache
def orders(counts: tuple[int, ...]) -> int:
    """Words with so many of each letter, by their first letter."""
    if not any(counts):
        return 1
    rest = [(*counts[:i], k - 1, *counts[i + 1 :]) for i, k in enumerate(counts) if k]
    return sum(orders(tuple(sorted(row))) for row in rest)


@cache
def subsets(n: int, k: int) -> int:
    return sum(1 for _ in combinations(range(n), k))


def neighbors(n: int) -> int:
    return sum(abs(order.index(0) - order.index(1)) == 1 for order in permutations(range(n)))


def expected(parsed: Parsed) -> list[sympy.Expr]:
    n = parsed.numbers
    a, b, c, d = (*n, 0, 0, 0)[:4]
    table = {
        "outfits": lambda: sum(1 for _ in product(range(a), range(b), range(c))),
        "row": lambda: orders((1,) * a),
        "podium": lambda: sum(1 for _ in permutations(range(a), b)),
        "committee": lambda: subsets(a, b),
        "mixed": lambda: subsets(a, c) * subsets(b, d),
        "least": lambda: sum(min(group) < a for group in combinations(range(a + b), c)),
        "paths": lambda: walks(a, b),
        "through": lambda: walks(a, b) * walks(c - a, d - b),
        "code": lambda: prod([b] * a + [10] * c),
        "distinct": lambda: sum(1 for _ in permutations(range(b + 1), a)),
        "handshakes": lambda: subsets(a, 2),
        "letters": lambda: orders(tuple(sorted(n))),
        "together": lambda: neighbors(a),
        "apart": lambda: orders((1,) * a) - neighbors(a),
    }
    return [sympy.Integer(table[parsed.kind]())]
