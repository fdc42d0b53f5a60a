"""Rows that wait until the end of a run, kept in files beside it: what they come to depends on rows not yet seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import polars as pl

_HELD = 20_000  # rows in memory before they become a file


class Aside:
    """Frames put aside and given back in their order; memory holds few of them. Use it in a `with` statement."""

    def __init__(self) -> None:
        """Hold nothing; the folder is made when there is too much to hold."""
        self._folder: TemporaryDirectory[str] | None = None
        self._files: list[Path] = []
        self._held: list[pl.DataFrame] = []

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the files away."""
        if self._folder is not None:
            self._folder.cleanup()

    def put(self, rows: pl.DataFrame) -> None:
        """Keep the rows of a frame, which have the columns of all others."""
        self._held.append(rows)
        if sum(frame.height for frame in self._held) >= _HELD:
            self._folder = self._folder or TemporaryDirectory(prefix="rewright-")
            file = Path(self._folder.name) / f"{len(self._files)}.arrow"
            pl.concat(self._held).write_ipc(file, compression="zstd")
            self._files.append(file)
            self._held.clear()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, some at a time."""
        for file in self._files:
            yield pl.read_ipc(file)
        if self._held:
            yield pl.concat(self._held)
