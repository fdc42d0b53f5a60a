"""The batch function for rows that lie in a store: Arrow in, Arrow out, in whatever pieces and order they come.

Any engine that hands Arrow tables to a function can run it; what it makes of a row depends on no other row.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from curation.batch import Batch, Counts, run_batch
from curation.engine import Engine
from curation.record import batch_of_texts

COLUMNS = ("seq", "key", "digest", "payload")
"""What is read of the records of a data set as it came."""

_FRAMES = ("records", "edits", "queue", "outcomes", "indexed")
RESULT = pa.schema([*((name, pa.large_binary()) for name in _FRAMES), ("counts", pa.string())])
"""One line for each piece: its frames as Arrow files, its counts as JSON."""


def judge_table(engine: Engine, table: pa.Table, wanted: pl.Series, doubtful: pl.Series) -> pa.Table:
    """Return what the rules make of the rows of a piece of the table of records, with the columns of `RESULT`.

    `wanted` has for each row of the data set whether it is to be judged; `doubtful`, whether its result must be told
    apart from that of others. No line where no row is wanted. The rows must be records: they have no problem.
    """
    given = pl.DataFrame(table.select(COLUMNS))
    given = given.filter(wanted.gather(given["seq"]))
    if given.is_empty():
        return RESULT.empty_table()
    rows = batch_of_texts(given["payload"]).with_columns(given)
    made = run_batch(engine, rows, frozenset(rows.filter(doubtful.gather(rows["seq"]))["seq"]))
    counts = [[*key, n] for key, n in sorted(made.counts.items())]
    return pa.table([*([_file(getattr(made, name))] for name in _FRAMES), [json.dumps(counts)]], RESULT)


def batches_in(table: pa.Table) -> Iterator[Batch]:
    """Yield the batches that `judge_table` returned."""
    for line in table.to_pylist():
        frames = {name: pl.read_ipc(line[name]) for name in _FRAMES}
        yield Batch(**frames, counts=Counts({tuple(key): n for *key, n in json.loads(line["counts"])}))


def _file(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()
