"""The bundled data set is the project's own, fits its catalogue, and has the defects it is said to have."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from curation.command import Keys, Unreadable, digest, parse_object, write
from curation.duplicates import CONFLICT, EXACT, NEAR, find_duplicates
from curation.reading import field_names, read_raw
from curation.record import add_keys, group_text
from curation.text import fold

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared"
DEVICE_ID = re.compile(r"[a-z][a-z_]*_(?:\d\d|all)")


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return pl.concat(read_raw(EXAMPLES / "smart_home_raw.jsonl"))


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((EXAMPLES / "devices.yaml").read_text(encoding="utf-8"))
    return content


def group(text: str) -> str:
    return group_text(fold(text).text)


def command_of(output: str | None) -> dict[str, Any] | None:
    try:
        return parse_object(output or "")
    except Unreadable:
        return None


def test_every_device_of_the_data_is_in_the_catalogue(rows: pl.DataFrame, catalogue: dict[str, Any]) -> None:
    known = {device["id"] for device in catalogue["devices"]}
    used = {found for payload in rows["payload"] for found in DEVICE_ID.findall(payload)}

    assert used <= known
    assert len(used) > 75


def test_the_catalogue_names_each_device_by_type_room_and_number(catalogue: dict[str, Any]) -> None:
    ids = [device["id"] for device in catalogue["devices"]]

    assert len(set(ids)) == len(ids)
    for device in catalogue["devices"]:
        room = "" if device["id"].endswith("_all") else f"_{device['room']}"
        assert re.fullmatch(rf"{device['type']}{room}_(\d\d|all)", device["id"])
        assert device["room"] in catalogue["rooms"]
        assert device["names"]
        assert set(device) == {"id", "type", "room", "names", "properties", "commands"}


def test_no_sentence_is_taken_from_the_development_cases(rows: pl.DataFrame) -> None:
    if not SHARED.is_dir():
        pytest.skip("the development cases are not here")
    theirs = {group(row["instruction"]) for row in json.loads((SHARED / "data/smart_home_raw.json").read_bytes())}
    for file in (SHARED / "cases").glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            theirs.add(group(case["text"] if "text" in case else case["record"]["instruction"]))
    ours = pl.concat([rows, *read_raw(EXAMPLES / "tiny.csv")])["instruction"].drop_nulls()

    assert len(theirs) > 500
    assert [text for text in ours if text.strip() and group(text) in theirs] == []


def test_the_data_has_the_defects_its_readme_counts(rows: pl.DataFrame) -> None:
    readable = rows.filter(pl.col("problem").is_null())
    commands = [command_of(output) for output in readable.filter(pl.col("output_kind") == "text")["output"]]
    found = Counter(
        "fence" if output.startswith("```") else "unreadable"
        for output, command in zip(readable.filter(pl.col("output_kind") == "text")["output"], commands, strict=True)
        if command is None
    )

    assert rows.height == 384
    assert Counter(rows["problem"].drop_nulls()) == {
        "instruction is blank": 1,
        "output is missing": 1,
        "unreadable record: truncated": 1,
    }
    assert found == {"fence": 4, "unreadable": 11}
    assert rows.filter(pl.col("output_kind") == "object").height == 4


def test_the_duplicates_are_of_every_kind_and_come_after_what_they_repeat(rows: pl.DataFrame) -> None:
    readable = add_keys(rows, Keys()).filter(pl.col("problem").is_null())
    commands = [command_of(output) for output in readable["output"]]
    found = find_duplicates(
        readable.with_columns(
            pl.Series("group", [group(text) for text in readable["instruction"]]),
            pl.Series("command", [None if one is None else digest(write(one)) for one in commands], dtype=pl.String),
        )
    )

    assert Counter(found["reason"]) == {EXACT: 6, NEAR: 6, CONFLICT: 10}


def test_both_scripts_are_spoken(rows: pl.DataFrame) -> None:
    spoken = [text for text in rows["instruction"].drop_nulls() if re.search("[\u4e00-\u9fff]", text)]
    traditional = [
        text for text in spoken if any("\u4e00" <= one <= "\u9fff" and fold(one).text != one for one in text)
    ]

    assert 0.15 < len(traditional) / len(spoken) < 0.4


def test_the_small_files_are_read() -> None:
    table = pl.concat(read_raw(EXAMPLES / "tiny.csv"))
    array = pl.concat(read_raw(EXAMPLES / "tiny.json"))

    assert field_names(EXAMPLES / "tiny.csv") == {"instruct": "instruction"}
    assert table["problem"].to_list() == [None] * 4 + ["instruction is blank", None]
    assert (EXAMPLES / "tiny.json").read_bytes().startswith(b"\xef\xbb\xbf[\r\n")
    assert array["instruction"].to_list() == table["instruction"].to_list()[:4]
    assert array["output_kind"].to_list() == ["text", "object", "text", "text"]
