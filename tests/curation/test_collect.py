"""Garbage: drafts that never became versions go when they are old, and nothing else ever does."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

import rewright
from curation.collect import collect
from curation.store import Store
from curation.version import verify
from tests.curation.shelf import record, shelf
from tests.curation.toy_store import curated, publish_curated, raw_frame

NOW = timedelta(0)


def abandon(store: Store, parent: int | None = 0) -> str:
    """Begin a draft, write its rows, and never commit it, as a process does that is killed; return its id."""
    draft = store.publish(parent, kind="curated" if parent is not None else "raw")
    rows = curated(store.read(parent)) if parent is not None else {"records": raw_frame([record(1)])}
    draft.add(**rows)
    for name in rows:
        draft._flush(name)
    return draft.id


def files(store: Store) -> set[Path]:
    return {path for path in Path(store.tables.root).rglob("*.parquet") if "_delta_log" not in path.parts}


def test_old_drafts_go_with_their_files_and_versions_stay(tmp_path: Path) -> None:
    store, version = shelf(tmp_path / "store")
    before, kept = files(store), store.read(version)
    drafts = {abandon(store), abandon(store, None)}

    found = collect(store, NOW)

    assert {one.draft for one in found.drafts} == drafts
    assert files(store) == before
    assert sum(one.files for one in found.drafts) == 5
    assert store.read(version).equals(kept)
    assert [verify(store, one) for one in store.versions()] == [[], []]
    assert collect(store, NOW).drafts == ()


def test_young_drafts_are_spared(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    abandon(store)
    before = files(store)

    found = collect(store)

    assert (len(found.drafts), len(found.spared), found.strays) == (0, 1, 0)
    assert files(store) == before


def test_a_dry_run_only_looks(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    draft = abandon(store)
    before = {path: path.read_bytes() for path in Path(store.tables.root).rglob("*") if path.is_file()}

    found = collect(store, NOW, dry_run=True)

    assert [(one.draft, one.rows["records"]) for one in found.drafts] == [(draft, 48)]
    assert {path: path.read_bytes() for path in Path(store.tables.root).rglob("*") if path.is_file()} == before


def test_files_that_a_killed_process_never_finished_go_when_they_are_old(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    stray, young = (tmp_path / "store/records/draft=d_1" / name for name in ("old.parquet", "new.parquet"))
    stray.parent.mkdir()
    stray.write_bytes(b"PAR1")
    young.write_bytes(b"PAR1")
    os.utime(stray, (1, 1))

    found = collect(store)

    assert found.strays == 1
    assert not stray.exists()
    assert young.exists()


def test_tables_refuse_to_delete_afterwards_as_before(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    abandon(store)

    collect(store, NOW)

    for name in ("records", "edits", "queue", "outcomes"):
        configuration = DeltaTable(f"{store.tables.root}/{name}").metadata().configuration
        assert configuration["delta.appendOnly"] == "true"


def test_a_sweep_that_was_killed_is_made_good_by_the_next(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    DeltaTable(f"{store.tables.root}/records").alter.set_table_properties({"delta.appendOnly": "false"})

    collect(store)

    assert DeltaTable(f"{store.tables.root}/records").metadata().configuration["delta.appendOnly"] == "true"


def test_publishing_goes_on_afterwards(tmp_path: Path) -> None:
    store, _ = shelf(tmp_path / "store")
    abandon(store)
    collect(store, NOW)

    version = publish_curated(store, 0, word="g")

    assert verify(store, version) == []
    assert collect(store, NOW).drafts == ()


def test_an_empty_store_has_no_garbage_and_no_age_is_negative(tmp_path: Path) -> None:
    assert collect(Store(tmp_path), NOW).drafts == ()
    with pytest.raises(ValueError, match="negative"):
        collect(Store(tmp_path), timedelta(hours=-1))


def test_the_command_says_what_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, _ = shelf(tmp_path / "store")
    (tmp_path / "rewright.toml").write_text("")
    draft = abandon(store)
    home = ["-w", str(tmp_path)]

    assert rewright.main(["gc", *home]) == 0
    assert "0 unfinished drafts (0 bytes), 0 stray files removed; 1 too young" in capsys.readouterr().out
    assert rewright.main(["gc", "--older-than", "0h", "--dry-run", *home]) == 0
    assert draft in capsys.readouterr().out
    assert rewright.main(["gc", "--older-than", "0m", "--json", *home]) == 0
    assert [one["draft"] for one in json.loads(capsys.readouterr().out)["drafts"]] == [draft]
    assert rewright.main(["gc", "--older-than", "soon", *home]) == 2
