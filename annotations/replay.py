"""A record without one of its edits: everything else stays, what depended on the edit is judged anew."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from annotations.cases import BY_PERSON, Case, curated
from annotations.queue import output_of
from curation.command import Unreadable, digest, parse_object, write
from curation.edits import Edit, PatchFailed, apply_to_payload
from curation.engine import Engine
from curation.judgement import Change, Doubt, Judgement
from curation.pack import Pack, load_packs
from curation.record import row_of
from curation.rewriting import Context
from curation.standing import undo
from curation.store import Store
from curation.turns import put_output
from curation.version import Version

LOST_GROUND = "what it changed was taken back"
"""Why a rule's edit goes to a person where the rules cannot judge the record anew."""

PERSON_CONTRADICTED = "a person's decision conflicts with what was taken back"


class Entry(NamedTuple):
    """A row of the queue without its record."""

    kind: str
    rule: str | None
    rule_digest: str | None
    reason: str
    found: str | None
    proposals: str | None


@dataclass(frozen=True)
class Outcome:
    """What becomes of one record in a new version; the rows that say so are made from it."""

    case: Case
    edits: tuple[Edit, ...]
    """What is done to it, the edits that are taken back among them."""
    payload: str
    disposition: str
    queue: tuple[Entry, ...] = ()
    gone: tuple[str, str] | None = None
    """Reason and what was found, where it is quarantined."""
    kept: tuple[str, ...] = ()
    """Rules whose later edits were made again as they were."""
    changed: tuple[str, ...] = ()
    """Rules whose later edits depended on what was taken back: they were judged anew, with another result or none."""


class Rejudge:
    """The rules that made a version, to judge its records again without some of them."""

    def __init__(self, pack: Pack, context: Context) -> None:
        """Keep the rules; engines are made as they are asked for."""
        self.pack = pack
        self._context = context
        self._engines: dict[frozenset[str], Engine] = {}

    def __call__(self, payload: str, without: frozenset[str]) -> Judgement | None:
        """Return what the rules but some make of a record as it came; None where it is no record."""
        record = parse_object(payload)
        row = row_of(record)
        if row.problem is not None or row.instruction is None:
            return None
        if without not in self._engines:
            rules = tuple(rule for rule in self.pack.rules if rule.id not in without)
            self._engines[without] = Engine(replace(self.pack, rules=rules), self._context)
        notation = self.pack.notation
        try:
            seen = notation.seen(record)
        except Unreadable as error:
            return Judgement((), (), (error.reason, error.found), "unreadable", "unreadable")
        judged = self._engines[without].judge(row.instruction, row.input, seen, row.earlier)
        return notation.told(record, judged)

    def type_of(self, output: str | None) -> str:
        """Return the type that reports count an output under."""
        try:
            seen = None if output is None else self.pack.notation.seen({"output": output})
        except Unreadable:
            seen = None
        return "unreadable" if seen is None else self._whole.see(seen).type

    @property
    def _whole(self) -> Engine:
        nothing: frozenset[str] = frozenset()
        return self._engines.setdefault(nothing, Engine(self.pack, self._context))


def rules_of(
    store: Store, ref: str | int | Version, packs: Sequence[str], off: Mapping[str, str]
) -> tuple[Pack, Rejudge | None]:
    """Return a workspace's rules, and the means to judge a version's records anew: None where it was made with others.

    The device catalogue is the version's own. Raises `RuleErrors`, and `StoreError` for a data set as it came.
    """
    pack = load_packs(packs, off=off)
    ruleset = store.ruleset(curated(store, ref))
    made = None if ruleset is None else json.loads(ruleset.text)
    if made is None or made.get("pack") != pack.text:
        return pack, None
    return pack, Rejudge(pack, pack.open_context(made["catalogue"]))


def without(
    case: Case, places: Collection[int], rejudge: Rejudge | None, *, actor: str | None, note: str | None
) -> Outcome:
    """Return what a record is without the edits at some places, which rules made.

    With the rules at hand, the record is judged anew without those that made them, which is what a run without them
    gives; else later edits are made again where what their patches test still holds, and asked about where not. What a
    person made of the record stays where it comes to the same output; otherwise the record goes back to review with it.
    """
    first = min(places)
    dropped = {case.edits[place]["rule"] for place in places}
    made = _Making(case, first)
    for place in reversed(range(first, len(case.edits))):
        reason = note if place in places else f"lies on an edit of {', '.join(sorted(dropped))}"
        made.edits.append(undo(case.edits[place], len(made.edits), actor=actor, note=reason))
    later = [case.edits[place] for place in range(first, len(case.edits)) if place not in places]
    by_rules = [edit for edit in later if edit["kind"] == "rule"]
    judged = None if rejudge is None else rejudge(case.raw, frozenset(dropped | _off(case)))
    by_people = [edit for edit in later if edit["kind"] == "review"]
    if judged is not None and judged.unreadable is not None and first == 0 and not by_people:
        return Outcome(
            case, tuple(made.edits), made.payload, "quarantined", gone=judged.unreadable, changed=_names(by_rules)
        )
    if judged is not None and judged.unreadable is None and _same_beginning(case, first, judged):
        kept, changed = made.anew(judged, by_rules)
        waits = [_entry(row) for row in case.open if row["kind"] == "duplicate" or row["rule"] == BY_PERSON]
    else:
        kept, changed = made.again(by_rules)
        waits = [_entry(row) for row in case.open]
    made.by_people(by_people)
    queue = (*made.queue, *waits)
    disposition = "review" if queue else disposition_of(case, made.payload)
    return Outcome(case, tuple(made.edits), made.payload, disposition, queue, kept=kept, changed=changed)


def disposition_of(case: Case, payload: str) -> str:
    """Return what a record that nothing holds in review any more is."""
    return "unchanged" if payload == case.raw else "rewritten"


def entries(case: Case) -> tuple[Entry, ...]:
    """Return the rows of the queue that hold a record in review."""
    return tuple(map(_entry, case.open))


def proposals_text(proposals: Collection[tuple[str, str]]) -> str:
    """Return proposals as the text of the queue's column."""
    return write([{"rule": rule, "output": output} for rule, output in proposals])


@dataclass
class _Making:
    """A record on its way: what it is so far, and the edits and questions that brought it there."""

    case: Case
    first: int
    edits: list[Edit] = field(default_factory=list)
    queue: list[Entry] = field(default_factory=list)
    payload: str = ""

    def __post_init__(self) -> None:
        """Start below the first edit that goes."""
        self.payload = self.case.payloads[self.first]

    def anew(self, judged: Judgement, later: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Make the edits of a judgement; return the rules that did as before, and those that did not."""
        before = {(edit["rule"], edit["patch"]) for edit in later}
        kept = [change.rule.id for change in judged.changes[self.first :] if _did(change) in before]
        for change in judged.changes[self.first :]:
            record = parse_object(self.payload)
            record.update(change.beside)
            put_output(record, change.output)
            self._edit(_edit_of(self.case.key, change), write(record))
        self.queue += map(_doubt_entry, judged.doubts)
        return tuple(kept), tuple(rule for rule in _names(later) if rule not in kept)

    def again(self, later: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Make edits again where their patches apply and invert; return the rules that could, and the others.

        A patch that tests nothing applies anywhere: that proves nothing, and its edit goes to a person.
        """
        kept: list[str] = []
        lost: list[str] = []
        for edit in later:
            payload = self._patched(edit)
            if payload is None or lost or not _is_guarded(edit):
                lost.append(edit["rule"])
                self.queue.append(
                    Entry("decline", edit["rule"], edit["rule_digest"], LOST_GROUND, None, self._shown(edit))
                )
            else:
                kept.append(edit["rule"])
                self._edit(edit, payload)
        return tuple(kept), tuple(lost)

    def by_people(self, later: Sequence[Mapping[str, Any]]) -> None:
        """Make people's edits again where they come to the output they came to; ask again where they do not."""
        for edit in later:
            payload = self._patched(edit)
            wanted = output_of(self._after(edit))
            if payload is not None and output_of(payload) == wanted:
                self._edit(edit, payload)
            else:
                self.queue.append(
                    Entry(
                        "conflict",
                        BY_PERSON,
                        edit["rule_digest"],
                        PERSON_CONTRADICTED,
                        edit["actor"],
                        self._shown(edit),
                    )
                )

    def _patched(self, edit: Mapping[str, Any]) -> str | None:
        try:
            payload = apply_to_payload(self.payload, edit["target"], edit["patch"], self.case.order)
            back = apply_to_payload(payload, edit["target"], edit["inverse"], self.case.order)
        except PatchFailed:
            return None
        return payload if back == self.payload else None

    def _after(self, edit: Mapping[str, Any]) -> str:
        return self.case.payloads[self.case.edits.index(edit) + 1]

    def _shown(self, edit: Mapping[str, Any]) -> str:
        """Return, as a proposal, the output that an edit had led to."""
        return proposals_text([(edit["rule"], output_of(self._after(edit)) or "")])

    def _edit(self, edit: Mapping[str, Any], payload: str) -> None:
        values = {name: edit[name] for name in Edit.__dataclass_fields__ if name in edit}
        values |= {"also": tuple(json.loads(edit["also"])), "ord": len(self.edits)}
        self.edits.append(Edit(**{**values, "before": digest(self.payload), "after": digest(payload)}))
        self.payload = payload


def _is_guarded(edit: Mapping[str, Any]) -> bool:
    return any(step["op"] == "test" for step in json.loads(edit["patch"]))


def _off(case: Case) -> set[str]:
    """Return the rules that were taken back from the record before."""
    standing = {edit["rule"] for edit in case.edits}
    return {edit["rule"] for edit in case.history if edit["kind"] == "rollback"} - standing - {BY_PERSON}


def _same_beginning(case: Case, first: int, judged: Judgement) -> bool:
    """Tell whether the rules still do to a record what they did before the first edit that goes."""
    did = [(edit["rule"], edit["patch"]) for edit in case.edits[:first]]
    return did == [_did(change) for change in judged.changes[:first]]


def _did(change: Change) -> tuple[str, str]:
    return change.rule.id, change.patch


def _edit_of(key: str, change: Change) -> dict[str, Any]:
    return {
        "key": key,
        "rule": change.rule.id,
        "rule_digest": change.rule.digest,
        "also": write(list(change.also)),
        "phase": change.rule.phase,
        "kind": "rule",
        "target": change.target,
        "patch": change.patch,
        "inverse": change.inverse,
        "span_start": None if change.span is None else change.span.start,
        "span_end": None if change.span is None else change.span.end,
        "note": change.note or None,
        "confidence": change.rule.confidence,
        "actor": None,
    }


def _doubt_entry(doubt: Doubt) -> Entry:
    shown = proposals_text(doubt.proposals) if doubt.proposals else None
    return Entry(doubt.kind, doubt.rule, doubt.rule_digest or None, doubt.reason, doubt.found or None, shown)


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(*(row[name] for name in Entry._fields))


def _names(edits: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(edit["rule"] for edit in edits)
