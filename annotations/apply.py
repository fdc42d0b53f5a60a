"""From decisions to a version: accepted edits stay, rejected ones are taken back, corrections are people's edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from annotations.cases import BY_PERSON, Case, cases, curated
from annotations.decisions import Policy, Settlement, settle
from annotations.publish import publish
from annotations.queue import output_of
from annotations.replay import Entry, Outcome, Rejudge, disposition_of, entries, proposals_text, without
from curation.command import Unreadable, digest, parse_object, write
from curation.decision import read_decisions
from curation.edits import Edit, Order, Patches, Target, make_patch, moved
from curation.standing import undo
from curation.store import Store
from curation.turns import output_in, output_pointer, put_output
from curation.version import Version

CONTRADICTION = "decisions contradict each other"
REJECTED = "rejected in review"


class Applied(NamedTuple):
    """What a review came to."""

    version: Version | None
    """The new version; None where no decision changes anything."""
    decided: Mapping[str, int]
    """Settled questions about this version by verdict."""
    rows: Mapping[str, int]
    """Rows that changed: corrected, taken_back, accepted, rejected (quarantined), contradicted."""
    kept: Mapping[str, int]
    """Later edits that stayed in place over one that was taken back, by rule."""
    changed: Mapping[str, int]
    """Later edits that had depended on one: judged anew, with another result or none, by rule."""
    waiting: Mapping[str, int]
    """Answered questions that are not settled, by state."""
    elsewhere: int
    """Settled questions about its records that it does not ask: applied before, or the rule says something else now."""


@dataclass
class _Count:
    decided: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    matched: int = 0


def apply_decisions(
    store: Store,
    ref: str | int | Version,
    rejudge: Rejudge | None,
    policy: Policy | None = None,
    *,
    tag: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Applied:
    """Publish what the decisions make of a version, as a version of kind `review`.

    Applying twice changes nothing. A record whose decisions contradict each other goes to review. Raises `StoreError`
    for a data set as it came, and what publishing raises.
    """
    version = store.version(ref)
    curated(store, version)
    all_said = settle(read_decisions(store.tables), policy, version.order)
    here = _present(store, version, {said.key for said in all_said.values()})
    all_said = {name: said for name, said in all_said.items() if said.key in here}
    settled = {name: said for name, said in all_said.items() if said.state == "settled"}
    count = _Count()
    outcomes = pending(store, version, settled, rejudge, count, progress)
    people = sorted({one.annotator for said in settled.values() for one in said.by})
    made = publish(
        store,
        version,
        outcomes,
        kind="review",
        message=f"decisions of {', '.join(people)} on version {version.number}",
        actor=", ".join(people),
        counts=lambda: {"decisions": dict(sorted(count.decided.items()))},
        tag=tag,
        rejudge=rejudge,
    )
    states = Counter(said.state for said in all_said.values() if said.state != "settled")
    return Applied(
        version=made,
        decided=dict(sorted(count.decided.items())),
        rows=dict(sorted(count.rows.items())),
        kept=dict(sorted(count.kept.items())),
        changed=dict(sorted(count.changed.items())),
        waiting=dict(sorted(states.items())),
        elsewhere=len(settled) - count.matched,
    )


def pending(
    store: Store,
    version: Version,
    settled: Mapping[str, Settlement],
    rejudge: Rejudge | None,
    count: _Count | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Outcome]:
    """Yield what settled questions change about the records of a version, in order."""
    counted = count or _Count()
    for done, case in enumerate(cases(store, version, {said.key for said in settled.values()}), 1):
        said = _Said.about(case, settled)
        counted.decided.update(one.verdict or "" for one in said.all)
        counted.matched += len(said.all)
        if (found := _decided(said, rejudge)) is not None:
            what, outcome = found
            counted.rows[what] += 1
            counted.kept.update(outcome.kept)
            counted.changed.update(outcome.changed)
            yield outcome
        if progress:
            progress(done)


def _present(store: Store, version: Version, keys: set[str]) -> frozenset[str]:
    """Return those of the keys whose records ever were in a version: others belong to other data sets."""
    asked = pl.DataFrame({"key": sorted(keys)}, {"key": pl.String})
    return frozenset(store.snapshot(version).rows(()).join(asked, on="key", how="semi")["key"])


class _Said(NamedTuple):
    """What was decided about one record."""

    case: Case
    edits: Mapping[int, Settlement]
    """By the place of the edit."""
    open: tuple[tuple[Mapping[str, Any], Settlement], ...]
    """Rows of the queue with what was said."""

    @property
    def all(self) -> list[Settlement]:
        return [*self.edits.values(), *(said for _, said in self.open)]

    @classmethod
    def about(cls, case: Case, settled: Mapping[str, Settlement]) -> _Said:
        # A contradiction among people is the only question left about its record.
        contradicted = [row for row in case.open if row["rule"] == BY_PERSON]
        asked = [(row, case.open_question(row).id) for row in contradicted or case.open]
        places = [] if contradicted else case.open_places()
        about = {place: case.question(place).id for place in places}
        return cls(
            case,
            {place: settled[name] for place, name in about.items() if name in settled},
            tuple((row, settled[name]) for row, name in asked if name in settled),
        )


def _decided(said: _Said, rejudge: Rejudge | None) -> tuple[str, Outcome] | None:
    """Return what becomes of a record, and in which way; None where it stays as it is."""
    case, top, current = said.case, len(said.case.edits) - 1, output_of(said.case.payload)
    corrected = {place: one for place, one in said.edits.items() if one.verdict == "correct" and not one.right}
    rejected = [place for place, one in said.edits.items() if one.verdict == "reject"]
    accepted = [one for _, one in said.open if one.verdict == "accept"]
    written = {
        one.output: one for one in (*corrected.values(), *(one for _, one in said.open)) if one.output is not None
    }
    refused = [one for row, one in said.open if one.verdict == "reject" and row["kind"] != "duplicate"]
    unwanted = [one for row, one in said.open if one.verdict == "reject" and row["kind"] == "duplicate"]
    final_is_right = bool(accepted) or (top in said.edits and said.edits[top].right)
    wanted = {*written, *([current] if final_is_right and (accepted or written or rejected) else [])}
    if len(wanted) > 1 or (current in wanted and (rejected or refused) and current not in written):
        return "contradicted", _contradicted(said, [output for output in wanted if output is not None])
    if unwanted or (refused and not written):
        by = (unwanted or refused)[0]
        outcome = Outcome(case, (), case.payload, "quarantined", gone=(REJECTED, _note(by)))
        return "rejected", outcome
    if written:
        output, by = next(iter(written.items()))
        return "corrected", _corrected(said, min(corrected, default=top + 1), output, by)
    if rejected:
        who = ", ".join(dict.fromkeys(said.edits[place].annotators for place in rejected))
        note = "; ".join(dict.fromkeys(_note(said.edits[place]) for place in rejected))
        return "taken_back", without(case, rejected, rejudge, actor=who, note=note)
    if accepted and current is not None:
        return "accepted", _corrected(said, top + 1, current, accepted[0])
    return None


def _corrected(said: _Said, place: int, output: str, by: Settlement) -> Outcome:
    """Return the record with an output that a person wrote, or found right, in place of the edits from `place` on."""
    case = said.case
    edits = [
        undo(edit, ord_, actor=by.annotators, note=_note(by)) for ord_, edit in enumerate(reversed(case.edits[place:]))
    ]
    before = case.payloads[place]
    edit, payload = _by_person(case, before, output, len(edits), by)
    settled = [id(row) for row, _ in said.open]
    waits = tuple(
        entry
        for row, entry in zip(case.open, entries(case), strict=True)
        if row["kind"] == "duplicate" and id(row) not in settled
    )
    disposition = "review" if waits else disposition_of(case, payload)
    return Outcome(case, (*edits, edit), payload, disposition, waits)


def _by_person(case: Case, before: str, output: str, place: int, by: Settlement) -> tuple[Edit, str]:
    """Return a person's edit of a payload, and the payload after it; the edit is empty where nothing changes."""
    record = parse_object(before)
    old = output_in(record)
    target: Target = "command" if _is_written(old, case.order) and _is_written(output, case.order) else "record"
    if target == "command":
        patches = make_patch(parse_object(old), parse_object(output), case.order)
    elif old is not None or "output" in record:
        made = make_patch({"output": old}, {"output": output if output_of(before) != output else old})
        patches = Patches(*(moved(patch, output_pointer(record)) for patch in made))
    else:
        patches = make_patch(record, {**record, "output": output})
    if output_of(before) != output:
        put_output(record, output)
    payload = write(record)
    edit = Edit(
        key=case.key, ord=place, rule=BY_PERSON, rule_digest=by.by[0].id, also=(), phase=BY_PERSON, kind="review",
        target=target, patch=patches.patch, inverse=patches.inverse, before=digest(before), after=digest(payload),
        note=_note(by), actor=by.annotators,
    )  # fmt: skip
    return edit, payload


def _contradicted(said: _Said, outputs: list[str]) -> Outcome:
    case = said.case
    proposals = proposals_text([(BY_PERSON, output) for output in sorted(outputs)])
    people = ", ".join(sorted({f"{name}: {one.verdict}" for one in said.all for name in one.annotators.split(", ")}))
    first = min(said.all, key=lambda one: one.by[0].age).by[0]
    entry = Entry("conflict", BY_PERSON, first.id, CONTRADICTION, people, proposals)
    waits = tuple(entry for entry in entries(case) if entry.kind == "duplicate")
    return Outcome(case, (), case.payload, "review", (entry, *waits))


def _is_written(output: object, order: Order) -> bool:
    """Tell whether an output is a command's text in the one way it is written."""
    try:
        return isinstance(output, str) and write(parse_object(output), order) == output
    except Unreadable:
        return False


def _note(said: Settlement) -> str:
    words = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}[said.verdict or "accept"]
    comments = "; ".join(dict.fromkeys(decision.comment for decision in said.by if decision.comment))
    return f"{words}: {comments}" if comments else words
