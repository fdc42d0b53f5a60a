"""One clause with what the readers of its predicate ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curation.text import Span
from rules.chinese.numbers import Number
from rules.smart_home.asked.clause import Clauses, Unit
from rules.smart_home.asked.model import Action, Mention, Relative
from rules.smart_home.vocabulary import Token


@dataclass(slots=True)
class Said:
    """One clause with what the readers of its predicate ask of it."""

    unit: Unit
    clauses: Clauses
    device: Mention | None
    """What it is done to: the device that the clause names, or that was spoken of before."""
    phrase: str
    verbs: Sequence[Token]
    kinds: list[str]
    """What the verbs ask for, in the order in which they are said."""
    odd: bool
    """Whether it may tell an intention, a reason or an exception, or count a time."""
    numbers: Sequence[Number]
    values: Sequence[Number]
    """Its numbers that are not part of a duration."""
    relative: Relative | None

    @property
    def span(self) -> Span:
        """Return where the clause stands."""
        return Span(self.unit.start, self.unit.end)

    def asks(self, command: str, arg: Mapping[str, Any] | None = None, *, certain: bool = True) -> list[Action]:
        """Return that this is asked of the device."""
        return self.asks_of(self.device, command, arg, certain=certain)

    def asks_of(
        self, device: Mention | None, command: str, arg: Mapping[str, Any] | None = None, *, certain: bool = True
    ) -> list[Action]:
        """Return that this is asked of another device, or of none."""
        return [Action(self.span, device, command, arg or {}, certain=certain)]

    @property
    def takes_back(self) -> bool:
        """Tell whether the clause cancels what it names."""
        return any(verb.text.startswith("取消") and verb.values["verbs"] == "delete" for verb in self.verbs)
