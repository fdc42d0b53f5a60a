"""The life of one record: what every version did to it, by which rule or person, and on which words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from curation.command import Unreadable, parse_object, write
from curation.draft import StoreError
from curation.edits import PatchFailed, apply_to_payload
from curation.manifest import Version
from curation.store import Store
from curation.tables import collected
from curation.turns import instruction_in, output_in


@dataclass(frozen=True)
class Chapter:
    """What one version says of the record; the entries are rows of the store's tables, in order."""

    version: Version
    tags: tuple[str, ...]
    disposition: str
    payload: str | None
    """The record in this version; None where it is gone from it."""
    edits: tuple[Mapping[str, Any], ...]
    """With `said` (the words of the instruction it rests on), and `output_before` and `output_after`."""
    queue: tuple[Mapping[str, Any], ...]
    outcomes: tuple[Mapping[str, Any], ...]
    decisions: tuple[Mapping[str, Any], ...]
    """What people answered to this version's questions."""

    @property
    def eventful(self) -> bool:
        """Tell whether the version did or asked anything."""
        return bool(self.version.parent is None or self.edits or self.queue or self.outcomes or self.decisions)


@dataclass(frozen=True)
class Life:
    """One record through the versions, oldest first."""

    key: str
    row: int
    """Its place in the raw data set, from 0."""
    instruction: str
    chapters: tuple[Chapter, ...]


def life(store: Store, record: str, ref: str | int | None = None) -> Life:
    """Return the life of a record, named by its key, the beginning of one, or its row number.

    Through the line of versions to `ref`; without one, through all versions that hold the record. A row number counts
    in `ref`, or in the newest version. Raises `StoreError` where there is no such record, `UnknownVersion`.
    """
    versions = store.versions()
    newest = store.version(ref, versions) if ref is not None else versions[-1] if versions else None
    if newest is None:
        raise StoreError(f"no version in {store.tables.root}")
    line = store.lineage(newest, versions)
    key = _key(store, record, line if ref is not None or record.isdecimal() else versions)
    records = store.tables.scan("records").filter(pl.col("key") == key).pipe(collected)
    states = {row["draft"]: row for row in records.iter_rows(named=True)}
    told = line if ref is not None else [one for one in versions if store.lineage(one, versions)[0].draft in states]
    found = {name: _by_draft(store, name, key) for name in ("edits", "queue", "outcomes")}
    said = store.tables.scan("decisions").filter(pl.col("key") == key).sort("decided_at", "id").pipe(collected)
    decisions = list(said.iter_rows(named=True))
    tags: dict[str, list[str]] = {}
    for tag, identity in store.tags().items():
        tags.setdefault(identity, []).append(tag)
    at: dict[str, tuple[str, str | None, str]] = {}  # by version id: disposition, payload, and the last payload it had
    chapters = []
    for version in told:
        before = at.get(version.parent or "", ("", None, ""))
        state = states.get(version.draft)
        edits = _told(found["edits"].get(version.draft, []), before[2], version)
        if state is not None:
            payload = state["payload"] if state["op"] == "upsert" else None
            before = (state["disposition"], payload, payload if payload is not None else before[2])
        at[version.id] = before
        chapters.append(
            Chapter(
                version,
                tuple(tags.get(version.id, ())),
                before[0],
                before[1],
                edits,
                tuple(found["queue"].get(version.draft, ())),
                tuple(found["outcomes"].get(version.draft, ())),
                tuple(decision for decision in decisions if decision["version"] == version.id),
            )
        )
    first = next(row for row in states.values() if row["payload"] is not None)
    return Life(key, first["seq"], _instruction(first["payload"]), tuple(chapters))


def as_json(found: Life) -> dict[str, Any]:
    """Return a life as programs read it."""
    return {
        "key": found.key,
        "row": found.row,
        "instruction": found.instruction,
        "versions": [
            {
                "number": chapter.version.number,
                "id": chapter.version.id,
                "kind": chapter.version.kind,
                "tags": list(chapter.tags),
                "actor": chapter.version.actor,
                "message": chapter.version.message,
                "disposition": chapter.disposition,
                "output": None if chapter.payload is None else output_of(chapter.payload),
                "edits": [_plain(edit) for edit in chapter.edits],
                "queue": [_plain(entry) for entry in chapter.queue],
                "outcomes": [_plain(entry) for entry in chapter.outcomes],
                "decisions": [_plain(entry) for entry in chapter.decisions],
            }
            for chapter in found.chapters
        ],
    }


def output_of(payload: str) -> str:
    """Return the output of a record as text; what is no record is shown whole."""
    try:
        output = output_in(parse_object(payload))
    except Unreadable:
        return payload
    return output if isinstance(output, str) else write(output)


def _told(edits: Sequence[Mapping[str, Any]], payload: str, version: Version) -> tuple[Mapping[str, Any], ...]:
    """Return edits with the words they rest on and the outputs between which they stand."""
    instruction = _instruction(payload) if payload else ""
    told = []
    for edit in edits:
        try:
            after = apply_to_payload(payload, edit["target"], edit["patch"], version.order)
        except PatchFailed:  # the store is damaged, which verify tells
            after = None
        whole = edit["span_start"] is None or edit["span_end"] is None
        told.append(
            {
                **edit,
                "said": None if whole else instruction[edit["span_start"] : edit["span_end"]],
                "output_before": output_of(payload),
                "output_after": None if after is None else output_of(after),
            }
        )
        payload = payload if after is None else after
    return tuple(told)


def _key(store: Store, record: str, line: Sequence[Version]) -> str:
    """Return the key that a record is named by."""
    rows = store.tables.scan("records", drafts=[version.draft for version in line])
    if record.isdecimal():
        found = rows.filter(pl.col("seq") == int(record))
    else:
        found = rows.filter(pl.col("key").str.starts_with(record.strip()))
    keys = found.select(pl.col("key").unique()).pipe(collected)["key"].sort().to_list()
    if record in keys:
        return record
    if len(keys) == 1:
        return str(keys[0])
    if not keys:
        raise StoreError(f"no record {record!r} there; name a row number or the beginning of a key")
    told = ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")
    raise StoreError(f"{record!r} could be any of {len(keys)} records: {told}")


def _by_draft(store: Store, name: str, key: str) -> dict[str, list[dict[str, Any]]]:
    rows = store.tables.scan(name).filter(pl.col("key") == key).pipe(collected)
    rows = rows.sort("ord") if "ord" in rows.columns else rows
    return rows.rows_by_key("draft", named=True, include_key=True)


def _instruction(payload: str) -> str:
    try:
        record = parse_object(payload)
    except Unreadable:
        return ""
    found = instruction_in(record)
    return found if isinstance(found, str) else ""


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a table for programs: JSON texts as JSON, times as text, without what is said elsewhere."""
    value = {name: of for name, of in entry.items() if name not in {"draft", "seq", "key", "version"}}
    for name in ("also", "patch", "inverse", "proposals", "wrong"):
        if isinstance(value.get(name), str):
            value[name] = json.loads(value[name])
    if value.get("decided_at") is not None:
        value["decided_at"] = value["decided_at"].isoformat()
    return value
