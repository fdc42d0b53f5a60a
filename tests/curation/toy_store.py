"""A small data set and a toy engine, to have versions to publish. Run as a program, it publishes until it is killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curation.columns import bare
from curation.command import Keys, digest, parse_object, write
from curation.edits import Edit, make_patch
from curation.manifest import Ruleset, Version
from curation.record import batch_of_texts
from curation.shares import Shares
from curation.splits import draw_splits, grouped
from curation.store import Store
from curation.tables import frame

ORDER = {"": ["kind", "function", "params"]}
RULES = Ruleset("toy", "rules of the toy engine", ORDER, {"library": "1.0"})
KEPT = "0" * 24 + "-0"
BARE = {"kind": "k", "params": {"power": "on"}}


def payload(number: int) -> str:
    """Return the payload of a record whose command lacks its function."""
    return write(
        {"instruction": f"第 {number} 盏灯", "input": "", "output": write(BARE), "extra": [1, 1.0, True, None]}
    )


def raw_frame(payloads: Sequence[str]) -> pl.DataFrame:
    """Return the records of a raw data set."""
    keys = Keys()
    rows = [
        (seq, keys.next(digest(text)), "upsert", "unchanged", digest(text), text, None, None)
        for seq, text in enumerate(payloads)
    ]
    return frame("records", rows)


def with_splits(records: pl.DataFrame, texts: Sequence[str], kind_key: str, shares: Shares) -> pl.DataFrame:
    """Return the records of a raw data set with `grp` and `split`."""
    read = batch_of_texts(texts).with_row_index("seq").with_columns(pl.col("seq").cast(pl.Int64))
    groups = grouped(read, bare(read["instruction"]), kind_key, shares.seed)
    splits = draw_splits([groups.with_columns(read["seq"])], read.height, shares)
    return records.with_columns(groups["grp"], splits.cast(pl.String))


def curated(parent: pl.DataFrame, word: str = "f") -> dict[str, pl.DataFrame]:
    """Return what the toy engine makes of rows: of every five one stays, the others are edited, queued, gone."""
    records: list[tuple[Any, ...]] = []
    edits: list[tuple[Any, ...]] = []
    queue: list[tuple[Any, ...]] = []
    outcomes: list[tuple[Any, ...]] = []
    for seq, key, text in parent.select("seq", "key", "payload").iter_rows():
        if seq % 5 == 1:
            current, command = text, dict(BARE)
            for ord_, after in enumerate(
                ({**BARE, "function": word}, {**BARE, "function": word, "params": {"n": seq}})
            ):
                changed = write({**parse_object(text), "output": write(after, ORDER)})
                patches = make_patch(command, after, ORDER)
                rule = f"toy.rule-{ord_}"
                edit = Edit(
                    key, ord_, rule, digest(rule), (), "toy", "rule", "command", *patches, digest(current),
                    digest(changed), 0, 2, None, 0.9,
                )  # fmt: skip
                edits.append(edit.row())
                current, command = changed, after
            records.append((seq, key, "upsert", "rewritten", digest(current), current, None, None))
        elif seq % 5 == 2:
            records.append((seq, key, "upsert", "review", digest(text), text, None, None))
            queue.append((key, 0, "decline", "toy.rule-2", digest("2"), "no such device", "灯", "[]"))
        elif seq % 5 == 3:
            records.append((seq, key, "delete", "quarantined", None, None, None, None))
            outcomes.append((key, "quarantined", "not JSON", "x", None))
        elif seq % 5 == 4:
            records.append((seq, key, "delete", "dropped", None, None, None, None))
            outcomes.append((key, "dropped", "same as an earlier row", None, KEPT))
    return {
        "records": frame("records", records),
        "edits": frame("edits", edits),
        "queue": frame("queue", queue),
        "outcomes": frame("outcomes", outcomes),
    }


def pieces(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in batches."""
    for start in range(0, rows.height, size):
        yield rows.slice(start, size)


def publish_raw(store: Store, payloads: Sequence[str], size: int = 1000, tag: str | None = None) -> Version:
    """Publish a raw data set in batches of some size."""
    with store.publish(None, kind="raw", source={"file": "toy.json"}, actor="tester") as draft:
        for batch in pieces(raw_frame(payloads), size):
            draft.add(records=batch)
        return draft.commit(tag=tag)


def publish_curated(
    store: Store, parent: Version | str | int, size: int = 1000, word: str = "f", tag: str | None = None
) -> Version:
    """Publish what the toy engine makes of a version, in batches of some size."""
    with store.publish(parent, kind="curated", ruleset=RULES, message="toy", actor="tester") as draft:
        for batch in pieces(store.read(parent), size):
            draft.add(**curated(batch, word))
        return draft.commit({"by_rule": {}}, tag=tag)


def main(folder: Path, name: str) -> None:
    """Publish one version after another, each from the same raw data set."""
    store = Store(folder)
    for number in range(1000):
        version = publish_curated(store, 0, size=7, word=f"{name}{number}")
        sys.stdout.write(f"{version.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
