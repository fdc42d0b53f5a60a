"""Drafts: rows on their way to become a version, invisible until one row of `versions` names them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import polars as pl

from curation.columns import digests
from curation.manifest import Ruleset, Version, manifest, seal
from curation.snapshot import Snapshot
from curation.tables import DRAFTED, collected
from curation.tally import tally

if TYPE_CHECKING:
    from curation.store import Store

_BUFFERED = 50_000  # rows of one table before they become a file
_NULLABLE = {
    "records": {"payload", "digest", "split", "grp"},
    "edits": {"span_start", "span_end", "note", "confidence", "actor"},
    "queue": {"rule", "rule_digest", "found", "proposals"},
    "outcomes": {"found", "kept"},
}


class StoreError(Exception):
    """Something about a store that its user can put right; the message says how."""


class LostRace(StoreError):  # noqa: N818 - what happened
    """Somebody else was quicker with something that cannot be there twice; nothing of this is visible. Try again."""


class Draft:
    """A version in the making: rows are added batch by batch, then committed in one step or never seen.

    Made by `Store.publish`. Batches may come in any size and order: the version's id does not depend on them.
    """

    def __init__(
        self,
        store: Store,
        parent: str | int | Version | None,
        kind: str,
        ruleset: Ruleset | None,
        source: Mapping[str, Any],
        message: str,
        actor: str,
    ) -> None:
        """Find the parent among the versions of now; raises `OSError` where the store cannot be written."""
        self._store = store
        store.tables.check_writable()
        self._published = store.versions()
        self._parent = None if parent is None else store.version(parent, self._published)
        self._kind, self._ruleset, self._source = kind, ruleset, source
        self._message, self._actor = message, actor
        # Random and in no digest: two runs of the same input must not share rows.
        self.id = f"d_{uuid.uuid4().hex}"
        self._waiting: dict[str, list[pl.DataFrame]] = {name: [] for name in DRAFTED}
        self._added = dict.fromkeys(DRAFTED, 0)
        self._pinned: dict[str, int] = {}
        self._parent_places: pl.DataFrame | None = None
        self._open = True

    def __enter__(self) -> Self:
        """Return the draft."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go of rows not yet written; a draft that was not committed is never seen."""
        self._open = False
        for waiting in self._waiting.values():
            waiting.clear()

    def add(
        self,
        records: pl.DataFrame | None = None,
        edits: pl.DataFrame | None = None,
        queue: pl.DataFrame | None = None,
        outcomes: pl.DataFrame | None = None,
    ) -> None:
        """Append rows to the draft; columns as in `tables`, without `draft`.

        Columns that may be null may be left out, and so may `digest` (it is computed) and, outside records, `seq` (it
        is taken from the records of the same batch, else from the parent). Raises `ValueError` for columns or rows that
        do not fit.
        """
        if not self._open:
            raise ValueError("the draft is closed: rows that come after its commit would be in no digest")
        if records is not None:
            records = _digested(records)
        for name, rows in (("records", records), ("edits", edits), ("queue", queue), ("outcomes", outcomes)):
            if rows is None or rows.is_empty():
                continue
            self._waiting[name].append(
                _fitted(name, self._placed(name, rows, records)).with_columns(draft=pl.lit(self.id))
            )
            self._added[name] += rows.height
            if sum(frame.height for frame in self._waiting[name]) >= _BUFFERED:
                self._flush(name)

    def commit(self, counts: Mapping[str, Any] | None = None, tag: str | None = None) -> Version:
        """Publish the draft and return its version; the one that exists already where nothing is new about it.

        Where it exists, rows that still wait are let go; those of larger tables lie in the store, for `collect`.
        The numbers of rows and dispositions are counted here; `counts` adds to them. Raises `LostRace` where another
        version came in between that follows the same one, `ValueError` where `counts` says other numbers for a data set
        curated from raw or rows were lost on the way, `StoreError` where the tag cannot be given. In all these cases
        nothing is visible.
        """
        if tag is not None:
            self._store.check_tag_name(tag)
        self._open = False
        made = self._made(counts or {})
        if tag is not None:
            self._store.check_tag_free(tag, made.id)
        version = _same(made, self._store.versions())
        if version is None:
            self._append_rows()
            version = self._publish(made)
        if tag is not None:
            self._store.tag(tag, version.id)
        return version

    def _made(self, counts: Mapping[str, Any]) -> Version:
        """Return the version that the draft makes, as far as it is known before it is published."""
        lineage = self._store.lineage(self._parent, self._published) if self._parent else ()
        waiting = {name: pl.concat(rows) for name, rows in self._waiting.items() if rows}
        snapshot = Snapshot(self._store.tables, [*(version.draft for version in lineage), self.id], waiting)
        state = tally(snapshot)
        if len(lineage) < 2:
            _check_counts(counts, state.counts)
        digests = {name: snapshot.digest(name, self.id) for name in ("edits", "queue", "outcomes")}
        rules, order = (self._ruleset.digest, self._ruleset.order) if self._ruleset else (None, {})
        parent = self._parent.id if self._parent else None
        text, identity = manifest(parent, self._kind, rules, order, {"content": state.content, **digests})
        return Version(
            number=-1,
            id=identity,
            draft=self.id,
            parent=parent,
            kind=self._kind,
            ruleset=rules,
            content=state.content,
            edits=digests["edits"],
            counts={**state.counts, **{name: value for name, value in counts.items() if name not in state.counts}},
            source=self._source,
            manifest=text,
            pinned={},
            actor=self._actor,
            message=self._message,
            created_at=datetime.now(UTC),
            seal="",
        )

    def _append_rows(self) -> None:
        """Append what is still to be, and see that all of the draft is in the store."""
        for name in DRAFTED:
            self._flush(name)
        stored = Snapshot(self._store.tables, [self.id])
        for name, added in self._added.items():
            if (found := stored.count(name, self.id)) != added:
                raise ValueError(f"{added} rows of {name} were added to the draft, {found} came back from the store")
        if self._ruleset is not None:
            tables = self._store.tables
            known = tables.scan("rulesets").filter(pl.col("digest") == self._ruleset.digest).pipe(collected)
            if known.is_empty():
                tables.append("rulesets", pl.DataFrame([self._ruleset.row()]))

    def _publish(self, made: Version) -> Version:
        """Append the version's row under the next number, and return it; the same version where somebody was quicker.

        Versions that others published meanwhile are in nobody's way: its parent, and so its id, are what they were. But
        of two that follow one version, the second would leave out what the first did to it, and nobody would see that.
        """
        from deltalake.exceptions import CommitFailedError

        tables = self._store.tables
        while True:
            # The only handle that sees whether somebody else publishes: a fresh one would have forgotten.
            handle = tables.open_or_create("versions")
            published = self._store.versions(handle)
            if existing := _same(made, published):
                return existing
            self._check_followed(published)
            number = max((one.number for one in published), default=-1) + 1
            version = replace(made, number=number, pinned=self._pinned, created_at=datetime.now(UTC))
            version = replace(version, seal=seal(version.row()))
            try:
                tables.append("versions", pl.DataFrame([{**version.row(), "seal": version.seal}]), handle, step=number)
            except CommitFailedError:
                if len(self._store.versions()) == len(published):  # nobody was quicker, and trying again would not help
                    raise
            else:
                return version

    def _check_followed(self, published: Sequence[Version]) -> None:
        parent = self._parent
        if parent is None or parent.kind == "raw":  # any number of rule sets may be tried on a data set
            return
        known = {one.id for one in self._published}
        for one in published:
            if one.parent == parent.id and one.id not in known:
                raise LostRace(
                    f"version {one.number} ({one.short}) was made of version {parent.number} while this one was; "
                    f"nothing of this one is visible. Run it again, on version {one.number} if it is to be in it, too."
                )

    def _placed(self, name: str, rows: pl.DataFrame, records: pl.DataFrame | None) -> pl.DataFrame:
        """Return rows with the `seq` of the record they are about: of their batch, else of the parent."""
        if "seq" in rows.columns:
            return rows
        if records is not None:
            rows = rows.join(records.select("key", "seq"), on="key", how="left", maintain_order="left")
        else:
            rows = rows.with_columns(seq=pl.lit(None, pl.Int64))
        if self._parent is not None and rows["seq"].null_count():
            if self._parent_places is None:  # seldom: something is said about a record that was not touched
                self._parent_places = self._store.snapshot(self._parent).rows(()).select("key", place="seq")
            rows = rows.join(self._parent_places, on="key", how="left", maintain_order="left")
            rows = rows.with_columns(seq=pl.coalesce("seq", "place")).drop("place")
        if rows["seq"].null_count():
            strays = rows.filter(pl.col("seq").is_null())["key"].to_list()
            raise ValueError(f"{name} name records that do not exist: {', '.join(map(str, strays[:5]))}")
        return rows

    def _flush(self, name: str) -> None:
        if self._waiting[name]:
            rows = pl.concat(self._waiting[name])
            self._waiting[name].clear()
            self._pinned[name] = self._store.tables.append(name, rows)


def _same(made: Version, published: Sequence[Version]) -> Version | None:
    return next((one for one in published if one.id == made.id), None)


def _digested(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records with the digest of their payloads."""
    if "digest" in records.columns:
        return records
    # Cast, as a column of nothing but nulls is of no type of its own.
    return records.with_columns(pl.col("payload").cast(pl.String)).with_columns(digests("payload").alias("digest"))


def _fitted(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the table's columns and types."""
    schema = DRAFTED[name]
    columns = [column for column in schema.names() if column != "draft"]
    missing = [column for column in columns if column not in rows.columns and column not in _NULLABLE[name]]
    unknown = [column for column in rows.columns if column not in columns]
    if missing or unknown:
        raise ValueError(f"{name}: missing columns {missing}, unknown columns {unknown}")
    fitted = rows.select(
        (pl.col(column) if column in rows.columns else pl.lit(None)).cast(schema[column]).alias(column)
        for column in columns
    )
    holes = [column for column in columns if column not in _NULLABLE[name] and fitted[column].null_count()]
    if holes:
        raise ValueError(f"{name}: nothing in columns {holes} of some rows")
    return fitted


def _check_counts(claimed: Mapping[str, Any], counted: Mapping[str, int]) -> None:
    wrong = [f"{name} {claimed[name]}, counted {n}" for name, n in counted.items() if claimed.get(name, n) != n]
    if wrong:
        raise ValueError(f"the counts do not add up: {'; '.join(wrong)}")
