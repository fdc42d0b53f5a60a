"""Which rows a report shows where there are too many: the first ones, and some for every rule and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports.version_report import Row, VersionView


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
