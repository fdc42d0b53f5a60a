"""The one reading of a raw data set: its rows lie in files aside then, and it is known what only the whole of it tells.

That is of each row its split, how many rows before it have the same payload, and whether another row may say the same:
some 6 bytes of memory a row. To find them, rows that may be duplicates or of one group are looked at together,
a part of the data set at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import polars as pl

from curation.aside import Aside, Parts, part_of
from curation.columns import bare, digests
from curation.command import Keys, Unreadable, parse_object
from curation.duplicates import count_payloads, head
from curation.manifest import Version
from curation.pack import Pack
from curation.problems import in_utf8
from curation.reading import field_names, read_raw
from curation.record import add_keys
from curation.shares import USUAL, Shares
from curation.snapshot import CONTENT
from curation.splits import draw_splits, grouped
from curation.store import Store
from curation.table_digest import TableDigest

BATCH_ROWS = 5_000

_AT_ONCE = 4  # batches that are read as one: each step over a column costs as much as a hundred rows
_LOOKED_AT = 50_000  # outputs that are not looked at again

_PART = part_of(pl.coalesce("draw", "said"))
"""In which part a row is looked at. Rows that may be duplicates have one group, and so one draw, or none."""


class Progress(Protocol):
    """Where the work reports how far it is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Say that `done` rows of `total` (None: not known yet) have gone through a stage."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""


class Survey(ExitStack):
    """A whole data set and what is known of it. Use it in a `with` statement, and `read` before all else."""

    count: int
    sound: pl.Series
    """For each row whether it is a record that the rules judge."""
    nth: pl.Series
    """For each row how many before it have the same payload."""
    alike: pl.Series
    """For each row whether it may say what another row says; those that are the same as an earlier one say nothing."""
    split: pl.Series
    seen: set[str]
    """What the pack's survey finds: devices."""

    def __init__(self, pack: Pack) -> None:
        """Know nothing; `pack` are the rules that the data set is read for."""
        super().__init__()
        self._pack = pack
        self._rows = self.enter_context(Aside())

    def read(self, path: Path, shares: Shares = USUAL, progress: Progress = silent) -> None:
        """Read the data set at `path`; raises `ReadError`."""
        self.count = 0
        self._source = {"name": in_utf8(path.name), "fields": field_names(path), "splits": shares.as_json()}
        self.seen = set()
        looked_at: set[str] = set()
        sound: list[pl.Series] = []
        with Parts(_PART) as parts:
            for batch in read_raw(path, _AT_ONCE * BATCH_ROWS):
                words = bare(batch["instruction"])
                draw = grouped(self._pack.notation.rows(batch), words, self._pack.kind_key, shares.seed)
                rows = batch.drop("line").with_columns(digests("payload").alias("digest"), draw["grp"])
                self._rows.put(rows)
                parts.put(rows.select("seq", *head("digest")).with_columns(self._said(batch, words), *draw.drop("grp")))
                sound.append(batch["problem"].is_null())
                self.seen |= seen_in(batch, self._pack, looked_at)
                if len(looked_at) > _LOOKED_AT:
                    looked_at.clear()
                self.count += batch.height
                progress("reading", self.count, None)
            self.sound = pl.concat(sound)
            self.nth, self.alike = count_payloads(parts, self.count)
            self.split = draw_splits(parts, self.count, shares)

    def _said(self, batch: pl.DataFrame, words: pl.Series) -> pl.Series:
        """Return a hash of what each row says."""
        # What was said before belongs to what a row says: 再亮一点 is another command after another turn.
        # Labels are looked at more closely later: there, turns that differ in script or punctuation are the same.
        alone = pl.lit(True) if self._pack.notation.label else pl.col("earlier").is_null()
        beside = pl.when(alone).then("input").otherwise(pl.concat_str("input", "earlier"))
        return batch.select(words.alias("said"), beside.alias("input")).to_struct("said").hash(seed=0)

    def publish(self, store: Store, progress: Progress = silent) -> Version:
        """Publish the data set as it came, and return the version; the one that it is already, if it is."""
        if (known := self._published(store)) is not None:
            return known
        done = 0
        with store.publish(None, kind="raw", source=self._source, message=str(self._source["name"])) as draft:
            for batch in self._records():
                draft.add(batch)
                done += batch.height
                progress("storing", done, self.count)
            return draft.commit()

    def _published(self, store: Store) -> Version | None:
        """Return the version that the data set was published as before: to append it again would fill the store."""
        alike = [one for one in store.versions() if one.kind == "raw" and one.counts["rows_in"] == self.count]
        if not alike:
            return None
        content = TableDigest(CONTENT)
        for batch in self._records():
            content.add(batch.select(CONTENT.names()).cast(CONTENT))
        return next((one for one in alike if one.content == content.hexdigest()), None)

    def _records(self) -> Iterator[pl.DataFrame]:
        came = {"op": pl.lit("upsert"), "disposition": pl.lit("unchanged")}
        for batch in self.rows():
            yield batch.select("seq", "key", "digest", "payload", "split", "grp", **came)

    def rows(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in batches as `read_raw` does, with `digest` (of the payload), `key`, `grp` and `split`."""
        for rows in self._rows.frames():
            for batch in rows.iter_slices(BATCH_ROWS):
                nth = self.nth.slice(batch["seq"][0], batch.height)
                key = pl.concat_str(pl.col("digest").str.slice(0, 24), pl.lit("-"), nth.cast(pl.String))
                split = self.split.slice(batch["seq"][0], batch.height)
                yield batch.with_columns(key=key, split=split.cast(pl.String))


def none_of(count: int) -> pl.Series:
    """Return a column of `count` truth values, none of them true."""
    return pl.repeat(value=False, n=count, eager=True)


def keyed_rows(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a raw data set in batches, each row with its digest and key; remembers all payloads."""
    keys = Keys()
    for batch in read_raw(path, BATCH_ROWS):
        yield add_keys(batch, keys)


def seen_in(batch: pl.DataFrame, pack: Pack, looked_at: set[str] | None = None) -> set[str]:
    """Return what the pack's survey finds in the outputs of a batch and in the earlier answers of its conversations.

    Outputs that were `looked_at` are passed over, and those of this batch are added to them.
    """
    if pack.survey is None:
        return set()
    commands = []
    said = batch.filter(pl.col("problem").is_null() & (pl.col("output_kind") == "text"))["output"].unique().to_list()
    for earlier in batch["earlier"].drop_nulls().unique():
        said += [answer for _, answer in json.loads(earlier).get("history", ())]
    known: set[str] = set() if looked_at is None else looked_at
    fresh = [output for output in said if output not in known]
    known.update(fresh)
    for output in fresh:
        try:
            commands.append(parse_object(output))
        except Unreadable:
            continue  # it is quarantined later, with the reason
    return set(pack.survey(commands))
