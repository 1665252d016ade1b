"""Intervals: of a mean by Student's t, of the difference of two means (Welch 1947, Biometrika 34), and of a share (Wilson 1927, JASA 22).

Written here, because it is all that we would want of SciPy. Seeds are few, so intervals are wide; that is what they are for.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

LEVEL = 0.95
PARTS = 1000
"""Of Simpson's rule, which is even; the integrand is smooth, so this is good to ten digits and more."""
Interval = tuple[float, float]


@functools.cache
def t_quantile(level: float, df: float) -> float:
    """The t that a variable with df degrees of freedom is within, on either side of 0, with this probability."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        low, high = (angle, high) if _within(angle, df) < level else (low, angle)
    return math.sqrt(df) * math.tan((low + high) / 2)


def _within(angle: float, df: float) -> float:
    """P(|T| <= sqrt(df) tan(angle)): with t = sqrt(df) tan(a) the density becomes cos(a)^(df - 1)."""
    scale = 2 * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    step = angle / PARTS
    weights = (1 if i in (0, PARTS) else 4 if i % 2 else 2 for i in range(PARTS + 1))
    return scale * step / 3 * math.fsum(w * math.cos(i * step) ** (df - 1) for i, w in enumerate(weights))


def mean(values: Sequence[float]) -> float:
    """The mean; ZeroDivisionError of nothing."""
    return math.fsum(values) / len(values)


def _error(values: Sequence[float], least: float) -> float:
    """Variance of the mean. least: a standard deviation below which none is believed."""
    middle = mean(values)
    spread = math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
    return max(spread, least**2) / len(values)


def interval(values: Sequence[float], least: float = 0.0, level: float = LEVEL) -> Interval | None:
    """The t interval of a mean; None of fewer than two values."""
    if len(values) < 2:
        return None
    half = t_quantile(level, len(values) - 1) * math.sqrt(_error(values, least))
    return mean(values) - half, mean(values) + half


def difference(a: Sequence[float], b: Sequence[float], least: float = 0.0, level: float = LEVEL) -> Interval | None:
    """Welch's interval of mean(a) - mean(b); None where one has fewer than two values."""
    if min(len(a), len(b)) < 2:
        return None
    parts = [(_error(one, least), len(one) - 1) for one in (a, b)]
    whole = math.fsum(error for error, _ in parts)
    middle = mean(a) - mean(b)
    if whole == 0:
        return middle, middle
    df = 1 / math.fsum((error / whole) ** 2 / degrees for error, degrees in parts)  # no square of a variance
    half = t_quantile(level, df) * math.sqrt(whole)
    return middle - half, middle + half


def wilson(right: float, n: float, level: float = LEVEL) -> Interval | None:
    """Wilson's interval of a share, without continuity correction; None of nothing. ValueError unless 0 <= right <= n.

    right: how many of n; a sum of shares where that is all there is. n: no whole number where it is the effective size of a sample.
    """
    if not 0 <= right <= n:
        raise ValueError(f"right={right}, n={n}: right is from 0 to n")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, more = right / n, z * z / n
    middle = (share + more / 2) / (1 + more)
    half = z / (1 + more) * math.sqrt(share * (1 - share) / n + more / (4 * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return 0.0 if right == 0 else low, 1.0 if right == n else high
