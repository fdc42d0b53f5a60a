"""What a version report shows, gathered from the store in one pass over the rows, in their order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

import opencc

from curation.command import write
from curation.edits import Edit
from curation.record import ALIASES

DISPOSITIONS = ("unchanged", "rewritten", "review", "quarantined", "dropped")
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
    """The record as it came in, JSON text."""
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


@dataclass(frozen=True, slots=True)
class VersionView:
    """All that a report needs of a version. `rows` can be walked once, in order."""

    header: Header
    counts: Mapping[str, Any]
    rows: Iterable[Row]
    precision: Mapping[str, Precision] = field(default_factory=dict)

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


def record_of(payload: str) -> Record:
    """Return what people read of a payload; a row that was no JSON object is all output."""
    value = json.loads(payload)
    if not isinstance(value, dict):
        return Record("", "", value if isinstance(value, str) else payload, "")
    output = value.get("output")
    form = "text" if isinstance(output, str) else "object" if "output" in value else ""
    spoken = next((value[name] for name in ("instruction", *ALIASES) if value.get(name) is not None), None)
    return Record(_words(spoken), _words(value.get("input")), _words(output), form)


def _words(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else write(value)


@cache
def _converter(direction: str) -> opencc.OpenCC:
    return opencc.OpenCC(direction)


def script_of(text: str) -> Script:
    """Return the script of a text: traditional where any character says so, `neutral` where none tells."""
    shown = text[:2_000].encode("utf-8", "replace").decode()
    if _converter("t2s").convert(shown) != shown:
        return "hant"
    return "hans" if _converter("s2t").convert(shown) != shown else "neutral"


class Selection:
    """At most `limit` rows, in order, such that each label's first rows are among them however late they come."""

    def __init__(self, limit: int, labels: int) -> None:
        """Share half of `limit` among so many labels; the rest goes to the rows that come first."""
        self._limit = limit
        self._share = max(limit // (2 * max(labels, 1)), 1)
        self._seen: Counter[str] = Counter()
        self._first: list[Row] = []
        self._chosen: dict[int, Row] = {}
        self.total = 0

    def offer(self, row: Row, labels: Iterable[str]) -> None:
        """Keep the row if it may be among those shown."""
        self.total += 1
        if len(self._first) < self._limit:
            self._first.append(row)
        wanted = [label for label in labels if self._seen[label] < self._share]
        if wanted and len(self._chosen) < self._limit:
            self._seen.update(wanted)
            self._chosen[row.seq] = row

    @property
    def rows(self) -> list[Row]:
        """Return the rows to show, in their order."""
        chosen = dict(self._chosen)
        for row in self._first:
            if len(chosen) >= self._limit:
                break
            chosen[row.seq] = row
        return [chosen[seq] for seq in sorted(chosen)]


@dataclass(frozen=True, slots=True)
class Sections:
    """The rows a report shows, by what happened to them. A row that was edited and queued stands in both."""

    changes: Selection
    queue: Selection
    quarantined: Selection
    dropped: Selection

    @property
    def capped(self) -> bool:
        """Tell whether rows are left out anywhere."""
        parts = (self.changes, self.queue, self.quarantined, self.dropped)
        return any(part.total > len(part.rows) for part in parts)


def select(view: VersionView, max_rows: int, each: Callable[[Row], None]) -> Sections:
    """Walk the rows of a view once, hand each to `each`, and return those to show, at most `max_rows` a section."""
    counts = view.counts
    sections = Sections(
        Selection(max_rows, len(counts["by_rule"])),
        Selection(max_rows, len(counts["queue_by_reason"])),
        Selection(max_rows, len(counts["quarantined_by_reason"])),
        Selection(max_rows, len(counts["dropped_by_reason"])),
    )
    for row in view.rows:
        each(row)
        if row.edits:
            sections.changes.offer(row, [edit.rule for edit in row.edits])
        if row.queued:
            sections.queue.offer(row, [queued.reason for queued in row.queued])
        if row.outcome is not None:
            part = sections.dropped if row.disposition == "dropped" else sections.quarantined
            part.offer(row, [row.outcome.reason])
    return sections


def gather(store: Any, version: Any, *, precision: Mapping[str, Precision] | None = None, batch: int = 4096) -> VersionView:
    """Return what a report needs of a version of the store; its rows are read batch by batch as they are walked."""
    raise NotImplementedError


__all__ = [
    "DISPOSITIONS", "Header", "Outcome", "Precision", "Proposal", "Queued", "Record", "Row", "Sections", "Selection", "VersionView",
    "gather", "record_of", "script_of", "select",
]
