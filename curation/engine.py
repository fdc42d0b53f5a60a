"""The engine: the rules of a pack on one record, phase by phase, and on batches of them.

All rules of a phase see the same record. Equal proposals merge; proposals that differ apply nothing and queue the record
with all of them; so does a rule that declines. What stands then goes on to the next phase. There are no priorities, and
nothing runs until stable: that a second run changes nothing is a property the tests hold the rules to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema
import jsonschema.exceptions

from curation.command import Unreadable, parse_object, write
from curation.edits import Target, make_patch
from curation.formats import Order, Reformatted, form
from curation.matching import Proposal, fires, fires_on_text, propose, propose_text
from curation.pack import Pack
from curation.rewriting import Command, Context, Decline, Match, Rewritten
from curation.rule import Rule
from curation.text import Folded, Span, fold

_REMEMBERED = 20_000  # judgements, about 2 kB each; commands of one home come again and again
CONTRACT = "contract"
"""Stands for the rule where the output breaks the pack's contract."""


class Change(NamedTuple):
    """What one rule, or several that agree, made of an output; the edit of a record without the record."""

    rule: Rule
    also: tuple[str, ...]
    target: Target
    patch: str
    inverse: str
    output: str
    """The output after the change."""
    span: Span | None
    """The characters of the instruction, as spoken, that it rests on; None: all of it."""
    note: str


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
    facts: Mapping[str, frozenset[str]]
    """The facts about that output; none for a rule about its form."""
    match: Match | bool
    """What made it fire; true where only the form did, false where it did not fire."""
    proposal: Proposal


Watch = Callable[[Attempt], None]
"""Is told of every rule that is tried on a record, in order."""


class Engine:
    """The rules of a pack with their context: pure, so that any number of processes give the same answers."""

    def __init__(self, pack: Pack, context: Context) -> None:
        """Sort the rules by phase and compile the contract."""
        self.pack = pack
        self.context = context
        self._phases = [
            (pack.of_phase(phase), [rule for rule in pack.of_phase(phase) if rule.rewrites_text]) for phase in pack.phases
        ]
        self._contract = None if pack.contract is None else jsonschema.Draft202012Validator(pack.contract)
        self._judged = lru_cache(maxsize=_REMEMBERED)(self._judge)
        self._broken = lru_cache(maxsize=_REMEMBERED)(self._breaks)
        self._parsed = lru_cache(maxsize=_REMEMBERED)(parse_object)

    def judge(self, instruction: str, said: str, output: Any) -> Judgement:
        """Return what the rules make of a record with this instruction, input and output as it came.

        Equal arguments are judged once; the instruction's spans are the reason why it is not folded first.
        """
        if isinstance(output, str):
            return self._judged(instruction, said, output)
        return self._judge(instruction, said, output)

    def explain(self, instruction: str, said: str, output: Any, watch: Watch) -> Judgement:
        """Return what `judge` returns, and tell `watch` of every rule that was tried on the way."""
        return self._judge(instruction, said, output, watch)

    def _judge(self, instruction: str, said: str, output: Any, watch: Watch | None = None) -> Judgement:
        text = fold(instruction)
        record = {"instruction": instruction, "input": said, "output": output}
        changes: list[Change] = []
        current, doubts = self._reformatted(text, record, output, changes, watch)
        before = self._type(current)
        try:
            command = self._parsed(current) if isinstance(current, str) else None
        except Unreadable as error:
            return Judgement((), (), (error.reason, error.found), "unreadable", "unreadable")
        if command is None:
            return Judgement((), (), ("output is not text", ""), "unreadable", "unreadable")
        for rules, _ in self._phases:
            if doubts:
                break
            change, doubts = self._phase(rules, text, record, command, watch)
            if change is not None:
                changes.append(change)
                command = parse_object(change.output)
        final = changes[-1].output if changes else output
        if not doubts and (broken := self._broken(final)) is not None:
            doubts = (Doubt("decline", CONTRACT, "", "the output breaks the contract", broken, ()),)
        return Judgement(tuple(changes), doubts, None, before, self._type(final))

    def _reformatted(
        self, text: Folded, record: Mapping[str, Any], output: Any, changes: list[Change], watch: Watch | None
    ) -> tuple[Any, tuple[Doubt, ...]]:
        """Run the rules on the output as it came; return it in the one way it is written where one of them brought it there."""
        written = form(output, self.pack.order)
        if written in {"canonical", "unreadable"}:
            return output, ()
        proposals: list[tuple[Rule, Reformatted]] = []
        for _, rules in self._phases:
            for rule in rules:
                fired = fires_on_text(rule, text, written, self.context, record)
                done = propose_text(rule, output, self.pack.order) if fired else None
                if watch is not None:
                    watch(Attempt(rule, output, {}, fired, done))
                if done is not None:
                    proposals.append((rule, done))
        if not proposals:
            return output, ()
        if len({done.text for _, done in proposals}) > 1:
            return output, (_conflict([(rule, done.text) for rule, done in proposals]),)
        rule, done = proposals[0]
        patches = make_patch({"output": output}, {"output": done.text})
        changes.append(
            Change(rule, tuple(other.id for other, _ in proposals[1:]), "record", patches.patch, patches.inverse, done.text, None, done.note)
        )
        return done.text, ()

    def _phase(
        self, rules: Sequence[Rule], text: Folded, record: Mapping[str, Any], command: Command, watch: Watch | None
    ) -> tuple[Change | None, tuple[Doubt, ...]]:
        """Return the one change of a phase, or the doubts that stop the record here."""
        facts = self.context.describe(command)
        proposals: list[tuple[Rule, Rewritten, Span]] = []
        declines: list[tuple[Rule, Decline]] = []
        for rule in rules:
            if rule.rewrites_text:
                continue
            match = fires(rule, text, facts, self.context, record)
            proposal = None if match is None else propose(rule, command, match, self.context, self.pack.order)
            if watch is not None:
                watch(Attempt(rule, write(command, self.pack.order), facts, match or False, proposal))
            if match is None:
                continue
            if isinstance(proposal, Decline):
                declines.append((rule, proposal))
            elif proposal is not None:
                proposals.append((rule, proposal, proposal.span or match.span))
        outputs = [(rule, write(proposal.command, self.pack.order)) for rule, proposal, _ in proposals]
        if declines:
            shown = tuple((rule.id, output) for rule, output in outputs)
            return None, tuple(
                Doubt("decline", rule.id, rule.digest, decline.reason, decline.found, shown) for rule, decline in declines
            )
        if len({output for _, output in outputs}) > 1:
            return None, (_conflict(outputs),)
        if not proposals:
            return None, ()
        rule, proposal, span = proposals[0]
        patches = make_patch(command, proposal.command, self.pack.order)
        where = None if span == Span(0, len(text.text)) else text.to_source(*span)
        also = tuple(other.id for other, _, _ in proposals[1:])
        return Change(rule, also, "command", patches.patch, patches.inverse, outputs[0][1], where, proposal.note), ()

    def _breaks(self, output: str) -> str | None:
        """Return how an output breaks the contract, None where it does not."""
        if self._contract is None:
            return None
        errors = self._contract.iter_errors(self._parsed(output))
        error = jsonschema.exceptions.best_match(errors)
        if error is None:
            return None
        return f"{error.json_path}: {error.message[:200]}"

    def _type(self, output: Any) -> str:
        """Return the type that reports count an output under: its mcp_type or the like, error, or unreadable."""
        try:
            command = self._parsed(output) if isinstance(output, str) else None
        except Unreadable:
            command = None
        if command is None:
            return "unreadable"
        if "error" in command:
            return "error"
        kind = command.get(self._kind_key)
        return kind if isinstance(kind, str) else "none"

    @property
    def _kind_key(self) -> str:
        """Return the key that tells the types of commands apart: the first of the pack's key order."""
        return next(iter(self.pack.order.get("", ("type",))), "type")


def _conflict(outputs: Iterable[tuple[Rule, str]]) -> Doubt:
    shown = tuple((rule.id, output) for rule, output in outputs)
    rules = [rule for rule, _ in shown]
    return Doubt("conflict", rules[0], "", "rules propose different outputs", ", ".join(rules), shown)


def proposals_text(proposals: Sequence[tuple[str, str]]) -> str:
    """Return proposals as the text of the queue's column."""
    return write([{"rule": rule, "output": output} for rule, output in proposals])


def payload_with(payload: str, output: str) -> str:
    """Return a record's payload with another output, everything else byte for byte."""
    record = json.loads(payload)
    record["output"] = output
    return write(record)


def order_of(pack: Pack) -> Order:
    """Return the key order in which the pack's commands are written."""
    return pack.order
