"""Surplus: of a label that a data set has too much of, such as "other", rows are dropped until it keeps to its share.

Which rows stay is drawn by a hash of a seed and the record's key: neither the order of the rows nor chance decides, and
a smaller share keeps rows that a larger one keeps too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction

import polars as pl

from curation.batch import LABELLED, Batch, Counts
from curation.contract import Contract
from curation.draft import StoreError
from curation.notation import LABEL
from curation.pack import Pack
from curation.shares import Keep
from curation.tables import frame


def check_keep(keep: Keep, pack: Pack) -> None:
    """Raise `StoreError` where a share is asked for of what is no label of the pack."""
    if keep.share and not pack.notation.label:
        raise StoreError(f"a share to keep is set, and the outputs of {pack.id} are no labels; take [keep] out")
    contract = None if pack.contract is None else Contract(pack.contract)
    for label in sorted(keep.share):
        if contract is not None and (broken := contract.broken_by({LABEL: label})) is not None:
            raise StoreError(f"a share to keep of {label!r}, which is no label of {pack.id}: {broken}")


class Surplus:
    """Holds rows of classes that may have a surplus back until all rows are known."""

    def __init__(self, keep: Keep) -> None:
        """Hold nothing yet."""
        self._keep = keep
        self._labelled: list[pl.DataFrame] = [pl.DataFrame(schema=LABELLED)]
        self._queue: list[pl.DataFrame] = []

    def hold(self, batch: Batch) -> tuple[pl.Series, pl.DataFrame]:
        """Return the places of the batch's rows whose records must wait, and the rows of its queue that need not."""
        if not self._keep.share:
            return pl.Series("seq", [], dtype=pl.Int64), batch.queue
        self._labelled.append(batch.labelled)
        held = batch.labelled.filter(pl.col("label").is_in(list(self._keep.share)))["seq"]
        waits = pl.col("seq").is_in(held.implode())
        self._queue.append(batch.queue.filter(waits))
        return held, batch.queue.filter(~waits)

    def settle(self, doubled: pl.Series, counts: Counts) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return the records of the surplus as they are dropped; the queue rows held back; and the outcomes.

        `doubled` has for each row whether it waits for a person after all; `counts` come to what is dropped.
        """
        labelled = pl.concat(self._labelled)
        labelled = labelled.filter(~doubled.gather(labelled["seq"]))
        queue = pl.concat(self._queue) if self._queue else frame("queue", []).with_columns(seq=pl.lit(0, pl.Int64))
        gone: list[tuple[int, str, str]] = []
        for label, kept in self._kept(dict(labelled["label"].value_counts().iter_rows())).items():
            rows = labelled.filter(pl.col("label") == label).select("seq", "key").rows()
            rows.sort(key=lambda row: _draw(self._keep.seed, row[1]))
            gone += [(seq, key, label) for seq, key in rows[kept:]]
        if not gone:
            return frame("records", []), queue, frame("outcomes", []).with_columns(seq=pl.lit(0, pl.Int64))
        outcomes = []
        for _, key, label in sorted(gone):
            reason, found = f"surplus of {label}", f"it may be {self._keep.share[label]:.2%} of the rows that go out"
            outcomes.append((key, "dropped", reason, found, None))
            counts["dropped", reason] += 1
            counts["after", label] -= 1
        seqs = pl.Series("seq", sorted(seq for seq, _, _ in gone), dtype=pl.Int64)
        deleted = frame(
            "records", [(seq, key, "delete", "dropped", None, None, None, None) for seq, key, _ in sorted(gone)]
        )
        left = queue.filter(~pl.col("seq").is_in(seqs.implode()))
        return deleted, left, frame("outcomes", outcomes).with_columns(seqs)

    def _kept(self, have: Mapping[str, int]) -> dict[str, int]:
        """Return how many rows of each class may stay: the most with which every share holds."""
        shares = {label: Fraction(str(share)) for label, share in self._keep.share.items()}
        kept = {label: have.get(label, 0) for label in sorted(shares)}
        rest = sum(n for label, n in have.items() if label not in kept)
        while True:
            total = rest + sum(kept.values())
            fewer = {label: min(n, int(shares[label] * total)) for label, n in kept.items()}
            if fewer == kept:
                return kept
            kept = fewer


def _draw(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{key}".encode()).digest()
