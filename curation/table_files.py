"""Tables of raw data: CSV, Parquet and Arrow files, one row after the other."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curation.record import Row, batch_of, row_of, unreadable_row
from curation.text_files import RECORD_CHARACTERS, ReadError, lines
from curation.turns import lacking

csv.field_size_limit(RECORD_CHARACTERS)  # of all readers at once; 131,072 unless it is set


def read_csv(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a CSV or TSV file with a header, every value as text; raises `ReadError`."""
    return _batched(_csv_rows(path, "\t" if path.suffix.lower() == ".tsv" else ","), batch_rows)


def _csv_rows(path: Path, delimiter: str) -> Iterator[Row]:
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in chain.from_iterable(block.to_list() for block in lines(path)):
            taken.append(line)
            yield line + "\n"

    table = csv.reader(noted(), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in table:
            raw = "\n".join(taken).removesuffix("\r")
            taken.clear()
            if header is None and cells:
                header = _checked(cells, path)
            elif header and cells:
                yield _csv_row(header, cells, raw, line)
            line = table.line_num + 1
    except csv.Error as error:
        if "new-line character" in str(error):
            raise ReadError(
                f"{path.name}: line {line}: a carriage return alone ends no line here; if the file's lines end so, "
                f"convert it: tr '\\r' '\\n' < {path.name} > lines{path.suffix}"
            ) from error
        raise ReadError(f"{path.name}: line {line}: {error}; is a quotation mark left open?") from error


def _csv_row(header: list[str], cells: list[str], raw: str, line: int) -> Row:
    if len(cells) != len(header):
        reason = "fewer fields than the header" if len(cells) < len(header) else "more fields than the header"
        return unreadable_row(raw, reason, f"{len(cells)} instead of {len(header)}", line)
    return row_of(dict(zip(header, cells, strict=True)), line)


def _checked(columns: list[str], path: Path) -> list[str]:
    """Return the columns of a table; raises `ReadError` where its rows could not be records."""
    if twice := {column for column in columns if columns.count(column) > 1}:
        raise ReadError(f"{path.name}: two columns named {min(twice)!r}; rename one of: {', '.join(columns)}")
    if lack := lacking(columns):
        raise ReadError(f"{path.name}: {lack}")
    return columns


def read_parquet(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file; dates, times and decimals become text; raises `ReadError`."""
    with _arrow_errors(path), pa.OSFile(os.fsencode(path)) as source, pq.ParquetFile(source) as file:
        yield from _arrow(file.schema_arrow, file.iter_batches(batch_rows), path, batch_rows)


def read_arrow(path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of an Arrow file of either kind, as those of Parquet; Hugging Face saves streams."""
    with _arrow_errors(path), pa.memory_map(os.fsencode(path)) as source:
        if source.read(6) == b"ARROW1":
            file = pa.ipc.open_file(source)
            batches = (file.get_batch(at) for at in range(file.num_record_batches))
            yield from _arrow(file.schema, batches, path, batch_rows)
        else:
            source.seek(0)
            stream = pa.ipc.open_stream(source)
            yield from _arrow(stream.schema, stream, path, batch_rows)


def _arrow(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path, batch_rows: int) -> Iterator[pl.DataFrame]:
    names = _checked(schema.names, path)
    for column in schema:
        if not (_is_json(column.type) or _is_told_as_text(column.type)):
            raise ReadError(
                f"{path.name}: column {column.name!r} is {column.type}, which JSON cannot say; leave it out"
            )

    def rows() -> Iterator[Row]:
        for batch in batches:
            for start in range(0, batch.num_rows, batch_rows):
                part = batch.slice(start, batch_rows)
                columns = [
                    column.cast(pa.string()) if _is_told_as_text(column.type) else column for column in part.columns
                ]
                for record in pa.RecordBatch.from_arrays(columns, names=names).to_pylist():
                    yield _arrow_row(record)

    return _batched(rows(), batch_rows)


def _arrow_row(record: Mapping[str, Any]) -> Row:
    try:
        return row_of(record)
    except ValueError:
        return unreadable_row(json.dumps(record, ensure_ascii=False), "NaN or Infinity")


_JSON_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_null,
)
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_dictionary)
_TOLD_AS_TEXT = (pa.types.is_timestamp, pa.types.is_date, pa.types.is_time, pa.types.is_decimal)


def _is_json(kind: pa.DataType) -> bool:
    """Tell whether JSON has values of this type."""
    if any(is_list(kind) for is_list in _LISTS):
        return _is_json(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_is_json(kind.field(at).type) for at in range(kind.num_fields))
    return any(is_plain(kind) for is_plain in _JSON_TYPES)


def _is_told_as_text(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in _TOLD_AS_TEXT)


@contextmanager
def _arrow_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise ReadError(f"{path.name}: cannot be read: {error}") from error


def _batched(rows: Iterator[Row], batch_rows: int) -> Iterator[pl.DataFrame]:
    while chunk := list(islice(rows, batch_rows)):
        yield batch_of(chunk)
