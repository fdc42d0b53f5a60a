"""Decisions: what people said about edits and open cases, in a table that only grows.

A decision names the question it answers; a question is a digest of record, rule, output before and after. So a decision
holds in every version in which the rule still says the same of the record, and in no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

import polars as pl

from curation.command import digest, write
from curation.tables import SHARED, Tables, collected

Verdict = Literal["accept", "reject", "correct"]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Decision:
    """What one person said about one question; the columns of the table of decisions."""

    question: str
    """Digest of record, rule, output before and after."""
    key: str
    rule: str
    """Empty where no single rule stands behind the case."""
    rule_digest: str
    kind: str
    """Why a person was asked: conflict | decline | duplicate | all | sample."""
    before: str | None
    """Digest of the output the question showed; None where there was none, or the question is not known any more."""
    after: str | None
    """Digest of the output the rule made of it; None where it made none."""
    verdict: Verdict
    corrected: str | None
    """The output as the person wrote it."""
    wrong: tuple[str, ...]
    comment: str
    annotator: str
    source: str
    """Where it was said, such as `argilla:NAME`."""
    sampled: bool
    """The question was drawn at random among the rule's edits, not picked for being doubtful."""
    version: str
    """Id of the version that asked."""
    problem: str | None
    """Why the corrected output cannot be used; such a decision decides nothing."""
    decided_at: datetime | None
    """UTC."""

    @cached_property
    def id(self) -> str:
        """Return the same 32 digits for the same thing said by the same person at the same time."""
        when = None if self.decided_at is None else self.decided_at.astimezone(UTC).isoformat()
        said = [self.question, self.annotator, self.verdict, self.corrected, list(self.wrong), self.comment, when]
        return digest(write(said))[:32]

    @property
    def age(self) -> tuple[datetime, str]:
        """Return what decisions are ordered by: time, then id."""
        return self.decided_at or _NEVER, self.id


def read_decisions(tables: Tables) -> list[Decision]:
    """Return all decisions of a store, the oldest first."""
    return _decisions(tables.scan("decisions").pipe(collected))


def known_decisions(tables: Tables) -> frozenset[str]:
    """Return the ids of all decisions of a store."""
    return frozenset(tables.scan("decisions").select("id").pipe(collected)["id"])


def append_decisions(tables: Tables, decisions: Iterable[Decision]) -> list[Decision]:
    """Append the decisions that are not in the store yet, in one step, and return them, the oldest first.

    Whoever else appends at the same time, nothing is there twice.
    """
    from deltalake.exceptions import CommitFailedError

    given = {decision.id: decision for decision in decisions}
    while given:
        handle = tables.open_or_create("decisions")
        known = tables.scan("decisions", handle).select("id").pipe(collected)["id"]
        new = sorted((given[identity] for identity in given.keys() - set(known)), key=lambda one: one.age)
        if not new:
            break
        rows = pl.DataFrame([_row(decision) for decision in new], SHARED["decisions"], orient="row")
        try:
            tables.append("decisions", rows, handle, step=len(known))
        except CommitFailedError:  # somebody else appended: look again what is known
            continue
        return new
    return []


def _row(decision: Decision) -> tuple[object, ...]:
    values = [getattr(decision, field.name) for field in fields(decision)]
    return (decision.id, *(write(list(value)) if isinstance(value, tuple) else value for value in values))


def _decisions(rows: pl.DataFrame) -> list[Decision]:
    found = (
        Decision(**{**row, "wrong": tuple(json.loads(row["wrong"]))}) for row in rows.drop("id").iter_rows(named=True)
    )
    return sorted(found, key=lambda one: one.age)
