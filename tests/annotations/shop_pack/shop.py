"""The Python of the pack: a reader of small numbers and three rewriters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from curation.rewriting import Command, Decline, Folded, Match, Reading, Rewritten, Span, reader, rewriter

DIGITS = {"一": 1, "两": 2, "三": 3, "四": 4, "五": 5}


@reader("number")
def read_number(text: str) -> list[Reading]:
    """Return small numbers, in digits or Chinese."""
    return [
        Reading(Span(*found.span()), DIGITS.get(found[0]) or int(found[0]))
        for found in re.finditer("[0-9]+|[一两三四五]", text)
    ]


@rewriter("set_count")
def set_count(command: Command, _match: Match, _context: Shop, count: int) -> Rewritten:
    """Write how many were ordered; more than twenty is for a person."""
    if count > 20:
        raise Decline("more than anyone drinks", str(count))
    return Rewritten({**command, "count": count})


@rewriter("set_total")
def set_total(command: Command, _match: Match, _context: Shop, price: int) -> Rewritten:
    """Write what the order costs, which rests on the count; five are never charged."""
    if command.get("count") == 5:
        raise Decline("five are a gift", "5")
    return Rewritten({**command, "total": price * command["count"]})


@rewriter("set_sugar")
def set_sugar(command: Command, _match: Match, _context: Shop, sugar: str) -> Rewritten:
    """Write how sweet it is to be."""
    return Rewritten({**command, "sugar": sugar})


class Nothing:
    """What the shop reads in a sentence: nothing."""

    facts: Mapping[str, frozenset[str]] = {}


class Shop:
    """What the counter knows."""

    def analyse(self, text: Folded) -> Nothing:
        """Say nothing of the sentence."""
        return Nothing()

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return the kind of order, and whether it says how many."""
        kind = command.get("kind")
        return {
            "kind": frozenset({kind} if isinstance(kind, str) else ()),
            "count": frozenset({"present" if "count" in command else "absent"}),
        }


def open_context(_pack: Any, _catalogue: Any) -> Shop:
    """Return the counter."""
    return Shop()
