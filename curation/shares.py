"""How much of a data set is for training, validation and test, and how much of a class is kept at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPLITS = ("train", "validation", "test")
"""The names of the splits, in the order in which they are shown."""


@dataclass(frozen=True)
class Shares:
    """How much of a data set's groups each split gets; raises `ValueError` unless the shares add up to one."""

    train: float = 0.9
    validation: float = 0.05
    test: float = 0.05
    seed: int = 0
    """Another seed draws other groups."""

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        shares = (self.train, self.validation, self.test)
        if not all(0 <= share <= 1 for share in shares) or not math.isclose(sum(shares), 1, abs_tol=1e-9):
            raise ValueError(f"shares {', '.join(map(str, shares))}: each from 0 to 1, together 1")

    def as_json(self) -> dict[str, Any]:
        """Return the shares as they stand in a version's source."""
        return {"train": self.train, "validation": self.validation, "test": self.test, "seed": self.seed}


USUAL = Shares()
"""Nine tenths for training, the rest for validation and test."""


def shares_fit(settings: Any) -> bool:
    """Tell whether the settings of a workspace say how to split."""
    if not isinstance(settings, Mapping) or not settings.keys() <= USUAL.as_json().keys():
        return False
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in settings.values()):
        return False
    try:
        return isinstance(Shares(**settings).seed, int)
    except ValueError:
        return False


@dataclass(frozen=True)
class Keep:
    """For some classes the largest share that each may have of all rows that go out."""

    share: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    """Another seed keeps other rows."""

    def as_json(self) -> dict[str, Any]:
        """Return the setting as it stands among what decides a version."""
        return {"seed": self.seed, "share": dict(sorted(self.share.items()))}


def keep_fits(settings: Any) -> bool:
    """Tell whether the settings of a workspace say which shares to keep."""
    if not isinstance(settings, Mapping) or not settings.keys() <= {"share", "seed"}:
        return False
    share, seed = settings.get("share", {}), settings.get("seed", 0)
    return (
        isinstance(share, Mapping)
        and all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1 for one in share.values())
        and isinstance(seed, int)
        and not isinstance(seed, bool)
    )
