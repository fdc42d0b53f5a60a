"""Duplicates: rows that are the same again, the same in other words, or contradict each other."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from curation.columns import leading

EXACT = "exact duplicate"
"""The same payload as an earlier row: the row is dropped."""
NEAR = "near duplicate"
"""The same instruction but for punctuation, spaces and script, the same input and command: a person decides."""
CONFLICT = "conflicting duplicates"
"""The same instruction and input, but another command: a person decides about each of the rows."""

INDEX = pl.Schema(
    {
        "seq": pl.Int64,
        "key": pl.String,
        "digest": pl.String,
        "group": pl.String,
        "input": pl.String,
        "command": pl.String,
    }
)
"""What tells whether rows say the same: see `find_duplicates`."""

SAID = pl.Schema({"high": pl.UInt64, "middle": pl.UInt32, "said": pl.UInt64})
"""What tells whether rows may be duplicates: the first 24 digits of the payload's digest, which its key begins with, as
two numbers; and a hash of what the row says, the same for all rows that `find_duplicates` might find."""


def head(column: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the first 24 digits of a column of digests, or of keys, as two numbers, `high` and `middle`."""
    return (
        leading(pl.col(column)).alias("high"),
        pl.col(column).str.slice(16, 8).str.to_integer(base=16, dtype=pl.UInt32).alias("middle"),
    )


def count_payloads(parts: Iterable[pl.DataFrame], count: int) -> tuple[pl.Series, pl.Series]:
    """Return for each of `count` rows how many before it have its payload; and whether it may say what another says.

    `parts` are frames with `seq` and the columns of `SAID`, their rows in order; rows that may be duplicates are in the
    same part. A row that is the same as one before it says nothing.
    """
    nth, alike = pl.zeros(count, pl.UInt32, eager=True), pl.repeat(value=False, n=count, eager=True)
    for part in parts:
        counted = part.select("seq", "said", nth=pl.int_range(pl.len(), dtype=pl.UInt32).over("high", "middle"))
        again = counted.filter(pl.col("nth") > 0)
        nth = nth.scatter(again["seq"], again["nth"])
        first = counted.filter(pl.col("nth") == 0)
        alike = alike.scatter(first.filter(pl.col("said").is_duplicated())["seq"], values=True)
    return nth, alike


def find_duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one line for each row that is a duplicate: `seq`, `key`, `reason` and `other`, in the order of `seq`.

    `rows` has `seq`, `key`, `digest` (of the payload), `group` (the instruction's `group_text`), `input` (with what was
    said before the instruction, where anything was) and `command`
    (a digest; null where the output is no command: such a row can only be an exact duplicate). `reason` is `EXACT`,
    `NEAR` or `CONFLICT`; `other` is the key of the row to compare it with: for the first two the first row that says
    the same, for a conflict the first that says otherwise. A row has one reason, a conflict before a near duplicate.
    """
    ordered = rows.select(*INDEX).sort("seq")
    again = ~pl.col("digest").is_first_distinct()
    first = ordered.filter(~again).select("digest", other="key")
    exact = (
        ordered.filter(again)
        .join(first, on="digest", how="left")
        .select("seq", "key", pl.lit(EXACT).alias("reason"), "other")
    )
    said = ["group", "input"]
    # Few rows share their instruction: only for those is it worth while to look at the commands.
    shared = ordered.filter(~again, pl.all_horizontal(pl.col(*said, "command").is_not_null())).filter(
        pl.struct(said).is_duplicated()
    )
    distinct = shared.with_columns(
        same=pl.col("key").first().over(*said, "command"),
        leader=pl.col("key").first().over(said),
        leading=pl.col("command").first().over(said),
    ).with_columns(
        # The first row that says otherwise than the group's first row; null where all say the same.
        opposed=pl.col("key").filter(pl.col("command") != pl.col("leading")).first().over(said),
    )
    conflict = distinct.filter(pl.col("opposed").is_not_null()).select(
        "seq",
        "key",
        reason=pl.lit(CONFLICT),
        other=pl.when(pl.col("command") == pl.col("leading")).then("opposed").otherwise("leader"),
    )
    near = distinct.filter(pl.col("opposed").is_null(), pl.col("key") != pl.col("same")).select(
        "seq", "key", reason=pl.lit(NEAR), other=pl.col("same")
    )
    return pl.concat([exact, conflict, near]).sort("seq")
