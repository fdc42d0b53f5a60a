"""What a version report shows, gathered from the store in one pass over the rows, in their order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import polars as pl

from curation.command import write
from curation.edits import Edit
from curation.manifest import DISPOSITIONS, Version
from curation.snapshot import Snapshot, Window
from curation.store import Store
from curation.text import converter
from curation.turns import instruction_in, output_in, turns_before

_COUNTED = ("by_rule", "queue_by_reason", "quarantined_by_reason", "dropped_by_reason", "types_before", "types_after")
"""What a publisher adds to the counts of rows; a data set as it came has none of it."""

Script = Literal["hans", "hant", "neutral"]


class Precision(NamedTuple):
    """How often people agreed with a rule."""

    right: int
    judged: int
    lower: float
    """Lower bound of the share that is right, 95 % sure."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An output that rules would have written."""

    rule: str
    output: str


@dataclass(frozen=True, slots=True)
class Queued:
    """Why the row waits for a person."""

    kind: str
    rule: str
    reason: str
    found: str
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why the row is not in the version."""

    reason: str
    found: str
    kept: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not simply unchanged: as it came in, as it is now, and everything said about it."""

    seq: int
    key: str
    disposition: str
    before: str
    """The record as it came in, JSON text; of one made from a template, its sentence without an output."""
    after: str | None
    """The record in the version, JSON text; None where it is not in the version."""
    edits: tuple[Edit, ...] = ()
    queued: tuple[Queued, ...] = ()
    outcome: Outcome | None = None

    @property
    def rules(self) -> list[str]:
        """Return the rules that edited the row or had it queued, sorted."""
        named = {rule for edit in self.edits for rule in (edit.rule, *edit.also)}
        named |= {queued.rule for queued in self.queued}
        named |= {proposal.rule for queued in self.queued for proposal in queued.proposals}
        return sorted(named - {""})


@dataclass(frozen=True, slots=True)
class Header:
    """What identifies a version. Its time is left out: reports of equal versions are equal."""

    number: int
    id: str
    kind: str
    parent: str
    """Number and id of the parent, or empty."""
    ruleset: str
    tags: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""


class Note(NamedTuple):
    """What one rule noted on its edits: which function it gave and why, what gave way."""

    rule: str
    note: str
    """Empty where it stands for all notes of the rule that are too rare to be listed."""
    rows: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """All that a report needs of a version. `rows` can be walked once, in order."""

    header: Header
    counts: Mapping[str, Any]
    rows: Iterable[Row]
    precision: Mapping[str, Precision] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    """What the rules noted, by rule in the order of the counts, the most frequent first; the rare ones left out."""

    @property
    def missing(self) -> int:
        """Return how many rows that came in no disposition accounts for; 0 in every sound version."""
        return int(self.counts["rows_in"]) - sum(int(self.counts[name]) for name in DISPOSITIONS)


class Record(NamedTuple):
    """The parts of a payload that are read by people."""

    instruction: str
    input: str
    output: str
    form: str
    """How the output stood in the record: `text`, `object`, or empty where there is none."""


@lru_cache(maxsize=2048)  # a page asks for the same record several times
def record_of(payload: str) -> Record:
    """Return what people read of a payload; a row that was no JSON object is all output."""
    value = json.loads(payload)
    if not isinstance(value, dict):
        return Record("", "", value if isinstance(value, str) else payload, "")
    output = output_in(value)
    form = "text" if isinstance(output, str) else "object" if output is not None or "output" in value else ""
    return Record(_words(instruction_in(value)), _words(value.get("input")), _words(output), form)


def earlier_of(payload: str) -> list[list[str]]:
    """Return the turns before the instruction of a payload, each a question and its answer."""
    value = json.loads(payload)
    return turns_before(value) if isinstance(value, dict) else []


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else write(value)


def span_of(edit: Edit) -> tuple[int, int] | None:
    """Return the characters of the instruction that an edit rests on; None for the whole."""
    return None if edit.span_start is None or edit.span_end is None else (edit.span_start, edit.span_end)


def evidence(row: Row, edit: Edit) -> str:
    """Return the words of the instruction that an edit rests on, empty for the whole."""
    span = span_of(edit)
    return record_of(row.before).instruction[slice(*span)] if span else ""


def script_of(text: str) -> Script:
    """Return the script of a text: traditional where any character says so, `neutral` where none tells."""
    shown = text[:2_000].encode("utf-8", "replace").decode()
    if converter("t2s").convert(shown) != shown:
        return "hant"
    return "hans" if converter("s2t").convert(shown) != shown else "neutral"


def by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return counts, the largest first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def gather(
    store: Store,
    ref: str | int | Version,
    *,
    precision: Mapping[str, Precision] | None = None,
    window: int = 10_000,
) -> VersionView:
    """Return what a report needs of a version: changes against its parent, and all that waits or is gone.

    Its rows are read `window` rows at a time as they are walked. Raises `UnknownVersion`.
    """
    line = store.lineage(ref)
    version, parent = line[-1], line[-2] if len(line) > 1 else None
    rules = store.ruleset(version)
    header = Header(
        number=version.number,
        id=version.id,
        kind=version.kind,
        parent="" if parent is None else f"{parent.number} {parent.id}",
        ruleset="" if rules is None else f"{rules.name} {rules.digest}",
        tags=tuple(name for name, at in store.tags().items() if at == version.id),
        source=version.source,
        message=version.message,
    )
    counts = {**{name: {} for name in _COUNTED}, **version.counts}
    return VersionView(header, counts, _Rows(store, line, window), precision or {}, _notes(store, version, counts))


def _notes(store: Store, version: Version, counts: Mapping[str, Any]) -> list[Note]:
    """Return the most frequent notes of each rule, with one line for the rest of them."""
    noted = store.edits(version).filter(pl.col("note").is_not_null()).group_by("rule", "note").len()
    by_rule: dict[str, list[Note]] = {}
    for rule, note, rows in noted.sort(["rule", "len", "note"], descending=[False, True, False]).iter_rows():
        by_rule.setdefault(rule, []).append(Note(rule, note, rows))
    order = {rule: place for place, rule in enumerate(counts["by_rule"])}
    listed: list[Note] = []
    for rule in sorted(by_rule, key=lambda name: (order.get(name, len(order)), name)):
        listed += by_rule[rule][:_NOTES]
        if rest := by_rule[rule][_NOTES:]:
            listed.append(Note(rule, "", sum(note.rows for note in rest)))
    return listed


_NOTES = 12  # for each rule; a note may name what only one record has


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a version that are not simply unchanged, read anew each time they are walked."""

    store: Store
    line: Sequence[Version]
    window: int

    def __iter__(self) -> Iterator[Row]:
        own = self.line[-1].draft
        now = self.store.snapshot(self.line[-1])
        for window in now.windows(self.window):
            edits = _by_row(now.changes("edits", window, (own,)), _EDIT)
            queued = _by_row(now.changes("queue", window), _QUEUED)
            outcomes = _by_row(now.changes("outcomes", window), _OUTCOME)
            told = {*edits, *queued, *outcomes}
            if not told:
                continue
            payloads = _before(now, window)
            rows = now.rows(("disposition", "payload"), window).filter(pl.col("seq").is_in(sorted(told)))
            for seq, key, op, draft, disposition, payload in rows.iter_rows():
                # What an older version said of the row holds as long as that version's state of it does.
                waits = [
                    _queued(*entry)
                    for by, *entry in queued.get(seq, ())
                    if by == own or (by == draft and disposition == "review")
                ]
                gone = [_outcome(*entry) for by, *entry in outcomes.get(seq, ()) if by == draft and op == "delete"]
                changes = [_edit(*entry) for entry in edits.get(seq, ())]
                if waits or gone or changes:
                    yield Row(
                        seq,
                        key,
                        disposition,
                        payloads[seq] if seq in payloads else _unmade(payload),
                        payload,
                        tuple(changes),
                        tuple(waits),
                        gone[0] if gone else None,
                    )


_EDIT = tuple(Edit.__dataclass_fields__)
_QUEUED = ("draft", "kind", "rule", "reason", "found", "proposals")
_OUTCOME = ("draft", "reason", "found", "kept")


def _before(snapshot: Snapshot, window: Window) -> dict[int, str]:
    """Return the payload that each row had last before the version, were it gone by then."""
    rows = snapshot.changes("records", window, snapshot.drafts[:-1] or snapshot.drafts)
    return dict(rows.filter(pl.col("op") == "upsert").select("seq", "payload").iter_rows())


def _unmade(payload: str) -> str:
    """Return what a generated record is shown against, which never came in: its sentence without an output."""
    return json.dumps({**json.loads(payload), "output": ""}, ensure_ascii=False)


def _by_row(changes: pl.DataFrame, columns: Sequence[str]) -> dict[int, list[tuple[Any, ...]]]:
    """Return for each row, by its `seq`, what these columns say of it, in order."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for entry in changes.select("seq", *columns).iter_rows():
        found.setdefault(entry[0], []).append(entry[1:])
    return found


def _edit(key: str, place: int, rule: str, rule_digest: str, also: str, *others: Any) -> Edit:
    return Edit(key, place, rule, rule_digest, () if also == "[]" else tuple(json.loads(also)), *others)


def _queued(kind: str, rule: str | None, reason: str, found: str | None, proposals: str | None) -> Queued:
    shown = tuple(Proposal(one["rule"], _words(one["output"])) for one in json.loads(proposals or "[]"))
    return Queued(kind, rule or "", reason, found or "", shown)


def _outcome(reason: str, found: str | None, kept: str | None) -> Outcome:
    return Outcome(reason, found or "", kept)
