"""Records under review: as they came, the edits that stand on them, what is still asked about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from annotations.question import Question
from annotations.queue import instruction_of, output_of, questions
from curation.draft import StoreError
from curation.edits import Order, apply_to_payload
from curation.manifest import GONE
from curation.snapshot import Window
from curation.standing import standing
from curation.store import Store
from curation.version import Version

BY_PERSON = "review"
"""Stands for the rule, and for the phase, of a person's edit."""

OPEN = ("conflict", "decline", "duplicate")
"""Kinds of questions that keep a record in review."""

_WINDOW = 20_000
_EDITS = ["key", "ord", "rule", "rule_digest", "also", "phase", "kind", "target", "patch", "inverse", "before", "after"]
_SAID = ["span_start", "span_end", "note", "confidence", "actor"]


@dataclass(frozen=True)
class Case:
    """One record in a version, with all that led to it."""

    seq: int
    key: str
    disposition: str
    split: str | None
    grp: str | None
    raw: str
    """The payload as it came in."""
    history: tuple[Mapping[str, Any], ...]
    """Every edit ever made to it, oldest first."""
    open: tuple[Mapping[str, Any], ...]
    """The rows of the queue that keep it in review."""
    asked: tuple[Question, ...]
    """What each of these asks."""
    order: Order

    @cached_property
    def edits(self) -> tuple[Mapping[str, Any], ...]:
        """Return the edits that stand, in the order in which they lie on each other."""
        return tuple(standing(self.history))

    @cached_property
    def payloads(self) -> tuple[str, ...]:
        """Return the payload as it came and after each edit that stands."""
        payloads = [self.raw]
        for edit in self.edits:
            payloads.append(apply_to_payload(payloads[-1], edit["target"], edit["patch"], self.order))
        return tuple(payloads)

    @property
    def payload(self) -> str:
        """Return the payload in the version."""
        return self.payloads[-1]

    @property
    def floor(self) -> int:
        """Return the place of the first edit that no person's edit lies on: what is below is settled."""
        places = (place for place, edit in enumerate(self.edits) if edit["kind"] == "review")
        return max(places, default=-1) + 1

    def places(self, rule: str | None = None) -> list[int]:
        """Return the places of the edits that rules (or one rule) made and that stand."""
        return [
            place
            for place, edit in enumerate(self.edits)
            if edit["kind"] == "rule" and (rule is None or edit["rule"] == rule)
        ]

    def open_places(self) -> list[int]:
        """Return those of them that can be asked about: what a person made of the record settles the edits below it."""
        return [place for place in self.places() if place >= self.floor]

    def question(self, place: int, kind: str = "sample", reason: str = "review policy of the rule") -> Question:
        """Return what to ask about an edit that stands; a question has the same id wherever it is made."""
        edit = self.edits[place]
        span = None if edit["span_start"] is None else (edit["span_start"], edit["span_end"])
        return Question(
            key=self.key,
            rule=edit["rule"],
            rule_digest=edit["rule_digest"],
            phase=edit["phase"],
            kind=kind,  # type: ignore[arg-type]  # one of the kinds of the queue
            reason=reason,
            found="",
            confidence=edit["confidence"],
            instruction=instruction_of(self.raw),
            evidence=span,
            before=output_of(self.payloads[place]),
            after=output_of(self.payloads[place + 1]),
            proposals=(),
            seq=self.seq,
            note=edit["note"] or "",
        )

    def open_question(self, row: Mapping[str, Any]) -> Question:
        """Return what a row of the queue, one of `open`, asks about the record."""
        return next(question for asking, question in zip(self.open, self.asked, strict=True) if asking is row)


def cases(store: Store, ref: str | int | Version, keys: Collection[str] | None = None) -> Iterator[Case]:
    """Yield the records of a version that are still in it, in order: those with these keys, or all that were edited.

    Holds one range of rows at a time.
    """
    line = store.lineage(ref)
    snapshot = store.snapshot(line[-1])
    questioned: dict[tuple[str, ...], Question] | None = None
    wanted = None if keys is None else pl.DataFrame({"key": sorted(keys)}, {"key": pl.String})
    for window in snapshot.windows(_WINDOW):
        edits = snapshot.changes("edits", window).select(_EDITS + _SAID)
        some = edits.select("key").unique() if wanted is None else wanted
        rows = snapshot.rows(("disposition", "split", "grp"), window).join(some, on="key", how="semi").sort("seq")
        rows = rows.filter(~pl.col("disposition").is_in(GONE))
        if rows.is_empty():
            continue
        made = edits.join(rows, on="key", how="semi", maintain_order="left").rows_by_key(
            "key", named=True, include_key=True
        )
        waits = snapshot.changes("queue", window).filter(pl.col("kind").is_in(OPEN))
        held = rows.filter(pl.col("disposition") == "review")
        asked = waits.join(held, on=["key", "draft"], how="semi", maintain_order="left").rows_by_key(
            "key", named=True, include_key=True
        )
        raw = _raw(store, line[0], window, rows)
        if asked and questioned is None:
            questioned = _questioned(store, line)
        for seq, key, disposition, split, grp in rows.select("seq", "key", "disposition", "split", "grp").iter_rows():
            yield Case(
                seq,
                key,
                disposition,
                split,
                grp,
                raw[key],
                tuple(made.get(key, ())),
                tuple(asked.get(key, ())),
                tuple((questioned or {})[_name(row)] for row in asked.get(key, ())),
                line[-1].order,
            )


def curated(store: Store, ref: str | int | Version) -> Version:
    """Return the version of a lineage that rules made; raises `StoreError` where it is only a data set as it came."""
    line = store.lineage(ref)
    for version in reversed(line):
        if version.kind == "curated":
            return version
    raise StoreError(f"version {line[-1].number} is a data set as it came: there is nothing to review in it")


def _raw(store: Store, first: Version, window: Window, rows: pl.DataFrame) -> dict[str, str]:
    found = store.snapshot(first).rows(("payload",), window).join(rows, on="key", how="semi")
    return dict(found.select("key", "payload").iter_rows())


def _questioned(store: Store, line: Sequence[Version]) -> dict[tuple[str, ...], Question]:
    """Return the open questions of a line of versions by the rows of the queue that ask them, the youngest last."""
    found: dict[tuple[str, ...], Question] = {}
    for version in line:
        for question in questions(store, version):
            if question.kind in OPEN:
                found[version.draft, question.key, question.kind, question.rule, question.reason, question.found] = (
                    question
                )
    return found


def _name(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["draft"], row["key"], row["kind"], row["rule"] or "", row["reason"], row["found"] or ""
