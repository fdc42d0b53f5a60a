"""What a line of versions holds: its rows, edits, queue and outcomes, whole or a range of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from curation.table_digest import TableDigest
from curation.tables import DRAFTED, Tables, collected

WINDOW = 50_000
"""Rows that are held at once where nobody asks for another number."""

CONTENT = pl.Schema(
    {name: DRAFTED["records"][name] for name in ("seq", "key", "op", "disposition", "digest", "split", "grp")}
)
"""What the digest of a version's content covers, for every row that came in."""

INHERITED = ("split", "grp")
"""What a row keeps from the raw data set on; later drafts need not state it."""

_ORDERS = {
    "records": ["seq", "key"],
    "edits": ["seq", "key", "ord", "rule", "after"],
    "queue": ["seq", "key", "ord", "kind", "rule", "reason", "found", "proposals"],
    "outcomes": ["seq", "key", "reason", "found"],
}


class Window(NamedTuple):
    """A range of rows by `seq`, end excluded."""

    start: int
    end: int


class Snapshot:
    """The rows of a line of drafts, oldest first; of several rows with one key the youngest draft's counts."""

    def __init__(
        self, tables: Tables, drafts: Sequence[str], waiting: Mapping[str, pl.DataFrame] | None = None
    ) -> None:
        """Open the tables as they are now; what is appended later is not seen. Raises `Damaged`.

        `waiting` are rows by table that count as if they were appended already.
        """
        self.drafts = tuple(drafts)
        self._scans: Mapping[str, pl.LazyFrame] = {name: tables.scan(name, drafts=self.drafts) for name in DRAFTED}
        if waiting:
            more = {name: rows.lazy().select(DRAFTED[name].names()) for name, rows in waiting.items()}
            self._scans |= {name: pl.concat([self._scans[name], rows]) for name, rows in more.items()}
        self._extents: dict[tuple[str, tuple[str, ...]], tuple[int, int, int]] = {}

    def rows(self, columns: Sequence[str], window: Window | None = None) -> pl.DataFrame:
        """Return the rows' latest state by `seq`, deleted ones too: `columns` after `seq`, `key`, `op` and `draft`."""
        needed = list(dict.fromkeys(("seq", "key", "op", "draft", *columns)))
        rows = self._rows("records", self.drafts, window).select(needed).pipe(collected)
        if len(self.drafts) > 1:
            rows = self._latest(rows)
        return rows.sort("seq", maintain_order=True)

    def changes(self, name: str, window: Window | None = None, drafts: Sequence[str] | None = None) -> pl.DataFrame:
        """Return what the drafts (all, unless told) appended to a table: oldest draft first, then in order."""
        drafts = self.drafts if drafts is None else drafts
        rows = self._rows(name, drafts, window).pipe(collected)
        if len(drafts) == 1:
            return rows.sort(_ORDERS[name])
        ages = pl.DataFrame({"draft": drafts, "age": range(len(drafts))}, schema={"draft": pl.String, "age": pl.Int64})
        return rows.join(ages, on="draft").sort(["age", *_ORDERS[name]]).drop("age")

    def windows(
        self, size: int = WINDOW, name: str = "records", drafts: Sequence[str] | None = None
    ) -> Iterator[Window]:
        """Yield the ranges that together cover all rows of a table, at most `size` rows each."""
        first, last, count = self._extent(name, self.drafts if drafts is None else tuple(drafts))
        step = size if count > size else max(size, last + 1 - first)
        for start in range(first, last + 1, step):
            yield Window(start, min(start + step, last + 1))

    def count(self, name: str, draft: str) -> int:
        """Return how many rows a draft appended to a table."""
        return self._extent(name, (draft,))[2]

    def digest(self, name: str, draft: str) -> str:
        """Return the digest of all that a draft appended to a table, which does not depend on how it was batched."""
        digest = TableDigest(pl.Schema({name: dtype for name, dtype in DRAFTED[name].items() if name != "draft"}))
        for window in self.windows(name=name, drafts=(draft,)):
            digest.add(self.changes(name, window, (draft,)))
        return digest.hexdigest()

    def _extent(self, name: str, drafts: tuple[str, ...]) -> tuple[int, int, int]:
        """Return the first and last `seq` and the number of rows; of no rows, 0, -1 and 0."""
        if (name, drafts) not in self._extents:
            seq = pl.col("seq")
            extent = self._rows(name, drafts, None).select(seq.min().alias("a"), seq.max().alias("z"), pl.len())
            first, last, count = collected(extent).row(0)
            self._extents[name, drafts] = (first, last, count) if count else (0, -1, 0)
        return self._extents[name, drafts]

    def _rows(self, name: str, drafts: Sequence[str], window: Window | None) -> pl.LazyFrame:
        rows = self._scans[name].filter(pl.col("draft").is_in(list(drafts)))
        if window is not None:
            rows = rows.filter(pl.col("seq") >= window.start, pl.col("seq") < window.end)
        return rows

    def _latest(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return of several rows with one key the youngest draft's, with the split and group that it came in with."""
        came = pl.col("draft") == self.drafts[0]
        oldest, later = rows.filter(came), rows.filter(~came)
        if len(self.drafts) > 2:
            ages = {draft: age for age, draft in enumerate(self.drafts)}
            age = pl.col("draft").replace_strict(ages, return_dtype=pl.Int64)
            later = later.filter(age == age.max().over("key"))
        if names := [name for name in INHERITED if name in rows.columns]:
            later = later.join(oldest.select("key", *names), on="key", how="left", suffix="_oldest").select(
                pl.coalesce(f"{name}_oldest", name).alias(name) if name in names else name for name in rows.columns
            )
        return pl.concat([oldest.join(later, on="key", how="anti"), later])
