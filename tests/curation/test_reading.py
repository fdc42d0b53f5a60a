"""Every kind of raw data set gives the same rows, and what cannot be read is an error that says where."""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curation import text_files
from curation.command import write
from curation.reading import ReadError, field_names, files_of, read_raw
from curation.record import SCHEMA
from curation.text_files import RECORD_CHARACTERS, lines, members

RECORDS: list[dict[str, Any]] = [
    {"instruction": "打开玄关灯", "input": "", "output": '{"mcp_type": "iot"}', "id": "a"},
    {"instruction": "關上車庫門", "input": "两扇都要", "output": '{"x": [1, {"y": "}]"}]}', "id": "b"},
    {"instruction": '说"晚安"\n再睡', "input": "", "output": "", "id": "c"},
]
LINES = [write(record) for record in RECORDS]


def save_json(path: Path) -> Path:
    path = path / "raw.json"
    path.write_text("[" + ",".join(LINES) + "]", encoding="utf-8")
    return path


def save_indented(path: Path) -> Path:
    path = path / "raw.json"
    path.write_text(json.dumps(RECORDS, indent=2), encoding="utf-8", newline="\r\n")
    return path


def save_jsonl(path: Path) -> Path:
    path = path / "raw.jsonl"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def save_marked_jsonl(path: Path) -> Path:
    path = path / "raw.JSONL"
    path.write_text("\r\n\r\n".join(LINES) + "\r\n", encoding="utf-8-sig", newline="")
    return path


def save_csv(path: Path) -> Path:
    path = path / "raw.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(RECORDS[0]))
        writer.writeheader()
        writer.writerows(RECORDS)
    return path


def save_tsv(path: Path) -> Path:
    path = path / "raw.tsv"
    pl.DataFrame(RECORDS).write_csv(path, separator="\t")
    return path


def save_parquet(path: Path) -> Path:
    path = path / "raw.parquet"
    pl.DataFrame(RECORDS).write_parquet(path, row_group_size=2)
    return path


def save_stream(path: Path, records: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(records)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def save_to_disk(path: Path) -> Path:
    """Lay out a folder as `datasets.Dataset.save_to_disk` does."""
    save_stream(path / "data-00000-of-00002.arrow", RECORDS[:2])
    save_stream(path / "data-00001-of-00002.arrow", RECORDS[2:])
    shards = [{"filename": f"data-0000{at}-of-00002.arrow"} for at in range(2)]
    (path / "state.json").write_text(json.dumps({"_data_files": shards, "_split": None}))
    (path / "dataset_info.json").write_text("{}")
    return path


def save_dict_to_disk(path: Path) -> Path:
    """Lay out a folder as `datasets.DatasetDict.save_to_disk` does; the splits are listed in their own order."""
    for split, records in (("train", RECORDS[:2]), ("test", RECORDS[2:])):
        (path / split).mkdir()
        save_stream(path / split / "data-00000-of-00001.arrow", records)
        state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
        (path / split / "state.json").write_text(json.dumps(state))
    (path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    return path


def save_hub_folder(path: Path) -> Path:
    """Lay out a folder as a data set lies on the Hub: shards that sort by number, not by letter."""
    (path / "data").mkdir()
    pl.DataFrame(RECORDS[2:]).write_parquet(path / "data" / "train-10.parquet")
    pl.DataFrame(RECORDS[:2]).write_parquet(path / "data" / "train-9.parquet")
    (path / "README.md").write_text("# data")
    for name in ("LICENSE", "license-apache.txt", "SHA256SUMS", "loader.py", "plot.PNG", "_SUCCESS", ".gitattributes"):
        (path / name).write_text("")
    (path / "dataset_infos.json").write_text("{}")
    (path / ".cache").mkdir()
    (path / ".cache" / "left.jsonl").write_text("{}")
    return path


def save_jsonl_shards(path: Path) -> Path:
    for at, line in enumerate(LINES):
        (path / f"part-{at}.jsonl").write_text(line, encoding="utf-8")
    return path


SAVERS = [
    save_json,
    save_indented,
    save_jsonl,
    save_marked_jsonl,
    save_csv,
    save_tsv,
    save_parquet,
    save_to_disk,
    save_dict_to_disk,
    save_hub_folder,
    save_jsonl_shards,
]


@pytest.mark.parametrize("save", SAVERS)
@pytest.mark.parametrize("batch_rows", [1, 2, 20_000])
def test_every_kind_of_data_set_gives_the_same_rows(
    save: Callable[[Path], Path], batch_rows: int, tmp_path: Path
) -> None:
    batches = list(read_raw(save(tmp_path), batch_rows))
    rows = pl.concat(batches)

    assert all(batch.schema == {"seq": pl.Int64, **SCHEMA} for batch in batches)
    assert max(batch.height for batch in batches) <= batch_rows
    assert rows["seq"].to_list() == [0, 1, 2]
    assert rows["payload"].to_list() == LINES
    assert rows["instruction"].to_list() == [record["instruction"] for record in RECORDS]
    assert rows["input"].to_list() == ["", "两扇都要", ""]
    assert rows["output"].to_list() == [record["output"] for record in RECORDS]
    assert rows["problem"].null_count() == 3


@pytest.mark.parametrize("save", [save_jsonl, save_csv, save_parquet])
def test_a_file_whose_name_is_not_utf8_is_read(save: Callable[[Path], Path], tmp_path: Path) -> None:
    path = save(tmp_path)

    renamed = path.rename(path.with_name(os.fsdecode(b"\xca\xfd") + path.suffix))

    assert pl.concat(read_raw(renamed))["payload"].to_list() == LINES


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    assert pl.concat(read_raw(save_marked_jsonl(tmp_path)))["line"].to_list() == [1, 3, 5]
    assert pl.concat(read_raw(save_csv(tmp_path)))["line"].to_list() == [2, 3, 4]


def test_saved_datasets_are_read_as_the_library_that_writes_them_left_them(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "saved")

    assert pl.concat(read_raw(tmp_path / "saved"))["payload"].to_list() == LINES


def test_an_arrow_file_of_the_seekable_kind_is_read_too(tmp_path: Path) -> None:
    pl.DataFrame(RECORDS).write_ipc(tmp_path / "raw.arrow")

    assert pl.concat(read_raw(tmp_path / "raw.arrow"))["payload"].to_list() == LINES


# ---- encodings


@pytest.mark.parametrize("save", [save_json, save_jsonl, save_csv])
def test_another_encoding_is_an_error_that_names_the_byte(save: Callable[[Path], Path], tmp_path: Path) -> None:
    path = save(tmp_path)
    data = path.read_text(encoding="utf-8").encode("gb18030")
    path.write_bytes(data)
    with pytest.raises(UnicodeDecodeError) as wrong:
        data.decode("utf-8")

    with pytest.raises(
        ReadError, match=f"byte {wrong.value.start} is 0x{data[wrong.value.start]:02X}.*iconv -f GB18030"
    ):
        list(read_raw(path))


@given(before=st.integers(0, 30), bom=st.booleans(), byte=st.sampled_from([0x80, 0xC0, 0xFF, 0xE6]))
@settings(max_examples=30, deadline=None)
def test_the_offset_counts_from_the_start_of_the_file_across_blocks(
    tmp_path_factory: pytest.TempPathFactory, before: int, bom: bool, byte: int
) -> None:
    """The characters before the wrong byte straddle the end of a 4 MiB block."""
    start = b"\xef\xbb\xbf" * bom + b"x" * ((4 << 20) - 15 + before % 3) + "灯".encode() * before
    path = tmp_path_factory.getbasetemp() / "wrong.jsonl"
    path.write_bytes(start + bytes([byte]))

    with pytest.raises(ReadError, match=f"byte {len(start)} is 0x{byte:02X}"):
        list(read_raw(path))


@given(st.lists(st.text(st.sampled_from("a灯é😀\r\u2028"), max_size=5), max_size=6), st.integers(1, 9), st.data())
@settings(deadline=None)
def test_lines_are_cut_in_the_same_places_and_a_wrong_byte_found_however_the_file_is_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], size: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    text = "\n".join(texts)
    path.write_bytes(text.encode())
    with patch.object(text_files, "_BLOCK", size):
        assert [line for block in lines(path) for line in block] == text.removesuffix("\n").split("\n")[: len(text)]
        at = len(text[: data.draw(st.integers(0, len(text)))].encode())
        path.write_bytes(text.encode()[:at] + b"\xff" + text.encode()[at:])
        with pytest.raises(ReadError, match=f"byte {at} is 0xFF"):
            list(lines(path))


def test_utf_16_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text(LINES[0], encoding="utf-16")

    with pytest.raises(ReadError, match=r"raw\.jsonl: byte 0 is 0xFF.*iconv -f UTF-16"):
        list(read_raw(tmp_path / "raw.jsonl"))


# ---- arrays


def test_members_that_are_no_records_are_rows_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_text(f'[ {LINES[0]} , 5, "a, b]", [1, [2]] ,null, {{oops}}, {{"a": NaN}}\n]\n')

    rows = pl.concat(read_raw(tmp_path / "raw.json"))

    kept = [json.loads(payload) for payload in rows["payload"]]
    assert kept == [RECORDS[0], "5", '"a, b]"', "[1, [2]]", "null", "{oops}", '{"a": NaN}']
    assert rows["problem"].null_count() == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"data": []}', r"expected a JSON array, found '\{\"data\".*name it raw\.jsonl"),
        ('"text"', "expected a JSON array"),
        ('[{"a": 1} {"b": 2}]', 'expected a comma after record 1, found \'{"b"'),
        ('[{"a": 1},]', "expected a record after record 1, found ']'"),
        ('[{"a": 1},,{"b": 2}]', "expected a record after record 1"),
        ("[,]", "expected a record after record 0"),
        ('[{"a": 1}', "ends inside the array, after record 1"),
        ('[{"a": 1}, {"instruction": "开', "ends inside the array, after record 1"),
        ("[", "ends inside the array, after record 0"),
        ('[{"a": 1}] [', "text after the end of the array"),
        ("[]", "no record in it"),
        (" \n", "no record in it"),
        ("", "no record in it"),
    ],
)
def test_a_broken_array_is_an_error_that_says_where(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_text(content, encoding="utf-8")

    with pytest.raises(ReadError, match=message):
        list(read_raw(tmp_path / "raw.json"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a"\\[]{},: \n灯'), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=4), st.sampled_from([None, 1]), st.integers(1, 9))
def test_an_array_is_cut_in_the_same_places_however_the_file_is_read(
    values: list[object], indent: int | None, size: int
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    blocks = [text[at : at + size] for at in range(0, len(text), size)]

    found = [json.loads(member) for block in members(iter(blocks), "raw.json") for member in block]

    assert found == values


def test_a_quotation_mark_left_open_does_not_fill_the_memory() -> None:
    endless = iter(['[{"instruction": "开灯}', *["," * (1 << 20)] * 1000])

    with pytest.raises(ReadError, match=f"record 1 does not end within {RECORD_CHARACTERS} characters"):
        list(members(endless, "raw.json"))
    assert next(endless)


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text("x" * (RECORD_CHARACTERS + (5 << 20)))

    with pytest.raises(ReadError, match="a line is longer than"):
        list(read_raw(tmp_path / "raw.jsonl"))


@pytest.mark.parametrize(
    "content",
    [
        "[\n" + ",\n".join(LINES) + "\n]",
        "[" + ", ".join(LINES) + "]",
        "\n [ " + ", ".join(LINES) + " ]\n\n",
        "[" + ",\n".join(LINES) + "]\n",
        "[]",
    ],
)
def test_an_array_named_jsonl_is_told_apart(content: str, tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text(content)

    with pytest.raises(ReadError, match=r"a JSON array, not one object a line; name it raw\.json$"):
        list(read_raw(tmp_path / "raw.jsonl"))


def test_an_array_named_jsonl_that_is_longer_than_a_line_may_be_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text("[" + ", ".join(['{"instruction": "' + "x" * (1 << 20) + '"}'] * 17) + "]")

    with pytest.raises(ReadError, match=r"a line is longer than .*; if the file is one JSON array, name it raw\.json$"):
        list(read_raw(tmp_path / "raw.jsonl"))


def test_an_array_in_the_first_of_several_lines_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text(f"[{LINES[0]}]\n{LINES[1]}\n")

    problems = pl.concat(read_raw(tmp_path / "raw.jsonl"))["problem"].to_list()
    assert problems == ["unreadable record: not an object", None]


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_memory_does_not_grow_with_the_file(suffix: str, tmp_path: Path) -> None:
    """Twice the rows take no more memory at a time."""
    long = write({**RECORDS[0], "system": "管家" * 4000})

    def peak(rows: int) -> int:
        path = tmp_path / f"raw{suffix}"
        text = ("[" + ",".join([long] * rows) + "]") if suffix == ".json" else "\n".join([long] * rows)
        path.write_text(text, encoding="utf-8")
        del text
        tracemalloc.start()
        count = sum(batch.height for batch in read_raw(path, 100))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        return highest

    assert peak(1_500) < 1.2 * peak(700)


# ---- tables


def test_csv_rows_that_do_not_fit_the_header_are_kept(tmp_path: Path) -> None:
    content = 'instruction,output\n开灯,"{""a"": 1}"\n"两\n行"\n关灯,"{}",多余\n\n开窗,\n'
    (tmp_path / "raw.csv").write_text(content, encoding="utf-8")

    rows = pl.concat(read_raw(tmp_path / "raw.csv"))

    assert rows.select("line", "problem", "found").rows() == [
        (2, None, ""),
        (3, "unreadable record: fewer fields than the header", "1 instead of 2"),
        (5, "unreadable record: more fields than the header", "3 instead of 2"),
        (7, None, ""),
    ]
    assert rows["payload"].to_list()[1:3] == [write('"两\n行"'), write('关灯,"{}",多余')]
    assert rows["output"].to_list() == ['{"a": 1}', None, None, ""]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,output\na,b\n", "no column named 'instruction'; it has: text, output: rename the one that is meant"),
        ("instruct;output\na;b\n", "no column named 'instruction'; it has: instruct;output"),
        ("instruct,answer\na,b\n", "no column named 'output'"),
        ("instruction,output,id,id\na,b,c,d\n", "two columns named 'id'"),
        ('instruction,output\na,b\nc,"d\n', "line 3: unexpected end of data; is a quotation mark left open"),
        ("instruction,output\ra,b\r", r"line 1: a carriage return alone .* tr '\\r' '\\n' < raw.csv > lines.csv"),
        ("instruction,output\n", "no record in it"),
        ("", "no record in it"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text(content, newline="")

    with pytest.raises(ReadError, match=message):
        list(read_raw(tmp_path / "raw.csv"))


def test_a_cell_of_a_table_may_be_as_long_as_a_record(tmp_path: Path) -> None:
    text = "灯" * 200_000
    (tmp_path / "raw.csv").write_text(f"instruction,output\na,{text}\n")

    assert pl.concat(read_raw(tmp_path / "raw.csv"))["output"].to_list() == [text]


def test_a_quotation_mark_left_open_in_a_table_does_not_fill_the_memory(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text('instruction,output\na,"' + "b\n" * (RECORD_CHARACTERS // 2 + 1))

    with pytest.raises(ReadError, match=r"line 2: field larger than .* is a quotation mark left open"):
        list(read_raw(tmp_path / "raw.csv"))


def test_parquet_columns_of_other_types_are_carried_through(tmp_path: Path) -> None:
    table = pa.table(
        {
            "instruction": pa.array(["开灯", None, "关灯", "开窗"]).dictionary_encode(),
            "output": pa.array([{"mcp_type": "iot", "params": {"level": 3}}] * 4),
            "history": pa.array([[["早", "早"]], [], None, []]),
            "said": pa.array([date(2024, 5, 1)] * 4),
            "score": [1.0, 2.5, float("nan"), None],
        }
    )
    pq.write_table(table, tmp_path / "raw.parquet")

    rows = pl.concat(read_raw(tmp_path / "raw.parquet"))

    assert rows["payload"][0] == (
        '{"instruction": "开灯", "output": {"mcp_type": "iot", "params": {"level": 3}}, '
        '"history": [["早", "早"]], "said": "2024-05-01", "score": 1.0}'
    )
    assert rows["problem"].to_list() == [None, "instruction is missing", "unreadable record: NaN or Infinity", None]
    assert '"score": NaN' in json.loads(rows["payload"][2])
    assert rows["output_kind"].to_list() == ["object", "object", "missing", "object"]


def test_a_column_that_json_cannot_say_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"instruction": ["a"], "output": ["b"], "audio": [b"\x00"]}), tmp_path / "raw.parquet")

    with pytest.raises(ReadError, match="column 'audio' is binary"):
        list(read_raw(tmp_path / "raw.parquet"))


@pytest.mark.parametrize("name", ["raw.parquet", "raw.arrow"])
def test_a_file_that_is_not_what_its_suffix_says_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("instruction,output")

    with pytest.raises(ReadError, match=f"{name}: cannot be read"):
        list(read_raw(tmp_path / name))


# ---- names and folders


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ndjson", ".csv", ".parquet"])
@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"prompt": "开灯", "response": "{}"},
            "no column named 'instruction'; it has: prompt, response: rename",
        ),
        ({"instruct": "开灯", "answer": "{}"}, "no column named 'output'; it has: instruct, answer"),
    ],
)
def test_data_under_other_names_is_an_error_that_names_them(
    record: dict[str, str], message: str, suffix: str, tmp_path: Path
) -> None:
    path, table = tmp_path / f"raw{suffix}", pl.DataFrame([record] * 3)
    if suffix == ".csv":
        table.write_csv(path)
    elif suffix == ".parquet":
        table.write_parquet(path)
    else:
        path.write_text(json.dumps([record] * 3) if suffix == ".json" else f"{write(record)}\n" * 3)

    with pytest.raises(ReadError, match=message):
        list(read_raw(path, 2))


def test_a_field_that_one_record_has_is_not_missed(tmp_path: Path) -> None:
    rows = [{"prompt": "开灯"}, {"instruction": None, "output": "{}"}]
    (tmp_path / "raw.jsonl").write_text("\n".join(map(write, rows)))

    assert pl.concat(read_raw(tmp_path / "raw.jsonl", 1))["problem"].to_list() == ["instruction is missing"] * 2


def test_of_many_fields_the_first_are_named(tmp_path: Path) -> None:
    (tmp_path / "raw.jsonl").write_text(write({f"field {at}": at for at in range(30)}))

    with pytest.raises(ReadError, match=r"it has: field 0, .*, field 19, …: rename"):
        list(read_raw(tmp_path / "raw.jsonl"))


def test_renamed_fields_are_reported(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text('x\n{"instruct": "开灯", "output": "{}"}', encoding="utf-8")

    assert field_names(tmp_path / "old.jsonl") == {"instruct": "instruction"}
    assert field_names(save_jsonl(tmp_path)) == {}


def test_a_missing_file_an_unknown_suffix_and_an_empty_folder_are_errors(tmp_path: Path) -> None:
    (tmp_path / "raw.xlsx").write_text("")
    (tmp_path / "empty").mkdir()

    with pytest.raises(ReadError, match="no such file or folder"):
        files_of(tmp_path / "nowhere.json")
    with pytest.raises(ReadError, match=r"unknown suffix '.xlsx'; known are .arrow, .csv.*: unpack the file, or"):
        files_of(tmp_path / "raw.xlsx")
    with pytest.raises(ReadError, match="no data file in this folder"):
        files_of(tmp_path / "empty")


def test_a_pipe_is_told_from_what_is_not_there() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(ReadError, match=rf"/dev/fd/{reading}: a pipe or a device; .* save it to a file"):
            files_of(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
        os.close(writing)


def test_a_folder_of_several_kinds_is_not_guessed_at(tmp_path: Path) -> None:
    save_json(tmp_path)
    save_csv(tmp_path)

    with pytest.raises(ReadError, match=r"several kinds \(\.csv, \.json\)"):
        files_of(tmp_path)


@pytest.mark.parametrize("name", ["part-3.jsonl.gz", "part-3.jsonl.zst", "part-3.xlsx", "part-3.txt", "part-3"])
def test_a_file_among_the_shards_that_would_not_be_read_is_an_error_that_names_it(name: str, tmp_path: Path) -> None:
    save_jsonl_shards(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / name).write_bytes(b"\x1f\x8b")

    with pytest.raises(ReadError, match=rf": more/{name} would not be read; known are .*: unpack or convert"):
        files_of(tmp_path)


def test_a_folder_of_files_that_would_not_be_read_names_only_the_first(tmp_path: Path) -> None:
    for at in range(12):
        (tmp_path / f"part-{at}.jsonl.gz").write_bytes(b"\x1f\x8b")

    with pytest.raises(ReadError, match=r"part-0.jsonl.gz, part-1.jsonl.gz, part-2.jsonl.gz and 9 more would not"):
        files_of(tmp_path)


def test_a_saved_dataset_cannot_name_files_outside_its_folder(tmp_path: Path) -> None:
    save_jsonl(tmp_path)
    inside = tmp_path / "saved"
    inside.mkdir()
    (inside / "state.json").write_text('{"_data_files": [{"filename": "../raw.jsonl"}]}')

    with pytest.raises(ReadError, match="no such file"):
        list(read_raw(inside))


def test_the_list_of_a_saved_dataset_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"_data_files": [5]}')

    with pytest.raises(ReadError, match="not what Hugging Face datasets writes"):
        files_of(tmp_path)


def test_batch_size_changes_nothing_but_the_cuts(tmp_path: Path) -> None:
    path = save_jsonl(tmp_path)

    assert_frame_equal(pl.concat(read_raw(path, 1)), pl.concat(read_raw(path, 2)))
