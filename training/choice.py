"""Which of several is better, where the items that both were asked can tell, and by what else where they cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from training.metrics import Gain, gain


@dataclass(frozen=True)
class Leaders:
    """Who does best by one measure, and who cannot be told from the best."""

    best: str
    """The first of those with the highest mean."""
    behind: Mapping[str, Gain]
    """How far each of the others is behind the best, item by item."""

    @property
    def alike(self) -> list[str]:
        """Return the best and those whose interval of the difference reaches 0, in the order they were given."""
        return [name for name in self.behind if self.behind[name].low <= 0]


def leaders(scores: Mapping[str, Sequence[float]]) -> Leaders:
    """Return who leads by the scores of the same items, one list a name, by a paired bootstrap over the items.

    The intervals are 95 % each, not together: of many that are equally good, one in forty is called worse.
    """
    best = max(scores, key=lambda name: fmean(scores[name]))
    return Leaders(best, {name: gain(scores[best], scores[name]) for name in scores})


@dataclass(frozen=True)
class Choice:
    """What is recommended."""

    name: str
    why: Sequence[str]
    """One sentence a step, in the order of the steps."""
    alike: Sequence[str]
    """Those that the items could not tell apart, the recommended one among them."""

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {"name": self.name, "why": list(self.why), "alike": list(self.alike)}
