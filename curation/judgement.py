"""What the rules make of one record: the changes, the doubts, what becomes of it, and every attempt on the way."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from curation.edits import Target, moved
from curation.matching import Proposal
from curation.rewriting import Match
from curation.rule import Rule
from curation.text import Span

Facts = Mapping[str, frozenset[str]]
"""For each fact the values that hold."""


class Change(NamedTuple):
    """What one rule, or several that agree, made of an output; the edit of a record without the record."""

    rule: Rule
    also: tuple[str, ...]
    """Further rules that proposed the same."""
    target: Target
    patch: str
    inverse: str
    output: str
    """The output after the change."""
    span: Span | None
    """The characters of the instruction, as spoken, that it rests on; None: all of it."""
    note: str
    beside: Mapping[str, Any] = MappingProxyType({})
    """Other fields of the record after the change."""

    def at(self, pointer: str) -> Change:
        """Return the change of a record whose output stands at this JSON Pointer."""
        if self.target == "command" or pointer == "/output":
            return self  # a command's patch is taken to wherever the output stands
        return self._replace(patch=moved(self.patch, pointer), inverse=moved(self.inverse, pointer))


class Doubt(NamedTuple):
    """Why a person must look at a record."""

    kind: str
    """decline or conflict."""
    rule: str
    rule_digest: str
    reason: str
    found: str
    proposals: tuple[tuple[str, str], ...]
    """(rule, output) of everything that was proposed in the phase."""


class Judgement(NamedTuple):
    """What the rules make of one record."""

    changes: tuple[Change, ...]
    doubts: tuple[Doubt, ...]
    unreadable: tuple[str, str] | None
    """Reason and what was found, where the output is not one JSON object: the record is quarantined."""
    type_before: str
    type_after: str

    @property
    def disposition(self) -> str:
        """Return what becomes of the record, duplicates aside."""
        if self.unreadable:
            return "quarantined"
        if self.doubts:
            return "review"
        return "rewritten" if self.changes else "unchanged"


class Attempt(NamedTuple):
    """What one rule did with one record."""

    rule: Rule
    output: Any
    """The output as the rule found it."""
    facts: Facts
    """The facts about that output; none for a rule about its form."""
    match: Match | bool
    """What made it fire; true where only the form did, false where it did not fire."""
    proposal: Proposal


class RewriterFault(Exception):  # noqa: N818 - what it is
    """A rewriter failed, or made what cannot be written; the message names rule, rewriter, place and record."""

    @classmethod
    def of(cls, rule: Rule, error: Exception, instruction: str) -> RewriterFault:
        """Return the fault of a rule whose rewriter raised an error, or whose proposal did, on a record."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raised = f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
        return cls(
            f"{rule.path} of the pack {rule.pack}: the rewriter {rule.use} fails with {raised} on the record "
            f"{instruction[:80]!r}; mend it, or let it raise Decline where a person is to look"
        )


Watch = Callable[[Attempt], None]
"""Is told of every rule that is tried on a record, in order."""


def conflict(outputs: Iterable[tuple[Rule, str]]) -> Doubt:
    """Return the doubt about a phase whose rules propose different outputs."""
    shown = tuple((rule.id, output) for rule, output in outputs)
    rules = [rule for rule, _ in shown]
    return Doubt("conflict", rules[0], "", "rules propose different outputs", ", ".join(rules), shown)
