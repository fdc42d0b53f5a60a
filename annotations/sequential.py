"""How sure a share is, however often one looks.

A Wilson interval holds for one look at a number of answers fixed before. Whoever looks after every answer and stops
when the bound clears the bar is wrong more often than the 5 % it states: in the simulation of the tests, about three
times as often. A confidence sequence holds at all looks at once, so one may stop at any time, for any reason.

Used here is the beta-binomial mixture: H. Robbins, "Statistical methods related to the law of the iterated logarithm",
Annals of Mathematical Statistics 41 (1970); S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, "Time-uniform,
nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021), section 3.2. The ratio of the
answers' likelihood under a mixture of shares to that under one share is a martingale where this one is true, so by
Ville's inequality it ever reaches 1/alpha with a probability of at most alpha. The shares at which it is below that
are the interval.
"""

from __future__ import annotations

from typing import NamedTuple

ALPHA = 0.05
"""How often an interval may miss the truth: at one look for Wilson's, at any of all looks for the sequence."""

MANY = 20_000
"""Answers beyond which nobody asks."""

# The mixture. It decides how soon an answer is known, not whether the level holds: this one is quick where shares are
# near 0.98, as good rules' are.
_A, _B = 24.5, 0.5


class Interval(NamedTuple):
    """Where a share lies."""

    lower: float
    upper: float


def wilson(right: int, judged: int) -> Interval:
    """Return the 95 % Wilson interval of a share of which `right` of `judged` were seen."""
    from scipy.stats import binomtest

    if judged == 0:
        return Interval(0.0, 1.0)
    found = binomtest(right, judged).proportion_ci(confidence_level=1 - ALPHA, method="wilson")
    return Interval(float(found.low), float(found.high))


def sequence(right: int, judged: int) -> Interval:
    """Return the interval that, with a probability of 95 %, holds after every answer at once."""
    from scipy.optimize import brentq

    if judged == 0:
        return Interval(0.0, 1.0)
    share, tiny = right / judged, 1e-12

    def over(p: float) -> float:
        return evidence(right, judged, p)

    lower = 0.0 if right == 0 or over(tiny) < 0 else brentq(over, tiny, min(share, 1 - tiny))
    upper = 1.0 if right == judged or over(1 - tiny) < 0 else brentq(over, max(share, tiny), 1 - tiny)
    return Interval(float(lower), float(upper))


def evidence(right: int, judged: int, share: float) -> float:
    """Return how far the answers speak against a share: at 0 or more it is out, at the level stated."""
    from math import log, log1p

    from scipy.special import betaln

    wrong = judged - right
    mixed = float(betaln(_A + right, _B + wrong) - betaln(_A, _B))
    return mixed - right * log(share) - wrong * log1p(-share) + log(ALPHA)


def clears(right: int, judged: int, bar: float) -> bool:
    """Tell whether a share is surely at least `bar`: by the sequence and by Wilson's interval."""
    if judged == 0 or right < bar * judged:
        return False
    if bar <= 0:
        return True
    if bar >= 1:
        return False
    return evidence(right, judged, bar) >= 0 and wilson(right, judged).lower >= bar


def fails(right: int, judged: int, bar: float) -> bool:
    """Tell whether a share is surely below `bar`, so that further answers would be asked for nothing."""
    if judged == 0 or right >= bar * judged:
        return False
    return bar >= 1 or evidence(right, judged, bar) >= 0


def needed(right: int, judged: int, bar: float, share: float) -> int | None:
    """Return how many more answers clear the bar if `share` of them are right; None where that takes over `MANY`."""
    if bar >= 1 or share <= bar:
        return None

    def enough(more: int) -> bool:
        return clears(right + round(share * more), judged + more, bar)

    low, high = -1, 1
    if enough(0):
        return 0
    while not enough(high):
        low, high = high, 2 * high
        if high > MANY:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
