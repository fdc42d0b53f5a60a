"""Rows kept in files beside a run, as many as there may be: what becomes of them depends on rows not yet seen."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

_HELD = 16 * 2**20  # bytes in memory before they become a file


def part_of(number: pl.Expr) -> pl.Expr:
    """Return the part, one of 64, of a hash of 64 bits: the lower the hash, the lower the part."""
    return number // pl.lit(2**58, pl.UInt64)


class Aside(ExitStack):
    """Frames put aside and given back in their order; memory holds few of them. Use it in a `with` statement."""

    def __init__(self) -> None:
        """Hold nothing; the folder is made when there is too much to hold."""
        super().__init__()
        self._held: list[pl.DataFrame] = []
        self._size = 0
        self._files: list[Path] = []

    def put(self, rows: pl.DataFrame) -> None:
        """Keep the rows of a frame, which have the columns of all others. Raises `OSError` that says what to do."""
        self._held.append(rows)
        self._size += int(rows.estimated_size())
        if self._size >= _HELD:
            self.file()

    def file(self) -> None:
        """Write what memory holds to files."""
        if self._held:
            self._write(pl.concat(self._held))
        self._held.clear()
        self._size = 0

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, some at a time."""
        for file in self._files:
            yield pl.read_ipc(file)
        if self._held:
            yield pl.concat(self._held)

    def _write(self, rows: pl.DataFrame) -> None:
        if not self._files:
            self._folder = Path(self.enter_context(TemporaryDirectory(prefix="rewright-")))
        file = self._folder / f"{len(self._files)}.arrow"
        try:
            rows.write_ipc(file, compression="lz4")
        except OSError as error:  # which names neither the file nor what to do
            raise OSError(
                error.errno or errno.EIO,
                f"{error}; a run puts its rows aside there: set TMPDIR to a folder with about 230 bytes for each row",
                str(file),
            ) from None
        self._files.append(file)


class Parts(Aside):
    """Rows put aside and given back part by part: rows that must be seen together are of one part.

    So memory holds a part where it would have to hold them all. Use it in a `with` statement.
    """

    def __init__(self, part: pl.Expr) -> None:
        """Hold nothing; `part` is the number of a row's part."""
        super().__init__()
        self._part = part.alias("part")
        self._parts: dict[int, Aside] = {}

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield the parts by their numbers, each with its rows in the order they came; few rows are all one part."""
        if not self._parts:
            yield from self.frames()
            return
        self.file()
        for part in sorted(self._parts):
            yield pl.concat(self._parts[part].frames())

    def _write(self, rows: pl.DataFrame) -> None:
        apart = rows.with_columns(self._part).partition_by("part", as_dict=True, include_key=False)
        for (part,), own in apart.items():
            if part not in self._parts:
                self._parts[part] = self.enter_context(Aside())
            self._parts[part].put(own)
            self._parts[part].file()
