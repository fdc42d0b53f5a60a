"""The engine: the rules of a pack on one record, phase by phase.

All rules of a phase see the same record. Equal proposals merge; proposals that differ apply nothing and queue the
record with all of them; so does a rule that declines. What stands then goes on to the next phase. There are no
priorities, and nothing runs until stable: that a second run changes nothing is a property the tests hold the rules to.

What depends on the output alone is worked out once for each output (`seen`); sentences hardly come twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from curation.command import write
from curation.contract import Contract
from curation.edits import Patches, make_patch, patches_between
from curation.formats import Reformatted, form
from curation.judgement import Attempt, Change, Doubt, Judgement, RewriterFault, Watch, conflict
from curation.literals import one_of
from curation.matching import (
    answer,
    fires_on_text,
    match_of,
    patterns_match,
    propose_text,
)
from curation.pack import Pack
from curation.rewriting import Context, Decline, Match, Rewritten, Sentence
from curation.rule import Rule
from curation.seen import OUTPUTS, Said, Seen, Sight
from curation.text import Folded, Span, fold

__all__ = ["CONTRACT", "Attempt", "Change", "Doubt", "Engine", "Judgement", "RewriterFault", "Watch"]

CONTRACT = "contract"
"""Stands for the rule where the output breaks the pack's contract."""

_RECORDS = 256  # remembered whole; equal ones are mostly dropped as duplicates before they come here
_CHANGES = 4_000  # of an output into another one


class Engine:
    """The rules of a pack with their context: pure, so that any number of processes give the same answers."""

    def __init__(self, pack: Pack, context: Context) -> None:
        """Sort the rules by phase and id, whatever order they come in, and compile the contract."""
        self.pack = pack
        self.context = context
        self.contract = None if pack.contract is None else Contract(pack.contract)
        phases = [sorted(pack.of_phase(phase), key=lambda rule: rule.id) for phase in pack.phases]
        self._text_rules = tuple(rule for rules in phases for rule in rules if rule.rewrites_text)
        self._phases = tuple(tuple(rule for rule in rules if not rule.rewrites_text) for rules in phases)
        self._none: tuple[tuple[Rule, ...], ...] = tuple(() for _ in self._phases)
        self.words = {rule.id: one_of(rule.literals) for rule in pack.rules if rule.literals is not None}
        """For each rule that has any, the words of which an instruction must hold one, as one pattern."""
        self.sight = Sight(pack, context, self._phases)
        self.see = self.sight.see
        self._breaks = lru_cache(maxsize=OUTPUTS)(self._broken)
        self._judged = lru_cache(maxsize=_RECORDS)(self._judge)
        self._patches = lru_cache(maxsize=_CHANGES)(self._patches_between)

    def judge(self, instruction: str, said: str, output: Any, earlier: str | None = None) -> Judgement:
        """Return what the rules make of a record with this instruction, input and output as it came.

        `earlier` is what was said before, as `turns.earlier_in` says it.
        """
        if not isinstance(output, str):
            return self._judge(instruction, said, output, earlier)
        if earlier is None:
            return self._judged(instruction, said, output)
        return self._judged(instruction, said, output, earlier)

    def explain(self, instruction: str, said: str, output: Any, watch: Watch, earlier: str | None = None) -> Judgement:
        """Return what `judge` returns, and tell `watch` of every rule that was tried on the way."""
        return self._judge(instruction, said, output, earlier, watch)

    def broken(self, seen: Seen) -> str | None:
        """Return how an output breaks the contract, None where it keeps it."""
        return None if self.contract is None or seen.command is None else self._breaks(seen.text)

    def _broken(self, output: str) -> str | None:
        command = self.see(output).command
        return None if self.contract is None or command is None else self.contract.broken_by(command)

    def _patches_between(self, before: str, after: str) -> Patches:
        """Return the patches from one output to another, both written as outputs are, and back."""
        old, new = self.see(before).command, self.see(after).command
        if old is None or new is None:  # a rule made what is no command any more: it nests too deeply
            old, new = json.loads(before), json.loads(after)
        return patches_between(old, new, before, after, self.pack.order)

    def _judge(
        self, instruction: str, said: str, output: Any, earlier: str | None = None, watch: Watch | None = None
    ) -> Judgement:
        fields = {"instruction": instruction, "input": said, "output": output}
        if earlier is not None:
            fields |= json.loads(earlier)
        record = _Record(self, fold(instruction), fields)
        seen = self.see(output) if isinstance(output, str) else None
        changes: list[Change] = []
        doubts: tuple[Doubt, ...] = ()
        if seen is None or seen.form != "canonical":
            change, doubts = self._reformat(record, output, watch)
            if change is not None:
                changes.append(change)
                seen = self.see(change.output)
        if seen is None or (seen.command is None and (seen.form == "unreadable" or not doubts)):
            reason, found = ("output is not text", "") if seen is None else seen.unreadable
            # What rules for such outputs doubt is told beside the reason; it does not make the output readable.
            told = "; ".join([*([found] if found else []), *(f"{doubt.rule}: {doubt.reason}" for doubt in doubts)])
            return Judgement((), (), (reason, told), "unreadable", "unreadable")
        before = "unreadable" if changes and changes[0].rule.fills else seen.type
        left = self._left(record, seen)
        for phase, rules in enumerate(self._phases):
            if doubts:
                break
            if watch is None and not left[phase]:
                continue
            change, doubts = self._phase(rules, left[phase], record, seen, watch)
            if change is not None:
                changes.append(change)
                seen = self.see(change.output)
                left = self._left(record, seen)
        if not doubts and (broken := self.broken(seen)) is not None:
            doubts = (Doubt("decline", CONTRACT, "", "the output breaks the contract", broken, ()),)
        return Judgement(tuple(changes), doubts, None, before, seen.type)

    def _reformat(self, record: _Record, output: Any, watch: Watch | None) -> tuple[Change | None, tuple[Doubt, ...]]:
        """Run the rules on the output as it came: to write it in the one way, or to write one where there is none."""
        written = form(output, self.pack.order)
        proposals: list[tuple[Rule, Reformatted, Match]] = []
        declines: list[Doubt] = []
        for rule in self._text_rules:
            if rule.fills != (written == "unreadable"):
                continue
            match = fires_on_text(rule, record.text, written, self.context, record.fields)
            try:
                done = None if match is None else propose_text(rule, output, match, self.context, self.pack.order)
            except Exception as error:
                raise RewriterFault.of(rule, error, record.text.source) from error
            if watch is not None:
                watch(Attempt(rule, output, {}, match is not None, done))
            if isinstance(done, Decline):
                declines.append(Doubt("decline", rule.id, rule.digest, done.reason, done.found, ()))
            elif done is not None and match is not None:
                proposals.append((rule, done, match))
        if declines or not proposals:
            return None, tuple(declines)
        if len({done.text for _, done, _ in proposals}) > 1:
            return None, (conflict((rule, done.text) for rule, done, _ in proposals),)
        rule, done, match = proposals[0]
        patches = make_patch({"output": output}, {"output": done.text})
        also = tuple(other.id for other, _, _ in proposals[1:])
        where = None if match.span == record.whole else record.text.to_source(*match.span)
        return Change(rule, also, "record", patches.patch, patches.inverse, done.text, where, done.note), ()

    def _left(self, record: _Record, seen: Seen) -> tuple[tuple[Rule, ...], ...]:
        """Return by phase the rules that are left once command and sentence are known, their patterns aside."""
        if seen.always or any(record.has_words(rule) for rules in seen.rules for rule in rules):
            return self.sight.left(seen, record.said)
        return self._none  # whatever the sentence says

    def _phase(
        self, rules: Sequence[Rule], left: Sequence[Rule], record: _Record, seen: Seen, watch: Watch | None
    ) -> tuple[Change | None, tuple[Doubt, ...]]:
        """Return the one change of a phase, or the doubts that stop the record here; `left` of its rules may fire."""
        command, order = seen.command or {}, self.pack.order
        outputs: list[tuple[Rule, str]] = []
        proposals: list[tuple[Rewritten, Span]] = []
        declines: list[tuple[Rule, Decline]] = []
        for rule in left if watch is None else rules:
            match = record.match(rule) if watch is None or rule in left else None
            try:
                proposal = None if match is None else answer(rule, command, match, self.context)
                if proposal is None and watch is None:  # as nearly always
                    continue
                output = write(proposal.command, order) if isinstance(proposal, Rewritten) else ""
            except Exception as error:
                raise RewriterFault.of(rule, error, record.text.source) from error
            if match is not None and isinstance(proposal, Rewritten):
                if output == seen.written:
                    proposal = None
                else:
                    outputs.append((rule, output))
                    proposals.append((proposal, proposal.span or match.span))
            elif isinstance(proposal, Decline):
                declines.append((rule, proposal))
            if watch is not None:
                watch(Attempt(rule, seen.text, seen.facts, match or False, proposal))
        if declines:
            shown = tuple((rule.id, output) for rule, output in outputs)
            return None, tuple(
                Doubt("decline", rule.id, rule.digest, decline.reason, decline.found, shown)
                for rule, decline in declines
            )
        if not outputs:
            return None, ()
        if len({output for _, output in outputs}) > 1:
            return None, (conflict(outputs),)
        (rule, output), *others = outputs
        made, span = proposals[0]
        also = tuple(other.id for other, _ in others)
        where = None if span == record.whole else record.text.to_source(*span)
        if seen.form == "canonical":
            return Change(rule, also, "command", *self._patches(seen.text, output), output, where, made.note), ()
        # No rule of the pack has brought it into the one way: only the text itself leads back to its very bytes.
        patches = make_patch({"output": seen.text}, {"output": output})
        return Change(rule, also, "record", *patches, output, where, made.note), ()


class _Record:
    """A record on its way through the phases; its sentence is analysed once, and only when a rule asks."""

    def __init__(self, engine: Engine, text: Folded, fields: Mapping[str, Any]) -> None:
        self.text = text
        self.fields = fields
        self.whole = Span(0, len(text.text))
        self._engine = engine
        self._sentence: Sentence | None = None
        self._said: Said | None = None
        self._plain: Match | None = None

    @property
    def sentence(self) -> Sentence:
        if self._sentence is None:
            self._sentence = self._engine.context.analyse(self.text)
        return self._sentence

    @property
    def said(self) -> Said:
        if self._said is None:
            self._said = tuple(self.sentence.facts.items())
        return self._said

    def has_words(self, rule: Rule) -> bool:
        """Tell whether the instruction has one of the words without which a rule's patterns cannot match."""
        words = self._engine.words.get(rule.id)
        return words is None or words.search(self.text.text) is not None

    def match(self, rule: Rule) -> Match | None:
        """Return what makes a rule fire whose conditions on command and sentence hold."""
        matcher = rule.match
        if not (matcher.any or matcher.all or matcher.none):
            if self._plain is None:  # the same for all rules without patterns
                self._plain = match_of((self.whole, {}), self.text, self.sentence, self.fields)
            return self._plain
        # The words are looked for first: that is much quicker than the patterns they were read off.
        found = patterns_match(matcher, self.text) if self.has_words(rule) else None
        return None if found is None else match_of(found, self.text, self.sentence, self.fields)
