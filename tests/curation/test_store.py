"""The store publishes versions whole or not at all, and gives back what was put in."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from curation.command import write
from curation.draft import LostRace, StoreError
from curation.manifest import Version
from curation.snapshot import Window
from curation.store import Store, TagTaken, UnknownVersion
from curation.tables import DRAFTED, SHARED, Tables, frame
from curation.version import verify
from tests.curation.toy_store import RULES, curated, payload, publish_curated, publish_raw, raw_frame

ROOT = Path(__file__).parents[2]
PAYLOADS = [payload(number) for number in range(20)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store to read only: a raw data set, 0, and a version curated from it, 1."""
    store = Store(tmp_path_factory.mktemp("shared"))
    publish_curated(store, publish_raw(store, PAYLOADS), tag="first")
    return store


def test_a_raw_data_set_comes_back_as_it_came_in_its_order(store: Store) -> None:
    texts = [*PAYLOADS, PAYLOADS[3], write("no object"), PAYLOADS[3]]
    version = publish_raw(store, texts, size=4)
    rows = store.read(version)
    assert rows["payload"].to_list() == texts
    assert rows["seq"].to_list() == list(range(23))
    assert [key[-2:] for key in rows["key"].gather([3, 20, 22])] == ["-0", "-1", "-2"]
    assert (version.number, version.kind, version.parent, version.counts["rows_in"]) == (0, "raw", None, 23)
    assert verify(store, version) == []


def test_a_curated_version_holds_the_latest_state_of_every_row(store: Store) -> None:
    first = publish_curated(store, publish_raw(store, PAYLOADS), size=3)
    rows = store.read(first)
    assert rows["seq"].to_list() == [seq for seq in range(20) if seq % 5 < 3]
    assert rows["disposition"].to_list() == ["unchanged", "rewritten", "review"] * 4
    assert '\\"function\\": \\"f\\", \\"params\\": {\\"n\\": 6}' in rows["payload"][4]
    assert store.read(0)["payload"].to_list() == PAYLOADS
    everything = store.read(first, ("op", "disposition"), deleted=True)
    assert everything["op"].to_list() == ["upsert", "upsert", "upsert", "delete", "delete"] * 4
    assert first.counts == {
        **dict.fromkeys(("unchanged", "rewritten", "review", "quarantined", "dropped"), 4),
        **{"rows_in": 20, "rows_out": 8, "by_rule": {}},
    }


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_batches_are_the_whole_in_pieces(shared: Store, size: int) -> None:
    store, version = shared, 1
    batches = list(store.batches(version, size))
    assert max(batch.height for batch in batches) <= size
    assert pl.concat(batches).equals(store.read(version))


def test_windows_hold_no_more_rows_than_asked_for_and_few_rows_are_one(shared: Store) -> None:
    snapshot = shared.snapshot(1)
    assert [window.end - window.start for window in shared.snapshot(0).windows(8)] == [8, 8, 4]
    assert list(snapshot.windows(8, "outcomes")) == [Window(3, 20)]
    assert next(snapshot.windows(7, "outcomes")) == Window(3, 10)


def test_rows_tell_of_every_row_that_came_in_what_became_of_it(store: Store) -> None:
    raw = publish_raw(store, [*PAYLOADS[:4], write("no object")])
    rows = list(store.rows(publish_curated(store, raw)))
    assert [row["row"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[1] == {
        "row": 1,
        "key": rows[1]["key"],
        "disposition": "rewritten",
        "output": '{"kind": "k", "function": "f", "params": {"n": 1}}',
        "rules": ["toy.rule-0", "toy.rule-1"],
        "reasons": [],
    }
    assert [row["reasons"] for row in rows[2:]] == [["no such device: 灯"], ["not JSON: x"], ["same as an earlier row"]]
    assert [row["output"] for row in rows[3:]] == [None, None]
    assert [row["output"] for row in store.rows(raw)][3:] == ['{"kind": "k", "params": {"power": "on"}}', None]


def test_edits_queue_and_outcomes_are_those_of_the_version_alone(store: Store) -> None:
    first = publish_curated(store, publish_raw(store, PAYLOADS), size=2)
    with store.publish(first, kind="review", actor="a person") as draft:
        second = draft.commit()
    assert store.edits(first).select("seq", "ord").rows() == [(seq, ord_) for seq in (1, 6, 11, 16) for ord_ in (0, 1)]
    assert store.queue(first)["seq"].to_list() == [2, 7, 12, 17]
    assert store.outcomes(first)["disposition"].to_list() == ["quarantined", "dropped"] * 4
    assert store.edits(second).height == store.queue(second).height == store.outcomes(second).height == 0
    assert store.read(second).equals(store.read(first))
    assert [row["rules"] for row in store.rows(second)] == [row["rules"] for row in store.rows(first)]
    assert [row["reasons"] for row in store.rows(second)] == [row["reasons"] for row in store.rows(first)]


def test_a_rule_that_was_rolled_back_is_no_longer_named(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS[:2])
    first = publish_curated(store, raw)
    last = store.edits(first).filter(pl.col("ord") == 1)
    back = last.with_columns(
        kind=pl.lit("rollback"), patch="inverse", inverse="patch", before="after", after="before", ord=pl.lit(0)
    )
    text = write({**{"instruction": "第 1 盏灯", "input": ""}, "output": "", "extra": [1, 1.0, True, None]}).replace(
        '"output": ""', f'"output": {write(write({"kind": "k", "function": "f", "params": {"power": "on"}}))}'
    )
    with store.publish(first, kind="rollback", ruleset=RULES) as draft:
        draft.add(
            records=frame("records", [(1, last["key"][0], "upsert", "rewritten", None, text, None, None)]).drop(
                "digest"
            ),
            edits=back,
        )
        second = draft.commit()
    assert verify(store, second) == []
    assert [row["rules"] for row in store.rows(second)] == [[], ["toy.rule-0"]]


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(1, 25), st.integers(1, 25), st.randoms(use_true_random=False))
def test_the_same_data_and_rules_have_the_same_id_in_any_batches(one: int, other: int, order: random.Random) -> None:
    ids = set()
    for size, shuffle in ((one, False), (other, True)):
        with tempfile.TemporaryDirectory() as folder:
            store = Store(folder)
            publish_raw(store, PAYLOADS, size)
            batches = [curated(batch) for batch in store.batches(0, size)]
            if shuffle:
                order.shuffle(batches)
            with store.publish(0, kind="curated", ruleset=RULES, message=str(size)) as draft:
                for batch in batches:
                    draft.add(**batch)
                ids.add(draft.commit().id)
    assert len(ids) == 1


def test_any_difference_in_data_rules_or_parent_is_another_id(store: Store) -> None:
    raws = [publish_raw(store, texts) for texts in (PAYLOADS, PAYLOADS[::-1], PAYLOADS[1:])]
    children = [
        publish_curated(store, raws[0]),
        publish_curated(store, raws[0], word="g"),
        publish_curated(store, raws[1]),
    ]
    assert len({version.id for version in raws + children}) == 6
    assert set(store.read(raws[0])["key"]) == set(store.read(raws[1])["key"])


def test_publishing_what_exists_returns_it_and_appends_nothing(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    first = publish_curated(store, raw)
    files = {path for name in DRAFTED for path in Path(store.tables.root, name).rglob("*")}
    assert publish_raw(store, PAYLOADS, size=3) == raw
    assert publish_curated(store, raw, size=3, tag="again") == first
    assert [version.number for version in store.versions()] == [0, 1]
    assert store.tags() == {"again": first.id}
    assert {path for name in DRAFTED for path in Path(store.tables.root, name).rglob("*")} == files


def test_a_draft_that_is_not_committed_is_never_seen(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    with store.publish(raw, kind="curated", ruleset=RULES) as draft:
        draft.add(**curated(store.read(raw)))
    assert store.versions() == [raw]
    assert store.read(raw)["payload"].to_list() == PAYLOADS


def test_nothing_can_be_added_to_what_is_published(store: Store) -> None:
    with store.publish(None, kind="raw") as draft:
        draft.add(raw_frame(PAYLOADS[:2]))
        draft.commit()
        with pytest.raises(ValueError, match="the draft is closed"):
            draft.add(raw_frame(PAYLOADS[2:]))


def test_a_queued_row_that_was_not_touched_is_placed_by_the_parent(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    keys = store.read(raw)["key"]
    entry = (keys[3], 0, "duplicate", None, None, "near duplicate", keys[1], None)
    with store.publish(raw, kind="curated", ruleset=RULES) as draft:
        draft.add(queue=frame("queue", [entry]))
        version = draft.commit()
    assert store.queue(version)["seq"].to_list() == [3]
    assert verify(store, version) == []


def test_rows_that_do_not_fit_are_refused(store: Store) -> None:
    records = raw_frame(PAYLOADS[:2])
    with store.publish(None, kind="raw") as draft:
        with pytest.raises(ValueError, match="missing columns \\['key'\\]"):
            draft.add(records=records.drop("key"))
        with pytest.raises(ValueError, match="unknown columns \\['colour'\\]"):
            draft.add(records=records.with_columns(colour=pl.lit("red")))
        with pytest.raises(ValueError, match="nothing in columns \\['disposition'\\]"):
            draft.add(records=records.with_columns(disposition=pl.lit(None)))
        with pytest.raises(ValueError, match="name records that do not exist: elsewhere"):
            draft.add(records, outcomes=frame("outcomes", [("elsewhere", "dropped", "r", None, None)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": pl.lit("same")}, "the same place or the same key"),
        ({"seq": pl.lit(3)}, "the same place or the same key"),
        ({"disposition": pl.lit("lost")}, "unknown dispositions: lost"),
    ],
)
def test_records_that_cannot_all_be_true_are_not_published(
    store: Store, change: dict[str, pl.Expr], message: str
) -> None:
    with store.publish(None, kind="raw") as draft:
        draft.add(records=raw_frame(PAYLOADS).with_columns(**change))
        with pytest.raises(ValueError, match=message):
            draft.commit()
    assert store.versions() == []


def test_counts_that_do_not_add_up_are_not_published(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    with store.publish(raw, kind="curated", ruleset=RULES) as draft:
        draft.add(**curated(store.read(raw)))
        with pytest.raises(ValueError, match="the counts do not add up: review 5, counted 4"):
            draft.commit({"rows_in": 20, "review": 5})
    assert store.versions() == [raw]


def test_categories_and_narrow_numbers_of_an_engine_become_plain_columns(store: Store) -> None:
    records = raw_frame(PAYLOADS).with_columns(
        pl.col("seq").cast(pl.UInt32), pl.col("op", "disposition").cast(pl.Categorical), split=pl.lit(None)
    )
    with store.publish(None, kind="raw") as draft:
        draft.add(records=records)
        assert draft.commit().id == publish_raw(store, PAYLOADS).id


def test_an_empty_data_set_is_a_version_too(store: Store) -> None:
    version = publish_raw(store, [])
    assert (store.read(version).height, list(store.batches(version)), list(store.rows(version))) == (0, [], [])
    assert verify(store, version) == []


def test_a_version_is_found_by_number_id_prefix_and_tag(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS, tag="first")
    child = publish_curated(store, "first")
    for ref in (0, "0", raw.id, raw.id[:8], raw.id[2:8], raw.short, "first", raw):
        assert store.version(ref) == raw
    assert [version.number for version in store.lineage(child)] == [0, 1]


def test_an_unknown_version_is_answered_with_those_that_exist(store: Store) -> None:
    with pytest.raises(UnknownVersion, match=r"no version 'x' in .*store; there is none yet"):
        store.version("x")
    raw = publish_raw(store, PAYLOADS, tag="first")
    for ref in ("2", "firs", raw.id[:7], "v_000000", "", -1):
        with pytest.raises(UnknownVersion, match=rf"there are: 0 \({raw.short}, raw\) first"):
            store.version(ref)


def test_a_tag_moves_but_a_release_stays(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    child = publish_curated(store, raw)
    store.tag("released", raw)
    store.tag("released", child)
    store.tag("v1.0.0", raw)
    store.tag("v1.0.0", "0")
    with pytest.raises(TagTaken, match=f"v1.0.0 was given to {raw.id} and stays there"):
        store.tag("v1.0.0", child)
    assert store.tags() == {"released": child.id, "v1.0.0": raw.id}
    with store.publish(child, kind="review") as draft, pytest.raises(TagTaken):
        draft.commit(tag="v1.0.0")
    assert len(store.versions()) == 2


@pytest.mark.parametrize(
    "name", ["", "7", "123456", "facade", "v_facade01", "490a", "v_490a", "v_", "-x", "a b", "a\n", ".."]
)
def test_a_tag_that_reads_as_something_else_is_refused(store: Store, name: str) -> None:
    publish_raw(store, PAYLOADS)
    with pytest.raises(StoreError, match="cannot be a tag"):
        store.tag(name, 0)


def test_tables_keep_their_history_for_ever_and_hold_only_plain_types(shared: Store) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for name in (*DRAFTED, *SHARED):
        table = shared.tables.open_or_create(name)
        assert table.metadata().configuration == {
            "delta.appendOnly": "true",
            "delta.enableExpiredLogCleanup": "false",
            "delta.logRetentionDuration": "interval 36500 days",
            "delta.deletedFileRetentionDuration": "interval 36500 days",
        }
        types = {str(field.type) for uri in table.file_uris() for field in pq.read_schema(uri)}
        plain = (pa.large_string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us", "UTC"))
        assert types <= {str(kind) for kind in plain}


def test_a_store_that_may_not_be_read_is_no_empty_one(store: Store) -> None:
    publish_raw(store, PAYLOADS)
    folder = Path(store.tables.root)
    folder.chmod(0)
    try:
        if os.access(folder, os.X_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(PermissionError, match="the store may not be read"):
            store.versions()
    finally:
        folder.chmod(0o700)
    assert len(store.versions()) == 1


def test_two_who_give_a_tag_at_once_both_have_given_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = publish_raw(store, PAYLOADS), publish_raw(store, PAYLOADS[:1])
    other, append = Store(store.tables.root), store.tables.append

    def raced(version: Version) -> Callable[..., int]:
        def appended(*given: Any, **named: Any) -> int:
            other.tag("mine", version)
            return append(*given, **named)

        return appended

    monkeypatch.setattr(store.tables, "append", raced(first))
    assert store.tag("mine", first) == first
    monkeypatch.setattr(store.tables, "append", raced(second))
    assert store.tag("yours", first) == first
    assert store.tags() == {"mine": second.id, "yours": first.id}


@pytest.mark.parametrize("address", ["s3://lamps/date=2026-11-26/store", "s3://lamps/=", "gs://lamps/draft=d_1"])
def test_no_store_is_opened_under_a_prefix_that_reads_as_a_column(address: str) -> None:
    with pytest.raises(StoreError, match=r"no store can be in a folder whose path has '[^/]*="):
        Store(address)


def test_a_table_that_several_create_at_once_is_created_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def create(number: int) -> None:
        together.wait()
        Tables(tmp_path / str(number)).open_or_create("versions")

    for number in range(10):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(create, [number] * 4))
        assert DeltaTable(f"{tmp_path}/{number}/versions").version() == 0


def test_the_second_of_two_publishers_takes_the_next_number(store: Store, tmp_path: Path) -> None:
    raw = publish_raw(store, PAYLOADS)
    with store.publish(raw, kind="curated", ruleset=RULES) as slow, store.publish(None, kind="raw") as other:
        slow.add(**curated(store.read(raw), "slow"))
        other.add(raw_frame(PAYLOADS[1:]))
        quick = publish_curated(store, raw, word="quick")
        versions = [raw, quick, slow.commit(), other.commit()]
    assert store.versions() == versions
    assert [version.number for version in versions] == [0, 1, 2, 3]
    assert [verify(store, version) for version in versions] == [[]] * 4
    alone = Store(tmp_path / "alone")
    assert versions[2].id == publish_curated(alone, publish_raw(alone, PAYLOADS), word="slow").id


def test_the_second_of_two_who_go_on_from_one_version_is_told_that_it_lost(store: Store) -> None:
    first = publish_curated(store, publish_raw(store, PAYLOADS))
    with store.publish(first, kind="review") as slow:
        slow.add(**curated(store.read(first), "slow"))
        with store.publish(first, kind="review") as quick:
            made = quick.commit()
        told = f"version 2 \\({made.short}\\) was made of version 1 while this one was"
        with pytest.raises(LostRace, match=told):
            slow.commit()
    assert len(store.versions()) == 3


def test_a_version_that_is_published_at_the_moment_of_a_commit_makes_it_take_the_next_number(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = publish_raw(store, PAYLOADS)
    other, append = Store(store.tables.root), store.tables.append

    def raced(name: str, *given: Any, **named: Any) -> int:
        if name == "versions":
            publish_curated(other, raw, word="quick")
        return append(name, *given, **named)

    monkeypatch.setattr(store.tables, "append", raced)

    assert publish_curated(store, raw).number == 2
    assert [verify(store, version) for version in store.versions()] == [[]] * 3


def test_two_publishers_of_the_same_both_get_it(store: Store) -> None:
    raw = publish_raw(store, PAYLOADS)
    with store.publish(raw, kind="curated", ruleset=RULES) as slow:
        slow.add(**curated(store.read(raw)))
        assert publish_curated(store, raw) == slow.commit()
    assert len(store.versions()) == 2


def _start(folder: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.curation.toy_store", str(folder), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_of_racing_processes_none_loses_and_every_reported_version_is_there(tmp_path: Path) -> None:
    publish_raw(Store(tmp_path), PAYLOADS)
    racers = [_start(tmp_path, name) for name in "ab"]
    for _ in range(6):
        for racer in racers:
            assert racer.stdout is not None
            racer.stdout.readline()
    for racer in racers:
        racer.kill()
    told = [racer.communicate() for racer in racers]
    assert [error for _, error in told] == ["", ""]
    versions = Store(tmp_path).versions()
    assert [version.number for version in versions] == list(range(len(versions)))
    assert len(versions) >= 13
    assert {line for out, _ in told for line in out.split()} <= {version.id for version in versions}
    assert [verify(Store(tmp_path), version) for version in versions[-3:]] == [[]] * 3


def test_a_process_killed_at_any_moment_leaves_only_whole_versions(tmp_path: Path) -> None:
    publish_raw(Store(tmp_path), PAYLOADS)
    moments = random.Random(7)
    reported: set[str] = set()
    for round_ in range(3):
        process = _start(tmp_path, f"r{round_}x")
        assert process.stdout is not None
        reported.add(process.stdout.readline().strip())
        time.sleep(moments.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        reported |= set(process.communicate()[0].split())
        assert process.returncode == -signal.SIGKILL
    store = Store(tmp_path)
    versions = store.versions()
    assert reported <= {version.id for version in versions}
    assert [version.number for version in versions] == list(range(len(versions)))
    assert [fault for version in versions[-6:] for fault in verify(store, version)] == []
