"""Rows, keys, and the text that near-equal instructions share."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curation.command import Keys, digest, parse_object, write
from curation.record import SCHEMA, Row, add_keys, batch_of, batch_of_texts, group_text, row_of, unreadable_row
from curation.text import fold

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['", "input": "', '","output":"', '"}', "\\", '\\"', "\n", "\x1f", "\x7f", " ", "\u3000", "\u2028", "/", "null"]
)
records = st.fixed_dictionaries(
    {"instruction": texts, "input": texts, "output": texts | texts.map(lambda text: write({"function": text}))},
    optional={"system": texts},
)
spellings = st.sampled_from(
    [
        {"ensure_ascii": False},
        {"ensure_ascii": False, "separators": (",", ":")},
        {"ensure_ascii": False, "indent": 2},
        {"ensure_ascii": True},
    ]
)


def only(text: str) -> Row:
    """Return the row of one text."""
    batch = batch_of_texts([text])

    assert batch.schema == SCHEMA
    assert batch.height == 1
    return Row(*batch.row(0))


@given(st.lists(st.tuples(records, spellings), max_size=6))
@example(
    [({"instruction": "", "input": "", "output": '{"a": "\\n"}'}, {"ensure_ascii": False, "separators": (",", ":")})]
)
def test_the_columnar_path_gives_the_same_bytes_as_parsing_each_row(
    cases: list[tuple[dict[str, str], dict[str, object]]],
) -> None:
    """However a record is spelled, its row is what the strict parser and the one writer make of it."""
    lines = [json.dumps(record, **spelling) for record, spelling in cases]  # type: ignore[arg-type]

    assert_frame_equal(batch_of_texts(lines), batch_of(row_of(parse_object(line)) for line in lines))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_no_text_is_lost_whatever_it_is(lines: list[str]) -> None:
    """Each text gives one row, and one that is no record comes back from its payload."""
    batch = batch_of_texts(lines)

    assert batch.height == len(lines)
    for line, payload, problem in zip(lines, batch["payload"], batch["problem"], strict=True):
        if problem.startswith("unreadable record"):
            assert json.loads(payload) == line


def test_a_record_keeps_its_key_order_and_its_other_fields() -> None:
    text = (
        '{"id": 7, "output": "{}", "history": [["问", "答"]], "instruction": "开灯", "system": "管家", "score": 1.50}'
    )

    row = only(text)

    assert row.payload == text.replace("1.50", "1.5")
    said = '{"history": [["问", "答"]]}'
    assert row == Row(row.payload, "开灯", "", "{}", "text", earlier=said)


def test_an_output_that_is_an_object_stays_one_in_the_payload() -> None:
    row = only('{"instruction":"开灯","input":null,"output":{"b":1,"a":[]}}')

    assert row == Row('{"instruction": "开灯", "input": null, "output": {"b": 1, "a": []}}', "开灯", "", None, "object")


def test_instruct_is_read_as_instruction_and_stays_in_the_payload() -> None:
    row = only('{"instruct": "开灯", "output": "{}"}')

    assert (row.instruction, row.problem) == ("开灯", None)
    assert row.payload == '{"instruct": "开灯", "output": "{}"}'


@pytest.mark.parametrize(
    ("text", "problem", "kind"),
    [
        ('{"output": "{}"}', "instruction is missing", "text"),
        ('{"instruction": null, "output": "{}"}', "instruction is missing", "text"),
        ('{"instruction": " \\u3000\\t", "output": "{}"}', "instruction is blank", "text"),
        ('{"instruction": "", "input": "", "output": "{}"}', "instruction is blank", "text"),
        ('{"instruction": ["开灯"], "output": "{}"}', "instruction is not text", "text"),
        (
            '{"instruction": "开灯", "instruct": "关灯", "output": "{}"}',
            "both instruct and instruction are present",
            "text",
        ),
        ('{"instruction": "开灯", "input": 5, "output": "{}"}', "input is not text", "text"),
        ('{"instruction": "开灯"}', "output is missing", "missing"),
        ('{"instruction": "开灯", "output": null}', "output is missing", "missing"),
        ('{"instruction": "开灯", "output": [{}]}', "output is neither text nor an object", "other"),
        ('{"instruction": "开灯", "output": false}', "output is neither text nor an object", "other"),
    ],
)
def test_a_record_that_cannot_be_curated_says_why_and_keeps_its_payload(text: str, problem: str, kind: str) -> None:
    row = only(text)

    assert (row.problem, row.output_kind) == (problem, kind)
    assert row.payload == write(json.loads(text))


@pytest.mark.parametrize(
    ("text", "reason", "found"),
    [
        ("打开客厅的灯", "not JSON", "打开客厅的灯"),
        ('["开灯", "", "{}"]', "not an object", "an array"),
        ("null", "not an object", "null"),
        ('{"instruction": "开灯", "output": "{', "truncated", ""),
        ('{"instruction": "开灯", "output": "{}", "output": ""}', "duplicate key", "output"),
        ('{"instruction": "开灯", "output": {"x": {"a": 1, "a": 2}}}', "duplicate key", "a"),
        ('{"instruction": "开灯", "output": "{}", "score": NaN}', "NaN or Infinity", "NaN"),
        ('{"instruction": "开灯", "output": "{}", "score": 1e999}', "number too large", "1e999"),
        ('{"instruction": "\\ud83d", "output": "{}"}', "half a surrogate pair", "ud83d"),
    ],
)
def test_a_text_that_is_no_record_is_kept_as_a_json_string(text: str, reason: str, found: str) -> None:
    row = only(text)

    assert row == unreadable_row(text, reason, row.found)
    assert found in row.found
    assert json.loads(row.payload) == text


def test_blank_lines_are_no_rows_but_count_as_lines() -> None:
    batch = batch_of_texts(['{"instruction": "开灯", "input": "", "output": ""}\r', " \r", "", "x\r"], first_line=10)

    assert batch["line"].to_list() == [10, 13]
    assert batch["payload"].to_list() == ['{"instruction": "开灯", "input": "", "output": ""}', '"x"']


def test_an_empty_batch_has_the_same_columns() -> None:
    assert batch_of_texts([]).schema == batch_of([]).schema == SCHEMA


def test_a_key_is_the_digest_of_the_payload_and_counts_equal_ones_across_batches() -> None:
    keys = Keys()
    first = add_keys(pl.DataFrame({"payload": ["a", "b", "a"]}), keys)
    second = add_keys(pl.DataFrame({"payload": ["a"]}), keys)

    assert first["digest"].to_list() == [digest("a"), digest("b"), digest("a")]
    assert first["key"].to_list() == [f"{digest('a')[:24]}-0", f"{digest('b')[:24]}-0", f"{digest('a')[:24]}-1"]
    assert second["key"].to_list() == [f"{digest('a')[:24]}-2"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("请打开书房的灯。", "请打开书房的灯"),
        ("打开，书房的灯！", "打開 書房的燈～"),
        ("先关窗、再开新风…", "先关窗再开新风"),
        ("「影院模式」打开", "影院模式打开"),
        ("亮度 50%，", "亮度50%"),
    ],
)
def test_instructions_that_differ_in_clause_marks_and_script_share_a_group(one: str, other: str) -> None:
    assert group_text(fold(one).text) == group_text(fold(other).text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("调到1.5", "调到15"),
        ("10:30开灯", "1030开灯"),
        ("低于-5度", "低于5度"),
        ("调高10%", "调高10"),
        ("温度>28", "温度<28"),
        ("1-2号灯", "12号灯"),
        ("第1、2盏灯", "第12盏灯"),
    ],
)
def test_a_mark_that_belongs_to_a_number_parts_groups(one: str, other: str) -> None:
    assert group_text(fold(one).text) != group_text(fold(other).text)


@given(st.text(st.sampled_from("灯1２%.-–:，。 ~<a_"), max_size=10))
def test_grouping_twice_changes_nothing(text: str) -> None:
    once = group_text(fold(text).text)

    assert group_text(once) == once
