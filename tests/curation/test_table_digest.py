"""A table's digest is the one that its description defines, however the table came."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.table_digest import TableDigest

SCHEMA = pl.Schema({"text": pl.String, "count": pl.Int64, "share": pl.Float64})
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
COUNT = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(st.none() | TEXT, st.none() | COUNT, st.none() | st.floats(allow_nan=False)), max_size=30)


def bytes_of(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return struct.pack("<q" if isinstance(value, int) else "<d", value)


def described(rows: list[tuple[Any, ...]]) -> str:
    """Return the digest as its description says."""
    lines = []
    for name, column in zip(SCHEMA, zip(*rows, strict=True) if rows else [()] * 3, strict=True):
        sizes = b"".join(struct.pack("<I", 2**32 - 1 if one is None else len(bytes_of(one))) for one in column)
        values = b"".join(bytes_of(one) for one in column if one is not None)
        lines.append(f"{name} {hashlib.sha256(sizes).hexdigest()} {hashlib.sha256(values).hexdigest()}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_of(*frames: pl.DataFrame) -> str:
    made = TableDigest(SCHEMA)
    for frame in frames:
        made.add(frame)
    return made.hexdigest()


@settings(deadline=None)  # the first example imports pyarrow
@given(ROWS, st.integers(1, 10))
def test_the_digest_is_what_is_described_in_any_batches(rows: list[tuple[Any, ...]], size: int) -> None:
    frame = pl.DataFrame(rows, SCHEMA, orient="row")
    pieces = list(frame.iter_slices(size))
    assert digest_of(frame) == digest_of(*pieces) == described(rows)
    assert digest_of(frame.head(0), pl.concat([frame, *pieces])) == described([*rows, *rows])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("ab", 1, 0.5), ("", 1, 0.5)], [("a", 1, 0.5), ("b", 1, 0.5)]),
        ([("", 1, 0.5)], [(None, 1, 0.5)]),
        ([("a", 0, 0.5)], [("a", None, 0.5)]),
        ([("a", 1, 0.0)], [("a", 1, -0.0)]),
        ([("a", 1, 0.5), ("b", 2, 0.5)], [("b", 2, 0.5), ("a", 1, 0.5)]),
        ([], [(None, None, None)]),
    ],
)
def test_tables_that_differ_have_other_digests(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> None:
    assert digest_of(pl.DataFrame(one, SCHEMA, orient="row")) != digest_of(pl.DataFrame(other, SCHEMA, orient="row"))


def test_a_column_of_another_type_is_no_column_of_the_table() -> None:
    rows = pl.DataFrame({"text": ["a"], "count": [1], "share": [1]})
    with pytest.raises(TypeError, match="share is Int64, not Float64"):
        TableDigest(SCHEMA).add(rows)
