"""The first pass over a raw data set: it is published as it came, and what must be known of the whole is kept.

For each row 25 bytes: its digest, a hash of what it says, and whether the rules judge it. They tell duplicates apart,
and where to look for more. A pass before draws the splits and finds which payloads may stand there twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import polars as pl

from curation.columns import bare
from curation.command import Keys, Unreadable, parse_object
from curation.duplicates import EXACT
from curation.manifest import Version
from curation.pack import Pack
from curation.reading import field_names, read_raw
from curation.record import add_keys
from curation.shares import USUAL, Shares
from curation.splits import draw_splits, splits_of
from curation.store import Store

BATCH_ROWS = 5_000


class Progress(Protocol):
    """Where the work reports how far it is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Say that `done` rows of `total` (None: not known yet) have gone through a stage."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""


@dataclass
class Survey:
    """What is known of a whole data set after one pass over it."""

    count: int = 0
    seen: set[str] = field(default_factory=set)
    """What the pack's survey finds: devices."""
    again: pl.Series | None = None
    """For each row whether its payload may be that of another row, too."""
    _parts: list[pl.DataFrame] = field(default_factory=list, repr=False)

    def add(self, batch: pl.DataFrame, pack: Pack) -> None:
        """Take in a batch with keys."""
        self.count += batch.height
        self.seen |= seen_in(batch, pack)
        # What was said before belongs to what a row says: 再亮一点 is another command after another turn.
        # Labels are looked at more closely later: there, turns that differ in script or punctuation are the same.
        alone = pl.lit(True) if pack.notation.label else pl.col("earlier").is_null()
        beside = pl.when(alone).then("input").otherwise(pl.concat_str("input", "earlier"))
        words = bare(batch["instruction"])
        said = batch.select(words.alias("said"), beside.alias("input")).to_struct("said").hash(seed=0)
        sound = pl.col("problem").is_null().alias("sound")
        self._parts.append(batch.select(*halves(), said.alias("said"), sound))

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Return `seq`, `high` and `low` (the first half of the digest), `said`, and `sound`, of all rows.

        `sound` rows are records that the rules judge.
        """
        return pl.concat(self._parts).with_row_index("seq").with_columns(pl.col("seq").cast(pl.Int64))

    def duplicates(self) -> dict[int, tuple[str, str]]:
        """Return for each row that is the same as an earlier one the reason to drop it, and the key of that one."""
        payload = ["high", "low"]
        again = self.rows.filter(pl.struct(payload).is_duplicated()).with_columns(
            first=pl.col("seq").first().over(payload)
        )
        found = again.filter(pl.col("seq") != pl.col("first")).select("seq", *payload).sort("seq")
        return {seq: (EXACT, f"{high:016x}{low >> 32:08x}-0") for seq, high, low in found.iter_rows()}

    def alike(self, gone: dict[int, tuple[str, str]]) -> pl.Series:
        """Return for each row whether it may say what another row says, those left out that are gone."""
        kept = self.rows.filter(~pl.col("seq").is_in(list(gone)))
        return mask(self.count, kept.filter(pl.col("said").is_duplicated())["seq"])


def mask(count: int, rows: Iterable[int] | pl.Series) -> pl.Series:
    """Return a column of `count` truth values, true for these rows."""
    places = rows if isinstance(rows, pl.Series) else pl.Series(list(rows), dtype=pl.Int64)
    return pl.repeat(value=False, n=count, eager=True).scatter(places, values=True)


def halves() -> tuple[pl.Expr, pl.Expr]:
    """Return the first half of a column of digests as two numbers, `high` and `low`."""
    high, low = (pl.col("digest").str.slice(at, 16).str.to_integer(base=16, dtype=pl.UInt64) for at in (0, 16))
    return high.alias("high"), low.alias("low")


def publish_raw(
    store: Store, path: Path, pack: Pack, shares: Shares = USUAL, progress: Progress = silent
) -> tuple[Version, Survey]:
    """Publish the data set as it came, and survey it on the way; raises `ReadError`, and then nothing is published."""
    survey = Survey()
    hashes: list[pl.Series] = []

    def noted() -> Iterator[pl.DataFrame]:
        for batch in read_raw(path, BATCH_ROWS):
            hashes.append(batch["payload"].hash())
            yield pack.notation.rows(batch)

    drawn = draw_splits(noted(), pack.kind_key, shares)
    survey.again = pl.concat(hashes).is_duplicated()
    hashes.clear()
    source = {"name": path.name, "fields": field_names(path), "splits": shares.as_json()}
    with store.publish(None, kind="raw", source=source, message=path.name) as draft:
        for batch in keyed_rows(path, survey.again):
            came = (pl.lit("upsert").alias("op"), pl.lit("unchanged").alias("disposition"))
            draft.add(splits_of(batch.select("seq", "key", "digest", "payload", *came), drawn))
            survey.add(batch, pack)
            progress("reading", survey.count, None)
        return draft.commit(), survey


def keyed_rows(path: Path, again: pl.Series | None = None) -> Iterator[pl.DataFrame]:
    """Yield the rows of a raw data set in batches, each row with its key; `again` as of `Survey`, where it is known."""
    keys = Keys()
    for batch in read_raw(path, BATCH_ROWS):
        yield add_keys(batch, keys, None if again is None else again.gather(batch["seq"]))


def seen_in(batch: pl.DataFrame, pack: Pack) -> set[str]:
    """Return what the pack's survey finds in the outputs of a batch and in the earlier answers of its conversations."""
    if pack.survey is None:
        return set()
    commands = []
    said = batch.filter(pl.col("problem").is_null() & (pl.col("output_kind") == "text"))["output"].unique().to_list()
    for earlier in batch["earlier"].drop_nulls().unique():
        said += [answer for _, answer in json.loads(earlier).get("history", ())]
    for output in said:
        try:
            commands.append(parse_object(output))
        except Unreadable:
            continue  # it is quarantined later, with the reason
    return set(pack.survey(commands))
