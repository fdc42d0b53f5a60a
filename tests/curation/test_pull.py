"""Pulling: checked on the way, pinned in a lock file, and loud about every difference."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

import rewright
from curation.draft import StoreError
from curation.export.loading import load_version
from curation.lock import Pinned, read_lock, write_lock
from curation.pull import place_of, pull
from curation.store import Store
from tests.curation.shelf import shelf


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A modeler's repository beside a store whose version `released` is 1."""
    shelf(tmp_path / "store", tag="released")
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = rewright.main(["pull", *words, "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def test_a_pull_pins_version_rules_and_rows(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, "../store", "data")

    version = Store(home / "../store").version("released")
    pinned = read_lock(home / "rewright.lock")[0]
    assert code == 0
    assert (pinned.store, pinned.ref, pinned.format) == ("../store", "released", "hf")
    assert (pinned.version, pinned.content, pinned.ruleset) == (version.id, version.content, version.ruleset)
    assert (home / pinned.folder / "README.md").is_file()
    assert answer["data"][0]["digest"] == pinned.digest


def test_pulling_again_changes_nothing_and_locked_agrees(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "../store")
    before = (home / "rewright.lock").read_bytes()

    again, locked, named = run(capsys, "../store"), run(capsys, "--locked"), run(capsys, "../store", "--locked")

    assert [one[0] for one in (again, locked, named)] == [0, 0, 0]
    assert not again[1]["data"][0]["new"]
    assert (home / "rewright.lock").read_bytes() == before


def test_a_locked_pull_restores_what_is_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "../store", "sets/lamps")
    folder = home / read_lock(home / "rewright.lock")[0].folder
    shutil.rmtree(folder)

    code, _ = run(capsys, "--locked")

    assert code == 0
    assert (folder / "SHA256SUMS").is_file()


def test_a_tag_that_moved_fails_a_locked_pull_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "../store")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    Store(home / "../store").tag("released", 0)

    code, answer = run(capsys, "--locked")

    assert code == 1
    assert "version is v_" in answer["data"][0]["differs"]
    assert "ruleset is none" in answer["data"][0]["differs"]
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "dataset_info.json"])
def test_a_file_that_was_changed_fails_a_locked_pull(home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    run(capsys, "../store")
    folder = home / read_lock(home / "rewright.lock")[0].folder
    (folder / name).write_text("mine")

    code, answer = run(capsys, "--locked")

    assert code == 1
    assert f"{name} was changed" in answer["data"][0]["differs"]


def test_other_rows_than_pinned_fail_a_locked_pull(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "../store")

    code, answer = run(capsys, "../store", "--locked", "--include-review")

    assert code == 1
    assert answer["data"][0]["review"]
    assert "does not pin it" in answer["data"][0]["differs"]


def test_what_is_not_pinned_fails_a_locked_pull(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, "../store@0", "--locked")

    assert code == 1
    assert "does not pin it" in answer["data"][0]["differs"]
    assert not list(home.iterdir())


def test_several_data_sets_are_pinned_side_by_side(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "../store")
    run(capsys, "../store@0", "raw", "--format", "messages")

    assert [(one.ref, one.format) for one in read_lock(home / "rewright.lock")] == [
        ("0", "messages"),
        ("released", "hf"),
    ]
    assert run(capsys, "--locked")[0] == 0


def test_one_version_in_two_formats_is_pinned_twice_and_checked_in_both(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "../store", "a")
    run(capsys, "../store", "b", "--format", "llamafactory")
    run(capsys, "../store", "c", "--include-review")
    pins = read_lock(home / "rewright.lock")
    assert [(one.format, one.review) for one in pins] == [("hf", False), ("hf", True), ("llamafactory", False)]
    assert run(capsys, "--locked")[0] == 0
    (home / pins[0].folder / "manifest.json").write_text("mine")

    code, answer = run(capsys, "--locked")

    assert code == 1
    assert [one["ok"] for one in answer["data"]] == [False, True, True]


def test_a_damaged_store_is_not_pulled_from(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next((home / "../store/edits").rglob("*.parquet")).unlink()

    assert rewright.main(["pull", "../store"]) == 2
    assert "not as it was published" in capsys.readouterr().err
    assert not list(home.iterdir())


def lose(records: Path) -> None:
    records.unlink()


def another_key(records: Path) -> None:
    rows = pl.read_parquet(records)
    key = pl.when(pl.col("seq") == 1).then(pl.lit("0" * 24 + "-0")).otherwise("key")
    rows.with_columns(key.alias("key")).write_parquet(records)


def flip_a_byte(records: Path) -> None:
    about = pq.read_metadata(records).row_group(0)
    columns = [about.column(at) for at in range(about.num_columns)]
    payload = next(column for column in columns if column.path_in_schema == "payload")
    data = bytearray(records.read_bytes())
    data[payload.data_page_offset + payload.total_compressed_size // 2] ^= 1
    records.write_bytes(data)


@pytest.mark.parametrize("damage", [lose, another_key, flip_a_byte])
@pytest.mark.parametrize("command", ["export", "pull", "load_version"])
def test_a_version_on_damaged_raw_records_goes_nowhere_and_the_way_to_learn_more_is_told(
    command: str, damage: Callable[[Path], None], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewright.main(["init", "space"])
    shutil.rmtree("space/store")
    shutil.copytree("../store", "space/store")
    raw = Store("space/store").version(0).draft
    damage(next(Path("space/store/records").rglob(f"*{raw}*/*.parquet")))
    capsys.readouterr()

    if command == "load_version":
        with pytest.raises(StoreError) as refused:
            load_version("released", "space")
        told = str(refused.value)
    else:
        words = ["export", "released", "out", "-w", "space"] if command == "export" else ["pull", "space", "out"]
        assert rewright.main(words) == 2
        told = capsys.readouterr().err

    assert re.search(r"version 1 \(\w{8}\) is not as it was published: .*; .*: rewright verify 1$", told.strip())
    assert not Path("out").exists()
    assert rewright.main(["verify", "1", "-w", "space"]) == 1


def test_a_store_that_lies_beside_the_lock_is_found_from_anywhere(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.parent)
    run(capsys, "store", "repository/data", "--lock", "repository/rewright.lock")
    monkeypatch.chdir(home)

    pinned = read_lock(home / "rewright.lock")[0]

    assert (pinned.store, pinned.folder.split("/")[0]) == ("../store", "data")
    assert run(capsys, "--locked")[0] == 0


def test_a_workspace_is_as_good_as_its_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewright.main(["init", "../space"])
    shutil.rmtree("../space/store")
    shutil.copytree("../store", "../space/store")
    capsys.readouterr()

    assert run(capsys, "../space")[1]["data"][0]["digest"] == run(capsys, "../store")[1]["data"][0]["digest"]


def test_a_store_that_is_not_there_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rewright.main(["pull", "../nowhere"]) == 2
    assert "no version 'released'" in capsys.readouterr().err


def test_pull_needs_a_store_or_a_lock(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rewright.main(["pull"]) == 2
    assert "name a store, or give --locked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"), [(None, "there is no such lock file"), ("# emptied\n", "the lock file pins nothing")]
)
def test_a_locked_pull_fails_where_nothing_is_pinned(
    home: Path, capsys: pytest.CaptureFixture[str], text: str | None, told: str
) -> None:
    if text is not None:
        (home / "our.lock").write_text(text)

    assert rewright.main(["pull", "--locked", "--lock", "our.lock", "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"our.lock: {told}" in err


@pytest.mark.parametrize(
    "text",
    ["data = 1", "[[data]]\nstore = 1\n", "[[data]]\nstore = 'a'\n", "=", "data = ['x']", "[[dat]]\nstore = 'a'\n"],
)
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rewright.lock").write_text(text)

    with pytest.raises(StoreError, match="no lock file"):
        read_lock(tmp_path / "rewright.lock")


def test_a_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    pins = [
        Pinned('a "b"\\灯', "v1", "v_1", "c", "", "hf", True, "d", "f\n"),
        Pinned("a", "b", "", "", "", "", False, "", ""),
    ]

    write_lock(tmp_path / "rewright.lock", pins)

    assert read_lock(tmp_path / "rewright.lock") == sorted(pins, key=lambda one: one.asked)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("../store", ("../store", "released")),
        ("../store@v1.2.0", ("../store", "v1.2.0")),
        ("store@team/first", ("store", "team/first")),
        ("s3://bucket/lamps@v1", ("s3://bucket/lamps", "v1")),
        ("abfss://box@account/lamps", ("abfss://box@account/lamps", "released")),
        ("abfss://box@account/lamps@v1", ("abfss://box@account/lamps", "v1")),
        ("store@", ("store@", "released")),
    ],
)
def test_a_store_is_told_from_a_tag(source: str, place: tuple[str, str]) -> None:
    assert place_of(source) == place


def test_a_folder_with_an_at_sign_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "lamps@home").mkdir()

    assert place_of(str(tmp_path / "lamps@home")) == (str(tmp_path / "lamps@home"), "released")


@pytest.fixture(scope="module")
def object_store() -> Iterator[dict[str, str]]:
    """A local server that speaks S3, with one bucket; how to reach it."""
    pytest.importorskip("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{address}/lamps", method="PUT"), timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_a_version_comes_out_of_an_object_store_as_out_of_a_folder(
    tmp_path: Path, object_store: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in object_store.items():
        monkeypatch.setitem(os.environ, name, value)
    local, _ = shelf(tmp_path / "store", tag="released")
    shelf("s3://lamps/store", tag="released")
    monkeypatch.chdir(tmp_path)

    far, near = run(capsys, "s3://lamps/store@released", "far"), run(capsys, "store", "near")

    sums = [(tmp_path / one[1]["data"][0]["folder"] / "SHA256SUMS").read_bytes() for one in (far, near)]
    assert sums[0] == sums[1]
    assert run(capsys, "--locked")[0] == 0
    given = pull("s3://lamps/store", "0", tmp_path / "raw", options=object_store)
    assert given.pinned.version == local.version(0).id
