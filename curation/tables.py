"""The tables of a store: their columns, and appending to and scanning them as Delta tables.

The layout is an append-only log of changes. Rows of the first four tables carry the id of the draft that appended them
and mean nothing until a row of `versions` names that draft.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.exceptions import ComputeError, InvalidOperationError, PanicException

if TYPE_CHECKING:
    from deltalake import DeltaTable

_TEXT, _COUNT = pl.String(), pl.Int64()
_TIME = pl.Datetime("us", "UTC")

DRAFTED: Mapping[str, pl.Schema] = {
    "records": pl.Schema(
        {
            "draft": _TEXT,
            "seq": _COUNT,  # the row's place in the file, from 0; the same in every version
            "key": _TEXT,
            "op": _TEXT,  # upsert | delete
            "disposition": _TEXT,
            "digest": _TEXT,  # of the payload; null where that is
            "payload": _TEXT,  # null for delete
            "split": _TEXT,
            "grp": _TEXT,
        }
    ),
    "edits": pl.Schema(
        {
            "draft": _TEXT,
            "seq": _COUNT,
            "key": _TEXT,
            "ord": _COUNT,
            "rule": _TEXT,
            "rule_digest": _TEXT,
            "also": _TEXT,
            "phase": _TEXT,
            "kind": _TEXT,
            "target": _TEXT,
            "patch": _TEXT,
            "inverse": _TEXT,
            "before": _TEXT,
            "after": _TEXT,
            "span_start": _COUNT,
            "span_end": _COUNT,
            "note": _TEXT,
            "confidence": pl.Float64(),
            "actor": _TEXT,
        }
    ),
    "queue": pl.Schema(
        {
            "draft": _TEXT,
            "seq": _COUNT,
            "key": _TEXT,
            "ord": _COUNT,
            "kind": _TEXT,  # decline | conflict | duplicate | sample | all
            "rule": _TEXT,
            "rule_digest": _TEXT,
            "reason": _TEXT,
            "found": _TEXT,
            "proposals": _TEXT,
        }
    ),
    "outcomes": pl.Schema(
        {
            "draft": _TEXT,
            "seq": _COUNT,
            "key": _TEXT,
            "disposition": _TEXT,  # quarantined | dropped
            "reason": _TEXT,
            "found": _TEXT,
            "kept": _TEXT,
        }
    ),
}
"""Tables that drafts append to."""

SHARED: Mapping[str, pl.Schema] = {
    "rulesets": pl.Schema(
        {"digest": _TEXT, "name": _TEXT, "text": _TEXT, "order": _TEXT, "libraries": _TEXT, "seal": _TEXT}
    ),
    "versions": pl.Schema(
        {
            "number": _COUNT,
            "id": _TEXT,
            "draft": _TEXT,
            "parent": _TEXT,
            "kind": _TEXT,
            "ruleset": _TEXT,
            "content": _TEXT,
            "edits": _TEXT,
            "counts": _TEXT,
            "source": _TEXT,
            "manifest": _TEXT,
            "pinned": _TEXT,
            "actor": _TEXT,
            "message": _TEXT,
            "created_at": _TIME,
            "seal": _TEXT,
        }
    ),
    "tags": pl.Schema({"move": _COUNT, "name": _TEXT, "version": _TEXT, "created_at": _TIME}),
    "decisions": pl.Schema(
        {
            "id": _TEXT,  # a digest of what was said, by whom and when
            "question": _TEXT,
            "key": _TEXT,
            "rule": _TEXT,
            "rule_digest": _TEXT,
            "kind": _TEXT,  # as in the queue
            "before": _TEXT,  # digests of the output that the question showed; null where it showed none
            "after": _TEXT,
            "verdict": _TEXT,  # accept | reject | correct
            "corrected": _TEXT,
            "wrong": _TEXT,
            "comment": _TEXT,
            "annotator": _TEXT,
            "source": _TEXT,
            "sampled": pl.Boolean(),  # drawn at random, not picked for being doubtful
            "version": _TEXT,
            "problem": _TEXT,  # why a corrected output cannot be used
            "decided_at": _TIME,
        }
    ),
}
"""Tables of the store as a whole; a row of `versions` is what publishes a version."""

_SCHEMAS = {**DRAFTED, **SHARED}

# Delta forgets its log after 30 days by itself; appendOnly makes every overwrite and delete an error.
_PROPERTIES = {
    "delta.appendOnly": "true",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
_UNWRITABLE = {
    errno.EROFS: "its file system is read-only; mount it for writing, or let `store` in rewright.toml name another",
    errno.EACCES: "this user may not write there; check its rights",
    errno.ENOSPC: "no space is left on the device; make room there and run it again",
    errno.EDQUOT: "this user's quota of the device is used up; make room there and run it again",
}
_PLAIN = pl.CompatLevel.oldest()  # string views in Parquet's schema stop other engines from reading the files
_ROW_GROUP = 16_384  # rows; readers skip whole groups by their range of seq
# No value of these comes often: a dictionary is built in vain, in a quarter of the time that writing takes.
_DISTINCT = ("key", "digest", "payload", "grp", "before", "after")


class Damaged(OSError):  # noqa: N818 - what it is
    """A file of a store is not as it was written; the message says which, where that is known."""


def frame(name: str, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Return rows for `Draft.add`, given in the order of the table's columns.

    Without `draft`, and outside records without `seq`: the draft fills them in.
    """
    leading = ("draft",) if name == "records" else ("draft", "seq")
    columns = {column: dtype for column, dtype in DRAFTED[name].items() if column not in leading}
    return pl.DataFrame(rows, columns, orient="row")


def collected(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of a scan of tables; raises `Damaged` where a file cannot be read."""
    try:
        return rows.collect()
    except (ComputeError, InvalidOperationError, OSError, PanicException) as error:  # the last is no Exception
        raise Damaged(f"a file cannot be read: {error}") from error


class Tables:
    """The Delta tables under one folder or object-store prefix."""

    def __init__(self, root: str | Path, storage_options: Mapping[str, str] | None = None) -> None:
        """Name the place; nothing is read or made before it is needed."""
        self.root = str(root).rstrip("/")
        self._options = dict(storage_options) if storage_options else None

    def open(self, name: str) -> DeltaTable | None:
        """Return a handle on the table as it is now, or None where it was never written.

        Raises `OSError` where nobody can tell, because the folder may not be read.
        """
        from curation.delta import Table

        uri = f"{self.root}/{name}"
        if Table.is_deltatable(uri, self._options):
            return Table(uri, storage_options=self._options)
        if "://" not in uri:  # delta-rs finds no table either in a folder that it may not enter
            try:
                Path(uri).stat()
            except FileNotFoundError:
                return None
            except PermissionError as error:
                raise PermissionError(error.errno, "the store may not be read; check its rights", uri) from None
        return None

    def open_or_create(self, name: str) -> DeltaTable:
        """Return a handle on the table, made with properties that keep its whole history."""
        from deltalake import CommitProperties
        from deltalake.exceptions import DeltaError

        from curation.delta import Table

        if handle := self.open(name):
            return handle
        try:
            with self._writing():
                return Table.create(
                    f"{self.root}/{name}",
                    schema=pl.DataFrame(schema=_SCHEMAS[name]).to_arrow(compat_level=_PLAIN).schema,
                    partition_by=["draft"] if name in DRAFTED else None,
                    configuration=_PROPERTIES,
                    storage_options=self._options,
                    # Without it the slower of two creators lays its table over the quicker one's.
                    commit_properties=CommitProperties(max_commit_retries=0),
                )
        except (DeltaError, OSError):
            if handle := self.open(name):  # another process was quicker
                return handle
            raise

    def append(self, name: str, rows: pl.DataFrame, handle: DeltaTable | None = None, step: int | None = None) -> int:
        """Append rows in one commit and return the table's version after it.

        With `step`, fails with `CommitFailedError` when somebody else has made this step since `handle` was opened:
        the check holds only on the handle from which the state before was read.
        """
        from deltalake import ColumnProperties, CommitProperties, Transaction, WriterProperties, write_deltalake

        handle = handle or self.open_or_create(name)
        transactions = None if step is None else CommitProperties(app_transactions=[Transaction(f"{name}:step", step)])
        written = WriterProperties(
            compression="ZSTD",
            compression_level=1,
            max_row_group_size=_ROW_GROUP,
            column_properties={
                column: ColumnProperties(dictionary_enabled=False) for column in _DISTINCT if column in _SCHEMAS[name]
            },
        )
        plain = rows.select(_SCHEMAS[name].names()).cast(_SCHEMAS[name]).to_arrow(compat_level=_PLAIN)
        with self._writing():
            write_deltalake(handle, plain, mode="append", commit_properties=transactions, writer_properties=written)
        return handle.version()

    def check_writable(self) -> None:
        """Raise `OSError` that says what to do where nothing can be written, for before work is done in vain."""
        if "://" in self.root:
            return
        root = Path(self.root)
        place = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
        state = os.statvfs(place)
        if state.f_flag & os.ST_RDONLY:
            raise self._unwritable(errno.EROFS)
        if not os.access(place, os.W_OK | os.X_OK):
            raise self._unwritable(errno.EACCES)
        if state.f_blocks and not state.f_bfree:
            raise self._unwritable(errno.ENOSPC)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Tell what the system says against writing; delta-rs tells of a Parquet file that could not be parsed."""
        from deltalake.exceptions import DeltaError

        self.check_writable()
        try:
            yield
        except (DeltaError, OSError) as error:
            found = _SYSTEM_ERROR.search(str(error))
            if found and int(found[1]) in _UNWRITABLE:
                raise self._unwritable(int(found[1])) from error
            raise

    def _unwritable(self, number: int) -> OSError:
        return OSError(number, f"the store cannot be written, {_UNWRITABLE[number]}", self.root)

    def files(self, name: str, draft: str) -> list[tuple[str, int]]:
        """Return the Parquet files that hold a draft's rows of a table, each with its address and number of rows."""
        handle = self.open(name)
        if handle is None:
            return []
        added = pl.DataFrame(handle.get_add_actions(flatten=True)).select("path", "num_records")
        rows = {PurePosixPath(path).name: count for path, count in added.iter_rows()}
        drafted = [("draft", "=", draft)]
        return sorted((uri, rows[PurePosixPath(uri).name]) for uri in handle.file_uris(file_pruning_predicate=drafted))

    def scan(self, name: str, handle: DeltaTable | None = None, drafts: Sequence[str] | None = None) -> pl.LazyFrame:
        """Return the rows of a table as it is now (or as `handle` saw it), for `collected`; of `drafts` where named.

        There are none where it was never written. Raises `Damaged` where a file is missing, or longer or shorter than
        it was written.
        """
        handle = handle or self.open(name)
        if handle is None:
            return pl.LazyFrame(schema=_SCHEMAS[name])
        self._check_sizes(name, handle, drafts)
        rows = pl.scan_delta(handle)
        return rows if drafts is None else rows.filter(pl.col("draft").is_in(list(drafts)))

    def _check_sizes(self, name: str, handle: DeltaTable, drafts: Sequence[str] | None) -> None:
        # In a local file that is cut short polars (2.1) panics, and writes a page about itself to standard error.
        added = pl.DataFrame(handle.get_add_actions(flatten=True))
        if "://" in self.root or added.is_empty():
            return
        if drafts is not None:
            added = added.filter(pl.col("partition.draft").is_in(list(drafts)))
        for path, size in added.select("path", "size_bytes").iter_rows():
            file = Path(self.root, name, path)
            found = file.stat().st_size if file.is_file() else None
            if found != size:
                state = "is missing" if found is None else f"has {found:,} bytes"
                raise Damaged(f"{file} {state}, and {size:,} bytes were written")
