"""Accounts kept year by year; what is asked for backwards is solved for by SymPy."""

import sympy

from curation.synth.families._family import Parsed

X = sympy.Symbol("x")


def kept(amount: sympy.Expr, rate: sympy.Expr, years: int, *, compound: bool) -> sympy.Expr:
    first = amount
    for _ in range(years):
        amount += (amount if compound else first) * rate / 100
    return amount


def expected(parsed: Parsed) -> list[sympy.Expr]:
    p, second, third = map(sympy.Integer, parsed.numbers)
    found = {
        "simple": lambda: [kept(p, second, third, compound=False) - p],
        "total": lambda: [kept(p, second, third, compound=False)],
        "loss": lambda: [kept(p, -second, third, compound=True)],
        "compound": lambda: [kept(p, second, third, compound=True)],
        "extra": lambda: [kept(p, second, third, compound=True) - kept(p, second, third, compound=False)],
        "rate": lambda: sympy.solve(kept(p, X, third, compound=False) - second, X),
        "years": lambda: sympy.solve(p + X * p * third / 100 - second, X),
        "deposit": lambda: sympy.solve(kept(X, second, third, compound=True) - p, X),
    }[parsed.kind]
    return found()
