"""The report of a version that stands in a real store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.command import Keys, digest
from curation.draft import StoreError
from curation.edits import Edit
from curation.manifest import Ruleset
from curation.store import Store
from reports import write_report
from reports.version_report import Row, VersionView, gather

RULES = Ruleset("toy", "rules: none", {}, {})


def publish(folder: Path, rows: list[Row], counts: dict[str, Any]) -> Store:
    """Put rows and an untouched one among them into a store: as they came, then as they are."""
    store = Store(folder)
    keys = Keys()
    payloads = [row.before for row in rows]
    payloads.insert(3, json.dumps({"instruction": "untouched"}))
    named = [keys.next(digest(payload)) for payload in payloads]
    raw = pl.DataFrame({"seq": range(len(payloads)), "key": named, "payload": payloads}).with_columns(
        op=pl.lit("upsert"), disposition=pl.lit("unchanged")
    )
    with store.publish(None, kind="raw", source={"name": "toy.jsonl"}) as draft:
        draft.add(records=raw)
        parent = draft.commit()
    placed = [(seq if seq < 3 else seq + 1, row) for seq, row in enumerate(rows)]
    records, edits, queue, outcomes = [], [], [], []
    for seq, row in placed:
        place = {"seq": seq, "key": named[seq]}
        op = "delete" if row.outcome else "upsert"
        records.append(place | {"op": op, "disposition": row.disposition, "payload": row.after})
        for ord_, edit in enumerate(row.edits):
            values = {name: getattr(edit, name) for name in Edit.__dataclass_fields__}
            edits.append(values | place | {"ord": ord_, "also": json.dumps(edit.also)})
        for ord_, queued in enumerate(row.queued):
            proposals = json.dumps([{"rule": one.rule, "output": one.output} for one in queued.proposals])
            about = {"kind": queued.kind, "rule": queued.rule, "rule_digest": "", "reason": queued.reason}
            queue.append(place | about | {"ord": ord_, "found": queued.found, "proposals": proposals})
        if row.outcome:
            about = {"reason": row.outcome.reason, "found": row.outcome.found, "kept": row.outcome.kept}
            outcomes.append(place | about | {"disposition": row.disposition})
    with store.publish(parent, kind="curated", ruleset=RULES, source={"name": "toy.jsonl"}) as draft:
        draft.add(*(pl.DataFrame(found, infer_schema_length=None) for found in (records, edits, queue, outcomes)))
        draft.commit(counts, tag="first")
    return store


@pytest.fixture
def store(rows: Callable[[int], Iterable[Row]], view: Callable[..., VersionView], tmp_path: Path) -> Store:
    every = list(rows(48))
    return publish(tmp_path / "store", every, dict(view(every, unchanged=1).counts))


def test_every_row_that_is_not_unchanged_comes_back_as_it_was_published(
    store: Store, rows: Callable[[int], Iterable[Row]]
) -> None:
    seen = gather(store, "first", window=7)
    assert seen.missing == 0
    assert (seen.header.number, seen.header.tags, seen.header.parent[:4]) == (1, ("first",), "0 v_")
    assert seen.header.ruleset == f"toy {RULES.digest}"
    found, expected = list(seen.rows), list(rows(48))
    assert [row.seq for row in found] == [n for n in range(49) if n != 3]
    for got, put in zip(found, expected, strict=True):
        assert (got.disposition, got.before, got.after) == (put.disposition, put.before, put.after)
        assert (got.queued, got.outcome) == (put.queued, put.outcome)
        assert [(edit.rule, edit.patch, edit.span_start, edit.span_end) for edit in got.edits] == [
            (edit.rule, edit.patch, edit.span_start, edit.span_end) for edit in put.edits
        ]


def test_reports_of_equal_versions_in_two_stores_are_equal_bytes(
    store: Store, rows: Callable[[int], Iterable[Row]], view: Callable[..., VersionView], tmp_path: Path
) -> None:
    every = list(rows(48))
    again = publish(tmp_path / "again", every, dict(view(every, unchanged=1).counts))
    walked: list[int] = []
    one = write_report(store, "first", tmp_path / "one", max_rows=5, progress=walked.append)
    two = write_report(again, 1, tmp_path / "two", max_rows=5)
    for name in ("report.html", "report.md", "diffs.jsonl"):
        assert one.with_name(name).read_bytes() == two.with_name(name).read_bytes()
    assert walked == [48]


def test_a_data_set_as_it_came_has_a_report_with_nothing_in_it(store: Store, tmp_path: Path) -> None:
    text = write_report(store, 0, tmp_path / "raw").read_text("utf-8")
    assert "No row was changed" in text
    assert "No rule ran" in text


def test_a_later_version_shows_its_own_changes_and_what_still_waits_or_is_gone(store: Store) -> None:
    first = list(gather(store, "first").rows)
    waiting = [row for row in first if row.disposition == "review"]
    settled = waiting[0]
    with store.publish("first", kind="review") as draft:
        records = pl.DataFrame(
            {
                "seq": [settled.seq],
                "key": [settled.key],
                "op": ["upsert"],
                "disposition": ["rewritten"],
                "payload": [settled.after],
            }
        )
        draft.add(records=records)
        draft.commit()
    later = list(gather(store, 2).rows)
    assert [row.seq for row in later if row.queued] == [row.seq for row in waiting[1:]]
    assert [row.seq for row in later if row.outcome] == [row.seq for row in first if row.outcome]
    assert not any(row.edits for row in later)
    gone = next(row for row in later if row.outcome)
    assert gone.before == next(row.before for row in first if row.seq == gone.seq)


def test_a_row_that_came_back_is_not_gone_and_one_that_went_again_went_for_its_own_reason(store: Store) -> None:
    back, again = [row for row in gather(store, "first").rows if row.outcome][:2]
    places = {"seq": [back.seq, again.seq], "key": [back.key, again.key]}
    with store.publish("first", kind="review") as draft:
        came = {"op": "upsert", "disposition": "rewritten", "payload": [back.before, again.before]}
        draft.add(records=pl.DataFrame(places | came))
        second = draft.commit()
    with store.publish(second, kind="review") as draft:
        place = {name: values[1:] for name, values in places.items()}
        draft.add(
            records=pl.DataFrame(place | {"op": "delete", "disposition": "dropped", "payload": None}),
            outcomes=pl.DataFrame(place | {"disposition": "dropped", "reason": "not a sentence"}),
        )
        draft.commit()

    gone = {row.seq: row.outcome.reason for row in gather(store, 3).rows if row.outcome}

    assert back.seq not in gone
    assert gone[again.seq] == "not a sentence"


def test_a_version_that_is_not_there_is_an_error_that_names_those_that_are(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="first"):
        write_report(store, "second", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_what_the_rules_noted_is_counted_by_rule_and_shown_as_text(store: Store, tmp_path: Path) -> None:
    edits = store.edits("first").filter(pl.col("note").is_not_null())
    counted = edits.group_by("rule", "note").len()

    noted = gather(store, "first").notes

    assert noted
    assert sum(one.rows for one in noted) == edits.height
    listed = [one for one in noted if one.note]
    assert all((one.rule, one.note, one.rows) in set(counted.rows()) for one in listed)
    order = list(store.version("first").counts["by_rule"])
    assert [one.rule for one in noted] == sorted((one.rule for one in noted), key=order.index)
    page = write_report(store, "first", tmp_path).read_text(encoding="utf-8")
    assert "What was noted" in page
    assert "<img" not in page.lower().replace("&lt;img", "")
