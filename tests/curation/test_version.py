"""A version is re-derived bit for bit, every kind of damage is found, and any two versions compare."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.command import digest, parse_object, write
from curation.edits import PatchFailed, make_patch
from curation.store import Store, UnknownVersion
from curation.tables import Damaged, collected
from curation.version import diff, replay, verify
from tests.curation.toy_store import payload, publish_curated, publish_raw

PAYLOADS = [payload(number) for number in range(10)]

scalars = st.none() | st.booleans() | st.integers() | st.sampled_from([1.0, -0.0, "", "a", "ä/~", "门"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner)
)
commands = st.dictionaries(st.sampled_from(["kind", "function", "params", "x"]), values, max_size=4)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a raw data set, 0, and a version curated from it, 1."""
    folder = tmp_path_factory.mktemp("published") / "store"
    store = Store(folder)
    publish_curated(store, publish_raw(store, PAYLOADS), tag="first")
    return folder


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Store:
    """Return a copy of it to damage."""
    shutil.copytree(published, tmp_path / "store")
    return Store(tmp_path / "store")


def tampered(
    store: Store, table: str, change: Callable[[pl.DataFrame], pl.DataFrame], versions: Sequence[int] = (0, 1)
) -> list[str]:
    """Rewrite a table behind the store's back and return what verifying versions finds then."""
    handle = DeltaTable(f"{store.tables.root}/{table}")
    rows = change(pl.scan_delta(handle).collect())
    handle.alter.set_table_properties({"delta.appendOnly": "false"})
    write_deltalake(handle, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="overwrite")
    return [str(fault) for number in versions for fault in verify(store, number)]


def damaged(store: Store, table: str, change: Callable[[Path], object]) -> Path:
    """Damage the file that version 1 has in a table and return it."""
    (file,) = (Path(file) for file, _ in store.tables.files(table, store.version(1).draft))
    change(file)
    return file


@pytest.mark.parametrize("table", ["records", "edits"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file: os.truncate(file, file.stat().st_size - 500), r"has [\d,]+ bytes, and [\d,]+ bytes were written"),
        (lambda file: os.truncate(file, 0), r"has 0 bytes, and [\d,]+ bytes were written"),
        (Path.unlink, r"is missing, and [\d,]+ bytes were written"),
    ],
)
def test_a_file_that_is_cut_short_or_gone_is_a_fault_of_the_version_that_needs_it(
    store: Store, change: Callable[[Path], object], told: str, table: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = damaged(store, table, change)

    (fault,) = verify(store, 1)

    assert re.fullmatch(rf"cannot be read: Damaged: {re.escape(str(file))} {told}", str(fault))
    assert verify(store, 0) == []
    for read in (store.rows, lambda version: diff(store, 0, version)):
        with pytest.raises(Damaged, match=told):
            list(read(1))
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_panics_over_a_file_is_told_as_a_damaged_store(store: Store) -> None:
    damaged(store, "records", lambda file: os.truncate(file, file.stat().st_size - 500))
    rows = pl.scan_delta(
        store.tables.open("records")
    )  # the sizes not looked at, as of a file that is as long as it was

    with pytest.raises(Damaged, match="a file cannot be read"):
        collected(rows)


def nth(n: int, **changes: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a change to columns of the n-th row of those that matter."""

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        at = pl.int_range(pl.len()) == n
        return rows.with_columns(
            pl.when(at).then(new).otherwise(column).alias(column) for column, new in changes.items()
        )

    return change


def test_what_was_published_verifies(published: Path) -> None:
    store = Store(published)
    assert verify(store, 0) == []
    assert verify(store, "first") == []


def test_verifying_what_is_not_there_is_an_error_of_the_call(published: Path) -> None:
    with pytest.raises(UnknownVersion):
        verify(Store(published), "nowhere")


def test_a_flipped_payload_of_a_raw_row_is_found_in_every_version_that_holds_it(store: Store) -> None:
    key = store.read(0)["key"][0]
    flip = pl.when(pl.col("key") == key).then(pl.col("payload").str.replace("灯", "燈")).otherwise("payload")
    assert (
        tampered(store, "records", lambda rows: rows.with_columns(payload=flip))
        == [f"{key}: its payload does not have its digest"] * 2
    )


def test_a_payload_forged_with_its_digest_is_still_found(store: Store) -> None:
    key = store.read(0)["key"][0]
    mine = pl.col("key") == key
    faults = tampered(
        store,
        "records",
        lambda rows: rows.with_columns(
            payload=pl.when(mine).then(pl.lit(payload(99))).otherwise("payload"),
            digest=pl.when(mine).then(pl.lit(digest(payload(99)))).otherwise("digest"),
        ),
    )
    assert f"{key}: its key should be {digest(payload(99))[:24]}-0" in faults
    assert faults.count("its content does not have its digest") == 2


def _without(n: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: rows.filter(pl.int_range(pl.len()) != n)


def _twice(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([rows, rows.head(1)])


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        ("records", _without(0), "its content does not have its digest"),
        ("records", _without(1), "its content does not have its digest"),
        ("records", _without(2), "it is not in the parent at this place"),
        ("records", _twice, "two records have the same place or the same key"),
        ("records", nth(0, disposition=pl.lit("review")), "its content does not have its digest"),
        ("records", nth(0, split=pl.lit("test")), "its content does not have its digest"),
        ("records", nth(0, draft=pl.lit("d_other")), "its content does not have its digest"),
        ("edits", _without(0), "edit 1 by toy.rule-1 was made on other bytes"),
        ("edits", _without(1), "the parent's bytes and its edits do not give its bytes"),
        ("edits", _without(3), "its edits do not have their digest"),
        ("edits", nth(0, patch=pl.lit("[]")), "edit 0 by toy.rule-0 leads to other bytes than it did"),
        ("edits", nth(0, patch=pl.lit("[")), "edit 0 by toy.rule-0 does not apply: no patch"),
        ("edits", nth(0, inverse=pl.lit("[]")), "edit 0 by toy.rule-0 is not undone by its inverse"),
        ("edits", nth(1, after=pl.lit("0")), "edit 1 by toy.rule-1 leads to other bytes than it did"),
        ("edits", nth(0, rule=pl.lit("toy.other")), "its edits do not have their digest"),
        ("edits", nth(0, confidence=pl.lit(0.91)), "its edits do not have their digest"),
        ("edits", nth(0, key=pl.lit("k")), "k: the version has edits for it, but did not change it"),
        ("edits", nth(0, seq=pl.lit(10**6)), "1 of its edits are about no row of it"),
        ("queue", _without(0), "it is in review, but nothing queued it"),
        ("queue", nth(0, reason=pl.lit("other")), "its id is v_"),
        ("outcomes", _without(0), "it is quarantined, but its outcomes do not say so"),
        ("outcomes", nth(0, found=pl.lit("y")), "its manifest is "),
        ("rulesets", nth(0, text=pl.lit("other rules")), "were changed after they were stored"),
        ("rulesets", nth(0, libraries=pl.lit("{}")), "were changed after they were stored"),
        ("rulesets", lambda rows: rows.clear(), "are not in the store"),
        (
            "versions",
            nth(0, manifest=pl.col("manifest").str.replace('"format": 2', '"format": 1', literal=True)),
            "its digests are of format 1",
        ),
        *(
            ("versions", nth(0, **{column: value}), "the version's row was changed after it was published")
            for column, value in {
                "kind": pl.lit("review"),
                "content": pl.lit("0"),
                "edits": pl.lit("0"),
                "counts": pl.col("counts").str.replace("10", "11"),
                "source": pl.lit('{"file": "other"}'),
                "manifest": pl.lit("{}"),
                "pinned": pl.lit("{}"),
                "actor": pl.lit("somebody else"),
                "message": pl.lit("something else"),
                "created_at": pl.col("created_at").dt.offset_by("1us"),
            }.items()
        ),
    ],
)
def test_damage_is_found(store: Store, table: str, change: Callable[[pl.DataFrame], pl.DataFrame], found: str) -> None:
    faults = tampered(store, table, lambda rows: change(_in_order(rows)), versions=[1])
    assert any(found in fault for fault in faults), faults


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of the data in order, versions newest first."""
    if "number" in rows.columns:
        return rows.sort("number", descending=True)
    return rows.sort(
        [column for column in ("seq", "ord", "disposition") if column in rows.columns], maintain_order=True
    )


def test_a_version_hung_on_another_parent_is_found(store: Store) -> None:
    other = publish_raw(store, PAYLOADS[::-1])
    faults = tampered(
        store, "versions", lambda rows: rows.with_columns(parent=pl.when(pl.col("number") == 1).then(pl.lit(other.id)))
    )
    assert any("it is not in the parent at this place" in fault for fault in faults)


def test_a_lost_parent_and_a_flipped_byte_of_a_file_are_faults_and_not_crashes(store: Store) -> None:
    file = next(Path(f"{store.tables.root}/records").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    assert [fault for number in (0, 1) for fault in verify(store, number)]
    faults = tampered(store, "versions", lambda rows: rows.filter(pl.col("number") == 1).vstack(
        rows.filter(pl.col("number") == 0).with_columns(id=pl.lit("v_" + "0" * 32))
    ))  # fmt: skip
    assert any("cannot be read: UnknownVersion" in fault for fault in faults)


@settings(max_examples=50, deadline=None)
@given(st.lists(commands, min_size=1, max_size=4))
def test_a_payload_and_its_edits_give_the_bytes_of_the_child(states: list[dict[str, Any]]) -> None:
    order = {"": ["kind", "function", "params"], "params": ["b", "a"]}
    texts = [write({"instruction": "i", "output": write(state, order)}) for state in states]
    edits = [
        _edit(number, make_patch(one, other, order), texts[number], texts[number + 1])
        for number, (one, other) in enumerate(itertools.pairwise(states))
    ]
    assert replay(texts[0], edits, order) == texts[-1]


def _edit(number: int, patches: tuple[str, str], before: str, after: str) -> dict[str, Any]:
    names = ("ord", "rule", "target", "patch", "inverse", "before", "after")
    return dict(zip(names, (number, "r", "command", *patches, digest(before), digest(after)), strict=True))


def test_an_inverse_that_only_python_takes_for_the_way_back_is_refused() -> None:
    before, after = (write({"output": write({"a": value})}) for value in (1, 2))
    edit = _edit(0, make_patch({"a": 1}, {"a": 2}), before, after)
    edit["inverse"] = json.dumps([{"op": "replace", "path": "/a", "value": True}])
    with pytest.raises(PatchFailed, match="edit 0 by r is not undone by its inverse"):
        replay(before, [edit])


def test_a_comparison_names_what_came_went_and_changed_and_which_rules_did_it(published: Path) -> None:
    store = Store(published)
    changes = list(diff(store, 0, 1))
    assert [(change.row, change.kind) for change in changes] == [
        (1, "changed"), (2, "disposition"), (3, "removed"), (4, "removed"),
        (6, "changed"), (7, "disposition"), (8, "removed"), (9, "removed"),
    ]  # fmt: skip
    assert changes[0].before == PAYLOADS[1]
    assert changes[0].after is not None
    assert parse_object(changes[0].after)["output"] == '{"kind": "k", "function": "f", "params": {"n": 1}}'
    assert changes[0].rules == ("toy.rule-0", "toy.rule-1")
    assert (changes[1].disposition_before, changes[1].disposition_after) == ("unchanged", "review")
    assert (changes[2].before, changes[2].after) == (PAYLOADS[3], None)
    assert [(back.row, back.kind) for back in diff(store, 1, 0)][2:4] == [(3, "added"), (4, "added")]
    assert list(diff(store, 1, 1)) == []


def test_versions_of_different_lines_compare_too(store: Store) -> None:
    other = publish_curated(store, 0, word="g")
    assert {(change.kind, change.rules) for change in diff(store, 1, other)} == {
        ("changed", ("toy.rule-0", "toy.rule-1"))
    }
    swapped = publish_raw(store, [*PAYLOADS[1:], payload(77)])
    assert [(change.kind, change.row) for change in diff(store, 0, swapped)] == [("removed", 0), ("added", 9)]
