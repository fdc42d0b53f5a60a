"""The Python of the toy pack: one reader, two rewriters, facts about manner and count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from curation.rewriting import Command, Decline, Folded, Match, Reading, Rewritten, Span, reader, rewriter

DIGITS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5}


@reader("number")
def read_number(text: str) -> list[Reading]:
    """Return small numbers, in digits or Chinese."""
    found = re.finditer(r"[0-9]+|[一二两三四五]", text)
    return [Reading(Span(*m.span()), DIGITS.get(m[0]) or int(m[0])) for m in found]


read_number.literals = frozenset("0123456789一二两三四五")  # type: ignore[attr-defined]


@rewriter("set_count")
def set_count(command: Command, _match: Match, _context: Cafe, count: int, most: int = 9) -> Rewritten:
    """Write how many were ordered; more than `most` is for a person."""
    if count > most:
        raise Decline("more than anyone drinks", str(count))
    return Rewritten({**command, "count": count})


@rewriter("set_options")
def set_options(command: Command, _match: Match, _context: Cafe, options: Mapping[str, str]) -> Rewritten | None:
    """Write options that the order lacks."""
    old = command.get("options", {})
    return None if old else Rewritten({**command, "options": {**options, **old}})


class Manner(NamedTuple):
    """How the order was said."""

    facts: Mapping[str, frozenset[str]]


class Cafe:
    """What the counter knows: the menu."""

    def __init__(self, menu: Mapping[str, Any]) -> None:
        """Keep the menu."""
        self.menu = menu

    def analyse(self, text: Folded) -> Manner:
        """Tell polite orders from plain ones."""
        polite = re.search("请|麻烦|谢", text.text)
        return Manner({"manner": frozenset({"polite" if polite else "plain"})})

    def describe(self, command: Command) -> Mapping[str, frozenset[str]]:
        """Return the kind of order, and whether it says how many."""
        kind = command.get("kind")
        return {
            "kind": frozenset({kind} if isinstance(kind, str) else ()),
            "count": frozenset({"present" if "count" in command else "absent"}),
        }


def open_context(_pack: Any, catalogue: Mapping[str, Any] | None) -> Cafe:
    """Return the counter with this menu."""
    return Cafe(catalogue or {})
