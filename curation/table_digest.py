"""The digest of a table: of each column by itself, of its values' own bytes, so that no spelling must be agreed upon.

A column is two streams of bytes. `sizes` says for each row, in four bytes, of how many bytes its value is, or
FF FF FF FF where there is none (null). `values` are the values that there are, one right after the other: a text in
UTF-8, a whole number in eight bytes, a fraction in the eight of its IEEE 754 double; all numbers with the lowest byte
first. The digest of the table is the SHA-256 (all of them as 64 hexadecimal digits) of one line for each column, in
their order: its name, a space, the SHA-256 of `sizes`, a space, the SHA-256 of `values`, a line feed.

The sizes say where each value ends, so no two tables give the same bytes. How the rows were batched changes none.
"""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

_NONE = 0xFFFFFFFF
_PLAIN = pl.CompatLevel.oldest()  # the newer layout keeps short texts elsewhere than long ones


class TableDigest:
    """The digest of a table that comes some rows at a time."""

    def __init__(self, schema: pl.Schema) -> None:
        """Begin a table with these columns, each of type `String`, `Int64` or `Float64`."""
        self._streams = {name: (dtype, hashlib.sha256(), hashlib.sha256()) for name, dtype in schema.items()}

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows, which may have further columns."""
        for name, (dtype, sizes, values) in self._streams.items():
            column = rows[name].rechunk()
            if column.dtype != dtype:
                raise TypeError(f"{name} is {column.dtype}, not {dtype}")
            sizes.update(_numbers(_sizes(column)))
            values.update(_texts(column) if dtype == pl.String else _numbers(column.drop_nulls()))

    def hexdigest(self) -> str:
        """Return the digest of the rows so far."""
        lines = (
            f"{name} {sizes.hexdigest()} {values.hexdigest()}\n" for name, (_, sizes, values) in self._streams.items()
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sizes(column: pl.Series) -> pl.Series:
    """Return of how many bytes each value is."""
    if column.dtype == pl.String:
        return column.str.len_bytes().fill_null(_NONE)
    return column.is_null().cast(pl.UInt32) * (_NONE - 8) + 8


def _numbers(column: pl.Series) -> Any:
    """Return the bytes of numbers, none of which is null."""
    array = column.rechunk().to_arrow()
    width = array.type.bit_width // 8
    return memoryview(array.buffers()[1])[array.offset * width : (array.offset + len(array)) * width]


def _texts(column: pl.Series) -> Any:
    """Return the bytes of texts, those of null being none."""
    array = column.fill_null("").to_arrow(compat_level=_PLAIN)
    _, ends, data = array.buffers()
    places = memoryview(ends).cast("q")
    return memoryview(data)[places[array.offset] : places[array.offset + len(array)]]
