"""TeX to SymPy by `latex2sympy2_extended`, and what can be shown of two results without a grader.

`differ` is how the report knows that an answer made wrong on purpose is wrong. It shares the TeX grammar with the graders and none of
their comparisons: values are taken at three fixed points, parts are compared one by one, and what cannot be shown is not claimed.
Nothing is ever evaluated as Python; expressions with enormous powers are not read at all.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

_HUGE = re.compile(r"\^\s*\{?\s*-?\d{4,}|\^\s*\{[^{}]*\^|\d{4,}\s*!|!\s*!|\\d?binom\s*\{\s*\d{4,}")
CLOSE = 1e-6


@lru_cache(maxsize=4096)
def parsed(text: str) -> Any | None:
    """A SymPy object, None if the grammar does not know the text."""
    if len(text) > 600 or _HUGE.search(text):
        return None
    logging.getLogger("latex2sympy2_extended").setLevel(logging.ERROR)
    from latex2sympy2_extended import latex2sympy

    try:
        return latex2sympy(text)
    except Exception:
        return None


def differ(left: Any, right: Any, margin: float = CLOSE, absolute: float = 0.0) -> bool:
    """Whether two SymPy objects are shown to be different: numbers by more than a share (`margin`) and an amount (`absolute`)."""
    import sympy

    if isinstance(left, sympy.Tuple | sympy.FiniteSet) and type(left) is type(right):
        return _parts(left, right, margin, absolute)
    if isinstance(left, sympy.Interval) and isinstance(right, sympy.Interval):
        ends = any(differ(a, b, margin, absolute) for a, b in ((left.start, right.start), (left.end, right.end)))
        return ends or (left.left_open, left.right_open) != (right.left_open, right.right_open)
    if isinstance(left, sympy.MatrixBase) and isinstance(right, sympy.MatrixBase):
        pairs = zip(left, right, strict=False)
        return left.shape != right.shape or any(differ(a, b, margin, absolute) for a, b in pairs)
    if isinstance(left, sympy.Eq) and isinstance(right, sympy.Eq):
        sides = (left.lhs, left.rhs, right.lhs, right.rhs)
        return all(map(_scalar, sides)) and not _proportional(sides[0] - sides[1], sides[2] - sides[3])
    if _scalar(left) and _scalar(right):
        return _values_differ(values(left), values(right), margin, absolute)
    return False


def _scalar(thing: Any) -> bool:
    import sympy

    return isinstance(thing, sympy.Expr) and not getattr(thing, "is_Matrix", False)


def _parts(left: Any, right: Any, margin: float, absolute: float) -> bool:
    import sympy

    if isinstance(left, sympy.Tuple):
        pairs = zip(left, right, strict=False)
        return len(left) != len(right) or any(differ(a, b, margin, absolute) for a, b in pairs)
    return any(
        all(differ(part, other, margin, absolute) for other in there.args)
        for here, there in ((left, right), (right, left))
        for part in here.args
    )


def values(expression: Any) -> list[complex] | None:
    """What an expression is worth at three fixed points, None where it cannot be worked out."""
    import sympy

    found = []
    for shift in (0.37, 1.21, 2.53):
        points = {symbol: shift + 0.1 * (sum(map(ord, symbol.name)) % 17) for symbol in expression.free_symbols}
        try:
            value = complex(sympy.N(expression.subs(points)))
        except Exception:
            return None
        if not abs(value) < 1e300:
            return None
        found.append(value)
    return found


def _values_differ(left: list[complex] | None, right: list[complex] | None, margin: float, absolute: float) -> bool:
    if left is None or right is None:
        return False
    return any(
        abs(a - b) > max(margin * max(abs(a), abs(b)), absolute, 1e-12) for a, b in zip(left, right, strict=True)
    )


def _proportional(left: Any, right: Any) -> bool:
    """Whether two sides of an equation may be multiples of each other; also where nothing can be said."""
    a, b = values(left), values(right)
    if a is None or b is None or not all(a) or not all(b):
        return True
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    return all(abs(ratio - ratios[0]) <= 1e-6 * abs(ratios[0]) for ratio in ratios)
