"""One rule on one record: does it fire, and what does it propose. Pure: the same arguments, the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curation.command import Unreadable, parse_object, write
from curation.formats import Order, Reformatted, form
from curation.rewriting import Command, Context, Decline, Match, Rewritten
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
    matcher = rule.match
    if not _hold(matcher.command, command_facts) or _any_holds(matcher.unless_command, command_facts):
        return None
    found = _patterns(matcher, text)
    if found is None:
        return None
    sentence = context.analyse(text)
    if not _hold(matcher.sentence, sentence.facts) or _any_holds(matcher.unless_sentence, sentence.facts):
        return None
    span, values = found
    return Match(text=text, span=span, values=values, sentence=sentence, record=record)


def propose(rule: Rule, command: Command, match: Match, context: Context, order: Order) -> Rewritten | Decline | None:
    """Return what the rule's rewriter makes of the command; None when it is written the same.

    Anything but `Decline` that the rewriter raises is a fault in it and goes through.
    """
    try:
        proposal = rule.rewriter(command, match, context, **bind(rule.params, match.values))
    except Decline as decline:
        return decline
    if proposal is None or write(proposal.command, order) == write(command, order):
        return None
    return proposal  # type: ignore[no-any-return]


def propose_text(rule: Rule, output: Any, order: Order) -> Reformatted | None:
    """Return what a text rewriter makes of an output as it came; None when that is the same text."""
    proposal = rule.rewriter(output, order)
    return None if proposal is None or proposal.text == output else proposal


def fires_on_text(rule: Rule, text: Folded, written: str, context: Context, record: Mapping[str, Any]) -> bool:
    """Tell whether a rule about the output's form fires on a record whose output has the form `written`."""
    return written in rule.match.form and fires(rule, text, {}, context, record) is not None


def apply_rule(rule: Rule, record: Mapping[str, Any], order: Order, context: Context) -> Proposal:
    """Return what one rule makes of one record.

    An output that is no command is left alone by all but text rewriters.
    """
    text = fold(record["instruction"])
    output = record["output"]
    if rule.rewrites_text:
        written = form(output, order)
        return propose_text(rule, output, order) if fires_on_text(rule, text, written, context, record) else None
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


def _patterns(matcher: Matcher, text: Folded) -> tuple[Span, dict[str, Any]] | None:
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
