"""Rows as Parquet files that every reader agrees on: plain text columns, shards named by digest, place and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from curation.export.rows import Row
from curation.export.shapes import messages

SHARD_ROWS = 200_000
_GROUP_ROWS = 5_000


def schemas(fields: Sequence[str]) -> Mapping[str, Any]:
    """Return the Arrow schema of each configuration; `fields` are the optional ones that any row has."""
    import pyarrow as pa

    text = pa.string()
    optional = {"system": text, "history": pa.list_(pa.list_(text)), "extra": text}
    said = pa.struct([("role", text), ("content", text)])
    names = ("key", "instruction", "input", "output")
    return {
        "alpaca": pa.schema(
            [
                *((name, text) for name in names),
                *((name, optional[name]) for name in optional if name in fields),
                ("disposition", text),
            ]
        ),
        "messages": pa.schema([("key", text), ("messages", pa.list_(said)), ("disposition", text)]),
    }


def values(config: str, row: Row) -> dict[str, Any]:
    """Return a row as a configuration has it; fields that its schema lacks are ignored there."""
    if config == "messages":
        return {"key": row.key, **messages(row), "disposition": row.disposition}
    return row._asdict()


class Shards:
    """Files `part-<digest>-<number>-of-<all>.parquet` of one configuration and split, written as rows come."""

    def __init__(self, folder: Path, digest: str, config: str, schema: Any, rows: int, shard_rows: int) -> None:
        """Make the folder; `rows` is how many will come, which the names of the files tell."""
        folder.mkdir(parents=True)
        self._config, self._schema, self._shard_rows = config, schema, shard_rows
        shards = -(-rows // shard_rows)
        self._files = iter([folder / f"part-{digest}-{n:05d}-of-{shards:05d}.parquet" for n in range(shards)])
        self._waiting: list[dict[str, Any]] = []
        self._left = 0
        self._writer: Any = None

    def __enter__(self) -> Self:
        """Return the shards."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Finish the last file."""
        if kind is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def add(self, row: Row) -> None:
        """Append a row."""
        if self._left == 0:
            self._next()
        self._waiting.append(values(self._config, row))
        self._left -= 1
        if len(self._waiting) >= _GROUP_ROWS:
            self._flush()

    def _next(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
        self._writer = _writer(next(self._files), self._schema)
        self._left = self._shard_rows

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting.clear()


def write_frames(path: Path, frames: Iterator[pl.DataFrame], schema: pl.Schema) -> int:
    """Write frames as one Parquet file and return how many rows they have."""
    import pyarrow as pa

    plain = pl.DataFrame(schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    kinds = [(field.name, pa.string() if pa.types.is_large_string(field.type) else field.type) for field in plain]
    arrow = pa.schema(kinds)
    path.parent.mkdir(parents=True)
    count = 0
    with _writer(path, arrow) as writer:
        for frame in frames:
            writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(arrow))
            count += frame.height
    return count


def _writer(path: Path, schema: Any) -> Any:
    from pyarrow import parquet

    return parquet.ParquetWriter(path, schema, compression="zstd")
