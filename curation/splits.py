"""Splits: which rows are for training, validation and test, made once for a raw data set and kept by all its versions.

What is drawn is the group, not the row: sentences that differ in script, punctuation or spaces only are one group (all
that `record.group_text` makes equal, and a little more), so no sentence is in two splits. The draw is a hash of the
group, so that neither the order of the rows nor anything random decides; and it is made type by type, so that each type
of command has its share in each split.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import polars as pl

from curation.columns import bare, digests, leading
from curation.shares import SPLITS, Shares

DRAW = pl.Schema({"group": pl.UInt64, "draw": pl.UInt64, "type": pl.String})
"""What the draw must know of a row: see `grouped`."""

_SPLIT = pl.Enum(SPLITS)  # a byte a row


def groups_of(instructions: pl.Series) -> pl.Series:
    """Return the group, as `grp` says it, of each instruction; nulls stay."""
    return bare(instructions).to_frame("words").select(grp=_group("words")).to_series()


def grouped(batch: pl.DataFrame, words: pl.Series, kind_key: str, seed: int) -> pl.DataFrame:
    """Return `grp` and the columns of `DRAW` of rows as `read_raw` yields them.

    `words` are their instructions as `columns.bare` leaves them, `kind_key` names the member of an output that tells
    its type. Without an instruction there is no group; an output that cannot be read has no type.
    """
    quoted = kind_key.replace("\\", "\\\\").replace("'", "\\'")
    kinds = pl.coalesce(
        pl.col("output").str.json_path_match(f"$['{quoted}']"),
        pl.when(pl.col("output_kind") == "object").then(pl.col("payload").str.json_path_match(f"$.output['{quoted}']")),
    )
    groups = batch.select(kinds.alias("type"), words.alias("words")).with_columns(grp=_group("words"))
    drawn = groups.with_columns(seeded=pl.concat_str(pl.lit(f"{seed}\0"), "grp"))
    return drawn.select("grp", "type", group=leading(pl.col("grp")), draw=leading(digests("seeded")))


def draw_splits(parts: Iterable[pl.DataFrame], count: int, shares: Shares) -> pl.Series:
    """Return the split of each of the `count` rows of a raw data set; null for rows without a group.

    `parts` are frames with `seq` and the columns of `DRAW`, gone through twice: the rows of a part in their order, no
    group in two parts, and all draws of a part above those of the parts before. A group has the
    type of its first row that has one. Within a type exactly the shares are held out, rounded; types with fewer groups
    than it takes to hold one out are drawn together.
    """
    sizes = Counter[str]()
    for part in parts:
        sizes.update(dict(_groups(part)["type"].value_counts().iter_rows()))
    held_out = [share for share in (shares.validation, shares.test) if share]
    few = math.ceil(1 / min(held_out)) if held_out else 0
    strata = {kind: kind if size >= few else "" for kind, size in sizes.items()}
    totals = Counter[str]()
    for kind, size in sizes.items():
        totals[strata[kind]] += size
    before = dict.fromkeys(totals, 0)
    splits = pl.Series("split", [None], dtype=_SPLIT).new_from_index(0, count)
    for part in parts:
        if (groups := _groups(part)).is_empty():
            continue
        placed = (
            groups.with_columns(stratum=pl.col("type").replace_strict(strata))
            .sort("stratum", "draw", "group")
            .with_columns(
                nth=pl.int_range(pl.len()).over("stratum") + pl.col("stratum").replace_strict(before),
                of=pl.col("stratum").replace_strict(totals),
            )
        )
        for stratum, size in placed["stratum"].value_counts().iter_rows():
            before[stratum] += size
        drawn = placed.select("group", split=_split((pl.col("nth") + 0.5) / pl.col("of"), shares))
        rows = part.select("seq", "group").join(drawn, on="group")
        splits = splits.scatter(rows["seq"], rows["split"])
    return splits


def _groups(part: pl.DataFrame) -> pl.DataFrame:
    """Return the groups of a part, each with its draw and its type ("": none of its rows has one)."""
    groups = part.filter(pl.col("group").is_not_null()).group_by("group", maintain_order=True)
    return groups.agg(pl.col("draw").first(), pl.col("type").drop_nulls().first().fill_null(""))


def _split(place: pl.Expr, shares: Shares) -> pl.Expr:
    """Return the split of what stands at a place between 0 and 1."""
    return (
        pl.when(place < shares.test)
        .then(pl.lit("test"))
        .when(place < shares.test + shares.validation)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
        .cast(_SPLIT)
    )


def _group(column: str) -> pl.Expr:
    """Return the group of each instruction as `columns.bare` leaves it."""
    return digests(column).str.slice(0, 16)
