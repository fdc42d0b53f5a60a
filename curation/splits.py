"""Splits: which rows are for training, validation and test, made once for a raw data set and kept by all its versions.

What is drawn is the group, not the row: sentences that differ in script, punctuation or spaces only are one group (all
that `record.group_text` makes equal, and a little more), so no sentence is in two splits. The draw is a hash of the
group, so that neither the order of the rows nor anything random decides; and it is made type by type, so that each type
of command has its share in each split.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable

import polars as pl

from curation.columns import bare
from curation.shares import SPLITS, Shares


def draw_splits(batches: Iterable[pl.DataFrame], kind_key: str, shares: Shares) -> pl.DataFrame:
    """Return group and split of each row of a raw data set, in order, for `splits_of`; null without an instruction.

    `batches` are what `read_raw` yields; `kind_key` names the member of an output that tells its type. A group has the
    type of its first row that has one. Within a type exactly the shares are held out, rounded; types with fewer groups
    than it takes to hold one out are drawn together. Keeps 12 bytes a row while it reads, 9 then.
    """
    rows = pl.concat([pl.DataFrame(schema=_SURVEYED), *(_surveyed(batch, kind_key) for batch in batches)])
    groups = rows.filter(pl.col("group").is_not_null()).group_by("group", maintain_order=True)
    drawn = _drawn(groups.agg(pl.col("type").drop_nulls().first().cast(pl.String)), shares)
    return rows.select("group").join(drawn, on="group", how="left", maintain_order="left")


def splits_of(rows: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `grp` and `split` as drawn."""
    places = drawn[rows["seq"]] if rows.height else drawn.clear()
    groups = [None if number is None else f"{number:016x}" for number in places["group"]]
    return rows.with_columns(pl.Series("grp", groups, dtype=pl.String), places["split"].cast(pl.String))


_SURVEYED = pl.Schema({"group": pl.UInt64(), "type": pl.Categorical()})
_SPLIT = pl.Enum(SPLITS)  # a byte a row; only while it is drawn


def group_of(bare: str) -> str:
    """Return the group, as `grp` says it, of an instruction given as `columns.bare` leaves it."""
    return f"{_head(bare):016x}"


def _surveyed(batch: pl.DataFrame, kind_key: str) -> pl.DataFrame:
    """Return what the draw needs of a batch. An output that cannot be read has no type."""
    quoted = kind_key.replace("\\", "\\\\").replace("'", "\\'")
    kinds = pl.coalesce(
        pl.col("output").str.json_path_match(f"$['{quoted}']"),
        pl.when(pl.col("output_kind") == "object").then(pl.col("payload").str.json_path_match(f"$.output['{quoted}']")),
    )
    groups = [None if text is None else _head(text) for text in bare(batch["instruction"])]
    return batch.select(pl.Series("group", groups, dtype=pl.UInt64), kinds.cast(pl.Categorical).alias("type"))


def _drawn(groups: pl.DataFrame, shares: Shares) -> pl.DataFrame:
    """Return the split of each group."""
    held_out = [share for share in (shares.validation, shares.test) if share]
    few = math.ceil(1 / min(held_out)) if held_out else 0
    draw = pl.Series("draw", (_draw(shares.seed, group) for group in groups["group"]), dtype=pl.UInt64)
    kind = pl.col("type").fill_null("")
    placed = (
        groups.with_columns(draw, stratum=pl.when(pl.len().over(kind) >= few).then(kind).otherwise(pl.lit("")))
        .sort("stratum", "draw", "group")
        .with_columns(place=(pl.int_range(pl.len()).over("stratum") + 0.5) / pl.len().over("stratum"))
    )
    split = (
        pl.when(pl.col("place") < shares.test)
        .then(pl.lit("test"))
        .when(pl.col("place") < shares.test + shares.validation)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
    return placed.select("group", split=split.cast(_SPLIT))


def _draw(seed: int, group: int) -> int:
    return _head(f"{seed}\0{group:016x}")


def _head(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
