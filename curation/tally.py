"""The state of a version in two figures: the digest of its content, and how many rows came to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from curation.manifest import DISPOSITIONS, GONE
from curation.snapshot import CONTENT, Snapshot
from curation.table_digest import TableDigest


class Tally(NamedTuple):
    """What the rows of a version come to."""

    content: str
    """Digest over the state of every row, in order."""
    counts: Mapping[str, int]
    """`rows_in`, each disposition, and `rows_out`: unchanged and rewritten."""
    reasons: Mapping[str, Counter[str]]
    """For each disposition of rows that are gone, why: of several outcomes of a row, the one that made it what it is.
    Counted where it was asked for."""


def tally(snapshot: Snapshot, *, reasons: bool = False) -> Tally:
    """Count and digest a version's rows, a window at a time; raises `ValueError` for rows that cannot all be true."""
    content, dispositions = TableDigest(CONTENT), Counter[str]()
    why = {disposition: Counter[str]() for disposition in GONE}
    for window in snapshot.windows():
        rows = snapshot.rows(CONTENT.names(), window)
        if rows["seq"].n_unique() < rows.height or rows["key"].n_unique() < rows.height:
            raise ValueError(
                f"rows {window.start} to {window.end - 1}: two records have the same place or the same key"
            )
        content.add(rows)
        if reasons:
            gone = rows.filter(pl.col("op") == "delete").select("key", "draft")
            outcomes = snapshot.changes("outcomes", window).join(gone, on=["key", "draft"], how="semi")
            for disposition, reason in outcomes.select("disposition", "reason").iter_rows():
                why[disposition][reason] += 1
        dispositions.update(dict(rows.select(pl.col("disposition").value_counts()).unnest("disposition").rows()))
    if strange := sorted(set(dispositions) - set(DISPOSITIONS)):
        raise ValueError(f"unknown dispositions: {', '.join(strange)}")
    counts = {"rows_in": dispositions.total(), **{name: dispositions[name] for name in DISPOSITIONS}}
    return Tally(content.hexdigest(), {**counts, "rows_out": counts["unchanged"] + counts["rewritten"]}, why)
