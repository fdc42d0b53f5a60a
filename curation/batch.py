"""The batch function: rows of a raw data set in, rows for the tables of a version out. Pure; frames in, frames out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from curation.command import digest, write
from curation.duplicates import INDEX
from curation.edits import Edit
from curation.engine import Engine
from curation.judgement import Judgement
from curation.prefilter import untouched
from curation.record import group_text
from curation.tables import frame
from curation.text import fold
from curation.turns import beside, output_in, put_output

OUT = ("unchanged", "rewritten")
"""Dispositions of rows that go out."""

LABELLED = pl.Schema({"seq": pl.Int64, "key": pl.String, "label": pl.String})

Counts = Counter[tuple[str, ...]]
"""Hits, declines, conflicts by rule; reasons of what is queued or gone; types before and after."""


class Batch(NamedTuple):
    """What becomes of a batch of rows: frames as `Draft.add` takes them, and the counts that the report needs."""

    records: pl.DataFrame
    """The rows that differ from the raw ones in payload or disposition, and all that are indexed."""
    edits: pl.DataFrame
    queue: pl.DataFrame
    outcomes: pl.DataFrame
    indexed: pl.DataFrame
    """The indexed rows that have a command, with the columns of `INDEX`."""
    counts: Counts
    labelled: pl.DataFrame = pl.DataFrame(schema=LABELLED)
    """Where outputs are labels: `seq`, `key` and `label` of the rows that go out, duplicates aside."""

    @property
    def rows(self) -> int:
        """Return how many rows the batch tells of."""
        return sum(n for (name, *_), n in self.counts.items() if name in ("before", "dropped"))


def run_batch(
    engine: Engine,
    rows: pl.DataFrame,
    indexed: frozenset[int] = frozenset(),
    dropped: Mapping[int, tuple[str, str]] | None = None,
) -> Batch:
    """Return what the rules make of rows as `read_raw` yields them, with their `key` and `digest`.

    `indexed` are the rows (by `seq`) whose result must be told apart from that of others; `dropped` those that are
    duplicates of another row, with the reason and the key of the row that is kept.
    """
    notation = engine.pack.notation
    rows = notation.rows(rows)
    made = _Rows()
    gone = dropped or {}
    plain = rows.filter(
        pl.col("problem").is_null(),
        pl.col("output_kind") == "text",
        ~pl.col("seq").is_in([*indexed, *gone]),
    )
    done = untouched(engine, plain)
    for kind, count in done["type"].value_counts().iter_rows():
        made.counts["before", kind] += count
        made.counts["after", kind] += count
    if notation.label:
        made.labelled += done.join(rows.select("seq", "key"), on="seq").select("seq", "key", "type").rows()
    columns = (
        "seq", "key", "digest", "payload", "instruction", "input", "output", "output_kind", "problem", "found",
        "earlier",
    )  # fmt: skip
    for row in rows.filter(~pl.col("seq").is_in(done["seq"].implode())).select(columns).iter_rows():
        seq, key, payload_digest, payload, instruction, said, output, kind, problem, found, earlier = row
        if seq in gone:
            made.drop(seq, key, *gone[seq])
        elif problem:
            made.quarantine(seq, key, problem, found)
        else:
            came = output if kind == "text" else output_in(json.loads(payload))
            judged = engine.judge(instruction, said, came, earlier)
            if judged.unreadable is not None:
                made.quarantine(seq, key, *judged.unreadable)
                continue
            told = notation.told(json.loads(payload), judged) if notation.label or judged.changes else judged
            made.judge(seq, key, payload, payload_digest, told, waits=seq in indexed)
            if notation.label and judged.disposition in OUT:
                made.labelled.append((seq, key, judged.type_after))
            if seq in indexed:
                final = judged.changes[-1].output if judged.changes else output
                standing, answer = notation.says(said, final)
                standing = standing if notation.label else beside(said, earlier)
                group = group_text(fold(instruction).text)
                made.index.append((seq, key, payload_digest, group, standing, digest(answer)))
    return made.batch()


class _Rows:
    """The rows for the tables, as they come up."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()
        self.index: list[tuple[Any, ...]] = []
        self.labelled: list[tuple[Any, ...]] = []
        self._records: list[tuple[Any, ...]] = []
        # Each of these begins with its seq, which stands at another place in the table.
        self._others: dict[str, list[tuple[Any, ...]]] = {"edits": [], "queue": [], "outcomes": []}

    def batch(self) -> Batch:
        frames = {
            name: frame(name, [row[1:] for row in rows]).with_columns(
                pl.Series("seq", [row[0] for row in rows], dtype=pl.Int64)
            )
            for name, rows in self._others.items()
        }
        index = pl.DataFrame(self.index, INDEX, orient="row")
        labelled = pl.DataFrame(self.labelled, LABELLED, orient="row")
        return Batch(frame("records", self._records), **frames, indexed=index, labelled=labelled, counts=self.counts)

    def drop(self, seq: int, key: str, reason: str, kept: str) -> None:
        self._gone(seq, key, "dropped", reason, None, kept)

    def quarantine(self, seq: int, key: str, reason: str, found: str) -> None:
        self._gone(seq, key, "quarantined", reason, found or None, None)
        self.counts["before", "unreadable"] += 1

    def _gone(self, seq: int, key: str, disposition: str, reason: str, found: str | None, kept: str | None) -> None:
        self._records.append((seq, key, "delete", disposition, None, None, None, None))
        self._others["outcomes"].append((seq, key, disposition, reason, found, kept))
        self.counts[disposition, reason] += 1

    def judge(self, seq: int, key: str, payload: str, came: str, judged: Judgement, *, waits: bool) -> None:
        """Add what one judgement makes of a record, whose payload came with the digest `came`."""
        self.counts["before", judged.type_before] += 1
        self.counts["after", judged.type_after] += 1
        disposition = judged.disposition
        now, before = payload, came
        record = json.loads(payload) if judged.changes else {}
        for place, change in enumerate(judged.changes):
            record.update(change.beside)
            put_output(record, change.output)
            now = write(record)
            after = digest(now)
            rule, (start, end) = change.rule, change.span or (None, None)
            edit = Edit(
                key, place, rule.id, rule.digest, change.also, rule.phase, "rule", change.target,
                change.patch, change.inverse, before, after, start, end, change.note or None, rule.confidence,
            )  # fmt: skip
            self._others["edits"].append((seq, *edit.row()))
            before = after
            for name in (rule.id, *change.also):
                self.counts["hits", name] += 1
            asked = asks(rule.review.mode, rule.review.rate, rule.id, key) if disposition == "rewritten" else None
            if asked:
                self._queue(seq, key, place, asked, rule.id, rule.digest, "review policy of the rule")
                self.counts["queued", asked] += 1
        for place, doubt in enumerate(judged.doubts, start=len(judged.changes)):
            shown = [{"rule": name, "output": output} for name, output in doubt.proposals]
            self._queue(
                seq,
                key,
                place,
                doubt.kind,
                doubt.rule,
                doubt.rule_digest,
                doubt.reason,
                doubt.found,
                write(shown) if shown else None,
            )
            if doubt.kind == "conflict":
                for name, _ in doubt.proposals:
                    self.counts["conflicts", name] += 1
            else:
                self.counts["declines", doubt.rule] += 1
            self.counts["review", doubt.reason] += 1
        if disposition != "unchanged" or waits:
            self._records.append((seq, key, "upsert", disposition, before, now, None, None))

    def _queue(
        self,
        seq: int,
        key: str,
        place: int,
        kind: str,
        rule: str,
        rule_digest: str,
        reason: str,
        found: str = "",
        proposals: str | None = None,
    ) -> None:
        row = (seq, key, place, kind, rule, rule_digest or None, reason, found or None, proposals)
        self._others["queue"].append(row)


def asks(mode: str, rate: float, rule: str, key: str) -> str | None:
    """Return `all` or `sample` where a rule's policy sends this rewrite to a person; the same rows in every run."""
    if mode == "all":
        return "all"
    if mode == "none":
        return None
    drawn = int.from_bytes(hashlib.sha256(f"{rule}\0{key}".encode()).digest()[:8], "big") / 2**64
    return "sample" if drawn < rate else None
