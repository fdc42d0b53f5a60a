"""The batch function: rows of a raw data set in, rows for the tables of a version out. Pure; frames in, frames out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any, NamedTuple

import polars as pl

from curation.command import digest, write
from curation.edits import Edit
from curation.engine import Engine, Judgement, proposals_text
from curation.record import group_text
from curation.tables import frame
from curation.text import fold


class Batch(NamedTuple):
    """What becomes of a batch of rows: frames as `Draft.add` takes them, and the counts that the report needs."""

    records: pl.DataFrame
    """The rows that differ from the raw ones in payload or disposition, and all that are indexed."""
    edits: pl.DataFrame
    queue: pl.DataFrame
    outcomes: pl.DataFrame
    index: pl.DataFrame
    """`seq`, `key`, `group`, `input` and `command` (a digest) of each indexed row that has one."""
    counts: Counter[tuple[str, ...]]
    """Hits, declines and the like by rule, reasons, and types before and after."""


_INDEX = {"seq": pl.Int64, "key": pl.String, "group": pl.String, "input": pl.String, "command": pl.String}


def run_batch(engine: Engine, rows: pl.DataFrame, indexed: frozenset[int] = frozenset(), dropped: dict[int, tuple[str, str]] | None = None) -> Batch:
    """Return what the rules make of rows as `read_raw` yields them, with their `key`.

    `indexed` are the rows (by `seq`) whose result must be told apart from that of others; `dropped` those that are
    duplicates of another row, with the reason and the key of the row that is kept.
    """
    tables: dict[str, list[tuple[Any, ...]]] = {"records": [], "edits": [], "queue": [], "outcomes": []}
    index: list[tuple[Any, ...]] = []
    counts: Counter[tuple[str, ...]] = Counter()
    gone = dropped or {}
    columns = rows.select("seq", "key", "payload", "instruction", "input", "output", "output_kind", "problem", "found")
    for seq, key, payload, instruction, said, output, kind, problem, found in columns.iter_rows():
        if seq in gone:
            reason, kept = gone[seq]
            tables["records"].append((seq, key, "delete", "dropped", None, None, None, None))
            tables["outcomes"].append((seq, key, "dropped", reason, None, kept))
            counts["dropped", reason] += 1
            continue
        judged = None if problem else engine.judge(instruction, said, output if kind == "text" else json.loads(payload)["output"])
        if judged is None or judged.unreadable is not None:
            reason, detail = (problem, found) if judged is None or judged.unreadable is None else judged.unreadable
            tables["records"].append((seq, key, "delete", "quarantined", None, None, None, None))
            tables["outcomes"].append((seq, key, "quarantined", reason, detail or None, None))
            counts["quarantined", reason] += 1
            counts["before", "unreadable"] += 1
            continue
        _judged(engine, judged, seq, key, payload, tables, counts, waits=seq in indexed)
        if seq in indexed:
            final = judged.changes[-1].output if judged.changes else output
            index.append((seq, key, group_text(fold(instruction).text), said, digest(final)))
    frames = {name: _framed(name, found) for name, found in tables.items()}
    return Batch(**frames, index=pl.DataFrame(index, _INDEX, orient="row"), counts=counts)


def _judged(
    engine: Engine, judged: Judgement, seq: int, key: str, payload: str, tables: dict[str, list[tuple[Any, ...]]], counts: Counter[tuple[str, ...]], *, waits: bool
) -> None:
    """Add the rows that one judgement makes."""
    counts["before", judged.type_before] += 1
    counts["after", judged.type_after] += 1
    disposition = judged.disposition
    now, before = payload, digest(payload) if judged.changes else ""
    record = json.loads(payload) if judged.changes else {}
    for place, change in enumerate(judged.changes):
        record["output"] = change.output
        now = write(record)
        after = digest(now)
        span = change.span
        edit = Edit(
            key, place, change.rule.id, change.rule.digest, change.also, change.rule.phase, "rule", change.target, change.patch, change.inverse,
            before, after, span.start if span else None, span.end if span else None, change.note or None, change.rule.confidence, None,
        )  # fmt: skip
        tables["edits"].append((seq, *edit.row()))
        before = after
        for rule in (change.rule.id, *change.also):
            counts["hits", rule] += 1
        asked = _asks(change.rule.review.mode, change.rule.review.rate, change.rule.id, key)
        if asked and disposition == "rewritten":
            tables["queue"].append((seq, key, place, asked, change.rule.id, change.rule.digest, "review policy of the rule", None, None))
            counts["queued", asked] += 1
    for place, doubt in enumerate(judged.doubts, start=len(judged.changes)):
        shown = proposals_text(doubt.proposals) if doubt.proposals else None
        tables["queue"].append((seq, key, place, doubt.kind, doubt.rule, doubt.rule_digest or None, doubt.reason, doubt.found or None, shown))
        if doubt.kind == "conflict":
            for rule, _ in doubt.proposals:
                counts["conflicts", rule] += 1
        else:
            counts["declines", doubt.rule] += 1
    for reason in dict.fromkeys(doubt.reason for doubt in judged.doubts[:1]):
        counts["review", reason] += 1
    if disposition != "unchanged" or waits:
        tables["records"].append((seq, key, "upsert", disposition, digest(now), now, None, None))


def _framed(name: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Return the rows of a table, each of which begins with its `seq`."""
    if name == "records":
        return frame(name, rows)
    return frame(name, [row[1:] for row in rows]).with_columns(pl.Series("seq", [row[0] for row in rows], dtype=pl.Int64))


def _asks(mode: str, rate: float, rule: str, key: str) -> str | None:
    """Return `all` or `sample` where the rule's policy sends this rewrite to a person; the same rows in every run."""
    if mode == "all":
        return "all"
    if mode == "none":
        return None
    drawn = int.from_bytes(hashlib.sha256(f"{rule}\0{key}".encode()).digest()[:8], "big") / 2**64
    return "sample" if drawn < rate else None
