"""Collecting garbage: what drafts left behind that never became versions, because a process was killed or lost a race.

Versions are never removed, so whatever a tag or a child needs stays. A draft is garbage when no version names it and
the last of its files is old enough that nobody can still be writing it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from curation.store import Store
from curation.tables import DRAFTED

if TYPE_CHECKING:
    from deltalake import DeltaTable

USUAL_AGE = timedelta(hours=24)


@dataclass(frozen=True)
class Garbage:
    """A draft that no version names."""

    draft: str
    rows: Mapping[str, int]
    """By table."""
    files: int
    bytes: int
    newest: datetime
    """When the last of its files was written, UTC."""


@dataclass(frozen=True)
class Collected:
    """What was, or would be, removed."""

    drafts: tuple[Garbage, ...]
    spared: tuple[Garbage, ...]
    """Drafts that no version names either, but that somebody may still be writing."""
    strays: int
    """Files that a killed process never finished, in no draft."""

    @property
    def bytes(self) -> int:
        """Return the size of the drafts' files."""
        return sum(draft.bytes for draft in self.drafts)


def collect(store: Store, older_than: timedelta = USUAL_AGE, *, dry_run: bool = False) -> Collected:
    """Remove the drafts that no version names and whose last file is older than `older_than`; return what that is.

    Nothing should be published at the same time: a process that tries may fail, with nothing of it visible. A dry run
    only looks. Raises `ValueError` for a negative age, `OSError` where the store cannot be written.
    """
    if older_than < timedelta(0):
        raise ValueError("the age must not be negative")
    if not dry_run:
        store.tables.check_writable()
    # Files first, versions after them: a draft that is published in between counts as named.
    handles = {name: handle for name in DRAFTED if (handle := store.tables.open(name)) is not None}
    files = [_files(name, handle) for name, handle in handles.items()]
    named = {version.draft for version in store.versions()}
    found = _garbage(pl.concat(files), named) if files else []
    until = datetime.now(UTC) - older_than
    old = tuple(one for one in found if one.newest <= until)
    spared = tuple(one for one in found if one.newest > until)
    strays = 0
    for name, handle in handles.items():
        drafts = [one.draft for one in old if one.rows.get(name)]
        strays += _sweep(handle, drafts, older_than, dry_run=dry_run)
    return Collected(old, spared, strays)


def _files(name: str, handle: DeltaTable) -> pl.DataFrame:
    """Return `table`, `draft`, `rows`, `bytes` and `newest` (milliseconds) of each file of a table."""
    actions = pl.DataFrame(handle.get_add_actions(flatten=True))
    if actions.is_empty():
        return pl.DataFrame(schema=_FILES)
    return actions.select(
        table=pl.lit(name),
        draft=pl.col("partition.draft").cast(pl.String),
        rows=pl.col("num_records").cast(pl.Int64),
        bytes=pl.col("size_bytes").cast(pl.Int64),
        newest=pl.col("modification_time").cast(pl.Int64),
    )


_FILES = pl.Schema({"table": pl.String, "draft": pl.String, "rows": pl.Int64, "bytes": pl.Int64, "newest": pl.Int64})


def _garbage(files: pl.DataFrame, named: set[str]) -> list[Garbage]:
    found: dict[str, list[tuple[str, int, int, int]]] = {}
    for table, draft, *about in files.filter(~pl.col("draft").is_in(list(named))).sort("draft", "table").iter_rows():
        found.setdefault(draft, []).append((table, *about))
    garbage = []
    for draft, of_draft in found.items():
        rows = Counter[str]()
        for table, count, _, _ in of_draft:
            rows[table] += count
        newest = datetime.fromtimestamp(max(one[3] for one in of_draft) / 1000, UTC)
        garbage.append(Garbage(draft, dict(rows), len(of_draft), sum(one[2] for one in of_draft), newest))
    return garbage


def _sweep(handle: DeltaTable, drafts: list[str], older_than: timedelta, *, dry_run: bool) -> int:
    """Remove the drafts' rows from one table and their files; return how many files went that the log never named."""
    vacuum = partial(handle.vacuum, enforce_retention_duration=False)
    if not dry_run and (drafts or handle.metadata().configuration.get("delta.appendOnly") != "true"):
        try:
            # Tables refuse to delete, so that nothing but this can; where this was killed, they come to refuse again.
            handle.alter.set_table_properties({"delta.appendOnly": "false"})
            for draft in drafts:
                handle.delete(f"draft = '{draft}'")  # its own partition: whole files go, none is rewritten
        finally:
            handle.alter.set_table_properties({"delta.appendOnly": "true"})
        vacuum(0, dry_run=False, full=False)
    # Files that the log never named go only once they are old: somebody may be writing them. Those it named once are
    # listed again and again, also when they are gone.
    named_once = vacuum(0, dry_run=True, full=False)
    strays = vacuum(int(older_than.total_seconds() // 3600), dry_run=dry_run, full=True)
    return len(set(strays) - set(named_once))
