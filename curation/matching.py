"""One rule on one record: does it fire, and what does it propose. Pure: the same arguments, the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curation.command import Unreadable, parse_object, write
from curation.formats import Order, Reformatted, form
from curation.rewriting import Command, Context, Decline, Match, Rewritten, Sentence
from curation.rule import Facts, Matcher, Rule
from curation.signature import REFERENCE
from curation.text import Folded, Span, fold

Proposal = Rewritten | Reformatted | Decline | None
"""What a rule makes of a record; None when it does not fire or has nothing to do."""


def fires(
    rule: Rule, text: Folded, command_facts: Mapping[str, frozenset[str]], context: Context, record: Mapping[str, Any]
) -> Match | None:
    """Return what made the rule fire on a record with this folded instruction and these facts about its command.

    The sentence is analysed last, and only where everything else holds.
    """
    if not suits_command(rule, command_facts):
        return None
    found = patterns_match(rule.match, text)
    if found is None:
        return None
    sentence = context.analyse(text)
    return match_of(found, text, sentence, record) if suits_sentence(rule, sentence.facts) else None


def suits_command(rule: Rule, facts: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether what a rule asks of the command holds."""
    return _hold(rule.match.command, facts) and not _any_holds(rule.match.unless_command, facts)


def suits_sentence(rule: Rule, facts: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether what a rule asks of the sentence holds, its patterns aside."""
    return _hold(rule.match.sentence, facts) and not _any_holds(rule.match.unless_sentence, facts)


def match_of(found: tuple[Span, dict[str, Any]], text: Folded, sentence: Sentence, record: Mapping[str, Any]) -> Match:
    """Return what made a rule fire whose patterns found this."""
    span, values = found
    return Match(text=text, span=span, values=values, sentence=sentence, record=record)


class Missed(NamedTuple):
    """A condition of a rule that does not hold for a record."""

    where: str
    """As in the rule file: `instruction.any`, `instruction.none`, `sentence`, `unless.command` and so on."""
    what: str
    """The pattern, or the name of the fact; empty for all patterns under `any` together."""
    wanted: tuple[str, ...]
    """Values of a fact of which one must hold, or under `unless` must not."""
    found: tuple[str, ...]
    """The values that hold; for a pattern under `none`, the words it matched."""


def misses(
    rule: Rule, text: Folded, command_facts: Mapping[str, frozenset[str]], context: Context
) -> tuple[Missed, ...]:
    """Return every condition of a rule that keeps it from firing; none exactly where `fires` gives a match.

    A text rewriter's form is not looked at: it is a property of the output as it came.
    """
    matcher = rule.match
    sentence = context.analyse(text).facts
    missed = [
        Missed("instruction.none", pattern.source, (), (text.text[found.span.start : found.span.end],))
        for pattern in matcher.none
        if (found := pattern.search(text.text))
    ]
    missed += [Missed("instruction.all", p.source, (), ()) for p in matcher.all if not p.search(text.text)]
    if matcher.any and not any(pattern.search(text.text) for pattern in matcher.any):
        missed.append(Missed("instruction.any", "", (), ()))
    for where, wanted, facts in (("command", matcher.command, command_facts), ("sentence", matcher.sentence, sentence)):
        missed += [_missed(where, n, v, facts) for n, v in wanted.items() if not _hold({n: v}, facts)]
    for where, unwanted, facts in (
        ("unless.command", matcher.unless_command, command_facts),
        ("unless.sentence", matcher.unless_sentence, sentence),
    ):
        missed += [_missed(where, n, v, facts) for n, v in unwanted.items() if _any_holds({n: v}, facts)]
    return tuple(missed)


def _missed(where: str, name: str, wanted: frozenset[str], facts: Mapping[str, frozenset[str]]) -> Missed:
    return Missed(where, name, tuple(sorted(wanted)), tuple(sorted(facts.get(name, ()))))


def propose(rule: Rule, command: Command, match: Match, context: Context, order: Order) -> Rewritten | Decline | None:
    """Return what the rule's rewriter makes of the command; None when it is written the same."""
    proposal = answer(rule, command, match, context)
    if isinstance(proposal, Rewritten) and write(proposal.command, order) == write(command, order):
        return None
    return proposal


def answer(rule: Rule, command: Command, match: Match, context: Context) -> Rewritten | Decline | None:
    """Return the answer of the rule's rewriter, be it a command that is written the same.

    Anything but `Decline` that the rewriter raises is a fault in it and goes through.
    """
    try:
        params = bind(rule.params, match.values) if rule.params else {}
        proposal: Rewritten | None = rule.rewriter(command, match, context, **params)
    except Decline as decline:
        return decline.with_traceback(None)  # which leads to the frames it came through, and these to it again
    return proposal


def propose_text(rule: Rule, output: Any, match: Match, context: Context, order: Order) -> Reformatted | Decline | None:
    """Return the text that a rule about the output's form makes of an output as it came; None when it is the same.

    Where no command can be read in the output, the rule's rewriter is given an empty one.
    """
    if rule.fills:
        made = propose(rule, {}, match, context, order)
        return Reformatted(write(made.command, order), made.note) if isinstance(made, Rewritten) else made
    proposal = rule.rewriter(output, order)
    return None if proposal is None or proposal.text == output else proposal


def fires_on_text(rule: Rule, text: Folded, written: str, context: Context, record: Mapping[str, Any]) -> Match | None:
    """Return what made a rule about the output's form fire on a record whose output has the form `written`."""
    return fires(rule, text, {}, context, record) if written in rule.match.form else None


def apply_rule(rule: Rule, record: Mapping[str, Any], order: Order, context: Context) -> Proposal:
    """Return what one rule makes of one record.

    An output that is no command is left alone by all but the rules about its form.
    """
    text = fold(record["instruction"])
    output = record["output"]
    if rule.rewrites_text:
        fired = fires_on_text(rule, text, form(output, order), context, record)
        return None if fired is None else propose_text(rule, output, fired, context, order)
    try:
        command = parse_object(output) if isinstance(output, str) else None
    except Unreadable:
        command = None
    if command is None:
        return None
    match = fires(rule, text, context.describe(command), context, record)
    return None if match is None else propose(rule, command, match, context, order)


def bind(params: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with each `<name>` replaced by the value read; raises `Decline` where none was."""
    return {name: _bound(value, values) for name, value in params.items()}


def _bound(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        name = REFERENCE.fullmatch(value)
        if name is None:
            return value
        if values.get(name[1]) is None:
            raise Decline(f"the sentence gives no <{name[1]}>")
        return values[name[1]]
    if isinstance(value, Mapping):
        return {key: _bound(member, values) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [_bound(member, values) for member in value]
    return value


def patterns_match(matcher: Matcher, text: Folded) -> tuple[Span, dict[str, Any]] | None:
    """Return the span and values of the first pattern under `any` that matches, joined with those under `all`."""
    if any(pattern.search(text.text) for pattern in matcher.none):
        return None
    matches = [pattern.search(text.text) for pattern in matcher.all]
    if matcher.any:
        matches.insert(0, next((m for pattern in matcher.any if (m := pattern.search(text.text))), None))
    found = [match for match in matches if match is not None]
    if len(found) < len(matches):
        return None
    if not found:
        return Span(0, len(text.text)), {}
    values = {name: value for match in reversed(found) for name, value in match.values.items()}
    return Span(min(m.span.start for m in found), max(m.span.end for m in found)), values


def _hold(wanted: Facts, facts: Mapping[str, frozenset[str]]) -> bool:
    return all(not values.isdisjoint(facts.get(name, frozenset())) for name, values in wanted.items())


def _any_holds(unwanted: Facts, facts: Mapping[str, frozenset[str]]) -> bool:
    return any(not values.isdisjoint(facts.get(name, frozenset())) for name, values in unwanted.items())
