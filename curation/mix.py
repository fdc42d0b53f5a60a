"""How many records of each class bring a data set closest to a target mix."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def balanced(have: Mapping[str, int], mix: Mapping[str, float], size: int) -> dict[str, int]:
    """Return how many of `size` new records are of each class of `mix`.

    Classes that have more already than their share of what there will be get none; the others share in proportion to
    what they lack, by largest remainder, and equal remainders by name. What stands outside the mix does not count.
    """
    total = sum(have.get(label, 0) for label in mix) + size
    lacking = {label: max(Fraction(0), Fraction(share) * total - have.get(label, 0)) for label, share in mix.items()}
    whole = sum(lacking.values())
    exact = {label: lack * size / whole for label, lack in lacking.items()}
    counts = {label: int(amount) for label, amount in exact.items()}
    by_remainder = sorted(exact, key=lambda label: (counts[label] - exact[label], label))
    for label in by_remainder[: size - sum(counts.values())]:
        counts[label] += 1
    return counts
