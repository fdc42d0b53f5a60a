"""Why a record comes out as it does: what was read in the sentence, and what every rule made of it, phase by phase.

The engine runs as it always does and is watched; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from curation.command import write
from curation.engine import Attempt, Change, Engine, Judgement
from curation.formats import Reformatted, form
from curation.lexicon import Lexicon
from curation.matching import Missed, misses
from curation.rewriting import Decline, Rewritten
from curation.rule import Rule
from curation.rule_check import GROUPS
from curation.text import Folded, Span, fold

Outcome = Literal["silent", "nothing to do", "proposes", "declines"]


class Hit(NamedTuple):
    """Words of the folded instruction, and what they are to whoever found them."""

    name: str
    """The reader or lexicon, the pattern, or nothing for a literal."""
    span: Span
    words: str
    value: Any = None
    """What was read: a reader's value, or the values of the names in a pattern."""


class Tried(NamedTuple):
    """One rule on the record as its phase found it."""

    rule: str
    summary: str
    outcome: Outcome
    missed: tuple[Missed, ...]
    """Every condition that kept a silent rule from firing."""
    literals: tuple[Hit, ...]
    """The words of the pre-filter that are there."""
    patterns: tuple[tuple[str, Hit], ...]
    """The patterns that match, each with its group: any, all or none."""
    output: str | None
    """What it proposes."""
    text: str
    """The note of a proposal, or the reason of a decline with what was found."""


class Step(NamedTuple):
    """One phase: all its rules saw the same output and the same facts."""

    phase: str
    before: Any
    facts: Mapping[str, tuple[str, ...]]
    """What is known of the command."""
    tried: tuple[Tried, ...]


@dataclass(frozen=True)
class Trace:
    """Everything that led to one judgement."""

    instruction: str
    folded: str
    form: str
    """How the output is written: canonical, fenced, object, loose or unreadable."""
    readings: tuple[Hit, ...]
    words: tuple[Hit, ...]
    sentence: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]
    judgement: Judgement

    def applied(self, step: Step) -> Change | None:
        """Return the one change that a phase made."""
        proposed = {(tried.rule, tried.output) for tried in step.tried}
        return next((one for one in self.judgement.changes if (one.rule.id, one.output) in proposed), None)


def explain(engine: Engine, instruction: str, said: str, output: Any, earlier: str | None = None) -> Trace:
    """Return what the rules make of a record, and why; `earlier` as `turns.earlier_in` says it."""
    attempts: list[Attempt] = []
    judgement = engine.explain(instruction, said, output, attempts.append, earlier)
    text = fold(instruction)
    names = engine.pack.vocabulary
    return Trace(
        instruction=instruction,
        folded=text.text,
        form=form(output, engine.pack.order),
        readings=tuple(
            Hit(name, reading.span, _words(text, reading.span), _plain(reading.value))
            for name, reader in sorted(names.readers.items())
            for reading in reader.function(text.text)
        ),
        words=tuple(sorted(_known(text, names.lexicons.values()), key=lambda hit: (hit.span, hit.name))),
        sentence=_sorted(engine.context.analyse(text).facts),
        steps=tuple(_steps(engine, text, attempts)),
        judgement=judgement,
    )


def _known(text: Folded, lexicons: Iterable[Lexicon]) -> Iterator[Hit]:
    for lexicon in lexicons:
        for span, value in lexicon.find(text.text):
            yield Hit(lexicon.id, span, _words(text, span), value)


def _steps(engine: Engine, text: Folded, attempts: Iterable[Attempt]) -> Iterator[Step]:
    for (phase, before), group in groupby(attempts, key=lambda one: (one.rule.phase, one.output)):
        tried = list(group)
        yield Step(phase, before, _sorted(tried[0].facts), tuple(_tried(engine, text, one) for one in tried))


def _tried(engine: Engine, text: Folded, attempt: Attempt) -> Tried:
    rule, proposal = attempt.rule, attempt.proposal
    outcome, output, said = _outcome(engine, attempt)
    missed: tuple[Missed, ...] = ()
    if outcome == "silent":
        missed = misses(rule, text, attempt.facts, engine.context)
        written = form(attempt.output, engine.pack.order)
        if rule.rewrites_text and written not in rule.match.form:
            missed = (Missed("output", "form", tuple(sorted(rule.match.form)), (written,)), *missed)
    note = said if isinstance(proposal, Decline) else getattr(proposal, "note", "")
    return Tried(
        rule.id, rule.summary, outcome, missed, tuple(_literals(rule, text)), tuple(_matched(rule, text)), output, note
    )


def _outcome(engine: Engine, attempt: Attempt) -> tuple[Outcome, str | None, str]:
    proposal = attempt.proposal
    if isinstance(proposal, Decline):
        return "declines", None, f"{proposal.reason}: {proposal.found}" if proposal.found else proposal.reason
    if isinstance(proposal, Rewritten):
        return "proposes", write(proposal.command, engine.pack.order), proposal.note
    if isinstance(proposal, Reformatted):
        return "proposes", proposal.text, proposal.note
    return "nothing to do" if attempt.match else "silent", None, ""


def _literals(rule: Rule, text: Folded) -> Iterator[Hit]:
    for word in sorted(rule.literals or ()):
        start = text.text.find(word)
        if start >= 0:
            yield Hit("", Span(start, start + len(word)), word)


def _matched(rule: Rule, text: Folded) -> Iterator[tuple[str, Hit]]:
    for group in GROUPS:
        for pattern in getattr(rule.match, group):
            if (found := pattern.search(text.text)) is not None:
                values = {name: _plain(value) for name, value in found.values.items()}
                yield group, Hit(pattern.source, found.span, _words(text, found.span), values)


def _words(text: Folded, span: Span) -> str:
    return text.text[span.start : span.end]


def _sorted(facts: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(values)) for name, values in facts.items()}


def _plain(value: Any) -> Any:
    """Return a value that JSON can say: itself, or how it prints."""
    try:
        write(value)
    except (TypeError, ValueError):
        return str(value)
    return value
