from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.highlight import (
    LINE_LIMIT,
    LINES_LIMIT,
    Cell,
    Pair,
    compare,
    lay_out,
    mark,
    object_of,
    operations,
    show,
)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)


def line(cell: Cell) -> str:
    return "".join(piece.text for piece in cell.pieces)


def marked(pairs: list[Pair]) -> tuple[list[str], list[str]]:
    """Return the marked parts of the former and of the latter side."""
    sides = [[pair.before for pair in pairs], [pair.after for pair in pairs]]
    return tuple([piece.text for cell in side if cell for piece in cell.pieces if piece.marked] for side in sides)  # type: ignore[return-value]


def rebuilt(pairs: list[Pair], side: str) -> Any:
    lines = [line(cell) for pair in pairs if (cell := getattr(pair, side)) is not None]
    return json.loads("\n".join(lines))


def test_a_changed_value_is_marked_and_its_name_is_not() -> None:
    pairs = compare('{"a": 1, "function": "old"}', '{"a": 1, "function": "new"}')
    assert marked(pairs) == (['"old"'], ['"new"'])
    assert [pair.kind for pair in pairs] == ["same", "same", "changed", "same"]


def test_an_added_member_is_marked_whole_and_stands_beside_nothing() -> None:
    pairs = compare('{"a": 1}', '{"a": 1, "b": [2]}')
    assert [line(pair.after) for pair in pairs if pair.kind == "added" and pair.after] == ['"b": [', "2", "]"]
    assert all(pair.before is None for pair in pairs if pair.kind == "added")


def test_a_member_that_only_moved_is_not_marked_as_new() -> None:
    before = '{"params": {"device_id": "lamp_01", "power": "on"}}'
    after = '{"params": {"trigger": {"time_after": "5m"}, "action": {"device_id": "lamp_01", "arg": "turn_on"}}}'
    pairs = compare(before, after)
    (moved,) = [pair for pair in pairs if pair.kind == "moved" and "lamp_01" in line(pair.after)]  # type: ignore[arg-type]
    assert line(moved.before).startswith('"device_id"')  # type: ignore[arg-type]
    assert not any("lamp_01" in text for side in marked(pairs) for text in side)


def test_another_order_of_members_is_a_change() -> None:
    assert marked(compare('{"a": 1, "b": 2}', '{"b": 2, "a": 1}')) != ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [('{"a":1}', '{"a": 1}'), ('{"a": 1e2}', '{"a": 100.0}'), ('{"a": "\\u706f"}', '{"a": "灯"}')],
)
def test_a_change_of_spelling_alone_is_shown_in_the_raw_text(before: str, after: str) -> None:
    assert object_of(before) == object_of(after)
    assert marked(compare(before, after)) != ([], [])


def test_an_output_that_is_no_object_is_compared_as_text() -> None:
    pairs = compare('```json\n{"a": 1}\n```', '{"a": 1}')
    assert marked(pairs) == (["```json", "```"], [])


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[1]", "", "{", '"x"'])
def test_what_a_layout_would_hide_is_not_laid_out(text: str) -> None:
    assert object_of(text) is None
    assert "\n".join(line(pair.after) for pair in show(text) if pair.after) == text


def test_long_outputs_leave_out_equal_lines_and_say_how_many() -> None:
    before = {f"k{n}": n for n in range(200)}
    pairs = compare(json.dumps(before), json.dumps(before | {"k100": "x"}))
    assert [pair.skipped for pair in pairs if pair.kind == "skipped"] == [98, 97]
    assert len(pairs) == 2 + 7


def test_lines_and_outputs_beyond_the_limits_are_cut_with_their_length() -> None:
    (_, long, _) = show(json.dumps({"a": "x" * 100_000}))
    assert "100,007 characters" in line(long.after)  # type: ignore[arg-type]
    assert len(line(long.after)) < LINE_LIMIT + 40  # type: ignore[arg-type]
    many = show(json.dumps({"a": list(range(10_000))}))
    assert len(many) == LINES_LIMIT + 1
    assert "more lines" in line(many[-1].after)  # type: ignore[arg-type]


def test_a_difference_beyond_what_is_shown_is_told() -> None:
    same = "x" * 50_000
    pairs = compare(f"{same}a", f"{same}b")
    assert marked(pairs)[0] == ["… they differ beyond what is shown"]


def test_comparing_hostile_sizes_stays_quick() -> None:
    pairs = compare("[" * 100_000, json.dumps({"a": ["灯"] * 50_000}, ensure_ascii=False))
    assert 0 < len(pairs) <= 2 * LINES_LIMIT + 2


@given(OBJECTS, OBJECTS)
def test_both_sides_of_a_comparison_can_be_read_back(before: dict[str, Any], after: dict[str, Any]) -> None:
    texts = json.dumps(before), json.dumps(after)
    pairs = compare(*texts)
    if any(pair.kind == "skipped" for pair in pairs):
        return
    assert rebuilt(pairs, "before") == before
    assert rebuilt(pairs, "after") == after
    assert (marked(pairs) == ([], [])) <= (before == after)


@given(OBJECTS)
def test_each_line_of_a_layout_has_a_pointer_to_its_value(value: dict[str, Any]) -> None:
    import jsonpointer

    for one in lay_out(value):
        jsonpointer.resolve_pointer(value, one.pointer)


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_marking_keeps_the_text_and_marks_exactly_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    pieces = mark(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    flags = [piece.marked for piece in pieces for _ in piece.text]
    assert flags == [any(start <= at < end for start, end in spans) for at in range(len(text))]


def test_operations_are_told_without_their_tests() -> None:
    patch = json.dumps(
        [
            {"op": "test", "path": "/a", "value": 1},
            {"op": "replace", "path": "/a", "value": 2},
            {"op": "move", "from": "/b", "path": "/c"},
            {"op": "replace", "path": "", "value": {}},
        ]
    )
    assert operations(patch) == ["replace /a", "move /b → /c", "replace the whole"]
