"""Publish what becomes of records as a version: the rows, and the counts that follow from its parent's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from annotations.queue import output_of
from annotations.replay import Outcome, Rejudge
from curation.manifest import Version
from curation.store import Store
from curation.tables import frame

_CHUNK = 1_000


def publish(
    store: Store,
    parent: Version,
    outcomes: Iterable[Outcome],
    *,
    kind: str,
    message: str,
    actor: str,
    counts: Callable[[], Mapping[str, Any]] = dict,
    tag: str | None = None,
    rejudge: Rejudge | None = None,
) -> Version | None:
    """Publish a version in which some records of `parent` are what `outcomes` say; None where there are none of these.

    `counts` is asked for more counts once all outcomes are known. Raises what `Draft.commit` raises.
    """
    delta = _Delta(rejudge)
    ruleset = store.ruleset(parent)
    with store.publish(parent, kind=kind, ruleset=ruleset, source=parent.source, message=message, actor=actor) as draft:
        for chunk in _chunks(outcomes):
            for outcome in chunk:
                delta.add(outcome)
            draft.add(**_rows(chunk))
        if not delta.outcomes:
            return None
        return draft.commit({**delta.counts(parent.counts), **counts()}, tag)


def _chunks(outcomes: Iterable[Outcome]) -> Iterator[list[Outcome]]:
    waiting = iter(outcomes)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk


def _rows(outcomes: Iterable[Outcome]) -> dict[str, pl.DataFrame]:
    records: list[tuple[Any, ...]] = []
    tables: dict[str, list[tuple[Any, ...]]] = {"edits": [], "queue": [], "outcomes": []}
    for outcome in outcomes:
        case = outcome.case
        gone = outcome.gone is not None
        state = ("delete", outcome.disposition, None) if gone else ("upsert", outcome.disposition, outcome.payload)
        records.append((case.seq, case.key, *state, *((None, None) if gone else (case.split, case.grp))))
        tables["edits"] += [edit.row() for edit in outcome.edits]
        tables["queue"] += [(case.key, place, *entry) for place, entry in enumerate(outcome.queue, len(outcome.edits))]
        if outcome.gone is not None:
            reason, found = outcome.gone
            tables["outcomes"].append((case.key, outcome.disposition, reason, found or None, None))
    columns = ("seq", "key", "op", "disposition", "payload", "split", "grp")
    types = {name: pl.Int64() if name == "seq" else pl.String() for name in columns}
    frames = {"records": pl.DataFrame(records, types, orient="row")}
    return frames | {name: frame(name, rows) for name, rows in tables.items()}


class _Delta:
    """What outcomes change about the counts of a version."""

    def __init__(self, rejudge: Rejudge | None) -> None:
        self.outcomes = 0
        self._rejudge = rejudge
        self._hits: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._gone: Counter[str] = Counter()
        self._types: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Take an outcome into account."""
        self.outcomes += 1
        for edit in outcome.edits:
            if edit.kind != "review":
                self._hits.update(dict.fromkeys((edit.rule, *edit.also), -1 if edit.kind == "rollback" else 1))
        self._reasons.subtract(row["reason"] for row in outcome.case.open)
        self._reasons.update(entry.reason for entry in outcome.queue)
        if outcome.gone is not None:
            self._gone[outcome.gone[0]] += 1
        if self._rejudge is not None:
            self._types[self._rejudge.type_of(output_of(outcome.case.payload))] -= 1
            if outcome.gone is None:
                self._types[self._rejudge.type_of(output_of(outcome.payload))] += 1

    def counts(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return the counts that reports show, from those of the parent."""
        rules = before.get("by_rule", {})
        found: dict[str, Any] = {
            "by_rule": {rule: {**did, "hits": did["hits"] + self._hits[rule]} for rule, did in rules.items()},
            "queue_by_reason": _sum(before.get("queue_by_reason", {}), self._reasons),
            "quarantined_by_reason": _sum(before.get("quarantined_by_reason", {}), self._gone),
            "dropped_by_reason": before.get("dropped_by_reason", {}),
            "types_before": before.get("types_before", {}),
        }
        # Counts that would be wrong are left out: without its rules it is not known how they count types.
        if self._rejudge is not None:
            found["types_after"] = _sum(before.get("types_after", {}), self._types)
        return found


def _sum(before: Mapping[str, int], delta: Mapping[str, int]) -> dict[str, int]:
    names = sorted({*before, *delta})
    return {name: n for name in names if (n := before.get(name, 0) + delta.get(name, 0))}
