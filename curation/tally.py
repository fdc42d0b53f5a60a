"""The state of a version in two figures: the digest of its content, and how many rows came to what."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from curation.manifest import DISPOSITIONS
from curation.snapshot import CONTENT, Snapshot, lines


class Tally(NamedTuple):
    """What the rows of a version come to."""

    content: str
    """Digest over the state of every row, in order."""
    counts: Mapping[str, int]
    """`rows_in`, each disposition, and `rows_out`: unchanged and rewritten."""


def tally(snapshot: Snapshot) -> Tally:
    """Count and digest a version's rows, a window at a time; raises `ValueError` for rows that cannot all be true."""
    content, dispositions = hashlib.sha256(), Counter[str]()
    for window in snapshot.windows():
        rows = snapshot.rows(CONTENT, window)
        if rows["seq"].n_unique() < rows.height or rows["key"].n_unique() < rows.height:
            raise ValueError(
                f"rows {window.start} to {window.end - 1}: two records have the same place or the same key"
            )
        content.update(lines(rows.select(CONTENT)))
        dispositions.update(dict(rows.select(pl.col("disposition").value_counts()).unnest("disposition").rows()))
    if strange := sorted(set(dispositions) - set(DISPOSITIONS)):
        raise ValueError(f"unknown dispositions: {', '.join(strange)}")
    counts = {"rows_in": dispositions.total(), **{name: dispositions[name] for name in DISPOSITIONS}}
    return Tally(content.hexdigest(), {**counts, "rows_out": counts["unchanged"] + counts["rewritten"]})
