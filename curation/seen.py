"""What an output says by itself, and which rules the facts about command and sentence leave.

Both are worked out once and remembered: commands of one home come again and again, and so do combinations of facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from curation.command import Unreadable, parse_object, write
from curation.formats import Form, form
from curation.judgement import Facts
from curation.matching import suits_command, suits_sentence
from curation.pack import Pack
from curation.rewriting import Command, Context
from curation.rule import Rule

OUTPUTS = 20_000  # remembered, about 4 kB each
_FACTS = 10_000  # combinations of facts; packs state a few dozen

Known = frozenset[tuple[str, frozenset[str]]]
Said = tuple[tuple[str, frozenset[str]], ...]
"""The facts about a sentence, as a key."""


class Seen(NamedTuple):
    """What an output says by itself, whatever the sentence."""

    text: str
    form: Form
    written: str
    """The command in the one way that commands are written; empty where there is none."""
    command: Command | None
    unreadable: tuple[str, str]
    """Reason and what was found where there is no command; empty otherwise."""
    type: str
    """What reports count it under: its type, error, none or unreadable."""
    facts: Facts
    rules: tuple[tuple[Rule, ...], ...]
    """By phase, the rules that what is known of the command leaves."""
    known: Known = frozenset()
    """The facts, as a key; equal ones are one object."""
    always: bool = False
    """Whether one of these rules needs no word of the instruction."""


def type_of(command: Command, kind_key: str) -> str:
    """Return what reports count a command under: the type that stands under `kind_key`, error or none."""
    if "error" in command:
        return "error"
    kind = command.get(kind_key)
    return kind if isinstance(kind, str) else "none"


class Sight:
    """Sees outputs and sentences with the eyes of a pack."""

    def __init__(self, pack: Pack, context: Context, phases: Sequence[Sequence[Rule]]) -> None:
        """Remember nothing yet; `phases` are the rules about commands."""
        self._pack = pack
        self._context = context
        self._phases = phases
        self.see = lru_cache(maxsize=OUTPUTS)(self._see)
        self._left_by_command = lru_cache(maxsize=_FACTS)(self._leave_by_command)
        self._left_by_both = lru_cache(maxsize=_FACTS)(self._leave_by_both)

    def left(self, seen: Seen, said: Said) -> tuple[tuple[Rule, ...], ...]:
        """Return by phase the rules that what is known of command and sentence leaves, their patterns aside."""
        return self._left_by_both(seen.known, said)

    def _see(self, text: str) -> Seen:
        order = self._pack.order
        try:
            command = parse_object(text)
        except Unreadable as error:
            return Seen(text, form(text, order), "", None, (error.reason, error.found), "unreadable", {}, ())
        facts = self._context.describe(command)
        written = write(command, order)
        how: Form = "canonical" if written == text else "loose"
        known, rules, always = self._left_by_command(frozenset(facts.items()))
        kind = type_of(command, self._pack.kind_key)
        return Seen(text, how, written, command, ("", ""), kind, facts, rules, known, always)

    def _leave_by_command(self, known: Known) -> tuple[Known, tuple[tuple[Rule, ...], ...], bool]:
        facts = dict(known)
        left = tuple(tuple(rule for rule in rules if suits_command(rule, facts)) for rules in self._phases)
        return known, left, any(rule.literals is None for rules in left for rule in rules)

    def _leave_by_both(self, known: Known, said: Said) -> tuple[tuple[Rule, ...], ...]:
        facts = dict(said)
        _, left, _ = self._left_by_command(known)
        return tuple(tuple(rule for rule in rules if suits_sentence(rule, facts)) for rules in left)
