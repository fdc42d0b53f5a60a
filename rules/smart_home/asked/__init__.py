"""What a sentence asks for: its actions in order, each with the device it names and what is to be done to it."""

from __future__ import annotations

from collections.abc import Sequence

from rules.smart_home.asked.clause import Clauses
from rules.smart_home.asked.each import one_value_each
from rules.smart_home.asked.left import still_to_be
from rules.smart_home.asked.model import Action
from rules.smart_home.asked.predicate import EXCEPT, leaves_out, power_command
from rules.smart_home.asked.sequence import read_all

__all__ = ["EXCEPT", "Clauses", "leaves_out", "power_command", "read_actions"]


def read_actions(clauses: Clauses) -> list[Action]:
    """Return the actions in the order in which they are said."""
    if clauses.numbers and ("从" in clauses.text or "由" in clauses.text):
        clauses = still_to_be(clauses)
    if ("分别" in clauses.text or "各自" in clauses.text) and (each := one_value_each(clauses)):
        return _dealt_out([read_all(one) for one in each])
    return read_all(clauses)


def _dealt_out(readings: Sequence[list[Action]]) -> list[Action]:
    """Return each action with its own of the values that every reading sets everywhere (分别调到26度和24度)."""
    actions = list(readings[0])
    if all(len(reading) == len(actions) for reading in readings):
        said = [[(one.command, one.arg) for one in at] for at in zip(*readings, strict=True)]
        places = [place for place, here in enumerate(said) if any(one != here[0] for one in here)]
        if not places:
            return actions
        own = [reading[place] for reading, place in zip(readings, places, strict=False)]
        alike = len({one.relative is None for one in own}) == 1 and all(one.command != "set" for one in own)
        if len(places) == len(readings) and alike:
            for place, one in zip(places, own, strict=True):
                actions[place] = one
            return actions
    return [action._replace(certain=False) for action in actions]  # more devices than values, or less
